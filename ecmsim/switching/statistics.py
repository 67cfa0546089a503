"""Statistics of cells and cycles: ranks, fits of normal, lognormal and Weibull distributions, tests of bits."""

from dataclasses import dataclass

import numpy as np

LEAST = 5  # values that are worth a fit
SEED = 20250101  # of the bootstrap: the same picture each time
INNER = 0.95  # share of the resamples between the bounds of a band


def ranks(count, missing=0):
    """Cumulative shares of sorted values, (count,), by Benard's (k - 0.3)/(n + 0.4); missing: values beyond all."""
    return (np.arange(1, count + 1) - 0.3) / (count + missing + 0.4)


@dataclass(frozen=True)
class NormalFit:
    """mean and sigma of values, or of their natural logarithms where log is set; each with its standard error;
    resampled: (mean, sigma) of each resample, (m, 2); span: smallest and largest value."""

    mean: float
    sigma: float
    errors: tuple
    log: bool
    resampled: np.ndarray
    span: tuple

    def words(self):
        """The fit as text."""
        if self.log:
            return f"lognormal, median {np.exp(self.mean):.4g}, sigma(ln) {self.sigma:.3g} ± {self.errors[1]:.2g}"
        return f"normal, mean {self.mean:.4g} ± {self.errors[0]:.2g}, sigma {self.sigma:.3g} ± {self.errors[1]:.2g}"

    def curve(self, points=200):
        """Values, their cumulative shares by the fit, and the bounds of its band, (points,) each."""
        from scipy.stats import norm

        low, high = (np.log(self.span) if self.log else np.array(self.span)).tolist()
        margin = 0.15 * (high - low)
        grid = np.linspace(low - margin, high + margin, points)
        shares = norm.cdf((grid - self.resampled[:, :1]) / self.resampled[:, 1:])
        bounds = np.percentile(shares, _bounds(), axis=0)
        middle = norm.cdf((grid - self.mean) / self.sigma)
        return (np.exp(grid) if self.log else grid), middle, *bounds


def fit_normal(values, log=False, resamples=500):
    """The NormalFit of values (n,), or of their logarithms; None for fewer than LEAST, or where all are the same."""
    values = np.asarray(values, float)
    seen = np.log(values) if log else values
    if len(seen) < LEAST or not np.ptp(seen) > 0:
        return None
    drawn = _resampled(seen, resamples)
    found = np.stack([drawn.mean(axis=1), drawn.std(axis=1, ddof=1)], axis=1)
    found = found[found[:, 1] > 0]
    errors = tuple(found.std(axis=0).tolist())
    span = (float(values.min()), float(values.max()))
    return NormalFit(float(seen.mean()), float(seen.std(ddof=1)), errors, log, found, span)


@dataclass(frozen=True)
class WeibullFit:
    """F(x) = 1 - exp(-(x/scale)^shape), each with its standard error; resampled: (shape, scale) of each resample,
    (m, 2); span: smallest and largest value."""

    shape: float
    scale: float
    errors: tuple
    resampled: np.ndarray
    span: tuple

    def words(self):
        """The fit as text."""
        return (
            f"Weibull, shape {self.shape:.3g} ± {self.errors[0]:.2g}, scale {self.scale:.4g} ± {self.errors[1]:.2g} "
            "(standard errors)"
        )

    def curve(self, points=200):
        """Values, ln(-ln(1 - F)) by the fit, and the bounds of its band, (points,) each."""
        low, high = np.log(self.span)
        margin = 0.1 * (high - low)
        grid = np.linspace(low - margin, high + margin, points)
        lines = self.resampled[:, :1] * (grid - np.log(self.resampled[:, 1:]))
        return np.exp(grid), self.shape * (grid - np.log(self.scale)), *np.percentile(lines, _bounds(), axis=0)


def fit_weibull(values, missing=0, resamples=500):
    """The WeibullFit by maximum likelihood of values (n,) > 0; missing: how many more are known to be larger than the
    largest of them (right-censored there). None for fewer than LEAST, or where all are the same."""
    values = np.asarray(values, float)
    if len(values) < LEAST or not np.ptp(values) > 0:
        return None
    every = np.concatenate([values, np.full(missing, values.max())])
    seen = np.append(np.ones(len(values), bool), np.zeros(missing, bool))
    shape, scale = _weibull(every, seen)
    generator, found = np.random.default_rng(SEED), []
    for _ in range(resamples):
        rows = generator.integers(0, len(every), len(every))
        if seen[rows].sum() >= 2 and np.ptp(every[rows][seen[rows]]) > 0:
            found.append(_weibull(every[rows], seen[rows]))
    found = np.array(found)
    return WeibullFit(
        shape, scale, tuple(found.std(axis=0).tolist()), found, (float(values.min()), float(values.max()))
    )


def _weibull(values, seen):
    """Shape and scale of the largest likelihood; seen: (n,), False where a value is only known to be larger."""
    from scipy.optimize import brentq

    logs = np.log(values)
    logs = logs - logs.max()
    mean = logs[seen].mean()

    def slope(shape):
        weight = np.exp(shape * logs)
        return 1 / shape + mean - (weight * logs).sum() / weight.sum()

    low, high = 1e-3, 1.0
    while slope(high) > 0 and high < 1e6:
        high *= 2
    shape = brentq(slope, low, high, rtol=1e-10)
    scale = (np.exp(shape * logs).sum() / seen.sum()) ** (1 / shape) * values.max()
    return float(shape), float(scale)


def _resampled(values, count):
    """Resamples of values (n,) with replacement, (count, n)."""
    generator = np.random.default_rng(SEED)
    return values[generator.integers(0, len(values), (int(count), len(values)))]


def _bounds():
    return 50 * (1 - INNER), 50 * (1 + INNER)


@dataclass(frozen=True)
class Bits:
    """A sequence of bits (n,): ones: their share; entropy: of a bit by that share; runs: deviation of the number of
    runs from that of independent bits, in its standard deviations; neighbours: correlation of a bit with the last."""

    bits: np.ndarray
    ones: float
    entropy: float
    runs: float
    neighbours: float

    def words(self):
        """The index as lines of text."""
        count = len(self.bits)
        error = np.sqrt(self.ones * (1 - self.ones) / count)
        return [
            f"{count} bits, {self.ones:.3f} ± {error:.3f} ones, entropy {self.entropy:.4f} a bit",
            f"runs {self.runs:+.2f} standard deviations from independent bits (beyond 2 is suspicious), "
            f"correlation of neighbours {self.neighbours:+.3f} ± {1 / np.sqrt(count):.3f}",
        ]


def bits_of(bits):
    """The Bits of a sequence of 0 and 1, (n,); nan where all are the same."""
    bits = np.asarray(bits, int)
    count, ones = len(bits), float(bits.mean()) if len(bits) else np.nan
    if count < 2 or ones in (0.0, 1.0):
        return Bits(bits, ones, 0.0, np.nan, np.nan)
    entropy = -(ones * np.log2(ones) + (1 - ones) * np.log2(1 - ones))
    n1, n0 = bits.sum(), count - bits.sum()
    expected = 1 + 2 * n1 * n0 / count
    variance = (expected - 1) * (expected - 2) / (count - 1)
    found = 1 + int((np.diff(bits) != 0).sum())
    runs = (found - expected) / np.sqrt(variance) if variance > 0 else np.nan
    varies = np.ptp(bits[1:]) and np.ptp(bits[:-1])
    neighbours = float(np.corrcoef(bits[1:], bits[:-1])[0, 1]) if varies else np.nan
    return Bits(bits, ones, float(entropy), float(runs), neighbours)
