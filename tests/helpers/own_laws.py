"""A file of laws such as a user writes, and configurations that name them."""

from helpers.paths import QUICK

TEXT = '''"""A leak beside Simmons' tunnelling, and a barrier that saturates."""

from __future__ import annotations

from dataclasses import dataclass

from ecmsim.physics.operators import exp
from ecmsim.physics.tunnelling import Simmons


@dataclass(frozen=True)
class Leaky(Simmons):
    """Beside the tunnelling a leak (S/m) of the layer between both surfaces."""

    leak: float = 0.0

    @classmethod
    def from_config(cls, config, leak=0.0):
        tunnel = config.tunnelling
        return cls(tunnel.barrier, tunnel.effective_mass, tunnel.prefactor, leak)

    def conductance_density(self, gap):
        return super().conductance_density(gap) + self.leak / (gap * 1e-9)


@dataclass(frozen=True)
class Yielding:
    """A stress barrier that saturates. energy (eV), radius (nm)."""

    energy: float
    radius: float = 1.5

    def __post_init__(self):
        if self.energy < 0:
            raise ValueError("the energy must not be negative")

    def __call__(self, radius):
        return self.energy * (1 - exp(-((radius / self.radius) ** 2)))


class Plain:
    """A stress barrier that is no dataclass and does not say what it is."""

    def __init__(self, energy):
        self.energy = energy

    def __call__(self, radius):
        return self.energy * radius


class Half:
    """No tunnelling law yet."""

    def current_density(self, voltage, gap):
        return voltage / gap


NUMBER = 3
'''
# A wide filament close to the electrode: it tunnels from the first step.
NEAR = ["initial.kind=cylinder", "initial.radius=1.5 nm", "initial.height=9.6 nm", "output.snapshot_regimes=false"]


def write(folder, laws, text=TEXT, name="cell.toml"):
    """A configuration in a folder that extends quick.toml by the lines of [laws], beside my_laws.py; its path."""
    (folder / "my_laws.py").write_text(text)
    path = folder / name
    path.write_text(f'extends = "{QUICK}"\n[laws]\n{laws}\n')
    return path
