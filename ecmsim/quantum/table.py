"""The table of quantized conductances of a metal: transmissions against radius and separation, as computed."""

import json
from dataclasses import dataclass, fields
from functools import cached_property
from math import isfinite
from pathlib import Path

import numpy as np

from ecmsim.errors import TransportError

TABLES = Path(__file__).parent / "tables"
FORMAT = "ecmsim table of quantized conductances"
VERSION = 1


@dataclass(frozen=True)
class Entry:
    """One computed contact.

    branch: "contact" (neck), "gap" (facing tips) or "check" (one setting changed from the point `of`); shape: how its
    atoms are arranged; atoms: in the narrowest layer; radius_nm: of the circle with their area; separation_nm: of the
    facing tips, None for necks; T: transmission per spin at E_F, G = T G0; channels: what it is made of, largest first;
    energies_eV (n,) and transmission (n,): T(E) around E_F; spread: smallest and largest of these; flags: remarks, of
    which any means that the value is no good for interpolation; checks: of the calculation, energies in eV; settings:
    those that differ from the table's; hash: of atoms and settings; seconds: wall time.
    """

    name: str
    branch: str
    of: str | None
    shape: dict
    atoms: int
    radius_nm: float
    separation_nm: float | None
    T: float
    channels: list
    energies_eV: list
    transmission: list
    spread: list
    flags: list
    checks: dict
    settings: dict
    hash: str
    seconds: float


@dataclass(frozen=True)
class Table:
    """All computed contacts of a metal, and where they come from (header: settings, versions, what is not computed)."""

    metal: str
    method: str
    entries: tuple
    header: dict

    def __getitem__(self, name):
        """The entry of a name. Raises TransportError for another name."""
        for entry in self.entries:
            if entry.name == name:
                return entry
        raise TransportError(f"the table of {self.metal} has no point {name!r}: {', '.join(self.names)}")

    @property
    def names(self):
        """Of all entries."""
        return [entry.name for entry in self.entries]

    def branch(self, name):
        """The usable entries of a branch (without flags), from the narrowest or closest on."""
        chosen = [entry for entry in self.entries if entry.branch == name and not entry.flags]
        return sorted(chosen, key=lambda entry: (entry.radius_nm, entry.separation_nm or 0.0, entry.name))

    @cached_property
    def contacts(self):
        """Contact branch by size: atoms, radius (nm), mean, deviation, minimum, maximum of T, shapes; arrays (n,).

        The deviation is that of a sample (0 for one shape only): at the same size necks differ by their geometry.
        """
        found = self.branch("contact")
        sizes = sorted({entry.atoms for entry in found})
        groups = [np.array([entry.T for entry in found if entry.atoms == size]) for size in sizes]
        return {
            "atoms": np.array(sizes, dtype=int),
            "radius": np.array([next(e.radius_nm for e in found if e.atoms == size) for size in sizes]),
            "mean": np.array([group.mean() for group in groups]),
            "deviation": np.array([group.std(ddof=1) if len(group) > 1 else 0.0 for group in groups]),
            "minimum": np.array([group.min() for group in groups]),
            "maximum": np.array([group.max() for group in groups]),
            "shapes": np.array([len(group) for group in groups], dtype=int),
        }

    @cached_property
    def gaps(self):
        """Gap branch: separation (nm, between the centres of the facing atoms) and T; arrays (n,)."""
        found = self.branch("gap")
        return {
            "separation": np.array([entry.separation_nm for entry in found]),
            "T": np.array([entry.T for entry in found]),
        }


def load_table(which="Ag") -> Table:
    """The package's table of a metal, or the table in a file. Raises TransportError where it is missing or damaged."""
    path = Path(which) if str(which).endswith(".json") else TABLES / f"{which}.json"
    try:
        data = json.loads(path.read_text())
    except OSError:
        known = ", ".join(sorted(p.stem for p in TABLES.glob("*.json")))
        raise TransportError(f"there is no table {which}: there are those of {known}, or give a file (.json)") from None
    except (ValueError, RecursionError) as error:
        raise TransportError(f"{path} is damaged: {error}") from error
    if not isinstance(data, dict):
        raise TransportError(f"{path} is damaged: it holds {_shown(data)} instead of a table with its points")
    if data.get("format") != FORMAT or data.get("version") != VERSION:
        raise TransportError(f'{path} is no table of this version: expected "format": "{FORMAT}", "version": {VERSION}')
    try:
        _require(data, HEADER, "the table")
        _require(data["settings"], SETTINGS, "settings")
        entries = tuple(_entry(point, f"point {number}") for number, point in enumerate(data.pop("points"), 1))
    except ValueError as error:
        raise TransportError(f"{path} is damaged: {error}; build the table anew, or take another") from None
    return Table(data["metal"], data["method"], entries, data)


def _number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)


def _positive(value):
    return _number(value) and value > 0


def _numbers(value):
    return isinstance(value, list) and all(map(_number, value))


def _text(value):
    return isinstance(value, str)


def _list(value):
    return isinstance(value, list)


def _dict(value):
    return isinstance(value, dict)


# What a table and its points must hold: what a value must be, in a function and in words.
HEADER = {
    "metal": (_text, "a text"),
    "method": (_text, "a text"),
    "settings": (_dict, "a table"),
    "points": (_list, "a list"),
}
SETTINGS = {"lattice_constant": (_positive, "a positive number of angstrom")}
ENTRY = {
    "name": (_text, "a text"),
    "branch": (_text, "a text"),
    "of": (lambda value: value is None or _text(value), "a text or null"),
    "shape": (_dict, "a table"),
    "atoms": (lambda value: isinstance(value, int) and _positive(value), "a positive whole number"),
    "radius_nm": (_positive, "a positive number"),
    "separation_nm": (lambda value: value is None or _positive(value), "a positive number or null"),
    "T": (_number, "a number"),
    "channels": (_numbers, "a list of numbers"),
    "energies_eV": (
        lambda value: _numbers(value) and len(value) != 1 and bool((np.diff(value) > 0).all()),
        "a list of ascending numbers",
    ),
    "transmission": (_numbers, "a list of numbers"),
    "spread": (_numbers, "a list of numbers"),
    "flags": (lambda value: isinstance(value, list) and all(map(_text, value)), "a list of texts"),
    "checks": (_dict, "a table"),
    "settings": (_dict, "a table"),
    "hash": (_text, "a text"),
    "seconds": (_number, "a number"),
}


def _entry(point, place):
    """An Entry of what the file has. Raises ValueError that says what is wrong with it."""
    if _dict(point) and _text(point.get("name")):
        place = f"point {point['name']}"
    _require(point, ENTRY, place)
    if len(point["transmission"]) != len(point["energies_eV"]):
        raise ValueError(f"{place} has {len(point['transmission'])} of {len(point['energies_eV'])} samples of T(E)")
    if point["branch"] == "gap" and point["separation_nm"] is None:
        raise ValueError(f"{place}: separation_nm = null, expected a positive number for the gap branch")
    return Entry(**{field.name: point[field.name] for field in fields(Entry)})


def _require(values, expected, place):
    """Raise ValueError unless values is a dict that holds what is expected."""
    if not _dict(values):
        raise ValueError(f"{place} is {_shown(values)} instead of a table")
    for name, (fits, words) in expected.items():
        if name not in values:
            raise ValueError(f"{place} has no {name}, expected {words}")
        if not fits(values[name]):
            raise ValueError(f"{place}: {name} = {_shown(values[name])}, expected {words}")


def _shown(value):
    """The beginning of a value as it stands in the file."""
    text = json.dumps(value)
    return text if len(text) <= 40 else text[:37] + "..."
