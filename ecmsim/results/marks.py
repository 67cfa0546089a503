"""What a mark in a run's files counts, and whether they still hold it when the run is to go on from there."""

from pathlib import Path

from ecmsim.errors import ResultsError
from ecmsim.results import columns
from ecmsim.results.folder import EVENTS, SNAPSHOT_INDEX, SNAPSHOTS, TIMESERIES

ROWS = ("outlines", "outline_points", "electrode_points")
NO_ROWS = dict.fromkeys(ROWS, 0)
OUTLINES_SUM = "outlines_sha256"  # of all that these rows hold
COUNTED = {"steps", "time_s", "snapshots", "timeseries_bytes", "events_bytes", "index_bytes", OUTLINES_SUM, *ROWS}


def check_lines(folder, mark):
    """Raise ResultsError unless the CSV files in a run's folder hold all that a mark counts."""
    if not COUNTED <= mark.keys():
        raise ResultsError(f"{folder} cannot be resumed: its checkpoint is of another version of ecmsim")
    for name, size, lines in (
        (TIMESERIES, mark["timeseries_bytes"], mark["steps"] + 1),
        (EVENTS, mark["events_bytes"], None),
        (Path(SNAPSHOTS) / SNAPSHOT_INDEX, mark["index_bytes"], None),
    ):
        path = folder / name
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise too_short(path, "it is missing") from None
        except OSError as error:
            raise ResultsError(f"cannot read {path}: {error.strerror}") from error
        if len(data) < size:
            raise too_short(path, f"{len(data)} of {size} bytes")
        if data[size - 1 : size] != b"\n" or lines not in (None, data.count(b"\n", 0, size)):
            raise too_short(path, "its lines are not those that were written")
        if name == TIMESERIES and data.partition(b"\n")[0].decode() != ",".join(columns.COLUMNS):
            raise ResultsError(
                f"{folder} cannot be resumed: {TIMESERIES} has the columns of another version of ecmsim; "
                "start the run anew with --overwrite, or into another folder with --out"
            )


def too_short(path, what):
    """The error of a file that has lost something since a checkpoint was written."""
    return ResultsError(
        f"{path} holds less than when the checkpoint was written ({what}): the run cannot go on from it; "
        "start it anew with --overwrite, or into another folder with --out"
    )
