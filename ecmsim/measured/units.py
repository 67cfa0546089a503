"""Units as instruments write them: "mA", "Volt", "µs", "(V)", and which quantity they are of."""

import re

PREFIXES = {"": 0, "f": -15, "p": -12, "n": -9, "u": -6, "µ": -6, "μ": -6, "m": -3, "k": 3, "M": 6, "G": 9}
WORDS = {
    "s": "s", "sec": "s", "secs": "s", "second": "s", "seconds": "s",
    "V": "V", "v": "V", "volt": "V", "volts": "V",
    "A": "A", "a": "A", "amp": "A", "amps": "A", "ampere": "A", "amperes": "A",
    "ohm": "ohm", "ohms": "ohm", "Ω": "ohm", "\u2126": "ohm",
}  # fmt: skip
PREFIX_WORDS = {"milli": "m", "micro": "u", "nano": "n", "pico": "p", "kilo": "k", "mega": "M"}
_OTHERS = {"min": ("s", 60.0), "h": ("s", 3600.0)}
# A unit at the end of a column's name: "Current (mA)", "I [A]", "Voltage / V", "time_s", "Time, s".
_IN_NAME = re.compile(
    r"^(?P<name>.*?)\s*(?:\((?P<a>[^()]*)\)|\[(?P<b>[^\[\]]*)\]|[/,]\s*(?P<c>[^/,\s]+)|_(?P<d>[A-Za-zµμΩ]+))$"
)


def unit_of(text):
    """The quantity's unit ("s", "V", "A", "ohm") and the factor that brings a number to it; None for other texts."""
    text = text.strip().strip("()[]").strip()
    if text in _OTHERS:
        return _OTHERS[text]
    for word, prefix in PREFIX_WORDS.items():
        if text.lower().startswith(word):
            text = prefix + text[len(word) :]
    for length in (0, 1):
        prefix, rest = text[:length], text[length:]
        base = WORDS.get(rest) or (WORDS.get(rest.lower()) if len(rest) > 1 else None)
        if base and prefix in PREFIXES:
            return base, float(f"1e{PREFIXES[prefix]}")
    return None


def split(name):
    """A column's name without its unit, and the unit's text: ("Current", "mA"); "" where it has none."""
    found = _IN_NAME.match(name.strip())
    if found:
        unit = next((text for text in found.group("a", "b", "c", "d") if text), "")
        if unit and unit_of(unit):
            return found["name"].strip(), unit
    return name.strip(), ""
