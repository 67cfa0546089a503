"""Atoms in a contact, counted as they come and go: the events of a birth-death process, drawn from a seed.

The rates are those of ecmsim.physics.atom_by_atom. Waiting times are exponential (D. T. Gillespie, J. Phys. Chem. 81,
2340 (1977)); over a step longer than many hops the number is drawn from its stationary distribution instead.
"""

from dataclasses import dataclass, replace
from math import inf, log1p

import numpy as np

from ecmsim.errors import SolveError
from ecmsim.physics.atom_by_atom import AtomByAtom

PART = 0.05  # atoms: how far the metal moves while the rates stand still
RELAXED = 50.0  # hopping times: after so many the number is drawn from its stationary distribution
MOST = 1_000_000  # arrivals and departures in one step, on the average
NEGLIGIBLE = 1e-18  # of the largest occupation


@dataclass(frozen=True)
class Count:
    """Atoms in the contact at a moment. number: N; metal: x; growth: of x in the step to that moment, 1/s.

    left: what the rates have to add up to until the next event, drawn from an exponential distribution; drawn: numbers
    drawn in this cycle. As no event depends on where steps end, one that is tried again, shorter, has the same events.
    """

    number: int
    metal: float
    left: float
    drawn: int
    cycle: int
    growth: float = 0.0


class _Draws:
    """Uniform numbers of one seed and cycle, from the n-th one on. Made when the first is asked for."""

    def __init__(self, seed, cycle, drawn):
        self.key, self.drawn, self._generator = (seed, cycle), drawn, None

    def __call__(self):
        if self._generator is None:
            source = np.random.PCG64(list(self.key))
            self._generator = np.random.Generator(source.advance(self.drawn))
        self.drawn += 1
        return float(self._generator.random())

    def waiting(self):
        """Exponential with mean 1."""
        return -log1p(-self())


@dataclass(frozen=True)
class Counting:
    """A contact whose atoms are counted. law: of the rates; seed of all that is drawn."""

    law: AtomByAtom
    seed: int

    def begun(self, metal, cycle):
        """The Count at the start, with so much metal: whole atoms, and one more with the probability of the rest."""
        draws = _Draws(self.seed, cycle, 0)
        number = int(metal) + (draws() < metal - int(metal))
        return Count(number, metal, draws.waiting(), draws.drawn, cycle)

    def advanced(self, count, metal, exchange, temperature, step, cycle):
        """The Count a step (s) later, when there is so much metal. exchange (1/s), temperature (K): in that step.

        Every cycle draws numbers of its own. Raises SolveError for a step with too many events.
        """
        if cycle != count.cycle:
            draws = _Draws(self.seed, cycle, 0)
            count = replace(count, left=draws.waiting(), cycle=cycle)
        else:
            draws = _Draws(self.seed, cycle, count.drawn)
        growth, hopping = (metal - count.metal) / step, self.law.hopping(temperature)
        number, left = count.number, count.left
        parts = 1 + int(abs(metal - count.metal) / PART)
        for part in range(parts):
            here = count.metal + (part + 0.5) / parts * (metal - count.metal)
            number, left = self._passed(number, left, here, growth, exchange, hopping, step / parts, draws)
        if not metal > 0:
            number = 0  # nothing is in the layer that could bridge it
        return Count(number, metal, left, draws.drawn, cycle, growth)

    def _passed(self, number, left, metal, growth, exchange, hopping, time, draws):
        """N and `left` after a time (s) in which the metal stands still."""

        def rates(n):
            return self.law.rates(n, metal, growth, exchange, hopping)

        if hopping[0] * time > RELAXED:
            return self._stationary(rates, metal, draws()), draws.waiting()
        if sum(rates(max(number, round(metal)))) * time > MOST:
            raise SolveError(f"more than {MOST:g} atoms enter and leave the contact in {time:.3g} s")
        while True:
            arrival, departure = rates(number)
            whole = arrival + departure
            until = left / whole if whole else inf
            if until > time:
                return number, left - whole * time
            time -= until
            number += 1 if draws() * whole < arrival else -1
            left = draws.waiting()

    @staticmethod
    def _stationary(rates, metal, uniform):
        """N drawn from the stationary distribution, by detailed balance from that next to the metal outwards."""
        middle = round(metal)
        above, below = [1.0], [1.0]  # relative to that of `middle`
        while above[-1] > NEGLIGIBLE:
            n = middle + len(above) - 1
            above.append(above[-1] * rates(n)[0] / rates(n + 1)[1])
        while len(below) <= middle and below[-1] > NEGLIGIBLE:
            n = middle - len(below) + 1
            below.append(below[-1] * rates(n)[1] / rates(n - 1)[0])
        weights = np.array([*reversed(below[1:]), *above])
        place = int(np.searchsorted(np.cumsum(weights), uniform * weights.sum(), side="right"))
        return middle - len(below) + 1 + min(place, len(weights) - 1)
