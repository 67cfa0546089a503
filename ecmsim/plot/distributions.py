"""Cumulative distributions of V_SET, V_RESET, R_LRS and R_HRS over the cycles of runs and measurements.

The definitions are those of ecmsim.switching.values for both. Each value stands at its share, (k - 1/2) / n.
"""

from pathlib import Path

import numpy as np

from ecmsim.errors import PlotError
from ecmsim.plot import style
from ecmsim.plot.curves import distinct, looks, of_recording, of_run
from ecmsim.plot.study import scale
from ecmsim.switching.values import Definitions

SHOWN = {
    "V_SET_V": ("SET voltage $V_\\mathrm{SET}$ (V)", False),
    "V_RESET_V": ("RESET voltage $V_\\mathrm{RESET}$ (V)", False),
    "R_LRS_ohm": ("Low-resistance state $R_\\mathrm{LRS}$ (Ω)", True),
    "R_HRS_ohm": ("High-resistance state $R_\\mathrm{HRS}$ (Ω)", True),
}


def draw(runs, output, measured=(), read_V=0.1, set_by="jump", set_current_A=None, reset_by="peak"):
    """Draw the distributions of runs (Run) and measurements (Recording, CycleTable). Returns [output].

    read_V: voltage at which resistances are read; set_by, set_current_A, reset_by: as of switching.values.Definitions.
    """
    definitions = Definitions(set_by, set_current_A, reset_by, read_V)
    tables = [item for item in measured if not hasattr(item, "voltage")]
    sets = [(item.name, item.measured, _columns(item, definitions)) for item in _curves(runs, measured)]
    sets += [(Path(item.file).stem, True, {name: item.table.get(name) for name in SHOWN}) for item in tables]
    known = {
        name: [(label, own, _finite(values.get(name))) for label, own, values in sets if len(_finite(values.get(name)))]
        for name in SHOWN
    }
    shown = [name for name, entries in known.items() if entries]
    if not shown:
        raise PlotError("no cycle has a SET or a RESET by these definitions: nothing to draw")
    rows = -(-len(shown) // 2)
    with style.picture(output, style.PAGE_MM if len(shown) > 1 else style.COLUMN_MM, 64 * rows) as figure:
        panels = np.ravel(figure.subplots(rows, min(len(shown), 2), squeeze=False))
        for axes in panels[len(shown) :]:
            axes.remove()
        look_of = dict(zip([label for label, *_ in sets], looks([_Named(own) for _, own, _ in sets]), strict=True))
        for number, (axes, name) in enumerate(zip(panels, shown, strict=False)):
            for label, own, values in known[name]:
                values = np.sort(np.abs(values) if name.startswith("R") else values)
                share = 100 * (np.arange(len(values)) + 0.5) / len(values)
                look = look_of[label] | ({} if own else {"marker": ".", "ms": 4})
                axes.plot(values, share, label=label, **look)
            every = np.concatenate([abs(values) if name.startswith("R") else values for *_, values in known[name]])
            if SHOWN[name][1] and every.max() > 3 * every.min():
                scale(axes.xaxis, every, True)
            axes.set(xlabel=SHOWN[name][0], ylabel="Cumulative share (%)", ylim=(0, 100))
            if len(shown) > 1:
                style.panel_letter(axes, "abcd"[number])
        named = [zip(*axes.get_legend_handles_labels(), strict=True) for axes in panels[: len(shown)]]
        handles = {label: line for entries in named for line, label in entries}
        style.legend_below(figure, list(handles.values()))
    return [output]


class _Named:
    """What `looks` asks of a curve."""

    def __init__(self, measured):
        self.measured, self.voltage = measured, ()


def _curves(runs, measured):
    recordings = [item for item in measured if hasattr(item, "voltage")]
    if any(item.current is None for item in recordings):
        raise PlotError("a measurement without a current has no cycles to draw")
    return distinct([of_run(run) for run in runs] + [of_recording(item) for item in recordings])


def _columns(curve, definitions):
    values = curve.values(definitions).values()
    return {name: np.array([getattr(item, name) for item in values]) for name in SHOWN}


def _finite(values):
    values = np.asarray([] if values is None else values, float)
    return values[np.isfinite(values)]
