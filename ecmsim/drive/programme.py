"""The programme of the source: its pieces in order, and which leg follows when one has ended."""

from dataclasses import dataclass, replace
from functools import cached_property

from ecmsim.drive.pieces import Leg, Piece
from ecmsim.drive.plan import pieces_of


@dataclass(frozen=True)
class Programme:
    """A piecewise linear source voltage or current that starts at 0 at time 0.

    Where a step may end early nobody knows the times beforehand: a run goes from leg to leg with `first` and `after`.
    `planned` tells how it goes if no condition is ever fulfilled.

    pieces: tuple of Piece, at least one of which takes time.
    """

    pieces: tuple[Piece, ...]

    @classmethod
    def from_steps(cls, steps):
        """From the steps of config.programme or of ecmsim.drive (`ramp`, `sweep`, …). Raises ConfigError, naming the
        setting, for a step that takes no time, a table that begins elsewhere, a condition that cannot be read."""
        return cls(pieces_of(steps))

    def first(self):
        """The leg that begins at t = 0 from 0 V or 0 A."""
        return self._begin(0, 0.0, 0.0)

    def after(self, leg, time, value):
        """The leg that follows one that ended at a time (s) with the source at a value (V or A); None after the last.

        A leg that ended by its condition ends before leg.end; the next one begins where the source is then. Ramps
        with a rate keep the rate, others their duration; a ramp to where the source is takes no time and is left out.
        After a change between voltage and current source the new source begins at 0. A current that goes through
        zero is divided there into two legs of the same number.
        """
        rest = leg.piece.to if leg.piece.to is not None else leg.last
        if leg.last != rest and time >= leg.end:
            second = Leg(leg.number, time, time + abs(rest - leg.last) / abs(leg.rate), leg.last, rest, leg.piece)
            if second.end > time:
                return second
        jumps = leg.piece.then is not None and time < leg.end
        return self._begin(leg.piece.then if jumps else leg.number + 1, time, value, leg.piece.source)

    def planned(self):
        """The legs if no condition ends a step early, as a tuple."""
        return self._planned

    @property
    def duration(self):
        """Time at which the last leg ends if no condition ends a step early, s. Conditions can make a programme
        longer as well: a ramp may have farther to go then."""
        return self._planned[-1].end

    @cached_property
    def _planned(self):
        legs, leg = [], self.first()
        while leg:
            legs.append(leg)
            leg = self.after(leg, leg.end, leg.last)
        return tuple(legs)

    def _begin(self, at, time, value, source=None):
        """The first leg that takes time, from piece `at` on. source: that the value belongs to."""
        for number in range(at, len(self.pieces)):
            piece = self.pieces[number]
            leg = piece.begin(number, time, value if piece.source == source else 0.0)
            if leg.end > leg.start:
                return _up_to_zero(leg) if piece.source == "current" and leg.first * leg.last < 0 else leg
        return None


def _up_to_zero(leg):
    """The part of a leg before its value changes its sign; the whole leg, from zero, where that takes no time."""
    part = replace(leg, end=leg.start + (leg.end - leg.start) * leg.first / (leg.first - leg.last), last=0.0)
    return part if part.end > leg.start else replace(leg, first=0.0)
