"""Single numbers of one run as a dataset: facts of a paper, or numbers of an evaluation, each with a tolerance."""

import numpy as np

from ecmsim.fitting.dataset import Dataset


class Facts(Dataset):
    """targets: tuple of targets.Target; source: whose they are. The tolerance is the standard error."""

    kind, unit_x, unit_y = "facts", "", ""

    def __init__(self, name, cases, weight, targets, source):
        super().__init__(name, cases, weight)
        self.targets, self.source = tuple(targets), source
        self.value = np.array([target.value for target in targets])
        self.error = np.array([target.tolerance for target in targets])

    def predict(self, runs):
        if runs[0] is None:
            return np.full(len(self.targets), np.nan)
        return np.array([target.measure(runs[0].run) for target in self.targets])

    def deviations(self, predicted):
        return (predicted - self.value) / self.error

    def table(self, predicted):
        return {
            "series": [f"{target.row} {target.name}" for target in self.targets],
            "x": [target.row for target in self.targets],
            "measured": list(self.value),
            "error": list(self.error),
            "modelled": list(predicted),
        }

    def curves(self, predicted):
        return [(np.arange(1.0, len(self.value) + 1), (predicted - self.value) / self.error)]
