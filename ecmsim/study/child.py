"""One case: decides on the spot what it needs, runs it in a process of its own and notes how that ended."""

import contextlib
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

from ecmsim.config import Config
from ecmsim.errors import ConfigError, EcmsimError
from ecmsim.results.folder import is_run_folder
from ecmsim.results.provenance import now
from ecmsim.running.stopping import STOP
from ecmsim.study import folder
from ecmsim.study.nursery import Nursery

RESUME_LATER, INTERRUPTED = 75, 130  # exit codes of a run
PATIENCE = 1.0  # s to wait for a case that another process runs, before others are looked after
THREADS = ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMEXPR")
# What tells a process that it is a part of an MPI job or of a step of a batch job ...
JOB_VARIABLES = re.compile(
    r"(OMPI|PMIX|PMI|PRTE|ORTE|SLURM|HYDRA|MPIR|MPIEXEC|PALS|FLUX|I_MPI_HYDRA|I_MPI_PMI)_|MPI_LOCAL"
)
# ... and what of that is a user's setting or harmless.
SETTINGS = re.compile(
    r"(OMPI_ALLOW_RUN_AS_ROOT|(OMPI|PRTE|PMIX)_MCA_(?!initial_wdir|num_procs|cpu_type|PREFIXES|mca_base|orte|ess|pmix|shmem)"
    r"|SLURM_(JOB_END_TIME|JOB_START_TIME|ARRAY_JOB_ID|ARRAY_TASK_ID|CLUSTER_NAME)$)"
)


@dataclass(frozen=True)
class Job:
    """A case as run_case gets it: place; config_text: effective configuration; command: how to start ecmsim.

    ranks: MPI ranks; overwrite: replace a run of another configuration; retry: try again what has failed; allow_code:
    whether laws of a user's own may run; forked: whether the nursery's process runs it, and not one of its own making.
    """

    place: folder.Place
    config_text: str
    command: tuple
    ranks: int = 1
    overwrite: bool = False
    retry: bool = False
    allow_code: bool = False
    forked: bool = False


@dataclass(frozen=True)
class Ending:
    """How a case ended: state and reason as of folder.Standing, or "busy"; seconds: of its process, if it ran.

    Also "changed": the run there is of another configuration; action: "", "run" or "resume".
    """

    state: str
    reason: str = ""
    action: str = ""
    seconds: float | None = None


class Control:
    """The child processes that are running, and the wish to end them."""

    def __init__(self):
        self.signals = []  # received and not passed on yet
        self.stopped = False
        self._count = 0
        self._nursery = None
        self._children = {}  # process: whether it gets to know otherwise that it should stop
        self._lock = threading.RLock()  # a handler may find the main thread inside child()

    @contextlib.contextmanager
    def child(self, command, told=False, forked=False, **options):
        """Start a child process, unless the end has come; None in its place then.

        told: whether it gets to know otherwise that it should stop, so that it is spared the first signal; forked:
        whether it is to be one of the nursery's.
        """
        with self._lock:
            process = None
            if not (self.stopped or self.signals):
                process = self._born(command, options) if forked else None
                process = process or subprocess.Popen(command, **options)
            if process:
                self._children[process] = told
            if process and self.stopped and not told:  # a signal came while it started
                process.terminate()
        try:
            yield process
        finally:
            with self._lock:
                self._children.pop(process, None)

    def _born(self, command, options):
        """A child of the nursery, or None."""
        self._nursery = self._nursery or Nursery(options["env"])
        return self._nursery.born(command, options["stdout"])

    def close(self):
        """Give up the nursery, once its children have ended."""
        if self._nursery:
            self._nursery.close()
            self._nursery = None

    def pass_on(self):
        """Give the signals received to the children: the first as it is, the second ends them, the third at once."""
        while self.signals:
            number = self.signals.pop(0)
            number = signal.SIGTERM if number == getattr(signal, "SIGHUP", None) else number
            with self._lock:
                self.stopped = True
                self._count += 1
                for process, told in self._children.items():
                    with contextlib.suppress(OSError):
                        if self._count > 2:
                            os.killpg(process.pid, signal.SIGKILL)
                        elif self._count > 1 or not told:
                            process.send_signal(number)

    @contextlib.contextmanager
    def listening(self, at_once=False):
        """Collect SIGINT, SIGTERM and SIGHUP; at_once: pass them on in the handler.

        Does nothing outside the main thread.
        """

        def receive(number, _frame):
            self.signals.append(number)
            if at_once:
                self.pass_on()

        old = {}
        try:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup leaves it
                    old[number] = signal.signal(number, receive)
        except ValueError:
            pass
        try:
            yield
        finally:
            for number, handler in old.items():
                signal.signal(number, handler)


WORKER = Control()  # of a worker process: once told to stop, it starts no other case


def decide(job):
    """What a case needs now: (action, standing). action: "run", "resume", "" (nothing) or "changed"."""
    standing = folder.standing(job.place)
    if standing.status == "running":
        return "", standing
    if folder.is_changed(job.place, Config.from_toml(job.config_text)):
        return ("run" if job.overwrite else "changed"), standing
    if standing.status == "finished" or (standing.status == "failed" and not job.retry):
        return "", standing
    return ("resume" if standing.resumable else "run"), standing


def arguments(job, action):
    """The command line of the child process."""
    start = launcher(job.ranks)
    allowed = ["--allow-code"] if job.allow_code else []
    if action == "resume":
        return [*start, *job.command, "resume", str(job.place.run), *allowed]
    options = [*(["--overwrite"] if is_run_folder(job.place.run) else []), *allowed]
    return [*start, *job.command, "run", str(job.place.config), "--out", str(job.place.run), *options]


def launcher(ranks):
    """The beginning of a command line for so many MPI ranks. Raises ConfigError."""
    return [mpirun(), "-n", str(ranks)] if ranks > 1 else []


def mpirun():
    """The program that starts MPI ranks. Raises ConfigError."""
    for name in ("mpirun", "mpiexec"):
        if path := shutil.which(name):
            return path
    raise ConfigError("--ranks needs mpirun, which is not on the PATH")


def environment(inherited, ranks=1):
    """The environment of a child: one thread per rank, and no trace of an MPI job or batch step around it."""
    kept = {name: value for name, value in inherited.items() if not JOB_VARIABLES.match(name) or SETTINGS.match(name)}
    kept |= {f"{library}_NUM_THREADS": "1" for library in THREADS}
    if ranks > 1:  # several mpiruns side by side would all bind their ranks to the first cores
        kept |= {"PRTE_MCA_hwloc_default_binding_policy": "none", "OMPI_MCA_hwloc_base_binding_policy": "none"}
    return kept


def run_case(job, control=None):
    """Bring a case on as far as it goes and return its Ending. Also called in worker processes, without control."""
    if control is None:
        with WORKER.listening(at_once=True):
            return run_case(job, WORKER)
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            with folder.locked(job.place.log, wait=False) as log:
                if log:
                    return _run_locked(job, control, log)
            if time.monotonic() > deadline or control.stopped:
                return Ending("busy", "another process runs it")
            time.sleep(0.1)
    except EcmsimError as error:
        return Ending("failed", str(error))
    except OSError as error:
        return Ending("failed", f"cannot be started: {error}")


def _run_locked(job, control, log):
    action, standing = decide(job)
    if action not in ("run", "resume"):
        return Ending(action or standing.status, standing.reason)
    if action == "run":
        folder.replace(job.place.config, job.config_text)
    command = arguments(job, action)
    begin, start = time.monotonic(), log.tell()
    log.write(f"--- {now()} {socket.gethostname()}: {shlex.join(command)}\n".encode())
    log.flush()
    # A session of its own: Ctrl-C reaches it once, from here.
    options = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "start_new_session": True}
    # mpirun gives its ranks no time to write a checkpoint when it gets a signal: they find a file instead.
    options["env"] = environment(os.environ, job.ranks)
    with control.child(command, job.ranks > 1, job.forked, **options) as process:
        if process is None:
            return Ending(standing.status, standing.reason)
        code = None
        while code is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(None if job.ranks == 1 else PATIENCE)
            if code is None and control.stopped and is_run_folder(job.place.run):
                (job.place.run / STOP).touch()  # again, should it have come too early
    if job.ranks > 1:
        (job.place.run / STOP).unlink(missing_ok=True)
    seconds = time.monotonic() - begin
    state, reason = _judged(job, code, start)
    attempt = {
        "command": shlex.join(command),
        "host": socket.gethostname(),
        "end_time": now(),
        "seconds": round(seconds, 3),
    }
    folder.note_attempt(
        job.place, attempt | {"exit_code": code, "state": state, "reason": reason}, fresh=action == "run"
    )
    return Ending(state, reason, action, seconds)


def _judged(job, code, start):
    """State and reason of a case whose process ended with an exit code; start: of its part of the log."""
    after = folder.standing(job.place)
    if code == 0:
        if after.status == "finished":
            return "finished", after.reason
        return "failed", f"its process ended without an error, but left the run {after.status}"
    if code == RESUME_LATER:
        return "paused", after.reason or "to be resumed"
    if code == INTERRUPTED or code in (-signal.SIGINT, -signal.SIGTERM, -signal.SIGHUP):
        return "interrupted", after.reason or "stopped by a signal"
    if code in (-signal.SIGKILL, 128 + signal.SIGKILL, 128 + signal.SIGTERM):
        return "interrupted", "killed"
    told = after.reason if after.status == "failed" else _last_words(job.place.log, start)
    return "failed", told or f"its process ended with exit code {code}"


def _last_words(log, start):
    """What a process said last: its last error, or else its last line."""
    with open(log, "rb") as file:
        file.seek(start)
        lines = [line.strip() for line in file.read()[-20000:].decode(errors="replace").splitlines()[1:]]
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return (errors or [line for line in lines if line] or [""])[-1]


def default_command():
    """How ecmsim is started as a child process."""
    return (sys.executable, "-m", "ecmsim")
