"""The gap between filament and active electrode against time, with the end of its closing enlarged."""

import numpy as np

from ecmsim.plot import style

VISIBLE_NM = 0.05
GAPS = {
    "gap_vertical_nm": ("along the column", style.SKY, "--"),
    "gap_shortest_nm": ("shortest distance", style.ORANGE, ":"),
}


def draw(run, output):
    """Draw gap against time, an inset showing the switching if there is any. Returns [output]."""
    column = style.require_steps(run)
    time = column["time_s"]
    with style.picture(output, style.COLUMN_MM, 68) as figure:
        axes = figure.subplots()
        plot_gaps(axes, column)
        axes.set(
            xlabel="Time (s)",
            ylabel="Gap (nm)",
            xlim=(time[0], time[-1]),
            ylim=(0, 1.05 * max(column["gap_nm"].max(), 1e-3)),
        )
        style.shade_regimes(axes, run)
        window = style.switching_window(run, time)
        if window:
            inset = axes.inset_axes(style.inset_place(window, time, 0.7))
            plot_gaps(inset, column)
            closed = np.interp(run.regimes.gamma_time or run.regimes.a_b.time_s, time, column["gap_nm"])
            inset.set(xlim=window, ylim=(0, max(2.3 * closed, 1e-3)))
            inset.tick_params(labelsize=6.5)
            style.shade_regimes(inset, run)
            mark_milestones(inset, run, time, column["gap_nm"])
        mark_milestones(axes, run, time, column["gap_nm"], except_in=window)
        handles, labels = axes.get_legend_handles_labels()
        if len(handles) > 1:
            figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return [output]


def plot_gaps(axes, column):
    """The tunnelling law's gap, and the other definitions where they differ visibly from it."""
    axes.plot(column["time_s"], column["gap_nm"], color=style.BLACK, zorder=3, label="tunnelling law")
    for name, (label, colour, line) in GAPS.items():
        if np.nanmax(np.abs(column[name] - column["gap_nm"]), initial=0) > VISIBLE_NM:
            axes.plot(column["time_s"], column[name], color=colour, ls=line, lw=1.0, label=label, zorder=2)


def mark_milestones(axes, run, time, values, except_in=None):
    """Dots and letters for Gamma, Y, Lambda inside the limits of the axes and not in another span."""
    low, high = axes.get_xlim()
    for symbol, at in style.milestones(run):
        if low <= at <= high and not (except_in and except_in[0] <= at <= except_in[1]):
            y = np.interp(at, time, values)
            axes.plot(at, y, "o", color=style.BLACK, ms=2.8, zorder=4)
            shift = 3 if at < high - 0.04 * (high - low) else -9
            axes.annotate(symbol, (at, y), xytext=(shift, 3), textcoords="offset points", fontsize=7.5)
