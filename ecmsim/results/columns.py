"""The columns of the CSV files of a run; those of timeseries.csv are the list of what is observed."""

from ecmsim.observed import OBSERVED

COLUMNS = {item.column: item.meaning for item in OBSERVED}
INTEGER_COLUMNS = {item.column for item in OBSERVED if item.whole}
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
