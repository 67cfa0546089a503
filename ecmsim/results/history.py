"""Writes history.h5, in HDF5's SWMR mode: the outlines at every reported step can be read at any moment."""

import hashlib
import io
import os
from contextlib import contextmanager

import h5py
import numpy as np

from ecmsim.errors import ResultsError
from ecmsim.results.files import check_in_place, guarded, replace_file, sync_file
from ecmsim.results.folder import FORMAT, FORMAT_VERSION
from ecmsim.results.history_reader import CRC, DAMAGE, crc_of, read_history
from ecmsim.results.marks import NO_ROWS, OUTLINES_SUM, ROWS, too_short

COPIED_ROWS = 2**18


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
            self._datasets = {name: self._file[name] for name in [*names, CRC, "outline/time_s", "outline/step"]}
            self._kinds = {name: (dataset.dtype, dataset.id.get_type()) for name, dataset in self._datasets.items()}
            self._lengths = {name: len(dataset) for name, dataset in self._datasets.items()}
            self._sums = sums_of(self._file, self._rows)

    def append(self, time_s, step, points, electrode_points):
        with self._guarded():
            for group, block in (("outline", points), ("electrode", electrode_points)):
                total = self._extend(f"{group}/points", np.asarray(block, dtype=float))
                self._extend(f"{group}/offset", [total])
                self._rows[f"{group}_points"] = total
            self._extend(CRC, [crc_of(time_s, step, points, electrode_points)])
            self._extend("outline/time_s", [time_s])
            self._extend("outline/step", [step])
        self._rows["outlines"] += 1

    def mark(self):
        """How many outlines and points of them there are, all of which are on the disk, and their checksum."""
        with self._guarded():
            self._sync()
        return self._rows | {OUTLINES_SUM: total(self._sums)}

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
        dataset, (kind, stored), before = self._datasets[name], self._kinds[name], self._lengths[name]
        block = np.ascontiguousarray(block, kind)
        length = self._lengths[name] = before + len(block)
        # As dataset.resize and dataset[before:] = block, without what h5py asks for each time.
        dataset.id.set_extent((length, *block.shape[1:]))
        there = dataset.id.get_space()
        there.select_hyperslab((before, *(0,) * (block.ndim - 1)), block.shape)
        dataset.id.write(h5py.h5s.create_simple(block.shape), there, block, stored)
        dataset.id.flush()
        self._sums[name].update(block)
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
    with read_history(path, live=False) as source:
        try:
            if any(len(source[name]) < length for name, length in lengths(rows).items()):
                raise too_short(path, f"fewer than {rows['outlines']} outlines")
            if total(sums_of(source, rows)) != rows[OUTLINES_SUM]:
                raise too_short(path, "its outlines are not those that were written")
            text = source["config"].asstr()[()] if config_text is None else config_text
            return history_image(text, source, rows)
        except DAMAGE as error:
            raise ResultsError(f"cannot read the outlines in {path}: {error}") from error


def sums_of(source, rows):
    """SHA-256 of what a mark counts of each dataset of an open history.h5, by name, to be gone on with."""
    sums = {name: hashlib.sha256() for name in lengths(rows)}
    for name, length in lengths(rows).items():
        for start in range(0, length, COPIED_ROWS):
            sums[name].update(source[name][start : min(start + COPIED_ROWS, length)].tobytes())
    return sums


def total(sums):
    """One checksum of all datasets."""
    return hashlib.sha256(b"".join(sums[name].digest() for name in sorted(sums))).hexdigest()


def lengths(rows):
    """Length of each dataset of history.h5 at a mark."""
    n = rows["outlines"]
    found = {"outline/time_s": n, "outline/step": n, CRC: n}
    for group in ("outline", "electrode"):
        found |= {f"{group}/points": rows[f"{group}_points"], f"{group}/offset": n + 1}
    return found
