"""Files that a user names, and TOML, whatever they hold: no pipe is waited for, nothing huge or endlessly deep is read.

All errors are ConfigErrors that say what is wrong, without the name of the file.
"""

import os
import stat
import tomllib
from pathlib import Path

from ecmsim.config.suggest import did_you_mean
from ecmsim.errors import ConfigError

MOST_BYTES = 10_000_000  # of a file
DEEPEST = 50  # tables and lists within each other
MOST_BITS = 100  # of a whole number


def text_of(path, similar="*.toml"):
    """The text of a file (UTF-8). similar: pattern of the names that are suggested where it is missing."""
    path = Path(path)
    try:
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise ConfigError("is not a plain file")
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            size = max(found.st_size, len(data))
            raise ConfigError(f"is too large: {size / 1e6:.0f} MB (at most {MOST_BYTES / 1e6:.0f} MB)")
        return data.decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"no such file{like(path, similar)}") from None
    except UnicodeDecodeError:
        raise ConfigError("is not UTF-8 text") from None
    except OSError as error:
        raise ConfigError(f"cannot be read ({error.strerror})") from None
    except ValueError as error:  # a NUL in the name
        raise ConfigError(f"cannot be read ({error})") from None


def tables_of(text):
    """The data of a TOML text."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"is not valid TOML: {error}") from None
    except RecursionError:
        raise ConfigError(f"lists or tables lie too deep within each other (at most {DEEPEST})") from None
    except ValueError:  # of int()
        raise ConfigError("holds a whole number with too many digits") from None
    level = [data]
    for _ in range(DEEPEST):
        level = [item for value in level for item in _inside(value)]
        if any(isinstance(value, int) and value.bit_length() > MOST_BITS for value in level):
            raise ConfigError("holds a whole number with too many digits")
    if level:
        raise ConfigError(f"lists or tables lie too deep within each other (at most {DEEPEST})")
    return data


def _inside(value):
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def is_file(path):
    """Whether there is a file of that name; no for names that no file can have."""
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False


def absolute(path):
    """The path from the root, with links followed as far as that can be done."""
    path = Path(path)
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError):
        return Path.cwd() / path


def like(path, pattern):
    """ "; did you mean …" for the file beside a path with the most similar name, or nothing."""
    try:
        return did_you_mean(path.name, [file.name for file in path.parent.glob(pattern)])
    except (OSError, ValueError):
        return ""
