"""Reads the folder of a run: a finished one, one in progress, or what is left after a kill.

run = open_run("runs/reference")
run.timeseries.plot(x="source_voltage_V", y="current_A")
"""

import json
import logging
import tomllib
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ecmsim.config.interface import label
from ecmsim.config.quantities import number_in
from ecmsim.errors import ResultsError
from ecmsim.results import columns, limits, regimes
from ecmsim.results.checkpoint_reader import CheckpointReader
from ecmsim.results.folder import (
    CHECKPOINTS,
    CONFIG,
    EVENTS,
    HISTORY,
    PROVENANCE,
    SNAPSHOT_INDEX,
    SNAPSHOTS,
    STATUSES,
    TIMESERIES,
    is_run_folder,
    no_plain_file,
)
from ecmsim.results.history_reader import CRC, DAMAGE, crc_of, read_history
from ecmsim.results.holder import process_is_gone, writer_of
from ecmsim.results.lines_reader import moments_of, numbers_of, table_of

logger = logging.getLogger("ecmsim")


def open_run(folder, source=None):
    """Open the folder of a run; source: as of Run. ResultsError if there is none or it holds no run."""
    folder = Path(folder)
    if not folder.is_dir():
        raise ResultsError(f"no such run: {folder} is not a folder")
    if not is_run_folder(folder):
        raise ResultsError(f"{folder} is not the folder of a run: it has no {PROVENANCE} of one")
    if strange := no_plain_file(folder):
        raise ResultsError(f"{strange} is no plain file: {folder} cannot be read")
    return Run(folder, source)


@dataclass(frozen=True)
class Outline:
    """The outlines at one step: points (n, 2) of the filament and electrode_points (m, 2), (r, z) in nm."""

    time_s: float
    step: int
    points: np.ndarray
    electrode_points: np.ndarray


@dataclass(frozen=True)
class Snapshot:
    """The fields at one instant, in a VTU file."""

    label: str
    time_s: float
    source_voltage_V: float
    current_A: float
    path: Path

    def read(self):
        """The mesh with its point_data and cell_data, as a meshio.Mesh (points in nm)."""
        import meshio

        try:
            return meshio.read(self.path)
        except (OSError, meshio.ReadError) as error:
            raise ResultsError(f"cannot read the snapshot {self.path}: {error}") from error


class Outlines(Sequence):
    """The outline history, read from the disk as items are asked for. Iterating reads it in one go."""

    def __init__(self, path, current_A):
        self._path = path
        self._current = np.asarray(current_A)
        with self._open() as file:
            time, step = file["outline/time_s"][:], file["outline/step"][:]
            self._offsets = {group: file[f"{group}/offset"][:] for group in ("outline", "electrode")}
            stored = {group: len(file[f"{group}/points"]) for group in self._offsets}
            self._crc = file[CRC][: len(step)] if CRC in file else None  # of older versions
        # A kill may have left the last outline incomplete, or without its line in timeseries.csv.
        n = min(len(time), len(step), *(len(offset) - 1 for offset in self._offsets.values()))
        good = np.isfinite(time[:n]) & (step[:n] >= 0) & (step[:n] < len(self._current))
        for group, offset in self._offsets.items():
            good &= (offset[:n] >= 0) & (offset[1 : n + 1] > offset[:n]) & (offset[1 : n + 1] <= stored[group])
        n = n if good.all() else int(np.argmin(good))
        self.time_s, self.step = time[:n], step[:n]
        if len(time) > n + 1 or self._ends_early():
            last = f"step {self.step[-1]}" if n else "the beginning"
            logger.warning("%s has lost outlines: what it holds ends with %s", path, last)

    def __len__(self):
        return len(self.time_s)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        i = range(len(self))[index]
        with self._open() as file:
            blocks = [file[f"{group}/points"][offset[i] : offset[i + 1]] for group, offset in self._offsets.items()]
        return self._checked(i, blocks)

    def __iter__(self):
        with self._open() as file:
            stored = {group: file[f"{group}/points"][:] for group in self._offsets}
        for i in range(len(self)):
            blocks = [stored[group][offset[i] : offset[i + 1]] for group, offset in self._offsets.items()]
            yield self._checked(i, blocks)

    def _checked(self, i, blocks):
        """The Outline of a number, of its points as they were read. Raises ResultsError."""
        outline = Outline(float(self.time_s[i]), int(self.step[i]), *blocks)
        if self._crc is not None and (i >= len(self._crc) or self._crc[i] != crc_of(*vars(outline).values())):
            raise ResultsError(
                f"{self._path} is damaged: the outline of step {outline.step} is not the one that was written; "
                "nothing of it is drawn or read"
            )
        return outline

    def _ends_early(self):
        """Whether steps at the end have no outline, more of them than lie between two outlines elsewhere."""
        between = np.diff(self.step, prepend=0).max(initial=1)
        last = self.step[-1] if len(self) else 0
        return len(self._current) - 1 - last > between

    @property
    def current_A(self):
        """Current at each outline, A, (n,)."""
        return self._current[self.step]

    def nearest(self, *, time_s=None, current_A=None):
        """The outline nearest to a time, or where the |current| first comes nearest to one (to 1 %)."""
        if not len(self):
            raise ResultsError(f"{self._path} holds no outlines yet")
        if (time_s is None) == (current_A is None):
            raise ValueError("give either time_s or current_A")
        if time_s is not None:
            return self[int(np.argmin(np.abs(self.time_s - time_s)))]
        current = np.abs(self.current_A)
        rising = np.maximum(current[: int(np.argmax(current)) + 1], 1e-300)
        distance = np.abs(np.log(rising / abs(current_A)))
        return self[int(np.argmax(distance <= distance.min() + 0.01))]

    def __repr__(self):
        return f"<{len(self)} outlines in {self._path}>"

    @contextmanager
    def _open(self):
        """The open file. What is wrong with it comes as a ResultsError."""
        try:
            with read_history(self._path) as file:
                yield file
        except DAMAGE as error:
            raise ResultsError(f"cannot read the outlines in {self._path}: {error}") from error


class Run:
    """A run in its folder. Everything is read when first asked for; open_run again to see newer steps.

    source: its [[programme]] and [compliance] for who knows them, as the run itself does; else they are read.
    """

    def __init__(self, folder, source=None):
        self.folder, self._source = Path(folder), source

    @cached_property
    def timeseries(self):
        """One row per accepted step (pandas DataFrame; columns as in ecmsim.results.columns.COLUMNS)."""
        import pandas as pd

        return pd.DataFrame(self.series)

    @cached_property
    def series(self):
        """The same as arrays (n,) by the names of the columns: for what cannot wait until pandas is loaded."""
        return numbers_of(self.folder / TIMESERIES, columns.COLUMNS)

    @cached_property
    def events(self):
        """What happened when: time_s, step, event, detail (pandas DataFrame)."""
        return table_of(self.folder / EVENTS, columns.EVENT_COLUMNS)

    def moments_of(self, *names):
        """When something happened of these names, as (time in s, detail) in order of time; without pandas."""
        return moments_of(self.folder / EVENTS, names)

    @cached_property
    def outlines(self):
        """The outlines of filament and electrode: a sequence of Outline."""
        return Outlines(self.folder / HISTORY, self.series["current_A"])

    @cached_property
    def snapshots(self):
        """The field snapshots that are complete: a list of Snapshot in order of time."""
        folder = self.folder / SNAPSHOTS
        table = table_of(folder / SNAPSHOT_INDEX, columns.SNAPSHOT_COLUMNS)
        return [
            Snapshot(
                str(row.label),
                float(row.time_s),
                float(row.source_voltage_V),
                float(row.current_A),
                folder / str(row.file),
            )
            for row in table.itertuples()
            if (folder / str(row.file)).is_file()
        ]

    @cached_property
    def config_text(self):
        """The effective configuration as TOML text."""
        return self._text(CONFIG)

    @cached_property
    def config(self):
        """The effective configuration as a dict; quantities are strings with units or tables with a value."""
        try:
            return tomllib.loads(self.config_text)
        except (ValueError, RecursionError) as error:
            raise ResultsError(f"{self.folder / CONFIG} is not valid TOML: {error}") from error

    @cached_property
    def provenance(self):
        """Versions, command, git state, host, times, status and reason, as a dict."""
        try:
            found = json.loads(self._text(PROVENANCE))
            if found["status"] not in STATUSES:
                raise ValueError(f"its status is {found['status']!r}")
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ResultsError(f"{self.folder / PROVENANCE} is damaged: {error}") from error
        return found

    @cached_property
    def cycles(self):
        """The numbers of each cycle, V_SET_V and others (pandas DataFrame; see ecmsim.results.tables)."""
        from ecmsim.results.tables import cycle_table

        return cycle_table(self)

    @cached_property
    def pulses(self):
        """The numbers of each pulse, with the conductance before and after (DataFrame; see ecmsim.results.tables)."""
        from ecmsim.results.tables import pulse_table

        return pulse_table(self)

    @property
    def loan(self):
        """For which materials constants that the run borrows were made, in a few words for pictures; mostly empty."""
        found = self.provenance.get("borrowed")
        return label(found) if isinstance(found, dict) else ""

    @property
    def status(self):
        """running, finished, stopped or failed; interrupted where the process has gone without a word."""
        status = self.provenance["status"]
        return "interrupted" if status == "running" and process_is_gone(self.provenance) else status

    @property
    def resumable(self):
        """Whether the run has not finished, nobody is writing it, and there is a good checkpoint to go on from."""
        ended = self.status != "finished" and writer_of(self.folder) is None
        return ended and CheckpointReader(self.folder / CHECKPOINTS).newest() is not None

    @cached_property
    def regimes(self):
        """Where the switching regimes A, B, C meet and growth stops (see ecmsim.results.regimes)."""
        return regimes.find_regimes(self)

    def setting(self, path, unit=None, default=None):
        """A number of the configuration: setting("compliance.current", "A"), or default where there is none.

        unit: the unit wanted; leave it out for dimensionless settings.
        """
        value = self.config
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, dict):
            value = value.get("value")
        if value is None:
            return default
        if unit is None or not isinstance(value, str):
            return float(value)
        return number_in(value, unit)

    @cached_property
    def course(self):
        """The programme as it went, with the compliance of each of its legs (see ecmsim.results.limits)."""
        return limits.Course.of(self, self._source)

    @cached_property
    def limits(self):
        """The compliance current that held in the step to each row of the time series, A, (n,).

        With the sign of the currents that it limits; nan where none held: without an ideal compliance, or under a
        current source.
        """
        return limits.limits_of(self)

    def compliance_at(self, time_s):
        """The compliance current that holds at a time (s), signed, A; None where none does."""
        return self.course.limit(time_s)

    @property
    def compliance_current(self):
        """The one compliance current of a run, A > 0; None where none held in any step, or different ones did."""
        held = np.unique(np.abs(self.limits[np.isfinite(self.limits)]))
        return float(held[0]) if len(held) == 1 else None

    def __repr__(self):
        series = self.timeseries
        text = f"<Run {str(self.folder)!r}: {self.status}, {len(series)} steps"
        if len(series):
            text += (
                f" to {series['time_s'].iloc[-1]:.4g} s, |I| <= {series['current_A'].abs().max():.3g} A, "
                f"T <= {series['temperature_max_K'].max():.0f} K"
            )
        return text + f", {len(self.snapshots)} snapshots>"

    def _text(self, name):
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except OSError as error:
            raise ResultsError(f"cannot read {self.folder / name}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise ResultsError(f"{self.folder / name} is damaged: it is no text") from error
