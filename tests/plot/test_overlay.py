"""Runs and measurements in one picture: curves, distributions, points of studies, histograms; their numbers as CSV."""

import numpy as np
import pandas as pd
import pytest
from helpers import instruments, synthetic
from helpers.instruments import sweep

from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.errors import PlotError
from ecmsim.measured import open_file, read, read_points
from ecmsim.plot import draw, overlay
from ecmsim.plot.curves import of_recording, of_run
from ecmsim.plot.study import asked, open_study
from ecmsim.results import open_run
from ecmsim.switching.values import resistance_at_read_voltage


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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.fixture
def study(tmp_path):
    """A study of four SET times over the voltage, and one run in it."""
    synthetic.write_run(tmp_path / "study" / "0")
    rows = [(k, "0", "finished", "", 1.0 + 0.2 * k, 100, 10.0**-k, 1e3) for k in range(4)]
    columns = ["case", "folder", "status", "reason", "programme_0_to_V", "steps", "time_set_s", "resistance_lrs_ohm"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "study" / "summary.csv", index=False)
    return open_study(tmp_path / "study")


@pytest.mark.slow
def test_measured_set_times_beside_those_of_a_study(study, tmp_path):
    path = tmp_path / "times.csv"
    path.write_text("V (mV);t_SET (ms)\n900;5000\n1700;0.2\n")
    units = asked(study, y="time_set_s")
    assert units == ["V", "s"]
    out = tmp_path / "times.png"
    draw("study", study, out, y="time_set_s", measured=[read_points(path, units=units)], csv=True)
    numbers = pd.read_csv(out.with_suffix(".csv"))
    mine = numbers[numbers["curve"] == "times"]
    assert mine["x"].tolist() == [0.9, 1.7] and mine["y"].tolist() == pytest.approx([5.0, 2e-4])
    assert mine["x_label"].iloc[0] == "Voltage (V)" and len(numbers) == 6
    with pytest.raises(PlotError, match="measurements go with one y, not with time_set_s and resistance_lrs_ohm"):
        asked(study, y="time_set_s,resistance_lrs_ohm")


@pytest.mark.slow
def test_measured_conductances_beside_a_histogram(study, tmp_path, figures):
    path = tmp_path / "steps.csv"
    volts = np.linspace(0.1, 0.4, 400)
    path.write_text("Time,V,I\n" + instruments.lines((np.arange(400), volts, 1.97 * CONDUCTANCE_QUANTUM * volts)))
    out = tmp_path / "histogram.png"
    with_it = draw("histogram", study, out, measured=[read(path)], to_G0=4)
    without = draw("histogram", study, tmp_path / "alone.png", to_G0=4)
    assert with_it[0] == out and out.read_bytes() != without[0].read_bytes()
    axes = figures["histogram.png"].axes[0]
    steps = next(patch for patch in axes.patches if patch.get_label() == "steps")
    assert steps.get_data().values.max() == pytest.approx(100) and axes.get_ylim()[1] > 100


def test_what_cannot_be_drawn(run, recording, tmp_path):
    with pytest.raises(PlotError, match="outline is no picture of several runs"):
        overlay("outline", [run, run], [], tmp_path / "outline.png")
    with pytest.raises(PlotError, match="gap is no picture of measurements"):
        draw("gap", run, tmp_path / "gap.png", measured=[recording])
    with pytest.raises(PlotError, match="iv has no option colour"):
        overlay("iv", [run], [recording], tmp_path / "iv.png", colour="red")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["iv", "gap", "outline"])
def test_pictures_of_one_run_write_their_numbers_too(run, tmp_path, name):
    paths = draw(name, run, tmp_path / f"{name}.png", csv=True)
    numbers = pd.read_csv(tmp_path / f"{name}.csv")
    assert paths[-1].suffix == ".csv" and len(numbers) > 50 and np.isfinite(numbers[["x", "y"]].to_numpy()).all()
    assert draw(name, run, tmp_path / "alone.png") == [tmp_path / "alone.png"]
    assert not (tmp_path / "alone.csv").exists()
