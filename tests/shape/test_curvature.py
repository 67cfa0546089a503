"""Curvature of the outline, against shapes for which it is known."""

import numpy as np
import pytest

from ecmsim.constants import BOLTZMANN_EV
from ecmsim.physics.capillarity import Capillarity
from ecmsim.physics.faraday import Faraday
from ecmsim.shape.curvature import curvature
from ecmsim.shape.filament import Filament
from ecmsim.shape.relaxation import rounded_cylinder

SILVER = Faraday(107.868, 10490.0, 1)


def dome(radius, count):
    """Half a sphere on the counter electrode."""
    angle = np.linspace(0, np.pi / 2, count + 1)
    points = radius * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    points[-1, 1] = 0.0
    return Filament(points)


def test_a_sphere_is_at_rest_at_its_own_potential():
    """2 gamma Omega/(z e r) below a flat surface: a quarter of a volt for silver of 1 nm; of second order."""
    errors = [np.abs(curvature(dome(1.0, count), 0.3) - 2.0).max() for count in (20, 40, 80)]
    assert errors[-1] < 1e-4 and errors[0] > 3 * errors[1] > 9 * errors[2]
    shift = Capillarity(1.2, 0.3).potential(curvature(dome(1.0, 80), 0.3), SILVER.volume_per_charge)
    omega = 107.868e-3 / 10490.0 / 6.02214076e23
    assert shift == pytest.approx(2 * 1.2 * omega / (1.602176634e-19 * 1e-9), rel=1e-4)
    assert 0.24 < shift[0] < 0.27 and shift[0] > 9 * BOLTZMANN_EV * 300


def test_a_cylinder_with_a_round_tip():
    bent = curvature(rounded_cylinder(1.0, 8.0, 0.05), 0.1)
    assert bent[0] == pytest.approx(2.0, rel=0.01) and bent[-5:] == pytest.approx(1.0, rel=1e-6)


def test_nothing_is_more_curved_than_the_resolution():
    assert curvature(dome(0.128, 12), 0.4) == pytest.approx(5.0)


@pytest.mark.parametrize("wavelength", [1.0, 2.0, 4.0])
def test_a_ripple_counts_as_far_as_it_is_resolved(wavelength):
    """Of a wall with r = R + a cos(q z) the curvature changes by a (q^2 - 1/R^2)/(1 + q^2 l^2)."""
    radius, small, resolution, q = 20.0, 1e-3, 0.3, 2 * np.pi / wavelength
    z = np.linspace(8 * wavelength, 0, 801)
    wall = np.stack([radius + small * np.cos(q * z), z], axis=1)
    lid = np.stack([np.linspace(0, wall[0, 0], 200)[:-1], np.full(199, z[0])], axis=1)
    bent = curvature(Filament(np.vstack([lid, wall])), resolution)[199:]
    middle = (z > 2 * wavelength) & (z < 6 * wavelength)
    ripple = 2 * np.mean((bent[middle] - bent[middle].mean()) * np.cos(q * z[middle]))
    expected = small * (q**2 - radius**-2) / (1 + (q * resolution) ** 2)
    assert ripple == pytest.approx(expected, rel=0.02)


def test_bodies_are_curved_each_by_itself():
    """A floating sphere above a stump."""
    angle = np.linspace(0, np.pi, 41)
    ball = np.stack([np.sin(angle), 8 + np.cos(angle)], axis=1)
    ball[[0, -1], 0] = 0.0
    both = Filament.of_bodies([Filament(ball), dome(2.0, 40)])
    bent = curvature(both, 0.3)
    assert bent[:41] == pytest.approx(2.0, rel=2e-3) and bent[41:] == pytest.approx(1.0, rel=1e-3)
