"""The one look of all pictures: sizes of a journal's columns, fonts, colours, units, and how to save them."""

from contextlib import contextmanager
from contextvars import ContextVar

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from ecmsim.errors import PlotError, ResultsError
from ecmsim.plot import dress, note
from ecmsim.plot.numbers import write_numbers
from ecmsim.results.cycles import find_cycles, is_bipolar
from ecmsim.text import prefixed, quantity  # noqa: F401  (part of the style)

COLUMN_MM, PAGE_MM = 89.0, 183.0
DPI = 300
WARM_K = 5.0  # a smaller rise of the temperature is not worth a colour scale or an inset
SUFFIXES = (".png", ".pdf", ".svg")
TIMES = ("log", "linear")
LATE = 20.0  # times the median time of the steps: a run that lasts longer is shown in log time
CHANGE = 0.01  # of what a quantity has at most: a smaller change is not visible
MOST_NAMED = 6  # cycles that are told apart by name

# Okabe and Ito's palette, safe for all kinds of colour vision.
BLACK, ORANGE, SKY, GREEN, BLUE, VERMILION, PURPLE = (
    "#000000",
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#0072B2",
    "#D55E00",
    "#CC79A7",
)
GREY = "#7F7F7F"
# Events of events.csv that pictures mark.
EVENT_MARKS = {
    "RESET onset": {"marker": "v", "color": ORANGE, "ms": 5.0},
    "rupture": {"marker": "X", "color": VERMILION, "ms": 5.5},
    "full dissolution": {"marker": "o", "color": SKY, "ms": 4.5},
}
REGIME_MEANING = {"A": "gap closes", "B": "side growth", "C": "thermal jump"}
MOMENT_MEANING = {"Γ": "vertical growth stops", "Y": "compliance reached", "Λ": "no visible growth from here on"}
REGIME_COLOURS = {"A": BLUE, "B": GREEN, "C": VERMILION}
MATERIAL_COLOURS = {0: "#9AA3AD", 1: "#B87333", 2: "#EAF2F8", 3: "#D8A47F"}
# Fills under outlines.
FILLS = {"filament": "#F4BE84", "layer": "#E6F0F8", "active electrode": "#B9A7B8", "counter electrode": "#B4BBC2"}
# For lit surfaces: pale where cold, so that shading shows the shape, then darker with heat.
HEAT = ["#C9CFD6", "#F2C57C", "#E8743B", "#B2182B", "#67001F"]

CURRENT = ["#F1EED8", "#B5D9B0", "#55B3BC", "#2474A8", "#172F6B"]  # likewise, for logarithms of currents
HOT = ["#33406B", "#74407F", "#B83A5C", "#E4632E", "#F6A724", "#FFF2A8"]  # glowing, for bodies between electrodes
POTENTIAL = ["#F2E9D0", "#C9BE86", "#8C9A79", "#4F6F7F", "#1F3E6B"]
BIAS = ["#08519C", "#6BAED6", "#D3D8DC", "#FDAE6B", "#B30000"]  # the sign of the source's voltage, in all pictures
NEGATIVE, POSITIVE = BIAS[0], BIAS[-1]

SETTINGS = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 7.5,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.2,
    "lines.markersize": 3.5,
    "legend.frameon": False,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "mathtext.fontset": "dejavusans",
    "pdf.fonttype": 42,
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
    "axes.formatter.useoffset": False,
}


# Columns that a run has numbers for in all steps.
NEEDED = (
    "time_s",
    "source_voltage_V",
    "cell_voltage_V",
    "current_A",
    "gap_nm",
    "height_nm",
    "radius_max_nm",
    "radius_mean_nm",
    "volume_nm3",
    "temperature_max_K",
)


_written = ContextVar("written", default=None)  # where numbers of pictures are written: the paths so far


@contextmanager
def numbers_too(wanted=True):
    """Within the block each picture writes the numbers of its curves beside itself, as a CSV, if so wanted.

    Gives the list of these files."""
    token = _written.set([] if wanted else None)
    try:
        yield _written.get()
    finally:
        _written.reset(token)


@contextmanager
def picture(output, width_mm, height_mm, layout="constrained"):
    """A matplotlib Figure of a size in mm, in the house style, saved to output when the block ends."""
    if output.suffix.lower() not in SUFFIXES:
        raise PlotError(f"cannot draw {output}: its name must end in {', '.join(SUFFIXES)}")
    with matplotlib.rc_context(dress.settings(SETTINGS)):
        figure = Figure(figsize=(dress.width(width_mm) / 25.4, height_mm / 25.4), layout=layout)
        yield figure
        note.write(figure)
        if _written.get() is not None:
            _written.get().append(write_numbers(figure, output.with_suffix(".csv")))
        try:
            output.parent.mkdir(parents=True, exist_ok=True)
            figure.savefig(output)
        except OSError as error:
            raise PlotError(
                f"cannot write {output}: {error.strerror or error}; choose another place with --out"
            ) from error


def positive(values):
    """Values for a logarithmic axis: what is not above zero becomes nan."""
    values = np.asarray(values, dtype=float)
    return np.where(values > 0, values, np.nan)


def log_axis(axis, values, decades=16):
    """Make one axis (axes.xaxis or axes.yaxis) logarithmic around values: whole decades, the highest ones."""
    values = positive(values)
    low, high = (-1, 0) if np.isnan(values).all() else np.log10([np.nanmin(values), np.nanmax(values)])
    bottom, top = np.floor(low + 1e-9), max(np.ceil(high - 1e-9), np.floor(low + 1e-9) + 1)
    bottom = max(bottom, top - decades)
    limits = {"x": axis.axes.set_xlim, "y": axis.axes.set_ylim}[axis.axis_name]
    {"x": axis.axes.set_xscale, "y": axis.axes.set_yscale}[axis.axis_name]("log")
    limits(10.0**bottom, 10.0 ** (top + 0.3 if top - high < 0.2 else top))


def round_ticks(axis):
    """Ticks at multiples of 1, 2 or 5, a handful of them."""
    axis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))


def require_steps(run, least=2):
    """The time series of a run, or ResultsError where it is too short to draw."""
    series = run.timeseries
    if len(series) < least:
        raise ResultsError(f"{run.folder} has {len(series)} steps so far: nothing to draw yet")
    column = {name: series[name].to_numpy(float) for name in series}
    for name in NEEDED:
        bad = np.nonzero(~np.isfinite(column[name]))[0]
        if len(bad):
            raise ResultsError(
                f"{run.folder}: timeseries.csv has no number for {name} in line {bad[0] + 2}: nothing can be drawn"
            )
    return column


def title_of(run):
    """The title of a run, or else the name of its folder; with the note that its pictures bear."""
    title = run.config.get("title") or run.folder.name
    return f"{title} ({note.told()})" if note.told() else title


def is_cyclic(run):
    """Whether a run has more to show than one SET: negative bias, or several cycles."""
    return is_bipolar(run) or len(find_cycles(run)) > 1


def is_pulsed(run):
    """Whether the programme of a run has pulses."""
    return any(step.get("kind", "").startswith("pulse") for step in run.config.get("programme", []))


def is_late(time):
    """Whether steps at times (n,) in s end so late that they want a logarithm."""
    return time[-1] > LATE * np.median(time)


def checked_time(time):
    """The option time of a picture: "log", "linear" or None. Raises PlotError."""
    if time not in (None, *TIMES):
        raise PlotError(f"time = {time!r}: choose one of {', '.join(TIMES)}")
    return time


def first_change(time, values):
    """First time (s) at which values (n,) differ visibly from what they were; the first positive one at least."""
    values = np.asarray(values, dtype=float)
    changed = (np.abs(values - values[0]) > CHANGE * np.abs(values).max()) & (time > 0)
    rows = np.nonzero(changed)[0]
    return float(time[rows[0]] if len(rows) else time[time > 0][0])


def cycle_lines(run):
    """How to draw the cycles: (name or None, steps as a slice, look for axes.plot), in the order of drawing.

    Later ones lie above earlier ones and are thinner, so that cycles that agree are all seen. What belongs to no
    cycle is grey. With many cycles only some have names.
    """
    time = run.timeseries["time_s"].to_numpy(float)
    cycles = find_cycles(run)
    n = len(cycles)
    named = set(np.unique(np.linspace(0, n - 1, min(n, MOST_NAMED)).round()).astype(int))
    colours = matplotlib.colormaps[dress.colormap()](np.linspace(0.0, 0.88, n))
    widths = np.linspace(2.2, 0.9, n) if n <= MOST_NAMED else np.full(n, 0.9)
    lines = []
    if cycles[0].start > time[0] or cycles[-1].end < time[-1]:
        lines.append((None, slice(0, len(time)), {"color": GREY, "lw": 0.9, "zorder": 2}))
    for k, (cycle, colour, width) in enumerate(zip(cycles, colours, widths, strict=True)):
        name = f"cycle {cycle.number}" if k in named else None
        lines.append((name, cycle.rows(time), {"color": colour, "lw": width, "zorder": 2.5 + k / n}))
    return lines


def event_times(run, name, start=-np.inf, end=np.inf):
    """Times (s) of the events of a name, within a span."""
    events = run.events
    at = events["time_s"][events["event"] == name].to_numpy(float)
    return at[(at >= start) & (at <= end)]


def mark_events(axes, run, values):
    """Markers at the events of EVENT_MARKS on a curve of values (n,) against time, named for a legend."""
    time = run.timeseries["time_s"].to_numpy(float)
    for name, look in EVENT_MARKS.items():
        at = event_times(run, name)
        if len(at):
            at_curve = np.interp(at, time, values)
            axes.plot(at, at_curve, ls="", mec="white", mew=0.5, zorder=5, clip_on=False, label=name, **look)


def padded(values, share=0.05, least=1e-3):
    """Limits around values with a margin on both sides, never of zero width."""
    values = np.asarray(values, dtype=float)
    low, high = np.nanmin(values), np.nanmax(values)
    margin = max(share * (high - low), least * max(abs(high), abs(low)), 1e-30)
    return low - margin, high + margin


def regime_parts(run):
    """The regimes as (letter, slice of the steps); the step on either side of a boundary belongs to both."""
    time = run.timeseries["time_s"].to_numpy()
    return [
        (
            letter,
            slice(max(int(np.searchsorted(time, start, "right")) - 1, 0), int(np.searchsorted(time, end)) + 1),
        )
        for letter, start, end in run.regimes.spans()
    ]


def shade_regimes(axes, run):
    """Shade the regimes along a time axis, inside its limits; letters above the frame where there is room."""
    low, high = axes.get_xlim()
    for letter, start, end in run.regimes.spans():
        start, end = max(start, low), min(end, high)
        if end <= start:
            continue
        axes.axvspan(start, end, color=REGIME_COLOURS[letter], alpha=0.13, lw=0, zorder=0)
        left, right = share_of(axes, [start, end])
        if right - left > 0.02:
            axes.annotate(
                letter,
                (0.5 * (left + right), 1),
                xycoords="axes fraction",
                xytext=(0, 2),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontweight="bold",
                color=REGIME_COLOURS[letter],
            )


def share_of(axes, x):
    """Where values (n,) lie along the horizontal axis, as shares of its length."""
    x = np.asarray(x, dtype=float)
    drawn = axes.transData.transform(np.stack([x, np.full_like(x, np.mean(axes.get_ylim()))], axis=1))
    return axes.transAxes.inverted().transform(drawn)[:, 0]


def switching_window(run, time, margin=0.6):
    """The times around the end of the gap's closing, (start, end) s, or None where it has not closed."""
    found = run.regimes
    start = found.gamma_time if found.gamma_time is not None else found.a_b and found.a_b.time_s
    if start is None:
        return None
    end = found.y_time if found.y_time is not None else found.peak_time
    span = max(end - start, min(0.01 * (time[-1] - time[0]), 0.05 * start))
    return max(start - margin * span, time[0]), min(start + span + margin * span, time[-1])


def milestones(run):
    """Gamma, Y and Lambda as (symbol, time in s), those that were found."""
    found = run.regimes
    named = [("Γ", found.gamma_time), ("Y", found.y_time), ("Λ", found.lambda_time)]
    return [entry for entry in named if entry[1] is not None]


def explained(run, moments=True):
    """Handles for a legend that says what the regimes of a run are, and its moments Gamma, Y, Lambda."""
    handles = [
        Patch(color=REGIME_COLOURS[letter], alpha=0.3, lw=0, label=f"{letter}  {REGIME_MEANING[letter]}")
        for letter, *_ in run.regimes.spans()
    ]
    look = {"ls": "", "marker": "o", "color": BLACK, "ms": 2.8}
    named = milestones(run) if moments else []
    return handles + [Line2D([], [], label=f"{name}  {MOMENT_MEANING[name]}", **look) for name, _ in named]


def legend_below(figure, handles):
    """A legend below the panels, in rows as long as the figure is wide."""
    width = figure.get_figwidth() * 25.4
    room = max(int(width / (1.3 * max((len(handle.get_label()) for handle in handles), default=1) + 8)), 1)
    look = {"columnspacing": 1.2, "handlelength": 1.3, "handletextpad": 0.5}
    most = (3 if len(handles) > 4 else 4) if width > COLUMN_MM + 1 else 2
    figure.legend(handles=handles, loc="outside lower center", ncols=min(most, room), **look)


def told_moments(names):
    """What the moments of these names are, in one line."""
    return ",  ".join(f"{name} {MOMENT_MEANING[name]}" for name in names if name in MOMENT_MEANING)


def apart(places, names, least):
    """The names to write at places (n,) in rising order: those too close to the same name before them are left out."""
    last, kept = {}, []
    for place, name in zip(places, names, strict=True):
        close = name in last and place - last[name] < least
        kept.append("" if close else name)
        if not close:
            last[name] = place
    return kept


def spread(positions, least):
    """Positions in rising order, moved up where needed so that neighbours are at least so far apart."""
    places = []
    for position in positions:
        places.append(max(position, places[-1] + least) if places else position)
    return places


def inset_place(window, time, top):
    """Where to put an inset of a window of the time axis: left or right of it, its upper edge at top."""
    share = (window[0] - time[0]) / (time[-1] - time[0])
    return [0.56 if share < 0.5 else 0.1, top - 0.5, 0.41, 0.5]


def is_free(axes, place, x, y, margin=0.08):
    """Whether a curve leaves room for an inset and its labels at a place (left, bottom, width, height)."""
    drawn = axes.transAxes.inverted().transform(axes.transData.transform(np.stack([x, y], axis=1)))
    along = np.linspace(0, 1, 20)[:, None, None]
    line = (1 - along) * drawn[:-1] + along * drawn[1:]
    left, bottom, width, height = place
    inside = (line > [left - margin, bottom - margin]) & (line < [left + width, bottom + height + margin])
    return not inside.all(axis=-1).any()


def trim_height(figure, margin=0.04):
    """Make a figure of panels in equal scale only as high as what it holds, plus a margin (inches) on either side."""
    figure.draw_without_rendering()
    held = figure.get_tightbbox()
    figure.set_figheight(min(figure.get_figheight(), held.height + 2 * margin))


def panel_letter(axes, letter):
    """A bold letter outside the upper left corner of a panel."""
    axes.annotate(
        letter,
        (0, 1),
        xycoords="axes fraction",
        xytext=(-24, 3),
        textcoords="offset points",
        fontweight="bold",
        fontsize=9,
        ha="left",
        va="bottom",
    )
