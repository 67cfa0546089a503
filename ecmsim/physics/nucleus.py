"""The stable nucleus: the metal on the counter electrode that does not dissolve."""

from dataclasses import dataclass

from ecmsim.physics.operators import maximum, minimum, sqrt, where_less

WIDTH = 0.25  # share of its radius over which dissolution dies away
ROUND_OFF = 1e-9  # of its radius: a surface that has come to rest does not dissolve by round-off at a high voltage


@dataclass(frozen=True)
class StableNucleus:
    """A hemisphere of one atom that stays (the filament may shrink to it, never below). radius and layer_thickness
    in nm."""

    radius: float
    layer_thickness: float

    @property
    def reach(self):
        """Distance from the nucleus' centre within which it slows dissolution, nm."""
        return (1 + WIDTH) * self.radius

    def __call__(self, current_density, radius, height):
        """The reaction current density with oxidation faded out towards the nucleus, in its unit.

        radius in nm; height in nm above the original layer/electrode interface. The surface then comes to rest on the
        nucleus by itself, and charge and metal keep their balance (assumed; the paper starts from a stable nucleus).
        """
        z = height + self.layer_thickness
        distance = sqrt(radius**2 + z**2)
        share = minimum(maximum((distance / self.radius - 1 - ROUND_OFF) / WIDTH, 0.0), 1.0)
        return where_less(current_density, 0.0, current_density, share * current_density)
