"""Which column of a sheet is which quantity: what [columns] says, or else a guess; and its numbers in SI units."""

from dataclasses import dataclass

import numpy as np

from ecmsim.errors import MeasurementError
from ecmsim.measured import naming
from ecmsim.measured.sheet import MISSING, is_number
from ecmsim.measured.units import unit_of

LARGE = 9e36  # Keithley writes 9.91e37 where there is no number
MOST_NAMED = 14
ORDER = ("time", "voltage", "current")


@dataclass(frozen=True)
class Choice:
    """A column taken for a quantity. index: in the sheet; factor, offset: quantity = number * factor - offset; text:
    what to tell; note: what else may have been meant, or ""."""

    index: int
    factor: float
    offset: float
    text: str
    note: str = ""

    def scaled(self, numbers):
        """Numbers of the column as the quantity, in SI units."""
        return numbers * self.factor - self.offset


def choose(sheet, columns, need_current=True):
    """The columns of a sheet by quantity: Choice of time (if there is one), voltage, current and cycle."""
    found, taken = {}, []
    for quantity in ORDER:
        given = getattr(columns, quantity)
        if given.column is not None:
            found[quantity] = (column_at(sheet, given.column, quantity), "")
            taken.append(found[quantity][0])
    nameless = not any(sheet.names[index] for index in sheet.steady) and not any(sheet.units)
    if nameless and len(found) < 3:
        _guess_by_numbers(sheet, columns, found)
    elif not nameless:
        for quantity in ORDER:
            if quantity not in found and not (quantity == "time" and (columns.rate or columns.interval)):
                _guess_by_name(sheet, quantity, found)
    for quantity in ("voltage", *(["current"] if need_current else [])):
        if quantity not in found:
            raise MeasurementError(_lacks(sheet, quantity))
    chosen = {}
    for quantity, (index, note) in sorted(found.items(), key=lambda item: ORDER.index(item[0])):
        chosen[quantity] = _choice(sheet, index, quantity, getattr(columns, quantity), note)
    if columns.cycle_column is not None:
        index = column_at(sheet, columns.cycle_column, "cycle_column")
        chosen["cycle"] = Choice(index, 1.0, 0.0, named(sheet, index))
    else:
        for index in naming.by_name(sheet, "cycle", [choice.index for choice in chosen.values()])[:1]:
            chosen["cycle"] = Choice(index, 1.0, 0.0, named(sheet, index))
    return chosen


def _guess_by_name(sheet, quantity, found):
    taken = [index for index, _ in found.values()]
    named_so = naming.by_name(sheet, quantity, taken)
    candidates = named_so or naming.by_unit(sheet, quantity, taken)
    if not candidates:
        return
    how = "" if named_so else f"by its unit, {naming.unit_at(sheet, candidates[0])}"
    others = [named(sheet, index) for index in candidates[1:4]]
    note = "; ".join(filter(None, [how, f"could also be {', '.join(others)}" if others else ""]))
    found[quantity] = (candidates[0], note)


def _guess_by_numbers(sheet, columns, found):
    guess = naming.by_numbers(sheet)
    if guess is None:
        if "voltage" not in found:
            raise MeasurementError(
                f"has {len(sheet.steady)} columns of numbers without names: write their numbers in [columns], such as "
                "time = 1, voltage = 2, current = 3"
            )
        return
    for quantity, index in zip(("time", "voltage", "current"), guess, strict=True):
        if quantity not in found and index is not None and index not in [there for there, _ in found.values()]:
            how = {"time": "it never falls", "voltage": "the larger one", "current": "the smaller one"}[quantity]
            found[quantity] = (index, f"guessed from its numbers ({how})")


def column_at(sheet, given, key):
    """The index of a column by its name or number (from 1). Raises MeasurementError."""
    if isinstance(given, int):
        if not 1 <= given <= len(sheet.names):
            raise MeasurementError(f"{key} = {given}: there are columns 1 to {len(sheet.names)}{_there(sheet)}")
        return given - 1
    wanted = given.strip()
    hits = [index for index, name in enumerate(sheet.names) if name == wanted]
    hits = hits or [index for index, name in enumerate(sheet.names) if name and naming.split(name)[0] == wanted]
    hits = hits or [index for index, name in enumerate(sheet.names) if name.lower() == wanted.lower()]
    filled = [index for index in hits if index in sheet.steady]
    if len(hits) > 1 and len(filled) != 1:
        numbers = ", ".join(str(index + 1) for index in hits)
        raise MeasurementError(f'{key} = "{given}": columns {numbers} have this name; write the number of one')
    if not hits:
        raise MeasurementError(f'{key} = "{given}": no such column{_there(sheet)}')
    return (filled or hits)[0]


def _there(sheet):
    names = [named(sheet, index) for index in range(len(sheet.names))]
    shown = ", ".join(names[:MOST_NAMED]) + (", …" if len(names) > MOST_NAMED else "")
    return f"; there are {shown}" if any(sheet.names) else " (without names)"


def _lacks(sheet, quantity):
    """What to say where a quantity is not found."""
    text = f"no column of a {quantity} is found among {_there(sheet).removeprefix('; there are ')}"
    volts = naming.by_unit(sheet, "voltage")
    if quantity == "current" and len(volts) > 1:
        name = _written(sheet, volts[1])
        return f'{text}; if {name} is the voltage over a resistor: current = {{ column = {name}, shunt = "100 kohm" }}'
    return f'{text}: write {quantity} = "NAME" or its number in [columns]'


def _written(sheet, index):
    return (
        f'"{sheet.names[index]}"'
        if sheet.names.count(sheet.names[index]) == 1 and sheet.names[index]
        else str(index + 1)
    )


def named(sheet, index):
    """A column in words: "AI", or its number where it has no name of its own."""
    name = sheet.names[index]
    if not name:
        return f"column {index + 1}"
    return f'"{name}"' + (f" (column {index + 1})" if sheet.names.count(name) > 1 else "")


def _choice(sheet, index, quantity, given, note):
    """The Choice of a column for a quantity, with its unit."""
    own = naming.UNITS[quantity]
    wanted = "V" if given.shunt else own
    text = given.unit or naming.unit_at(sheet, index)
    unit = unit_of(text) if text else (wanted, 1.0)
    if given.unit and unit is None:
        raise MeasurementError(f'{quantity}: unit = "{given.unit}" is not known; such as "{wanted}", "m{wanted}"')
    if unit is None:
        unit, note = (
            (wanted, 1.0),
            "; ".join(filter(None, [note, f'unit "{text}" is not known and taken for {wanted}'])),
        )
    if unit[0] != wanted:
        hint = ""
        if quantity == "current" and unit[0] == "V":
            hint = '; if it was measured over a resistor, write shunt = "100 kohm" beside it'
        raise MeasurementError(f"{quantity}: {named(sheet, index)} is in {text}, not in {wanted}{hint}")
    factor = given.factor * given.sign / (given.shunt or 1.0)
    words = [named(sheet, index), f"in {text}" if text else f"in {wanted}, as nothing says another unit"]
    if given.shunt:
        words.append(f"over {given.shunt:g} ohm")
    if given.offset:
        words.append(f"minus {given.offset:g} {wanted}")
    if given.factor * given.sign != 1:
        words.append(f"times {given.factor * given.sign:g}")
    return Choice(index, unit[1] * factor, given.offset * factor, ", ".join(words), note)


def numbers_of(column, sheet, choice):
    """A column (Series) as floats (n,), nan where there is none, and where it repeats its own name (n,) bool.

    Raises MeasurementError for a text that is no number; in the last line it is what a cut file leaves.
    """
    import pandas as pd

    anew = np.zeros(len(column), bool)
    if column.dtype.kind in "fiu":
        values = column.to_numpy(float, copy=True)
    else:
        texts = column.map(lambda cell: cell.strip() if isinstance(cell, str) else cell)
        anew = (texts == sheet.names[choice.index]).to_numpy(bool) if sheet.names[choice.index] else anew
        # A line of units below names that come again.
        units = texts.map(lambda cell: isinstance(cell, str) and unit_of(cell) is not None).to_numpy(bool)
        texts = texts.mask(texts.isin(MISSING) | anew | units)
        if sheet.decimal == ",":
            texts = texts.map(lambda cell: cell.replace(",", ".") if isinstance(cell, str) else cell)
        values = pd.to_numeric(texts, errors="coerce").to_numpy(float, copy=True)
        bad = np.nonzero(np.isnan(values) & texts.notna().to_numpy())[0]
        if len(bad) and (bad[0] < len(column) - 1 or is_number(str(texts.iloc[bad[0]]))):
            cell, line = str(column.iloc[bad[0]])[:40], sheet.first + bad[0]
            raise MeasurementError(
                f'line {line}: {choice.text.split(",")[0]} = "{cell}" is no number: take the line out, or leave the'
                " cell empty"
            )
    values[np.abs(values) > LARGE] = np.nan
    return values, anew
