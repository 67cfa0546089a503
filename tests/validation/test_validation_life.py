"""The life of a cell: what is read off cycles, how far both models are apart, and what is committed."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from helpers.paths import ROOT

from ecmsim.config import load_config
from ecmsim.results import open_run
from ecmsim.run import run
from ecmsim.study import Study
from validation.life.compare import Life, apart, cycles_of, frame, lives, vertex
from validation.life.page import page

HERE = ROOT / "validation" / "life"
STUDY = ROOT / "configs" / "studies" / "reset_series.toml"
ENDED = "end of the programme"


def cycle(number, **changes):
    values = {"V_SET_V": 1.7, "V_RESET_V": -0.4, "I_RESET_A": -3e-5, "R_LRS_ohm": 4e3, "R_HRS_ohm": 1e18}
    values |= {"temperature_max_K": 400.0, "volume_end_nm3": 0.01, "opens_nm": 0.0, "gap_nm": 9.8}
    return values | {"cycle": number} | changes


def life(model, *cycles, current=1e-4):
    worst = {"charge_imbalance": 1e-9, "faraday_error": 2e-4, "power_imbalance": 1e-9}
    return Life(current, model, cycles, worst, "end of the programme")


@pytest.mark.parametrize(
    ("changes", "agree"),
    [({}, True), ({"I_RESET_A": -3.6e-5}, True), ({"I_RESET_A": -3.8e-5}, False), ({"V_RESET_V": -0.45}, False)],
)
def test_how_far_the_models_are_apart(changes, agree):
    found = [life("full", cycle(1), cycle(2)), life("reduced", cycle(1), cycle(2, **changes))]
    largest = apart(found)
    for name, value in changes.items():
        expected = abs(value - cycle(1)[name]) / abs(0.5 * (value + cycle(1)[name]))
        assert largest[1e-4, name] == pytest.approx(expected)
    text = page(found)
    assert f"**{int(agree)} of 1 currents agree.**" in text
    assert ("%**" in text) is not agree
    assert text.count("| 100 µA | full | ") == 3 and "2.0e-04" in text and "end of the programme" in text


def test_one_model_alone_and_what_never_switched():
    found = [life("full", cycle(1, I_RESET_A=np.nan, V_RESET_V=np.nan))]
    assert apart(found) == {} and "0 of 0 currents agree" in page(found) and "| - at - |" in page(found)
    assert len(frame(found)) == 1


@pytest.mark.slow
def test_what_a_cycle_tells(tmp_path):
    """A quick cell, there and back, in the reduced model."""
    programme = '[{kind="ramp", to="1.72 V", rate="1 V/s"}, {kind="ramp", to="-0.6 V", rate="1 V/s"}]'
    run(load_config(ROOT / "configs" / "quick.toml", [f"programme={programme}", "model=reduced"]), tmp_path / "run")
    found = open_run(tmp_path / "run")
    (only,), series = cycles_of(found), found.timeseries
    back = series[series.source_voltage_V < 0]
    assert only["cycle"] == 1 and only["opens_nm"] == back.gap_position_nm[back.current_A.abs().idxmax()]
    assert only["I_RESET_A"] == pytest.approx(back.current_A.min()) and only["gap_nm"] == series.gap_nm.iloc[-1]


def test_the_peak_lies_between_the_steps():
    x = np.array([-0.3, -0.36, -0.4, -0.46])
    assert vertex(x, 2 - (x + 0.383) ** 2) == pytest.approx(-0.383)
    assert vertex(x, -x) == -0.46 and vertex(x[:2], x[:2]) == -0.3


def test_mesh_steps_and_readings_have_tables_of_their_own():
    """Cases by name, with what broke off; a run that stopped without a RESET has its line, too."""
    stopped = cycle(1, I_RESET_A=np.nan, V_RESET_V=np.nan)
    by_mesh = [replace(life("full", cycle(1), cycle(2)), name=name) for name in ("short_steps", "default")]
    by_reading = [replace(life("full", stopped), reading="elastic", end="stopped"), life("full", cycle(1))]
    by_reading[1] = replace(by_reading[1], pieces=(0.2, 12.5, 0.1))
    text = page([life("full", cycle(1))], by_mesh, by_reading)
    assert text.index("| default | 2 |") < text.index("| steps half as long | 1 |")
    assert text.index("| plastic | 100 µA |") < text.index("| elastic | 100 µA |")
    assert "| 12.5 nm³ |" in text and "| stopped |" in text
    assert "## Readings" not in page([life("full", cycle(1))])


def test_what_broke_off_is_read_from_the_events(tmp_path):
    """Of the committed studies' first case, shortened; its events with a neck that broke."""
    study = Study.load(ROOT / "configs" / "studies" / "reset_readings.toml", {"model": "reduced"})
    place = study.places(tmp_path)[0].run
    run(study.cases[0].config, place, until=0.01)
    events = (
        (place / "events.csv").read_text()
        + '0.1,2,rupture,"a neck of 0.1 nm radius broke at z = 1 nm; 3.85e-2 nm3 of metal above it float as a body"\n'
    )
    (place / "events.csv").write_text(events)
    provenance = json.loads((place / "provenance.json").read_text()) | {"status": "failed", "reason": "stopped"}
    (place / "provenance.json").write_text(json.dumps(provenance))
    (found,) = lives(study, tmp_path)
    assert found.pieces == (0.0385,) and found.reading == "plastic" and found.name == "plastic_10uA"
    assert found.end == "stopped" and found.cycles[0]["cycle"] == 1


def test_the_committed_table_is_of_this_study():
    committed = pd.read_csv(HERE / "life.csv")
    asked = {(float(case.config.compliance.current), case.config.model) for case in Study.load(STUDY).cases}
    assert {*zip(committed.compliance_A, committed.model, strict=True)} == asked
    assert (committed.end == ENDED).all() and (committed.groupby(["compliance_A", "model"]).cycle.max() == 3).all()
    text = (HERE / "README.md").read_text(encoding="utf-8")
    balances = text.partition("## Balances")[2].partition("## ")[0]
    assert balances.count(f"| {ENDED} |") == len(asked) and "6 of 6 currents agree" in text
    assert committed.faraday_error.max() < 1e-3 and committed.charge_imbalance.max() < 1e-8
