"""The configurations that come with ecmsim, by name from any folder: extends = "ecmsim:cu_sio2_pt"."""

from pathlib import Path

from ecmsim.config.suggest import did_you_mean, quoted
from ecmsim.errors import ConfigError

PREFIX = "ecmsim:"


def folder():
    """Where they are: in the installed package, or beside it in a clone of the repository."""
    package = Path(__file__).resolve().parents[1]
    return next((place for place in (package / "configs", package.parent / "configs") if place.is_dir()), None)


def names():
    """Their names, sorted; those of protocols begin with protocols/."""
    place = folder()
    found = [*place.glob("*.toml"), *place.glob("protocols/*.toml")] if place else []
    return sorted(path.relative_to(place).with_suffix("").as_posix() for path in found)


def is_name(text):
    """Whether a text means a configuration by its name."""
    return isinstance(text, str) and text.startswith(PREFIX)


def path_of(text):
    """The file of "ecmsim:NAME". Raises ConfigError."""
    name, known = text.removeprefix(PREFIX).removesuffix(".toml"), names()
    if name not in known:
        hint = did_you_mean(name, known) or f"; there are {', '.join(known) or 'none'}"
        raise ConfigError(f"no configuration {quoted(name)} comes with ecmsim{hint}")
    return folder() / f"{name}.toml"
