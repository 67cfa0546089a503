"""A measured voltage becomes a few straight legs, within a tolerance, whatever its noise."""

import numpy as np
import pytest

from ecmsim.errors import MeasurementError
from ecmsim.measured import Recording, legs_of
from ecmsim.measured.thinning import thinned

CORNERS = [0, 1, 3, 4], [0, 2, -1.5, 0]
TIME = np.linspace(0, 4, 16_001)


def noisy(voltage, noise, seed=1):
    return voltage + noise * np.random.default_rng(seed).standard_normal(len(voltage))


@pytest.mark.parametrize("noise", [0.0, 1e-3, 1e-2, 5e-2])
def test_sixteen_thousand_noisy_points_become_three_legs(noise):
    voltage = noisy(np.interp(TIME, *CORNERS), noise)
    legs = thinned(TIME, voltage)
    assert legs.time == pytest.approx(CORNERS[0], abs=2e-3 + 0.05 * noise)
    assert legs.voltage == pytest.approx(CORNERS[1], abs=1e-3 + 0.1 * noise)
    assert legs.noise == pytest.approx(noise, rel=0.05, abs=1e-9)
    assert legs.deviation == np.abs(np.interp(TIME, legs.time, legs.voltage) - voltage).max() <= legs.tolerance
    assert "16001 points as 3 straight legs" in legs.words


@pytest.mark.parametrize("tolerance", [0.03, 0.005])
def test_a_tolerance_is_kept(tolerance):
    voltage = np.sin(2 * np.pi * TIME)
    legs = thinned(TIME, voltage, tolerance)
    assert legs.deviation <= tolerance == legs.tolerance
    # A parabola needs a leg for each sqrt(16 tolerance / curvature): a hundred per cent more is no success.
    assert len(legs.time) < 2 * 4 * 2 * np.pi / np.sqrt(16 * tolerance) + 4


def test_edges_of_pulses_stay_sharp():
    voltage = np.where(TIME % 1 < 0.3, 2.0, 0.1)
    legs = thinned(TIME, noisy(voltage, 5e-3))
    assert len(legs.time) < 25 and legs.deviation <= legs.tolerance < 0.05
    assert np.interp(0.29, legs.time, legs.voltage) == pytest.approx(2.0, abs=0.01)
    assert np.interp(0.31, legs.time, legs.voltage) == pytest.approx(0.1, abs=0.01)


def test_times_may_be_uneven_and_come_twice():
    time = np.sort(np.random.default_rng(2).choice(TIME, 400))
    legs = thinned(time, np.interp(time, *CORNERS))
    assert len(legs.time) == 4 and legs.time[1:3] == pytest.approx([1, 3], abs=1e-6)


def test_many_points_keep_the_tolerance_too():
    time = np.linspace(0, 4, 1_000_001)
    voltage = noisy(np.interp(time, *CORNERS), 0.01)
    legs = thinned(time, voltage)
    assert len(legs.time) == 4 and legs.deviation <= legs.tolerance < 0.08


def test_noise_above_the_tolerance_is_refused_with_what_to_write():
    voltage = noisy(np.interp(TIME, *CORNERS), 0.1)
    with pytest.raises(
        MeasurementError, match=r'more than 5000 straight legs .* noise is about \S+ mV.* tolerance = "\d+ mV"'
    ):
        thinned(TIME, voltage, 1e-3)


def test_nothing_is_made_of_noise():
    with pytest.raises(MeasurementError, match="noise of .* is nearly as large as the voltage itself"):
        thinned(TIME, noisy(0 * TIME, 0.1))


def recording(voltage, current, voltage_is):
    return Recording("x", TIME, voltage, current, np.ones(len(TIME), int), compliance={1: 1e-3}, voltage_is=voltage_is)


def test_a_voltage_measured_in_compliance_is_that_of_the_cell():
    """The source goes on to 2 V; what is measured falls to that of the cell, at 1 mA through 500 ohm."""
    source = 2 - np.abs(TIME - 2)
    held = (TIME > 1.2) & (source > 0.5)
    measured, current = np.where(held, 0.5, source), np.where(held, 1e-3, np.where(TIME > 2, source / 500, 1e-9))
    legs = legs_of(recording(measured, current, "measured"))
    assert legs.time == pytest.approx([0, 2, 4], abs=0.01) and legs.voltage == pytest.approx([0, 2, 0], abs=0.01)
    assert "went on to 2 V" in legs.words
    as_it_stands = legs_of(recording(measured, current, "programmed"))
    assert as_it_stands.voltage.max() == pytest.approx(1.2, abs=0.02) and not as_it_stands.note


def test_what_a_held_source_did_is_not_invented():
    voltage, current = np.where(TIME > 1, 0.5, 1.0), np.where(TIME > 1, 1e-3, 1e-9)
    legs = legs_of(recording(voltage, current, "measured"))
    assert "cannot be told" in legs.note and legs.voltage.max() == pytest.approx(1.0)
