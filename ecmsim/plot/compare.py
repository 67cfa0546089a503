"""Several runs in one picture: gaps, temperatures, and the elephants' maps one above the other.

Currents over voltages of several runs, with measurements beside them, are those of together.py.
"""

import matplotlib
import numpy as np

from ecmsim.errors import PlotError
from ecmsim.plot import dress, elephant, style
from ecmsim.plot.curves import distinct, looks, of_run
from ecmsim.plot.elephant_map import radius_map
from ecmsim.plot.gap import GAP, TIME
from ecmsim.plot.shapes import SLICES
from ecmsim.plot.temperature import HOTTEST

MOST_MAPS = 6


def gap(runs, output, time=None):
    """Draw the gaps of runs over time and over the source's voltage. time: "linear" or "log". Returns [output]."""
    logarithmic = style.checked_time(time) == "log"
    with _two_panels(runs, output) as (curves, columns, left, right):
        for curve, column, look in zip(curves, columns, looks(curves), strict=True):
            left.plot(column["time_s"], column["gap_nm"], label=curve.name, **look)
            right.plot(column["source_voltage_V"], column["gap_nm"], **look)
        most = max(column["gap_nm"].max() for column in columns)
        ends = [column["time_s"] for column in columns]
        left.set(xlabel=TIME, ylabel=GAP, ylim=(0, 1.05 * most), xlim=(0, max(end[-1] for end in ends)))
        if logarithmic:
            left.set(xscale="log", xlim=(min(end[end > 0][0] for end in ends), max(end[-1] for end in ends)))
        right.set(xlabel="Source voltage (V)", ylabel=GAP, ylim=left.get_ylim())
    return [output]


def temperature(runs, output):
    """Draw the highest temperatures of runs over time and over the current. Returns [output]."""
    with _two_panels(runs, output) as (curves, columns, left, right):
        for curve, column, look in zip(curves, columns, looks(curves), strict=True):
            left.plot(column["time_s"], column["temperature_max_K"], label=curve.name, **look)
            right.plot(style.positive(np.abs(column["current_A"])), column["temperature_max_K"], **look)
        every = np.concatenate([column["temperature_max_K"] for column in columns])
        limits = style.padded(every, 0.08)
        left.set(xlabel=TIME, ylabel=HOTTEST, ylim=limits, xlim=(0, max(column["time_s"][-1] for column in columns)))
        current = np.concatenate([np.abs(column["current_A"]) for column in columns])
        if current.max() > 0:
            style.log_axis(right.xaxis, current, decades=8)
        right.set(xlabel="|Current| (A)", ylabel=HOTTEST, ylim=limits)
    return [output]


def elephants(runs, output, time=None, from_s=None, to_s=None):
    """Draw the maps of the elephants of runs one above the other, the radius in the same colours and the same height.
    time, from_s, to_s: as of the elephant of one run. Returns [output]."""
    if len(runs) > MOST_MAPS:
        raise PlotError(f"{len(runs)} elephants are too many for one picture: {MOST_MAPS} at most")
    found = []
    for run in runs:
        _, clock, at, outlines = elephant.prepared(run, None, time, from_s, to_s)
        even = elephant.evenly(at, SLICES)
        found.append((clock, at[even], outlines[even], run.setting("cell.layer_thickness", "nm", 10.0)))
    top = 1.07 * max(max(outlines[..., 1].max(), layer) for _, _, outlines, layer in found)
    heights = np.linspace(0, top, 400)
    maps = [radius_map(outlines, heights) for _, _, outlines, _ in found]
    largest = max(np.nanmax(radius) for radius in maps)
    names = [curve.name for curve in distinct([of_run(run) for run in runs])]
    with style.picture(output, style.PAGE_MM, 12 + 52 * len(runs)) as figure:
        panels = figure.subplots(len(runs), 1, squeeze=False)[:, 0]
        for k, (axes, radius, name, (clock, at, outlines, layer)) in enumerate(
            zip(panels, maps, names, found, strict=True)
        ):
            scale = matplotlib.colormaps[dress.colormap()]
            image = axes.pcolormesh(
                at, heights, radius, cmap=scale, shading="nearest", rasterized=True, vmin=0, vmax=largest
            )
            axes.plot(at, outlines[..., 1].max(axis=1), color=style.BLACK, lw=1.0)
            axes.axhline(layer, color=style.BLACK, lw=0.6, ls=":")
            axes.set(ylabel="Height (nm)", xlabel=clock.label, xlim=at[[0, -1]], ylim=(0, top))
            axes.set_title(name, fontsize=7.5)
            style.panel_letter(axes, "abcdef"[k])
        figure.colorbar(image, ax=list(panels), pad=0.015, aspect=30).set_label("Radius (nm)")
    return [output]


class _two_panels:
    """A picture of runs with two panels, letters and a legend below: gives their curves, columns and panels."""

    def __init__(self, runs, output):
        self.curves = distinct([of_run(run) for run in runs])
        self.columns = [style.require_steps(run) for run in runs]
        self.picture = style.picture(output, style.PAGE_MM, 78)

    def __enter__(self):
        self.figure = self.picture.__enter__()
        self.panels = self.figure.subplots(1, 2)
        return self.curves, self.columns, *self.panels

    def __exit__(self, *error):
        if error[0] is None:
            for letter, axes in zip("ab", self.panels, strict=True):
                style.panel_letter(axes, letter)
            style.legend_below(self.figure, self.panels[0].get_legend_handles_labels()[0])
        return self.picture.__exit__(*error)
