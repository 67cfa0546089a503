"""A step whose outline ends too far from where its velocity should have taken it is taken again, shorter."""

from dataclasses import replace

import numpy as np
import pytest
from helpers.paths import QUICK
from mpi4py import MPI

from ecmsim.config import load_config
from ecmsim.models.cell import RejectedStep
from ecmsim.models.reduced import ReducedSimulation
from ecmsim.running.march import March

NEAR = (
    'initial={kind="cylinder", radius="2 nm", height="9.9 nm"}',
    "dissolution.enabled=false",
    "stepping.first_step=1 ns",
)
STEP, SPEED = 1e-3, 1e3  # s, nm/s: a way of 1 nm


@pytest.fixture(scope="module")
def taken():
    """A simulation whose tip is 0.1 nm below the electrode, its state and the next one."""
    simulation = ReducedSimulation(load_config(QUICK, NEAR), MPI.COMM_SELF)
    march = March(simulation)
    march.begin()
    state = march.state
    assert state.observed["gap"] == pytest.approx(0.1, rel=1e-6)
    return simulation, state, simulation.advance(state, 1e-9)


def judged(taken, owed, error):
    """Judge that step as one over a way of 1 nm that still owes some nm, where an error (of that way) is aimed at."""
    simulation, state, trial = taken
    points = np.zeros_like(trial.front.owed)
    points[0, 1] = owed
    velocity = np.zeros_like(points)
    velocity[0, 1] = SPEED
    front = replace(trial.front, owed=points, velocity=velocity)
    simulation.stepping = simulation.stepping.model_copy(update={"relative_error": error})
    simulation._judge(replace(trial, front=front, previous_step=STEP), state)


def test_no_more_may_be_owed_than_ten_times_what_is_aimed_at(taken):
    judged(taken, 0.0099, 1e-3)
    with pytest.raises(RejectedStep, match=r"0.01\d* nm from where it should have come to"):
        judged(taken, 0.0101, 1e-3)


def test_what_is_owed_may_not_close_the_gap(taken):
    """However long the steps: it comes with the next one, and no shorter step could be taken after it."""
    judged(taken, 0.049, 0.1)
    with pytest.raises(RejectedStep, match="0.051 nm from where it should have come to"):
        judged(taken, 0.051, 0.1)
