"""What a command costs: CPU time, time on the clock and memory, of a process of its own and all that it starts."""

import contextlib
import os
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

from ecmsim.errors import SolveError

PAUSE = 0.05  # s between two looks at the memory


class Cost(NamedTuple):
    """cpu and wall in s; memory: largest of the process and all that it started together, MB."""

    cpu: float
    wall: float
    memory: float


def cost_of(command, environment=None, folder=None):
    """Run a command (a list) and tell its Cost. Raises SolveError with the last words of one that fails."""
    with tempfile.TemporaryFile() as words:
        begin = time.perf_counter()
        process = subprocess.Popen(list(map(str, command)), env=environment, cwd=folder, stdout=words, stderr=words)
        with largest_memory(process.pid) as memory:
            _, status, usage = os.wait4(process.pid, 0)
        wall, process.returncode = time.perf_counter() - begin, os.waitstatus_to_exitcode(status)
        words.seek(0)
        said = words.read().decode(errors="replace").strip()
    if process.returncode:
        raise SolveError(f"the benchmark's command failed: {' '.join(map(str, command))}\n{said}")
    # The system's own number is never below what this process held when it started the other one.
    return Cost(usage.ru_utime + usage.ru_stime, wall, memory[0] or usage.ru_maxrss / 1024)


@contextlib.contextmanager
def largest_memory(process):
    """A list that receives what a process (its id) and its descendants hold at most together, MB."""
    found, ended = [0.0], threading.Event()

    def look():
        before = {str(process)}
        while not ended.wait(PAUSE):
            now = descendants(process)
            # One that has only just been started has its parent's memory until it becomes another program.
            found[0] = max(found[0], peak_of(process), memory_of(before.intersection(now)))
            before = set(now)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()


def peak_of(process):
    """The most that a process (its id) has held by itself so far, MB; 0 where the system does not tell."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc", str(process), "status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1024
    return 0.0


def descendants(process):
    """A process (its id) and all that descend from it: ids, as texts; itself alone where the system does not tell."""
    found = [str(process)]
    for number in found:
        with contextlib.suppress(OSError):  # it has ended, or this is another system
            for thread in Path("/proc", number, "task").iterdir():
                found += (thread / "children").read_text().split()
    return found


def memory_of(processes):
    """What processes (their ids) hold now together, MB; 0 where the system does not tell."""
    pages = 0
    for number in processes:
        with contextlib.suppress(OSError):
            pages += int(Path("/proc", str(number), "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
