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
each atom in the contact with the probability a/(a + b).
"""

from dataclasses import dataclass
from math import exp

from ecmsim.constants import BOLTZMANN_EV, ELEMENTARY_CHARGE, SQUARE_METRES_PER_NM2


@dataclass(frozen=True)
class AtomByAtom:
    """The law of the module. attempt_frequency nu (1/s); barrier E and binding B (eV); charge_number z of the ions."""

    attempt_frequency: float
    barrier: float
    binding: float
    charge_number: float

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
        """Rates of arrival and of departure, 1/s. growth: dx/dt, exchange: what both branches share, hopping: a and b,
        1/s."""
        inwards, outwards = hopping
        arrival = max(growth, 0.0) + exchange + inwards * max(metal - number, 0.0)
        if not number:
            return arrival, 0.0
        return arrival, max(-growth, 0.0) + exchange + inwards * max(number - metal, 0.0) + outwards * number
