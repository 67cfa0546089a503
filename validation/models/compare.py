"""Pairs of runs of the same cell by both models: how SET and RESET under constant voltages went, and how far apart."""

from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pandas as pd

from ecmsim.errors import ResultsError
from ecmsim.results import open_run
from ecmsim.study.naming import effective

# What is compared: unit, and by how much both models may differ, relative or (K, nm) absolute where that is more.
QUANTITIES = {
    "set_time": ("s", 0.10, 0.0),
    "set_rise": ("K", 0.10, 5.0),
    "set_gap": ("nm", 0.0, 0.02),
    "set_radius": ("nm", 0.05, 0.02),
    "reset_time": ("s", 0.10, 0.0),
}


@dataclass(frozen=True)
class Pair:
    """One cell by both models. layer (nm), current (A), voltage (V); full, reduced: what `measured` gave, or None
    where the run is not there."""

    layer: float
    current: float
    voltage: float
    full: dict | None
    reduced: dict | None

    @property
    def apart(self):
        """By how much each quantity of the reduced model differs, in shares of what is allowed: name -> number.

        0 where neither model has it, inf where one has it alone.
        """
        return {name: difference(self.full[name], self.reduced[name], *QUANTITIES[name][1:]) for name in QUANTITIES}

    @property
    def word(self):
        """ "agree", "differ", "neither" where both models have no SET, or "" where a run is missing."""
        if self.full is None or self.reduced is None:
            return ""
        if np.isnan(self.full["set_time"]) and np.isnan(self.reduced["set_time"]):
            return "neither"
        return "agree" if max(self.apart.values()) <= 1 else "differ"


def difference(a, b, relative, absolute):
    """|a - b| in shares of what is allowed: a share of their mean, or an absolute number where that is more."""
    if np.isnan(a) and np.isnan(b):
        return 0.0
    if np.isnan(a) or np.isnan(b):
        return np.inf
    return float(abs(a - b) / max(relative * 0.5 * abs(a + b), absolute))


def measured(run):
    """What a run (a Run) under a positive and then a negative constant voltage shows, by QUANTITIES, and its end.

    SET: until the positive voltage ends; its time and the temperature rise, smallest gap and mean radius then. RESET:
    how long the negative voltage took to draw the tip back. nan for what did not come to its end.
    """
    series, found = run.timeseries, dict.fromkeys(QUANTITIES, np.nan)
    column = {name: series[name].to_numpy(float) for name in series if series[name].dtype.kind in "fiu"}
    time, voltage = column["time_s"], column["source_voltage_V"]
    negative = np.nonzero(voltage < 0)[0]
    contact = "contact" in (run.provenance.get("reason") or "")
    end = int(negative[0]) if len(negative) else len(time)
    if len(negative) or contact:
        found["set_time"] = time[end - 1]
        found["set_rise"] = column["temperature_max_K"][:end].max() - run.setting("cell.ambient_temperature", "K")
        found["set_gap"] = column["gap_nm"][:end].min()
        found["set_radius"] = column["radius_mean_nm"][end - 1]
    if len(negative) and run.status == "finished" and not contact:
        found["reset_time"] = time[-1] - time[end - 1]
    return {name: float(value) for name, value in found.items()} | {"end": run.provenance.get("reason") or run.status}


def pairs(study, root):
    """The Pairs of a Study whose runs are below a root folder, by layer, voltage and current."""
    cells = []
    for case, place in zip(study.cases, study.places(root), strict=True):
        config = case.config
        key = (
            float(config.cell.layer_thickness),
            float(effective(config, "programme[0].to")),
            float(config.compliance.current),
        )
        cells.append((key, config.model, place.run))
    found = []
    for (layer, voltage, current), group in groupby(sorted(cells), key=lambda item: item[0]):
        runs = {model: _opened(folder) for _, model, folder in group}
        found.append(Pair(layer, current, voltage, runs.get("full"), runs.get("reduced")))
    return found


def _opened(folder):
    """What the run in a folder shows, or None where it has not ended."""
    try:
        run = open_run(folder)
    except ResultsError:
        return None
    return measured(run) if run.status in ("finished", "failed") and len(run.timeseries) else None


def frame(found):
    """The pairs as a DataFrame: one row a cell, both models side by side."""
    rows = []
    for pair in found:
        row = {"layer_nm": pair.layer, "voltage_V": pair.voltage, "current_A": pair.current, "verdict": pair.word}
        for name, (unit, *_) in QUANTITIES.items():
            for model in ("full", "reduced"):
                run = getattr(pair, model)
                row[f"{name}_{unit}_{model}"] = np.nan if run is None else run[name]
        for model in ("full", "reduced"):
            run = getattr(pair, model)
            row[f"end_{model}"] = "not run" if run is None else run["end"]
        rows.append(row)
    return pd.DataFrame(rows)
