"""Statistics of trajectories: means with errors that know of correlations, histograms, ruptures."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # its Hamiltonians need scipy's linear algebra, which who only counts can do without
    from ecmsim.quantum.atoms.record import Record

BIN = 0.05  # of G0: Milano et al. 2024, Fig. 4


@dataclass(frozen=True)
class Mean:
    """Mean and standard deviation of all values, and the standard error of the mean (nan where it cannot be told)."""

    mean: float
    deviation: float
    error: float
    count: int


def mean(runs) -> Mean:
    """Of several series (n_i,) of values at equal intervals.

    Standard error: deviation sqrt(tau/n), tau = 1 + 2 sum of the autocorrelation up to its first negative value (W.
    Janke in Quantum Simulations of Complex Many-Body Systems, NIC Series 10, 423 (2002)). Deviations are from the mean
    of all runs, so that runs that differ from one another count as few values.
    """
    runs = [np.asarray(values, dtype=float) for values in runs if len(values)]
    everything = np.concatenate(runs) if runs else np.empty(0)
    n = len(everything)
    if n < 2:
        return Mean(float(everything.mean()) if n else np.nan, np.nan, np.nan, n)
    centre, deviation = everything.mean(), everything.std(ddof=1)
    if not deviation:
        return Mean(float(centre), 0.0, 0.0, n)
    tau = 1.0
    for lag in range(1, max(map(len, runs))):
        pairs = [(values[:-lag] - centre, values[lag:] - centre) for values in runs if len(values) > lag]
        correlation = sum(float(a @ b) for a, b in pairs) / sum(len(a) for a, _ in pairs) / deviation**2
        if correlation <= 0:
            break
        tau += 2 * correlation
    return Mean(float(centre), float(deviation), float(deviation * np.sqrt(min(tau, n) / n)), n)


def histogram(values, width=BIN):
    """(edges (m + 1,), share of the values in each bin (m,)); bins from 0 on, or from the least value below."""
    values = np.asarray(values, dtype=float)
    low, high = np.floor([min(values.min(), 0.0) / width, values.max() / width]).astype(int)
    edges = width * np.arange(low, max(high, low) + 2)
    return edges, np.histogram(values, edges)[0] / len(values)


def by_section(record: "Record"):
    """{atoms: Mean of T} for every narrowest section that a record's settled samples have, 0 (no bond) included."""
    runs = record.settled()
    sections = sorted(set(record.rows["section_atoms"]))
    return {
        int(atoms): found
        for atoms in sections
        if (found := mean([rows["transmission"][rows["section_atoms"] == atoms] for rows in runs])).count
    }


def ruptures(record: "Record"):
    """Of each pulled run that has ruptured: how far it was pulled then (angstrom), and the mean T of its last 1 ps."""
    found = []
    for rows in record.runs():
        whole = rows[rows["section_atoms"] > 0]
        if record.settings.speed_m_s and len(whole) and len(whole) < len(rows):
            final = whole[whole["t_ps"] > whole["t_ps"].iloc[-1] - 1.0]
            found.append((float(whole["pulled_A"].iloc[-1]), float(final["transmission"].mean())))
    return np.array(found).reshape(-1, 2)
