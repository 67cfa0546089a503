"""The parameters that were drawn for each cycle of a run."""

from ecmsim.config import Config
from ecmsim.config.moved import with_new_names
from ecmsim.config.structure import column
from ecmsim.drive import Programme


def draws_of(run):
    """The draws of a run (a Run): for the number of each cycle, from 1, a dict with a number for each setting with its
    unit, such as stress_energy_eV; empty where nothing is drawn from cycle to cycle."""
    if "draw" not in run.config:
        return {}
    config = Config.from_toml(with_new_names(run.config_text), base=run.folder)
    count = max(piece.cycle for piece in Programme.from_steps(config.programme).pieces)
    drawn = {number: config.drawn(number) for number in range(1, count + 1)}
    return {
        number: {column(name, value.unit): float(value) for name, value in values.items()}
        for number, values in drawn.items()
    }
