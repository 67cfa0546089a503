"""The life of a cell: what is read off cycles, how far both models are apart, and what is committed."""

import numpy as np
import pandas as pd
import pytest
from helpers.paths import ROOT

from ecmsim.config import load_config
from ecmsim.results import open_run
from ecmsim.run import run
from ecmsim.study import Study
from validation.life.compare import Life, apart, cycles_of, frame
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


def test_what_a_cycle_tells(tmp_path):
    """A quick cell, there and back, in the reduced model."""
    programme = '[{kind="ramp", to="1.72 V", rate="1 V/s"}, {kind="ramp", to="-0.6 V", rate="1 V/s"}]'
    run(load_config(ROOT / "configs" / "quick.toml", [f"programme={programme}", "model=reduced"]), tmp_path / "run")
    found = open_run(tmp_path / "run")
    (only,), series = cycles_of(found), found.timeseries
    back = series[series.source_voltage_V < 0]
    assert only["cycle"] == 1 and only["opens_nm"] == back.gap_position_nm[back.current_A.abs().idxmax()]
    assert only["I_RESET_A"] == pytest.approx(back.current_A.min()) and only["gap_nm"] == series.gap_nm.iloc[-1]


def test_the_committed_table_is_of_this_study():
    committed = pd.read_csv(HERE / "life.csv")
    asked = {(float(case.config.compliance.current), case.config.model) for case in Study.load(STUDY).cases}
    assert {*zip(committed.compliance_A, committed.model, strict=True)} <= asked
    text = (HERE / "README.md").read_text(encoding="utf-8")
    assert (
        text.count("| end of the programme |")
        == (committed.groupby(["compliance_A", "model"]).end.first() == ENDED).sum()
    )
    assert committed.faraday_error.max() < 1e-3 and committed.charge_imbalance.max() < 1e-8
