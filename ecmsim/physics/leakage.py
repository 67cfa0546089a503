"""Currents through the whole area of the layer beside the filament, over the pad and not over the simulated disc.

Each law is J(E) of a homogeneous layer with E = V/L, an odd function of E, at the temperature of the surroundings.
"""

from dataclasses import dataclass

import numpy as np

from ecmsim.constants import BOLTZMANN_EV, ELEMENTARY_CHARGE, VACUUM_PERMITTIVITY


@dataclass(frozen=True)
class Ohmic:
    """J = sigma E exp(-(E_a/k)(1/T - 1/T_0)). conductivity sigma (S/m) at reference_temperature T_0 (K),
    activation_energy E_a (eV)."""

    conductivity: float
    reference_temperature: float
    activation_energy: float

    def current_density(self, field, temperature):
        """A/m2; field in V/m, temperature in K."""
        warmer = 1 / temperature - 1 / self.reference_temperature
        return self.conductivity * field * np.exp(-self.activation_energy / BOLTZMANN_EV * warmer)


@dataclass(frozen=True)
class PooleFrenkel:
    """Emission from traps whose barrier the field lowers by beta sqrt(E): J. Frenkel, Phys. Rev. 54, 647 (1938).

    J = sigma E exp(-(phi/k)(1/T - 1/T_0)) exp(beta sqrt(E)/kT), beta = sqrt(e^3/(pi eps0 eps)): ln(J/E) over sqrt(E) is
    a line of slope beta/kT. conductivity sigma (S/m) at low field and reference_temperature T_0 (K), barrier phi (eV),
    permittivity eps (relative, at optical frequencies).
    """

    conductivity: float
    reference_temperature: float
    barrier: float
    permittivity: float

    def current_density(self, field, temperature):
        """A/m2; field in V/m, temperature in K."""
        lowered = lowering(4 * np.abs(field), self.permittivity)  # twice that of an image charge
        ohmic = Ohmic(self.conductivity, self.reference_temperature, self.barrier)
        return ohmic.current_density(field, temperature) * np.exp(lowered / (BOLTZMANN_EV * temperature))


@dataclass(frozen=True)
class Schottky:
    """Thermionic emission over a barrier that the image force lowers: S. M. Sze, Physics of Semiconductor Devices.

    J = A* T^2 exp(-(phi - sqrt(e^3 E/(4 pi eps0 eps)))/kT) (1 - exp(-e E L/kT)): what comes back from the other
    electrode is taken off, so that nothing flows without a voltage. richardson A* (A/m2/K2), barrier phi (eV),
    permittivity eps (relative, at optical frequencies), thickness L (m).
    """

    richardson: float
    barrier: float
    permittivity: float
    thickness: float

    def current_density(self, field, temperature):
        """A/m2; field in V/m, temperature in K."""
        thermal, strength = BOLTZMANN_EV * temperature, np.abs(field)
        emitted = self.richardson * temperature**2
        emitted = emitted * np.exp(-(self.barrier - lowering(strength, self.permittivity)) / thermal)
        return np.sign(field) * emitted * -np.expm1(-strength * self.thickness / thermal)


def lowering(field, permittivity):
    """sqrt(e^3 E/(4 pi eps0 eps)): by which the image force lowers a barrier, in eV; field in V/m, >= 0."""
    return np.sqrt(ELEMENTARY_CHARGE * field / (4 * np.pi * VACUUM_PERMITTIVITY * permittivity))
