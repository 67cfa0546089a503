"""Two needles beside a nanowire: what the numbers are, what counts as a hit, and what is committed."""

import numpy as np
import pandas as pd
import pytest
from helpers.paths import ROOT

from ecmsim import load_config
from ecmsim.constants import CONDUCTANCE_QUANTUM
from validation.needles.__main__ import committed
from validation.needles.numbers import conductance, levels, plateau, read_after, spread, sweep_numbers
from validation.needles.page import page
from validation.needles.runs import CONFIGS, RUNS

HERE = ROOT / "validation" / "needles"


def series(times, atoms, volts=0.2, source=None):
    """A contact whose every atom conducts one quantum."""
    atoms, volts = np.asarray(atoms, dtype=float), np.broadcast_to(volts, len(times))
    found = {"time_s": times, "contact_atoms": atoms, "junction_voltage_V": volts}
    found |= {
        "tunnel_current_A": atoms * volts * CONDUCTANCE_QUANTUM,
        "source_voltage_V": volts if source is None else source,
    }
    return pd.DataFrame(found)


def test_levels_are_whole_numbers_that_last():
    found = levels(series([0, 1, 2, 2.5, 4, 5], [0, 1.1, 0.9, 2.0, 3.5, 3.1]))
    assert found == {1: pytest.approx(2.0), 3: pytest.approx(1.0)}  # two is there for half a second, 3.5 is no level


def test_a_state_is_read_on_the_way_back():
    source = np.array([0.0, 0.1, 0.8, 1.5, 0.8, 0.1, 0.0, -0.5])
    assert read_after(series(np.arange(8.0), [0, 1, 2, 3, 4, 5, 6, 7], source=source), 1.5) == pytest.approx(5.0)


def test_means_are_over_time():
    found = series([0, 1, 4, 5], [2, 2, 2, 3])
    assert plateau(found, 2) == pytest.approx(2.0) and np.isnan(plateau(found, 1))
    mean, deviation = spread(found, 0.0)
    assert mean == pytest.approx((4 * 2 + 1 * 3) / 5)
    assert deviation == pytest.approx(np.sqrt(4 * 0.2**2 + 0.8**2) / np.sqrt(5))


def test_the_numbers_of_a_sweep():
    found = sweep_numbers(series([0, 3, 7], [0, 0.6, 2.5], volts=[0.5, 0.2, 0.0]))
    assert found["first contact (s)"] == 3 and found["atoms at the end"] == 2.5
    assert found["G at the end (G0)"] == 0.0  # of no voltage there is no conductance
    assert conductance(series([0, 1], [1, 2], volts=-0.1)) == pytest.approx([1, 2])


def test_every_run_can_be_made():
    for config, overrides in RUNS.values():
        assert load_config(CONFIGS / f"{config}.toml", overrides).needle


@pytest.mark.parametrize(("small", "large", "hits"), [(1.0, 2.5, 3), (1.0, 3.5, 1), (3.0, 2.5, 1), (5.0, 20.0, 0)])
def test_what_counts_as_a_hit(small, large, hits):
    """The three facts of the compliance: about 1, 2 to 3, and 2 to 3 times as much."""
    found = committed()
    after = found.quantity == "G after SET"
    found.loc[after & (found.run == "cycle_100uA"), "value"] = small
    found.loc[after & (found.run == "cycle_400uA"), "value"] = large
    rows = [line for line in page(found).splitlines() if line.startswith("| ") and "SET" in line and "00 µA" in line]
    assert len(rows) == 3
    assert sum(line.endswith("| hit |") for line in rows) == hits


def test_the_committed_page_is_that_of_the_committed_table():
    assert page(committed()) == (HERE / "README.md").read_text(encoding="utf-8")
