"""The law of nucleation, and the waiting that follows from it for any waveform."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from ecmsim.constants import BOLTZMANN_EV
from ecmsim.models.waiting import Waiting, threshold_of
from ecmsim.physics.nucleation import Nucleation

LAW = Nucleation(attempt_time=1e-7, barrier=0.8, critical_atoms=2, transfer_coefficient=0.3, charge_number=1)
STEEP = 2.3 / (BOLTZMANN_EV * 300)  # d ln(rate)/d|eta|, 1/V


def drawn(count=1000):
    """Waiting for nuclei, each with a threshold of its own seed."""
    return [Waiting(threshold_of(SimpleNamespace(waiting="drawn", seed=seed))) for seed in range(count)]


def test_the_rate():
    """As it is written, in any direction of the current; nothing where metal would dissolve."""
    expected = 1e7 * np.exp((-0.8 + 2.3 * 0.2) / (BOLTZMANN_EV * 350))
    assert LAW.rate(-0.2, 350.0) == pytest.approx(expected)
    assert LAW.rate(np.array([0.0, 0.3]), 350.0).tolist() == [0.0, 0.0]
    assert np.isfinite(LAW.rate(-1e3, 300.0))


def test_draws_are_exponential_under_a_constant_voltage():
    rate = float(LAW.rate(-0.3, 300.0))
    times = np.array([one.time_left(LAW, -0.3, 0.0, 300.0) for one in drawn()])
    assert stats.kstest(times * rate, "expon").pvalue > 0.05
    assert times.mean() == pytest.approx(1 / rate, rel=3 / np.sqrt(1000))
    assert stats.kstest(times * rate * 1.2, "expon").pvalue < 1e-3  # the test would see another mean
    assert Waiting(threshold_of(SimpleNamespace(waiting="mean"))).time_left(LAW, -0.3, 0.0, 300.0) * rate == 1.0


def test_draws_follow_the_integrated_rate_of_a_ramp():
    """P(t) = 1 - exp(-int k): the voltage rises from -0.1 V at 2 V/s, and only that above zero counts."""
    times = np.array([one.time_left(LAW, 0.1, -2.0, 300.0) for one in drawn()])
    below = float(LAW.rate(-1e-12, 300.0))

    def probability(t):
        return -np.expm1(-below * np.expm1(2 * STEEP * (t - 0.05)) / (2 * STEEP))

    assert stats.kstest(times, probability).pvalue > 0.05 and times.min() > 0.05


@pytest.mark.parametrize(("before", "after"), [(-0.2, -0.5), (-0.5, -0.2), (-0.3, -0.3), (0.1, -0.4), (-0.4, 0.1)])
def test_the_integral_over_a_step(before, after):
    """Against fine quadrature; so that how the programme is cut into steps does not matter."""
    times = np.linspace(0, 1, 200_001)
    expected = np.trapezoid(LAW.rate(before + times * (after - before), 300.0), 3 * times)
    assert Waiting(1.0).over(LAW, before, after, 300.0, 3.0).integral == pytest.approx(expected, rel=1e-4)
    middle = 0.5 * (before + after)
    halves = Waiting(1.0).over(LAW, before, middle, 300.0, 1.5).over(LAW, middle, after, 300.0, 1.5)
    assert halves.integral == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("slope", [-3.0, -0.1, 0.0, 1e-4])
def test_the_time_left_is_that_at_which_the_integral_has_come_to_its_threshold(slope):
    wait = Waiting(2.5, integral=0.5)
    time = wait.time_left(LAW, -0.3, slope, 300.0)
    assert wait.over(LAW, -0.3, -0.3 + slope * time, 300.0, time).integral == pytest.approx(2.5, rel=1e-6)


def test_a_voltage_that_falls_may_never_come_there():
    assert Waiting(1.0).time_left(LAW, -0.1, 10.0, 300.0) == np.inf
    assert Waiting(1.0).time_left(LAW, 0.3, 0.0, 300.0) == np.inf
    assert Waiting(1.0).over(LAW, 0.3, 0.1, 300.0, 1e9).integral == 0
