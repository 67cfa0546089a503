"""Histograms of conductances: of one dimension, and of two, against time, voltage or displacement."""

from dataclasses import dataclass

import numpy as np

from ecmsim.errors import MeasurementError
from ecmsim.quantum.atoms.statistics import BIN
from ecmsim.results.levels import edges_of, find_peaks

COLUMNS = 80  # bins of the second axis
HIGHEST = 99.5  # percentile of the samples above CONTACT at which the axis of the conductance ends, and
BEYOND = 0.5  # G0 more
CONTACT = 0.5  # G0; less is no atomic contact
MOST_BINS = 100_000
AXES = {"time": ("time_s", "Time (s)"), "voltage": ("voltage_V", "Voltage over the contact (V)"),
        "displacement": ("displacement_nm", "Displacement (nm)")}  # fmt: skip


@dataclass(frozen=True)
class Histogram:
    """edges (G0, (m + 1,)), counts (m,); total: of all samples, also of those outside; peaks: of the counts."""

    edges: np.ndarray
    counts: np.ndarray
    total: int
    peaks: list

    @property
    def shares(self):
        """Counts over all samples, (m,)."""
        return self.counts / self.total

    @property
    def table(self):
        """DataFrame: from_G0, to_G0, samples, share."""
        import pandas as pd

        columns = {"from_G0": self.edges[:-1], "to_G0": self.edges[1:], "samples": self.counts, "share": self.shares}
        return pd.DataFrame(columns)


@dataclass(frozen=True)
class Map:
    """axis: of AXES; across (k + 1,): edges along it, in its unit; edges (G0, (m + 1,)); counts (k, m)."""

    axis: str
    across: np.ndarray
    edges: np.ndarray
    counts: np.ndarray

    @property
    def table(self):
        """DataFrame with a row for each bin: its limits along both axes, samples."""
        import pandas as pd

        name, k, m = AXES[self.axis][0], len(self.across) - 1, len(self.edges) - 1
        stem, unit = name.rsplit("_", 1)
        return pd.DataFrame(
            {
                f"{stem}_from_{unit}": np.repeat(self.across[:-1], m),
                f"{stem}_to_{unit}": np.repeat(self.across[1:], m),
                "from_G0": np.tile(self.edges[:-1], k),
                "to_G0": np.tile(self.edges[1:], k),
                "samples": self.counts.ravel(),
            }
        )


def edges_for(conductance, width=BIN, end=None):
    """Edges of the bins for conductances (n,), G0: from 0 to beyond most contacts, or to an end. MeasurementError."""
    if not (np.isfinite(width) and width > 0):
        raise MeasurementError(f"bin = {width:g} G0: must be more than 0 G0")
    contacts = conductance[conductance >= CONTACT]
    if end is None:
        end = np.percentile(contacts, HIGHEST) + BEYOND if len(contacts) else 1.0
        # Below contact there are tunnelling gaps alone: as far as these go.
        end = max(end, width) if len(contacts) else max(np.max(conductance, initial=0.0), width)
    elif not (np.isfinite(end) and end >= width):
        raise MeasurementError(f"to = {end:g} G0: must be at least one bin, {width:g} G0")
    if end / width > MOST_BINS:
        raise MeasurementError(
            f"bin = {width:g} G0: the conductances go to {end:.4g} G0, which makes {end / width:.3g} bins (at most "
            f"{MOST_BINS}): take wider ones"
        )
    return edges_of(width, end)


def histogram(conductance, edges):
    """The Histogram of conductances (n,), G0."""
    counts = np.histogram(conductance, edges)[0]
    return Histogram(edges, counts, len(conductance), find_peaks(edges, counts / max(len(conductance), 1)))


def places(samples, axis="time", speed=None, align=None):
    """Where along the axis each sample is, (n,): s or V, of a displacement nm.

    Times and displacements begin anew with each cycle: at its first sample, or where its conductance first passes
    `align` (G0), either way; cycles that never do are nan. speed: nm/s, of a displacement. Raises MeasurementError.
    """
    if axis not in AXES:
        raise MeasurementError(f"axis = {axis!r}: choose one of {', '.join(AXES)}")
    if (speed is not None) != (axis == "displacement"):
        raise MeasurementError(
            'axis = "displacement" needs the speed of the piezo or motor, such as --speed "10 nm/s"'
            if speed is None
            else f"speed = {speed:g} nm/s: belongs to --axis displacement"
        )
    if axis == "voltage":
        if align is not None:
            raise MeasurementError(f"align = {align:g} G0: voltages stay what they are; choose time or displacement")
        return samples.voltage
    G, place = samples.conductance, np.full(len(samples), np.nan)
    for cycle in np.unique(samples.cycle):
        rows = np.nonzero(samples.cycle == cycle)[0]
        first = rows[0]
        if align is not None:
            passed = np.nonzero((G[rows[1:]] >= align) != (G[rows[:-1]] >= align))[0]
            if not len(passed):
                continue
            first = rows[passed[0] + 1]
        place[rows] = samples.time[rows] - samples.time[first]
    if align is not None and np.isnan(place).all():
        raise MeasurementError(f"{samples.file}: align = {align:g} G0: no cycle passes this conductance")
    return place * (speed if axis == "displacement" else 1.0)


def mapped(axis, place, conductance, edges):
    """The Map of samples (n,) at places along an axis; edges: of the conductance."""
    known = np.isfinite(place)
    place, conductance = place[known], conductance[known]
    low, high = place.min(), place.max()
    if not high > low:
        low, high = low - 0.5, high + 0.5
    across = np.linspace(low, high, COLUMNS + 1)
    return Map(axis, across, edges, np.histogram2d(place, conductance, [across, edges])[0].astype(int))
