"""Errors that a user may see: one clear sentence each, and the exit code of the command line."""

import errno

REFUSALS = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ENAMETOOLONG)
MEMORY = ("cannot allocate memory", "failed to map segment", "out of memory")


def refusal_of_the_system(error):
    """What an exception that is no defect of ours says that the system refuses, as a text, or None."""
    if isinstance(error, MemoryError) or any(words in str(error).lower() for words in MEMORY):
        return "not enough memory: a coarser mesh, a smaller study or a higher limit (ulimit -v) may help"
    if isinstance(error, OSError) and error.errno in REFUSALS:
        where = error.filename or "the output"
        cache = " (another folder for compiled forms: XDG_CACHE_HOME)" if "fenics" in str(where) else ""
        return f"cannot write or read {where}: {error.strerror}{cache}"
    return None


class EcmsimError(Exception):
    """Something that the user can act on; str(error) says what, where and what to do."""

    exit_code = 1


class ConfigError(EcmsimError):
    """The configuration is wrong. All problems are listed, one line each; `problems` has them as a tuple."""

    exit_code = 2

    def __init__(self, message, problems=()):
        super().__init__(message)
        self.problems = tuple(problems)


class ResultsError(EcmsimError):
    """A result folder cannot be written or read."""

    exit_code = 2


class MeasurementError(EcmsimError):
    """A measurement file, or what a [columns] block says of it, cannot be understood."""

    exit_code = 2


class PlotError(EcmsimError):
    """A picture cannot be drawn from this run."""

    exit_code = 2


class PageError(EcmsimError):
    """A page about a run cannot be made."""

    exit_code = 2


class SolveError(EcmsimError):
    """A run could not go on: the fields, the mesh or the outline failed."""

    exit_code = 3


class TransportError(EcmsimError):
    """A quantum transport calculation, its table or its plan has wrong or inconsistent input."""

    exit_code = 2


class TransportFailure(TransportError):
    """A quantum transport calculation with proper input did not converge, or its program did not finish."""

    exit_code = 3
