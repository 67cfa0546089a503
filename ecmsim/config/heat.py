"""[heat] and [surface_diffusion]: what warms the cell, and what warmth moves."""

from typing import Literal

from pydantic import Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from ecmsim.config.quantities import quantity
from ecmsim.config.section import Section, needed

METALS = "metal_boundary_resistance"  # asked for by some, and refused with the reason


class Heat(Section):
    """Heat sources and heat flow, Eqs. (8) and (10)."""

    enabled: StrictBool = needed(description="Whether temperatures are computed; if not, ambient")
    mode: Literal["steady", "transient"] = needed(
        description="Heat equation without or with stored heat; that matters below a nanosecond"
    )
    joule: StrictBool = needed(description="Whether the current heats the metals")
    tunnel_barrier: StrictBool = needed(description="Whether tunnelling heats the gap's surfaces")
    thermal_conductivity_factor: quantity("", gt=0, le=10) = Field(
        1.0, description="Factor on all thermal conductivities, metals and switching layer"
    )
    wall: Literal["insulated", "ambient"] = needed(
        description="Outer wall of the cylinder: no heat flow, or at ambient temperature"
    )
    boundary_resistance: quantity("m^2*K/W", gt=0, le=1e-6) | None = Field(
        None, description="Of each boundary between a metal and the switching layer (Kapitza); [none]"
    )
    stop_at_melting: StrictBool = Field(
        False, description="Whether a run ends where the highest temperature passes the filament's melting point"
    )

    @model_validator(mode="before")
    @classmethod
    def _metals_do_not_resist(cls, data):
        if isinstance(data, dict) and METALS in data:
            text = (
                f".{METALS}: boundaries between two metals do not resist heat here; leave it out "
                "(boundary_resistance is that of metals and switching layer)"
            )
            raise PydanticCustomError("relative", "{text}", {"text": text})
        return data


class SurfaceDiffusion(Section):
    """Relaxation of the filament by diffusion of its surface atoms, driven by curvature (Mullins 1957)."""

    enabled: StrictBool = Field(False, description="Whether the filament relaxes")
    coefficient: quantity("nm^4/s", gt=0) = needed(
        description="B at the reference temperature: normal velocity over surface Laplacian of curvature"
    )
    reference_temperature: quantity("K", ge=1, le=2000) = needed(description="Temperature of that value")
    activation_energy: quantity("eV", ge=0, le=5) = needed(description="Of B's growth with temperature")
    contact_angle: quantity("deg", gt=0, lt=180) = needed(
        description="Angle of the relaxed filament on the counter electrode, through the metal"
    )
