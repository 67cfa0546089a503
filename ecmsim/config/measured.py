"""Measurement files of a programme: what stands in a step in place of the file, so that a run never needs it again."""

from pathlib import Path

from ecmsim.config.quantities import Quantity
from ecmsim.errors import MeasurementError


def read_measured(path, columns, tolerance, rise):
    """The settings of a step that a file becomes: points, tolerance, rise and origin.

    columns: the section, or None; tolerance (V), rise (s): as given, or None. Raises EcmsimError.
    """
    import numpy as np

    from ecmsim.measured import legs_of, read

    try:
        recording = read(path, None if columns is None else columns.plain(), current=False)
    except MeasurementError as error:
        raise MeasurementError(str(error).removeprefix(f"{path}: ")) from None
    legs = legs_of(recording, None if tolerance is None else float(tolerance))
    chosen = f", {recording.name(recording.cycles[0])}" if len(recording.cycles) == 1 and recording.names else ""
    steps = np.diff(recording.time)
    usual = float(np.median(steps[steps > 0])) if (steps > 0).any() else float(legs.time[-1] - legs.time[0])
    return {
        "points": [
            (Quantity(_rounded(time), "s"), Quantity(_rounded(voltage), "V"))
            for time, voltage in zip(legs.time - legs.time[0], legs.voltage, strict=True)
        ],
        "tolerance": Quantity(legs.tolerance if tolerance is None else tolerance, "V"),
        "rise": Quantity(_rounded(usual) if rise is None else rise, "s"),
        "origin": f"{Path(path).name}{chosen}: {legs.words}",
    }


def _rounded(value):
    """A number with nine digits: what is beyond is no measurement."""
    return float(f"{value:.9g}")
