"""Physical constants (CODATA, through scipy), in SI units unless the name says otherwise."""

from scipy import constants as _si

ELEMENTARY_CHARGE = _si.e  # C
PLANCK = _si.h  # J s
BOLTZMANN = _si.k  # J/K
BOLTZMANN_EV = _si.k / _si.e  # eV/K
FARADAY = _si.N_A * _si.e  # C/mol
ELECTRON_MASS = _si.m_e  # kg
CONDUCTANCE_QUANTUM = 2 * _si.e**2 / _si.h  # S
SQUARE_METRES_PER_NM2 = 1e-18
