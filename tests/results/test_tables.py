"""The tables of cycles and pulses: against the columns that they come from, their heads, and who writes them."""

import numpy as np
import pandas as pd
import pytest
from helpers import synthetic
from helpers.small import EXTENDS, METALS, compliance

from ecmsim import drive, load_config, open_run, run
from ecmsim.drive import Programme
from ecmsim.errors import ConfigError
from ecmsim.results.cycles import find_cycles
from ecmsim.results.tables import cycle_table, has_cycles, pulse_table, write_tables
from ecmsim.running.progress import Silent
from ecmsim.switching.values import Definitions, values_of

PULSES = """[[programme]]
kind = "pulse_train"
amplitude = "1.9 V"
width = "10 ms"
count = 3
interval = "5 ms"
read = { amplitude = "0.2 V", width = "1 ms", delay = "1 ms" }

[[programme]]
kind = "pulse"
amplitude = "-1 V"
width = "5 ms"
"""
FAST = """[stepping]
refinement = 0.5
largest_voltage_step = "0.3 V"
first_step = "10 us"
"""


@pytest.fixture(scope="module")
def pulsed(tmp_path_factory):
    """A run of the reduced model: three pulses, each read, and one of the other sign."""
    folder = tmp_path_factory.mktemp("pulses")
    file = folder / "pulses.toml"
    file.write_text(EXTENDS + 'model = "reduced"\n' + METALS + PULSES + compliance("10 uA") + FAST)
    run(load_config(file), folder / "run", progress=Silent())
    return open_run(folder / "run")


def read(path):
    return pd.read_csv(path, comment="#")


@pytest.mark.slow
def test_pulses_are_found_by_their_number_in_the_time_series(pulsed):
    series, table = pulsed.timeseries, pulsed.pulses
    assert list(table["pulse"]) == [1, 2, 3, 4] == sorted(set(series["pulse"]) - {0})
    assert table["amplitude_V"].tolist() == [1.9, 1.9, 1.9, -1.0] and table["width_s"].tolist() == [0.01] * 3 + [0.005]
    for row in table.itertuples():
        own = series[(series["pulse"] == row.pulse) & (series["read"] == 0)]
        assert np.abs(own["current_A"]).max() == pytest.approx(row.I_max_A)
        assert own["source_voltage_V"].abs().max() == pytest.approx(abs(row.amplitude_V))
        reads = series[(series["pulse"] == row.pulse) & (series["read"] == 1)]
        if row.pulse < 4:
            top = reads[reads["source_voltage_V"] == 0.2].iloc[-1]
            assert row.read_V == 0.2 and row.read_current_A == pytest.approx(top["current_A"])
            assert row.G_after_S == pytest.approx(top["current_A"] / top["cell_voltage_V"])
        else:
            assert not len(reads) and np.isnan(row.read_V)
    assert table["G_before_S"].tolist()[1:] == table["G_after_S"].tolist()[:3]  # that of the read before


def test_the_energy_of_a_pulse_is_that_of_its_power(pulsed):
    series, row = pulsed.timeseries, pulsed.pulses.iloc[2]
    edges = 0.0001
    part = series[series["time_s"].between(row["start_s"] - 1e-12, row["start_s"] + 0.01 + 2 * edges + 1e-12)]
    assert row["energy_J"] == pytest.approx(np.trapezoid(part["power_W"], part["time_s"]), rel=1e-9) and row["energy_J"]


def test_what_counts_as_switched_can_be_chosen(pulsed):
    assert set(pulsed.pulses["switched"]) <= {"SET", "RESET", "no"}
    before, after = pulsed.pulses["G_before_S"], pulsed.pulses["G_after_S"]
    ratio = float((after / before).iloc[:3].max())
    least = Definitions(least_conductance=1e-30, switch_ratio=0.999 * ratio)
    most = Definitions(least_conductance=1e-30, switch_ratio=1.001 * ratio)
    assert (pulse_table(pulsed, least)["switched"][:3] == "SET").sum() == 1
    assert not (pulse_table(pulsed, most)["switched"][:3] == "SET").any()
    with pytest.raises(ConfigError, match="switch_ratio = 1: must be above 1"):
        Definitions(switch_ratio=1.0)


def test_a_run_writes_its_tables_with_the_definitions_at_the_head(pulsed):
    path = pulsed.folder / "pulses.csv"
    told = [line for line in path.read_text().splitlines() if line.startswith("#")]
    assert any("2 times G_before" in line for line in told)
    pd.testing.assert_frame_equal(read(path), pulsed.pulses, check_dtype=False)
    assert not (pulsed.folder / "cycles.csv").exists()  # pulses of a train make no cycles
    write_tables(pulsed, Definitions(switch_ratio=7))
    assert "7 times G_before" in path.read_text()


def test_cycles_are_those_of_the_measured_evaluation(tmp_path):
    made = open_run(synthetic.write_cycles(tmp_path / "run", count=2))
    table, series = cycle_table(made), made.timeseries
    assert table["cycle"].tolist() == [1, 2]
    first = series[series["time_s"] <= 7.0]
    columns = [first[name].to_numpy() for name in ("source_voltage_V", "current_A", "cell_voltage_V", "time_s")]
    found = values_of(columns[0], columns[1], cell_voltage=columns[2], time=columns[3])
    row = table.iloc[0]
    assert {name: row[name] for name in vars(found)} == pytest.approx(vars(found))
    set_ = first[first["source_voltage_V"] > 0]
    assert row["E_SET_J"] == pytest.approx(np.trapezoid(set_["power_W"], set_["time_s"]), rel=0.01)
    assert row["t_SET_s"] == pytest.approx(row["V_SET_V"], rel=0.02)  # at 1 V/s
    assert row["volume_end_nm3"] == first["volume_nm3"].iloc[-1]


def test_definitions_of_cycles_are_told_and_obeyed(tmp_path):
    made = open_run(synthetic.write_cycles(tmp_path / "run", count=2))
    by_current = Definitions("current", 1e-6)
    [path] = write_tables(made, by_current)
    assert "# V_SET: where |I| first reaches 1e-06 A." in path.read_text()
    rising = made.timeseries[made.timeseries["time_s"] < 2]
    at = rising["source_voltage_V"].iloc[int(np.argmax(rising["current_A"] >= 1e-6))]
    assert read(path)["V_SET_V"][0] == pytest.approx(at, rel=0.01) != cycle_table(made)["V_SET_V"][0]


def numbers(*steps):
    """Cycle, pulse and part of the legs of a programme."""
    return [(leg.cycle(leg.end), leg.piece.pulse, leg.piece.part) for leg in Programme.from_steps(steps).planned()]


def test_cycles_are_repetitions_counted_on():
    steps = drive.repeat(2, [drive.ramp(1, 1), drive.ramp(0, 1)]), drive.hold(1), drive.repeat(1, [drive.ramp(1, 1)])
    assert [cycle for cycle, *_ in numbers(*steps)] == [1, 1, 2, 2, 0, 3]


def test_cycles_without_repetitions_end_where_the_first_sign_comes_back():
    legs = Programme.from_steps([drive.ramp(1, 1), drive.ramp(-1, 1), drive.ramp(1, 1), drive.ramp(0, 1)]).planned()
    assert [leg.cycle(leg.end) for leg in legs] == [1, 1, 2, 2]
    assert [legs[2].cycle(time) for time in (3.5, 4.0, 4.001)] == [1, 1, 2]  # it passes zero at 4 s


def test_a_read_of_the_other_sign_is_no_cycle():
    read = drive.read_pulse(-0.01, 1e-3)
    train = drive.pulse_train(2.0, 1e-2, 3, 1e-3, read=read)
    assert {cycle for cycle, *_ in numbers(train)} == {1}
    assert [pulse for _, pulse, part in numbers(train) if part == "read"] == [1] * 3 + [2] * 3 + [3] * 3


def test_the_wait_before_a_pulse_belongs_to_the_one_before():
    pair = drive.pulse(1.0, 1e-3), drive.pulse(1.0, 1e-3, delay=1e-2), drive.ramp(1.0, 1.0)
    first, second = ([(1, number, "pulse")] * 3 for number in (1, 2))
    assert numbers(*pair) == [*first, (1, 1, ""), *second, (1, 0, "")]


@pytest.mark.parametrize(
    ("steps", "has"),
    [
        ([drive.ramp(2, 1)], False),
        ([drive.ramp(2, 1), drive.ramp(0, 1)], True),
        ([drive.ramp(2, 1), drive.hold(1)], False),
        ([drive.ramp(2, 1), drive.ramp(1.5, 1)], False),
        ([drive.ramp(1.5, 1), drive.ramp(-1.5, 1)], True),
        ([drive.sweep(2, 1)], True),
        ([drive.repeat(2, [drive.pulse(1, 1e-3)])], True),
        ([drive.pulse(1, 1e-3), drive.pulse(-1, 1e-3)], False),
        ([drive.current_ramp(1e-6, 1e-6)], False),
    ],
)
def test_which_programmes_have_cycles(steps, has):
    assert has_cycles(steps) == has


def test_runs_of_older_versions_have_cycles_too(tmp_path):
    """Their time series tells none."""
    made = open_run(synthetic.write_cycles(tmp_path / "run", count=3))
    spans = [(cycle.start, cycle.end) for cycle in find_cycles(made)]
    assert spans == [(0, 7), (7, 14), (14, 21)]
    made.timeseries["cycle"] = np.clip(np.ceil(made.timeseries["time_s"] / 7), 1, 3)
    assert [(cycle.start, cycle.end) for cycle in find_cycles(made)] == spans
