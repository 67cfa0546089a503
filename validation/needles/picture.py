"""The picture of two needles: outlines before and after, conductance under a current sweep and a SET, and atoms."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from ecmsim.results import open_run
from validation.needles.numbers import conductance


def draw(root, path):
    """Draw the runs below a folder into a PNG."""
    runs = {name: open_run(root / name) for name in ("current", "atoms1", "cycle_100uA", "cycle_400uA", "slow")}
    with plt.rc_context({"font.size": 8}):
        figure, axes = plt.subplots(1, 4, figsize=(10, 2.8), layout="constrained")
        _outlines(axes[0], runs["current"])
        for name, colour, label in (("current", "k", "mean"), ("atoms1", "C1", "whole atoms")):
            series = runs[name].timeseries
            axes[1].plot(1e6 * series.current_A, conductance(series), color=colour, lw=1, label=label)
        axes[1].set(xlabel="current (µA)", ylabel="G (G₀)", ylim=(0, 5), title="current sweep, 90 nA/s")
        axes[1].legend(frameon=False)
        for name, label in (("cycle_100uA", "100 µA"), ("cycle_400uA", "400 µA")):
            series = runs[name].timeseries
            rising = series[: int(np.argmax(series.source_voltage_V >= 1.5 - 1e-6)) + 1]
            axes[2].plot(rising.source_voltage_V, conductance(rising), lw=1, label=label)
        axes[2].set(xlabel="source (V)", ylabel="G (G₀)", xlim=(1.15, 1.5), title="SET, 0.2 V/s")
        axes[2].legend(frameon=False)
        slow = runs["slow"].timeseries
        axes[3].plot(slow.time_s, slow.contact_atoms, color="k", lw=1)
        axes[3].set(xlabel="time (s)", ylabel="atoms", ylim=(0, 20), title="2.6 mV/s up, then −4.5 mV/s")
        figure.savefig(path, dpi=200)
        plt.close(figure)


def _outlines(axes, run):
    """Both needles at the beginning and at the end."""
    for outline, style in ((run.outlines[0], "--"), (run.outlines[-1], "-")):
        for points, colour in ((outline.points, "C1"), (outline.electrode_points, "C0")):
            for side in (-1, 1):
                axes.plot(side * points[:, 0], points[:, 1], style, color=colour, lw=1)
    axes.set(xlim=(-5, 5), ylim=(7, 14), aspect="equal", xlabel="r (nm)", ylabel="z (nm)", title="before (- -), after")
