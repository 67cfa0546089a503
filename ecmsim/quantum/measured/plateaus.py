"""Plateaus of measured conductances: level, its standard error, length. Conductances in units of G0."""

from dataclasses import dataclass

import numpy as np

from ecmsim.errors import MeasurementError
from ecmsim.quantum.atoms.statistics import mean
from ecmsim.quantum.measured.changes import SHORTEST, pieces
from ecmsim.results.levels import FLOOR, LINGERING

FLAT = 0.1  # G0; a plateau's line rises by no more than this (below 1 G0: times its level)
RESOLUTION = 0.05  # G0; neighbours closer than this are one plateau
NOISE = 2e-3  # G0; the least noise that a piece is thought to have


@dataclass(frozen=True)
class Level:
    """A plateau. cycle; start, end: s; samples; first, last: in the Samples; conductance: mean of its samples, G0;
    error: standard error of that mean, which knows of correlated noise; deviation: standard deviation of the samples;
    rise: of the straight line through them; voltage: their mean, V."""

    cycle: int
    start: float
    end: float
    samples: int
    first: int
    last: int
    conductance: float
    error: float
    deviation: float
    rise: float
    voltage: float

    @property
    def length(self):
        """s."""
        return self.end - self.start


@dataclass(frozen=True)
class Rules:
    """What counts as a plateau. flat, resolution, noise, floor: G0; shortest: samples."""

    flat: float = FLAT
    resolution: float = RESOLUTION
    noise: float = NOISE
    floor: float = FLOOR
    shortest: int = SHORTEST

    def __post_init__(self):
        for name in ("flat", "resolution", "noise", "floor"):
            value = getattr(self, name)
            if not (np.isfinite(value) and 0 < value <= 1e3):
                raise MeasurementError(f"{name} = {value:g} G0: must be more than 0 G0 and at most 1000 G0")
        if not 4 <= self.shortest <= 1e6:
            raise MeasurementError(f"shortest = {self.shortest}: a plateau has from 4 to 1000000 samples")


def levels_of(samples, rules=None):
    """The Levels of Samples, in order of time.

    A plateau is a piece (changes.pieces) whose mean is `floor` or more, whose line rises by `flat` at most (below 1 G0:
    times its mean), and which lingers: two standard errors beyond its rise are still LINGERING times slower than a
    trace that went evenly through the same range (at least 1 G0, or the piece's mean if that is less), so that a short
    stretch of a slope is none. Pieces that follow one another and differ by less than `resolution` are one plateau, as
    long as the whole is as flat.
    """
    rules = rules or Rules()
    found = []
    for rows in samples.traces():
        first = rows.start
        here = samples.conductance[rows]
        high = here[here >= rules.floor]
        extent = np.ptp(high) if len(high) else 0.0
        flat = [
            (piece.first, piece.last)
            for piece in pieces(here, rules.noise, rules.shortest)
            if _stands(piece, here[piece.first : piece.last + 1], extent, len(high), rules)
        ]
        found += [_level(samples, first + a, first + b) for a, b in _joined(flat, here, rules)]
    return found


def _stands(piece, values, extent, lasting, rules):
    """Whether a piece of these values is a plateau; extent: range (G0) of the trace's `lasting` samples above floor."""
    rise, count, unit = abs(piece.rise), len(values), min(values.mean(), 1.0)
    if values.mean() < rules.floor or rise > rules.flat * unit:
        return False
    pace = max(extent, unit) / lasting / LINGERING  # per sample: what is faster is no plateau
    around = values - values.mean() - piece.rise * np.linspace(-0.5, 0.5, count)
    error = np.sqrt(12 / count) * max(np.sqrt(np.sum(around**2) / (count - 2)), rules.noise)
    return rise + 2 * error <= pace * count


def _joined(flat, values, rules):
    """Neighbours (first, last) that are one plateau, joined."""
    whole = []
    for first, last in flat:
        if whole and whole[-1][1] + 1 == first:
            before = whole[-1][0]
            step = values[first : last + 1].mean() - values[before:first].mean()
            if abs(step) < rules.resolution and abs(_rise(values[before : last + 1])) <= rules.flat:
                whole[-1] = (before, last)
                continue
        whole.append((first, last))
    return whole


def _rise(values):
    """Of the straight line through values at equal distances."""
    at = np.arange(len(values)) - 0.5 * (len(values) - 1)
    return float(at @ values / (at @ at) * (len(values) - 1))


def _level(samples, first, last):
    rows = slice(first, last + 1)
    values = samples.conductance[rows]
    found = mean([values])
    return Level(
        int(samples.cycle[first]),
        float(samples.time[first]),
        float(samples.time[last]),
        len(values),
        first,
        last,
        found.mean,
        found.error,
        found.deviation,
        _rise(values),
        float(samples.voltage[rows].mean()),
    )
