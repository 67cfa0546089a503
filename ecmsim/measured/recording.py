"""What was measured: time, voltage, current and cycle of every point in SI units, with what is known of them."""

from dataclasses import dataclass, field, replace

import numpy as np

from ecmsim.switching.values import Definitions, plateau, values_of

TIDY = ("time_s", "voltage_V", "current_A", "cycle")


@dataclass(frozen=True)
class Recording:
    """A measurement, tidy.

    file: its name; time (s, never falls), voltage (V), cycle (whole numbers): (n,); current: A, (n,), or None;
    names: of the sheets by cycle; compliance: A by cycle, where it is known; voltage_is: "programmed", "measured" or
    None; instrument, layout: texts; told: what was taken for what, by quantity; notes: all else that was guessed or
    left out, a text each; metadata: what the file says besides.
    """

    file: str
    time: np.ndarray
    voltage: np.ndarray
    current: np.ndarray | None
    cycle: np.ndarray
    names: dict = field(default_factory=dict)
    compliance: dict = field(default_factory=dict)
    voltage_is: str | None = None
    instrument: str = ""
    layout: str = ""
    told: dict = field(default_factory=dict)
    notes: tuple = ()
    metadata: dict = field(default_factory=dict)

    def __len__(self):
        return len(self.time)

    @property
    def cycles(self):
        """The numbers of the cycles, in order."""
        return [int(number) for number in dict.fromkeys(self.cycle.tolist())]

    @property
    def table(self):
        """DataFrame with the columns TIDY; without a current its column is nan."""
        import pandas as pd

        current = np.full(len(self), np.nan) if self.current is None else self.current
        return pd.DataFrame(dict(zip(TIDY, (self.time, self.voltage, current, self.cycle), strict=True)))

    def only(self, cycle):
        """The Recording of one cycle, its time as it is here."""
        rows = self.cycle == cycle
        current = None if self.current is None else self.current[rows]
        return replace(self, time=self.time[rows], voltage=self.voltage[rows], current=current, cycle=self.cycle[rows])

    def name(self, cycle):
        """What a cycle is called: its sheet, or its number."""
        return self.names.get(cycle, f"cycle {cycle}")

    def limit(self, cycle):
        """The compliance current of a cycle, A > 0: as file or [columns] say, or else that of a plateau; or None."""
        if cycle in self.compliance or self.current is None:
            return self.compliance.get(cycle)
        part = self.only(cycle)
        return plateau(part.voltage, part.current)

    def values(self, definitions=Definitions()):  # noqa: B008  (frozen)
        """The numbers of every cycle: DataFrame with cycle, name and the fields of switching.values.CycleValues."""
        import pandas as pd

        rows = []
        for number in self.cycles:
            part = self.only(number)
            found = values_of(part.voltage, part.current, definitions, self.limit(number), time=part.time)
            rows.append({"cycle": number, "name": self.name(number)} | vars(found))
        return pd.DataFrame(rows)

    def rate(self, cycle):
        """The rate at which the voltage of a cycle changes where it changes most of the time, V/s; nan where it never
        does."""
        part = self.only(cycle)
        return rate_of(part.time, part.voltage)


def rate_of(time, voltage, share=0.01):
    """Median rate |dV/dt| over parts in which the voltage changes by a share of its largest value or more, V/s."""
    least, k, rates = share * np.abs(voltage).max(initial=0.0), 0, []
    step = max(len(time) // 2000, 1)  # thousands of points are enough, and noise averages out
    time, voltage = time[::step], voltage[::step]
    for row in range(1, len(time)):
        if abs(voltage[row] - voltage[k]) >= least > 0:
            if time[row] > time[k]:
                rates.append(abs(voltage[row] - voltage[k]) / (time[row] - time[k]))
            k = row
    return float(np.median(rates)) if rates else np.nan
