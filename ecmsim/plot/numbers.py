"""The numbers that a picture shows, as a CSV beside it: what an overlay needs to be drawn anew elsewhere.

One line for each point of each curve, with the panel and the name of the curve and the labels of the axes.
"""

import re

import numpy as np
from matplotlib.collections import PathCollection
from matplotlib.container import ErrorbarContainer
from matplotlib.patches import StepPatch

from ecmsim.errors import PlotError

COLUMNS = ("panel", "curve", "x", "y", "x_label", "y_label")
LEAST = 2  # points of a curve: what has fewer is a mark


def curves_of(axes):
    """Names, x and y, (n,), of the curves in an axes, in the order of drawing: lines, points, steps."""
    bars = {id(line) for item in axes.containers if isinstance(item, ErrorbarContainer) for line in item.lines[1]}
    found = []
    for line in axes.get_lines():
        if line.get_transform() == axes.transData and id(line) not in bars and len(line.get_xdata()) >= 1:
            found.append((_name(line), line.get_xdata(orig=False), line.get_ydata(orig=False)))
    for item in axes.collections:
        if isinstance(item, PathCollection) and len(item.get_offsets()):
            found.append((_name(item), *np.asarray(item.get_offsets()).T))
    for item in axes.patches:
        if isinstance(item, StepPatch):
            values, edges, _ = item.get_data()
            found.append((_name(item), 0.5 * (edges[1:] + edges[:-1]), values))
    return [
        (name, np.asarray(x, float), np.asarray(y, float)) for name, x, y in found if len(x) and np.isfinite(y).any()
    ]


def _name(artist):
    label = str(artist.get_label())
    return "" if label.startswith("_") else label


def write_numbers(figure, path):
    """Write the curves of a figure as a CSV; returns its path. Raises PlotError where it has none."""
    import pandas as pd

    tables = []
    panels = [axes for axes in figure.axes if axes.get_visible()]
    for number, axes in enumerate(panels):
        curves = curves_of(axes)
        unnamed = 0
        for name, x, y in curves:
            unnamed += not name
            rows = np.isfinite(x) & np.isfinite(y)
            values = (chr(97 + number), name or f"curve {unnamed}", x[rows], y[rows])
            table = pd.DataFrame(
                dict(zip(COLUMNS, (*values, _plain(axes.get_xlabel()), _plain(axes.get_ylabel())), strict=True))
            )
            tables.append(table)
    if not tables:
        raise PlotError(f"{path}: this picture has no curves whose numbers could be written: leave --csv out")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pd.concat(tables).to_csv(path, index=False)
    except OSError as error:
        raise PlotError(f"cannot write {path}: {error.strerror or error}; choose another place with --out") from error
    return path


def _plain(label):
    """A label without the marks of mathematics."""
    return re.sub(r"\\mathrm|[${}\\]", "", label)
