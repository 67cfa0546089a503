"""Faraday's law: metal deposited or dissolved by the ionic current, Eq. (1)."""

from dataclasses import dataclass

from ecmsim.constants import FARADAY


@dataclass(frozen=True)
class Faraday:
    """molar_mass (g/mol), density (kg/m3), charge_number (1) of the deposited metal."""

    molar_mass: float
    density: float
    charge_number: float

    @property
    def volume_per_charge(self):
        """M/(z F rho) in m3/C. (Eq. (1) as printed lacks Avogadro's number: M is per mole.)"""
        return self.molar_mass * 1e-3 / (self.charge_number * FARADAY * self.density)

    def normal_velocity(self, current_density):
        """dn/dt = -M/(z F rho) J_BV, Eq. (1), in m/s; current_density in A/m2 (J < 0 deposits)."""
        return -self.volume_per_charge * current_density
