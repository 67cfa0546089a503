"""All pictures with all that stands in them, number by number, as they were told to be drawn before.

Small made-up runs are drawn: what changes here was changed in ecmsim.plot, or in what it reads of a run. Where that is
meant, pytest --regen-all writes the baselines anew, and their difference shows what has become of the picture.
"""

import numpy as np
import pytest
from helpers import artists, kept, synthetic

from ecmsim.plot import PICTURES, draw, unfit
from ecmsim.results import open_run

STEPS = 160


def stairs(folder):
    return synthetic.write_stairs(folder, steps=200)


def pulsed(folder):
    """The sweep, as if it were two pulses."""
    columns, outlines = synthetic.series(STEPS)
    train = 'kind = "pulse_train", amplitude = "2 V", width = "1 s", count = 2, interval = "1 s"'
    text = synthetic.CONFIG.format(compliance_mA=1.0).replace('kind = "ramp", to = "2 V", rate = "1 V/s"', train)
    text = text.replace('kind = "ramp", to = "0 V", rate = "1 V/s"', 'kind = "hold", duration = "1 s"')
    return synthetic.write_events(folder, text, columns, outlines, [])


def of_metals(folder):
    """The sweep, of electrodes that have names."""
    path = synthetic.write_run(folder, steps=STEPS) / "config.toml"
    text = path.read_text()
    path.write_text(text.replace("[cell]", '[cell]\nactive_electrode = "Cu"\ncounter_electrode = "own/Pt.toml"'))
    return folder


def still(folder):
    """Nothing happens: no voltage, no current."""
    columns, outlines = synthetic.series(20)
    rest = {name: np.full(20, values[0]) for name, values in columns.items()} | {"time_s": columns["time_s"]}
    rest |= {"current_A": np.zeros(20), "ionic_current_A": np.zeros(20)}
    return synthetic.write_columns(folder, rest, [outlines[0]] * 20)


MADE = {
    "sweep": of_metals,
    "still": still,
    "noisy": lambda folder: synthetic.write_run(folder, steps=STEPS, compliance=1e-5, noise=0.1, snapshots=False),
    "cycles": lambda folder: synthetic.write_cycles(folder, count=2),
    "one": lambda folder: synthetic.write_cycles(folder, count=1),
    "eight": lambda folder: synthetic.write_cycles(folder, count=8),
    "retention": synthetic.write_retention,
    "stairs": stairs,
    "pulsed": pulsed,
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """name of MADE -> Run, each made once."""
    folder, made = tmp_path_factory.mktemp("runs"), {}

    def run(name):
        if name not in made:
            made[name] = open_run(MADE[name](folder / name))
        return made[name]

    return run


OF_RUNS = [
    ("sweep", "iv", {}),
    ("sweep", "iv", {"voltage": "cell", "floor_A": 1e-12}),
    ("noisy", "iv", {}),
    ("cycles", "iv", {}),
    ("one", "iv", {}),
    ("eight", "iv", {}),
    ("pulsed", "iv", {}),
    ("stairs", "iv", {}),
    ("sweep", "gap", {}),
    ("sweep", "gap", {"time": "log"}),
    ("cycles", "gap", {}),
    ("one", "gap", {}),
    ("pulsed", "gap", {}),
    ("retention", "gap", {}),
    ("stairs", "conductance", {}),
    ("stairs", "conductance", {"x": "voltage", "parasitic": "300 ohm", "scale": "log"}),
    ("stairs", "conductance", {"x": "time", "parasitic": "model", "from_s": 2.0, "to_s": 15.0}),
    ("sweep", "conductance", {}),
    ("sweep", "temperature", {}),
    ("cycles", "temperature", {}),
    ("noisy", "temperature", {}),
    ("retention", "temperature", {}),
    ("sweep", "outline", {}),
    ("sweep", "outline", {"currents_A": [1e-9, 1e-5]}),
    ("sweep", "outline", {"times_s": [1.0, 1.75, 3.0]}),
    ("cycles", "outline", {}),
    ("retention", "outline", {}),
    ("retention", "retention", {}),
    ("sweep", "retention", {"from_s": 1.7}),
    ("noisy", "retention", {}),
    ("sweep", "elephant", {}),
    ("sweep", "elephant", {"time": "log", "colour": "current_density"}),
    ("sweep", "elephant", {"colour": "regime", "from_s": 1.5, "to_s": 2.0}),
    ("noisy", "elephant", {"colour": "time"}),
    ("cycles", "elephant", {}),
    ("cycles", "elephant", {"colour": "current"}),
    ("retention", "elephant", {}),
    ("sweep", "field", {}),
    ("sweep", "field", {"quantities": "ionic_potential, joule_heat", "view": "tip", "snapshot": 1}),
    ("sweep", "field", {"quantities": "potential", "view": "cell", "snapshot": 0}),
    ("sweep", "solid", {}),
    ("sweep", "solid", {"quantity": "current_density", "cut": 0, "snapshot": 1}),
    ("sweep", "solid", {"quantity": "potential", "cut": 200.0, "snapshot": "0, 3"}),
]


@pytest.mark.parametrize(
    ("run", "name", "options"), OF_RUNS, ids=[kept.name_of(*case[:2], **case[2]) for case in OF_RUNS]
)
def test_a_picture_of_a_run_is_as_it_was(runs, file_regression, tmp_path, run, name, options):
    with artists.undrawn() as pictures:
        drawn = draw(name, runs(run), tmp_path / f"{name}.png", **options)
    kept.check(file_regression, artists.told(pictures, drawn), run, name, **options)


def test_what_does_not_fit_a_run_is_told_as_it_was(runs, file_regression):
    lines = [f"{run} {name}: {unfit(name, runs(run))}" for run in MADE for name in PICTURES]
    kept.check(file_regression, "\n".join(lines), "unfit")
