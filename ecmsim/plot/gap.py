"""The gap between filament and active electrode against time, with the end of its closing enlarged.

Cycles, pulses and negative bias get a second panel, the source's voltage; rupture and the like are marked.
"""

import numpy as np
from matplotlib.ticker import MaxNLocator, NullFormatter

from ecmsim.plot import style
from ecmsim.results.cycles import find_cycles

VISIBLE_NM = 0.05
GAPS = {
    "gap_vertical_nm": ("along the column", style.SKY, "--"),
    "gap_shortest_nm": ("shortest distance", style.ORANGE, ":"),
}
TIME, GAP = "Time (s)", "Gap (nm)"


def draw(run, output, time=None):
    """Draw gap against time, an inset showing the switching if there is any. Returns [output].

    time: "linear" (the default unless the run ends long after most has happened) or "log".
    """
    column = style.require_steps(run)
    late = not style.is_cyclic(run) and style.is_late(column["time_s"])
    logarithmic = (style.checked_time(time) or ("log" if late else "linear")) == "log"
    if style.is_cyclic(run) or style.is_pulsed(run):
        draw_cycles(run, output, column, logarithmic)
    else:
        draw_once(run, output, column, logarithmic)
    return [output]


def draw_once(run, output, column, logarithmic):
    """One panel, with the inset where there is room for it."""
    time = column["time_s"]
    with style.picture(output, style.COLUMN_MM, 82) as figure:
        axes = figure.subplots()
        plot_gaps(axes, column)
        limit_axes(axes, column, logarithmic)
        axes.set_xlabel(TIME)
        style.shade_regimes(axes, run)
        window = None if logarithmic else style.switching_window(run, time)
        place = window and style.inset_place(window, time, 0.7)
        if window and not style.is_free(axes, place, time, column["gap_nm"]):
            window = None
        if window:
            inset = axes.inset_axes(place)
            plot_gaps(inset, column)
            closed = np.interp(run.regimes.gamma_time or run.regimes.a_b.time_s, time, column["gap_nm"])
            inset.set(xlim=window, ylim=(0, max(2.3 * closed, 1e-3)))
            inset.tick_params(labelsize=6.5)
            inset.set_xlabel(TIME, fontsize=6.5, labelpad=1)
            inset.set_ylabel(GAP, fontsize=6.5, labelpad=1)
            style.shade_regimes(inset, run)
            mark_milestones(inset, run, time, column["gap_nm"])
        mark_milestones(axes, run, time, column["gap_nm"], except_in=window)
        style.mark_events(axes, run, column["gap_nm"])
        add_legend(figure, axes, style.explained(run))


def draw_cycles(run, output, column, logarithmic):
    """The gap above the source's voltage, over the same time."""
    time, voltage = column["time_s"], column["source_voltage_V"]
    with style.picture(output, style.PAGE_MM, 88) as figure:
        axes, below = figure.subplots(2, 1, sharex=True, height_ratios=[2.4, 1])
        plot_gaps(axes, column)
        limit_axes(axes, column, logarithmic)
        style.mark_events(axes, run, column["gap_nm"])
        if style.is_pulsed(run) and column["gap_nm"].min() > 0:  # whose end would be flat
            log_gaps(axes, column["gap_nm"])
        plot_voltage(below, time, voltage)
        below.set_xlabel(TIME)
        if not logarithmic:
            below.xaxis.set_major_locator(MaxNLocator(12, steps=[1, 2, 5, 10]))
        part_cycles((axes, below), run)
        if len(find_cycles(run)) == 1:
            style.shade_regimes(axes, run)
            mark_milestones(axes, run, time, column["gap_nm"])
        style.panel_letter(axes, "a")
        style.panel_letter(below, "b")
        figure.align_ylabels()
        add_legend(figure, axes, style.explained(run) if len(find_cycles(run)) == 1 else [])


def limit_axes(axes, column, logarithmic):
    """Label the gap's axis, and span what there is to see."""
    time, gap = column["time_s"], column["gap_nm"]
    axes.set(ylabel=GAP, xlim=(time[0], time[-1]), ylim=(0, 1.05 * max(gap.max(), 1e-3)))
    if logarithmic:
        axes.set(xscale="log", xlim=(10 ** np.floor(np.log10(style.first_change(time, gap)) + 1e-9), time[-1]))


def log_gaps(axes, gap):
    """A logarithmic axis of gaps (n,) > 0, its ticks at 1, 2, 5 times powers of ten as plain numbers."""
    low, high = 0.8 * gap.min(), 1.25 * gap.max()
    decades = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    ticks = [tick for tick in np.outer(decades, [1, 2, 5]).ravel() if low <= tick <= high]
    axes.set(yscale="log", ylim=(low, high))
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.yaxis.set_minor_formatter(NullFormatter())


def plot_gaps(axes, column):
    """The tunnelling law's gap, and the other definitions where they differ visibly from it."""
    (law,) = axes.plot(column["time_s"], column["gap_nm"], color=style.BLACK, zorder=3)
    for name, (label, colour, line) in GAPS.items():
        if np.nanmax(np.abs(column[name] - column["gap_nm"]), initial=0) > VISIBLE_NM:
            axes.plot(column["time_s"], column[name], color=colour, ls=line, lw=1.0, label=label, zorder=2)
            law.set_label("tunnelling law")


def plot_voltage(axes, time, voltage):
    """The source's voltage against time, its polarity in colour."""
    for colour, part in ((style.POSITIVE, np.maximum(voltage, 0)), (style.NEGATIVE, np.minimum(voltage, 0))):
        axes.fill_between(time, part, color=colour, alpha=0.25, lw=0)
    axes.plot(time, voltage, color=style.BLACK, lw=0.9)
    axes.axhline(0, color=style.BLACK, lw=0.5)
    axes.set(ylabel="Source (V)", ylim=style.padded(voltage, 0.1))


def part_cycles(panels, run):
    """Thin lines between the cycles, and their names above the first panel where there is room."""
    cycles = find_cycles(run)
    if not 1 < len(cycles) <= style.MOST_NAMED:
        return
    low, high = panels[0].get_xlim()
    for cycle in cycles:
        for axes in panels:
            axes.axvline(cycle.start, color=style.GREY, lw=0.6, ls="--", zorder=1)
        start, end = max(cycle.start, low), min(cycle.end, high)
        if end - start > 0.08 * (high - low):
            panels[0].annotate(
                f"cycle {cycle.number}",
                (0.5 * (start + end), 1),
                xycoords=("data", "axes fraction"),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize=7.5,
            )


def mark_milestones(axes, run, time, values, except_in=None):
    """Dots and letters for Gamma, Y, Lambda inside the limits of the axes and not in another span.

    The letters of neighbours that would lie on each other are written as one.
    """
    low, high = axes.get_xlim()
    groups = []
    for at, symbol in sorted((at, symbol) for symbol, at in style.milestones(run)):
        if not low <= at <= high or (except_in and except_in[0] <= at <= except_in[1]):
            continue
        axes.plot(at, np.interp(at, time, values), "o", color=style.BLACK, ms=2.8, zorder=4)
        share = style.share_of(axes, [at])[0]
        if groups and share - groups[-1][2] < 0.04:
            groups[-1][0] += f", {symbol}"
        else:
            groups.append([symbol, at, share])
    for text, at, share in groups:
        y = np.interp(at, time, values)
        axes.annotate(text, (at, y), xytext=(3 if share < 0.96 else -9, 3), textcoords="offset points", fontsize=7.5)


def add_legend(figure, axes, more=()):
    """A legend below of what is named in the axes, and of more handles, where there are any."""
    handles = [*axes.get_legend_handles_labels()[0], *more]
    if handles:
        style.legend_below(figure, handles)
