"""The folder of a study: what lies where in it, and how each of its cases stands.

study.toml       copy of the study          cases.csv               the cases with their varied settings
NUMBER_KEY/      the run of a case          configs/NUMBER_KEY.toml its configuration
summary.csv      one row a case             logs/NUMBER_KEY.log     what the run said; locked while it goes on
summary.parquet  the same                   logs/NUMBER_KEY.json    attempts: command, seconds, exit code
figures/         pictures of the study      logs/NUMBER_KEY.row     scalars read off the run, kept for the summary
"""

import contextlib
import errno
import fcntl
import json
import os
import socket
import threading
from dataclasses import dataclass
from pathlib import Path

from ecmsim.config import Config
from ecmsim.config.moved import with_new_names
from ecmsim.errors import ConfigError, ResultsError
from ecmsim.results import open_run
from ecmsim.results.folder import CONFIG, LOCK, PROVENANCE, is_run_folder
from ecmsim.results.holder import writer_of
from ecmsim.results.links import open_own
from ecmsim.study.naming import folder_name, key_in

STUDY, CASES, SUMMARY, PARQUET = "study.toml", "cases.csv", "summary.csv", "summary.parquet"
CONFIGS, LOGS, FIGURES = "configs", "logs", "figures"  # the last one is that of ecmsim.plot
HARMLESS = ("title", "checkpoint")  # parts of a configuration that leave the numbers of a run as they are


@dataclass(frozen=True)
class Standing:
    """How a case stands on the disk.

    status: pending (nothing there), finished, failed, interrupted, paused (ended to be resumed later) or running;
    reason: why it ended; resumable: whether `ecmsim resume` can go on with it.
    """

    status: str
    reason: str = ""
    resumable: bool = False


@dataclass(frozen=True)
class Place:
    """Where the files of one case are. root: the study's folder, absolute; name: the case's folder in it."""

    root: Path
    name: str

    @property
    def run(self):
        return self.root / self.name

    @property
    def config(self):
        return self.root / CONFIGS / f"{self.name}.toml"

    @property
    def log(self):
        return self.root / LOGS / f"{self.name}.log"

    @property
    def record(self):
        return self.root / LOGS / f"{self.name}.json"

    @property
    def row(self):
        return self.root / LOGS / f"{self.name}.row"


def places(root, cases):
    """The Place of each case: a folder that is there already keeps its number."""
    root = Path(root).resolve()
    there = {}
    if root.is_dir():
        # The first one that a study made, should there be two with the same key.
        for folder in sorted((entry.name for entry in root.iterdir() if entry.is_dir()), reverse=True):
            there[key_in(folder)] = folder
    return [Place(root, there.get(case.key) or folder_name(case.index, case.key)) for case in cases]


def strangers(root, own):
    """Names of folders of cases that are not among the places given."""
    names = {place.name for place in own}
    folders = (entry.name for entry in Path(root).iterdir() if entry.is_dir()) if Path(root).is_dir() else ()
    return sorted(name for name in folders if key_in(name) and name not in names)


def require_study_folder(root):
    """ResultsError unless the folder is new, empty or that of a study."""
    root = Path(root)
    if root.exists() and not root.is_dir():
        raise ResultsError(f"{root} is a file: choose another folder with --out")
    for name in (CONFIGS, LOGS, FIGURES, STUDY, CASES, SUMMARY, PARQUET):
        if (root / name).is_symlink():
            raise ResultsError(f"{root / name} is a symbolic link: remove it, or choose another folder with --out")
    # Another driver of the same study may just be writing the first file.
    if root.is_dir() and any(not begun(path) for path in root.iterdir()) and not (root / STUDY).is_file():
        raise ResultsError(f"{root} holds files that are not those of a study: choose another folder with --out")


def begun(path):
    """Whether this is the study's own file on its way to its name (see `replace`)."""
    return path.name.startswith(f".{STUDY}.") and path.name.endswith(".tmp")


def replace(path, data):
    """Write a file (text or bytes) as a whole: readers see the old one or the new one, also with many writers."""
    temporary = path.with_name(f".{path.name}.{socket.gethostname()}-{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)  # of a process that was killed and had the same number
        with open_own(temporary, "xb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise _refusal(path, error) from error


@contextlib.contextmanager
def locked(path, wait=True):
    """A file opened for appending and locked; None in its place if wait is false and another process has the lock.

    A child process that inherits the file keeps the lock when this process dies. On file systems without locks
    nobody is locked out.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        opened = open_own(path, "ab")
    except OSError as error:
        raise _refusal(path, error) from error
    with opened as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield None
            return
        except OSError:
            pass
        yield file


def _refusal(path, error):
    reason = "it is a symbolic link" if error.errno == errno.ELOOP else error.strerror
    return ResultsError(f"cannot write {path}: {reason}; choose another folder with --out")


def attempts(place):
    """The attempts at a case so far: a list of dicts with command, seconds, exit_code, state and reason."""
    try:
        found = json.loads(place.record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return found if isinstance(found, list) else []


def note_attempt(place, attempt, fresh):
    """Add an attempt to those of a case; fresh: it began anew, so that earlier ones do not count."""
    replace(place.record, json.dumps([*([] if fresh else attempts(place)), attempt], indent=1) + "\n")


def standing(place):
    """How a case stands. Raises ResultsError if its folder holds something else than a run."""
    last = (attempts(place) or [{}])[-1]
    if _is_blank(place.run):
        ended = last.get("state")
        return Standing("failed", last["reason"]) if ended == "failed" else Standing("pending")
    if not is_run_folder(place.run):
        raise ResultsError(f"{place.run} holds files that are not those of a run: move them away")
    run = open_run(place.run)
    status, reason = run.status, (run.provenance.get("reason") or "").partition("; go on with: ")[0]
    if status == "running" and writer_of(place.run) is None:
        status = "interrupted"
    if status in ("running", "finished"):
        return Standing(status, reason)
    if status != "failed":
        # What only the exit code says: a run that asks to be resumed, one that crashed.
        status = last.get("state") if last.get("state") in ("paused", "failed") else "interrupted"
        reason = reason or last.get("reason", "")
    return Standing(status, reason, bool(getattr(run, "resumable", False)))


def is_changed(place, config):
    """Whether the run of a case was made with another configuration, or with other code of a user's own laws; HARMLESS
    parts do not count."""
    try:
        text = (place.run / CONFIG).read_text(encoding="utf-8")
    except OSError:
        return False  # killed before it had one: there is nothing to keep either
    if text == config.to_toml():
        return not _is_same_code(place, config)
    try:
        old = Config.from_toml(with_new_names(text), place.run, source=place.run / CONFIG)
    except ConfigError:
        return True
    return _counted(old) != _counted(config) or not _is_same_code(place, config)


def _is_same_code(place, config):
    """Whether the files of a user's own laws are those with which the run of a case was made."""
    files = open_run(place.run).provenance.get("law_files", {}) if config.laws else {}
    return all(files.get(name, {}).get("sha256") == law.checksum() for name, law in config.laws.items())


def _counted(config):
    return {name: value for name, value in config if name not in HARMLESS}


def _is_blank(folder):
    """Whether there is no run in a folder yet: at most what a kill at the very beginning leaves."""
    if not folder.is_dir():
        return not folder.exists()
    return all(path.name == LOCK or path.match(f".{PROVENANCE}*.tmp") for path in folder.iterdir())
