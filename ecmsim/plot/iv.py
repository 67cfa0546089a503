"""Current against voltage, linear and logarithmic, with the sweep's direction: regimes A, B, C or several cycles.

Pulses draw the same lines again and again: current and source voltage are shown against time instead.
"""

import numpy as np
from matplotlib.ticker import FixedFormatter, FixedLocator, NullFormatter

from ecmsim.errors import PlotError
from ecmsim.plot import style
from ecmsim.plot.gap import mark_milestones, plot_voltage
from ecmsim.plot.terminals import terminal_current
from ecmsim.results.cycles import find_cycles, is_bipolar

VOLTAGES = {
    "source": ("source_voltage_V", "Source voltage (V)"),
    "cell": ("cell_voltage_V", "Cell voltage (V)"),
}
FLOOR = 1e-16  # A: below what can be measured
MOST_BRANCHES = 8  # that get arrows
NEAR_LIMIT = 0.05  # of a compliance current, that it is worth a line
NAMES_APART = 0.05  # of the linear panel's height, at least
TURN = 0.02  # of the width: a smaller step back is no turn
LEGEND_PLACES = [(0.56, 0.5), (0.72, 0.25), (0.3, 0.7), (0.72, 0.7), (0.3, 0.25)]  # as shares of the axes


def draw(run, output, voltage=None, floor_A=None):
    """Draw the I-V curve of a run. Returns [output].

    voltage: "source" or "cell"; by default that of the source, unless that never changes, as under a current source.
    Of pulses the picture is one against time unless a voltage is asked for. floor_A: current at which the logarithmic
    axis ends, lower ones are drawn there; by default FLOOR where there are lower ones.
    """
    if voltage not in (None, *VOLTAGES):
        raise PlotError(f"voltage = {voltage!r}: choose one of {', '.join(VOLTAGES)}")
    column = style.require_steps(run)
    through, cyclic = terminal_current(column), style.is_cyclic(run)
    magnitude = np.abs(through)
    if floor_A is None and (cyclic or np.nanmin(style.positive(magnitude), initial=np.inf) < FLOOR):
        floor_A = min(FLOOR, 1e-2 * (magnitude.max() or 1.0))
    if voltage is None and style.is_pulsed(run):
        draw_pulses(run, output, column, magnitude, floor_A)
        return [output]
    if voltage is None:
        fixed = np.ptp(np.abs(column["source_voltage_V"])) < 1e-9
        voltage = "cell" if fixed and np.ptp(column["cell_voltage_V"]) > 0 else "source"
    name, label = VOLTAGES[voltage]
    v, current = column[name], through
    factor, unit = style.prefixed(magnitude.max(), "A")
    panels_y = factor * current, style.positive(magnitude if floor_A is None else np.maximum(magnitude, floor_A))
    with style.picture(output, style.PAGE_MM, 76 if cyclic else 72) as figure:
        panels = linear, logarithmic = figure.subplots(1, 2)
        for axes in panels:
            axes.set(xlabel=label, xlim=style.padded(v, 0.03, 0.02))
        linear.set(ylabel=f"Current ({unit})", ylim=style.padded(factor * current, 0.12))
        logarithmic.set(ylabel="|Current| (A)")
        if floor_A is None:
            style.log_axis(logarithmic.yaxis, magnitude)
        else:
            end_at_floor(logarithmic.yaxis, magnitude, floor_A)
        if cyclic:
            plot_cycles(panels, run, v, panels_y)
        else:
            plot_sweep(panels, run, v, panels_y)
        mark_compliance(linear, logarithmic, limits_met(run), factor, cyclic)
        shown = find_cycles(run)[0].rows(column["time_s"])
        for axes, y in zip(panels, panels_y, strict=True):
            direction_arrows(axes, v[shown], y[shown])
        style.panel_letter(linear, "a")
        style.panel_letter(logarithmic, "b")
    return [output]


def unfit(run):
    """Why a run gives no such picture, or None."""
    return None if np.abs(run.timeseries["current_A"]).max() > 0 else "no current flows"


def draw_pulses(run, output, column, magnitude, floor):
    """Current and source voltage against time, with the regimes; floor: of the current's axis, A, or None."""
    time = column["time_s"]
    shown = style.positive(magnitude if floor is None else np.maximum(magnitude, floor))
    with style.picture(output, style.PAGE_MM, 96) as figure:
        axes, below = figure.subplots(2, 1, sharex=True, height_ratios=[2.4, 1])
        axes.plot(time, shown, color=style.BLACK, lw=1.0, zorder=3)
        axes.set(ylabel="|Current| (A)", xlim=(time[0], time[-1]))
        if floor is None:
            style.log_axis(axes.yaxis, magnitude)
        else:
            end_at_floor(axes.yaxis, magnitude, floor)
        for limit in np.unique(np.abs(limits_met(run))):
            axes.axhline(limit, color=style.BLACK, ls="--", lw=0.7, zorder=1)
            text = f"$I_{{CC}}$ = {style.quantity(limit, 'A')}"
            place = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "xytext": (3, -3)}
            axes.annotate(text, (0, limit), va="top", **place)
        axes.set_ylim(top=20 * magnitude.max())  # room for the moments' letters
        plot_voltage(below, time, column["source_voltage_V"])
        below.set_xlabel("Time (s)")
        style.shade_regimes(axes, run)
        mark_milestones(axes, run, time, shown)
        style.panel_letter(axes, "a")
        style.panel_letter(below, "b")
        figure.align_ylabels()
        if handles := style.explained(run):
            style.legend_below(figure, handles)


def plot_sweep(panels, run, v, panels_y):
    """One SET in grey, with the regimes in colour and named."""
    parts = style.regime_parts(run)
    for axes, y in zip(panels, panels_y, strict=True):
        axes.plot(v, y, color=style.GREY, lw=1.0, zorder=2)
        for letter, part in parts:
            axes.plot(v[part], y[part], color=style.REGIME_COLOURS[letter], lw=1.6, zorder=3)
    mark_regimes(*panels, run, parts)


def plot_cycles(panels, run, v, panels_y):
    """The cycles in colours of their own, or a single one with the regimes of its SET; zero lines in between."""
    linear, logarithmic = panels
    lines = style.cycle_lines(run)
    linear.axhline(0, color=style.BLACK, lw=0.4, zorder=1)
    for axes in panels:
        axes.axvline(0, color=style.BLACK, lw=0.4, zorder=1)
    if len(find_cycles(run)) == 1:
        plot_sweep(panels, run, v, panels_y)
        return
    for name, part, look in lines:
        for axes, y in zip(panels, panels_y, strict=True):
            axes.plot(v[part], y[part], label=name, **look)
    linear.legend(loc="lower right" if is_bipolar(run) else "best")


def end_at_floor(axis, magnitude, floor):
    """A logarithmic axis (the vertical one) that ends a little below floor, where its lowest label says so."""
    axes = axis.axes
    top = max(np.ceil(np.log10(max(magnitude.max(), 10 * floor)) - 1e-9), np.floor(np.log10(floor)) + 1)
    axes.set_yscale("log")
    axes.set_ylim(floor * 10**-0.4, 10.0 ** (top + 0.3))
    decades = np.arange(np.ceil(np.log10(floor) - 1e-9), top + 1)
    every = int(np.ceil(len(decades) / 12))
    shown = decades[::-every][::-1]
    shown = shown[shown > np.log10(floor) + 0.5]
    axis.set_major_locator(FixedLocator([floor, *10.0**shown]))
    names = [f"≤{power(floor)}", *(power(10.0**decade) for decade in shown)]
    axis.set_major_formatter(FixedFormatter(names))
    axis.set_minor_locator(FixedLocator(10.0**decades))
    axis.set_minor_formatter(NullFormatter())


def power(value):
    """A value as a power of ten, as the label of a tick."""
    exponent = int(np.floor(np.log10(value) + 1e-9))
    factor = value / 10.0**exponent
    return ("$" if abs(factor - 1) < 1e-6 else rf"${factor:.3g}\cdot ") + f"10^{{{exponent}}}$"


def mark_regimes(linear, logarithmic, run, parts):
    """Name the regimes: bands of current in the logarithmic panel, letters at the curve in the linear one."""
    low, high = logarithmic.get_ylim()
    found = run.regimes
    edges = [low, *(boundary.current_A for boundary in (found.a_b, found.b_c) if boundary)]
    ends = [*edges[1:], np.abs(run.timeseries["current_A"]).max()]
    handles = []
    for (letter, _), start, end in zip(parts, edges, ends, strict=False):
        colour = style.REGIME_COLOURS[letter]
        first = style.share_of(logarithmic, [0.0])[0] if is_bipolar(run) else 0.0
        logarithmic.axhspan(start, end, xmin=first, color=colour, alpha=0.13, lw=0, zorder=0)
        logarithmic.annotate(
            letter,
            (1.015, np.sqrt(start * end)),
            xycoords=("axes fraction", "data"),
            va="center",
            fontweight="bold",
            fontsize=9,
            color=colour,
        )
        handles += linear.plot([], [], color=colour, lw=1.6, label=f"{letter}  {style.REGIME_MEANING[letter]}")
    if returns(run):
        rest = "rest of the run" if style.is_cyclic(run) else "return"
        handles += linear.plot([], [], color=style.GREY, lw=1.0, label=rest)
    if handles:
        name_regimes(linear, handles, is_bipolar(run))


def returns(run):
    """Whether a run goes on after its current was largest."""
    peak = run.regimes.peak_time
    return peak is None or peak < run.timeseries["time_s"].iloc[-1]


def name_regimes(axes, handles, bipolar):
    """The legend of the regimes where the curve leaves room for it."""
    if bipolar:
        axes.legend(handles=handles, loc="lower right")
        return
    axes.figure.draw_without_rendering()
    gap = [[np.nan, np.nan]]
    curves = np.vstack([np.vstack([line.get_xydata(), gap]) for line in axes.get_lines() if len(line.get_xdata()) > 2])
    for centre in LEGEND_PLACES:
        legend = axes.legend(handles=handles, loc="center", bbox_to_anchor=centre)
        box = legend.get_window_extent().transformed(axes.transAxes.inverted())
        if style.is_free(axes, box.bounds, *curves.T, margin=0.0):
            return
    legend.set(loc="best")


def limits_met(run):
    """The compliance currents of a run near which the current came while they held, A with their signs, each once."""
    current, limits = run.timeseries["current_A"].to_numpy(float), run.limits
    return np.unique(limits[current / limits >= NEAR_LIMIT])


def mark_compliance(linear, logarithmic, limits, factor, one_side=False):
    """Dashed lines at compliance currents (A, signed), only at voltages of their own sign if so asked.

    factor: from A to the unit of the linear panel. Those too close to a line with a name go without.
    """
    (low, high), (bottom, top) = linear.get_xlim(), linear.get_ylim()
    look, named = {"color": style.BLACK, "ls": "--", "lw": 0.7, "zorder": 1}, []
    for limit in limits:
        forward, height = limit > 0, limit * factor
        own, other = (high, -low) if forward else (-low, high)
        if one_side and own < 0.1 * other:
            continue
        sided = one_side and other > 0
        for axes, y in ((linear, height), (logarithmic, abs(limit))):
            if sided:
                axes.plot([0, high if forward else low], [y, y], **look)
            else:
                axes.axhline(y, **look)
        if any(abs(height - there) < NAMES_APART * (top - bottom) for there in named):
            continue
        named.append(height)
        text = f"$I_{{CC}}$ = {style.quantity(abs(limit), 'A')}"
        if sided:
            place = {"xytext": (-4 if forward else 4, 0), "ha": "right" if forward else "left", "va": "center"}
            linear.annotate(text, (0, height), textcoords="offset points", **place)
        else:
            place = {"xycoords": ("axes fraction", "data"), "xytext": (0, 2), "va": "bottom"}
            linear.annotate(text, (0.02, height), textcoords="offset points", **place)


def direction_arrows(axes, x, y, lengths=(0.3, 0.75)):
    """Arrow heads along a curve at shares of the length of each of its monotonic branches, as it is drawn."""
    axes.figure.draw_without_rendering()
    drawn = axes.transData.transform(np.stack([x, y], axis=1))
    good = np.isfinite(drawn).all(axis=1)
    drawn = drawn[good]
    width = axes.get_window_extent().width
    branches = []
    for start, end in branches_of(drawn[:, 0], TURN * width):
        path = drawn[start : end + 1]
        length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
        if length[-1] >= 0.25 * width:
            branches.append((path, length))
    for path, length in branches if len(branches) <= MOST_BRANCHES else []:
        for share in lengths:
            at = np.array([share * length[-1] - 0.01 * width, share * length[-1] + 0.01 * width])
            ends = np.stack([np.interp(at, length, path[:, 0]), np.interp(at, length, path[:, 1])], axis=1)
            tail, head = axes.transData.inverted().transform(ends)
            axes.annotate(
                "",
                head,
                tail,
                zorder=4,
                arrowprops={
                    "arrowstyle": "-|>",
                    "color": style.BLACK,
                    "lw": 0,
                    "mutation_scale": 9,
                    "shrinkA": 0,
                    "shrinkB": 0,
                },
            )


def branches_of(x, turn):
    """First and last index of the parts of x (n,) that run one way, but for steps back that are smaller than turn."""
    edges, extreme, way = [0], 0, 0.0
    for k in range(1, len(x)):
        step = x[k] - x[extreme]
        if way * step >= 0 and (way or abs(step) > turn):
            way, extreme = way or np.sign(step), k
        elif abs(step) > turn:
            edges.append(extreme)
            way, extreme = np.sign(step), k
    return list(zip(edges, [*edges[1:], len(x) - 1], strict=True))
