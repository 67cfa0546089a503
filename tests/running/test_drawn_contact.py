"""Runs whose contact counts its atoms one by one: whole numbers, metal, telegraph noise, the same bytes again."""

import numpy as np
import pandas as pd
import pytest
from helpers.contact import NEAR
from helpers.stopping import During, signalled

from ecmsim.config import load_config
from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.physics.model import tunnelling_law
from ecmsim.results import open_run
from ecmsim.running.reporter import Stopped
from ecmsim.running.run import resume, run

pytestmark = pytest.mark.slow  # of one whole run, which the first of them makes

DRAWN = [
    *NEAR,
    "contact.atoms=drawn",
    "contact.attempt_frequency=1e13 / s",
    "contact.barrier=0.66 eV",
    "contact.binding=0.2 eV",
]
TOUCHING = [*DRAWN, 'initial.height="9.82 nm"', "model=reduced"]  # some five atoms' worth of metal in the last layer
REST = "programme=[{kind='ramp', to='1 mV', rate='1 V/s'}, {kind='hold', duration='1 s'}]"
SET = "programme=[{kind='ramp', to='2.6 V', rate='1 V/s'}]"
CYCLES = (
    "programme=[{kind='repeat', count=2, steps=[{kind='ramp', to='0.1 V', duration='0.4 s'}, "
    "{kind='ramp', to='-0.1 V', duration='0.4 s'}]}]"
)


def went(folder, *settings, until=None):
    run(load_config("configs/ag_contact.toml", [*settings]), folder, until=until)
    return pd.read_csv(folder / "timeseries.csv", float_precision="round_trip")


def bytes_of(folder):
    return [(folder / name).read_bytes() for name in ("timeseries.csv", "events.csv")]


@pytest.fixture(scope="module", params=["full", "reduced"])
def contact(request, tmp_path_factory):
    """A SET to 400 uA."""
    folder = tmp_path_factory.mktemp("drawn") / request.param
    return went(folder, *DRAWN, SET, f"model={request.param}", 'compliance.current="400 uA"', until=2.4)


def test_atoms_are_whole_and_come_with_the_metal(contact):
    atoms, metal = contact.contact_atoms, contact.contact_metal
    assert (atoms == atoms.round()).all() and atoms.max() >= 3
    assert (atoms[metal == 0] == 0).all() and metal.max() > 2
    assert abs(atoms - metal).max() < 4
    assert set(atoms) >= {0, 1, 2, 3}


def test_every_level_is_that_of_a_whole_number(contact):
    """In contact no conductance is between levels: the plateaus come out of whole atoms, no step is put in."""
    law = tunnelling_law(load_config("configs/ag_contact.toml"))
    held = contact[contact.contact_atoms > 0]
    found = held.tunnel_current_A / held.junction_voltage_V / CONDUCTANCE_QUANTUM
    levels = np.array([law.levels.of(int(number)) for number in held.contact_atoms])
    beside = found / levels - 1  # places of the layer that still tunnel
    assert (abs(beside) < 0.02).all()


def test_balances_hold_while_atoms_come_and_go(contact):
    assert contact.charge_imbalance.max() < 1e-8
    assert contact.power_imbalance.max() < 1e-4
    assert contact.faraday_error.max() < 1e-3
    assert (contact.current_A <= 4e-4 * (1 + 1e-9)).all()


def test_hopping_makes_telegraph_noise_and_no_metal(tmp_path):
    """At a millivolt the metal stands nearly still, while atoms go between contact and surface."""
    series = went(tmp_path / "run", *TOUCHING, REST, "stepping.largest_step=20 ms")[1:]  # the first outline is coarser
    assert np.ptp(series.volume_nm3) < 1e-4 * series.volume_nm3.mean()
    assert np.ptp(series.contact_metal) < 0.05
    assert (np.diff(series.contact_atoms) != 0).sum() > 5
    # The number goes around that metal.
    weight = np.diff(series.time_s, prepend=0)
    mean = (series.contact_atoms * weight).sum() / weight.sum()
    assert abs(mean - series.contact_metal.mean()) < 0.6
    assert series.contact_metal.mean() > 1


def test_a_seed_tells_all_bytes(tmp_path):
    for name, seed in (("one", 4), ("again", 4), ("other", 5)):
        went(tmp_path / name, *TOUCHING, REST, f"contact.seed={seed}", until=0.3)
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "again")
    assert bytes_of(tmp_path / "one") != bytes_of(tmp_path / "other")


@pytest.mark.parametrize("model", ["reduced", "full"])
def test_a_resumed_run_has_the_same_bytes(tmp_path, model):
    settings = [*TOUCHING, REST, f"model={model}", "stepping.rebind_every=5", "checkpoint.interval=0.001 s"]
    settings += ["programme[1].duration=0.3 s"]
    went(tmp_path / "whole", *settings)
    config = load_config("configs/ag_contact.toml", settings)
    with pytest.raises(Stopped):
        run(config, tmp_path / "stopped", progress=During(12, signalled))
    resume(tmp_path / "stopped")
    assert bytes_of(tmp_path / "whole") == bytes_of(tmp_path / "stopped")
    assert len(set(open_run(tmp_path / "whole").timeseries.contact_atoms)) > 1


def test_cycles_are_not_alike(tmp_path):
    series = went(tmp_path / "run", *TOUCHING, CYCLES)
    one, two = (series[series.cycle == cycle].contact_atoms.to_numpy() for cycle in (1, 2))
    both = min(len(one), len(two))
    assert both > 20 and (one[:both] != two[:both]).any()


def test_arrangements_are_drawn_anew_in_every_cycle(tmp_path):
    """Of the law without whole atoms, too: a level of one cycle is not that of the next."""
    still = [*NEAR, 'initial.height="9.82 nm"', "model=reduced", "tunnelling.seed=3", CYCLES]
    series = went(tmp_path / "run", *still, "butler_volmer.activation_energy=1.5 eV")[1:]
    assert np.ptp(series.contact_metal) < 1e-3  # nothing reacts
    found = (series.tunnel_current_A / series.junction_voltage_V)[series.junction_voltage_V != 0]
    one, two = (found[series.cycle == cycle] for cycle in (1, 2))
    assert np.ptp(one) < 1e-3 * one.mean() and np.ptp(two) < 1e-3 * two.mean()
    assert abs(one.mean() / two.mean() - 1) > 0.01
