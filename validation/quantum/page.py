"""The page of the facts of quantum transport, Markdown: the table, what misses and why, and what is left out."""

from validation.quantum import table
from validation.quantum.facts import counted

SOURCES = (
    "G. Milano et al., *Electrochemical rewiring through quantum conductance effects in single metallic memristive "
    "nanowires*, Nanoscale Horiz. 9, 416 (2024); O. G. Kharlanov, *Effects of quantum recoil forces in resistive "
    "switching in memristors*; Gao et al., the review of atomic point contacts by nanoionics (2025)."
)
SUMMED = {
    "hit": "hit",
    "hit (fitted)": "met because they were fitted",
    "miss": "missed",
    "miss (fitted)": "missed although they were fitted",
    "open": "open",
}
LEFT_OUT = """\
- A nearest-neighbour model with s, p and d orbitals fails for one atom, cluster calculations do not converge: the \
package has neither.
- One orbital per atom is wrong for a pointed single atom: said in `ecmsim.quantum.tight_binding`, and the reason why \
the lookup is made of density functionals.
- The recoil-driven switching at about 110 ps of Kharlanov's Fig. 2(b): one random event.
- T(E) of Cu away from the Fermi level, not yet trusted: only T within the window of the bias is used.
- Numbers of computations whose inputs are not on record: what was compared with them before says nothing of either."""


def page(found):
    """The page as Markdown text; found: of table.verdicts."""
    every = [verdict for _, verdicts in found for verdict in verdicts]
    count = ", ".join(f"{number} {SUMMED[label]}" for label, number in counted(every).items())
    parts = [
        "# Quantum transport: known numbers beside ecmsim",
        "Made by `ecmsim quantum facts`; do not edit. Its numbers are in [facts.csv](facts.csv). Sources: "
        f"{SOURCES} Other sources are named beside their numbers. Where another program is compared with "
        "(ase.transport, pwcond.x) its inputs are in this repository.",
        f"## Facts: {count}, of {len(every)}",
        "*Open*: there is nothing to judge yet; the table says what is missing. *Fitted*: what was fitted or chosen "
        "to meet this number is told beside it: no prediction, and not counted with the hits. G = T G0, G0 = 2e²/h. "
        "Several numbers in a row are told, and judged, one after another.",
        table.markdown(found),
        "## What misses, and why",
        *(_paragraphs(every) or ["Nothing."]),
        "## What the sources leave open",
        "In Kharlanov's chain Eq. (15) integrates over the band and so omits the state that is bound below it wherever "
        "v_L² + v_R² > 2t² + ε|t|, as always for v_L,R = (1 ± γ) t; Eq. (16) is of first order and does not notice. "
        "The ± of the printed v_L,R ~ t exp(±ζ Z_0) is to be reversed. The sign of μ_R = E_F + β eV is ambiguous: it "
        "fills the electrode that the text calls the anode; forces here point to the side of the electrons' excess, "
        "as the text has it (`ecmsim.quantum.recoil`). In section 4, t_ij = -1.8 eV exp(-ζ r) is printed without the "
        "neighbours' distance, which would make it -0.66 eV there (`ecmsim.quantum.tight_binding`).",
        "## Left out",
        LEFT_OUT,
    ]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _paragraphs(verdicts):
    """One on each miss: what was found against what, and what may explain it."""
    for row, verdict in enumerate(verdicts, 1):
        if verdict.word == "miss":
            fact = verdict.fact
            expected, tolerance = table.wanted(fact)
            yield (
                f"**Row {row}**, {fact.statement}: {table.told(verdict)} instead of {expected}"
                f"{f' {tolerance}' if tolerance else ''}{_change(verdict)}. {fact.doubt}".rstrip()
            )


def _change(verdict):
    """By how much a single value differs, as text."""
    known = getattr(verdict.fact.expected, "values", ())
    if len(known) != 1 or not known[0]:
        return ""
    return f" ({100 * (verdict.found.values[0] / known[0] - 1):+.0f} %)"
