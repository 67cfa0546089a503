"""Two-terminal coherent transport: Green's function, transmission, eigenchannels, densities of states."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ecmsim.errors import TransportError, TransportFailure
from ecmsim.quantum.leads import broadening, require_hermitian

BATCH_NUMBERS = 4_000_000  # complex numbers in a stack of matrices, 64 MB: energies are treated in such batches


class Terminal(Protocol):
    """What a junction needs of a contact (leads.Contact, or a closed form such as chain.ChainContact)."""

    orbitals: np.ndarray

    def self_energy(self, z: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True)
class Junction:
    """A device between two leads.

    h, s (n, n): Hamiltonian (eV) and overlap of the device (None: orthonormal); left, right: its contacts;
    eta: the imaginary part in eV that makes all Green's functions retarded. Energies below may be a number or an
    array of any shape, which the results begin with. Raises TransportError for matrices that do not fit.
    """

    h: np.ndarray
    left: Terminal
    right: Terminal
    s: np.ndarray | None = None
    eta: float = 1e-6

    def __post_init__(self):
        h = np.asarray(self.h)
        s = np.eye(len(h)) if self.s is None else np.asarray(self.s)
        for name, matrix in (("h", h), ("s", s)):
            if matrix.shape != (len(h), len(h)):
                raise TransportError(f"the device's {name} has the shape {matrix.shape}, expected {(len(h), len(h))}")
            require_hermitian(f"the device's {name}", matrix)
            object.__setattr__(self, name, matrix)
        for side in ("left", "right"):
            orbitals = getattr(self, side).orbitals
            if np.max(orbitals) >= len(h) or np.min(orbitals) < 0:
                raise TransportError(f"the {side} contact names an orbital that the device of {len(h)} has not")

    def inverse_green_function(self, z):
        """G^-1 = z S - H - Sigma_L - Sigma_R (Kharlanov Eq. (6)) and both broadenings, for complex energies z (k,)."""
        inverse = z[:, None, None] * self.s - self.h
        gammas = []
        for contact in (self.left, self.right):
            sigma = contact.self_energy(z)
            inverse[(slice(None), *np.ix_(contact.orbitals, contact.orbitals))] -= sigma
            gammas.append(broadening(sigma))
        return inverse, *gammas

    def green_function(self, energy):
        """Retarded Green's function of the device (..., n, n) in 1/eV."""
        return self._batched(energy, lambda z: np.linalg.inv(self.inverse_green_function(z)[0]))

    def transmission(self, energy):
        """T = tr(Gamma_R G Gamma_L G^+), Caroli et al. (1971), Kharlanov Eq. (7); per spin."""
        return self._batched(energy, self._transmission)

    def eigenchannels(self, energy):
        """Transmissions 0 <= T_n <= 1 of the eigenchannels, (..., channels), largest first; they add up to T.

        Squares of the singular values of t = Gamma_R^(1/2) G Gamma_L^(1/2) (D. S. Fisher and P. A. Lee, Phys. Rev. B
        23, 6851 (1981)). With overlaps between device and lead the sum is T but for terms of the order of eta.
        """
        return self._batched(energy, self._eigenchannels)

    def spectral_functions(self, energy):
        """(A_L, A_R) = G Gamma_S G^+: states that come from either lead, each (..., n, n) in 1/eV.

        Their sum is i (G - G^+) but for 2 eta G S G^+ and states bound in the device.
        """
        pair = self._batched(energy, lambda z: np.stack(self._spectral_functions(z), axis=1))
        return pair[..., 0, :, :], pair[..., 1, :, :]

    def density_of_states(self, energy):
        """Mulliken's density of states on every orbital, -Im (G S)_ii/pi: (..., n) in 1/eV, per spin."""
        return self._batched(
            energy,
            lambda z: (
                -np.diagonal(np.linalg.inv(self.inverse_green_function(z)[0]) @ self.s, axis1=1, axis2=2).imag / np.pi
            ),
        )

    def _across(self, z):
        """The block of G from the left contact's orbitals to the right one's, and both broadenings."""
        inverse, gamma_left, gamma_right = self.inverse_green_function(z)
        # Only the columns of the left contact's orbitals are needed.
        columns = np.zeros((len(self.h), len(self.left.orbitals)))
        columns[self.left.orbitals, np.arange(len(self.left.orbitals))] = 1
        across = np.linalg.solve(inverse, np.broadcast_to(columns, (len(z), *columns.shape)))
        return across[:, self.right.orbitals, :], gamma_left, gamma_right

    def _transmission(self, z):
        across, gamma_left, gamma_right = self._across(z)
        return np.sum((gamma_right @ across @ gamma_left) * np.conj(across), axis=(-2, -1)).real

    def _eigenchannels(self, z):
        across, gamma_left, gamma_right = self._across(z)
        return np.linalg.svd(_root(gamma_right) @ across @ _root(gamma_left), compute_uv=False) ** 2

    def _spectral_functions(self, z):
        inverse, *gammas = self.inverse_green_function(z)
        green = np.linalg.inv(inverse)
        entering = [green[:, :, contact.orbitals] for contact in (self.left, self.right)]
        return [g @ gamma @ np.conj(np.swapaxes(g, -1, -2)) for g, gamma in zip(entering, gammas, strict=True)]

    def _batched(self, energy, function):
        """function(z) for all energies, z = energy + i eta, in batches that fit into memory."""
        energy = np.asarray(energy, dtype=float)
        size = max(1, BATCH_NUMBERS // len(self.h) ** 2)
        z = energy.ravel() + 1j * self.eta
        if not z.size:
            raise TransportError("no energies were given")
        try:
            values = np.concatenate([function(z[start : start + size]) for start in range(0, len(z), size)])
        except np.linalg.LinAlgError as error:
            raise TransportFailure(
                f"the device's Green's function is singular (a bound state or a band edge) at an energy between "
                f"{energy.min():.6g} and {energy.max():.6g} eV with eta = {self.eta:.3g} eV: use a larger eta"
            ) from error
        return values.reshape(energy.shape + values.shape[1:])


def mean_transmission(junctions, weights, energy):
    """Transmission per cell of a junction that repeats sideways: the sum of weight times T over its k-points.

    junctions: one for each k-point (any iterable, so that they can be built one after another);
    weights: theirs, which add up to one (see bloch.k_points). Result: as energy.
    """
    weights = np.asarray(weights, dtype=float)
    if not abs(weights.sum() - 1) < 1e-9:
        raise TransportError(f"the weights of the k-points add up to {weights.sum():.6g} instead of 1")
    total = 0.0
    for junction, weight in zip(junctions, weights, strict=True):
        total = total + weight * junction.transmission(energy)
    return total


def _root(gamma):
    """Square roots of positive semi-definite matrices (k, n, n); what eta leaves below zero is cut off."""
    values, vectors = np.linalg.eigh((gamma + np.conj(np.swapaxes(gamma, -1, -2))) / 2)
    roots = np.sqrt(np.maximum(values, 0))
    return (vectors * roots[:, None, :]) @ np.conj(np.swapaxes(vectors, -1, -2))
