"""The table of facts and the table of convergence, as data frames and as Markdown."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecmsim.text import number
from validation.paper import facts, growth, measures, predictions  # noqa: F401  (they enter the facts)
from validation.paper.fact import CHOICE, FACTS, FITTED, GROUNDS, PREDICTED, Fact, Finding
from validation.paper.runs import Runs
from validation.verdict import word


@dataclass(frozen=True)
class Verdict:
    """A fact with what came out. errors: numerical error of each value, by its name; nan where none was found."""

    fact: Fact
    finding: Finding
    errors: dict

    @property
    def word(self):
        return "hit" if self.finding.hit else "miss"

    def told(self):
        """The values with their errors, as text."""
        parts = []
        for name, (value, unit) in self.finding.values.items():
            text = number(value, self.errors.get(name, math.nan), unit)
            parts.append(text if len(self.finding.values) == 1 else f"{name} {text}")
        return ", ".join(parts)


def verdicts(runs: Runs):
    """Every fact measured, as a list of Verdict. The error is the difference to the run on the coarser mesh with the
    longer steps, where there is one."""
    found = []
    for fact in FACTS:
        finding, errors = fact.find(runs), {}
        if fact.coarser:
            coarse = fact.find(runs.coarsened).values
            errors = {name: abs(value - coarse[name][0]) for name, (value, _) in finding.values.items()}
        found.append(Verdict(fact, finding, errors))
    return found


def frame(found):
    """The verdicts as a DataFrame: one row a value, numbers in SI units or nm and eV."""
    rows = []
    for verdict in found:
        for name, (value, unit) in verdict.finding.values.items():
            rows.append(
                {
                    "row": verdict.fact.row,
                    "fact": verdict.fact.statement,
                    "source": verdict.fact.source,
                    "tolerance": verdict.fact.tolerance,
                    "kind": verdict.fact.ground,
                    "rests_on": verdict.fact.rests,
                    "value": name,
                    "ecmsim": value,
                    "error": verdict.errors.get(name, np.nan),
                    "unit": unit,
                    "verdict": verdict.word,
                    "note": verdict.finding.note,
                }
            )
    return pd.DataFrame(rows)


def markdown(found):
    """The verdicts as a Markdown table."""
    lines = ["| # | fact of the paper | tolerance | ecmsim | ground | |", "|---|---|---|---|---|---|"]
    for verdict in found:
        fact, note = verdict.fact, verdict.finding.note
        kind = f"{fact.ground}: {fact.rests}" if fact.rests else fact.ground
        told, became = verdict.told() + (f" ({note})" if note else ""), word(verdict.finding.hit)
        lines.append(
            f"| {fact.row} | {fact.statement} ({fact.source}) | {fact.tolerance} | {told} | {kind} | {became} |"
        )
    return "\n".join(lines) + "\n"


def counted(found):
    """How many facts stand on which ground and what became of them, as a line of text."""
    hits = {ground: [verdict.finding.hit for verdict in found if verdict.fact.ground == ground] for ground in GROUNDS}
    fitted, predicted, chosen = (hits[ground] for ground in (FITTED, PREDICTED, CHOICE))
    return (
        f"{len(fitted)} fitted ({sum(fitted)} hit); {sum(predicted)} predicted and hit, "
        f"{len(predicted) - sum(predicted)} predicted and missed; {len(chosen)} resting on a choice of ours "
        f"({sum(chosen)} hit)"
    )


# --- convergence --------------------------------------------------------------------------------------------

QUANTITIES = {
    "t(0.7 nm)": ("s", lambda run: measures.time_of_value(run, "height_nm", 0.7)),
    "Γ": ("s", lambda run: measures.moment(run.regimes.gamma_time)),
    "t(1 mA)": ("s", lambda run: measures.moment(run.regimes.y_time)),
    "T at 100 µA": ("K", lambda run: measures.value_at_current(run, "temperature_max_K", 100e-6)),
    "T at 603 µA": ("K", lambda run: measures.value_at_current(run, "temperature_max_K", 603e-6)),
    "highest T": ("K", lambda run: float(measures.column(run, "temperature_max_K").max())),
    "tip at 603 µA": ("nm/s", lambda run: growth.speed_at_current(run, "height_nm", 603e-6)),
    "rim at 603 µA": ("nm/s", lambda run: growth.speed_at_current(run, "radius_max_nm", 603e-6)),
    "final gap": ("nm", lambda run: float(measures.column(run, "gap_nm")[-1])),
    "mean radius": ("nm", lambda run: float(measures.column(run, "radius_mean_nm")[-1])),
    "Faraday error": ("", lambda run: float(measures.column(run, "faraday_error").max())),
    "charge imbalance": ("", lambda run: float(measures.column(run, "charge_imbalance").max())),
    "steps": ("", lambda run: float(len(run.timeseries) - 1)),
}
VARIANTS = {
    "as configured": None,
    "mesh twice as coarse": "coarse_mesh",
    "mesh twice as fine": "fine_mesh",
    "mesh three times as fine": "finest_mesh",
    "steps twice as long": "long_steps",
    "steps half as long": "short_steps",
    "both twice as coarse": "both_coarse",
    "cell of twice the radius and electrodes (a choice of the model, no error)": "large_cell",
}
ABSOLUTE = ("Faraday error", "charge imbalance", "steps")


def convergence(runs: Runs):
    """The reference sweep on other meshes, with other steps and in a larger cell: a DataFrame, one row a variant."""
    rows = []
    for name, case in VARIANTS.items():
        run = runs.reference if case is None else runs.case(case, "convergence")
        rows.append({"variant": name} | {quantity: measure(run) for quantity, (_, measure) in QUANTITIES.items()})
    return pd.DataFrame(rows)


def orders(table):
    """Order of convergence in mesh and steps, by quantity: log2 of how much the difference falls by halving."""
    rows = table.set_index("variant")
    found = {}
    for kind, coarse, fine in (
        ("mesh", "mesh twice as coarse", "mesh twice as fine"),
        ("steps", "steps twice as long", "steps half as long"),
    ):
        for quantity in QUANTITIES:
            if quantity not in ABSOLUTE:
                middle = rows[quantity]["as configured"]
                with np.errstate(divide="ignore", invalid="ignore"):  # no difference has no order
                    ratio = (rows[quantity][coarse] - middle) / (middle - rows[quantity][fine])
                found[kind, quantity] = math.log2(ratio) if 0 < ratio < np.inf else math.nan
    return found


def orders_text(convergence):
    """Orders of convergence, as a sentence."""
    found = orders(convergence)
    texts = []
    for kind in ("mesh", "steps"):
        known = [f"{quantity} {order:.1f}" for (of, quantity), order in found.items() if of == kind and order == order]
        texts.append(f"in the {kind}: {', '.join(known) or 'not monotone'}")
    note = "log2 of the ratio of successive differences; left out where these change sign"
    return f"Observed orders ({note}) {'; '.join(texts)}."


def convergence_markdown(table):
    """The convergence as a Markdown table: the reference's values, then differences to them."""
    units = {name: f" ({unit})" if unit else "" for name, (unit, _) in QUANTITIES.items()}
    lines = [
        "| | " + " | ".join(f"{name}{units[name]}" for name in QUANTITIES) + " |",
        "|---" * (len(QUANTITIES) + 1) + "|",
    ]
    first = table.iloc[0]
    for row in table.to_dict("records"):
        cells = []
        for name, (unit, _) in QUANTITIES.items():
            value = row[name]
            if name == "steps":
                cells.append(f"{value:.0f}")
            elif name in ABSOLUTE:
                cells.append(f"{value:.1e}")
            elif row["variant"] == first["variant"]:
                cells.append(f"{value:.4f}" if unit in ("s", "nm") else f"{value:.1f}")
            else:
                change = value - first[name]
                cells.append(f"{change:+.4f}" if unit in ("s", "nm") else f"{change:+.1f}")
        lines.append(f"| {row['variant']} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
