"""Whether a run can go on with another configuration than the one it began with."""

import tomllib
from itertools import zip_longest
from typing import NamedTuple

from ecmsim.config.moved import with_new_names

NUMERICS = {"mesh", "stepping", "solver"}  # how it is computed
HARMLESS = {"title", "output", "checkpoint", "checkpoints"}  # what is kept of it
ABSENT = object()
SINCE = {
    "model": "full",
    "interface": {},
    "circuit": {},
    "leakage": {},
    "contact": {"atoms": "mean", "seed": 0},
}  # settings that older runs do not name, and what held in them


class Differences(NamedTuple):
    """Settings that differ, each as "cell.radius: "25 nm" -> "50 nm"".

    forbidden: they make it another run; numerics: it goes on, but not as it would have without the change;
    harmless: the numbers stay the same.
    """

    forbidden: list
    numerics: list
    harmless: list


def differences(old, new):
    """What differs between two effective configurations (TOML texts, as Config.to_toml writes them).

    Labels and sources do not count, nor does where the file of a law of one's own lies: what is in it does, which the
    run's provenance knows. Steps that are added to the end of the programme, also by more repetitions of its last ones,
    are harmless. A section that is not known here is taken for one of the model. Returns Differences.
    """
    old, new = (_anywhere(_values(tomllib.loads(with_new_names(text)))) for text in (old, new))
    found = Differences([], [], [])
    for name in [*old, *(name for name in new if name not in old)]:
        before, after = (values.get(name, SINCE.get(name, ABSENT)) for values in (old, new))
        kind = "numerics" if name in NUMERICS else "harmless" if name in HARMLESS else "forbidden"
        if name == "programme" and _begins_with(after, before):
            kind = "harmless"
        getattr(found, kind).extend(_compare(name, before, after))
    return found


def _begins_with(steps, beginning):
    """Whether a programme begins with another one."""
    if not isinstance(steps, list) or not isinstance(beginning, list):
        return False
    steps = _in_turn(steps)
    return all(next(steps, ABSENT) == step for step in _in_turn(beginning))


def _in_turn(steps):
    """The steps with each repetition's own steps in its place, as often as they are repeated."""
    for step in steps:
        inner = step.get("steps") if isinstance(step, dict) and step.get("kind") == "repeat" else None
        if isinstance(inner, list):
            for _ in range(step.get("count", 1)):
                yield from _in_turn(inner)
        else:
            yield step


def _values(data):
    """The data without labels and sources: {value = "1 nm", label = "fitted"} is "1 nm"."""
    if isinstance(data, dict):
        if "value" in data and data.keys() <= {"value", "label", "source"}:
            return _values(data["value"])
        return {key: _values(value) for key, value in data.items()}
    return [_values(value) for value in data] if isinstance(data, list) else data


def _anywhere(data):
    """The data with the class alone in place of FILE.py:CLASS of laws of one's own."""
    laws = {name: law | {"law": law["law"].rpartition(":")[2]} for name, law in data.get("laws", {}).items()}
    return data | {"laws": laws} if laws else data


def _compare(name, old, new):
    """Lines for all settings at or below a name whose values differ."""
    if old == new:
        return []
    tables = [value for value in (old, new) if value is not ABSENT]
    if all(isinstance(value, dict) for value in tables):
        keys = dict.fromkeys(key for value in tables for key in value)
        below = [(f"{name}.{key}", *(_item(value, key) for value in (old, new))) for key in keys]
    elif all(isinstance(value, list) and all(isinstance(item, dict) for item in value) for value in tables):
        pairs = zip_longest(*([] if value is ABSENT else value for value in (old, new)), fillvalue=ABSENT)
        below = [(f"{name}[{k}]", *pair) for k, pair in enumerate(pairs)]
    else:
        return [f"{name}: {_text(old)} -> {_text(new)}"]
    lines = [line for item in below for line in _compare(*item)]
    return lines or [f"{name}: {_text(old)} -> {_text(new)}"]  # an empty table is there or not


def _item(value, key):
    return value.get(key, ABSENT) if isinstance(value, dict) else ABSENT


def _text(value):
    if value is ABSENT:
        return "not set"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_text(item)}" for key, item in value.items()) + "}"
    return f'"{value}"' if isinstance(value, str) else repr(value)
