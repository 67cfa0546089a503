"""The filament as a stack of slices."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

SLICES = 48
SHARES = 0.5 * (1 - np.cos(np.pi * np.arange(SLICES + 1) / SLICES))  # of the height, dense at both ends


@dataclass(frozen=True)
class Profile:
    """Slices of a filament between SLICES + 1 heights. heights (k + 1,) in nm, from the foot up; radii there;
    section (k,): the area that a current through a slice meets, nm2."""

    heights: np.ndarray
    radii: np.ndarray
    section: np.ndarray

    @classmethod
    def of(cls, filament):
        """section of a cone between both radii, for which int dz/(pi r^2) = dz/(pi r1 r2); at the tip, where that is
        zero, the mean area."""
        heights = SHARES * filament.highest
        radii = 0.5 * filament.local_diameter(heights)
        lower, upper = radii[:-1], radii[1:]
        section = lower * upper
        section[-1] = max(section[-1], (lower[-1] ** 2 + lower[-1] * upper[-1] + upper[-1] ** 2) / 3)
        return cls(heights, radii, np.pi * np.maximum(section, 1e-6))

    @cached_property
    def lengths(self):
        """Thickness of the slices, nm, (k,)."""
        return np.diff(self.heights)

    def shares(self, height):
        """Matrix (n, k + 1) that interpolates values at the heights to others, and whose transpose hands out what
        enters there."""
        at = np.searchsorted(self.heights[1:-1], height)
        upper = np.minimum(np.maximum((height - self.heights[at]) / self.lengths[at], 0.0), 1.0)
        matrix = np.zeros((len(height), SLICES + 1))
        rows = np.arange(len(height))
        matrix[rows, at], matrix[rows, at + 1] = 1 - upper, upper
        return matrix
