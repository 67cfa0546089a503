"""Writes the folder of a run, so that it can be read at any moment and after any end of the process.

Order of writes: what timeseries.csv reports is already in history.h5. A line of a CSV file goes out in one
write; config.toml and provenance.json are replaced as a whole; history.h5 is in HDF5's SWMR mode.
"""

import csv
import errno
import io
import json
import os
import re
import time
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

from ecmsim.errors import ResultsError
from ecmsim.results import columns
from ecmsim.results.provenance import now

FORMAT = "ecmsim run"
FORMAT_VERSION = 1
CONFIG, PROVENANCE, TIMESERIES = "config.toml", "provenance.json", "timeseries.csv"
HISTORY, EVENTS, LOG, FAILURE = "history.h5", "events.csv", "ecmsim.log", "failure.npz"
SNAPSHOTS, SNAPSHOT_INDEX = "snapshots", "index.csv"
STATUSES = ("running", "finished", "stopped", "failed")
SYNC_INTERVAL_S = 1.0
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def guarded(path):
    """Turn a refusal of the file system into a ResultsError that names the path and the remedy."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        # HDF5 says what the system said only in its text.
        told = re.search(r"errno = (\d+)", str(error))
        code = int(told[1]) if told else getattr(error, "errno", None)
        reason = os.strerror(code) if code else str(error)
        remedy = "free some space there or choose" if code in FULL else "choose"
        raise ResultsError(f"cannot write {path}: {reason}; {remedy} another folder with --out") from error


def temporary_name(path):
    """Where a file is written before it gets its own name."""
    return path.with_name(f".{path.name}.tmp")


def replace_text(path, text):
    """Write a text file as a whole: readers see the old one or the new one, never a part."""
    temporary = temporary_name(path)
    with guarded(path):
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)


class LineFile:
    """A CSV file that grows by whole lines, one write each; the disk is brought up to date once a second."""

    def __init__(self, path, header):
        self.path = path
        self._synced = 0.0
        with guarded(path):
            self._file = open(path, "wb", buffering=0)
        self.write(",".join(header) + "\n")

    def write(self, line):
        data = line.encode()
        with guarded(self.path):
            start = self._file.tell()
            try:
                while data:
                    data = data[self._file.write(data) :]
            except OSError:
                self._file.truncate(start)
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

    def close(self):
        with guarded(self.path):
            if not self._file.closed:
                self.sync()
                self._file.close()


class History:
    """history.h5: the outlines of filament and electrode at every reported step, and the configuration."""

    def __init__(self, path, config_text):
        self.path = path
        self._abandoned = False
        with guarded(path):
            # Until it can be read it has another name; then it is opened straight into SWMR mode.
            temporary = temporary_name(path)
            self._create(temporary, config_text)
            os.replace(temporary, path)
            access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
            access.set_libver_bounds(h5py.h5f.LIBVER_LATEST, h5py.h5f.LIBVER_LATEST)
            access.set_file_locking(True, True)
            flags = h5py.h5f.ACC_RDWR | h5py.h5f.ACC_SWMR_WRITE
            self._file = h5py.File(h5py.h5f.open(os.fsencode(path), flags, access))
            names = [f"{group}/{name}" for group in ("outline", "electrode") for name in ("points", "offset")]
            self._datasets = {name: self._file[name] for name in [*names, "outline/time_s", "outline/step"]}

    @staticmethod
    def _create(path, config_text):
        with h5py.File(path, "w", libver="latest") as file:
            file.attrs.update(format=FORMAT, version=FORMAT_VERSION)
            file.create_dataset("config", data=config_text, dtype=h5py.string_dtype())
            for group in ("outline", "electrode"):
                file.create_dataset(
                    f"{group}/points", (0, 2), float, maxshape=(None, 2), chunks=(1024, 2), fillvalue=np.nan
                ).attrs["unit"] = "nm"
                file.create_dataset(
                    f"{group}/offset",
                    data=np.zeros(1, np.int64),
                    maxshape=(None,),
                    chunks=(1024,),
                    fillvalue=-1,
                )
            file.create_dataset("outline/time_s", (0,), float, maxshape=(None,), chunks=(1024,), fillvalue=np.nan)
            file.create_dataset("outline/step", (0,), np.int64, maxshape=(None,), chunks=(1024,), fillvalue=-1)

    def append(self, time_s, step, points, electrode_points):
        with self._guarded():
            for group, block in (("outline", points), ("electrode", electrode_points)):
                total = self._extend(f"{group}/points", np.asarray(block, dtype=float))
                self._extend(f"{group}/offset", [total])
            self._extend("outline/time_s", [time_s])
            self._extend("outline/step", [step])

    def close(self):
        if not self._abandoned:
            with self._guarded():
                self._file.flush()
                self._file.close()

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


class RunWriter:
    """The folder of one run, being written.

    folder is created; an existing one that is not empty is refused (ResultsError) unless overwrite is set:
    then the files that a run writes are removed, and only if it is the folder of a run. config_text: the
    effective configuration as TOML. provenance: what provenance.collect returns.
    In each step call outline() before step(). A disk that is full or not writable raises ResultsError, once:
    finish() after it says nothing more. As a context manager it ends as "finished", on an error as "failed".
    """

    def __init__(self, folder, *, config_text, provenance, overwrite=False):
        self.folder = Path(folder)
        self.steps = 0
        self._snapshots = 0
        self._broken = False
        self._open = True
        self._prepare_folder(overwrite)
        self._provenance = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "status": "running",
            "reason": "",
            "start_time": now(),
        } | dict(provenance)
        self._write_provenance()
        replace_text(self.folder / CONFIG, config_text)
        self._history = History(self.folder / HISTORY, config_text)
        self._events = LineFile(self.folder / EVENTS, columns.EVENT_COLUMNS)
        self._index = LineFile(self.folder / SNAPSHOTS / SNAPSHOT_INDEX, columns.SNAPSHOT_COLUMNS)
        self._timeseries = LineFile(self.folder / TIMESERIES, columns.COLUMNS)

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

    def outline(self, time_s, step, points, electrode_points):
        """Keep the outlines of the step about to be reported.

        step: its row in timeseries.csv (equal to .steps). points (n, 2): (r, z) in nm of the filament, from
        the tip to the foot. electrode_points (m, 2): of the electrode's surface, from the axis outwards.
        """
        if step < self.steps:
            raise ValueError(f"the outline of step {step} comes after that step was reported")
        with self._noting_failure():
            self._history.append(time_s, step, points, electrode_points)

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
            with guarded(path):
                meshio.write(temporary, mesh, file_format="vtu")
                os.replace(temporary, path)
            self._index.write_fields((name, label, float(time_s), float(source_voltage_V), float(current_A)))
        self._snapshots += 1
        return path

    def event(self, time_s, step, event, detail=""):
        """Note an event (remesh, snapshot, compliance, warning ...) in events.csv."""
        with self._noting_failure():
            self._events.write_fields((float(time_s), int(step), event, detail))

    def dump(self, **arrays):
        """Keep arrays and texts that explain a failure, in failure.npz (numpy.load)."""
        path = self.folder / FAILURE
        with self._noting_failure(), guarded(path):
            np.savez_compressed(path, **arrays)

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

    def _prepare_folder(self, overwrite):
        if self.folder.exists() and not self.folder.is_dir():
            raise ResultsError(f"{self.folder} is a file: choose another folder with --out")
        with guarded(self.folder):
            occupied = self.folder.exists() and any(self.folder.iterdir())
            if occupied and not overwrite:
                raise ResultsError(
                    f"{self.folder} exists and is not empty: choose another folder with --out, "
                    "or replace the run in it with --overwrite"
                )
            if occupied and not is_run_folder(self.folder):
                raise ResultsError(
                    f"{self.folder} holds files that are not those of a run: --overwrite replaces "
                    "runs only; choose another folder with --out"
                )
            for path in run_files(self.folder) if occupied else ():
                path.unlink()
            (self.folder / SNAPSHOTS).mkdir(parents=True, exist_ok=True)


def is_run_folder(folder):
    """Whether a folder holds a run: whether its provenance.json says so."""
    try:
        provenance = json.loads((Path(folder) / PROVENANCE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(provenance, dict) and provenance.get("format") == FORMAT


def run_files(folder):
    """The files in a folder that a run writes, provenance.json last."""
    files = [folder / name for name in (CONFIG, TIMESERIES, HISTORY, EVENTS, LOG, FAILURE)]
    files += [
        folder / SNAPSHOTS / SNAPSHOT_INDEX,
        *(folder / SNAPSHOTS).glob("[0-9]*_*.vtu"),
        *(folder / SNAPSHOTS).glob(".[0-9]*_*.vtu.tmp"),
    ]
    files += [temporary_name(path) for path in files] + [folder / PROVENANCE]
    return [path for path in files if path.is_file()]
