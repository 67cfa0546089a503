"""Where the switching regimes meet and growth stops, found in the data of a run.

The regimes are those of the source article (Buttberg et al. 2025, section 3.1, Figs. 1 and 2):
A: the gap closes and the current rises exponentially; B: the void stops vertical growth, the filament grows
sideways and the current rises gradually; C: heat renews vertical growth and the current jumps.
Gamma: vertical growth stops; Y: the compliance current is reached; Lambda: from here on no growth is visible.

Rates are taken between fixed levels of the current (or of the height: growth_stop.py), not between steps of a run:
they depend neither on the step control nor on the small jitter that remeshing leaves.
"""

from dataclasses import dataclass

import numpy as np

from ecmsim.results.crossing import crossing
from ecmsim.results.cycles import find_cycles
from ecmsim.results.growth_stop import growth_stop
from ecmsim.results.limits import limit_reached
from ecmsim.shape.polyline import distance_to_polyline

LEVELS_PER_E_FOLD = 10  # levels of ln I
PERSISTENCE = 3  # levels for which a change must last
AROUND = 7  # levels on either side that share a median: a new mesh may shift the current a little
CLOSING_SLOWS_TO = 1 / 3  # A ends where d ln I/dt falls below this share of its maximum
RISE_RESUMES_BY = 2.0  # C begins where d ln I/dt exceeds its minimum in B by this factor ...
RISE_RESUMES_ABOVE_K = 30.0  # ... and the cell is hotter than its surroundings by this
BELOW_COMPLIANCE = 0.5  # above this share of the compliance current the compliance bends the current
GROWTH = ("time_s", "height_nm", "source_voltage_V")  # what Gamma is found in
VISIBLE_NM = 0.05  # Lambda: the outline has this far to go


@dataclass(frozen=True)
class Boundary:
    """A moment at which one regime gives way to the next: time (s), |current| (A), its row in timeseries."""

    time_s: float
    current_A: float
    row: int


@dataclass(frozen=True)
class Regimes:
    """What find_regimes found; None where a run shows no such thing.

    peak_time: when the current was largest in the first SET, s.
    """

    a_b: Boundary | None = None
    b_c: Boundary | None = None
    gamma_time: float | None = None
    y_time: float | None = None
    lambda_time: float | None = None
    peak_time: float | None = None

    def spans(self, start=0.0):
        """The regimes from a time on as a list of (letter, start, end), s; empty if not even A has ended.

        The last one ends where the compliance takes over, or where the current is largest.
        """
        if self.a_b is None:
            return [("A", start, self.y_time)] if self.y_time is not None else []
        edges = [start, self.a_b.time_s] + ([self.b_c.time_s] if self.b_c else [])
        end = self.y_time if self.y_time is not None and self.y_time > edges[-1] else self.peak_time
        return list(zip("ABC", edges, [*edges[1:], end], strict=False))


def find_regimes(run):
    """Regimes of a run (a Run) in its first SET: its first cycle, as long as the source has not turned negative.

    No error whatever the run lacks.
    """
    series = first_set(run)
    if len(series) < 2:
        return Regimes()
    column = {name: series[name].to_numpy(float) for name in series}
    time, current = column["time_s"], np.abs(column["current_A"])
    limits = run.limits[: len(series)]
    rise = column["temperature_max_K"] - run.setting("cell.ambient_temperature", "K", column["temperature_max_K"][0])
    a_b, b_c = current_regimes(time, current, column["gap_nm"], rise, np.abs(limits))
    whole = run.timeseries  # the definition itself ends with the first SET, as it does while a run goes on
    tunnels = (whole["tunnel_current_A"].abs() > whole["ionic_current_A"].abs()).to_numpy()
    gamma = growth_stop(*(whole[name].to_numpy(float) for name in GROWTH), tunnels)
    y = limit_reached(time, column["current_A"], limits)
    stopped = (gamma, y) != (None, None)
    end = end_of_growth(run.outlines, time, column["volume_nm3"]) if stopped else None
    return Regimes(a_b, b_c, gamma, y, end, float(time[np.argmax(current)]))


def first_set(run):
    """The part of a run's time series before its source turns negative and before its second cycle."""
    series = run.timeseries
    series = series[: first(series["source_voltage_V"] < -1e-9, len(series))]
    cycles = find_cycles(run)
    return series[: cycles[0].rows(series["time_s"].to_numpy()).stop] if cycles else series


def current_regimes(time, current, gap, temperature_rise, limits=None):
    """Boundaries A|B and B|C (Boundary or None each) of the first rise of the current.

    time (s), current (A, magnitude), gap (nm), temperature_rise (K): (n,). limits: compliance currents (A, nan
    where there is none), (n,), or None.
    A|B: d ln I/dt falls below a third of the largest value that it had while the gap closed (from half the
    first gap on). B|C: after that it rises to twice its minimum while the cell is hot.
    """
    end = len(current) - 1 if limits is None else first(current >= BELOW_COMPLIANCE * limits, len(current) - 1)
    end = int(np.argmax(current[: end + 1]))
    start = first(gap < 0.5 * gap[0], len(gap))
    if end - start < 3 or not current[start : end + 1].max() > 0:
        return None, None
    part = slice(start, end + 1)
    at, rate = rates_at_levels(time[part], np.log(np.maximum(current[part], 1e-30)), 1 / LEVELS_PER_E_FOLD)

    def boundary(k):
        row = int(np.searchsorted(time, at[k]))
        return Boundary(float(at[k]), float(np.interp(at[k], time, current)), min(row, len(time) - 1))

    closing = running_median(rate)
    k_ab = first(lasting(closing < CLOSING_SLOWS_TO * np.maximum.accumulate(closing)))
    if k_ab is None:
        return None, None
    hot = np.interp(at, time, temperature_rise) > RISE_RESUMES_ABOVE_K
    minimum = np.minimum.accumulate(rate[k_ab:])
    k_bc = first(lasting(hot[k_ab:] & (rate[k_ab:] > RISE_RESUMES_BY * minimum)))
    return boundary(k_ab), None if k_bc is None else boundary(k_ab + k_bc)


def end_of_growth(outlines, time, volume):
    """Lambda: when the outline comes within VISIBLE_NM of the largest one, for good; s, or None.

    time (s) and volume (nm3) of the filament: (n,); None too if the run ends soon after.
    """
    before = np.nonzero(outlines.step <= np.argmax(volume))[0]
    if len(before) < 2:
        return None
    largest = outlines[before[-1]].points
    near, far = before[-1], before[0]
    if separation(outlines[far].points, largest) < VISIBLE_NM:
        return None
    while near - far > 1:
        middle = (near + far) // 2
        grown = separation(outlines[middle].points, largest) < VISIBLE_NM
        near, far = (middle, far) if grown else (near, middle)
    found = float(outlines.time_s[near])
    return found if time[-1] - found > 0.1 * found else None


def reached(time, values, level):
    """First time at which values (n,) pass a level, linear between the steps; s, or None."""
    k = first(values >= level)
    if not k:
        return None if k is None else float(time[0])
    return float(crossing((time[k - 1], values[k - 1]), (time[k], values[k]), level))


def rates_at_levels(time, values, spacing):
    """Rate at which values (n,) first rise through equidistant levels: times (k,) and rates (k,)."""
    highest, index = np.unique(np.maximum.accumulate(values), return_index=True)
    levels = np.arange(highest[0], highest[-1], spacing)
    crossed = np.interp(levels, highest, time[index])
    with np.errstate(divide="ignore"):
        return 0.5 * (crossed[1:] + crossed[:-1]), spacing / np.diff(crossed)


def running_median(values):
    """Median of values (n,) over each one and AROUND neighbours on either side (the ends repeated), (n,)."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(values, AROUND, mode="edge"), 2 * AROUND + 1)
    return np.median(windows, axis=1)


def separation(a, b):
    """Largest distance between two outlines (n, 2), (m, 2), nm."""
    return max(distance_to_polyline(a, b).max(), distance_to_polyline(b, a).max())


def first(condition, default=None):
    """Index of the first true element, or default."""
    condition = np.asarray(condition)
    return int(np.argmax(condition)) if condition.any() else default


def lasting(condition):
    """Where a condition holds for PERSISTENCE elements in a row."""
    padded = np.append(condition, np.zeros(PERSISTENCE - 1, dtype=bool))
    return np.lib.stride_tricks.sliding_window_view(padded, PERSISTENCE).all(axis=1)
