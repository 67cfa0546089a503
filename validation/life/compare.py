"""Cycles of both models beside each other: what each tells, and whether they agree."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecmsim.errors import ResultsError
from ecmsim.results import open_run
from ecmsim.results.cycles import cycle_of_rows
from ecmsim.results.tables import cycle_table

# By how much both models may differ, relative.
WITHIN = {"V_SET_V": 0.10, "V_RESET_V": 0.10, "I_RESET_A": 0.20}
BALANCES = ("charge_imbalance", "faraday_error", "power_imbalance")
TAKEN = ("V_SET_V", "V_RESET_V", "I_RESET_A", "R_LRS_ohm", "R_HRS_ohm", "temperature_max_K", "volume_end_nm3")


@dataclass(frozen=True)
class Life:
    """One cell by one model. current: compliance, A; cycles: a dict for each, see `cycles_of`; worst: balances by name;
    end: how the run ended."""

    current: float
    model: str
    cycles: tuple
    worst: dict
    end: str


def cycles_of(run):
    """What each cycle of a run (a Run) tells: TAKEN of ecmsim.results.tables, opens_nm: distance from the axis at which
    the gap is smallest while |I| is largest on the way of RESET, and gap_nm: at its end."""
    table, numbers, found = cycle_table(run), cycle_of_rows(run), []
    for row in table.to_dict("records"):
        part = run.timeseries[numbers == row["cycle"]]
        back = part[part["source_voltage_V"] < 0]
        told = {name: row[name] for name in TAKEN} | {"cycle": int(row["cycle"])}
        if len(back):
            peak = back["current_A"].abs().idxmax()
            told |= {"opens_nm": float(back["gap_position_nm"][peak]), "gap_nm": float(part["gap_nm"].iloc[-1])}
        found.append(told)
    return tuple(found)


def lives(study, root):
    """The Lives of a Study whose runs are below a root folder, by current; those not run are left out."""
    found = []
    for case, place in zip(study.cases, study.places(root), strict=True):
        try:
            run = open_run(place.run)
        except ResultsError:
            continue
        if run.status not in ("finished", "failed") or not len(run.timeseries):
            continue
        worst = {name: float(run.timeseries[name].max()) for name in BALANCES}
        end = run.provenance.get("reason") or run.status
        found.append(Life(float(case.config.compliance.current), case.config.model, cycles_of(run), worst, end))
    return sorted(found, key=lambda life: (life.current, life.model))


def apart(found):
    """The largest difference of both models in each quantity of WITHIN, relative to their mean, over cycles that both
    have: (current, name) -> number."""
    largest = {}
    for current in sorted({life.current for life in found}):
        both = {life.model: life.cycles for life in found if life.current == current}
        for name in WITHIN if len(both) == 2 else ():
            pairs = [(one[name], other[name]) for one, other in zip(both["full"], both["reduced"], strict=False)]
            shares = [abs(a - b) / (0.5 * abs(a + b)) for a, b in pairs if np.isfinite(a) and np.isfinite(b)]
            largest[current, name] = max(shares, default=np.nan)
    return largest


def frame(found):
    """A DataFrame with one row for each cycle of each life."""
    rows = []
    for life in found:
        for cycle in life.cycles:
            rows.append({"compliance_A": life.current, "model": life.model} | cycle | life.worst | {"end": life.end})
    return pd.DataFrame(rows)
