"""How far the next step may go, and what happens when one fails: plain Python, no fields, no mesh."""

from collections import deque
from math import inf

from ecmsim.errors import SolveError
from ecmsim.models.rates import Rates

STUCK, CUT, TINY = 300, 100, 1e4  # steps, of which so many were shortened and all shorter than that many smallest ones
SAFE = 0.9  # of the step that the error of the last one allows


class StepError(SolveError):
    """No step can be taken."""


class NoShorterStep(StepError):
    """Steps failed down to the smallest one."""


class Unresolved(StepError):
    """A step would have to be so short that the time does not show it."""


class StepController:
    """Chooses steps from the [stepping] configuration.

    A step is limited by the displacement of the outline (a fraction of the height, of the finest segment near the
    tip and an absolute one), by the change of the gap, by the estimated error of the extrapolated velocity, by the
    change of the source voltage and by the growth over the step before; it never passes a corner of the waveform.
    """

    def __init__(self, settings):
        self.settings = settings
        self.step = settings.first_step
        self.rejections = 0
        self.recent = deque(maxlen=STUCK)
        self.least = settings.smallest_step

    def propose(self, rates: Rates, time_left, resolution=0.0):
        """Length of the next step in s; time_left: until the next corner or the end, s; resolution: the shortest step
        that the time itself would show, s."""
        s = self.settings
        self.least = max(s.smallest_step, resolution)
        reach = min(s.height_fraction * rates.height, s.largest_displacement, s.segment_fraction * rates.finest)
        gap_reach = max(s.gap_fraction * rates.gap, s.gap_change)
        limits = [
            self.step,
            s.largest_step,
            _over(reach, rates.growth_speed),
            _over(gap_reach, rates.closing_speed),
            _accurate(rates, s.relative_error, s.displacement_error),
            rates.source_time,
            _over(s.largest_relaxation, rates.relaxation_speed),
            rates.atom_time,
        ]
        if self.rejections:
            limits = [self.step]
        step = min(limits)
        if step < self.least:
            what = "the source changes" if step == rates.source_time else "the outline moves"
            told = f"{what} so fast that a step would have to be {step:.2g} s, less than"
            if self.least > s.smallest_step:
                raise Unresolved(f"{told} the time's last digit shows ({self.least:.2g} s)")
            raise StepError(f"{told} stepping.smallest_step ({s.smallest_step:.2g} s)")
        if step >= time_left:
            return time_left
        # Two even steps to a corner rather than a long one and a sliver.
        return time_left / 2 if step > time_left / 2 else step

    def accepted(self, step):
        """A step of this length was accepted: the next one may be longer by `growth`.

        One that a corner or a limit cut short does not slow the following ones; after a rejection growth is gradual.
        """
        self.recent.append((step, self.rejections > 0))
        grown = step * self.settings.growth
        self.step = grown if self.rejections else max(grown, self.step)
        self.rejections = 0

    def rejected(self, step, reason):
        """A step failed: halve it. Raises StepError when it would fall below the smallest one, or when it has long gone
        on by steps so short that nothing comes of them."""
        self.rejections += 1
        cut = sum(shortened for _, shortened in self.recent)
        if len(self.recent) == STUCK and cut >= CUT:
            longest = max(taken for taken, _ in self.recent)
            if longest < TINY * self.settings.smallest_step:
                told = f"of the last {STUCK} steps, of {longest:.2g} s at most, {cut} had to be shortened"
                raise NoShorterStep(f"{told}: {reason}")
        self.step = step / 2
        if self.step < self.least:
            attempts = "1 attempt" if self.rejections == 1 else f"{self.rejections} attempts"
            raise NoShorterStep(f"{attempts} failed, the last with a step of {step:.2g} s: {reason}")


def _accurate(rates, relative, absolute):
    """Longest step after which no point is misplaced by more than a relative part of the step's way, or an absolute one
    (nm), s: the error of the predictor, known of the last step, goes with the third power of the step."""
    if not rates.misplaced:
        return inf
    way = relative * rates.growth_speed * rates.last_step
    return SAFE * rates.last_step * max((way / rates.misplaced) ** 0.5, (absolute / rates.misplaced) ** (1 / 3))


def _over(numerator, denominator):
    return numerator / denominator if denominator > 0 else inf
