"""Requests to stop a run that can be resumed: signals, the wall time, a file called STOP in its folder."""

import contextlib
import signal
import time
from pathlib import Path

STOP = "STOP"
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequests:
    """Collects them on each rank. As a context manager it receives the signals; a second one ends the process.

    folder: of the run; walltime: s since it began, or None.
    """

    def __init__(self, folder, walltime=None):
        self.file = Path(folder) / STOP
        self.deadline = None if walltime is None else time.monotonic() + walltime
        self._received = []
        self._handlers = {}

    @property
    def reason(self):
        """Why to stop, or None."""
        if self._received:
            return f"signal {signal.Signals(self._received[0]).name}"
        if self.deadline is not None and time.monotonic() > self.deadline:
            return "the wall time is over (checkpoint.walltime)"
        if self.file.exists():
            return f"the file {self.file} asks for it"
        return None

    def clear(self):
        """Remove the file."""
        with contextlib.suppress(OSError):
            self.file.unlink()

    def __enter__(self):
        with contextlib.suppress(ValueError):  # not in the main thread: the signals are left to the caller
            for number in SIGNALS:
                self._handlers[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, kind, error, trace):
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _receive(self, number, _frame):
        self._received.append(number)
        signal.signal(number, self._handlers[number])
