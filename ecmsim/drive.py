"""The source voltage as a function of time: ramps and holds, with corners that a time step must hit."""

import math
from dataclasses import dataclass

import numpy as np

from ecmsim.errors import ConfigError


@dataclass(frozen=True)
class Programme:
    """A piecewise linear voltage that starts at 0 V at time 0.

    corners: times (s) at which the slope changes, with start and end, shape (n + 1,);
    corner_voltages: voltages (V) there, same shape.
    """

    corners: np.ndarray
    corner_voltages: np.ndarray

    @classmethod
    def from_steps(cls, steps):
        """From the steps of config.programme: .kind "ramp" with .to (V) and .rate (V/s > 0), or "hold" with
        .duration (s). Raises ConfigError for a step that takes no time."""
        times, voltages = [0.0], [0.0]
        for number, step in enumerate(steps):
            if step.kind == "ramp":
                voltage = float(step.to)
                duration = abs(voltage - voltages[-1]) / step.rate
                if duration == 0:
                    raise ConfigError(
                        f'programme[{number}].to = "{voltage:g} V": the source is at {voltage:g} V already,'
                        f' so that this ramp takes no time; use kind = "hold" to wait'
                    )
            else:
                voltage, duration = voltages[-1], float(step.duration)
            if not times[-1] + duration > times[-1]:
                raise ConfigError(
                    f"programme[{number}]: takes {duration:g} s, too short to be told from"
                    f" {times[-1]:g} s, when it begins"
                )
            times.append(times[-1] + duration)
            voltages.append(voltage)
        if len(times) == 1:
            raise ConfigError("programme: needs at least one step")
        return cls(np.array(times), np.array(voltages))

    @property
    def duration(self):
        """Time of the last corner, s."""
        return float(self.corners[-1])

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
