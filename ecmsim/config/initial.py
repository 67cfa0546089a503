"""Schema of the metal that a run begins with: the filament, and a needle of the active electrode's own."""

from math import cos, radians, sin, tan
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from ecmsim.config.quantities import quantity
from ecmsim.config.section import Section

ROOM = 0.9  # of the cell's radius: a filament as wide as that has reached the wall


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


class Needle(Section):
    """A cone with a spherical tip; with a half angle of 0 deg a pillar."""

    tip_radius: quantity("nm", gt=0) = Field(description="Radius of its tip")
    half_angle: quantity("deg", ge=0, lt=80) = Field(description="Between its axis and its side; 0 deg: a pillar")
    height: quantity("nm", gt=0) = Field(description="Its height, tip included")

    @field_validator("height")
    @classmethod
    def _tip_is_whole(cls, value, info: ValidationInfo):
        radius, angle = info.data.get("tip_radius"), info.data.get("half_angle")
        if radius is not None and angle is not None and value <= radius * (1 - sin(radians(angle))):
            text = f"must be more than the tip's own, tip_radius (1 - sin half_angle) with a radius of {radius.text}"
            raise PydanticCustomError("quantity", "{text}", {"text": text})
        return value

    @property
    def foot_radius(self):
        """Radius of its foot, nm."""
        angle, tip = radians(self.half_angle), float(self.tip_radius)
        return tip * cos(angle) + (self.height - tip * (1 - sin(angle))) * tan(angle)


class Cone(Needle):
    """A needle of metal on the counter electrode."""

    kind: Literal["cone"] = Field(description="A cone with a spherical tip")


Initial = Annotated[Nucleus | Cylinder | Cone, Field(discriminator="kind")]


def wrong_start(initial, cell, nucleation):
    """What keeps a cell from beginning with a filament, as (setting, end of a message); None if nothing does."""
    if initial.kind == "nucleus":
        return None
    if nucleation and nucleation.enabled:
        return (
            "initial.kind",
            f' = "{initial.kind}": is a filament, for which nucleation.enabled = true has nothing to wait',
        )
    across = "radius" if initial.kind == "cylinder" else "tip_radius"
    for name, limit in (("height", "layer_thickness"), (across, "radius")):
        size = getattr(initial, name)
        most = getattr(cell, limit) if cell else None
        if most is not None and size >= most:
            return f"initial.{name}", f' = "{size.text}": must be less than cell.{limit} ({most.text})'
    if cell and cell.radius is not None and initial.kind == "cone":
        return too_wide("initial", initial, cell.radius)
    return None


def too_wide(section, needle, cell_radius):
    """That a needle's foot does not fit into the cell, as (setting, end of a message), or None."""
    if needle.foot_radius < ROOM * cell_radius:
        return None
    foot, most = f"its foot of {needle.foot_radius:.3g} nm", f"{ROOM:g} of cell.radius ({cell_radius.text})"
    return f"{section}.half_angle", f' = "{needle.half_angle.text}": {foot} must be less than {most}'


def wrong_needle(needle, config):
    """What keeps the active electrode from having a needle, likewise; config: the sections so far, by name."""
    cell, initial, dissolution = config.get("cell"), config.get("initial"), config.get("dissolution")
    if config.get("model") == "reduced":
        return "needle", ': the reduced model has a plane active electrode; set model = "full", or leave [needle] out'
    if dissolution and dissolution.enabled:
        return (
            "dissolution.enabled",
            " = true: is the void that a filament's growth leaves in a plane; a [needle] dissolves by itself: "
            "set it to false",
        )
    if not cell or not initial or cell.layer_thickness is None or cell.nucleus_radius is None:
        return None
    if needle.height <= cell.nucleus_radius:
        text = f"must be more than cell.nucleus_radius ({cell.nucleus_radius.text}), which stays of it"
        return "needle.height", f' = "{needle.height.text}": {text}'
    filament = cell.nucleus_radius if initial.kind == "nucleus" else initial.height
    if needle.height + filament >= cell.layer_thickness:
        text = f"with the filament's {filament.text} it must be less than cell.layer_thickness"
        return "needle.height", f' = "{needle.height.text}": {text} ({cell.layer_thickness.text})'
    return cell.radius and too_wide("needle", needle, cell.radius)
