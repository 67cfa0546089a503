"""What reference runs through contact have come to, as one table: validation/quantum/device.csv."""

from pathlib import Path

import pandas as pd

from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.errors import ResultsError
from ecmsim.plot.trace import LEAST_V
from ecmsim.results import open_run
from ecmsim.study import folder

TABLE = Path(__file__).with_name("device.csv")


def summary(run):
    """One row of the table from a Run: conductances at its end, contact, balances.

    conductance_G0: I/V of the cell, junction_G0: of gap and contact alone, at read_voltage_V, the cell's voltage at the
    last step that has one; atoms: N at the end. Raises ResultsError where there is no such step.
    """
    series = run.timeseries
    if series.contact_atoms.isna().all():
        raise ResultsError(f"{run.folder} was made before runs counted the atoms of their contact: run it again")
    told = series[series.cell_voltage_V.abs() > LEAST_V]
    if told.empty:
        raise ResultsError(f"{run.folder} has no step with a voltage to tell a conductance from")
    last, events = told.iloc[-1], run.events
    contacts = events[events.event == "contact"]
    return {
        "name": run.folder.name.rpartition("case=")[2],  # of a study, the case
        "law": run.config.get("tunnelling", {}).get("law", "simmons"),
        "model": run.config.get("model", "full"),
        "compliance_A": run.compliance_current,
        "conductance_G0": last.current_A / last.cell_voltage_V / CONDUCTANCE_QUANTUM,
        "junction_G0": last.tunnel_current_A / last.junction_voltage_V / CONDUCTANCE_QUANTUM,
        "atoms": last.contact_atoms,
        "read_voltage_V": last.cell_voltage_V,
        "contact_s": float(contacts.time_s.iloc[0]) if len(contacts) else float("nan"),
        "temperature_max_K": series.temperature_max_K.max(),
        "charge_imbalance": series.charge_imbalance.max(),
        "power_imbalance": series.power_imbalance.max(),
        "faraday_error": series.faraday_error.max(),
        "steps": len(series) - 1,
    }


def write(runs, out=TABLE):
    """Write the table of the runs in these folders; returns its DataFrame. Raises ResultsError as summary does."""
    found = pd.DataFrame([summary(open_run(path)) for path in runs])
    folder.replace(Path(out), found.to_csv(index=False, float_format="%.6g"))
    return found
