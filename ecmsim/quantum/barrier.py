"""Decay of the conductance of a tunnelling gap far from contact, in the WKB approximation."""

from math import inf

import numpy as np

from ecmsim.constants import ELECTRON_MASS, ELEMENTARY_CHARGE, PLANCK
from ecmsim.errors import TransportError


def momentum(barrier, effective_mass=1.0):
    """sqrt(2 m* W) in kg m/s: what an electron lacks in a barrier W (eV); effective_mass (electron masses).

    Raises TransportError unless both are positive.
    """
    for name, value, unit in (("barrier", barrier, "eV"), ("effective mass", effective_mass, "electron masses")):
        if isinstance(value, (float, int)) and not 0 < value < inf:  # else a symbol of a weak form
            raise TransportError(f"{name} = {value:g} {unit}: give a positive one, electrons tunnel through no other")
    return (2 * effective_mass * ELECTRON_MASS * barrier * ELEMENTARY_CHARGE) ** 0.5


def decay_constant(barrier, effective_mass=1.0):
    """2 kappa = 4 pi sqrt(2 m* W)/h in 1/nm, the exponent of J. G. Simmons, J. Appl. Phys. 34, 1793 (1963), Eq. (24).

    barrier W (eV): the work function in vacuum, the distance from E_F to the conduction band in a dielectric;
    effective_mass (electron masses). Raises TransportError as momentum does.
    """
    return 4 * np.pi * momentum(barrier, effective_mass) / PLANCK * 1e-9
