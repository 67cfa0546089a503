"""Pictures of a fit: each dataset with the model over it, the residuals, and the corners of the posterior."""

from pathlib import Path

import numpy as np

from ecmsim.fitting.curve import Curve
from ecmsim.fitting.facts import Facts
from ecmsim.fitting.tables import SetTimes, Table
from ecmsim.plot import style

NAMES = {
    "A": "Current",
    "V": "Voltage",
    "s": "Time",
    "ohm": "Resistance",
    "V/s": "Rate",
    "K": "Temperature",
    "nm": "Length",
}
HEIGHT = 72  # mm


def draw(result, folder, suffix=".svg"):
    """Draw all pictures of a Result into a folder; returns (path, title, caption) of each."""
    folder, drawn = Path(folder), []
    folder.mkdir(parents=True, exist_ok=True)
    start, best, full = result.found.start, result.found.best, result.found.full
    for k, dataset in enumerate(result.definition.datasets):
        lines = [("start", start.predicted[k], {"color": style.GREY, "lw": 0.9, "ls": "--"})]
        lines.append((f"fit, {best.stage.model} model", best.predicted[k], {"color": style.BLUE, "lw": 1.3}))
        if full is not None and full is not best:
            lines.append(("full model", full.predicted[k], {"color": style.VERMILION, "lw": 1.0, "ls": ":"}))
        path = folder / f"dataset_{k + 1}{suffix}"
        with style.picture(path, style.PAGE_MM, HEIGHT) as figure:
            left, right = figure.subplots(1, 2, width_ratios=[1.5, 1])
            _overlay(left, dataset, lines)
            _residuals(right, dataset, best.predicted[k])
            style.panel_letter(left, "a")
            style.panel_letter(right, "b")
        caption = (
            "What is known (marks) and the model (lines); right: the residuals at the best values, in standard errors."
        )
        drawn.append((path, dataset.name, caption))
    if result.chain is not None:
        drawn.append(_corner(result, folder / f"corner{suffix}"))
    return drawn


def _label(unit):
    name = NAMES.get(unit, "")
    return f"{name} ({unit.replace('ohm', 'Ω')})".strip() if unit else name


def _overlay(axes, dataset, lines):
    if isinstance(dataset, Curve):
        size = np.maximum(np.abs(dataset.current), 0.3 * dataset.floor)
        axes.plot(
            dataset.voltage, size, "o", ms=2, mfc="none", mew=0.5, color=style.BLACK, label=dataset.name, zorder=2
        )
        for name, predicted, look in lines:
            for part, (v, a) in enumerate(dataset.curves(predicted)):
                shown = np.isfinite(v) & np.isfinite(a) & (np.abs(v) <= 1.001 * np.abs(dataset.voltage).max())
                axes.plot(v[shown], a[shown], label=None if part else name, zorder=3, **look)
        axes.set(yscale="log", xlabel="Voltage (V)", ylabel="|Current| (A)", ylim=(0.2 * dataset.floor, None))
    elif isinstance(dataset, Facts):
        at = np.arange(1, len(dataset.targets) + 1)
        axes.axvspan(-1, 1, color=style.GREY, alpha=0.25, lw=0)
        for name, predicted, look in lines:
            axes.plot((predicted - dataset.value) / dataset.error, at, "o", color=look["color"], label=name)
        axes.set_yticks(at, [target.name for target in dataset.targets])
        axes.set(xlabel="Deviation over tolerance", ylim=(len(at) + 0.5, 0.5))
    else:
        switched = dataset.switched if isinstance(dataset, SetTimes) else np.ones(len(dataset.x), bool)
        error = dataset.error * np.abs(dataset.y) if dataset.log else np.full(len(dataset.y), dataset.error)
        axes.errorbar(dataset.x[switched], dataset.y[switched], error[switched], fmt="o", ms=3.5, lw=0.8,
                      color=style.BLACK, label=dataset.name)  # fmt: skip
        if not switched.all():
            axes.plot(
                dataset.x[~switched], dataset.y[~switched], "^", mfc="none", color=style.BLACK, label="did not switch"
            )
        for name, predicted, look in lines:
            for x, y in dataset.curves(predicted):
                axes.plot(x, y, marker=".", label=name, **look)
        axes.set(xlabel=_label(dataset.unit_x), ylabel=_label(dataset.unit_y))
        if dataset.log:
            axes.set_yscale("log")
        if len(dataset.x) > 1 and dataset.x.min() > 0 and dataset.x.max() > 20 * dataset.x.min():
            axes.set_xscale("log")
    axes.legend(loc="best", fontsize=6)


def _residuals(axes, dataset, predicted):
    """Of a table or a curve over their x; of points in a rise over the measured voltage."""
    rows, found = dataset.table(predicted), dataset.deviations(predicted)
    axes.axhspan(-1, 1, color=style.GREY, alpha=0.25, lw=0)
    axes.axhline(0, color=style.BLACK, lw=0.5)
    if isinstance(dataset, Curve):
        rise = np.array([name.endswith("rise") for name in rows["series"]])
        x = np.where(rise, rows["measured"], rows["x"])
        axes.plot(x[~rise], found[~rise], "o", ms=2.5, color=style.BLUE, label="current")
        axes.plot(x[rise], found[rise], "s", ms=2.5, color=style.VERMILION, label="voltage of the rise")
        axes.set_xlabel("Voltage (V)")
        axes.legend(loc="best", fontsize=6)
    else:
        x = np.asarray(rows["x"], float)
        axes.plot(x, found, "o", color=style.BLUE)
        axes.set_xlabel(_label(dataset.unit_x) if isinstance(dataset, Table) else "Row")
        if len(x) > 1 and x.min() > 0 and x.max() > 20 * x.min():
            axes.set_xscale("log")
    axes.set_ylabel("Residual (standard errors)")


def _corner(result, path):
    import corner
    import matplotlib
    from matplotlib.figure import Figure

    samples = result.chain.samples[:: max(len(result.chain.samples) // 20_000, 1)]
    labels = [
        f"{p.name.rpartition('.')[2].replace('_', ' ')}{f' ({p.unit})' if p.unit else ''}" for p in result.parameters
    ]
    size = min(40 * len(labels) + 20, 2 * style.PAGE_MM) / 25.4
    with matplotlib.rc_context(style.SETTINGS):
        figure = Figure(figsize=(size, size))
        corner.corner(samples, labels=labels, fig=figure, truths=result.values, truth_color=style.VERMILION,
                      quantiles=[0.16, 0.5, 0.84], bins=30, smooth=1.0)  # fmt: skip
        figure.savefig(path)
    caption = (
        f"Chain of emcee on a surrogate from {result.chain.runs} evaluations, which it misses by "
        f"{result.chain.error:.2g} standard errors of the data (root mean square); some {result.chain.independent:.0f} "
        "independent samples. Dashed: median and 68 %; red: best values."
    )
    return path, "Posterior", caption
