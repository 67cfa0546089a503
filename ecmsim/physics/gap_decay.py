"""What a gap leaves of the transmission that its atoms would have in contact: the factor d of the law "terraces".

d is that of the table's facing tips, which are in vacuum, with its logarithm multiplied by the ratio of both barriers'
decay constants: the exponent 2 int kappa dx of WKB in the switching layer, if that barrier is lowered by a near
electrode as the vacuum's is. A rectangular barrier is not, and then d = exp(-2 kappa g) from contact on, as in Simmons'
equation without image forces. The voltage enters as the table has it, up to its largest bias.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ecmsim.quantum.lookup import Lookup

MOST = 512  # layers; further off nothing tunnels
EVERY = 4  # of the table's rows in the bias: T is smooth over 0.2 V


@dataclass(frozen=True)
class Decay:
    """What a gap leaves of a contact's transmission. lookup: in vacuum; constant: 2 kappa in the switching layer, 1/nm;
    layer: thickness of an atomic layer, nm; rectangular: whether the barrier is not lowered near contact."""

    lookup: Lookup
    constant: float
    layer: float
    rectangular: bool = False

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
        if self.rectangular:
            there, still = np.broadcast_arrays(self._of_tips(gap, bias), self._of_tips(gap, 0.0))
            by_bias = np.divide(there, still, out=np.ones(there.shape), where=still > 0)  # far away both are nothing
            return np.exp(-self.constant * np.asarray(gap)) * by_bias
        return self._of_tips(gap, bias)

    def _of_tips(self, gap, bias):
        """The table's, with the exponent of the layer's barrier."""
        radius = self.lookup.atom_radius
        return (self.lookup(radius, gap, bias).conductance / self.lookup(radius, 0.0, bias).conductance) ** self.ratio

    @cached_property
    def of_layers(self):
        """d of as many missing layers at the biases, (MOST, b)."""
        return self(self.layer * np.arange(MOST)[:, None], self.biases)
