"""Where one cycle ends and the next begins, told by the sign of a voltage alone."""

import numpy as np

LOBE = 0.1  # of the largest voltage: less is noise about zero, or a read
FEW = 30  # rows that tell no noise
ZERO = 0.5  # of that: between two lobes of one sign the voltage is less


def spans_by_sign(signs, time):
    """Starts and ends (s) of cycles by the sign of the voltage: one ends when the polarity it began with comes back."""
    biased = np.nonzero(signs)[0]
    back = biased[1:][(signs[biased[1:]] == signs[biased[:1]]) & (signs[biased[:-1]] == -signs[biased[:1]])]
    edges = [time[0], *(time[row - 1] for row in back), time[-1]]
    return list(zip(edges[:-1], edges[1:], strict=True))


def noise_of(voltage):
    """Standard deviation of noise, from what three samples in a row deviate from a line (robust), V."""
    if len(voltage) < FEW:  # in which the edges of a pulse look like noise
        return 0.0
    bend = voltage[:-2] - 2 * voltage[1:-1] + voltage[2:]
    return float(np.median(np.abs(bend)) / 0.6745 / np.sqrt(6))


def smoothed(voltage, share=0.01):
    """A voltage (n,) averaged over so many rows, at most n / 200, that its noise is a share of its largest value."""
    largest = np.abs(voltage).max(initial=0.0)
    wanted = (noise_of(voltage) / (share * largest)) ** 2 if largest else 0.0
    return smoothed_over(voltage, int(min(np.ceil(wanted), len(voltage) // 200)))


def smoothed_over(values, size):
    """Values (n,) averaged over a number of rows, fewer at the ends."""
    if size < 2:
        return values
    weights = np.ones(size)
    return np.convolve(values, weights, "same") / np.convolve(np.ones(len(values)), weights, "same")


def lobes(voltage, least=LOBE):
    """The parts of a voltage (n,) between its zeros as (first, last + 1, sign), in order, without gaps between them.

    least: a part counts from this share of the largest voltage on. Bounds lie where the voltage is smallest between.
    """
    voltage = smoothed(np.asarray(voltage, float))
    size = np.abs(voltage)
    signs = np.sign(voltage) * (size > least * size.max(initial=0.0))
    biased = np.nonzero(signs)[0]
    if not len(biased):
        return []
    apart = np.diff(signs[biased]) != 0
    for k in np.nonzero((np.diff(biased) > 1) & ~apart)[0]:  # of one sign: only where it comes near to zero between
        apart[k] = size[biased[k] : biased[k + 1]].min() < ZERO * least * size.max()
    ends, starts = biased[:-1][apart], biased[1:][apart]
    bounds = [
        0,
        *(int(end + np.argmin(size[end : start + 1])) for end, start in zip(ends, starts, strict=True)),
        len(voltage),
    ]
    kinds = [float(signs[biased[0]]), *(float(signs[start]) for start in starts)]
    return [part for part in zip(bounds[:-1], bounds[1:], kinds, strict=True) if part[1] > part[0]]


def cycle_numbers(voltage, least=LOBE):
    """The number of the cycle, from 1, of each row of a voltage (n,): as spans_by_sign where it has both signs;
    where it has one only, each way from zero and back is a cycle."""
    parts = lobes(voltage, least)
    numbers, number = np.ones(len(voltage), dtype=int), 1
    both = len({sign for *_, sign in parts}) > 1
    for before, part in zip(parts, parts[1:], strict=False):
        number += not both or (part[2] == parts[0][2] and before[2] != part[2])
        numbers[part[0] : part[1]] = number
    return numbers
