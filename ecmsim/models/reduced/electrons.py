"""Electrons of the reduced model: source, circuit, active electrode, gap, filament and counter electrode in series.

The metals on either side of the gap are equipotentials V_Tu apart. Across it, over the columns above the filament's
upper envelope, I_Tu = int J(V_Tu, g(r)) 2 pi r dr, Eq. (5); the ions (ions.py) are in parallel:

    I = I_Tu(V_Tu) + I_ion(V_Tu),   V_cell = V_Tu + I R_s,   I = f(V_app - V_cell)

with f of Eq. (7) or of a resistor, or V_cell = V_app without a circuit in between. R_s is the sum of the filament,

    int s(z)^2 dz/(sigma(T) pi r^2)

with the share s(z) of the current that has entered it above z and sigma with the size effect, Eq. (6), and of the
constrictions in both electrodes (spreading.py), at the temperature half-way between contact and ambient.
With I_Tu and I_ion linearised, and linearised anew until that makes no difference, one monotone equation is left, for
the voltage V_R across the circuit, which Newton's method solves within a bracket. V_R, not V_cell, is the unknown:
attoamperes through the circuit are then as exact as milliamperes, and I = f(V_R) <= I_CC to round-off.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ecmsim.constants import METRES_PER_NM, SQUARE_METRES_PER_NM2
from ecmsim.models.node import Line
from ecmsim.models.root import root

EDGE = 1e-3  # over the source voltage: least step of the numerical derivative, before its 1e-6


@dataclass(frozen=True)
class Crossing:
    """Electrons that cross the gap, over all columns. laws: by the name of their current, such as "tunnel" for Eq. (5);
    weight (nm2) and gap (nm) of the columns, (c,)."""

    laws: dict
    weight: np.ndarray
    gap: np.ndarray

    def by_column(self, name, voltage):
        """Current of each column by one of the laws, A, (c,)."""
        found = self._known.get((name, voltage))
        if found is None:
            density = self.laws[name].current_density(voltage, self.gap)
            found = self._known[name, voltage] = SQUARE_METRES_PER_NM2 * self.weight * density
        return found

    @cached_property
    def _known(self):
        """Currents by law and voltage: where heat and circuit have settled they are asked for again."""
        return {}

    def currents(self, voltage):
        """The whole current by each law, A, name -> float."""
        return {name: float(self.by_column(name, voltage).sum()) for name in self.laws}

    def line(self, voltage):
        """The whole current near a voltage."""
        slopes = (law.differential_conductance_density(voltage, self.gap) for law in self.laws.values())
        slope = sum(float(SQUARE_METRES_PER_NM2 * (self.weight * slope).sum()) for slope in slopes)
        return Line(voltage, sum(self.currents(voltage).values()), slope)


@dataclass(frozen=True)
class Operation:
    """Where the cell works: drop V_R across the circuit before it, voltage V_Tu of the gap, cell_voltage, V; entering:
    current through both, A."""

    drop: float
    voltage: float
    cell_voltage: float
    entering: float


def operation(law, source_voltage, resistance, lines, guess=0.0, rest=0.0) -> Operation:
    """Solve for the electrons with the currents across the gap linearised.

    law: of the circuit between source and cell, None where they are connected directly; source_voltage in V; resistance
    R_s in ohm; lines: Line of each current across the gap; guess: of V_R in V; rest: voltage at
    which ions may drive a current by themselves, V.
    """
    slope = sum(line.slope for line in lines)

    def gap(voltage):
        return sum(line(voltage) for line in lines)

    if law is None:
        current = gap(source_voltage) / (1 + resistance * slope)
        return Operation(0.0, source_voltage - resistance * current, source_voltage, current)

    def mismatch(drop):
        step = 1e-6 * max(abs(drop), EDGE * abs(source_voltage), EDGE * rest)
        below, through, above = law.current(np.array([drop - step, drop, drop + step])).tolist()
        steepness = (above - below) / (2 * step)
        voltage = source_voltage - drop - resistance * through
        return through - gap(voltage), steepness + slope * (1 + resistance * steepness)

    drop = root(mismatch, guess, min(0.0, source_voltage) - rest, max(0.0, source_voltage) + rest)
    through = float(law.current(np.array([drop]))[0])
    return Operation(drop, source_voltage - drop - resistance * through, source_voltage - drop, through)


def operation_at_node(supply, resistance, lines, guess):
    """The same with the cell at a node of a circuit (ecmsim.models.node): Operation and Node. guess: of its drop, V."""
    slope = sum(line.slope for line in lines)
    voltage = supply.branch.source - guess
    line = Line(voltage, operation(None, voltage, resistance, lines).entering, slope / (1 + resistance * slope))
    node = supply.solve(line, guess)
    point = operation(None, node.voltage, resistance, lines)
    return replace(point, drop=node.drop), replace(node, cell=point.entering)


def series_resistances(profile, entered, temperature, metal, size_effect):
    """Resistance of each slice of the filament to a current of which the share `entered` (k,) flows through it, ohm.

    temperature (k,) in K; metal: Conductor of the filament; size_effect: Eq. (6) or None.
    """
    sigma = metal.electrical(temperature) * size_ratios(profile, size_effect)
    return entered**2 * profile.lengths / (sigma * profile.section * METRES_PER_NM)


def size_ratios(profile, size_effect):
    """Conductivity of each slice over that of the bulk metal, (k,); 1 without a size effect."""
    middle = 0.5 * (profile.radii[1:] + profile.radii[:-1])
    return size_effect.conductivity_ratio(2 * middle) if size_effect else 1.0
