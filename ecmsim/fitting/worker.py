"""A process that runs trials one by one, so that each does not pay for starting: python -m ecmsim.fitting.worker.

It reads a job per line from its standard input, as JSON, and answers each with a line; when the input ends it ends at
once, whatever it is doing. A trial is made in a folder beside its own and gets its name when it is done, with
trial.json in it: what has that name is whole.
"""

import contextlib
import json
import os
import queue
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

from ecmsim.config import Config
from ecmsim.errors import EcmsimError
from ecmsim.results.folder import CHECKPOINTS, FAILURE, HISTORY, LOG, SNAPSHOTS

RECORD = "trial.json"
UNFINISHED = ".unfinished-"  # how the folders of trials begin that are being made


class Enough(EcmsimError):
    """A run has shown all that is needed of it."""


class Beyond(EcmsimError):
    """A run has had all the time that a trial gets."""


class Watch:
    """What a trial tells while it runs, in place of a progress display: it ends the run at a current, or a CPU time."""

    def __init__(self, enough, limit):
        self.enough, self.limit, self.begun = enough, limit, time.process_time()

    def begin(self, end):
        """end: of the programme, s."""

    def step(self, state):
        """A state was accepted."""
        if self.enough is not None and abs(state.observed["current"]) >= self.enough:
            raise Enough("all that is needed was seen")
        if time.process_time() - self.begun > self.limit:
            raise Beyond(f"given up after {self.limit:g} s of CPU time at t = {state.time:.4g} s (trial.limit)")

    def end(self):
        """The run has ended."""


def attempt(job):
    """Run the trial of a job (dict) and give its folder its name. Returns what trial.json says of it."""
    from ecmsim.running.run import run

    folder = Path(job["folder"])
    made = folder.with_name(f"{UNFINISHED}{os.getpid()}-{folder.name}")
    shutil.rmtree(made, ignore_errors=True)
    begun, state, reason = time.process_time(), "finished", ""
    try:
        config = Config.from_toml(job["config"])
        outcome = run(config, made, progress=Watch(job["enough"], job["limit"]), allow_code=job["allow_code"])
        reason = outcome.reason
    except Enough as ended:
        reason = str(ended)
    except Beyond as ended:
        state, reason = "limit", str(ended)
    except EcmsimError as ended:
        state, reason = "failed", str(ended)
    except (ArithmeticError, ValueError, LookupError, MemoryError, RecursionError) as defect:  # a strange cell
        state, reason = "failed", f"{type(defect).__name__}: {defect}"
    told = {"state": state, "reason": reason, "seconds": round(time.process_time() - begun, 3)}
    made.mkdir(exist_ok=True)
    for name in (CHECKPOINTS, SNAPSHOTS):
        shutil.rmtree(made / name, ignore_errors=True)
    for name in (FAILURE, LOG, *([] if job["outlines"] else [HISTORY])):
        (made / name).unlink(missing_ok=True)
    (made / RECORD).write_text(json.dumps(told) + "\n", encoding="utf-8")
    with contextlib.suppress(OSError):  # another process was faster
        os.rename(made, folder)
    shutil.rmtree(made, ignore_errors=True)
    return told


def main():
    """Serve until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # its parent decides
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print must not be taken for an answer
    jobs = queue.Queue()

    def listen():
        for line in sys.stdin:
            jobs.put(line)
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        told = attempt(json.loads(jobs.get()))
        print(json.dumps(told), file=answers, flush=True)


if __name__ == "__main__":
    main()
