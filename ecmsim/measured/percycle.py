"""Tables with a line for each cycle, as evaluations of endurance tests leave them: V_SET, V_RESET, R_LRS and others."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ecmsim.errors import MeasurementError
from ecmsim.measured import naming
from ecmsim.measured.choice import Choice, column_at, named, numbers_of
from ecmsim.measured.columns import PER_CYCLE, Columns
from ecmsim.measured.files import sheets_of
from ecmsim.measured.reading import read
from ecmsim.measured.units import unit_of

UNITS = {"v": "V", "i": "A", "r": "ohm"}
COLUMN = {"v_set": "V_SET_V", "v_reset": "V_RESET_V", "i_reset": "I_RESET_A", "r_lrs": "R_LRS_ohm",
          "r_hrs": "R_HRS_ohm",           "i_lrs": "I_LRS_A", "i_hrs": "I_HRS_A"}  # fmt: skip


@dataclass(frozen=True)
class CycleTable:
    """Numbers by cycle. file: its name; table: DataFrame with cycle and those of COLUMN that there are; layout: text;
    told: what was taken for what; notes: texts."""

    file: str
    table: object
    layout: str = ""
    told: dict = None
    notes: tuple = ()

    def values(self, definitions=None):
        """The table itself: its definitions are those of who made it."""
        return self.table


def open_file(path, columns=None, current=True):
    """A Recording, or a CycleTable where a file has a line per cycle and no voltage. Raises MeasurementError."""
    path, columns = Path(path), columns or Columns()
    if columns.values:
        return read_cycle_table(path, columns)
    try:
        return read(path, columns, current)
    except MeasurementError as error:
        try:
            return read_cycle_table(path, columns)
        except MeasurementError:
            raise error from None


def read_cycle_table(path, columns=None):
    """The CycleTable of a file. Raises MeasurementError with what to write in [columns]."""
    path, columns = Path(path), columns or Columns()
    try:
        return _read(path, columns)
    except MeasurementError as error:
        raise MeasurementError(f"{path}: {error}") from None


def _read(path, columns):
    import pandas as pd

    sheets = [sheet for sheet in sheets_of(path, columns) if columns.values or _candidates(sheet)]
    if not sheets:
        raise MeasurementError('no columns of values per cycle, such as VSET: write v_set = "NAME" in [columns]')
    sheet, notes, found = sheets[0], [], {}
    for key in PER_CYCLE:
        if key in columns.values:
            found[key] = column_at(sheet, columns.values[key], key)
        elif hits := _candidates(sheet).get(key):
            hits = _of_own_group(sheet, key, hits)
            found[key] = hits[0]
            if len(hits) > 1:
                others = ", ".join(named(sheet, index) for index in hits[1:])
                notes.append(f"{key}: could also be {others}")
    counted = naming.by_name(sheet, "cycle")
    index = column_at(sheet, columns.cycle_column, "cycle_column") if columns.cycle_column is not None else None
    index = counted[0] if index is None and counted else index
    frame = sheet.load(list(dict.fromkeys([*found.values(), *([] if index is None else [index])])))
    values, told = {}, {}
    for key, at in found.items():
        factor, told[key] = _scale(sheet, at, key)
        values[COLUMN[key]] = factor * numbers_of(frame[at], sheet, Choice(at, 1.0, 0.0, named(sheet, at)))[0]
    numbers = np.arange(1.0, len(frame) + 1)
    if index is not None:
        numbers, told["cycle"] = (
            numbers_of(frame[index], sheet, Choice(index, 1, 0, named(sheet, index)))[0],
            named(sheet, index),
        )
    table = pd.DataFrame({"cycle": numbers} | values)
    table = table[np.isfinite(table["cycle"]) & table[list(values)].notna().any(axis=1)].reset_index(drop=True)
    if not len(table):
        raise MeasurementError("holds no line with values of a cycle")
    table["cycle"] = table["cycle"].astype(int)
    for state in ("LRS", "HRS"):
        current = f"I_{state}_A"
        if current in table and f"R_{state}_ohm" not in table:
            if columns.read_voltage:
                table[f"R_{state}_ohm"] = columns.read_voltage / table[current].abs()
            else:
                notes.append(f'I_{state} makes a resistance with read_voltage = "0.1 V" in [columns]')
    return CycleTable(path.name, table, sheet.note, told, tuple(notes))


def _candidates(sheet):
    """The columns whose names are those of values per cycle, by key; filled ones only, in their order."""
    found = {}
    for index in sheet.steady:
        last = naming.plain(sheet.names[index].rpartition(" / ")[2]) if sheet.names[index] else ""
        whole = re.sub(r"[\s\-]+", "_", sheet.names[index].rpartition(" / ")[2].strip().lower())
        for key, form in naming.PER_CYCLE.items():
            if re.fullmatch(form, last) or re.fullmatch(form, whole):
                found.setdefault(key, []).append(index)
    return found


def _of_own_group(sheet, key, hits):
    """The columns with those first that stand below the word for their own half of a cycle: LRS below SET."""
    own = "reset" if key in ("v_reset", "i_reset") else "set"

    def strange(index):
        group = sheet.names[index].rpartition(" / ")[0].lower()
        return bool(group) and (("reset" in group) != (own == "reset"))

    return sorted(hits, key=strange)


def _scale(sheet, index, key):
    """Factor to SI units and what to tell of a column of values."""
    text, own = naming.unit_at(sheet, index), UNITS[key[0]]
    unit = unit_of(text) if text else (own, 1.0)
    if unit is None or unit[0] != own:
        raise MeasurementError(f"{key}: {named(sheet, index)} is in {text}, not in {own}")
    return unit[1], f"{named(sheet, index)}, in {text or own}" + ("" if text else ", as nothing says another unit")
