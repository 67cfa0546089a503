"""Steps along a programme: legs in turn, conditions found in time, rejections, and the circuits of single steps."""

import math

import numpy as np
import pytest
from helpers import weak
from helpers.clockwork import Clockwork, marched
from helpers.paths import QUICK
from mpi4py import MPI

from ecmsim.config import load_config
from ecmsim.drive import current_ramp, current_sweep, hold, pulse_train, ramp, read_pulse, repeat, sweep, table
from ecmsim.models.full.simulation import Simulation
from ecmsim.running.march import March
from ecmsim.running.stepping import StepError

# --- legs ---------------------------------------------------------------------------------------------------------


def test_legs_follow_each_other():
    """Each ends to the bit where the next one begins; events tell which has ended."""
    simulation = Clockwork([ramp(0.7, 3.0), hold(0.11, name="wait"), ramp(-0.3, 1.0)], step=0.03)
    states, events, march = marched(simulation)
    times = [state.time for state in states]
    assert {leg.end for leg in simulation.programme.planned()} <= set(times)
    assert np.all(np.diff(times) > 0) and np.diff(times).max() <= 0.03 * (1 + 1e-12)
    assert march.finished and march.steps == len(states) - 1 == len(simulation.accepted)
    assert march.iterations == 2 * march.steps
    assert [(event.name, event.detail) for event in events] == [
        ("step ends", "step 1: ramp to 700 mV"),
        ("step ends", "wait"),
        ("step ends", "step 3: ramp to -300 mV"),
    ]
    assert [event.time_s for event in events] == [leg.end for leg in simulation.programme.planned()]
    # At a corner the state is in the next leg already; after the last there is none.
    numbers = {state.time: state.leg.number for state in states}
    assert [numbers[event.time_s] for event in events] == [1, 2, 2]


def ended(*steps):
    """What ends when, as events tell it."""
    return [(event.time_s, event.detail) for event in marched(Clockwork(list(steps)))[1] if event.name == "step ends"]


def test_a_step_ends_once():
    """However many straight pieces it has: a table, a sweep, a current that passes zero."""
    points = [(0.01 * (k + 1), 0.1 * (k % 7 + 1)) for k in range(400)]
    assert ended(table(points, name="noise"), hold(0.1)) == [
        (pytest.approx(4.0), "noise"),
        (pytest.approx(4.1), "step 2: hold"),
    ]
    assert ended(sweep(1.0, 1.0, name="SET"), sweep(-1.0, 1.0, name="SET")) == [(2.0, "SET"), (4.0, "SET")]
    assert ended(current_sweep(1e-6, 1e-6, back=-1e-6)) == [(pytest.approx(3.0), "step 1: current sweep to 1 µA")]


def test_each_pulse_of_a_train_ends_once():
    """And each read after it; cycles are told apart."""
    train = pulse_train(1.0, 0.1, 2, 0.3, rise=0.1, fall=0.1, delay=0.2, base=0.1, read=read_pulse(0.2, 0.1), name="P")
    names = [f"P, {what}" for what in ("pulse 1", "read 1", "pulse 2", "read 2")]
    assert [name for _, name in ended(train)] == names
    found = ended(repeat(2, [train, ramp(0.0, 1.0)]))
    cycle = [*names, "step 2: ramp to 0 V"]
    assert [name for _, name in found] == [f"cycle {k}, {name}" for k in (1, 2) for name in cycle]


def test_a_stop_is_reached_to_the_bit():
    """As for a snapshot, or --until; it ends no leg."""
    simulation = Clockwork([ramp(1.0, 1.0)], step=0.03)
    states, events, march = marched(simulation, stop=0.4711)
    assert states[-1].time == 0.4711 and not events and not march.finished
    assert march.step(0.4712).time == 0.4712
    # Also where the sum of the time and the rounded step is another number.
    chance, missed = np.random.default_rng(3), 0
    for _ in range(50):
        first = float(2 * chance.integers(2**48, 2**49) + 1) * 2.0**-54
        second = float(2 * chance.integers(3 * 2**50, 2**52) + 1) * 2.0**-53
        march = March(Clockwork([hold(1.0)], step=1.0))
        march.begin()
        assert [march.step(first).time, march.step(second).time] == [first, second]
        missed += first + (second - first) != second
    assert missed > 5


def test_a_current_through_zero_stops_there():
    simulation = Clockwork([current_ramp(1e-6, 1e-5), current_ramp(-1e-6, 1e-5)])
    states, _, _ = marched(simulation)
    values = {round(state.time, 9): state.leg.value(state.time) for state in states}
    assert values[0.2] == 0.0 and min(values.values()) == -1e-6
    assert {state.leg.source_voltage(state.time) for state in states} == {10.0, -10.0}


# --- conditions ---------------------------------------------------------------------------------------------------

CROSSINGS = {
    "linear": ("current > 1 uA", {"current": lambda t: 3e-6 * t}, 1 / 3),
    "exponential": ("current > 1 uA", {"current": lambda t: 1e-9 * math.exp(20 * t)}, math.log(1000) / 20),
    "flattening": ("height > 1.5 nm", {"height": lambda t: 1.5 + 0.3 * math.tanh(40 * (t - 0.437))}, 0.437),
    "falling": ("gap < 1 nm", {"gap": lambda t: 5 * (1 - t) ** 3}, 1 - 0.2 ** (1 / 3)),
    "negative": ("|current| > 1 uA", {"current": lambda t: -1e-5 * t**3}, 0.1 ** (1 / 3)),
    "jump": ("height < 0.5 nm", {"height": lambda t: 0.2 if t >= 0.456 else 0.9}, 0.456),
    "time": ("time > 321 ms", {}, 0.321),
    "voltage": ("cell_voltage > 0.321 V", {}, 0.321),
    "resistance": ("resistance < 1 Mohm", {"current": lambda t: 1e-7 * t * math.exp(8 * t)}, math.log(10) / 8),
}


@pytest.mark.parametrize("name", CROSSINGS)
def test_a_condition_is_located_in_time(name):
    """Never too early, and too late by 2 % of a step at most (4 % where the quantity jumps)."""
    text, functions, wanted = CROSSINGS[name]
    simulation = Clockwork([ramp(1.0, 1.0, until=text), hold(0.1)], functions, step=0.1)
    states, events, _ = marched(simulation)
    assert [event.name for event in events] == ["condition", "step ends"]
    found, before = events[0].time_s, [state.time for state in states if state.leg.number == 0][-1]
    last = max(end for start, end in simulation.tried if start == before) - before
    assert 0.05 <= last <= 0.1 * (1 + 1e-9)
    late = 0.04 if name == "jump" else 0.02
    assert wanted * (1 - 1e-12) <= found <= wanted + late * last
    assert events[0].detail == f"step 1: ramp to 1 V: {simulation.programme.pieces[0].until}"
    # The next leg begins there, from where the source is.
    held = next(state for state in states if state.leg.number == 1)
    assert held.leg.start == found == held.time and held.leg.first == pytest.approx(found)
    assert len(simulation.tried) < 40


def test_a_condition_costs_few_solves():
    """One for a step that does not fulfil it, five more for an exponential that does."""
    simulation = Clockwork([ramp(1.0, 1.0, until="current > 1 uA")], CROSSINGS["exponential"][1], step=0.1)
    states, _, march = marched(simulation)
    assert len(simulation.tried) <= march.steps + 5


def test_a_condition_that_never_holds_changes_nothing():
    plain, conditioned = (
        marched(Clockwork([ramp(1.0, 1.0, until=until), hold(0.1)], step=0.07)) for until in (None, "gap < 1 nm")
    )
    assert [state.time for state in plain[0]] == [state.time for state in conditioned[0]]
    assert [event.name for event in conditioned[1]] == ["step ends", "step ends"]


def test_a_condition_that_holds_already_ends_the_leg_at_once():
    """Without a step, for several legs in turn; also when it ends the programme."""
    already = [hold(0.5, until="current > 1 nA"), ramp(2.0, 1.0, until="gap < 9 nm"), hold(0.25)]
    simulation = Clockwork([ramp(1.0, 1.0), *already], {"current": lambda t: 1e-6})
    states, events, march = marched(simulation)
    assert [event.name for event in events] == ["step ends", "condition", "condition", "step ends"]
    assert [event.time_s for event in events] == [1.0, 1.0, 1.0, 1.25]
    assert [state.leg.number for state in states if state.time >= 1.0][0] == 3
    last = Clockwork([ramp(1.0, 1.0), hold(0.5, until="current > 1 nA")], {"current": lambda t: 1e-6})
    states, events, march = marched(last)
    assert march.finished and states[-1].time == 1.0 and [event.name for event in events] == ["step ends", "condition"]


def test_a_condition_that_holds_at_the_very_beginning():
    """There the first step is a small part of one."""
    states, events, _ = marched(Clockwork([ramp(1.0, 1.0, until="gap < 9 nm"), hold(0.1)], step=0.1))
    assert events[0].name == "condition" and 0 < events[0].time_s <= 0.04 * 0.1
    assert len(states) < 5


def test_no_voltage_tells_no_resistance():
    """A step that begins at 0 V, where no current flows, goes on until it can be told."""
    steps = [hold(0.5), ramp(1.0, 1.0, until="resistance < 1 Mohm")]
    simulation = Clockwork(steps, {"current": lambda t: 1e-7 * max(t - 0.5, 0) ** 2})
    states, events, _ = marched(simulation)
    assert [event.name for event in events] == ["step ends", "step ends"] and states[-1].time == 1.5


def test_a_threshold_that_is_just_reached_ends_nothing():
    """The condition asks for more: the leg goes on to its end."""
    simulation = Clockwork([ramp(1.0, 1.0, until="cell_voltage > 1 V"), hold(0.1)])
    _, events, _ = marched(simulation)
    assert [(event.name, event.time_s) for event in events] == [("step ends", 1.0), ("step ends", 1.1)]


# --- steps that fail ----------------------------------------------------------------------------------------------


def test_rejected_steps_are_halved_and_told():
    notes = []
    simulation = Clockwork(
        [ramp(1.0, 1.0)], fails=lambda start, end: "too far" if end > 0.3 and end - start > 0.03 else None
    )
    march = March(simulation, lambda state, name, detail: notes.append((state.time, name, detail)))
    march.begin()
    while not march.finished:
        march.step(math.inf)
    assert notes and {name for _, name, _ in notes} == {"rejected"}
    assert all("too far" in detail and "step 0." in detail for _, _, detail in notes)
    lengths = np.array([end - start for start, end in simulation.tried])
    again = np.array(
        [before == after for (before, _), (after, _) in zip(simulation.tried[:-1], simulation.tried[1:], strict=True)]
    )
    assert again.sum() == len(notes) and lengths[1:][again] == pytest.approx(lengths[:-1][again] / 2)
    steps = np.diff([0.0, *(state.time for state in simulation.accepted)])
    assert steps[simulation.accepted.index(next(s for s in simulation.accepted if s.time > 0.3))] <= 0.03


def test_steps_that_fail_for_good():
    """The error tells of attempts, and its cause of the last reason; the state is the last good one."""
    simulation = Clockwork([ramp(1.0, 1.0)], fails=lambda start, end: "singular" if end > 0.5 else None)
    march = March(simulation)
    march.begin()
    with pytest.raises(StepError, match="attempts failed.*singular") as caught:
        while True:
            march.step(math.inf)
    assert str(caught.value.__cause__) == "singular"
    assert 0.49 < march.state.time <= 0.5 and march.state is simulation.accepted[-1]


def test_a_failure_while_a_condition_is_sought_rejects_the_step():
    """It is sought again in the half of it."""
    tried = []

    def fails(start, end):
        tried.append(end)
        return "unlucky" if len(tried) == 5 else None

    simulation = Clockwork([ramp(1.0, 1.0, until="current > 1 uA")], {"current": lambda t: 3e-6 * t}, fails)
    _, events, _ = marched(simulation)
    assert len(tried) > 5 and events[0].time_s == pytest.approx(1 / 3, abs=0.002)


def test_steps_begin_anew_after_a_rupture():
    """What is left has no velocity from before that would tell how the next one changes."""
    simulation = Clockwork([hold(3.0)], ruptures=(1.0,), step=0.2)
    simulation.fails = lambda start, end: "neck" if end - start > 0.02 and start < 1.0 <= end else None
    states, _, _ = marched(simulation)
    times = np.array([state.time for state in states])
    at = int(np.searchsorted(times, 1.0))
    steps = np.diff(times)
    assert steps[at - 1] <= 0.02 and steps[at] <= steps[at - 1] * (1 + 1e-9)
    assert steps.max() > 0.15


# --- real cells: the circuits of the steps --------------------------------------------------------------------------


def cell(*steps, voltage=1.0, overrides=()):
    """A cell with a tall filament that comes to the end of a ramp to a voltage (V); steps: the legs that follow.

    Gives the Simulation and its state at the beginning of the second leg.
    """
    programme = ", ".join([f'{{kind="ramp", to="{voltage} V", rate="1 V/s"}}', *steps])
    simulation = Simulation(load_config(QUICK, [f"programme=[{programme}]", *overrides]), MPI.COMM_WORLD)
    state = weak.tall_state(simulation, time=abs(voltage) * (1 - 1e-9))
    return simulation, simulation.follow(state)


def advanced(simulation, state, *times):
    """The state after steps to times since the beginning of the leg."""
    start = state.leg.start
    for time in times:
        state = simulation.accept(simulation.advance(state, start + time))
    return state


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("voltage", [1.0, -0.6])
def test_a_current_source_imposes_its_current(sign, voltage):
    """In a cell that conducts: I = I_set to 1e-6, the cell voltage whatever it takes; after either polarity."""
    step = f'{{kind="current_ramp", to="{sign} uA", rate="1 MA/s", voltage_limit="3 V"}}'
    simulation, state = cell(step, voltage=voltage)
    assert state.source_voltage == 3.0 * sign and state.leg.value(state.time) == 0.0
    # 1 MA/s: the geometry has no time to change.
    for time in (1e-15, 1e-13, 5e-13):
        state = advanced(simulation, state, time)
        wanted, seen = state.leg.value(state.time), state.observed
        assert wanted == pytest.approx(sign * 1e6 * time, rel=1e-2, abs=0) and abs(wanted) >= 1e-12
        assert seen["current"] == pytest.approx(wanted, rel=1e-6, abs=0)
        assert seen["charge_imbalance"] < 1e-8 and seen["power_imbalance"] < 1e-6
        assert 0 < sign * seen["cell_voltage"] < 1.0
    assert abs(seen["cell_voltage"]) > 0.2
    simulation.close()


@pytest.mark.parametrize("sign", [1, -1])
def test_a_current_source_at_its_voltage_limit(sign):
    """I = I_set (1 - exp(-(V_limit - V_cell)/V_0)): the cell takes less than is wanted near the limit."""
    step = f'{{kind="current_ramp", to="{100 * sign} uA", rate="100 MA/s", voltage_limit="0.5 V"}}'
    simulation, state = cell(step, voltage=0.3 * sign)
    state = advanced(simulation, state, 1e-15, 1e-14, 1e-13, 1e-12)
    wanted, seen = sign * state.leg.value(state.time), state.observed
    assert wanted == pytest.approx(1e-4)
    drop = 0.5 - sign * seen["cell_voltage"]
    assert 0 < drop < 0.1 and 0 < sign * seen["current"] < 0.5 * wanted
    assert sign * seen["current"] == pytest.approx(-wanted * math.expm1(-drop / 0.05), rel=1e-6, abs=0)
    simulation.close()


def test_a_current_source_on_an_insulating_cell():
    """Before the filament has grown: the cell is at the limit, and next to nothing flows."""
    steps = 'programme=[{kind="current_ramp", to="1 uA", rate="1 uA/s", voltage_limit="1.2 V"}]'
    simulation = Simulation(load_config(QUICK, [steps]), MPI.COMM_WORLD)
    state = simulation.start()
    assert state.source_voltage == 1.2 and state.leg.value(0.0) == 0.0
    state = simulation.accept(simulation.advance(state, 1e-3))
    assert state.observed["cell_voltage"] == pytest.approx(1.2, abs=1e-4)
    assert 0 < state.observed["current"] < 1e-6 * state.leg.value(1e-3)
    simulation.close()


def test_each_step_has_its_own_circuit():
    """A lower limit than that of the configuration, a series resistor, that of the configuration, in turn."""
    simulation, state = cell(
        '{kind="hold", duration="1 ns", compliance={kind="ideal", current="20 nA"}}',
        '{kind="hold", duration="1 ns", compliance={kind="series_resistor", resistance="300 kohm"}}',
        '{kind="hold", duration="1 ns"}',
        voltage=0.3,
        overrides=["compliance.current=100 nA"],
    )
    seen = []
    for _ in range(3):
        state = advanced(simulation, state, 1e-10, 1e-9)
        assert state.observed["charge_imbalance"] < 1e-8 and state.source_voltage == pytest.approx(0.3)
        seen.append((state.observed["current"], 0.3 - state.observed["cell_voltage"]))
        state = simulation.follow(state)
    assert state is None
    (low, low_drop), (resistor, over_it), (normal, drop) = seen
    assert low == pytest.approx(-20e-9 * math.expm1(-low_drop / 0.05), rel=1e-6, abs=0) and low > 0.9 * 20e-9
    assert resistor == pytest.approx(over_it / 300e3, rel=1e-6, abs=0) and 0.05 < over_it < 0.25
    assert normal == pytest.approx(-100e-9 * math.expm1(-drop / 0.05), rel=1e-6, abs=0) and normal > 0.9 * 100e-9
    # Ideal limiters share what is compiled: a run of a thousand pulses compiles no more than these.
    assert len(simulation._forms) == 2
    simulation.close()


@pytest.mark.slow
def test_a_step_may_connect_the_cell_directly():
    """Under voltage: all of it is on the cell at once, with the current that the cell takes."""
    simulation, state = cell(
        '{kind="hold", duration="1 ns", compliance={kind="none"}}', voltage=0.3, overrides=["compliance.current=100 nA"]
    )
    limited = state.observed["current"]
    state = advanced(simulation, state, 1e-10)
    assert state.observed["cell_voltage"] == pytest.approx(state.source_voltage, rel=1e-9)
    assert state.source_voltage == pytest.approx(0.3) and state.observed["current"] > 3 * limited
    simulation.close()


def test_potentials_stay_where_the_source_jumps():
    """From a voltage to a current source: the guess for the new fields is the old ones, whatever psi counts from."""
    simulation, state = cell('{kind="current_ramp", to="1 uA", rate="1 uA/s", voltage_limit="3 V"}')
    top = state.mesh.points[:, 1] > state.mesh.points[:, 1].max() - 1e-9
    assert state.source_voltage == 3.0 and state.previous_values is None
    assert np.abs(state.values[top, 0] + state.source_voltage - 1.0).max() < 1.0
    before = weak.tall_state(simulation, time=1 - 1e-9)
    assert before.values[top, 0] + before.source_voltage == pytest.approx(state.values[top, 0] + 3.0, abs=1e-6)
    simulation.close()
