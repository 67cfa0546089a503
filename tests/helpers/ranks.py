"""Several MPI ranks on a busy machine.

A rank that waits for another one spins. Beside another process there is no core for all of them, and each message costs
a time slice: ten times as long for a run. On one core a rank that waits gives way to the one it waits for at once.
"""

import os
import shutil

import pytest

from helpers.paths import ROOT

ENVIRONMENT = os.environ | {"OMPI_MCA_mpi_yield_when_idle": "1", "PYTHONPATH": str(ROOT)}
needs_mpirun = pytest.mark.skipif(shutil.which("mpirun") is None, reason="there is no mpirun here")


def launcher(ranks):
    """The beginning of a command line for so many ranks, all on one core; workers of pytest-xdist take their own."""
    if ranks == 1:
        return []
    cores, worker = sorted(os.sched_getaffinity(0)), os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    pinned = ["taskset", "-c", str(cores[int(worker) % len(cores)])] if shutil.which("taskset") else []
    return [*pinned, "mpirun", "--bind-to", "none", "-n", str(ranks)]
