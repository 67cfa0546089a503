"""Compiled weak forms on disk, where a process that is killed while it compiles leaves no harm.

The form compiler marks a form as begun by an empty file and then waits for its end, in vain when who began it was
killed. Here one process at a time compiles, holding a lock that ends with it, and clears away what nobody will finish.
"""

import contextlib
import fcntl
from pathlib import Path

import dolfinx
import dolfinx.jit


def folder():
    """Where ecmsim keeps its compiled forms: a part of dolfinx's cache (XDG_CACHE_HOME) of its own."""
    return Path(dolfinx.jit.get_options()["cache_dir"]) / "ecmsim"


def compile_forms(comm, forms):
    """Weak forms (by name) compiled, or read where that was done before; collective over comm."""
    options = {"cache_dir": folder()}
    with _alone() if comm.rank == 0 else contextlib.nullcontext():
        return {name: dolfinx.fem.compile_form(comm, form, jit_options=options) for name, form in forms.items()}


@contextlib.contextmanager
def _alone():
    """While no other process compiles; the forms that a killed one left half done are removed."""
    where = folder()
    where.mkdir(parents=True, exist_ok=True)
    with open(where / "lock", "a") as lock:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(lock, fcntl.LOCK_EX)
        for begun in where.glob("*.c"):
            if not begun.with_suffix(".c.cached").exists():
                begun.unlink(missing_ok=True)
        yield
