"""The front between a linear regime B and a sharp regime C: what is measured, what counts as met, the page."""

import math

import numpy as np
import pandas as pd
import pytest
from helpers import synthetic
from helpers.paths import ROOT

from ecmsim.results import open_run
from ecmsim.study import Study
from validation.front import __main__ as command
from validation.front.compare import PARAMETERS, Point, frame, point
from validation.paper.facts import TARGETS

STUDY = ROOT / "configs" / "studies" / "front.toml"


def made(**changes):
    """A set of parameters that meets all."""
    values = {target.name: target.value for target in TARGETS}
    values |= {"A ends": 1e-7, "C begins": 1e-4, "filament": 5e3, "linear": 0.99, "exponential": 0.9}
    return Point("made", dict.fromkeys(PARAMETERS, 1.0), values | changes)


@pytest.mark.parametrize(
    ("changes", "missed"),
    [
        ({}, set()),
        ({TARGETS[2].name: 1.778 + 0.031}, {"1-6"}),
        ({TARGETS[2].name: math.nan}, {"1-6"}),
        ({"A ends": 2e-6}, {"7"}),
        ({"C begins": math.nan}, {"9"}),
        ({"filament": 200.0}, {"17"}),
        ({"linear": 0.85}, {"25"}),
    ],
)
def test_what_a_set_meets(changes, missed):
    assert {row for row, hit in made(**changes).met.items() if not hit} == missed


def test_deviation_and_table():
    each = made(**{TARGETS[0].name: 1.12 - 0.025})
    assert each.deviation == pytest.approx(0.5) and each.lead == pytest.approx(0.09)
    table = frame([each, made(linear=0.5)])
    assert list(table["row 25"]) == ["hit", "miss"] and set(PARAMETERS) <= set(table)
    text = command.page([each, made(**{"C begins": math.nan})])
    assert "| 0.50 | 0.990, 0.900 | 0.1 µA | 100 µA | 5.0 kΩ | 1-6, 7, 9, 17, 25 |" in text and "| none |" in text


def test_what_is_read_off_a_run(tmp_path):
    """The filament's resistance is what does not drop at the gap, over the current."""
    columns, outlines = synthetic.series()
    columns["junction_voltage_V"] = columns["cell_voltage_V"] - 4e3 * columns["current_A"]
    run = open_run(synthetic.write_columns(tmp_path / "run", columns, outlines))
    found = point("made", run).values
    assert found["filament"] == pytest.approx(4e3, rel=1e-6)
    assert found["A ends"] == run.regimes.a_b.current_A and found["C begins"] == run.regimes.b_c.current_A
    assert {target.name: found[target.name] for target in TARGETS} == {
        target.name: target.measure(run) for target in TARGETS
    }


def test_the_committed_front_is_of_this_study():
    committed = pd.read_csv(ROOT / "validation" / "front" / "front.csv")
    study = Study.load(STUDY)
    assert list(committed["set"]) == [case.name for case in study.cases]
    for name in ("butler_volmer.activation_energy", "dissolution.void_length"):
        section, key = name.split(".")
        wanted = [float(getattr(getattr(case.config, section), key)) for case in study.cases]
        assert np.allclose(committed[name], wanted)
    text = (ROOT / "validation" / "front" / "README.md").read_text()
    assert all(f"| {name} |" in text for name in committed["set"])
    assert (ROOT / "validation" / "front" / "front.png").stat().st_size > 1e4
