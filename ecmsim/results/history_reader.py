"""Reads history.h5: the outlines of filament and electrode at every reported step, and the configuration.

HDF5 reads a damaged file that was opened for SWMR again and again, for minutes. Only a file that is being written is
opened so; one that a kill has left says that it is, and is read as if it did not.
"""

import io
import os
import zlib
from pathlib import Path

import numpy as np

from ecmsim.errors import ResultsError

FLAGS, END = 11, 28  # places in the superblock (version 3) of the flags of who writes, and of the file's length
SUPERBLOCK = 48
SIGNATURE = b"\x89HDF\r\n\x1a\n\x03\x08\x08"
WRITTEN = 0b101  # open for writing, by SWMR
LOW = 0xFFFFFFFF
CRC = "outline/crc32"  # of each outline, so that a reader knows whether it is what was written
# What HDF5 and NumPy raise for a file that is damaged.
DAMAGE = (OSError, RuntimeError, KeyError, ValueError, TypeError, IndexError, OverflowError, MemoryError)


def read_history(path, live=None):
    """The open h5py.File of a history.h5, at any moment, also after a kill. Raises ResultsError.

    live: whether somebody is writing it; None: that is found out.
    """
    import h5py

    path = Path(path)
    try:
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            head, size = file.read(SUPERBLOCK), os.fstat(file.fileno()).st_size
    except OSError as error:
        raise ResultsError(f"cannot read the outlines in {path}: {error.strerror}") from error
    try:
        if not head.startswith(SIGNATURE) or len(head) < SUPERBLOCK:
            raise OSError("it is damaged: it does not begin as it was written")
        if head[FLAGS] & WRITTEN and (_is_written(path) if live is None else live):
            return _swmr(path)
        whole = not head[FLAGS] & WRITTEN and size >= int.from_bytes(head[END : END + 8], "little")
        return h5py.File(path, "r", locking=False) if whole else h5py.File(_left(path), "r")
    except DAMAGE as error:
        raise ResultsError(f"cannot read the outlines in {path}: {error}") from error


def _is_written(path):
    from ecmsim.results.holder import writer_of

    return writer_of(path.parent) is not None


def _swmr(path):
    import h5py

    # File systems without locks refuse the first; a reader of whole, flushed records needs none.
    try:
        return h5py.File(path, "r", swmr=True, locking="best-effort")
    except OSError:
        return h5py.File(path, "r", swmr=True, locking=False)


def _left(path):
    """The bytes of a file that a kill or a full disk has left, as if it had been closed at the length that it has."""
    data = path.read_bytes()
    head = bytearray(data[:SUPERBLOCK])
    if lookup3(head[:-4]) != int.from_bytes(head[-4:], "little"):
        raise OSError("it is damaged: the checksum of its beginning is wrong")
    head[FLAGS] = 0
    head[END : END + 8] = len(data).to_bytes(8, "little")
    head[-4:] = lookup3(head[:-4]).to_bytes(4, "little")
    return io.BytesIO(bytes(head) + data[SUPERBLOCK:])


def lookup3(data):
    """Bob Jenkins' checksum of bytes (their number a multiple of four), as HDF5 has it in a superblock: an integer."""
    words = [int.from_bytes(data[k : k + 4], "little") for k in range(0, len(data), 4)]
    x = y = z = 0xDEADBEEF + len(data) & LOW
    while len(words) > 3:
        x, y, z = (value + word & LOW for value, word in zip((x, y, z), words, strict=False))
        del words[:3]
        for k in (4, 6, 8, 16, 19, 4):
            x, y, z = y, z + y & LOW, (x - z & LOW) ^ _rotated(z, k)
    x, y, z = (value + word & LOW for value, word in zip((x, y, z), words + 3 * [0], strict=False))
    x, y, z = z, x, y
    for k in (14, 11, 25, 16, 4, 14, 24):
        x, y, z = y, z, (x ^ z) - _rotated(z, k) & LOW
    return z


def _rotated(word, k):
    return (word << k | word >> 32 - k) & LOW


def crc_of(time_s, step, points, electrode_points):
    """The checksum of an outline as it is kept beside it: CRC-32 of all its numbers."""
    numbers = np.concatenate([[time_s, step], *(np.ravel(block) for block in (points, electrode_points))])
    return zlib.crc32(numbers.astype("<f8").tobytes())
