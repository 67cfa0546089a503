"""What a finished fit says: values, errors, what is derived from them, and how well each dataset is met."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ecmsim.fitting.dataset import filled
from ecmsim.fitting.facts import Facts
from ecmsim.fitting.identify import Identified, identified
from ecmsim.fitting.search import Found

EDGE = 1e-3  # of the way between the bounds: nearer is at a bound
NUDGE = 1e-4  # of the way between the bounds: for the errors of what is derived


@dataclass(frozen=True)
class Result:
    """definition: of the fit; found: as search ends; counts: evaluations by model; trials, seconds: how many were made
    and their CPU time; chain: of the posterior (ecmsim.fitting.posterior.Chain), or None."""

    definition: object
    found: Found
    evaluations: list
    chain: object = None

    def __repr__(self):
        return f"<Result: {', '.join(self.names)}; {self.model} model, scatter {self.scatter:.3g}>"

    @property
    def model(self):
        """The model that the fit ends with."""
        return self.found.best.stage.model

    @property
    def parameters(self):
        return self.definition.space.parameters

    @property
    def names(self):
        return [parameter.name for parameter in self.parameters]

    @cached_property
    def identified(self) -> Identified:
        """What is determined and what is not."""
        return identified(self.names, self.found.jacobian, len(self.definition.space.with_prior))

    @property
    def x(self):
        return self.found.best.x

    @property
    def values(self):
        """Best values, (n,)."""
        return self.definition.space.values(self.x)

    @property
    def start(self):
        """Values at which the fit began, (n,)."""
        return self.definition.space.values(self.definition.space.start)

    @property
    def errors(self):
        """Standard errors of the values if those of the data are right, (n,); inf where nothing determines them."""
        slopes = np.abs(self.definition.space.slopes(self.x))
        errors = self.identified.errors
        return np.where(np.isfinite(errors), errors * slopes, np.inf)

    @property
    def freedom(self):
        """Residuals beyond the parameters."""
        return max(len(self.found.jacobian) - len(self.parameters), 1)

    @property
    def scatter(self):
        """Root of the reduced chi squared: 1 where the data scatter about the model as their errors say."""
        whole = self.found.best.whole
        return float(np.sqrt(whole @ whole / self.freedom))

    @property
    def derived(self):
        """(name, value, error, unit or None) of all that is derived, by linear propagation."""
        space, found = self.definition.space, []
        middle = space.formulas(self.x)
        known = np.isfinite(self.identified.errors)
        covariance = np.where(np.outer(known, known), self.identified.covariance, 0.0)
        gradients = {name: np.zeros(len(self.x)) for name in middle}
        for k in range(len(self.x)):
            step = NUDGE if self.x[k] + NUDGE <= 1 else -NUDGE
            moved = space.formulas(self.x + step * np.eye(len(self.x))[k])
            for name, value in moved.items():
                gradients[name][k] = (value - middle[name]) / step
        for item in space.derived:
            gradient = gradients[item.name]
            loose = bool((~known & (gradient != 0)).any())
            error = np.inf if loose else float(np.sqrt(max(gradient @ covariance @ gradient, 0.0)))
            found.append((item.name, middle[item.name], error, item.unit))
        return found

    def bound(self, k):
        """Whether a parameter ended at one of its bounds."""
        return bool(min(self.x[k], 1 - self.x[k]) < EDGE)

    @property
    def facts(self):
        """(dataset, before, after, rows of the jacobian) of each dataset of facts."""
        found, start = [], 0
        pairs = zip(self.definition.datasets, self.found.start.predicted, self.found.best.predicted, strict=True)
        for dataset, before, after in pairs:
            count = len(dataset.residuals(after))
            if isinstance(dataset, Facts):
                found.append((dataset, before, after, slice(start, start + count)))
            start += count
        return found

    def sensitivities(self, dataset, rows):
        """Change of each fact for one percent more of each parameter, (m, n), in the facts' units."""
        slopes = self.definition.space.slopes(self.x)
        with np.errstate(divide="ignore", invalid="ignore"):
            per_percent = 0.01 * self.values / slopes
        return self.found.jacobian[rows] * (dataset.error / np.sqrt(dataset.weight))[:, None] * per_percent

    def misfits(self, evaluation):
        """Root mean square of the residuals of each dataset, in standard errors, by name."""
        found, start = {}, 0
        for dataset, predicted in zip(self.definition.datasets, evaluation.predicted, strict=True):
            count = len(dataset.residuals(predicted))
            own = filled(evaluation.residuals[start : start + count]) / np.sqrt(dataset.weight)
            found[dataset.name] = float(np.sqrt(np.mean(own**2)))
            start += count
        return found

    @property
    def lost(self):
        """Trials that did not come to their end, by how they ended."""
        found = {}
        for evaluation in self.evaluations:
            for state, count in evaluation.states.items():
                if state != "finished":
                    found[state] = found.get(state, 0) + count
        return found
