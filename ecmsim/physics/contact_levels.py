"""Transmission of a contact of N atoms, with its steps, from a table of first-principles conductances."""

from dataclasses import dataclass, replace

import numpy as np

from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.quantum.lookup import STEP, Lookup
from ecmsim.quantum.plateaus import between_atoms

LEAST = 1e-6  # atoms, below which the smooth S(N) is a straight line


@dataclass(frozen=True)
class Levels:
    """Transmission S(N) of the atoms in contact.

    lookup: without steps of its own; plateaus: whether N passes in steps; seed: of one arrangement of the atoms, whose
    place between the extremes of the table's shapes is drawn, the same for all N (None: the shapes' mean); fluctuation:
    relative standard deviation, at one atom, of what is drawn for each N beside that: for N atoms, which fluctuate by
    themselves, smaller by sqrt(N); cycle: of the programme, each of which has an arrangement of its own.
    """

    lookup: Lookup
    plateaus: bool = True
    seed: int | None = None
    fluctuation: float = 0.0
    cycle: int = 1

    def in_cycle(self, cycle):
        """The same in a cycle of the programme; before the first one as in it."""
        return self if self.seed is None else replace(self, cycle=max(cycle, 1))

    def _drawn(self, atoms=0):
        """Random numbers of the seed and the cycle, for so many atoms; 0: for the shape of all."""
        return np.random.default_rng([self.seed, atoms, *([self.cycle] if self.cycle > 1 else [])])

    def of(self, atoms):
        """T of a whole number of atoms (1)."""
        return float(self._whole(atoms, 0.0))

    def _whole(self, atoms, bias):
        """T of a whole number of atoms at biases (V)."""
        if atoms < 1:
            return np.zeros(np.shape(bias))
        found = self.lookup(self.lookup.atom_radius * np.sqrt(atoms), 0.0, bias)
        if self.seed is None:
            return found.transmission
        low, high = found.low / CONDUCTANCE_QUANTUM, found.high / CONDUCTANCE_QUANTUM
        shape = low + (high - low) * self._drawn().uniform()
        moved = self._drawn(int(atoms)).standard_normal() * self.fluctuation / np.sqrt(atoms)
        return shape * max(0.0, 1 + moved)

    def __call__(self, atoms):
        """S(N) for any N >= 0 (1)."""
        return float(self.at(atoms, 0.0))

    def at(self, atoms, bias):
        """S(N) at biases (V), of their shape (1)."""
        if not self.plateaus:
            return self.smooth(atoms, bias)
        below = int(np.floor(atoms))
        share = between_atoms(atoms - below, STEP)[0]
        return (1 - share) * self._whole(below, bias) + share * self._whole(below + 1, bias)

    def smooth(self, atoms, bias=0.0):
        """S of any numbers of atoms without steps, the mean over the shapes, at biases (V) that broadcast (1)."""
        radius = self.lookup.atom_radius * np.sqrt(np.maximum(atoms, LEAST))
        return self.lookup(radius, 0.0, bias).transmission * np.minimum(np.divide(atoms, LEAST), 1.0)
