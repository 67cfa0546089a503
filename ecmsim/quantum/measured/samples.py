"""From a measurement to the conductance of its contact: what is left out, and the resistance in series taken off."""

from dataclasses import dataclass, replace

import numpy as np

from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.errors import MeasurementError
from ecmsim.text import quantity

LEAST_V = 1e-3  # V; a smaller voltage tells no conductance
AT_LIMIT = 0.98  # of the compliance current, from which on a programmed voltage is not that over the cell
HOLE = 3  # rows left out one after another, at which a trace is two


@dataclass(frozen=True)
class Samples:
    """Samples of one measurement that tell a conductance, (n,).

    file: its name; time (s), voltage (V, over the contact: less what falls over the resistance in series), current (A);
    cycle: whole numbers; row: in the measurement; resistance: in series, ohm; notes: what was left out, a text each.
    """

    file: str
    time: np.ndarray
    voltage: np.ndarray
    current: np.ndarray
    cycle: np.ndarray
    row: np.ndarray
    resistance: float = 0.0
    notes: tuple = ()

    def __len__(self):
        return len(self.time)

    @property
    def conductance(self):
        """G/G0, (n,)."""
        return self.current / self.voltage / CONDUCTANCE_QUANTUM

    def traces(self):
        """Rows (slices) that follow one another without a hole, in one cycle."""
        breaks = np.nonzero((np.diff(self.row) > HOLE) | (np.diff(self.cycle) != 0))[0] + 1
        ends = [0, *breaks.tolist(), len(self)]
        return [slice(first, last) for first, last in zip(ends[:-1], ends[1:], strict=True)]

    def without(self, resistance):
        """The same less a resistance (ohm) in series: G = I/(V - R I). Raises MeasurementError where it is too much."""
        voltage = self.voltage - resistance * self.current
        wrong = voltage * self.voltage <= 0
        if wrong.any():
            least = np.min(self.voltage[wrong] / self.current[wrong])
            raise MeasurementError(
                f"{self.file}: parasitic = {quantity(resistance, 'ohm')}: the whole has only {quantity(least, 'ohm')} "
                f"at its lowest ({wrong.sum()} of {len(self)} samples are below): give less, or leave small voltages "
                "out with --least-voltage"
            )
        return replace(self, voltage=voltage, resistance=self.resistance + resistance)


def samples_of(recording, least=LEAST_V, start=None, end=None):
    """The Samples of a Recording (ecmsim.measured): from start to end (s), of `least` V and more.

    Where the voltage is not known to be measured over the cell, samples at the compliance current are left out: there
    the cell has less than the source was told. Raises MeasurementError where nothing is left.
    """
    if recording.current is None:
        raise MeasurementError(f"{recording.file}: has no current, so that nothing is known of a conductance")
    time, notes = recording.time, []
    kept = (time >= (-np.inf if start is None else start)) & (time <= (np.inf if end is None else end))
    if not kept.any():
        raise MeasurementError(
            f"{recording.file}: no sample is between {'its start' if start is None else f'{start:g} s'} and "
            f"{'its end' if end is None else f'{end:g} s'}; it goes from {time[0]:.6g} s to {time[-1]:.6g} s"
        )
    limited = _at_limit(recording) & kept
    if limited.any():
        notes.append(
            f"{limited.sum()} samples at the compliance current are left out: the cell has less there than the "
            'programmed voltage (voltage_is = "measured" in [columns] keeps them)'
        )
    small = kept & ~limited & ~(np.abs(recording.voltage) >= least)
    if small.any():
        notes.append(f"{small.sum()} samples of less than {quantity(least, 'V')} are left out")
    rows = np.nonzero(kept & ~limited & ~small)[0]
    if len(rows) < 2:
        raise MeasurementError(
            f"{recording.file}: {len(rows)} of {kept.sum()} samples tell a conductance ({'; '.join(notes)}): nothing "
            "is left to look at"
        )
    against = recording.voltage[rows] * recording.current[rows] < 0
    if 2 * against.sum() > len(rows):
        notes.append(
            f"{against.sum()} of {len(rows)} conductances are negative: turn a sign, such as -c current.sign=-1, or "
            "take an offset off"
        )
    columns = (time, recording.voltage, recording.current, recording.cycle)
    return Samples(recording.file, *(column[rows] for column in columns), rows, notes=tuple(notes))


def _at_limit(recording):
    """Whether a sample is at the compliance and its voltage only programmed, (n,)."""
    found = np.zeros(len(recording), bool)
    if recording.voltage_is == "measured":
        return found
    for cycle in recording.cycles:
        limit = recording.limit(cycle)
        if limit is not None:
            found |= (recording.cycle == cycle) & (np.abs(recording.current) >= AT_LIMIT * limit)
    return found
