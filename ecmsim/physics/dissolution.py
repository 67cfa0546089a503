"""Dissolution of the active electrode above the filament (section 2.3 of the paper), and its way back."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class MirroredDissolution:
    """The growth of the filament, mirrored into the electrode and reduced.

    ratio v* (1), maximum_depth (nm): two atomic layers at most can dissolve (reading of section 2.3).
    """

    ratio: float
    maximum_depth: float

    def recess(self, growth, offset=0.0):
        """z_AE - L = v* (z_CF(r,t) - z_CF(r,0)) - offset, between 0 and maximum_depth, in nm, any shape.

        growth z_CF(r,t) - z_CF(r,0) in nm; offset in nm: see `remembered`.
        """
        return np.clip(self.ratio * np.asarray(growth, dtype=float) - offset, 0.0, self.maximum_depth)

    def remembered(self, growth, offset):
        """The offset after the filament has grown or shrunk to `growth`, nm: what did not dissolve at the full depth.

        Metal that comes back fills the void from the depth that it has, not from the one that it would have without a
        maximum (assumed: a play operator): growth beyond the full depth is forgotten, so is shrinking below none.
        """
        demand = self.ratio * np.asarray(growth, dtype=float)
        return np.clip(offset, demand - self.maximum_depth, np.maximum(demand, 0.0))
