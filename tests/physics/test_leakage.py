"""Leakage over the pad: slopes of the laws over field and temperature, and their signs."""

import numpy as np
import pytest

from ecmsim.constants import BOLTZMANN, BOLTZMANN_EV, ELEMENTARY_CHARGE
from ecmsim.physics.leakage import Ohmic, PooleFrenkel, Schottky

EPS0, T = 8.8541878188e-12, 300.0
OHMIC = Ohmic(1e-10, 300.0, 0.3)
TRAPS = PooleFrenkel(1e-10, 300.0, 0.6, 2.13)
EMITTER = Schottky(1.2e6, 1.0, 2.13, 10e-9)
FIELDS = np.array([5e7, 1e8, 2e8, 4e8])


def slope(x, y):
    return np.diff(y) / np.diff(x)


def test_poole_frenkel_slope():
    """ln(J/E) over sqrt(E): sqrt(e^3/(pi eps0 eps))/kT, in SI units; the Schottky slope is half of it."""
    expected = np.sqrt(ELEMENTARY_CHARGE**3 / (np.pi * EPS0 * 2.13)) / (BOLTZMANN * T)
    found = slope(np.sqrt(FIELDS), np.log(TRAPS.current_density(FIELDS, T) / FIELDS))
    assert found == pytest.approx(np.full(3, expected), rel=1e-9)
    found = slope(np.sqrt(FIELDS), np.log(EMITTER.current_density(FIELDS, T)))
    assert found == pytest.approx(np.full(3, expected / 2), rel=1e-6)


def test_at_low_fields_traps_conduct_as_said():
    assert TRAPS.current_density(1.0, 300.0) == pytest.approx(1e-10, rel=1e-2)
    assert OHMIC.current_density(2e7, 300.0) == pytest.approx(2e-3)


@pytest.mark.parametrize(("law", "energy"), [(OHMIC, 0.3), (TRAPS, 0.6 - 0.520015)])
def test_activation(law, energy):
    """By the slope over 1/T; at 100 kV/mm and a permittivity of 2.13 the field lowers the traps by 0.52 eV."""
    warm = np.array([290.0, 310.0])
    found = -slope(1 / warm, np.log(law.current_density(1e8, warm)))[0] * BOLTZMANN_EV
    assert found == pytest.approx(energy, abs=1e-5)


@pytest.mark.parametrize("law", [OHMIC, TRAPS, EMITTER])
def test_odd_and_nothing_without_a_field(law):
    assert law.current_density(0.0, T) == 0.0
    forward = law.current_density(FIELDS, T)
    assert np.all(forward > 0) and np.all(law.current_density(-FIELDS, T) == -forward)


def test_richardson():
    """A* T^2 exp(-phi/kT) where the field is small but the voltage is many kT."""
    thick = Schottky(1.2e6, 0.5, 1e3, 1.0)
    assert thick.current_density(1.0, T) == pytest.approx(1.2e6 * T**2 * np.exp(-0.5 / (BOLTZMANN_EV * T)), rel=1e-4)
