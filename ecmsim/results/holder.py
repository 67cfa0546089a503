"""Who is writing a run's folder, or was: told by its lock and by its provenance."""

import fcntl
import json
import os
import socket
from pathlib import Path

from ecmsim.results.folder import LOCK


def writer_of(folder):
    """Who is writing a run's folder, as {"host", "process"} (empty if unknown); None if nobody is."""
    path = Path(folder) / LOCK
    try:
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return holder_of(path)
    except OSError:
        holder = holder_of(path)
        return holder if may_live(holder) else None
    return None


def described(holder):
    """A holder in words."""
    return f"process {holder['process']} on {holder['host']}" if holder else "another process"


def holder_of(path):
    """The process that a lock's file names; empty if it names none."""
    try:
        holder = json.loads(path.read_bytes() if path.is_file() else b"")
        return {"host": str(holder["host"]), "process": int(holder["process"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def may_live(holder):
    """Whether a process may still be there: not if it was one of this machine and has gone."""
    return bool(holder) and not process_is_gone(holder)


def process_is_gone(provenance):
    """Whether the process that wrote a provenance, or last resumed the run, ran on this machine and is no more."""
    last = (provenance.get("resumed") or [provenance])[-1]
    if last.get("host") != socket.gethostname() or "process" not in last:
        return False
    try:
        os.kill(last["process"], 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False
