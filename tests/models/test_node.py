"""The node of the circuit around a cell, against closed forms: charging, limits, overshoot, a transistor."""

import numpy as np
import pytest

from ecmsim.models.node import Branch, Line, Node, Step, Supply, weight
from ecmsim.physics.compliance import IdealCompliance, SeriesResistor
from ecmsim.physics.transistor import Transistor

R, C = 1e6, 1e-12


def marched(node, steps, source, cell, law=None, capacitance=C, resistance=0.0):
    """The nodes after each step (s). source(t) in V; cell(t): conductance, S; law: of the limiter."""
    time, found, law = 0.0, [], law or SeriesResistor(R)
    for length in steps:
        before = Branch(source(time), law, resistance)
        charging = before.current(before.across(node.drop, node.drop))[0] - node.cell
        time += length
        supply = Supply(
            Branch(source(time), law, resistance), capacitance, step=Step(length, node, source(time - length), charging)
        )
        node = supply.solve(Line(0.0, 0.0, cell(time)), node.drop)
        found.append(node)
    return np.cumsum(steps), found


@pytest.mark.parametrize("conductance", [0.0, 1e-9, 1e-5])
def test_charging_is_exact_over_any_step(conductance):
    """Through a resistor with a conductance beside: V = V_inf (1 - exp(-t/tau)); steps of very different lengths."""
    steps = 1e-6 * np.array([0.3, 0.01, 2.0, 0.5, 1e-4, 0.7, 5.0])
    time, nodes = marched(Node(drop=1.0), steps, lambda t: 1.0, lambda t: conductance)
    whole = 1 / R + conductance
    expected = (1 / R / whole) * -np.expm1(-time * whole / C)
    assert [node.voltage for node in nodes] == pytest.approx(expected, rel=1e-11)
    for node in nodes:
        assert node.source == pytest.approx((1.0 - node.voltage) / R, rel=1e-8, abs=1e-15)


def test_a_ramp_is_followed_exactly():
    """V = r (t - tau (1 - exp(-t/tau))) behind a ramp of rate r."""
    rate, tau = 1e5, R * C
    time, nodes = marched(Node(), 1e-6 * np.array([0.2, 1.0, 0.05, 3.0]), lambda t: rate * t, lambda t: 0.0)
    assert [node.voltage for node in nodes] == pytest.approx(rate * (time + tau * np.expm1(-time / tau)), rel=1e-11)


def test_a_changing_cell_is_of_second_order():
    """Discharge through a conductance that grows linearly in time: V = exp(-(t + t^2/(2 T))/tau)."""
    end, errors = 1e-6, []
    for count in (20, 40):
        cell = lambda t: 1e-6 * (1 + t / end)  # noqa: E731
        nodes = marched(
            Node(1.0, -1.0, cell=cell(0.0)), np.full(count, end / count), lambda t: 0.0, cell, SeriesResistor(1e15)
        )[1]
        errors.append(abs(nodes[-1].voltage - np.exp(-1.5)))
    assert errors[0] < 2e-3 and 3.5 < errors[0] / errors[1] < 4.5


def test_weights():
    """Continuous, from the trapezoidal rule to the implicit Euler."""
    lengths = np.array([0.0, 1e-3, 9.99e-3, 1.001e-2, 1.0, 30.0, 1e4])
    found = np.array([weight(length) for length in lengths])
    assert found[0] == 0.5 and found[-1] == pytest.approx(1.0, abs=2e-4) and np.all(np.diff(found) > 0)
    assert found[3] - found[2] == pytest.approx((lengths[3] - lengths[2]) / 12, rel=1e-3)


def test_attoamperes_through_a_small_resistor():
    """Of which the voltage of the node knows nothing: it is 1 V to the last bit."""
    node = Supply(Branch(1.0, SeriesResistor(1.0))).solve(Line(0.0, 0.0, 3e-19))
    assert node.voltage == 1.0 and node.drop == pytest.approx(3e-19, rel=1e-9) and node.source == 3e-19


def test_limiter_and_resistor_together():
    """I = I_CC (1 - exp(-s/V_0)), V_app = s + R I + I/G."""
    law, source, series, conductance = IdealCompliance(1e-5, 0.05), 1.0, 2e4, 1e-4
    node = Supply(Branch(source, law, series)).solve(Line(0.0, 0.0, conductance))
    limiter = source - node.source * (series + 1 / conductance)
    assert node.source == pytest.approx(float(law.current(limiter)), rel=1e-9)
    assert node.voltage == pytest.approx(node.source / conductance, rel=1e-9)


@pytest.mark.parametrize("capacitance", [1e-13, 1e-12, 1e-11])
def test_overshoot(capacitance):
    """A cell that switches within no time to R_on: the peak is V_SET/R_on whatever the capacitance, which sets how long
    it lasts (Shrestha et al., IEEE Trans. Electron Devices 65, 2018): I - I_CC falls as exp(-t/(R_on C))."""
    on, limit, start = 1e4, 1e-5, 1.0
    law, tau = IdealCompliance(limit, 0.05), on * capacitance
    time, nodes = marched(
        Node(start, 0.0), np.full(400, tau / 100), lambda t: start, lambda t: 1 / on, law, capacitance
    )
    current = np.array([node.cell for node in nodes])
    assert current[0] == pytest.approx(start / on, rel=0.02) and np.all(np.diff(current) < 0)
    half = np.interp(-0.5 * (start / on + limit), -current, time)
    assert half == pytest.approx(np.log(2) * tau, rel=0.03)
    assert current[-1] < 1.2 * (start / on * np.exp(-4) + limit)
    assert max(node.source for node in nodes) <= limit


@pytest.mark.parametrize("ratio", [2.0, 10.0, 100.0])
def test_a_limiter_that_takes_its_time(ratio):
    """Under a resistor I = I_CC/(1 - (1 - I_CC/I_0) exp(-t/tau)), to the first order of the steps."""
    tau, limit, source = 1e-6, 1e-6, 1.0
    law, conductance, errors = IdealCompliance(limit, 0.005), ratio * limit / source, []
    for count in (200, 400):
        node, length = Node(source, 0.0, cell=conductance * source), 2 * tau / count
        for _ in range(count):
            lag = tau * limit / (length * max(source - node.limiter, law.smoothing_voltage))
            branch = Branch(source, law, 0.0, True, lag, node.limiter)
            node = Supply(branch, step=Step(length, node, source, None)).solve(Line(0.0, 0.0, conductance), node.drop)
        expected = limit / (1 - (1 - 1 / ratio) * np.exp(-2))
        errors.append(abs(node.source / expected - 1))
    assert errors[1] < 5e-3 and errors[1] < 0.6 * errors[0] + 1e-4


class TestTransistor:
    """Square law, both ways."""

    def law(self, gate, source, modulation=0.0):
        return Transistor(1e-3, 0.4, modulation, gate, source)

    def test_triode_and_saturation(self):
        law = self.law(1.0, 3.0)
        assert law.current(0.1) == pytest.approx(1e-3 * (0.6 * 0.1 - 0.1**2 / 2))
        assert law.current(0.6) == law.current(2.0) == pytest.approx(0.5e-3 * 0.36)
        assert self.law(1.0, 3.0, 0.1).current(2.0) == pytest.approx(0.5e-3 * 0.36 * 1.2)

    def test_a_closed_gate_lets_nothing_through(self):
        for source in (3.0, -3.0):
            node = Supply(Branch(source, self.law(0.4, source))).solve(Line(0.0, 0.0, 1e-3))
            assert node.source == node.voltage == 0.0

    def test_the_cell_s_voltage_is_lost_to_the_gate_at_a_negative_source(self):
        """The source terminal follows the cell: I = beta/2 (V_G - |V_cell| - V_T)^2, less than forwards."""
        conductance = 1e-3
        back = Supply(Branch(-3.0, self.law(1.0, -3.0))).solve(Line(0.0, 0.0, conductance))
        assert -back.source == pytest.approx(0.5e-3 * (1.0 - abs(back.voltage) - 0.4) ** 2, rel=1e-8)
        forward = Supply(Branch(3.0, self.law(1.0, 3.0))).solve(Line(0.0, 0.0, conductance))
        assert forward.source == pytest.approx(0.5e-3 * 0.36, rel=1e-8) and -back.source < 0.7 * forward.source

    def test_its_current_rises_with_the_voltage(self):
        voltages = np.linspace(-2, 2, 41)
        for source in (2.0, -2.0):
            for gate in (0.2, 1.0, 3.0):
                law = self.law(gate, source, 0.05)
                assert np.all(np.diff([float(law.current(v)) for v in voltages]) >= 0)
