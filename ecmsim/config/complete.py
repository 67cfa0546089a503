"""From the data of a file, or a text, to a checked section: inheritance, overrides, materials, all problems at once.

The model of the data is a parameter: its classes (ecmsim.config.schema) use this module.
"""

from pathlib import Path

from pydantic import ValidationError

from ecmsim.config.files import expand, parse
from ecmsim.config.laws import placed
from ecmsim.config.messages import problems_of, report
from ecmsim.config.overrides import apply_overrides
from ecmsim.config.resolve import resolve_materials


def from_text(model, text, base, overrides, source):
    """A model (Config) from TOML text.

    base: folder to which paths in the text are relative; overrides: "key.path=value" texts; source: name of the text
    in messages. Raises ConfigError with all problems.
    """
    return checked(model, expand(parse(text, source), source, Path(base)), overrides, source)


def checked(model, data, overrides, source):
    """A model (Config) from data that extends nothing; otherwise as from_text."""
    problems = [*apply_overrides(data, overrides, model), *resolve_materials(data)]
    if "laws" in data:
        data["laws"] = placed(data["laws"], Path())
    try:
        config = model.model_validate(data)
    except ValidationError as error:
        problems += problems_of(error, model, data)
    if problems:
        raise report(source, problems, data)
    return config
