"""Dissolution of the active electrode above the filament (section 2.3 of the paper)."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class MirroredDissolution:
    """The growth of the filament, mirrored into the electrode and reduced.

    ratio v* (1), maximum_depth (nm): two atomic layers at most can dissolve (reading of section 2.3).
    """

    ratio: float
    maximum_depth: float

    def recess(self, growth):
        """z_AE - L = v* (z_CF(r,t) - z_CF(r,0)), between 0 and maximum_depth, in nm; growth in nm, any shape."""
        return np.clip(self.ratio * np.asarray(growth, dtype=float), 0.0, self.maximum_depth)
