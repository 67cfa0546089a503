"""Balances decide: a step beyond a limit is taken again, shorter, and a run that cannot keep it ends with an error."""

from types import SimpleNamespace

import pytest
from helpers.clockwork import Clockwork, marched
from helpers.paths import QUICK

from ecmsim import open_run, run
from ecmsim.config import load_config
from ecmsim.drive import ramp
from ecmsim.errors import SolveError
from ecmsim.models.balance import BALANCES, Balance, Limits, Unbalanced
from ecmsim.running.failure import explained
from ecmsim.running.march import PATIENCE
from ecmsim.running.stepping import NoShorterStep, StepError

LIMITS = Limits.from_config(load_config(QUICK))


def balance(current=1e-6, entering=1e-6, power=1e-6, dissipated=1e-6, heated=0.5e-6, heat=0.5e-6):
    return Balance(
        current, entering, {"ionic": 1e-9, "tunnel": current}, 1e-9, power, dissipated, heated, heat, 300, 1, 0
    )


def test_defaults_are_those_that_the_readme_tells():
    assert (LIMITS.charge, LIMITS.faraday, LIMITS.power, LIMITS.floor) == (1e-8, 1e-3, 1e-4, 1e-22)


@pytest.mark.parametrize(("refinement", "factor"), [(0.5, 4.0), (1.0, 1.0), (2.0, 1.0)])
def test_longer_steps_are_allowed_their_own_error_of_faradays_law(refinement, factor):
    limits = Limits.from_config(load_config(QUICK, [f"stepping.refinement={refinement}", "balance.faraday=2e-3"]))
    assert limits.faraday == pytest.approx(2e-3 * factor) and limits.charge == 1e-8


def seen(**changes):
    return {quantity: 0.0 for _, quantity, *_ in BALANCES} | changes


@pytest.mark.parametrize(
    ("name", "quantity", "limit"), [("charge", "charge_imbalance", 1e-8), ("faraday", "faraday_error", 1e-3),
                                    ("power", "power_imbalance", 1e-4)],
)  # fmt: skip
def test_each_balance_has_its_limit(name, quantity, limit):
    LIMITS.check(seen(**{quantity: limit}))
    for value in (1.01 * limit, float("nan"), float("inf")):
        with pytest.raises(Unbalanced, match=f"balance.{name} = {limit:g}") as caught:
            LIMITS.check(seen(**{quantity: value}))
        assert caught.value.balance == name and caught.value.exit_code == 3


def test_imbalances_are_those_of_the_currents_and_powers():
    found = balance(entering=1.01e-6, dissipated=0.9e-6, heat=0.4e-6).observed(1.0, 1e-6, transient=False)
    assert found["charge_imbalance"] == pytest.approx(0.01 / 1.01)
    assert found["power_imbalance"] == pytest.approx((0.1 + 0.1) / 1.01)
    stored = balance(dissipated=0.9e-6, heat=0.4e-6).observed(1.0, 1e-6, transient=True)
    assert stored["power_imbalance"] == pytest.approx(0.1)  # heat may be stored


def test_currents_too_small_to_mean_anything_are_measured_against_the_floor():
    """At 1e-91 A nothing is left of a difference; above the floor nothing changes."""
    tiny = balance(current=1e-91, entering=-1e-91, power=0.0, dissipated=0.0, heated=0.0, heat=0.0)
    assert tiny.observed(1.0, 0.0, False)["charge_imbalance"] == pytest.approx(2.0)
    assert tiny.observed(1.0, 0.0, False, floor=LIMITS.floor)["charge_imbalance"] < 1e-60
    large = balance(entering=1.01e-6)
    assert large.observed(1.0, 0.0, False, floor=LIMITS.floor) == large.observed(1.0, 0.0, False)


class Drifting(Clockwork):
    """Keeps no balance over steps that are longer than `most`, s."""

    most = 0.0

    def advance(self, state, time):
        trial = super().advance(state, time)
        if time - state.time > self.most:
            raise Unbalanced("charge", 1e-6, 1e-8, "the terminal currents", "a smaller solver.tolerance")
        return trial


def test_a_step_that_keeps_no_balance_is_taken_again_shorter():
    simulation = Drifting([ramp(1.0, 1.0)], step=0.1)
    simulation.most = 0.03
    states, _, march = marched(simulation)
    assert states[-1].time == 1.0 and max(b.time - a.time for a, b in zip(states, states[1:], strict=False)) <= 0.03


def test_a_balance_that_shorter_steps_do_not_mend_ends_the_run():
    simulation = Drifting([ramp(1.0, 1.0)], step=0.1)
    with pytest.raises(StepError, match="with shorter steps too") as caught:
        marched(simulation)
    assert len(simulation.tried) == PATIENCE + 1
    assert isinstance(caught.value.__cause__, Unbalanced)


def test_the_worst_of_each_balance_is_kept():
    simulation = Clockwork([ramp(1.0, 1.0)], {"charge_imbalance": lambda t: 1e-9 * t * (1.2 - t)}, step=0.1)
    _, _, march = marched(simulation)
    assert march.worst["charge_imbalance"] == pytest.approx(1e-9 * 0.36, rel=0.02)


@pytest.mark.parametrize("model", ["full", "reduced"])
def test_a_run_ends_with_an_error_that_says_which_balance_and_what_to_try(model, tmp_path):
    config = load_config(QUICK, [f"model={model}", "balance.faraday=1e-15", "stepping.smallest_step=0.6 ms"])
    with pytest.raises(SolveError, match=r"balance.faraday = 1e-15\).*Try .*shorter steps.*balance.faraday"):
        run(config, tmp_path / "run", until=1e-2)
    assert open_run(tmp_path / "run").status == "failed"


def test_provenance_tells_the_worst_balances(tmp_path):
    outcome = run(load_config(QUICK, ["model=reduced"]), tmp_path / "run", until=0.05)
    told = open_run(tmp_path / "run").provenance["balances"]
    assert told == outcome.worst and set(told) == {quantity for _, quantity, *_ in BALANCES}
    series = open_run(tmp_path / "run").timeseries
    assert told == {name: series[name].max() for name in told}


@pytest.mark.parametrize("model", ["full", "reduced"])
def test_the_state_at_the_beginning_keeps_the_balances_too(model, tmp_path):
    """An unbalanced one ends the run at once, with what to try."""
    started = ["initial.kind=cylinder", "initial.radius=2 nm", "initial.height=9.5 nm", "balance.power=1e-300"]
    source = 'programme=[{kind="current_ramp", to="1 uA", rate="1 uA/s", voltage_limit="0.5 V"}]'
    config = load_config(QUICK, [f"model={model}", source, *started])
    with pytest.raises(SolveError, match=r"at t = 0 cannot be used: .*balance.power = 1e-300.*Try .*tolerance"):
        run(config, tmp_path / "run")
    assert open_run(tmp_path / "run").status == "failed"


def test_what_stands_in_the_way_of_shorter_steps_is_named():
    """The smallest step, or the first one."""
    state = SimpleNamespace(time=0.0, source_voltage=0.0, filament=SimpleNamespace(height=1.0), observed={"gap": 5.0})
    told = {}
    for kind in (NoShorterStep, StepError):
        cause = Unbalanced("faraday", 1e-2, 1e-3, "volume and charge", "shorter steps (stepping.refinement)")
        told[kind] = str(explained(kind("tried"), cause, state, None))
    assert "Try a smaller stepping.smallest_step, shorter steps" in told[NoShorterStep]
    assert "Try a smaller stepping.first_step, shorter steps" in told[StepError]
