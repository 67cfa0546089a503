"""The index of a selector: how long it takes to switch on under a pulse, and to recover after it."""

from dataclasses import dataclass

import numpy as np

from ecmsim.errors import ResultsError
from ecmsim.text import quantity

ON = 0.5  # of the largest current in the pulse
OFF = 0.1  # of the conductance right after the pulse


@dataclass(frozen=True)
class Selector:
    """begin, end: middle of the pulse's rise and end of its fall, s; delay: from begin until |current| comes to `on` of
    its largest value; recovery: from end until the conductance has fallen to `off` of what it was then; time_constant:
    until it has fallen to 1/e; nan where that does not happen. All in s."""

    begin: float
    end: float
    delay: float
    recovery: float
    time_constant: float
    on: float
    off: float

    def words(self):
        """The index as lines of text."""

        def told(value):
            return quantity(value, "s") if np.isfinite(value) else "not within this run"

        return [
            f"delay until {self.on:.0%} of the largest current: {told(self.delay)}",
            f"recovery to {self.off:.0%} of the conductance: {told(self.recovery)}; to 1/e: {told(self.time_constant)}",
        ]


def selector_of(run, on=ON, off=OFF):
    """The Selector of the first pulse of a run (a Run)."""
    legs = [
        (start, end)
        for leg, start, end in zip(run.course.legs, (0.0, *run.course.ends), run.course.ends, strict=False)
        if leg.piece.part == "pulse" and leg.piece.pulse == 1
    ]
    if len(legs) < 3:
        raise ResultsError(f"{run.folder} has no whole pulse: a selector is switched on by one")
    begin, end = 0.5 * sum(legs[0]), legs[-1][1]
    series = run.timeseries
    time, current, cell = (series[name].to_numpy(float) for name in ("time_s", "current_A", "cell_voltage_V"))
    size = np.abs(current)
    inside = (time >= begin) & (time <= end)
    delay = _first(time[inside], size[inside], on * size[inside].max(initial=0.0), True) - begin
    late = time >= end
    conductance = np.where(cell[late] != 0, size[late] / np.maximum(np.abs(cell[late]), 1e-300), np.nan)
    recovery, constant = (
        _first(time[late], conductance, share * conductance[0], False) - end for share in (off, 1 / np.e)
    )
    return Selector(float(begin), float(end), float(delay), float(recovery), float(constant), on, off)


def _first(time, values, level, rising):
    """When values first come to a level, on a logarithmic scale between the steps; nan if never."""
    rows = np.nonzero(values >= level if rising else values <= level)[0]
    if not len(rows) or not level > 0:
        return np.nan
    k = int(rows[0])
    if not k or not values[k - 1] > 0 or not values[k] > 0:
        return time[k]
    share = np.log(level / values[k - 1]) / np.log(values[k] / values[k - 1])
    return time[k - 1] + share * (time[k] - time[k - 1])
