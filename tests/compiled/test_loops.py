"""The loops in C against their definitions in NumPy's words."""

import numpy as np
import pytest

from ecmsim.compiled.library import kernels
from ecmsim.models.reduced import heat, ions, rings
from ecmsim.shape import gap, polyline

pytestmark = pytest.mark.skipif(kernels() is None, reason="nothing is compiled here")
RANDOM = np.random.default_rng(7)


def outline(n=90):
    """Points of a filament with an overhang, from the tip to the foot."""
    angle = np.linspace(0.0, 0.5 * np.pi, n)
    r = 3.0 * np.sin(angle) * (1 + 0.3 * np.sin(9 * angle))
    return np.stack([np.maximum(r, 0.0), 9.0 * np.cos(angle)], axis=1)


def strips_of(points):
    r, z = points.T
    width = np.full(len(r), 0.1)
    return r, z, np.where(r == 0, 0.5 * width, r), width


def symmetric(m, negative=False):
    found = RANDOM.normal(size=(m, m))
    found = found @ found.T + 0.1 * np.eye(m)
    return found - 2 * np.outer(found[0], found[0]) / found[0, 0] if negative else found


def between(m):
    found = np.abs(symmetric(m))
    np.fill_diagonal(found, 0.0)
    return found


def same(loop, *arguments, exact=False):
    """That both forms tell the same, to the bit or to some ulp of the largest number."""
    found, expected = loop(*arguments), loop.__wrapped__(*arguments)
    several = isinstance(expected, tuple)
    for one, other in zip(*((found, expected) if several else ((found,), (expected,))), strict=True):
        assert one.shape == other.shape and one.dtype == other.dtype
        if exact:
            assert np.array_equal(one, other)
        else:
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-13 * np.abs(other).max())


def test_potentials_of_rings():
    r, z, source, width = strips_of(outline())
    same(rings.mutual_potentials, r, z, source, width, 10.0)
    high = np.linspace(0.2, 40.0, 150)
    same(rings.potentials_at, high, np.full(150, 10.0), source, z, width, 10.0)
    same(rings.potentials_at, r[::7], z[::7], high, np.full(150, 10.0), np.full(150, 1e-3), 10.0)


@pytest.mark.parametrize("m", [1, 7, 64, 131])
def test_the_network_between_rings(m):
    own, u, resistance = 0.1 + RANDOM.random((3, m))
    same(ions.network, symmetric(m), own)
    joined = between(m)
    same(ions.flows, u, resistance, joined)
    conductance, *_ = ions.flows(u, resistance, joined)
    same(ions.softened, u, resistance, conductance, RANDOM.normal(size=m), own)


def test_a_network_of_potentials_that_are_not_definite():
    """There is an inverse still, by another way."""
    potentials = symmetric(20, negative=True)
    assert np.linalg.eigvalsh(potentials)[0] < 0
    expected = ions.network.__wrapped__(np.linalg.inv(potentials), np.diag(potentials))
    found = ions.Between.of(potentials).conductance
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-9 * np.abs(expected).max())


def test_distances():
    """To the bit: the full model sees them as well."""
    points = outline()
    same(polyline.distance_to_polyline, points, points[::-1] + [0.3, 1.0], exact=True)
    same(polyline.distance_to_polyline, points[::-1], np.array([[0.0, 10.0], [0.0, 10.0], [50.0, 10.0]]), exact=True)


@pytest.mark.parametrize("choose", [np.argmax, np.argmin])
def test_covering(choose):
    """To the bit, also where several segments cover a radius, none does, or it is that of a point."""
    points = outline()
    radius = np.concatenate([points[::5, 0], RANDOM.random(40) * 5.0, [99.0]])
    same(gap.covering, points, radius, choose, exact=True)


def test_gathered():
    rows = RANDOM.normal(size=(70, 51)) * (RANDOM.random((70, 51)) < 0.06)
    same(heat.gathered, rows, RANDOM.random(70))
