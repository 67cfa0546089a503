"""The law "terraces": one sum over the tip's atoms, from those in contact to those that tunnel, each over its own gap.

Metal comes in whole layers. The continuum's tip stands for a stack of terraces: layer k, whose atoms are k layers away
from the electrode, is filled where the outline has come that near, in part where it is on its way (Bridging, a layer
further off for each k). It then holds n_k atoms, and n_k - n_(k-1) of them are not covered by the next layer. With the
transmission S(n) of n atoms in contact (contact_levels.py) and the share d(g) of it over a gap g,

    G = G0 sum_k [S(n_k) - S(n_(k-1))] d(k layers),    n_(-1) = 0, d(0) = 1

so that each ring of atoms adds what a contact of its radius would have gained by it, times the decay over its own gap:
the first atom conducts as the table's necks of one atom and far from contact as its tips, a ring of a wide tip as a
part of a plane. Layer 0 is the contact; its S may have steps. Gaps come in whole layers, too: between the first layer
and contact, where atoms jump, none ever stands.

d is that of the table's facing tips, which are in vacuum, with its logarithm multiplied by the ratio of both barriers'
decay constants: the exponent 2 int kappa dx of WKB in the switching layer, if that barrier is lowered by a near
electrode as the vacuum's is. The voltage enters both factors as the table has it; beyond its largest bias the
conductance stays.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ecmsim.constants import CONDUCTANCE_QUANTUM, SQUARE_METRES_PER_NM2
from ecmsim.physics.bridging import ROUNDING, Bridging
from ecmsim.physics.contact_levels import Levels
from ecmsim.quantum.lookup import Lookup
from ecmsim.quantum.monotone import Curves

MOST = 512  # layers; further off nothing tunnels
FAINT = 60.0  # ln of the conductance: layers that conduct so much less than the nearest one are left out
EVERY = 4  # of the table's rows in the bias: T is smooth over 0.2 V
LEAST = 1e-12  # of a layer's atoms: a ring of less is none


@dataclass(frozen=True)
class Decay:
    """What a gap leaves of a contact's transmission. lookup: in vacuum; constant: 2 kappa in the switching layer, 1/nm;
    layer: thickness of an atomic layer, nm."""

    lookup: Lookup
    constant: float
    layer: float

    @property
    def ratio(self):
        """Of the decay constants, switching layer over vacuum (1)."""
        return self.constant / self.lookup.decay

    @cached_property
    def biases(self):
        """Those at which the law is made, V, (b,), from 0 to the table's largest."""
        given = self.lookup.biases
        return given[np.unique([*range(0, len(given), EVERY), len(given) - 1])]

    def __call__(self, gap, bias=0.0):
        """d (1) at gaps (nm) between the metals' surfaces and biases (V) that broadcast."""
        radius = self.lookup.atom_radius
        return (self.lookup(radius, gap, bias).conductance / self.lookup(radius, 0.0, bias).conductance) ** self.ratio

    @cached_property
    def of_layers(self):
        """d of as many missing layers at the biases, (MOST, b)."""
        return self(self.layer * np.arange(MOST)[:, None], self.biases)


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


@dataclass(frozen=True, eq=False)
class TerracesOfTip:
    """Terraces with the atoms of one tip. atoms: N in contact; contact_conductance: of these without bias, S; density:
    J/V of the atoms of each layer over their area at the biases (V, (b,)), S/m2, (k, b); gap: of the tip's columns."""

    bridging: Bridging
    atoms: float
    contact_conductance: float
    biases: np.ndarray
    density: np.ndarray
    gap: np.ndarray

    def _rows(self, gap):
        """J/V at the biases where the gap (nm) is that: each place has atoms of two layers, three at their edges."""
        gap, layer = np.asarray(gap, dtype=float), self.bridging.layer
        nearest = np.floor((gap - self.bridging.contact_gap - ROUNDING) / layer)
        rows = 0.0
        for number in (nearest, nearest + 1, nearest + 2):
            share = self.bridging.share(gap - layer * number)
            share = np.where(number > 0, share - self.bridging.share(gap - layer * (number - 1)), share)
            known = (number >= 0) & (number < len(self.density))
            at = np.where(known, number, 0).astype(int)
            rows = rows + np.where(known, share, 0.0)[..., None] * self.density[at]
        return rows

    def _curves(self, gap):
        """J/V against V^2 where the gap is that: monotone between the biases, constant beyond."""
        rows, squares = self._rows(gap).reshape(-1, len(self.biases)), self.biases**2
        if len(squares) == 1:  # a table without T(E)
            rows, squares = np.repeat(rows, 2, axis=1), np.array([0.0, 1.0])
        return Curves(squares, rows, (rows[:, 1] - rows[:, 0]) / (squares[1] - squares[0]), 0.0)

    @cached_property
    def _own(self):
        """Those of the tip's columns, which are asked for again and again."""
        return self._curves(self.gap)

    def _at(self, voltage, gap):
        """J/V and its derivative by V^2."""
        curves = self._own if gap is self.gap else self._curves(gap)
        shape = np.broadcast_shapes(np.shape(voltage), np.shape(gap))
        place = np.broadcast_to(np.arange(np.size(gap)).reshape(np.shape(gap)), shape)
        return curves(np.broadcast_to(np.minimum(np.square(voltage), curves.x[-1]), shape), place)

    def conductance_density(self, gap):
        """J/V in S/m2 at small voltages where the gap (nm) is that."""
        return self._rows(gap)[..., 0]

    def current_density(self, voltage, gap):
        """J in A/m2; voltage in V, gap in nm."""
        return self._at(voltage, gap)[0] * voltage

    def differential_conductance_density(self, voltage, gap):
        """dJ/dV in S/m2."""
        value, slope = self._at(voltage, gap)
        return value + 2 * np.square(voltage) * slope
