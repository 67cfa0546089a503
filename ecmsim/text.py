"""Numbers as people write them: with prefixed units."""

import numpy as np

PREFIXES = {-15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G"}


def prefixed(value, unit):
    """Factor to multiply with and prefixed unit that bring a value to between 1 and 1000: 1e3, "mA"."""
    value = 1.001 * abs(value)
    exponent = 3 * int(np.floor(np.log10(value) / 3 + 1e-9)) if value > 0 and np.isfinite(value) else 0
    exponent = min(max(exponent, min(PREFIXES)), max(PREFIXES))
    return 10.0**-exponent, PREFIXES[exponent] + unit


def quantity(value, unit, digits=3):
    """A value with its prefixed unit: "100 µA"."""
    value = float(f"{value:.{digits}g}")
    factor, unit = prefixed(value, unit)
    return f"{value * factor:.{digits}g} {unit}"
