"""The cycles of a run: from the names of its programme's steps, or else from the sign of the source's voltage."""

import re
from dataclasses import dataclass

import numpy as np

from ecmsim.drive.counting import BIAS
from ecmsim.switching.cycles import spans_by_sign

ENDS = ("step ends", "condition")


@dataclass(frozen=True)
class Cycle:
    """One cycle: its number, from 1, and when it starts and ends, s."""

    number: int
    start: float
    end: float

    def rows(self, time):
        """The steps (a slice) whose times (n,) in s lie in the cycle; those at its ends belong to both sides."""
        slack = 1e-9 * max(abs(self.end), abs(self.start))
        return slice(
            int(np.searchsorted(time, self.start - slack)), int(np.searchsorted(time, self.end + slack, "right"))
        )


def is_bipolar(run):
    """Whether the source's voltage of a run (a Run) turns negative."""
    return bool((signs_of(run) < 0).any())


def signs_of(run):
    """Sign of the source's voltage at each step, 0 where it is small, (n,)."""
    voltage = run.series["source_voltage_V"]
    return np.sign(voltage) * (np.abs(voltage) > BIAS * np.abs(voltage).max(initial=0))


def find_cycles(run):
    """The cycles of a run in order of time; a run without repetition is one cycle, an empty one has none.

    The repetitions of the programme are counted, whatever comes before and after them belongs to no cycle. Where the
    programme repeats nothing, a cycle ends when the source comes back to the polarity with which the run began.
    """
    time = run.series["time_s"]
    if not len(time):
        return []
    told = np.nan_to_num(run.series["cycle"]).astype(int)
    if told.any():
        ends = [(number, np.nonzero(told == number)[0]) for number in np.unique(told[told > 0])]
        return [Cycle(int(number), float(time[max(k[0] - 1, 0)]), float(time[k[-1]])) for number, k in ends]
    # Of older versions, which told no cycles.
    spans = spans_by_name(run, time) or spans_by_sign(signs_of(run), time)
    return [Cycle(number, float(start), float(end)) for number, (start, end) in enumerate(spans, 1)]


def cycle_of_rows(run):
    """The number of the cycle of each step of a run, 0 outside, (n,); a step between two belongs to the first."""
    time = run.series["time_s"]
    numbers = np.zeros(len(time), int)
    for cycle in find_cycles(run):
        rows = cycle.rows(time)
        numbers[rows] = np.where(numbers[rows] == 0, cycle.number, numbers[rows])
    return numbers


def spans_by_name(run, time):
    """Starts and ends (s) of the cycles of the programme's repetitions; empty if it has none, or none is known yet."""
    steps = run.config.get("programme", [])
    counts = {step.get("name") or "cycle": step["count"] for step in steps if step.get("kind") == "repeat"}
    label = re.compile(rf"({'|'.join(map(re.escape, counts))}) (\d+), ")
    groups = []  # what ends, as (name, number) or None outside of cycles, and when
    for moment, detail in run.moments_of(*ENDS):
        found = label.match(detail) if counts else None
        key = (found[1], int(found[2])) if found else None
        if not groups or groups[-1][0] != key:
            groups.append((key, []))
        groups[-1][1].append(moment)
    spans, start = [], time[0]
    for key, ends in groups:
        if key:
            spans.append((start, ends[-1]))
        start = ends[-1]
    if not spans or groups[-1][0] is None:
        return spans
    # Of the last cycle not all may have happened yet: it has then ended fewer steps than those before it.
    (name, number), ends = groups[-1]
    before = [len(others) for key, others in groups[:-1] if key and key[0] == name]
    rest = signs_of(run)[time > ends[-1]]
    complete = len(ends) >= min(before) if before else is_bipolar(run) and (rest > 0).any()
    if not complete:
        spans[-1] = (spans[-1][0], time[-1])
    elif number < counts[name] and len(rest):
        spans.append((ends[-1], time[-1]))
    return spans
