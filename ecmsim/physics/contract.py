"""Whether a law has what its role asks for (roles.py), said in one line before a run begins."""

import inspect
from numbers import Real
from types import NoneType
from typing import get_args, get_type_hints

from ecmsim.errors import ConfigError
from ecmsim.physics import roles


def roles_of(annotation):
    """The roles that an annotation allows, such as those of Tunnelling | Contact | None; none for any other type."""
    return [kind for kind in get_args(annotation) or (annotation,) if _is_role(kind)]


def require(name, law, annotation):
    """Raise ConfigError where a law is none of an annotation's roles; name: of the law, as in messages."""
    if law is None and NoneType in get_args(annotation):
        return
    if law is None:
        raise ConfigError(f"laws: {name} = None: a cell cannot do without it")
    if isinstance(law, type):
        raise ConfigError(f"laws: {name} = {law.__name__}: is a class; give an instance of it, {law.__name__}(...)")
    # The nearest of several roles: that of which least is missing.
    if nearest := min((flaws(law, role) for role in roles_of(annotation)), key=len):
        raise ConfigError(f"laws: {name} = {type(law).__name__}: {nearest[0]}")


def flaws(law, role, path=""):
    """What keeps a law from a role, as a list of texts; path: of the part of the law that is looked at, "thermal."."""
    found = []
    for name, member in _members(role).items():
        role_and_meaning = f"of the role {role.__name__} (ecmsim.physics.roles): {_meaning(member)}"
        if isinstance(member, property):
            kind = get_type_hints(member.fget)["return"]
            if not hasattr(law, name):
                found.append(f"lacks {path}{name} {role_and_meaning}")
            elif _is_role(kind):
                found += flaws(getattr(law, name), kind, f"{path}{name}.")
            elif not isinstance(getattr(law, name), Real):
                found.append(f"{path}{name} is {getattr(law, name)!r}, not a number {role_and_meaning}")
            continue
        method = law if name == "__call__" else getattr(law, name, None)
        wanted = f"{path}{name}({', '.join(_arguments(member))})"
        if not callable(method):
            found.append(f"lacks {wanted} {role_and_meaning}")
        elif not _takes(method, _arguments(member)):
            found.append(f"has {path}{name}, but not with the arguments {wanted} {role_and_meaning}")
    return found


def _is_role(kind):
    return getattr(kind, "__module__", None) == roles.__name__


def _members(role):
    """The methods and properties that a role asks for, those of the roles that it extends among them, by name."""
    bases = [base for base in reversed(role.__mro__) if _is_role(base)]
    return {name: member for base in bases for name, member in vars(base).items() if _is_asked_for(name, member)}


def _is_asked_for(name, member):
    method = inspect.isfunction(member) and (name == "__call__" or not name.startswith("_"))
    return method or isinstance(member, property)


def _meaning(member):
    return inspect.getdoc(member).splitlines()[0]


def _arguments(member):
    return [*inspect.signature(member).parameters][1:]


def _takes(method, arguments):
    """Whether a method can be called with these arguments by position."""
    try:
        inspect.signature(method).bind(*arguments)
    except TypeError:
        return False
    except ValueError:  # compiled code tells nothing of its arguments
        return True
    return True
