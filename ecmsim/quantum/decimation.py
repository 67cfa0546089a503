"""Surface Green's function of a semi-infinite lead: decimation, its residual, and a fall-back where it fails."""

import numpy as np
from scipy.linalg import ordqz

from ecmsim.errors import TransportError, TransportFailure

MAX_DOUBLINGS = 60
TOLERANCE = 1e-8  # of the residual, which is about the relative error of g


def surface_green_function(z, h00, h01, s00, s01, tolerance=TOLERANCE):
    """g = [M00 - M01 g M10]^-1 with M = z S - H: the end layer of a chain of layers 0, 1, 2, ...

    z: complex energies (n,) in eV, Im z > 0. h00, s00 (m, m): a principal layer; h01, s01 (m, m): from it to the
    next one away from the end. Result: (n, m, m) in 1/eV. Decimation (M. P. Lopez Sancho, J. M. Lopez Sancho and
    J. Rubio, J. Phys. F 15, 851 (1985)) doubles the layers that are eliminated in every step. It cancels digits
    without notice at some energies (a chain's band centre loses (t/eta)^2), so every g is put into its own equation;
    where the residual is not below tolerance, the decaying states themselves give g. Raises TransportFailure with
    energy and residual where that leaves more than 100 times the tolerance or where g is not the retarded one (eta
    drowned in round-off), and TransportError for Im z <= 0.
    """
    z = np.atleast_1d(np.asarray(z, dtype=complex))
    if (z.imag <= 0).any():
        raise TransportError("a surface Green's function needs energies with a positive imaginary part: eta > 0")
    at = z[:, None, None]
    m00 = at * s00 - h00
    m01 = at * s01 - h01
    m10 = at * np.conj(np.transpose(s01)) - np.conj(np.transpose(h01))
    g = _decimated(m00, m01, m10)
    error = _defect(g, m00, m01, m10)
    for i in np.nonzero(~(error <= tolerance))[0]:
        other = _from_decaying_states(m00[i], m01[i], m10[i])
        other_error = _defect(other[None], m00[i], m01[i], m10[i])[0]
        if not error[i] <= other_error:
            g[i], error[i] = other, other_error
        if not error[i] <= 100 * tolerance:
            raise TransportFailure(
                f"the surface Green's function did not converge at E = {z[i].real:.6g} eV with eta = {z[i].imag:.3g} "
                f"eV: residual {error[i]:.3g}; use a larger eta, or check that layers couple to their neighbours only"
            )
    return g


def residual(g, m00, m01, m10):
    """Largest element of |(M00 - M01 g M10) g - 1|; also of stacks of matrices."""
    with np.errstate(all="ignore"):
        return np.abs((m00 - m01 @ g @ m10) @ g - np.eye(m00.shape[-1])).max(axis=(-2, -1))


def _defect(g, m00, m01, m10):
    """The residual of stacked g, or the negative part of i (g - g^+), which no retarded function has, if larger."""
    error = residual(g, m00, m01, m10)
    usable = np.isfinite(g).all(axis=(-2, -1))
    spectral = 1j * (g[usable] - np.conj(np.swapaxes(g[usable], -1, -2)))
    values = np.linalg.eigvalsh(spectral)
    error[usable] = np.maximum(error[usable], -values[:, 0] / np.maximum(np.abs(values[:, -1]), 1e-300))
    return error


def _decimated(m00, m01, m10):
    """Surface Green's functions by decimation; NaN where a matrix on the way was singular."""
    m = m00.shape[-1]
    scale = max(np.abs(m01).max(), np.finfo(float).tiny)
    surface, bulk, forth, back = m00.copy(), m00.copy(), m01, m10
    with np.errstate(all="ignore"):
        for _ in range(MAX_DOUBLINGS):
            x = _solved(bulk, np.concatenate([forth, back], axis=-1))
            x_forth, x_back = x[..., :m], x[..., m:]
            inward = forth @ x_back
            surface = surface - inward
            bulk = bulk - inward - back @ x_forth
            forth, back = -forth @ x_forth, -back @ x_back
            # NaN, from a singular matrix, is not larger: such an energy does not keep the others.
            if not (np.abs(forth) > 1e-15 * scale).any() and not (np.abs(back) > 1e-15 * scale).any():
                break
        return _solved(surface, np.broadcast_to(np.eye(m), surface.shape))


def _solved(a, b):
    """a^-1 b for stacks; NaN for those that are singular, which numpy answers with an error for the whole stack."""
    try:
        return np.linalg.solve(a, b)
    except np.linalg.LinAlgError:
        x = np.full(np.broadcast_shapes(a.shape[:-2], b.shape[:-2]) + b.shape[-2:], np.nan, dtype=complex)
        for i in range(len(a)):
            try:
                x[i] = np.linalg.solve(a[i], b[i])
            except np.linalg.LinAlgError:
                continue
        return x


def _from_decaying_states(m00, m01, m10):
    """g = (M00 + M01 F)^-1, where F takes the states that decay into the lead from one layer to the next.

    They are the eigenvalues |lambda| < 1 of M10 psi + lambda M00 psi + lambda^2 M01 psi = 0, found as a subspace by
    the QZ decomposition (compare I. Rungger and S. Sanvito, Phys. Rev. B 78, 035407 (2008)).
    """
    m = len(m00)
    one, zero = np.eye(m), np.zeros((m, m))
    a = np.block([[zero, one], [-m10, -m00]])
    b = np.block([[one, zero], [zero, m01]])
    try:
        z = ordqz(a, b, sort="iuc", output="complex")[5]
        transfer = np.linalg.solve(z[:m, :m].T, z[m:, :m].T).T
        return np.linalg.inv(m00 + m01 @ transfer)
    except (np.linalg.LinAlgError, ValueError):
        return np.full((m, m), np.nan, dtype=complex)
