"""Least squares of known functions: minima inside and at bounds, few evaluations, errors, unknown residuals."""

import numpy as np
import pytest

from ecmsim.fitting import least_squares
from ecmsim.fitting.identify import identified
from ecmsim.fitting.search import evolve, hypercube

MATRIX = np.array([[3.0, 1.0], [0.5, -2.0], [1.0, 1.0], [0.0, 0.7]]) * 30
BEST = np.array([0.4, 0.7])


def bent(points, bend=0.01, off=0.0):
    """Residuals of a mildly nonlinear model whose minimum is at BEST (k, 4)."""
    d = np.atleast_2d(points) - BEST
    return d @ MATRIX.T + bend * (d @ MATRIX.T) ** 2 * d[:, :1] + off


def test_a_descent_finds_a_minimum_inside_and_at_a_bound():
    found = least_squares.descend(bent, np.array([0.1, 0.2]))
    assert found.x == pytest.approx(BEST, abs=1e-3) and found.misfit < 0.05
    beyond = least_squares.descend(lambda points: points @ MATRIX.T - MATRIX @ [0.5, 1.5], np.array([0.5, 0.5]))
    exact = np.linalg.lstsq(MATRIX[:, :1], MATRIX @ [0.5, 1.5] - MATRIX[:, 1], rcond=None)[0]
    assert beyond.x[1] == pytest.approx(1, abs=1e-3) and beyond.x[0] == pytest.approx(exact[0], abs=1e-2)


def test_a_descent_ends_with_its_jacobian_and_few_evaluations():
    calls = []

    def many(points):
        calls.append(len(points))
        return bent(points)

    found = least_squares.descend(many, np.array([0.1, 0.2]))
    assert found.jacobian == pytest.approx(MATRIX, rel=0.1, abs=2) and sum(calls) == found.evaluations <= 20
    calls.clear()
    known = least_squares.descend(many, np.array([0.39, 0.69]), jacobian=1.1 * MATRIX, sure=False)
    assert known.x == pytest.approx(BEST, abs=2e-3) and sum(calls) <= 6


@pytest.mark.parametrize("seed", range(5))
def test_noise_of_the_runs_makes_no_loose_direction_firm(seed):
    """Two parameters of which the data know the sum and, 1,000 times less well, the difference; runs are noisy."""
    generator = np.random.default_rng(seed)
    rows = (
        np.outer(generator.normal(size=30), [1.0, 1.0]) * 300 + np.outer(generator.normal(size=30), [1.0, -1.0]) * 0.3
    )

    def many(points):
        return (np.atleast_2d(points) - BEST) @ rows.T + 0.3 * generator.normal(size=(len(np.atleast_2d(points)), 30))

    found = least_squares.descend(many, np.array([0.3, 0.6]))
    strong, weak = np.linalg.svd(rows)[1]
    seen = np.linalg.svd(found.jacobian)[1]
    assert seen[0] == pytest.approx(strong, rel=0.1) and 0.2 * weak < seen[1] < 4 * weak + 2 * 0.3 * 30**0.5 / 0.5
    told = identified(("a", "b"), found.jacobian, 0)
    assert told.correlations[0, 1] < -0.999 and (told.errors > 0.05).all()
    assert found.x.sum() == pytest.approx(BEST.sum(), abs=0.01) and found.evaluations < 60


def test_what_does_not_matter_stays_where_it_is():
    def many(points):
        return bent(np.atleast_2d(points)[:, :2])

    found = least_squares.descend(many, np.array([0.1, 0.2, 0.33]))
    assert found.x == pytest.approx([*BEST, 0.33], abs=1e-3)


def test_a_descent_goes_around_where_nothing_is_known():
    """Beyond a wall all trials fail; the minimum lies at it."""

    def many(points):
        found = bent(points)
        found[np.atleast_2d(points)[:, 0] > 0.45] = np.nan
        return found

    found = least_squares.descend(many, np.array([0.1, 0.2]))
    assert found.x == pytest.approx(BEST, abs=5e-3) and np.isfinite(found.residuals).all()


@pytest.mark.parametrize("loss", ["soft_l1", "huber", "cauchy"])
def test_losses_make_light_of_outliers(loss):
    def many(points):
        found = bent(points, bend=0)
        found[:, 3] += 20
        return least_squares.LOSSES[loss](np.column_stack([found, bent(points, bend=0)]))

    plain = least_squares.descend(lambda points: np.column_stack([bent(points) + [0, 0, 0, 20], bent(points)]), BEST)
    off = np.abs(least_squares.descend(many, np.array([0.3, 0.6])).x - BEST).max()
    assert off < 0.35 * np.abs(plain.x - BEST).max()
    small = np.array([-0.01, 0.02])
    assert least_squares.LOSSES[loss](small) == pytest.approx(small, rel=1e-3)


def test_broyden_needs_few_runs_with_a_borrowed_jacobian():
    calls = []

    def full(points):
        calls.append(len(points))
        return bent(points, bend=0.02)

    found = least_squares.broyden(full, np.array([0.3, 0.55]), 1.2 * MATRIX, most=8)
    assert found.x == pytest.approx(BEST, abs=5e-3) and sum(calls) == found.evaluations <= 8


def test_broyden_never_ends_worse_than_it_began():
    found = least_squares.broyden(bent, np.array([0.3, 0.5]), -MATRIX, most=5)
    assert found.residuals @ found.residuals <= (bent(np.array([0.3, 0.5]))[0] ** 2).sum()
    assert found.evaluations <= 5


def test_differences_are_taken_back_at_the_upper_bound_and_where_nothing_is_known():
    seen = []

    def many(points):
        seen.append(points)
        found = bent(points, bend=0)
        found[points[:, 1] > 0.505] = np.nan
        return found

    found = least_squares.jacobian_at(many, np.array([1.0, 0.5]), bent(np.array([1.0, 0.5]), bend=0)[0])
    assert found == pytest.approx(MATRIX) and max(points.max() for points in seen) <= 1 and len(seen) == 2
    nothing = least_squares.jacobian_at(lambda points: np.full((len(points), 4), np.nan), BEST, bent(BEST)[0])
    assert (nothing == 0).all()


def test_errors_come_from_the_jacobian():
    known = least_squares.Fit(BEST, np.zeros(4), MATRIX, 1)
    assert known.covariance == pytest.approx(np.linalg.inv(MATRIX.T @ MATRIX))
    unknown = least_squares.covariance(MATRIX * [1, 0])
    assert np.isinf(unknown[1, 1]) and unknown[0, 0] == pytest.approx(1 / (MATRIX[:, 0] ** 2).sum())
    assert np.isinf(np.diag(least_squares.covariance(np.array([[3.0, 1.0]])))).all()  # one number for two


def test_what_is_not_determined_is_told_by_direction():
    """Of two parameters that act only as their sum, and one that does nothing."""
    jacobian = np.array([[20.0, 20.0, 0.0], [10.0, 10.0, 0.0], [0.0, 0.1, 0.0]])
    found = identified(("a", "b", "c"), jacobian, 0)
    assert found.verdicts == ("not determined", "not determined", "without influence")
    assert found.loose[0] in ("+0.71 a -0.71 b", "-0.71 a +0.71 b", "+0.71 b -0.71 a") and "c" in found.loose[-1]
    assert found.correlations[0, 1] == pytest.approx(-1, abs=1e-2)
    held = identified(("a", "b", "c"), np.vstack([jacobian, [0, 0, 5.0]]), 1)
    assert held.verdicts[2] == "without influence" and held.errors[2] == pytest.approx(0.2)


def test_a_hypercube_has_a_point_in_every_slice_and_keeps_its_seed():
    points = hypercube(3, 10, 4)
    assert all(sorted((points[:, k] * 10).astype(int)) == list(range(10)) for k in range(3))
    assert (points == hypercube(3, 10, 4)).all() and (points != hypercube(3, 10, 5)).any()


def test_evolution_comes_closer_with_every_generation():
    class Options:
        generations, seed = 12, 3

    found, sizes = [], []

    def costs(points):
        sizes.append(len(points))
        found.append(min((bent(points) ** 2).sum(axis=1)))
        return (bent(points) ** 2).sum(axis=1)

    best = evolve(costs, 2, 8, Options, np.array([0.9, 0.1]))
    assert best == pytest.approx(BEST, abs=0.05) and set(sizes) == {8} and len(sizes) == 12
    assert (bent(best) ** 2).sum() == min(found)
