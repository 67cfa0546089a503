"""The law "terraces" as it holds for one tip: what its layers conduct, shared out over the places of their atoms.

J/V at a place is that of the layers whose atoms stand there, a monotone cubic in V^2 between the table's biases and
constant beyond the largest: the current is linear in small voltages, its slope is continuous.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ecmsim.physics.bridging import ROUNDING, Bridging
from ecmsim.quantum.monotone import Curves


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
