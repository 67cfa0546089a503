"""Numbers read off a run: every kind against columns whose answer is known, and nan where there is none."""

import numpy as np
import pytest
from helpers import synthetic

from ecmsim.results import COLUMNS, open_run
from ecmsim.results.measures import BOUNDARIES, KINDS, Measure, unit_of, value_at_current, value_at_time

TIME = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
CURRENT = np.array([0.0, 1e-6, 0.5e-6, 3e-6, 1e-6])  # dips on its way up
GAP = np.array([9.0, 7.0, 3.0, 1.0, 5.0])
TEMPERATURE = np.array([300.0, 310.0, 320.0, 400.0, 350.0])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of five steps with these columns."""
    columns, outlines = synthetic.series(5)
    columns |= {"time_s": TIME, "current_A": CURRENT, "gap_nm": GAP, "temperature_max_K": TEMPERATURE}
    return open_run(synthetic.write_columns(tmp_path_factory.mktemp("run") / "run", columns, outlines))


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """The made-up SET, which has all boundaries."""
    return open_run(synthetic.write_run(tmp_path_factory.mktemp("sweep") / "run", snapshots=False))


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("value at time", ("gap_nm", 1.5), 5.0),
        ("value at time", ("gap_nm", 4.0), 5.0),
        ("value at time", ("gap_nm", 4.1), np.nan),
        ("value at current", ("temperature_max_K", 0.5e-6), 305.0),
        ("value at current", ("temperature_max_K", 2e-6), 360.0),  # not before the current has come past its dip
        ("value at current", ("temperature_max_K", 3.1e-6), np.nan),
        ("highest value", ("temperature_max_K",), 400.0),
        ("lowest value", ("gap_nm",), 1.0),
        ("last value", ("gap_nm",), 5.0),
        ("time of value", ("temperature_max_K", 360.0), 2.5),
        ("time of value", ("gap_nm", 5.0), 1.5),  # from above, and for the first time
        ("time of value", ("gap_nm", 9.0), 0.0),
        ("time of value", ("gap_nm", 0.9), np.nan),
        ("time of value", ("temperature_max_K", 401.0), np.nan),
        ("time of boundary", ("a_b",), np.nan),
        ("value at boundary", ("gap_nm", "lambda"), np.nan),
    ],
)
def test_kinds_of_numbers(run, kind, given, expected):
    assert Measure(kind, given)(run) == pytest.approx(expected, nan_ok=True)


def test_every_kind_is_tried():
    tried = {mark.args[1][k][0] for mark in test_kinds_of_numbers.pytestmark for k in range(len(mark.args[1]))}
    assert tried == set(KINDS)


def test_boundaries_are_those_of_the_regimes(sweep):
    regimes = sweep.regimes
    expected = {
        "a_b": regimes.a_b.time_s,
        "b_c": regimes.b_c.time_s,
        "gamma": regimes.gamma_time,
        "y": regimes.y_time,
        "lambda": regimes.lambda_time,
    }
    assert set(expected) == set(BOUNDARIES)
    for name, time in expected.items():
        assert time is not None and Measure("time of boundary", (name,))(sweep) == time
    current = Measure("value at boundary", ("current_A", "b_c"))(sweep)
    assert current == pytest.approx(regimes.b_c.current_A)


def test_a_value_counts_from_a_setting(run):
    assert Measure("highest value", ("temperature_max_K",), "cell.ambient_temperature")(run) == 100.0
    assert Measure("last value", ("gap_nm",), "cell.layer_thickness")(run) == -5.0
    assert np.isnan(Measure("last value", ("gap_nm",), "cell.nucleus_radius")(run))  # this config.toml has none


def test_units_of_all_columns():
    """Those of the names; shares and counts have none."""
    bare = {name for name in COLUMNS if not unit_of(name)}
    shares = {"charge_imbalance", "faraday_error", "power_imbalance"}
    counts = {
        "bodies",
        "contact_atoms",
        "contact_metal",
        "newton_iterations",
        "vertices",
        "remesh",
        "cycle",
        "pulse",
        "read",
    }
    assert bare == shares | counts
    assert unit_of("volume_nm3") == "nm^3" and unit_of("gap_nm") == "nm" and unit_of("step_s") == "s"
    assert Measure("time of value", ("gap_nm", 1.0)).unit == "s" and Measure("last value", ("gap_nm",)).unit == "nm"


def test_values_at_many_places_at_once(run):
    """As a curve that was measured needs them."""
    assert value_at_time(run, "gap_nm", [0.5, 2.5]) == pytest.approx([8.0, 2.0])
    found = value_at_current(run, "temperature_max_K", [2e-6, 1.0])
    assert found == pytest.approx([360.0, np.nan], nan_ok=True)


def test_a_run_without_steps_has_no_numbers(tmp_path):
    empty = open_run(synthetic.write_run(tmp_path / "run", stop=0, finish=False))
    assert np.isnan(Measure("last value", ("gap_nm",))(empty)) and np.isnan(Measure("time of boundary", ("y",))(empty))
