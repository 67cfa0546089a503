"""Whole atoms in the contact: a birth-death process beside the continuum.

The continuum has x atoms' worth of metal in the last atomic layer (bridging.py), any number. N of them are in the
contact, a whole number; the other x - N stand beside it on the surfaces of the metal, which lend an atom where x - N
is less than nothing. One by one,

    N -> N + 1  at  c + a (x - N)+                  c, d: cathodic and anodic branch of Butler-Volmer in the layer, in
    N -> N - 1  at  d + a (N - x)+ + b N                  atoms per time (no anodic one where N = 0)

    a = nu exp(-E/kT),  b = nu exp(-(E + B)/kT)     surface hopping over a barrier E; B binds an atom in the contact

The continuum's own growth is c - d = dx/dt: it is taken from x, whatever changes that, and what both branches share,
the exchange, is added to both. Hopping moves atoms between contact and continuum and leaves x as it is, so that no
metal is made or lost. The mean of N follows d<N>/dt = dx/dt + a (x - <N>) - b <N>: bound fast, B >> kT, it is x, which
is the law without whole atoms. Without currents the occupation is in detailed balance; at a whole x it is binomial,
each atom in the contact with the probability a/(a + b). Waiting times are exponential (D. T. Gillespie, J. Phys. Chem.
81, 2340 (1977)).
"""

from dataclasses import dataclass, replace
from math import exp, inf, log1p

import numpy as np

from ecmsim.constants import BOLTZMANN_EV, ELEMENTARY_CHARGE, SQUARE_METRES_PER_NM2
from ecmsim.errors import SolveError

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
class AtomByAtom:
    """The law of the module. attempt_frequency nu (1/s); barrier E and binding B (eV); charge_number z of the ions;
    seed of all that is drawn."""

    attempt_frequency: float
    barrier: float
    binding: float
    charge_number: float
    seed: int

    def hopping(self, temperature):
        """a and b, per atom into and out of the contact, 1/s; temperature in K."""
        energy = BOLTZMANN_EV * temperature
        inwards = self.attempt_frequency * exp(-self.barrier / energy)
        return inwards, inwards * exp(-self.binding / energy)

    def exchange(self, current_density, area):
        """Atoms per time that both branches of the reaction share, 1/s; current_density (A/m2) over an area (nm2)."""
        return current_density * area * SQUARE_METRES_PER_NM2 / (self.charge_number * ELEMENTARY_CHARGE)

    @staticmethod
    def rates(number, metal, growth, exchange, hopping):
        """Rates of arrival and of departure, 1/s. growth: dx/dt, exchange: what both branches share, 1/s."""
        inwards, outwards = hopping
        arrival = max(growth, 0.0) + exchange + inwards * max(metal - number, 0.0)
        if not number:
            return arrival, 0.0
        return arrival, max(-growth, 0.0) + exchange + inwards * max(number - metal, 0.0) + outwards * number

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
        growth, hopping = (metal - count.metal) / step, self.hopping(temperature)
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
            return self.rates(n, metal, growth, exchange, hopping)

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
