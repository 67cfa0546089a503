"""The picture: three current sweeps, and the histograms of three metals beside what is measured."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from ecmsim.plot import style
from validation.atoms.circuit import RATE


def draw(traces, histograms, measured, path):
    """Draw some Traces and the Histogram of each metal, with measured positions (G0) by metal, into a PNG."""
    with plt.rc_context({"font.size": 8}):
        figure, (left, *right) = plt.subplots(
            1, 1 + len(histograms), figsize=(7.2, 2.4), layout="constrained", width_ratios=[1.6, *[1] * len(histograms)]
        )
        for trace, colour in zip(traces, plt.get_cmap("viridis")([0.0, 0.4, 0.75]), strict=False):
            left.plot(1e6 * RATE * trace.time, trace.conductance, lw=0.7, color=colour)
        left.set(xlabel="Current (µA)", ylabel=r"$G/G_0$", xlim=(0, 20), ylim=(0, None))
        for axes, (metal, found) in zip(right, histograms.items(), strict=True):
            axes.stairs(100 * found.shares, found.edges, fill=True, color="0.75")
            for position, _ in found.peaks:
                axes.axvline(position, color=style.BLUE, lw=0.9)
            for position in measured[metal]:
                axes.axvline(position, color=style.BLACK, lw=0.9, ls=":")
            axes.set(title=metal, xlabel=r"$G/G_0$", xlim=(0, 6))
        right[0].set_ylabel("Samples (%)")
        figure.savefig(path, dpi=200)
        plt.close(figure)
