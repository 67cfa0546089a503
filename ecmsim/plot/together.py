"""Current against voltage of several runs and measurements in one picture, linear and logarithmic.

Runs are lines, measurements are marks; a picture of measurements alone shows their cycles as lines.
"""

import matplotlib
import numpy as np

from ecmsim.errors import PlotError
from ecmsim.plot import dress, style
from ecmsim.plot.curves import distinct, looks, of_recording, of_run
from ecmsim.plot.iv import FLOOR, VOLTAGES, direction_arrows, end_at_floor

DEEPEST = 1e-8  # of the largest current: how far down a logarithmic axis goes for runs alone
MOST_SEPARATE = 6  # cycles that are told apart by name


def draw(runs, output, measured=(), voltage=None, floor_A=None):
    """Draw the curves of runs (Run) and measurements (Recording). Returns [output].

    voltage: of the runs, "source" (the default) or "cell"; floor_A: current at which the logarithmic axis ends.
    """
    if voltage not in (None, *VOLTAGES):
        raise PlotError(f"voltage = {voltage!r}: choose one of {', '.join(VOLTAGES)}")
    for recording in measured:
        if getattr(recording, "current", None) is None:
            raise PlotError(f"{recording.file} has no current to draw")
    curves = [of_run(run, voltage or "source") for run in runs] + [of_recording(item) for item in measured]
    curves = distinct(curves)
    with style.picture(output, style.PAGE_MM, 78) as figure:
        panels = linear, logarithmic = figure.subplots(1, 2)
        top = max(np.abs(curve.current).max() for curve in curves) or 1.0
        floor = floor_A or floor_of(curves, top)
        factor, unit = style.prefixed(top, "A")
        every = np.concatenate([curve.voltage for curve in curves])
        for axes in panels:
            axes.set(xlabel=label(curves, voltage), xlim=style.padded(every, 0.03, 0.02))
            axes.axvline(0, color=style.BLACK, lw=0.4, zorder=1)
        linear.axhline(0, color=style.BLACK, lw=0.4, zorder=1)
        linear.set_ylabel(f"Current ({unit})")
        logarithmic.set_ylabel("|Current| (A)")
        end_at_floor(logarithmic.yaxis, np.array([top]), floor)
        lines = [
            line for curve, look in zip(curves, looks(curves), strict=True) for line in parts_of(curve, look, curves)
        ]
        for name, v, i, look in lines:
            linear.plot(v, factor * i, label=name, **look)
            logarithmic.plot(v, np.maximum(np.abs(i), floor), label=name, **look)
        linear.set_ylim(style.padded(np.concatenate([factor * i for _, _, i, _ in lines]), 0.08))
        if len(lines) == 1:
            for axes, values in (
                (linear, factor * curves[0].current),
                (logarithmic, np.maximum(abs(curves[0].current), floor)),
            ):
                direction_arrows(axes, curves[0].voltage, values)
        style.panel_letter(linear, "a")
        style.panel_letter(logarithmic, "b")
        if handles := linear.get_legend_handles_labels()[0]:
            style.legend_below(figure, handles)
    return [output]


def label(curves, voltage):
    """What the voltage's axis is called."""
    return "Voltage (V)" if any(curve.measured for curve in curves) else VOLTAGES[voltage or "source"][1]


def floor_of(curves, top):
    """Where the logarithmic axis ends, A: below the measurements' noise there is nothing to compare."""
    small = []
    for curve in curves:
        if curve.measured and (sizes := np.abs(curve.current)[curve.current != 0]).size:
            small.append(np.percentile(sizes, 2))
    return max(10.0 ** np.floor(np.log10(min(small))), FLOOR) if small else max(FLOOR, DEEPEST * top)


def parts_of(curve, look, curves):
    """What is drawn of a curve: (name or None, voltage, current, look); the cycles of a measurement on its own."""
    if len(curves) > 1 or not curve.measured:
        return [(curve.name, curve.voltage, curve.current, look)]
    numbers = curve.cycles
    colours = matplotlib.colormaps[dress.colormap()](np.linspace(0.0, 0.88, len(numbers)))
    named = set(np.unique(np.linspace(0, len(numbers) - 1, min(len(numbers), MOST_SEPARATE)).round()).astype(int))
    found = []
    for k, (number, colour) in enumerate(zip(numbers, colours, strict=True)):
        rows = curve.cycle == number
        name = curve.named.get(number, f"cycle {number}") if len(numbers) > 1 else curve.name
        look = {"color": colour if len(numbers) > 1 else style.BLACK, "lw": 0.9, "zorder": 2.5 + k / len(numbers)}
        found.append((name if k in named else None, curve.voltage[rows], curve.current[rows], look))
    return found
