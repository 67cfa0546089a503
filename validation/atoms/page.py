"""The page of validation/atoms as Markdown text."""

from pathlib import Path

import numpy as np

from validation.atoms import lifetimes, numbers
from validation.atoms.circuit import BESIDE, EXCHANGE
from validation.verdict import word

MILANO = (1.0, 2.0, 3.0, 4.0)
MEASURED = {"Ag": (1.0, 2.4), "Cu": (1.0, 2.4), "Au": (1.0, 1.75)}  # G0: first peaks of pulled contacts
TOLERANCE = 0.1  # of the position
VOLTAGES, TEMPERATURES = (0.0, 0.025, 0.05, 0.1), (300.0, 330.0, 360.0)
HERE = Path(__file__).parent
INTRODUCTION = HERE / "introduction.md"
CONSTANTS = (
    "contact",
    "atoms",
    "E + B (eV)",
    "E (eV)",
    "ν (1/s)",
    "one leaves after",
    "is back after",
    "lifetime at 0 V",
    "at 0.1 V",
)
BESIDE_MEASURED = ("measured", "assumed constants", "", "by theory", "")


def row(*cells):
    """A line of a table."""
    return f"| {' | '.join(map(str, cells))} |"


def table(heads, rows):
    """A table."""
    return "\n".join([row(*heads), "|---" * len(heads) + "|", *(row(*cells) for cells in rows)])


def nearest(found, wanted):
    """The peak nearest to a position, with its error, and the word for it."""
    position, error = min(found.peaks, key=lambda peak: abs(peak[0] - wanted))
    return f"{position:.2f} ± {error:.2f}", word(abs(position - wanted) <= TOLERANCE * wanted)


def peaks(histograms):
    """Peaks beside what is measured."""
    rows = []
    for metal, found in histograms.items():
        if metal == "Ag":
            told = "Milano et al. (2024), silver nanowire"
            rows += [(metal, told, f"{wanted:g}", *nearest(found, wanted)) for wanted in MILANO]
        rows += [(metal, "pulled contacts", f"{wanted:g}", *nearest(found, wanted)) for wanted in MEASURED[metal]]
    every = [
        f"{metal}: {', '.join(f'{position:.2f} ± {error:.2f}' for position, error in found.peaks)}"
        for metal, found in histograms.items()
    ]
    heads = ("metal", "measured by", "at (G0)", "nearest peak here (G0)", "")
    return "\n".join([table(heads, rows), "", f"All peaks (G0): {'; '.join(every)}."])


def steps(traces):
    """Currents of the first arrivals, and atoms at the end."""
    rows = []
    for number in range(1, 6):
        found = 1e6 * numbers.first_currents(traces, number)
        if len(found) > 1:
            low, middle, high = np.percentile(found, (10, 50, 90))
            rows.append(
                (number, f"{middle:.3g}", f"{low:.3g} to {high:.3g}", f"{100 * len(found) / len(traces):.0f} %")
            )
    ends = np.bincount([int(trace.number[-1]) for trace in traces])
    told = ", ".join(f"{number} in {share}" for number, share in enumerate(ends) if share)
    changes = np.array([np.count_nonzero(np.diff(trace.number)) for trace in traces])
    heads = ("atoms", "first at (µA), median", "10 % to 90 % of the sweeps", "of the sweeps")
    told = f"At 20 µA there are so many atoms: {told} of {len(traces)} sweeps."
    return (
        f"{table(heads, rows)}\n\n{told} A sweep has {changes.mean():.0f} ± {changes.std():.0f} changes of the number."
    )


def lives(law, reaction, count):
    """Lifetimes of one atom over voltage and temperature."""
    rows, spread = [], []
    for voltage in VOLTAGES:
        found = [numbers.lifetimes(law, reaction, voltage, temperature, count) for temperature in TEMPERATURES]
        rows.append(
            (f"{1e3 * voltage:g}", *(f"{each.mean():.3g} ± {each.std() / np.sqrt(count):.1g}" for each in found))
        )
        spread.append([each.std() / each.mean() for each in found])
    still, driven = spread[0][0], spread[-1][0]
    return table(("mV", *(f"{temperature:g} K" for temperature in TEMPERATURES)), rows) + (
        f"\n\nAt rest they are exponential (standard deviation over mean {still:.2f}); at 100 mV they are narrower "
        f"({driven:.2f}), as metal has to gather first."
    )


def noise(law, count):
    """Occupation at rest, and what it relaxes to."""
    times, rows = np.array([0.1, 0.3, 1.0, 3.0, 10.0]), []
    for metal, temperature in ((2.5, 300.0), (2.5, 330.0), (3.8, 300.0)):
        found = numbers.occupation(law, metal, temperature, times, count)
        rows.append((f"{metal:g}", f"{temperature:g}", *(f"{value:.2f}" for value in found)))
    return table(("metal (atoms)", "K", *(f"{time:g} s" for time in times)), rows)


SOURCES = """
Milano: G. Milano et al., Nanoscale Horiz. 9, 416 (2024). Pulled contacts: the first two peaks as N. Agraït, A. Levy
Yeyati and J. M. van Ruitenbeek, Phys. Rep. 377, 81 (2003), collect them: silver 1 and about 2.4, copper 1 and 2.4 to 3,
gold 1 and 1.7 to 1.8.
"""
AT_REST = """A contact that begins with the whole atoms below its metal; the rest joins and leaves, so that single
contacts jump between two numbers and the mean goes to the metal.
"""
END = """
The metal itself does not decay in this law: `surface_diffusion` draws a cell's filament back, and the atoms follow it.
"""


def constants(law, reaction):
    """Hopping constants from effective-medium theory, what follows from them, and measured lifetimes."""
    found = lifetimes.hops("Ag")
    contacts = found[found.what == "contact"]
    parts = {
        "surfaces": table(("", "theory (eV)", "measured (eV)", "by", ""), lifetimes.surfaces(found)),
        "contacts": table(CONSTANTS, lifetimes.contacts(law, reaction, contacts)),
        "measured": table(BESIDE_MEASURED, lifetimes.measured(law, reaction, contacts)),
    }
    return "\n".join((HERE / f"{name}.md").read_text().format(**parts) for name in ("hops", "beside"))


def page(law, reaction, traces, histograms, cell, count=1000):
    """The page. cell: a sentence about runs of a cell; count: contacts of which lifetimes are drawn."""
    parts = [
        INTRODUCTION.read_text().format(exchange=EXCHANGE, beside=BESIDE, count=len(traces), cell=cell),
        "## Peaks\n",
        peaks(histograms),
        SOURCES,
        "## Scatter of the sweeps\n",
        steps(traces),
        f"\n## Lifetimes of one atom (s), {count} contacts of silver each\n",
        lives(law, reaction, count),
        f"\n## Telegraph noise and levels at rest, 0 V without a reaction: mean number over {count} contacts\n",
        AT_REST,
        noise(law, count),
        END,
        constants(law, reaction),
    ]
    return "\n".join(parts)
