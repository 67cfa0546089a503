"""Conditions that end a step early, such as "current > 1 uA": how they are read and when they hold."""

import difflib
import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.errors import ConfigError

_PREFIXES = {"": 0, "f": -15, "p": -12, "n": -9, "u": -6, "\u00b5": -6, "\u03bc": -6, "m": -3, "k": 3, "M": 6, "G": 9}
_TEXT = re.compile(r"(\|?)\s*(\w+)\s*(\|?)\s*([<>])\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(\S*)")


class _Observable(NamedTuple):
    """What a condition may ask for. key: its name among the observed values; signed: also with |…|, or below 0."""

    key: str
    unit: str
    measures: str
    example: str
    signed: bool = False


OBSERVABLES = {
    "current": _Observable("current", "A", "a current", "1 uA", signed=True),
    "cell_voltage": _Observable("cell_voltage", "V", "a voltage", "0.1 V", signed=True),
    "resistance": _Observable("", "ohm", "a resistance", "1 Mohm"),
    "conductance": _Observable("", "G0", "a conductance in quanta", "2 G0"),
    "gap": _Observable("gap", "nm", "a length", "2 nm"),
    "height": _Observable("height", "nm", "a length", "5 nm"),
    "temperature": _Observable("temperature_max", "K", "a temperature", "500 K"),
    "bodies": _Observable("bodies", "", "a number of bodies of metal", "1"),
    "time": _Observable("time", "s", "a time", "3 s"),
}
QUOTIENTS = {  # of what is observed: what is divided, and by what
    "resistance": lambda seen: (abs(seen["cell_voltage"]), abs(seen["current"])),
    "conductance": lambda seen: (abs(seen["current"]) / CONDUCTANCE_QUANTUM, abs(seen["cell_voltage"])),
}
QUANTITIES = [
    text for name, seen in OBSERVABLES.items() for text in ([name, f"|{name}|"] if seen.signed else [name])
]  # as they are written


@dataclass(frozen=True)
class Condition:
    """quantity > threshold or quantity < threshold.

    quantity: one of OBSERVABLES; absolute: its magnitude counts; above: true for >; threshold: in A, V, ohm, G0, nm, K
    or s. The resistance is |V_cell/I|, the conductance its inverse over 2e^2/h, the time that since the start of the
    programme, the temperature the highest one.
    """

    quantity: str
    absolute: bool
    above: bool
    threshold: float

    @classmethod
    def parse(cls, text):
        """From text such as "|current| < 1 nA" or "gap > 2 nm" (SI prefixes). Raises ConfigError saying what is
        wrong, without the text itself."""
        form = 'expected a condition such as "current > 1 uA" or "gap > 2 nm"'
        match = _TEXT.fullmatch(text.strip()) if isinstance(text, str) else None
        if not match or match[1] != match[3]:
            raise ConfigError(f"{form}, with one of {', '.join(QUANTITIES)}")
        bar, name, _, sign, number, unit = match.groups()
        if name not in OBSERVABLES:
            close = difflib.get_close_matches(name.lower(), OBSERVABLES, n=1)
            hint = f'; did you mean "{close[0]}"?' if close else ""
            raise ConfigError(f'unknown quantity "{name}"{hint} (allowed: {", ".join(QUANTITIES)})')
        seen = OBSERVABLES[name]
        if bar and not seen.signed:
            raise ConfigError(f'"|{name}|": {name} is never negative; write "{name}"')
        exponent = _exponent(unit, seen.unit)
        if exponent is None:
            given = f"{number} {unit}".rstrip()
            raise ConfigError(f'"{given}": expected {seen.measures} such as "{seen.example}"')
        try:
            threshold = float(Decimal(number).scaleb(exponent))
        except ArithmeticError:  # out of the range of decimal numbers
            threshold = math.inf
        if not math.isfinite(threshold):
            raise ConfigError(f'"{number}": must be a finite number')
        if threshold <= 0 and (bar or not seen.signed):
            raise ConfigError(f"{bar}{name}{bar} is never negative: compare it with a positive value")
        return cls(name, bool(bar), sign == ">", threshold)

    def __str__(self):
        """The condition as text that `parse` reads back bit by bit."""
        bar = "|" if self.absolute else ""
        unit = OBSERVABLES[self.quantity].unit
        return f"{bar}{self.quantity}{bar} {'>' if self.above else '<'} {self.threshold!r} {unit}".rstrip()

    def value(self, observed):
        """The quantity that is compared, in the unit of the threshold.

        observed: mapping with current (A), cell_voltage (V), gap (nm), height (nm), temperature_max (K), bodies, time
        (s). A resistance without a current is math.inf, or math.nan if there is no voltage either; a conductance
        without a voltage likewise.
        """
        if self.quantity in QUOTIENTS:
            above, below = QUOTIENTS[self.quantity](observed)
            return float(above / below) if below else (math.inf if above else math.nan)
        value = float(observed[OBSERVABLES[self.quantity].key])
        return abs(value) if self.absolute else value

    def excess(self, observed):
        """How far the condition is fulfilled: positive when it holds, zero at the threshold, continuous and finite.

        In the unit of the threshold; for a resistance |V_cell| - R |I| in V, for a conductance |I|/G0 - G |V_cell| in
        V, which need no division. observed: as for `value`.
        """
        if self.quantity in QUOTIENTS:
            above, below = QUOTIENTS[self.quantity](observed)
            difference = above - self.threshold * below
        else:
            difference = self.value(observed) - self.threshold
        return float(difference if self.above else -difference)


def _exponent(text, unit):
    """Power of ten that brings a number with the unit `text` to `unit`; None where it measures something else."""
    if unit in ("", "G0"):  # nothing stands before these
        return 0 if text == unit else None
    text = text.replace("\u03a9", "ohm").replace("\u2126", "ohm")  # omega, and the sign for ohm
    base, shift = ("m", 9) if unit == "nm" else (unit, 0)
    prefix = text.removesuffix(base)
    if prefix == text or prefix not in _PREFIXES:
        return None
    return _PREFIXES[prefix] + shift
