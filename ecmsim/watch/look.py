"""What there is to see of a folder at one moment, as plain data: of a run, or of a study with its cases.

A folder that is being written, was cut short by a kill or is damaged gives what can be read, and a note on the rest.
"""

import math
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from ecmsim.config.numerics import Stepping
from ecmsim.drive import Programme
from ecmsim.errors import ConfigError, EcmsimError, ResultsError
from ecmsim.page.balances import balances
from ecmsim.results import open_run
from ecmsim.results.folder import PROVENANCE, TIMESERIES, is_run_folder
from ecmsim.results.holder import writer_of
from ecmsim.study import folder as places
from ecmsim.study import naming
from ecmsim.study.display import last_step
from ecmsim.watch.cost import seconds_per_step, steps_left

MOST_POINTS = 1500  # of a curve
MOST_CURVES = 12  # of a study: those of the cases that were written last
UNREADABLE = (EcmsimError, OSError, ValueError, KeyError, IndexError, TypeError)
ENDED = ("finished", "failed")  # nothing more comes, unless it is begun anew


@dataclass
class Look:
    """A run at a moment. status: as of a Run, or "unreadable"; reason: why it ended, or cannot be read; title; now:
    last value of what people look at, by name with its unit; share: of the programme's time; steps: so far; left_s:
    wall time left, nan if unknown; voltage (V), current (A): of the curve, (k,); outline, electrode: (r, z), nm;
    balances: (name, worst, limit, whether it holds) each; notes: what cannot be read."""

    status: str
    reason: str = ""
    title: str = ""
    now: dict = field(default_factory=dict)
    share: float = math.nan
    steps: int = 0
    left_s: float = math.nan
    voltage: list = field(default_factory=list)
    current: list = field(default_factory=list)
    outline: list = field(default_factory=list)
    electrode: list = field(default_factory=list)
    balances: list = field(default_factory=list)
    notes: list = field(default_factory=list)

    @property
    def ended(self):
        return self.status in ENDED

    def plain(self):
        """As data that JSON can hold."""
        return {"kind": "run"} | _finite(asdict(self))


@dataclass
class StudyLook:
    """A study at a moment. cases: name, status and the last time_s, current_A, gap_nm of each; counts: cases by status;
    left_s: as of Look; curves: Look of those written last, by name."""

    title: str
    cases: list
    counts: dict
    left_s: float
    curves: dict

    @property
    def ended(self):
        return bool(self.cases) and not self.counts.keys() - set(ENDED)

    def plain(self):
        """As data that JSON can hold."""
        found = {"kind": "study"} | _finite(asdict(self))
        return found | {"curves": {name: {"voltage": look["voltage"], "current": look["current"]}
                                   for name, look in found["curves"].items()}}  # fmt: skip


def kind_of(folder):
    """ "run" or "study", or ResultsError for a folder that is neither."""
    folder = Path(folder)
    if not folder.is_dir():
        raise ResultsError(f"no such run: {folder} is not a folder")
    if is_run_folder(folder):
        return "run"
    if (folder / places.STUDY).is_file():
        return "study"
    raise ResultsError(f"{folder} is the folder of neither a run nor a study: it has no {PROVENANCE} of one and no "
                       f"{places.STUDY}")  # fmt: skip


def look(folder):
    """Look or StudyLook of a folder as it is now; it never raises for what has become of one that was there."""
    folder = Path(folder)
    if (folder / places.STUDY).is_file() and not is_run_folder(folder):
        return look_at_study(folder)
    return look_at_run(folder)


def look_at_run(folder):
    """The Look of a run's folder."""
    try:
        run = open_run(folder)
        found = Look(_status(run), str(run.provenance.get("reason") or ""))
        series = run.timeseries
    except UNREADABLE as error:
        return Look("unreadable", _words(error))
    found.steps = len(series)
    for read in (_title, _curve, _outline, _balances, _cost):
        if found.steps or read is _title:
            try:
                read(run, found)
            except UNREADABLE as error:
                found.notes.append(_words(error))
    return found


def _status(run):
    """The status of a run; one of another machine that nobody is writing any more was interrupted."""
    return "interrupted" if run.status == "running" and writer_of(run.folder) is None else run.status


def _title(run, found):
    found.title = str(run.config.get("title") or run.folder.name)


def _curve(run, found):
    column = {name: run.timeseries[name].to_numpy(float) for name in run.timeseries}
    keep = thinned(column["source_voltage_V"], column["current_A"])
    found.voltage = column["source_voltage_V"][keep].tolist()
    found.current = column["current_A"][keep].tolist()
    names = ("time_s", "source_voltage_V", "current_A", "gap_nm", "temperature_max_K", "cycle")
    found.now = {name: float(column[name][-1]) for name in names}


def _outline(run, found):
    if len(run.outlines):
        last = run.outlines[-1]
        found.outline, found.electrode = last.points.tolist(), last.electrode_points.tolist()


def _balances(run, found):
    found.balances = [(item.name, item.worst, item.limit, item.holds) for item in balances(run)]


def _cost(run, found):
    programme, series = Programme.from_steps(run.course.source.programme), run.timeseries
    at = series["time_s"].to_numpy(float)
    found.share = float(min(at[-1] / programme.duration, 1.0))
    if found.status != "running":
        return
    written = os.stat(run.folder / TIMESERIES).st_mtime
    pace = seconds_per_step(run.provenance, len(at), written)
    cycle = np.nan_to_num(series["cycle"].to_numpy(float)).astype(int)
    left = pace * steps_left(at, cycle, programme, Stepping.model_validate(run.config.get("stepping", {})))
    found.left_s = max(left - max(time.time() - written, 0.0), 0.0) if math.isfinite(left) else math.nan


def look_at_study(root):
    """The StudyLook of a study's folder."""
    cases, written = [], {}
    for place in _places(root):
        try:
            standing = places.standing(place)
            status, reason = standing.status, standing.reason
        except UNREADABLE as error:
            status, reason = "unreadable", _words(error)
        step = last_step(place)
        cases.append({"name": place.name, "status": status, "reason": reason}
                     | {name: step.get(name, math.nan) for name in ("time_s", "current_A", "gap_nm")})  # fmt: skip
        if step:
            written[place.name] = _written(place.run)
    counts = {}
    for case in cases:
        counts[case["status"]] = counts.get(case["status"], 0) + 1
    latest = sorted(written, key=written.get)[-MOST_CURVES:]
    curves = {name: look_at_run(root / name) for name in sorted(latest)}
    return StudyLook(Path(root).name, cases, counts, _left(root, cases, curves), curves)


def _places(root):
    """The places of a study's cases: those that have a configuration or a folder already, and those that are only
    listed."""
    import pandas as pd

    names = {path.stem for path in (root / places.CONFIGS).glob("*.toml")}
    names |= {path.name for path in root.iterdir() if path.is_dir() and naming.key_in(path.name)}
    try:
        names |= set(pd.read_csv(root / places.CASES, usecols=["folder"])["folder"].astype(str))
    except UNREADABLE:
        pass
    return [places.Place(Path(root).resolve(), name) for name in sorted(names)]


def _left(root, cases, curves):
    """Wall time left of a study, s: of those that run, and of those to come what the finished ones took, shared."""
    taken = [sum(attempt.get("seconds", 0.0) for attempt in places.attempts(places.Place(Path(root), case["name"])))
             for case in cases if case["status"] == "finished"]  # fmt: skip
    running = [curves[case["name"]].left_s for case in cases if case["status"] == "running" and case["name"] in curves]
    pending = sum(case["status"] == "pending" for case in cases)
    known = [value for value in running if math.isfinite(value)]
    if not running or (pending and not taken):
        return math.nan
    mean = sum(taken) / len(taken) if taken else 0.0
    spent = sum(known) + (len(running) - len(known)) * mean + pending * mean
    return max(spent / len(running), *known) if known else spent / len(running)


def thinned(voltage, current, most=MOST_POINTS):
    """Which of the points (n,) to keep for a curve: at most so many, those apart from the last kept one in the plane of
    voltage and logarithm of the current, and the last."""
    n = len(voltage)
    if n <= most:
        return np.arange(n)
    x = voltage / (np.abs(voltage).max() or 1.0)
    y = np.log10(np.maximum(np.abs(current), 1e-18)) / 18
    way = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    keep = np.searchsorted(way, np.linspace(0.0, way[-1], most))
    return np.unique(np.append(np.minimum(keep, n - 1), n - 1))


def _written(folder):
    try:
        return os.stat(folder / TIMESERIES).st_mtime
    except OSError:
        return 0.0


def _words(error):
    if isinstance(error, (EcmsimError, ConfigError)):
        return str(error)
    return f"cannot be read at the moment ({type(error).__name__})"


def _finite(value):
    """Data with None in place of numbers that JSON has no word for."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
