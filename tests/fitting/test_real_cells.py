"""Fits with the reduced model itself, short ones: every kind of table of points has runs that give its numbers back."""

import numpy as np
import pytest
import tomli_w
from helpers import made_up

from ecmsim.fitting.command import fit
from ecmsim.fitting.definition import read
from ecmsim.fitting.evaluate import Evaluator, Stage
from ecmsim.fitting.trials import Trials

COARSE = Stage("coarse", "reduced", 0.25, 600.0)
TABLES = [
    {"kind": "v_set", "name": "v_set", "points": [["1 V/s", "1.6 V"], ["100 V/s", "1.8 V"]], "current": "1 uA"},
    {"kind": "r_lrs", "name": "r_lrs", "points": [["1 uA", "300 kohm"]]},
    {"kind": "v_reset", "name": "v_reset", "points": [["10 uA", "-0.37 V"]]},
    {"kind": "set_times", "name": "t_set", "points": [["1.4 V", "1 s"], ["0.8 V", "1 s", False]], "current": "1 uA"},
    {"kind": "retention", "name": "retention", "points": [["10 ms", "50 kohm"], ["1 s", "50 kohm"]]},
]


@pytest.mark.slow
def test_every_kind_of_table_has_its_numbers(tmp_path):
    data = {
        "config": str(made_up.CONFIG),
        "set": {"compliance.current": "10 uA"},
        "dataset": TABLES,
        "parameters": {"butler_volmer.transfer_coefficient": {"from": 0.15, "to": 0.2}},
    }
    (tmp_path / "fit.toml").write_text(tomli_w.dumps(data))
    definition = read(tmp_path / "fit.toml")
    with Trials(tmp_path / "trials", 1) as trials:
        found = Evaluator(definition, trials).one(definition.space.start, COARSE)
    assert found.states == {"finished": 7}
    tables = {d.name: d.table(p)["modelled"] for d, p in zip(definition.datasets, found.predicted, strict=True)}
    slow, fast = tables["v_set"]
    assert 1.6 < slow < 1.75 < fast < 3.5  # the faster the ramp, the later it switches
    assert 0.1 / 1e-6 < tables["r_lrs"][0] < 1.2 / 1e-6
    assert tables["v_reset"][0] == pytest.approx(-0.37, abs=0.05)
    quick, long = tables["t_set"]
    assert 0.1 < quick < 5 and long > 10
    assert np.allclose(tables["retention"], tables["retention"][0], rtol=0.02) and tables["retention"][0] < 1.2 / 1e-5


@pytest.mark.slow
def test_a_hidden_coefficient_comes_back_from_a_curve(tmp_path):
    """From a noisy curve of the reduced model itself, with steps of another length than those of the fit."""
    from ecmsim.config import load_config
    from ecmsim.results import open_run
    from ecmsim.running.run import run

    settings = ["model=reduced", "compliance.current=1 uA", "stepping.refinement=0.5", "output.snapshot_regimes=false"]
    settings += ['programme=[{ kind = "ramp", to = "1.8 V", rate = "1 V/s" }]', "output.snapshot_currents=[]"]
    run(load_config(made_up.CONFIG, [*settings, "butler_volmer.transfer_coefficient=0.175"]), tmp_path / "hidden")
    series = open_run(tmp_path / "hidden").timeseries
    draw, time = np.random.default_rng(2), np.arange(0, 1.8001, 0.01)
    current = np.exp(np.interp(time, series.time_s, np.log(np.maximum(series.current_A, 1e-30))))
    current *= 1 + 0.05 * draw.standard_normal(len(time))
    lines = [f"{t:.4g},{t:.4g},{i:.6g}" for t, i in zip(time, current, strict=True)]
    (tmp_path / "iv.csv").write_text("\n".join(["Time,AV,AI", *lines]))
    iv = {"kind": "iv", "file": "iv.csv", "compliance": "1 uA", "floor": "1 pA", "ways": "out"}
    data = {
        "config": str(made_up.CONFIG),
        "dataset": [iv],
        "parameters": {"butler_volmer.transfer_coefficient": {"from": 0.14, "to": 0.2}},
        "global": {"method": "none"},
        "local": {"refinement": 0.25},
        "full": {"mode": "none"},
    }
    (tmp_path / "fit.toml").write_text(tomli_w.dumps(data))
    result = fit(tmp_path / "fit.toml", tmp_path / "out", quiet=True, jobs=1)
    assert result.values[0] == pytest.approx(0.175, rel=2e-3) and result.scatter < 2
    assert abs(result.values[0] - 0.175) < 4 * result.errors[0]
