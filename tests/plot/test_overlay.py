"""Runs and measurements in one picture: curves, distributions, points of studies, histograms; their numbers as CSV."""

import numpy as np
import pandas as pd
import pytest
from helpers import instruments, synthetic
from helpers.instruments import sweep

from ecmsim.errors import PlotError
from ecmsim.measured import open_file, read
from ecmsim.plot import draw, overlay
from ecmsim.plot.curves import of_recording, of_run
from ecmsim.results import open_run
from ecmsim.study.observables import resistance_at_read_voltage


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("overlay") / "set"
    synthetic.write_run(folder)
    return open_run(folder)


@pytest.fixture(scope="module")
def bipolar(tmp_path_factory):
    folder = tmp_path_factory.mktemp("overlay") / "cycles"
    synthetic.write_cycles(folder)
    return open_run(folder)


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "cell_7.csv"
    path.write_text("Time,AV,AI\n" + instruments.lines(sweep()))
    return read(path)


def test_runs_are_lines_and_measurements_marks(run, bipolar, recording, tmp_path):
    paths = overlay("iv", [run, bipolar], [recording], tmp_path / "iv.png", csv=True)
    assert paths == [tmp_path / "iv.png", tmp_path / "iv.csv"]
    numbers = pd.read_csv(tmp_path / "iv.csv")
    assert set(numbers["panel"]) == {"a", "b"} and "cell_7" in set(numbers["curve"])
    assert numbers["curve"].nunique() == 3
    mine = numbers[(numbers["curve"] == "cell_7") & (numbers["panel"] == "a")]
    np.testing.assert_allclose(mine["x"], recording.voltage)
    np.testing.assert_allclose(mine["y"], 1e3 * recording.current)
    assert mine["y_label"].iloc[0] == "Current (mA)" and mine["x_label"].iloc[0] == "Voltage (V)"
    shown = numbers[(numbers["panel"] == "b")]
    assert shown["y"].min() >= 1e-10  # below the noise of what was measured there is nothing to compare


def test_the_numbers_of_a_cycle_are_those_of_a_study(run):
    (values,) = of_run(run).values().values()
    series = run.timeseries
    names = ("source_voltage_V", "cell_voltage_V", "current_A")
    assert values.R_LRS_ohm == resistance_at_read_voltage(*(series[name] for name in names), 0.1)
    assert 1.7 < values.V_SET_V < 1.8


def test_distributions_of_runs_and_measurements(bipolar, tmp_path):
    table = tmp_path / "per_cycle.csv"
    table.write_text(instruments.per_cycle(20))
    paths = overlay("cycles", [bipolar], [open_file(table)], tmp_path / "cdf.png", csv=True)
    numbers = pd.read_csv(paths[1])
    measured = numbers[(numbers["curve"] == "per_cycle") & numbers["x_label"].str.startswith("SET voltage")]
    assert len(measured) == 20 and measured["y"].iloc[0] == pytest.approx(2.5) and measured["x"].is_monotonic_increasing
    assert numbers["curve"].nunique() == 2


def test_a_polarity_brings_a_measurement_to_the_run_s_side(tmp_path):
    path = tmp_path / "negative.csv"
    path.write_text("Time,AV,AI\n" + instruments.lines(sweep(sign=-1)))
    from ecmsim.measured import Columns

    curve = of_recording(read(path, Columns(polarity="negative")))
    assert curve.values()[1].V_SET_V == pytest.approx(1.2, abs=0.03) and curve.limits == {1: pytest.approx(1e-3)}


def test_what_cannot_be_drawn(run, recording, tmp_path):
    with pytest.raises(PlotError, match="gap is no picture of several runs"):
        overlay("gap", [run, run], [], tmp_path / "gap.png")
    with pytest.raises(PlotError, match="gap is no picture of measurements"):
        draw("gap", run, tmp_path / "gap.png", measured=[recording])
    with pytest.raises(PlotError, match="iv has no option colour"):
        overlay("iv", [run], [recording], tmp_path / "iv.png", colour="red")


@pytest.mark.parametrize("name", ["iv", "gap", "outline"])
def test_pictures_of_one_run_write_their_numbers_too(run, tmp_path, name):
    paths = draw(name, run, tmp_path / f"{name}.png", csv=True)
    numbers = pd.read_csv(tmp_path / f"{name}.csv")
    assert paths[-1].suffix == ".csv" and len(numbers) > 50 and np.isfinite(numbers[["x", "y"]].to_numpy()).all()
    assert draw(name, run, tmp_path / "alone.png") == [tmp_path / "alone.png"]
    assert not (tmp_path / "alone.csv").exists()
