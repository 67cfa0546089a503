"""Atoms that bridge the gap: what the last, partly filled atomic layer stands for in a model of continuous metal.

Metal comes in whole atoms. Where the continuum has begun to fill the last atomic layer, a part of the layer's places is
taken, each by an atom that touches both surfaces, and above the others the gap is as wide as when the layer was empty.
"""

from dataclasses import dataclass

import numpy as np

ROUNDING = 0.02  # nm, over which the corners of the ramp are rounded: all that follows is continuously differentiable


def _ramp(x):
    """0 for x < 0, x - w/2 for x > w, and x^2/2w in between, w = ROUNDING."""
    inside = np.clip(x, 0.0, ROUNDING)
    return inside**2 / (2 * ROUNDING) + np.maximum(x - ROUNDING, 0.0)


def _slope(x):
    """Of the ramp."""
    return np.clip(x / ROUNDING, 0.0, 1.0)


@dataclass(frozen=True)
class Bridging:
    """How many atoms bridge a gap.

    layer: thickness of an atomic layer, nm; area: per atom in it, nm2; contact_gap: gap at which all places of the
    layer are taken, nm: the outlines of both surfaces stay that far apart.
    """

    layer: float
    area: float
    contact_gap: float

    @property
    def onset(self):
        """Gap at which the last layer begins to fill, nm: a layer wider than where it is full (rounding apart)."""
        return self.contact_gap + self.layer + ROUNDING

    def share(self, gap):
        """Share of the layer's places that are taken (1): rises by dh/layer, that is by the volume of the metal, from
        0 at h = onset to 1 at contact_gap."""
        last = self.contact_gap + ROUNDING
        return (_ramp(self.onset - gap) - _ramp(last - gap)) / self.layer

    def open_share(self, gap):
        """Share of the surface at which ions still react (1)."""
        return 1.0 - self.share(gap)

    def vacancy(self, gap):
        """Gap above the other places, nm: h itself down to the onset (rounded: less half of ROUNDING)."""
        return gap + _ramp(self.onset - gap)

    def taken(self, gap, weight):
        """Area of the places taken, nm2; gap of columns of the areas `weight` (nm2)."""
        return float(np.sum(weight * self.share(gap)))

    def atoms(self, gap, weight):
        """N, atoms that bridge the gap (1): the metal in the last layer over the volume of an atom."""
        return self.taken(gap, weight) / self.area

    def filling(self, gap, weight):
        """Area on which a reaction adds to the layer's metal or takes from it, nm2: the open places of its part that is
        neither empty nor full."""
        last = self.contact_gap + ROUNDING
        partly = _slope(self.onset - gap) - _slope(last - gap)
        return float(np.sum(weight * partly * self.open_share(gap)))
