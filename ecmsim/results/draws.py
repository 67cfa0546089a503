"""The parameters that were drawn for each cycle of a run."""

from ecmsim.config import Config
from ecmsim.config.moved import with_new_names
from ecmsim.config.structure import column
from ecmsim.drive import Programme


def draws_of(run):
    """The draws of a run (a Run) as a DataFrame: `cycle`, from 1, and a column for each setting with its unit; empty
    where nothing is drawn from cycle to cycle."""
    import pandas as pd

    if "draw" not in run.config:
        return pd.DataFrame()
    config = Config.from_toml(with_new_names(run.config_text), base=run.folder)
    count = max(piece.cycle for piece in Programme.from_steps(config.programme).pieces)
    rows = []
    for number in range(1, count + 1):
        values = config.drawn(number)
        rows.append({"cycle": number} | {column(name, value.unit): float(value) for name, value in values.items()})
    return pd.DataFrame(rows)
