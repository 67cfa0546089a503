"""Numbers with a unit, a label and a source: the field type `quantity("nm")` of the configuration."""

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic_core import PydanticCustomError, core_schema

from ecmsim.config.suggest import did_you_mean, listed, quoted
from ecmsim.config.units import KINDS, UnitError, convert

LABELS = ("measured", "printed", "handbook", "assumed", "fitted", "derived")
_NUMBER_AND_UNIT = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*", re.DOTALL)


def number_in(text, unit):
    """The number of a text such as "10 nm" in a unit. Raises UnitError."""
    found = _NUMBER_AND_UNIT.fullmatch(text)
    if found is None:
        raise UnitError(f'"{text}" is no number with a unit')
    return convert(*found.groups(), unit)


class Quantity(float):
    """A float in its declared unit that remembers where it comes from.

    unit: declared unit ("" if dimensionless). label: one of LABELS or None. source: reference (text) or None.
    Arithmetic gives plain floats.
    """

    __slots__ = ("unit", "label", "source")

    def __new__(cls, value, unit="", label=None, source=None):
        self = super().__new__(cls, value)
        self.unit, self.label, self.source = unit, label, source
        return self

    def __reduce__(self):
        return Quantity, (float(self), self.unit, self.label, self.source)

    @property
    def text(self):
        """Number and unit as "10 nm": reading it back gives the same float, bit by bit."""
        digits = Decimal(repr(float(self))).normalize()
        plain = not self or -4 < digits.adjusted() < 6
        number = f"{digits:f}" if plain else f"{digits:e}".replace("e+", "e")
        unit = "/ " + self.unit[2:] if self.unit.startswith("1/") else self.unit
        return f"{number} {unit}".rstrip()


@dataclass(frozen=True)
class QuantityType:
    """How a quantity is read and checked: its declared unit and its bounds (in that unit)."""

    unit: str
    gt: float | None = None
    ge: float | None = None
    lt: float | None = None
    le: float | None = None

    def __post_init__(self):
        if self.unit and self.unit not in KINDS:
            raise ValueError(f"unit {self.unit!r} needs a name and an example in ecmsim.config.units.KINDS")

    def __get_pydantic_core_schema__(self, source, handler):
        return core_schema.no_info_plain_validator_function(self.validate)

    @property
    def expectation(self):
        """What may be written, as "a length such as "10 nm""."""
        if not self.unit:
            return "a number without a unit"
        name, example = KINDS[self.unit]
        return f'{name} such as "{example}"'

    @property
    def bounds(self):
        """The allowed range, as "> 0, < 1"; empty without bounds."""
        limits = {">": self.gt, ">=": self.ge, "<": self.lt, "<=": self.le}
        return ", ".join(f"{sign} {limit:g}" for sign, limit in limits.items() if limit is not None)

    def validate(self, value):
        """The Quantity that a string, number or {value, label, source} table means."""
        if isinstance(value, Quantity) and value.unit == self.unit:
            self._check(float(value))
            return value
        if isinstance(value, Quantity):
            given = value.text if value.unit else float(value)
            value = {"value": given, "label": value.label, "source": value.source}
        if not isinstance(value, dict):
            return Quantity(self._number(value), self.unit)
        extra = [key for key in value if key not in ("value", "label", "source")]
        if extra:
            suggestion = did_you_mean(extra[0], ("value", "label", "source"))
            raise _refused(f'unknown key "{extra[0]}" beside value, label and source{suggestion}')
        if "value" not in value:
            raise _refused(f"the table needs a value; expected {self.expectation}")
        label, source = value.get("label"), value.get("source")
        if label is not None and label not in LABELS:
            suggestion = did_you_mean(label, LABELS)
            raise _refused(f"label {quoted(label)} is not one of {listed(LABELS)}{suggestion}")
        if source is not None and not isinstance(source, str):
            raise _refused("source must be text in quotes")
        return Quantity(self._number(value["value"]), self.unit, label, source)

    def _number(self, value):
        number = self._read(value)
        self._check(number)
        return number

    def _check(self, number):
        """Refuse a number that is not finite or out of bounds."""
        if not math.isfinite(number):
            raise _refused("must be a finite number")
        for limit, holds, phrase in (
            (self.gt, number.__gt__, "greater than"),
            (self.ge, number.__ge__, "at least"),
            (self.lt, number.__lt__, "less than"),
            (self.le, number.__le__, "at most"),
        ):
            if limit is not None and not holds(limit):
                raise _refused(f"must be {phrase} {Quantity(limit, self.unit).text}")

    def _read(self, value):
        numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not self.unit:
            if not numeric:
                raise _refused(f"expected {self.expectation}")
            try:
                return float(value)
            except OverflowError:
                return math.inf
        name, example = KINDS[self.unit]
        if numeric:
            raise _refused(f'expected {name} with its unit, such as "{example}"')
        match = _NUMBER_AND_UNIT.fullmatch(value) if isinstance(value, str) else None
        if not match:
            raise _refused(f"expected {self.expectation}")
        number, unit = match.groups()
        if not unit:
            raise _refused(f'expected {name} with its unit, such as "{example}"')
        try:
            return convert(number, unit, self.unit)
        except UnitError as error:
            raise _refused(f"expected {self.expectation} ({error})") from None


def quantity(unit, *, gt=None, ge=None, lt=None, le=None):
    """Field type of a quantity, stored as Quantity in `unit` ("" if dimensionless); bounds are in that unit.

    Reads "10 nm", {value = "10 nm", label = "fitted", source = "…"} or, if dimensionless, a bare number.
    """
    return Annotated[Quantity, QuantityType(unit, gt, ge, lt, le)]


def _refused(text):
    return PydanticCustomError("quantity", "{text}", {"text": text})
