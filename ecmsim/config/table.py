"""CSV files of a programme: a column of times and one of voltages or currents."""

import csv
import math
from pathlib import Path

from ecmsim.config.quantities import Quantity
from ecmsim.config.suggest import did_you_mean, listed
from ecmsim.errors import ConfigError

TIME = "time_s"


def read_table(path, column, ge, le):
    """The points of a file as a list of pairs of Quantity: times in s and values in the unit that ends the column.

    column: "voltage_V" or "current_A"; ge, le: bounds of the values. The first line names the columns, of which others
    are ignored, as are empty lines and lines that begin with #. Raises ConfigError with what is wrong and the line.
    """
    lines = _lines(Path(path))
    header = next(lines, (0, []))[1]
    for name in (TIME, column):
        if name not in header:
            other = ' (for this one use kind = "{}")'
            hint = did_you_mean(name, header)
            if not hint and {"voltage_V", "current_A"} & {*header}:
                hint = other.format("table" if "voltage_V" in header else "current_table")
            there = f"has only {listed(header, 'and')}" if any(header) else "has no line with names of columns"
            raise ConfigError(f'needs a column "{name}", but {there}{hint}')
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
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        hint = did_you_mean(path.name, [file.name for file in path.parent.glob("*.csv")])
        raise ConfigError(f"no such file{hint}") from None
    except UnicodeDecodeError:
        raise ConfigError("is not UTF-8 text") from None
    except OSError as error:
        raise ConfigError(f"cannot be read ({error.strerror})") from None
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, [cell.strip() for cell in next(csv.reader([line]))]


def _number(cells, header, name, line):
    index = header.index(name)
    if index >= len(cells):
        raise ConfigError(f"line {line}: {name} is missing")
    try:
        number = float(cells[index])
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ConfigError(f'line {line}: {name} = "{cells[index]}" is not a number')
    return number
