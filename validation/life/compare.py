"""Cycles of both models beside each other, of other meshes and steps, and of other readings: what each tells."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecmsim.errors import ResultsError
from ecmsim.results import open_run
from ecmsim.results.cycles import cycle_of_rows
from ecmsim.results.tables import cycle_table

# By how much both models may differ, relative.
WITHIN = {"V_SET_V": 0.10, "V_RESET_V": 0.10, "I_RESET_A": 0.20}
PIECE = re.compile(r"([0-9.e+-]+) nm3 of metal")
BALANCES = ("charge_imbalance", "faraday_error", "power_imbalance")
TAKEN = ("V_SET_V", "V_RESET_V", "I_RESET_A", "R_LRS_ohm", "R_HRS_ohm", "temperature_max_K", "volume_end_nm3")


@dataclass(frozen=True)
class Life:
    """One cell by one model. current: compliance, A; cycles: a dict for each, see `cycles_of`; worst: balances by name;
    end: how the run ended; name: of its case; reading: which way its barriers act; pieces: volumes of what broke off,
    nm3."""

    current: float
    model: str
    cycles: tuple
    worst: dict
    end: str
    name: str = ""
    reading: str = "plastic"
    pieces: tuple = ()


def cycles_of(run):
    """What each cycle of a run (a Run) tells: TAKEN of ecmsim.results.tables, the voltage of the RESET peak between
    the steps; opens_nm: distance from the axis at which the gap is smallest while |I| is largest on the way of RESET,
    and gap_nm: at its end."""
    table, numbers, found = cycle_table(run), cycle_of_rows(run), []
    for row in table.to_dict("records"):
        part = run.timeseries[numbers == row["cycle"]]
        back = part[part["source_voltage_V"] < 0]
        told = {name: row[name] for name in TAKEN} | {"cycle": int(row["cycle"])}
        if len(back):
            peak = back["current_A"].abs().idxmax()
            told["V_RESET_V"] = vertex(back["source_voltage_V"].to_numpy(), back["current_A"].abs().to_numpy())
            told |= {"opens_nm": float(back["gap_position_nm"][peak]), "gap_nm": float(part["gap_nm"].iloc[-1])}
        found.append(told)
    return tuple(found)


def vertex(x, y):
    """Where the parabola through the largest of y (n,) and its neighbours is largest; a number, of x (n,)."""
    k = int(np.argmax(y))
    if k in (0, len(y) - 1):
        return float(x[k])
    (a, b, c), (p, q, r) = x[k - 1 : k + 2], y[k - 1 : k + 2]
    up, down = (r - q) / (c - b), (q - p) / (b - a)
    return float(0.5 * (a + b) - 0.5 * down * (c - a) / (up - down)) if up != down else float(b)


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
        config, broken = case.config, run.events[run.events["event"] == "rupture"]["detail"]
        pieces = tuple(float(PIECE.search(detail)[1]) for detail in broken if PIECE.search(detail))
        current, name = float(config.compliance.current), case.name or ""
        found.append(Life(current, config.model, cycles_of(run), worst, end, name, str(config.stress.reading), pieces))
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
