"""Numbers as people write them: with prefixed units, with errors."""

import math

import numpy as np

PREFIXES = {-15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G"}
PREFIXED = ("A", "ohm", "V", "s")  # units of which people write milli and mega


def prefixed(value, unit):
    """Factor to multiply with and prefixed unit that bring a value to between 1 and 1000: 1e3, "mA"."""
    value = 1.001 * abs(value)
    exponent = 3 * int(np.floor(np.log10(value) / 3 + 1e-9)) if value > 0 and np.isfinite(value) else 0
    exponent = min(max(exponent, min(PREFIXES)), max(PREFIXES))
    return 10.0**-exponent, PREFIXES[exponent] + unit


def readable(value, unit):
    """Factor and unit that people write a value with: prefixed where it is small or large and prefixes are usual."""
    return prefixed(value, unit) if unit in PREFIXED and not 0.1 < abs(value) < 1000 else (1.0, unit)


def quantity(value, unit, digits=3):
    """A value with its prefixed unit: "100 µA"."""
    value = float(f"{value:.{digits}g}")
    factor, unit = prefixed(value, unit)
    return f"{value * factor:.{digits}g} {unit}"


def number(value, error=math.nan, unit=""):
    """A number with its error and unit: "1.772 ± 0.004 s"; three digits where no error is known."""
    if not math.isfinite(value):
        return "none"
    factor, shown = readable(value, unit)
    value, error = value * factor, error * factor
    shown = shown.replace("ohm", "Ω")
    shown = f" {shown}" if shown else ""
    magnitude = math.floor(math.log10(abs(value))) if value else 0
    if not math.isfinite(error):
        return f"{value:.{max(2 - magnitude, 0)}f}{shown}"
    least = 10.0 ** (magnitude - 3)  # no error is given more exactly than the fourth digit of its value
    digits = max(-math.floor(math.log10(max(error, least))), 0)
    return f"{value:.{digits}f} ± {max(error, least):.{digits}f}{shown}"
