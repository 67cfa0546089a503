"""The table of a study: one row a case, as summary.csv and summary.parquet."""

import io
import json
import logging
import math
from datetime import datetime

import ecmsim
from ecmsim.config.quantities import Quantity
from ecmsim.config.structure import column
from ecmsim.errors import ResultsError
from ecmsim.results import open_run
from ecmsim.results.folder import CYCLES, PROVENANCE, PULSES, TIMESERIES
from ecmsim.results.tables import CYCLE_COLUMNS, cycle_words, pulse_words, with_head
from ecmsim.study import folder, naming
from ecmsim.study.definition import toml
from ecmsim.study.observables import COUNTS, RESULTS, TABLES, observables, tables_of

logger = logging.getLogger("ecmsim")
CASE_COLUMNS = ("case", "folder", "name")
OF_CYCLE = "cycle_"  # before a column of what is drawn both for the case and for each of its cycles


def table(definition, cases, places, kept=True, inner=None):
    """The summary as a DataFrame. inner: a dict that takes up the tables of cycles and pulses of all cases by name.

    Columns: case (number in the study), folder, status, reason; the name where there are [[case]]s; the varied
    settings in their declared units, which are part of the name (compliance_current_A); RESULTS; then what the study
    observes. kept: whether results that were read off a run before and have not changed since may be used.
    """
    import pandas as pd

    rows = []
    named = any(definition.names)
    for case, place in zip(cases, places, strict=True):
        try:
            standing = folder.standing(place)
        except ResultsError as error:
            standing = folder.Standing("failed", str(error))
        row = {"case": case.index, "folder": place.name, "status": standing.status, "reason": standing.reason}
        if named:
            row["name"] = case.name
        row |= varied(case, definition.units)
        found, tables = results(definition, place, standing, kept)
        rows.append(row | found)
        for name in TABLES if inner is not None else ():
            ours = {key: value for key, value in row.items() if key not in ("status", "reason")}
            inner.setdefault(name, []).extend(ours | _apart(line, ours) for line in tables.get(name, ()))
    names = [*(item.name for item in definition.observe)]
    columns = [
        "case",
        "folder",
        "status",
        "reason",
        *(["name"] if named else []),
        *varied(cases[0], definition.units),
        *RESULTS,
        *names,
    ]
    frame = pd.DataFrame(rows, columns=columns)
    for name in COUNTS:
        frame[name] = frame[name].astype("Int64")
    for name in set(frame.columns) - {"case", *COUNTS}:
        if frame[name].dtype == object and not frame[name].map(lambda value: isinstance(value, str)).all():
            frame[name] = _uniform(frame[name])
    return frame


def varied(case, units):
    """The varied settings of a case by column: numbers in their declared units (units: by setting)."""
    row = {}
    for field, unit in units.items():
        value = naming.effective(case.config, field)
        if isinstance(value, Quantity):
            value = float(value)
        elif not isinstance(value, (bool, int, str, type(None))):
            value = toml(case.values[field]) if field in case.values else None
        row[column(field, unit)] = value
    return row


def results(definition, place, standing, kept=True):
    """RESULTS of a case, and what the study observes, as a dict, and the rows of its tables of cycles and pulses by
    name; empty where there is no run."""
    wall = wall_time(place)
    if not (place.run / TIMESERIES).exists():
        return {"wall_s": wall}, {}
    sources = [(place.run / name).stat() for name in (TIMESERIES, PROVENANCE)]
    state = [
        ecmsim.__version__,
        vars(definition.definitions),
        [str(item) for item in definition.observe],
        *([file.st_mtime_ns, file.st_size] for file in sources),
    ]
    state = json.loads(json.dumps(state))
    if kept and standing.status == "finished":
        try:
            stored = json.loads(place.row.read_text(encoding="utf-8"))
            if stored["state"] == state:
                return stored["results"] | {"wall_s": wall}, stored["tables"]
        except (OSError, ValueError, KeyError, TypeError):
            pass
    try:
        run = open_run(place.run)
        made = tables_of(run, definition.definitions)
        found = observables(run, definition.definitions, definition.observe, made)
    except (ResultsError, KeyError, IndexError, ValueError) as error:
        logger.warning("%s: no results: %s", place.name, error)
        return {"wall_s": wall}, {}
    tables = {name: table.to_dict("records") for name, table in made.items() if len(table)}
    if standing.status == "finished":
        folder.replace(place.row, json.dumps({"state": state, "results": found, "tables": tables}) + "\n")
    return found | {"wall_s": wall}, tables


def wall_time(place):
    """Wall time of a case, s: of all attempts that were noted, or else as its run tells; nan if neither is known."""
    if noted := folder.attempts(place):
        return sum(attempt.get("seconds", 0.0) for attempt in noted)
    try:
        told = json.loads((place.run / PROVENANCE).read_text(encoding="utf-8"))
        return (datetime.fromisoformat(told["end_time"]) - datetime.fromisoformat(told["start_time"])).total_seconds()
    except (OSError, ValueError, KeyError, TypeError):
        return math.nan


def write(root, definition, cases, places, kept=True):
    """Write summary.csv and summary.parquet into a study's folder, and cycles.csv and pulses.csv with a row for each
    cycle and pulse of every case; returns the summary.

    One process at a time, each from what is on the disk: so none overwrites news with something older.
    """
    with folder.locked(root / folder.LOGS / "summary.lock"):
        inner = {}
        frame = table(definition, cases, places, kept, inner)
        _write_tables(root, definition, inner)
        folder.replace(root / folder.SUMMARY, frame.to_csv(index=False))
        buffer = io.BytesIO()
        try:
            frame.to_parquet(buffer, index=False)
        except ImportError:  # neither pyarrow nor fastparquet
            pass
        else:
            folder.replace(root / folder.PARQUET, buffer.getvalue())
    return frame


def _write_tables(root, definition, inner):
    """The tables of cycles and pulses of all cases, where there are any, with what their columns are at the head."""
    import pandas as pd

    ours, definitions = settings_words(definition), definition.definitions
    if inner.get("cycles"):
        table = pd.DataFrame(inner["cycles"])
        anew = [name for name in table if name not in CYCLE_COLUMNS and name not in ours and name not in CASE_COLUMNS]
        folder.replace(root / CYCLES, with_head(table, [*ours.values(), *cycle_words(definitions, anew)]))
    if inner.get("pulses"):
        words = [*ours.values(), *pulse_words(definitions)]
        folder.replace(root / PULSES, with_head(pd.DataFrame(inner["pulses"]), words))


def _apart(line, ours):
    """A row of a cycle or pulse, where what was drawn for the cycle around the case's own value has another name."""
    return {f"{OF_CYCLE}{key}" if key in ours else key: value for key, value in line.items()}


def settings_words(definition):
    """What the columns of the varied settings are, as lines of text by column."""
    return {
        column(field, unit): f"{column(field, unit)}: the setting {field} of the case, "
        + ("drawn for it" if field in definition.drawn else "as the study varies it")
        for field, unit in definition.units.items()
    }


def write_cases(root, definition, cases, places):
    """Write cases.csv: number, folder and varied settings as they are given to the cases."""
    import pandas as pd

    rows = [
        {"case": case.index, "folder": place.name}
        | {field: naming.shown(naming.effective(case.config, field), naming.ALL_DIGITS) for field in definition.units}
        for case, place in zip(cases, places, strict=True)
    ]
    folder.replace(root / folder.CASES, pd.DataFrame(rows).to_csv(index=False))


def _uniform(values):
    """A column of one type: numbers where all are, texts otherwise; empty stays empty."""
    if values.map(lambda value: value is None or isinstance(value, (int, float))).all():
        flags = values.map(lambda value: isinstance(value, bool)).any()
        return values.astype("boolean") if flags else values.astype(float)
    return values.map(lambda value: None if value is None else str(value))
