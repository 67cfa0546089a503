"""The distribution of the parameters: a chain (emcee) on a surrogate of the model, made from a stated number of runs.

The surrogate is quadratic in the parameters, in the quantities that the datasets compare; how well it reproduces the
runs that it was made from is told in standard errors of the data.
"""

from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from ecmsim.errors import ConfigError
from ecmsim.fitting.dataset import filled
from ecmsim.fitting.search import hypercube

WIDTH = 3.0  # standard errors around the best values in which the surrogate is made
MOST = 0.5  # of the way between the bounds, for what the data do not determine
SPARE = 1.5  # evaluations over the coefficients of the surrogate
BURNT = 0.25  # of the chain, which is left out


def require():
    """ConfigError unless what a posterior needs is installed."""
    for name in ("emcee", "corner"):
        if find_spec(name) is None:
            raise ConfigError(f"[posterior] needs {name}: pip install emcee corner, or ecmsim with its extra fit")


@dataclass(frozen=True)
class Chain:
    """samples (k, n): values of the parameters; runs: evaluations behind the surrogate; error: root mean square of what
    the surrogate misses, in standard errors of the data; accepted: share of the steps; independent: of the samples."""

    samples: np.ndarray
    runs: int
    error: float
    accepted: float
    independent: float


class Surrogate:
    """Quadratic in x about a point: predictions of each dataset."""

    def __init__(self, x, widths, points, predictions):
        """points (k, n), predictions: for each point a list of (p,) by dataset."""
        self.x, self.widths = x, widths
        terms = self._terms(np.asarray(points))
        self.coefficients = []
        for k in range(len(predictions[0])):
            values = np.array([prediction[k] for prediction in predictions])
            known = np.isfinite(values).all(axis=0)
            values = np.where(known, values, np.nan)
            found = np.full((terms.shape[1], values.shape[1]), np.nan)
            if known.any():
                found[:, known] = np.linalg.lstsq(terms, values[:, known], rcond=None)[0]
            self.coefficients.append(found)

    def _terms(self, points):
        z = (np.atleast_2d(points) - self.x) / self.widths
        pairs = [z[:, i] * z[:, j] for i in range(z.shape[1]) for j in range(i + 1)]
        return np.column_stack([np.ones(len(z)), z, *pairs])

    def __call__(self, x):
        """Predictions of each dataset at a point (n,)."""
        terms = self._terms(x)[0]
        return [terms @ coefficients for coefficients in self.coefficients]


def surrogate(evaluator, result, stage, count=None, seed=1):
    """The Surrogate about the best values of a Result, the points behind it, and what it misses of them."""
    n, errors = len(result.x), result.identified.errors
    widths = np.minimum(np.where(np.isfinite(errors), WIDTH * errors, MOST), MOST)
    coefficients = (n + 1) * (n + 2) // 2
    count = count or int(np.ceil(SPARE * coefficients)) + 2
    if count < coefficients:
        raise ConfigError(f"posterior.runs = {count}: must be at least {coefficients} for {n} parameters")
    low, high = np.maximum(result.x - widths, 0), np.minimum(result.x + widths, 1)
    points = [result.x, *(low + (high - low) * hypercube(n, count - 1, seed))]
    evaluations = evaluator.many(points, stage)
    made = Surrogate(result.x, widths, points, [item.predicted for item in evaluations])
    missed = []
    for item in evaluations:
        pairs = zip(evaluator.definition.datasets, made(item.x), strict=True)
        found = np.concatenate([dataset.residuals(predicted) for dataset, predicted in pairs])
        missed.append(found - item.residuals)
    missed = np.array(missed)
    return made, points, float(np.sqrt(np.nanmean(missed**2)))


def sample(evaluator, result, stage, options):
    """The Chain of a Result; options: the section [posterior]."""
    import emcee

    made, points, error = surrogate(evaluator, result, stage, options.runs, options.seed)
    datasets, space = evaluator.definition.datasets, evaluator.definition.space
    n = len(result.x)

    def log_probability(x):
        if not ((x >= 0) & (x <= 1)).all():
            return -np.inf
        predictions = made(x)
        with np.errstate(all="ignore"):
            found = [dataset.residuals(own) for dataset, own in zip(datasets, predictions, strict=True)]
        whole = np.concatenate([filled(np.concatenate(found)), space.priors(x)])
        return -0.5 * float(whole @ whole)

    walkers = max(options.walkers, 2 * n + 2)
    draw = np.random.default_rng(options.seed)
    spread = np.minimum(np.where(np.isfinite(result.identified.errors), result.identified.errors, MOST), MOST)
    start = result.x + 0.3 * spread * draw.standard_normal((walkers, n))
    start = np.where(
        (start < 0) | (start > 1), np.clip(result.x, 0.01, 0.99) + 0.01 * draw.uniform(-1, 1, start.shape), start
    )
    sampler = emcee.EnsembleSampler(walkers, n, log_probability)
    sampler.random_state = np.random.RandomState(options.seed).get_state()
    sampler.run_mcmc(start, options.steps)
    chain = sampler.get_chain(discard=int(BURNT * options.steps), flat=True)
    values = np.array([parameter.value(chain[:, k]) for k, parameter in enumerate(space.parameters)]).T
    steps = float(np.nanmax(sampler.get_autocorr_time(quiet=True, tol=0)))
    return Chain(values, len(points), error, float(sampler.acceptance_fraction.mean()), len(chain) / max(steps, 1.0))
