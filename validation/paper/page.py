"""The page of the validation, Markdown: what was found, how well it is known, what misses and why, and the figures."""

import math
from pathlib import Path

from ecmsim.text import number
from validation.paper import misses, table
from validation.paper.figures import captions

PAPER = (
    "M. Buttberg, C. Schindler, I. Valov, S. Menzel, *Current compliance-driven morphological evolution of conductive "
    "filaments in ECM cells*, Adv. Mater. Technol. (2025), [doi 10.1002/admt.202500837]"
    "(https://doi.org/10.1002/admt.202500837)"
)


def page(runs, verdicts, convergence, drawn, out, made):
    """The page as Markdown text; drawn: paths of the figures; made: how the runs were made, texts by name."""
    missed = ", ".join(str(verdict.fact.row) for verdict in verdicts if not verdict.finding.hit) or "none"
    parts = [
        "# The paper beside ecmsim",
        f"Made by `ecmsim validate-paper`; do not edit. The paper is {PAPER}. Its table of parameters is not public: "
        "what it prints is used, the rest is handbook, assumed or fitted and labelled so in "
        "`configs/cu_sio2_pt.toml`. Reference case unless said: Cu / 10 nm SiO2 / Pt, 0 -> 2 V at 1 V/s, I_CC = 1 mA.",
        f"## Facts: {table.counted(verdicts)}",
        f"Missed: {missed}. Each fact stands on one ground: *fitted*, something was adjusted to it (beside it: what); "
        "*our choice*, it is decided by a choice that the paper does not make; *predicted*, neither.",
        table.markdown(verdicts),
        "± estimates the numerical error: it is the difference to the same run with a mesh and steps both twice as "
        "coarse. That is what is left to the limit where an error is of first order, and more than that where it is "
        "of a higher one (below: times and radii are, temperatures converge more slowly). It says nothing of the "
        "parameters.",
        "## Convergence of the reference case",
        table.convergence_markdown(convergence),
        table.orders_text(convergence),
        "## What misses, and why",
        *misses.explained(verdicts),
        *readings_text(runs, verdicts),
        onset_text(runs),
        "## Figures",
        *figures_text(runs, drawn, Path(out)),
        "## How this was made",
        "\n".join(f"- {name}: {text}" for name, text in made.items()),
    ]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def readings_text(runs, verdicts):
    """What other readings of the paper change: what each is, then one table of all facts of the reference run."""
    before = {verdict.fact.row: verdict for verdict in verdicts}
    columns = [misses.reread(runs, reading) for reading in misses.READINGS]
    for reading in misses.READINGS:
        yield reading.what
    heads = " | ".join(reading.head for reading in misses.READINGS)
    lines = [f"| # | fact | reference | {heads} |", "|---|---|---|" + "---|" * len(columns)]
    for row in misses.OF_THE_REFERENCE:
        found = [before[row], *(next(item for item in column if item.fact.row == row) for column in columns)]
        cells = [table.Verdict(item.fact, item.finding, {}).told() for item in found]
        changed = [f"**{item.word}**: " if item.word != found[0].word else "" for item in found]
        cells = [change + cell for change, cell in zip(changed, cells, strict=True)]
        lines.append(f"| {row} | {before[row].fact.statement} | {' | '.join(cells)} |")
    yield "The facts of the reference run with each of these; in bold what becomes a hit or a miss:"
    yield "\n".join(lines)


def onset_text(runs):
    """Row 20: why the paper's order of the barriers contradicts its own law of growth."""
    onset, coarse = (misses.onset_of_c(which.reference) for which in (runs, runs.coarsened))
    if onset is None:
        return "**Row 20**, the order of the barriers: the reference run has no regime C to compare them at."
    tip, rim = (
        number(getattr(onset, name), abs(getattr(onset, name) - getattr(coarse, name)) if coarse else math.nan, "nm/s")
        for name in ("tip_speed", "rim_speed")
    )
    return (
        "**Row 20**, the order of the barriers. Tip and rim grow by the same Butler-Volmer law with the same "
        "overpotential, so that by Eq. (12) v_tip/v_rim = exp(-(ΔW_void - ΔW_mech)/kT) at equal temperature: the "
        "void's barrier can be the lower one only where the tip grows faster than the rim. At the onset of C the tip "
        f"grows at {tip} and the rim at {rim}; at {onset.temperature:.0f} K "
        f"these speeds amount to a difference of {onset.explained:.3f} eV, and the barriers differ by "
        f"{onset.void - onset.stress:.3f} eV ({onset.void:.3f} eV against {onset.stress:.3f} eV). As Fig. 3 of the "
        "paper shows side growth by more than a nanometre while the tip advances by a fraction of one, the order that "
        "the text states cannot hold in a model with Eqs. (2), (3) and (12) unless the tip is far hotter than the rim; "
        "it is not a matter of parameters. What triggers the jump is that heat brings the two speeds together."
    )


def figures_text(runs, drawn, out):
    """The figures with their captions."""
    texts = captions(runs)
    for path in drawn:
        caption = texts.get(path.stem, "")
        yield (
            f"![{caption}]({path.relative_to(out).as_posix()})\n\n*{caption}*"
            if caption
            else f"![]({path.relative_to(out).as_posix()})"
        )
