"""A contact of whole atoms beside a lumped circuit: the law alone, without a cell around it.

The metal x of the last layer grows as Butler-Volmer has it, dx/dt = k [exp(a u) - exp(-(1 - a) u)] with u = z e V/kT
and the voltage V that the contact takes; the atoms N come and go with the rates of physics.atom_by_atom, and conduct
G0 (S(N) + BESIDE). Of the cell only two numbers are left, k and BESIDE.
"""

from dataclasses import dataclass

import numpy as np

from ecmsim.constants import BOLTZMANN_EV, CONDUCTANCE_QUANTUM
from ecmsim.models.counting import Counting
from ecmsim.physics.contact_levels import Levels

# 1/s: with it x goes from 1 to 3 as the reduced model of configs/ag_current_sweep.toml does, in 109.6 s for its 107.8 s
# (from 1 to 2, which was not fitted, in 53.4 s for 56.5 s).
EXCHANGE = 0.005
BESIDE = 0.005  # G0: what tunnels beside the contact in that model
LONGEST, PART, AFTER = 0.1, 0.25, 1 + 1e-9  # s; of the time in which one comes or hops; of that until an event
LEAST = 1e-9  # s
RATE, LIMIT = 90e-9, 0.5  # A/s, V: Milano et al., Fig. 3a, and ours
ROOM = 300.0


@dataclass(frozen=True)
class Trace:
    """A contact over time: time (s), voltage (V), number of atoms, metal (atoms), conductance (G0), all (n,)."""

    time: np.ndarray
    voltage: np.ndarray
    number: np.ndarray
    metal: np.ndarray
    conductance: np.ndarray


@dataclass
class Contact:
    """One contact. counting: its atoms; levels: S(N); transfer: coefficient a; activation_energy of k, eV; temperature
    in K; metal: at the start."""

    counting: Counting
    levels: Levels
    transfer: float
    activation_energy: float
    temperature: float = ROOM
    metal: float = 0.0

    def __post_init__(self):
        self.time, self.count, self._known = 0.0, self.counting.begun(self.metal, 1), {}

    @property
    def conductance(self):
        """G0."""
        number = self.count.number
        if number not in self._known:
            self._known[number] = self.levels.of(number) + BESIDE
        return self._known[number]

    def branches(self, voltage):
        """Cathodic and anodic branch of the reaction, atoms per second."""
        driving = self.counting.law.charge_number * voltage / (BOLTZMANN_EV * self.temperature)
        exchange = EXCHANGE * np.exp(self.activation_energy / BOLTZMANN_EV * (1 / ROOM - 1 / self.temperature))
        return exchange * np.exp(self.transfer * driving), exchange * np.exp(-(1 - self.transfer) * driving)

    def go(self, voltage, end):
        """A step at a voltage (V), at most to a time (s)."""
        cathodic, anodic = self.branches(voltage)
        growth, shared, law, now = cathodic - anodic, min(cathodic, anodic), self.counting.law, self.count
        # A step ends with an event, so that none that is made good at once goes unseen.
        hopping = law.hopping(self.temperature)
        whole = sum(law.rates(now.number, now.metal, growth, shared, hopping))
        step = min(
            LONGEST, PART / max(cathodic, anodic, *hopping), end - self.time, max(AFTER * now.left / whole, LEAST)
        )
        metal = max(now.metal + step * growth, 0.0)
        self.count = self.counting.advanced(self.count, metal, shared, self.temperature, step, 1)
        self.time += step


def swept(contact, peak, rate=RATE, limit=LIMIT):
    """The Trace of a current ramp (A/s) to a peak (A), with a voltage limit (V)."""
    rows, end = [], peak / rate
    while contact.time < end:
        before = contact.conductance
        voltage = min(rate * contact.time / (before * CONDUCTANCE_QUANTUM), limit)
        rows.append((contact.time, voltage, contact.count.number, contact.count.metal, before))
        contact.go(voltage, end)
    return Trace(*np.array(rows).T)


def lifetime(contact, voltage):
    """How long the number of atoms stays as it is at a constant voltage (V), s."""
    number = contact.count.number
    while contact.count.number == number:
        contact.go(voltage, np.inf)
    return contact.time
