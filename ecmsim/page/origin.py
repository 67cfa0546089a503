"""Where a run comes from and how to make it again: versions, command, commit, machine, times."""

import shlex
from datetime import datetime
from pathlib import PurePath
from typing import NamedTuple

from ecmsim.results.folder import CONFIG


class Item(NamedTuple):
    """A line of the provenance: its name, its text, and whether that is code."""

    name: str
    text: str
    code: bool = False


def origin(run):
    """The provenance of a run as a list of Item; what it does not tell is left out."""
    told = run.provenance
    found = [*_process(told)]
    if directory := told.get("working_directory"):
        found.insert(1, Item("In the folder", str(directory), True))
    if end := told.get("end_time"):
        found.append(Item("Ended", _moment(end)))
    files = told.get("law_files") or {}
    for name, law in (told.get("laws") or {}).items():
        record = files.get(name)
        where = f", from {record['file']} (SHA-256 {record['sha256']})" if record else ", given in Python"
        found.append(Item(f"Own law: {name}", f"{law}{where}"))
    for number, entry in enumerate(told.get("resumed") or [], 1):
        after = entry.get("after", {})
        why = ", ".join(str(after[key]) for key in ("status", "reason") if after.get(key))
        begun = f"{_moment(entry.get('start_time'))}, at step {entry.get('step')}" + (f", after: {why}" if why else "")
        found.append(Item(f"Resumed ({number})", begun))
        found += [
            Item(f"{item.name} ({number})", item.text, item.code) for item in _process(entry) if item.name != "Started"
        ]
    return found


def _process(told):
    """What a provenance, or an entry about a process that resumed the run, tells about its process."""
    if command := told.get("command"):
        yield Item("Command", shorter(command), True)
    if git := told.get("git"):
        changed = " with uncommitted changes" if git.get("dirty") else ""
        yield Item("Commit", f"{git.get('commit')}{changed}")
    if host := told.get("host"):
        platform = told.get("platform")
        yield Item("Machine", f"{host} ({platform})" if platform else str(host))
    if ranks := told.get("ranks"):
        cores = f" on a machine of {told['cpu_count']} cores" if told.get("cpu_count") else ""
        yield Item("MPI ranks", f"{ranks}{cores}")
    if start := told.get("start_time"):
        yield Item("Started", _moment(start))


def shorter(command):
    """A command as it was given: without the interpreter and the folder of the program."""
    try:
        words = shlex.split(command)
    except ValueError:
        return command
    for k, word in enumerate(words[:2]):
        if PurePath(word).name == "ecmsim":
            return shlex.join(["ecmsim", *words[k + 1 :]])
    return command


def versions(run):
    """Versions of the program and its libraries as (name, version), the program first."""
    told = {str(name): str(version) for name, version in (run.provenance.get("versions") or {}).items()}
    return sorted(told.items(), key=lambda item: (item[0] != "ecmsim", item[0] != "python"))


def commands(run, page):
    """The commands that make the run, and this page of it, again; with laws given in Python that takes Python."""
    again = shlex.quote(str(run.folder / CONFIG))
    ranks = run.provenance.get("ranks") or 1
    start = f"mpirun -n {ranks} " if ranks > 1 else ""
    copy = shlex.quote(str(run.folder.with_name(f"{run.folder.resolve().name}_again")))
    shown = shlex.join(["ecmsim", "report", str(run.folder), "--out", str(page)])
    files, laws = run.provenance.get("law_files") or {}, run.provenance.get("laws") or {}
    allowed = " --allow-code" if files else ""
    if given := ", ".join(name for name in laws if name not in files):
        return f"In Python, with the laws of one's own as laws= ({given}): ecmsim.run(ecmsim.load_config(…), …)", shown
    return f"{start}ecmsim run {again} --out {copy}{allowed}", shown


def _moment(text):
    """A time as an ISO string, written for people."""
    try:
        return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M:%S %z").strip()
    except (TypeError, ValueError):
        return str(text)
