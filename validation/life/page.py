"""The page of the life, Markdown: one line for each cycle of each model, balances, where both models agree, how far
mesh and steps move a cycle, and what each reading of the barriers makes of RESET."""

import numpy as np

from ecmsim.text import quantity
from validation.life.compare import BALANCES, WITHIN, apart

HEADS = {"V_SET_V": "SET voltage", "V_RESET_V": "voltage of the RESET peak", "I_RESET_A": "current of the RESET peak"}


# Cases of configs/studies/reset_convergence.toml, as the page calls them.
CONVERGENCE = {
    "coarse_mesh": "mesh twice as coarse",
    "default": "default",
    "fine_mesh": "mesh twice as fine",
    "long_steps": "steps twice as long",
    "short_steps": "steps half as long",
}


def page(found, convergence=(), readings=()):
    """The page as Markdown text, of Lives: of both models, of other meshes and steps, of other readings."""
    heads = ["compliance", "model", "cycle", "SET", "RESET peak", "LRS", "HRS", "gap left", "opens at r", "metal left"]
    lines = [f"| {' | '.join([*heads, 'hottest'])} |", "|---" * (len(heads) + 1) + "|"]
    for life in found:
        for row in life.cycles:
            cells = [quantity(life.current, "A"), life.model, str(row["cycle"]), shown(row["V_SET_V"], "V")]
            cells.append(f"{shown(row['I_RESET_A'], 'A')} at {shown(row['V_RESET_V'], 'V')}")
            cells += [shown(row["R_LRS_ohm"], "Ω"), plain(row["R_HRS_ohm"], "Ω"), plain(row.get("gap_nm"), "nm")]
            cells += [plain(row.get("opens_nm"), "nm"), plain(row["volume_end_nm3"], "nm³")]
            lines.append(f"| {' | '.join([*cells, plain(row['temperature_max_K'], 'K')])} |")
    parts = [
        "# The life of a cell, from 1 nA to 1 mA",
        "Made by `python -m validation.life`; do not edit. The reference cell (Cu / 10 nm SiO2 / Pt) by both models, "
        "three cycles of SET and RESET at 1 V/s with each compliance current (`configs/studies/reset_series.toml`; "
        "default mesh and steps).",
        "\n".join(lines),
        "SET: where the current rises fastest. Both resistances are read at 0.1 V, the HRS before the SET of its "
        "cycle; gap and metal left are those at its end. The gap opens at the distance r from the axis at which it is "
        "smallest while the current of RESET is largest: at 0 nm the tip draws back from the active electrode.",
        "![Life](life.png)",
        "Known of bipolar cells, beside which this stands (nothing was fitted to it): the peak current of RESET is "
        "about the compliance current, its voltage nearly independent of it.",
        "## Where both models agree",
        *agreement(found),
        "## Balances",
        *balances(found),
    ]
    if convergence:
        parts += ["## Mesh and steps", *converged(convergence)]
    if readings:
        parts += ["## Readings of the barriers", *read(readings)]
    return "\n\n".join(parts) + "\n"


def agreement(found):
    """How far the models are apart, as paragraphs."""
    largest = apart(found)
    currents = sorted({current for current, _ in largest})
    asked = ", ".join(f"{HEADS[name]} {100 * share:g} %" for name, share in WITHIN.items())
    good = [current for current in currents if all(largest[current, name] <= WITHIN[name] for name in WITHIN)]
    yield f"Asked: {asked}. **{len(good)} of {len(currents)} currents agree.** Largest differences over the cycles:"
    lines = [f"| compliance | {' | '.join(HEADS.values())} |", "|---" * (len(HEADS) + 1) + "|"]
    for current in currents:
        cells = []
        for name, share in WITHIN.items():
            text = f"{100 * largest[current, name]:.1f} %"
            cells.append(text if largest[current, name] <= share else f"**{text}**")
        lines.append(f"| {quantity(current, 'A')} | {' | '.join(cells)} |")
    yield "\n".join(lines)


def balances(found):
    """The worst balances and ends of the runs, as paragraphs."""
    heads = [name.replace("_", " ") for name in BALANCES]
    lines = [f"| compliance | model | {' | '.join(heads)} | ended |", "|---" * (len(heads) + 3) + "|"]
    for life in found:
        numbers = " | ".join(f"{life.worst[name]:.1e}" for name in BALANCES)
        lines.append(f"| {quantity(life.current, 'A')} | {life.model} | {numbers} | {life.end} |")
    yield "\n".join(lines)


def converged(found):
    """How far mesh and steps move a cycle, as paragraphs."""
    yield (
        f"The full model with {quantity(found[0].current, 'A')}, two cycles "
        "(`configs/studies/reset_convergence.toml`). "
        "The second SET finds the metal that the first RESET left: how much hangs on how a neck broke, how far it "
        "reaches does not. Faraday's balance may be off by more with longer steps: its limit goes with their square."
    )
    heads = ["", "cycle", "SET", "RESET peak", "LRS", "HRS", "gap left", "metal left", "Faraday"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for life in sorted(found, key=lambda life: [*CONVERGENCE].index(life.name)):
        for row in life.cycles:
            cells = [CONVERGENCE[life.name], str(row["cycle"]), exactly(row["V_SET_V"], "V")]
            cells.append(f"{exactly(1e6 * row['I_RESET_A'], 'µA')} at {shown(row['V_RESET_V'], 'V')}")
            cells += [exactly(row["R_LRS_ohm"] / 1e3, "kΩ"), plain(row["R_HRS_ohm"], "Ω"), plain(row["gap_nm"], "nm")]
            cells += [plain(row["volume_end_nm3"], "nm³"), f"{life.worst['faraday_error']:.1e}"]
            lines.append(f"| {' | '.join(cells)} |")
    yield "\n".join(lines)


def read(found):
    """What each reading makes of RESET, as paragraphs."""
    yield (
        "Eqs. (9), (11) and (12) of the paper say how stress and void slow growth, and nothing of the way back "
        "(`ecmsim/physics/readings.py`; docs/limits.md). One cycle each with the full model "
        "(`configs/studies/reset_readings.toml`). The largest piece is the metal that a breaking neck cut off."
    )
    heads = ["reading", "compliance", "SET", "RESET peak", "opens at r", "largest piece", "gap left", "metal left"]
    lines = [f"| {' | '.join([*heads, 'Faraday', 'ended'])} |", "|---" * (len(heads) + 2) + "|"]
    for life in sorted(found, key=lambda life: (["plastic", "printed", "elastic"].index(life.reading), life.current)):
        row = life.cycles[0]
        cells = [life.reading, quantity(life.current, "A"), shown(row["V_SET_V"], "V")]
        cells.append(f"{shown(row['I_RESET_A'], 'A')} at {shown(row['V_RESET_V'], 'V')}")
        cells += [plain(row.get("opens_nm"), "nm"), plain(max(life.pieces, default=np.nan), "nm³")]
        cells += [plain(row.get("gap_nm"), "nm"), plain(row["volume_end_nm3"], "nm³")]
        cells += [f"{life.worst['faraday_error']:.1e}", life.end]
        lines.append(f"| {' | '.join(cells)} |")
    yield "\n".join(lines)


def exactly(value, unit):
    """A number with its unit, to five digits."""
    return "-" if value is None or np.isnan(value) else f"{value:.5g} {unit}"


def shown(value, unit):
    """A number with its unit and a prefix, to three digits."""
    return "-" if value is None or np.isnan(value) else quantity(value, unit, 3)


def plain(value, unit):
    """A number with its unit, without a prefix, to three digits."""
    return "-" if value is None or np.isnan(value) else f"{value:.3g} {unit}"
