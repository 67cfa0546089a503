"""What a model tells of an accepted state, so that the next step can be chosen."""

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True)
class Rates:
    """How fast the accepted state changes. Speeds in nm/s, lengths in nm.

    misplaced: largest way that a point still owes after the last step, nm; last_step: that step, s; source_time: in
    which the source changes as far as a step may, s; relaxation_speed: of surface diffusion, nm/s, solved implicitly;
    atom_time: in which half an atom of metal comes into the contact or leaves it, where atoms are counted, s.
    """

    growth_speed: float
    closing_speed: float
    misplaced: float
    last_step: float
    height: float
    gap: float
    finest: float
    source_time: float
    relaxation_speed: float = 0.0
    atom_time: float = inf
