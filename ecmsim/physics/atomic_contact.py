"""Conductance of a gap that closes atom by atom: G = G0 S(N) through the atoms that bridge it, beside tunnelling.

N is the number of atoms in the last atomic layer (bridging.py). S(N) stands still at the transmission of N atoms
(contact_levels.py) and passes from N to N + 1 around N + 1/2, from nothing to one atom around 1/2. The current through
the contact is shared out over the places taken. Everywhere else electrons tunnel. The contact's resistance is in series
with that of the metal on either side, as in Wexler's sum of Sharvin's and Maxwell's (G. Wexler, Proc. Phys. Soc. 89,
927 (1966)). Linear in the voltage, as Eq. (5).
"""

from dataclasses import dataclass, replace

from ecmsim.constants import CONDUCTANCE_QUANTUM, SQUARE_METRES_PER_NM2
from ecmsim.physics.bridging import Bridging
from ecmsim.physics.contact_levels import Levels


@dataclass(frozen=True)
class ContactLaw:
    """The laws "blend" and "landauer". beyond: tunnelling where no atom bridges (Simmons or FacingAtoms), with
    conductance_density and decay_constant; levels: S(N); bridging: N."""

    beyond: object
    levels: Levels
    bridging: Bridging

    def decay_constant(self):
        """2 kappa of the tunnelling, 1/nm."""
        return self.beyond.decay_constant()

    def in_cycle(self, cycle):
        """The law in a cycle of the programme: an arrangement of atoms that is drawn is drawn anew in each."""
        return replace(self, levels=self.levels.in_cycle(cycle))

    def over(self, gap, weight):
        """The law as it holds for one tip: columns with these gaps (nm) over these areas (nm2). N counts all of them,
        so that the density at a column depends on the others."""
        return self.counted(gap, weight, self.bridging.atoms(gap, weight))

    def counted(self, gap, weight, atoms):
        """The same with N atoms, if these are counted one by one (atom_by_atom.py)."""
        taken = self.bridging.taken(gap, weight)
        conductance = CONDUCTANCE_QUANTUM * self.levels(atoms)
        return ContactOfTip(self, atoms, conductance, conductance / taken / SQUARE_METRES_PER_NM2 if taken else 0.0)


@dataclass(frozen=True)
class ContactOfTip:
    """A ContactLaw with the atoms of one tip. atoms: N; contact_conductance: G0 S(N) in S, and contact_density:
    over the places taken, S/m2."""

    law: ContactLaw
    atoms: float
    contact_conductance: float
    contact_density: float

    def conductance_density(self, gap):
        """J/V in S/m2 where the gap (nm) is that."""
        bridging = self.law.bridging
        share = bridging.share(gap)
        tunnelling = self.law.beyond.conductance_density(bridging.vacancy(gap))
        return share * self.contact_density + (1 - share) * tunnelling

    def current_density(self, voltage, gap):
        """J in A/m2; voltage in V, gap in nm."""
        return self.conductance_density(gap) * voltage

    def differential_conductance_density(self, voltage, gap):
        """dJ/dV in S/m2."""
        return self.conductance_density(gap) + 0 * voltage
