"""The page of the life, Markdown: one line for each cycle of each model, balances, and where both models agree."""

import numpy as np

from ecmsim.text import quantity
from validation.life.compare import BALANCES, WITHIN, apart

HEADS = {"V_SET_V": "SET voltage", "V_RESET_V": "voltage of the RESET peak", "I_RESET_A": "current of the RESET peak"}


def page(found):
    """The page as Markdown text, of Lives."""
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


def shown(value, unit):
    """A number with its unit and a prefix, to three digits."""
    return "-" if value is None or np.isnan(value) else quantity(value, unit, 3)


def plain(value, unit):
    """A number with its unit, without a prefix, to three digits."""
    return "-" if value is None or np.isnan(value) else f"{value:.3g} {unit}"
