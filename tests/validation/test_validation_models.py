"""Full beside reduced model: what is measured in a pair of runs, what counts as agreement, a few corners made anew."""

import math

import numpy as np
import pandas as pd
import pytest
from helpers.paths import ROOT

from ecmsim.results import open_run
from ecmsim.run import run
from ecmsim.study import Study
from validation.models import __main__ as command
from validation.models.compare import QUANTITIES, Pair, difference, frame, measured, pairs
from validation.models.page import page

STUDY = ROOT / "configs" / "studies" / "models.toml"


class Made:
    """A run of given columns. ambient temperature 300 K."""

    def __init__(self, reason="end of the programme", status="finished", **columns):
        self.timeseries = pd.DataFrame({name: np.asarray(values, float) for name, values in columns.items()})
        self.provenance, self.status = {"reason": reason}, status

    def setting(self, name, unit):
        return 300.0


COLUMNS = {
    "time_s": [0, 1, 2, 2.1, 2.6],
    "source_voltage_V": [1, 1, 1, -1, -1],
    "temperature_max_K": [300, 310, 350, 320, 900],
    "gap_nm": [9, 0.5, 0.3, 0.2, 1.7],
    "radius_mean_nm": [0.1, 1.0, 1.5, 1.6, 1.2],
}


def test_set_and_reset_of_a_run():
    found = measured(Made(**COLUMNS))
    expected = {"set_time": 2, "set_rise": 50, "set_gap": 0.3, "set_radius": 1.5, "reset_time": 0.6}
    assert {name: found[name] for name in QUANTITIES} == pytest.approx(expected)


def test_a_run_that_ends_in_contact_has_a_set_and_no_reset():
    first = {name: values[:3] for name, values in COLUMNS.items()}
    found = measured(Made("contact: the gap closed", **first))
    assert found["set_time"] == 2 and math.isnan(found["reset_time"]) and found["end"].startswith("contact")
    never = measured(Made("the cell never switched", **first))
    assert all(math.isnan(never[name]) for name in QUANTITIES)


@pytest.mark.parametrize(
    ("a", "b", "shares"),
    [(1.0, 1.0, 0), (0.95, 1.05, 1.0), (1.0, 1.2, 1.818), (math.nan, math.nan, 0), (1.0, math.nan, math.inf)],
)
def test_differences_in_shares_of_what_is_allowed(a, b, shares):
    assert difference(a, b, 0.1, 0.0) == pytest.approx(shares, abs=1e-3)
    assert difference(1.0, 4.0, 0.1, 5.0) == pytest.approx(0.6)  # an absolute one where that is more


def pair(**changes):
    full = measured(Made(**COLUMNS))
    return Pair(10.0, 1e-6, 2.0, full, full | changes)


def test_verdicts_and_page():
    alike, apart, missing = pair(), pair(set_time=2.5), Pair(2.0, 1e-9, 0.6, None, measured(Made(**COLUMNS)))
    assert [each.word for each in (alike, apart, missing)] == ["agree", "differ", ""]
    assert pair(reset_time=math.nan).word == "differ"
    never = measured(Made("stopped at t = 1 s", "failed", **{name: values[:3] for name, values in COLUMNS.items()}))
    assert Pair(10.0, 1e-6, 5.0, never, never).word == "neither"
    text = page([alike, apart, missing])
    assert "**1 of 2 cells agree** (1 of 3 were not run)" in text and "**2 s, 2.5 s**" in text
    table = frame([alike, apart, missing])
    assert list(table["verdict"]) == ["agree", "differ", ""] and np.isnan(table["set_time_s_full"][2])


@pytest.mark.slow
def test_the_study_pairs_each_cell_with_both_models(tmp_path):
    study = Study.load(STUDY)
    found = pairs(study, tmp_path)
    assert len(found) == len(study.cases) / 2 and all(each.word == "" for each in found)
    assert {each.layer for each in found} >= {2, 10, 40}
    assert min(each.voltage for each in found) == 0.6 and max(each.voltage for each in found) == 5
    for case in study.cases:  # each ends its SET at its own compliance current and turns to its own voltage
        until = case.config.programme[1].until
        assert until == f"current > {0.99 * float(case.config.compliance.current):g} A" or "current > 0.99 " in until
        assert float(case.config.programme[2].to) == -float(case.config.programme[0].to)
    command.main(tmp_path, tmp_path)
    assert "not run" in (tmp_path / "README.md").read_text() and (tmp_path / "models.csv").exists()


@pytest.mark.slow
@pytest.mark.parametrize("corner", [(2.0, 2.0, 1e-9), (10.0, 2.0, 1e-6), (10.0, 0.6, 1e-6)], ids=str)
def test_corners_in_which_both_models_agree(corner, tmp_path):
    """SET and RESET anew by both models, as the study has them."""
    found = {}
    for case in Study.load(STUDY).cases:
        config = case.config
        voltage = float(config.programme[0].to)
        cell = (float(config.cell.layer_thickness), voltage, float(config.compliance.current))
        if np.allclose(cell, corner, rtol=1e-9, atol=0):
            run(config, tmp_path / config.model)
            found[config.model] = measured(open_run(tmp_path / config.model))
    both = Pair(corner[0], corner[2], corner[1], found["full"], found["reduced"])
    assert both.word == "agree", both
    assert found["full"]["end"] == found["reduced"]["end"] == "end of the programme"


def test_the_committed_table_is_of_this_study():
    committed = pd.read_csv(ROOT / "validation" / "models" / "models.csv")
    cells = {(each.layer, each.voltage, each.current) for each in pairs(Study.load(STUDY), ROOT / "nowhere")}
    rows = zip(committed["layer_nm"], committed["voltage_V"], committed["current_A"], strict=True)
    assert {tuple(float(f"{value:.6g}") for value in row) for row in rows} == {
        tuple(float(f"{value:.6g}") for value in cell) for cell in cells
    }
    agreed, done = (committed["verdict"] == "agree").sum(), committed["verdict"].notna().sum()
    assert f"**{agreed} of {done} cells agree**" in (ROOT / "validation" / "models" / "README.md").read_text()
