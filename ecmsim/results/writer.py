"""Writes the folder of a run, so that it can be read at any moment and after any end of the process, and resumed.

Order of writes: what timeseries.csv reports is already in history.h5, and what a checkpoint counts is on the disk
before the checkpoint is. A line of a CSV file goes out in one write; config.toml and provenance.json are replaced as
a whole; history.h5 is in HDF5's SWMR mode.
"""

import io
import json
import os
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from ecmsim.errors import ResultsError
from ecmsim.results import columns, vtu
from ecmsim.results.checkpoint import Checkpoints
from ecmsim.results.files import guarded, replace_file, replace_text, sync_file, sync_folder
from ecmsim.results.folder import (
    CHECKPOINTS,
    CONFIG,
    EVENTS,
    FAILURE,
    FORMAT,
    FORMAT_VERSION,
    HISTORY,
    LOCK,
    LOG,
    PROVENANCE,
    SNAPSHOT_INDEX,
    SNAPSHOTS,
    STATUSES,
    TIMESERIES,
    is_run_folder,
    run_files,
    snapshot_name,
    temporary_name,
)
from ecmsim.results.history import History, history_image, marked_history
from ecmsim.results.lines import LineFile
from ecmsim.results.links import open_own, refuse_links
from ecmsim.results.lock import FolderLock
from ecmsim.results.marks import NO_ROWS, check_lines
from ecmsim.results.provenance import now

MARK = "mark"  # where a checkpoint keeps RunWriter.mark()
# What a resumed run tells about the process that goes on with it.
RESUMED = ("start_time", "command", "versions", "git", "host", "process", "ranks")


class RunWriter:
    """The folder of one run, being written.

    folder is created; an existing one that is not empty is refused (ResultsError) unless overwrite is set:
    then the files that a run writes are removed, and only if it is the folder of a run. config_text: the
    effective configuration as TOML. provenance: what provenance.collect returns. RunWriter.resume goes on with
    a run instead. A folder that another process is writing is refused.
    In each step call outline() before step(). A disk that is full or not writable raises ResultsError, once:
    finish() after it says nothing more. As a context manager it ends as "finished", on an error as "failed".
    checkpoints: the run's Checkpoints.
    """

    def __init__(self, folder, *, config_text, provenance, overwrite=False):
        self._begin(folder)
        self._refuse_occupied(overwrite)
        refuse_links(self.folder)
        with guarded(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        with self._locked():
            self._refuse_occupied(overwrite)  # now that no other process can change it
            refuse_links(self.folder)
            with guarded(self.folder):
                for path in run_files(self.folder):
                    path.unlink()
                with suppress(OSError):  # there is none, or it holds files of the user's
                    self.checkpoints.folder.rmdir()
            self._provenance = {
                "format": FORMAT,
                "version": FORMAT_VERSION,
                "status": "running",
                "reason": "",
                "start_time": now(),
            } | dict(provenance)
            self._write_provenance()
            replace_text(self.folder / CONFIG, config_text)
            with guarded(self.folder):
                (self.folder / SNAPSHOTS).mkdir(exist_ok=True)
            self._open_files(history_image(config_text), NO_ROWS)

    @classmethod
    def resume(cls, folder, mark, provenance, *, config_text=None, checkpoint=None):
        """Go on with a run at a mark: all that was written after it is removed, and what follows is appended.

        mark: what mark() returned, from a checkpoint. provenance: of this process, as from provenance.collect; it
        is added to the list "resumed" of the run's. config_text: the effective configuration if it is another one
        now. checkpoint: path of the checkpoint that is resumed; it must still be the newest good one, and newer
        ones, which are damaged, are removed. Raises ResultsError when the folder is being written by another
        process or its files hold less than the mark counts; nothing is changed then. A kill in here does no harm:
        resume again.
        """
        self = cls.__new__(cls)
        self._begin(folder)
        if not is_run_folder(self.folder):
            raise ResultsError(f"{folder} is not the folder of a run: there is nothing to resume")
        refuse_links(self.folder)
        with self._locked():
            if checkpoint is not None:
                newest = self.checkpoints.newest()
                if newest is None or newest.name != Path(checkpoint).name:
                    raise ResultsError(f"{folder} was changed after {checkpoint} had been read: resume it again")
            check_lines(self.folder, mark)
            image = marked_history(self.folder / HISTORY, mark, config_text)
            self._provenance = _resumed(self.folder, mark, provenance)
            self._write_provenance()
            if checkpoint is not None:
                self.checkpoints.rewind(self.checkpoints.folder / Path(checkpoint).name)
            if config_text is not None:
                replace_text(self.folder / CONFIG, config_text)
            self.steps, self._time, self._snapshots = mark["steps"], mark["time_s"], mark["snapshots"]
            self._remove_later_files()
            self._open_files(image, mark)
        return self

    def _begin(self, folder):
        self.folder = Path(folder)
        self.checkpoints = Checkpoints(self.folder / CHECKPOINTS)
        self.steps = 0
        self._time = None
        self._snapshots = 0
        self._outlined = -1  # step of the last outline
        self._new_names = True
        self._broken = False
        self._open = True

    def _open_files(self, image, mark):
        """Open all files, for a new run or to go on at a mark; image: what history.h5 begins with."""
        self._history = History(self.folder / HISTORY, image, mark)
        self._events = LineFile(self.folder / EVENTS, columns.EVENT_COLUMNS, mark.get("events_bytes"))
        index = self.folder / SNAPSHOTS / SNAPSHOT_INDEX
        self._index = LineFile(index, columns.SNAPSHOT_COLUMNS, mark.get("index_bytes"))
        self._timeseries = LineFile(self.folder / TIMESERIES, columns.COLUMNS, mark.get("timeseries_bytes"))

    @property
    def log_path(self):
        """Where the run's log belongs."""
        return self.folder / LOG

    def step(self, row):
        """Report an accepted step: a dict with a number for each of COLUMNS. ValueError if one is amiss."""
        columns.check_row(row)
        with self._noting_failure():
            self._timeseries.write(columns.format_row(row))
        self.steps += 1
        self._time = float(row["time_s"])

    def outline(self, time_s, step, points, electrode_points):
        """Keep the outlines of the step about to be reported.

        step: its row in timeseries.csv (equal to .steps). points (n, 2): (r, z) in nm of the filament, from
        the tip to the foot. electrode_points (m, 2): of the electrode's surface, from the axis outwards.
        """
        if step < self.steps:
            raise ValueError(f"the outline of step {step} comes after that step was reported")
        with self._noting_failure():
            self._history.append(time_s, step, points, electrode_points)
        self._outlined = step

    def snapshot(
        self, label, time_s, source_voltage_V, current_A, points, triangles, point_data, cell_data, field_data=None
    ):
        """Write the fields as a VTU file and return its path.

        points (n, 2) in nm, triangles (m, 3); point_data and cell_data: dicts of arrays of length n and m. field_data:
        a dict of numbers that hold for the whole, kept beside TimeValue and time_s, source_voltage_V and current_A.
        """
        path = self.folder / SNAPSHOTS / snapshot_name(self._snapshots, label)
        seen = {"time_s": float(time_s), "source_voltage_V": float(source_voltage_V), "current_A": float(current_A)}
        numbers = {"TimeValue": float(time_s)} | seen | (field_data or {})
        temporary = temporary_name(path)
        with self._noting_failure():
            try:
                with guarded(path):
                    temporary.unlink(missing_ok=True)
                    open_own(temporary, "xb").close()  # which meshio opens by its name
                    vtu.write_vtu(temporary, points, triangles, point_data, cell_data, numbers)
                    sync_file(temporary)
                    os.replace(temporary, path)
            except ResultsError:
                with suppress(OSError):
                    temporary.unlink()
                raise
            self._new_names = True
            self._index.write_fields((path.name, label, *seen.values()))
        self._snapshots += 1
        return path

    def event(self, time_s, step, event, detail=""):
        """Note an event (remesh, snapshot, compliance, warning ...) in events.csv."""
        with self._noting_failure():
            self._events.write_fields((float(time_s), int(step), event, detail))

    def dump(self, **arrays):
        """Keep arrays and texts that explain a failure, in failure.npz (numpy.load)."""
        content = io.BytesIO()
        np.savez_compressed(content, **arrays)
        with self._noting_failure():
            replace_file(self.folder / FAILURE, content.getvalue())

    def mark(self):
        """How much has been written, as a dict of numbers: where resume() can go back to. It is on the disk then.

        Between an outline and its step there is no such place: ValueError. Raises ResultsError when the disk
        refuses, or when the files have been removed or replaced.
        """
        if self._outlined >= self.steps:
            raise ValueError(f"no mark between the outline of step {self._outlined} and that step")
        with self._noting_failure():
            if self._new_names:
                with guarded(self.folder):
                    for folder in (self.folder / SNAPSHOTS, self.folder, self.folder.parent):
                        sync_folder(folder)
                self._new_names = False
            return {
                "steps": self.steps,
                "time_s": self._time,
                "snapshots": self._snapshots,
                "timeseries_bytes": self._timeseries.mark(),
                "events_bytes": self._events.mark(),
                "index_bytes": self._index.mark(),
            } | self._history.mark()

    def checkpoint(self, content):
        """Write a checkpoint, with mark() as its "mark", and return its path. Errors: mark, Checkpoints.write."""
        content = content | {MARK: self.mark()}
        with self._noting_failure():
            return self.checkpoints.write(content)

    def note(self, **entries):
        """Add entries to provenance.json; they are written when the run finishes."""
        self._provenance |= entries

    def finish(self, status, reason=""):
        """Close all files and note how the run ended: "finished", "stopped" or "failed", and why."""
        if status not in STATUSES[1:]:
            raise ValueError(f"status {status!r} is not one of {STATUSES[1:]}")
        if not self._open:
            return
        self._open = False
        self._provenance |= {"status": status, "reason": reason, "end_time": now()}
        first = None
        for close in (
            self._timeseries.close,
            self._events.close,
            self._index.close,
            self._history.close,
            self._write_provenance,
        ):
            try:
                close()
            except ResultsError as error:
                first = first or error
        self._lock.release()
        if first and not self._broken:
            self._broken = True
            raise first

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if error is None:
            self.finish("finished")
        else:
            stopped = not isinstance(error, Exception)
            self.finish("stopped" if stopped else "failed", str(error) or kind.__name__)

    def _write_provenance(self):
        replace_text(self.folder / PROVENANCE, json.dumps(self._provenance, indent=2) + "\n")

    @contextmanager
    def _noting_failure(self):
        try:
            yield
        except ResultsError:
            self._broken = True
            raise

    @contextmanager
    def _locked(self):
        """Hold the folder from here to finish(), or to an error in here."""
        self._lock = FolderLock(self.folder)
        try:
            yield
        except BaseException:
            self._lock.release()
            raise

    def _refuse_occupied(self, overwrite):
        if self.folder.exists() and not self.folder.is_dir():
            raise ResultsError(f"{self.folder} is a file: choose another folder with --out")
        # A kill at the very beginning leaves these.
        own = (LOCK, temporary_name(self.folder / PROVENANCE).name)
        with guarded(self.folder):
            if not self.folder.exists() or all(path.name in own for path in self.folder.iterdir()):
                return
        if not overwrite:
            raise ResultsError(
                f"{self.folder} exists and is not empty: choose another folder with --out, "
                "or replace the run in it with --overwrite"
            )
        if not is_run_folder(self.folder):
            raise ResultsError(
                f"{self.folder} holds files that are not those of a run: --overwrite replaces "
                "runs only; choose another folder with --out"
            )

    def _remove_later_files(self):
        """Remove the snapshots after those that count, the dump of a failure, and files that were never finished."""
        with guarded(self.folder):
            for path in (self.folder / SNAPSHOTS).glob("[0-9]*_*.vtu"):
                number = path.name.split("_")[0]
                if number.isdecimal() and int(number) >= self._snapshots:
                    path.unlink()
            (self.folder / FAILURE).unlink(missing_ok=True)
            for path in run_files(self.folder):
                if path.name.endswith(".tmp"):
                    path.unlink()


def _resumed(folder, mark, provenance):
    """The provenance of a run that goes on, with the process that does so in its list "resumed"."""
    old = json.loads((folder / PROVENANCE).read_text(encoding="utf-8"))
    ended = {key: old.pop(key) for key in ("status", "reason", "end_time") if key in old}
    if ended.get("status") == "running":
        ended["status"] = "interrupted"
    entry = {"start_time": now()} | {key: provenance[key] for key in RESUMED if key in provenance}
    entry |= {"step": mark["steps"], "time_s": mark["time_s"], "after": ended}
    return old | {"status": "running", "reason": "", "resumed": [*old.get("resumed", []), entry]}
