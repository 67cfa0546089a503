"""Retention: how a filament without bias, or under a small one, changes its shape until it breaks.

Outlines at instants that are equally spaced in log time; gap, radii and volume against log time. Time counts from
where the source stays at its last voltage, or from the smallest gap where the run ends soon after that.
"""

import numpy as np

from ecmsim.errors import PlotError, ResultsError
from ecmsim.plot import dress, style
from ecmsim.plot.outline import add_legend, choose_times, plot_outlines, show_whole, told_apart
from ecmsim.results.cycles import is_bipolar
from ecmsim.shape.filament import Filament
from ecmsim.shape.topology import neck

LEAST_STEPS = 10  # of a hold, to be worth a picture


def draw(run, output, from_s=None):
    """Draw outlines (left) and gap, radii and volume (right). Returns [output].

    from_s: the time (s) from which the filament is left alone; by default it is found in the source's voltage.
    """
    column = style.require_steps(run, LEAST_STEPS)
    if not len(run.outlines):
        raise ResultsError(f"{run.folder} holds no outlines: was history.h5 removed?")
    time = column["time_s"]
    start = beginning(run) if from_s is None else from_s
    if start is None or not time[0] <= start < time[-2]:
        text = f"from_s = {start:.4g}" if start is not None else "the source does not come to rest: give from_s"
        raise PlotError(f"{text}; the run spans {time[0]:.4g} s ... {time[-1]:.4g} s")
    chosen = choose_times(run, start=start)
    layer = run.setting("cell.layer_thickness", "nm", 10.0)
    colours = told_apart(chosen, dress.colormap())
    with style.picture(output, style.PAGE_MM, 104) as figure:
        left, right = figure.subfigures(1, 2, width_ratios=[1, 1.35])
        whole, legend = left.subplots(2, 1, height_ratios=[1, 0.45])
        plot_outlines(whole, chosen, colours, layer, chosen[0][1])
        show_whole(whole, chosen, layer)
        add_legend(legend, whole, f"Time after {style.quantity(start, 's')}" if start > 0 else "Outline at", ncols=2)
        panels = right.subplots(3, 1, sharex=True)
        times = np.array([outline.time_s for _, outline in chosen])
        plot_history(panels, run, column, start, times[1] - start)
        gaps = np.interp(times, time, column["gap_nm"])
        panels[0].scatter(times - start, gaps, c=colours, s=14, ec="white", lw=0.5, zorder=4, clip_on=False)
        for letter, axes in zip("abcd", (whole, *panels), strict=True):
            style.panel_letter(axes, letter)
        right.align_ylabels(panels)
    return [output]


def unfit(run):
    """Why a run gives no such picture, or None."""
    if not run.config.get("surface_diffusion", {}).get("enabled"):
        return "surface_diffusion.enabled is false"
    if len(run.timeseries) >= LEAST_STEPS and beginning(run) is None:
        return "the source does not come to rest"
    return None


def beginning(run):
    """Time (s) from which the filament is left alone; None where the source goes on to change, beyond zero."""
    time, voltage, gap = (run.timeseries[name].to_numpy(float) for name in ("time_s", "source_voltage_V", "gap_nm"))
    moves = np.nonzero(np.abs(voltage - voltage[-1]) > 1e-9 + 1e-6 * np.abs(voltage).max())[0]
    rest = int(moves[-1]) + 1 if len(moves) else 0
    if len(time) - rest >= LEAST_STEPS:
        return float(time[rest])
    smallest = int(np.argmin(gap))
    return float(time[smallest]) if not is_bipolar(run) and len(time) - smallest >= LEAST_STEPS else None


def plot_history(panels, run, column, start, early):
    """Gap, radii and volume against the time since start, from early (s) or before, with the ruptures; three panels."""
    after = column["time_s"] > start
    time = column["time_s"][after] - start
    step, neck = necks(run, start)
    radii = [
        ("largest", time, column["radius_max_nm"][after], style.BLUE, "-"),
        ("mean", time, column["radius_mean_nm"][after], style.BLACK, "--"),
        ("neck", step, neck, style.VERMILION, "-"),
    ]
    curves = [
        ("Gap (nm)", [(None, time, column["gap_nm"][after], style.BLACK, "-")]),
        ("Radius (nm)", [curve for curve in radii if np.isfinite(curve[2]).any()]),
        ("Volume (nm³)", [(None, time, column["volume_nm3"][after], style.BLACK, "-")]),
    ]
    ruptures = style.event_times(run, "rupture", start) - start
    for axes, (label, lines) in zip(panels, curves, strict=True):
        for name, at, values, colour, dashes in lines:
            axes.plot(at, values, color=colour, ls=dashes, label=name)
        highest = max(np.nanmax(values) for _, _, values, *_ in lines)
        axes.set(ylabel=label, ylim=(0, (1.35 if len(lines) > 1 else 1.12) * highest))  # room for a legend
        for at in ruptures:
            axes.axvline(at, color=style.VERMILION, lw=0.8, ls="--", zorder=1)
    changed = min(style.first_change(time, column[name][after]) for name in ("gap_nm", "radius_max_nm"))
    low = np.floor(np.log10(min(changed, early)) + 1e-9)
    high = np.log10(time[-1])
    panels[-1].set(xscale="log", xlim=(10**low, 10 ** (high + 0.02 * (high - low))))
    panels[-1].set_xlabel(f"Time after {style.quantity(start, 's')} (s)" if start > 0 else "Time (s)")
    if len(ruptures):
        place = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "xytext": (0, 3)}
        panels[0].annotate("rupture", (ruptures[0], 1), ha="center", va="bottom", color=style.VERMILION, **place)
    panels[1].legend(loc="upper left", ncols=3)


def necks(run, start):
    """Times (m,) since start (s) of the outlines and the radius (m,) nm of each one's neck, nan where it has none."""
    later = [outline for outline in run.outlines if outline.time_s > start]
    return np.array([(outline.time_s - start, neck_radius(outline.points)) for outline in later]).reshape(-1, 2).T


def neck_radius(points):
    """Radius (nm) of the thinnest place of an outline (n, 2) that has wider metal above it; nan where there is none."""
    found = neck(Filament(points))
    return found.radius if found else np.nan
