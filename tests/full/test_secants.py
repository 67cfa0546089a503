"""What corrections tell of a Jacobian: Broyden's update as a matrix, and where it leads on linear equations."""

import numpy as np
import pytest
from mpi4py import MPI

from ecmsim.models.full import secants
from ecmsim.models.full.secants import Secants

SIZE = 4
RANDOM = np.random.default_rng(7)
JACOBIAN = np.eye(SIZE) + 0.3 * RANDOM.standard_normal((SIZE, SIZE))
RIGHT, WEIGHTS = RANDOM.standard_normal(SIZE), np.array([1.0, 4.0, 0.25, 2.0])


def corrections(count, learns=True):
    """Corrections of J x = b by the factor of the unit matrix, (count, n), and what made them."""
    pairs, x, found = Secants(MPI.COMM_SELF), np.zeros(SIZE), []
    pairs.weights = WEIGHTS
    for k in range(count):
        now = RIGHT - JACOBIAN @ x
        if learns:
            pairs.improve(now)
            if k:
                pairs.learn(found[-1], now)
        found.append(now.copy())
        x += now
    return np.array(found), pairs


def test_the_corrections_are_those_of_broydens_matrix():
    """H <- H + (s - H y) s^T W H / (s^T W H y) with s the correction and y what it changed of J x."""
    inverse, x, expected = np.eye(SIZE), np.zeros(SIZE), []
    for _ in range(6):
        step = inverse @ (RIGHT - JACOBIAN @ x)
        expected.append(step)
        x, change = x + step, JACOBIAN @ step
        along = (WEIGHTS * step) @ inverse
        inverse += np.outer(step - inverse @ change, along) / (along @ change)
    assert np.allclose(corrections(6)[0], expected, rtol=1e-10)


def test_linear_equations_are_solved_after_twice_as_many_corrections_as_unknowns():
    """Gay, SIAM J. Numer. Anal. 16, 623 (1979). Without what the corrections tell they would go on to shrink evenly."""
    last, alone = (np.abs(corrections(2 * SIZE + 2, learns)[0][-1]).max() for learns in (True, False))
    assert last < 1e-11 < 1e-6 < alone


def test_what_was_learnt_serves_other_equations_until_it_is_cleared(monkeypatch):
    """The last correction whose effect was seen is found at once from that; only so many pairs are kept."""
    found, pairs = corrections(6)
    effect = JACOBIAN @ found[-2]
    pairs.improve(effect)
    assert effect == pytest.approx(found[-2], rel=1e-10)
    pairs.clear()
    plain = RIGHT.copy()
    pairs.improve(plain)
    assert np.array_equal(plain, RIGHT)
    monkeypatch.setattr(secants, "MOST", 2)
    first, pairs = corrections(6)
    assert first[:3] == pytest.approx(found[:3]) and len(pairs._pairs) == 2
