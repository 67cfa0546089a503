"""Targets of a calibration: those of the paper measure what they always did, and files that are wrong are told."""

import numpy as np
import pytest
import tomli_w
from helpers import synthetic
from helpers.paths import ROOT

from ecmsim.errors import ConfigError
from ecmsim.fitting import targets
from ecmsim.results import open_run
from ecmsim.results.measures import Measure
from ecmsim.results.regimes import reached

PAPER = ROOT / "configs" / "calibration" / "paper.toml"


# --- the paper's -------------------------------------------------------------------------------------------


def time_of_height(run):
    series = run.timeseries
    return reached(series["time_s"].to_numpy(float), series["height_nm"].to_numpy(float), 0.7)


def at_current(run, current):
    amperes, kelvin = (run.timeseries[name].to_numpy(float) for name in ("current_A", "temperature_max_K"))
    rise = slice(0, int(np.argmax(amperes)) + 1)
    amperes = np.maximum.accumulate(amperes[rise])
    if not amperes[0] <= current <= amperes[-1]:
        return None
    return float(np.interp(current, amperes, kelvin[rise]))


def rise_at_current(run, current):
    found = at_current(run, current)
    return None if found is None else found - run.setting("cell.ambient_temperature", "K")


# The definitions of rows 1 to 6 with which the reference cell was fitted.
FITTED_WITH = {
    1: time_of_height,
    2: lambda run: run.regimes.gamma_time,
    3: lambda run: run.regimes.y_time,
    4: lambda run: rise_at_current(run, 100e-6),
    5: lambda run: at_current(run, 603e-6),
    6: lambda run: float(run.timeseries["temperature_max_K"].max()),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "missing"),
    [({}, set()), ({"noise": 0.05}, set()), ({"compliance": 2e-4}, {5}), ({"stop": 100}, {2, 3, 4, 5})],
    ids=["a SET", "with a current that goes up and down", "200 uA", "stopped early"],
)
def test_the_paper_s_targets_measure_what_the_cell_was_fitted_with(tmp_path, options, missing):
    """To the bit: what `ecmsim calibrate` fits to is the same number."""
    run = open_run(synthetic.write_run(tmp_path / "run", snapshots=False, **options))
    found = {target.row: target.measure(run) for target in targets.read(PAPER).targets}
    before = {row: measure(run) for row, measure in FITTED_WITH.items()}
    assert {row for row, value in before.items() if value is None} == missing
    assert {row for row, value in found.items() if np.isnan(value)} == missing
    assert all(found[row] == value for row, value in before.items() if value is not None)


def test_the_paper_s_targets_are_its_numbers():
    found = targets.read(PAPER)
    assert found.source == "the paper"
    assert [(target.value, target.tolerance, target.unit) for target in found.targets] == [
        (1.12, 0.05, "s"),
        (1.679, 0.03, "s"),
        (1.778, 0.03, "s"),
        (125.0, 25.0, "K"),
        (750.0, 50.0, "K"),
        (850.0, 50.0, "K"),
    ]


# --- files --------------------------------------------------------------------------------------------------

GOOD = {"name": "a", "value": "2 nm", "tolerance": "0.1 nm", "measure": "last value", "column": "gap_nm"}


def write(folder, *tables, **others):
    path = folder / "known.toml"
    path.write_text(tomli_w.dumps({**others, "target": list(tables)} if tables else others))
    return path


def test_rows_are_positions_where_none_are_named(tmp_path):
    found = targets.read(write(tmp_path, GOOD, GOOD | {"row": 7}, GOOD))
    assert [target.row for target in found.targets] == [1, 3, 7] and found.source == "known.toml"


@pytest.mark.parametrize(
    ("asked", "value", "expected"),
    [
        ("value at time; column: current_A; time: 20 ms", "3 uA", (("current_A", 0.02), "A", 3e-6)),
        ("time of value; column: volume_nm3; level: 9 nm^3", "1 ms", (("volume_nm3", 9.0), "s", 1e-3)),
        ("highest value; column: power_W", "2 uW", (("power_W",), "W", 2e-6)),
        ("highest value; column: contact_atoms", 3, (("contact_atoms",), "", 3.0)),
        ("value at boundary; column: current_A; boundary: a_b", "0.1 uA", (("current_A", "a_b"), "A", 1e-7)),
    ],
)
def test_quantities_become_numbers_in_the_units_of_the_columns(tmp_path, asked, value, expected):
    asked = dict(item.split(": ") for item in f"measure: {asked}".split("; "))
    table = {"name": "a", "value": value, "tolerance": value} | asked
    [found] = targets.read(write(tmp_path, table)).targets
    assert (found.measure.given, found.unit, found.value) == expected and found.tolerance == found.value


def test_a_value_above_a_setting(tmp_path):
    [found] = targets.read(write(tmp_path, GOOD | {"above": "cell.layer_thickness"})).targets
    assert found.measure == Measure("last value", ("gap_nm",), "cell.layer_thickness")


def test_within_the_tolerance():
    known = targets.target(GOOD, 1)
    assert known.within(2.09) and not known.within(1.89) and not known.within(np.nan)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"measure": "last valeu"}, ['measure = "last valeu"', '"highest value"', 'did you mean "last value"?']),
        ({"measure": None}, ["needs a measure", '"time of boundary"']),
        ({"measure": ["last value"]}, ['measure = ["last value"]: expected']),
        ({"column": "gap_nn"}, ['column = "gap_nn"', 'did you mean "gap_nm"?']),
        ({"column": None}, ['"last value" needs column']),
        ({"column": 3}, ["column = 3: expected a column of timeseries.csv"]),
        ({"current": "1 uA"}, ['current: "last value" takes column, above']),
        ({"colum": "gap_nm"}, ["colum: ", 'did you mean "column"?']),
        ({"measure": "time of boundary"}, ['column: "time of boundary" takes boundary']),
        ({"measure": "time of boundary", "column": None, "boundary": "gama"}, ['"gama"', 'did you mean "gamma"?']),
        ({"measure": "value at current", "current": "0 A"}, ['current = "0 A": must be greater than 0 A']),
        ({"measure": "value at current", "current": "1 V"}, ['current = "1 V": expected a current']),
        ({"measure": "value at time", "time": 1.2}, ["time = 1.2: expected a time with its unit"]),
        ({"measure": "time of value", "level": "1 K"}, ['level = "1 K": expected a length']),
        ({"measure": "time of value", "level": "1 nm", "above": "cell.radius"}, ["above: ", "takes column, level"]),
        ({"above": "cell.layer_thicknes"}, ['did you mean "cell.layer_thickness"?']),
        ({"above": "cell.ambient_temperature"}, ["is in K, but gap_nm is in nm"]),
        ({"above": "title"}, ['above = "title": expected a setting with a unit']),
        ({"value": "2 s"}, ['value = "2 s": expected a length', "got a time"]),
        ({"value": None}, ["needs a value: a length"]),
        ({"value": {"value": "2 nm"}}, ['value = {value = "2 nm"}: expected a length']),
        ({"tolerance": "0 nm"}, ["must be greater than 0 nm"]),
        ({"tolerance": None}, ["needs a tolerance"]),
        ({"name": None}, ["needs a name"]),
        ({"name": 4}, ["name = 4: expected text"]),
        ({"row": 0}, ["row = 0: expected a whole number"]),
        ({"row": True}, ["row = true: expected a whole number"]),
    ],
)
def test_wrong_targets_are_told_with_their_place(tmp_path, change, words):
    table = {key: value for key, value in (GOOD | change).items() if value is not None}
    path = write(tmp_path, GOOD, table)
    with pytest.raises(ConfigError) as caught:
        targets.read(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: target[1]: ") and len(caught.value.problems) == 1
    assert all(word in text for word in words), text


def test_all_that_is_wrong_is_told_at_once(tmp_path):
    path = write(tmp_path, GOOD | {"column": "gap"}, GOOD | {"row": 3}, GOOD, sourse="x")
    with pytest.raises(ConfigError) as caught:
        targets.read(path)
    told = caught.value.problems
    assert (
        len(told) == 3 and 'did you mean "source"' in told[0] and "target[0]" in told[1] and "row 3 is used" in told[2]
    )


@pytest.mark.parametrize(
    "content", [{}, {"target": {}}, {"target": [1]}, {"target": []}, {"source": 1, "target": [GOOD]}]
)
def test_files_without_tables_are_told(tmp_path, content):
    with pytest.raises(ConfigError, match="expected"):
        targets.read(write(tmp_path, **content))


def test_a_file_that_is_not_there_is_told(tmp_path):
    (tmp_path / "known.toml").touch()
    with pytest.raises(ConfigError, match='no such file; did you mean "known.toml"'):
        targets.read(tmp_path / "knwon.toml")
