"""The circuit between source and cell, and the compliance current that holds at a moment of a programme."""

from types import SimpleNamespace

import pytest
from helpers import small

from ecmsim.config import Config
from ecmsim.drive import Programme, compliance_of, current_ramp, hold, limit, ramp
from ecmsim.models.circuit import circuit
from ecmsim.physics.compliance import IdealCompliance, SeriesResistor

CELL = small.EXTENDS + small.METALS + small.ramp("1 V") + small.compliance("10 uA") + 'smoothing_voltage = "0.1 V"\n'


def config(*overrides):
    return Config.from_toml(CELL, overrides=overrides)


def section(text):
    """The section of a step's own compliance, from its inline table."""
    return config(f"programme[0].compliance={text}").programme[0].compliance


OWN = section('{kind="ideal", current="2 uA", smoothing_voltage="0.2 V", polarity="negative"}')
WIRE, RESISTOR = section('{kind="none"}'), section('{kind="series_resistor", resistance="10 kohm"}')


def legs(*steps):
    return Programme.from_steps(steps).planned()


def circuits(config, *steps):
    """The circuit in the middle of each leg."""
    return [circuit(config, leg, 0.5 * (leg.start + leg.end)) for leg in legs(*steps)]


def limits(config, *steps):
    """The limit in the middle of each leg."""
    return [limit(config, leg, 0.5 * (leg.start + leg.end)) for leg in legs(*steps)]


def test_circuits_of_the_configuration():
    step = ramp(1.0, 1.0)
    assert circuits(config(), step) == [IdealCompliance(1e-5, 0.1)]
    assert circuits(config("compliance.polarity=both"), step) == [IdealCompliance(1e-5, 0.1, "both")]
    assert circuits(config('compliance={kind="none"}'), step) == [None]
    resistor = 'compliance={kind="series_resistor", resistance="10 kohm"}'
    assert circuits(config(resistor), step) == [SeriesResistor(1e4)]


def test_a_step_has_the_circuit_of_its_own_compliance():
    steps = ramp(1.0, 1.0), hold(1.0, compliance=OWN), hold(1.0, compliance=WIRE), hold(1.0, compliance=RESISTOR)
    assert circuits(config(), *steps) == [
        IdealCompliance(1e-5, 0.1),
        IdealCompliance(2e-6, 0.2, "negative"),
        None,
        SeriesResistor(1e4),
    ]


def test_a_current_source_is_a_limiter():
    """With the sign of its current; where none is wanted there is a small one, which defines the cell's voltage."""
    (first, second) = legs(current_ramp(2e-6, 1e-6), current_ramp(-2e-6, 1e-5, voltage_limit=4.0))[::2]
    assert circuit(config(), first, 1.0) == IdealCompliance(pytest.approx(1e-6), 0.05)
    assert circuit(config(), first, 0.0).limit == 1e-12
    assert circuit(config(), second, second.end) == IdealCompliance(pytest.approx(2e-6), 0.05, "negative")


def test_the_limit_is_that_of_the_step():
    """Of the step or else of the configuration; nothing limits without an ideal compliance or by a current source."""
    smaller = section('{kind="ideal", current="20 nA"}')
    steps = ramp(1.0, 1.0), hold(1.0, compliance=smaller), ramp(-1.0, 1.0, compliance=WIRE), hold(1.0)
    assert limits(config(), *steps, current_ramp(1e-6, 1e-6)) == [1e-5, 2e-8, None, 1e-5, None]
    assert limits(config('compliance={kind="none"}'), *steps) == [None, 2e-8, None, None]
    assert limits(config(), hold(1.0, compliance=RESISTOR)) == [None]


@pytest.mark.parametrize(
    ("polarity", "wanted"), [("positive", [1e-5, 1e-5]), ("negative", [-1e-5, -1e-5]), ("both", [1e-5, -1e-5])]
)
def test_the_limit_has_the_sign_of_the_currents_that_it_limits(polarity, wanted):
    (leg,) = legs(ramp(1.0, 1.0))
    back = legs(ramp(1.0, 1.0), ramp(-1.0, 1.0))[1]
    compliant = config(f"compliance.polarity={polarity}")
    assert [limit(compliant, leg, 0.5), limit(compliant, back, 2.5)] == wanted
    # Also where both are seen in one leg, which passes zero.
    assert [limit(compliant, back, 1.5), limit(compliant, back, 2.5)] == wanted


def test_what_holds_needs_no_more_than_a_compliance():
    (leg,) = legs(hold(1.0, compliance=OWN))
    assert compliance_of(SimpleNamespace(compliance=WIRE), leg) is OWN
    (leg,) = legs(hold(1.0))
    assert compliance_of(SimpleNamespace(compliance=WIRE), leg) is WIRE
