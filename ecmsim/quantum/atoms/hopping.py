"""A hopping law for atoms in motion: it ends smoothly between the first and the second shell of neighbours."""

from dataclasses import dataclass

import numpy as np

# Times the neighbours' distance d: in fcc the second shell is at 1.414 d.
WHOLE, NOTHING = 1.2, 1.4


@dataclass(frozen=True)
class Smooth:
    """law(r) to 1.2 d; then times 1 - 3u^2 + 2u^3, which falls to zero at 1.4 d with no slope at either end.

    law: one of tight_binding, whose own end at 1.2 d is a step: with atoms in motion every bond that is stretched that
    far would make the transmission jump by a good part of a quantum. At rest in a crystal nothing changes.
    """

    law: object

    @property
    def distance(self):
        """d in angstrom."""
        return self.law.distance

    @property
    def cutoff(self):
        """Distance in angstrom beyond which atoms do not couple."""
        return NOTHING * self.distance

    def __call__(self, r):
        return self.law(r) * self._end(r)[0]

    def slope(self, r):
        """dt/dr in eV/angstrom."""
        share, by_r = self._end(r)
        return self.law.slope(r) * share + self.law(r) * by_r

    def _end(self, r):
        """The factor that ends the law, and its derivative (1/angstrom)."""
        u = np.clip((np.asarray(r) / self.distance - WHOLE) / (NOTHING - WHOLE), 0, 1)
        return 1 - u * u * (3 - 2 * u), -6 * u * (1 - u) / ((NOTHING - WHOLE) * self.distance)
