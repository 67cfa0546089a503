"""Gamma: when vertical growth stops. One definition for a run on its way and for readers of its time series."""

from dataclasses import dataclass, fields
from math import inf

LEVEL_NM = 0.01  # height over which the tip's speed is taken, whatever the steps are
SLOW = 0.1  # of the tip's largest speed
LASTING = 3  # levels for which it stays that slow
LEAST_RISE_NM = 1.0  # what has grown less has not begun to grow
DRIVEN = 0.9  # of the largest source voltage so far; below, growth is slow because the source is


@dataclass
class GrowthStop:
    """Sees the steps of a run in order, and tells when the tip has become slower than SLOW of its largest speed.

    It has where it took longer than that speed allows over LASTING levels of LEVEL_NM one after the other (or for the
    time of as many at that speed, without reaching the next), while the source drives and electrons carry the current.
    Gamma is the middle of the first of these levels. Only the first SET counts: until the source turns negative. The
    fields are its memory, plain numbers that a checkpoint keeps.
    """

    first: float = -1.0  # height at the start, nm; below zero: nothing was seen yet
    time: float = 0.0  # of the step before, s
    highest: float = 0.0  # tip so far, nm
    level: float = 0.0  # the last one that was passed, nm, and when, s
    passed: float = 0.0
    fastest: float = 0.0  # nm/s
    voltage: float = 0.0  # largest of the source so far, V
    slow: int = 0  # levels in a row that were
    since: float = 0.0  # middle of the first of them, s
    over: bool = False  # it has been told, or the first SET has ended

    def remembered(self):
        """What a checkpoint has to keep."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def recall(self, memory):
        """Go on with what `remembered` gave."""
        for name, value in memory.items():
            setattr(self, name, type(getattr(self, name))(value))

    def see(self, time, height, voltage, tunnels):
        """Take in a step: its time (s), height of the tip (nm), source voltage (V), and whether electrons carry more
        current than ions. Returns Gamma (s) once, in the step with which it is certain; None in all others."""
        if self.over or voltage < -1e-9:
            self.over = True
            return None
        if self.first < 0:
            self.first = self.highest = self.level = height
            self.time = self.passed = time
        self.voltage = max(self.voltage, voltage)
        counts = tunnels and voltage > DRIVEN * self.voltage and self.level - self.first > LEAST_RISE_NM
        while not self.over and height >= self.level + LEVEL_NM:
            level = self.level + LEVEL_NM
            share = (level - self.highest) / (height - self.highest)
            now = self.time + min(max(share, 0.0), 1.0) * (time - self.time)
            lasted = now - self.passed
            self.fastest = max(self.fastest, LEVEL_NM / lasted if lasted > 0 else inf)
            self._judge(counts and lasted * SLOW * self.fastest > LEVEL_NM, 0.5 * (self.passed + now))
            self.level, self.passed = level, now
        waited = height > self.highest - LEVEL_NM and (time - self.passed) * SLOW * self.fastest > LASTING * LEVEL_NM
        if counts and waited and not self.over:
            self.since = self.since if self.slow else self.passed
            self.over = True
        if not counts:
            self.slow = 0
        self.time, self.highest = time, max(self.highest, height)
        return self.since if self.over else None

    def _judge(self, slow, middle):
        """A level was passed, slowly or not, about a time (s)."""
        if not slow:
            self.slow = 0
            return
        self.since = self.since if self.slow else middle
        self.slow += 1
        self.over = self.slow == LASTING


def growth_stop(time, height, voltage, tunnels):
    """Gamma in a time series, s, or None; time (s), height (nm), voltage (V), tunnels (bool): (n,)."""
    found = GrowthStop()
    for step in zip(time.tolist(), height.tolist(), voltage.tolist(), tunnels.tolist(), strict=True):
        moment = found.see(*step)
        if moment is not None:
            return moment
    return None
