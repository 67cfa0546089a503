"""Resistance of an electrode between a small round contact and its far face, in a cell of finite size.

For a disc of radius a on the end of a cylinder (radius R, height H, its other end at zero), with the flux w(r) per unit
current, separation of variables gives, with W_n = int w J_0(l_n r) 2 pi r dr and the mean of the potential taken over
the flux (which is what dissipates),

    kappa R_s = H/(pi R^2) + sum_n tanh(l_n H) W_n^2/(pi R^2 l_n J_0(l_n R)^2),   J_1(l_n R) = 0,

for an insulated wall; for a wall at zero J_0(l_n R) = 0, the first term falls away and J_0^2 becomes J_1^2. An
isothermal contact has w = 1/(2 pi a sqrt(a^2 - r^2)) and W_n = sin(l_n a)/(l_n a); for R and H to infinity this is
Maxwell's 1/(4 kappa a).
"""

from functools import cache, lru_cache

import numpy as np
from scipy.special import j0, j1, jn_zeros, sici

MODES = 400


@cache
def _modes(radius, height, insulated):
    """Wave numbers (1/nm) and tanh(l H)/(pi R^2 l J^2) of each mode."""
    zeros = jn_zeros(1 if insulated else 0, MODES)
    norm = j0(zeros) if insulated else j1(zeros)
    numbers = zeros / radius
    return numbers, np.tanh(numbers * height) / (np.pi * radius**2 * numbers * norm**2)


@lru_cache(maxsize=8)  # asked again for each round of circuit and heat
def spreading(contact, radius, height, insulated, /):
    """kappa R_s in 1/nm of an isothermal disc of radius `contact`; all lengths in nm.

    insulated: the wall; else it is at zero. The modes left out are those of the half-space: 1/(4 a) less what its
    spectrum has up to the last wave number.
    """
    numbers, weights = _modes(float(radius), float(height), insulated)
    x = numbers * contact
    whole = float((weights * (np.sin(x) / x) ** 2).sum())
    if insulated:
        whole += height / (np.pi * radius**2)
    last = (numbers[-1] + 0.5 * np.pi / radius) * contact
    # int_x^oo sin^2/x^2 dx
    rest = np.sin(last) ** 2 / last + 0.5 * np.pi - sici(2 * last)[0]
    return whole + float(rest) / (2 * np.pi * contact)


def halo(contact, radius):
    """Potential of the surface at a radius over that of the contact: (2/pi) arcsin(a/r) beyond it, 1 on it."""
    return 2 / np.pi * np.arcsin(np.minimum(contact / np.maximum(radius, 1e-12), 1.0))
