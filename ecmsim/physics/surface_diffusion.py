"""Surface diffusion of the filament's metal, driven by curvature: the coefficient of Mullins' law.

W. W. Mullins, J. Appl. Phys. 28, 333 (1957): atoms on a surface drift from high to low curvature, so that a point of
the surface moves along its normal with v_n = B Laplace_s(kappa), kappa the sum of both principal curvatures,
positive for a sphere. Volume is conserved and surface area falls. A shape of size r changes within a time in
proportion to r^4/B (C. Herring, J. Appl. Phys. 21, 301 (1950)).
"""

from dataclasses import dataclass

from ecmsim.constants import BOLTZMANN_EV
from ecmsim.physics.operators import exp


@dataclass(frozen=True)
class SurfaceDiffusion:
    """Thermally activated surface diffusion.

    reference_coefficient B_ref (nm4/s) at reference_temperature T_ref (K), activation_energy E_A (eV).
    """

    reference_coefficient: float
    reference_temperature: float
    activation_energy: float

    def coefficient(self, temperature):
        """B = B_ref exp(-(E_A/k) (1/T - 1/T_ref)), in nm4/s; temperature T in K, any shape.

        Mullins' B is D_s gamma Omega^2 nu/(k T): surface diffusivity D_s (which carries the activation), surface
        energy gamma, atomic volume Omega, number nu of diffusing atoms per area. Its factor 1/T is taken at T_ref:
        between 300 K and 900 K that is a factor of three, beside a D_s that rises by many powers of ten.
        """
        inverse = 1 / temperature - 1 / self.reference_temperature
        return self.reference_coefficient * exp(-self.activation_energy / BOLTZMANN_EV * inverse)
