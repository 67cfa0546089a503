"""Schema of [tunnelling]: electrons across the gap, and the atoms that bridge it."""

from typing import Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr, ValidationInfo, field_validator

from ecmsim.config.quantities import Quantity, quantity
from ecmsim.config.section import Section, inconsistent, needed
from ecmsim.config.suggest import quoted


class Tunnelling(Section):
    """Electrons between filament and active electrode: tunnelling, Eq. (5), and atomic contact."""

    enabled: StrictBool = needed(description="Whether electrons tunnel")
    law: Literal["simmons", "terraces", "landauer", "blend"] = needed(
        description="Linearised Simmons equation, up to contact; terraces: through contact, one sum over the atoms of "
        "the tip's layers, from first principles with the barrier of the switching layer; blend: simmons beside the "
        "atoms that bridge the gap; landauer: first principles beside them, without layers",
    )
    table: StrictStr | None = Field(
        None, description="Metal (or file) of the table of conductances; [the active electrode's]"
    )
    plateaus: StrictBool = Field(
        True, description="Whether the contact's conductance stands still between whole numbers of atoms"
    )
    seed: StrictInt | None = Field(
        None, ge=0, description="Number of an arrangement of atoms, drawn from the table's shapes; [their mean]"
    )
    fluctuation: quantity("", ge=0, le=1) = Field(
        0.0,
        description="Relative standard deviation of the conductance of such an arrangement beside its shape, at one "
        "atom; at N atoms smaller by sqrt(N)",
    )
    barrier_shape: Literal["rectangular"] | None = Field(
        None,
        description="With terraces: rectangular, the barrier has its full height from contact on; "
        "[lowered near the metals, as that of the table's vacuum is]",
    )
    gap: Literal["vertical", "shortest"] = needed(
        description="Gap from a point of the filament: straight up, or to the nearest point"
    )
    barrier: quantity("eV", gt=0, le=20) = needed(description="Barrier height dW_0")
    effective_mass: quantity("", gt=0, le=10) = needed(description="Effective mass m*, in electron masses")
    contact_gap: quantity("nm", ge=0.01) = needed(
        description="Gap at which filament and electrode touch: a run with simmons ends there; with the other laws all "
        "atoms of the last layer bridge the gap, and it closes no further",
    )
    prefactor: quantity("", gt=0, le=10) = needed(
        description="C: 1/2 as printed in Eq. (5), 3/2 in Simmons 1963, 1 in the WKB limit; not used by "
        "terraces and landauer"
    )

    @field_validator("table", "plateaus", "seed", "fluctuation", "barrier_shape")
    @classmethod
    def _is_used(cls, value, info: ValidationInfo):
        """A setting of the atoms in contact is used by a law that has them, an arrangement's by one with a seed."""
        if value == cls.model_fields[info.field_name].default:
            return value
        others, remedy = info.data, ""
        if others.get("law") == "simmons":
            remedy = 'not used by law = "simmons", only by those with contact; leave it out or choose "terraces"'
        elif info.field_name == "barrier_shape" and others.get("law") in ("blend", "landauer"):
            remedy = f'not used by law = "{others["law"]}", only by "terraces"; leave it out or choose that one'
        elif info.field_name == "seed" and others.get("plateaus") is False:
            remedy = "not used with plateaus = false, which have the mean over arrangements; leave one of both out"
        elif info.field_name == "fluctuation" and "seed" in others and others["seed"] is None:
            remedy = "not used without a seed, whose arrangement of atoms it belongs to; give tunnelling.seed as well"
        if remedy:
            given = value.text if isinstance(value, Quantity) else quoted(value)
            raise inconsistent(f"tunnelling.{info.field_name}", f" = {given}: {remedy}")
        return value
