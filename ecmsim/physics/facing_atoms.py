"""Tunnelling between the facing atoms of both surfaces, from a table of first-principles conductances."""

from dataclasses import dataclass

from ecmsim.constants import SQUARE_METRES_PER_NM2
from ecmsim.quantum.lookup import Lookup


@dataclass(frozen=True)
class FacingAtoms:
    """Tunnelling of the law "landauer", where no atom bridges the gap: every atom of the surface as the table's tips.

    lookup: with the decay of the dielectric's barrier beyond the table's separations.
    """

    lookup: Lookup

    def conductance_density(self, gap):
        """G0 T_1 d(g)/A_1 in S/m2: what one atom conducts over its area; gap in nm."""
        found = self.lookup(self.lookup.atom_radius, gap).conductance
        return found / self.lookup.area_per_atom / SQUARE_METRES_PER_NM2

    def decay_constant(self):
        """2 kappa far from contact, 1/nm."""
        return self.lookup.decay
