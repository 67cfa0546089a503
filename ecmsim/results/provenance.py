"""Where a result comes from: versions, command, git state, machine and times."""

import os
import platform
import shlex
import socket
import subprocess
import sys
from datetime import datetime
from importlib import metadata
from pathlib import Path

DISTRIBUTIONS = {
    "ecmsim": "ecmsim",
    "numpy": "numpy",
    "scipy": "scipy",
    "dolfinx": "fenics-dolfinx",
    "petsc": "petsc4py",
    "mpi": "mpi4py",
    "gmsh": "gmsh",
    "pyvista": "pyvista",
    "h5py": "h5py",
    "meshio": "meshio",
    "pandas": "pandas",
    "pydantic": "pydantic",
    "pint": "pint",
}


def now():
    """The time as an ISO string with its offset from UTC."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def collect(extra=None, ranks=1):
    """Provenance of a run that starts now, as a dict that JSON can hold.

    extra: dict that is merged into it; its "versions" add to those found here (the version of a library that
    leaves no package metadata, such as PETSc's own, is known only to who has imported it). ranks: MPI ranks.
    """
    extra = dict(extra or {})
    return {
        "versions": installed_versions() | extra.pop("versions", {}),
        "command": shlex.join(sys.orig_argv),
        "working_directory": os.getcwd(),
        "git": git_state(Path(__file__).resolve()),
        "host": socket.gethostname(),
        "platform": platform.platform(),
        "cpu_count": os.cpu_count(),
        "ranks": ranks,
        "process": os.getpid(),
        "start_time": now(),
    } | extra


def installed_versions():
    """Versions of Python and of the installed libraries, read from their metadata without importing them."""
    versions = {"python": platform.python_version()}
    for name, distribution in DISTRIBUTIONS.items():
        try:
            versions[name] = metadata.version(distribution)
        except metadata.PackageNotFoundError:
            pass
    return versions


def git_state(file):
    """Commit of the git repository that tracks a file and whether it is changed; None where there is none."""

    def git(*arguments):
        return subprocess.run(
            ["git", "-C", str(file.parent), *arguments],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        ).stdout.strip()

    try:
        git("ls-files", "--error-unmatch", file.name)
        return {
            "commit": git("rev-parse", "HEAD"),
            "dirty": bool(git("status", "--porcelain", "--untracked-files=no")),
        }
    except (OSError, subprocess.SubprocessError):
        return None
