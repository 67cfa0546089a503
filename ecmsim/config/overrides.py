"""Settings given as "key.path=value" (`--set`), put into the data before it is validated."""

import re

from ecmsim.config.laws import is_law, overridden
from ecmsim.config.messages import Problem
from ecmsim.config.structure import dotted, locate, section, settings
from ecmsim.config.suggest import quoted
from ecmsim.config.texts import tables_of
from ecmsim.errors import ConfigError


def given_by(overrides):
    """The data that overrides give by themselves: tables of what they set."""
    data = {}
    for text in overrides:
        path, _, value = text.partition("=")
        *above, name = _split(path)
        table = data
        for key in above:
            if not isinstance(table.get(key), dict):
                table[key] = {}
            table = table[key]
        table[name] = _value(value.strip())
    return data


def apply_overrides(data, overrides, model):
    """Change the TOML data in place; returns the problems.

    A value is TOML if it can be read as such, otherwise text: `compliance.current=10 uA`,
    `dissolution.enabled=false`, `programme[0].to=1 V`, `compliance={kind = "none"}`. A new `kind` is set
    before the other overrides and drops the settings that it does not use; so is a law of one's own, with its
    parameters. Validation finds unknown keys.
    """
    problems = []
    for text in sorted(overrides, key=_comes_later):
        path, equals, value = text.partition("=")
        keys = [int(key) if key.isdecimal() else key for key in _split(path)]
        if not equals or not all(str(key) for key in keys):
            line = f"--set {quoted(text)}: expected KEY=VALUE, such as compliance.current=10uA"
            problems.append(Problem((), line))
            continue
        value = _value(value.strip())
        if is_law(keys):
            keys, value = keys[:2], overridden(data.get("laws"), keys, value)
        refusal = _set(data, keys, value, model)
        if refusal:
            problems.append(Problem(tuple(keys), f"{dotted(keys)}: {refusal}"))
    return problems


def _comes_later(text):
    """Whether an override takes what others set for given."""
    path = text.partition("=")[0].strip()
    return not (path.endswith(".kind") or is_law(path.split(".")))


def _split(path):
    return re.sub(r"\[(\d+)\]", r".\1", path.strip()).split(".")


def _value(text):
    try:
        table = tables_of(f"value = {text}")
    except ConfigError:
        return text
    return table["value"] if len(table) == 1 else text


def _set(data, keys, value, model):
    """Set the value; returns what is wrong with the path, or None."""
    table = data
    for depth, key in enumerate(keys):
        if isinstance(table, list):
            if not (isinstance(key, int) and key < len(table)):
                return f"{dotted(keys[:depth])} has {len(table)} entries, counted from 0"
        elif isinstance(table, dict):
            key = keys[depth] = str(key)
        else:
            return f"{dotted(keys[:depth])} is not a table"
        if depth < len(keys) - 1:
            if isinstance(table, dict):
                table.setdefault(key, {})
            table = table[key]
    if keys[-1] == "value":  # of a quantity: what was said of the old value does not hold for the new one
        table.clear()
    table[keys[-1]] = value
    if keys[-1] == "kind":
        _, union, _ = locate(model, keys[:-1], data)
        chosen = section(union, table)
        used = settings(chosen) if chosen else table
        for key in [key for key in table if key not in used]:
            del table[key]
    return None
