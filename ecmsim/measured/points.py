"""Tables of measured points, one number over another: SET times over voltages, resistances over compliance currents."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ecmsim.errors import MeasurementError
from ecmsim.measured.choice import Choice, column_at, named, numbers_of
from ecmsim.measured.columns import Columns
from ecmsim.measured.files import sheets_of
from ecmsim.measured.naming import unit_at
from ecmsim.measured.units import unit_of


@dataclass(frozen=True)
class Points:
    """Measured points in SI units: x, y, (n,); told: what was taken for what, by "x" and "y"."""

    file: str
    x: np.ndarray
    y: np.ndarray
    told: dict


def read_points(path, columns=None, units=("", "")):
    """The Points of a file: columns x and y of Columns, or else its first two columns of numbers.

    units: what x and y are to be in ("V", "A", "s", "ohm"; "" for anything). Raises MeasurementError.
    """
    path, columns = Path(path), columns or Columns()
    try:
        sheet = sheets_of(path, columns)[0]
        found, told = [], {}
        for key, given, own, usual in zip("xy", (columns.x, columns.y), units, sheet.steady, strict=False):
            index = usual if given.column is None else column_at(sheet, given.column, key)
            text = given.unit or unit_at(sheet, index)
            unit = unit_of(text) if text else (own, 1.0)
            if own and (unit is None or unit[0] != own):
                raise MeasurementError(f"{key}: {named(sheet, index)} is in {text}, not in {own}")
            factor = (unit[1] if unit else 1.0) * given.factor * given.sign
            column = sheet.load([index])[index]
            numbers = numbers_of(column, sheet, Choice(index, 1.0, 0.0, named(sheet, index)))[0]
            found.append(numbers * factor - given.offset * given.factor * given.sign)
            told[key] = f"{named(sheet, index)}" + (f", in {text or own}" if text or own else "")
    except MeasurementError as error:
        raise MeasurementError(f"{path}: {error}") from None
    kept = np.isfinite(found[0]) & np.isfinite(found[1])
    if not kept.any():
        raise MeasurementError(f"{path}: holds no line with two numbers")
    return Points(path.name, found[0][kept], found[1][kept], told)
