"""CSV files that grow by whole lines while a run goes on."""

import csv
import io
import os
import time

from ecmsim.errors import ResultsError
from ecmsim.results.files import check_in_place, guarded
from ecmsim.results.links import open_own

SYNC_INTERVAL_S = 1.0


class LineFile:
    """A CSV file that grows by whole lines, one write each; the disk is brought up to date once a second.

    size: how many bytes of the file that is there are kept, to go on after them; None for a new file.
    """

    def __init__(self, path, header, size=None):
        self.path = path
        self._synced = 0.0
        self._changed = True
        with guarded(path):
            self._file = open_own(path, "wb" if size is None else "r+b", buffering=0)
            if size is not None:
                self._require(header)
                self._file.truncate(size)
                self._file.seek(size)
        if size is None:
            self.write(",".join(header) + "\n")

    def _require(self, header):
        """Lines that go on have the columns that are there."""
        found = self._file.readline().decode(errors="replace").rstrip("\r\n").split(",")
        if found != list(header):
            other = ", ".join(sorted(set(found) ^ set(header))) or "their order"
            raise ResultsError(
                f"{self.path} has not the columns that this version of ecmsim writes (they differ in: {other}): "
                "go on with the version that began the run, or run it anew"
            )

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
