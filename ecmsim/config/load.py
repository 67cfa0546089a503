"""From a file and overrides to a Config."""

from pathlib import Path

from ecmsim.config.complete import checked
from ecmsim.config.files import expand, read
from ecmsim.config.schema import Config
from ecmsim.config.steps import table_of
from ecmsim.config.texts import absolute


def load_config(path, overrides=(), programme=None):
    """Read, complete and check a configuration file.

    overrides: texts "key.path=value" as of `--set`, applied after the file has been read; paths of files in
    them are relative to the current folder, those in a file to that file. programme: steps of ecmsim.drive in
    place of those of the file. Raises ConfigError with all problems.
    """
    path = Path(path)
    data = expand(read(path), path, path.parent, (absolute(path),))
    if programme is not None:
        data["programme"] = [table_of(step) for step in programme]
    return checked(Config, data, overrides, path)
