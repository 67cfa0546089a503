"""The voltages of protocols that are more than one pulse: amplitudes that rise, and two spikes beside each other."""

import numpy as np

from ecmsim.errors import ConfigError

MOST_PULSES = 1000  # of one write-verify
EDGE = 0.01  # of a spike's width: its rise, unless given


def rising(start, stop, increment):
    """Amplitudes from start on in steps of an increment, up to stop (V, of one sign). Raises ConfigError."""
    count = int(np.floor((abs(stop) - abs(start)) / increment + 1e-9)) + 1
    if start * stop <= 0 or not 1 <= count <= MOST_PULSES:
        raise ConfigError(
            f"write_verify: from start = {start:g} V to stop = {stop:g} V in steps of {increment:g} V are "
            f"{max(count, 0)} pulses; needs 1 to {MOST_PULSES} of one sign"
        )
    return [float(f"{start + np.sign(start) * increment * k:.12g}") for k in range(count)]


def spike(step):
    """Corners (time in s, voltage in V) of one spike: up to the amplitude, down to minus the undershoot, to zero."""
    rise = float(EDGE * step.width if step.rise is None else step.rise)
    corners = [(0.0, 0.0), (rise, step.amplitude), (rise + step.width, -step.undershoot)]
    return [(float(time), float(value)) for time, value in [*corners, (rise + step.width + step.tail, 0.0)]]


def pair_of_spikes(step):
    """Corners (time, voltage) of the voltage between two neurons: the spike of the second one, which comes `interval`
    (s, negative: earlier) after that of the first, minus that of the first."""
    first = np.array(spike(step)).T
    second = first[0] + float(step.interval), first[1]
    time = np.unique(np.concatenate([first[0], second[0]]))
    time = time[np.append(True, np.diff(time) > 1e-9 * float(np.ptp(time)))]
    voltage = np.interp(time, *second, left=0, right=0) - np.interp(time, *first, left=0, right=0)
    return list(zip((time - time[0]).tolist(), voltage.tolist(), strict=True))
