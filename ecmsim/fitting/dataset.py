"""What a dataset is: the runs that it needs, what they predict, and how far that is from what is known."""

from dataclasses import dataclass

import numpy as np

FAR = 10.0  # residual, in standard errors, of what a run does not show because it failed or never came to it


@dataclass(frozen=True)
class Case:
    """One run that a dataset needs.

    overrides: texts "key=value" on top of the configuration; enough: |current| (A) at which it may end, or None;
    outlines: whether its history is read; until: s, where it may end, or None.
    """

    name: str
    overrides: tuple = ()
    enough: float | None = None
    outlines: bool = False


class Dataset:
    """What is known, and what a run has in its place.

    name, kind; weight: of its squared residuals; cases: tuple of Case; unit_x, unit_y: of its table; series: the
    name of each residual's group.
    """

    kind = ""
    unit_x = unit_y = ""

    def __init__(self, name, cases, weight=1.0):
        self.name, self.cases, self.weight = name, tuple(cases), float(weight)

    def predict(self, runs):
        """What the runs of its cases (a Run each, or None where one has left nothing) predict, (p,): nan where
        they show no such thing. In a form in which small changes of a cell make small changes."""
        raise NotImplementedError

    def deviations(self, predicted):
        """Residuals (m,) in standard errors of a prediction (p,), positive where the model has more; nan where it is
        not known."""
        raise NotImplementedError

    def residuals(self, predicted):
        """The same times the root of the weight."""
        return np.sqrt(self.weight) * self.deviations(predicted)

    def table(self, predicted):
        """Lists of equal length by name: series, x, measured, error, modelled, of each residual."""
        raise NotImplementedError

    def curves(self, predicted):
        """What to draw of a prediction: (x, y) lines, in the units of its picture."""
        raise NotImplementedError


def filled(residuals, far=FAR):
    """Residuals with `far` (one, or (m,)) in place of what is not known."""
    return np.where(np.isfinite(residuals), residuals, far)


def worse(residuals):
    """What counts in place of residuals (m,) that are not known any more: they are not the better for that."""
    return np.maximum(FAR, 2 * np.abs(filled(residuals)))
