"""Which reader a file needs: workbook, Parquet or text; and what is refused before anything is read."""

import os
import stat

from ecmsim.errors import MeasurementError
from ecmsim.measured.sheet import Sheet
from ecmsim.measured.text import read_text
from ecmsim.measured.workbook import is_workbook, read_workbook

MOST_BYTES = 4_000_000_000
SERIES = "timeseries.csv"  # of the folder of a run, which can be read as if it had been measured


def sheets_of(path, columns):
    """The Sheets of a file, oldest first. Raises MeasurementError, without the file's name."""
    try:
        if path.is_dir() and (path / SERIES).is_file():
            path = path / SERIES
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            raise MeasurementError(
                "is a folder without a run" if stat.S_ISDIR(found.st_mode) else "is not a plain file"
            )
        if not found.st_size:
            raise MeasurementError("is empty")
        if found.st_size > MOST_BYTES:
            raise MeasurementError(f"is too large: {found.st_size / 1e9:.1f} GB (at most {MOST_BYTES / 1e9:g} GB)")
        with open(path, "rb") as file:
            parquet = file.read(4) == b"PAR1"
        if parquet:
            return [_parquet(path)]
        if is_workbook(path):
            return read_workbook(path, columns)
        return _wanted(read_text(path, columns), columns.sheet)
    except FileNotFoundError:
        raise MeasurementError("no such file") from None
    except OSError as error:
        raise MeasurementError(f"cannot be read ({error.strerror or error})") from None
    except ValueError as error:  # a NUL in the name
        raise MeasurementError(f"cannot be read ({error})") from None


def _wanted(sheets, chosen):
    """The measurements of a text file that are chosen by their numbers."""
    if chosen is None:
        return sheets
    wanted = chosen if isinstance(chosen, tuple) else (chosen,)
    for item in wanted:
        if not any(item in (number, sheet.name) for number, sheet in enumerate(sheets, 1)):
            told = f'"{item}"' if isinstance(item, str) else item
            raise MeasurementError(f"sheet = {told}: a text file with {len(sheets)} measurement(s); leave sheet out")
    return [sheet for number, sheet in enumerate(sheets, 1) if number in wanted or sheet.name in wanted]


def _parquet(path):
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except Exception as error:  # of pyarrow, for damaged files
        raise MeasurementError(f"is no Parquet that can be read ({str(error).splitlines()[0]})") from None
    names = tuple(map(str, frame.columns))
    frame.columns = range(len(names))
    steady = tuple(index for index in frame.columns if frame[index].dtype.kind in "fiu")
    if len(steady) < 2 or not len(frame):
        raise MeasurementError("holds no table: fewer than two columns of numbers")

    def load(indices, rows=None):
        return frame[list(indices)].iloc[:rows]

    return Sheet("", names, ("",) * len(names), 1, steady, load(frame.columns, 2000), load, note="Parquet")
