"""How a filament grows and its current rises within the regimes A, B and C, read off a run (a Run).

Times in s, currents in A, temperatures in K, lengths in nm; nan where the run has no such thing.
"""

import numpy as np

from ecmsim.results.measures import column, moment, rising
from ecmsim.results.regimes import LEVELS_PER_E_FOLD, first, rates_at_levels, running_median

GAP_LEVEL = 0.01  # nm over which the speed of closing is taken, whatever the steps are
SHARE = 0.1  # of a current: a speed at that current is taken between it less and more by this
SAMPLES = 400  # equally spaced times for a fit


def span(run, letter):
    """Start and end of a regime, A, B or C; (nan, nan) where the run has none."""
    found = {name: (start, end) for name, start, end in run.regimes.spans()}
    return found.get(letter, (np.nan, np.nan))


def duration(run, letter):
    """How long a regime lasts."""
    start, end = span(run, letter)
    return end - start


def speed_at_current(run, name, current):
    """Rate of change of a column, per second, where the rising current passes a value, a tenth less to a tenth more."""
    part = rising(run)
    amperes = np.maximum.accumulate(column(run, "current_A")[part])
    if not amperes[0] <= (1 - SHARE) * current < (1 + SHARE) * current <= amperes[-1]:
        return np.nan
    at = np.array([1 - SHARE, 1 + SHARE]) * current
    time, value = (np.interp(at, amperes, column(run, key)[part]) for key in ("time_s", name))
    return float(np.diff(value)[0] / np.diff(time)[0])


def closing_speeds(run):
    """Speed at which the gap closes, nm/s: its largest value in A, its smallest in B, its largest in C."""
    part = rising(run)
    at, speed = rates_at_levels(column(run, "time_s")[part], -column(run, "gap_nm")[part], GAP_LEVEL)
    return tuple(
        _extreme(at, speed, span(run, letter), extreme)
        for letter, extreme in (("A", np.max), ("B", np.min), ("C", np.max))
    )


def steepest_rises(run):
    """Largest d ln I/dt, 1/s, while the gap closes in A, and in C."""
    part = rising(run)
    gap = column(run, "gap_nm")[part]
    part = slice(first(gap < 0.5 * gap[0], len(gap)), part.stop)  # before, the source's own rise is the steepest
    if part.stop - part.start < 3:
        return np.nan, np.nan
    logarithm = np.log(np.maximum(column(run, "current_A")[part], 1e-30))
    at, rate = rates_at_levels(column(run, "time_s")[part], logarithm, 1 / LEVELS_PER_E_FOLD)
    rate = running_median(rate)
    return tuple(_extreme(at, rate, span(run, letter), np.max) for letter in "AC")


def straightness(run, low, high, until=np.inf):
    """How straight I(t) and ln I(t) are where the current rises from low to high, or until a time: R2 of each.

    A straight line through SAMPLES equally spaced times; 1 for an exactly linear and an exactly exponential rise.
    """
    part = rising(run)
    time, amperes = column(run, "time_s")[part], np.maximum.accumulate(column(run, "current_A")[part])
    highest, index = np.unique(amperes, return_index=True)
    if not highest[0] <= low < highest[-1]:
        return np.nan, np.nan
    start, end = np.interp([low, high], highest, time[index])
    at = np.linspace(start, min(end, until), SAMPLES)
    current = np.interp(at, time, amperes)
    return tuple(float(np.corrcoef(at, values)[0, 1] ** 2) for values in (current, np.log(current)))


def slenderness(run, time):
    """Height over largest radius at a time: 1 for the half sphere of isotropic growth."""
    at = (np.interp(time, column(run, "time_s"), column(run, name)) for name in ("height_nm", "radius_max_nm"))
    height, radius = at
    return float(height / radius)


def cooling_after_compliance(run, delay=1e-3):
    """How long after the compliance was reached (Y) the highest temperature came, and how far it has fallen a delay
    (s) after Y: (s, K)."""
    time, temperature = column(run, "time_s"), column(run, "temperature_max_K")
    reached, hottest = moment(run.regimes.y_time), int(np.argmax(temperature))
    later = np.interp(reached + delay, time, temperature, right=np.nan) if np.isfinite(reached) else np.nan
    return float(time[hottest] - reached), float(temperature[hottest] - later)


def hottest_point(run, current):
    """Where it is hottest in the snapshot at a current: radius, and height above the filament's highest point."""
    from validation.paper.measures import FILAMENT, snapshot_at

    snapshot = snapshot_at(run, current)
    if snapshot is None:
        return np.nan, np.nan
    mesh = snapshot.read()
    temperature = np.asarray(mesh.point_data["temperature_K"]).ravel()
    cells, material = mesh.cells_dict["triangle"], np.asarray(mesh.cell_data["material"][0]).astype(int)
    tip = mesh.points[np.unique(cells[material == FILAMENT]), 1].max()
    radius, height = mesh.points[int(np.argmax(temperature)), :2]
    return float(radius), float(height - tip)


def _extreme(at, values, within, extreme):
    """The extreme of values (n,) at times within a span; nan without any."""
    chosen = values[(at > within[0]) & (at < within[1])]
    return float(extreme(chosen)) if len(chosen) else np.nan
