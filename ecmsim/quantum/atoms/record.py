"""The file of trajectories: CSV with its settings above the columns, written line by line."""

import json
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ecmsim import __version__
from ecmsim.errors import ResultsError
from ecmsim.quantum.atoms.settings import Settings
from ecmsim.quantum.atoms.trajectory import Sample

if TYPE_CHECKING:
    import pandas as pd

FORMAT = "ecmsim trajectories of an atomic contact"
COLUMNS = tuple(field.name for field in fields(Sample))
DIGITS = {"transmission": 5, "energy_eV": 4, "temperature_K": 1, "pulled_A": 3, "shift_A": 4, "recoil_eV_per_A": 4}


@dataclass(frozen=True)
class Record:
    """Trajectories that were made with the same settings but for their seeds: rows is a DataFrame with COLUMNS."""

    path: Path
    settings: Settings
    rows: "pd.DataFrame"

    @property
    def title(self):
        """Metal and layers, as "Ag 9-4-9"."""
        counts = "-".join(map(str, self.settings.counts))
        return f"{self.settings.metal} {counts}" + (" tips" if self.settings.separation_A is not None else "")

    def runs(self):
        """One DataFrame for each seed."""
        return [rows for _, rows in self.rows.groupby("seed", sort=False)]

    def settled(self):
        """As runs(), without the time in which the contact settles; pulled ones whole."""
        start = 0 if self.settings.speed_m_s else self.settings.settle_ps
        return [rows[rows["t_ps"] >= start] for rows in self.runs()]


class Writer:
    """Writes samples as they come, so that an interrupted run leaves all it had.

    Raises ResultsError where there is a file already, or the place cannot be written.
    """

    def __init__(self, path, settings: Settings, overwrite=False):
        self.path = Path(path)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.file = open(self.path, "w" if overwrite else "x", encoding="utf-8")
        except FileExistsError:
            raise ResultsError(f"{path} is there already: choose another --out, or --overwrite") from None
        except OSError as error:
            raise ResultsError(f"cannot write {path}: {error.strerror or error}; choose another --out") from error
        self._line(f"# {FORMAT}, ecmsim {__version__}")
        self._line(f"# made by: {settings.command} --out {self.path.name}")
        self._line(f"# settings: {json.dumps(settings.as_dict())}")
        self._line(",".join(COLUMNS))

    def add(self, sample: Sample):
        """A row."""
        values = zip(COLUMNS, astuple(sample), strict=True)
        self._line(",".join(f"{value:.{DIGITS[name]}f}" if name in DIGITS else f"{value:g}" for name, value in values))

    def close(self, remark):
        """The last line, a remark on how it ended."""
        self._line(f"# {remark}")
        self.file.close()

    def _line(self, text):
        self.file.write(text + "\n")
        self.file.flush()


def load(path) -> Record:
    """Trajectories from a file. Raises ResultsError where it is none, has no rows or lacks a column."""
    import pandas as pd

    path = Path(path)
    try:
        head = path.read_text(encoding="utf-8").splitlines()[:4]
    except (OSError, UnicodeDecodeError) as error:
        raise ResultsError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    settings = next((line.removeprefix("# settings: ") for line in head if line.startswith("# settings: ")), None)
    if settings is None or not head[0].startswith(f"# {FORMAT}"):
        raise ResultsError(f"{path} is no file of trajectories (of ecmsim quantum trajectory)")
    rows = pd.read_csv(path, comment="#")
    if missing := [name for name in COLUMNS if name not in rows]:
        raise ResultsError(f"{path} lacks the column {missing[0]}")
    rows = rows[np.isfinite(rows[list(COLUMNS)].to_numpy(float)).all(axis=1)]  # but a line that was cut off
    if rows.empty:
        raise ResultsError(f"{path} has no samples so far")
    return Record(path, Settings.from_dict(json.loads(settings)), rows)
