"""Semi-infinite leads and the self-energies by which a device feels them."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

from ecmsim.errors import TransportError
from ecmsim.quantum.decimation import surface_green_function


@dataclass(frozen=True)
class Lead:
    """A semi-infinite crystal, cut into principal layers that couple to their neighbours only.

    h00, s00 (m, m): Hamiltonian (eV) and overlap of a layer; h01, s01 (m, m): from a layer to the next one, counted
    AWAY from the device (for the left lead this is the block to the left). No overlaps: an orthonormal basis.
    Raises TransportError where the blocks do not fit together.
    """

    h00: np.ndarray
    h01: np.ndarray
    s00: np.ndarray | None = None
    s01: np.ndarray | None = None

    def __post_init__(self):
        m = np.shape(self.h00)[0]
        s00 = np.eye(m) if self.s00 is None else self.s00
        s01 = np.zeros((m, m)) if self.s01 is None else self.s01
        for name, block in (("h00", self.h00), ("h01", self.h01), ("s00", s00), ("s01", s01)):
            object.__setattr__(self, name, np.asarray(block))
            if np.shape(block) != (m, m):
                raise TransportError(f"the lead's {name} has the shape {np.shape(block)}, h00 has {(m, m)}")
        require_hermitian("the lead's h00", self.h00)
        require_hermitian("the lead's s00", self.s00)

    def shifted(self, potential):
        """The lead in a potential (eV): H + potential S, for a bias or to align its Fermi level with the device's."""
        return Lead(self.h00 + potential * self.s00, self.h01 + potential * self.s01, self.s00, self.s01)

    def reversed(self):
        """The same crystal continuing in the opposite direction."""
        return Lead(self.h00, np.conj(self.h01.T), self.s00, np.conj(self.s01.T))

    def bands(self, phases):
        """Energies (len(phases), m) in eV of the infinite crystal for Bloch phases k.a in radians; real, ascending."""
        factors = np.exp(1j * np.asarray(phases))
        return np.array([eigh(_bloch(self.h00, self.h01, f), _bloch(self.s00, self.s01, f))[0] for f in factors])


@dataclass(frozen=True)
class Contact:
    """The place where a device's orbitals couple to the first layer of a lead.

    orbitals (n,): their indices in the device; h, s (n, m): blocks <device orbital|H, S|orbital of the lead's first
    layer>. Without h the orbitals are a principal layer of the lead's own crystal, coupled by h01 and s01, as in the
    usual partition where the device begins and ends with a layer of its leads.
    """

    lead: Lead
    orbitals: np.ndarray
    h: np.ndarray | None = None
    s: np.ndarray | None = None

    def __post_init__(self):
        orbitals = np.asarray(self.orbitals)
        h = self.lead.h01 if self.h is None else np.asarray(self.h)
        s = np.zeros_like(h) if self.s is None else np.asarray(self.s)
        if self.h is None:
            s = self.lead.s01
        shape = (len(orbitals), len(self.lead.h00))
        for name, block in (("h", h), ("s", s)):
            if block.shape != shape:
                raise TransportError(
                    f"the contact's coupling {name} has the shape {block.shape}, but the device's orbitals "
                    f"and the lead's layer need {shape}"
                )
        for name, value in (("orbitals", orbitals), ("h", h), ("s", s)):
            object.__setattr__(self, name, value)

    def self_energy(self, z):
        """Sigma(z) = (z s - h) g(z) (z s^+ - h^+) on the contact's orbitals: (len(z), n, n) in eV.

        S. Datta, Electronic Transport in Mesoscopic Systems (Cambridge 1995), section 3.5; Kharlanov, after Eq. (6).
        z: complex energies with a positive imaginary part, in eV. Raises TransportError as surface_green_function.
        """
        z = np.atleast_1d(np.asarray(z, dtype=complex))
        lead, at = self.lead, z[:, None, None]
        g = surface_green_function(z, lead.h00, lead.h01, lead.s00, lead.s01)
        return (at * self.s - self.h) @ g @ (at * np.conj(self.s.T) - np.conj(self.h.T))


def layer_mismatch(h, s, contact: Contact, outer=slice(None)):
    """How well the device's outermost layer continues the lead: (offset, remainder) in eV.

    offset: mean of (h_ii - h00_ii)/s_ii, by which the device's zero of energy lies above the lead's (they come from
    two calculations): compare with h - offset s. remainder: largest |h - h00 - offset s| then, which should be small
    beside the bands' widths; else the device needs more layers of the lead. h, s (n, n): of the device; the contact
    is one without a coupling of its own; outer: which orbitals of the layer to compare, such as those of the atoms
    that are farthest from the device's middle, where the lead is least disturbed.
    """
    chosen = np.arange(len(contact.lead.h00))[outer]
    layer = np.ix_(contact.orbitals[chosen], contact.orbitals[chosen])
    difference, overlap = h[layer] - contact.lead.h00[np.ix_(chosen, chosen)], s[layer]
    offset = float(np.mean(np.diagonal(difference).real / np.diagonal(overlap).real))
    return offset, float(np.abs(difference - offset * overlap).max())


def broadening(sigma):
    """Gamma = i (Sigma - Sigma^+), Kharlanov after Eq. (7), in eV."""
    return 1j * (sigma - np.conj(np.swapaxes(sigma, -1, -2)))


def require_hermitian(name, matrix, tolerance=1e-8):
    """Raise TransportError where a matrix is not equal to its conjugate transpose."""
    error = np.abs(matrix - np.conj(np.transpose(matrix))).max()
    if not error <= tolerance * max(1.0, np.abs(matrix).max()):
        raise TransportError(f"{name} is not Hermitian: it differs from its conjugate transpose by {error:.3g}")


def _bloch(own, onward, factor):
    return own + onward * factor + np.conj(onward.T) * np.conj(factor)
