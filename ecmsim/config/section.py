"""Base class of all sections of the configuration, and settings without a default."""

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

_NEEDED = {"needed": True}


class Section(BaseModel):
    """A table of the configuration: immutable, with unknown keys refused and defaults checked like input."""

    # Deferred: the whole configuration is built once, when the first one is checked, and not each section besides.
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, defer_build=True)


def needed(**told):
    """The field of a setting that has no default, as it is physics: None where what it belongs to is switched off.

    Which ones are asked for, ecmsim.config.unstated decides. told: description and bounds, as of Field.
    """
    return Field(None, validate_default=False, json_schema_extra=_NEEDED, **told)


def is_needed(field):
    """Whether a field is that of a setting without a default."""
    return field.json_schema_extra == _NEEDED


def inconsistent(path, text):
    """The error of a value that does not fit to another one; path: full dotted path of the value."""
    return PydanticCustomError("inconsistent", "{text}", {"text": f"{path}{text}"})
