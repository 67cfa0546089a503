"""Schema of [interface]: for which pair of materials the constants of a cell were made, and what the cell borrows.

Kinetics, hopping, tunnelling, stress, void, surface diffusion, surface energy and nucleation belong to a metal and the
layer that it faces, not to one of both. A cell of other materials may borrow the constants of a pair where its file
agrees to it (`borrow`), and says so wherever its results are shown. The constants of a pair have files (pairs.py).
"""

from typing import Annotated

from pydantic import Field, StrictStr
from pydantic_core import PydanticCustomError, core_schema

from ecmsim.config.section import Section
from ecmsim.config.suggest import quoted

BETWEEN = " | "


class Pair(str):
    """A metal and a switching layer, by the names that a cell calls them: "Cu | SiO2"."""

    @classmethod
    def of(cls, metal, layer):
        return cls(f"{metal}{BETWEEN}{layer}")

    @classmethod
    def __get_pydantic_core_schema__(cls, source, handler):
        return core_schema.no_info_plain_validator_function(cls._read)

    @classmethod
    def _read(cls, value):
        names = [name.strip() for name in value.split("|")] if isinstance(value, str) else []
        if len(names) != 2 or not all(names):
            text = f" = {quoted(value)}: expected {EXPECTED}"
            raise PydanticCustomError("relative", "{text}", {"text": text})
        return cls.of(*names)


class Pairs(tuple):
    """Pairs, given as one or as a list."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source, handler):
        return core_schema.no_info_plain_validator_function(cls._read)

    @classmethod
    def _read(cls, value):
        return cls(Pair._read(item) for item in (value if isinstance(value, (list, tuple)) else [value]))


EXPECTED = 'an active electrode and a switching layer, such as "Cu | SiO2"'
PairOfMaterials = Annotated[Pair, EXPECTED]
PairsOfMaterials = Annotated[Pairs, f"{EXPECTED}, or a list of such pairs"]


def _exception(what):
    return Field(None, description=f"Pair for which {what} was made, if for another one; [made_for]")


class Interface(Section):
    """For which metal and which layer the constants of a file were made."""

    made_for: PairOfMaterials | None = Field(
        None,
        description="Metal and layer, by the names of [cell], for which the constants of [butler_volmer], [hopping], "
        "[tunnelling], [stress], [dissolution], [surface_diffusion], [capillarity] and [nucleation] were made; a cell "
        "of others borrows them",
    )
    borrow: PairsOfMaterials | None = Field(
        None,
        description="Pair or pairs whose constants a cell of other materials may borrow: those that stand in its "
        "file, and for what is stated nowhere those of the pair's file",
    )
    file: StrictStr | None = Field(
        None, description="TOML file with the constants of a pair of one's own, for what is not stated beside"
    )
    butler_volmer: PairOfMaterials | None = _exception("[butler_volmer]")
    hopping: PairOfMaterials | None = _exception("[hopping]")
    tunnelling: PairOfMaterials | None = _exception("[tunnelling]")
    stress: PairOfMaterials | None = _exception("[stress]")
    dissolution: PairOfMaterials | None = _exception("[dissolution]")
    surface_diffusion: PairOfMaterials | None = _exception("[surface_diffusion]")
    capillarity: PairOfMaterials | None = _exception("[capillarity]")
    nucleation: PairOfMaterials | None = _exception("[nucleation]")


# Laws of one's own that leave a section without use.
LAWS = {
    "butler_volmer": {"kinetics"},
    "hopping": {"hopping"},
    "tunnelling": {"tunnelling"},
    "stress": {"stress"},
    "dissolution": {"dissolution", "void"},
    "surface_diffusion": {"surface_diffusion"},
    "capillarity": {"capillarity"},
    "nucleation": {"nucleation"},
}


def loans(config):
    """The sections of a Config whose constants were made for other materials than the cell's: pair -> names.

    The pair is empty where nobody said it. Sections that are switched off, or whose law is one's own, need none.
    """
    own = Pair.of(config.cell.active_electrode, config.cell.switching_layer)
    found = {}
    for name, laws in LAWS.items():
        used = getattr(getattr(config, name), "enabled", True) and not laws <= config.laws.keys()
        pair = getattr(config.interface, name) or config.interface.made_for or ""
        if used and pair != own:
            found.setdefault(str(pair), []).append(name)
    return found


def borrowed(config):
    """What has to be said of loans, as a sentence without a full stop; empty where there are none."""
    own = Pair.of(config.cell.active_electrode, config.cell.switching_layer)
    told = []
    for pair, names in loans(config).items():
        what = f"constants of {', '.join(f'[{name}]' for name in names)}"
        told.append(
            f"{what} were made for {pair} and are borrowed for {own}"
            if pair
            else f"{what}: not stated for which metal and layer they were made (interface.made_for)"
        )
    return "; ".join(told)


# What is wanted of a pair, and how one comes by it.
HOW = {
    "butler_volmer": "measure SET time over pulse height: its slope gives the transfer coefficient, its level J0, its "
    "temperature the activation energy",
    "hopping": "measure the ionic conductivity over field and temperature, or take 0.2 nm to 0.5 nm, 1e12 / s to "
    "1e13 / s and the activation energy of the ion's diffusion",
    "tunnelling": "the barrier is the metal's work function less the layer's electron affinity; or fit the current's "
    "onset",
    "stress": "fit how the filament's width grows with the compliance current, or enabled = false",
    "dissolution": "from microscopy of the electrode after SET, or enabled = false",
    "surface_diffusion": "from the time in which filaments of known width relax, or enabled = false",
    "capillarity": "the surface energy from contact angles of islands, at most the handbook's of the free surface; or "
    "enabled = false",
    "nucleation": "measure waiting times at low voltages and several temperatures: slope and level give N_c, t_0 and "
    "dG; or enabled = false",
}


def unagreed(config):
    """The error of loans to which a Config's file does not agree: sections, how to come by own ones, and the line that
    borrows; empty where there are none. Constants that nobody assigned are told (`borrowed`), not refused."""
    own, agreed = Pair.of(config.cell.active_electrode, config.cell.switching_layer), config.interface.borrow or ()
    lines = []
    for pair, names in loans(config).items():
        if pair and pair not in agreed:
            lines += [f"[{name}] of {pair} ({HOW[name]})" for name in names]
    if not lines:
        return ""
    every = ", ".join(f'"{pair}"' for pair in dict.fromkeys((*agreed, *filter(None, loans(config)))))
    every = f"[{every}]" if "," in every else every
    remedy = (
        f'state constants for {own} and say so (interface.made_for = "{own}", or interface.NAME for one section), or '
        f"borrow these: interface.borrow = {every}"
    )
    head = f"interface: the constants in use were not made for {own}:"
    return "\n    ".join([head, *lines, remedy])


def label(found):
    """Loans in a few words, for pictures: "constants borrowed from Cu | SiO2"; empty where there are none."""
    return f"constants borrowed from {', '.join(pair or 'unknown materials' for pair in found)}" if found else ""
