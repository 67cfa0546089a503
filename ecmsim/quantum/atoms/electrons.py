"""Transmission and recoil forces of a contact in motion, whose ends and leads stay as they are."""

from dataclasses import dataclass, field, replace

import numpy as np

from ecmsim.quantum.density import bias_density
from ecmsim.quantum.recoil import KHARLANOV, atom_forces, chemical_potentials
from ecmsim.quantum.tight_binding import fermi_level, hopping_matrix, junction
from ecmsim.quantum.transport import Terminal, mean_transmission

NODES = 4  # energies in either half of the bias window: forces are within 3e-5 eV/angstrom of 40's at 1 V


@dataclass(frozen=True)
class Remembered:
    """A contact of a junction that computes its self-energy once for each energy."""

    contact: Terminal
    known: dict = field(default_factory=dict)

    @property
    def orbitals(self):
        """Indices of the device's orbitals."""
        return self.contact.orbitals

    def self_energy(self, z):
        """As the contact's own, for complex energies z (k,)."""
        key = z.tobytes()
        if key not in self.known:
            self.known[key] = self.contact.self_energy(z)
        return self.known[key]


class Electrons:
    """One orbital per atom, half filled (tight_binding), for contacts whose atoms next to the leads never move.

    contact: AtomicContact at rest; law: of hopping; lattice_constant: cubic, in angstrom; k, weights: lateral k-points.
    """

    def __init__(self, contact, law, lattice_constant, k, weights):
        self.law, self.k, self.weights = law, k, weights
        self.fermi_level = fermi_level(law, lattice_constant)
        self.junctions = [
            replace(found, left=Remembered(found.left), right=Remembered(found.right))
            for found in (junction(contact, law, point) for point in k)
        ]

    def transmission(self, contact):
        """T(E_F) of the contact as it is now, as tight_binding.transmission."""
        return float(mean_transmission(self._present(contact), self.weights, self.fermi_level))

    def recoil_forces(self, contact, voltage, kind=KHARLANOV):
        """The forces of a bias (V) on its atoms, (n, 3) in eV/angstrom: recoil.recoil_forces of a kind of KINDS."""
        mu = chemical_potentials(self.fermi_level, voltage)
        total = 0.0
        for device, point, weight in zip(self._present(contact), self.k, self.weights, strict=True):
            density = bias_density(device, self.fermi_level, *mu, points=NODES)
            total = total + weight * atom_forces(contact, self.law, density, point, kind=kind)
        return total

    def _present(self, contact):
        for found, point in zip(self.junctions, self.k, strict=True):
            yield replace(found, h=hopping_matrix(self.law, *[contact.positions] * 2, contact.cell, np.asarray(point)))
