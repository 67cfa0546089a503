"""Runs through contact: conductance steps, balances, both models, both directions, none of the gap's ends crossed."""

import numpy as np
import pandas as pd
import pytest
from helpers.contact import NEAR

from ecmsim.config import load_config
from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.results import open_run
from ecmsim.running.run import resume, run

pytestmark = pytest.mark.slow  # of one whole run, which the first of them makes


def went(folder, *settings, config="configs/ag_contact.toml", until=None):
    outcome = run(load_config(config, [*NEAR, *settings]), folder, until=until)
    series = pd.read_csv(folder / "timeseries.csv", float_precision="round_trip")
    return outcome, series


def junction(series):
    """G/G0 of gap and contact alone."""
    return (series.tunnel_current_A / series.junction_voltage_V / CONDUCTANCE_QUANTUM).to_numpy()


@pytest.fixture(scope="module", params=["full", "reduced"])
def contact(request, tmp_path_factory):
    """Outcome, series and folder of a SET to 400 uA."""
    folder = tmp_path_factory.mktemp("contact") / request.param
    settings = [f"model={request.param}", 'compliance.current="400 uA"', "stepping.gap_fraction=0.05"]
    return *went(folder, *settings, until=2.6), folder


def test_the_run_goes_on_through_contact(contact):
    outcome, series, folder = contact
    assert outcome.reason.startswith("t = 2.6 s")
    events = open_run(folder).events
    assert list(events[events.event == "contact"].detail) == ["an atom bridges the gap"]
    when = float(events[events.event == "contact"].time_s.iloc[0])
    before, after = series[series.time_s < when - 1e-12], series[series.time_s > when + 1e-12]
    assert (before.contact_atoms < 0.5).all() and (after.contact_atoms >= 0.5).all()
    assert len(after) > 50
    assert series.contact_atoms.iloc[-1] > 2


def test_balances_hold_through_contact(contact):
    _, series, _ = contact
    assert series.charge_imbalance.max() < 1e-8
    assert series.power_imbalance.max() < 1e-4
    assert series.faraday_error.max() < 2e-3
    assert (series.current_A <= 4e-4 * (1 + 1e-9)).all()


def test_charge_is_balanced_from_the_first_step_of_a_current_sweep(tmp_path):
    """A source of 1e-9 A at its voltage limit before a cell of 1e-17 A: the balance takes fresh factors."""
    run(load_config("configs/ag_current_sweep.toml", ["output.snapshot_currents=[]"]), tmp_path / "run", until=0.015)
    series = open_run(tmp_path / "run").timeseries
    assert series.current_A.max() < 1e-16 and len(series) > 8
    assert series.charge_imbalance.max() < 1e-8


def test_the_conductance_stands_still_at_whole_atoms(contact):
    """Between N - 1/4 and N + 1/4 atoms G is that of N atoms, but for the places that still tunnel; in between it
    rises."""
    _, series, _ = contact
    atoms, conductance = series.contact_atoms.to_numpy(), junction(series)
    for whole in (1, 2):
        plateau = (atoms > whole - 0.24) & (atoms < whole + 0.24)
        assert plateau.sum() >= 3
        assert np.ptp(conductance[plateau]) < 0.12 * conductance[plateau].mean()
    first = conductance[(atoms > 0.76) & (atoms < 1.24)].mean()
    second = conductance[(atoms > 1.76) & (atoms < 2.24)].mean()
    assert 0.8 < first < 1.6 and second > first + 0.6


def test_the_junction_is_a_part_of_the_cell(contact):
    _, series, _ = contact
    late = series[series.contact_atoms > 1]
    assert (late.junction_voltage_V < late.cell_voltage_V).all()
    assert (late.junction_voltage_V > 0.5 * late.cell_voltage_V).all()


@pytest.mark.parametrize("law", ["blend", "terraces"])
def test_full_and_reduced_agree(tmp_path, law):
    found = [
        junction(went(tmp_path / model, f"model={model}", f"tunnelling.law={law}", until=2.45)[1])[-1]
        for model in ("full", "reduced")
    ]
    assert found[0] == pytest.approx(found[1], rel=0.1)


def test_terraces_through_contact_and_resumed(tmp_path):
    """Balances hold, the voltage beyond the table is told, and a run that was stopped has the same bytes."""
    settings = ["model=reduced", "tunnelling.law=terraces", 'compliance.current="400 uA"']
    _, series = went(tmp_path / "whole", *settings)
    assert series.contact_atoms.max() > 1
    assert series.charge_imbalance.max() < 1e-8 and series.power_imbalance.max() < 1e-6
    assert (series.current_A <= 4e-4 * (1 + 1e-9)).all()
    (told,) = [text for text in open_run(tmp_path / "whole").provenance["remarks"] if "table of conductances" in text]
    assert "beyond that its last conductance is taken" in told
    went(tmp_path / "stopped", *settings, until=2.45)
    resume(tmp_path / "stopped", until=float("inf"))
    first, second = ((tmp_path / name / "timeseries.csv").read_bytes() for name in ("whole", "stopped"))
    assert first == second


def test_the_surfaces_never_touch(tmp_path):
    """Without compliance all places of the last layer are taken, and the gap ends closing."""
    _, series = went(
        tmp_path / "run",
        "model=reduced",
        'compliance.kind="none"',
        'tunnelling.contact_gap="0.1 nm"',
        "heat.enabled=false",
    )
    assert series.gap_shortest_nm.min() > 0.0999
    assert series.contact_atoms.max() > 10


def test_a_contact_opens_under_the_other_sign(tmp_path):
    _, series = went(
        tmp_path / "run",
        "model=reduced",
        "programme=[{kind='ramp', to='2.6 V', rate='1 V/s'}, "
        "{kind='ramp', to='-2.6 V', rate='1 V/s', until='gap > 0.5 nm'}]",
        'compliance.polarity="positive"',
    )
    assert series.contact_atoms.max() > 0.5
    assert series.contact_atoms.iloc[-1] < 0.5


def test_two_cycles_through_the_contact(tmp_path):
    """SET to four atoms, RESET until none is left, and the same once more; on the way out they go one after another."""
    coarse = ["mesh.refinement=0.7", "stepping.refinement=0.6"]
    run(load_config("configs/ag_contact_cycle.toml", ["model=reduced", *coarse]), tmp_path / "run")
    found = open_run(tmp_path / "run")
    told = found.events[found.events.event.isin(["contact", "contact lost"])]
    assert list(told.event) == ["contact", "contact lost"] * 2
    for (begin, end), voltage in zip(told.time_s.to_numpy().reshape(2, 2), found.cycles.V_RESET_V, strict=True):
        inside = found.timeseries[(found.timeseries.time_s > begin) & (found.timeseries.time_s < end)]
        assert inside.contact_atoms.max() > 3.5 and (inside.contact_atoms > 0).all()
        out = inside[(inside.source_voltage_V < voltage) & (inside.source_voltage_V.diff() < 0)]
        assert out.contact_atoms.diff().max() < 0.3 and len(out) > 10
        assert out.contact_atoms.iloc[0] > 3 and out.contact_atoms.iloc[-1] < 0.7
    first, second = found.cycles.V_SET_V
    assert second == pytest.approx(first, rel=0.02)  # from the nucleus: RESET has left nothing else


def test_simmons_ends_at_contact_and_blend_does_not_differ_before(tmp_path):
    _, blend = went(tmp_path / "blend", "model=reduced", until=2.2)
    _, simmons = went(tmp_path / "simmons", "model=reduced", "tunnelling.law=simmons", until=2.2)
    assert (simmons.contact_atoms == 0).all()
    far = blend.gap_nm > 0.32  # before the last layer begins to fill
    assert far.sum() > 20
    same = simmons[: far.sum()].reset_index(drop=True)
    assert (same.current_A == blend[far].current_A).all() and (same.gap_nm == blend[far].gap_nm).all()
