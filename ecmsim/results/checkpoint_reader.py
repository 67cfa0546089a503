"""Reads checkpoints of a run: complete states in RUN/checkpoints, each a file that proves itself to be whole.

A checkpoint is an HDF5 file behind a head of 512 bytes, its "user block" (h5dump, h5py … open it as it is). The head
says how long the rest is and its SHA-256. latest.json names the newest one; a file that it does not know yet counts
nevertheless, since it can be checked without.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import NamedTuple

from ecmsim.errors import ResultsError
from ecmsim.results.folder import POINTER, checkpoint_number

HEAD_BYTES = 512
TITLE = "ecmsim checkpoint 1"


class Found(NamedTuple):
    """A checkpoint that was read; skipped: why newer ones were not, one text each."""

    content: dict
    path: Path
    skipped: list


class CheckpointReader:
    """The checkpoints in a folder, which may not be there yet."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def read(self):
        """The newest good checkpoint, as Found(content, path, skipped).

        Raises ResultsError, which says what is wrong with each, when there is none.
        """
        from ecmsim.results.checkpoint_content import decode  # with HDF5

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

    def _candidates(self, skipped):
        """Good files and their bytes, newest first; appends to skipped what is wrong with the others."""
        pointer = self._pointer(skipped)
        try:
            files = self._files()
        except OSError as error:
            raise ResultsError(f"cannot read {self.folder}: {error.strerror}") from error
        named = self.folder / pointer["file"] if pointer else None
        if named and named not in files:
            files = sorted([*files, named], key=checkpoint_number)
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
        files = [path for path in self.folder.iterdir() if checkpoint_number(path) is not None and path.is_file()]
        return sorted(files, key=checkpoint_number)

    def _pointer(self, skipped):
        path = self.folder / POINTER
        try:
            pointer = json.loads(path.read_bytes())
            name = Path(pointer["file"])
            if checkpoint_number(name) is None or name != Path(name.name):
                raise ValueError("it names no checkpoint")
            return pointer
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError) as error:
            skipped.append(f"{POINTER} cannot be understood ({error})")
            return None


def head_of(image):
    """The head in front of the image of an HDF5 file."""
    text = f"{TITLE}\nsha256 {hashlib.sha256(image).hexdigest()}\nbytes {len(image)}\nof the HDF5 file that follows\n"
    return text.encode().ljust(HEAD_BYTES, b"\n")


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
    if head_of(data[HEAD_BYTES:]) != head:
        return "is damaged (its checksum is wrong)", data
    return None, data
