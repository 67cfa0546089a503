"""A look as text: a few lines of numbers and the I-V curve in characters of Braille, or a line for logs and pipes."""

import math

import numpy as np

from ecmsim.study.display import clock, figures
from ecmsim.text import quantity

FLOOR = 1e-16  # A: nothing below is drawn
DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])  # of a character of Braille, from the top
WORDS = {
    "interrupted": "interrupted: its process is gone; this waits until it is resumed (ecmsim resume)",
    "stopped": "stopped; this waits until it is resumed (ecmsim resume)",
}


def line(look):
    """A look in one line."""
    if hasattr(look, "cases"):
        parts = [f"{count} {status}" for status, count in look.counts.items()]
    else:
        parts = [look.status if look.status != "unreadable" else f"unreadable: {look.reason}", f"{look.steps} steps"]
        parts += _state(look.now)
    return "  ".join([*parts, *_left(look)])


def _state(now):
    if not now:
        return []
    return [
        f"t = {now['time_s']:.5g} s",
        f"V = {now['source_voltage_V']:.3f} V",
        f"I = {now['current_A'] + 0.0:.3e} A",
        f"gap = {now['gap_nm']:.3f} nm",
        f"T = {now['temperature_max_K']:.0f} K",
    ]


def _left(look):
    return [f"about {clock(look.left_s)} left"] if math.isfinite(look.left_s) else []


def text(look, width=78, height=12):
    """A look on a terminal of so many columns, with curves of so many rows."""
    return _study(look, width, height) if hasattr(look, "cases") else _run(look, width, height)


def _run(look, width, height):
    share = f"{100 * look.share:.1f} % of the programme's time" if math.isfinite(look.share) else ""
    head = filter(None, [_status(look), f"{look.steps} steps", share, *_left(look)])
    parts = [look.title or "run", "  ".join(head)]
    if look.now:
        cycle = [f"cycle {look.now['cycle']:.0f}"] if look.now["cycle"] else []
        parts.append("  ".join([*_state(look.now), *cycle]))
    parts += plotted([(look.voltage, look.current)], width, height)
    if look.balances:
        told = [f"{name} {worst}{'' if holds is not False else ' (beyond ' + limit + ')'}" for name, worst, limit, holds
                in look.balances]  # fmt: skip
        parts.append("Worst balances: " + ", ".join(told))
    return "\n".join([*parts, *(f"! {note}" for note in look.notes)])


def _status(look):
    return WORDS.get(look.status) or (f"{look.status}: {look.reason}" if look.reason else look.status)


def _study(look, width, height):
    counts = ", ".join(f"{count} {status}" for status, count in look.counts.items())
    parts = [look.title, "  ".join([f"{len(look.cases)} cases: {counts}", *_left(look)])]
    active = [case for case in look.cases if case["status"] not in ("pending", "finished")]
    for case in active[:10]:
        known = math.isfinite(case["time_s"])  # what cannot be read has no numbers
        numbers = "  ".join(figures({key: case[key] for key in ("time_s", "current_A", "gap_nm")} if known else {}))
        parts.append(f"  {case['status']:<11} {case['name'][: max(width - 50, 20)]}  {numbers}".rstrip())
    parts += [f"  … and {len(active) - 10} more"] if len(active) > 10 else []
    return "\n".join(parts + plotted([(curve.voltage, curve.current) for curve in look.curves.values()], width, height))


def plotted(curves, width, height):
    """Lines of text with log |I| over V; curves: (V, A) each; width and height of the whole, in characters."""
    curves = [(np.asarray(v, float), np.abs(np.asarray(i, float))) for v, i in curves]
    voltage = np.concatenate([v for v, _ in curves] or [[]])
    current = np.concatenate([i for _, i in curves] or [[]])
    good = np.isfinite(voltage) & np.isfinite(current) & (current > FLOOR)
    if good.sum() < 2:
        return []
    margin, rows, columns = 9, 4 * height, 2 * max(width - 10, 10)
    low, high = np.floor(np.log10(current[good].min())), np.ceil(np.log10(current[good].max()) - 1e-9)
    left, right = voltage[good].min(), voltage[good].max()
    right = right if right > left else left + 1.0
    cells = np.zeros((height, columns // 2), int)
    x = np.round((voltage[good] - left) / (right - left) * (columns - 1)).astype(int)
    y = np.round((high - np.log10(current[good])) / max(high - low, 1.0) * (rows - 1)).astype(int)
    np.bitwise_or.at(cells, (y // 4, x // 2), DOTS[y % 4, x % 2])
    labels = {0: quantity(10.0**high, "A"), height - 1: quantity(10.0**low, "A")}
    lines = [f"{labels.get(k, ''):>{margin - 1}} " + "".join(chr(0x2800 + cell) for cell in row)
             for k, row in enumerate(cells)]  # fmt: skip
    ends = f"{left:.2f} V", f"{right:.2f} V"
    return [*lines, " " * margin + ends[0] + " " * max(columns // 2 - len(ends[0]) - len(ends[1]), 1) + ends[1]]
