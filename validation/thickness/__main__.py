"""Writes validation/thickness anew from runs of configs/studies/thickness.toml: python -m validation.thickness [RUNS]

RUNS: folder of the runs (runs/thickness). They are made, and gone on with where they were stopped, by
ecmsim sweep configs/studies/thickness.toml
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from ecmsim.study import Study, folder
from ecmsim.text import quantity
from validation.verdict import word

HERE = Path(__file__).parent
STUDY = HERE.parents[1] / "configs" / "studies" / "thickness.toml"
STRAIGHT = 0.98  # R² of ln t over the voltage, ours
ALIKE = 2.0  # longest over shortest time at one voltage, ours

SOURCE = (
    "C. Schindler, G. Staikov, R. Waser, *Electrode kinetics of Cu-SiO2-based resistive switching cells: Overcoming "
    "the voltage-time dilemma of electrochemical metallization memories*, Appl. Phys. Lett. 94, 072109 (2009)"
)
WHY = (
    "Electron transfer limits the growth, as those authors conclude, but a filament that grows at a given speed needs "
    "the longer the farther it has to go. They suspect a nucleation overpotential behind their threshold voltage; "
    "where [nucleation](../../docs/nucleus.md) takes most of the time, the time of the way does not show. No constants "
    "are known to us that would tell."
)


def times(study, root):
    """SET times, s, of a Study whose runs are below a root folder: DataFrame, voltage (V) over thickness (nm)."""
    table = study.summary(root)
    table = table[table["status"] == "finished"]
    return table.pivot(index="programme_0_to_V", columns="cell_layer_thickness_nm", values="time_set_s")


def straight(found):
    """R² of a straight line through ln t over the voltage, for each thickness, (n,)."""
    return np.array([np.corrcoef(found.index, np.log(found[thickness]))[0, 1] ** 2 for thickness in found])


def spread(found):
    """Longest over shortest SET time at each voltage, (k,)."""
    return (found.max(axis=1) / found.min(axis=1)).to_numpy()


def page(found):
    """The page as Markdown text."""
    lines = [
        f"| voltage | {' | '.join(f'{thickness:g} nm' for thickness in found)} |",
        "|---" * (found.shape[1] + 1) + "|",
    ]
    for voltage, row in found.iterrows():
        lines.append(f"| {voltage:g} V | {' | '.join(quantity(time, 's', 3) for time in row)} |")
    line, apart = straight(found).min(), spread(found)
    facts = [
        "| fact | tolerance (ours) | ecmsim | ground | |",
        "|---|---|---|---|---|",
        f"| the switching rate is exponential in the voltage | R² of ln t over V above {STRAIGHT} for each thickness | "
        f"{line:.4f} at least | predicted | {word(line > STRAIGHT)} |",
        "| it has no significant dependence on the thickness, 5 nm to 20 nm | SET times within a factor of "
        f"{ALIKE:g} at each voltage | {apart.min():.2g} to {apart.max():.2g} times as long | predicted | "
        f"{word(apart.max() < ALIKE)} |",
    ]
    parts = [
        "# SET time and thickness of the layer",
        f"Made by `python -m validation.thickness`; do not edit. What is known: {SOURCE}. The reference cell with "
        "other thicknesses, reduced model, a constant voltage until 10 µA flow (`configs/studies/thickness.toml`).",
        "\n".join(facts),
        "\n".join(lines),
        WHY,
    ]
    return "\n\n".join(parts) + "\n"


def main(root="runs/thickness", out=HERE):
    """Write thickness.csv and README.md from the runs below a root folder; returns the table of times."""
    found = times(Study.load(STUDY), Path(root))
    folder.replace(Path(out) / "thickness.csv", found.to_csv(float_format="%.6g"))
    folder.replace(Path(out) / "README.md", page(found))
    return found


def committed():
    """The committed table, as `times` gives it."""
    found = pd.read_csv(HERE / "thickness.csv", index_col=0)
    return found.rename(columns=float)


if __name__ == "__main__":
    main(*sys.argv[1:2])
