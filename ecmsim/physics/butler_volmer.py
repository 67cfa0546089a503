"""Butler-Volmer kinetics of the metal/ion-conductor interfaces: Eqs. (2), (3) and (12)."""

from dataclasses import dataclass

from ecmsim.constants import BOLTZMANN_EV, ELEMENTARY_CHARGE
from ecmsim.physics.operators import exp


@dataclass(frozen=True)
class ButlerVolmer:
    """Charge transfer with a local temperature and a local effective barrier.

    transfer_coefficient (1), charge_number (1), ion_concentration (1/m3), rate_constant (m/s),
    activation_energy (eV).
    """

    transfer_coefficient: float
    charge_number: float
    ion_concentration: float
    rate_constant: float
    activation_energy: float

    def exchange_current_density(self, temperature, barrier=0.0):
        """J0 = z e c k0 exp(-(dG_A + barrier)/kT), Eqs. (3) and (12), in A/m2.

        temperature in K; barrier (stress plus void, eV) raises the activation energy locally.
        """
        prefactor = self.charge_number * ELEMENTARY_CHARGE * self.ion_concentration * self.rate_constant
        return prefactor * exp(-(self.activation_energy + barrier) / (BOLTZMANN_EV * temperature))

    def current_density(self, overpotential, temperature, barrier=0.0):
        """J = J0 [exp((1-a) z e eta/kT) - exp(-a z e eta/kT)], Eq. (2), in A/m2.

        J > 0 is oxidation: current from the metal into the ion conductor. overpotential
        eta = phi_e - phi_i in V (the same metal on both sides of the cell: no rest potential).
        """
        reduced = self.charge_number * overpotential / (BOLTZMANN_EV * temperature)
        oxidation = exp((1 - self.transfer_coefficient) * reduced)
        reduction = exp(-self.transfer_coefficient * reduced)
        return self.exchange_current_density(temperature, barrier) * (oxidation - reduction)
