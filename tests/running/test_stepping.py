"""The step controller in plain Python: what limits a step, corners, halving, recovery, and giving up."""

import math
from dataclasses import replace

import pytest

from ecmsim.config.numerics import Stepping
from ecmsim.drive import Programme, hold, ramp
from ecmsim.errors import SolveError
from ecmsim.models.rates import Rates
from ecmsim.running.stepping import StepController, StepError, Unresolved

# Every limit is far away unless a test brings it near.
SETTINGS = {
    "first_step": "1 s", "smallest_step": "1e-6 s", "largest_step": "100 s", "growth": 2.0,
    "largest_voltage_step": "10 V", "largest_displacement": "10 nm", "height_fraction": 0.1,
    "segment_fraction": 0.5, "gap_fraction": 0.02, "gap_change": "0.004 nm", "relative_error": 0.05,
    "displacement_error": "1e-4 nm",
}  # fmt: skip
STILL = Rates(
    growth_speed=0.0,
    closing_speed=0.0,
    misplaced=0.0,
    last_step=1.0,
    height=100.0,
    gap=100.0,
    finest=100.0,
    source_time=math.inf,
)


def controller(**settings):
    return StepController(Stepping(**(SETTINGS | settings)))


@pytest.mark.parametrize(
    ("settings", "rates", "expected"),
    [
        ({}, {}, 1.0),
        ({"largest_step": "0.3 s"}, {}, 0.3),
        ({}, {"source_time": 0.04}, 0.04),
        ({"largest_relaxation": "0.05 nm"}, {"relaxation_speed": 0.5}, 0.1),
        ({}, {"growth_speed": 40.0}, 0.25),  # 10 % of 100 nm at 40 nm/s
        ({}, {"growth_speed": 40.0, "height": 2.0}, 0.005),
        ({"largest_displacement": "0.2 nm"}, {"growth_speed": 40.0}, 0.005),
        ({}, {"growth_speed": 40.0, "finest": 0.1}, 0.00125),
        ({}, {"closing_speed": 40.0, "gap": 1.0}, 0.0005),  # 2 % of 1 nm
        ({}, {"closing_speed": 40.0, "gap": 0.1}, 0.0001),  # but 0.004 nm at least
        ({}, {"closing_speed": 40.0, "gap": 0.2}, 0.0001),
        # A step of 1 s left a point 2 nm from its place: with the third power, 5 % of the way or 1e-4 nm
        ({}, {"growth_speed": 1.0, "misplaced": 2.0}, 0.9 * 0.025**0.5),
        ({}, {"growth_speed": 1.0, "misplaced": 2.0, "last_step": 0.1}, 0.09 * 0.0025**0.5),
        ({}, {"growth_speed": 1e-9, "misplaced": 2.0}, 0.9 * 5e-5 ** (1 / 3)),
        ({}, {"misplaced": 2e-5}, 1.0),
    ],
)
def test_limits(settings, rates, expected):
    assert controller(**settings).propose(replace(STILL, **rates), math.inf) == pytest.approx(expected)


def stuttering(length, count=300, cut=150):
    """A controller after so many steps of a length (s), the first of which, as many as `cut`, had to be shortened."""
    steps = controller(smallest_step="1e-6 s")
    for number in range(count):
        if number < cut:
            steps.rejected(2 * length, "no mesh")
        steps.accepted(length)
    return steps


def test_a_run_does_not_go_on_for_ever_by_steps_that_lead_nowhere():
    stuttering(0.0101).rejected(0.04, "no mesh")
    with pytest.raises(StepError, match="of the last 300 steps, of 0.0099 s at most, 150 had to be shortened: no mesh"):
        stuttering(0.0099).rejected(0.01, "no mesh")


def test_so_many_steps_and_so_many_of_them_shortened():
    for given in ({"count": 299}, {"cut": 99}):
        stuttering(0.005, **given).rejected(0.01, "no mesh")
    with pytest.raises(StepError, match="100 had to be shortened"):
        stuttering(0.005, cut=100).rejected(0.01, "no mesh")


def test_the_smallest_limit_counts():
    rates = replace(STILL, growth_speed=40.0, closing_speed=40.0, gap=1.0)
    assert controller().propose(replace(rates, source_time=1e-3), math.inf) == pytest.approx(0.0005)
    assert controller().propose(replace(rates, source_time=1e-4), math.inf) == pytest.approx(0.0001)


def test_a_corner_is_reached_to_the_bit():
    steps = controller()
    assert steps.propose(STILL, 0.7) == 0.7
    assert steps.propose(STILL, 1.0) == 1.0
    # Rather two even steps than a long one and a sliver.
    assert steps.propose(STILL, 1.0 + 1e-9) == (1.0 + 1e-9) / 2
    assert steps.propose(STILL, 1.9) == 0.95
    assert steps.propose(STILL, 2.0) == 1.0
    assert steps.propose(STILL, 2.1) == 1.0


def test_a_corner_is_hit_also_after_a_rejection():
    steps = controller()
    steps.rejected(1.0, "reason")
    assert steps.propose(STILL, 0.4) == 0.4
    assert steps.propose(STILL, 0.9) == 0.45


def test_every_corner_of_a_programme_is_hit():
    """The loop of a run: times of accepted steps contain the ends of all legs exactly."""
    legs = Programme.from_steps([ramp(2.0, 3.0), hold(0.1), ramp(-0.7, 3.0)]).planned()
    steps, time, times = controller(first_step="10 ms"), 0.0, []
    for leg in legs:
        rates = replace(STILL, source_time=0.07 / abs(leg.rate) if leg.rate else math.inf)  # 70 mV at most
        while time < leg.end:
            left = leg.end - time
            step = steps.propose(rates, left)
            assert 0 < step <= left and step * abs(leg.rate) <= 0.07 * (1 + 1e-12)
            steps.accepted(step)
            time = leg.end if step == left else time + step
            times.append(time)
    assert len(legs) == 3 and {leg.end for leg in legs} <= set(times)
    assert 50 < len(times) < 90


def test_accepted_steps_grow_by_the_configured_factor():
    steps, taken = controller(largest_step="7 s"), []
    for _ in range(5):
        taken.append(steps.propose(STILL, math.inf))
        steps.accepted(taken[-1])
    assert taken == [1.0, 2.0, 4.0, 7.0, 7.0]


def test_a_short_step_to_a_corner_does_not_slow_the_next():
    steps = controller()
    steps.accepted(steps.propose(STILL, 1e-3))
    assert steps.propose(STILL, math.inf) == 1.0
    steps.accepted(0.9)
    assert steps.propose(STILL, math.inf) == 1.8


def test_rejection_halves_the_step_that_failed():
    steps = controller()
    steps.rejected(0.5, "reason")
    assert steps.propose(STILL, math.inf) == 0.25
    steps.rejected(0.25, "reason")
    assert steps.propose(STILL, math.inf) == 0.125


def test_rejection_after_a_limit_halves_the_limited_step():
    fast = replace(STILL, growth_speed=1000.0)
    steps = controller()
    first = steps.propose(fast, math.inf)
    steps.rejected(first, "reason")
    assert first == pytest.approx(0.01) and steps.propose(fast, math.inf) == first / 2


def test_recovery_after_a_rejection_is_gradual():
    steps = controller()
    steps.rejected(1.0, "reason")
    steps.rejected(0.5, "reason")
    taken = []
    for _ in range(4):
        taken.append(steps.propose(STILL, math.inf))
        steps.accepted(taken[-1])
    assert taken == [0.25, 0.5, 1.0, 2.0]
    assert steps.rejections == 0


def test_a_corner_right_after_a_rejection_does_not_restore_the_long_step():
    steps = controller()
    steps.rejected(1.0, "reason")
    steps.accepted(steps.propose(STILL, 0.01))
    assert steps.propose(STILL, math.inf) == pytest.approx(0.02)


def test_giving_up():
    steps = controller()
    step, attempts = 1.0, 0
    with pytest.raises(StepError) as caught:
        while True:
            attempts += 1
            steps.rejected(step, "the fields did not converge")
            step = steps.propose(STILL, math.inf)
            assert step >= 1e-6
    assert attempts == 20  # 2^-20 s is below 1 us
    expected = "20 attempts failed, the last with a step of 1.9e-06 s: the fields did not converge"
    assert str(caught.value) == expected
    assert isinstance(caught.value, SolveError) and caught.value.exit_code == 3


def test_giving_up_where_the_time_shows_no_shorter_step():
    """With the reason for which the last one failed, not that it cannot be told from the time."""
    steps, fast = controller(), replace(STILL, growth_speed=1000.0)
    assert steps.propose(STILL, math.inf, 0.3) == 1.0
    steps.rejected(1.0, "first")
    assert steps.propose(STILL, math.inf, 0.3) == 0.5
    with pytest.raises(StepError, match="^2 attempts failed, the last with a step of 0.5 s: second$"):
        steps.rejected(0.5, "second")
    told = r"so fast that a step would have to be 0.01 s, less than the time's last digit shows \(0.3 s\)"
    with pytest.raises(Unresolved, match=f"the outline moves {told}"):
        controller().propose(fast, math.inf, 0.3)
    with pytest.raises(StepError, match=r"0.01 s, less than stepping.smallest_step \(0.05 s\)") as caught:
        controller(smallest_step="50 ms").propose(fast, math.inf, 1e-9)
    assert not isinstance(caught.value, Unresolved)


def test_only_failures_in_a_row_are_counted():
    steps = controller(smallest_step="0.3 s")
    steps.rejected(1.0, "first")
    steps.accepted(0.5)
    with pytest.raises(StepError, match="^1 attempt failed, the last with a step of 0.5 s: second"):
        steps.rejected(0.5, "second")
