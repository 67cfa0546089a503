"""Density matrices of a junction's electrons, in equilibrium and under a bias, at 0 K."""

import numpy as np

from ecmsim.quantum.transport import Junction


def equilibrium_density(junction: Junction, fermi_level, bottom, points=60):
    """rho = (i/2 pi) integral of (G - G^+) dE up to the Fermi level: rho_kj = <c_j^+ c_k> per spin, (n, n).

    bottom: an energy below all bands of device and leads, in eV. Green's functions are smooth away from the real
    axis, so the integral runs over a half circle there (R. Zeller et al., Solid State Commun. 44, 993 (1982)), with
    `points` Gauss-Legendre nodes. An orthonormal or a non-orthogonal basis.
    """
    x, weight = np.polynomial.legendre.leggauss(points)
    radius = (fermi_level - bottom) / 2
    # From the bottom (angle pi) to the Fermi level (angle 0).
    turn = np.exp(0.5j * np.pi * (1 - x))
    z = bottom + radius + radius * turn
    dz = weight * -0.5j * np.pi * radius * turn
    integral = np.zeros(junction.h.shape, dtype=complex)
    for at, step in zip(z, dz, strict=True):
        integral += step * np.linalg.inv(junction.inverse_green_function(at[None])[0][0])
    return 0.5j / np.pi * (integral - np.conj(integral.T))


def bias_density(junction: Junction, fermi_level, mu_left, mu_right, points=40):
    """Change of the density matrix by the bias: sum over S of the integral of G Gamma_S G^+/2 pi from E_F to mu_S.

    Kharlanov's Eq. (9) at 0 K less its value at zero bias. Gauss-Legendre on the real axis: more points for sharp
    resonances. Arguments in eV.
    """
    x, weight = np.polynomial.legendre.leggauss(points)
    change = np.zeros(junction.h.shape, dtype=complex)
    for side, mu in enumerate((mu_left, mu_right)):
        half = (mu - fermi_level) / 2
        if half:
            for at, step in zip(fermi_level + half * (x + 1), weight * half, strict=True):
                change += step * junction.spectral_functions(at)[side] / (2 * np.pi)
    return change
