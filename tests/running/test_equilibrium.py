"""Cells whose filament is at rest at another voltage than zero: batteries, and tips that dissolve by themselves."""

import numpy as np
import pytest

from ecmsim.config import Config
from ecmsim.constants import BOLTZMANN_EV
from ecmsim.results import open_run
from ecmsim.running.run import run

BOTH = pytest.mark.parametrize("model", ["reduced", "full"])
BATTERY = """
extends = "ecmsim:quick"
title = "battery"
[butler_volmer]
rest_potential = "0.2 V"
[initial]
kind = "cylinder"
radius = "2 nm"
height = "5 nm"
[[programme]]
kind = "ramp"
to = "-0.1 V"
duration = "1 us"
[[programme]]
kind = "ramp"
to = "0.5 V"
duration = "0.1 s"
[mesh]
surface_size = "1 nm"
largest_size = "8 nm"
"""
TIP = """
extends = "ecmsim:quick"
title = "tip"
[initial]
kind = "cylinder"
radius = "RADIUS"
height = "8 nm"
[capillarity]
enabled = true
surface_energy = "1.8 J/m^2"
smallest_radius = "0.4 nm"
[compliance]
kind = "none"
[[programme]]
kind = "hold"
duration = "1e4 s"
until = "height < 7.9 nm"
[stepping]
first_step = "1 us"
largest_step = "1e6 s"
"""


def series(text, folder, *overrides):
    run(Config.from_toml(text, overrides=overrides), folder)
    return open_run(folder).timeseries


def crossing(table):
    """Voltage at which the current passes zero on its way up, V."""
    table = table[table["time_s"] > 1e-6]
    return float(np.interp(0.0, table["current_A"], table["source_voltage_V"]))


@pytest.mark.slow
@BOTH
def test_the_current_crosses_zero_at_the_rest_potential(model, tmp_path):
    """The cell is a battery: it drives a current against the source below that voltage, and metal dissolves."""
    fine = "stepping.largest_voltage_step=5 mV"
    table = series(BATTERY, tmp_path / "run", f"model={model}", fine)
    assert crossing(table) == pytest.approx(0.2, abs=2e-3)
    assert table["current_A"].iloc[0] < -1e-18 and table["source_voltage_V"].iloc[0] == 0.0
    assert table["charge_imbalance"].max() < 1e-8 and table["power_imbalance"].max() < 1e-4
    if model == "reduced":
        other = series(BATTERY, tmp_path / "other", f"model={model}", "butler_volmer.rest_potential=-50 mV", fine)
        assert crossing(other) == pytest.approx(-0.05, abs=2e-3)
        direct = series(BATTERY, tmp_path / "direct", f"model={model}", 'compliance={kind="none"}', fine)
        assert crossing(direct) == pytest.approx(0.2, abs=2e-3)


@BOTH
def test_a_thin_tip_dissolves_at_zero_bias(model, tmp_path):
    """A round tip of 1 nm first, one of 2 nm later; without surface energy neither moves. Charge and metal agree."""
    thin = series(TIP.replace("RADIUS", "1 nm"), tmp_path / "thin", f"model={model}")
    assert thin["height_nm"].iloc[-1] <= 7.9 and thin["time_s"].iloc[-1] < 1.0
    assert thin["ionic_current_A"].max() < 0 and thin["faraday_error"].max() < 1e-3
    assert thin["charge_imbalance"].max() < 1e-8 and thin["power_imbalance"].max() < 1e-4
    if model == "reduced":
        thick = series(TIP.replace("RADIUS", "2 nm"), tmp_path / "thick", "model=reduced")
        assert thick["time_s"].iloc[-1] > 2 * thin["time_s"].iloc[-1]
        flat = [*("capillarity.enabled=false", "model=reduced"), "programme[0].duration=1 s"]
        still = series(TIP.replace("RADIUS", "1 nm"), tmp_path / "still", *flat)
        assert still["height_nm"].iloc[-1] == pytest.approx(8.0, abs=1e-9)


def test_a_tip_dissolves_as_fast_as_its_potential_says(tmp_path):
    """A dome that reactions limit: v = Omega/(z e) J0 (exp((1-a) s) - exp(-a s)), s = 2 gamma Omega/(r kT)."""
    overrides = ["model=reduced", "hopping.activation_energy=0.1 eV", "dissolution.enabled=false"]
    overrides += ["stress.enabled=false", "butler_volmer.electrode_ratio=1e4"]
    text = TIP.replace("RADIUS", "4 nm").replace('height = "8 nm"', 'height = "4.001 nm"').replace("7.9 nm", "3.98 nm")
    table = series(text, tmp_path / "run", *overrides)
    exchange = 1.602176634e-19 * 1e26 * 182 * np.exp(-0.648 / (BOLTZMANN_EV * 300))
    volume = 63.546e-3 / (96485.33 * 8960)
    shift = 1.8 * volume * 2 / 4e-9 / (BOLTZMANN_EV * 300)
    expected = 1e9 * volume * exchange * (np.exp(0.833 * shift) - np.exp(-0.167 * shift))
    speed = (table["height_nm"].iloc[0] - table["height_nm"].iloc[-1]) / table["time_s"].iloc[-1]
    assert speed == pytest.approx(expected, rel=0.05)


@BOTH
def test_a_programme_below_the_rest_potential_is_told(model, tmp_path):
    ramp = 'programme=[{kind="ramp", to="0.5 V", duration="1 s"}]'
    config = Config.from_toml(
        'extends = "ecmsim:quick"\n', overrides=[f"model={model}", ramp, "butler_volmer.rest_potential=0.8 V"]
    )
    reason = run(config, tmp_path / "run").reason
    assert "the source never exceeded the rest potential, 800 mV" in reason
    if model == "full":
        return
    higher = Config.from_toml(
        'extends = "ecmsim:quick"\n', overrides=["model=reduced", ramp, "butler_volmer.rest_potential=0.2 V"]
    )
    reason = run(higher, tmp_path / "higher").reason
    assert "never switched" in reason and "rest potential" not in reason
