"""What is told when a run cannot go on: the remedy fits to the law of tunnelling and to what limits the current."""

import re
from types import SimpleNamespace

import pytest
from helpers.paths import QUICK

from ecmsim.config import load_config
from ecmsim.drive import Programme
from ecmsim.errors import SolveError
from ecmsim.physics.model import DeviceModel
from ecmsim.running.failure import explained

STEP_FAILED = SolveError("the outline crosses itself")


def told(*overrides, gap=0.05, cause=STEP_FAILED, laws=None):
    """The message of a run of quick.toml (1 µA) that stopped at 0.5 s with a gap (nm)."""
    config = load_config(QUICK, overrides)
    leg = Programme.from_steps(config.programme).first()
    state = SimpleNamespace(
        time=0.5, leg=leg, source_voltage=0.5, filament=SimpleNamespace(height=9.9), observed={"gap": gap}
    )
    model = DeviceModel.from_config(config).with_laws(laws or {})
    error = explained(SolveError("8 attempts failed"), cause, state, SimpleNamespace(config=config, model=model))
    assert str(error).startswith("stopped at t = 0.5 s, source 0.5 V, tip at 9.9 nm, gap")
    assert "8 attempts failed. " in str(error) and str(error).endswith("is kept in failure.npz.")
    return str(error)


OWN = 'programme[0].compliance={kind="ideal", current="30 nA"}'
WIRE = 'programme[0].compliance={kind="none"}'
SOURCE = 'programme=[{kind="current_ramp", to="1 uA", rate="1 uA/s"}]'


@pytest.mark.parametrize(
    ("overrides", "remedy"),
    [
        ([], "a compliance current below 1 µA: the gap has closed, and this law of tunnelling has no contact"),
        ([OWN], "a compliance current below 30 nA: "),
        ([WIRE], "a compliance that limits the current: the gap has closed"),
        ([SOURCE], "a smaller current of the source: the gap has closed"),
        (
            ["tunnelling.law=blend", "cell.active_electrode=Ag", "interface.borrow=Cu | SiO2"],
            "stepping.refinement.*while atoms bridge the gap",
        ),
        (["tunnelling.enabled=false"], "the gap has closed, and no electrons tunnel"),
    ],
)
def test_a_gap_that_has_closed(overrides, remedy):
    message = told(*overrides)
    assert re.search(f"Try .*{remedy}", message)
    assert ("no contact" in message) == ("this law of tunnelling" in message)


def test_other_remedies():
    assert "stepping.smallest_step" in told(cause=None)
    assert "on the way on, or a finer outline" in told(gap=2.0) and "compliance" not in told(gap=2.0)
    field = SolveError("no convergence")
    field.field = "temperature"
    assert "Worst field: temperature. Try a finer mesh" in told(cause=field)
