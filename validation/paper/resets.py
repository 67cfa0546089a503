"""What cycles and retention show, read off a run (a Run): SET times, how a RESET dissolves the filament, lifetimes.

Times in s, voltages in V, lengths in nm, volumes in nm3; nan where the run has no such thing.
"""

import re

import numpy as np

from ecmsim.results.cycles import find_cycles
from ecmsim.results.limits import limit_reached
from ecmsim.results.measures import column

PIECE = re.compile(r"([\d.eE+-]+) nm3")  # in the detail of the event of a neck that broke
OPENED = 1.0  # nm: a gap that shows that the tip has retracted


def set_times(run):
    """When each cycle first reaches 99 % of the compliance current, counted from the beginning of the cycle, (k,)."""
    time, current = column(run, "time_s"), column(run, "current_A")
    found = []
    for cycle in find_cycles(run):
        rows = cycle.rows(time)
        at = limit_reached(time[rows], current[rows], run.limits[rows])
        found.append(np.nan if at is None else at - time[rows][0])
    return np.array(found)


def event_voltages(run, name):
    """Source voltage at each event of a name, V, (k,)."""
    times = run.events["time_s"][run.events["event"] == name].to_numpy(float)
    return np.interp(times, column(run, "time_s"), column(run, "source_voltage_V"))


def lifetime(run):
    """When the filament breaks for the first time."""
    times = run.events["time_s"][run.events["event"] == "rupture"].to_numpy(float)
    return float(times[0]) if len(times) else np.nan


def retreat(run):
    """When the gap of a filament that is left alone has opened to OPENED, for good."""
    time, gap = column(run, "time_s"), column(run, "gap_nm")
    closed = np.nonzero(gap < OPENED)[0]
    if not len(closed) or closed[-1] + 1 == len(gap):
        return np.nan
    k = int(closed[-1])
    return float(np.interp(OPENED, gap[k : k + 2], time[k : k + 2]))


def power_law(x, y):
    """Exponent of y over x and its standard error, by least squares in the logarithms."""
    slope, covariance = np.polyfit(np.log(x), np.log(y), 1, cov=True)
    return float(slope[0]), float(np.sqrt(covariance[0, 0]))


def first_reset(run):
    """The first stretch of steps with the source negative, as a slice; None where there is none."""
    negative = column(run, "source_voltage_V") < 0
    if not negative.any():
        return None
    start = int(np.argmax(negative))
    ended = ~negative[start:]
    return slice(start, start + int(np.argmax(ended)) if ended.any() else len(negative))


def dissolution_voltage(run):
    """Source voltage at which the first RESET leaves the nucleus alone."""
    found = event_voltages(run, "full dissolution")
    return float(found[0]) if len(found) and found[0] < 0 else np.nan


def largest_piece(run):
    """Largest piece of metal that breaks off in the first RESET, as a share of the filament's volume before it.

    0 where nothing breaks, nan where an event does not tell the volume.
    """
    rows = first_reset(run)
    if rows is None:
        return np.nan
    pieces = [PIECE.search(text) for text in _breaks(run, rows)["detail"]]
    volumes = [float(found[1]) if found else np.nan for found in pieces]
    return float(np.max(volumes, initial=0.0)) / float(column(run, "volume_nm3")[rows.start])


def gap_at_first_break(run):
    """Gap when the first piece breaks off in the first RESET; where nothing breaks the largest gap of that RESET."""
    rows = first_reset(run)
    if rows is None:
        return np.nan
    breaks = _breaks(run, rows)
    gap, time = column(run, "gap_nm"), column(run, "time_s")
    if not len(breaks):
        return float(gap[rows].max())
    before = int(np.searchsorted(time, float(breaks["time_s"].iloc[0]) * (1 - 1e-12))) - 1
    return float(gap[max(before, 0)])


def _breaks(run, rows):
    """The events of necks that broke within some steps (a slice)."""
    time, events = column(run, "time_s"), run.events[run.events["event"] == "rupture"]
    moments = events["time_s"].astype(float)
    return events[(moments > time[max(rows.start - 1, 0)]) & (moments <= time[min(rows.stop, len(time)) - 1])]
