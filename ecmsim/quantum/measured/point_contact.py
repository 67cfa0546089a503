"""The quantum-point-contact model of Sune and Miranda: its current, and its parameters from a current over a voltage.

E. A. Miranda, C. Walczyk, C. Wenger and T. Schroeder, IEEE Electron Device Lett. 31, 609 (2010); X. Lian et al., J.
Appl. Phys. 115, 244507 (2014).
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.optimize import least_squares

from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.errors import MeasurementError

NOISE = 0.02  # of each current
LEAST = 1e-4  # of the largest current, which is the smallest that is weighed by its own size
FEWEST = 12  # samples
NAMES = ("N", "alpha", "Phi", "beta")
UNITS = {"N": "", "alpha": "/eV", "Phi": "eV", "beta": ""}
# In the coordinates ln N, ln alpha, Phi, beta: their ends, and the error from which on a parameter is not determined.
LOW, HIGH = np.array([np.log(1e-6), np.log(0.01), -5.0, 0.0]), np.array([np.log(1e6), np.log(1e3), 10.0, 1.0])
KNOWN = np.array([0.5, 0.5, 0.5, 0.25])
STARTS, BETAS = ((1.5, 5.0, 20.0), (-4.0, -0.5, 0.2, 0.8, 2.5)), (0.3, 0.7)  # alpha and Phi; beta
AS_GOOD = 9.5  # in chi^2: solutions no worse than this are not excluded (95 % for four parameters)
ELSEWHERE = 3.0  # standard errors from the best solution
SEARCHED = 2000  # samples with which minima are looked for
NOTHING = 1e6  # an error so large, over what would be too much, is none

HOW = {"bounds": (LOW, HIGH), "x_scale": KNOWN, "max_nfev": 400}


def current(voltage, N, alpha, Phi, beta):
    """I = (2e/h) N {eV + (1/alpha) ln[(1 + exp(alpha (Phi - beta eV)))/(1 + exp(alpha (Phi + (1 - beta) eV)))]} in A.

    voltage: V over the contact; N: of channels in parallel; alpha (1/eV): the thicker the barrier the larger; Phi (eV):
    top of the parabolic barrier above the Fermi level, negative where it is below and channels are open; beta: share
    of the voltage that falls on the side from which electrons come. 0 K, and one barrier for all channels.
    """
    V = np.asarray(voltage, dtype=float)
    barrier = np.logaddexp(0, alpha * (Phi - beta * V)) - np.logaddexp(0, alpha * (Phi + (1 - beta) * V))
    return CONDUCTANCE_QUANTUM * N * (V + barrier / alpha)


@dataclass(frozen=True)
class Fit:
    """The model as it fits a current over a voltage.

    values, errors: by NAMES, standard errors, inf where the data say nothing; known: by NAMES,
    whether the data determine it; at_end: names of those that ended at the end of their range; sizes (4,): errors of
    independent combinations of the parameters, each over what would be too much (KNOWN), the best known first, so that
    those above 1 are not determined; combinations (4, 4): the share of ln N, ln alpha, Phi and beta in each;
    scatter: root mean square distance of the currents, in units of `noise` of each; zero_bias, its error: conductance
    N/(1 + exp(alpha Phi)) at 0 V, G0; samples.
    """

    values: dict
    errors: dict
    known: dict
    at_end: tuple
    sizes: np.ndarray
    combinations: np.ndarray
    scatter: float
    zero_bias: float
    zero_bias_error: float
    samples: int

    @property
    def determined(self):
        """Of how many of the four combinations the data tell something."""
        return int((self.sizes <= 1).sum())


def fit(voltage, current_A, noise=NOISE):
    """The Fit of currents (n,) in A over voltages (n,) in V.

    Least squares with an error of `noise` times each current (of LEAST of the largest at least), scaled to the scatter
    that is found; from several beginnings, as the model has more than one minimum: J. M. M. Andrade et al., Phys. Rev.
    Applied 17, 034062 (2022), found that results depend on where a fit begins. Errors are those of the linearised
    model, and how far apart the solutions are that fit as well. Raises MeasurementError for too few
    samples, or voltages or currents that are all alike.
    """
    V, measured = np.asarray(voltage, dtype=float), np.asarray(current_A, dtype=float)
    if not (np.isfinite(noise) and 0 < noise <= 1):
        raise MeasurementError(f"noise = {noise:g}: a share of the current, more than 0 and at most 1")
    if len(V) < FEWEST or len(np.unique(V)) < FEWEST:
        raise MeasurementError(
            f"point contact: {len(V)} samples at {len(np.unique(V))} voltages are too few for four parameters (at "
            f"least {FEWEST} of each): choose a part with a sweep by --from and --to, or another cycle"
        )
    top = np.abs(measured).max()
    if not top > 0:
        raise MeasurementError("point contact: no current flows at any voltage")
    if np.sum(measured * V) <= 0:
        raise MeasurementError(
            "point contact: current and voltage have opposite signs: turn one, such as -c current.sign=-1"
        )
    weight = 1 / (noise * np.maximum(np.abs(measured), LEAST * top))

    def away(x, rows=slice(None)):
        model = current(V[rows], np.exp(x[0]), np.exp(x[1]), x[2], x[3])
        return weight[rows] * (model - measured[rows])

    part = (slice(None, None, max(1, len(V) // SEARCHED)),)  # enough to see where the minima are
    starts = []
    for alpha, Phi in product(*STARTS):
        begin = [_start(V[part], measured[part], weight[part], alpha, Phi, beta) for beta in BETAS]
        starts.append(min(begin, key=lambda x: float(np.sum(away(x, *part) ** 2))))
    tried = [least_squares(away, x, args=part, **HOW) for x in starts]
    first = min(tried, key=lambda found: found.cost)
    best = least_squares(away, first.x, **HOW)
    scale2 = 2 * best.cost / (len(V) - len(NAMES))
    more = [np.sum(away(found.x) ** 2) - 2 * best.cost for found in tried]
    others = [found.x for found, worse in zip(tried, more, strict=True) if worse <= AS_GOOD * scale2]
    return _described(best, others, np.sqrt(scale2), np.sqrt(np.mean(best.fun**2)), len(V))


def _start(V, measured, weight, alpha, Phi, beta):
    """Where a fit begins: N by linear least squares for the other parameters."""
    shape = current(V, 1.0, alpha, Phi, beta) * weight
    N = float(shape @ (weight * measured) / max(shape @ shape, 1e-300))
    x = np.array([np.log(max(N, 1e-5)), np.log(alpha), Phi, beta])
    return np.clip(x, LOW + 1e-6, HIGH - 1e-6)


def _described(best, others, scale, scatter, count):
    """The Fit of a solution of least_squares.

    others: coordinates of solutions that the data do not exclude; scale: of the residuals whose error was taken for 1.
    """
    N, alpha, Phi, beta = np.exp(best.x[0]), np.exp(best.x[1]), *best.x[2:]
    sizes = KNOWN.copy()
    sizes[2] = max(KNOWN[2] * abs(Phi), 0.1)
    _, singular, directions = np.linalg.svd(best.jac * sizes, full_matrices=False)
    lengths = np.minimum(scale / np.maximum(singular, 1e-300), NOTHING)
    covariance = (directions.T * lengths**2) @ directions
    # Solutions elsewhere, beyond the errors of this one: the linearised errors know nothing of them.
    steps = [(x - best.x) / sizes for x in others]
    apart = [step for step in steps if np.linalg.norm(directions @ step / lengths) > ELSEWHERE]
    if apart:
        covariance = covariance + np.mean([np.outer(step, step) for step in apart], axis=0)
    squares, combinations = np.linalg.eigh(covariance)
    relative = np.sqrt(np.diagonal(covariance))
    at_end = (best.x - LOW < 1e-4) | (HIGH - best.x < 1e-4)
    errors = np.where(relative < 0.1 * NOTHING, np.array([N, alpha, 1.0, 1.0]) * relative * sizes, np.inf)
    # At 0 V: N/(1 + exp(alpha Phi)), which all solutions have alike, so that its linearised error holds.
    closed = 1 / (1 + np.exp(np.clip(-alpha * Phi, -700, 700)))
    by = np.array([1.0, -closed * alpha * Phi, -closed * alpha, 0.0]) * sizes
    zero_bias = N * np.exp(-np.logaddexp(0, alpha * Phi))
    return Fit(
        dict(zip(NAMES, map(float, (N, alpha, Phi, beta)), strict=True)),
        dict(zip(NAMES, map(float, errors), strict=True)),
        {name: bool(size <= 1 and not end) for name, size, end in zip(NAMES, relative, at_end, strict=True)},
        tuple(name for name, end in zip(NAMES, at_end, strict=True) if end),
        np.sqrt(np.maximum(squares, 0.0)),
        combinations.T,
        float(scatter),
        float(zero_bias),
        float(zero_bias * np.linalg.norm((directions @ by) * lengths)),
        count,
    )
