"""Straight pieces of a programme, and the legs that they become once they are placed in time."""

from dataclasses import dataclass

from ecmsim.drive.condition import Condition

UNITS = {"voltage": "V", "current": "A"}


@dataclass(frozen=True)
class Piece:
    """One straight piece of a programme, not yet placed in time.

    name: of its step, for people; source: "voltage" or "current", which gives the unit of its values (V or A);
    to: value at its end, None to stay where the source is; rate (V/s or A/s, a magnitude) or duration (s): exactly one
    of them; until: Condition that ends it early; compliance: the section of the configuration that holds during it,
    None for that of the configuration; voltage_limit: of a current source, V; optional: left out where the source is
    at `to` already, which for other pieces is an error of the input; step: which one of the programme it belongs to,
    counted with all repetitions, each pulse and each read of a train as one; pulse: number of the pulse that it belongs
    to with what follows until the next one, from 1, 0 for steps that are no pulses; part: "pulse" or "read" within one
    of these; cycle: number of the cycle (ecmsim.drive.counting), 0 outside of the repetitions; turns: whether that
    cycle begins where the piece passes zero; then: number of the piece that follows where its condition ended it early,
    None for the next one.
    """

    name: str
    source: str
    to: float | None
    rate: float | None = None
    duration: float | None = None
    until: Condition | None = None
    compliance: object | None = None
    voltage_limit: float | None = None
    optional: bool = False
    step: int = 0
    pulse: int = 0
    part: str = ""
    cycle: int = 0
    turns: bool = False
    then: int | None = None

    def time_from(self, value):
        """How long it takes from a value (V or A) of the source on, s."""
        if self.duration is not None:
            return self.duration
        return 0.0 if self.to is None else abs(self.to - value) / self.rate

    def begin(self, number, time, value):
        """The Leg that begins at a time (s) with the source at a value (V or A). number: of this piece."""
        last = value if self.to is None else self.to
        return Leg(number, time, time + self.time_from(value), value, last, self)


@dataclass(frozen=True)
class Leg:
    """A piece placed in time. number: index of the piece in the programme; start, end: s; first, last: V or A.

    A current does not change its sign within a leg: a piece through zero becomes two legs (Programme.after).
    """

    number: int
    start: float
    end: float
    first: float
    last: float
    piece: Piece

    def value(self, time):
        """Voltage (V) or current (A) of the source at a time (s): linear, exact at both ends, constant beyond."""
        if time <= self.start:
            return self.first
        if time >= self.end:
            return self.last
        return self.first + (self.last - self.first) * ((time - self.start) / (self.end - self.start))

    def cycle(self, time):
        """The number of the cycle at a time (s); one that begins as the source passes zero has begun beyond it."""
        before = self.piece.turns and self.value(time) * self.piece.to <= 0
        return self.piece.cycle - before

    @property
    def rate(self):
        """Slope in V/s or A/s, with its sign."""
        return (self.last - self.first) / (self.end - self.start)

    def source_voltage(self, time):
        """Voltage that feeds the circuit between source and cell, V: of a voltage source its value, of a current
        source its voltage limit, with the sign that the current has all along the leg."""
        if self.piece.source == "voltage":
            return self.value(time)
        return -self.piece.voltage_limit if min(self.first, self.last) < 0 else self.piece.voltage_limit

    def source_current(self, time):
        """Current that a current source imposes, A; None for a voltage source."""
        return None if self.piece.source == "voltage" else self.value(time)
