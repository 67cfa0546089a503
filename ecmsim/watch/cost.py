"""How long a run still takes, by what its steps cost: a second of retention takes one step, a SET takes hundreds.

Steps to come are those that the same part of the last whole cycle took; where there is none, the fewest that the
programme needs by its largest steps, times what it has needed more than these so far.
"""

import math
from datetime import datetime

import numpy as np

LEAST = 5  # steps from which on a pace is told


def seconds_per_step(provenance, steps, written):
    """Wall time of a step, s, since the run began or was resumed last; nan if unknown. provenance: dict; steps: rows so
    far; written: when the last one was, as a POSIX time."""
    last = (provenance.get("resumed") or [provenance])[-1]
    try:
        begun = datetime.fromisoformat(last["start_time"]).timestamp()
        before = int(last["step"]) if provenance.get("resumed") else 0
    except (KeyError, TypeError, ValueError):
        return math.nan
    taken = steps - before
    return (written - begun) / taken if taken >= LEAST and written > begun else math.nan


def steps_left(time, cycle, programme, stepping):
    """About how many steps a run has still to go; nan if unknown. time (s), cycle: of the steps so far, (n,);
    programme: ecmsim.drive.Programme; stepping: section [stepping]."""
    n = len(time)
    if n < LEAST:
        return math.nan
    number = int(cycle[-1])
    last = max((piece.cycle for piece in programme.pieces), default=0)
    whole = np.nonzero(cycle == number - 1)[0]
    if number > 1 and len(whole):
        since = time[-1] - time[whole[-1]]
        rest = int((time[whole] - time[max(whole[0] - 1, 0)] > since).sum())
        return rest + (last - number) * len(whole)
    fewest = _fewest(programme.planned(), stepping)
    ends = np.cumsum([steps for _, _, steps in fewest])
    at = np.interp(time[-1], [0.0, *(end for _, end, _ in fewest)], [0.0, *ends])
    more = n / at if at > 0 else 1.0
    return max(more, 1.0) * (ends[-1] - at)


def _fewest(legs, stepping):
    """Start, end (s) and fewest steps of each leg, by the limits of [stepping]."""
    found, limits = [], stepping.refined()
    for leg in legs:
        current = leg.piece.source == "current"
        scale = max(abs(leg.first), abs(leg.last)) * limits.largest_current_step if current else 0.0
        largest = scale if current else limits.largest_voltage_step
        by_value = abs(leg.last - leg.first) / largest if largest else 0.0
        found.append((leg.start, leg.end, max(by_value, (leg.end - leg.start) / limits.largest_step, 1.0)))
    return found
