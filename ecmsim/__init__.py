"""Finite-element simulation of filament growth in electrochemical metallization memory cells.

    from ecmsim import open_run
    run = open_run("runs/cu_sio2_pt")

Importing this package is cheap: neither the solver nor the plotting library is loaded.
"""

__version__ = "0.1.0"

__all__ = ["__version__", "load_config", "open_run"]


def __getattr__(name):
    if name == "load_config":
        from ecmsim.config import load_config

        return load_config
    if name == "open_run":
        from ecmsim.results import open_run

        return open_run
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
