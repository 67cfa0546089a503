"""Electrical and thermal conductivities as functions of temperature: Eq. (8)."""

from dataclasses import dataclass

from ecmsim.physics.operators import maximum


@dataclass(frozen=True)
class TemperatureLaw:
    """value at the reference temperature (any unit), linear (1/K) and quadratic (1/K2) coefficients."""

    value: float
    reference_temperature: float
    linear: float = 0.0
    quadratic: float = 0.0

    def __call__(self, temperature):
        """xi(T) = xi0/(1 + alpha (T - T0) + beta (T - T0)^2), Eq. (8); temperature in K.

        The denominator is kept above 0.1: with a negative alpha Eq. (8) has a pole (SiO2: near 1700 K),
        far beyond the range in which the coefficients were measured.
        """
        rise = temperature - self.reference_temperature
        return self.value / maximum(1 + self.linear * rise + self.quadratic * rise**2, 0.1)
