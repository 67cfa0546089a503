"""The page of the comparison, Markdown: one line a cell, and where both models agree."""

import numpy as np

from ecmsim.text import quantity
from validation.models.compare import QUANTITIES

HEADS = {
    "set_time": "time to SET",
    "set_rise": "rise by then",
    "set_gap": "smallest gap",
    "set_radius": "mean radius",
    "reset_time": "time to RESET",
}
PREFIXED = ("s", "A", "V")


def page(found):
    """The page as Markdown text, of Pairs."""
    words = [pair.word for pair in found]
    done, agreed = len([word for word in words if word]), words.count("agree")
    allowed = ", ".join(f"{HEADS[name]} {tolerance(name)}" for name in QUANTITIES)
    lines = [
        "| layer | voltage | compliance | " + " | ".join(HEADS.values()) + " | |",
        "|---" * (len(HEADS) + 4) + "|",
    ]
    for pair in found:
        cells = [f"{pair.layer:g} nm", f"±{quantity(pair.voltage, 'V')}", quantity(pair.current, "A")]
        cells += [told(pair, name) for name in QUANTITIES]
        lines.append(f"| {' | '.join(cells)} | {verdict(pair)} |")
    parts = [
        "# The reduced model beside the full one",
        "Made by `python -m validation.models`; do not edit. Each line is the reference cell (Cu / SiO2 / Pt) with "
        "another layer: SET under a constant voltage until the compliance current flows, then RESET under the opposite "
        "voltage until the gap is 1.7 nm wide (`configs/studies/models.toml`; coarse mesh, long steps).",
        f"Given are full and reduced model, or one number where they do not differ. They agree within: {allowed}.",
        f"**{agreed} of {done} cells agree** ({len(found) - done} of {len(found)} were not run).",
        "\n".join(lines),
        *ends(found),
    ]
    return "\n\n".join(parts) + "\n"


def tolerance(name):
    """What a quantity may differ by, as text."""
    unit, relative, absolute = QUANTITIES[name]
    parts = [f"{100 * relative:g} %"] * bool(relative) + [f"{absolute:g} {unit}"] * bool(absolute)
    return " or ".join(parts)


def told(pair, name):
    """Both models' values of a quantity, in bold where they are too far apart."""
    if pair.full is None and pair.reduced is None:
        return ""
    unit = QUANTITIES[name][0]
    values = [shown(None if run is None else run[name], unit) for run in (pair.full, pair.reduced)]
    text = ", ".join(values) if values[0] != values[1] else values[0]
    return f"**{text}**" if pair.word and pair.apart[name] > 1 else text


def shown(value, unit):
    """A number with its unit, to three digits."""
    if value is None or np.isnan(value):
        return "-"
    return quantity(value, unit, 3) if unit in PREFIXED else f"{value:.3g} {unit}"


def verdict(pair):
    """Whether both models agree, in words."""
    return {"agree": "agree", "differ": "**differ**", "neither": "neither has a SET", "": "not run"}[pair.word]


def ends(found):
    """How runs ended that did not come to the end of the programme, as paragraphs."""
    lines = []
    for pair in found:
        for model in ("full", "reduced"):
            run = getattr(pair, model)
            if run is not None and not run["end"].startswith("end of the programme"):
                cell = f"{pair.layer:g} nm, {quantity(pair.voltage, 'V')}, {quantity(pair.current, 'A')}"
                lines.append(f"- {cell}, {model}: {run['end']}")
    if lines:
        yield "Ended otherwise than with the programme:"
        yield "\n".join(lines)
