"""Monotone smooth curves through points: piecewise cubics, continued with their tangents, many points at once."""

import numpy as np


def monotone(values, weights=None, rising=True):
    """The monotone values (rows, n) nearest to some in the sense of least squares; weights (n,).

    Pooling adjacent violators: neighbours in the wrong order are replaced by their weighted mean, until there are none
    (M. Ayer et al., Ann. Math. Stat. 26, 641 (1955); the order does not matter, the result is unique).
    """
    values = np.asarray(values, dtype=float)
    weights = np.ones(values.shape[-1]) if weights is None else np.asarray(weights, dtype=float)
    sign = 1 if rising else -1
    return sign * np.array([_pooled(sign * row, weights) for row in values])


def _pooled(row, weights):
    """The rising values (n,) nearest to a row."""
    blocks = []  # mean, weight, count
    for mean, weight in zip(row, weights, strict=True):
        count = 1
        while blocks and blocks[-1][0] >= mean:
            other, its, number = blocks.pop()
            mean, weight, count = (other * its + mean * weight) / (its + weight), its + weight, number + count
        blocks.append((mean, weight, count))
    means, _, counts = zip(*blocks, strict=True)
    return np.repeat(means, counts)


def inner_slopes(x, y):
    """Slopes (rows, n - 2) of monotone cubics at the inner points; x (n,) rising, y (rows, n).

    The weighted harmonic mean of the chords on both sides, 3 (h + k)/((2 k + h)/c + (2 h + k)/d) with chord c over the
    length h before the point and d over k after it; 0 where these differ in sign, so that no curve overshoots. F. N.
    Fritsch and J. Butland, SIAM J. Sci. Stat. Comput. 5, 300 (1984), as in PCHIP: F. N. Fritsch and R. E. Carlson, SIAM
    J. Numer. Anal. 17, 238 (1980).
    """
    length = np.diff(x)
    chords = np.diff(y, axis=-1) / length
    before, after, h, k = chords[..., :-1], chords[..., 1:], length[:-1], length[1:]
    same = before * after > 0
    c, d = np.where(same, before, 1), np.where(same, after, 1)
    return np.where(same, 3 * (h + k) / ((2 * k + h) / c + (2 * h + k) / d), 0)


class Curves:
    """Several curves through the same abscissae, each monotone between its points and continuously differentiable.

    inner_slopes() at the inner points, given slopes at both ends, straight lines with these beyond. To stay monotone an
    end's slope must not exceed three times that of the chord beside it.
    x (n,) rising; y (rows, n); first, last: slopes (rows,) at the ends.
    """

    def __init__(self, x, y, first, last):
        self.x, self.y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        slopes = np.empty(self.y.shape)
        slopes[:, 1:-1] = inner_slopes(self.x, self.y)
        slopes[:, 0], slopes[:, -1] = first, last
        # Hermite's cubic of each piece, in powers of the distance from its beginning.
        length, left, right = np.diff(self.x), slopes[:, :-1], slopes[:, 1:]
        chord = np.diff(self.y, axis=1) / length
        square, cubic = (3 * chord - 2 * left - right) / length, (left + right - 2 * chord) / length**2
        self._pieces = [power.ravel() for power in (cubic, square, left, self.y[:, :-1])]  # highest first

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
