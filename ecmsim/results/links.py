"""What a run writes is its own: no file is opened for writing, and no folder used, through a symbolic link.

A link could lead to a file of the user's, which would be emptied, or to a folder whose files would be removed.
"""

import errno
import os
import stat
from pathlib import Path

from ecmsim.errors import ResultsError
from ecmsim.results.folder import (
    CHECKPOINTS,
    CONFIG,
    CYCLES,
    EVENTS,
    FAILURE,
    HISTORY,
    LOCK,
    LOG,
    POINTER,
    PROVENANCE,
    PULSES,
    SNAPSHOT_INDEX,
    SNAPSHOTS,
    TIMESERIES,
    temporary_name,
)

OWN = (TIMESERIES, HISTORY, EVENTS, LOG, FAILURE, CONFIG, PROVENANCE, CYCLES, PULSES)


def open_own(path, mode="wb", **options):
    """As open(), for writing: a plain file that is there or made, never through a link. Raises OSError."""
    file = open(path, mode, opener=_opener, **options)
    # A second name of a file elsewhere would lead there as a symbolic link does.
    if os.fstat(file.fileno()).st_nlink > 1:
        file.close()
        raise OSError(errno.EMLINK, "it has a second name elsewhere (a hard link)", str(path))
    return file


def _opener(path, flags):
    emptied = flags & os.O_TRUNC
    descriptor = os.open(path, flags & ~os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a plain file", str(path))
    if emptied and found.st_nlink == 1:
        os.ftruncate(descriptor, 0)
    return descriptor


def refuse_links(folder):
    """Raise ResultsError if anything that a run writes in its folder is a link, or no plain file where it is to be one.

    The folder itself may be a link.
    """
    folder = Path(folder)
    for inner in (SNAPSHOTS, CHECKPOINTS):
        if (folder / inner).is_symlink():
            raise _refusal(folder / inner, "a symbolic link", "Its folders")
    names = [folder / name for name in OWN]
    names += [temporary_name(path) for path in names]
    index, pointer = folder / SNAPSHOTS / SNAPSHOT_INDEX, folder / CHECKPOINTS / POINTER
    names += [folder / LOCK, index, temporary_name(index), pointer, temporary_name(pointer)]
    for inner, patterns in ((SNAPSHOTS, ("*.vtu", ".*.vtu.tmp")), (CHECKPOINTS, ("*.h5", ".*.h5.tmp"))):
        for pattern in patterns:
            names += (folder / inner).glob(pattern)
    for path in names:
        try:
            kind = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise ResultsError(f"cannot read {path}: {error.strerror}") from error
        if not stat.S_ISREG(kind.st_mode) or kind.st_nlink > 1:
            what = "a symbolic link" if stat.S_ISLNK(kind.st_mode) else "no plain file"
            what = "a hard link to a file with another name" if stat.S_ISREG(kind.st_mode) else what
            raise _refusal(path, what, "Its files")


def _refusal(path, what, whose):
    return ResultsError(
        f"{path} is {what}: a run writes into its own folder alone, and nothing was touched. {whose} must be plain "
        "ones: remove it, or choose another folder with --out"
    )
