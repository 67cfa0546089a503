"""Current against voltage, linear and logarithmic, with the regimes A, B, C and the sweep's direction."""

import numpy as np

from ecmsim.errors import PlotError
from ecmsim.plot import style

VOLTAGES = {
    "source": ("source_voltage_V", "Source voltage (V)"),
    "cell": ("cell_voltage_V", "Cell voltage (V)"),
}
MEANING = {"A": "gap closes", "B": "side growth", "C": "thermal jump"}


def draw(run, output, voltage="source"):
    """Draw the I-V curve of a run; voltage: "source" or "cell". Returns [output]."""
    if voltage not in VOLTAGES:
        raise PlotError(f"voltage = {voltage!r}: choose one of {', '.join(VOLTAGES)}")
    column = style.require_steps(run)
    name, label = VOLTAGES[voltage]
    v, current = column[name], column["current_A"]
    factor, unit = style.prefixed(np.abs(current).max(), "A")
    parts = style.regime_parts(run)
    with style.picture(output, style.PAGE_MM, 72) as figure:
        linear, logarithmic = figure.subplots(1, 2)
        for axes, y in ((linear, factor * current), (logarithmic, style.positive(np.abs(current)))):
            axes.plot(v, y, color=style.GREY, lw=1.0, zorder=2)
            for letter, part in parts:
                axes.plot(v[part], y[part], color=style.REGIME_COLOURS[letter], lw=1.6, zorder=3)
            axes.set(xlabel=label, xlim=style.padded(v, 0.03, 0.02))
        linear.set(ylabel=f"Current ({unit})", ylim=style.padded(factor * current, 0.12))
        logarithmic.set(ylabel="|Current| (A)")
        style.log_axis(logarithmic.yaxis, np.abs(current))
        mark_regimes(linear, logarithmic, run, parts)
        mark_compliance(linear, logarithmic, run.compliance_current, np.abs(current).max(), factor)
        for axes, y in ((linear, factor * current), (logarithmic, style.positive(np.abs(current)))):
            direction_arrows(axes, v, y)
        style.panel_letter(linear, "a")
        style.panel_letter(logarithmic, "b")
    return [output]


def mark_regimes(linear, logarithmic, run, parts):
    """Name the regimes: bands of current in the logarithmic panel, letters at the curve in the linear one."""
    low, high = logarithmic.get_ylim()
    found = run.regimes
    edges = [low, *(boundary.current_A for boundary in (found.a_b, found.b_c) if boundary)]
    ends = [*edges[1:], np.abs(run.timeseries["current_A"]).max()]
    handles = []
    for (letter, _), start, end in zip(parts, edges, ends, strict=False):
        colour = style.REGIME_COLOURS[letter]
        logarithmic.axhspan(start, end, color=colour, alpha=0.13, lw=0, zorder=0)
        logarithmic.annotate(
            letter,
            (1.015, np.sqrt(start * end)),
            xycoords=("axes fraction", "data"),
            va="center",
            fontweight="bold",
            fontsize=9,
            color=colour,
        )
        handles += linear.plot([], [], color=colour, lw=1.6, label=f"{letter}  {MEANING[letter]}")
    if handles:
        linear.legend(handles=handles, loc="center", bbox_to_anchor=(0.56, 0.5))


def mark_compliance(linear, logarithmic, compliance, largest, factor):
    """A dashed line at the compliance current where the curve comes near it."""
    if not compliance or largest < 0.05 * compliance:
        return
    linear.axhline(compliance * factor, color=style.BLACK, ls="--", lw=0.7, zorder=1)
    linear.annotate(
        f"$I_{{CC}}$ = {style.quantity(compliance, 'A')}",
        (0.02, compliance * factor),
        xycoords=("axes fraction", "data"),
        xytext=(0, 2),
        textcoords="offset points",
        va="bottom",
    )
    logarithmic.axhline(compliance, color=style.BLACK, ls="--", lw=0.7, zorder=1)


def direction_arrows(axes, x, y, lengths=(0.3, 0.75)):
    """Arrow heads along a curve at shares of the length of each of its monotonic branches, as it is drawn."""
    axes.figure.draw_without_rendering()
    drawn = axes.transData.transform(np.stack([x, y], axis=1))
    good = np.isfinite(drawn).all(axis=1)
    x, y, drawn = x[good], y[good], drawn[good]
    turns = np.nonzero(np.diff(np.sign(np.diff(x))) != 0)[0] + 1
    edges = np.unique(np.concatenate([[0], turns, [len(x) - 1]])) if len(x) else []
    width = axes.get_window_extent().width
    for start, end in zip(edges[:-1], edges[1:], strict=True):
        path = drawn[start : end + 1]
        length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
        if length[-1] < 0.25 * width:
            continue
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
