"""Kharlanov's point contact in a chain of atoms: the closed forms of his Eqs. (14) to (19).

O. G. Kharlanov, "Effects of quantum recoil forces in resistive switching in memristors". Hoppings t < 0 along the
chain, v_L and v_R to the central atom, whose level is epsilon; half filling (E_F = 0), T = 0 K. Energies in eV, lengths
in angstrom, forces in eV/angstrom along the chain, to the right.
"""

from dataclasses import dataclass

import numpy as np
from scipy.constants import e, epsilon_0

from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.errors import TransportError

COULOMB = e / (4 * np.pi * epsilon_0) * 1e10  # e^2/(4 pi epsilon_0) in eV angstrom
NODES = np.polynomial.legendre.leggauss(200)
STIFFNESS = 1 + 8 / np.pi  # the integral of Eq. (16)


def surface_green_function(z, hopping):
    """g(z) of the end atom of a half-infinite chain: (E - i sqrt(4 t^2 - E^2))/2t^2 within the band; in 1/eV."""
    z = np.asarray(z, dtype=complex)
    # The product of the roots has its cut on the band alone; this form of g cancels no digits.
    return 2 / (z + np.sqrt(z - 2 * abs(hopping)) * np.sqrt(z + 2 * abs(hopping)))


@dataclass(frozen=True)
class ChainContact:
    """Contact of one orbital of a device, by the coupling v (eV), to a half-infinite chain with hopping t (eV)."""

    hopping: float
    coupling: float
    orbital: int = 0

    @property
    def orbitals(self):
        """Index of the orbital as an array, which Junction asks for."""
        return np.array([self.orbital])

    def self_energy(self, z):
        """Sigma = v^2 g(z), (len(z), 1, 1) in eV; on the real axis it is the retarded one, exactly."""
        return self.coupling**2 * surface_green_function(np.atleast_1d(z), self.hopping)[:, None, None]


@dataclass(frozen=True)
class PointContact:
    """The chain with its central atom: hopping t, left v_L, right v_R and level epsilon in eV.

    zeta: decay of the atoms' potential in 1/angstrom, the inverse of a = 2.5 angstrom as in Fig. 1 by default.
    """

    hopping: float
    left: float
    right: float
    level: float = 0.0
    zeta: float = 0.4

    def __post_init__(self):
        if not self.hopping < 0 or not self.left * self.right:
            raise TransportError(
                f"a point contact needs t < 0 and couplings v_L, v_R other than 0: "
                f"got t = {self.hopping}, v_L = {self.left}, v_R = {self.right} eV"
            )

    @property
    def mismatch(self):
        """chi = (v_L^2 + v_R^2)/(2 v_L v_R)."""
        return (self.left**2 + self.right**2) / (2 * self.left * self.right)

    def transmission(self, energy):
        """Eq. (14): T = 1/[((E - epsilon) t^2/(v_L v_R) - chi E)^2/(4 t^2 - E^2) + chi^2]; 0 outside the band."""
        energy = np.asarray(energy, dtype=float)
        width = 4 * self.hopping**2 - energy**2
        detuning = (energy - self.level) * self.hopping**2 / (self.left * self.right) - self.mismatch * energy
        return np.where(width > 0, width / (detuning**2 + self.mismatch**2 * np.abs(width)), 0.0)

    def conductance(self):
        """G = G0/(epsilon^2 t^2/(4 v_L^2 v_R^2) + chi^2) in S, at E_F = 0 (after Eq. (14))."""
        detuning = self.level * self.hopping / (2 * self.left * self.right)
        return CONDUCTANCE_QUANTUM / (detuning**2 + self.mismatch**2)

    def force(self, voltage=0.0, drop=0.5):
        """Eq. (15): the electronic force on the central atom, integrated over the occupied part of the band.

        drop: beta; mu_L = -(1 - beta) eV, mu_R = beta eV. Exact in approximation (4) but for the state that is bound
        below the band where v_L^2 + v_R^2 > 2 t^2 + epsilon |t|, as always for v_L,R = (1 +- gamma) t and epsilon = 0:
        see bound_state_force(). Raises TransportError where the chemical potentials leave the band.
        """
        right = self._occupied(self.right, drop * voltage)
        left = self._occupied(self.left, -(1 - drop) * voltage)
        return -2 * self.zeta * (right - left)

    def bound_state_force(self):
        """What Eq. (15) leaves out: the force of the two electrons in the state bound below the band, if there is one.

        With E = -|t|(x + 1/x) and x > 1 it decays into the chain as x^-n; E - epsilon = (v_L^2 + v_R^2) g(E). It is
        of higher order in v_R - v_L, hence absent from Eq. (16), and independent of the bias.
        """
        t, squares = abs(self.hopping), self.left**2 + self.right**2
        root = self.level**2 - 4 * t**2 + 4 * squares
        x = (np.sqrt(root) - self.level) / (2 * t) if root > 0 else 0.0
        if x <= 1:
            return 0.0
        g = -1 / (t * x)
        weight = 1 / (1 + squares / (t**2 * (x**2 - 1)))  # of the central atom
        right, left = (v**3 * g**2 + 2 * v**2 * g for v in (self.right, self.left))
        return -2 * self.zeta * weight * (right - left)

    def _occupied(self, v, mu):
        """Integral of sum_p C_p v^p times the end atom's density of states, up to mu."""
        t = self.hopping
        if not abs(mu) <= 2 * abs(t):
            raise TransportError(
                f"the chemical potential {mu:.4g} eV is outside the chain's band of +-{2 * abs(t):.4g} eV"
            )
        # E = 2t cos(theta) makes the integrand smooth at the band's edges.
        x, weight = NODES
        top = np.arccos(mu / (2 * t))
        theta = top * (x + 1) / 2
        energy = 2 * t * np.cos(theta)
        measure = weight * top / np.pi * np.sin(theta) ** 2
        g = surface_green_function(energy, t)
        green = 1 / (energy - self.level - (self.left**2 + self.right**2) * g)
        product = self.left * self.right
        c5 = np.abs(green) ** 2 / t**2
        terms = {
            -1: -(product**3) * c5,
            0: -(product**2) * energy * c5,
            1: 1.0,
            2: 2 * green.real,
            3: 2 * (g * green).real,
            4: energy * c5,
            5: c5,
        }
        return float(measure @ sum(c * v**p for p, c in terms.items()))

    def zero_bias_force(self):
        """Eq. (16), to first order in v_R - v_L: (1 + 8/pi) zeta (v_L - v_R)."""
        return STIFFNESS * self.zeta * (self.left - self.right)

    def bias_force(self, voltage, drop=0.5):
        """Eq. (17), to first order in bias, v_L - v_R and epsilon: what force(V) - force(0) is about."""
        slope = (drop - 0.5) * (self.left - self.right) - self.level
        return self.zeta * voltage / (np.pi * self.hopping) * slope


def hessian(voltage, hopping, ion_charge, spacing, zeta, drop=0.5):
    """Eq. (18): dF/dZ_0 of a centred atom in eV/angstrom^2; negative where its position is stable.

    ion_charge: q_eff in e; spacing: a in angstrom. The printed v_L,R = t exp(+-zeta Z_0) must mean v_R with the plus
    sign, for the atom approaches the right lead at Z_0 > 0; Eq. (18) itself follows from that.
    """
    ions = 4 * ion_charge**2 * COULOMB / spacing**3
    return -ions - 2 * zeta**2 * hopping * (STIFFNESS + (drop - 0.5) * voltage / (np.pi * hopping))


def critical_voltage(hopping, ion_charge, spacing, zeta, drop=0.0):
    """Eq. (19): |V| in V above which the central atom leaves its place; inf for a symmetrical drop (1/2).

    The printed 1.7 V (q_eff = 0.8, beta = 0, a = 2.5 angstrom, zeta = 1/a) belongs to t = -2 eV; the -1.8 eV of
    Fig. 1 give 6.2 V, since the bracket is a small difference of large terms. Raises TransportError where it is
    negative: the chain is then unstable without a voltage.
    """
    ions = 2 * ion_charge**2 * COULOMB / (zeta**2 * spacing**3 * abs(hopping))
    if not ions > STIFFNESS:
        raise TransportError(
            f"the chain is unstable without a voltage: the ions' term {ions:.3g} of Eq. (19) is not above "
            f"{STIFFNESS:.3g}; use a larger ion charge or a smaller |t|"
        )
    return np.inf if drop == 0.5 else np.pi * abs(hopping) / abs(0.5 - drop) * (ions - STIFFNESS)
