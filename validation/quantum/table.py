"""The table of facts of quantum transport, as a data frame and as Markdown."""

import pandas as pd

from ecmsim.text import quantity
from validation.quantum import chain, contacts, filament, lookups, outcomes
from validation.quantum.facts import Between, Near, RoundOff

SECTIONS = (chain.SECTION, filament.SECTION, contacts.SECTION, lookups.SECTION, outcomes.SECTION)
PREFIXED = ("S", "ohm")


def verdicts(folder):
    """Every fact judged, with the result files in folder: a list of (Section, list of Verdict)."""
    return [(section, [fact.judge(folder) for fact in section.facts]) for section in SECTIONS]


def number(value, unit="", digits=3):
    """A number with its unit: "77.48 µS", "0.5244", "2.80"."""
    if unit in PREFIXED:
        return quantity(value, unit, digits).replace("ohm", "Ω")
    return f"{value:#.{digits}g}".rstrip(".") + _spaced(unit)


def wanted(fact):
    """The expected values and the tolerance, as two texts; the second without its reason."""
    expected, unit = fact.expected, fact.unit
    match expected:
        case RoundOff():
            return "0", f"{expected.limit:.0e}"
        case Between():
            if expected.high == float("inf"):
                return f"above {expected.low:g}{_spaced(unit)}", ""
            return f"{expected.low:g} to {expected.high:g}{_spaced(unit)}", ""
        case Near():
            if unit in PREFIXED:
                told, within = (
                    ", ".join(number(value, unit, 10) for value in values)
                    for values in (expected.values, (expected.within,))
                )
            else:
                told = ", ".join(f"{value:.10g}" for value in expected.values) + _spaced(unit)
                within = f"{expected.within:g}{_spaced(unit)}"
            return told, f"± {100 * expected.within:g} %" if expected.relative else f"± {within}"


def _spaced(unit):
    return f" {unit}" if unit else ""


def told(verdict):
    """Our values as text."""
    fact = verdict.fact
    return ", ".join(number(value, fact.unit, fact.expected.digits) for value in verdict.found.values)


def frame(found):
    """The verdicts as a DataFrame, a row a fact; several values are joined by semicolons."""
    rows = []
    for section, verdicts in found:
        for verdict in verdicts:
            fact = verdict.fact
            expected, tolerance = wanted(fact)
            rows.append(
                {
                    "row": len(rows) + 1,
                    "key": fact.key,
                    "fact": fact.statement,
                    "source": fact.source,
                    "expected": expected,
                    "tolerance": tolerance,
                    "reason": fact.why,
                    "ecmsim": "; ".join(repr(value) for value in verdict.found.values),
                    "unit": fact.unit,
                    "verdict": verdict.label,
                    "origin": section.origin,
                    "remark": verdict.remark,
                }
            )
    return pd.DataFrame(rows)


def markdown(found):
    """The verdicts as Markdown: a heading and a table for each section."""
    row = 0
    parts = []
    for section, verdicts in found:
        lines = [
            f"### {section.title} ({section.origin})",
            "",
            "| # | fact (source) | expected | tolerance: reason | ecmsim | |",
            "|---|---|---|---|---|---|",
        ]
        for verdict in verdicts:
            row += 1
            fact = verdict.fact
            expected, tolerance = wanted(fact)
            reason = f"{tolerance}: {fact.why}" if tolerance else fact.why
            ours = told(verdict) + (f" ({verdict.remark})" if verdict.found.values and verdict.remark else "")
            ours = ours or verdict.remark
            mark = {"hit": "", "miss": "**", "open": "*"}[verdict.word]
            word = f"{mark}{verdict.label}{mark}"
            cells = (row, f"{fact.statement} ({fact.source})", expected, reason, ours, word)
            lines.append("| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"
