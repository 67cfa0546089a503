"""The table of quantized conductances of a metal: transmissions against radius and separation, as computed."""

import json
from dataclasses import dataclass, fields
from functools import cached_property
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
    """The package's table of a metal, or the table in a file. Raises TransportError where there is none."""
    path = Path(which) if str(which).endswith(".json") else TABLES / f"{which}.json"
    try:
        data = json.loads(path.read_text())
    except OSError:
        known = ", ".join(sorted(p.stem for p in TABLES.glob("*.json")))
        raise TransportError(f"there is no table {which}: there are those of {known}, or give a file (.json)") from None
    except ValueError as error:
        raise TransportError(f"{path} is damaged: {error}") from error
    if data.get("format") != FORMAT or data.get("version") != VERSION:
        raise TransportError(f'{path} is no table of this version: expected "format": "{FORMAT}", "version": {VERSION}')
    names = [field.name for field in fields(Entry)]
    entries = tuple(Entry(**{name: point[name] for name in names}) for point in data.pop("points"))
    return Table(data["metal"], data["method"], entries, data)
