"""Where a key of the TOML data belongs in the schema: for messages, overrides and tables; names of settings."""

import re
from types import UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from ecmsim.config.quantities import QuantityType


def settings(model):
    """The fields of a section by the name that stands in the file."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def kinds(annotation):
    """The sections by kind that a union of sections offers; empty for anything else."""
    annotation = strip(annotation)
    if get_origin(annotation) not in (Union, UnionType):
        return {}
    members = [member for member in get_args(annotation) if _is_section(member)]
    return {get_args(member.model_fields["kind"].annotation)[0]: member for member in members}


def strip(annotation):
    """An annotation without its metadata."""
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def section(annotation, data):
    """The section that the data stands for, or None."""
    annotation = strip(annotation)
    if _is_section(annotation):
        return annotation
    kind = data.get("kind") if isinstance(data, dict) else None
    return kinds(annotation).get(kind) if isinstance(kind, str) else None


def inside(annotation, key, data):
    """Annotation of data[key], or None where the schema has no such key."""
    model = section(annotation, data)
    if model:
        field = settings(model).get(key)
        return None if field is None else field_annotation(field)
    origin, arguments = get_origin(strip(annotation)), get_args(strip(annotation))
    if origin is tuple and Ellipsis not in arguments:
        return arguments[key] if isinstance(key, int) and key < len(arguments) else None
    return {tuple: arguments[:1], dict: arguments[1:]}.get(origin, [None])[0]


def field_annotation(field):
    """The annotation of a field with its metadata back in place, without the None of one that may be left out."""
    annotation = field.annotation
    if get_origin(annotation) in (Union, UnionType) and type(None) in get_args(annotation):
        (annotation,) = (member for member in get_args(annotation) if member is not type(None))
    return Annotated[(annotation, *field.metadata)] if field.metadata else annotation


def quantity_type(annotation):
    """The QuantityType of an annotation, or None."""
    metadata = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    return next((item for item in metadata if isinstance(item, QuantityType)), None)


def expected_text(annotation):
    """What a field says of itself that it expects: a text in its metadata, or None."""
    metadata = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    return next((item for item in metadata if isinstance(item, str)), None)


def choices(annotation):
    """The texts that a Literal allows; empty for anything else."""
    annotation = strip(annotation)
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def locate(model, location, data):
    """Follow a pydantic error location: keys as in the file (no union tags), annotation and data there."""
    keys, annotation = [], model
    for key in location:
        if isinstance(data, dict) and key not in data and key == data.get("kind"):
            continue
        keys.append(key)
        annotation = None if annotation is None else inside(annotation, key, data)
        data = at(data, key)
    return keys, annotation, data


def at(data, key):
    """data[key], or None."""
    if isinstance(data, dict):
        return data.get(key)
    return data[key] if isinstance(data, list) and isinstance(key, int) and key < len(data) else None


def dotted(keys):
    """The path of a setting as in messages: "programme[1].rate"."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")


def keys_of(field):
    """The keys of a setting's dotted name: programme[0].rate, also written programme.0.rate."""
    keys = re.sub(r"\[(\d+)\]", r".\1", str(field).strip()).split(".")
    return tuple(int(key) if key.isdecimal() else key for key in keys)


def canonical(field):
    """The one way to write the dotted name of a setting: programme[0].rate."""
    return dotted(keys_of(field))


def column(field, unit):
    """The column of a setting in a table: compliance_current_A, programme_0_rate_V_per_s."""
    name = "_".join(str(key) for key in keys_of(field))
    return f"{name}_{unit_name(unit)}" if unit else name


def unit_name(unit):
    """A unit as a part of a name: V_per_s, per_m3."""
    first, *others = unit.split("/")
    words = ([] if first == "1" else [first]) + [word for other in others for word in ("per", other)]
    return "_".join(words).replace("*", "_").replace("^", "")


def _is_section(annotation):
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
