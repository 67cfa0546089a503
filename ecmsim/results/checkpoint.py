"""Checkpoints of a run: complete states in RUN/checkpoints, each a file that proves itself to be whole.

A checkpoint is an HDF5 file behind a head of 512 bytes, its "user block" (h5dump, h5py … open it as it is). The head
says how long the rest is and its SHA-256. latest.json names the newest one; a file that it does not know yet counts
nevertheless, since it can be checked without.
"""

import contextlib
import hashlib
import io
import json
import re
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np

from ecmsim.errors import ResultsError
from ecmsim.results.files import guarded, replace_file, replace_text, sync_folder, temporary_name
from ecmsim.results.provenance import now

CHECKPOINTS, POINTER = "checkpoints", "latest.json"
HEAD_BYTES = 512
TITLE = "ecmsim checkpoint 1"
TYPE = "type"  # attribute that tells Python's own types from arrays
TEXT = h5py.string_dtype()
INT64 = np.iinfo(np.int64)


class Found(NamedTuple):
    """A checkpoint that was read; skipped: why newer ones were not, one text each."""

    content: dict
    path: Path
    skipped: list


class Checkpoints:
    """The checkpoints in a folder, of which the newest `keep` (at least 1) remain.

    The folder is made when first written to. Only one process may write (RunWriter sees to that).
    """

    def __init__(self, folder, keep=2):
        if keep < 1:
            raise ValueError(f"keep = {keep}: at least one checkpoint has to remain")
        self.folder, self.keep = Path(folder), keep
        self._good = None

    def write(self, content):
        """Write a checkpoint and return its path; when this returns, it is on the disk.

        content: nested dict (keys: str) of NumPy arrays and scalars of numbers, float, int, bool, None, str and
        lists and tuples of these; "time_s" and "step" in it are also told in latest.json. Raises ResultsError when
        the disk refuses: older checkpoints are then still there, and nothing of this one; TypeError or ValueError
        for a content that cannot be kept.
        """
        data = _with_head(encode(content))
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

    def read(self):
        """The newest good checkpoint, as Found(content, path, skipped).

        Raises ResultsError, which says what is wrong with each, when there is none.
        """
        skipped = []
        for path, data in self._candidates(skipped):
            try:
                return Found(decode(data[HEAD_BYTES:]), path, skipped)
            except (OSError, RuntimeError, KeyError, ValueError) as error:
                skipped.append(f"{path.name} cannot be understood ({error})")
        details = f" ({'; '.join(skipped)})" if skipped else ""
        raise ResultsError(
            f"{self.folder} holds no checkpoint that is whole{details}: nothing can be resumed; "
            "start the run anew with --overwrite, or into another folder with --out"
        )

    def newest(self):
        """Path of the newest good checkpoint, without reading what is in it; None if there is none."""
        return next((path for path, _ in self._candidates([])), None)

    def rewind(self, path):
        """Make a good checkpoint the newest: what has a higher number is removed. Raises ResultsError."""
        with guarded(path):
            data = path.read_bytes()
        self._point_at(path, data, decode(data[HEAD_BYTES:]))
        with guarded(self.folder):
            self._remove([other for other in self._files() if _number(other) > _number(path)])
        self._good = None

    def _candidates(self, skipped):
        """Good files and their bytes, newest first; appends to skipped what is wrong with the others."""
        pointer = self._pointer(skipped)
        try:
            files = self._files()
        except OSError as error:
            raise ResultsError(f"cannot read {self.folder}: {error.strerror}") from error
        named = self.folder / pointer["file"] if pointer else None
        if named and named not in files:
            files = sorted([*files, named], key=_number)
        for path in reversed(files):
            flaw, data = _flaw(path)
            if not flaw and path == named and hashlib.sha256(data).hexdigest() != pointer.get("sha256"):
                flaw = f"is not the file that {POINTER} knows"
            if flaw:
                skipped.append(f"{path.name} {flaw}")
            else:
                yield path, data

    def _files(self):
        """All checkpoints, oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted((path for path in self.folder.iterdir() if _number(path) is not None), key=_number)

    def _last_number(self):
        named = self._pointer([])
        numbers = [_number(path) for path in self._files()]
        return max([*numbers, _number(Path(named["file"])) if named else 0], default=0)

    def _pointer(self, skipped):
        path = self.folder / POINTER
        try:
            pointer = json.loads(path.read_bytes())
            name = Path(pointer["file"])
            if _number(name) is None or name != Path(name.name):
                raise ValueError("it names no checkpoint")
            return pointer
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError) as error:
            skipped.append(f"{POINTER} cannot be understood ({error})")
            return None

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


def checkpoint_files(folder):
    """All files in a folder of checkpoints that Checkpoints writes there, finished or not."""
    folder = Path(folder)
    files = [path for path in folder.iterdir() if _number(path) is not None] if folder.is_dir() else []
    pointer = folder / POINTER
    return [*files, pointer, temporary_name(pointer), *folder.glob(".[0-9]*.h5.tmp")]


def _number(path):
    """Number of a checkpoint by its name; None if it is not the name of one."""
    found = re.fullmatch(r"(\d{6,})\.h5", path.name)
    return int(found[1]) if found else None


def _with_head(image):
    """The file that holds the image of an HDF5 file."""
    text = f"{TITLE}\nsha256 {hashlib.sha256(image).hexdigest()}\nbytes {len(image)}\nof the HDF5 file that follows\n"
    return text.encode().ljust(HEAD_BYTES, b"\n") + image


def _flaw(path):
    """What is wrong with a checkpoint (None: nothing) and its bytes."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return "is missing", b""
    except OSError as error:
        return f"cannot be read ({error.strerror})", b""
    if not data:
        return "is empty", data
    head = data[:HEAD_BYTES]
    if not head.startswith(f"{TITLE}\n".encode()):
        return "is damaged, or was written by another version of ecmsim", data
    size = re.search(rb"\nbytes (\d+)\n", head)
    if size and len(data) < HEAD_BYTES + int(size[1]):
        return f"is truncated ({len(data)} of {HEAD_BYTES + int(size[1])} bytes)", data
    if _with_head(data[HEAD_BYTES:])[:HEAD_BYTES] != head:
        return "is damaged (its checksum is wrong)", data
    return None, data


# Content and bytes. An array is a data set; Python's own types carry their name in an attribute.


def encode(content):
    """The bytes of an HDF5 file with a content as Checkpoints.write takes it.

    The file is made in memory: HDF5 can crash on a disk that is full.
    """
    # Without libver="latest": images of such files are not valid (HDF5 1.14).
    with h5py.File("checkpoint", "w", driver="core", backing_store=False, block_size=2**20) as file:
        _put_items(file, content)
        file.flush()
        return file.id.get_file_image()


def decode(image):
    """The content of an encoded checkpoint. Raises OSError, RuntimeError, KeyError or ValueError."""
    with h5py.File(io.BytesIO(image), "r") as file:
        return _get_items(file)


def _put_items(group, items):
    for key, value in items.items():
        if not isinstance(key, str) or key in ("", ".", "..") or "/" in key or "\0" in key:
            raise ValueError(f"{key!r} cannot name a part of a checkpoint")
        _put(group, key, value)


def _put(group, key, value):
    if isinstance(value, dict):
        kind, item = "dict", group.create_group(key)
        _put_items(item, value)
    elif isinstance(value, (np.ndarray, np.generic)) and not isinstance(value, str):
        if value.dtype.kind not in "biufc":
            raise TypeError(f"{group.name}/{key}: an array of {value.dtype} cannot be kept in a checkpoint")
        kind, item = "scalar" if isinstance(value, np.generic) else None, group.create_dataset(key, data=value)
    elif isinstance(value, (list, tuple)):
        kind, item = "tuple" if isinstance(value, tuple) else "list", _put_sequence(group, key, value)
    elif value is None:
        kind, item = "None", group.create_dataset(key, data=h5py.Empty("f8"))
    else:
        kind = next((name for name, plain in SCALARS.items() if isinstance(value, plain)), None)
        if kind is None:
            raise TypeError(f"{group.name}/{key}: {type(value).__name__} cannot be kept in a checkpoint")
        if kind == "int" and not INT64.min <= value <= INT64.max:
            value = str(value)
        text = isinstance(value, str)
        item = group.create_dataset(key, data=value, dtype=TEXT if text else {"int": np.int64}.get(kind))
    if kind:
        item.attrs[TYPE] = kind


def _put_sequence(group, key, values):
    """A data set for floats or texts only, a group for anything else."""
    if values and all(type(value) is float for value in values):
        return group.create_dataset(key, data=np.array(values))
    if values and all(type(value) is str for value in values):
        return group.create_dataset(key, data=list(values), dtype=TEXT)
    item = group.create_group(key)
    for k, value in enumerate(values):
        _put(item, str(k), value)
    return item


def _get_items(group):
    return {key: _get(item) for key, item in group.items()}


def _get(item):
    kind = item.attrs.get(TYPE)
    if isinstance(item, h5py.Group):
        items = _get_items(item)
        return items if kind == "dict" else SEQUENCES[kind](items[str(k)] for k in range(len(items)))
    if kind == "None":
        return None
    value = item.asstr()[()] if h5py.check_string_dtype(item.dtype) else item[()]
    if kind is None:
        return np.asarray(value)
    return value if kind == "scalar" else (SEQUENCES | SCALARS)[kind](value)


SEQUENCES = {
    "list": lambda values: values.tolist() if isinstance(values, np.ndarray) else list(values),
    "tuple": lambda values: tuple(values.tolist() if isinstance(values, np.ndarray) else values),
}
SCALARS = {"bool": bool, "int": int, "float": float, "str": str}  # a bool is an int, too
