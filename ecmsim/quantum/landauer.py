"""Landauer's current and conductance at a temperature from a sampled transmission."""

import numpy as np

from ecmsim.constants import BOLTZMANN_EV, CONDUCTANCE_QUANTUM
from ecmsim.errors import TransportError

TAIL = 37.0  # in kT: -df/dE and 1 - f are below 1e-16 of their scale there
NODES = 401


def fermi(energy, temperature):
    """f = 1/(1 + exp(E/kT)); energy in eV from the chemical potential, temperature in K, 0 allowed (1/2 at E = 0)."""
    energy = np.asarray(energy, dtype=float)
    if temperature == 0:
        return np.heaviside(-energy, 0.5)
    return 0.5 - 0.5 * np.tanh(energy / (2 * BOLTZMANN_EV * temperature))


def current(energy, transmission, voltage, temperature=300.0, fermi_level=0.0, drop=0.5):
    """I = (2e/h) integral of T(E) (f_R - f_L) dE in A, of the sign of the voltage.

    R. Landauer, IBM J. Res. Dev. 1, 223 (1957); Gao (2025), section 3.2; Kharlanov Eq. (11), whose
    mu_L = E_F - (1 - drop) eV and mu_R = E_F + drop eV these are.
    energy (n,) in eV, ascending; transmission (n,), or (voltages, n) where it depends on the bias, linear between the
    samples; voltage (V): a number or (voltages,). Integrated by parts: with P the integral of T, I is the mean of
    P(mu_R + x) - P(mu_L + x) over the thermal peak -df/dx, which is exact at 0 K.
    Raises TransportError where the samples do not reach over both chemical potentials and their thermal tails, and for
    a transmission of another shape.
    """
    voltage = np.asarray(voltage, dtype=float)
    _require_finite(voltage=voltage, fermi_level=fermi_level, drop=drop)
    energy, transmission = _samples(energy, transmission, voltage.shape)
    mu_right, mu_left = fermi_level + drop * voltage, fermi_level - (1 - drop) * voltage
    difference = _peaked(energy, transmission, mu_right, temperature) - _peaked(
        energy, transmission, mu_left, temperature
    )
    return CONDUCTANCE_QUANTUM * difference


def conductance(energy, transmission, temperature=300.0, fermi_level=0.0):
    """Zero-bias conductance G0 integral of T (-df/dE) dE in S, a number.

    energy (n,) in eV, ascending; transmission (n,), that without bias. Raises TransportError as current() does.
    """
    _require_finite(fermi_level=fermi_level)
    energy, transmission = _samples(energy, transmission)
    x, weight = _thermal_peak(temperature)
    _require_window(energy, fermi_level + x[[0, -1]])
    return CONDUCTANCE_QUANTUM * np.interp(fermi_level + x, energy, transmission) @ weight


def _samples(energy, transmission, voltages=()):
    """Both as arrays. Raises TransportError unless there is a T for each energy, also at each of the voltages."""
    energy, transmission = np.asarray(energy, dtype=float), np.asarray(transmission, dtype=float)
    shapes = dict.fromkeys([energy.shape, voltages + energy.shape])
    if transmission.shape not in shapes:
        raise TransportError(
            f"the transmission has the shape {transmission.shape}, but the energies"
            f"{' and voltages' if voltages else ''} need {' or '.join(map(str, shapes))}"
        )
    return energy, transmission


def _peaked(energy, transmission, mu, temperature):
    """Mean over the thermal peak around mu (...) of P(E), the integral of T from the first sample, in eV."""
    x, weight = _thermal_peak(temperature)
    at = mu[..., None] + x
    _require_window(energy, at)
    cell = np.clip(np.searchsorted(energy, at) - 1, 0, len(energy) - 2)
    width = np.diff(energy)
    primitive = np.zeros(transmission.shape)
    primitive[..., 1:] = np.cumsum(width * (transmission[..., 1:] + transmission[..., :-1]) / 2, axis=-1)
    slope = np.diff(transmission) / width
    if transmission.ndim == 1:
        start, height, rise = primitive[cell], transmission[cell], slope[cell]
    else:
        start, height, rise = (np.take_along_axis(table, cell, axis=-1) for table in (primitive, transmission, slope))
    step = at - energy[cell]
    return (start + step * (height + step * rise / 2)) @ weight


def _thermal_peak(temperature):
    """Nodes (eV) and weights of -df/dx; the trapezoidal rule converges exponentially for it."""
    if not (np.isfinite(temperature) and temperature >= 0):
        raise TransportError(f"temperature = {temperature:g} K: give one of 0 K or more")
    if temperature == 0:
        return np.zeros(1), np.ones(1)
    u = np.linspace(-TAIL, TAIL, NODES)
    weight = 1 / np.cosh(u / 2) ** 2
    return u * BOLTZMANN_EV * temperature, weight / weight.sum()


def _require_finite(**values):
    """Raise TransportError for what is no number."""
    for name, given in values.items():
        if not np.all(np.isfinite(given)):
            raise TransportError(f"{name} = {np.ravel(given)[~np.isfinite(np.ravel(given))][0]:g}: give finite numbers")


def _require_window(energy, at):
    if len(energy) < 2 or not (np.diff(energy) > 0).all():
        raise TransportError("the energies of a sampled transmission must ascend, two or more of them")
    if at.min() < energy[0] - 1e-12 or at.max() > energy[-1] + 1e-12:
        raise TransportError(
            f"the transmission is known from {energy[0]:.4g} to {energy[-1]:.4g} eV, but the current needs it from "
            f"{at.min():.4g} to {at.max():.4g} eV: compute it over a wider window or lower voltage or temperature"
        )
