"""Conductance in units of G0 against time and voltage (or current), with its plateaus and a histogram of the time.

Dashed lines: whole multiples of G0. Thick: plateaus, as ecmsim.results.levels finds them, with their median; both only
where the law of tunnelling knows atomic contacts. Grey where the parasitic resistance is taken off: as measured.
"""

import numpy as np
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MultipleLocator, NullLocator

from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.errors import PlotError
from ecmsim.plot import style
from ecmsim.plot.trace import LEAST_V, Drawn, is_current_source, is_quantized, named, trace_of, window
from ecmsim.quantum.atoms.statistics import BIN
from ecmsim.results.levels import FLOOR, SHARE, TOLERANCE, edges_of, find_plateaus

SAMPLES = 4000  # equidistant in time, for the histogram
CONTACT = 0.5  # G0; less is no atomic contact
DECADES = 6  # of a logarithmic axis
MOST_NAMED = 12  # plateaus that are labelled
CLOSEST = 0.016  # of a logarithmic axis: how close dashed lines may be
FINE = 6.0  # G0; a shorter linear axis has ticks between the integers
PER_DECADE = 20  # bins, where the axis is logarithmic
AXES = ("time", "voltage", "current")
NOT_QUANTIZED = (
    "no plateaus looked for: the law of tunnelling has no quantum of conductance, as blend and landauer have "
    "(tunnelling.law)"
)
LABELS = {"time": "Time (s)", "voltage": "Source voltage (V)"}


def draw(
    run,
    output,
    x=None,
    scale=None,
    parasitic=None,
    bins=BIN,
    tolerance=TOLERANCE,
    share=SHARE,
    least_V=LEAST_V,
    from_s=None,
    to_s=None,
):
    """Draw G/G0 of a run. Returns [output] with the plateaus as words.

    x: "time", "voltage" (of the source; of a current source that of the cell) or "current" for one panel; by default
    time, and beside it what the source drives. scale: "linear" or "log"; by default linear where there is a contact.
    parasitic: as trace_of has it: "400 ohm" or "model". bins: width of the histogram's bins, G0 (of a linear axis).
    tolerance (G0), share: of a plateau, as find_plateaus has them. least_V: as trace_of has it. from_s, to_s: the part
    of the run, s.
    """
    if x not in (None, *AXES):
        raise PlotError(f"x = {x!r}: choose one of {', '.join(AXES)}")
    if scale not in (None, "linear", "log"):
        raise PlotError(f"scale = {scale!r}: choose linear or log")
    measured = trace_of(run, least_V=least_V).between(from_s, to_s)
    shown = trace_of(run, parasitic, least_V).between(from_s, to_s)
    known = shown.known
    if known.sum() < 2:
        raise PlotError(
            f"{run.folder}: no conductance to draw: fewer than two samples have a current and more than "
            f"{least_V:g} V over the cell{window('s', from_s, to_s, ' ')}"
        )
    G = shown.conductance
    rows = np.nonzero(known)[0]
    quantized = is_quantized(run)
    plateaus = find_plateaus(shown.time[rows], G[rows], tolerance, share) if quantized else []
    abscissae = [(name, *_abscissa(name, run, shown)) for name in ([x] if x else _driven(run))]
    linear = (scale or ("linear" if np.nanmax(G) >= CONTACT else "log")) == "linear"
    with style.picture(output, style.PAGE_MM, 76) as figure:
        widths = [1.7, 1.0][: len(abscissae)] if len(abscissae) > 1 else [2.7]
        *panels, side = figure.subplots(1, len(abscissae) + 1, sharey=True, width_ratios=[*widths, 0.55])
        _limit(panels[0], G[rows], linear)
        for axes, (name, label, values) in zip(panels, abscissae, strict=True):
            axes.set(xlabel=label, xlim=style.padded(values, 0.0 if name == "time" else 0.03))
            if parasitic is not None:
                axes.plot(values, measured.conductance, color=style.GREY, lw=0.9, label=named(None), zorder=2)
            axes.plot(values, G, color=style.BLUE, lw=1.0, label=named(parasitic), zorder=3)
            for plateau in plateaus:
                part = rows[plateau.first : plateau.last + 1]
                axes.plot(values[part], G[part], color=style.VERMILION, lw=2.4, alpha=0.8, zorder=4)
        if quantized:
            integers((*panels, side))
        if abscissae[0][0] == "time":
            _label(panels[0], plateaus)
        _histogram(side, shown, bins)
        panels[0].set_ylabel("Conductance $G/G_0$")
        if parasitic is not None:
            panels[-1].legend(loc="best")
        for letter, axes in zip("abc", (*panels, side), strict=False):
            style.panel_letter(axes, letter)
    return Drawn([output], words(plateaus, named(parasitic)) if quantized else [NOT_QUANTIZED])


def unfit(run):
    """Why a run gives no such picture, or None."""
    G = trace_of(run).conductance
    if not is_quantized(run):
        return "its law of tunnelling has no quantum of conductance (tunnelling.law: blend and landauer have)"
    if not np.isfinite(G).sum() > 1:
        return "hardly a sample has a current and a voltage"
    top = np.nanmax(G)
    return None if top >= FLOOR else f"its conductance stays below {FLOOR:g} G0 (it is {top:.2g} G0 at most)"


def words(plateaus, name):
    """The plateaus in words, one line each."""
    if not plateaus:
        return [f"no plateaus ({name})"]
    return [f"plateaus ({name}):"] + [
        f"  {in_units(plateau.conductance)} G0 ({style.quantity(plateau.conductance * CONDUCTANCE_QUANTUM, 'S')}) "
        f"from {plateau.start_s:.6g} s to {plateau.end_s:.6g} s"
        for plateau in plateaus
    ]


def in_units(conductance):
    """A conductance in units of G0 as text: 0.98, 14.8."""
    return f"{conductance:.2f}" if 0.095 <= conductance < 9.995 else f"{conductance:.3g}"


def _driven(run):
    """What to draw against by default."""
    return ("time", "current" if is_current_source(run) else "voltage")


def _abscissa(name, run, trace):
    """Label and values (n,) of an axis."""
    if name == "current":
        factor, unit = style.prefixed(np.abs(trace.current).max(), "A")
        return f"Current ({unit})", factor * trace.current
    if name == "voltage" and is_current_source(run):
        return "Cell voltage (V)", trace.voltage
    return LABELS[name], trace.time if name == "time" else trace.source


def _limit(axes, values, linear):
    """Scale and limits of the common axis of the conductance."""
    if linear:
        axes.set_ylim(0, 1.08 * max(values.max(), 1.0))
    else:
        style.log_axis(axes.yaxis, values, DECADES)


def integers(panels):
    """Dashed lines at whole multiples of G0 as far as they can be told apart; in a linear axis its ticks are there.

    panels: share the axis of the conductance, whose limits are set.
    """
    low, high = panels[0].get_ylim()
    whole = np.arange(1, int(min(high, 1e4)) + 1)
    if panels[0].get_yscale() == "log":
        for mantissas in (range(1, 10), (1, 2, 3, 5), (1, 2, 5), (1,)):
            kept = np.array([k * decade for decade in (1, 10, 100, 1000) for k in mantissas])
            kept = kept[kept < 0.99 * high]
            if np.diff(np.log(kept)).min(initial=np.inf) >= CLOSEST * np.log(high / low):
                break
    else:
        every = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if len(whole) <= 15 * step)
        kept = whole[whole % every == 0]
        panels[0].set_yticks([0, *kept])
        panels[0].yaxis.set_minor_locator(MultipleLocator(0.2) if high < FINE else NullLocator())
        kept = kept[kept < 0.99 * high]
    for axes in panels:
        for number in kept:
            axes.axhline(number, color=style.GREY, lw=0.5, ls="--", zorder=1)


def _label(axes, plateaus):
    """The median of each plateau above it, of the longest ones where there are many."""
    longest = sorted(plateaus, key=lambda plateau: plateau.start_s - plateau.end_s)[:MOST_NAMED]
    low, high = axes.get_ylim()
    for plateau in longest:
        if low <= plateau.conductance <= high:
            name_plateau(axes, plateau)


def name_plateau(axes, plateau):
    """The median of a plateau above it, against time; a halo keeps it apart from dashed lines and curves."""
    axes.annotate(
        in_units(plateau.conductance),
        (0.5 * (plateau.start_s + plateau.end_s), plateau.conductance),
        (0, 4),
        textcoords="offset points",
        ha="center",
        fontsize=6.5,
        color=style.VERMILION,
        zorder=5,
        path_effects=[withStroke(linewidth=1.5, foreground="white")],
    )


def _histogram(axes, trace, width):
    """Share of the time at each conductance; in a linear axis it spans that of the contacts where there are any."""
    low, end = axes.get_ylim()
    G = trace.at(np.linspace(trace.time[0], trace.time[-1], SAMPLES)).conductance
    G = G[np.isfinite(G)]
    logarithmic = axes.get_yscale() == "log"
    edges = np.geomspace(low, end, int(PER_DECADE * np.log10(end / low)) + 1) if logarithmic else edges_of(width, end)
    share = 100 * np.histogram(G, edges)[0] / max(len(G), 1)
    axes.stairs(share, edges, orientation="horizontal", color=style.BLUE, fill=True, alpha=0.7, lw=0, zorder=2)
    contacts = 0.0 if logarithmic else share[edges[:-1] >= CONTACT].max(initial=0)
    axes.set(xlabel="Time (%)", xlim=(0, 1.1 * (contacts or share.max(initial=0) or 1.0)))
