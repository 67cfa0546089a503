"""Waiting for the nucleus: the integral of its rate over the programme, and the threshold at which it has formed.

A process of rate k(t) has its first event where the integral of k reaches a number drawn from the exponential
distribution of mean one (D. T. Gillespie, J. Comput. Phys. 22, 403 (1976)); so it holds for any waveform, and with the
number one the waiting time under a constant voltage is the mean one, 1/k.
"""

from dataclasses import dataclass, replace
from math import expm1, inf, log, log1p

import numpy as np

FORMED = 1e-6  # of the threshold, by which the integral may miss it
LATE = 0.01  # of the threshold, by which it may pass it
PROBE = 1e-6  # V: difference for the rate's slope


def threshold_of(section):
    """The integral of the rate at which the nucleus forms, by [nucleation]: one, or drawn from its seed."""
    return 1.0 if section.waiting == "mean" else float(np.random.default_rng(section.seed).exponential())


def log_mean(first, last):
    """Mean of a rate that changes exponentially from one value to another."""
    if min(first, last) <= 0 or abs(last / first - 1) < 1e-8:
        return 0.5 * (first + last)
    return (last - first) / log(last / first)


@dataclass(frozen=True)
class Waiting:
    """threshold of the integral (1); integral of the rate so far (1); moment at which the nucleus formed, s; None as
    long as there is none."""

    threshold: float
    integral: float = 0.0
    moment: float | None = None

    def over(self, law, before, after, temperature, step):
        """After a step (s) in which the overpotential went straight from `before` to `after`, V.

        law: roles.Nucleation; exact where the logarithm of its rate is linear in the overpotential.
        """
        if before >= 0 and after >= 0:
            return self
        share = 1.0
        if before > 0 or after > 0:  # only the part of the step below zero counts
            inside = min(before, after)
            share, (before, after) = inside / (inside - max(before, after)), (inside, -1e-12)
        rates = (float(law.rate(eta, temperature)) for eta in (before, after))
        return replace(self, integral=self.integral + share * step * log_mean(*rates))

    def time_left(self, law, overpotential, slope, temperature):
        """Until the threshold while the overpotential goes on with a slope (V/s), s; inf where it never comes."""
        left, delay = self.threshold - self.integral, 0.0
        if overpotential >= 0:
            if slope >= 0:
                return inf
            overpotential, delay = -1e-12, -overpotential / slope
        rate, nearer = (float(law.rate(overpotential - d, temperature)) for d in (0.0, PROBE))
        if rate <= 0 or nearer <= 0:
            return inf
        growth = -slope * log(nearer / rate) / PROBE  # of the rate's logarithm, 1/s
        if abs(growth) * left < 1e-6 * rate:
            return delay + left / rate
        if growth * left / rate <= -1:
            return inf
        return delay + log1p(growth * left / rate) / growth

    @property
    def formed(self):
        """Whether the integral has come to its threshold."""
        return self.integral >= self.threshold * (1 - FORMED)

    @property
    def late(self):
        """Whether it is so far beyond that the moment is to be found with shorter steps."""
        return self.integral > self.threshold * (1 + LATE)

    @property
    def told(self):
        """That no nucleus has formed, as the end of a sentence; empty where one has."""
        if self.moment is not None:
            return ""
        return (
            f"no nucleus formed: the integrated rate came to {self.integral:.3g} of the {self.threshold:.3g} that it "
            f"takes, so that one was to be expected with a probability of {-100 * expm1(-self.integral):.3g} %"
        )
