"""The programme of the source: its pieces in order, and which leg follows when one has ended."""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ecmsim.drive.pieces import Leg, Piece
from ecmsim.drive.plan import pieces_of
from ecmsim.errors import ConfigError


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
        return self._begin(leg.number + 1, time, value, leg.piece.source)

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

    # --- the programme as it is planned, as one function of time (voltage sources only) -----------------------------

    @cached_property
    def corners(self):
        """Times (s) at which the slope changes, with start and end, shape (n + 1,)."""
        return np.array([0.0, *(leg.end for leg in self._planned)])

    @cached_property
    def corner_voltages(self):
        """Source voltages (V) at the corners, shape (n + 1,). Raises ConfigError for a current source."""
        if any(leg.piece.source == "current" for leg in self._planned):
            raise ConfigError("programme: with a current source, the voltage is no function of time alone")
        return np.array([self._planned[0].first, *(leg.last for leg in self._planned)])

    def voltage(self, time):
        """Source voltage in V at the given time (s), any shape; exact at corners, constant after the last."""
        voltage = np.interp(time, self.corners, self.corner_voltages)
        return float(voltage) if np.ndim(time) == 0 else voltage

    def rate(self, time):
        """Slope in V/s just after the given time (s); 0 after the end."""
        index = np.searchsorted(self.corners, self._rounded(time), side="right")
        if index >= len(self.corners):
            return 0.0
        piece = slice(index - 1, index + 1)
        return float(np.diff(self.corner_voltages[piece])[0] / np.diff(self.corners[piece])[0])

    def next_corner(self, time):
        """Time (s) of the first corner later than the given time, math.inf after the last one.

        A corner that is later by rounding only counts as reached.
        """
        index = np.searchsorted(self.corners, self._rounded(time), side="right")
        return float(self.corners[index]) if index < len(self.corners) else math.inf

    @staticmethod
    def _rounded(time):
        return time * (1 + 8 * np.finfo(float).eps)


def _up_to_zero(leg):
    """The part of a leg before its value changes its sign; the whole leg, from zero, where that takes no time."""
    part = replace(leg, end=leg.start + (leg.end - leg.start) * leg.first / (leg.first - leg.last), last=0.0)
    return part if part.end > leg.start else replace(leg, first=0.0)
