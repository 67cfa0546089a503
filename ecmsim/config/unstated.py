"""What a file leaves out of its physics, which has no default: all of it, in one message, with where to find it."""

from types import SimpleNamespace

from ecmsim.config.idle import RULES
from ecmsim.config.interface import HOW
from ecmsim.config.messages import LAST, Problem
from ecmsim.config.pairs import packaged_pairs
from ecmsim.config.section import is_needed
from ecmsim.config.shipped import PREFIX
from ecmsim.config.structure import choices, field_annotation, quantity_type, section, settings, strip
from ecmsim.config.suggest import listed

REMEDY = (
    "state it (meaning: ecmsim validate --schema), or begin the file with a line that extends one which "
    f'does, such as extends = "{PREFIX}cu_sio2_pt" (ecmsim info names all); effects that are switched off need no more'
)


def unstated(data, model):
    """The problem of the data of a file (what it extends included) that states too little of its physics, in a list.

    model: of the data, Config. A setting is asked for unless a rule of ecmsim.config.idle finds it without effect.
    """
    seen = _seen(data, model)
    idle = {setting for rule in RULES if rule.of_physics and rule.is_off(seen) for setting in rule.settings}
    lines = []
    for name, needed in _needed(model).items():
        given = data.get(name, {})
        lacking = [
            _told(key, field)
            for key, field in needed.items()
            if isinstance(given, dict) and key not in given and f"{name}.{key}" not in idle
        ]
        if lacking:
            how = f" ({HOW[name]})" if name in HOW else ""
            lines.append(f"[{name}] {', '.join(lacking)}{how}")
    if not lines:
        return []
    remedy = [REMEDY]
    if any(line.startswith(f"[{name}]") for line in lines for name in HOW):
        remedy.append(
            "constants of a metal and its layer may also come from a file (interface.file), or be borrowed: "
            f"interface.borrow = {listed(packaged_pairs())}"
        )
    return [Problem(LAST, "\n    ".join(["its physics is not stated, and has no defaults:", *lines, *remedy]))]


def _needed(model):
    """The settings without a default: section -> name -> field."""
    sections = {name: section(field_annotation(field), None) for name, field in settings(model).items()}
    found = {name: settings(kind) for name, kind in sections.items() if kind}
    return {name: {key: field for key, field in kind.items() if is_needed(field)} for name, kind in found.items()}


def _seen(data, model):
    """The data as far as the rules look at it: sections with what is given in them, and None for what is not."""
    sections = {}
    for name, field in settings(model).items():
        kind, given = section(field_annotation(field), None), data.get(name)
        if kind:
            known = {key: None if is_needed(own) else own.default for key, own in settings(kind).items()}
            sections[name] = SimpleNamespace(**(known | (given if isinstance(given, dict) else {})))
    return SimpleNamespace(**sections)


def _told(name, field):
    """A setting with what it expects: its unit, or its choices."""
    annotation = field_annotation(field)
    quantity, allowed = quantity_type(annotation), choices(annotation)
    if strip(annotation) is bool:
        return f"{name} (true or false)"
    if allowed:
        return f"{name} ({listed(allowed)})"
    return f"{name} ({quantity.unit})" if quantity and quantity.unit else name
