"""Field-driven ion hopping in the switching layer: the Mott-Gurney law, Eq. (4)."""

from dataclasses import dataclass

from ecmsim.constants import BOLTZMANN_EV, ELEMENTARY_CHARGE
from ecmsim.physics.operators import exp, sinhc


@dataclass(frozen=True)
class MottGurney:
    """Ion hopping over barriers lowered by the field.

    charge_number (1), ion_concentration (1/m3), distance (nm), attempt_frequency (1/s),
    activation_energy (eV).
    """

    charge_number: float
    ion_concentration: float
    distance: float
    attempt_frequency: float
    activation_energy: float

    def conductivity(self, field, temperature):
        """sigma_ion = 2 z e c f a exp(-dG/kT) sinh(a z e E/2kT)/E, Eq. (4), in S/m.

        field: magnitude of the electric field in V/nm, >= 0 (the paper prints a vector in the sinh;
        the current follows the field, so its magnitude is meant). The limit E -> 0 is finite.
        """
        a = self.distance * 1e-9
        slope = self.distance * self.charge_number / (2 * BOLTZMANN_EV * temperature)
        prefactor = (
            2
            * self.charge_number
            * ELEMENTARY_CHARGE
            * self.ion_concentration
            * self.attempt_frequency
            * a
            * exp(-self.activation_energy / (BOLTZMANN_EV * temperature))
        )
        return prefactor * slope * 1e-9 * sinhc(slope * field)

    def low_field_limits(self, temperature):
        """sigma_ion at E -> 0 in S/m, and the current density in A/m2 at which Eq. (4) leaves Ohm's law, where
        a z e E/2kT = 1 if it held: J = sigma_ion(0) E sinh(x)/x with x = a z e E/2kT."""
        slope = self.distance * self.charge_number / (2 * BOLTZMANN_EV * temperature)
        ohmic = self.conductivity(0.0, temperature)
        return ohmic, ohmic * 1e9 / slope
