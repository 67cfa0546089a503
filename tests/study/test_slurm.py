"""A job array on a real Slurm of this machine: a task that is killed and requeued goes on to the same bytes."""

import shutil
import sys
import tempfile

import pandas as pd
import pytest
from helpers.local_slurm import ROOT, array_of, local_slurm, missing

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(missing()), reason=missing())]
STUDY = f"""
config = "{ROOT / "configs" / "quick.toml"}"
[set]
model = "reduced"
checkpoint.interval = "0.2 s"
[grid]
compliance.current = ["10 nA", "100 nA", "1 uA"]
"""


@pytest.fixture
def scratch():
    """A folder of a short path, which Slurm's sockets need."""
    folder = tempfile.mkdtemp(prefix="ecm")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_a_job_array_with_a_task_that_is_killed(scratch, tmp_path):
    (tmp_path / "study.toml").write_text(STUDY)
    command, out = f"{sys.executable} -m ecmsim", tmp_path / "out"
    with local_slurm(scratch) as slurm:
        array_of(slurm, command, tmp_path / "study.toml", out, cases=3, victim=1)
        array_of(slurm, command, tmp_path / "study.toml", tmp_path / "whole", cases=3, victim=None)
        told = (slurm.folder / "task_1.log").read_text()
    assert "resumed" in told
    assert pd.read_csv(out / "summary.csv").status.tolist() == ["finished"] * 3
    for case in sorted(out.glob("000*")):
        for name in ("timeseries.csv", "events.csv"):
            assert (case / name).read_bytes() == (tmp_path / "whole" / case.name / name).read_bytes()
