"""Writes checkpoints of a run, so that a good one is there at any moment and after any end of the process."""

import contextlib
import hashlib
import json
from pathlib import Path

import numpy as np

from ecmsim.results.checkpoint_content import decode, encode
from ecmsim.results.checkpoint_reader import HEAD_BYTES, CheckpointReader, head_of
from ecmsim.results.files import guarded, replace_file, replace_text, sync_folder
from ecmsim.results.folder import POINTER, checkpoint_number, temporary_name
from ecmsim.results.provenance import now


class Checkpoints(CheckpointReader):
    """The checkpoints in a folder, of which the newest `keep` (at least 1) remain.

    The folder is made when first written to. Only one process may write (RunWriter sees to that).
    """

    def __init__(self, folder, keep=2):
        if keep < 1:
            raise ValueError(f"keep = {keep}: at least one checkpoint has to remain")
        super().__init__(folder)
        self.keep = keep
        self._good = None

    def write(self, content):
        """Write a checkpoint and return its path; when this returns, it is on the disk.

        content: nested dict (keys: str) of NumPy arrays and scalars of numbers, float, int, bool, None, str and
        lists and tuples of these; "time_s" and "step" in it are also told in latest.json. Raises ResultsError when
        the disk refuses: older checkpoints are then still there, and nothing of this one; TypeError or ValueError
        for a content that cannot be kept.
        """
        image = encode(content)
        data = head_of(image) + image
        with guarded(self.folder):
            if not self.folder.is_dir():
                self.folder.mkdir()
                sync_folder(self.folder.parent)
            if self._good is None:
                self._good = [path for path, _ in self._candidates([])][::-1]
                self._remove(self._good[: -self.keep])  # a kill came before it
            for stale in (*self.folder.glob(".[0-9]*.h5.tmp"), temporary_name(self.folder / POINTER)):
                stale.unlink(missing_ok=True)
            path = self.folder / f"{self._last_number() + 1:06d}.h5"
        replace_file(path, data)
        self._good = [*self._good, path][-self.keep :]
        self._point_at(path, data, content)
        with contextlib.suppress(OSError):
            self._remove([other for other in self._files() if other not in self._good])
        return path

    def rewind(self, path):
        """Make a good checkpoint the newest: what has a higher number is removed. Raises ResultsError."""
        with guarded(path):
            data = path.read_bytes()
        self._point_at(path, data, decode(data[HEAD_BYTES:]))
        with guarded(self.folder):
            self._remove([other for other in self._files() if checkpoint_number(other) > checkpoint_number(path)])
        self._good = None

    def _last_number(self):
        named = self._pointer([])
        numbers = [checkpoint_number(path) for path in self._files()]
        return max([*numbers, checkpoint_number(Path(named["file"])) if named else 0], default=0)

    def _point_at(self, path, data, content):
        known = {key: content[key] for key in ("time_s", "step") if key in content}
        known = {key: value.item() if isinstance(value, np.generic) else value for key, value in known.items()}
        pointer = {"file": path.name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)} | known
        replace_text(self.folder / POINTER, json.dumps(pointer | {"written": now()}, indent=2) + "\n")

    @staticmethod
    def _remove(files):
        for path in files:
            with contextlib.suppress(OSError):  # it is tried again next time
                path.unlink(missing_ok=True)
