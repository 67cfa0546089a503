"""Metals of the reduced model where some of them float: what electrons cross between them, and their potentials.

The floating bodies are numbered from the topmost on, 0 to K - 1; the filament on the counter electrode is number K, the
active electrode K + 1. A column of the layer may cross several gaps: each of its pieces belongs to the link between the
two metals at its ends. The potential of a floating body is unknown, and no net current leaves it (bipolar.py).

Across a gap of 0.2 nm electrons may join two metals 1e10 times better than ions join them to anything else. The voltage
between them is then the round-off of a difference, and the current that it drives is nothing but that. So the unknowns
are not the potentials m but drops d, one for each body, between it and a neighbour: the tree in which each body hangs
on what it is joined to best leads from every body to the filament (at 0) or the active electrode (at V), and

    m = T d + t V

with T and t of zeros and ones. The voltages across links, sums and differences of drops, are then as exact as these.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ecmsim.models.reduced.electrons import Crossing


@dataclass(frozen=True)
class Link:
    """Columns between two metals, by their numbers. crossing of c columns; radius and foot (c,): where these stand on
    the lower metal, nm."""

    upper: int
    lower: int
    crossing: Crossing
    radius: np.ndarray
    foot: np.ndarray


def links(filament, top, top_laws, between, between_laws):
    """The links of a filament of several bodies, a tuple.

    top: ecmsim.shape.gap.Columns below the active electrode, between: those of each gap between bodies, from the
    topmost on; the laws: as in ecmsim.models.cell.Tip.
    """
    ends = np.array([part.stop for part in filament.parts])
    count, found = len(ends) - 1, []
    gaps = (top, *between)
    for number, (columns, laws) in enumerate(zip(gaps, (top_laws, *between_laws), strict=True)):
        lower = np.searchsorted(ends, columns.below, side="right")
        upper = np.searchsorted(ends, columns.above, side="right") if number else np.full_like(lower, count + 1)
        for pair in sorted(set(zip(upper.tolist(), lower.tolist(), strict=True))):
            its = (upper == pair[0]) & (lower == pair[1])
            weight, gap, radius, foot = (
                values[its].ravel() for values in (columns.weight, columns.gap, columns.radius, columns.foot)
            )
            found.append(Link(*pair, Crossing(laws, weight, gap), radius, foot))
    return tuple(found)


@dataclass(frozen=True)
class Metals:
    """K floating bodies, filament and active electrode. links: between them; neighbours (K,): on which each body hangs;
    drops (K + 2, K) and source (K + 2,): T and t of the module's equation."""

    links: tuple
    neighbours: np.ndarray
    drops: np.ndarray
    source: np.ndarray

    @classmethod
    def of(cls, links, count):
        """Those of `links` between `count` floating bodies and the two others."""
        joined = conductances(links, count)
        neighbours, hanging = np.full(count, count), [count, count + 1]
        drops, source = np.zeros((count + 2, count)), np.zeros(count + 2)
        source[-1] = 1.0
        while loose := [body for body in range(count) if body not in hanging]:
            best = max((joined[a, b], -a, -b) for a in loose for b in hanging)
            body, on = -best[1], -best[2]
            neighbours[body] = on if best[0] > 0 else count
            drops[body], source[body] = drops[neighbours[body]], source[neighbours[body]]
            drops[body, body] = 1.0
            hanging.append(body)
        return cls(links, neighbours, drops, source)

    @property
    def count(self):
        """K, the number of floating bodies."""
        return len(self.neighbours)

    def potentials(self, drops, voltage):
        """m of all metals, V, (K + 2,), with d (K,) and V."""
        return self.drops @ drops + self.source * voltage

    def drops_of(self, potentials, voltage):
        """d (K,) of the potentials of the floating bodies (K,), V."""
        known = np.append(potentials, [0.0, voltage])
        return known[: self.count] - known[self.neighbours]

    @cached_property
    def incidence(self):
        """Voltages of the links per drop, (l, K), and per voltage between the electrodes, (l,)."""
        upper, lower = ([getattr(link, end) for link in self.links] for end in ("upper", "lower"))
        return self.drops[upper] - self.drops[lower], self.source[upper] - self.source[lower]

    def across(self, drops, voltage):
        """Voltage of each link, upper less lower metal, V, (l,)."""
        per_drop, per_voltage = self.incidence
        return per_drop @ drops + per_voltage * voltage

    def lines(self, across):
        """Current and slope (A, S) of each link at its voltage, both (l,)."""
        found = [link.crossing.line(voltage) for link, voltage in zip(self.links, across.tolist(), strict=True)]
        return np.array([line.current for line in found]), np.array([line.slope for line in found])


def conductances(links, count):
    """Conductance between all pairs of metals at no voltage, S, (K + 2, K + 2)."""
    found = np.zeros((count + 2, count + 2))
    for link in links:
        found[link.upper, link.lower] += link.crossing.line(0.0).slope
    return found + found.T


def relative_potentials(links, count):
    """Potentials of the metals (K + 2,) where the active electrode is at 1, the filament at 0, and the links ohmic.

    Bodies are eliminated one by one (star into mesh), without any subtraction, so that the weakest link counts.
    """
    joined = conductances(links, count)
    np.fill_diagonal(joined, 0.0)
    for body in range(count):
        rest = slice(body + 1, None)
        whole = joined[body, rest].sum()
        if whole > 0:
            joined[rest, rest] += np.outer(joined[rest, body], joined[body, rest] / whole)
            np.fill_diagonal(joined, 0.0)
    found = np.zeros(count + 2)
    found[-1] = 1.0
    for body in reversed(range(count)):
        whole = joined[body, body + 1 :].sum()
        found[body] = joined[body, body + 1 :] @ found[body + 1 :] / whole if whole > 0 else 0.5
    return found
