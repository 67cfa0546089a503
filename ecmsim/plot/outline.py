"""Outlines of the filament: at several currents of the SET, in the course of a RESET, or at several times."""

import matplotlib
import numpy as np
from matplotlib.patches import Patch

from ecmsim.errors import PlotError, ResultsError
from ecmsim.plot import dress, style
from ecmsim.plot.shapes import mirrored, sections
from ecmsim.results.cycles import is_bipolar, signs_of
from ecmsim.results.regimes import first_set

AT_CURRENTS = "Outline where |I| first reaches"
MOST_TIMES, EARLY = 6, 0.01  # the first time is this share of the last one at most
RESET_GAPS = (1 / 3, 2 / 3)  # of the largest gap of a RESET, between rupture and full dissolution


def draw(run, output, currents_A=None, times_s=None):
    """Draw the outlines at given currents (A) of the first SET, by default the decades that it passes.

    With negative bias also in the course of the first RESET. times_s: at these times (s) instead; by default of runs
    without a current, equally spaced in log time. Returns [output].
    """
    if times_s is not None and currents_A is not None:
        raise PlotError("give either currents_A or times_s")
    currents_A, times_s = ([value] if isinstance(value, (int, float)) else value for value in (currents_A, times_s))
    series = style.require_steps(run, 1)
    if not len(run.outlines):
        raise ResultsError(f"{run.folder} holds no outlines: was history.h5 removed?")
    if times_s is not None or (currents_A is None and not np.abs(series["current_A"]).max() > 0 and len(series) > 1):
        draw_times(run, output, choose_times(run, times_s))
    elif is_bipolar(run):
        draw_bipolar(run, output, currents_A)
    else:
        draw_set(run, output, choose(run, currents_A))
    return [output]


# --- which outlines -----------------------------------------------------------------------------------------


def choose(run, currents_A=None):
    """Outlines of the first SET as (label, Outline), in order of time: where its rising current passes currents_A."""
    style.require_steps(run, 1)
    outlines, rising = run.outlines, rising_part(run)
    current = np.abs(run.timeseries["current_A"].to_numpy(float))
    rows = np.nonzero(outlines.step < rising)[0]
    current = current[outlines.step[rows]]
    largest = current.max(initial=0)
    if currents_A is None:
        settled = np.maximum(current[0], 1e-30) if len(current) else 1.0
        decades = 10.0 ** np.arange(np.ceil(np.log10(settled)), np.floor(np.log10(max(largest, 1e-30)) + 0.01) + 1)
        currents_A = [decade for decade in decades if decade >= 1e-10 and decade <= 1.01 * largest]
    elif max(currents_A) > 1.01 * largest:
        raise PlotError(f"the run's current reaches only {style.quantity(largest, 'A')}: choose lower currents")
    chosen = {}
    for wanted in sorted(currents_A):
        distance = np.abs(np.log(np.maximum(current, 1e-300) / min(wanted, largest)))
        item = outlines[int(rows[np.argmax(distance <= distance.min() + 0.01)])]
        chosen[item.step] = (style.quantity(wanted, "A"), item)
    if not is_bipolar(run):
        last = outlines[len(outlines) - 1]
        chosen[last.step] = ("end of run", last)
    return [chosen[step] for step in sorted(chosen)]


def rising_part(run):
    """Number of steps until the current of the first SET is largest."""
    current = np.abs(first_set(run)["current_A"].to_numpy(float))
    return int(np.argmax(current)) + 1 if len(current) else 0


def choose_reset(run):
    """Outlines in the course of the first RESET as (label, Outline), in order of time."""
    series, outlines = run.timeseries, run.outlines
    signs = signs_of(run)
    first = int(np.argmax(signs < 0))
    after = np.nonzero(signs[first:] > 0)[0]
    last = first + int(after[0]) - 1 if len(after) else len(series) - 1
    time, gap = series["time_s"].to_numpy(float), series["gap_nm"].to_numpy(float)
    voltage = series["source_voltage_V"].to_numpy(float)
    positive = np.nonzero(voltage[:first] >= 0)[0]
    named = {int(positive[-1]) if len(positive) else 0: "before", last: "after"}
    start, end = time[first], time[last]
    onset, rupture, dissolved = (style.event_times(run, name, start, end)[:1] for name in style.EVENT_MARKS)
    opening = first + int(np.argmax(gap[first : last + 1]))
    level = np.maximum.accumulate(gap[first : opening + 1])
    for share in RESET_GAPS:
        named[first + int(np.searchsorted(level, share * gap[opening]))] = ""
    for at in onset:
        named[int(np.searchsorted(time, at))] = "onset"
    for at in dissolved:
        del named[last]
        named[int(np.searchsorted(time, at))] = "dissolved"
    for at in rupture:
        row = int(np.searchsorted(time, at - 1e-9 * abs(at)))
        named |= {row - 1: "before rupture", row: "after rupture"}
    chosen = {}
    for row in sorted(named):
        item = outlines[int(np.argmin(np.abs(outlines.step - row)))]
        at = f"{voltage[row]:.2f} V".replace("-0.00", "0.00").replace("-", "−")
        chosen[item.step] = (", ".join(filter(None, [at, named[row]])), item)
    return list(chosen.values())


def choose_times(run, times_s=None, start=0.0):
    """Outlines as (label, Outline) at given times (s), by default equally spaced in log time from start (s) on.

    Of the steps before and after a rupture both are chosen.
    """
    outlines = run.outlines
    at = outlines.time_s

    def named_after(row, text=""):
        return ", ".join(filter(None, [style.quantity(max(at[row] - start, 0.0), "s"), text]))

    if times_s is not None:
        low, high = at[0], at[-1]
        if any(not low - 1e-9 <= wanted <= high * (1 + 1e-9) for wanted in times_s):
            raise PlotError(f"times_s: the run's outlines span {low:.4g} s ... {high:.4g} s")
        rows = {int(np.argmin(np.abs(at - wanted))) for wanted in times_s}
        return [(named_after(row), outlines[row]) for row in sorted(rows)]
    first, last = int(np.searchsorted(at, start - 1e-9)), len(at) - 1
    named = {first: "", last: ""}
    broken = style.event_times(run, "rupture", at[first], at[last])
    ruptures = [int(np.searchsorted(at, when - 1e-9 * abs(when))) for when in broken]
    height = run.timeseries["height_nm"].to_numpy(float)[outlines.step[first:]]
    if last > first:
        end = (at[ruptures[0]] if ruptures else at[last]) - at[first]
        begin = min(style.first_change(at[first:] - at[first], height), EARLY * end)
        for wanted in np.geomspace(begin, end, MOST_TIMES)[: -1 if ruptures else None]:
            named[int(np.argmin(np.abs(at - at[first] - wanted)))] = ""
    for row in ruptures[:1]:
        named = {k: text for k, text in named.items() if not (k < row and at[row] - at[k] < 0.05 * (at[row] - start))}
        named |= {max(row - 1, first): "before rupture", row: "after rupture"}
    return [(named_after(row, named[row]), outlines[row]) for row in sorted(named)]


# --- the pictures -------------------------------------------------------------------------------------------


def draw_set(run, output, chosen):
    """One SET: the whole filament, and its tip enlarged."""
    layer = run.setting("cell.layer_thickness", "nm", 10.0)
    with style.picture(output, style.PAGE_MM, 84) as figure:
        panels = figure.subplot_mosaic(
            [["whole", "zoom"], ["whole", "legend"]], width_ratios=[1, 1.7], height_ratios=[1, 0.24]
        )
        whole, zoom = panels["whole"], panels["zoom"]
        colours = matplotlib.colormaps[dress.colormap()](np.linspace(0, 0.93, len(chosen)))
        for axes in (whole, zoom):
            plot_outlines(axes, chosen, colours, layer)
        show_whole(whole, chosen, layer)
        show_tip(zoom, chosen)
        add_legend(panels["legend"], whole, AT_CURRENTS, ncols=5)
        style.panel_letter(whole, "a")
        style.panel_letter(zoom, "b")


def draw_bipolar(run, output, currents_A=None):
    """The first SET and the first RESET, each whole, and the tip in the RESET."""
    layer = run.setting("cell.layer_thickness", "nm", 10.0)
    growing, shrinking = choose(run, currents_A), choose_reset(run)
    whole = [("SET", growing, dress.colormap(), AT_CURRENTS, 2)] if growing else []
    whole += [("RESET", shrinking, "plasma", "Outline at a source voltage of", 3)]
    with style.picture(output, style.PAGE_MM, 94) as figure:
        first = [name for name, *_ in whole]
        panels = figure.subplot_mosaic(
            [[*first, "tip"], [*(f"{name} legend" for name in first), "RESET legend"]],
            width_ratios=[*(1 for _ in first), 1.2],
            height_ratios=[1, 0.3],
        )
        for name, chosen, colour_map, title, ncols in whole:
            axes, colours = panels[name], told_apart(chosen, colour_map)
            plot_outlines(axes, chosen, colours, layer, chosen[-1 if name == "SET" else 0][1])
            show_whole(axes, growing + shrinking, layer)
            axes.set_title(name, pad=4)
            add_legend(panels[f"{name} legend"], axes, title, ncols)
        broken = [outline for label, outline in shrinking if label.endswith("after rupture")]
        plot_outlines(panels["tip"], shrinking, colours, layer, (broken or [shrinking[0][1]])[0])
        show_tip(panels["tip"], shrinking, enlarged=True)
        panels["tip"].set_title("RESET: tip", pad=4)
        for letter, name in zip("abc", [*first, "tip"], strict=False):
            style.panel_letter(panels[name], letter)


def told_apart(chosen, colour_map):
    """Colours of outlines in their order, the two on either side of a rupture further apart."""
    steps = [0.0, *(2.5 if label.endswith("after rupture") else 1.0 for label, _ in chosen[1:])]
    return matplotlib.colormaps[colour_map](0.9 * np.cumsum(steps) / max(np.sum(steps), 1.0))


def draw_times(run, output, chosen):
    """The whole filament at several times."""
    layer = run.setting("cell.layer_thickness", "nm", 10.0)
    with style.picture(output, style.COLUMN_MM, 66) as figure:
        axes, legend = figure.subplots(1, 2, width_ratios=[1, 0.55])
        plot_outlines(axes, chosen, told_apart(chosen, dress.colormap()), layer, chosen[0][1])
        show_whole(axes, chosen, layer)
        add_legend(legend, axes, "Outline at", ncols=1)


def plot_outlines(axes, chosen, colours, layer, filled=None):
    """Outlines and electrode surfaces, with pale fills (of the last outline unless another is given)."""
    for colour, (label, outline) in zip(colours, chosen, strict=True):
        for number, section in enumerate(reversed(sections(outline.points))):
            axes.plot(*section.T, color=colour, label="" if number else label, lw=1.1)
        axes.plot(*mirrored(outline.electrode_points).T, color=colour, lw=1.1, ls=(0, (3, 1)))
    style.round_ticks(axes.xaxis)
    fill_materials(axes, filled or chosen[-1][1], layer)
    axes.set(xlabel="Lateral position (nm)", ylabel="Height (nm)", aspect="equal")


def show_whole(axes, chosen, layer):
    """The whole layer with a part of both electrodes."""
    half = max(1.35 * max(outline.points[:, 0].max() for _, outline in chosen), 0.55 * layer)
    axes.set(xlim=(-half, half), ylim=(-0.14 * layer, 1.2 * layer))
    for name, height in (("active electrode", 1.13 * layer), ("counter electrode", -0.075 * layer)):
        axes.annotate(name, (0, height), ha="center", va="center", fontsize=7)


def show_tip(axes, chosen, enlarged=False):
    """The surroundings of the highest tip, or only its middle, enlarged."""
    radius = max(outline.points[:, 0].max() for _, outline in chosen)
    tip = max(outline.points[:, 1].max() for _, outline in chosen)
    top = max(outline.electrode_points[:, 1].max() for _, outline in chosen)
    half = (0.55 if enlarged else 1.2) * radius
    upper = min(max(top, tip) + 0.15 * half, tip + 0.4 * half)
    axes.set(xlim=(-half, half), ylim=(upper - (2.2 if enlarged else 1) * half, upper))


def add_legend(axes, labelled, title, ncols):
    """The names of the outlines, in axes of their own."""
    handles = labelled.get_legend_handles_labels()[0]
    handles += labelled.plot([], [], color=style.GREY, lw=1.1, ls=(0, (3, 1)), label="electrode surface")
    handles += [Patch(color=style.FILLS[name], label=name) for name in ("filament", "layer")]
    axes.axis("off")
    axes.legend(handles=handles, loc="center", ncols=ncols, title=title, alignment="left", columnspacing=1.2)


def fill_materials(axes, outline, layer):
    """Fills for the layer, the electrodes and one filament, each of a colour of its own."""
    surface = mirrored(outline.electrode_points)
    reach = 10 * layer
    edge = np.vstack([[-reach, surface[0, 1]], surface, [reach, surface[-1, 1]]])
    axes.axhspan(0, reach, color=style.FILLS["layer"], lw=0, zorder=-0.3)
    axes.fill_between(edge[:, 0], edge[:, 1], reach, color=style.FILLS["active electrode"], lw=0, zorder=-0.2)
    for section in sections(outline.points):
        axes.fill(*section.T, color=style.FILLS["filament"], lw=0, zorder=-0.1)
    axes.axhspan(-reach, 0, color=style.FILLS["counter electrode"], lw=0, zorder=-0.1)
