"""From a file and overrides to a Config."""

from pathlib import Path

from pydantic import ValidationError

from ecmsim.config.files import expand, parse, read
from ecmsim.config.laws import placed
from ecmsim.config.messages import problems_of, report
from ecmsim.config.overrides import apply_overrides
from ecmsim.config.resolve import resolve_materials
from ecmsim.config.schema import Config
from ecmsim.config.steps import table_of


def load_config(path, overrides=(), programme=None):
    """Read, complete and check a configuration file.

    overrides: texts "key.path=value" as of `--set`, applied after the file has been read; paths of files in
    them are relative to the current folder, those in a file to that file. programme: steps of ecmsim.drive in
    place of those of the file. Raises ConfigError with all problems.
    """
    path = Path(path)
    data = expand(read(path), path, path.parent, (path.resolve(),))
    if programme is not None:
        data["programme"] = [table_of(step) for step in programme]
    return _build(data, overrides, path)


def from_text(text, base, overrides, source):
    """The same for TOML text; see Config.from_toml."""
    return _build(expand(parse(text, source), source, Path(base)), overrides, source)


def _build(data, overrides, source):
    problems = [*apply_overrides(data, overrides, Config), *resolve_materials(data)]
    if "laws" in data:
        data["laws"] = placed(data["laws"], Path())
    try:
        config = Config.model_validate(data)
    except ValidationError as error:
        problems += problems_of(error, Config, data)
    if problems:
        raise report(source, problems, data)
    return config
