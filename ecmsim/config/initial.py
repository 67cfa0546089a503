"""Schema of the filament that a run begins with."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from ecmsim.config.quantities import quantity
from ecmsim.config.section import Section


class Nucleus(Section):
    """A stable nucleus of one atom."""

    kind: Literal["nucleus"] = Field(description="A quarter circle of radius cell.nucleus_radius")


class Cylinder(Section):
    """A filament that is there already, for retention runs."""

    kind: Literal["cylinder"] = Field(description="A cylinder with a hemispherical tip")
    radius: quantity("nm", gt=0) = Field(description="Its radius")
    height: quantity("nm", gt=0) = Field(description="Its height, tip included")

    @field_validator("height")
    @classmethod
    def _is_slender(cls, value, info: ValidationInfo):
        radius = info.data.get("radius")
        if radius is not None and value <= radius:
            text = f"must be more than its radius ({radius.text})"
            raise PydanticCustomError("quantity", "{text}", {"text": text})
        return value


Initial = Annotated[Nucleus | Cylinder, Field(discriminator="kind")]


def wrong_start(initial, cell, nucleation):
    """What keeps a cell from beginning with a filament, as (setting, end of a message); None if nothing does."""
    if initial.kind != "cylinder":
        return None
    if nucleation and nucleation.enabled:
        return "initial.kind", ' = "cylinder": is a filament, for which nucleation.enabled = true has nothing to wait'
    for size, name, limit in (
        (initial.height, "height", "layer_thickness"),
        (initial.radius, "radius", "radius"),
    ):
        most = getattr(cell, limit) if cell else None
        if most is not None and size >= most:
            return f"initial.{name}", f' = "{size.text}": must be less than cell.{limit} ({most.text})'
    return None
