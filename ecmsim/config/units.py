"""Units: conversion by pint, and what each unit of the schema is called in messages.

pint is loaded only when a value is written in another unit than the declared one with one of the prefixes below:
it takes longer to load than all else that reads a configuration.
"""

from decimal import Decimal
from functools import cache

# Unit of a setting or of a result -> (what it measures, an example of how to write it).
KINDS = {
    "nm": ("a length", "10 nm"),
    "s": ("a time", "1 ms"),
    "V": ("a voltage", "1 V"),
    "A": ("a current", "1 mA"),
    "eV": ("an energy", "0.6 eV"),
    "K": ("a temperature", "300 K"),
    "ohm": ("a resistance", "1 kohm"),
    "V/s": ("a voltage rate", "1 V/s"),
    "A/s": ("a current rate", "1 uA/s"),
    "m/s": ("a velocity", "1 nm/s"),
    "1/s": ("a frequency", "1e13 / s"),
    "1/m^3": ("a concentration", "1e26 / m^3"),
    "ohm*m": ("a resistivity", "1.7e-8 ohm*m"),
    "1/K": ("a temperature coefficient", "3.9e-3 / K"),
    "1/K^2": ("a quadratic temperature coefficient", "-5.8e-7 / K^2"),
    "W/m/K": ("a thermal conductivity", "401 W/m/K"),
    "kg/m^3": ("a density", "8960 kg/m^3"),
    "J/kg/K": ("a heat capacity", "385 J/kg/K"),
    "g/mol": ("a molar mass", "63.546 g/mol"),
    "S": ("a conductance", "77 uS"),
    "S/m": ("an electrical conductivity", "6e7 S/m"),
    "A/m^2": ("a current density", "1 A/cm^2"),
    "nm/s": ("a velocity", "1 nm/s"),
    "nm^4/s": ("a coefficient of surface diffusion", "1 nm^4/s"),
    "deg": ("an angle", "90 deg"),
    "J/m^2": ("a surface energy", "1.8 J/m^2"),
    "K/W": ("a thermal resistance", "1e6 K/W"),
    "W/m^2/K": ("a heat transfer coefficient", "1e8 W/m^2/K"),
    "m^2*K/W": ("a thermal boundary resistance", "5e-9 m^2*K/W"),
    "W": ("a power", "1 uW"),
    "nm^3": ("a volume", "10 nm^3"),
    "F": ("a capacitance", "1 pF"),
    "um^2": ("an area", "25 um^2"),
    "A/V^2": ("a transconductance parameter", "1 mA/V^2"),
    "1/V": ("a channel-length modulation", "0.05 / V"),
    "A/m^2/K^2": ("a Richardson constant", "1.2e6 A/m^2/K^2"),
}

# Powers of ten of the prefixes that lead a unit, and the declared units that may be written with another one.
PREFIXES = {"": 0, "f": -15, "p": -12, "n": -9, "u": -6, "µ": -6, "m": -3, "k": 3, "M": 6, "G": 9}
_PREFIXED = {
    declared: declared[1:] if declared[0] == "n" else declared
    for declared in ("nm", "s", "V", "A", "eV", "K", "ohm", "V/s", "A/s", "m/s", "nm/s", "S", "S/m", "J/m^2", "F")
}

# Other quantities that a user may write by mistake.
_OTHERS = {
    "": "a number without a unit",
    "kg": "a mass",
    "C": "a charge",
    "V/m": "an electric field",
    "Pa": "a pressure",
    "mol": "an amount of substance",
    "J/mol": "a molar energy",
    "mol/m^3": "a molar concentration",
    "K/s": "a heating rate",
}


class UnitError(ValueError):
    """A unit that is unknown or measures something else; str(error) says which."""


@cache
def _registry():
    import pint

    return pint.UnitRegistry(non_int_type=Decimal)  # decimal: "10 uA" is exactly 1e-05 A


@cache
def _parse(unit):
    registry = _registry()
    try:
        return registry.parse_units(unit)
    except (MemoryError, ImportError):  # which say nothing of the unit
        raise
    except Exception as error:  # pint raises many kinds for malformed text
        raise UnitError(f'unknown unit "{unit}"') from error


def measured_by(unit):
    """What a unit measures, as "a voltage"; None if it has no common name. Raises UnitError."""
    dimension = _parse(unit).dimensionality
    names = {key: name for key, (name, _) in KINDS.items()} | _OTHERS
    return next((name for key, name in names.items() if _parse(key).dimensionality == dimension), None)


def _power_of_ten(unit, target):
    """The power of ten between two units that differ in a prefix alone; None if they differ otherwise."""
    base = _PREFIXED.get(target)
    if base is None or not unit.endswith(base):
        return None
    given, wanted = unit.removesuffix(base), target.removesuffix(base)
    return PREFIXES[given] - PREFIXES[wanted] if given in PREFIXES else None


def _compact(unit):
    unit = unit.replace(" ", "").replace("**", "^")
    return "1" + unit if unit.startswith("/") else unit


def convert(number, unit, target):
    """A decimal number (text) in `unit` as a float in `target`. Raises UnitError."""
    if _compact(unit) == target:
        return float(number)
    power = _power_of_ten(unit, target)
    if power is not None:
        return _shifted(number, power)
    given, wanted = _parse("1" + unit if unit.startswith("/") else unit), _parse(target)
    if given.dimensionality != wanted.dimensionality:
        kind = measured_by(unit)
        raise UnitError(f"got {kind}" if kind else f'"{unit}" measures something else')
    try:
        return float(_registry().Quantity(Decimal(number), given).to(wanted).magnitude)
    except ArithmeticError:  # out of the range of decimal numbers
        return float("inf")


def _shifted(number, power):
    """A decimal number (text) times a power of ten, as a float."""
    try:
        return float(Decimal(number).scaleb(power))
    except ArithmeticError:
        return float("inf")
