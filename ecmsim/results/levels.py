"""Levels of a conductance: plateaus of a trace in time, peaks of a histogram. Conductances in units of G0."""

from collections import deque
from dataclasses import dataclass

import numpy as np

FLOOR = 0.1  # G0; less is a tunnelling gap and no level
TOLERANCE = 0.2  # G0; of a plateau, from its lowest to its highest value
SHARE = 0.03  # of the time above FLOOR that a plateau lasts at least
LINGERING = 1.5  # times as long as at the trace's mean rate
FINER = (1.0, 0.5, 0.25)  # of the tolerance
FLAT = 0.1  # of the tolerance; a plateau's ends are no further from its level, or
SCATTER = 3.0  # median deviations from it: a plateau that is uneven all along keeps its ends
SMOOTHING = 0.1  # G0; standard deviation of the Gaussian under which peaks are looked for
PROMINENCE = 0.05  # of a peak, relative to the highest
NEAR = 0.25  # G0; belongs to a peak


@dataclass(frozen=True)
class Plateau:
    """A run of nearly constant conductance: first and last sample, start and end in s, median over its time in G0."""

    first: int
    last: int
    start_s: float
    end_s: float
    conductance: float


@dataclass(frozen=True)
class Peak:
    """A maximum of a histogram: its position in G0, and the share of all samples within NEAR of it."""

    conductance: float
    share: float


def find_plateaus(time, conductance, tolerance=TOLERANCE, share=SHARE):
    """The plateaus of a trace, in order of time; time (s) and conductance (G0), both (n,), without nan.

    A plateau is a run of samples whose conductances lie within `tolerance` G0 of each other (below 1 G0: within
    `tolerance` times the lowest of them), and which lasts at least `share` of the time that the trace spends above
    FLOOR, and LINGERING times as long as a trace that went evenly through the same range (of 1 G0 at least) would take
    for the tolerance. The tolerance is tried whole and in the parts FINER, so that a plateau does not take in the
    slopes on its sides until it is none; of runs that overlap the longest counts. A run does not count that goes over
    into a longer one without a step (of half the tolerance, or a stretch between both levels where the trace is twice
    as fast as at this run's level): so a drift is no flight of steps. At last the ends that still belong to the slopes
    are cut off: samples further from the level than FLAT of the tolerance and than SCATTER median deviations from it.
    """
    time, conductance = np.asarray(time, dtype=float), np.asarray(conductance, dtype=float)
    high = conductance >= FLOOR
    if high.sum() < 3:
        return []
    lasting = np.sum(np.diff(time)[high[1:] & high[:-1]])
    extent = max(np.ptp(conductance[high]), 1.0)
    candidates = []
    for part in FINER:
        within = tolerance * part
        least = lasting * max(share, LINGERING * within / extent)
        candidates.append((_ends(conductance, within), max(least, 1e-300)))
    found, regions = [], [(0, len(time))]
    while regions:
        low, high = regions.pop()
        longest = max((_longest(time, ends, least, low, high) for ends, least in candidates), default=(0.0, 0, 0))
        duration, first, last = longest
        if duration <= 0:
            continue
        found.append(_plateau(first, last, time, conductance))
        regions += [(low, first), (last + 1, high)]
    found = _set_off(sorted(found, key=lambda plateau: plateau.first), time, conductance, tolerance)
    return [_without_slopes(plateau, time, conductance, tolerance) for plateau in found]


def _plateau(first, last, time, values):
    rows = slice(first, last + 1)
    return Plateau(first, last, float(time[first]), float(time[last]), _median(time[rows], values[rows]))


def _without_slopes(plateau, time, values, tolerance):
    """The plateau without the samples at its ends that belong to the slopes on its sides."""
    rows = slice(plateau.first, plateau.last + 1)
    away = np.abs(values[rows] - plateau.conductance)
    flat = FLAT * tolerance * min(plateau.conductance, 1.0)
    kept = np.nonzero(away <= max(flat, SCATTER * _median(time[rows], away)))[0]
    first, last = plateau.first + kept[0], plateau.first + kept[-1]
    return _plateau(int(first), int(last), time, values) if last - first >= 2 else plateau


def _set_off(plateaus, time, values, tolerance):
    """The plateaus without those that drift into a longer neighbour."""

    def drifts_into(plateau, other):
        between = values[min(plateau.last, other.last) : max(plateau.first, other.first) + 1]
        scale = tolerance * min(between.min(), 1.0)
        if np.ptp(between) > 0.5 * scale or other.end_s - other.start_s <= plateau.end_s - plateau.start_s:
            return False
        rows = slice(min(plateau.first, other.first), max(plateau.last, other.last) + 1)
        away = (values[rows] - plateau.conductance) * np.sign(other.conductance - plateau.conductance)
        count = int(abs(other.conductance - plateau.conductance) / (FINER[-1] * scale))
        edges = FINER[-1] * scale * (np.arange(max(count, 1) + 1) - 0.5)
        stays = np.histogram(away, edges, weights=np.gradient(time[rows]))[0]
        return stays[1:].min(initial=np.inf) > 0.5 * stays[:1].max(initial=0)

    return [
        plateau
        for k, plateau in enumerate(plateaus)
        if not any(drifts_into(plateau, other) for other in (*plateaus[max(k - 1, 0) : k], *plateaus[k + 1 : k + 2]))
    ]


def _median(time, values):
    """Median over the time of values (n,) at times (n,): slopes at a plateau's ends do not shift it."""
    weights = np.gradient(time)
    order = np.argsort(values)
    share = np.cumsum(weights[order]) - 0.5 * weights[order]
    return float(np.interp(0.5 * weights.sum(), share, values[order]))


def _ends(values, within):
    """For each sample the last one up to which all lie as close together as a plateau's; (n,) indices."""
    ends = np.zeros(len(values), dtype=int)
    lowest, highest, last = deque(), deque(), -1  # of the window: indices with rising, falling values
    for first in range(len(values)):
        while last + 1 < len(values):
            new = values[last + 1]
            low = min(values[lowest[0]], new) if lowest else new
            high = max(values[highest[0]], new) if highest else new
            if last >= first and (high - low > within * min(low, 1.0) or low < FLOOR):
                break
            last += 1
            for queue, sign in ((lowest, 1), (highest, -1)):
                while queue and sign * values[queue[-1]] >= sign * new:
                    queue.pop()
                queue.append(last)
        ends[first] = last
        for queue in (lowest, highest):
            if queue and queue[0] == first:
                queue.popleft()
    return ends


def _longest(time, ends, least, low, high):
    """(duration, first, last) of the longest run of three samples or more in [low, high); duration 0 if too short."""
    if high - low < 3:
        return 0.0, 0, 0
    first = np.arange(low, high)
    last = np.minimum(ends[low:high], high - 1)
    duration = np.where(last - first >= 2, time[last] - time[first], 0.0)
    k = int(np.argmax(duration))
    return (float(duration[k]) if duration[k] >= least else 0.0), int(first[k]), int(last[k])


def edges_of(width, end):
    """Edges of bins of a width from zero to beyond an end, (k + 1,)."""
    return width * np.arange(int(np.ceil(end / width - 1e-9)) + 1)


def find_peaks(edges, shares, least=0.5):
    """The peaks at `least` G0 and above of a histogram: edges (k + 1,) equidistant, in G0; shares (k,) of all samples.

    Local maxima under a Gaussian of standard deviation SMOOTHING whose prominence is PROMINENCE of the highest one at
    least; the position is that of the parabola through the logarithms of the three bins at the top.
    """
    from scipy.ndimage import gaussian_filter1d
    from scipy.signal import find_peaks as local_maxima

    centres, width = 0.5 * (edges[1:] + edges[:-1]), edges[1] - edges[0]
    smooth = gaussian_filter1d(np.append(0.0, np.append(shares, 0.0)), SMOOTHING / width, mode="constant")
    at = np.append(centres[0] - width, np.append(centres, centres[-1] + width))
    above = smooth[at >= least]
    if not len(above) or not above.max() > 0:
        return []
    rows, _ = local_maxima(smooth, prominence=PROMINENCE * above.max())
    peaks = []
    for row in rows[at[rows] >= least]:
        left, top, right = np.log(np.maximum(smooth[row - 1 : row + 2], 1e-300))
        curvature = left - 2 * top + right
        position = at[row] + (width * 0.5 * (left - right) / curvature if curvature < 0 else 0.0)
        near = np.abs(centres - position) <= NEAR
        peaks.append(Peak(float(position), float(shares[near].sum())))
    return peaks
