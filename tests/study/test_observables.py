"""The numbers of switching in a study's summary, against the columns that they come from."""

import numpy as np
import pytest
from helpers import synthetic

from ecmsim import open_run
from ecmsim.study.observables import observables


def test_a_summary_has_the_numbers_of_switching(tmp_path):
    """Voltage of SET where the limit is reached, the peak of RESET, the resistance of either state."""
    run = open_run(synthetic.write_cycles(tmp_path / "run", count=2))
    found, series = observables(run), run.timeseries
    time, source, current = (series[name].to_numpy() for name in ("time_s", "source_voltage_V", "current_A"))
    assert found["voltage_set_V"] == pytest.approx(np.interp(found["time_set_s"], time, source))
    first = time <= 7.0  # s: that of the first cycle
    k = np.argmin(np.where(first, current, np.inf))
    assert (found["voltage_reset_V"], found["current_reset_A"]) == pytest.approx((source[k], current[k]))
    out = (time < found["time_set_s"]) & (source > 0)
    at = np.interp(0.1, source[out], current[out])
    assert found["resistance_hrs_ohm"] == pytest.approx(0.1 / at, rel=0.05)
    assert found["resistance_lrs_ohm"] < 0.01 * found["resistance_hrs_ohm"]


def test_a_run_that_never_switched_has_none_of_them(tmp_path):
    run = open_run(synthetic.write_run(tmp_path / "run", stop=20))
    found = observables(run)
    names = "time_set_s", "voltage_set_V", "voltage_reset_V", "current_reset_A"
    assert np.isnan([found[name] for name in names]).all()


def test_a_summary_has_the_columns_of_the_tables(tmp_path):
    """Of the first cycle, and none of pulses where there are none."""
    run = open_run(synthetic.write_cycles(tmp_path / "run", count=2))
    found, row = observables(run), run.cycles.iloc[0]
    assert found["cycles"] == 2 and found["pulses"] == 0
    names = "V_SET_V", "t_SET_s", "V_RESET_V", "I_RESET_A", "R_LRS_ohm", "R_HRS_ohm", "E_SET_J", "E_RESET_J"
    assert [found[name] for name in names] == [row[name] for name in names]
    assert np.isfinite([found[name] for name in names]).all() and np.isnan(found["G_after_S"])
