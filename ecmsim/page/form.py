"""Numbers of the page as people print them: units with prefixes, true minus signs, powers of ten."""

import re

import numpy as np

from ecmsim.text import quantity

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
LEAST = 1e-18  # below the smallest prefix, f, by three digits: written as a power of ten
NOTHING = 1e-30  # in any unit of this program: what is smaller has no meaning
SPACE = "\N{NO-BREAK SPACE}"  # between a number and its unit


def minus(text):
    """A number, with its unit, that has true minus signs and does not break."""
    return text.replace("-", "−").replace(" ", SPACE)


def scientific(value, digits=2):
    """A number as a power of ten where it is very small or large: "8.0 × 10⁻¹⁰"."""
    if not np.isfinite(value) or value == 0 or 1e-3 <= abs(value) < 1e5:
        return minus(_rounded(value, digits))
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return minus(f"{mantissa} × ") + power_of_ten(int(exponent))


def typeset(text):
    """A number with its unit as the configuration writes it, with powers: "1e26 / m^3" as "1 × 10²⁶ / m³"."""
    text = re.sub(r"(?<=\d)e([+-]?\d+)", lambda found: f" × {power_of_ten(int(found[1]))}", text)
    return minus(re.sub(r"\^(-?\d+)", lambda found: found[1].translate(SUPERSCRIPTS), text))


def power_of_ten(exponent):
    """A power of ten: "10⁻⁸"."""
    return f"10{str(exponent).translate(SUPERSCRIPTS)}"


def amount(value, unit, digits=3):
    """A quantity with a prefixed unit: "10 µA"; powers of ten where no prefix is small enough."""
    if 0 < abs(value) < NOTHING:
        return minus(f"below {power_of_ten(round(np.log10(NOTHING)))} {unit}")
    if 0 < abs(value) < LEAST:
        return minus(f"{scientific(value, digits)} {unit}")
    return minus(quantity(value, unit, digits))


def plain(value, unit, digits=3):
    """A quantity in a unit without prefix: "0.112 nm"."""
    if value != 0 and not 1e-3 <= abs(value) < 10.0 ** max(digits, 5):
        return minus(f"{scientific(value, digits)} {unit}")
    return minus(f"{_rounded(value, digits)} {unit}")


def _rounded(value, digits):
    """A number without a power of ten: "1230", not "1.23e+03"."""
    text = f"{value:.{digits}g}"
    return f"{float(text):.0f}" if "e+" in text else text


def seconds(value, digits=5):
    """A time of the run: with a prefix below a tenth of a second, otherwise in s."""
    return amount(value, "s", digits) if abs(value) < 0.1 else plain(value, "s", digits)


def duration(value):
    """A wall time: "3 min 3 s"."""
    if value < 60:
        return plain(value, "s", 2 if value < 10 else 3)
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return minus(f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s")


def count(value):
    """A number of things: "6,550"."""
    return f"{int(value):,}"
