"""Trajectories of atomic contacts: transmission against time or the way pulled, and how often each value is found.

Where some are under a bias, also the shift of the moving atoms along the axis and the recoil force that drives it.
"""

import numpy as np

from ecmsim.errors import PlotError
from ecmsim.plot import style
from ecmsim.quantum.atoms import statistics

COLOURS = (style.BLUE, style.VERMILION, style.GREEN, style.ORANGE, style.PURPLE, style.SKY, style.BLACK)
BOLD = 2  # runs of a file up to this number are drawn as full lines
SHOWN = 3  # of more runs, so many stand out
HEIGHT_MM, MORE_MM = 75, 36  # of the picture, and of each row on a bias
BINS = {"transmission": statistics.BIN, "shift_A": 0.01, "recoil_eV_per_A": 0.05}  # G0, angstrom, eV/angstrom
LABELS = {"shift_A": "Shift along axis (Å)", "recoil_eV_per_A": "Recoil force (eV/Å)"}


def draw(records, output):
    """Draw quantum.atoms.record.Records: traces on the left, a histogram on the right. -> [output].

    With a bias in any of them there are two more rows: the mean shift of the moving atoms along z (angstrom; of all
    records), and the sum of the recoil forces along z (eV/angstrom; of those with a bias). Histograms, in bins of 0.05
    G0, 0.01 angstrom and 0.05 eV/angstrom, leave out the time in which a contact settles, and pulled contacts' samples
    without a bond. Raises PlotError for no records, and where pulled contacts are among others.
    """
    if not records:
        raise PlotError("no trajectories to draw")
    pulled = {bool(record.settings.speed_m_s) for record in records}
    if len(pulled) > 1:
        raise PlotError(
            "pulled contacts and others do not go into one picture (their abscissas differ): draw two pictures"
        )
    if len(records) > len(COLOURS):
        raise PlotError(f"{len(records)} files are too many for one picture: {len(COLOURS)} at most")
    pulled = pulled.pop()
    columns = list(BINS) if any(record.settings.bias_V for record in records) else ["transmission"]
    rows = len(columns)
    with style.picture(output, style.PAGE_MM, HEIGHT_MM + MORE_MM * (rows - 1)) as figure:
        look = {"width_ratios": (3, 1), "height_ratios": [2, 1, 1][:rows], "squeeze": False}
        panels = figure.subplots(rows, 2, sharey="row", **look)
        for column, (left, right) in zip(columns, panels, strict=True):
            for record, colour in zip(records, COLOURS, strict=False):
                if column != "recoil_eV_per_A" or record.settings.bias_V:
                    _draw_traces(left, record, colour, pulled, column)
                    _draw_histogram(right, record, colour, pulled, column)
        _label(*panels[0], records, pulled)
        for letter, column, (left, right) in zip("bc", columns[1:], panels[1:], strict=False):
            left.set(ylabel=LABELS[column], xlim=panels[0, 0].get_xlim())
            right.set_xlim(0, None)
            for axes in (left, right):
                axes.axhline(0, lw=0.4, color=style.GREY, zorder=1)
            style.panel_letter(left, letter)
        if rows > 1:
            style.panel_letter(panels[0, 0], "a")
            panels[-1, 0].set_xlabel(panels[0, 0].get_xlabel())
            panels[-1, 1].set_xlabel("Samples (%)")
            for axes in panels[:-1].flat:
                axes.set_xlabel("")
            figure.align_ylabels(panels[:, 0])
    return [output]


def _draw_traces(axes, record, colour, pulled, column):
    runs = record.runs()
    many = len(runs) > BOLD
    for number, rows in enumerate(runs):
        x = rows["pulled_A"] / 10 if pulled else rows["t_ps"]
        faint = {"alpha": 0.35, "lw": 0.4, "zorder": 1.5} if many and number >= SHOWN else {"lw": 0.8, "zorder": 2}
        axes.plot(x, rows[column], color=colour, **faint)
    axes.plot([], [], color=colour, label=_name(record, len(runs)))


def _draw_histogram(axes, record, colour, pulled, column):
    import pandas as pd

    rows = pd.concat(record.settled())
    values = (rows[rows["section_atoms"] > 0] if pulled else rows)[column].to_numpy()
    if len(values) > 1:
        edges, share = statistics.histogram(values, BINS[column])
        axes.stairs(100 * share, edges, orientation="horizontal", fill=True, color=colour, alpha=0.35)
        axes.stairs(100 * share, edges, orientation="horizontal", color=colour, lw=0.8)


def _label(left, right, records, pulled):
    values = np.concatenate([record.rows["transmission"] for record in records])
    top, low = values.max(), values.min()
    # From zero, but for fluctuations high above it.
    low = 0.0 if low < top / 2 else np.floor(2 * low) / 2
    for axes in (left, right):
        for level in range(int(low) + 1, int(top) + 1):
            axes.axhline(level, lw=0.4, color=style.GREY, ls=":", zorder=1)
    # Room for the legend above the traces.
    legend = 0.13 * (1 + (len(records) - 1) // 3)
    left.set(ylim=(low, top + (0.05 + legend) * (top - low)), xlim=(0, None))
    left.set(xlabel="Pulled by (nm)" if pulled else "Time (ps)", ylabel=r"Transmission $G/G_0$")
    right.set(xlabel=f"Samples in {statistics.BIN:g} $G_0$ (%)", xlim=(0, None))
    left.legend(loc="upper left", ncols=min(3, len(records)))


def _name(record, runs):
    settings = record.settings
    parts = [f"{settings.temperature_K:g} K"]
    if settings.speed_m_s:
        parts.append(f"{settings.speed_m_s:g} m/s")
    if settings.bias_V:
        parts.append(f"{settings.bias_V:g} V")
    if runs > 1:
        parts.append(f"{runs} runs")
    return f"{record.title} ({', '.join(parts)})"
