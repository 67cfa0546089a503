"""The panels of Fig. 1 of the validation: each draws one on given axes. Colours: the compliance current by CURRENTS."""

import matplotlib
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.patches import ConnectionPatch, Rectangle
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter
from matplotlib.tri import Triangulation

from ecmsim.plot import study, style
from ecmsim.plot.outline import fill_materials
from ecmsim.plot.shapes import mirrored
from validation.paper import curves

CURRENTS = ListedColormap(matplotlib.colormaps["viridis"](np.linspace(0.0, 0.92, 256)))
LABEL_STEP = 0.042  # of the filament's height: between the labels of contours
FULL = {"color": style.BLACK, "lw": 1.3}
LIMIT, CURRENT = r"$I_\mathrm{CC}$ (A)", "Current (A)"
VOLTAGE, TIME, GAP = "Source voltage (V)", "Time (s)", "Gap (nm)"
LATERAL, HEIGHT = "Lateral position (nm)", "Height (nm)"


def scale_of(runs):
    """The colours of the compliance currents, as a ScalarMappable."""
    limits = list(runs.series)
    return ScalarMappable(LogNorm(limits[0], limits[-1]), CURRENTS)


def colour_bar(figure, runs, axes, **options):
    """A colour bar of the compliance currents beside axes."""
    bar = figure.colorbar(scale_of(runs), ax=axes, aspect=28, pad=0.02, **options)
    bar.set_label(LIMIT)
    bar.ax.yaxis.set_minor_formatter(NullFormatter())
    return bar


# --- Fig. 1 -------------------------------------------------------------------------------------------------


def resistances(axes, runs):
    """Fig. 1a: the low-resistance state against the compliance current."""
    states = curves.low_resistance_states(runs)
    axes.plot(states.limit, states.ohm, color=style.GREY, lw=0.8, zorder=2)
    looks = ((~states.sideways, "o", style.BLUE, "gap-LRS"), (states.sideways, "s", style.VERMILION, "side-growth LRS"))
    for chosen, marker, colour, name in looks:
        look = {"marker": marker, "color": colour, "mec": "white", "mew": 0.5, "ms": 5}
        axes.plot(states.limit[chosen], states.ohm[chosen], ls="", label=name, zorder=3, **look)
    axes.set(xscale="log", yscale="log", xlabel=LIMIT, ylabel=r"$R_\mathrm{LRS}$ (Ω)")
    axes.set_xlim(states.limit[0] / 2, states.limit[-1] * 2)
    axes.xaxis.set_major_locator(LogLocator(numticks=12))
    axes.xaxis.set_minor_formatter(NullFormatter())
    contact = curves.CONTACT_RESISTANCE
    axes.axhline(contact, color=style.BLACK, lw=0.7, ls=":", zorder=1)
    label = {"xytext": (3, 2), "textcoords": "offset points", "fontsize": 7}
    axes.annotate(r"$h/2e^2$", (0, contact), xycoords=("axes fraction", "data"), **label)
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 0.0), handletextpad=0.2)
    study.band(axes)


def gaps(axes, runs, inset=True):
    """Fig. 1b: the gap against time for all compliance currents, with the final states enlarged."""
    scale, last = scale_of(runs), runs.reference
    turn = curves.columns(last, "time_s", "source_voltage_V")
    end = turn[0][np.argmax(turn[1])]
    panels = [axes]
    if inset:
        panels.append(axes.inset_axes([0.15, 0.13, 0.49, 0.55]))
    lowest, highest = np.inf, 0.0
    for limit, run in runs.series.items():
        time, gap = curves.columns(run, "time_s", "gap_nm")
        for panel in panels:
            panel.plot(time, gap, color=scale.to_rgba(limit), lw=1.0)
        at_end = np.interp(end, time, gap)
        lowest, highest = min(lowest, at_end), max(highest, at_end)
    axes.set(xlabel=TIME, ylabel=GAP, xlim=(0, 1.04 * end), ylim=(0, None))
    for panel in panels[1:]:
        panel.set(xlim=(curves.switching(last, margin=1.0)[0], end), ylim=(0.5 * lowest, 1.3 * highest))
        panel.tick_params(labelsize=6.5)
        panel.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        panel.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        join(axes, panel, side=-1)


def join(axes, inset, side):
    """Frame the limits of an inset in axes, and join both; side: on which side of the frame the inset lies, -1 or 1."""
    (left, right), (low, high) = inset.get_xlim(), inset.get_ylim()
    look = {"color": style.GREY if side < 0 else style.SKY, "lw": 0.6 if side < 0 else 0.9}
    axes.add_patch(Rectangle((left, low), right - left, high - low, fill=False, zorder=4, **look))
    for share, height in ((0, low), (1, high)):
        places = ((1, share), (left, height)) if side < 0 else ((0, share), (right, height))
        ends = dict(zip(("xyA", "xyB"), places, strict=True))
        line = ConnectionPatch(**ends, coordsA=inset.transAxes, coordsB=axes.transData, zorder=4, **look)
        line.set_in_layout(False)
        axes.figure.add_artist(line) if side > 0 else axes.add_artist(line)


def outlines(axes, runs):
    """Fig. 1c: the filaments at the end for decades of the compliance current, with the void of the largest."""
    scale, shown = scale_of(runs), curves.decades(runs)
    last = {limit: run.outlines[-1] for limit, run in shown.items()}
    largest = runs.series[max(runs.series)]
    layer, widest = largest.setting("cell.layer_thickness", "nm"), largest.outlines[-1]
    for limit, outline in last.items():
        axes.plot(*mirrored(outline.points).T, color=scale.to_rgba(limit), lw=1.1)
    axes.plot(*mirrored(widest.electrode_points).T, color=style.BLACK, lw=0.8)
    axes.axhline(0, color=style.BLACK, lw=0.8)
    fill_materials(axes, widest, layer)
    half = max(1.25 * widest.points[:, 0].max(), 0.6 * layer)
    axes.set(xlim=(-half, half), ylim=(-0.13 * layer, 1.2 * layer), xlabel=LATERAL, ylabel=HEIGHT)
    axes.set_aspect("equal", anchor="N")
    style.round_ticks(axes.xaxis)
    for name, height in (("active electrode", 1.125 * layer), ("counter electrode", -0.068 * layer)):
        axes.annotate(name, (0, height), ha="center", va="center", fontsize=6.5)


def drop_map(axes, drop):
    """Fig. 1d: the voltage drop in the filament, with contours in mV."""
    image = None
    for side in (-1, 1):
        mesh = Triangulation(side * drop.points[:, 0], drop.points[:, 1], drop.triangles)
        image = axes.tripcolor(
            mesh, drop.mV, cmap="cividis", shading="gouraud", vmin=0, vmax=drop.mV.max(), rasterized=True
        )
        lines = axes.tricontour(mesh, drop.mV, levels=drop_levels(drop), colors="white", linewidths=0.6)
        if side == 1:
            label_contours(axes, lines, drop)
    border = outer_edges(drop)
    for side in (-1, 1):
        axes.add_collection(LineCollection(border * [side, 1], colors=style.BLACK, linewidths=0.8))
    radius, height = drop.points.max(axis=0)
    half = max(1.6 * radius, 0.32 * height)
    axes.set(xlim=(-half, half), ylim=(-0.03 * height, 1.08 * height), aspect="equal", xlabel=LATERAL, ylabel=HEIGHT)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    return image


def drop_levels(drop):
    """A handful of round voltages (mV) that the drop passes."""
    levels = MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(0, drop.axis_mV[-1])
    return [level for level in levels if 0 < level < drop.axis_mV[-1]]


def label_contours(axes, lines, drop):
    """The voltages of the contours to the right of the filament, where each meets its wall."""
    ends = [np.concatenate(pieces) for pieces in lines.allsegs]
    ends = np.array([piece[np.argmax(piece[:, 0])] for piece in ends])
    radius, height = drop.points.max(axis=0)
    places = style.spread(ends[:, 1], LABEL_STEP * height)
    for level, end, place in zip(lines.levels, ends, places, strict=True):
        line = {"arrowstyle": "-", "lw": 0.5, "color": style.GREY, "shrinkA": 0, "shrinkB": 0, "relpos": (0, 0.5)}
        axes.annotate(f"{level:g}", end, (1.12 * radius, place), fontsize=6.5, va="center", arrowprops=line)


def outer_edges(drop):
    """The edges of the filament's triangles that belong to one of them and do not lie on the axis, (k, 2, 2) nm."""
    edges = np.sort(drop.triangles[:, [[0, 1], [1, 2], [2, 0]]], axis=2).reshape(-1, 2)
    edges, count = np.unique(edges, axis=0, return_counts=True)
    ends = drop.points[edges[count == 1]]
    return ends[ends[..., 0].max(axis=1) > 1e-9]


def drop_profile(axes, drop):
    """Fig. 1d: the voltage drop along the axis, with the whole drop and the resistance."""
    axes.plot(drop.axis_mV, drop.height, **FULL)
    axes.set(xlabel="Drop on the axis (mV)", xlim=(0, 1.08 * drop.axis_mV[-1]))
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.annotate(told(drop), (0.95, 0.05), xycoords="axes fraction", ha="right", va="bottom", linespacing=1.4)


def told(drop):
    """Current, whole drop and resistance of a Drop as three lines of text."""
    current, ohm = style.quantity(drop.current, "A", 2), style.quantity(drop.ohm, "Ω")
    return f"$I$ = {current}\n$\\Delta V$ = {drop.axis_mV[-1]:.2g} mV\n$R$ = {ohm}"


def sweeps(axes, runs, window=None):
    """Fig. 1e: current against voltage for all compliance currents, logarithmic, all of it or within a window (V)."""
    scale = scale_of(runs)
    for limit, run in runs.series.items():
        voltage, current = curves.columns(run, "source_voltage_V", "current_A", back=window is None)
        axes.plot(voltage, style.positive(current), color=scale.to_rgba(limit), lw=1.0)
    limits = list(runs.series)
    low = 1e-3 * limits[0]
    axes.set(xlabel=VOLTAGE, ylabel=CURRENT, yscale="log", ylim=(low, 5 * limits[-1]))
    axes.yaxis.set_major_locator(LogLocator(numticks=20))
    axes.yaxis.set_minor_formatter(NullFormatter())
    if window:
        axes.set_xlim(window)
        shade(axes, runs.series[limits[-1]], "source_voltage_V")
    else:
        voltage = curves.columns(runs.reference, "source_voltage_V")[0]
        axes.set_xlim(0, 1.04 * voltage.max())


def linear_sweeps(axes, runs, window):
    """Fig. 1e: the highest currents once more, linear, around the switching."""
    scale, limits = scale_of(runs), list(runs.series)
    factor, unit = style.prefixed(limits[-1], "A")
    for limit, run in runs.series.items():
        voltage, current = curves.columns(run, "source_voltage_V", "current_A", back=False)
        axes.plot(voltage, factor * current, color=scale.to_rgba(limit), lw=1.2)
    axes.set(xlabel=VOLTAGE, ylabel=f"Current ({unit})", xlim=window, ylim=(0, 1.08 * factor * limits[-1]))
    shade(axes, runs.series[limits[-1]], "source_voltage_V")


def shade(axes, run, name, letters=True):
    """Shade the regimes of a run along a horizontal axis of a column, inside its limits; letters above the frame."""
    low, high = axes.get_xlim()
    for letter, start, end in curves.regimes_along(run, name):
        start, end = max(start, low), min(end, high)
        if end <= start:
            continue
        colour = style.REGIME_COLOURS[letter]
        axes.axvspan(start, end, color=colour, alpha=0.13, lw=0, zorder=0)
        middle = {"xytext": (0, 2), "textcoords": "offset points", "ha": "center", "va": "bottom"}
        if letters:
            at = 0.5 * (start + end)
            axes.annotate(
                letter, (at, 1), xycoords=("data", "axes fraction"), fontweight="bold", color=colour, **middle
            )
