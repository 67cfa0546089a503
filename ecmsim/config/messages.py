"""What is wrong with a configuration, in the user's words: one line per problem, in the order of the file."""

from typing import NamedTuple, get_origin

from ecmsim.config.moved import MOVED
from ecmsim.config.structure import (
    at,
    choices,
    dotted,
    expected_text,
    inside,
    kinds,
    locate,
    quantity_type,
    section,
    settings,
    strip,
)
from ecmsim.config.suggest import did_you_mean, listed, quoted
from ecmsim.errors import ConfigError

_BOUNDS = {
    "greater_than": ("gt", "greater than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
_PLAIN_TYPES = {bool: "true or false", int: "a whole number", str: "text in quotes"}


MOST = 30  # problems of a configuration that are told
LAST = (None,)  # keys that come after all others


class Problem(NamedTuple):
    """One line of a report. keys: where it belongs; line: the sentence, with its path."""

    keys: tuple
    line: str


def report(source, problems, data):
    """The ConfigError that lists all problems of a source, sorted by their position in the data."""
    problems = sorted(problems, key=lambda problem: _position(data, problem.keys))
    lines = list(dict.fromkeys(problem.line for problem in problems))
    if len(lines) == 1:
        return ConfigError(f"{source}: {lines[0]}", lines)
    return ConfigError("\n  ".join([f"{source}: {len(lines)} problems", *lines]), lines)


def problems_of(error, model, data):
    """The problems that a pydantic ValidationError of the model found in the data."""
    items = error.errors(include_url=False)
    # A list whose items are wrong is called too short as well.
    items = [item for item in items if item["type"] != "too_short" or not item["input"]]
    found = [_problem(model, data, item) for item in items[:MOST]]
    more = [Problem(LAST, f"… and {len(items) - MOST} more problems")] if len(items) > MOST else []
    return [*found, *more]


def _problem(model, data, item):
    keys, annotation, value = locate(model, item["loc"], data)
    path, kind, context = dotted(keys), item["type"], item.get("ctx", {})
    if kind == "inconsistent":
        line = context["text"]
    elif kind == "relative":  # of a whole table, or of something in it
        line = path + context["text"]
    elif kind == "beside":  # of the table in which the setting is
        line = dotted(keys[:-1]) + context["text"]
    elif kind == "extra_forbidden":
        line = f"{path}: {_unknown_key(model, keys, data)}"
    elif kind == "missing":
        line = f"{path}: missing; expected {_expectation(keys, annotation)}"
    elif kind.startswith("union_tag"):
        keys = [*keys, "kind"]
        line = _wrong_choice(f"{path}.kind", at(value, "kind"), tuple(kinds(annotation)))
    elif kind == "literal_error":
        line = _wrong_choice(path, value, choices(annotation))
    elif kind == "quantity":
        line = f"{path} = {quoted(value)}: {context['text']}"
    elif kind in _BOUNDS:
        name, phrase = _BOUNDS[kind]
        line = f"{path} = {quoted(value)}: must be {phrase} {context[name]}"
    else:
        line = f"{path} = {quoted(value)}: expected {_expectation(keys, annotation)}"
    return Problem(tuple(keys), line)


def _unknown_key(model, keys, data):
    _, parent, table = locate(model, keys[:-1], data)
    allowed = settings(section(parent, table))
    owners = [kind for kind, member in kinds(parent).items() if keys[-1] in settings(member)]
    if tuple(keys) in MOVED:
        return f"is called {dotted(MOVED[tuple(keys)])} now"
    if owners:
        return f"not used by kind = {quoted(table['kind'])}, only by {listed(owners)}"
    suggestion = did_you_mean(keys[-1], allowed)
    return "unknown key" + (suggestion or f"; allowed here: {', '.join(allowed)}")


def _wrong_choice(path, value, allowed):
    if value is None:
        return f"{path}: missing; expected {listed(allowed)}"
    return f"{path} = {quoted(value)}: expected {listed(allowed)}{did_you_mean(value, allowed)}"


def _expectation(keys, annotation):
    quantity, plain, note = quantity_type(annotation), strip(annotation), expected_text(annotation)
    table = "a table" if isinstance(keys[-1], int) else f"a table [{dotted(keys)}]"
    if note:
        return note
    if quantity:
        return quantity.expectation
    if choices(annotation):
        return listed(choices(annotation))
    if plain in _PLAIN_TYPES:
        return _PLAIN_TYPES[plain]
    if get_origin(plain) is tuple:
        item = inside(annotation, 0, None)
        if kinds(item):
            return f"tables [[{dotted(keys)}]] of kind {listed(kinds(item))}"
        return f"a list, each item {_expectation(keys, item)}"
    return f"{table} of kind {listed(kinds(annotation))}" if kinds(annotation) else table


def _position(data, keys):
    position = [] if keys != LAST else [float("inf")]
    for key in keys if keys != LAST else ():
        if isinstance(data, dict):
            position.append(list(data).index(key) if key in data else len(data))
        elif isinstance(key, int):
            position.append(key)
        data = at(data, key)
    return position
