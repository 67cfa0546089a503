"""Electron tunnelling between filament and active electrode: the linearised Simmons equation, Eq. (5)."""

from dataclasses import dataclass

from ecmsim.constants import ELEMENTARY_CHARGE, PLANCK
from ecmsim.physics.operators import exp
from ecmsim.quantum import barrier


@dataclass(frozen=True)
class Simmons:
    """Tunnelling through a trapezoidal barrier at low voltage.

    barrier (eV), effective_mass (electron masses), prefactor (1): 1/2 as printed in Eq. (5);
    Simmons (1963) prints 3/2 and the exact low-voltage WKB limit is 1.
    """

    barrier: float
    effective_mass: float
    prefactor: float = 0.5

    def decay_constant(self):
        """2 kappa = 4 pi sqrt(2 m* dW0)/h, in 1/nm: ln of the conductance lost per nm of gap."""
        return barrier.decay_constant(self.barrier, self.effective_mass)

    def conductance_density(self, gap):
        """G = J/V = C sqrt(2 m* dW0)/g (e/h)^2 exp(-4 pi g sqrt(2 m* dW0)/h), Eq. (5), in S/m2; gap in nm."""
        quantum = (ELEMENTARY_CHARGE / PLANCK) ** 2
        momentum = barrier.momentum(self.barrier, self.effective_mass)
        return self.prefactor * momentum / (gap * 1e-9) * quantum * exp(-self.decay_constant() * gap)

    def current_density(self, voltage, gap):
        """J_Tu = G(g) V_Tu, Eq. (5), in A/m2; voltage in V, gap in nm."""
        return self.conductance_density(gap) * voltage

    def differential_conductance_density(self, voltage, gap):
        """dJ_Tu/dV_Tu, in S/m2; the same at every voltage, since Eq. (5) is linearised."""
        return self.conductance_density(gap) + 0 * voltage


def over_tip(law, gap, weight, cycle=1, atoms=None):
    """A tunnelling law as it holds for the columns of one tip; laws that are local hold for all tips.

    cycle: of the programme, for laws that draw anew in each; atoms: N if these are counted one by one.
    """
    law = law.in_cycle(cycle) if hasattr(law, "in_cycle") else law
    if not hasattr(law, "over"):
        return law
    return law.over(gap, weight) if atoms is None else law.counted(gap, weight, atoms)
