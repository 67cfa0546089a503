"""What cases and columns are called: names that are short, safe in a file system and a shell, and stable.

The folder of a case is NUMBER_KEY. NUMBER is the case's position in the study, counted from 0, when the folder was
made. KEY lists the varied settings with their effective values, whatever the notation in the study:
compliance.current=10nA,programme.0.rate=100mV_per_s. A study that has been extended finds its cases again by KEY.
"""

import hashlib
import re
from pathlib import Path

from ecmsim.config.laws import OwnLaw
from ecmsim.config.quantities import Quantity
from ecmsim.config.structure import canonical, keys_of, settings
from ecmsim.text import quantity

PREFIXED = ("A", "V", "s", "ohm", "V/s", "S")  # units of which people write milli and mega
LONGEST = 100
DIGITS, ALL_DIGITS = 4, 12


def effective(config, field):
    """The value of a setting in a Config, or None where this configuration has none such."""
    value = config
    for key in keys_of(field):
        if hasattr(type(value), "model_fields"):
            names = {field.alias or name: name for name, field in type(value).model_fields.items()}
            own = value.model_extra or {}  # parameters of a law of one's own
            value = getattr(value, names[key]) if key in settings(type(value)) else own.get(key)
        elif isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, tuple) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return None
    return value


def shown(value, digits=DIGITS):
    """An effective value for people: "10 nA", "true", "Cu"."""
    if isinstance(value, Quantity):
        if value.unit in PREFIXED:
            return quantity(value, value.unit, digits)
        unit = f"/ {value.unit[2:]}" if value.unit.startswith("1/") else value.unit
        return f"{float(value):.{digits}g} {unit}".rstrip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.endswith(".toml"):
        return Path(value).stem
    if isinstance(value, str) and ".py:" in value:  # a law of one's own
        return f"{Path(value.rpartition(':')[0]).stem}:{value.rpartition(':')[2]}"
    if isinstance(value, OwnLaw):
        parameters = (f"{key} {shown(item, digits)}" for key, item in value.model_extra.items())
        return " ".join([shown(value.law), *parameters])
    if isinstance(value, tuple):
        return " ".join(shown(item, digits) for item in value) or "none"
    if hasattr(type(value), "model_fields"):
        return " ".join(shown(getattr(value, name), digits) for name in type(value).model_fields)
    return "none" if value is None else f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def key_of(values, digits=DIGITS):
    """KEY of a case: values is its varied settings by name."""
    key = ",".join(f"{_safe(canonical(field))}={_safe(shown(value, digits))}" for field, value in values.items())
    if len(key) > LONGEST:
        key = f"{key[: LONGEST - 9]}~{hashlib.sha1(key.encode()).hexdigest()[:8]}"
    return key


def folder_name(number, key):
    """The folder of a case."""
    return f"{number:04d}_{key}"


def key_in(folder):
    """KEY in the name of a folder, or None where that is not the name of a case."""
    match = re.fullmatch(r"\d{4,}_(.+=.*)", folder)
    return match and match[1]


def _safe(text):
    text = text.replace("/ ", "_per_").replace("/", "_per_").replace("[", ".").replace("µ", "u")
    text = re.sub(r"(?<=[\d.]) (?=[^\d])", "", text)  # 10 nA as 10nA
    text = re.sub(r"[^A-Za-z0-9._+-]+", "-", text.replace("]", "").replace("^", ""))
    return re.sub(r"^-+(?=\D)|-+$", "", text)  # the sign of a number stays
