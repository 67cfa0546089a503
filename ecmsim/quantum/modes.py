"""Bloch modes of a lead that carry electrons away from the device, and what each of them receives."""

from dataclasses import dataclass

import numpy as np

from ecmsim.quantum.decimation import surface_green_function
from ecmsim.quantum.leads import Contact, Lead, broadening

OPEN = 1e-3  # an evanescent mode loses more than this part of its amplitude per layer


@dataclass(frozen=True)
class Modes:
    """Outgoing modes: factors (m,) by which they change per layer, largest first, vectors (m, m) in columns."""

    factors: np.ndarray
    vectors: np.ndarray

    @property
    def open(self):
        """Which modes (m,) propagate: |lambda| = 1."""
        return np.abs(np.abs(self.factors) - 1) < OPEN

    @property
    def phases(self):
        """k a of the modes (m,) in radians, within -pi to pi."""
        return np.angle(self.factors)


def outgoing(lead: Lead, z) -> Modes:
    """psi_(n+1) = F psi_n with F = -g M10, M = z S - H: the eigenvectors of F at one complex energy z (eV)."""
    g = surface_green_function(z, lead.h00, lead.h01, lead.s00, lead.s01)[0]
    factors, vectors = np.linalg.eig(-g @ (z * np.conj(lead.s01.T) - np.conj(lead.h01.T)))
    order = np.argsort(-np.abs(factors))
    return Modes(factors[order], vectors[:, order])


def open_channels(lead: Lead, energy, eta=1e-6):
    """Number of modes that propagate at the energy (eV): no transmission is larger."""
    return int(outgoing(lead, energy + 1j * eta).open.sum())


def channel_sums(junction, energy, weights=None):
    """Sum of w_n T_n over the outgoing modes n of the right lead; T_n is what comes from the left into mode n.

    weights: function of the Modes, None: T itself. The scattered states of the left lead are continued into the
    first layer of the right one, A = P (G Gamma_L G^+) P^+ with P = -g M_1d, and taken apart there: the sum is
    tr(w C J), with C = U^-1 A U^-+ and the current matrix J = U^+ Gamma U of that layer. Needs a leads.Contact.
    """
    contact: Contact = junction.right
    lead, z = contact.lead, energy + 1j * junction.eta
    modes = outgoing(lead, z)
    g = surface_green_function(z, lead.h00, lead.h01, lead.s00, lead.s01)[0]
    onward = z * lead.s01 - lead.h01
    sigma = onward @ g @ (z * np.conj(lead.s01.T) - np.conj(lead.h01.T))
    step = -g @ (z * np.conj(contact.s.T) - np.conj(contact.h.T))
    arriving = junction.spectral_functions(energy)[0][np.ix_(contact.orbitals, contact.orbitals)]
    inverse = np.linalg.pinv(modes.vectors)
    content = inverse @ step @ arriving @ np.conj(step.T) @ np.conj(inverse.T)
    currents = np.conj(modes.vectors.T) @ broadening(sigma) @ modes.vectors
    w = np.ones(len(modes.factors)) if weights is None else np.asarray(weights(modes))
    return float(np.einsum("i,ij,ji->", w, content, currents).real)
