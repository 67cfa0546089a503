"""Who runs the cases: threads that wait for child processes, or the ranks of an MPI job that start them."""

import contextlib
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from ecmsim.errors import ConfigError
from ecmsim.study.child import run_case


def cores():
    """The number of cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        return os.cpu_count() or 1


class Threads:
    """Runs so many cases at a time on this machine."""

    def __init__(self, jobs, control):
        self.size = jobs
        self._executor = ThreadPoolExecutor(jobs)
        self._run = partial(run_case, control=control)

    def submit(self, job):
        """Start a case when there is room; a Future of its Ending."""
        return self._executor.submit(self._run, job)

    def close(self):
        self._executor.shutdown(cancel_futures=True)


class Ranks:
    """Runs a case on each rank of MPI.COMM_WORLD but the first."""

    def __init__(self, executor, size):
        self.size = size
        self._executor = executor

    def submit(self, job):
        return self._executor.submit(run_case, job)

    def close(self):
        pass


@contextlib.contextmanager
def ranks():
    """The Ranks of this MPI job on the first of them; the others work inside and get None when all is done."""
    from mpi4py import MPI
    from mpi4py.futures import MPICommExecutor

    if MPI.COMM_WORLD.size < 2:
        raise ConfigError("--mpi needs at least two ranks: mpirun -n 5 ecmsim sweep … --mpi runs four cases at a time")
    with MPICommExecutor(MPI.COMM_WORLD, root=0) as executor:
        yield executor and Ranks(executor, MPI.COMM_WORLD.size - 1)
