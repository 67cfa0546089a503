"""Parameters of the laws that are drawn anew for each cycle: which hold now, and how a run goes over to others.

At the first state of another cycle the model is made anew with that cycle's configuration and goes on from this
state, as a run that is resumed does. What is drawn depends on the seed and the number of the cycle alone. Outside of
cycles the configuration's own values hold.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ecmsim.config.schema import Config
from ecmsim.drive import Programme
from ecmsim.models.contract import CellModel
from ecmsim.running.events import EventDetector
from ecmsim.running.march import March
from ecmsim.running.restart import content_of, restore

DRAWN = "parameters drawn"
SHORT = 0.01  # of the last step: the first one under other laws, whose velocities nobody knows yet


@dataclass
class Redraw:
    """config: of the run; make(config): its model; cycle: whose draw holds now; since: time in s from which on it does,
    None where it always has."""

    config: Config
    make: Callable[[Config], CellModel]
    cycle: int = 0
    since: float | None = None

    @classmethod
    def of(cls, config, make, kept=None):
        """At the start of a run; kept: what `remembered` gave, of a run that goes on."""
        if kept:
            return cls(config, make, **kept)
        return cls(config, make, Programme.from_steps(config.programme).first().cycle(0.0) if config.draw else 0)

    def remembered(self):
        """What a checkpoint keeps."""
        return {"cycle": self.cycle, "since": self.since}

    def model(self):
        """The model with the laws that hold now."""
        model = self.make(self.config.of_cycle(self.cycle) if self.config.draw else self.config)
        model.laws_since = self.since
        return model

    def told(self):
        """What holds now, for an event."""
        values = self.config.drawn(self.cycle)
        told = ", ".join(f"{name} = {value.text}" for name, value in values.items())
        return f"cycle {self.cycle}: {told}" if told else "none: outside of cycles the configuration's own values hold"

    def is_due(self, march: March):
        """Whether the state of a march belongs to another cycle than the laws that hold."""
        if not self.config.draw or march.finished:
            return False
        return march.state.leg.cycle(march.state.time) != self.cycle

    def take(self, march: March, detector: EventDetector):
        """Go over to the laws of the state's cycle."""
        state, old = march.state, march.simulation
        self.cycle, self.since = state.leg.cycle(state.time), state.time
        content = content_of(march, detector)
        old.close()
        march.simulation = self.model()
        march.simulation.watch = old.watch
        restore(content, march, detector)
        march.controller.step = max(SHORT * state.previous_step, march.controller.settings.smallest_step)
        march.controller.rejections = 0
