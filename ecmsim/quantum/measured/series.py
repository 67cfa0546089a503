"""The resistance in series with a contact, found from its plateaus by assuming that these are multiples of G0."""

from dataclasses import dataclass

import numpy as np

from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.errors import MeasurementError

LEAST = 0.5  # G0; lower plateaus are no contacts
FEWEST = 3  # plateaus
SCATTER = 0.1  # G0; of contacts of as many atoms by their shape, at least
MOST = 0.5  # of the lowest plateau's resistance
TRIED = 4001
AS_GOOD = 4.0  # in chi^2: what is no worse than by this is not excluded (two standard errors)


@dataclass(frozen=True)
class SeriesResistance:
    """resistance, error (standard; nan where the data give none): ohm; others: further values (ohm) that the data do
    not exclude; plateaus, multiples: of how many, and which multiples of G0 they are taken for; scatter, without: root
    mean square distance (G0) of the plateaus from these, with the resistance and with none."""

    resistance: float
    error: float
    others: tuple
    plateaus: int
    multiples: tuple
    scatter: float
    without: float


def fitted(levels):
    """The SeriesResistance for which the levels (plateaus.Level) come closest to whole multiples of G0.

    1/(1/G - R) of each level is compared with the nearest multiple, with an error of SCATTER and its own. It is
    assumed, and cannot be learnt so, that plateaus are multiples of G0. R from 0 to half of the lowest plateau's
    resistance. Raises MeasurementError for fewer than three plateaus, and where all are taken for the same multiple.
    """
    high = [level for level in levels if level.conductance >= LEAST]
    G = np.array([level.conductance for level in high])
    if len(G) < FEWEST:
        raise MeasurementError(
            f'parasitic = "fit": needs {FEWEST} plateaus of {LEAST:g} G0 and more, but there are {len(G)}: give the '
            'resistance, such as --parasitic "400 ohm"'
        )
    errors = np.hypot(np.nan_to_num([level.error for level in high]), SCATTER)
    # In units of 1/G0.
    tried = np.linspace(0, MOST / G.max(), TRIED)
    corrected = 1 / (1 / G - tried[:, None])
    multiples = np.maximum(np.rint(corrected), 1)
    away = corrected - multiples
    chi2 = np.sum((away / (errors * (corrected / G) ** 2)) ** 2, axis=1)
    best = int(np.argmin(chi2))
    if len(set(multiples[best])) < 2:
        raise MeasurementError(
            f'parasitic = "fit": all {len(G)} plateaus are near {multiples[best][0]:g} G0, which tells nothing of a '
            "resistance: give it"
        )
    per_freedom = max(chi2[best] / (len(G) - 1), 1.0)
    inside = _around(chi2 <= chi2[best] + per_freedom, best)
    error = 0.5 * (tried[inside[1]] - tried[inside[0]]) if 0 < inside[0] and inside[1] < TRIED - 1 else np.nan
    if inside[0] == 0 and inside[1] < TRIED - 1:  # zero is not excluded: the error is that on the other side
        error = tried[inside[1]] - tried[best]
    unit = 1 / CONDUCTANCE_QUANTUM
    rms = np.sqrt(np.mean(away**2, axis=1))
    return SeriesResistance(
        float(tried[best] * unit),
        float(error * unit),
        tuple(float(tried[k] * unit) for k in _others(chi2, best, AS_GOOD * per_freedom)),
        len(G),
        tuple(int(n) for n in multiples[best]),
        float(rms[best]),
        float(rms[0]),
    )


def _around(good, at):
    """First and last index of the run of True around an index."""
    first = last = at
    while first > 0 and good[first - 1]:
        first -= 1
    while last < len(good) - 1 and good[last + 1]:
        last += 1
    return first, last


def _others(chi2, best, within):
    """Local minima apart from the best that are no worse by more than `within`."""
    inner = np.nonzero((chi2[1:-1] < chi2[:-2]) & (chi2[1:-1] <= chi2[2:]))[0] + 1
    low = [int(k) for k in inner if chi2[k] <= chi2[best] + within]
    first, last = _around(chi2 <= chi2[best] + within, best)
    return [k for k in low if not first <= k <= last]
