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
