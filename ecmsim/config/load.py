"""From a file and overrides to a Config."""

from pathlib import Path

from ecmsim.config.complete import completed
from ecmsim.config.files import read
from ecmsim.config.schema import Config
from ecmsim.config.steps import table_of
from ecmsim.config.texts import absolute
from ecmsim.errors import ConfigError

# Keys of other files that name a configuration, what they are, and the command that takes them.
OTHERS = (
    ({"dataset"}, "a fit", "fit"),
    ({"targets", "target", "parameters", "rows"}, "a calibration", "calibrate"),
    ({"grid", "zip", "sample", "case", "observe"}, "a study", "sweep"),
)


def load_config(path, overrides=(), programme=None):
    """Read, complete and check a configuration file.

    overrides: texts "key.path=value" as of `--set`, applied after the file has been read; paths of files in
    them are relative to the current folder, those in a file to that file. programme: steps of ecmsim.drive in
    place of those of the file. Raises ConfigError with all problems.
    """
    path = Path(path)
    data = read(path)
    _refuse_other_files(data, path)
    steps = None if programme is None else [table_of(step) for step in programme]
    return completed(Config, data, path.parent, overrides, path, (absolute(path),), steps)


def _refuse_other_files(data, path):
    """Raise ConfigError for a file that is a study or a calibration: each names a configuration."""
    if "config" in data and "cell" not in data:
        for keys, what, command in OTHERS:
            if not keys.isdisjoint(data):
                raise ConfigError(f"{path}: is {what}, not a configuration: ecmsim {command} {path}")
