"""Writes the folder of a run, so that it can be read at any moment and after any end of the process, and resumed.

Order of writes: what timeseries.csv reports is already in history.h5, and what a checkpoint counts is on the disk
before the checkpoint is. A line of a CSV file goes out in one write; config.toml and provenance.json are replaced as
a whole; history.h5 is in HDF5's SWMR mode.
"""

import csv
import io
import json
import os
import re
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import h5py
import numpy as np

from ecmsim.errors import ResultsError
from ecmsim.results import columns
from ecmsim.results.checkpoint import CHECKPOINTS, Checkpoints, checkpoint_files
from ecmsim.results.files import (
    check_in_place,
    guarded,
    replace_file,
    replace_text,
    sync_file,
    sync_folder,
    temporary_name,
)
from ecmsim.results.lock import LOCK, FolderLock
from ecmsim.results.provenance import now

FORMAT = "ecmsim run"
FORMAT_VERSION = 1
CONFIG, PROVENANCE, TIMESERIES = "config.toml", "provenance.json", "timeseries.csv"
HISTORY, EVENTS, LOG, FAILURE = "history.h5", "events.csv", "ecmsim.log", "failure.npz"
SNAPSHOTS, SNAPSHOT_INDEX = "snapshots", "index.csv"
STATUSES = ("running", "finished", "stopped", "failed")
SYNC_INTERVAL_S = 1.0
MARK = "mark"  # where a checkpoint keeps RunWriter.mark()
ROWS = ("outlines", "outline_points", "electrode_points")
NO_ROWS = dict.fromkeys(ROWS, 0)
COUNTED = {"steps", "time_s", "snapshots", "timeseries_bytes", "events_bytes", "index_bytes", *ROWS}
COPIED_ROWS = 2**18
# What a resumed run tells about the process that goes on with it.
RESUMED = ("start_time", "command", "versions", "git", "host", "process", "ranks")


def too_short(path, what):
    """The error of a file that has lost something since a checkpoint was written."""
    return ResultsError(
        f"{path} holds less than when the checkpoint was written ({what}): the run cannot go on from it; "
        "start it anew with --overwrite, or into another folder with --out"
    )


class LineFile:
    """A CSV file that grows by whole lines, one write each; the disk is brought up to date once a second.

    size: how many bytes of the file that is there are kept, to go on after them; None for a new file.
    """

    def __init__(self, path, header, size=None):
        self.path = path
        self._synced = 0.0
        self._changed = True
        with guarded(path):
            self._file = open(path, "wb" if size is None else "r+b", buffering=0)
            if size is not None:
                self._file.truncate(size)
                self._file.seek(size)
        if size is None:
            self.write(",".join(header) + "\n")

    def write(self, line):
        data = line.encode()
        with guarded(self.path):
            start = self._file.tell()
            self._changed = True
            try:
                while data:
                    data = data[self._file.write(data) :]
            except OSError:
                self._file.truncate(start)
                self._file.seek(start)
                raise
            if time.monotonic() - self._synced > SYNC_INTERVAL_S:
                self.sync()

    def write_fields(self, fields):
        """Write one line of fields of any type, quoted where CSV asks for it."""
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerow(
            repr(float(field)) if isinstance(field, float) else field for field in fields
        )
        self.write(buffer.getvalue())

    def sync(self):
        os.fsync(self._file.fileno())
        self._synced = time.monotonic()
        self._changed = False

    def mark(self):
        """Its size in bytes, all of which are on the disk."""
        with guarded(self.path):
            check_in_place(self.path, self._file.fileno())
            if self._changed:
                self.sync()
            return self._file.tell()

    def close(self):
        with guarded(self.path):
            if not self._file.closed:
                self.sync()
                self._file.close()


class History:
    """history.h5: the outlines of filament and electrode at every reported step, and the configuration.

    image: bytes of the file to begin with, from history_image; rows: how much is in it (see History.mark).
    """

    def __init__(self, path, image, rows):
        self.path = path
        self._abandoned = False
        self._rows = {key: rows[key] for key in ROWS}
        # A reader finds the old file or one that is complete, which is then opened straight into SWMR mode.
        replace_file(path, image)
        with guarded(path):
            access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
            access.set_libver_bounds(h5py.h5f.LIBVER_LATEST, h5py.h5f.LIBVER_LATEST)
            access.set_file_locking(True, True)
            flags = h5py.h5f.ACC_RDWR | h5py.h5f.ACC_SWMR_WRITE
            self._file = h5py.File(h5py.h5f.open(os.fsencode(path), flags, access))
            names = [f"{group}/{name}" for group in ("outline", "electrode") for name in ("points", "offset")]
            self._datasets = {name: self._file[name] for name in [*names, "outline/time_s", "outline/step"]}

    def append(self, time_s, step, points, electrode_points):
        with self._guarded():
            for group, block in (("outline", points), ("electrode", electrode_points)):
                total = self._extend(f"{group}/points", np.asarray(block, dtype=float))
                self._extend(f"{group}/offset", [total])
                self._rows[f"{group}_points"] = total
            self._extend("outline/time_s", [time_s])
            self._extend("outline/step", [step])
        self._rows["outlines"] += 1

    def mark(self):
        """How many outlines and points of them there are, all of which are on the disk."""
        with self._guarded():
            self._sync()
        return dict(self._rows)

    def _sync(self):
        descriptor = self._file.id.get_vfd_handle()
        check_in_place(self.path, descriptor)
        self._file.flush()
        os.fsync(descriptor)

    def close(self):
        if not self._abandoned:
            with self._guarded():
                self._file.flush()
                self._file.close()
            with guarded(self.path):
                sync_file(self.path)

    def _extend(self, name, block):
        dataset = self._datasets[name]
        length = len(dataset) + len(block)
        dataset.resize(length, axis=0)
        dataset[length - len(block) :] = block
        dataset.flush()
        return length

    @contextmanager
    def _guarded(self):
        """As guarded; after a failure the file is left as it is.

        HDF5 cannot close what it cannot write, and crashes when it is made to try twice: its handles are kept
        from closing themselves.
        """
        try:
            with guarded(self.path):
                yield
        except ResultsError:
            self._abandoned = True
            for item in (self._file, *self._datasets.values()):
                item.id.locked = True
            raise


def read_history(path):
    """history.h5, opened for reading at any moment, also after a kill. Raises ResultsError."""
    failure = None
    # File systems without locks refuse the first; a reader of whole, flushed records needs none.
    for locking in ("best-effort", False):
        try:
            return h5py.File(path, "r", swmr=True, locking=locking)
        except OSError as error:
            failure = failure or error
    raise ResultsError(f"cannot read the outlines in {path}: {failure}") from failure


def history_image(config_text, source=None, rows=NO_ROWS):
    """The bytes of a history.h5 with the first rows of another one, source (an open h5py.File), or with none.

    It is made in memory: HDF5 can crash on a disk that is full.
    """
    image = io.BytesIO()
    with h5py.File(image, "w", libver="latest") as file:
        file.attrs.update(format=FORMAT, version=FORMAT_VERSION)
        file.create_dataset("config", data=config_text, dtype=h5py.string_dtype())
        for name, length in lengths(rows).items():
            columns_of_points = (2,) if name.endswith("points") else ()
            real = name.endswith(("points", "time_s"))
            dataset = file.create_dataset(
                name,
                (length, *columns_of_points),
                float if real else np.int64,
                maxshape=(None, *columns_of_points),
                chunks=(1024, *columns_of_points),
                fillvalue=np.nan if real else -1,
            )
            if columns_of_points:
                dataset.attrs["unit"] = "nm"
            if source is None:
                dataset[:] = 0  # the first offset
            for start in range(0, length if source else 0, COPIED_ROWS):
                piece = slice(start, min(start + COPIED_ROWS, length))
                dataset[piece] = source[name][piece]
    return image.getvalue()


def marked_history(path, rows, config_text=None):
    """history_image of what a mark counts of a history.h5, with its own configuration unless another one is given.

    Raises ResultsError when there is less in it or it cannot be read.
    """
    with read_history(path) as source:
        try:
            n = rows["outlines"]
            short = [name for name, length in lengths(rows).items() if len(source[name]) < length]
            if short or any(source[f"{g}/offset"][n] != rows[f"{g}_points"] for g in ("outline", "electrode")):
                raise too_short(path, f"fewer than {n} outlines")
            text = source["config"].asstr()[()] if config_text is None else config_text
            return history_image(text, source, rows)
        except (OSError, RuntimeError, KeyError) as error:
            raise ResultsError(f"cannot read the outlines in {path}: {error}") from error


def lengths(rows):
    """Length of each dataset of history.h5 at a mark."""
    n = rows["outlines"]
    found = {"outline/time_s": n, "outline/step": n}
    for group in ("outline", "electrode"):
        found |= {f"{group}/points": rows[f"{group}_points"], f"{group}/offset": n + 1}
    return found


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
        with guarded(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        with self._locked():
            self._refuse_occupied(overwrite)  # now that no other process can change it
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
        with self._locked():
            if checkpoint is not None:
                newest = self.checkpoints.newest()
                if newest is None or newest.name != Path(checkpoint).name:
                    raise ResultsError(f"{folder} was changed after {checkpoint} had been read: resume it again")
            self._check_files(mark)
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

    def snapshot(self, label, time_s, source_voltage_V, current_A, points, triangles, point_data, cell_data):
        """Write the fields as a VTU file and return its path.

        points (n, 2) in nm, triangles (m, 3); point_data and cell_data: dicts of arrays of length n and m.
        """
        import meshio

        name = f"{self._snapshots:04d}_{re.sub(r'[^A-Za-z0-9.+-]+', '-', label).strip('-') or 'snapshot'}.vtu"
        path = self.folder / SNAPSHOTS / name
        mesh = meshio.Mesh(
            np.pad(np.asarray(points, dtype=float), ((0, 0), (0, 1))),
            [("triangle", np.asarray(triangles))],
            point_data={key: np.asarray(value) for key, value in point_data.items()},
            cell_data={key: [np.asarray(value)] for key, value in cell_data.items()},
        )
        temporary = temporary_name(path)
        with self._noting_failure():
            try:
                with guarded(path):
                    meshio.write(temporary, mesh, file_format="vtu")
                    sync_file(temporary)
                    os.replace(temporary, path)
            except ResultsError:
                with suppress(OSError):
                    temporary.unlink()
                raise
            self._new_names = True
            self._index.write_fields((name, label, float(time_s), float(source_voltage_V), float(current_A)))
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

    def _check_files(self, mark):
        """Raise ResultsError unless the CSV files hold all that a mark counts."""
        if not COUNTED <= mark.keys():
            raise ResultsError(f"{self.folder} cannot be resumed: its checkpoint is of another version of ecmsim")
        for name, size, lines in (
            (TIMESERIES, mark["timeseries_bytes"], mark["steps"] + 1),
            (EVENTS, mark["events_bytes"], None),
            (Path(SNAPSHOTS) / SNAPSHOT_INDEX, mark["index_bytes"], None),
        ):
            path = self.folder / name
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
                    f"{self.folder} cannot be resumed: {TIMESERIES} has the columns of another version of ecmsim; "
                    "start the run anew with --overwrite, or into another folder with --out"
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


def is_run_folder(folder):
    """Whether a folder holds a run: whether its provenance.json says so."""
    try:
        provenance = json.loads((Path(folder) / PROVENANCE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(provenance, dict) and provenance.get("format") == FORMAT


def run_files(folder):
    """The files in a folder that a run writes, but provenance.json, which says that it is a run; checkpoints first."""
    files = [folder / name for name in (TIMESERIES, HISTORY, EVENTS, LOG, FAILURE, CONFIG)]
    files += [
        folder / SNAPSHOTS / SNAPSHOT_INDEX,
        *(folder / SNAPSHOTS).glob("[0-9]*_*.vtu"),
        *(folder / SNAPSHOTS).glob(".[0-9]*_*.vtu.tmp"),
    ]
    files += [temporary_name(path) for path in (*files, folder / PROVENANCE)]
    return [path for path in (*checkpoint_files(folder / CHECKPOINTS), *files) if path.is_file()]
