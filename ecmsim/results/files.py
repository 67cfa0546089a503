"""Writing whole files: at any moment, also after a kill or a power cut, a file is the old one or the new one."""

import contextlib
import errno
import os
import re
from contextlib import contextmanager

from ecmsim.errors import ResultsError
from ecmsim.results.folder import temporary_name
from ecmsim.results.links import open_own

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
GONE = (errno.ENOENT, errno.ESTALE)
NO_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)  # of file systems that cannot sync a folder


@contextmanager
def guarded(path):
    """Turn a refusal of the file system into a ResultsError that names the path and the remedy."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        # HDF5 says what the system said only in its text.
        told = re.search(r"errno = (\d+)", str(error))
        code = int(told[1]) if told else getattr(error, "errno", None)
        reason = os.strerror(code) if told else getattr(error, "strerror", None) or str(error)
        remedy = "choose"
        if code in FULL:
            remedy = "free some space there or choose"
        elif code == errno.ELOOP:
            reason, remedy = "it is a symbolic link", "remove it or choose"
        elif code in GONE:
            remedy = "the folder was removed or has become unreachable: bring it back or choose"
        raise ResultsError(f"cannot write {path}: {reason}; {remedy} another folder with --out") from error


def replace_file(path, data):
    """Write a file as a whole, and to the disk: readers see the old one or the new one, never a part.

    data: bytes. Raises ResultsError; then the old file is untouched and nothing of the new one is left.
    """
    temporary = temporary_name(path)
    try:
        with guarded(path):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)  # of a process that was killed
            with open_own(temporary, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
            sync_folder(path.parent)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def replace_text(path, text):
    """replace_file with a text."""
    replace_file(path, text.encode("utf-8"))


def sync_file(path):
    """Bring a file that was written by others to the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder):
    """Bring the names in a folder to the disk, as far as its file system can. Raises OSError."""
    try:
        sync_file(folder)
    except OSError as error:
        if error.errno not in NO_SYNC:
            raise


def check_in_place(path, descriptor):
    """Raise OSError unless path still names the open file: what is written to a removed file is lost in silence."""
    if not os.path.samestat(os.stat(path), os.fstat(descriptor)):
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
