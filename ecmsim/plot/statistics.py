"""Pictures of many cells and cycles: distributions with their fits, Weibull plots, violins, spike timing, random bits.

They are drawn from cycles.csv and pulses.csv of a study, which have a row for each cycle and pulse of every case; the
first three also from those of one run.
Points of a distribution stand at (k - 0.3)/(n + 0.4) of n, Benard's median ranks.
"""

import numpy as np
from matplotlib.ticker import NullLocator

from ecmsim.errors import PlotError, ResultsError
from ecmsim.plot import dress, style
from ecmsim.plot.curves import COLOURS, MARKERS
from ecmsim.plot.distributions import SHOWN
from ecmsim.plot.study import split
from ecmsim.plot.trace import Drawn
from ecmsim.results.folder import CYCLES, PULSES
from ecmsim.results.reader import Run
from ecmsim.switching.statistics import bits_of, fit_normal, fit_weibull, ranks

LABELS = {name: text for name, (text, _) in SHOWN.items()} | {
    "t_SET_s": "SET time $t_\\mathrm{SET}$ (s)",
    "I_RESET_A": "RESET current $I_\\mathrm{RESET}$ (A)",
    "E_SET_J": "SET energy (J)",
    "E_RESET_J": "RESET energy (J)",
}
SIGNED = ("V_SET_V", "V_RESET_V", "I_RESET_A")  # the others are sizes, and lognormal


def table_of(study, file=CYCLES):
    """A table of a study (a StudyTable), or of a Run, with a row for each cycle or pulse. Raises ResultsError where it
    has none."""
    import pandas as pd

    if isinstance(study, Run):
        found = {CYCLES: study.cycles, PULSES: study.pulses}[file] if len(study.timeseries) else ()
        if not len(found):
            raise ResultsError(f"{study.folder} has no {file.removesuffix('.csv')}: nothing to draw")
        return found
    path = study.folder / file
    if not path.is_file():
        what = file.removesuffix(".csv")
        raise ResultsError(f"{study.folder} has no {file}: its runs have no {what} (ecmsim sweep writes it)")
    return pd.read_csv(path, comment="#", float_precision="round_trip")


def _own():
    """The colour of what was simulated."""
    return dress.colour(0, COLOURS)


def columns_of(table, of, usual):
    """The columns that are asked for, a list or text with commas; else those of `usual` that hold numbers."""
    wanted = [name.strip() for name in of.split(",")] if isinstance(of, str) else list(of or ())
    for name in wanted:
        if name not in table or table[name].dtype.kind not in "iuf":
            known = ", ".join(key for key in table if table[key].dtype.kind in "iuf")
            raise PlotError(f"of = {name}: there is no such column of numbers; there are {known}")
    found = wanted or [name for name in usual if name in table and table[name].notna().sum() > 1]
    if not found:
        raise PlotError("no cycle has a SET or a RESET by these definitions: nothing to draw")
    return found


def _values(table, name):
    values = np.asarray(table[name] if name in table else [], float)
    values = values[np.isfinite(values)]
    return values if name in SIGNED else np.abs(values)


def _label(name, values=()):
    """The label of a column's axis, and the factor from the column to its unit, which fits the values (n,)."""
    words, unit = split(name)
    text = LABELS.get(name) or (f"{words} ({unit})" if unit else words)
    if unit not in ("Ω", "J", "s", "A") or not len(values):
        return text, 1.0
    factor, prefixed = style.prefixed(np.abs(values).max(), unit)
    return text.replace(f"({unit})", f"({prefixed})"), factor


def cdf(run, output, of=None, resamples=500, measured=()):
    """Cumulative distributions with normal (voltages, currents) or lognormal fits and their 95 % bands.

    run: a StudyTable; of: columns of cycles.csv; resamples: of the bootstrap that makes the bands; measured:
    Recordings or CycleTables, drawn as marks."""
    table = table_of(run)
    names = columns_of(table, of, SHOWN)
    rows, words = -(-len(names) // 2), []
    with style.picture(output, style.PAGE_MM if len(names) > 1 else style.COLUMN_MM, 66 * rows) as figure:
        panels = np.ravel(figure.subplots(rows, min(len(names), 2), squeeze=False))
        for axes in panels[len(names) :]:
            axes.remove()
        for number, (axes, name) in enumerate(zip(panels, names, strict=False)):
            values = np.sort(_values(table, name))
            log = name not in SIGNED and (values > 0).all()
            label, factor = _label(name, values)
            axes.plot(
                factor * values,
                100 * ranks(len(values)),
                ".",
                color=_own(),
                ms=4,
                label="simulated",
                zorder=3,
            )
            fit = fit_normal(values, log, resamples)
            if fit is not None:
                x, share, low, high = fit.curve()
                x = factor * x
                axes.fill_between(x, 100 * low, 100 * high, color=_own(), alpha=0.2, lw=0, label="95 % band")
                axes.plot(
                    x,
                    100 * share,
                    color=_own(),
                    lw=1.0,
                    label="lognormal fit" if log else "normal fit",
                )
                words.append(f"{name}: n = {len(values)}, {fit.words()}")
            for k, (title, own) in enumerate(_beside(measured, name)):
                look = {"mfc": "none", "mec": style.BLACK, "ls": "", "ms": 3, "marker": MARKERS[k % len(MARKERS)]}
                axes.plot(factor * own, 100 * ranks(len(own)), label=title, **look)
            if log and values.max() > 3 * values.min():
                axes.set_xscale("log")
            axes.set(xlabel=label, ylabel="Cumulative share (%)", ylim=(0, 100))
            if len(names) > 1:
                style.panel_letter(axes, "abcdefghij"[number % 10])
        found = [line for axes in panels[: len(names)] for line in axes.get_legend_handles_labels()[0]]
        handles = {line.get_label(): line for line in found}
        style.legend_below(figure, list(handles.values()))
    return Drawn([output], words)


def weibull(run, output, of="V_SET_V", resamples=500, measured=()):
    """Weibull plots, ln(-ln(1 - F)) over a logarithmic axis, with the fit by maximum likelihood and its 95 % band.

    of: columns of cycles.csv, sizes of which are drawn; cycles that have not switched count as not switched yet (at the
    largest voltage or time of the others: censored). run, resamples, measured: as of cdf."""
    table = table_of(run)
    names, words = columns_of(table, of, ("V_SET_V",)), []
    with style.picture(output, style.COLUMN_MM if len(names) == 1 else style.PAGE_MM, 76) as figure:
        panels = np.ravel(figure.subplots(1, len(names), squeeze=False))
        for number, (axes, name) in enumerate(zip(panels, names, strict=True)):
            values = np.sort(np.abs(_values(table, name)))
            values = values[values > 0]
            missing = len(table) - len(values)
            share = ranks(len(values), missing)
            label, factor = _label(name, values)
            axes.plot(
                factor * values,
                np.log(-np.log1p(-share)),
                ".",
                color=_own(),
                ms=4,
                label="simulated",
                zorder=3,
            )
            fit = fit_weibull(values, missing, resamples)
            if fit is not None:
                x, middle, low, high = fit.curve()
                x = factor * x
                axes.fill_between(x, low, high, color=_own(), alpha=0.2, lw=0, label="95 % band")
                axes.plot(x, middle, color=_own(), lw=1.0, label="maximum likelihood")
                axes.annotate(f"$\\beta$ = {fit.shape:.3g}", (0.05, 0.92), xycoords="axes fraction", va="top")
                words.append(f"{name}: n = {len(values)} + {missing} not switched, {fit.words()}")
            for k, (title, own) in enumerate(_beside(measured, name)):
                own = factor * np.abs(own)
                look = {"mfc": "none", "mec": style.BLACK, "ls": "", "ms": 3, "marker": MARKERS[k % len(MARKERS)]}
                axes.plot(np.sort(own), np.log(-np.log1p(-ranks(len(own)))), label=title, **look)
            axes.set(xscale="log", xlabel=label)
            axes.set(ylabel="ln(−ln(1 − F))")
            if values.max() < 10 * values.min():
                ticks = factor * np.linspace(values.min(), values.max(), 5)
                axes.set_xticks(ticks, [f"{tick:.3g}" for tick in ticks])
                axes.xaxis.set_minor_locator(NullLocator())
            if len(names) > 1:
                style.panel_letter(axes, "abcdefghij"[number % 10])
        style.legend_below(figure, panels[0].get_legend_handles_labels()[0])
    return Drawn([output], words)


def violin(run, output, of=None, by=None, measured=()):
    """Violins with medians and quartiles, over the cycles or over a varied setting; of one run one of all its cycles.

    of: columns of cycles.csv; by: "cycle" (the default where there are several) or a column of the varied settings;
    run, measured: as of cdf."""
    table = table_of(run)
    names = columns_of(table, of, SHOWN)
    if isinstance(run, Run) and by is None:
        table, by = table.assign(cycles=len(table)), "cycles"
    by = by or ("cycle" if table["cycle"].nunique() > 1 else _varied(run, table))
    if by not in table:
        raise PlotError(f"by = {by}: there is no such column; there are {', '.join(table)}")
    groups = [(key, part) for key, part in table.groupby(by)]
    if len(groups) > 60:
        raise PlotError(f"by = {by}: has {len(groups)} values, too many for violins; choose another column")
    words = []
    alone = len(groups) == 1 and not len(measured)
    with style.picture(output, style.PAGE_MM, 62 if alone else 52 * len(names)) as figure:
        shape = (1, len(names)) if alone else (len(names), 1)
        panels = np.ravel(figure.subplots(*shape, squeeze=False, sharex=True))
        for number, (axes, name) in enumerate(zip(panels, names, strict=True)):
            log = name not in SIGNED
            for place, (key, part) in enumerate(groups):
                _one(axes, place, _values(part, name), log, _own())
                words += [f"{name}, {by} = {key}: median {np.median(_values(part, name)):.4g}"] if len(part) else []
            for k, (label, own) in enumerate(_beside(measured, name)):
                _one(axes, len(groups) + k, own, log, style.GREY)
                axes.annotate(label, (len(groups) + k, own.max()), ha="center", va="bottom", fontsize=6)
            axes.set(ylabel=_label(name)[0])
            if log:
                axes.set_yscale("log")
            style.panel_letter(axes, "abcdefghij"[number % 10])
        every = max(len(groups) // 20, 1)
        ticks = range(0, len(groups), every)
        whole = by in ("cycle", "cycles")
        for axes in panels if alone else panels[-1:]:
            axes.set_xticks(ticks, [str(groups[k][0]) if whole else f"{groups[k][0]:.4g}" for k in ticks])
            axes.set_xlabel({"cycle": "Cycle", "cycles": "Number of cycles"}.get(by) or _label(by)[0])
        figure.align_ylabels()
    return Drawn([output], words if len(words) < 30 else [])


def _varied(run, table):
    """The varied setting with the fewest values."""
    known = [name for name in run.varied if name in table and table[name].nunique() > 1]
    if not known:
        raise PlotError("there is one group only: give by=COLUMN")
    return min(known, key=lambda name: table[name].nunique())


def _one(axes, place, values, log, colour):
    """One violin; fewer than three values are points."""
    if len(values) > 2 and np.ptp(values) > 1e-9 * np.abs(values).max():
        from scipy.stats import gaussian_kde

        seen = np.log(values) if log else values
        grid = np.linspace(seen.min() - 0.1 * np.ptp(seen), seen.max() + 0.1 * np.ptp(seen), 200)
        width = gaussian_kde(seen)(grid)
        width *= 0.4 / width.max()
        y = np.exp(grid) if log else grid
        axes.fill_betweenx(y, place - width, place + width, color=colour, alpha=0.35, lw=0)
    axes.plot([place] * len(values), values, ".", color=colour, ms=1.5, alpha=0.6)
    if len(values):
        low, middle, high = np.percentile(values, [25, 50, 75])
        axes.plot([place, place], [low, high], color=style.BLACK, lw=1.6)
        axes.plot([place], [middle], "o", color=style.BLACK, mfc="white", ms=3)


def stdp(run, output):
    """The change of the conductance by a pair of spikes over the interval between them. run: a StudyTable."""
    table = table_of(run, PULSES)
    varied = [name for name in run.varied if name.endswith("interval_s")]
    if len(varied) != 1:
        raise PlotError("this study varies no interval of a spike_pair: nothing to draw")
    part = table.groupby(varied[0])[["G_before_S", "G_after_S"]].last()
    change = 100 * (part["G_after_S"] / part["G_before_S"] - 1)
    interval = part.index.to_numpy(float)
    factor, unit = style.prefixed(np.abs(interval).max(), "s")
    with style.picture(output, style.COLUMN_MM, 62) as figure:
        axes = figure.subplots()
        for rows, colour in ((interval > 0, style.VERMILION), (interval <= 0, style.BLUE)):
            axes.plot(factor * interval[rows], change[rows], "o-", color=colour, ms=3.5)
        axes.axhline(0, color=style.BLACK, lw=0.5)
        axes.axvline(0, color=style.BLACK, lw=0.5)
        axes.set(xlabel=f"Interval, second after first spike ({unit})", ylabel="Change of conductance (%)")
    told = [f"{style.quantity(at, 's')}: {value:+.3g} %" for at, value in zip(interval, change, strict=True)]
    return Drawn([output], told)


def bits(run, output):
    """Bits, 1 where a pulse has switched its cell, with their share, entropy, and tests of runs and neighbours."""
    table = table_of(run, PULSES)
    known = table["switched"].fillna("").astype(str)
    found = bits_of((known[known != ""] == "SET").to_numpy(int))
    sequence = found.bits
    with style.picture(output, style.PAGE_MM, 56) as figure:
        left, right = figure.subplots(1, 2)
        wide = int(np.ceil(np.sqrt(len(sequence))))
        square = np.full(wide * wide, np.nan)
        square[: len(sequence)] = sequence
        left.imshow(square.reshape(wide, wide), cmap="Greys", vmin=0, vmax=1, interpolation="nearest")
        left.set(xticks=[], yticks=[], xlabel=f"{len(sequence)} bits, row by row; black: 1")
        count = np.arange(1, len(sequence) + 1)
        mean = np.cumsum(sequence) / count
        band = 1.96 * np.sqrt(0.25 / count)
        right.fill_between(count, 0.5 - band, 0.5 + band, color=style.GREY, alpha=0.2, lw=0, label="95 % of fair bits")
        right.plot(count, mean, color=style.BLUE, label="share of ones so far")
        right.set(xlabel="Bits", ylabel="Share of ones", ylim=(0, 1))
        right.legend(loc="best")
        style.panel_letter(left, "a")
        style.panel_letter(right, "b")
    return Drawn([output], found.words())


def _beside(measured, name):
    """(label, values) of measurements that have a number of cycles."""
    from pathlib import Path

    for item in measured:
        values = _values(item.values(), name)
        if len(values):
            yield Path(item.file).stem, np.sort(values)
