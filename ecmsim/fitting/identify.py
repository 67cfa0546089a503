"""What the data determine and what they do not: standard errors, correlations, and directions without an answer."""

from dataclasses import dataclass

import numpy as np

from ecmsim.fitting.least_squares import covariance

UNIFORM = 12**-0.5  # of the way between the bounds: the standard deviation of a parameter of which nothing is known
INFLUENCE = 0.1  # standard errors by which the whole way between the bounds changes the data, all together, at least
SHOWN = 0.2  # share of a direction from which a parameter is named in it


@dataclass(frozen=True)
class Identified:
    """names (n,); errors (n,): standard errors of x, with the priors; alone (n,): of the data alone; correlations
    (n, n); singular (n,), directions (n, n): of the data's jacobian, rows by falling singular value; verdicts (n,)."""

    names: tuple
    covariance: np.ndarray
    errors: np.ndarray
    alone: np.ndarray
    correlations: np.ndarray
    singular: np.ndarray
    directions: np.ndarray
    verdicts: tuple

    @property
    def undetermined(self):
        """Names of the parameters that the data do not determine."""
        return [name for name, verdict in zip(self.names, self.verdicts, strict=True) if verdict != "determined"]

    @property
    def loose(self):
        """Directions that the data leave open within the bounds, as texts, the loosest last."""
        found = []
        for value, direction in zip(self.singular, self.directions, strict=True):
            if value < 1 / UNIFORM:
                named = [(part, name) for part, name in zip(direction, self.names, strict=True) if abs(part) > SHOWN]
                sign = np.sign(max(named, key=lambda item: abs(item[0]))[0])
                found.append(" ".join(f"{sign * part:+.2f} {name}" for part, name in named))
        return found


def identified(names, jacobian, priors):
    """The Identified of a jacobian (m + k, n) whose last `priors` rows are those of the priors."""
    n = len(names)
    data = jacobian[: len(jacobian) - priors]
    whole, alone = covariance(jacobian), covariance(data)
    errors = np.sqrt(np.diag(whole))
    with np.errstate(invalid="ignore", divide="ignore"):
        correlations = whole / np.outer(errors, errors)
    correlations = np.where(np.isfinite(correlations), correlations, 0.0)
    np.fill_diagonal(correlations, 1.0)
    padded = np.vstack([data, np.zeros((max(n - len(data), 0), n))])
    _, singular, directions = np.linalg.svd(padded, full_matrices=False)
    own = np.sqrt(np.diag(alone))
    verdicts = []
    for k in range(n):
        if np.linalg.norm(data[:, k]) < INFLUENCE:
            verdicts.append("without influence")
        elif not own[k] < UNIFORM:
            verdicts.append("not determined")
        else:
            verdicts.append("determined")
    return Identified(tuple(names), whole, errors, own, correlations, singular, directions, tuple(verdicts))
