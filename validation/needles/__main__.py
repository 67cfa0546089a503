"""Writes validation/needles anew: python -m validation.needles [RUNS]

RUNS: folder of the runs (runs/needles); those that are lacking are made, in half an hour.
"""

import sys
from pathlib import Path

import pandas as pd

from ecmsim.study import folder
from validation.needles.numbers import table
from validation.needles.page import page
from validation.needles.picture import draw
from validation.needles.runs import DRAWN, make

HERE = Path(__file__).parent


def main(root="runs/needles", out=HERE):
    """Write needles.csv, needles.png and README.md from the runs below a root folder; returns the table of numbers."""
    root, out = Path(root), Path(out)
    make(root)
    found = table(root, DRAWN)
    folder.replace(out / "needles.csv", found.to_csv(index=False, float_format="%.6g"))
    draw(root, out / "needles.png")
    folder.replace(out / "README.md", page(committed(out)))
    return found


def committed(out=HERE):
    """The table as it was written."""
    return pd.read_csv(Path(out) / "needles.csv")


if __name__ == "__main__":
    main(*sys.argv[1:2])
