"""Electron tunnelling between filament and active electrode: the linearised Simmons equation, Eq. (5)."""

from dataclasses import dataclass

import numpy as np

from ecmsim.constants import ELECTRON_MASS, ELEMENTARY_CHARGE, PLANCK
from ecmsim.physics.operators import exp, sqrt


@dataclass(frozen=True)
class Simmons:
    """Tunnelling through a trapezoidal barrier at low voltage.

    barrier (eV), effective_mass (electron masses), prefactor (1): 1/2 as printed in Eq. (5);
    Simmons (1963) prints 3/2 and the exact low-voltage WKB limit is 1.
    """

    barrier: float
    effective_mass: float
    prefactor: float = 0.5

    def _momentum(self):
        return sqrt(2 * self.effective_mass * ELECTRON_MASS * self.barrier * ELEMENTARY_CHARGE)

    def decay_constant(self):
        """2 kappa = 4 pi sqrt(2 m* dW0)/h, in 1/nm: ln of the conductance lost per nm of gap."""
        return 4 * np.pi * self._momentum() / PLANCK * 1e-9

    def conductance_density(self, gap):
        """G = J/V = C sqrt(2 m* dW0)/g (e/h)^2 exp(-4 pi g sqrt(2 m* dW0)/h), Eq. (5), in S/m2; gap in nm."""
        quantum = (ELEMENTARY_CHARGE / PLANCK) ** 2
        return self.prefactor * self._momentum() / (gap * 1e-9) * quantum * exp(-self.decay_constant() * gap)

    def current_density(self, voltage, gap):
        """J_Tu = G(g) V_Tu, Eq. (5), in A/m2; voltage in V, gap in nm."""
        return self.conductance_density(gap) * voltage

    def differential_conductance_density(self, voltage, gap):
        """dJ_Tu/dV_Tu, in S/m2; the same at every voltage, since Eq. (5) is linearised."""
        return self.conductance_density(gap) + 0 * voltage
