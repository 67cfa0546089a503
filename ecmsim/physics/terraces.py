"""The law "terraces": one sum over the tip's atoms, from those in contact to those that tunnel, each over its own gap.

Metal comes in whole layers. The continuum's tip stands for a stack of terraces: layer k, whose atoms are k layers away
from the electrode, is filled where the outline has come that near, in part where it is on its way (Bridging, a layer
further off for each k). It then holds n_k atoms, and n_k - n_(k-1) of them are not covered by the next layer. With the
transmission S(n) of n atoms in contact (contact_levels.py) and the share d(g) of it over a gap g,

    G = G0 sum_k [S(n_k) - S(n_(k-1))] d(k layers),    n_(-1) = 0, d(0) = 1

so that each ring of atoms adds what a contact of its radius would have gained by it, times the decay over its own gap:
the first atom conducts as the table's necks of one atom, times the decay of its tips, a ring of a wide tip as a
part of a plane. Layer 0 is the contact; its S may have steps. Gaps come in whole layers, too: between the first layer
and contact, where atoms jump, none ever stands.

d, over whole layers alone, and what the voltage does: gap_decay.py; the columns of one tip: terraced_tip.py.
"""

from dataclasses import dataclass, replace

import numpy as np

from ecmsim.constants import CONDUCTANCE_QUANTUM, SQUARE_METRES_PER_NM2
from ecmsim.physics.bridging import Bridging
from ecmsim.physics.contact_levels import Levels
from ecmsim.physics.gap_decay import MOST, Decay
from ecmsim.physics.terraced_tip import TerracesOfTip

FAINT = 60.0  # ln of the conductance: layers that conduct so much less than the nearest one are left out
LEAST = 1e-12  # of a layer's atoms: a ring of less is none


@dataclass(frozen=True)
class Terraces:
    """The law of the module. levels: S(n), whose steps are those of the contact alone; bridging: of the contact."""

    levels: Levels
    bridging: Bridging
    decay: Decay

    @property
    def largest_bias(self):
        """Voltage beyond which the conductance no longer changes with it, V."""
        return float(self.decay.biases[-1])

    def decay_constant(self):
        """2 kappa far from contact, 1/nm."""
        return self.decay.constant

    def in_cycle(self, cycle):
        """The law in a cycle of the programme: an arrangement of atoms that is drawn is drawn anew in each."""
        return replace(self, levels=self.levels.in_cycle(cycle))

    def layers(self, gap, weight):
        """n_k, atoms in each layer that matters, (k,); columns with these gaps (nm) over these areas (nm2)."""
        gap, weight = np.ravel(gap), np.ravel(weight)
        layer, wide = self.bridging.layer, gap - self.bridging.contact_gap
        last = min(wide.max() / layer, wide.min() / layer + FAINT / (self.decay.constant * layer))
        missing = layer * np.arange(int(np.clip(last, 0, MOST - 3)) + 3)
        return self.bridging.share(gap - missing[:, None]) @ weight / self.bridging.area

    def over(self, gap, weight):
        """The law as it holds for one tip: columns with these gaps (nm) over these areas (nm2)."""
        return self.counted(gap, weight, self.bridging.atoms(gap, weight))

    def counted(self, gap, weight, atoms):
        """The same with N atoms in contact, if these are counted one by one (atom_by_atom.py)."""
        layers, biases = self.layers(gap, weight), self.decay.biases
        rings = np.diff(layers, prepend=0.0)
        added = np.diff(self.levels.smooth(layers[:, None], biases), axis=0, prepend=0.0)
        added[0] = self.levels.at(atoms, biases)
        added *= self.decay.of_layers[: len(layers)]
        taken = rings > LEAST * layers
        density = np.where(taken, 1 / np.where(taken, rings, 1.0), 0.0)[:, None] * added
        density *= CONDUCTANCE_QUANTUM / self.bridging.area / SQUARE_METRES_PER_NM2
        contact = CONDUCTANCE_QUANTUM * float(added[0, 0]) if taken[0] else 0.0
        return TerracesOfTip(self.bridging, float(atoms), contact, biases, density, gap)
