"""TOML files of a configuration: reading, and inheritance by `extends`."""

from ecmsim.config import shipped
from ecmsim.config.laws import placed, renewed
from ecmsim.config.roles import ROLES
from ecmsim.config.suggest import quoted
from ecmsim.config.texts import absolute, is_file, like, tables_of, text_of
from ecmsim.errors import ConfigError

LONGEST_CHAIN = 50  # files that extend each other


def read(path):
    """The tables of a TOML file. Raises ConfigError."""
    try:
        return tables_of(text_of(path))
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def parse(text, source):
    """The tables of a TOML text; source: its name in messages. Raises ConfigError."""
    try:
        return tables_of(text)
    except ConfigError as error:
        raise ConfigError(f"{source}: {error}") from None


def expand(data, source, folder, chain=()):
    """The data on top of what it extends, with the paths of other files made absolute.

    source: name of the data in messages; folder: to which its paths are relative; chain: files that led here.
    """
    cell = data.get("cell")
    for role in ROLES if isinstance(cell, dict) else ():
        if is_path(cell.get(role)):
            cell[role] = str(absolute(folder / cell[role]))
    pair = data.get("interface")
    if isinstance(pair, dict) and isinstance(pair.get("file"), str):
        pair["file"] = str(absolute(folder / pair["file"]))
    for step in _steps(data.get("programme")):
        if isinstance(step.get("file"), str):
            step["file"] = str(absolute(folder / step["file"]))
    if "laws" in data:
        data["laws"] = placed(data["laws"], folder)
    if "extends" not in data:
        return data
    parent = data.pop("extends")
    line = f"{source}: extends = {quoted(parent)}"
    if not isinstance(parent, str):
        raise ConfigError(f"{line}: expected the path of a configuration file in quotes")
    try:
        path = shipped.path_of(parent) if shipped.is_name(parent) else folder / parent
    except ConfigError as error:
        raise ConfigError(f"{line}: {error}") from None
    if absolute(path) in chain:
        loop = " -> ".join(file.name for file in (*chain, path))
        raise ConfigError(f"{line}: the files extend each other in a circle: {loop}")
    if len(chain) >= LONGEST_CHAIN:
        raise ConfigError(f"{chain[0]}: more than {LONGEST_CHAIN} files extend each other")
    if not is_file(path):
        raise ConfigError(f"{line}: no such file{like(path, '*.toml')}")
    base = expand(read(path), path, path.parent, (*chain, absolute(path)))
    if "laws" in base:
        base["laws"] = renewed(base["laws"], data.get("laws"))
    return merge(base, data)


def _steps(steps):
    """All steps of a programme in the data, those that are repeated included."""
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, dict):
            yield step
            yield from _steps(step.get("steps"))


def merge(base, top):
    """`top` over `base`: tables merge key by key, all else in `top` replaces.

    The table of a quantity is one value, and a table of another kind starts afresh.
    """
    if not (isinstance(base, dict) and isinstance(top, dict)) or "value" in base or "value" in top:
        return top
    if "kind" in base and top.get("kind", base["kind"]) != base["kind"]:
        return top
    return base | {key: merge(base[key], value) if key in base else value for key, value in top.items()}


def is_path(name):
    """Whether the name of a material is the path of a file."""
    return isinstance(name, str) and (name.endswith(".toml") or "/" in name)
