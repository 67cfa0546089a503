"""Runs that begin without a nucleus: what waits, when it ends, what is told, and that resuming keeps what was drawn."""

import numpy as np
import pytest

from ecmsim.config import Config
from ecmsim.constants import BOLTZMANN_EV
from ecmsim.errors import ConfigError
from ecmsim.results import open_run
from ecmsim.results.folder import TIMESERIES
from ecmsim.running.run import resume, run

BOTH = pytest.mark.parametrize("model", ["reduced", "full"])
CELL = """
extends = "ecmsim:quick"
title = "no nucleus"
model = "MODEL"
[nucleation]
enabled = true
attempt_time = "1e-7 s"
activation_energy = "0.8 eV"
critical_atoms = 1
waiting = "mean"
[[programme]]
kind = "ramp"
to = "VOLTAGE"
duration = "1 ns"
[[programme]]
kind = "hold"
duration = "1e6 s"
until = "height > 0.2 nm"
[stepping]
first_step = "1 ns"
largest_step = "1e5 s"
"""


def config(voltage, *overrides, model="reduced"):
    return Config.from_toml(CELL.replace("MODEL", model).replace("VOLTAGE", voltage), overrides=overrides)


def rate(voltage):
    """Of nucleation in the cell of these tests, 1/s."""
    return 1e7 * np.exp((-0.8 + 1.167 * voltage) / (BOLTZMANN_EV * 300))


def formed(folder):
    """When the nucleus formed, s."""
    events = open_run(folder).events
    return events["time_s"][events["event"] == "nucleation"].iloc[0]


@pytest.mark.slow
@BOTH
def test_growth_begins_when_the_nucleus_has_formed(model, tmp_path):
    """After 1/rate; until then no ions flow, from then on they do as in a run that begins with the nucleus."""
    run(config("0.5 V", model=model), tmp_path / "run")
    table, moment = open_run(tmp_path / "run").timeseries, formed(tmp_path / "run")
    assert moment == pytest.approx(1 / rate(0.5), rel=1e-5)
    waiting = table["time_s"] < moment
    assert waiting.sum() > 3 and table["ionic_current_A"][waiting].abs().max() < 1e-24
    assert table["height_nm"][waiting].tolist() == [0.128] * waiting.sum()
    growing = table[~waiting]
    assert growing["time_s"].iloc[0] == moment and growing["ionic_current_A"].iloc[0] > 1e-21
    assert growing["height_nm"].iloc[-1] > 0.2 and table["faraday_error"].max() < 1e-3
    if model == "reduced":
        run(config("0.5 V", "nucleation.enabled=false"), tmp_path / "there")
        there = open_run(tmp_path / "there").timeseries
        assert growing["time_s"].iloc[-1] - moment == pytest.approx(there["time_s"].iloc[-1], rel=0.01)


@pytest.mark.slow
def test_low_voltages_have_the_slope_of_nucleation(tmp_path):
    """(Nc + alpha)/alpha times as steep as growth alone; at high voltages growth is what takes its time."""
    times = {}
    for voltage in ("0.2 V", "0.25 V", "0.8 V", "0.9 V"):
        for law in ("true", "false"):
            run(config(voltage, f"nucleation.enabled={law}"), tmp_path / f"{voltage}{law}")
            times[voltage, law] = open_run(tmp_path / f"{voltage}{law}").timeseries["time_s"].iloc[-1]

    def slope(law, low, high):
        return np.log(times[f"{low} V", law] / times[f"{high} V", law]) / (high - low)

    # At low voltages dissolution slows growth as well: what nucleation adds is the steep part.
    waited = [times[f"{v} V", "true"] - times[f"{v} V", "false"] for v in (0.2, 0.25)]
    kt = BOLTZMANN_EV * 300
    assert np.log(waited[0] / waited[1]) / 0.05 == pytest.approx(1.167 / kt, rel=0.01)
    assert slope("true", 0.2, 0.25) > 4 * 0.167 / kt
    assert slope("true", 0.8, 0.9) == pytest.approx(slope("false", 0.8, 0.9), rel=0.02)


@pytest.mark.slow
@BOTH
def test_a_nucleus_that_never_comes_is_told(model, tmp_path):
    outcome = run(config("0.1 V", "nucleation.activation_energy=2 eV", model=model), tmp_path / "run")
    assert "end of the programme; no nucleus formed: the integrated rate came to" in outcome.reason
    there = open_run(tmp_path / "run")
    assert there.status == "finished" and there.timeseries["time_s"].iloc[-1] == pytest.approx(1e6)
    assert not len(there.events[there.events["event"] == "nucleation"])


@pytest.mark.slow
def test_resuming_keeps_what_was_drawn(tmp_path):
    """To the byte; another seed waits another time."""
    drawn = ['nucleation.waiting="drawn"', "nucleation.seed=5", "stepping.rebind_every=4", "checkpoint.interval=1 ms"]
    run(config("0.5 V", *drawn), tmp_path / "whole")
    run(config("0.5 V", *drawn), tmp_path / "parts", until=0.6 * formed(tmp_path / "whole"))
    resume(tmp_path / "parts", until=1e9)
    whole, parts = ((tmp_path / name / TIMESERIES).read_bytes() for name in ("whole", "parts"))
    moment = formed(tmp_path / "whole")
    assert whole == parts and open_run(tmp_path / "parts").timeseries["height_nm"].iloc[-1] > 0.2
    threshold = np.random.default_rng(5).exponential()
    assert moment * rate(0.5) == pytest.approx(threshold, rel=1e-4)
    run(config("0.5 V", *drawn, "nucleation.seed=6"), tmp_path / "other")
    assert abs(formed(tmp_path / "other") / moment - 1) > 0.1


def test_a_capacitor_that_charges_is_waited_for(tmp_path):
    """The rate follows the voltage of the cell, not that of the source: longer, by about R C ln(...)."""
    slow = ["circuit.capacitance=1 nF", "circuit.series_resistance=1 Gohm", 'compliance={kind="none"}']
    run(config("0.5 V", *slow), tmp_path / "slow")
    moment = formed(tmp_path / "slow")
    times = np.linspace(0, moment, 100_001)
    voltage = 0.5 * -np.expm1(-times / 1.0)
    assert np.trapezoid(rate(voltage), times) == pytest.approx(1.0, rel=0.02)
    assert moment > 1.2 / rate(0.5)


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (['nucleation.waiting="drawn"'], 'nucleation.waiting = "drawn": needs a seed'),
        (["nucleation.attempt_time=0 s"], "must be greater than 0 s"),
        (["nucleation.critical_atoms=-1"], "nucleation.critical_atoms"),
        (['initial={kind="cylinder", radius="1 nm", height="2 nm"}'], 'initial.kind = "cylinder": is a filament'),
    ],
)
def test_bad_input_is_told(overrides, told):
    with pytest.raises(ConfigError, match=told.replace("(", r"\(")):
        config("0.5 V", *overrides)
