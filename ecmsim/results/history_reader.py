"""Reads history.h5: the outlines of filament and electrode at every reported step, and the configuration."""

from ecmsim.errors import ResultsError


def read_history(path):
    """The open h5py.File of a history.h5, opened for reading at any moment, also after a kill. Raises ResultsError."""
    import h5py

    failure = None
    # File systems without locks refuse the first; a reader of whole, flushed records needs none.
    for locking in ("best-effort", False):
        try:
            return h5py.File(path, "r", swmr=True, locking=locking)
        except OSError as error:
            failure = failure or error
    raise ResultsError(f"cannot read the outlines in {path}: {failure}") from failure
