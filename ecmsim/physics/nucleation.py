"""How often a nucleus forms from which the filament can grow: the atomistic theory of electrochemical nucleation.

A. Milchev, Electrocrystallization (Kluwer, 2002); S. Menzel, S. Tappertzhofen, R. Waser, I. Valov, Phys. Chem. Chem.
Phys. 15, 6945 (2013), who find it in the SET times of AgI cells at low voltages.
"""

from dataclasses import dataclass

from ecmsim.constants import BOLTZMANN_EV
from ecmsim.physics.operators import exp, minimum, where_less

LARGEST = 600.0  # of an exponent: no overflow


@dataclass(frozen=True)
class Nucleation:
    """attempt_time t0 (s), barrier dG without an overpotential (eV), critical_atoms Nc: of the critical nucleus (1),
    transfer_coefficient alpha (1), charge_number z (1)."""

    attempt_time: float
    barrier: float
    critical_atoms: float
    transfer_coefficient: float
    charge_number: float

    def rate(self, overpotential, temperature):
        """t0^-1 exp(-dG/kT) exp((Nc + alpha) z e |eta|/kT) in 1/s for eta < 0, else 0; eta in V, temperature in K.

        eta: of the reaction on the bare counter electrode. Without one that reduces, no nucleus is stable.
        """
        atoms = self.critical_atoms + self.transfer_coefficient
        driven = -self.barrier - atoms * self.charge_number * overpotential
        found = exp(minimum(driven / (BOLTZMANN_EV * temperature), LARGEST)) / self.attempt_time
        return where_less(overpotential, 0.0, found, 0.0)
