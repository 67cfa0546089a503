"""From a file and overrides to a Config."""

from pathlib import Path

from ecmsim.config.complete import completed
from ecmsim.config.files import read
from ecmsim.config.schema import Config
from ecmsim.config.steps import table_of


def load_config(path, overrides=(), programme=None):
    """Read, complete and check a configuration file.

    overrides: texts "key.path=value" as of `--set`, applied after the file has been read; paths of files in
    them are relative to the current folder, those in a file to that file. programme: steps of ecmsim.drive in
    place of those of the file. Raises ConfigError with all problems.
    """
    path = Path(path)
    steps = None if programme is None else [table_of(step) for step in programme]
    return completed(Config, read(path), path.parent, overrides, path, (path.resolve(),), steps)
