"""The picture of the front: what linearity of regime B costs, and the currents of the sets, in the same colours."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from ecmsim.plot import style
from ecmsim.results.measures import column, rising


def draw(found, runs, path):
    """Draw Points, and the current of each run on its way from 1 to 200 µA, into a PNG."""
    with plt.rc_context({"font.size": 8}):
        figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 2.9), layout="constrained")
        colours = plt.get_cmap("viridis")(np.linspace(0, 0.85, len(found)))
        for each, colour in zip(found, colours, strict=True):
            begins = each.values["C begins"]
            seen = np.isfinite(begins)
            left.plot(each.lead, 1e6 * begins if seen else 1e3, "o" if seen else "x", color=colour)
            run = runs[each.name]
            part = rising(run)
            time, current = column(run, "time_s")[part], 1e6 * column(run, "current_A")[part]
            start = time[np.argmax(current > 1)]
            right.plot(1e3 * (time - start), current, color=colour, label=each.name)
        left.axvline(0, color=style.GREY, lw=0.8)
        left.axhspan(50, 200, color="0.9")
        left.set(
            xlabel="R² linear − R² exponential, 1-50 µA",
            ylabel="C begins (µA); ×: no regime C",
            yscale="log",
            ylim=(50, 1500),
        )
        right.set(xlabel="time after 1 µA (ms)", ylabel="current (µA)", ylim=(0, 200), xlim=(0, 200))
        right.legend(frameon=False)
        figure.savefig(path, dpi=200)
        plt.close(figure)
