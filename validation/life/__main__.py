"""Writes validation/life anew from the runs of configs/studies/reset_series.toml: python -m validation.life [RUNS]

RUNS: folder of the runs (runs/reset_series). They are made, and gone on with where they were stopped, by
ecmsim sweep configs/studies/reset_series.toml
"""

import sys
from pathlib import Path

from ecmsim.study import Study, folder
from validation.life.compare import frame, lives
from validation.life.page import page
from validation.life.picture import draw

HERE = Path(__file__).parent
STUDY = HERE.parents[1] / "configs" / "studies" / "reset_series.toml"


def main(root="runs/reset_series", out=HERE):
    """Write life.csv, life.png and README.md from the runs below a root folder; returns the Lives."""
    found, out = lives(Study.load(STUDY), Path(root)), Path(out)
    table = frame(found)
    folder.replace(out / "life.csv", table.to_csv(index=False, float_format="%.6g"))
    draw(table, out / "life.png")
    folder.replace(out / "README.md", page(found))
    return found


if __name__ == "__main__":
    main(*sys.argv[1:2])
