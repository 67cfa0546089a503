"""The node to which cell, capacitor and leakage are joined, and the branch that feeds it from the source.

    source V_app --- limiter s --- R ---+--- cell I_cell(V)
                                        +--- leakage I_leak(V)        V = V_app - x,  x = s + R I(s)
                                        +--- capacitor C dV/dt

I(s) = I_cell(V) + I_leak(V) + C dV/dt, with I the law of the limiter (Eq. (7), a resistor, a transistor), is solved at
the end of each step with the cell linearised there; the models linearise it anew until that makes no difference, so
that circuit and fields are solved together. The voltage s, not V, is the unknown: attoamperes are as exact as
milliamperes.

The capacitor's current is fitted exponentially: C (V_1 - V_0)/dt = (1 - w) i_0 + w i_1 with w = 1/(1 - exp(-l)) - 1/l
and l = dt/C times the conductance at the node. A linear circuit under a straight source is then exact over any step,
the rule is of second order for others, and a step long against the time constant is the implicit Euler's, which damps
(Liniger & Willoughby, SIAM J. Numer. Anal. 7, 47 (1970)).

A source-measure unit that takes its time lowers its output U = V_app - s by d ln(U)/dt = -(I - I_CC)/(I_CC tau) while
too much flows: under a resistor the current goes as I_CC/(1 - (1 - I_CC/I_0) exp(-t/tau)). In terms of s, with Eq. (7)
for the current at rest, I = f(s) + (tau I_CC/U) ds/dt, by the implicit Euler with the U before the step.
"""

from dataclasses import dataclass, field, replace
from math import exp, expm1

import numpy as np

from ecmsim.models.root import root

SETTLED = 1e-12  # last correction of the weight
EDGE = 1e-3  # over the source voltage: least step of the numerical derivatives, before their 1e-6
ROUNDS = 50  # of weight and root in turn


@dataclass(frozen=True)
class Line:
    """A current near a voltage: current (A) and slope (S) at `voltage` (V)."""

    voltage: float
    current: float
    slope: float

    def __call__(self, voltage):
        return self.current + self.slope * (voltage - self.voltage)


@dataclass(frozen=True)
class Node:
    """The node at a moment. voltage: over the cell, drop: from the source to it, limiter: part of that over a limiter
    that takes its time (0 for others), V; cell, leakage, capacitor: currents from the node, A; slope: of the cell's by
    the voltage, S; missed: what the solution leaves over of the currents, A; rate: at which its charge changes its
    voltage, or a limiter that takes its time changes its own, V/s."""

    voltage: float = 0.0
    drop: float = 0.0
    limiter: float = 0.0
    cell: float = 0.0
    leakage: float = 0.0
    capacitor: float = 0.0
    slope: float = 0.0
    missed: float = 0.0
    rate: float = 0.0

    def under(self, change):
        """The same node under a source whose voltage has changed by so much, V."""
        return replace(self, drop=self.drop + change)

    @property
    def source(self):
        """Current of the source, A: by Kirchhoff's law the sum of what leaves the node."""
        return self.cell + self.leakage + self.capacitor

    @property
    def largest(self):
        """The largest current at the node, A."""
        return max(abs(self.cell), abs(self.leakage), abs(self.capacitor), abs(self.source))


@dataclass(frozen=True)
class Branch:
    """What feeds the node. source: V_app in V; law of the limiter: current(voltage) in A, None for a wire; resistance R
    in ohm behind it; slow: whether the limiter takes its time; lag: conductance (S) of what it then lets through
    besides; held: its voltage before the step, V."""

    source: float
    law: object | None
    resistance: float = 0.0
    slow: bool = False
    lag: float = 0.0
    held: float = 0.0

    def current(self, voltage):
        """Current at a voltage s across the limiter, A, and its slope, S."""
        step = 1e-6 * max(abs(voltage), EDGE * abs(self.source), 1e-12)
        below, here, above = (float(self.law.current(np.array(voltage + d))) for d in (-step, 0.0, step))
        return here + self.lag * (voltage - self.held), (above - below) / (2 * step) + self.lag

    def across(self, drop, guess=0.0):
        """The voltage s at which limiter and resistance together take a drop x, V."""

        def excess(voltage):
            current, slope = self.current(voltage)
            return voltage + self.resistance * current - drop, 1 + self.resistance * slope

        return root(excess, guess if self.resistance else drop)


@dataclass(frozen=True)
class Step:
    """The step to a moment. length in s; node, source: Node and V_app at its beginning; charging: capacitor's current
    then, in the circuit that holds from there on, A; None where implicit Euler has to do."""

    length: float
    node: Node
    source: float
    charging: float | None


@dataclass(frozen=True)
class Supply:
    """All that surrounds the cell at the end of a step. branch; capacitance in F; leakage: function of the voltage, A;
    step: None at rest, where no capacitor's current flows."""

    branch: Branch
    capacitance: float = 0.0
    leakage: callable = field(default=lambda voltage: 0.0)
    step: Step | None = None

    def solve(self, cell: Line, guess: float = 0.0) -> Node:
        """The node, with the current of the cell as a line near its voltage; guess: of the drop, V."""
        if self.branch.law is None:
            return self._node(cell, 0.0, 0.0, 1.0)
        weight, voltage = self._weight(cell, guess), guess
        for _ in range(ROUNDS):
            voltage = root(lambda s, w=weight: self._excess(cell, s, w), voltage)
            new = self._weight(cell, voltage)
            if abs(new - weight) <= SETTLED:
                break
            weight = new
        return self._node(cell, voltage, voltage + self.branch.resistance * self.branch.current(voltage)[0], weight)

    def _leak(self, voltage):
        """Leakage, A, and its slope, S."""
        step = 1e-6 * max(abs(voltage), EDGE)
        above, below = self.leakage(voltage + step), self.leakage(voltage - step)
        return self.leakage(voltage), (above - below) / (2 * step)

    def _charging(self, drop, weight):
        """Current into the capacitor at a drop, A, and its slope by the node's voltage, S."""
        before, C = self.step, self.capacitance
        if before is None or not C:
            return 0.0, 0.0
        change = (self.branch.source - before.source) - (drop - before.node.drop)
        mean = C * change / before.length
        return (mean - (1 - weight) * (before.charging or 0.0)) / weight, C / before.length / weight

    def _excess(self, cell, voltage, weight):
        """Current through the limiter beyond what leaves the node, A, and its slope by s."""
        through, slope = self.branch.current(voltage)
        drop = voltage + self.branch.resistance * through
        node = self.branch.source - drop
        leak, leaking = self._leak(node)
        charging, stiffness = self._charging(drop, weight)
        whole = (1 + self.branch.resistance * slope) * (cell.slope + leaking + stiffness)
        return through - cell(node) - leak - charging, slope + whole

    def _weight(self, cell, voltage):
        """w of the capacitor's rule."""
        before = self.step
        if before is None or not self.capacitance or before.charging is None:
            return 1.0
        through, slope = self.branch.current(voltage)
        node = self.branch.source - voltage - self.branch.resistance * through
        conductance = slope / (1 + self.branch.resistance * slope) + cell.slope + self._leak(node)[1]
        return weight(before.length * conductance / self.capacitance)

    def _node(self, cell, voltage, drop, weight):
        before, node = self.step, self.branch.source - drop
        leakage, charging = float(self.leakage(node)), self._charging(drop, weight)[0]
        rate = charging / self.capacitance if self.capacitance else 0.0
        if before and self.branch.lag:
            rate = max(abs(rate), abs(voltage - before.node.limiter) / before.length)
        elif self.branch.law is None:
            rate = 0.0  # the source's
        return Node(
            voltage=node,
            drop=drop,
            limiter=voltage if self.branch.slow else 0.0,
            cell=cell(node),
            leakage=leakage,
            capacitor=charging,
            slope=cell.slope,
            rate=rate,
        )


def weight(length):
    """w of a step that lasts `length` time constants: 1/2 for short ones, 1 for long ones."""
    if length < 1e-2:
        return 0.5 + length / 12 - length**3 / 720
    return 1.0 - 1 / length + (exp(-length) / -expm1(-length) if length < 700 else 0.0)
