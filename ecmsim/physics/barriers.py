"""What raises the activation energy of the reactions locally: stress, Eq. (9), and the void, Eq. (11)."""

from dataclasses import dataclass

from ecmsim.physics import roles
from ecmsim.physics.operators import exp, minimum
from ecmsim.physics.readings import PLASTIC


@dataclass(frozen=True)
class StressBarrier:
    """Lateral mechanical stress of the nanotemplate on the filament. energy (eV), template_radius (nm), reading: which
    way it acts (ecmsim.physics.readings)."""

    energy: float
    template_radius: float
    reading: str = PLASTIC

    def __call__(self, radius):
        """dW_mech = W_m0 (exp(r/r_tem) - 1), Eq. (9), in eV; radius in nm."""
        return self.energy * (exp(minimum(radius / self.template_radius, 30.0)) - 1)


@dataclass(frozen=True)
class Acting:
    """A barrier of another law, which does not say itself which way it acts. reading: see ecmsim.physics.readings."""

    law: roles.StressBarrier | roles.VoidBarrier
    reading: str

    def __call__(self, place):
        """The law's barrier in eV; place: radius or height, nm."""
        return self.law(place)


@dataclass(frozen=True)
class VoidBarrier:
    """The void left by dissolved electrode: no electrochemistry inside. energy (eV), length (nm), reading: which way it
    acts on the filament (ecmsim.physics.readings)."""

    energy: float
    length: float
    reading: str = PLASTIC

    def __call__(self, height):
        """dW_void = W_v0 exp(z/z0), Eq. (11), in eV; height z in nm above the ORIGINAL layer/electrode interface."""
        return self.energy * exp(minimum(height / self.length, 30.0))
