"""Moments of a run that deserve a snapshot of the fields, noticed as they pass."""

from ecmsim.running.events import REACHED, STOPPED
from ecmsim.text import quantity

REGIMES = (STOPPED, REACHED)  # the events with which regimes change


class Milestones:
    """The currents of output.snapshot_currents, and with output.snapshot_regimes where the regimes change."""

    def __init__(self, config):
        self.output = config.output
        self.currents = sorted(config.output.snapshot_currents)
        self.done = []

    def remembered(self):
        """What a checkpoint has to keep."""
        return {"currents": len(self.currents), "done": list(self.done)}

    def recall(self, memory):
        """Go on with what `remembered` gave."""
        self.currents = self.currents[len(self.currents) - memory["currents"] :]
        self.done = list(memory["done"])

    def passed(self, state, events=()):
        """Labels of what this state is the first to have reached; events: of the step to it."""
        labels, current = [], abs(state.observed["current"])
        while self.currents and current >= self.currents[0]:
            labels.append(quantity(self.currents.pop(0), "A"))
        if self.output.snapshot_regimes:
            labels += self._regimes(events)
        return labels

    def _regimes(self, events):
        names = {event.name for event in events}
        for name in REGIMES:
            if name in names and name not in self.done:
                self.done.append(name)
                yield name
