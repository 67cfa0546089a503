"""The flat map of the elephant plot: the filament's radius as colour over height and time."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from ecmsim.plot import dress, scene, style
from ecmsim.plot.gap import plot_voltage
from ecmsim.shape.filament import Filament

PLATEAU, WIDE = 0.003, 0.05  # no contour at a level to which so wide a share of the map is that near


def draw_map(run, output, clock, at, outlines, marks, notes=()):
    """Radius as colour over height and time, with contours and marks; with cycles the source's voltage.

    outlines: (n, m, 2) nm at places at (n,) on the Clock's axis. marks: names with their places on it.
    notes: lines below.
    """
    layer = run.setting("cell.layer_thickness", "nm", 10.0)
    tip = outlines[..., 1].max(axis=1)
    highest = tip.max()
    heights = np.linspace(0, 1.07 * (max(highest, layer) if highest > 0.8 * layer else highest), 500)
    radius = radius_map(outlines, heights)
    cyclic = style.is_cyclic(run)
    with style.picture(output, style.PAGE_MM, 106 if cyclic else 84) as figure:
        axes, *below = figure.subplots(2, 1, sharex=True, height_ratios=[3.4, 1]) if cyclic else (figure.subplots(),)
        image = axes.pcolormesh(at, heights, radius, cmap=dress.colormap(), shading="nearest", rasterized=True, vmin=0)
        levels = [level for level in scene.nice_ticks(0.0, np.nanmax(radius), 8)[1:] if not is_plateau(radius, level)]
        if levels:
            lines = axes.contour(at, heights, radius, levels=levels, colors="white", linewidths=0.5)
        axes.plot(at, tip, color=style.BLACK, lw=1.0)
        axes.set(ylabel="Height (nm)", xlim=at[[0, -1]], ylim=heights[[0, -1]])
        (below or [axes])[-1].set_xlabel(clock.label)
        if not clock.logarithmic:
            axes.xaxis.set_major_locator(MaxNLocator(12, steps=[1, 2, 5, 10]))
        label_map(axes, marks, at)
        if notes := list(filter(None, notes)):
            figure.supxlabel("\n".join(notes), fontsize=7)
        if layer < heights[-1]:
            axes.axhline(layer, color=style.BLACK, lw=0.6, ls=":")
            name_surface(axes, layer, at, tip, cyclic)
        for panel in below:
            series = run.timeseries[run.timeseries["time_s"] > 0]
            plot_voltage(panel, clock.place(series["time_s"].to_numpy()), series["source_voltage_V"].to_numpy())
            figure.align_ylabels([axes, panel])
        bar = figure.colorbar(image, ax=axes, pad=0.015, aspect=30)
        bar.set_label("Radius (nm)")
        if levels:
            bar.add_lines(lines)


def radius_map(outlines, heights):
    """Radius (k, n) at heights (k,) in outlines (n, m, 2), nm; nan where there is no metal."""
    radius = np.array([0.5 * Filament(points).local_diameter(heights) for points in outlines]).T
    return np.where(radius > 0, radius, np.nan)


def name_surface(axes, layer, at, tip, cyclic):
    """Name the line at the layer's top, between the filaments of cycles if there is room."""
    look = {"xytext": (0, 2), "textcoords": "offset points", "va": "bottom", "fontsize": 7}
    edges = np.nonzero(np.diff(np.concatenate([[0], tip < 0.9 * layer, [0]])))[0].reshape(-1, 2)
    if not cyclic or not len(edges):
        axes.annotate("original electrode surface", (0.008, layer), xycoords=("axes fraction", "data"), **look)
        return
    start, end = max(edges, key=np.ptp)
    if at[end - 1] - at[start] > 0.14 * (at[-1] - at[0]):
        axes.annotate("original surface", (0.5 * (at[start] + at[end - 1]), layer), ha="center", **look)


def is_plateau(radius, level):
    """Whether so much of the map is near a level that its contour would only show noise."""
    return np.mean(np.abs(radius[np.isfinite(radius)] - level) < PLATEAU * level) > WIDE


def label_map(axes, marks, at):
    """Dashed lines at the marks, with their names above the frame."""
    places = style.spread([where for _, where in marks], 0.018 * np.ptp(at))
    names = style.apart(places, [name for name, _ in marks], 0.075 * np.ptp(at))
    for name, (_, where), x in zip(names, marks, places, strict=True):
        axes.axvline(where, color=style.BLACK, lw=0.7, ls="--")
        axes.annotate(
            name,
            (x, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 2),
            ha="center",
            textcoords="offset points",
            va="bottom",
            **scene.look_of(name, 9),
        )
