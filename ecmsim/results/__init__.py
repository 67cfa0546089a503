"""What does a run leave? Its folder: written step by step, read at any time; what can be read off it. Arrays and files.

Reading (reader) imports nothing that writes; folder says what lies where.

May import: config, drive, shape.
"""

from ecmsim.results.checkpoint import Checkpoints
from ecmsim.results.columns import COLUMNS
from ecmsim.results.compatibility import Differences, differences
from ecmsim.results.provenance import collect as collect_provenance
from ecmsim.results.reader import Outline, Outlines, Run, Snapshot, open_run
from ecmsim.results.regimes import Regimes, find_regimes
from ecmsim.results.writer import RunWriter

__all__ = [
    "COLUMNS",
    "Checkpoints",
    "Differences",
    "Outline",
    "Outlines",
    "Regimes",
    "Run",
    "RunWriter",
    "Snapshot",
    "collect_provenance",
    "differences",
    "find_regimes",
    "open_run",
]
