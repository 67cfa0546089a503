"""The trials of a fit: made side by side in worker processes, each kept on the disk as soon as it is finished.

A trial that is on the disk is never made again, so that a fit that was killed goes on with what it has.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ecmsim.errors import EcmsimError, ResultsError
from ecmsim.fitting.worker import RECORD, UNFINISHED
from ecmsim.results import open_run
from ecmsim.results.files import guarded
from ecmsim.study.child import environment

PATIENCE = 20.0  # times its CPU limit that a worker is waited for, in s of wall time, before it is ended
CRASHES = 2  # times that a trial may end its worker
COMMAND = (sys.executable, "-m", "ecmsim.fitting.worker")


@dataclass(frozen=True)
class Job:
    """A trial that is wanted. name: of its folder, by what decides its result; config: TOML text; limit: s of CPU."""

    name: str
    config: str
    limit: float
    enough: float | None = None
    outlines: bool = False
    allow_code: bool = False


@dataclass(frozen=True)
class Seen:
    """What a trial left. run: a Run; whole: whether it came to its end."""

    run: object
    whole: bool
    timeseries: object


@dataclass(frozen=True)
class Trial:
    """How a trial ended. state: finished, failed, limit (too long) or crashed; reason; seconds: of CPU."""

    folder: Path
    state: str
    reason: str
    seconds: float

    def seen(self):
        """What it left, as Seen; None where there is nothing."""
        try:
            run = open_run(self.folder)
            return Seen(run, self.state == "finished", run.timeseries)
        except (EcmsimError, ValueError, KeyError):
            return None


class Trials:
    """root: folder of the trials; size: how many at a time; command: how a worker is started.

    told(name, trial) is called, from other threads, for each one that has been made.
    """

    def __init__(self, root, size, told=lambda name, trial: None, command=COMMAND):
        self.root, self.size, self.told, self.command = Path(root).resolve(), size, told, command
        self.made = {}
        self._idle, self._all, self._lock, self._closed = [], set(), threading.Lock(), False
        with guarded(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
        for left in self.root.glob(f"{UNFINISHED}*"):
            shutil.rmtree(left, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """End all workers."""
        with self._lock:
            self._closed = True
            for worker in self._all:
                worker.end()

    def run(self, jobs):
        """The Trial of each job, by name; those on the disk are read. KeyboardInterrupt ends the workers."""
        jobs = {job.name: job for job in jobs}
        found = {name: self.known(name) for name in jobs}
        missing = [job for name, job in jobs.items() if found[name] is None]
        if missing:
            with ThreadPoolExecutor(self.size) as pool:
                try:
                    for trial, job in zip(pool.map(self._make, missing), missing, strict=True):
                        found[job.name] = trial
                except BaseException:
                    self.close()
                    pool.shutdown(cancel_futures=True)
                    raise
        return found

    def known(self, name):
        """The Trial on the disk, or None."""
        if name not in self.made:
            try:
                told = json.loads((self.root / name / RECORD).read_text(encoding="utf-8"))
                self.made[name] = Trial(self.root / name, told["state"], told["reason"], told["seconds"])
            except (OSError, ValueError, KeyError, TypeError):
                return None
        return self.made[name]

    def _make(self, job):
        for _ in range(CRASHES):
            if self._closed:
                raise KeyboardInterrupt
            worker = self._worker()
            answer = worker.do(job, self.root / job.name)
            if answer is not None:
                with self._lock:
                    self._idle.append(worker)
                break
            with self._lock:
                self._all.discard(worker)
            if self._closed:
                raise KeyboardInterrupt
        else:
            answer = {"state": "crashed", "reason": f"ended its process {CRASHES} times", "seconds": 0.0}
            self._keep(job.name, answer)
        trial = self.known(job.name)
        if trial is None:
            raise ResultsError(f"{self.root / job.name} cannot be written: {answer['reason']}")
        self.told(job.name, trial)
        return trial

    def _worker(self):
        with self._lock:
            if self._idle:
                return self._idle.pop()
            worker = Worker(self.command, self.root / "workers.log")
            self._all.add(worker)
            return worker

    def _keep(self, name, answer):
        folder = self.root / name
        folder.mkdir(exist_ok=True)
        (folder / RECORD).write_text(json.dumps(answer) + "\n", encoding="utf-8")


class Worker:
    """A worker process; log: where it complains."""

    def __init__(self, command, log):
        own = environment(os.environ)
        # The worker is this ecmsim, from wherever it was imported.
        paths = [str(Path(__file__).parents[2]), *filter(None, [own.get("PYTHONPATH")])]
        own["PYTHONPATH"] = os.pathsep.join(paths)
        with open(log, "ab") as errors:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, encoding="utf-8",
                env=own, start_new_session=True,
            )  # fmt: skip

    def do(self, job, folder):
        """What trial.json of a job says when it is done; None where the process has ended, or had to be."""
        line = {"folder": str(folder), "config": job.config, "limit": job.limit, "enough": job.enough}
        line |= {"outlines": job.outlines, "allow_code": job.allow_code}
        timer = threading.Timer(PATIENCE * job.limit + 60, self.end)
        timer.start()
        try:
            self.process.stdin.write(json.dumps(line) + "\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())
        except (OSError, ValueError):
            self.end()
            return None
        finally:
            timer.cancel()

    def end(self):
        """End the process, whatever it is doing."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
