"""Rows and outlines of a run that tell by their numbers where they belong."""

import numpy as np

from ecmsim.results import COLUMNS

CONFIG = 'title = "test"\n[compliance]\nkind = "ideal"\ncurrent = "1 mA"\n'


def row(step, **changes):
    """A row whose every number tells the step and the column."""
    values = {name: step + k / 7 for k, name in enumerate(COLUMNS)}
    values |= {"bodies": 2, "newton_iterations": 3, "vertices": 100, "remesh": 0, "cycle": 1, "pulse": 0, "read": 0}
    return values | changes


def outline_of(step):
    points = np.linspace([0, 0.1 * (step + 1)], [1, 0], 20 + step % 5)
    return points, np.array([[0, 10.0 + step], [25, 10.0]])
