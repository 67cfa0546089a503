"""Our version of the paper's figures, drawn from finished runs: draw_all(runs, folder), or one function a figure.

Each function draws into a path and returns the paths written. Fig. 4 (images from the literature) and Fig. 6 (a
sketch) have no counterpart; the measured points of Fig. 1a are not public as numbers and are not drawn.
"""

from pathlib import Path

import numpy as np
from matplotlib.colors import Normalize
from matplotlib.ticker import MaxNLocator

from ecmsim.plot import elephant, style
from ecmsim.plot.field import Section
from validation.paper import curves, panels, thermal_panels
from validation.paper.captions import CAPTIONS, captions  # noqa: F401  (the names of the figures, with their texts)

DROP_WIDTHS = 1.25  # of the map over that of the profile
GAPS_SHOWN = 4  # times the smallest gap is shown below and above it, in the inset of Fig. 3d
OVERVIEW = ("1a", "1b", "1c", "1d", "1e", "5a", "5b", "5c", "5d")


def draw_all(runs, folder):
    """Draw all figures of a Runs into a folder; returns the list of their paths (.png), the overview first."""
    folder, paths = Path(folder), []
    for name, function in FIGURES.items():
        paths += function(runs, folder / f"{name}.png")
    return paths


def single(panel, height_mm, width_mm=style.COLUMN_MM, bar=False):
    """A function for a figure of one panel, with a colour bar of the compliance currents if asked."""

    def drawing(runs, output):
        with style.picture(output, width_mm, height_mm) as figure:
            axes = figure.subplots()
            panel(axes, runs)
            if bar:
                panels.colour_bar(figure, runs, axes)
        return [output]

    drawing.__doc__ = panel.__doc__
    return drawing


def draw_drop(runs, output):
    """Fig. 1d: the voltage drop in the filament as a map and along its axis."""
    drop = curves.voltage_drop(runs.reference)
    with style.picture(output, style.COLUMN_MM, 75) as figure:
        left, right = figure.subplots(1, 2, width_ratios=[DROP_WIDTHS, 1])
        image = panels.drop_map(left, drop)
        panels.drop_profile(right, drop)
        across, (low, high) = np.ptp(left.get_xlim()), left.get_ylim()
        right.set(ylim=(low, high), box_aspect=DROP_WIDTHS * (high - low) / across)  # as high as the map
        right.tick_params(labelleft=False)
        bar = figure.colorbar(image, ax=[left, right], location="top", aspect=36, pad=0.02)
        bar.set_label("Voltage drop from the foot (mV)")
    return [output]


def draw_sweeps(runs, output):
    """Fig. 1e: current against voltage: all, around the switching, and there on a linear scale."""
    window = curves.switching(runs.reference, "source_voltage_V")
    with style.picture(output, style.PAGE_MM, 66) as figure:
        whole, near, linear = figure.subplots(1, 3)
        panels.sweeps(whole, runs)
        panels.sweeps(near, runs, window)
        near.set_ylabel("")
        panels.linear_sweeps(linear, runs, window)
        panels.colour_bar(figure, runs, [whole, near, linear])
    return [output]


def draw_elephant(runs, output):
    """Fig. 2: the elephant plot of the reference and its map."""
    return elephant.draw(runs.reference, output, colour="temperature", time="log")


def draw_evolution(runs, output):
    """Fig. 3: shape and temperature at rising currents on one scale, and the gap of the last one enlarged."""
    run, found = runs.reference, [(snapshot, Section.of(snapshot)) for snapshot in curves.evolution(runs.reference)]
    halves, lows, highs = zip(*(section.window("filament") for _, section in found), strict=True)
    window = max(halves), min(lows), max(highs)
    hottest = max(curves.hottest_in(section) for _, section in found)
    norm = Normalize(run.setting("cell.ambient_temperature", "K"), hottest)
    with style.picture(output, style.PAGE_MM, 59) as figure:
        figure.get_layout_engine().set(w_pad=0.02, wspace=0.01)
        *places, zoom = figure.subplots(1, len(found) + 1)
        for letter, axes, (snapshot, section) in zip("abcd", places, found, strict=True):
            image = thermal_panels.temperature(axes, section, norm, window)
            told = f"{style.quantity(snapshot.current_A, 'A')}, {curves.hottest_in(section):.0f} K"
            axes.set_title(rf"$\bf{{{letter}}}$   {told}", fontsize=7.5, pad=3, loc="left")
            axes.set(aspect="equal", xlabel=panels.LATERAL)
            axes.tick_params(labelleft=letter == "a", color="white")
            style.round_ticks(axes.xaxis)
            axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        places[0].set_ylabel(panels.HEIGHT)
        snapshot, section = found[-1]
        closest = curves.closest(run.outlines.nearest(time_s=snapshot.time_s))
        draw_gap(places[-1], zoom, section, norm, closest)
        bar = figure.colorbar(image, ax=[*places, zoom], location="bottom", aspect=70, pad=0.04)
        bar.set_label("Temperature (K)")
    return [output]


def draw_gap(whole, zoom, section, norm, closest):
    """The inset of Fig. 3d, heights stretched: the whole tip, with the place where the gap is smallest."""
    half, _, _ = section.window("tip")
    middle = 0.5 * (closest.filament[1] + closest.electrode[1])
    thermal_panels.temperature(
        zoom, section, norm, (half, middle - GAPS_SHOWN * closest.distance, middle + GAPS_SHOWN * closest.distance)
    )
    zoom.set_box_aspect(np.ptp(whole.get_ylim()) / np.ptp(whole.get_xlim()))
    thermal_panels.mark_gap(zoom, closest)
    panels.join(whole, zoom, side=1)
    zoom.yaxis.tick_right()
    r = closest.filament[0]
    where = f"at $r$ = {r:.2f} nm" if r > 1e-3 else "on the axis"
    zoom.set_title(f"{closest.distance:.2f} nm {where}", fontsize=7.5, pad=3, loc="left")
    zoom.set_xlabel(panels.LATERAL)
    zoom.tick_params(color="white")
    style.round_ticks(zoom.xaxis)


def draw_conduction(runs, output):
    """S5: bulk against lower thermal conductivity."""
    with style.picture(output, style.PAGE_MM, 70) as figure:
        left, right = figure.subplots(1, 2)
        thermal_panels.conduction_sweeps(left, runs)
        thermal_panels.conduction_temperatures(right, runs)
        for letter, axes in zip("ab", (left, right), strict=True):
            style.panel_letter(axes, letter)
    return [output]


def draw_overview(runs, output):
    """Figs. 1 and 5 on one page."""
    window, drop = curves.switching(runs.reference, "source_voltage_V"), curves.voltage_drop(runs.reference)
    with style.picture(output, style.PAGE_MM, 176) as figure:
        grid = dict(zip(OVERVIEW, figure.subplots(3, 3).flat, strict=True))
        panels.gaps(grid["1b"], runs)
        panels.outlines(grid["1c"], runs)
        panels.colour_bar(figure, runs, grid["1c"])
        panels.drop_map(grid["1d"], drop)
        grid["1d"].annotate(panels.told(drop), (0, 0.06 * drop.height[-1]), color="white", ha="center", va="bottom")
        panels.sweeps(grid["1e"], runs, window)
        thermal_panels.heatings(grid["5a"], runs)
        thermal_panels.heating_sweeps(grid["5b"], runs)
        thermal_panels.dissolution_sweeps(grid["5c"], runs)
        thermal_panels.dissolution_gaps(grid["5d"], runs)
        for name, axes in grid.items():
            style.panel_letter(axes, name)
        for name in ("1a", "5a"):
            grid[name].tick_params(axis="x", labelsize=6)
        panels.resistances(grid["1a"], runs)  # last: the slope of its text depends on all that has its place
    return [output]


FIGURES = {
    "paper": draw_overview,
    "fig1a_lrs": single(panels.resistances, 66),
    "fig1b_gap": single(panels.gaps, 66, bar=True),
    "fig1c_outlines": single(panels.outlines, 70, bar=True),
    "fig1d_voltage_drop": draw_drop,
    "fig1e_iv": draw_sweeps,
    "fig2_elephant": draw_elephant,
    "fig3_evolution": draw_evolution,
    "fig5a_temperature": single(thermal_panels.heatings, 66),
    "fig5b_heating_iv": single(thermal_panels.heating_sweeps, 66),
    "fig5c_dissolution_iv": single(thermal_panels.dissolution_sweeps, 66),
    "fig5d_dissolution_gap": single(thermal_panels.dissolution_gaps, 66),
    "s5_thermal_conductivity": draw_conduction,
}
