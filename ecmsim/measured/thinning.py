"""A measured voltage as a few straight legs: corners are found and noise is averaged out, within a tolerance.

Two passes. From a point on, the longest leg is taken that passes all samples within the tolerance, and so forth; each
leg begins where the one before it ends. Then, as corners that are found so lie a little late, straight lines are fitted
to the samples of each leg and meet in corners anew; corners that turn out to be none are dropped. What the second pass
finds is taken if it keeps the tolerance too.
"""

from dataclasses import dataclass, replace

import numpy as np

from ecmsim.errors import MeasurementError
from ecmsim.measured.programmed import source_voltage
from ecmsim.switching.cycles import noise_of, smoothed_over
from ecmsim.text import quantity

SHARE = 0.01  # of the largest voltage: the tolerance unless one is given
SPARE = 1.0  # standard deviations of the noise beyond the largest one of so many samples, that it takes in then
MEANS, PART = (200, 1000, 4000), 0.3  # numbers of means, in which noise is small, and their part of the tolerance
NEAR = 0.01  # of the whole time: so close to a corner none is put
MOST_DIVIDED = 12  # corners that are put one by one
FEW = 8  # corners that need no better answer
MOST_LEGS = 5000
MOST_REFINED = 100  # corners that are looked at anew
NOISY = 0.1  # of the largest voltage: more noise hides what the source did
ROUNDS = 4
POINTS = 50_000  # samples that corners are looked for in; of more, the highest and lowest of each group


@dataclass(frozen=True)
class Legs:
    """Corners of straight legs: time (s, rising), voltage (V), (m,); tolerance, largest deviation of a sample, V;
    noise: standard deviation of the samples about straight lines, V; samples: how many; note: on the source."""

    time: np.ndarray
    voltage: np.ndarray
    tolerance: float
    deviation: float
    noise: float
    samples: int
    note: str = ""

    @property
    def words(self):
        """What was made of the samples, in one line."""
        return (
            f"{self.samples} points as {len(self.time) - 1} straight legs, at most {_volts(self.deviation)} away"
            f" (tolerance {_volts(self.tolerance)}, noise {_volts(self.noise)})"
            + (f"; {self.note}" if self.note else "")
        )


def _volts(value):
    return quantity(value, "V") if value > 1e-9 else "0 V"


def legs_of(recording, tolerance=None):
    """The Legs of the source behind a Recording; tolerance: V, None for 1 % of the largest voltage, or what takes in
    the noise where that is more. Raises MeasurementError where there would be too many."""
    time, voltage, note = source_voltage(recording)
    return replace(thinned(time, voltage, tolerance), note=note)


def thinned(time, voltage, tolerance=None):
    """The Legs of samples: time (s, never falls), voltage (V), (n,)."""
    time, voltage = _rising(np.asarray(time, float), np.asarray(voltage, float))
    if len(time) < 2:
        raise MeasurementError("fewer than two points at different times: no programme")
    noise = noise_of(voltage)
    if tolerance is None:
        if noise > NOISY * np.abs(voltage).max():
            raise MeasurementError(
                f"the voltage's noise of {_volts(noise)} is nearly as large as the voltage itself, or too few points"
                " were taken: no programme can be told from it, unless you give a tolerance"
            )
        tolerance = max(SHARE * np.abs(voltage).max(), (SPARE + np.sqrt(2 * np.log(len(time)))) * noise) or 1e-6
        tolerance = float(f"{1.005 * tolerance:.3g}")
    within = tolerance * (1 - 1e-9)  # so that rounding cannot leave it
    found = [_of_means(time, voltage, within, count) for count in MEANS]
    found = [corners for corners in [*found, _divided(time, voltage, within)] if corners is not None]
    best = min(found, key=lambda corners: len(corners[0])) if found else None
    if best is None or len(best[0]) > FEW:
        best = min(filter(None, [best, _of_samples(time, voltage, within)]), key=lambda it: len(it[0]), default=None)
    if best is None:
        told, about = _volts(tolerance), _volts(noise)
        better = _volts(float(f"{max(6 * noise, 2 * tolerance):.1g}"))
        raise MeasurementError(
            f"more than {MOST_LEGS} straight legs are needed to follow the voltage within {told}: its noise is about"
            f' {about}; give a larger tolerance, such as tolerance = "{better}"'
        )
    deviation = _deviation(time, voltage, best)
    return Legs(*best, float(tolerance), deviation, noise, len(time))


def _deviation(t, v, corners):
    """The largest deviation of samples from legs between corners, V."""
    return float(np.abs(np.interp(t, *corners) - v).max())


def _divided(time, voltage, tolerance):
    """Corners put one by one where the samples are farthest from the legs so far; None where a few are not enough."""
    t, v = _grouped(time, voltage)
    corners = t[[0, -1]], _heights(t, v, t[[0, -1]])
    while _deviation(t, v, corners) > tolerance:
        if len(corners[0]) > MOST_DIVIDED:
            return None
        rest = smoothed_over(v - np.interp(t, *corners), max(len(t) // (20 * len(corners[0])), 1))
        free = np.abs(t[:, None] - corners[0]).min(1) > NEAR * (t[-1] - t[0])
        if not free.any():
            return None
        at = t[np.argmax(np.abs(rest) * free)]
        times = np.sort(np.append(corners[0], at))
        corners = times, _heights(t, v, times)
        for _ in range(ROUNDS):
            moved = _met(t, v, corners)
            if moved is None or np.square(v - np.interp(t, *moved)).sum() > np.square(v - np.interp(t, *corners)).sum():
                break
            corners = moved
    corners = _refined(t, v, corners, tolerance)
    return corners if _deviation(time, voltage, corners) <= tolerance else None


def _of_samples(time, voltage, tolerance):
    """Corners found in the samples themselves, or None where there are too many."""
    t, v = _grouped(time, voltage)
    corners = _legs(t, v, tolerance)
    if corners is not None and len(corners[0]) <= MOST_REFINED:
        corners = _refined(t, v, corners, tolerance)
    if corners is not None and len(t) < len(time) and _deviation(time, voltage, corners) > tolerance:
        corners = _legs(time, voltage, tolerance)
    return corners


def _of_means(time, voltage, tolerance, count):
    """Corners found in means over many samples each, in which noise is small; None where these are too few, or where
    the samples themselves do not keep to the legs, as at the edges of pulses."""
    size = len(time) // count
    if size < 2:
        return None
    whole = len(time) // size * size
    t, v = (values[:whole].reshape(-1, size).mean(1) for values in (time, voltage))
    corners = _legs(t, v, PART * tolerance)
    if corners is None or len(corners[0]) > MOST_REFINED:
        return None
    times, values = _refined(t, v, corners, PART * tolerance)
    slopes = np.diff(values) / np.diff(times)
    ends = (
        (time[0], values[0] + slopes[0] * (time[0] - times[0])),
        (time[-1], values[-1] + slopes[-1] * (time[-1] - times[-1])),
    )
    times[[0, -1]], values[[0, -1]] = zip(*ends, strict=True)
    return (times, values) if _deviation(time, voltage, (times, values)) <= tolerance else None


def _rising(time, voltage):
    """Samples at times that rise: of several at one time the last."""
    kept = np.append(np.diff(time) > 0, True)
    return time[kept], voltage[kept]


def _grouped(time, voltage):
    """Of very many samples the first, lowest, highest and last of each group in order of time."""
    if len(time) <= POINTS:
        return time, voltage
    size = -(-4 * len(time) // POINTS)
    whole = len(time) // size * size
    blocks = voltage[:whole].reshape(-1, size)
    base = np.arange(0, whole, size)
    rows = [base, base + blocks.argmin(1), base + blocks.argmax(1), base + size - 1, np.arange(whole, len(time))]
    chosen = np.unique(np.concatenate(rows))
    return time[chosen], voltage[chosen]


def _legs(t, v, tolerance):
    """Corners (times, voltages) of the first pass; None where there are too many."""
    k, n, value = 0, len(t), _beginning(t, v, tolerance)
    times, values = [t[0]], [value]
    while k < n - 1:
        end, slope = _reach(t, v, k, value, tolerance)
        value = value + slope * (t[end] - t[k])
        times.append(t[end])
        values.append(value)
        k = end
        if len(times) > MOST_LEGS + 1:
            return None
    return np.array(times), np.array(values)


def _beginning(t, v, tolerance):
    """Where the first leg begins: on the line through the first samples as long as they are noise about one."""
    count = 3
    value = v[0]
    while count <= len(v):
        line = np.polyfit(t[:count] - t[0], v[:count], 1)
        if np.abs(np.polyval(line, t[:count] - t[0]) - v[:count]).max() > 0.9 * tolerance:
            break
        value, count = line[1], 2 * count
    return float(value)


def _reach(t, v, k, value, tolerance):
    """The last sample that one leg from (t[k], value) reaches within the tolerance of all between, and its slope."""
    low, high, start, size = -np.inf, np.inf, k + 1, 16
    while start < len(t):
        rows = slice(start, min(start + size, len(t)))
        apart = t[rows] - t[k]
        lows = np.maximum(np.maximum.accumulate((v[rows] - tolerance - value) / apart), low)
        highs = np.minimum(np.minimum.accumulate((v[rows] + tolerance - value) / apart), high)
        wrong = np.nonzero(lows > highs)[0]
        if len(wrong):
            last = wrong[0] - 1
            if last >= 0:
                low, high = lows[last], highs[last]
            end = start + last
            break
        low, high = lows[-1], highs[-1]
        start, size = rows.stop, 2 * size
        end = start - 1
    if end == k:  # the next sample is out of reach of none: a leg to it can always be drawn
        raise AssertionError("a leg reaches at least one sample")
    fit = np.dot(t[k + 1 : end + 1] - t[k], v[k + 1 : end + 1] - value) / np.dot(*[t[k + 1 : end + 1] - t[k]] * 2)
    return end, min(max(fit, low), high)


def _refined(t, v, corners, tolerance):
    """The corners of the second pass, or those of the first where they keep the tolerance better."""
    best = corners
    for _ in range(ROUNDS):
        moved = _met(t, v, best)
        if moved is None or _deviation(t, v, moved) > tolerance:
            break
        best = moved
    k = 1
    while k < len(best[0]) - 1:  # corners that are none
        fewer = np.delete(best[0], k), np.delete(best[1], k)
        fewer = fewer[0], _heights(t, v, fewer[0])
        met = _met(t, v, fewer)
        tried = [corner for corner in (met, fewer) if corner is not None]
        kept = [corner for corner in tried if _deviation(t, v, corner) <= tolerance]
        if kept:
            best = min(kept, key=lambda corner: np.square(np.interp(t, *corner) - v).sum())
        else:
            k += 1
    heights = best[0], _heights(t, v, best[0])
    own, new = (_deviation(t, v, corner) for corner in (best, heights))
    return heights if new <= min(own, tolerance) else best


def _met(t, v, corners):
    """Corners where the lines through the samples of neighbouring legs meet; None where they do not within these."""
    times, values = corners
    lines = []
    for start, end in zip(times[:-1], times[1:], strict=True):
        margin = 0.1 * (end - start)
        rows = slice(int(np.searchsorted(t, start + margin)), int(np.searchsorted(t, end - margin, "right")))
        if rows.stop - rows.start >= 4:
            lines.append(np.polyfit(t[rows] - start, v[rows], 1) - [0, 0])
            lines[-1] = (lines[-1][0], lines[-1][1] - lines[-1][0] * start)
        else:
            lines.append(None)
    moved, heights = times.copy(), values.copy()
    for k in range(1, len(times) - 1):
        before, after = lines[k - 1], lines[k]
        if before and after and before[0] != after[0]:
            at = (after[1] - before[1]) / (before[0] - after[0])
            if 0.5 * (times[k - 1] + times[k]) < at < 0.5 * (times[k] + times[k + 1]):
                moved[k], heights[k] = at, before[0] * at + before[1]
        elif before or after:
            line = before or after
            heights[k] = line[0] * times[k] + line[1]
    for k, line in ((0, lines[0]), (-1, lines[-1])):
        if line:
            heights[k] = line[0] * times[k] + line[1]
    return (moved, heights) if (np.diff(moved) > 0).all() else None


def _heights(t, v, times):
    """Voltages at corners of given times with the least squared deviations of the samples."""
    from scipy.linalg import solveh_banded

    legs = len(times) - 1
    leg = np.clip(np.searchsorted(times, t, "right") - 1, 0, legs - 1)
    share = (t - times[leg]) / (times[leg + 1] - times[leg])
    start = np.interp(times, t, v)
    rest = v - np.interp(t, times, start)

    def sums(weights, shift):
        return np.bincount(leg + shift, weights, legs + 1)

    whole = sums((1 - share) ** 2, 0) + sums(share**2, 1)
    beside = sums(share * (1 - share), 1)
    whole += 1e-12 * whole.max()  # a leg without samples of its own stays where it is
    pull = sums((1 - share) * rest, 0) + sums(share * rest, 1)
    return start + solveh_banded(np.stack([beside, whole]), pull)
