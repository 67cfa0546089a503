"""Writes validation/models anew from the runs of configs/studies/models.toml: python -m validation.models [RUNS]

RUNS: folder of the runs (runs/models). They are made, and gone on with where they were stopped, by
ecmsim sweep configs/studies/models.toml
"""

import sys
from pathlib import Path

from ecmsim.study import Study, folder
from validation.models.compare import frame, pairs
from validation.models.page import page

HERE = Path(__file__).parent
STUDY = HERE.parents[1] / "configs" / "studies" / "models.toml"


def main(root="runs/models", out=HERE):
    """Write models.csv and README.md from the runs below a root folder; returns the Pairs."""
    found = pairs(Study.load(STUDY), Path(root))
    folder.replace(Path(out) / "models.csv", frame(found).to_csv(index=False))
    folder.replace(Path(out) / "README.md", page(found))
    return found


if __name__ == "__main__":
    main(*sys.argv[1:2])
