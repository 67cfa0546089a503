"""Several MPI ranks on a busy machine.

A rank that waits for another one spins. Beside another process there is no core for all of them, and each message costs
a time slice: ten times as long for a run. On one core a rank that waits gives way to the one it waits for at once.
"""

import os
import shutil

import numpy as np
import pandas as pd
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


FLOORS = {  # what is below is round-off
    "tunnel_current_A": 1e-16,
    "junction_voltage_V": 1e-9,
    "heat_W": 1e-16,
    "charge_imbalance": 1e-8,
    "power_imbalance": 1e-8,
    "faraday_error": 1e-6,
}


def assert_same_series(folder, wanted, relative=1e-8):
    """Two time series, column by column; returns the one that is wanted."""
    one, other = (pd.read_csv(path / "timeseries.csv", float_precision="round_trip") for path in (wanted, folder))
    assert len(one) == len(other) and list(one) == list(other)
    for column in one:
        wanted, got = one[column].to_numpy(), other[column].to_numpy()
        if column in ("remesh", "vertices"):
            assert (wanted == got).all(), column
        elif column != "newton_iterations":  # at the tolerance one more or less is a matter of round-off
            # Steps are set by differences of outlines that are nearly the same.
            own = 10 * relative if column == "step_s" else relative
            np.testing.assert_allclose(got, wanted, rtol=own, atol=FLOORS.get(column, 1e-30), err_msg=column)
    return one
