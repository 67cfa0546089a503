"""What lies where in the folder of a run: the names of its files, what makes it a run's, which files belong to it."""

import json
import re
from pathlib import Path

FORMAT = "ecmsim run"
FORMAT_VERSION = 1
CONFIG, PROVENANCE, TIMESERIES = "config.toml", "provenance.json", "timeseries.csv"
HISTORY, EVENTS, LOG, FAILURE = "history.h5", "events.csv", "ecmsim.log", "failure.npz"
CYCLES, PULSES = "cycles.csv", "pulses.csv"
SNAPSHOTS, SNAPSHOT_INDEX = "snapshots", "index.csv"
CHECKPOINTS, POINTER = "checkpoints", "latest.json"
LOCK = ".lock"
ASCII = str.maketrans({"µ": "u", "μ": "u", "Ω": "ohm"})  # units in names that every file system has
STATUSES = ("running", "finished", "stopped", "failed")


def snapshot_name(number, label):
    """The name of the file of a snapshot: its number, and its label in letters that every file system has."""
    return f"{number:04d}_{re.sub(r'[^A-Za-z0-9.+-]+', '-', label.translate(ASCII)).strip('-') or 'snapshot'}.vtu"


def temporary_name(path):
    """Where a file is written before it gets its own name."""
    return path.with_name(f".{path.name}.tmp")


def is_run_folder(folder):
    """Whether a folder holds a run: whether its provenance.json says so."""
    path = Path(folder) / PROVENANCE
    try:
        provenance = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(provenance, dict) and provenance.get("format") == FORMAT


def no_plain_file(folder):
    """The first of the files that are read of a run that is there, but is a pipe or a folder; None if there is none."""
    names = (CONFIG, TIMESERIES, HISTORY, EVENTS, f"{SNAPSHOTS}/{SNAPSHOT_INDEX}", f"{CHECKPOINTS}/{POINTER}")
    paths = (Path(folder) / name for name in names)
    return next((path for path in paths if path.exists() and not path.is_file()), None)


def run_files(folder):
    """The files in a folder that a run writes, but provenance.json, which says that it is a run; checkpoints first."""
    files = [folder / name for name in (TIMESERIES, HISTORY, EVENTS, LOG, FAILURE, CONFIG, CYCLES, PULSES)]
    files += [
        folder / SNAPSHOTS / SNAPSHOT_INDEX,
        *(folder / SNAPSHOTS).glob("[0-9]*_*.vtu"),
        *(folder / SNAPSHOTS).glob(".[0-9]*_*.vtu.tmp"),
    ]
    files += [temporary_name(path) for path in (*files, folder / PROVENANCE)]
    return [path for path in (*checkpoint_files(folder / CHECKPOINTS), *files) if path.is_file()]


def checkpoint_files(folder):
    """All files in a folder of checkpoints that Checkpoints writes there, finished or not."""
    folder = Path(folder)
    files = [path for path in folder.iterdir() if checkpoint_number(path) is not None] if folder.is_dir() else []
    pointer = folder / POINTER
    return [*files, pointer, temporary_name(pointer), *folder.glob(".[0-9]*.h5.tmp")]


def checkpoint_number(path):
    """Number of a checkpoint by its name; None if it is not the name of one."""
    found = re.fullmatch(r"(\d{6,})\.h5", path.name)
    return int(found[1]) if found else None
