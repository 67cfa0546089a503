"""The table of runs through contact: validation/quantum/device.csv."""

import pandas as pd
import pytest
from helpers import synthetic

from ecmsim.errors import ResultsError
from ecmsim.results import open_run
from validation.quantum import devices


@pytest.fixture
def stairs(tmp_path):
    return synthetic.write_stairs(tmp_path / "0003_case=ag_stairs")


def test_a_row_tells_conductances_at_the_end(stairs):
    row, series = devices.summary(open_run(stairs)), open_run(stairs).timeseries
    last = series[series.cell_voltage_V.abs() > devices.LEAST_V].iloc[-1]
    assert row["name"] == "ag_stairs"
    assert row["conductance_G0"] == pytest.approx(last.current_A / last.cell_voltage_V / 7.748091729e-5)
    assert row["junction_G0"] > row["conductance_G0"]
    assert row["steps"] == len(series) - 1


def test_the_table_has_a_row_for_each_run(stairs, tmp_path):
    found = devices.write([stairs, stairs], tmp_path / "device.csv")
    again = pd.read_csv(tmp_path / "device.csv")
    assert list(again.columns) == list(found.columns) and len(again) == 2
    assert again.conductance_G0[0] == pytest.approx(found.conductance_G0[0], rel=1e-5)


def test_runs_without_the_columns_are_told(stairs):
    path = stairs / "timeseries.csv"
    pd.read_csv(path).drop(columns="contact_atoms").to_csv(path, index=False)
    with pytest.raises(ResultsError, match="before runs counted the atoms"):
        devices.summary(open_run(stairs))


def test_runs_without_a_voltage_are_told(stairs):
    path = stairs / "timeseries.csv"
    pd.read_csv(path).assign(cell_voltage_V=0.0).to_csv(path, index=False)
    with pytest.raises(ResultsError, match="no step with a voltage"):
        devices.summary(open_run(stairs))
