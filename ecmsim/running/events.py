"""What happens between two steps of a run and when: compliance, gaps, contact, RESET onset, full dissolution.

Works on the rows of the time series (ecmsim.results.columns), during a run or afterwards. A crossing is located by
interpolation in time: linear for voltages and lengths, logarithmic for currents and volumes.
"""

from dataclasses import dataclass, field
from math import inf

from ecmsim.results.crossing import crossing
from ecmsim.results.limits import COMPLIANCE_REACHED
from ecmsim.results.states import DISSOLVED, FIRST_ATOM, REGROWN, nucleus_volume, only_nucleus, touches
from ecmsim.running.remarks import Ranges
from ecmsim.text import quantity

REACHED = "compliance reached"
STOPPED = "vertical growth stops"
NUCLEATION = "nucleation"
COMPLIANCE_LEFT = 0.95  # of the compliance current
PAST_PEAK = 0.8  # of the largest current of a RESET, below which it is over


@dataclass(frozen=True)
class Event:
    """time_s; name as in events.csv; detail for people."""

    time_s: float
    name: str
    detail: str


@dataclass
class EventDetector:
    """Notices events as rows go by.

    nucleus_radius in nm; gaps: those whose crossing is noted, nm; contact_gap in nm, 0 where atoms bridge the gap
    instead; melting_point: of the filament's metal, K. The other fields are its memory, plain numbers that a checkpoint
    keeps.
    """

    nucleus_radius: float
    gaps: tuple = ()
    contact_gap: float = 0.0
    melting_point: float = inf
    limit: float = 0.0  # compliance current that holds, signed, A; 0 for none
    limited: bool = False  # it flows
    dissolved: bool = True  # only the nucleus is left
    peak: float = 0.0  # largest current of the RESET under way, A
    peak_time: float = 0.0
    peak_voltage: float = 0.0
    reset: bool = False  # its onset has been noted
    memory: tuple = field(
        default=("limit", "limited", "dissolved", "peak", "peak_time", "peak_voltage", "reset"), repr=False
    )

    @classmethod
    def from_config(cls, config, bridged=False):
        """bridged: whether atoms bridge the gap, as the law of tunnelling has it."""
        contact_gap = 0.0 if bridged else config.tunnelling.contact_gap
        melting_point = Ranges.from_config(config).melting_point or inf
        return cls(
            config.cell.nucleus_radius, tuple(config.output.event_gaps), float(contact_gap), float(melting_point)
        )

    def remembered(self):
        """What it has to keep from one row to the next, as a dict of numbers."""
        return {name: getattr(self, name) for name in self.memory}

    def recall(self, memory):
        """Go on with what `remembered` gave."""
        for name in filter(memory.__contains__, self.memory):  # checkpoints of older versions have no limit
            setattr(self, name, type(getattr(self, name))(memory[name]))

    def between(self, before, after, limit):
        """Events after one row (a dict) up to the next. limit: compliance current that holds (signed, A), or None."""
        events = [*self._compliance(before, after, limit), *self._gap(before, after), *self._reset(before, after)]
        events += [*self._contact(before, after), *self._dissolution(before, after), *self._melting(before, after)]
        return sorted(events, key=lambda event: event.time_s)

    def _compliance(self, before, after, limit):
        if limit is None or self.limit not in (0.0, limit):  # another one is there to be reached anew
            self.limited = False
        self.limit = limit or 0.0
        if limit is None:
            return
        sign = 1 if limit > 0 else -1
        now = sign * after["current_A"]
        pair = ((before["time_s"], sign * before["current_A"]), (after["time_s"], now))
        if not self.limited and now >= COMPLIANCE_REACHED * abs(limit):
            self.limited = True
            yield Event(crossing(*pair, COMPLIANCE_REACHED * abs(limit), True), REACHED, quantity(limit, "A"))
        elif self.limited and now < COMPLIANCE_LEFT * abs(limit):
            self.limited = False
            yield Event(crossing(*pair, COMPLIANCE_LEFT * abs(limit), True), "compliance left", quantity(limit, "A"))

    def _gap(self, before, after):
        old, new = before["gap_nm"], after["gap_nm"]
        pair = (before["time_s"], old), (after["time_s"], new)
        for gap in self.gaps:
            if (old > gap) != (new > gap):
                yield Event(crossing(*pair, gap), "gap", f"{'closes to' if new < old else 'opens to'} {gap:g} nm")
        if touches(new, self.contact_gap) and not touches(old, self.contact_gap):
            yield Event(crossing(*pair, self.contact_gap), "contact", f"the gap closed to {self.contact_gap:g} nm")

    def _contact(self, before, after):
        """The first atom that bridges the gap, and the last one that leaves."""
        old, new = before["contact_atoms"], after["contact_atoms"]
        if (old >= FIRST_ATOM) != (new >= FIRST_ATOM):
            time = crossing((before["time_s"], old), (after["time_s"], new), FIRST_ATOM)
            yield Event(
                time, *(("contact", "an atom bridges the gap") if new > old else ("contact lost", "no atom left"))
            )

    def _reset(self, before, after):
        """The onset of a RESET: the largest current at negative bias, known once it has fallen by a fifth."""
        current = -after["current_A"] if after["source_voltage_V"] < 0 else 0.0
        if before["source_voltage_V"] >= 0:
            self.peak, self.reset = 0.0, False
        if current > self.peak:
            self.peak, self.peak_time = current, after["time_s"]
            self.peak_voltage = after["source_voltage_V"]
            return
        # A current that falls because the voltage does is no RESET.
        grew = after["source_voltage_V"] <= self.peak_voltage * (1 - 1e-9)
        if not self.reset and self.peak and grew and current < PAST_PEAK * self.peak:
            self.reset = True
            yield Event(
                self.peak_time,
                "RESET onset",
                f"{quantity(-self.peak, 'A')} at {quantity(self.peak_voltage, 'V')}",
            )

    def _dissolution(self, before, after):
        nucleus = nucleus_volume(self.nucleus_radius)
        old, new = before["volume_nm3"], after["volume_nm3"]
        if self.dissolved:
            self.dissolved = new < REGROWN * nucleus
        elif only_nucleus(new, self.nucleus_radius):
            self.dissolved = True
            time = crossing((before["time_s"], old), (after["time_s"], new), DISSOLVED * nucleus, True)
            yield Event(time, "full dissolution", "only the nucleus is left")

    def _melting(self, before, after):
        if self.melting_point == inf:
            return
        old, new = before["temperature_max_K"], after["temperature_max_K"]
        if old <= self.melting_point < new:
            time = crossing((before["time_s"], old), (after["time_s"], new), self.melting_point)
            yield Event(time, "melting", f"the highest temperature passes {self.melting_point:g} K")


def of_metal(state):
    """The events of a nucleus that formed, a neck that broke, and bodies of metal that became one, in the step to a
    state."""
    events = []
    if state.awakened:
        told = f"after {quantity(state.time, 's')}, at {quantity(state.observed['cell_voltage'], 'V')}"
        events.append(Event(state.time, NUCLEATION, told))
    if state.rupture is not None:
        neck = state.rupture.neck
        what = "float as a body" if state.rupture.floats else "join the active electrode"
        detail = (
            f"a neck of {neck.radius:.3g} nm radius broke at z = {neck.height:.3g} nm; "
            f"{state.rupture.volume:.3g} nm3 of metal above it {what}"
        )
        events.append(Event(state.time, "rupture", detail))
    for union in state.unions:
        what = "of less than an atom goes over to its neighbour" if union.dissolved else "is joined to its neighbour"
        detail = f"a body of {union.volume:.3g} nm3 {what}, at z = {union.height:.3g} nm"
        events.append(Event(state.time, "body dissolved" if union.dissolved else "bodies merge", detail))
    return events
