"""Laws as tapes: the same numbers as the law's own, and the law itself where it cannot be traced."""

import numpy as np
import pytest

from ecmsim.compiled.library import kernels
from ecmsim.compiled.tape import Compiled, compiled, held
from ecmsim.config import load_config
from ecmsim.physics import operators
from ecmsim.physics.compliance import IdealCompliance
from ecmsim.physics.model import DeviceModel

pytestmark = pytest.mark.skipif(kernels() is None, reason="nothing is compiled here")
RANDOM = np.random.default_rng(3)
N = 150
MODEL = DeviceModel.from_config(load_config("configs/cu_sio2_pt.toml", ["heat.boundary_resistance = 1e-9 m^2 K/W"]))
VOLTAGE, KELVIN, RADIUS = RANDOM.normal(size=N), 300 + 500 * RANDOM.random(N), 5 * RANDOM.random(N)
HEIGHT, GAP, SHARE = -10 + 11 * RANDOM.random(N), 0.1 + 5 * RANDOM.random(N), RANDOM.random(N)


def shared(voltage, temperature, radius, height, share, shift):
    return MODEL.reaction_current_density(voltage, temperature, radius, height, True, share, shift)


LAWS = {
    "below": (lambda *a: MODEL.reaction_current_density(*a, True), VOLTAGE, KELVIN, RADIUS, HEIGHT),
    "above": (lambda *a: MODEL.reaction_current_density(*a, False), VOLTAGE, KELVIN, RADIUS, HEIGHT),
    "shared": (shared, VOLTAGE, 9e2, RADIUS, HEIGHT, SHARE, 1.0),
    "layer": (MODEL.switching_layer.thermal, KELVIN),
    "metal": (MODEL.filament.electrical, KELVIN),
    "size": (MODEL.size_effect.conductivity_ratio, RADIUS),
    "hopping": (MODEL.hopping.low_field_limits, KELVIN),
    "tunnelling": (MODEL.tunnelling.current_density, 1.3, GAP),
    "tunnelling's slope": (MODEL.tunnelling.differential_conductance_density, 1.3, GAP),
    "tunnel heating": (MODEL.tunnel_heating.active_electrode_share, -0.7, GAP),
    "limiter": (IdealCompliance(1e-3, 0.05, "both").current, VOLTAGE),
    "sinhc": (operators.sinhc, 200 * SHARE),
    "powers": (lambda x, y: abs(x) ** 2 + y**0.5 - y**1.7 + 2**x - (-x) / 3 + operators.sqrt(y) + +y, VOLTAGE, GAP),
}  # fmt: skip


@pytest.mark.parametrize("name", LAWS)
def test_a_tape_gives_the_numbers_of_its_law(name):
    law, *values = LAWS[name]
    tape = compiled(law, len(values))
    assert isinstance(tape, Compiled)
    found, expected = tape(*values), law(*values)
    assert isinstance(found, tuple) == isinstance(expected, tuple)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert np.array_equal(held(tape, *values[1:])(values[0]), found)


def test_numbers_and_arrays_of_other_shapes():
    tape = compiled(lambda x, y: operators.exp(x) * y, 2)
    column, row = np.linspace(0, 1, 70)[:, None], np.arange(3.0)
    for x, y in ((0.5, 2.0), (column, row), (0.5, row), (row, np.array([2.0])), (np.array([1.0]), 2), (column[::2], 1)):
        found, expected = tape(x, y), np.exp(x) * y
        assert np.shape(found) == np.shape(expected)
        np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_what_is_no_number_stays_none():
    tape = compiled(lambda x: operators.maximum(operators.minimum(x, 1.0), 0.0), 1)
    assert np.array_equal(tape(np.array([np.nan, 2.0, -np.inf])), [np.nan, 1.0, 0.0], equal_nan=True)


@pytest.mark.parametrize(
    "law",
    [
        lambda x: x if x > 0 else -x,
        lambda x: np.where(x == 0, 1.0, 2.0),
        lambda x: 1.0 if x != 0 else 2.0,
        lambda x: np.interp(x, [0.0, 1.0], [1.0, 2.0]),
        lambda x: x * np.array([1.0, 2.0]),
        lambda x: float(x),
        lambda x: np.exp(x),
        lambda x: "nothing" if x else None,
    ],
)
def test_a_law_that_cannot_be_traced_stays_as_it_is(law):
    assert compiled(law, 1) is law
    assert held(lambda x, y: x + y, 2.0)(1.0) == 3.0


def test_without_kernels_a_law_stays_as_it_is(monkeypatch):
    monkeypatch.setattr("ecmsim.compiled.tape.kernels", lambda: None)
    assert compiled(np.exp, 1) is np.exp
