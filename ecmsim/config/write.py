"""The effective configuration as TOML text that can be run again."""

import re

import tomli_w

import ecmsim
from ecmsim.config.quantities import Quantity
from ecmsim.config.section import Section
from ecmsim.config.structure import settings


def effective_toml(config):
    """Every setting of a Config with unit, label and source; reading it gives an equal Config."""
    head = [
        f"# Effective configuration of ecmsim {ecmsim.__version__}: every setting, defaults included.",
        "# Run it again with: ecmsim run FILE",
    ]
    return "\n".join([*head, *_table(config, ())]) + "\n"


def _table(section, path):
    """Lines of a section: first its own settings, then the sections in it."""
    own, below = [], []
    for name, value in _items(section):
        here = (*path, name)
        if isinstance(value, Section):
            below += ["", _header(here), *_table(value, here)]
        elif isinstance(value, dict):
            for key, item in value.items():
                below += ["", _header((*here, key)), *_table(item, (*here, key))]
        elif isinstance(value, tuple) and value and isinstance(value[0], Section):
            for item in value:
                below += ["", f"[{_header(here)}]", *_table(item, here)]
        else:
            own.append(f"{_key(name)} = {_value(value)}")
    return own + below


def _items(section):
    names = {field.alias or name: name for name, field in type(section).model_fields.items()}
    values = {key: getattr(section, names[key]) for key in settings(type(section))} | (section.model_extra or {})
    return sorted(((k, v) for k, v in values.items() if v is not None), key=lambda item: item[0] != "kind")


def _value(value):
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):  # points of a table: one line each
        return "[\n" + "".join(f"    {_value(item)},\n" for item in value) + "]"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    if not isinstance(value, Quantity):
        return _scalar(value)
    number = value.text if value.unit else float(value)
    if value.label is None and value.source is None:
        return _scalar(number)
    parts = {"value": number, "label": value.label, "source": value.source}
    return "{ " + ", ".join(f"{k} = {_scalar(v)}" for k, v in parts.items() if v is not None) + " }"


def _scalar(value):
    return tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip("\n")


def _header(path):
    return "[" + ".".join(map(_key, path)) + "]"


def _key(name):
    """A name as a key: in quotes where TOML asks for them, as for a parameter of a law of one's own called µ."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _scalar(name)
