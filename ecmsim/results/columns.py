"""The columns of timeseries.csv: one line per accepted step."""

COLUMNS = {
    "time_s": "time since the start of the programme",
    "source_voltage_V": "voltage of the source, positive at the active electrode; of a current source its limit",
    "cell_voltage_V": "voltage across the cell: source minus what drops across the compliance",
    "current_A": "current through the cell, positive from the active to the counter electrode",
    "ionic_current_A": "part of it carried by ions: the current that makes the filament grow",
    "tunnel_current_A": "part of it carried by electrons that tunnel",
    "junction_voltage_V": "voltage that these cross, over the gap or the contact alone: their power over their current",
    "contact_atoms": "atoms that bridge the gap; 0 with the law simmons",
    "gap_nm": "gap that the tunnelling law uses, at its smallest over the filament",
    "gap_vertical_nm": "smallest gap along a column",
    "gap_shortest_nm": "smallest distance between the filament and the active electrode",
    "gap_position_nm": "radius at which the law's gap is smallest",
    "height_nm": "height of the filament's tip on the axis",
    "radius_max_nm": "largest radius of the filament",
    "radius_mean_nm": "radius of the cylinder of the same volume and height, sqrt(V / (pi h))",
    "volume_nm3": "volume of the filament",
    "recess_nm": "depth of the void in the active electrode",
    "temperature_max_K": "highest temperature in the cell",
    "power_W": "electrical power given to the cell",
    "heat_W": "heat that leaves the cell through its contacts",
    "charge_imbalance": "largest difference between terminal currents, relative to the current",
    "faraday_error": "filament volume against integrated ionic charge, relative to the largest volume so far",
    "power_imbalance": "power in against power dissipated, and steady heat made against heat out, relative",
    "newton_iterations": "Newton iterations of the step",
    "step_s": "length of the step",
    "vertices": "vertices of the mesh",
    "remesh": "1 where the mesh was rebuilt in this step, else 0",
}

INTEGER_COLUMNS = {"newton_iterations", "vertices", "remesh"}
EVENT_COLUMNS = ("time_s", "step", "event", "detail")
SNAPSHOT_COLUMNS = ("file", "label", "time_s", "source_voltage_V", "current_A")

TEXT_COLUMNS = {"file", "label", "event", "detail"}


def check_row(row):
    """Raise ValueError naming the columns of a row (a dict) that are missing or not declared in COLUMNS."""
    missing, unknown = COLUMNS.keys() - row.keys(), row.keys() - COLUMNS.keys()
    if missing or unknown:
        raise ValueError(
            f"a step needs exactly the declared columns: missing {sorted(missing)}, unknown {sorted(unknown)}"
        )


def format_row(row):
    """The line of a row, with its line end; floats are written so that they read back bit by bit."""
    return (
        ",".join(str(int(row[name])) if name in INTEGER_COLUMNS else repr(float(row[name])) for name in COLUMNS) + "\n"
    )
