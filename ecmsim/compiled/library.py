"""kernels.c as a library: compiled through cffi at first use, kept in the cache, loaded from there ever after."""

import contextlib
import hashlib
import importlib.util
import logging
import os
import re
import sys
import sysconfig
import tempfile
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).with_name("kernels.c")
# No product is contracted into a sum, so that all processors come to the same numbers; sqrt needs no errno.
OPTIONS = ["-O3", "-std=c11", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]
SWITCH = "ECMSIM_COMPILED"  # "0": NumPy alone
EXTERNAL = re.compile(r"^(?:WIDE )?(void [a-z_]+\([^)]*\)) \{", re.M)

logger = logging.getLogger("ecmsim")


def folder():
    """Where compiled kernels are kept: beside the compiled forms, in XDG_CACHE_HOME."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ecmsim"


@cache
def kernels():
    """The compiled module (its .lib has the functions of kernels.c, its .ffi makes pointers), or None."""
    if os.environ.get(SWITCH) == "0":
        return None
    try:
        source = SOURCE.read_text(encoding="utf-8")
        told = "\n".join([source, *OPTIONS, sys.version, sysconfig.get_platform()])
        name = f"_kernels_{hashlib.sha256(told.encode()).hexdigest()[:16]}"
        path = folder() / f"{name}{sysconfig.get_config_var('EXT_SUFFIX')}"
        if not path.exists():
            _compile(name, source, path)
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    except Exception as error:  # no cffi, no compiler, no place to keep it: whatever it is, NumPy does the work
        logger.warning("the reduced model is slower than it could be, its kernels are not compiled: %s", error)
        return None


def _compile(name, source, path):
    """Compile into a folder of its own, and move the result to its place as a whole: what is there is complete."""
    from cffi import FFI

    maker = FFI()
    maker.cdef("".join(f"{declared};\n" for declared in EXTERNAL.findall(source)))
    maker.set_source(name, source, extra_compile_args=OPTIONS)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch, _quiet():
        os.replace(maker.compile(tmpdir=scratch), path)


@contextlib.contextmanager
def _quiet():
    """Without a word of what compiles on standard output."""
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        yield
