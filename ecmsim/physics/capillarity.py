"""What a curved surface of metal does to its equilibrium potential: J. W. Gibbs and W. Thomson."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Capillarity:
    """surface_energy gamma (J/m2); resolution (nm): the least length on which the surface has a curvature."""

    surface_energy: float
    resolution: float

    def potential(self, curvature, volume_per_charge):
        """gamma Omega kappa/(z e) in V: by which the metal's equilibrium potential lies below that of a flat surface.

        curvature kappa (sum of both principal ones) in 1/nm, any shape; volume_per_charge Omega/(z e) in m3/C. A sphere
        of silver with a radius of 1 nm comes to a quarter of a volt: it dissolves where a flat surface is at rest.
        """
        return self.surface_energy * volume_per_charge * (curvature * 1e9)
