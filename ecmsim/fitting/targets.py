"""Targets of a fit: numbers that are known, each with its tolerance and what of a run it is compared with.

source = "the paper"               # whose facts these are; the name of the file if left out
[[target]]
row = 4                            # its number among these facts; its position, from 1, if left out
name = "rise at 100 µA"
value = "125 K"
tolerance = "25 K"
measure = "value at current"       # a kind in ecmsim.results.measures.KINDS, and what it takes:
column = "temperature_max_K"
current = "100 uA"
above = "cell.ambient_temperature" # the setting from which a value is counted, if not from zero
"""

from dataclasses import dataclass
from pathlib import Path

from pydantic_core import PydanticCustomError

from ecmsim.config import reference
from ecmsim.config.files import read as toml_of
from ecmsim.config.quantities import QuantityType
from ecmsim.config.suggest import did_you_mean, listed, quoted
from ecmsim.errors import ConfigError
from ecmsim.results import COLUMNS
from ecmsim.results.measures import BOUNDARIES, KINDS, Measure, unit_of
from ecmsim.study.space import Wrong

KEYS = ("source", "target")
OWN = ("row", "name", "value", "tolerance")  # keys of a target that say nothing of its measure
TAKEN = tuple(dict.fromkeys(key for kind in KINDS.values() for key in kind.takes))


@dataclass(frozen=True)
class Target:
    """A known number. row: of the fact; value, tolerance: in the unit; measure(run): what a Run has in its place."""

    row: int
    name: str
    unit: str
    value: float
    tolerance: float
    measure: Measure

    def within(self, found):
        """Whether a number found is within the tolerance (nan is not)."""
        return bool(self.value - self.tolerance <= found <= self.value + self.tolerance)


@dataclass(frozen=True)
class Targets:
    """All targets of one file, in the order of their rows, and whose facts they are."""

    source: str
    targets: tuple


def read(path):
    """The Targets in a file of its own. Raises ConfigError with all that is wrong."""
    path = Path(path)
    data, problems = toml_of(path), []
    for key in data:
        if key not in KEYS:
            hint = did_you_mean(key, KEYS) or f"; allowed: {', '.join(KEYS)}"
            problems.append(f"{key}: unknown key of a file of targets{hint}")
    found = from_tables(data, path, problems)
    if problems:
        raise ConfigError(f"{path}: " + "\n  ".join(problems), problems)
    return found


def from_tables(data, path, problems):
    """The Targets in the content of a file (its path); what is wrong with them goes into problems."""
    source, tables = data.get("source", path.name), data.get("target")
    if not isinstance(source, str) or not source:
        problems.append(f"source = {quoted(source)}: expected text in quotes")
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        problems.append("target: expected tables [[target]]")
        return Targets("", ())
    found = []
    for position, table in enumerate(tables):
        try:
            found.append(target(table, position + 1))
        except Wrong as error:
            problems.append(f"target[{position}]: {error}")
    rows = [item.row for item in found]
    for row in sorted({row for row in rows if rows.count(row) > 1}):
        problems.append(f"target: row {row} is used {rows.count(row)} times")
    return Targets(source, tuple(sorted(found, key=lambda item: item.row)))


def target(table, position):
    """The Target that a table of a file describes; position: its row where it names none. Raises Wrong."""
    row, name = table.get("row", position), table.get("name")
    if not isinstance(row, int) or isinstance(row, bool) or row < 1:
        raise Wrong(f"row = {quoted(row)}: expected a whole number from 1 on")
    if not isinstance(name, str) or not name:
        raise Wrong(f"name = {quoted(name)}: expected text in quotes" if "name" in table else "needs a name")
    known = measure({key: value for key, value in table.items() if key not in OWN})
    value = _number(table, "value", QuantityType(known.unit))
    return Target(row, name, known.unit, value, _number(table, "tolerance", QuantityType(known.unit, gt=0)), known)


def measure(table):
    """The Measure that a table asks for: its kind (measure = …), and what that takes. Raises Wrong."""
    kind = table.get("measure")
    if not isinstance(kind, str) or kind not in KINDS:
        told = f"measure = {quoted(kind)}: expected" if "measure" in table else "needs a measure:"
        raise Wrong(f"{told} {listed(KINDS)}{did_you_mean(kind, KINDS)}")
    needed = KINDS[kind].takes
    of_column = KINDS[kind].unit is None
    allowed = (*needed, "above") if of_column else needed
    for key in table:
        if key not in ("measure", *allowed):
            hint = "" if key in (*TAKEN, "above") else did_you_mean(key, (*OWN, "measure", *allowed))
            raise Wrong(f'{key}: "{kind}" takes {", ".join(allowed)}{hint}')
    for key in needed:
        if key not in table:
            raise Wrong(f'"{kind}" needs {key}')
    given = tuple(_argument(key, table) for key in needed)
    return Measure(kind, given, _above(table, unit_of(given[0])) if "above" in table else "")


def _argument(key, table):
    """What a measure is asked with: a name as it is, a quantity as a number in the unit of the time series."""
    names = {"column": COLUMNS, "boundary": BOUNDARIES}.get(key)
    if names is None:
        unit = {"time": "s", "current": "A"}.get(key) or unit_of(table["column"])  # a level is one of the column
        return _number(table, key, QuantityType(unit, gt=0) if key == "current" else QuantityType(unit))
    name = table[key]
    if not isinstance(name, str) or name not in names:
        wanted = "a column of timeseries.csv" if key == "column" else listed(names)
        raise Wrong(f"{key} = {quoted(name)}: expected {wanted}{did_you_mean(name, names)}")
    return name


def _above(table, unit):
    """The setting from which a value of a column is counted: one with the unit of the column."""
    name = table["above"]
    known = {row.name: row.unit for row in reference() if row.unit and "[]" not in row.name and "NAME" not in row.name}
    if not isinstance(name, str) or name not in known:
        hint = did_you_mean(name, known) or " (ecmsim validate --schema lists all)"
        raise Wrong(f"above = {quoted(name)}: expected a setting with a unit{hint}")
    if known[name] != unit:
        in_unit = f"in {unit}" if unit else "a number without a unit"
        raise Wrong(f"above = {quoted(name)}: is in {known[name]}, but {table['column']} is {in_unit}")
    return name


def _number(table, key, kind):
    """A quantity of a table as a number in the unit of its kind (a QuantityType)."""
    if key not in table:
        raise Wrong(f"needs a {key}: {kind.expectation}")
    given = table[key]
    if isinstance(given, dict):
        raise Wrong(f"{key} = {quoted(given)}: expected {kind.expectation}")
    try:
        return float(kind.validate(given))
    except PydanticCustomError as error:
        raise Wrong(f"{key} = {quoted(given)}: {error.message()}") from None
