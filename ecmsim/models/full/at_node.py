"""Circuit and fields together: the voltage of the cell's node at which both carry the same current."""

from dataclasses import replace

from ecmsim.errors import SolveError
from ecmsim.models.node import Line, Node, Supply

ROUNDS = 40  # solutions of the fields, before a step is rejected
FURTHEST = 0.2  # V from one to the next
SAME = 1e-9  # of the voltage: what is no change of it
CLOSE = 1e-6  # of the voltage: nearer points tell no slope


def settled(supply: Supply, current, node: Node, tolerance, least) -> Node:
    """The Node at the end of a step. current(voltage): of the cell, with its fields solved at that voltage (V), A; what
    it solved last is the solution.

    node: before the step, whose line of the cell's current tells where to begin; tolerance: of the cell's current,
    relative, and least: current (A) that it refers to at least. The cell's line is corrected by its secants.
    """
    line = Line(node.voltage, node.cell, node.slope)
    found = supply.solve(line, node.drop)
    voltage, low, high = found.voltage, -1e300, 1e300
    for _ in range(ROUNDS):
        through = current(voltage)
        slope = line.slope
        if abs(voltage - line.voltage) > CLOSE * abs(voltage):
            secant = (through - line.current) / (voltage - line.voltage)
            slope = secant if secant > 0 else slope
        line = Line(voltage, through, slope)
        found = supply.solve(line, found.drop)
        change = found.voltage - voltage
        missed = slope * change
        if abs(change) <= SAME * abs(voltage) and abs(missed) <= tolerance * max(abs(through), least):
            return replace(found, cell=through, missed=missed)
        low, high = (voltage, high) if change > 0 else (low, voltage)
        new = voltage + min(max(change, -FURTHEST), FURTHEST)
        voltage = new if low < new < high else 0.5 * (low + high)
    raise SolveError("circuit and fields do not settle")
