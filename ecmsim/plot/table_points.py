"""A table of quantized conductances: transmission against the radius of necks and the separation of tips."""

import numpy as np

from ecmsim.errors import PlotError
from ecmsim.plot import style
from ecmsim.quantum import sharvin

ANGSTROM_PER_NM = 10


def draw(table, output):
    """Draw a quantum.table.Table: every neck, means and deviations by size, the Sharvin-Weyl law; tips. -> [output].

    Thin bars: T(E) within the window of the table around E_F. Open symbols: values that are flagged. Raises PlotError
    where the table has neither branch.
    """
    branches = [name for name in ("contact", "gap") if any(entry.branch == name for entry in table.entries)]
    if not branches:
        raise PlotError(f"the table of {table.metal} has neither necks nor tips: nothing to draw")
    with style.picture(output, style.COLUMN_MM * len(branches), 68) as figure:
        panels = figure.subplots(1, len(branches), squeeze=False)[0]
        for axes, name in zip(panels, branches, strict=True):
            (_draw_contacts if name == "contact" else _draw_gaps)(axes, table)
    return [output]


def _draw_contacts(axes, table):
    _draw_entries(axes, table, "contact", lambda entry: entry.radius_nm, "single necks")
    found = table.contacts
    if len(found["atoms"]):
        axes.errorbar(
            found["radius"], found["mean"], found["deviation"], color=style.BLUE, marker="o", capsize=2, label="mean"
        )
        for radius, atoms, mean in zip(found["radius"], found["atoms"], found["mean"], strict=True):
            axes.annotate(str(atoms), (radius, mean), (-4, 3), textcoords="offset points", ha="right", fontsize=6.5)
        _draw_sharvin(axes, table, found)
    axes.set(
        xlabel="Radius of the narrowest layer (nm)", ylabel=r"Transmission $G/G_0$", xlim=(0, None), ylim=(0, None)
    )
    axes.grid(axis="y", lw=0.3, color=style.GREY, alpha=0.5)
    axes.legend(loc="upper left")
    axes.set_title(f"{table.metal}: necks; numbers: atoms across")


def _draw_sharvin(axes, table, found):
    """The law beyond the last size, shifted to go through it."""
    wave_number = sharvin.fermi_wave_number(table.header["settings"]["lattice_constant"] / ANGSTROM_PER_NM)
    last, mean = found["radius"][-1], found["mean"][-1]
    shift = sharvin.radius_shift(last, mean, wave_number)
    radius = np.linspace(last, 1.25 * last, 30)
    law = sharvin.transmission(radius, wave_number, shift)
    axes.plot(radius, law, "--", color=style.VERMILION, label="Sharvin-Weyl")


def _draw_gaps(axes, table):
    _draw_entries(axes, table, "gap", lambda entry: entry.separation_nm, "flagged")
    found = table.gaps
    if len(found["T"]):
        axes.plot(found["separation"], found["T"], color=style.BLUE, marker="o", label="facing atoms")
    if len(found["T"]) > 1:
        decay = -np.diff(np.log(found["T"]))[-1] / np.diff(found["separation"])[-1] / ANGSTROM_PER_NM
        axes.annotate(
            f"{decay:.2f} / Å",
            (found["separation"][-1], found["T"][-1]),
            (-8, -4),
            textcoords="offset points",
            ha="right",
            va="top",
        )
    axes.set(xlabel="Separation of the facing atoms (nm)", ylabel=r"Transmission $G/G_0$", yscale="log")
    axes.set_title(f"{table.metal}: tips")
    axes.legend(loc="lower left")


def _draw_entries(axes, table, branch, x, label):
    """Range of T(E), and open symbols where no mean or line shows the value."""
    entries = [entry for entry in table.entries if entry.branch == branch]
    at = np.array([x(entry) for entry in entries])
    low, high = np.array([entry.spread for entry in entries]).T
    axes.vlines(at, low, high, color=style.GREY, lw=0.5)
    shown = np.array([branch == "contact" or bool(entry.flags) for entry in entries])
    if shown.any():
        values = np.array([entry.T for entry in entries])
        axes.plot(at[shown], values[shown], "o", mfc="white", color=style.GREY, ms=3, label=label)
