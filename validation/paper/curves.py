"""What the figures of the validation show, as arrays read off the runs; `panels` draws them.

Currents in A, voltages in V, times in s, temperatures in K, lengths in nm.
"""

from dataclasses import dataclass

import numpy as np

from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.errors import ResultsError
from ecmsim.plot.field import FILAMENT, Section
from ecmsim.plot.style import switching_window
from ecmsim.results.limits import COMPLIANCE_REACHED
from ecmsim.shape.polyline import arc_length, distance_to_polyline
from validation.paper import measures
from validation.paper.facts import resistance_lrs

# What the paper states (Buttberg et al. 2025).
DROP_AT = 3.5e-6  # A: of the filament in its Fig. 1d
HOT_AT, HOT = 603e-6, 750.0  # A, K: highest temperature in its Fig. 3c
HOTTEST = 850.0  # K: highest temperature for 1 mA (section 3.2)
JUMP_AT = 100e-6  # A: where the current jumps (section 3.2)
WITHOUT_DISSOLUTION = 100e-6  # A: compliance current of its Figs. 5c and 5d
CONTACT_RESISTANCE = 1 / CONDUCTANCE_QUANTUM  # h / 2e^2, above which a cell tunnels (section 1)

GROWN = 1.05  # the filament counts as grown sideways from this ratio of its mean radius to that of the lowest I_CC on
JOULE_CASES = ("joule_1uA", "joule_10uA", "joule_100uA", "joule_1mA")


@dataclass(frozen=True)
class Resistances:
    """The low-resistance states. limit: compliance currents; ohm: read at 0.1 V; sideways: whether the filament has
    grown sideways (GROWN); all (n,)."""

    limit: np.ndarray
    ohm: np.ndarray
    sideways: np.ndarray


def low_resistance_states(runs):
    """Resistances of the series over the compliance current."""
    series = runs.series
    radius = np.array([measures.column(run, "radius_mean_nm")[-1] for run in series.values()])
    ohm = np.array([resistance_lrs(run) for run in series.values()])
    return Resistances(np.array(list(series)), ohm, radius > GROWN * radius[0])


def columns(run, *names, back=True):
    """Columns of the time series, (k, n). back: False for the steps up to the largest current only."""
    part = slice(None) if back else measures.rising(run)
    return np.array([measures.column(run, name)[part] for name in names])


def with_limit(runs, limit):
    """The run of the series whose compliance current is the nearest to a value."""
    return runs.series[min(runs.series, key=lambda known: abs(np.log(known / limit)))]


def decades(runs):
    """The runs of the series whose compliance current is a power of ten: A -> Run, rising."""
    return {limit: run for limit, run in runs.series.items() if abs(np.log10(limit) % 1 - 0.5) > 0.499}


def regimes_along(run, name):
    """Regimes A, B, C of a run as (letter, from, to) along a column of its time series that rises with time."""
    time, values = columns(run, "time_s", name)
    return [(letter, *np.interp([start, end], time, values)) for letter, start, end in run.regimes.spans()]


def switching(run, name="time_s", margin=0.6):
    """What a column passes around the switching, (from, to); all of it where there is none."""
    time, values = columns(run, "time_s", name)
    window = switching_window(run, time, margin)
    return tuple(np.interp(window, time, values)) if window else (values.min(), values.max())


@dataclass(frozen=True)
class Drop:
    """Voltage that drops in the filament, counted from its foot on the axis, in one snapshot.

    points (n, 2) and triangles (m, 3) of the filament, mV (n,); height (k,) and axis_mV (k,) along its axis;
    current through it and its resistance from foot to tip.
    """

    points: np.ndarray
    triangles: np.ndarray
    mV: np.ndarray
    height: np.ndarray
    axis_mV: np.ndarray
    current: float
    ohm: float


def voltage_drop(run, current=DROP_AT):
    """The Drop in the snapshot nearest to a current."""
    snapshot = snapshot_at(run, current)
    section = Section.of(snapshot)
    triangles = section.triangles[section.material == FILAMENT]
    nodes, corners = np.unique(triangles, return_inverse=True)
    points, potential = section.points[nodes], np.ravel(section.point_data["electric_potential_V"])[nodes]
    axis = np.nonzero(points[:, 0] < 1e-9)[0]
    axis = axis[np.argsort(points[axis, 1])]
    millivolts = 1e3 * (potential - potential[axis[0]])
    height, along = points[axis, 1], millivolts[axis]
    ohm = 1e-3 * along[-1] / snapshot.current_A
    return Drop(points, corners.reshape(-1, 3), millivolts, height, along, snapshot.current_A, ohm)


def snapshot_at(run, current):
    """The snapshot whose current is the nearest to a value, by the ratio."""
    flowing = [snapshot for snapshot in run.snapshots if snapshot.current_A > 0]
    if not flowing:
        raise ResultsError(f"{run.folder} holds no snapshot with a current: set output.snapshot_currents for it")
    return min(flowing, key=lambda snapshot: abs(np.log(snapshot.current_A / current)))


def evolution(run):
    """The four snapshots of Fig. 3: at rising currents of DROP_AT, JUMP_AT and HOT_AT, and just after I_CC is reached:
    the next one after the one in which it is reached, where there is one."""
    later = [item for item in run.snapshots if _limited(run, item)]
    if not later:
        raise ResultsError(f"{run.folder} holds no snapshot at its compliance current: set output.snapshot_regimes")
    return [*(snapshot_at(run, current) for current in (DROP_AT, JUMP_AT, HOT_AT)), later[:2][-1]]


def _limited(run, snapshot):
    """Whether the compliance current flows in a snapshot."""
    limit = run.compliance_at(snapshot.time_s)
    return limit is not None and snapshot.current_A / limit >= COMPLIANCE_REACHED


def hottest_in(section):
    """Highest temperature in a Section."""
    return float(np.nanmax(section.point_data["temperature_K"]))


@dataclass(frozen=True)
class Closest:
    """Where filament and active electrode are the closest: distance and the two points (2,), (r, z)."""

    distance: float
    filament: np.ndarray
    electrode: np.ndarray


def closest(outline):
    """The Closest of an Outline, its sides included (as measures.shortest_gap)."""
    points, surface = evenly(outline.points), evenly(outline.electrode_points)
    distance = distance_to_polyline(points, outline.electrode_points)
    nearest = int(np.argmin(distance))
    opposite = surface[np.argmin(np.hypot(*(surface - points[nearest]).T))]
    return Closest(float(distance[nearest]), points[nearest], opposite)


def evenly(points, count=4000):
    """Points at equal steps of the length of a polyline, (count, 2)."""
    length = arc_length(points)
    fine = np.linspace(0, length[-1], count)
    return np.stack([np.interp(fine, length, component) for component in points.T], axis=1)


@dataclass(frozen=True)
class Heating:
    """Highest temperatures against compliance currents; limit, current (the largest reached), hottest: (n,)."""

    limit: np.ndarray
    current: np.ndarray
    hottest: np.ndarray

    @property
    def reached(self):
        """Whether the compliance current was reached, (n,)."""
        return self.current >= COMPLIANCE_REACHED * self.limit


def heating(cases):
    """The Heating of runs."""
    limits = [run.compliance_current for run in cases]
    largest = [
        (measures.column(run, "current_A").max(), measures.column(run, "temperature_max_K").max()) for run in cases
    ]
    return Heating(np.array(limits), *np.array(largest).T)


def joule_alone(runs):
    """The runs without heat from the tunnel barrier."""
    return [runs.case(name) for name in JOULE_CASES]
