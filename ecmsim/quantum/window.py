"""Transmissions of a table at finite bias: their means over the window that the bias opens around E_F."""

import numpy as np

from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.quantum.landauer import current

ROWS = 20  # steps of the bias; T is smooth over some 0.1 eV


def biases(entries):
    """From 0 to the largest bias (V) that the samples T(E) of all entries allow, (rows,); 0 alone without samples."""
    reach = min(
        (min(-entry.energies_eV[0], entry.energies_eV[-1]) for entry in entries if entry.energies_eV), default=0
    )
    if reach <= 0 or not all(entry.energies_eV for entry in entries):
        return np.zeros(1)
    return np.linspace(0, 2 * reach, ROWS + 1)


def edge_transmission(entry, bias):
    """dI/dV/G0 at biases (rows,) that begin with 0: the mean of T(-V/2) and T(V/2) around E_F; T at 0 V.

    The derivative of V mean_transmission, with the same assumptions.
    """
    result = np.full(len(bias), float(entry.T))
    if len(bias) > 1:
        at = np.interp([0.5 * bias[1:], -0.5 * bias[1:]], entry.energies_eV, entry.transmission)
        result[1:] *= at.mean(axis=0) / np.interp(0.0, entry.energies_eV, entry.transmission)
    return result


def mean_transmission(entry, bias):
    """I/(G0 V) at biases (rows,) that begin with 0: the mean of T(E) from -V/2 to V/2 around E_F, at 0 K; T at 0 V.

    The bias drops evenly on both sides of the contact. T(E) is that without bias: what the bias itself does to levels
    and barrier is not in it.
    """
    result = np.full(len(bias), float(entry.T))
    if len(bias) > 1:
        energy, samples = entry.energies_eV, entry.transmission
        mean = current(energy, samples, bias[1:], temperature=0) / (CONDUCTANCE_QUANTUM * bias[1:])
        result[1:] *= mean / np.interp(0.0, energy, samples)
    return result
