"""Reads the CSV files that grow by whole lines: what a kill or a power cut left of a last line is dropped."""

import csv
import io

import numpy as np

from ecmsim.errors import ResultsError
from ecmsim.results import columns


def lines_of(path, names):
    """The bytes of the whole lines of a file (Path), with the line of its names where it has none."""
    data = path.read_bytes().split(b"\0", 1)[0] if path.exists() else b""
    return data[: data.rfind(b"\n") + 1] or (",".join(names) + "\n").encode()


def numbers_of(path, names):
    """A file of numbers as arrays (n,) by column, those of `names` first; nan where the file has none."""
    head, *lines = lines_of(path, names).splitlines()
    header = head.decode(errors="replace").split(",")
    if not set(names) & set(header):
        raise ResultsError(f"{path} is damaged: it has none of its columns")
    try:
        rows = np.loadtxt(lines, delimiter=",", ndmin=2, comments=None) if lines else np.empty((0, len(header)))
    except ValueError as error:
        raise ResultsError(f"{path} is damaged: {_no_number(header, lines) or error}") from error
    if rows.shape[1] != len(header):
        raise ResultsError(f"{path} is damaged: its lines have {rows.shape[1]} fields under {len(header)} names")
    found = dict(zip(header, rows.T, strict=True))
    for column in columns.INTEGER_COLUMNS & found.keys():
        if np.isfinite(found[column]).all():
            found[column] = found[column].astype(int)
    unknown = np.full(len(rows), np.nan)
    return {column: found.get(column, unknown) for column in [*names, *(name for name in header if name not in names)]}


def _no_number(header, lines):
    """Which column of a file (its lines as bytes) holds something else than numbers, in words; or None."""
    for fields in zip(header, *(line.decode(errors="replace").split(",") for line in lines), strict=False):
        try:
            list(map(float, fields[1:]))
        except ValueError:
            return f"{fields[0]} holds something else than numbers"
    return None


def moments_of(path, names):
    """When something happened of these names, of a file of events: (time in s, detail) in order of time."""
    lines = csv.DictReader(lines_of(path, columns.EVENT_COLUMNS).decode(errors="replace").splitlines())
    try:
        return [(float(line["time_s"]), line["detail"]) for line in lines if line["event"] in names]
    except (ValueError, TypeError, KeyError, csv.Error) as error:
        raise ResultsError(f"{path} is damaged: {error}") from error


def table_of(path, names):
    """A file as a DataFrame."""
    import pandas as pd

    numbers = [column for column in names if column not in columns.TEXT_COLUMNS]
    try:
        table = pd.read_csv(
            io.BytesIO(lines_of(path, names)),
            float_precision="round_trip",
            keep_default_na=False,
            na_values=dict.fromkeys(numbers, "nan"),
            dtype=dict.fromkeys(columns.TEXT_COLUMNS, str),
        )
    except ValueError as error:
        raise ResultsError(f"cannot read {path}: {error}") from error
    for column in numbers:
        if len(table) and column in table and table[column].dtype.kind not in "iuf":
            raise ResultsError(f"{path} is damaged: {column} holds something else than numbers")
    if not set(names) & set(table):
        raise ResultsError(f"{path} is damaged: it has none of its columns")
    return table.reindex(columns=[*names, *table.columns.difference(names, sort=False)])
