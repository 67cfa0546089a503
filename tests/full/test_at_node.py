"""Circuit and fields together, with a function in place of the fields: the voltage at which both carry one current."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import brentq

from ecmsim.errors import SolveError
from ecmsim.models.full.at_node import FURTHEST, settled
from ecmsim.models.node import Branch, Line, Node, Supply
from ecmsim.physics.compliance import IdealCompliance, SeriesResistor

CELLS = {
    "ohmic": lambda v: 2e-6 * v,
    "steep": lambda v: 1e-9 * np.sinh(v / 0.05),
    "saturating": lambda v: 1e-5 * np.tanh(v / 0.02),
}


SOLUTIONS = {  # of the fields, which were enough
    ("ohmic", 1.2): 3,
    ("ohmic", -0.7): 2,
    ("steep", 1.2): 25,
    ("steep", -0.7): 11,
    ("saturating", 1.2): 16,
    ("saturating", -0.7): 13,
}


class Counted:
    """A cell, and the voltages at which it was asked."""

    def __init__(self, law):
        self.law, self.asked = law, []

    def __call__(self, voltage):
        self.asked.append(voltage)
        return float(self.law(voltage))


@pytest.mark.parametrize("source", [1.2, -0.7])
@pytest.mark.parametrize("cell", CELLS)
def test_both_carry_the_same_current(cell, source):
    """Behind a resistor; from a node that was at rest, with a few solutions of the fields."""
    law, resistance = Counted(CELLS[cell]), 2e5
    node = settled(Supply(Branch(source, SeriesResistor(resistance))), law, Node(), 1e-9, 1e-22)
    exact = brentq(lambda v: CELLS[cell](v) - (source - v) / resistance, -2, 2, xtol=1e-15)
    assert node.voltage == pytest.approx(exact, rel=1e-8)
    assert node.cell == pytest.approx((source - exact) / resistance, rel=1e-7)
    assert abs(node.missed) <= 1e-9 * abs(node.cell)
    assert law.asked[-1] == pytest.approx(node.voltage, rel=1e-8)  # what was solved last is the solution
    assert len(law.asked) <= SOLUTIONS[cell, source], len(law.asked)
    assert np.abs(np.diff(law.asked)).max() <= FURTHEST * (1 + 1e-12)


def test_the_line_before_the_step_is_where_it_begins():
    """A linear cell whose line is known needs one solution."""
    law = Counted(lambda v: 1e-6 + 3e-6 * (v - 0.5))
    before = Node(voltage=0.5, drop=0.5, cell=1e-6, slope=3e-6)
    supply = Supply(Branch(1.0, SeriesResistor(2e5)))
    node = settled(supply, law, before, 1e-9, 1e-22)
    assert len(law.asked) == 1
    assert node.voltage == pytest.approx(supply.solve(Line(0.5, 1e-6, 3e-6), 0.5).voltage, rel=1e-12)


def test_a_limited_cell():
    law = Counted(CELLS["ohmic"])
    node = settled(Supply(Branch(1.5, IdealCompliance(1e-6, 0.05))), law, Node(), 1e-9, 1e-22)
    assert node.cell == pytest.approx(1e-6, rel=1e-6) and node.voltage == pytest.approx(0.5, rel=1e-6)


def test_a_current_that_never_settles_is_given_up():
    noise = iter(np.random.default_rng(1).uniform(1e-6, 5e-6, 200))
    law = Counted(lambda v: next(noise))
    with pytest.raises(SolveError, match="do not settle"):
        settled(Supply(Branch(1.0, SeriesResistor(2e5))), law, Node(), 1e-9, 1e-22)
    assert len(law.asked) == 40


def test_currents_below_the_least_one_need_not_agree():
    """What is missed is measured against it: 1e-9 of 1 mA here, where the cell carries nearly nothing."""
    law = Counted(lambda v: 1e-18 * v)
    supply = SimpleNamespace(solve=Supply(Branch(1.0, SeriesResistor(1e3))).solve)
    assert settled(supply, law, Node(), 1e-9, 1e-3).cell == pytest.approx(1e-18)
