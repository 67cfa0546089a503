"""What does a run leave? Its folder: written step by step, read at any time; what can be read off it. Arrays and files.

Reading (reader) imports nothing that writes; folder says what lies where. Importing this package is cheap: what is
taken from it is imported then.

May import: config, drive, shape, switching.
"""

import importlib

PLACES = {
    "COLUMNS": "columns",
    "Checkpoints": "checkpoint",
    "Differences": "compatibility",
    "Outline": "reader",
    "Outlines": "reader",
    "Regimes": "regimes",
    "Run": "reader",
    "RunWriter": "writer",
    "Snapshot": "reader",
    "collect_provenance": "provenance",
    "differences": "compatibility",
    "find_regimes": "regimes",
    "open_run": "reader",
}
THERE = {"collect_provenance": "collect"}  # what has another name in its module

__all__ = list(PLACES)


def __getattr__(name):
    if name not in PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{PLACES[name]}"), THERE.get(name, name))
