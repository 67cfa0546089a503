"""CSV files of a programme: a column of times and one of voltages or currents."""

import csv
import math
from pathlib import Path

from ecmsim.config.quantities import Quantity
from ecmsim.config.suggest import listed, quoted
from ecmsim.config.texts import text_of
from ecmsim.errors import ConfigError

TIME = "time_s"
MOST_NAMES = 12  # of columns that a message names


def read_table(path, column, ge, le):
    """The points of a file as a list of pairs of Quantity: times in s and values in the unit that ends the column.

    column: "voltage_V" or "current_A"; ge, le: bounds of the values. The first line names the columns, of which others
    are ignored, as are empty lines and lines that begin with #. Raises ConfigError with what is wrong and the line.
    """
    lines = _lines(Path(path))
    header = next(lines, (0, []))[1]
    lacking = [name for name in (TIME, column) if name not in header]
    if lacking:
        hint = ""
        if lacking == [column] and {"voltage_V", "current_A"} & {*header}:
            hint = ' (for this one use kind = "{}")'.format("table" if "voltage_V" in header else "current_table")
        elif any(header):
            hint = f"; its first line has to name the columns: rename those of an instrument to {TIME} and {column}"
        names = [*map(_short, header[:MOST_NAMES]), *(["…"] if len(header) > MOST_NAMES else [])]
        there = f"has only {listed(names, 'and')}" if any(header) else "has no line with names of columns"
        needed = f"columns {listed(lacking, 'and')}" if len(lacking) > 1 else f'a column "{lacking[0]}"'
        raise ConfigError(f"needs {needed}, but {there}{hint}")
    points = []
    for line, cells in lines:
        time = _number(cells, header, TIME, line)
        value = _number(cells, header, column, line)
        if time < 0 or points and not time > points[-1][0]:
            rule = f"be later than {points[-1][0].text} of the line before" if points else "not be negative"
            raise ConfigError(f"line {line}: the time {time:g} s must {rule}")
        if not ge <= value <= le:
            raise ConfigError(f"line {line}: {column} = {value:g} must be from {ge} to {le}")
        points.append((Quantity(time, "s"), Quantity(value, column.rpartition("_")[2])))
    if not points:
        raise ConfigError("has no line with numbers")
    return points


def _lines(path):
    """Line numbers and cells of the lines that hold something."""
    for number, line in enumerate(text_of(path, "*.csv").splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            try:
                yield number, [cell.strip() for cell in next(csv.reader([line]))]
            except csv.Error as error:
                raise ConfigError(f"line {number}: {error}") from None


def _number(cells, header, name, line):
    index = header.index(name)
    if index >= len(cells):
        raise ConfigError(f"line {line}: {name} is missing")
    try:
        number = float(cells[index])
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ConfigError(f"line {line}: {name} = {quoted(cells[index])} is not a number")
    return number


def _short(name):
    return name if len(name) <= 40 else f"{name[:37]}..."
