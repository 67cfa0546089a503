"""Decay of the conductance of a tunnelling gap far from contact, in the WKB approximation."""

import numpy as np

from ecmsim.constants import ELECTRON_MASS, ELEMENTARY_CHARGE, PLANCK
from ecmsim.errors import TransportError


def decay_constant(barrier, effective_mass=1.0):
    """2 kappa = 4 pi sqrt(2 m* W)/h in 1/nm, the exponent of J. G. Simmons, J. Appl. Phys. 34, 1793 (1963), Eq. (24).

    barrier W (eV): the work function in vacuum, the distance from E_F to the conduction band in a dielectric;
    effective_mass (electron masses). Raises TransportError unless both are positive.
    """
    for name, value in (("barrier", barrier), ("effective mass", effective_mass)):
        if not (np.isfinite(value) and value > 0):
            raise TransportError(f"{name} = {value:g}: tunnelling needs a positive one")
    momentum = np.sqrt(2 * effective_mass * ELECTRON_MASS * barrier * ELEMENTARY_CHARGE)
    return 4 * np.pi * momentum / PLANCK * 1e-9
