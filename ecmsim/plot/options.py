"""Options of pictures: what is none is refused in one line, and the files of different options have different names."""

import math
import re

from ecmsim.errors import PlotError
from ecmsim.results.folder import ASCII

LISTS = ("currents_A", "times_s")  # one number or several
TEXTS = ("quantities", "snapshot", "y", "of")  # one text or several
NUMBERS = (
    "on",
    "off",
    "window",
    "resamples",
    "bins",
    "tolerance",
    "share",
    "samples",
    "cut",
    "seconds",
    "fps",
    "fit_from",
    "fit_to",
)
UNITS = ("_A", "_s", "_V", "_G0")  # at the end of names of numbers
POSITIVE = (
    "on",
    "off",
    "window",
    "resamples",
    "floor_A",
    "read_V",
    "set_current_A",
    "currents_A",
    "bins",
    "tolerance",
    "share",
    "samples",
    "seconds",
    "fps",
    "to_G0",
)
NOT_NEGATIVE = ("least_V",)


def check(name, known, options):
    """Raise PlotError for options of a picture that it does not know, or whose values it cannot have."""
    if unknown := [key for key in options if key not in known]:
        raise PlotError(f"{name} has no option {', '.join(unknown)}: it knows {', '.join(known) or 'none'}")
    for key, value in options.items():
        if value is None or key == "parasitic":  # which trace.resistance_of knows
            continue
        several = key in LISTS or key in TEXTS
        values = list(value) if several and not isinstance(value, (str, int, float, dict)) else [value]
        if not values:
            raise PlotError(f"{key} = []: give at least one")
        (check_number if key in NUMBERS or key.endswith(UNITS) else _check_text)(key, value, values)


def check_number(key, value, values):
    """Raise PlotError unless values, which an option has, are finite numbers in its range."""
    if any(isinstance(item, bool) or not hasattr(item, "__float__") or hasattr(item, "__len__") for item in values):
        unit = ", in the unit that the name ends in" if key.endswith(UNITS) else ""
        raise PlotError(f"{key} = {value!r}: needs a number without a unit{unit}")
    for item in values:
        if not math.isfinite(item):
            raise PlotError(f"{key} = {value!r}: needs a finite number")
        if (key in POSITIVE and item <= 0) or (key in NOT_NEGATIVE and item < 0):
            raise PlotError(f"{key} = {value!r}: needs {'a positive number' if key in POSITIVE else 'zero or more'}")


def _check_text(key, value, values):
    kinds = (str, int) if key == "snapshot" else (str,)
    if any(isinstance(item, bool) or not isinstance(item, kinds) for item in values):
        wanted = "a text or a whole number" if key == "snapshot" else "a text"
        raise PlotError(f"{key} = {value!r}: needs {wanted}")


def file_stem(name, options):
    """The name of a picture's file without its suffix: the options that are given belong to it.

    "field", {"snapshot": "603 µA", "view": "tip"} -> "field_snapshot=603uA,view=tip"
    """
    given = [f"{key}={_written(value)}" for key, value in options.items() if value is not None]
    return "_".join([name, ",".join(given)]) if given else name


def _written(value):
    if isinstance(value, (list, tuple)):
        return "+".join(map(_written, value))
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return re.sub(r"[^A-Za-z0-9.+-]+", "-", text.translate(ASCII).replace(" ", "").replace(",", "+")).strip("-")
