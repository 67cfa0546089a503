"""A table as it stands in a file, before anybody says what its columns mean; and where in its lines the numbers are.

Text and workbooks are alike here: lines of cells. `layout` finds names, units and numbers among them.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from ecmsim.errors import MeasurementError
from ecmsim.measured.units import unit_of

# What instruments and spreadsheets write where there is no number.
MISSING = ("", "#REF", "#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NUM!", "#NAME?", "nan", "NaN", "NAN", "NA", "N/A",
           "n/a",           "null", "None", "-", "--", "---", "overflow", "Overflow", "OVERFLOW", "OVFL")  # fmt: skip
NUMBER = {mark: re.compile(rf"[+-]?(?:\d+(?:[{mark}]\d*)?|[{mark}]\d+)(?:[eE][+-]?\d+)?") for mark in ".,"}
STEADY = 0.5  # of the lines in which a column holds a number, that it counts
MOST_METADATA = 500


@dataclass
class Sheet:
    """A table of a file. name: of the sheet or block, "" where there is one only; names, units: texts of its columns
    (k,), "" where unknown; first: line or row (from 1) of the first numbers; steady: indices of the columns of numbers;
    metadata: what stands above, by its first cell; sample: its beginning, DataFrame (m, k); load(indices): DataFrame of
    these columns, all lines, cells that are no numbers as text; instrument: a guess, or ""; note: about its layout;
    decimal: mark of such texts."""

    name: str
    names: tuple
    units: tuple
    first: int
    steady: tuple
    sample: object
    load: Callable
    metadata: dict = field(default_factory=dict)
    instrument: str = ""
    note: str = ""
    decimal: str = "."


@dataclass(frozen=True)
class Layout:
    """Where in lines of cells the numbers are. first: index of their first line; width: columns; cells: in a line of
    numbers, whose last columns may be left out; steady: the columns that hold numbers; names, units:
    (width,); metadata: of the lines above."""

    first: int
    width: int
    cells: int
    steady: tuple
    names: tuple
    units: tuple
    metadata: dict


def is_number(text, decimal="."):
    """Whether the text of a cell is a number."""
    return bool(NUMBER[decimal].fullmatch(text.strip().strip('"')))


def layout(lines, decimal=".", header=None):
    """The Layout of lines of cells (lists of text), None where there are no numbers to find.

    header: number of the line (from 1) with the names, 0 for none, None to look for it.
    """
    filled = [line for line in lines if any(cell.strip() for cell in line)]
    body = [line for line in filled[-200:] if sum(is_number(cell, decimal) for cell in line) >= 2]
    if not body:
        return None
    width = Counter(map(len, body)).most_common(1)[0][0]
    body = [line for line in body if len(line) == width]
    steady = tuple(
        index for index in range(width) if sum(is_number(line[index], decimal) for line in body) > STEADY * len(body)
    )
    if len(steady) < 2:
        return None
    # A word that leads each line of numbers, as "DataValue" does.
    keyword = Counter(line[0].strip() for line in body).most_common(1)[0]
    keyword = keyword[0] if 0 not in steady and keyword[0] and keyword[1] > 0.9 * len(body) else None

    def is_body(line):
        cells = [line[index].strip() for index in steady if index < len(line)]
        numbers = sum(is_number(cell, decimal) for cell in cells)
        whole = len(cells) == len(steady) and all(is_number(cell, decimal) or cell in MISSING for cell in cells)
        return whole and numbers >= 2 and keyword in (None, line[0].strip())

    first = (
        header if header else next(index for index, line in enumerate(lines) if is_body(line) and len(line) >= width)
    )
    if header and header >= len(lines):
        raise MeasurementError(f"header = {header}: no line follows line {header}")
    above = lines[:first]
    names, units, used = (("",) * width, ("",) * width, 0) if header == 0 else _header(above, width, decimal)
    width = max(width, len(names))
    cells = min(max(map(len, lines[first:])), width)
    metadata = {}
    for line in above[: len(above) - used]:
        _note(metadata, [cell.strip() for cell in line])
    if not used and 0 not in steady:  # words beside the first lines of numbers
        for line in lines[first : first + 50]:
            _note(metadata, [cell.strip() for cell in line[: steady[0]]])
    return Layout(first, width, cells, steady, names, units, metadata)


def _note(metadata, cells):
    key, rest = cells[0].rstrip(":=") if cells else "", [cell for cell in cells[1:] if cell]
    if not rest and re.match(r"[^:=]+[:=]", key):
        key, rest = (part.strip() for part in re.split(r"[:=]", key, maxsplit=1))
        rest = [rest] if rest else []
    if key and rest and len(metadata) < MOST_METADATA:
        while key in metadata:
            key += "'"
        metadata[key] = ", ".join(rest)


def _header(above, width, decimal):
    """Names and units from the lines above the numbers, and how many lines these take."""
    last = len(above)
    while last and not any(cell.strip() for cell in above[last - 1]):
        last -= 1
    rows = []
    for line in reversed(above[max(last - 3, 0) : last]):
        cells = _uncommented(line)
        if len(cells) < width or rows and len(cells) != len(rows[0]) or not any(cells):
            break  # names may be more than the numbers in a line, whose last cells are left out
        rows.append(cells)
    if not rows:
        return ("",) * width, ("",) * width, 0
    used, units = len(above) - last, ("",) * len(rows[0])
    if len(rows) > 1 and _are_units(rows[0]):
        units, rows, used = tuple(rows[0]), rows[1:], used + 1
    names = rows[0]
    used += 1
    told = [name for name in names if name]
    words = len(rows) > 1 and not any(is_number(cell, decimal) for cell in rows[1])
    if words and len(set(told)) < len(told) and sum(map(bool, rows[1])) > 1:
        groups = [cell or "" for cell in rows[1]]
        names, used = [" / ".join(filter(None, pair)) for pair in zip(groups, names, strict=True)], used + 1
    return tuple(names), units, used


def _uncommented(line):
    cells = [cell.strip().strip('"').strip() for cell in line]
    if cells and cells[0] in ("#", "%", "//", ";"):
        return cells[1:]
    if cells:
        cells[0] = cells[0].lstrip("#%").strip()
    return cells


def _are_units(cells):
    return all(not cell or unit_of(cell) for cell in cells) and any(cells)
