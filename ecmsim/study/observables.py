"""Scalars that a study reads off the time series of a run. Voltages in V, currents in A, lengths in nm."""

from dataclasses import dataclass

import numpy as np

from ecmsim.results.limits import limit_reached
from ecmsim.results.regimes import reached
from ecmsim.results.tables import OF_VALUES, cycle_table, pulse_table
from ecmsim.switching.values import Definitions, resistance_at_read_voltage, values_of

REDUCTIONS = {
    "max": np.nanmax,
    "min": np.nanmin,
    "mean": np.nanmean,
    "first": lambda values: values[0],
    "last": lambda values: values[-1],
}
# The columns of a summary that do not depend on the study, with their meaning.
RESULTS = {
    "steps": "accepted steps",
    "wall_s": "wall time, all attempts together",
    "end_time_s": "time at which the run ended",
    "current_max_A": "largest |current|",
    "current_end_A": "current at the end",
    "time_set_s": "first time at which the current reaches 99 % of the compliance current that holds",
    "voltage_set_V": "source voltage at time_set_s",
    "voltage_reset_V": "source voltage at the largest |current| of the first RESET, on its way out",
    "current_reset_A": "current there",
    "time_nucleation_s": "time at which the nucleus formed, where it was waited for",
    "time_rupture_s": "time at which a neck of the filament breaks for the first time",
    "time_dissolved_s": "time at which only the nucleus is left for the first time",
    "resistance_lrs_ohm": "cell voltage over current at the read voltage, source on its way back to zero",
    "resistance_hrs_ohm": "the same on the way out of the first SET, else on the way back of the first RESET",
    "gap_min_nm": "smallest gap",
    "gap_end_nm": "gap at the end",
    "temperature_max_K": "highest temperature",
    "height_end_nm": "height of the filament at the end",
    "radius_mean_end_nm": "mean radius of the filament at the end",
    "radius_max_end_nm": "largest radius of the filament at the end",
    "volume_end_nm3": "volume of the filament at the end",
    "charge_imbalance_max": "largest difference between terminal currents, relative",
    "faraday_error_max": "largest error of filament volume against ionic charge, relative",
    "power_imbalance_max": "largest imbalance of power, relative",
    "cycles": "number of cycles; what follows is of the first one, by the definitions at the head of cycles.csv",
    **dict.fromkeys(OF_VALUES, "as in cycles.csv"),
    "pulses": "number of pulses",
    "energy_J": "energy of all pulses",
    "G_before_S": "conductance before the first pulse",
    "G_after_S": "conductance after the last pulse",
}
TABLES = ("cycles", "pulses")  # those of a study, with a row for each cycle and pulse of each case
COUNTS = ("steps", *TABLES)


@dataclass(frozen=True)
class Observable:
    """A scalar that a study file asks for.

    column: of timeseries.csv; how: "reduce", "time" or "current"; at: a name in REDUCTIONS, a time in s, or a
    |current| in A at whose first crossing the column is read.
    """

    name: str
    column: str
    how: str
    at: object

    def of(self, series):
        """Its value in a time series (DataFrame), linear between the steps; nan where the run has none."""
        values, time = series[self.column].to_numpy(float), series["time_s"].to_numpy(float)
        if not np.isfinite(values).any():
            return np.nan
        if self.how == "reduce":
            return float(REDUCTIONS[self.at](values))
        moment = self.at
        if self.how == "current":
            moment = reached(time, np.abs(series["current_A"].to_numpy(float)), self.at)
        if moment is None or not time[0] <= moment <= time[-1]:
            return np.nan
        return float(np.interp(moment, time, values))


def tables_of(run, definitions):
    """The tables of the cycles and pulses of a run (a Run) by name, as DataFrames."""
    return {"cycles": cycle_table(run, definitions), "pulses": pulse_table(run, definitions)}


def observables(run, definitions=Definitions(), observe=(), tables=None):  # noqa: B008  (frozen)
    """All scalars of a run (a Run) as a dict: RESULTS but wall_s, then those asked for. nan where there is none.

    tables: what tables_of gives, where that is known.
    """
    series = run.timeseries
    names = [*(name for name in RESULTS if name != "wall_s"), *(item.name for item in observe)]
    if not len(series):
        return dict.fromkeys(names, np.nan) | dict.fromkeys(COUNTS, 0)
    read_voltage = definitions.read_voltage
    column = {name: series[name].to_numpy(float) for name in series if series[name].dtype.kind in "fiu"}
    set_time = limit_reached(column["time_s"], column["current_A"], run.limits)
    source, current = column["source_voltage_V"], column["current_A"]
    switching = values_of(source, current, definitions, None, column["cell_voltage_V"])
    found = {
        "steps": len(series) - 1,
        "end_time_s": column["time_s"][-1],
        "current_max_A": np.abs(column["current_A"]).max(),
        "current_end_A": column["current_A"][-1],
        "time_set_s": np.nan if set_time is None else set_time,
        "voltage_set_V": np.nan if set_time is None else np.interp(set_time, column["time_s"], source),
        "voltage_reset_V": switching.V_RESET_V,
        "current_reset_A": switching.I_RESET_A,
        "time_nucleation_s": _first(run.events, "nucleation"),
        "time_rupture_s": _first(run.events, "rupture"),
        "time_dissolved_s": _first(run.events, "full dissolution"),
        "resistance_lrs_ohm": resistance_at_read_voltage(source, column["cell_voltage_V"], current, read_voltage),
        "resistance_hrs_ohm": switching.R_HRS_ohm,
        "gap_min_nm": column["gap_nm"].min(),
        "gap_end_nm": column["gap_nm"][-1],
        "temperature_max_K": column["temperature_max_K"].max(),
        "height_end_nm": column["height_nm"][-1],
        "radius_mean_end_nm": column["radius_mean_nm"][-1],
        "radius_max_end_nm": column["radius_max_nm"][-1],
        "volume_end_nm3": column["volume_nm3"][-1],
        "charge_imbalance_max": column["charge_imbalance"].max(),
        "faraday_error_max": column["faraday_error"].max(),
        "power_imbalance_max": column["power_imbalance"].max(),
    }
    found |= _of_tables(**(tables or tables_of(run, definitions)))
    found |= {item.name: item.of(series) for item in observe}
    return {name: int(value) if name in COUNTS else float(value) for name, value in found.items()}


def _of_tables(cycles, pulses):
    """The scalars of a summary that are read off the tables of cycles and pulses."""
    found = {"cycles": len(cycles), "pulses": len(pulses)}
    found |= {name: cycles[name].iloc[0] if len(cycles) else np.nan for name in OF_VALUES}
    found["energy_J"] = pulses["energy_J"].sum() if len(pulses) else np.nan
    found["G_before_S"] = pulses["G_before_S"].iloc[0] if len(pulses) else np.nan
    found["G_after_S"] = pulses["G_after_S"].iloc[-1] if len(pulses) else np.nan
    return found


def _first(events, name):
    """Time of the first event of a name, s; nan if there is none."""
    times = events["time_s"][events["event"] == name].to_numpy(float)
    return times[0] if len(times) else np.nan
