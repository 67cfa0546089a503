"""The source voltage: exact corners, slopes, and programmes that cannot be run."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from ecmsim.config import Config
from ecmsim.drive import Programme
from ecmsim.errors import ConfigError


def ramp(to, rate):
    return SimpleNamespace(kind="ramp", to=to, rate=rate)


def hold(duration):
    return SimpleNamespace(kind="hold", duration=duration)


@pytest.fixture
def sweep():
    """0 -> 2 V -> -1 V -> 0 at 1 V/s, with a rest of 0.5 s at 2 V."""
    return Programme.from_steps([ramp(2.0, 1.0), hold(0.5), ramp(-1.0, 1.0), ramp(0.0, 2.0)])


def test_corners(sweep):
    np.testing.assert_array_equal(sweep.corners, [0, 2, 2.5, 5.5, 6])
    np.testing.assert_array_equal(sweep.corner_voltages, [0, 2, 2, -1, 0])
    assert sweep.duration == 6


def test_voltage_is_exact_at_corners_and_vectorised(sweep):
    np.testing.assert_array_equal(sweep.voltage(sweep.corners), sweep.corner_voltages)
    np.testing.assert_allclose(sweep.voltage([[0.5, 2.2], [3.5, 5.75]]), [[0.5, 2], [1, -0.5]], atol=1e-15)
    assert sweep.voltage(1.5) == 1.5 and isinstance(sweep.voltage(1.5), float)


def test_awkward_numbers_are_exact_at_corners():
    programme = Programme.from_steps([ramp(0.7, 3.0), hold(0.1), ramp(0.1, 7e5), ramp(0.3, 0.9)])
    assert [programme.voltage(t) for t in programme.corners] == [0, 0.7, 0.7, 0.1, 0.3]


def test_voltage_stays_after_the_end(sweep):
    assert sweep.voltage(100.0) == 0 and sweep.rate(100.0) == 0


def test_rate_is_that_of_the_coming_piece(sweep):
    assert [sweep.rate(t) for t in (0, 1.9, 2, 2.4, 2.5, 5, 5.5, 6)] == [1, 1, 0, 0, -1, -1, 2, 0]


def test_next_corner(sweep):
    assert [sweep.next_corner(t) for t in (0, 1.9, 2, 2.4, 5.5, 5.9)] == [2, 2, 2.5, 2.5, 6, 6]
    assert sweep.next_corner(6) == math.inf


def test_corner_missed_by_rounding_counts_as_reached(sweep):
    assert sweep.next_corner(np.nextafter(2.0, 0)) == 2.5
    assert sweep.rate(np.nextafter(2.0, 0)) == 0
    assert sweep.next_corner(2.0 - 1e-12) == 2.0


def test_nanosecond_pulse_after_a_long_ramp():
    programme = Programme.from_steps([ramp(1.0, 1.0), ramp(2.0, 1e9), hold(1e-9), ramp(0.0, 1e9)])
    assert programme.next_corner(1.0) == pytest.approx(1 + 1e-9, abs=1e-15)
    assert len(set(programme.corners)) == 5


def test_from_configuration():
    text = """
        cell = { active_electrode = "Cu", switching_layer = "SiO2", counter_electrode = "Pt" }
        programme = [{ kind = "ramp", to = "2 V", rate = "1 mV/ms" }, { kind = "hold", duration = "3 ms" }]
        compliance = { kind = "none" }
    """
    programme = Programme.from_steps(Config.from_toml(text).programme)
    assert programme.duration == 2.003 and programme.voltage(1.25) == 1.25


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([], "programme: needs at least one step"),
        ([ramp(0.0, 1.0)], "takes no time"),
        ([ramp(2.0, 1.0), ramp(2.0, 1.0)], r'programme\[1\].to = "2 V": the source is at 2 V already'),
        ([hold(0.0)], r"programme\[0\]: takes 0 s"),
        ([ramp(2.0, 1.0), hold(1e-20)], r"programme\[1\]: takes 1e-20 s, too short"),
    ],
)
def test_programmes_that_cannot_be_run(steps, message):
    with pytest.raises(ConfigError, match=message):
        Programme.from_steps(steps)
