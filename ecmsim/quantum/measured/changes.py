"""Where a noisy trace changes: straight pieces with noise of their own, as many as the data pay for."""

from dataclasses import dataclass

import numpy as np

SHORTEST = 8  # samples of a piece
PARAMETERS = 4  # of a further piece: two of its line, its variance, its beginning
CANDIDATES = 4000  # at which a piece may begin; in longer traces every k-th sample, then the best one around


@dataclass(frozen=True)
class Piece:
    """Samples first to last (inclusive) around a straight line. rise: of the line, from the first to the last one."""

    first: int
    last: int
    rise: float


def pieces(values, noise, shortest=SHORTEST):
    """The Pieces of values (n,) taken at equal distances, in order; none where there are fewer than `shortest`.

    Minimises the sum over the pieces of -2 ln(likelihood) + 4 ln n: each piece is a straight line with Gaussian noise
    of its own size, `noise` (unit of the values) at least. The penalty is Schwarz's criterion for a piece's four
    parameters; that it finds the number of changes was shown by Y.-C. Yao, Stat. Probab. Lett. 6, 181 (1988), for
    regressions by J. Liu, S. Wu and J. V. Zidek, Statistica Sinica 7, 497 (1997). The minimum is found by dynamic
    programming (J. Bai and P. Perron, J. Appl. Econometrics 18, 1 (2003)), with the pruning of R. Killick, P. Fearnhead
    and I. A. Eckley, J. Am. Stat. Assoc. 107, 1590 (2012), which leaves it the minimum. Lines, since a trace creeps
    between its steps; noise of their own, since a conductance of 2 G0 is noisier than one of 0.1 G0 and some levels
    have telegraph noise.

    Noise is taken for independent from sample to sample: slow noise is cut into more pieces than there are levels.
    """
    values = np.asarray(values, dtype=float)
    n = len(values)
    if n < shortest:
        return []
    cost = _Cost(values, noise)
    step = max(1, -(-n // CANDIDATES))
    ends = np.append(np.arange(0, n - shortest + 1, step), n)
    starts = _best_starts(cost, ends, max(shortest, step), PARAMETERS * np.log(n))
    if step > 1:
        starts = _refined(cost, starts, n, step, shortest)
    bounds = [*starts, n]
    return [
        Piece(first, last - 1, float(cost.slope(first, last) * (last - first - 1)))
        for first, last in zip(bounds[:-1], bounds[1:], strict=True)
    ]


def _best_starts(cost, ends, shortest, penalty):
    """Where the pieces of the best partition begin; ends: where they may, and n."""
    best = np.full(len(ends), np.inf)  # of the part before each end
    before = np.zeros(len(ends), dtype=int)
    best[0] = -penalty
    open_, until = np.zeros(0, dtype=int), np.zeros(0)  # candidates (indices of ends), and where each is given up
    waiting = 0
    for k in range(1, len(ends)):
        while waiting < k and ends[k] - ends[waiting] >= shortest:
            if np.isfinite(best[waiting]):
                open_, until = np.append(open_, waiting), np.append(until, np.inf)
            waiting += 1
        open_, until = open_[until > ends[k]], until[until > ends[k]]
        if not len(open_):
            continue
        total = best[open_] + cost(ends[open_], ends[k])
        chosen = int(np.argmin(total))
        best[k], before[k] = total[chosen] + penalty, open_[chosen]
        # Worse than the best with one more piece, it stays so: from where that piece is long enough.
        until = np.where(total > best[k], np.minimum(until, ends[k] + shortest), until)
    starts, k = [], len(ends) - 1
    while k > 0:
        k = before[k]
        starts.append(int(ends[k]))
    return starts[::-1]


def _refined(cost, starts, n, step, shortest):
    """Each beginning moved to the best sample within a step of it."""
    starts = list(starts)
    for k in range(1, len(starts)):
        left, right = starts[k - 1], starts[k + 1] if k + 1 < len(starts) else n
        around = np.arange(max(starts[k] - step, left + shortest), min(starts[k] + step, right - shortest) + 1)
        if len(around):
            starts[k] = int(around[np.argmin(cost(left, around) + cost(around, right))])
    return starts


class _Cost:
    """-2 ln(likelihood) of lines through samples first to last - 1, but for a constant per sample."""

    def __init__(self, values, noise):
        values = values - np.median(values)
        at = np.arange(len(values)) - len(values) / 2
        self.least = float(noise) ** 2
        sums = [np.append(0.0, np.cumsum(part)) for part in (values, at * values, values**2)]
        self.y, self.xy, self.yy = sums
        self.half = len(values) / 2

    def _moments(self, first, last):
        n = last - first
        y = self.y[last] - self.y[first]
        centre = 0.5 * (first + last - 1) - self.half
        xy = self.xy[last] - self.xy[first] - centre * y
        return n, y, xy, np.maximum(n * (n * n - 1.0) / 12, 1e-300)

    def slope(self, first, last):
        """Of the line, per sample."""
        _, _, xy, xx = self._moments(first, last)
        return xy / xx

    def __call__(self, first, last):
        n, y, xy, xx = self._moments(first, last)
        variance = np.maximum((self.yy[last] - self.yy[first] - y * y / n - xy * xy / xx) / n, 0.0)
        most = np.maximum(variance, self.least)
        return n * (np.log(most) + variance / most)
