"""Made-up runs under any programme: a conductance that a test chooses, and the current that Ohm's law gives."""

import numpy as np

from ecmsim.config import Config
from ecmsim.drive import Programme
from ecmsim.results.columns import COLUMNS
from helpers import synthetic

HEAD = 'extends = "ecmsim:cu_sio2_pt"\n[cell]\nactive_electrode = "Cu"\n'


def write_pulsed(folder, programme, conductance, events=(), points=12, until=None):
    """Write a run and return its folder. programme: TOML of [[programme]]; conductance(time) in S; events: (time, name,
    detail); points: of each straight leg; until: s, where the run ends."""
    config = Config.from_toml(HEAD + programme)
    legs = Programme.from_steps(config.programme).planned()
    rows = [(0.0, legs[0])] + [
        (float(time), leg) for leg in legs for time in np.linspace(leg.start, leg.end, points + 1)[1:]
    ]
    rows = [row for row in rows if until is None or row[0] <= until]
    time = np.array([at for at, _ in rows])
    voltage = np.array([leg.value(at) for at, leg in rows])
    current = voltage * np.array([conductance(at) for at in time])
    columns = dict.fromkeys(COLUMNS, np.zeros(len(time))) | {
        "time_s": time,
        "source_voltage_V": voltage,
        "cell_voltage_V": voltage,
        "current_A": current,
        "power_W": voltage * current,
        "gap_nm": np.full(len(time), 1.0),
        "volume_nm3": np.full(len(time), 5.0),
        "temperature_max_K": np.full(len(time), 300.0),
        "cycle": np.array([leg.cycle(at) for at, leg in rows]),
        "pulse": np.array([leg.piece.pulse for _, leg in rows]),
        "read": np.array([leg.piece.part == "read" for _, leg in rows], int),
    }
    _, outlines = synthetic.series(2)
    every = [outlines[0]] * len(time)
    return synthetic.write_events(folder, config.to_toml(), columns, every, list(events))
