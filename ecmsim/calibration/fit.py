"""Least squares within bounds: by trust region where runs are cheap, by Broyden's method where they are not.

Parameters are shares of the way between their bounds, x in [0, 1]^n; residuals are deviations in tolerances, (m,).
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares, lsq_linear

STEP = 0.02  # of the way between the bounds: for finite differences
FALLS = 0.02  # of the misfit: an iteration that gains less is the last one


@dataclass(frozen=True)
class Fit:
    """A minimum. x (n,); residuals (m,); jacobian (m, n): of the residuals by x; evaluations."""

    x: np.ndarray
    residuals: np.ndarray
    jacobian: np.ndarray
    evaluations: int

    @property
    def misfit(self):
        """Root mean square of the residuals, in tolerances."""
        return float(np.sqrt(np.mean(self.residuals**2)))

    @property
    def covariance(self):
        """Covariance of x if the tolerances are standard deviations, (J^T J)^-1; inf for what is not determined."""
        _, s, v = np.linalg.svd(self.jacobian, full_matrices=False)
        known = s > 1e-10 * s[0]
        covariance = (v[known].T / s[known] ** 2) @ v[known]
        unknown = (v[~known] ** 2).sum(axis=0) > 1e-12
        covariance[unknown, unknown] = np.inf
        return covariance


def jacobian_at(many, x, residuals, step=STEP):
    """Forward differences (backward at the upper bound) by one call of many(points (n, n)) -> residuals (n, m)."""
    steps = np.where(x + step <= 1, step, -step)
    return ((many(x + np.diag(steps)) - residuals) / steps[:, None]).T


def trust_region(many, x, most=12):
    """Minimise |r(x)|^2 with finite differences; many(points (k, n)) -> residuals (k, m). Returns a Fit."""
    count, known = 0, {}

    def one(point):
        nonlocal count
        if tuple(point) not in known:
            count += 1
            known[tuple(point)] = many(point[None])[0]
        return known[tuple(point)]

    def jacobian(point):
        nonlocal count
        count += len(point)
        return jacobian_at(many, point, one(point))

    found = least_squares(one, x, jac=jacobian, bounds=(0, 1), max_nfev=most, ftol=1e-3, xtol=1e-3, gtol=1e-4)
    return Fit(found.x, found.fun, found.jac, count)


def broyden(many, x, jacobian, most=6, radius=0.25):
    """Minimise |r(x)|^2 from x with a borrowed jacobian (m, n) that each step corrects by Broyden's formula.

    Steps solve the linear least squares within the bounds and a box of half width radius, which shrinks where the
    misfit grows. Returns a Fit; its jacobian is the corrected one.
    """
    jacobian, residuals, count = jacobian.copy(), many(x[None])[0], 1
    while count < most:
        low, high = np.maximum(-x, -radius), np.minimum(1 - x, radius)
        step = lsq_linear(jacobian, -residuals, bounds=(low - 1e-12, high + 1e-12)).x
        if np.abs(step).max() < 1e-3:
            break
        new = many((x + step)[None])[0]
        count += 1
        jacobian += np.outer(new - residuals - jacobian @ step, step) / (step @ step)
        gain = 1 - (new @ new) / (residuals @ residuals)
        if gain <= 0:
            radius *= 0.3
            continue
        x, residuals = np.clip(x + step, 0, 1), new
        if gain < FALLS:
            break
    return Fit(x, residuals, jacobian, count)
