"""Least squares within bounds: by trust region where runs are cheap, by Broyden's method where they are not.

Parameters are shares of the way between their bounds, x in [0, 1]^n; residuals are deviations in standard errors, (m,),
nan where a trial has shown nothing: they count as large ones, and nothing is concluded from how they change.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import lsq_linear

from ecmsim.fitting.dataset import filled, worse
from ecmsim.fitting.differences import CHANGE, STEP, corrected, jacobian_at, lengthened

FALLS = 0.02  # of the misfit: an iteration that gains less is the last one
NEAR = 1e-3  # of the way between the bounds: a smaller step is the last one, unless the errors are smaller still
ERRORS = 0.1  # of the standard errors: likewise
SMALL, GAINS = (
    0.02,
    3e-4,
)  # of the sum of squared residuals, absolute and relative: a step that promises less is the last
SHORTEST = 0.1  # least part of a difference's usual step
GOOD = 0.5  # of what a step promised: with less the jacobian is taken anew
SHORT = 0.5  # of the differences: a shorter step does not correct the jacobian, and one in vain is the last
LEAST = 1e-5  # of the way between the bounds: no shorter step is tried

LOSSES = {
    "linear": lambda r: r,
    "soft_l1": lambda r: np.sign(r) * np.sqrt(2 * (np.sqrt(1 + r**2) - 1)),
    "huber": lambda r: np.where(np.abs(r) <= 1, r, np.sign(r) * np.sqrt(np.maximum(2 * np.abs(r) - 1, 0))),
    "cauchy": lambda r: np.sign(r) * np.sqrt(np.log1p(r**2)),
}  # what residuals become, so that large ones count less


@dataclass(frozen=True)
class Fit:
    """A minimum. x (n,); residuals (m,); jacobian (m, n): of the residuals by x; evaluations."""

    x: np.ndarray
    residuals: np.ndarray
    jacobian: np.ndarray
    evaluations: int

    @property
    def misfit(self):
        """Root mean square of the residuals, in standard errors."""
        return float(np.sqrt(np.mean(filled(self.residuals) ** 2)))

    @property
    def cost(self):
        """Sum of the squared residuals."""
        return float(filled(self.residuals) @ filled(self.residuals))

    @property
    def covariance(self):
        """Covariance of x if residuals are in standard deviations, (J^T J)^-1; inf for what is not determined."""
        return covariance(self.jacobian)


def covariance(jacobian):
    """(J^T J)^-1 (n, n) of a jacobian (m, n); inf on the diagonal for what it does not determine."""
    _, s, v = np.linalg.svd(jacobian, full_matrices=False)
    if len(s) < jacobian.shape[1]:  # fewer residuals than parameters
        _, s, v = np.linalg.svd(np.vstack([jacobian, np.zeros((jacobian.shape[1] - len(s), jacobian.shape[1]))]))
    known = s > 1e-10 * max(s[0], 1e-300)
    found = (v[known].T / s[known] ** 2) @ v[known]
    unknown = (v[~known] ** 2).sum(axis=0) > 1e-12
    found[unknown, unknown] = np.inf
    return found


def descend(many, x, most=12, step=STEP, jacobian=None, sure=True, radius=0.25):
    """Minimise |r(x)|^2 within the bounds by a trust region; many(points (k, n)) -> residuals (k, m). Returns a Fit.

    Steps solve the linear least squares in a box about x that grows and shrinks with what they gain over what was
    expected. Each corrects the jacobian (m, n) by Broyden's formula; differences are taken anew where that is not good
    enough, with such steps that residuals change by about their standard error. It ends where no step promises to gain
    more than a small part of a standard error. jacobian: to begin with, if one is known; sure: end with one by
    differences at the minimum, long ones where it is loose, which has to confirm it; most: jacobians at most.
    """
    search = _Descent(many, np.clip(x, 0, 1), step, jacobian, radius)
    if jacobian is None:
        search.differences()
    while True:
        promised = search.promise()
        if promised < SMALL + GAINS * search.cost or search.radius < LEAST:
            if search.firm or not sure or (search.taken >= most and not search.fresh):
                break
            search.lengthen() if search.fresh else search.differences()
        elif not search.go() and not search.fresh:
            if search.taken >= most:
                break
            search.differences()
        elif search.steps > 6 * most:
            break
    if sure and not search.fresh:
        search.differences()
    if sure and not search.firm:
        search.lengthen()
    return Fit(search.x, search.raw, search.jacobian, search.count)


class _Descent:
    """Where a descent is. x, raw (residuals, nan if not known), jacobian; fresh: whether by differences here;
    firm: along its loose directions too."""

    def __init__(self, many, x, step, jacobian, radius):
        self.many, self.x, self.radius = many, x, radius
        self.step, self.strides = step, np.full(len(x), step)
        self.raw, self.count, self.taken, self.steps = many(x[None])[0], 1, 0, 0
        self.jacobian = None if jacobian is None else jacobian.copy()
        self.fresh = self.firm = False

    @property
    def cost(self):
        return float(filled(self.raw) @ filled(self.raw))

    def differences(self):
        """The jacobian by differences at x."""
        if self.jacobian is not None:
            change = np.sqrt((self.jacobian**2).mean(axis=0)) * self.step
            self.strides = self.step * np.clip(CHANGE / np.maximum(change, 1e-300), SHORTEST, 1.0)
        self.jacobian = jacobian_at(self.many, self.x, self.raw, self.strides)
        self.count, self.taken, self.fresh = self.count + len(self.x), self.taken + 1, True

    def lengthen(self):
        """Differences over longer ways along what the jacobian says is loose: noise makes it look firm."""
        self.jacobian, count = lengthened(self.many, self.x, self.raw, self.jacobian, self.strides)
        self.count, self.firm = self.count + count, True

    def promise(self):
        """What the next step promises to take off the cost."""
        self.way = bounded_step(self.jacobian, filled(self.raw), self.x, self.radius)
        ahead = filled(self.raw) + self.jacobian @ self.way
        return self.cost - float(ahead @ ahead)

    def go(self):
        """Take that step, if it gains; whether it was as good as promised."""
        residuals, promised = filled(self.raw), self.promise()
        point = np.clip(self.x + self.way, 0, 1)
        tried = self.many(point[None])[0]
        self.count, self.steps = self.count + 1, self.steps + 1
        new = filled(tried, worse(residuals))
        share = (self.cost - float(new @ new)) / promised
        size = np.abs(self.way).max()
        self.radius = 0.4 * size if share < 0.2 else max(self.radius, 2 * size) if share > 0.7 else self.radius
        if np.all(np.abs(self.way) < SHORT * self.strides):  # shows the noise of the runs, and nothing of the jacobian
            if share <= 0 and self.fresh:
                self.radius = 0.0
        else:
            same = np.isfinite(self.raw) & np.isfinite(tried)
            self.jacobian = corrected(self.jacobian, self.way, residuals, new, same)
        if share > 0:
            self.x, self.raw = point, tried
            self.fresh = self.firm = False
        return share > GOOD


def bounded_step(jacobian, residuals, x, radius):
    """The step (n,) within the bounds and a box of half width radius that solves the linear least squares.

    A step of the whole way between the bounds counts as one standard error more: what hardly matters stays where it is.
    """
    low, high = np.maximum(-x, -radius), np.minimum(1 - x, radius)
    damped = np.vstack([jacobian, np.eye(len(x))])
    wanted = np.concatenate([-residuals, np.zeros(len(x))])
    return np.clip(lsq_linear(damped, wanted, bounds=(low - 1e-12, high + 1e-12)).x, low, high)


def broyden(many, x, jacobian, most=6, radius=0.25):
    """Minimise |r(x)|^2 from x with a borrowed jacobian (m, n) that each step corrects by Broyden's formula.

    Steps solve the linear least squares within the bounds and a box of half width radius, which shrinks where the
    misfit grows. Returns a Fit; its jacobian is the corrected one.
    """
    jacobian, raw, count = jacobian.copy(), many(x[None])[0], 1
    residuals = filled(raw)
    while count < most:
        step = bounded_step(jacobian, residuals, x, radius)
        if np.all(np.abs(step) < np.minimum(NEAR, ERRORS * np.sqrt(np.diag(covariance(jacobian))))):
            break
        point = np.clip(x + step, 0, 1)
        tried = many(point[None])[0]
        count += 1
        new = filled(tried, worse(residuals))
        same = np.isfinite(raw) & np.isfinite(tried)
        jacobian = corrected(jacobian, step, residuals, new, same)
        gain = 1 - (new @ new) / max(residuals @ residuals, 1e-300)
        if gain <= 0:
            radius *= 0.3
            continue
        x, residuals, raw = point, new, tried
        if gain < FALLS:
            break
    return Fit(x, raw, jacobian, count)
