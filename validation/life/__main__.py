"""Writes validation/life anew from the runs of three studies: python -m validation.life [RUNS]

RUNS: folder of their folders (runs). They are made, and gone on with where they were stopped, by
ecmsim sweep configs/studies/reset_series.toml, reset_convergence.toml and reset_readings.toml.
"""

import sys
from pathlib import Path

from ecmsim.study import Study, folder
from validation.life.compare import frame, lives
from validation.life.page import page
from validation.life.picture import draw

HERE = Path(__file__).parent
STUDIES = HERE.parents[1] / "configs" / "studies"


def main(root="runs", out=HERE):
    """Write life.csv, life.png and README.md from the runs below a root folder; returns the Lives of both models."""
    names = ("reset_series", "reset_convergence", "reset_readings")
    found, *others = (lives(Study.load(STUDIES / f"{name}.toml"), Path(root) / name) for name in names)
    out, table = Path(out), frame(found)
    folder.replace(out / "life.csv", table.to_csv(index=False, float_format="%.6g"))
    draw(table, out / "life.png")
    folder.replace(out / "README.md", page(found, *others))
    return found


if __name__ == "__main__":
    main(*sys.argv[1:2])
