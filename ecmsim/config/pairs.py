"""The files of pairs: constants of a metal and the layer that it faces, chosen by the cell's materials.

A file has a line `pair = "Cu | SiO2"` and the sections of ecmsim.config.interface.LAWS, any of them, with labels and
sources. What a configuration does not state is taken from the file of its own pair (interface.file, or one that comes
with ecmsim), and after that from the files of the pairs that it may borrow from. Where it inherits a section that was
made for another pair and a file of its own pair has that section, the file's goes before what is inherited.
"""

from importlib import resources

from ecmsim.config.files import parse, read
from ecmsim.config.interface import LAWS, Pair
from ecmsim.config.messages import Problem
from ecmsim.config.suggest import quoted
from ecmsim.config.texts import is_file
from ecmsim.errors import ConfigError


def packaged_pairs():
    """Pairs whose files come with ecmsim: Pair -> name of the file, sorted."""
    files = (file.name for file in (resources.files("ecmsim") / "interfaces").iterdir())
    names = sorted(name.removesuffix(".toml") for name in files if name.endswith(".toml"))
    return {Pair.of(*name.split("_")): name for name in names}


def packaged(pair):
    """The data of the file that comes with ecmsim for a pair; None where there is none."""
    name = packaged_pairs().get(pair)
    if name is None:
        return None
    text = (resources.files("ecmsim") / "interfaces" / f"{name}.toml").read_text(encoding="utf-8")
    return parse(text, f"{name}.toml")


def complete_pairs(data, stated=frozenset()):
    """Put into the data what the files of its pairs have and it does not state; returns the problems.

    stated: names of the settings of the file itself and of overrides, which nothing replaces. interface.NAME then tells
    whose constants a section has, where interface.made_for does not.
    """
    cell, interface = data.get("cell"), data.setdefault("interface", {})
    if not (isinstance(cell, dict) and isinstance(interface, dict)):
        return []
    names = [cell.get(role) for role in ("active_electrode", "switching_layer")]
    if not all(isinstance(name, str) for name in names):
        return []
    own, sources, path, problems = Pair.of(*names), [], interface.pop("file", None), []
    if path is not None:
        try:
            sources.append(_own(path))
        except ConfigError as error:
            problems.append(Problem(("interface", "file"), f"interface.file = {quoted(path)}: {error}"))
    borrowed = interface.get("borrow", [])
    for text in (own, *(borrowed if isinstance(borrowed, list) else [borrowed])):
        pair = _pair(text)
        if found := packaged(pair):
            sources.append((pair, found))
    for pair, found in sources:
        if pair == own:
            _replace(data, interface, pair, found, stated)
        _fill(data, interface, pair, found)
    if not interface:
        del data["interface"]
    return problems


def _own(path):
    """Pair and data of a file of one's own. Raises ConfigError."""
    if not isinstance(path, str) or not is_file(path):
        raise ConfigError("no such file")
    data = read(path)
    text = data.get("pair")
    if not isinstance(text, str) or text.count("|") != 1:
        raise ConfigError('needs a line pair = "METAL | LAYER"')
    unknown = sorted(data.keys() - LAWS.keys() - {"pair"})
    if unknown:
        raise ConfigError(f"has {unknown[0]}, but a pair has {', '.join(LAWS)} only")
    return _pair(text), data


def _pair(text):
    """The Pair of a text, None for what is none."""
    parts = [part.strip() for part in text.split("|")] if isinstance(text, str) else []
    return Pair.of(*parts) if len(parts) == 2 else None


def _replace(data, interface, pair, found, stated):
    """Sections of a file in place of inherited ones of another pair, unless it is stated whose constants these are."""
    for name in LAWS.keys() & found.keys():
        made_for = _pair(interface.get(name) or interface.get("made_for"))
        said = {f"interface.{name}", "interface.made_for"} & stated
        if made_for not in (None, pair) and not said and isinstance(data.get(name), dict):
            data[name].update({key: value for key, value in found[name].items() if f"{name}.{key}" not in stated})
            interface[name] = str(pair)


def _fill(data, interface, pair, found):
    for name in LAWS.keys() & found.keys():
        section = data.setdefault(name, {})
        new = found[name].keys() - section.keys() if isinstance(section, dict) else ()
        if new:
            section.update({key: found[name][key] for key in found[name] if key in new})
            if name not in interface and _pair(interface.get("made_for")) != pair:
                interface[name] = str(pair)
