"""What was measured? Files of instruments as tidy tables: time, voltage, current, cycle, and what is known of them.

    from ecmsim.measured import Column, Columns, read
    recording = read("run.xlsx", Columns(current=Column("AI"), compliance=5e-4))
    recording.table          # DataFrame: time_s, voltage_V, current_A, cycle
    recording.values()       # DataFrame: V_SET, V_RESET, I_RESET, R_LRS, R_HRS of each cycle
    legs_of(recording)       # its voltage as a few straight legs

What a file means is guessed and told (recording.told, recording.notes); Columns decides. Importing this is cheap.

May import: switching.
"""

import importlib

PLACES = {
    "Column": "columns",
    "Columns": "columns",
    "CycleTable": "percycle",
    "Legs": "thinning",
    "Points": "points",
    "Recording": "recording",
    "legs_of": "thinning",
    "open_file": "percycle",
    "read": "reading",
    "read_cycle_table": "percycle",
    "read_points": "points",
}

__all__ = list(PLACES)


def __getattr__(name):
    if name not in PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{PLACES[name]}"), name)
