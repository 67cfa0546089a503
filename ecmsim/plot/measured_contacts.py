"""Measured traces of contacts: conductance with its plateaus, histograms of one and two dimensions, the model's I-V."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, LogNorm

from ecmsim.plot import style
from ecmsim.plot.conductance import in_units, integers
from ecmsim.quantum.measured import point_contact
from ecmsim.quantum.measured.histograms import AXES

COLOURS = (style.BLUE, style.GREEN, style.PURPLE, style.SKY, style.BLACK)
MOST_NAMED = 12  # plateaus whose level is written beside them, the longest
MOST_DRAWN = 20_000  # samples of a curve


def draw(found, output):
    """Draw quantum.measured.command.Found: the trace over time, histogram, map, and each fitted I-V. -> [output]."""
    rows = 2 if found.fits else 1
    with style.picture(output, style.PAGE_MM, 62 * rows + 8) as figure:
        grid = figure.add_gridspec(rows, 3, width_ratios=(1.7, 0.6, 1.5))
        trace = figure.add_subplot(grid[0, 0])
        side, over = (figure.add_subplot(grid[0, k], sharey=trace) for k in (1, 2))
        top = found.histogram.edges[-1]
        trace.set_ylim(0, top)
        _trace(trace, found)
        _histogram(side, found.histogram)
        _map(figure, over, found.map)
        integers((trace, side, over))
        trace.set_ylabel("Conductance $G/G_0$")
        panels = [trace, side, over]
        if found.fits:
            panels.append(figure.add_subplot(grid[1, :]))
            _fits(panels[-1], found)
        for letter, axes in zip("abcd", panels, strict=False):
            style.panel_letter(axes, letter)
    return [output]


def _trace(axes, found):
    """Conductance over time, one file after another in its colour, with the plateaus."""
    longest = sorted((level for levels in found.levels for level in levels), key=lambda level: -level.samples)
    for k, (samples, levels) in enumerate(zip(found.samples, found.levels, strict=True)):
        colour = COLOURS[k % len(COLOURS)]
        for number, rows in enumerate(samples.traces()):
            every = max(1, (rows.stop - rows.start) // MOST_DRAWN)
            part = slice(rows.start, rows.stop, every)
            name = samples.file if number == 0 else None
            axes.plot(samples.time[part], samples.conductance[part], color=colour, lw=0.7, label=name)
        for level in levels:
            ends = [level.start, level.end]
            axes.plot(ends, [level.conductance] * 2, color=style.VERMILION, lw=1.8, alpha=0.85, zorder=4)
            if level in longest[:MOST_NAMED]:
                axes.annotate(
                    in_units(level.conductance),
                    (np.mean(ends), level.conductance),
                    (0, 3),
                    textcoords="offset points",
                    ha="center",
                    fontsize=6.5,
                    color=style.VERMILION,
                    annotation_clip=True,
                    zorder=5,
                )
    axes.set(xlabel="Time (s)", xlim=style.padded(np.concatenate([item.time for item in found.samples]), 0.02))
    if len(found.samples) > 1:
        axes.legend(loc="best")


def _histogram(axes, found):
    axes.stairs(100 * found.shares, found.edges, orientation="horizontal", color=style.BLUE, fill=True, alpha=0.7, lw=0)
    for peak in found.peaks:
        axes.plot(0.97, peak.conductance, "<", color=style.VERMILION, ms=3.5, transform=axes.get_yaxis_transform())
    # What is no contact may leave the axis.
    contacts = found.shares[found.edges[:-1] >= 0.5].max(initial=0.0)
    axes.set(xlabel="Samples (%)", xlim=(0, 115 * (contacts or found.shares.max(initial=0.0) or 0.01)))


def _map(figure, axes, found):
    colours = LinearSegmentedColormap.from_list("samples", style.CURRENT)
    counts = np.ma.masked_equal(found.counts.T, 0)
    most = max(int(found.counts.max(initial=0)), 2)
    image = axes.pcolormesh(
        found.across, found.edges, counts, cmap=colours, norm=LogNorm(1, most), rasterized=True, shading="flat"
    )
    figure.colorbar(image, ax=axes, pad=0.02, label="Samples")
    axes.set_xlabel(AXES[found.axis][1])


def _fits(axes, found):
    """Currents over voltages, as measured and as the model has them."""
    for k, (samples, fit) in enumerate(zip(found.samples, found.fits, strict=True)):
        colour = COLOURS[k % len(COLOURS)]
        every = max(1, len(samples) // MOST_DRAWN)
        factor, unit = style.prefixed(np.abs(found.samples[0].current).max(), "A")
        V = samples.voltage[::every]
        axes.plot(V, factor * samples.current[::every], ".", color=colour, ms=2.5, label=samples.file)
        at = np.linspace(V.min(), V.max(), 400)
        modelled = point_contact.current(at, **fit.values)
        axes.plot(at, factor * modelled, color=style.VERMILION, lw=1.0, label="point contact" if k == 0 else None)
    axes.set(xlabel="Voltage over the contact (V)", ylabel=f"Current ({unit})")
    axes.legend(loc="best")
