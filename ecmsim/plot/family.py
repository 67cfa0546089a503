"""The I-V curves of all cases of a study in one picture, coloured by what was varied."""

import matplotlib
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize

from ecmsim.errors import EcmsimError, PlotError
from ecmsim.plot import dress, style
from ecmsim.plot.curves import COLOURS, looks, of_recording, of_run
from ecmsim.plot.iv import VOLTAGES, end_at_floor
from ecmsim.plot.study import COMPLIANCE, NAME, label, told
from ecmsim.plot.together import floor_of
from ecmsim.results.reader import open_run

MOST_NAMED = 8  # groups that a legend tells apart
SHADES = (0.0, 0.88)  # of the colour map: its end is too pale for a line


def draw(run, output, by=None, voltage="source", floor_A=None, measured=()):
    """Draw |I| and I over V of every finished case of a study (a StudyTable). Returns [output].

    by: the varied setting that colours them (default: the compliance current, or else the first that has several
    values; a number has a scale, anything else a legend); voltage: "source" or "cell"; floor_A: current at which the
    logarithmic axis ends; measured: Recordings to draw beside."""
    if voltage not in VOLTAGES:
        raise PlotError(f"voltage = {voltage!r}: choose one of {', '.join(VOLTAGES)}")
    cases = _cases(run)
    by = by or _usual(run, cases)
    if by is not None and by not in run.varied:
        raise PlotError(f"by = {by}: is no varied setting of this study; there are {', '.join(run.varied)}")
    curves = [(row, of_run(case, voltage)) for row, case in cases]
    beside = [of_recording(item) for item in measured if item.current is not None]
    every = [curve for _, curve in curves] + beside
    top = max(np.abs(curve.current).max() for curve in every) or 1.0
    floor = floor_A or floor_of(every, top)
    factor, unit = style.prefixed(top, "A")
    with style.picture(output, style.PAGE_MM, 78) as figure:
        linear, logarithmic = figure.subplots(1, 2)
        look_of, scale, handles = _colouring([row for row, _ in curves], by)
        thin = {"lw": 1.2 if len(curves) <= 20 else 0.7, "alpha": 1.0 if len(curves) <= 20 else 0.7}
        drawn = [(curve, thin | {"color": look_of(row)}) for row, curve in curves]
        drawn += [(curve, look | {"label": curve.name}) for curve, look in zip(beside, looks(beside), strict=True)]
        for curve, look in drawn:
            linear.plot(curve.voltage, factor * curve.current, **look)
            logarithmic.plot(curve.voltage, np.maximum(np.abs(curve.current), floor), **look)
        for axes in (linear, logarithmic):
            values = np.concatenate([curve.voltage for curve in every])
            axes.set(xlabel=VOLTAGES[voltage][1], xlim=style.padded(values, 0.03, 0.02))
            axes.axvline(0, color=style.BLACK, lw=0.4, zorder=1)
        linear.axhline(0, color=style.BLACK, lw=0.4, zorder=1)
        linear.set_ylabel(f"Current ({unit})")
        logarithmic.set_ylabel("|Current| (A)")
        end_at_floor(logarithmic.yaxis, np.array([top]), floor)
        style.panel_letter(linear, "a")
        style.panel_letter(logarithmic, "b")
        if scale is not None:
            figure.colorbar(scale, ax=logarithmic, pad=0.02, aspect=25).set_label(label(by))
        handles += linear.get_legend_handles_labels()[0]
        if handles:
            style.legend_below(figure, handles)
    return [output]


def _cases(run):
    """(row of the summary, Run) of the cases that have finished and can be read. Raises PlotError for none."""
    found = []
    for row in run.table[run.table["status"] == "finished"].to_dict("records"):
        try:
            case = open_run(run.folder / str(row["folder"]))
            style.require_steps(case)
        except EcmsimError:
            continue
        found.append((row, case))
    if not found:
        raise PlotError(f"{run.folder} has no finished case whose run is there: nothing to draw")
    return found


def _usual(run, cases):
    """The varied setting that colours by itself; None where no setting has two values."""
    several = [name for name in run.varied if len({str(row[name]) for row, _ in cases}) > 1]
    named = [name for name in (NAME, COMPLIANCE) if name in several]
    return (named or several or [None])[0]


def _colouring(rows, by):
    """How cases are coloured by a column: row -> colour, the colour scale or None, and handles for a legend."""
    scale = matplotlib.colormaps[dress.colormap()]
    shades = scale.resampled(256) if by is None else matplotlib.colors.ListedColormap(scale(np.linspace(*SHADES, 256)))
    if by is None:
        return (lambda row: dress.colour(0, COLOURS)), None, []
    values = [row[by] for row in rows]
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) and np.isfinite(value) for value in values):
        low, high = min(values), max(values)
        if high > low:
            norm = LogNorm(low, high) if low > 0 and high > 10 * low else Normalize(low, high)
            return (lambda row: shades(norm(row[by]))), ScalarMappable(norm, shades), []
    kinds = list(dict.fromkeys(map(str, values)))
    chosen = {kind: dress.colour(k, COLOURS) for k, kind in enumerate(kinds)}
    handles = [
        style.Line2D([], [], color=chosen[kind], label=told(by, kind).replace("_", " ")) for kind in kinds[:MOST_NAMED]
    ]
    return (lambda row: chosen[str(row[by])]), None, handles
