"""The configuration of a run against the defaults of this version: values with unit, label and source."""

from collections import Counter
from itertools import groupby
from typing import NamedTuple, get_args, get_origin

from pydantic_core import PydanticCustomError, PydanticUndefined

from ecmsim.config.files import parse
from ecmsim.config.material import packaged_material_text, packaged_materials
from ecmsim.config.quantities import LABELS, Quantity
from ecmsim.config.schema import Config
from ecmsim.config.section import is_needed
from ecmsim.config.structure import at, field_annotation, inside, quantity_type, section, settings, strip
from ecmsim.page.form import NOTHING, amount, typeset

MEANINGS = {
    "measured": "measured on such a cell",
    "printed": "stated in the paper",
    "handbook": "a material constant",
    "assumed": "chosen, with the reason",
    "fitted": "adjusted to reproduce measured or published curves",
    "derived": "computed from other values",
}
PREFIXED = ("A", "V", "s")
HIDDEN = object()


class Value(NamedTuple):
    """A value as text, with its label and source ("" where it has none)."""

    text: str
    label: str = ""
    source: str = ""


class Setting(NamedTuple):
    """A setting of a run: dotted name, Value, default as text, whether it differs from that, and its meaning."""

    name: str
    value: Value
    default: str
    differs: bool
    meaning: str


class Step(NamedTuple):
    """A step of the programme: how deep it is nested, name, kind, and its settings as (name, Value)."""

    depth: int
    name: str
    kind: str
    settings: list


def setting_rows(run):
    """All settings of a run but its title and programme, in the order of the file, as a list of Setting."""
    data = {key: value for key, value in run.config.items() if key not in ("title", "programme")}
    return [_setting(path, value, run.config) for path, value in _leaves(data)]


def sections(rows):
    """The settings by section: a list of (section, settings)."""
    return [(name, list(group)) for name, group in groupby(rows, lambda row: row.name.rpartition(".")[0])]


def label_counts(rows):
    """How many values carry each label, and how many none (""), those that occur, as (label, count, meaning)."""
    counts = Counter(row.value.label for row in rows)
    found = [(label, counts[label], MEANINGS[label]) for label in LABELS if counts[label]]
    return found + [(label, n, "") for label, n in counts.items() if label and label not in LABELS]


def programme_rows(run):
    """The steps of the programme in order, those of repetitions one deeper, as a list of Step."""
    return list(_steps(run.config.get("programme", []), ("programme",), run.config))


def _steps(steps, path, config):
    for number, step in enumerate(steps if isinstance(steps, list) else []):
        here = (*path, number)
        own = {key: value for key, value in step.items() if key not in ("kind", "name", "steps")}
        told = [
            (".".join(below), shown(value, _quantity_type(_field((*here, *below), config)[1])))
            for below, value in _leaves(own)
        ]
        name = str(step.get("name") or f"step {number + 1}")
        yield Step(len(path) // 2, name, str(step.get("kind", "")), told)
        yield from _steps(step.get("steps", []), (*here, "steps"), config)


def _leaves(data, path=()):
    """(path, value) of all settings; a table with a value is one."""
    for key, value in data.items():
        if isinstance(value, dict) and "value" not in value:
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value


def _setting(path, value, config):
    field, annotation = _field(path, config)
    kind = _quantity_type(annotation)
    default = _default(path, field)
    name = ".".join(path)
    meaning = (field.description or "") if field is not None else "not a setting of this version of ecmsim"
    if path[0] == "laws":
        meaning = "file and class of a law of one's own" if path[-1] == "law" else "parameter of this law"
    if default is HIDDEN:
        return Setting(name, shown(value, kind), "—", True, meaning)
    return Setting(name, shown(value, kind), shown(default, kind).text, _differ(value, default, kind), meaning)


def _field(path, config):
    """The field of the schema that a path of a configuration means, and its annotation; None where there is none."""
    annotation, data, field = Config, config, None
    for key in path:
        if annotation is None:
            return None, None
        model = section(annotation, data)
        field = settings(model).get(key) if model else None
        annotation, data = inside(annotation, key, data), at(data, key)
    return field, field_annotation(field) if field is not None else None


def _quantity_type(annotation):
    """The QuantityType of an annotation, also of one that stands for many; None where it is no quantity."""
    if get_origin(strip(annotation)) is tuple:
        annotation = get_args(strip(annotation))[0]
    return quantity_type(annotation)


def _default(path, field):
    """The default of a setting, of a material that of the package; HIDDEN where there is none."""
    if path[0] == "materials" and path[1] in packaged_materials():
        return parse(packaged_material_text(path[1]), path[1]).get(path[2], HIDDEN)
    if field is None or is_needed(field):
        return HIDDEN
    if path[-1] == "kind" and path[0] == "initial":
        return Config.model_fields["initial"].get_default(call_default_factory=True).kind
    default = field.get_default(call_default_factory=True)
    return HIDDEN if default is PydanticUndefined else default


def _differ(value, default, kind):
    return _number(value, kind) != _number(default, kind)


def _number(value, kind):
    """A value that compares: a float in the declared unit where it is a quantity."""
    if isinstance(value, (list, tuple)):
        return [_number(item, kind) for item in value]
    if kind is not None and value is not None:
        try:
            return float(kind.validate(value))
        except PydanticCustomError:
            pass
    return value["value"] if isinstance(value, dict) else value


def shown(value, kind):
    """A value of a configuration as Value; kind: its QuantityType or None."""
    if isinstance(value, dict):
        texts = [str(value.get(key) or "") for key in ("label", "source")]
        return Value(_text(value.get("value"), kind), *texts)
    return Value(_text(value, kind))


def _text(value, kind):
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    if isinstance(value, (list, tuple)):
        if len(value) > 12:
            return f"{len(value)} entries"
        return ", ".join(_text(item["value"] if isinstance(item, dict) else item, kind) for item in value) or "none"
    if kind is not None and kind.unit:
        try:
            number = kind.validate(value)
        except PydanticCustomError:
            return str(value)
        if kind.unit in PREFIXED and NOTHING < abs(number) < 1:
            return amount(number, kind.unit, 12)
        return typeset(Quantity(number, kind.unit).text)
    return typeset(str(value)) if isinstance(value, (int, float)) else str(value)
