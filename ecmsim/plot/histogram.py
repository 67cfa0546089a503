"""Histogram of the conductance over all finished runs of a study, as measured and without parasitic resistance.

Each run is sampled on one equidistant grid of times, as an instrument would: equal weight for equal times. After Milano
et al. (2024), Fig. 4: 116 current sweeps of 5 nanowires, bins of 0.05 G0. Triangles: peaks.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.ticker import NullLocator

from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.errors import PlotError
from ecmsim.plot import style
from ecmsim.plot.conductance import BIN, CONTACT, NOT_QUANTIZED, in_units
from ecmsim.plot.trace import LEAST_V, Drawn, is_quantized, named, trace_of, window
from ecmsim.results import open_run
from ecmsim.results.levels import NEAR, edges_of, find_peaks

SAMPLES = 4000  # of the longest run
NO_PEAKS = "  no peaks"
MOST = 20.0  # G0; how far the axis goes by itself
BOX = {"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.85}  # under numbers
HIGHEST = 99.5  # per cent of the contacts' samples that it shows at least, if that is not more than MOST


@dataclass(frozen=True)
class Sampled:
    """Conductances (n,) in G0 of all runs, how many runs they are from, and the interval of the samples, s."""

    conductance: np.ndarray
    runs: int
    interval: float


def draw(
    run,
    output,
    parasitic=None,
    bins=BIN,
    samples=SAMPLES,
    from_s=None,
    to_s=None,
    from_V=None,
    to_V=None,
    least_V=LEAST_V,
    to_G0=None,
    measured=(),
):
    """Draw the histogram of a study (a StudyTable). Returns the picture and its table (.csv), with the peaks as words.

    parasitic: as trace_of has it, "400 ohm" or "model": a second panel without that resistance. bins: their width, G0.
    samples: of the longest run; the others are sampled at the same interval. from_s, to_s: only this part of each run,
    s; from_V, to_V: only samples with such a voltage over the cell, V. least_V: see trace_of. to_G0: end of the axis.
    measured: Recordings whose histograms are drawn as lines in the first panel, of the same voltages.
    """
    limits = {"from_s": from_s, "to_s": to_s, "from_V": from_V, "to_V": to_V}
    kinds = [None] if parasitic is None else [None, parasitic]
    runs = runs_of(run)
    found = {named(kind): sampled(run, runs, kind, samples, least_V, **limits) for kind in kinds}
    end = to_G0 or _end(found.values())
    edges = edges_of(bins, end)
    shares = {name: np.histogram(item.conductance, edges)[0] / len(item.conductance) for name, item in found.items()}
    quantized = all(map(is_quantized, runs))
    peaks = {name: find_peaks(edges, share, CONTACT) if quantized else [] for name, share in shares.items()}
    with style.picture(output, style.COLUMN_MM * len(kinds) + 5 * (len(kinds) - 1), 72) as figure:
        panels = figure.subplots(1, len(kinds), squeeze=False, sharex=True)[0]
        for axes, letter, (name, share) in zip(panels, "ab", shares.items(), strict=False):
            _panel(axes, edges, 100 * share, peaks[name])
            axes.set_title(name)
            if len(kinds) > 1:
                style.panel_letter(axes, letter)
        panels[0].set_ylabel("Samples (%)")
        _mark_measured(panels[0], edges, measured, samples, least_V, from_V, to_V)
    table = output.with_suffix(".csv")
    write_table(table, edges, shares)
    lines = [line for name, item in found.items() for line in words(name, item, shares[name], edges, peaks[name])]
    if not quantized:
        lines = [*(line for line in lines if line != NO_PEAKS), NOT_QUANTIZED.replace("plateaus", "peaks")]
    return Drawn([output, table], lines)


def runs_of(study):
    """The finished runs of a study (a StudyTable), opened. Raises PlotError where there are none."""
    done = study.table[study.table["status"] == "finished"]
    if not len(done):
        raise PlotError(f"{study.folder}: no finished runs to draw a histogram of: ecmsim sweep makes them")
    return [open_run(study.folder / str(folder)) for folder in done["folder"]]


def sampled(study, runs, parasitic, samples, least_V, from_s=None, to_s=None, from_V=None, to_V=None):
    """The conductances of runs on one grid of times, Sampled; see draw for the options. Raises PlotError."""
    traces = [trace_of(run, parasitic, least_V) for run in runs]
    starts = [max(trace.time[0], -np.inf if from_s is None else from_s) for trace in traces]
    ends = [min(trace.time[-1], np.inf if to_s is None else to_s) for trace in traces]
    interval = max(end - start for start, end in zip(starts, ends, strict=True)) / samples
    if not interval > 0:
        longest = max(trace.time[-1] for trace in traces)
        raise PlotError(
            f"{study.folder}: no run has anything {window('s', from_s, to_s)}; the longest one ends at {longest:g} s"
        )
    found = []
    for trace, start, end in zip(traces, starts, ends, strict=True):
        if end <= start:
            continue
        trace = trace.at(start + interval * (np.arange(max(int(round((end - start) / interval)), 1)) + 0.5))
        wanted = trace.voltage >= (-np.inf if from_V is None else from_V)
        wanted &= trace.voltage <= (np.inf if to_V is None else to_V)
        found.append(trace.conductance[wanted & trace.known])
    conductance = np.concatenate(found)
    if not len(conductance):
        raise PlotError(
            f"{study.folder}: no sample tells a conductance ({named(parasitic)}): none has a current and, over the "
            f"cell, {least_V:g} V at least{window('V', from_V, to_V, ' and a voltage ')}"
        )
    return Sampled(conductance, sum(len(part) > 0 for part in found), float(interval))


def words(name, item, share, edges, peaks):
    """What a histogram shows, in words: a line about the samples, one for each peak."""
    low, beyond = np.mean(item.conductance < CONTACT), np.mean(item.conductance > edges[-1])
    line = (
        f"{name}: {len(item.conductance)} samples of {item.runs} runs, every {style.quantity(item.interval, 's')}; "
        f"{100 * low:.3g} % below {CONTACT:g} G0"
    )
    if beyond:
        line += f", {100 * beyond:.2g} % above {edges[-1]:.4g} G0"
    found = [
        f"  peak at {in_units(peak.conductance)} G0 ({100 * peak.share:.2g} % of the samples near it)" for peak in peaks
    ]
    return [line, *(found or [NO_PEAKS])]


def write_table(path, edges, shares):
    """The histogram as a table: from_G0, to_G0, and the share of the samples in each bin by its panel's name."""
    import pandas as pd

    names = {name: f"share {name}".replace(" ", "_").replace("Ω", "ohm").replace("µ", "u") for name in shares}
    columns = {"from_G0": edges[:-1], "to_G0": edges[1:]} | {names[name]: share for name, share in shares.items()}
    try:
        pd.DataFrame(columns).to_csv(path, index=False, float_format="%.8g")
    except OSError as error:
        raise PlotError(f"cannot write {path}: {error.strerror}; choose another place with --out") from error


def _mark_measured(axes, edges, measured, samples, least_V, from_V, to_V):
    """The histograms of measurements (Recording) as lines, sampled at equal times as the runs are."""
    for number, recording in enumerate(measured):
        time = np.linspace(recording.time[0], recording.time[-1], max(int(samples), len(recording.time)))
        voltage, current = (
            np.interp(time, recording.time, values) for values in (recording.voltage, recording.current)
        )
        wanted = np.abs(voltage) >= least_V
        wanted &= voltage >= (-np.inf if from_V is None else from_V)
        wanted &= voltage <= (np.inf if to_V is None else to_V)
        if not wanted.any():
            raise PlotError(
                f"{recording.file}: no point has {least_V:g} V at least{window('V', from_V, to_V, ' and ')}"
            )
        conductance = current[wanted] / voltage[wanted] / CONDUCTANCE_QUANTUM
        percent = 100 * np.histogram(conductance, edges)[0] / len(conductance)
        colour = (style.BLACK, style.GREEN, style.PURPLE)[number % 3]
        axes.stairs(percent, edges, color=colour, lw=0.8, zorder=3, label=Path(recording.file).stem)
        axes.set_ylim(top=max(axes.get_ylim()[1], 1.1 * percent[edges[:-1] >= CONTACT].max(initial=0)))
    if measured:
        axes.legend(loc="upper right")


def _end(found):
    """Where the axis ends by itself, G0: whole, beyond most contacts."""
    contacts = np.concatenate([item.conductance[item.conductance >= CONTACT] for item in found])
    top = np.percentile(contacts, HIGHEST) + 0.5 if len(contacts) else 1.5
    return float(min(np.ceil(top), MOST))


def _panel(axes, edges, percent, peaks):
    """One histogram; its axis spans the contacts where there are any, and what lies lower may leave it."""
    contacts = percent[edges[:-1] >= CONTACT].max(initial=0)
    top = 1.18 * (contacts or percent.max(initial=0) or 1.0)
    axes.stairs(percent, edges, color=style.BLUE, fill=True, alpha=0.75, lw=0, zorder=2)
    axes.set(xlim=(0, edges[-1]), ylim=(0, top), xlabel="Conductance $G/G_0$")
    step = next(step for step in (1, 2, 5, 10, 20, 50) if edges[-1] <= 12 * step)
    whole = np.arange(step, edges[-1] + 1e-9, step)
    axes.set_xticks([0, *whole])
    axes.xaxis.set_minor_locator(NullLocator())
    for number in whole[whole < 0.99 * edges[-1]]:
        axes.axvline(number, color=style.GREY, lw=0.5, ls="--", zorder=1)
    for peak in peaks:
        near = np.abs(0.5 * (edges[1:] + edges[:-1]) - peak.conductance) <= NEAR
        height = percent[near].max()
        axes.annotate(
            in_units(peak.conductance),
            (peak.conductance, height),
            (0, 8),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=6.5,
            color=style.VERMILION,
            bbox=BOX,
        )
        axes.plot(peak.conductance, height + 0.025 * top, "v", color=style.VERMILION, ms=4, zorder=3)
    if percent.max(initial=0) > top:
        last = np.nonzero(percent > 0.85 * top)[0]
        last = last[edges[last] < CONTACT][-1]
        axes.annotate(
            f"to {percent.max():.2g} %",
            (edges[last + 1], top),
            (2, -3),
            textcoords="offset points",
            va="top",
            fontsize=6.5,
            color=style.BLUE,
            bbox=BOX,
        )
