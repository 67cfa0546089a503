"""The picture of the life: peak of RESET against the compliance current, and its voltage against the resistance that it
begins with."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from ecmsim.plot import style

MARKS = {"full": "o", "reduced": "x"}


def draw(table, path):
    """Draw a DataFrame of `frame` into a PNG."""
    with plt.rc_context({"font.size": 8}):
        figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 2.9), layout="constrained")
        for model, part in table.groupby("model"):
            colour = style.GREY if model == "reduced" else None
            left.loglog(
                part["compliance_A"], part["I_RESET_A"].abs(), MARKS[model], color=colour, label=f"{model} model", ms=5
            )
            right.semilogx(part["R_LRS_ohm"], part["V_RESET_V"].abs(), MARKS[model], color=colour, ms=5)
        ends = [table["compliance_A"].min(), table["compliance_A"].max()]
        left.loglog(ends, ends, ":", color=style.GREY, lw=0.8)
        left.text(1e-6, 3e-6, r"$I_\mathrm{RESET} = I_\mathrm{CC}$", color=style.GREY, ha="right")
        left.set(xlabel="compliance current (A)", ylabel="largest current of RESET (A)")
        right.set(xlabel="LRS at 0.1 V (Ω)", ylabel="its voltage, or time at 1 V/s (V, s)", ylim=(0, 0.5))
        left.legend(frameon=False)
        figure.savefig(path, dpi=200)
        plt.close(figure)
