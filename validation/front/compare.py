"""What a set of parameters meets: rows 1 to 7, 9, 17 and 25 of the paper's facts, by the reduced model."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecmsim.results import measures as read
from ecmsim.study.naming import effective
from validation.paper import growth
from validation.paper.facts import TARGETS, inside
from validation.paper.measures import current_of

AT = 3.5e-6  # A: current at which the filament's resistance is taken (row 17)
PARAMETERS = {
    "butler_volmer.transfer_coefficient": "",
    "butler_volmer.activation_energy": "eV",
    "butler_volmer.rate_constant": "m/s",
    "stress.energy": "eV",
    "stress.template_radius": "nm",
    "dissolution.void_length": "nm",
    "tunnelling.barrier": "eV",
    "filament.defect_factor": "",
    "compliance.smoothing_voltage": "V",
}


@dataclass(frozen=True)
class Point:
    """One set of parameters. name; parameters, values: of it and of what came out, by name."""

    name: str
    parameters: dict
    values: dict

    @property
    def deviation(self):
        """Largest deviation of rows 1 to 6, in tolerances."""
        found = [abs(self.values[target.name] - target.value) / target.tolerance for target in TARGETS]
        return float(np.nan_to_num(np.max(found), nan=np.inf))

    @property
    def lead(self):
        """How far the linear fit of regime B is ahead of the exponential one, R2."""
        return self.values["linear"] - self.values["exponential"]

    @property
    def met(self):
        """Which of the rows are met: row -> bool; 1 to 6 as one."""
        values = self.values
        return {
            "1-6": self.deviation <= 1,
            "7": inside(values["A ends"], 0.03e-6, 1e-6),
            "9": inside(values["C begins"], 50e-6, 200e-6),
            "17": inside(values["filament"], 3e3, 13e3),
            "25": bool(self.lead > 0),
        }


def point(name, run):
    """The Point of a run (a Run of the reduced model)."""
    linear, exponential = growth.straightness(run, 1e-6, 50e-6)
    drop = read.value_at_current(run, "cell_voltage_V", AT) - read.value_at_current(run, "junction_voltage_V", AT)
    values = {target.name: target.measure(run) for target in TARGETS} | {
        "A ends": current_of(run.regimes.a_b),
        "C begins": current_of(run.regimes.b_c),
        "filament": float(drop) / AT,
        "linear": linear,
        "exponential": exponential,
    }
    return Point(name, {}, values)


def points(study, runs):
    """The Points of a Study, of its runs by the names of the cases."""
    found = []
    for case in study.cases:
        measured = point(case.name, runs[case.name])
        parameters = {name: float(effective(case.config, name)) for name in PARAMETERS}
        found.append(Point(case.name, parameters, measured.values))
    return found


def frame(found):
    """The points as a DataFrame: one row a set of parameters."""
    rows = []
    for each in found:
        met = {f"row {row}": "hit" if hit else "miss" for row, hit in each.met.items()}
        rows.append({"set": each.name} | each.values | {"deviation": each.deviation, "lead": each.lead} | met)
        rows[-1] |= {name: value for name, value in each.parameters.items()}
    return pd.DataFrame(rows)
