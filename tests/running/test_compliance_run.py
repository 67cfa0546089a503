"""A run whose steps have compliances of their own: what is told of them while it goes on and afterwards. Takes 10 s."""

import numpy as np
import pytest
from helpers.paths import QUICK
from mpi4py import MPI

from ecmsim.config import load_config
from ecmsim.page.outcome import key_numbers
from ecmsim.results import open_run
from ecmsim.running.run import run
from ecmsim.study.observables import observables

PROGRAMME = """programme=[
    {kind="ramp", to="1.8 V", rate="1 V/s", until="current > 99.9 nA", name="SET", compliance=OWN},
    {kind="ramp", to="0.1 V", rate="200 V/s", name="back", compliance=OWN},
    {kind="ramp", to="-0.1 V", rate="10 V/s", name="RESET", compliance={kind="none"}},
    {kind="ramp", to="1 V", rate="100 V/s", name="again", compliance={kind="ideal", current="30 nA", polarity="both"}},
    {kind="current_ramp", to="10 nA", duration="1 ms"},
]""".replace("OWN", '{kind="ideal", current="100 nA"}')


@pytest.fixture(scope="module")
def cell(tmp_path_factory):
    """The reduced model of quick.toml, whose own compliance current of 1 µA never holds."""
    folder = tmp_path_factory.mktemp("own") / "run"
    config = load_config(QUICK, ["model=reduced", " ".join(PROGRAMME.split()), "stepping.refinement=0.5"])
    run(config, folder, comm=MPI.COMM_SELF)
    return open_run(folder)


@pytest.mark.slow
def test_each_crossing_is_told_once_with_the_limit_of_its_step(cell):
    events = cell.events
    told = events[events["event"] == "compliance reached"]
    assert list(told["detail"]) == ["100 nA", "30 nA"]
    assert not (events["event"].eq("milestone") & events["detail"].str.startswith("compliance")).any()
    log = (cell.folder / "ecmsim.log").read_text()
    assert log.count("compliance reached") == 2


@pytest.mark.slow
def test_what_held_is_read_again(cell):
    time, current = cell.timeseries["time_s"].to_numpy(), cell.timeseries["current_A"].to_numpy()
    ends = cell.events[cell.events["event"].isin(["condition", "step ends"])]
    assert list(ends["event"]) == ["condition", *["step ends"] * 4]
    wanted = [1e-7, 1e-7, np.nan, 3e-8, np.nan]
    assert [float(cell.limits[time == end][0]) for end in ends["time_s"]] == pytest.approx(wanted, nan_ok=True)
    # No step exceeds what holds in it, and that of the configuration never does.
    assert np.nanmax(current / cell.limits) < 1 + 1e-9 and np.nanmax(np.abs(cell.limits)) == 1e-7
    assert cell.compliance_current is None


@pytest.mark.slow
def test_set_time_and_regimes_are_those_of_the_event(cell):
    first = cell.events["time_s"][cell.events["event"] == "compliance reached"].iloc[0]
    assert cell.regimes.y_time == first == observables(cell)["time_set_s"]
    assert "; compliance current 100" in key_numbers(cell)[0].note
