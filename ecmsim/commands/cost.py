"""What a command costs: CPU time, time on the clock and memory, of a process of its own and all that it starts."""

import os
import subprocess
import tempfile
import time
from typing import NamedTuple

from ecmsim.errors import SolveError


class Cost(NamedTuple):
    """cpu and wall in s; memory: largest of the process, or of one that it started, MB."""

    cpu: float
    wall: float
    memory: float


def cost_of(command, environment=None, folder=None):
    """Run a command (a list) and tell its Cost. Raises SolveError with the last words of one that fails."""
    with tempfile.TemporaryFile() as words:
        begin = time.perf_counter()
        process = subprocess.Popen(list(map(str, command)), env=environment, cwd=folder, stdout=words, stderr=words)
        _, status, usage = os.wait4(process.pid, 0)
        wall, process.returncode = time.perf_counter() - begin, os.waitstatus_to_exitcode(status)
        words.seek(0)
        said = words.read().decode(errors="replace").strip()
    if process.returncode:
        raise SolveError(f"the benchmark's command failed: {' '.join(map(str, command))}\n{said}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)
