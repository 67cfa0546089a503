"""The index of an endurance test: the windows of its cycles, and how many of them there were before one failed."""

from dataclasses import dataclass

import numpy as np

from ecmsim.errors import ResultsError
from ecmsim.results.tables import cycle_table
from ecmsim.switching.values import Definitions
from ecmsim.text import quantity

WINDOW = 10.0  # R_HRS over R_LRS, below which a cycle has failed
LEAST_SPREAD = 1e-3  # %: less is none, but rounding


@dataclass(frozen=True)
class Endurance:
    """table: of the cycles (cycles.csv); failed: number of the first cycle whose window is below `least` or which has
    no SET or RESET, None where none failed."""

    table: object
    least: float
    failed: int | None

    @property
    def windows(self):
        """R_HRS over R_LRS of each cycle, (n,)."""
        return (self.table["R_HRS_ohm"] / self.table["R_LRS_ohm"]).abs().to_numpy(float)

    def words(self):
        """The index as lines of text."""
        table, count = self.table, len(self.table)
        ending = f"the first to fail is cycle {self.failed}" if self.failed else "none failed"
        told = [f"{count} cycles, {ending} (a window below {self.least:g}, or no SET or RESET)"]
        for name, unit in (("V_SET_V", "V"), ("V_RESET_V", "V"), ("R_LRS_ohm", "Ω"), ("R_HRS_ohm", "Ω")):
            values = table[name].dropna().to_numpy(float)
            if len(values):
                middle = float(np.median(values))
                percent = 100 * values.std() / abs(values.mean())
                spread = f"{percent:.2g} %" if percent >= LEAST_SPREAD else f"below {LEAST_SPREAD:g} %"
                spread = f", spread {spread}" if len(values) > 1 else ""
                told.append(f"{name.rpartition('_')[0]}: median {quantity(middle, unit)}{spread}")
        return told


def endurance_of(run, definitions=Definitions(), least=WINDOW):  # noqa: B008  (frozen)
    """The Endurance of a run (a Run). least: window below which a cycle has failed."""
    table = cycle_table(run, definitions)
    if not len(table):
        raise ResultsError(f"{run.folder} has no cycles")
    window = (table["R_HRS_ohm"] / table["R_LRS_ohm"]).abs()
    bad = ~(window >= least) | table["V_SET_V"].isna() | table["V_RESET_V"].isna()
    failed = int(table["cycle"][bad].iloc[0]) if bad.any() else None
    return Endurance(table, least, failed)
