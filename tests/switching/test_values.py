"""Cycles and their numbers: definitions, signs, noise; the same for runs and measurements."""

import numpy as np
import pytest
from helpers.instruments import LIMIT, LRS, reset, sweep

from ecmsim.errors import ConfigError
from ecmsim.switching.cycles import cycle_numbers, lobes
from ecmsim.switching.values import Definitions, plateau, values_of


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("points", [81, 401, 20_001])
def test_a_set(sign, points):
    _, voltage, current = sweep(points, sign)
    values = values_of(voltage, current)
    assert values.V_SET_V == pytest.approx(sign * 1.2, abs=0.05 + 4 / points)
    assert values.R_LRS_ohm == pytest.approx(LRS) and values.R_HRS_ohm > 1e7
    assert np.isnan(values.V_RESET_V) and values.I_max_A == LIMIT


def test_a_reset():
    values = values_of(*reset(401)[1:])
    assert values.V_RESET_V == pytest.approx(-0.6, abs=0.01) and values.I_RESET_A == pytest.approx(-0.6e-3, rel=0.02)
    assert values.R_LRS_ohm == pytest.approx(LRS) and values.R_HRS_ohm == pytest.approx(1e6)
    dropped = values_of(*reset(401)[1:], Definitions(reset_by="drop"))
    assert dropped.V_RESET_V == pytest.approx(-0.6, abs=0.02)


def test_definitions_differ_where_the_current_rises_slowly():
    voltage = np.concatenate([np.linspace(0, 2, 400), np.linspace(2, 0, 400)])
    out = np.minimum(1e-9 * 10 ** (3 * voltage[:400]), LIMIT)
    current = np.concatenate([out, np.minimum(voltage[400:] / 100, LIMIT)])

    def at(**how):
        return values_of(voltage, current, Definitions(**how), LIMIT).V_SET_V

    assert at(set_by="current", set_current=1e-6) == pytest.approx(1.0, abs=0.01)
    assert at(set_by="compliance") == pytest.approx(np.log10(0.95e6) / 3, abs=0.01)
    assert 1.9 < at() < at(set_by="compliance")
    assert np.isnan(values_of(voltage, current, Definitions("compliance")).V_SET_V)
    assert values_of(voltage, current, Definitions(read_voltage=0.05)).R_LRS_ohm == pytest.approx(100)


@pytest.mark.parametrize(
    "wrong", [{"set_by": "eye"}, {"set_by": "current"}, {"set_current": 1.0}, {"reset_by": "x"}, {"read_voltage": 0.0}]
)
def test_wrong_definitions(wrong):
    with pytest.raises(ConfigError):
        Definitions(**wrong)


def test_nothing_switches_in_a_resistor():
    _, voltage, _ = sweep()
    values = values_of(voltage, voltage / 1e4)
    assert np.isnan([values.V_SET_V, values.V_RESET_V, values.R_LRS_ohm]).all()


def test_a_sweep_that_does_not_come_back():
    _, voltage, current = (values[:101] for values in sweep())
    assert values_of(voltage, current).V_SET_V == pytest.approx(1.2, abs=0.03)
    assert np.isnan(values_of(voltage, current).R_LRS_ohm)
    _, voltage, current = (values[:101] for values in reset())
    assert values_of(voltage, current).V_RESET_V == pytest.approx(-0.6, abs=0.02)


def test_a_way_back_in_compliance_tells_a_set_too():
    _, voltage, current = (values[:150] for values in sweep())
    assert values_of(voltage, current).V_SET_V == pytest.approx(1.2, abs=0.03)


def test_a_voltage_that_falls_in_compliance():
    """As it is measured over a cell: the largest voltage comes before the current."""
    _, voltage, current = sweep(401)
    cell = np.where(np.abs(current) >= LIMIT, LIMIT * LRS, voltage)
    assert values_of(cell, current).V_SET_V == pytest.approx(1.2, abs=0.03)


def test_noise_about_zero_makes_no_cycles():
    one = np.concatenate([sweep()[1], reset()[1]])
    voltage = np.tile(one, 3) + 0.02 * np.random.default_rng(1).standard_normal(3 * len(one))
    numbers = cycle_numbers(voltage)
    assert numbers.max() == 3 and np.abs(np.diff(np.nonzero(np.diff(numbers))[0]) - len(one)).max() < 20
    assert [sign for *_, sign in lobes(voltage)] == [1, -1] * 3
    assert cycle_numbers(np.tile(sweep()[1], 4)).max() == 4  # of one polarity only
    assert cycle_numbers(np.zeros(5)).tolist() == [1] * 5


def test_plateau():
    _, voltage, current = sweep()
    assert plateau(voltage, current) == LIMIT and plateau(voltage, voltage / LRS) is None
    assert plateau(voltage, 0 * current) is None
