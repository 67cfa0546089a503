"""Schema of [contact]: whether the atoms in the contact are counted one by one, and how they hop."""

from typing import Literal

from pydantic import Field, StrictInt

from ecmsim.config.quantities import quantity
from ecmsim.config.section import Section, needed


class Contact(Section):
    """Atoms in the contact, with the laws of tunnelling that have one."""

    atoms: Literal["mean", "drawn"] = Field(
        "mean",
        description="As many as there is metal in the last layer, any number; drawn: a whole number, which atoms join "
        "and leave one by one, by the reaction and by surface hopping",
    )
    seed: StrictInt = Field(0, ge=0, description="Number of what is drawn; every cycle draws anew")
    attempt_frequency: quantity("1/s", gt=0, le=1e16) = needed(
        description="Attempt frequency of an atom that hops into the contact or out of it"
    )
    barrier: quantity("eV", ge=0, le=5) = needed(description="Barrier of its hop into the contact")
    binding: quantity("eV", ge=0, le=5) = needed(description="How much higher the barrier is on the way out")


def without_contact(section, tunnelling):
    """Why atoms cannot be counted with a [tunnelling], as text; None where they can, or are not."""
    if section.atoms == "mean":
        return None
    if tunnelling.enabled is False:
        without = "tunnelling.enabled = false has no contact"
    elif tunnelling.law == "simmons":
        without = 'tunnelling.law = "simmons" ends where atoms meet; choose "terraces" or "blend"'
    elif not tunnelling.plateaus:
        without = "tunnelling.plateaus = false is for any number of atoms; leave it out"
    else:
        return None
    return f'= "{section.atoms}": {without}, or set contact.atoms = "mean"'
