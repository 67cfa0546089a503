"""What `ecmsim data show` says of a measurement file: what it holds, how it was understood, what decides it."""

import numpy as np
import tomli_w

from ecmsim.errors import EcmsimError
from ecmsim.text import quantity

MOST_CYCLES = 12
MOST_NAME = 24


def described(path, found, given, tolerance=None, lacks=None):
    """Lines about a Recording or a CycleTable. given: data of its [columns] block; tolerance: of its legs, V, or None;
    lacks: why there is no current, if there is none."""
    lines = [str(path), _line("form", "; ".join(filter(None, [found.layout, getattr(found, "instrument", "")])))]
    lines += [_line(name, text) for name, text in found.told.items()]
    lines += [_line("current", lacks)] if lacks else []
    lines += _table(found) if not hasattr(found, "voltage") else _recording(found, tolerance)
    lines += [_line("note", text) for text in found.notes]
    return [*lines, "", *_block(found, given), *(_step(path, found) if hasattr(found, "voltage") else []), ""]


def _line(name, text):
    return f"  {name:<12}{text}"


def _table(found):
    lines = [_line("cycles", str(len(found.table)))]
    for name in found.table.columns[1:]:
        values = found.table[name].dropna().to_numpy(float)
        unit = name.rpartition("_")[2]
        if len(values):
            spread = " to ".join(quantity(value, unit) for value in (values.min(), values.max()))
            lines.append(_line(name, f"{len(values)} values, {spread}, median {quantity(np.median(values), unit)}"))
    return lines


def _recording(found, tolerance):
    from ecmsim.measured import legs_of

    low, high = found.voltage.min(), found.voltage.max()
    steps = np.diff(found.time)
    interval = f", every {quantity(np.median(steps), 's')}" if len(steps) else ""
    uneven = len(steps) and steps.max() > 1.5 * np.median(steps)
    spacing = f"{interval} ({quantity(steps.min(), 's')} to {quantity(steps.max(), 's')})" if uneven else interval
    lines = [
        _line("points", f"{len(found)} in {quantity(found.time[-1] - found.time[0], 's')}{spacing}"),
        _line(
            "range",
            f"{_signed(low, 'V')} to {_signed(high, 'V')}" + (f", {found.voltage_is}" if found.voltage_is else ""),
        ),
    ]
    if found.current is not None:
        lines.append(_line("", f"{_signed(found.current.min(), 'A')} to {_signed(found.current.max(), 'A')}"))
        if abs(low) > abs(high):
            lines.append(_line("", 'larger at negative voltage; polarity = "negative" turns both signs'))
    try:
        lines.append(_line("legs", legs_of(found, tolerance).words))
    except EcmsimError as error:
        lines.append(_line("legs", str(error)))
    numbers = found.cycles
    lines.append(_line("cycles", str(len(numbers))))
    widths = {
        "": MOST_NAME,
        "points": 8,
        "time": 10,
        "rate": 12,
        "from": 10,
        "to": 10,
        "max |I|": 11,
        "compliance": 13,
    }
    lines.append("    " + "".join(f"{name:>{size}}" for name, size in widths.items()))
    shown = numbers if len(numbers) <= MOST_CYCLES else [*numbers[: MOST_CYCLES - 1], None, numbers[-1]]
    for number in shown:
        lines.append("    …" if number is None else _cycle(found, number))
    return lines


def _cycle(found, number):
    part = found.only(number)
    rate, limit = found.rate(number), None if found.current is None else found.limit(number)
    how = "" if limit is None else quantity(limit, "A") + ("" if number in found.compliance else " *")
    cells = [
        f"    {found.name(number)[: MOST_NAME - 1]:<{MOST_NAME}}",
        f"{len(part):>8}",
        f"{quantity(part.time[-1] - part.time[0], 's'):>10}",
        f"{quantity(rate, 'V/s') if np.isfinite(rate) else '':>12}",
        f"{_signed(part.voltage.min(), 'V'):>10}",
        f"{_signed(part.voltage.max(), 'V'):>10}",
        f"{quantity(np.abs(part.current).max(), 'A') if part.current is not None else '':>11}",
        f"{how:>13}",
        "  (* a plateau)" if how.endswith("*") else "",
    ]
    return "".join(cells).rstrip()


def _signed(value, unit):
    return quantity(float(value), unit) if abs(value) > 1e-18 else f"0 {unit}"


def _block(found, given):
    """The block that says what was understood."""
    data = dict(given)
    for name, text in found.told.items():
        key = "cycle_column" if name == "cycle" else name
        if key not in data:
            data[key] = _name(text)
    return ["  as a block that decides, to change where it is wrong:", *_indented(tomli_w.dumps({"columns": data}))]


def _name(text):
    """Name or number of a column from what was told of it."""
    first = text.split(", in ")[0]
    if first.startswith("column "):
        return int(first.removeprefix("column "))
    name, _, number = first.rpartition('" (column ')
    return int(number.rstrip(")")) if name else first.strip('"')


def _step(path, found):
    limits = {limit for number in found.cycles if found.current is not None and (limit := found.limit(number))}
    lines = ["[[programme]]", 'kind = "measured"', tomli_w.dumps({"file": str(path)}).strip()]
    if len(limits) == 1:
        lines.append(
            f'compliance = {{ kind = "ideal", current = "{quantity(limits.pop(), "A", 6).replace("µ", "u")}" }}'
        )
    return ["", "  as a step of a programme:", *_indented("\n".join(lines))]


def _indented(text):
    return [f"    {line}".rstrip() for line in text.strip().splitlines()]
