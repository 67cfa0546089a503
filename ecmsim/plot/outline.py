"""Outlines of the filament at several currents of the SET, with the void that opens above it."""

import matplotlib
import numpy as np

from ecmsim.errors import PlotError, ResultsError
from ecmsim.plot import style


def draw(run, output, currents_A=None):
    """Draw the outlines at given currents (A), by default the decades that a run passes. Returns [output]."""
    chosen = choose(run, currents_A)
    layer = run.setting("cell.layer_thickness", "nm", 10.0)
    radius = max(outline.points[:, 0].max() for _, outline in chosen)
    tip = max(outline.points[:, 1].max() for _, outline in chosen)
    top = max(outline.electrode_points[:, 1].max() for _, outline in chosen)
    with style.picture(output, style.PAGE_MM, 84) as figure:
        panels = figure.subplot_mosaic(
            [["whole", "zoom"], ["whole", "legend"]], width_ratios=[1, 1.7], height_ratios=[1, 0.24]
        )
        whole, zoom = panels["whole"], panels["zoom"]
        colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.93, len(chosen)))
        for axes in (whole, zoom):
            for colour, (label, outline) in zip(colours, chosen, strict=True):
                axes.plot(*mirrored(outline.points).T, color=colour, label=label, lw=1.1)
                axes.plot(*mirrored(outline.electrode_points).T, color=colour, lw=1.1, ls=(0, (3, 1)))
            style.round_ticks(axes.xaxis)
            fill_materials(axes, chosen[-1][1], layer)
            axes.set(xlabel="Lateral position (nm)", ylabel="Height (nm)", aspect="equal")
        half = max(1.35 * radius, 0.55 * layer)
        whole.set(xlim=(-half, half), ylim=(-0.14 * layer, 1.2 * layer))
        for name, height in (("active electrode", 1.13 * layer), ("counter electrode", -0.075 * layer)):
            whole.annotate(name, (0, height), ha="center", va="center", fontsize=7)
        half = 1.2 * radius
        upper = min(max(top, tip) + 0.15 * half, tip + 0.4 * half)
        zoom.set(xlim=(-half, half), ylim=(upper - half, upper))
        handles = whole.get_legend_handles_labels()[0]
        handles += whole.plot([], [], color=style.GREY, lw=1.1, ls=(0, (3, 1)), label="electrode surface")
        panels["legend"].axis("off")
        panels["legend"].legend(
            handles=handles,
            loc="center",
            ncols=5,
            title="Outline where |I| first reaches",
            alignment="left",
            columnspacing=1.2,
        )
        style.panel_letter(whole, "a")
        style.panel_letter(zoom, "b")
    return [output]


def choose(run, currents_A=None):
    """Outlines to draw as (label, Outline), in order of time."""
    series = style.require_steps(run, 1)
    outlines = run.outlines
    if not len(outlines):
        raise ResultsError(f"{run.folder} holds no outlines: was history.h5 removed?")
    current = np.abs(series["current_A"])
    largest = current.max()
    if currents_A is None:
        settled = np.maximum(current[outlines.step[0]], 1e-30)
        decades = 10.0 ** np.arange(np.ceil(np.log10(settled)), np.floor(np.log10(max(largest, 1e-30)) + 0.01) + 1)
        currents_A = [decade for decade in decades if decade >= 1e-10 and decade <= 1.01 * largest]
    elif max(currents_A) > 1.01 * largest:
        raise PlotError(f"the run's current reaches only {style.quantity(largest, 'A')}: choose lower currents")
    chosen = {}
    for wanted in sorted(currents_A):
        item = outlines.nearest(current_A=min(wanted, largest))
        chosen[item.step] = (style.quantity(wanted, "A"), item)
    last = outlines[len(outlines) - 1]
    chosen[last.step] = ("end of run", last)
    return [chosen[step] for step in sorted(chosen)]


def mirrored(points):
    """A polyline from the axis outwards (n, 2), continued to the left of the axis (2n - 1, 2)."""
    return np.vstack([points[:0:-1] * [-1, 1], points])


def fill_materials(axes, outline, layer):
    """Pale fills for the electrodes and the largest filament."""
    surface = mirrored(outline.electrode_points)
    axes.fill_between(
        surface[:, 0], surface[:, 1], 10 * layer, color=style.MATERIAL_COLOURS[3], alpha=0.25, lw=0, zorder=0
    )
    axes.fill(*mirrored(outline.points).T, color=style.MATERIAL_COLOURS[1], alpha=0.18, lw=0, zorder=0)
    axes.axhspan(-10 * layer, 0, color=style.MATERIAL_COLOURS[0], alpha=0.4, lw=0, zorder=0)
