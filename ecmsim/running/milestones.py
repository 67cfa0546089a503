"""Moments of a run that deserve a snapshot of the fields, noticed as they pass."""

from ecmsim.running.events import REACHED
from ecmsim.text import quantity

SLOW = 0.1  # of the tip's largest speed: vertical growth has stopped


class Milestones:
    """The currents of output.snapshot_currents, and with output.snapshot_regimes where the regimes change."""

    def __init__(self, config):
        self.output = config.output
        self.currents = sorted(config.output.snapshot_currents)
        self.done = []
        self.fastest = self.highest = 0.0  # speed of the tip, nm/s; source voltage, V

    def remembered(self):
        """What a checkpoint has to keep."""
        return {
            "currents": len(self.currents),
            "done": list(self.done),
            "fastest": self.fastest,
            "highest": self.highest,
        }

    def recall(self, memory):
        """Go on with what `remembered` gave."""
        self.currents = self.currents[len(self.currents) - memory["currents"] :]
        self.done, self.fastest, self.highest = list(memory["done"]), memory["fastest"], memory["highest"]

    def passed(self, state, events=()):
        """Labels of what this state is the first to have reached; events: of the step to it."""
        labels, current = [], abs(state.observed["current"])
        while self.currents and current >= self.currents[0]:
            labels.append(quantity(self.currents.pop(0), "A"))
        if self.output.snapshot_regimes:
            labels += self._regimes(state, events)
        return labels

    def _regimes(self, state, events):
        speed = state.velocity[0, 1]
        self.fastest, self.highest = max(self.fastest, speed), max(self.highest, state.source_voltage)
        tunnels = state.observed["tunnel_current"] > state.observed["ionic_current"]
        driven = state.source_voltage > 0.9 * self.highest  # not slow because the source is
        if "growth" not in self.done and tunnels and driven and speed < SLOW * self.fastest:
            self.done.append("growth")
            yield "vertical growth stops"
        if "compliance" not in self.done and any(event.name == REACHED for event in events):
            self.done.append("compliance")
            yield REACHED
