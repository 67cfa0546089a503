"""The numbers of the page: peaks of the histograms with their errors, steps of the sweeps, lifetimes and levels."""

from dataclasses import dataclass, replace

import numpy as np

from ecmsim.config import load_config
from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.models.counting import Counting
from ecmsim.physics.contact_levels import Levels
from ecmsim.physics.model import DeviceModel
from ecmsim.quantum.lookup import Lookup
from ecmsim.results.levels import edges_of, find_peaks
from validation.atoms.circuit import RATE, Contact, lifetime, swept

QUANTUM = CONDUCTANCE_QUANTUM
PEAK, FLUCTUATION = 20e-6, 0.07  # A; as in configs/studies/ag_histogram.toml
BIN, EVERY = 0.05, 0.2  # G0, s
HIGHEST = 8.0  # G0
AGAIN = 200  # draws of the bootstrap
METALS = ("Ag", "Cu", "Au")


def law_of(path):
    """What the contacts have of a configuration: the law of the atoms; transfer coefficient and activation energy
    (eV) of the reaction."""
    config = load_config(path)
    reaction = config.butler_volmer.transfer_coefficient, config.butler_volmer.activation_energy
    return DeviceModel.from_config(config).atom_by_atom, tuple(map(float, reaction))


def sweeps(law, reaction, metal, count):
    """The Traces of so many current sweeps, each with a seed and an arrangement of its own."""
    lookup = Lookup(metal, step=None)
    contacts = (
        Contact(Counting(law, seed), Levels(lookup, seed=seed, fluctuation=FLUCTUATION), *reaction)
        for seed in range(count)
    )
    return [swept(contact, PEAK) for contact in contacts]


def sampled(trace):
    """Conductances (G0) at even times."""
    times = np.arange(0, trace.time[-1], EVERY)
    return trace.conductance[np.searchsorted(trace.time, times, side="right") - 1]


@dataclass(frozen=True)
class Histogram:
    """Of many sweeps. edges (k + 1,) in G0; shares (k,) of the samples; peaks: their positions and standard errors."""

    edges: np.ndarray
    shares: np.ndarray
    peaks: list


def histogram(traces):
    """The Histogram of Traces; errors by drawing the sweeps anew (bootstrap)."""
    edges = edges_of(BIN, HIGHEST)
    counts = np.array([np.histogram(sampled(trace), edges)[0] for trace in traces], dtype=float)
    positions = [peak.conductance for peak in find_peaks(edges, counts.sum(axis=0) / counts.sum())]
    drawn, random = [[] for _ in positions], np.random.default_rng(0)
    for _ in range(AGAIN):
        part = counts[random.integers(len(counts), size=len(counts))].sum(axis=0)
        found = np.array([peak.conductance for peak in find_peaks(edges, part / part.sum())])
        for position, others in zip(positions, drawn, strict=True):
            if len(found):
                others.append(found[np.argmin(abs(found - position))])
    errors = [float(np.std(others)) for others in drawn]
    return Histogram(edges, counts.sum(axis=0) / counts.sum(), list(zip(positions, errors, strict=True)))


def first_currents(traces, number):
    """Current (A) at which each sweep first has so many atoms, of those that have, (n,)."""
    reached = [trace.time[np.argmax(trace.number >= number)] for trace in traces if (trace.number >= number).any()]
    return RATE * np.array(reached)


def lifetimes(law, reaction, voltage, temperature, count=1000, whole=1):
    """How long so many contacts of whole atoms keep their number at a voltage (V) and temperature (K), s, (count,)."""
    levels, found = Levels(Lookup("Ag", step=None)), []
    for seed in range(count):
        contact = Contact(Counting(law, seed), levels, *reaction, temperature, float(whole))
        contact.count = replace(contact.count, number=whole)
        found.append(lifetime(contact, voltage))
    return np.array(found)


def occupation(law, metal, temperature, times, count=1000):
    """Mean number of atoms at times (s) after so much metal has come into the contact, without a reaction, (n,)."""
    total = np.zeros(len(times))
    for seed in range(count):
        counting = Counting(law, seed)
        now, before = replace(counting.begun(metal, 1), number=int(metal)), 0.0
        for k, time in enumerate(times):
            now = counting.advanced(now, metal, 0.0, temperature, time - before, 1)
            total[k], before = total[k] + now.number, time
    return total / count
