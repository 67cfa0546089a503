"""The programme of the source: legs and their exact corners, step kinds, conditions, and what cannot be run."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from ecmsim.config import Config
from ecmsim.drive import (
    QUANTITIES,
    Condition,
    Leg,
    Piece,
    Programme,
    current_hold,
    current_ramp,
    current_sweep,
    current_table,
    hold,
    pulse,
    pulse_train,
    ramp,
    read_pulse,
    repeat,
    sweep,
    table,
)
from ecmsim.errors import ConfigError


def planned(*steps):
    return Programme.from_steps(steps).planned()


def corners(*steps):
    """Times and values at the corners of steps that begin at 0."""
    legs = planned(*steps)
    assert [leg.start for leg in legs] == [0.0, *(leg.end for leg in legs[:-1])]
    return [0.0, *(leg.end for leg in legs)], [legs[0].first, *(leg.last for leg in legs)]


TRIANGLE = ramp(2.0, 1.0), hold(0.5), ramp(-1.0, 1.0), ramp(0.0, 2.0)

# --- the planned programme ----------------------------------------------------------------------------------------


def test_corners():
    """0 -> 2 V -> -1 V -> 0, with a rest of 0.5 s at 2 V."""
    assert corners(*TRIANGLE) == ([0, 2, 2.5, 5.5, 6], [0, 2, 2, -1, 0])
    assert Programme.from_steps(TRIANGLE).duration == 6
    assert [leg.rate for leg in planned(*TRIANGLE)] == [1, 0, -1, 2]


def test_awkward_numbers_are_exact_at_corners():
    legs = planned(ramp(0.7, 3.0), hold(0.1), ramp(0.1, 7e5), ramp(0.3, 0.9))
    assert [leg.value(leg.end) for leg in legs] == [0.7, 0.7, 0.1, 0.3]
    assert [leg.value(leg.start) for leg in legs] == [0, 0.7, 0.7, 0.1]


def test_nanosecond_pulse_after_a_long_ramp():
    times, _ = corners(ramp(1.0, 1.0), ramp(2.0, 1e9), hold(1e-9), ramp(0.0, 1e9))
    assert times[2] == pytest.approx(1 + 1e-9, abs=1e-15)
    assert len(set(times)) == 5


def test_from_configuration():
    text = """
        extends = "ecmsim:cu_sio2_pt"
        cell = { active_electrode = "Cu", switching_layer = "SiO2", counter_electrode = "Pt" }
        programme = [{ kind = "ramp", to = "2 V", rate = "1 mV/ms" }, { kind = "hold", duration = "3 ms" }]
        compliance = { kind = "none" }
    """
    programme = Programme.from_steps(Config.from_toml(text).programme)
    assert programme.duration == 2.003 and programme.first().value(1.25) == 1.25


# --- legs ---------------------------------------------------------------------------------------------------------


def test_leg_is_exact_at_both_ends_and_linear_between():
    rng = np.random.default_rng(1)
    for _ in range(200):
        start, first, last = rng.normal(size=3) * 10.0 ** rng.integers(-6, [1, 6, 6])
        end = start + abs(rng.normal()) * 10.0 ** rng.integers(-3, 3)
        leg = Leg(0, start, end, first, last, Piece("", "voltage", last, duration=end - start))
        assert leg.value(start) == first and leg.value(end) == last
        assert leg.value(start - 1) == first and leg.value(end + 1) == last
        inside = [leg.value(time) for time in np.linspace(start, end, 7)]
        np.testing.assert_allclose(inside, np.linspace(first, last, 7), atol=1e-9 * max(abs(first), abs(last)))
        assert leg.rate == pytest.approx((last - first) / (end - start))
        assert leg.source_voltage(end) == last and leg.source_current(end) is None


def test_current_leg_is_fed_by_the_voltage_limit_with_the_sign_of_the_current():
    up, down, through = planned(current_sweep(1e-6, 1e-6, voltage_limit=3.0), current_ramp(-2e-6, 1e-6))
    assert [up.source_voltage(t) for t in (up.start, up.end)] == [3.0, 3.0]
    assert [down.source_voltage(t) for t in (down.start, down.end)] == [3.0, 3.0]
    assert through.source_voltage(through.start) == through.source_voltage(through.end) == -10.0
    assert up.source_current(0.5) == 0.5e-6 and through.source_current(through.end) == -2e-6
    assert planned(current_hold(1.0))[0].source_voltage(0.5) == 10.0


def test_current_through_zero_is_divided_there():
    """The source voltage has one sign in each leg: it jumps from limit to limit where no current flows."""
    for second in (current_ramp(-2e-6, 1e-6), current_ramp(-2e-6, duration=3.0)):
        programme = Programme.from_steps([current_ramp(1e-6, 1e-6), second, current_sweep(1e-6, 1e-6, -1e-6)])
        legs = programme.planned()
        assert [leg.number for leg in legs] == [0, 1, 1, 2, 2, 3, 3]
        assert [leg.last for leg in legs] == [1e-6, 0, -2e-6, 0, 1e-6, 0, -1e-6]
        assert [leg.end for leg in legs] == pytest.approx([1, 2, 4, 6, 7, 8, 9])
        assert [leg.source_voltage(leg.end) for leg in legs] == [10, 10, -10, -10, 10, 10, -10]
        # Also where an early end brings it about, and not after an early end of the first part.
        early = programme.after(legs[2], 3.0, -1e-6)
        assert (early.number, early.first, early.last, early.end) == (2, -1e-6, 0.0, pytest.approx(4.0))
        assert programme.after(legs[1], 1.5, 0.5e-6).number == 2
    # A part that is too short to be told from the time at which it begins is left out.
    for currents in ((1e-25, -1e-6), (1e-6, -1e-30)):
        legs = planned(hold(1.0), *(current_ramp(to, duration=1.0) for to in currents))
        assert all(leg.end > leg.start and leg.first * leg.last >= 0 for leg in legs) and len(legs) == 3
    voltages = Programme.from_steps([ramp(1.0, 1.0), ramp(-1.0, 1.0)])
    assert [leg.last for leg in voltages.planned()] == [1, -1]


def test_going_from_leg_to_leg_gives_the_plan():
    programme = Programme.from_steps([ramp(0.7, 3.0), hold(0.1), pulse(1.3, 1e-7), sweep(0.3, 0.9, 0.1)])
    legs, leg = [], programme.first()
    while leg:
        legs.append(leg)
        leg = programme.after(leg, leg.end, leg.value(leg.end))
    assert tuple(legs) == programme.planned() and legs[-1].end == programme.duration
    assert programme.planned() is programme.planned()
    assert [programme.pieces[leg.number] for leg in legs] == [leg.piece for leg in legs]
    again = Programme.from_steps([ramp(0.7, 3.0), hold(0.1), pulse(1.3, 1e-7), sweep(0.3, 0.9, 0.1)])
    assert again == programme and again.planned() == programme.planned()


class TestEarlyEnd:
    programme = Programme.from_steps(
        [
            ramp(2.0, 1.0, until="current > 1 uA"),
            hold(1.0, until=Condition.parse("gap < 1 nm")),
            ramp(0.5, 1.0),
            ramp(0.0, duration=1.0),
        ]
    )

    def test_condition_stands_in_the_piece(self):
        untils = [piece.until for piece in self.programme.pieces]
        assert untils == [Condition("current", False, True, 1e-6), Condition("gap", False, False, 1.0), None, None]

    def test_next_leg_begins_where_the_source_is(self):
        first = self.programme.first()
        held = self.programme.after(first, 1.25, first.value(1.25))
        assert (held.number, held.start, held.end, held.first, held.last) == (1, 1.25, 2.25, 1.25, 1.25)
        back = self.programme.after(held, 2.0, held.value(2.0))
        assert (back.start, back.end, back.first, back.last) == (2.0, 2.75, 1.25, 0.5)
        end = self.programme.after(back, back.end, back.last)
        assert (end.start, end.end, end.rate) == (2.75, 3.75, -0.5)
        assert self.programme.after(end, end.end, end.last) is None

    def test_ramp_to_where_the_source_is_is_left_out(self):
        first = self.programme.first()
        held = self.programme.after(first, 0.5, 0.5)
        last = self.programme.after(held, 0.75, 0.5)
        assert (last.number, last.start, last.end, last.first, last.last) == (3, 0.75, 1.75, 0.5, 0.0)

    def test_nothing_follows_when_only_a_left_out_ramp_would(self):
        programme = Programme.from_steps([ramp(1.0, 1.0, until="gap < 1 nm"), ramp(0.5, 1.0)])
        assert programme.after(programme.first(), 0.5, 0.5) is None


def test_another_source_begins_at_zero():
    legs = planned(ramp(1.0, 1.0), current_ramp(2e-6, 1e-6), current_hold(1.0), hold(1.0), ramp(0.3, 1.0))
    assert [leg.first for leg in legs] == [0.0, 0.0, 2e-6, 0.0, 0.0]
    assert [leg.piece.source for leg in legs] == ["voltage", "current", "current", "voltage", "voltage"]
    programme = Programme.from_steps([ramp(1.0, 1.0), current_ramp(2e-6, 1e-6)])
    assert programme.after(programme.first(), 0.5, 0.5).first == 0.0


# --- kinds of steps -----------------------------------------------------------------------------------------------


def test_sweep():
    assert corners(sweep(2.0, 1.0)) == ([0, 2, 4], [0, 2, 0])
    assert corners(ramp(-1.0, 1.0), sweep(2.0, 2.0, 0.5)) == ([0, 1, 2.5, 3.25], [0, -1, 2, 0.5])
    assert corners(sweep(2.0, 1.0, 1.0, polarity="negative")) == ([0, 2, 3], [0, -2, -1])


def test_ramp_within_a_duration():
    assert corners(ramp(2.0, duration=0.1), ramp(-1.0, duration=0.5)) == ([0, 0.1, 0.6], [0, 2, -1])
    assert corners(hold(1.0), ramp(0.0, duration=2.0)) == ([0, 1, 3], [0, 0, 0])


def test_pulse_with_edges_of_one_percent():
    assert corners(pulse(1.5, 1.0)) == ([0, 0.01, 1.01, 1.02], [0, 1.5, 1.5, 0])


def test_pulse_with_everything():
    shape = pulse(1.5, 2.0, rise=0.25, fall=0.5, delay=1.0, base=0.5)
    # The source first comes to the base with the slope of the rise.
    assert corners(shape) == ([0, 0.125, 1.125, 1.375, 3.375, 3.875], [0, 0.5, 0.5, 1.5, 1.5, 0.5])
    assert corners(ramp(0.5, 1.0), shape)[0] == [0, 0.5, 1.5, 1.75, 3.75, 4.25]
    shape.polarity = "negative"
    assert corners(shape)[1] == [0, -0.5, -0.5, -1.5, -1.5, -0.5]


def test_pulse_after_an_early_end_comes_to_its_base():
    programme = Programme.from_steps(
        [ramp(1.0, 1.0), ramp(0.0, 1.0, until="time > 1.5 s"), pulse(1.0, 1.0, rise=0.5, delay=2.0)]
    )
    ramps = programme.planned()[1]
    leg = programme.after(ramps, 1.75, 0.25)
    assert (leg.first, leg.last, leg.end - leg.start) == (0.25, 0.0, 0.125)
    assert programme.after(leg, leg.end, leg.last).end == leg.end + 2.0


def test_pulse_train():
    times, voltages = corners(pulse_train(1.0, 2.0, 3, 4.0, rise=0.5, fall=0.25, delay=1.0))
    one = [0.5, 2.0, 0.25]
    np.testing.assert_allclose(np.diff(times), [1.0, *one, 4.0, *one, 4.0, *one], rtol=1e-14)
    assert voltages == [0, *[0, 1, 1, 0] * 3]


def test_pulse_train_with_reads():
    read = read_pulse(0.125, 1.0, rise=0.25, fall=0.25, delay=0.5)
    legs = planned(pulse_train(1.0, 2.0, 2, 4.0, rise=0.5, fall=0.5, read=read, name="write"))
    durations = [leg.end - leg.start for leg in legs]
    np.testing.assert_allclose(
        durations, [0.5, 2, 0.5, 0.5, 0.25, 1, 0.25, 4, 0.5, 2, 0.5, 0.5, 0.25, 1, 0.25], rtol=1e-14
    )
    assert [leg.last for leg in legs] == [1, 1, 0, 0, 0.125, 0.125, 0, 0, 1, 1, 0, 0, 0.125, 0.125, 0]
    names = list(dict.fromkeys(leg.piece.name for leg in legs))
    assert names == ["write, pulse 1", "write, read 1", "write, pulse 2", "write, read 2"]


def test_negative_train_mirrors_its_reads():
    read = read_pulse(0.1, 1.0)
    voltages = corners(pulse_train(1.0, 2.0, 1, 4.0, base=-0.5, read=read, polarity="negative"))[1]
    assert voltages == [0, 0.5, -1, -1, 0.5, -0.1, -0.1, 0.5]


def test_read_pulses_at_the_same_base_return_to_it():
    assert corners(pulse_train(1.0, 1.0, 1, 1.0, base=0.25, read=read_pulse(0.5, 1.0)))[1][-1] == 0.25


def test_table():
    points = [(0.0, 0.0), (1.0, 0.5), (3.0, 0.5), (3.5, -1.0)]
    assert corners(table(points)) == ([0, 1, 3, 3.5], [0, 0.5, 0.5, -1])
    assert corners(table(points, scale_time=0.5, polarity="negative")) == ([0, 0.5, 1.5, 1.75], [0, -0.5, -0.5, 1])
    assert corners(ramp(1.0, 1.0), table([(2.0, 3.0)])) == ([0, 1, 3], [0, 1, 3])
    currents = planned(current_table([(0.0, 0.0), (1.0, 2e-6)], voltage_limit=5.0))
    assert [(leg.last, leg.piece.source, leg.piece.voltage_limit) for leg in currents] == [(2e-6, "current", 5.0)]
    # A measured table does not begin at exactly zero.
    assert corners(table([(0.0, 1e-12), (1.0, 0.5)]))[1] == [0, 0.5]


def test_repeat():
    cycle = repeat(3, [sweep(2.0, 1.0, name="SET"), sweep(1.5, 1.0, polarity="negative")])
    times, voltages = corners(cycle)
    assert times == [0, 2, 4, 5.5, 7, 9, 11, 12.5, 14, 16, 18, 19.5, 21]
    assert voltages == [0, *[2, 0, -1.5, 0] * 3]
    names = list(dict.fromkeys(leg.piece.name for leg in planned(cycle)))
    assert names[:3] == ["cycle 1, SET", "cycle 1, step 2: sweep to -1.5 V", "cycle 2, SET"] and len(names) == 6


def test_only_repetitions_are_cycles_where_there_are_some():
    cycle = repeat(2, [sweep(2.0, 1.0), sweep(1.5, 1.0, polarity="negative")])
    numbers = [leg.piece.cycle for leg in planned(sweep(1.0, 1.0), cycle, hold(1.0))]
    assert numbers[:2] == [0, 0] and numbers[-1] == 0 and set(numbers[2:-1]) == {1, 2}
    assert numbers == [*numbers[:2], *sorted(numbers[2:-1]), 0]


def test_repeat_within_repeat():
    burst = repeat(2, [pulse(1.0, 1.0), hold(0.5)], name="burst")
    legs = planned(repeat(2, [burst, ramp(1.0, 1.0), ramp(0.0, 1.0)]))
    assert len(legs) == 2 * (2 * 4 + 2)
    assert legs[4].piece.name == "cycle 1, burst 2, step 1: pulse of 1 V"
    with pytest.raises(ConfigError, match=r"programme\[0\].steps\[0\].steps\[0\]: a repeat within"):
        planned(repeat(1, [repeat(1, [repeat(1, [hold(1.0)])])]))


@pytest.mark.parametrize(
    ("step", "name"),
    [
        (ramp(2.0, 1.0), "ramp to 2 V"),
        (ramp(0.05, 1.0, polarity="negative"), "ramp to -50 mV"),
        (sweep(2.0, 1.0), "sweep to 2 V"),
        (hold(1.0), "hold"),
        (pulse(1.0, 1.0), "pulse of 1 V"),
        (pulse_train(1.0, 1.0, 5, 1.0), "5 pulses of 1 V, pulse 1"),
        (table([(1.0, 1.0)]), "table"),
        (current_ramp(2e-5, 1e-6), "current ramp to 20 µA"),
        (current_sweep(2e-5, 1e-6), "current sweep to 20 µA"),
        (current_hold(1.0), "current hold"),
        (current_table([(1.0, 1.0)]), "current table"),
    ],
)
def test_names(step, name):
    assert planned(hold(1.0), step)[1].piece.name == f"step 2: {name}"
    step.name = "my step"
    assert planned(step)[0].piece.name.startswith("my step")


def test_compliance_of_a_step_is_in_all_its_pieces():
    own = SimpleNamespace(kind="none")
    steps = [ramp(1.0, 1.0), sweep(2.0, 1.0, compliance=own), pulse_train(1.0, 1.0, 2, 1.0, base=0.5, compliance=own)]
    pieces = Programme.from_steps(steps).pieces
    assert pieces[0].compliance is None and len(pieces) == 11
    assert all(piece.compliance is own for piece in pieces[1:])


def test_no_negative_zero():
    legs = planned(sweep(1.0, 1.0, polarity="negative"))
    assert math.copysign(1, legs[-1].last) == 1


def test_random_programmes_are_consistent():
    rng = np.random.default_rng(7)
    for _ in range(60):
        steps = []
        for _ in range(rng.integers(1, 6)):
            level, rate, time = rng.normal() + 3, 10.0 ** rng.integers(-3, 9), 10.0 ** rng.integers(-6, 1)
            steps.append(
                [
                    ramp(level, rate),
                    ramp(level, duration=time),
                    hold(time),
                    sweep(level, rate, level / 2, polarity="negative"),
                    pulse(level, time, base=level / 3),
                    pulse_train(level, time, 2, time, read=read_pulse(level / 4, time)),
                    table([(time, level), (2 * time, -level)]),
                    repeat(2, [sweep(level, rate), hold(time)]),
                ][rng.integers(8)]
            )
        programme = Programme.from_steps(steps)
        legs = programme.planned()
        for leg, following in zip(legs, legs[1:], strict=False):
            assert leg.end == following.start and leg.last == following.first and leg.number < following.number
        for leg in legs:
            assert leg.end > leg.start and (leg.piece.rate is None) != (leg.piece.duration is None)
            if leg.piece.rate:
                assert abs(leg.rate) == pytest.approx(leg.piece.rate, rel=1e-4, abs=1e-9)
            assert leg.value(leg.end) == leg.last


# --- conditions -----------------------------------------------------------------------------------------------------

OBSERVED = {
    "current": -2e-6,
    "cell_voltage": -0.5,
    "gap": 1.5,
    "height": 8.5,
    "temperature_max": 450.0,
    "bodies": 2,
    "time": 3.0,
}


@pytest.mark.parametrize(
    ("text", "expected", "value", "holds"),
    [
        ("current > 1 uA", ("current", False, True, 1e-6), -2e-6, False),
        ("|current| > 1 uA", ("current", True, True, 1e-6), 2e-6, True),
        ("|current| < 1 nA", ("current", True, False, 1e-9), 2e-6, False),
        ("current<-1.5e-3 mA", ("current", False, False, -1.5e-6), -2e-6, True),
        ("gap > 2 nm", ("gap", False, True, 2.0), 1.5, False),
        ("gap < 2e-9 m", ("gap", False, False, 2.0), 1.5, True),
        ("height > 0.008um", ("height", False, True, 8.0), 8.5, True),
        ("temperature > 500 K", ("temperature", False, True, 500.0), 450.0, False),
        ("cell_voltage < 0.1 V", ("cell_voltage", False, False, 0.1), -0.5, True),
        (" | cell_voltage | > 100 mV ", ("cell_voltage", True, True, 0.1), 0.5, True),
        ("resistance > 1 Mohm", ("resistance", False, True, 1e6), 2.5e5, False),
        ("resistance > 200 k\u03a9", ("resistance", False, True, 2e5), 2.5e5, True),
        ("resistance < 300 k\u2126", ("resistance", False, False, 3e5), 2.5e5, True),
        ("conductance > 2 G0", ("conductance", False, True, 2.0), 4e-6 / 7.748091729e-5, False),
        ("conductance<0.06 G0", ("conductance", False, False, 0.06), 4e-6 / 7.748091729e-5, True),
        ("bodies > 1", ("bodies", False, True, 1.0), 2.0, True),
        ("time > 3 s", ("time", False, True, 3.0), 3.0, False),
        ("time > 2999.9 ms", ("time", False, True, 2.9999), 3.0, True),
        ("|current| > 1 \u00b5A", ("current", True, True, 1e-6), 2e-6, True),
    ],
)
def test_conditions(text, expected, value, holds):
    condition = Condition.parse(text)
    assert condition == Condition(*expected)
    assert condition.value(OBSERVED) == pytest.approx(value, rel=1e-9)
    assert (condition.excess(OBSERVED) > 0) == holds
    assert Condition.parse(str(condition)) == condition


def test_excess_is_zero_at_the_threshold_and_changes_sign_there():
    for text, key, threshold in (("gap > 2 nm", "gap", 2.0), ("current < 1 uA", "current", 1e-6)):
        condition = Condition.parse(text)
        sign = 1 if condition.above else -1
        excess = [condition.excess(OBSERVED | {key: threshold * factor}) for factor in (0.5, 1.0, 1.5)]
        assert excess[1] == 0 and sign * excess[2] == pytest.approx(threshold / 2) == -sign * excess[0]


def test_resistance_without_a_current():
    condition = Condition.parse("resistance > 1 Mohm")
    assert condition.value(OBSERVED | {"current": 0.0}) == math.inf
    assert condition.excess(OBSERVED | {"current": 0.0}) == 0.5
    nothing = OBSERVED | {"current": 0.0, "cell_voltage": 0.0}
    assert math.isnan(condition.value(nothing)) and condition.excess(nothing) == 0
    assert Condition.parse("resistance < 1 Mohm").excess(nothing) == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("curent > 1 uA", 'unknown quantity "curent"; did you mean "current"? (allowed: current, |current|, '),
        ("zzz > 1 uA", 'unknown quantity "zzz" (allowed: current, |current|, cell_voltage, |cell_voltage|, resistance'),
        ("current >= 1 uA", 'expected a condition such as "current > 1 uA" or "gap > 2 nm", with one of current, '),
        ("current", "expected a condition"),
        ("current > uA", "expected a condition"),
        ("current > 1 uA or so", "expected a condition"),
        ("|current > 1 uA", "expected a condition"),
        ("", "expected a condition"),
        (3, "expected a condition"),
        ("current > 1", '"1": expected a current such as "1 uA"'),
        ("current > 1 V", '"1 V": expected a current such as "1 uA"'),
        ("gap > 1 um/s", '"1 um/s": expected a length such as "2 nm"'),
        ("temperature > 20 degC", '"20 degC": expected a temperature such as "500 K"'),
        ("conductance > 1 S", '"1 S": expected a conductance in quanta such as "2 G0"'),
        ("bodies > 1 nm", '"1 nm": expected a number of bodies of metal such as "1"'),
        ("resistance > 1 xohm", '"1 xohm": expected a resistance such as "1 Mohm"'),
        ("|gap| > 1 nm", '"|gap|": gap is never negative; write "gap"'),
        ("|current| < -1 nA", "|current| is never negative: compare it with a positive value"),
        ("gap < 0 nm", "gap is never negative"),
        ("gap < 1e999 nm", '"1e999": must be a finite number'),
        ("gap < 1e99999999999999999999 nm", "must be a finite number"),
    ],
)
def test_conditions_that_cannot_be_read(text, message):
    with pytest.raises(ConfigError) as caught:
        Condition.parse(text)
    assert message in str(caught.value)


def test_all_quantities_are_named():
    assert QUANTITIES == [
        "current",
        "|current|",
        "cell_voltage",
        "|cell_voltage|",
        "resistance",
        "conductance",
        "gap",
        "height",
        "temperature",
        "bodies",
        "time",
    ]


# --- programmes that cannot be run ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([], "programme: needs at least one step"),
        ([ramp(0.0, 1.0)], "takes no time"),
        ([ramp(2.0, 1.0), ramp(2.0, 1.0)], r'programme\[1\].to = "2 V": the source is at 2 V already'),
        (
            [ramp(2.0, 1.0, polarity="negative")] * 2,
            r'programme\[1\].to = "2 V": the source is at -2 V already, so that .*; use kind = "hold" to wait',
        ),
        ([sweep(0.0, 1.0)], r'programme\[0\].peak = "0 V": the source is at 0 V already'),
        ([sweep(1.0, 1.0, 1.0)], r'programme\[0\].back = "1 V": the source is at 1 V already'),
        ([current_ramp(0.0, 1.0)], r'programme\[0\].to = "0 A": the source is at 0 A already.*"current_hold" to wait'),
        (
            [repeat(2, [hold(1.0), ramp(2.0, 1.0)])],
            r'programme\[0\].steps\[1\].to = "2 V": the source is at 2 V already in cycle 2,',
        ),
        ([hold(0.0)], r"programme\[0\]: takes 0 s"),
        ([ramp(2.0, 1.0), hold(1e-20)], r"programme\[1\]: takes 1e-20 s, too short to be told from 2 s"),
        ([ramp(2.0, 1.0), ramp(1.0, 1e30)], r"programme\[1\]: takes 1e-30 s, too short to be told from 2 s"),
        ([hold(1e3), pulse(1.0, 1e-12)], r"programme\[1\].rise: takes 1e-14 s, too short"),
        ([pulse(0.5, 1.0, base=0.5)], r'programme\[0\].amplitude = "0.5 V": is the base'),
        ([ramp(2.0)], r"programme\[0\]: give either a rate or a duration"),
        ([ramp(2.0, 1.0, duration=1.0)], r"programme\[0\]: give either a rate or a duration"),
        ([hold(1.0), hold(1.0, until="gap > 1 V")], r'programme\[1\].until = "gap > 1 V": "1 V": expected a length'),
        ([table([(0.0, 0.5), (1.0, 1.0)])], r"programme\[0\].points\[0\]: the table begins at 0.5 V, but .* at 0 V"),
        ([table([(0.0, 0.0)])], r"programme\[0\].points: needs a point later than 0 s"),
        ([table([])], r"programme\[0\].points: needs a point later than 0 s"),
        ([table([(1.0, 0.0), (1.0, 1.0)])], r"programme\[0\].points: takes 0 s"),
        ([repeat(10_000, [pulse_train(1.0, 1.0, 10_000, 1.0)])], "programme: has more than 200000 straight pieces"),
    ],
)
def test_programmes_that_cannot_be_run(steps, message):
    with pytest.raises(ConfigError, match=message):
        Programme.from_steps(steps)
