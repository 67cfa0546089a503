"""Monotone smooth curves through points: piecewise cubics, continued with their tangents, many points at once."""

import numpy as np
from scipy.interpolate import CubicHermiteSpline, PchipInterpolator
from scipy.optimize import isotonic_regression


def monotone(values, weights=None, rising=True):
    """The monotone values (rows, n) nearest to some in the sense of least squares; weights (n,)."""
    return np.array([isotonic_regression(row, weights=weights, increasing=rising).x for row in values])


class Curves:
    """Several curves through the same abscissae, each monotone between its points and continuously differentiable.

    F. N. Fritsch and J. Butland's slopes (SIAM J. Sci. Stat. Comput. 5, 300 (1984); SciPy's PCHIP) at the inner
    points, given slopes at both ends, straight lines with these beyond. To stay monotone an end's slope must not exceed
    three times that of the chord beside it.
    x (n,) rising; y (rows, n); first, last: slopes (rows,) at the ends.
    """

    def __init__(self, x, y, first, last):
        self.x, self.y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        slopes = PchipInterpolator(self.x, self.y, axis=1)(self.x, 1)
        slopes[:, 0], slopes[:, -1] = first, last
        self.first, self.last = slopes[:, 0], slopes[:, -1]
        pieces = CubicHermiteSpline(self.x, self.y, slopes, axis=1).c  # (4, n - 1, rows), highest power first
        self._pieces = [np.ascontiguousarray(power.T).ravel() for power in pieces]

    def __call__(self, x, row=0):
        """Values and slopes at x (...) of the curves of these numbers (...)."""
        inside = np.clip(x, self.x[0], self.x[-1])
        cell = np.searchsorted(self.x[1:-1], inside, side="right")
        step = inside - self.x[cell]
        at = row * (len(self.x) - 1) + cell
        cubic, square, linear, constant = (power[at] for power in self._pieces)
        slope = linear + step * (2 * square + step * (3 * cubic))
        value = constant + step * (linear + step * (square + step * cubic))
        return value + slope * (x - inside), slope
