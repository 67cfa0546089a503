"""The lock of a run's folder: no two processes write the same run at once."""

import contextlib
import fcntl
import json
import os
import socket
import time
from pathlib import Path

from ecmsim.errors import ResultsError
from ecmsim.results.files import guarded
from ecmsim.results.folder import LOCK
from ecmsim.results.holder import described, holder_of, may_live
from ecmsim.results.links import open_own

ATTEMPTS, PAUSE_S = 5, 0.02  # a reader that looks whether the lock is held holds it for a moment


class FolderLock:
    """RUN/.lock, locked by the system until release() or the end of this process, however it ends.

    Raises ResultsError, naming the process, when another one holds it. Where the file system has no locks, what
    counts is the process that the file names: whether it is still alive, or, on another machine, that it is named.
    """

    def __init__(self, folder):
        self.path = Path(folder) / LOCK
        with guarded(self.path):
            self._file = self._acquire()
            self._file.truncate(0)
            self._file.write(json.dumps({"host": socket.gethostname(), "process": os.getpid()}).encode() + b"\n")

    def _acquire(self):
        attempt = 1
        while True:
            file = open_own(self.path, "a+b", buffering=0)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                if attempt == ATTEMPTS:
                    raise ResultsError(self._refusal("wait for it or stop it")) from None
                attempt += 1
                time.sleep(PAUSE_S)
                continue
            except OSError:
                if may_live(holder_of(self.path)):
                    file.close()
                    advice = f"wait for it or stop it; if there is no such process any more, delete {self.path}"
                    raise ResultsError(self._refusal(advice)) from None
            if self._is_own(file):
                return file
            file.close()  # the holder before has removed it since it was opened

    def _is_own(self, file):
        """Whether the open file is the one that has the lock's name."""
        try:
            return os.path.samestat(os.stat(self.path), os.fstat(file.fileno()))
        except FileNotFoundError:
            return False

    def _refusal(self, advice):
        return f"{self.path.parent} is being written by {described(holder_of(self.path))}: {advice}"

    def release(self):
        """Let others write."""
        if not self._file.closed:
            with contextlib.suppress(OSError):  # the folder may have gone
                if self._is_own(self._file):
                    self.path.unlink()
            self._file.close()
