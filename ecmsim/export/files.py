"""The formats of an export: a folder of CSV or Parquet files, a workbook, or a MATLAB file."""

import re
from pathlib import Path

import numpy as np

from ecmsim.errors import ConfigError, ResultsError
from ecmsim.results.tables import with_head

FORMATS = ("csv", "xlsx", "mat", "parquet")
FOLDERS = ("csv", "parquet")  # formats with a file for each table
MOST_ROWS = 1_048_575  # of a sheet of a workbook, beside its head


def write(tables, words, kind, out):
    """Write tables (DataFrames by name) in a format of FORMATS; returns the paths.

    words: on each table's columns, by its name; out: a folder for csv and parquet, else a file. Raises ConfigError for
    what a format cannot hold, ResultsError where the disk refuses.
    """
    out = Path(out)
    if kind not in FORMATS:
        raise ConfigError(f'--to "{kind}": choose one of {", ".join(FORMATS)}')
    if kind not in FOLDERS and out.suffix.lower() != f".{kind}":
        raise ConfigError(f"--out {out}: the name of this file ends in .{kind}")
    if kind in FOLDERS and out.exists() and not out.is_dir():
        raise ConfigError(f"--out {out}: is a file; {kind} makes a file for each table: name a folder")
    try:
        (out if kind in FOLDERS else out.parent).mkdir(parents=True, exist_ok=True)
        if kind == "xlsx":
            return _workbook(tables, words, out)
        if kind == "mat":
            return _matlab(tables, words, out)
        return [_single(name, table, words[name], kind, out / f"{name}.{kind}") for name, table in tables.items()]
    except OSError as error:
        raise ResultsError(f"cannot write {out}: {error.strerror or error}; choose another place with --out") from error


def _single(name, table, told, kind, path):
    if kind == "csv":
        path.write_text(with_head(table, told), encoding="utf-8")
    else:
        needs("pyarrow", "parquet")
        table.to_parquet(path, index=False)
    return path


def _workbook(tables, words, path):
    """A sheet for each table, the first one tells what is in them."""
    import pandas as pd

    needs("openpyxl", "xlsx")
    for name, table in tables.items():
        if len(table) > MOST_ROWS:
            raise ConfigError(
                f"{name}: {len(table):,} rows, and a sheet of a workbook holds {MOST_ROWS:,}: take fewer with --every "
                "or --time, or another format"
            )
    told = pd.DataFrame([(name, line) for name in tables for line in words[name]], columns=["sheet", "content"])
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        for name, table in {"about": told, **tables}.items():
            table.to_excel(book, sheet_name=name, index=False)
    return [path]


def _matlab(tables, words, path):
    """A struct for each table, with a column of numbers or a cell of texts as each field, and one of the words."""
    from scipy.io import savemat

    content = {name: {field(key): _values(table[key]) for key in table} for name, table in tables.items()}
    told = {name: np.array(lines, dtype=object) for name, lines in words.items() if name in tables}
    savemat(path, content | {"about": told}, do_compression=True, oned_as="column", long_field_names=True)
    return [path]


def field(name):
    """A name as MATLAB allows it for a field of a struct."""
    return re.sub(r"\W", "_", name)


def _values(column):
    return column.to_numpy(float) if column.dtype.kind in "iufb" else column.astype(str).to_numpy(object)


def needs(library, kind):
    """Raise ConfigError with what to install where a library that a format needs is missing."""
    from importlib.util import find_spec

    if find_spec(library) is None:
        raise ConfigError(f'--to {kind} needs {library}: pip install "ecmsim[export]", or choose csv or mat')
