"""Schema of how a filament begins where there is none, [nucleation], and of what its shape does to its equilibrium,
[capillarity]."""

from typing import Literal

from pydantic import Field, StrictBool, StrictInt, model_validator
from pydantic_core import PydanticCustomError

from ecmsim.config.quantities import quantity
from ecmsim.config.section import Section, needed


class Capillarity(Section):
    """Surface energy in the filament's equilibrium potential (Gibbs and Thomson): thin tips dissolve by themselves."""

    enabled: StrictBool = Field(False, description="Whether curvature shifts the equilibrium potential")
    surface_energy: quantity("J/m^2", gt=0, le=10) = needed(description="gamma of the metal's surface in the layer")
    smallest_radius: quantity("nm", ge=0.1, le=10) = needed(
        description="Length of some atoms over which curvature is taken: nothing counts as more curved than a sphere "
        "of this radius, nor as curved on less"
    )


class Nucleation(Section):
    """Waiting for the nucleus from which the filament grows (Milchev; Menzel et al. 2013)."""

    enabled: StrictBool = Field(False, description="Whether the nucleus has to form first; if not, it is there")
    attempt_time: quantity("s", gt=0) = needed(description="t_0: inverse of the rate without barrier and voltage")
    activation_energy: quantity("eV", ge=0, le=5) = needed(description="dG: barrier without a voltage")
    critical_atoms: StrictInt = needed(ge=0, le=100, description="N_c: atoms of the critical nucleus")
    waiting: Literal["mean", "drawn"] = needed(
        description="Until the rate's integral is one (under a constant voltage the mean time), or a number drawn from "
        "the exponential distribution"
    )
    seed: StrictInt | None = Field(None, ge=0, description="Of the number that is drawn")

    @model_validator(mode="after")
    def _can_draw(self):
        if self.enabled and self.waiting == "drawn" and self.seed is None:
            text = '.waiting = "drawn": needs a seed; give nucleation.seed a number as well'
            raise PydanticCustomError("relative", "{text}", {"text": text})
        return self
