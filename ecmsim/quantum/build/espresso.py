"""What pw.x and pwcond.x print: transmissions, waves in the lead and where they place the Fermi level."""

import re

import numpy as np

from ecmsim.errors import TransportFailure
from ecmsim.quantum.bloch import k_points
from ecmsim.quantum.build.plan import Point
from ecmsim.quantum.build.planewaves import LEVELS, unfolded


def transmission(point: Point, printed):
    """T per spin at E_F, mean over k, and the largest |T + R - 1| of a channel, from what pwcond.x printed.

    k-points without channels in the lead have T = 0. Raises TransportFailure for an output that is not whole.
    """
    k, weights = k_points(point.settings.k_lateral, point.settings.k_lateral)
    parts = re.split(r"^---  E-Ef =.*k = ", printed, flags=re.MULTILINE)[1:]
    if len(parts) != len(k) or not finished(printed):
        raise TransportFailure(f"pwcond.x printed {len(parts)} of {len(k)} k-points: run it again without its output")
    total, unitarity = 0.0, 0.0
    for part, here, weight in zip(parts, k, weights, strict=True):
        numbers = part.split()
        if not np.allclose([float(x) for x in numbers[:2]], here, atol=1e-6):
            raise TransportFailure(f"pwcond.x printed the k-point {' '.join(numbers[:2])} instead of {here}")
        found = re.search(r"T\(x2 spins\) =\s+\S+\s+(\S+)", part)
        if found:
            total += weight * float(found[1]) / 2
        elif not re.search(r"Nchannels of the left tip =\s+0\s", part):
            raise TransportFailure(f"pwcond.x printed no transmission at the k-point {' '.join(numbers[:2])}")
        for forth, back in re.findall(r"Total T_j, R_j =\s+(\S+)\s+(\S+)", part):
            unitarity = max(unitarity, abs(float(forth) + float(back) - 1))
    return total, unitarity


def finished(printed):
    """Whether the text of a program of Quantum ESPRESSO goes on to its end."""
    return re.search(r"JOB DONE|PWCOND +:.*WALL|End of pseudopotential test", printed) is not None


def version(printed):
    """The version that a program says it is."""
    found = re.search(r"Program \w+ v\.?(\S+)", printed)
    return found[1] if found else "unknown"


def total_energy(printed):
    """The last total energy (Ry) that pw.x printed."""
    return float(re.findall(r"^!\s+total energy\s+=\s+(\S+) Ry", printed, flags=re.MULTILINE)[-1])


def waves_to_the_right(printed):
    """Wave numbers (2 pi a principal layer) of a lead's waves: lists, in the order of k-points and energies printed."""
    parts = re.split(r"^---  E-Ef =.*k = ", printed, flags=re.MULTILINE)[1:]
    right = (part.partition("Right moving states:")[2].partition("Left moving states:")[0] for part in parts)
    rows = ([line.split() for line in text.splitlines()] for text in right)
    return [[float(row[0]) for row in lines if len(row) == 3] for lines in rows]


def level(point: Point, device, crystal):
    """E_F of the device less that of the crystal (eV), and its spread over the waves in the lead of the device.

    device, crystal: what pwcond.x printed for pwcond_input() at E_F and for lead_input(). The lead of the device is
    the same crystal, so that each of its waves has an energy in the crystal, from the wave number: the nearest to E_F
    of all where bands of the crystal have this number. The median of all, and half of what the middle half spans.
    """
    energies = np.array(LEVELS)
    bands = waves_to_the_right(crystal)
    shape = unfolded(point).shape[:2]
    if len(bands) != shape[0] * shape[1] * len(energies) or not finished(crystal):
        raise TransportFailure("pwcond.x did not print all waves of the crystal: run it again without its output")
    bands = [bands[i : i + len(energies)] for i in range(0, len(bands), len(energies))]
    found = []
    for i, waves in enumerate(waves_to_the_right(device)):
        for wave in waves:
            at = [e for band in bands[i * shape[1] : (i + 1) * shape[1]] for e in _crossings(energies, band, wave)]
            found += [min(at, key=abs)] if at else []
    if not found:
        raise TransportFailure(f"point {point.name}: no wave of its lead is one of the crystal within {max(LEVELS)} eV")
    low, middle, high = np.percentile(found, [25, 50, 75])
    return float(middle), float(high - low) / 2


def _crossings(energies, band, wave):
    """Energies between neighbouring samples of a band (lists of wave numbers) where a wave number is passed."""
    for first, second, a, b in zip(energies, energies[1:], band, band[1:], strict=False):
        if len(a) == len(b) == 1:
            whole = (b[0] - a[0] + 0.5) % 1 - 0.5
            part = (wave - a[0] + 0.5) % 1 - 0.5
            if whole and 0 <= part / whole <= 1:
                yield first + part / whole * (second - first)
