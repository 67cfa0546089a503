"""The reference of all settings, made from the schema: for `ecmsim validate --schema` and the manual."""

import textwrap
from itertools import groupby
from typing import NamedTuple, get_args, get_origin

from pydantic_core import PydanticUndefined

from ecmsim.config.quantities import Quantity
from ecmsim.config.schema import Config
from ecmsim.config.section import is_needed
from ecmsim.config.structure import (
    choices,
    expected_text,
    field_annotation,
    kinds,
    quantity_type,
    section,
    settings,
    strip,
)
from ecmsim.config.suggest import listed


class Setting(NamedTuple):
    """One row of the reference: dotted name, unit ("" if dimensionless or no number), default, meaning."""

    name: str
    unit: str
    default: str
    meaning: str


def reference(model=Config, prefix=""):
    """All settings of the schema, in its order, as a list of Setting."""
    rows = []
    for name, field in settings(model).items():
        annotation = field_annotation(field)
        rows += _rows(f"{prefix}{name}", annotation, field)
    return rows


def reference_text(width=110, rows=None):
    """The reference (or these rows of one) as plain text, one block for each section, at most `width` wide."""
    lines = []
    whole = reference() if rows is None else rows
    for section_name, group in groupby(whole, lambda row: row.name.rpartition(".")[0]):
        rows = [row._replace(name=row.name.rpartition(".")[2]) for row in group]
        header = f"[{section_name.replace('[]', '')}]"
        header = f"[{header}]" if section_name.endswith("[]") else header
        lines += [header if section_name else "name, unit, default, meaning (allowed values)", ""]
        sizes = [max(len(row[column]) for row in rows) for column in range(3)]
        indent = "  " + "  ".join(" " * size for size in sizes) + "  "
        for row in rows:
            meaning = textwrap.wrap(row.meaning, max(width - len(indent), 20))
            start = "  ".join(["", *(row[column].ljust(sizes[column]) for column in range(3)), ""])
            lines += [(start + meaning[0]), *(indent + line for line in meaning[1:])]
        lines.append("")
    return "\n".join(lines)


def reference_markdown():
    """The reference as a Markdown table."""
    lines = ["| setting | unit | default | meaning |", "|---|---|---|---|"]
    for row in reference():
        meaning = row.meaning.replace("|", "\\|")
        lines.append(f"| `{row.name}` | {row.unit} | {row.default} | {meaning} |")
    return "\n".join(lines)


def _rows(name, annotation, field):
    if expected_text(annotation):  # described as one setting, whatever it consists of
        return [Setting(name, "", _default(field), field.description)]
    if section(annotation, None):
        return reference(section(annotation, None), f"{name}.")
    if get_origin(strip(annotation)) is tuple and not quantity_type(get_args(strip(annotation))[0]):
        return _rows(f"{name}[]", get_args(strip(annotation))[0], field)
    if get_origin(strip(annotation)) is dict:
        return _rows(f"{name}.NAME", get_args(strip(annotation))[1], field)
    if kinds(annotation):
        row = Setting(f"{name}.kind", "", "required", f"{field.description}: {', '.join(kinds(annotation))}")
        of_kind = {kind: reference(member, f"{name}.") for kind, member in kinds(annotation).items()}
        return [row, *_united(of_kind, row.name)]
    many = get_origin(strip(annotation)) is tuple
    quantity = quantity_type(get_args(strip(annotation))[0] if many else annotation)
    allowed = quantity.bounds if quantity else ", ".join(choices(annotation)) or _bounds(field.metadata)
    meaning = field.description + (f" ({allowed})" if allowed else "")
    return [Setting(name, quantity.unit if quantity else "", _default(field), meaning)]


def _united(of_kind, skip):
    """Rows of all kinds without repetition; those that not every kind has say whose they are."""
    rows = {}
    for kind, own in of_kind.items():
        for row in own:
            rows.setdefault(row, []).append(kind)
    for row, owners in sorted(rows.items(), key=lambda item: item[0].name.count(".")):  # tables within it last
        if row.name != skip:
            note = "" if len(owners) == len(of_kind) else f"kind = {listed(owners)}: "
            yield row._replace(meaning=note + row.meaning)


def _bounds(metadata):
    signs = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}
    limits = [(sign, getattr(item, name, None)) for item in metadata for name, sign in signs.items()]
    return ", ".join(f"{sign} {limit}" for sign, limit in limits if limit is not None)


def _default(field):
    if is_needed(field):
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined:
        return "required"
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or value in ((), {}):
        return "none"
    return value.text if isinstance(value, Quantity) else str(value)
