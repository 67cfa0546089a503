"""Runs and measurements side by side: what an overlay draws, whatever it comes from."""

from dataclasses import dataclass, replace
from os.path import commonprefix
from pathlib import Path

import numpy as np

from ecmsim.plot import dress, style
from ecmsim.plot.terminals import terminal_current
from ecmsim.results.cycles import cycle_of_rows
from ecmsim.results.tables import limit_by_cycle
from ecmsim.switching.values import Definitions, values_of

COLOURS = (style.BLUE, style.VERMILION, style.GREEN, style.PURPLE, style.ORANGE, style.SKY)
MARKERS = "osD^vP"
MOST_MARKS = 250  # of one measured curve


@dataclass(frozen=True)
class Curve:
    """Current (A) over voltage (V), (n,), of a run or a measurement. name: for legends; measured: which of both;
    time: s; cycle: number of each point; cell_voltage: V; limits: A by cycle; named: what its cycles are called."""

    name: str
    measured: bool
    time: np.ndarray
    voltage: np.ndarray
    current: np.ndarray
    cycle: np.ndarray
    cell_voltage: np.ndarray
    limits: dict
    named: dict

    @property
    def cycles(self):
        """Numbers of its cycles, in order."""
        return [int(number) for number in dict.fromkeys(self.cycle.tolist()) if number]

    def values(self, definitions=Definitions()):  # noqa: B008  (frozen)
        """CycleValues by the number of the cycle."""
        found = {}
        for number in self.cycles:
            rows = self.cycle == number
            limit = self.limits.get(number)
            cell = self.cell_voltage[rows]
            found[number] = values_of(self.voltage[rows], self.current[rows], definitions, limit, cell, self.time[rows])
        return found

    def table(self, definitions=Definitions()):  # noqa: B008  (frozen)
        """The same as a DataFrame, as Recording.values of a measurement."""
        import pandas as pd

        rows = [
            {"cycle": number, "name": self.named.get(number, f"cycle {number}")} | vars(values)
            for number, values in self.values(definitions).items()
        ]
        return pd.DataFrame(rows)


def of_run(run, voltage="source"):
    """The Curve of a run (a Run) over the voltage of its source, or of the cell."""
    column = style.require_steps(run)
    time, cycle = column["time_s"], cycle_of_rows(run)
    by_cycle = limit_by_cycle(run, cycle)
    name = style.title_of(run) if run.config.get("title") else run.folder.name
    return Curve(
        name,
        False,
        time,
        column[f"{voltage}_voltage_V"],
        terminal_current(column),
        cycle,
        column["cell_voltage_V"],
        by_cycle,
        {},
    )


def of_recording(recording, name=None):
    """The Curve of a Recording."""
    limits = {number: limit for number in recording.cycles if (limit := recording.limit(number))}
    return Curve(
        name or Path(recording.file).stem, True, recording.time, recording.voltage, recording.current, recording.cycle,
        recording.voltage, limits, recording.names,
    )  # fmt: skip


def distinct(curves):
    """The curves with names that tell them apart: what all runs begin with, up to a colon, is left out, and those that
    have the same one are numbered."""
    runs = [curve.name for curve in curves if not curve.measured]
    begin = commonprefix(runs).rpartition(": ")
    if len(set(runs)) > 1 and begin[1]:
        cut = len(begin[0] + begin[1])
        curves = [curve if curve.measured else replace(curve, name=curve.name[cut:]) for curve in curves]
    names = [curve.name for curve in curves]
    seen, made = {}, []
    for curve in curves:
        seen[curve.name] = seen.get(curve.name, 0) + 1
        many = names.count(curve.name) > 1
        made.append(replace(curve, name=f"{curve.name} ({seen[curve.name]})") if many else curve)
    return made


def looks(curves):
    """How to draw each curve: runs as coloured lines, measurements as small open marks in black and greys."""
    found, runs, measured = [], 0, 0
    greys = (style.BLACK, style.GREY, style.ORANGE, style.PURPLE)
    for curve in curves:
        if curve.measured:
            every = max(len(curve.voltage) // MOST_MARKS, 1)
            found.append(
                {"ls": "", "marker": MARKERS[measured % len(MARKERS)], "mfc": "none", "mec": greys[measured % 4],
                 "mew": 0.6, "ms": 2.6, "markevery": every, "zorder": 3}
            )  # fmt: skip
            measured += 1
        else:
            found.append(
                {
                    "color": dress.colour(runs, COLOURS),
                    "lw": 1.3,
                    "ls": "-" if runs < len(dress.colours(COLOURS)) else "--",
                    "zorder": 4,
                }
            )
            runs += 1
    return found
