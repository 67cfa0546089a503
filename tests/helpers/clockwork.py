"""A simulation without fields, in which all that happens is a function of time, and a march through it."""

import math
from dataclasses import dataclass, field
from types import SimpleNamespace

from ecmsim.config.numerics import Stepping
from ecmsim.drive import Leg, Programme
from ecmsim.errors import SolveError
from ecmsim.models.rates import Rates
from ecmsim.running.march import March


@dataclass(frozen=True)
class Point:
    """State of a Clockwork. observed: by name; height: of the filament, nm."""

    time: float
    leg: Leg
    observed: dict
    height: float = 1.0
    iterations: int = 2
    rupture: object = None
    unions: tuple = ()

    @property
    def filament(self):
        return SimpleNamespace(height=self.height)

    @property
    def seen(self):
        balanced = dict.fromkeys(("charge_imbalance", "faraday_error", "power_imbalance"), 0.0)
        return balanced | self.observed | {"time": self.time, "height": self.height}


@dataclass
class Clockwork:
    """A simulation in which all that happens is a function of time.

    steps: of the programme; functions: of the time, by name of the observed quantity; fails(start, end): text of the
    error of a step, or None; ruptures: times in whose steps a neck breaks; step: that the controller may take (s).
    """

    steps: list
    functions: dict = field(default_factory=dict)
    fails: callable = lambda start, end: None
    ruptures: tuple = ()
    step: float = 0.1

    def __post_init__(self):
        self.programme = Programme.from_steps(self.steps)
        settings = {"first_step": "1 s", "largest_step": f"{self.step} s", "smallest_step": "1 us", "growth": 2.0}
        self.config = SimpleNamespace(stepping=Stepping(**settings))
        self.tried, self.accepted = [], []

    def at(self, time, leg, rupture=None):
        quiet = {"current": 0.0, "cell_voltage": leg.source_voltage(time), "gap": 5.0, "temperature_max": 300.0}
        observed = quiet | {name: value(time) for name, value in self.functions.items() if name != "height"}
        return Point(time, leg, observed, self.functions.get("height", lambda t: 1.0)(time), rupture=rupture)

    def start(self):
        return self.at(0.0, self.programme.first())

    def rates(self, state):
        return Rates(0.0, 0.0, 0.0, 1.0, height=1.0, gap=5.0, finest=1.0, source_time=math.inf)

    def advance(self, state, time):
        assert state.time < time <= state.leg.end
        self.tried.append((state.time, time))
        if error := self.fails(state.time, time):
            raise SolveError(error)
        broke = any(state.time < rupture <= time for rupture in self.ruptures)
        self.last = self.at(time, state.leg, rupture=broke or None)
        return self.last

    def accept(self, trial):
        assert trial is self.last  # the solver holds the fields of what was tried last
        self.accepted.append(trial)
        return trial

    def follow(self, state):
        leg = self.programme.after(state.leg, state.time, state.leg.value(state.time))
        return leg and self.at(state.time, leg)


def marched(simulation, stop=math.inf):
    """States and events up to the end or a time, and the March."""
    march = March(simulation)
    march.begin()
    states, events = [march.state], []
    while not march.finished and march.state.time < stop:
        states.append(march.step(stop))
        events += march.events
    return states, events, march
