"""Results of a study against a varied setting: resistance and radius against the compliance current, or any others."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import NullLocator

from ecmsim.errors import PlotError, ResultsError
from ecmsim.plot import dress, style
from ecmsim.results import open_run
from ecmsim.results.folder import PROVENANCE

if TYPE_CHECKING:
    import pandas as pd

SUMMARY = "summary.csv"
COMPLIANCE, RESISTANCE, RADIUS = "compliance_current_A", "resistance_lrs_ohm", "radius_mean_end_nm"
BAND_V = (0.2, 1.2)  # R I of measured cells lies in between
MOST_SERIES = 6
NAME = "name"  # column of studies that have named cases
SMALL = 0.01  # numbers of a linear axis are written with a power of ten below
COLOURS = (style.BLUE, style.VERMILION, style.GREEN, style.ORANGE, style.PURPLE, style.SKY)
MARKERS = "osD^vP"
LABELS = {
    COMPLIANCE: "Compliance current $I_\\mathrm{CC}$",
    RESISTANCE: "Low-resistance state $R_\\mathrm{LRS}$",
    RADIUS: "Mean radius of the filament",
    "radius_max_end_nm": "Largest radius of the filament",
    "height_end_nm": "Height of the filament",
    "volume_end_nm3": "Volume of the filament",
    "gap_end_nm": "Gap at the end",
    "gap_min_nm": "Smallest gap",
    "temperature_max_K": "Highest temperature",
    "current_max_A": "Largest current",
    "current_end_A": "Current at the end",
    "time_set_s": "Time of SET",
    "voltage_set_V": "Voltage of SET",
    "voltage_reset_V": "Voltage of RESET",
    "current_reset_A": "Current peak of RESET",
    "resistance_hrs_ohm": "High-resistance state $R_\\mathrm{HRS}$",
    "time_rupture_s": "Time until the filament breaks",
    "time_dissolved_s": "Time until it is dissolved",
    "initial_radius_nm": "Radius of the filament at the start",
    "programme_0_to_V": "Voltage",
    "hopping_activation_energy_eV": "Hopping barrier",
    "end_time_s": "Time at the end",
    "wall_s": "Wall time",
}
# What settings are called, by the words of their columns.
SETTINGS = {
    "butler volmer rate constant": "Rate constant $k_0$",
    "butler volmer transfer coefficient": "Transfer coefficient",
    "butler volmer activation energy": "Activation energy of the electron transfer",
    "butler volmer ion concentration": "Concentration of ions",
    "hopping activation energy": "Hopping barrier",
    "hopping distance": "Hopping distance",
    "hopping attempt frequency": "Attempt frequency of hopping",
    "stress energy": "Barrier of the stress",
    "stress template radius": "Template radius of the stress",
    "tunnelling barrier": "Tunnelling barrier",
    "tunnelling effective mass": "Effective mass of tunnelling",
    "dissolution void energy": "Barrier of the void",
    "dissolution void length": "Length of the void's barrier",
    "cell layer thickness": "Thickness of the layer",
    "cell ambient temperature": "Ambient temperature",
    "heat thermal conductivity factor": "Factor of the thermal conductivity",
}
PROPER = {"butler volmer": "Butler–Volmer", "joule": "Joule", "mott gurney": "Mott–Gurney", "simmons": "Simmons"}
LAST_RESULT = "G_after_S"  # of every study; after it comes what the study itself observes
# What to draw by itself against another setting than the compliance current, and what change of it is worth a picture.
OBSERVED = {
    "time_set_s": 0.0,
    RESISTANCE: 0.0,
    "temperature_max_K": style.WARM_K,
    "time_rupture_s": 0.0,
    "time_dissolved_s": 0.0,
    "gap_end_nm": 0.0,
    RADIUS: 0.0,
    "current_end_A": 0.0,
}
VISIBLE = 0.01  # of the largest value: a smaller change is none
MOST_PANELS, MOST_ASKED = 2, 4
UNIT = re.compile(r"_((?:A|V|s|ohm|nm|m|eV|K|S|W|J|g|kg|per)\d?(?:_(?:A|V|s|ohm|nm|m|eV|K|S|W|J|g|kg|mol|per)\d?)*)$")


@dataclass(frozen=True)
class StudyTable:
    """The summary of a study. table: one row a case; varied: its columns that hold the varied settings."""

    folder: Path
    table: "pd.DataFrame"
    varied: tuple

    @property
    def loan(self):
        """Which constants its runs borrow, in a few words for pictures; mostly empty (see Run.loan)."""
        runs = sorted(path.parent for path in self.folder.glob(f"*/{PROVENANCE}"))
        return "; ".join(dict.fromkeys(filter(None, (open_run(folder).loan for folder in runs))))


def open_study(folder):
    """Read the summary in the folder of a study. Raises ResultsError."""
    import pandas as pd

    path = Path(folder) / SUMMARY
    try:
        table = pd.read_csv(path, float_precision="round_trip")
        columns = list(table.columns)
        varied = columns[columns.index("reason") + 1 : columns.index("steps")]
    except FileNotFoundError:
        raise ResultsError(f"{folder} is not the folder of a study: it has no {SUMMARY}") from None
    except (OSError, ValueError) as error:
        raise ResultsError(f"cannot read {path}: {error}") from error
    return StudyTable(Path(folder), table, tuple(varied))


def draw(run, output, x=None, y=None, fit=None, fit_from=None, fit_to=None, measured=()):
    """Draw results of a study (a StudyTable) against a varied setting. Returns [output].

    x: column of the summary (default: the compliance current, or else the first varied number). y: columns, a list or
    text with commas (default: what the study observes; else resistance and radius against the compliance current, and
    against other settings what changes with them, the time of SET and the resistance first). Cases that differ in other
    settings are told apart by colour. Only finished cases are drawn.
    fit: "power" (y ~ x^n) or "exponential" (a decade of y for so much x), by least squares of log y over the cases with
    fit_from <= x <= fit_to, for each line. measured: Points of the same x and y to draw beside, in the first panel.
    """
    if fit not in (None, "power", "exponential"):
        raise PlotError(f'fit = "{fit}": choose power or exponential')
    done = run.table[run.table["status"] == "finished"]
    x = x or default_x(run, done)
    y = default_y(done, x) if y is None else y
    wanted = [name.strip() for name in y.split(",")] if isinstance(y, str) else list(y)
    for name in (x, *wanted):
        if name not in done.columns or done[name].dtype.kind not in "fiu":
            numbers = [column for column in done.columns if done[column].dtype.kind in "fiu"]
            raise PlotError(f"{run.folder}: no numbers {name!r} to draw: choose from {', '.join(numbers)}")
    shown = [name for name in wanted if done[[x, name]].notna().all(axis=1).sum() >= 1]
    if not shown:
        raise PlotError(f"{run.folder}: no finished case has a value of {' or '.join(wanted)}")
    width = style.COLUMN_MM if len(shown) == 1 else style.PAGE_MM
    rows = -(-len(shown) // 2)
    with style.picture(output, width, 70 * rows) as figure:
        panels = np.ravel(figure.subplots(rows, min(len(shown), 2), squeeze=False))
        for axes in panels[len(shown) :]:
            axes.remove()
        for number, (axes, name) in enumerate(zip(panels, shown, strict=False)):
            panel(axes, run, done, x, name, (fit, fit_from, fit_to) if fit else None)
            if len(shown) > 1:
                style.panel_letter(axes, "abcdefghijklmnopqrstuvwxyz"[number % 26])
            if not number and measured:
                mark_measured(axes, measured)
        if x == COMPLIANCE and RESISTANCE in shown:
            band(panels[shown.index(RESISTANCE)])
    return [output]


def asked(run, x=None, y=None):
    """Units ("V", "A", "s", "ohm" or "") of what a picture shows by the options x and y: for measurements."""
    done = run.table[run.table["status"] == "finished"]
    x = x or default_x(run, done)
    y = default_y(done, x) if y is None else y
    names = [name.strip() for name in y.split(",")] if isinstance(y, str) else list(y)
    if len(names) > 1:
        raise PlotError(f"measurements go with one y, not with {' and '.join(names)}: choose with -o y={names[0]}")
    units = [split(name)[1].replace("Ω", "ohm") for name in (x, names[0])]
    return [unit if unit in ("V", "A", "s", "ohm") else "" for unit in units]


def mark_measured(axes, measured):
    """Measured points (Points) as open marks, inside the limits of the axes, which grow where they must."""
    for number, points in enumerate(measured):
        look = {"ls": "", "marker": MARKERS[number % len(MARKERS)], "mfc": "none", "mec": style.BLACK, "mew": 0.7}
        axes.plot(points.x, points.y, ms=4.0, zorder=4, label=Path(points.file).stem, **look)
    for axis, name in ((axes.xaxis, "x"), (axes.yaxis, "y")):
        values = np.concatenate([line.get_data()[name == "y"] for line in axes.get_lines()]).astype(float)
        values = values[np.isfinite(values) & ((values > 0) | (axis.get_scale() == "linear"))]
        if len(values):
            scale(axis, values, axis.get_scale() == "log" or None)
    axes.legend(loc="best")


def default_x(run, done):
    """The column to draw against."""
    numbers = [name for name in run.varied if done[name].dtype.kind in "fiu" and done[name].nunique() > 1]
    if not numbers:
        raise PlotError(f"{run.folder}: fewer than two finished cases that differ in a number: nothing to draw")
    return COMPLIANCE if COMPLIANCE in numbers else numbers[0]


def default_y(done, x):
    """The columns to draw against a column."""
    columns = list(done.columns)
    asked = columns[columns.index(LAST_RESULT) + 1 :] if LAST_RESULT in columns else []
    asked = [name for name in asked if done[name].dtype.kind in "fiu" and done[name].notna().any()]
    if asked:
        return asked[:MOST_ASKED]
    if x == COMPLIANCE:
        return [RESISTANCE, RADIUS]

    def changes(name, least):
        values = done[name].dropna() if name in columns and done[name].dtype.kind in "fiu" else []
        return len(values) > 1 and np.ptp(values) > max(least, VISIBLE * np.abs(values).max())

    return [name for name, least in OBSERVED.items() if changes(name, least)][:MOST_PANELS] or [RESISTANCE, RADIUS]


def panel(axes, run, done, x, y, fitting=None):
    """One result against the varied setting, a line for each combination of the other settings.

    fitting: kind and range of a fit, see `draw`; its lines then take the place of those from point to point.
    """
    done = done[done[[x, y]].notna().all(axis=1)]
    scale(axes.xaxis, done[x], {"power": True, "exponential": False}.get(fitting[0]) if fitting else None)
    scale(axes.yaxis, done[y], True if fitting else None)
    others = [name for name in run.varied if name != x and done[name].nunique(dropna=False) > 1]
    if NAME in others and done[NAME].fillna("").astype(bool).all():  # which stands for all settings of a case
        others = [NAME]
    groups = list(done.groupby(others, dropna=False, sort=True)) if others else [((), done)]
    if len(groups) > MOST_SERIES:  # a sample, or too many to tell apart
        named = draw_fit(axes, done, x, y, *fitting, style.BLUE) if fitting else None
        axes.plot(done[x], done[y], ls="", marker="o", color=style.BLUE, mec="white", mew=0.4, zorder=3, label=named)
        groups = []
    for number, (values, group) in enumerate(groups):
        group = group.sort_values(x)
        named = [f"{label(name, False)} {told(name, value)}" for name, value in zip(others, values, strict=True)]
        if others == [NAME]:
            named = [str(values[0]).replace("_", " ")]
        if fitting:
            named.append(draw_fit(axes, group, x, y, *fitting, dress.colour(number, COLOURS)))
        axes.plot(
            group[x],
            group[y],
            color=dress.colour(number, COLOURS),
            marker=MARKERS[number],
            mec="white",
            mew=0.4,
            ms=4.5,
            lw=1.0,
            ls="" if fitting else "-",
            zorder=3,
            label=", ".join(named) or None,
        )
    if len(groups) > 1 or fitting:
        axes.legend(loc="best")
    axes.set(xlabel=label(x), ylabel=label(y))


def fitted(done, x, y, kind, low=None, high=None):
    """Least-squares line of log10 y over log10 x (kind "power") or x: positions (n,), slope with its error, offset."""
    known = done[done[x].notna() & (done[y] > 0)]
    known = known[known[x].between(-np.inf if low is None else low, np.inf if high is None else high)]
    position = known[x].to_numpy(float)
    if len(position) < 3 or (kind == "power" and not (position > 0).all()):
        raise PlotError(f"a fit of {y} needs three finished cases at least, and a power law positive {x}")
    abscissa = np.log10(position) if kind == "power" else position
    (slope, offset), covariance = np.polyfit(abscissa, np.log10(known[y].to_numpy(float)), 1, cov="unscaled")
    deviation = np.log10(known[y].to_numpy(float)) - slope * abscissa - offset
    error = np.sqrt(covariance[0, 0] * (deviation**2).sum() / max(len(position) - 2, 1))
    return np.sort(position), slope, error, offset


def draw_fit(axes, cases, x, y, kind, low, high, colour):
    """Draw the fitted line and return its exponent, or how much x makes a decade, as text."""
    position, slope, error, offset = fitted(cases, x, y, kind, low, high)
    line = np.geomspace if kind == "power" else np.linspace
    line = line(position[0], position[-1], 50)
    value = 10 ** (slope * (np.log10(line) if kind == "power" else line) + offset)
    axes.plot(line, value, color=colour, lw=1.0, ls="--", zorder=2)
    if kind == "power":
        return f"exponent {slope:.2f} ± {error:.2f}"
    step, unit = abs(1 / slope), split(x)[1]
    return f"{style.quantity(step, unit) if unit in ('A', 'V', 's') else f'{step:.3g} {unit}'} a decade"


def scale(axis, values, logarithmic=None):
    """Logarithmic (None: where positive values span more than a decade) or linear; a margin on both sides."""
    values = np.asarray(values, dtype=float)
    limits = {"x": axis.axes.set_xlim, "y": axis.axes.set_ylim}[axis.axis_name]
    if logarithmic is None:
        logarithmic = (values > 0).all() and values.max() > 10 * values.min()
    if logarithmic:
        {"x": axis.axes.set_xscale, "y": axis.axes.set_yscale}[axis.axis_name]("log")
        low, high = style.padded(np.log10(values), 0.06)
        limits(10**low, 10**high)
        if values.max() < 4 * values.min():  # no power of ten to be seen
            ticks = np.unique(values) if len(np.unique(values)) < 9 else np.geomspace(values.min(), values.max(), 5)
            axis.set_ticks(ticks, [f"{tick:.3g}" for tick in ticks])
            axis.set_minor_locator(NullLocator())
    else:
        limits(*style.padded(values, 0.08))
        style.round_ticks(axis)
        if 0 < abs(values).max() < SMALL:
            axis.axes.ticklabel_format(axis=axis.axis_name, style="sci", scilimits=(0, 0))


def band(axes):
    """Where resistance times compliance current is that of measured cells; drawn last, when all else has its place."""
    current = np.array(axes.get_xlim())
    low, high = axes.get_ylim()
    edges = [voltage / current for voltage in BAND_V]
    axes.set_ylim(min(low, 0.8 * edges[0].min()), max(high, 1.25 * edges[1].max()))
    axes.fill_between(current, *edges, color=style.GREY, alpha=0.12, lw=0, zorder=0)
    for edge in edges:
        axes.plot(current, edge, color=style.GREY, ls="--", lw=0.8, zorder=1)
    middle = np.sqrt(current.prod())
    axes.figure.draw_without_rendering()  # fixes the layout, and with it the slope as drawn
    ends = axes.transData.transform(np.stack([current, BAND_V[1] / current], axis=1))
    slope = np.degrees(np.arctan2(*(ends[1] - ends[0])[::-1]))
    axes.annotate(
        f"$R_\\mathrm{{LRS}}\\,I_\\mathrm{{CC}}$ = {BAND_V[0]:g} V … {BAND_V[1]:g} V",
        (middle, BAND_V[1] / middle),
        xytext=(3, 3),
        textcoords="offset points",
        ha="center",
        va="bottom",
        rotation=slope,
        rotation_mode="anchor",
        color=style.GREY,
    )


def split(column):
    """A column's name as words and unit: ("programme 0 rate", "V/s")."""
    match = UNIT.search(column)
    words = column[: match.start()] if match else column
    unit = match[1] if match else ""
    unit = re.sub(r"_?per_", "/", unit).replace("_", " ").replace("ohm", "Ω")
    unit = re.sub(r"(?<=[a-zA-Z])([23])", lambda power: "²³"[int(power[1]) - 2], unit)
    return words.replace("_", " "), unit


def label(column, unit=True):
    """A column as the label of an axis."""
    words, measured = split(column)
    text = LABELS.get(column) or SETTINGS.get(words)
    if text is None:
        for name, proper in PROPER.items():
            words = words.replace(name, proper)
        text = words[:1].upper() + words[1:]
    if not unit:
        return words if words in text or "$" in text else text[:1].lower() + text[1:]
    return f"{text} ({measured})" if measured else text


def told(column, value):
    """A value of a column with its unit."""
    unit = split(column)[1]
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return str(value)
    return style.quantity(value, unit) if unit in ("A", "V", "s", "Ω", "V/s") else f"{value:.3g} {unit}".rstrip()
