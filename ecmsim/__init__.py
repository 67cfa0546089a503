"""Finite-element simulation of filament growth in electrochemical metallization memory cells.

    from ecmsim import fit, load_config, open_run, run, sweep
    run(load_config("configs/quick.toml"), "runs/quick")
    open_run("runs/quick").timeseries
    sweep("configs/studies/quick_series.toml")
    fit("fit.toml").values

Importing this package is cheap: neither the solver nor the plotting library is loaded.
"""

import importlib

__version__ = "0.1.0"

__all__ = ["__version__", "fit", "load_config", "open_run", "resume", "run", "sweep"]

PLACES = {
    "fit": "ecmsim.fitting.command",
    "load_config": "ecmsim.config",
    "open_run": "ecmsim.results",
    "resume": "ecmsim.running.run",
    "run": "ecmsim.running.run",
    "sweep": "ecmsim.study.command",
}


def __getattr__(name):
    if name not in PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(PLACES[name]), name)
