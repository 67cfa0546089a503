"""Which compliance current held when: the programme of a run as it went, and the current against its limit.

A step of the programme may have a compliance of its own, and a condition may have ended one early. Both are in what a
run leaves: the programme in its configuration, the moments of conditions in its events.
"""

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

from ecmsim.drive import Programme, limit
from ecmsim.errors import ConfigError, ResultsError
from ecmsim.results.crossing import crossing

COMPLIANCE_REACHED = 0.99  # of the compliance current


@dataclass(frozen=True)
class Course:
    """The programme of a run as it went. source: its [[programme]] and [compliance]; legs: in order of time, as
    ecmsim.drive.Leg; ends: when each of them ended or will end, s."""

    source: object
    legs: tuple
    ends: tuple

    @classmethod
    def of(cls, run, source=None):
        """The course of a Run up to its last step. source: if not what its configuration tells. Raises ResultsError
        where that does not tell."""
        try:
            source = source or _source_of(run)
            programme = Programme.from_steps(source.programme)
        except ConfigError as error:
            raise ResultsError(str(error)) from error
        return cls(source, *_legs(programme, run.moments_of("condition"), run.series["time_s"].max(initial=0.0)))

    def leg_at(self, time):
        """The leg that leads to a time (s); the last one from its end on."""
        return self.legs[min(bisect_left(self.ends, time), len(self.legs) - 1)]

    def limit(self, time, at=None):
        """Current at which an ideal compliance limits the cell at a time (s), signed, A; None where none does.

        at: time (s) in the same leg whose voltage gives the sign of a compliance of both polarities, if not the same.
        """
        return limit(self.source, self.leg_at(time), time if at is None else at)


def _source_of(run):
    from ecmsim.config.source import read_source

    return read_source(run.config, f"{run.folder}: the configuration of the run")


def _legs(programme, met, last):
    """Legs and their ends up to a time (s). met: (time, detail) of each condition that ended a leg, in order."""
    legs, ends, leg = [], [], programme.first()
    while leg and (not ends or ends[-1] < last):
        end, condition = leg.end, leg.piece.until
        # The name tells the leg from one before it that ended by itself at the same moment.
        if condition and met and met[0][0] <= end and met[0][1] == f"{leg.piece.name}: {condition}":
            end = met.pop(0)[0]
        legs.append(leg)
        ends.append(end)
        leg = programme.after(leg, end, leg.value(end))
    return tuple(legs), tuple(ends)


def limits_of(run):
    """The compliance current that held in the step to each row of a run's time series, signed, A; nan without, (n,)."""
    time = run.series["time_s"]
    middle = 0.5 * (time + np.append(time[:1], time[:-1]))  # where the source's sign is that of the step
    found = [run.course.limit(end, at) for end, at in zip(time.tolist(), middle.tolist(), strict=True)]
    return np.array([np.nan if value is None else value for value in found])


def limit_reached(time, current, limits, share=COMPLIANCE_REACHED):
    """First time at which a current reaches a share of the limit that holds, s; None if it never does.

    time (s), current and limits (A, as of limits_of): (n,). Located as the events of a run are.
    """
    forward = np.sign(limits) * current
    rows = np.nonzero(forward >= share * np.abs(limits))[0]
    if not len(rows):
        return None
    k = int(rows[0])
    if not k:
        return float(time[0])
    before = float(time[k - 1]), float(np.sign(limits[k]) * current[k - 1])
    return float(crossing(before, (float(time[k]), float(forward[k])), share * abs(float(limits[k])), True))
