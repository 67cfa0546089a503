"""Schema of [interface]: for which pair of materials the constants of a cell were made, and what the cell borrows.

Kinetics, hopping, tunnelling, stress, void and surface diffusion belong to a metal and the layer that it faces, not to
one of both. A cell of other materials may borrow the constants of a pair, but says so wherever its results are shown.
"""

from typing import Annotated

from pydantic import Field
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


EXPECTED = 'an active electrode and a switching layer, such as "Cu | SiO2"'
PairOfMaterials = Annotated[Pair, EXPECTED]


def _exception(what):
    return Field(None, description=f"Pair for which {what} was made, if for another one; [made_for]")


class Interface(Section):
    """For which metal and which layer the constants of a file were made."""

    made_for: PairOfMaterials | None = Field(
        None,
        description="Metal and layer, by the names of [cell], for which the constants of [butler_volmer], [hopping], "
        "[tunnelling], [stress], [dissolution] and [surface_diffusion] were made; a cell of others borrows them",
    )
    butler_volmer: PairOfMaterials | None = _exception("[butler_volmer]")
    hopping: PairOfMaterials | None = _exception("[hopping]")
    tunnelling: PairOfMaterials | None = _exception("[tunnelling]")
    stress: PairOfMaterials | None = _exception("[stress]")
    dissolution: PairOfMaterials | None = _exception("[dissolution]")
    surface_diffusion: PairOfMaterials | None = _exception("[surface_diffusion]")


# Laws of one's own that leave a section without use.
LAWS = {
    "butler_volmer": {"kinetics"},
    "hopping": {"hopping"},
    "tunnelling": {"tunnelling"},
    "stress": {"stress"},
    "dissolution": {"dissolution", "void"},
    "surface_diffusion": {"surface_diffusion"},
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


def label(found):
    """Loans in a few words, for pictures: "constants borrowed from Cu | SiO2"; empty where there are none."""
    return f"constants borrowed from {', '.join(pair or 'unknown materials' for pair in found)}" if found else ""
