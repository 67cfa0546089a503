"""Whole fits of a made-up cell: what comes back, what is on the disk, and what goes wrong on the way."""

import subprocess
import sys
import time

import numpy as np
import pytest
import tomli_w
from helpers import made_up, own_laws
from helpers.paths import ROOT
from typer.testing import CliRunner

from ecmsim.commands.cli import app
from ecmsim.config import load_config
from ecmsim.errors import ConfigError, ResultsError, SolveError
from ecmsim.fitting import answer
from ecmsim.fitting.command import fit
from ecmsim.study.folder import locked


@pytest.fixture
def command(tmp_path, monkeypatch):
    return made_up.workers(monkeypatch, tmp_path)


@pytest.fixture
def process(tmp_path, monkeypatch):
    """The same in processes of their own."""
    return made_up.workers(monkeypatch, tmp_path, inside=False)


def start(path, command, **options):
    return fit(path, path.parent / "out", quiet=True, jobs=1, command=command, **options)


@pytest.mark.slow
def test_three_hidden_parameters_come_back(tmp_path, command):
    """Within three of their standard errors from noisy data, and close from a start a sixth off."""
    path = made_up.fit_file(tmp_path, dataset=made_up.datasets(tmp_path, relative=0.05, floor=2e-12, seed=3))
    result = start(path, command)
    true = np.array(list(made_up.TRUE.values()))
    assert (np.abs(result.values - true) < 3 * result.errors).all() and (result.errors < 0.05 * true).all()
    assert result.values == pytest.approx(true, rel=0.05) and 0.8 < result.scatter < 1.2
    assert result.found.start.misfit > 10 and not result.identified.undetermined


@pytest.mark.slow
def test_what_comes_out_is_a_labelled_configuration_tables_and_a_page(tmp_path, command):
    derived = {"half": "0.5 * stress.energy", "hopping.activation_energy": "10 * stress.energy"}
    path = made_up.fit_file(tmp_path, title="of a made-up cell", derived=derived, set={"cell.radius": "30 nm"})
    result = start(path, command)
    out = tmp_path / "out"
    config = load_config(out / "fitted.toml")
    assert float(config.stress.energy) == pytest.approx(0.03, rel=2e-3) and config.stress.energy.label == "fitted"
    assert (
        "ecmsim fit, reduced model, to curve; pulses" in config.stress.energy.source
        and "±" in config.stress.energy.source
    )
    assert float(config.hopping.activation_energy) == pytest.approx(0.3, rel=2e-3)
    assert config.hopping.activation_energy.label == "derived" and float(config.cell.radius) == 30
    table = answer.parameters(result).set_index("parameter")
    assert table.loc["half", "standard_error"] == pytest.approx(
        0.5 * table.loc["stress.energy", "standard_error"], rel=1e-2
    )
    residuals = answer.residuals(result)
    assert set(residuals.dataset) == {"curve", "pulses"} and np.abs(residuals.residual).max() < 1
    text = (out / "report.html").read_text()
    assert "of a made-up cell" in text and text.count("<figure>") == 2 and "stress.energy" in text
    assert {path.name for path in out.iterdir()} >= {
        "README.md", "correlations.csv", "evaluations.csv", "fit.toml", "parameters.csv", "residuals.csv",
    }  # fmt: skip


@pytest.mark.slow
def test_a_parameter_without_influence_is_said_to_be_undetermined(tmp_path, command):
    more = {"filament.specularity": {"from": 0.0, "to": 0.5, "start": 0.2}}
    path = made_up.fit_file(tmp_path, dataset=made_up.curve_alone(tmp_path), parameters=made_up.PARAMETERS | more)
    result = start(path, command)
    assert result.identified.undetermined == ["filament.specularity"]
    assert result.values[:3] == pytest.approx(list(made_up.TRUE.values()), rel=5e-3) and result.values[3] == 0.2
    told = (tmp_path / "out" / "README.md").read_text()
    assert "`filament.specularity` is undetermined: these data do not depend on it" in told
    assert "not determined" in load_config(tmp_path / "out" / "fitted.toml").filament.specularity.source


@pytest.mark.slow
def test_a_prior_holds_what_the_data_leave_open(tmp_path, command):
    prior = {"value": 0.3, "error": 0.02}
    more = {"filament.specularity": {"from": 0.0, "to": 0.5, "start": 0.2, "prior": prior}}
    path = made_up.fit_file(tmp_path, dataset=made_up.curve_alone(tmp_path), parameters=made_up.PARAMETERS | more)
    result = start(path, command)
    assert result.values[3] == pytest.approx(0.3, abs=1e-3) and result.errors[3] == pytest.approx(0.02, rel=1e-3)
    assert result.identified.undetermined == ["filament.specularity"] and any(
        "prior" in t for t in answer.remarks(result)
    )


@pytest.mark.slow
@pytest.mark.parametrize("method", ["hypercube", "evolution"])
def test_the_whole_bounds_are_searched(tmp_path, command, method):
    """From a start at the wrong end, with seeds that are kept."""
    parameters = made_up.PARAMETERS | {"butler_volmer.transfer_coefficient": {"from": 0.1, "to": 0.2, "start": 0.1}}
    search = {"method": method, "count": 8, "generations": 3, "seed": 5}
    data = made_up.curve_alone(tmp_path)
    path = made_up.fit_file(tmp_path, dataset=data, parameters=parameters, **{"global": search})
    first = start(path, command)
    assert first.values == pytest.approx(list(made_up.TRUE.values()), rel=1e-2)
    made = len(made_up.calls(tmp_path))
    again = start(path, command)
    assert (again.values == first.values).all() and len(made_up.calls(tmp_path)) == made


@pytest.mark.slow
def test_trials_that_fail_hang_or_crash_are_information(tmp_path, process):
    """Above the best value trials come to nothing; the fit goes on and says so."""
    made_up.behave(tmp_path, fail=0.153, hang=0.165, crash=0.18)
    search = {"method": "hypercube", "count": 10, "seed": 2}
    data = made_up.curve_alone(tmp_path)
    path = made_up.fit_file(tmp_path, dataset=data, trial={"limit": "0.5 s"}, **{"global": search})
    result = start(path, process)
    assert result.values == pytest.approx(list(made_up.TRUE.values()), rel=1e-2)
    assert {"failed", "limit", "crashed"} <= result.lost.keys()
    assert "did not come to their end" in (tmp_path / "out" / "README.md").read_text()


@pytest.mark.slow
@pytest.mark.timeout(300)  # a trial that was kept and is made again would be waited for in vain
def test_a_fit_that_was_killed_ends_with_the_same_answer(tmp_path, process):
    path = made_up.fit_file(tmp_path, dataset=made_up.curve_alone(tmp_path))
    whole = fit(path, tmp_path / "whole", quiet=True, jobs=1, command=process)
    code = "from pathlib import Path; from ecmsim.fitting.command import fit; "
    code += f"fit(Path({str(path)!r}), {str(tmp_path / 'out')!r}, quiet=True, jobs=2, command={process!r})"
    for wanted in (3, 12):
        made_up.behave(tmp_path, wait=len(made_up.calls(tmp_path)) + wanted - len(trials(tmp_path / "out")))
        begun = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.DEVNULL)
        try:
            while begun.poll() is None and len(trials(tmp_path / "out")) < wanted:
                time.sleep(0.01)
        finally:
            begun.kill()
            begun.wait()
    made_up.behave(tmp_path)
    kept = trials(tmp_path / "out")
    assert len(kept) == 12 and not (tmp_path / "out" / "fitted.toml").exists()
    made = len(made_up.calls(tmp_path))
    result = start(path, process)
    assert (result.values == whole.values).all() and (result.errors == whole.errors).all()
    assert 0 < len(made_up.calls(tmp_path)) - made <= len(trials(tmp_path / "out") - kept)
    assert (tmp_path / "out" / "parameters.csv").read_text() == (tmp_path / "whole" / "parameters.csv").read_text()


def trials(out):
    """The finished trials in the folder of a fit."""
    return {path.name for path in (out / "trials").glob("reduced-*")}


def test_a_fit_of_which_no_trial_shows_anything_says_why(tmp_path, command):
    made_up.behave(tmp_path, fail=0.0)
    path = made_up.fit_file(
        tmp_path, dataset=[made_up.datasets(tmp_path)[1]], parameters=dict([*made_up.PARAMETERS.items()][:1])
    )
    with pytest.raises(SolveError, match="no trial has shown anything .*failed: the outline crossed itself"):
        start(path, command)


def test_one_fit_at_a_time_in_a_folder(tmp_path, command):
    path = made_up.fit_file(tmp_path)
    (tmp_path / "out").mkdir()
    with locked(tmp_path / "out" / ".lock") as lock:
        assert lock
        with pytest.raises(ResultsError, match="another process fits in"):
            start(path, command)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["check", "finish"])
def test_the_full_model_checks_or_finishes(tmp_path, command, mode):
    """That of the made-up cell has currents that are two per cent larger."""
    points = [["10 uA", "8.6e4 ohm"], ["30 uA", "3e4 ohm"], ["100 uA", "9.4e3 ohm"]]
    tables = [*made_up.datasets(tmp_path), {"kind": "r_lrs", "name": "R", "points": points, "relative_error": 0.01}]
    path = made_up.fit_file(tmp_path, dataset=tables, full={"mode": mode})
    result = start(path, command)
    assert result.model == ("full" if mode == "finish" else "reduced")
    models = [line.split()[0] for line in made_up.calls(tmp_path)]
    assert models.count("full") == len(tables[1]["points"]) + 4 if mode == "check" else models.count("full") > 10
    assert result.found.full.stage.refinement == 1.0
    if mode == "check":
        assert (
            "full_residual" in answer.residuals(result)
            and "full model" in (tmp_path / "out" / "report.html").read_text()
        )


@pytest.mark.slow
def test_parameters_of_some_datasets_alone(tmp_path, command):
    """Two devices with barriers of their own."""
    one = made_up.curve_alone(tmp_path)
    two = [item | {"name": f"{item['name']} 2"} for item in one]
    parameters = {name: value for name, value in made_up.PARAMETERS.items() if name != "tunnelling.barrier"}
    bounds = {"setting": "tunnelling.barrier", "from": "3 eV", "to": "6 eV"}
    parameters["first"] = bounds | {"datasets": ["curve"]}
    parameters["second"] = bounds | {"datasets": ["curve 2"], "start": "5 eV"}
    result = start(made_up.fit_file(tmp_path, dataset=[*one, *two], parameters=parameters), command)
    assert result.values == pytest.approx([0.15, 0.03, 4.4, 4.4], rel=5e-3)
    text = (tmp_path / "out" / "fitted.toml").read_text()
    assert "# tunnelling.barrier of curve: 4.4" in text and "[tunnelling]" not in text


@pytest.mark.slow
def test_a_posterior_is_sampled_on_a_surrogate(tmp_path, command):
    noisy = made_up.curve_alone(tmp_path, relative=0.05, floor=2e-12, seed=3)
    path = made_up.fit_file(tmp_path, dataset=noisy, posterior={"steps": 300, "walkers": 16})
    result = start(path, command)
    spread = result.chain.samples.std(axis=0)
    assert spread == pytest.approx(result.errors, rel=0.3) and result.chain.error < 0.3
    assert (tmp_path / "out" / "figures" / "corner.svg").is_file()
    assert (
        (tmp_path / "out" / "posterior.csv").read_text().startswith("butler_volmer.transfer_coefficient,stress.energy")
    )


# --- calibrations: fits to facts ---------------------------------------------------------------------------------


def facts(folder, **changes):
    _, v, i, gap = made_up.computed(f"programme={made_up.TRIANGLE}", "compliance.current=10 uA")
    last = {"name": "gap at the end", "value": f"{gap[-1]:.6g} nm", "tolerance": "0.001 nm", "measure": "last value"}
    reached = {"name": "a microampere", "measure": "time of value", "column": "current_A", "level": "1 uA"}
    at = float(np.interp(1e-6, i[: np.argmax(v)], v[: np.argmax(v)]))
    tables = [last | {"column": "gap_nm"}, reached | {"value": f"{at:.6g} s", "tolerance": "5 ms"}]
    data = {
        "config": str(made_up.CONFIG),
        "target": tables,
        "source": "our cell",
        "set": {"programme": [{"kind": "sweep", "peak": "2 V", "rate": "1 V/s"}], "compliance.current": "10 uA"}
        | {"tunnelling.barrier": "4.4 eV"},
        "parameters": {
            name: {k: v for k, v in made_up.PARAMETERS[name].items() if k != "start"} for name in list(made_up.TRUE)[:2]
        },
    } | changes
    path = folder / "c.toml"
    path.write_text(tomli_w.dumps(data))
    return path


@pytest.mark.slow
def test_a_calibration_is_a_fit_to_facts_that_the_full_model_finishes(tmp_path, command):
    result = start(facts(tmp_path), command)
    assert result.model == "full" and result.values == pytest.approx([0.15, 0.03], rel=5e-3)
    assert result.found.best.misfit < 0.2 < result.found.start.misfit
    config = load_config(tmp_path / "out" / "fitted.toml")
    assert "ecmsim calibrate, full model, to facts 1, 2 of our cell, " in config.stress.energy.source
    assert config.compliance.current.label == "printed" or float(config.compliance.current) == 1e-5
    [(dataset, _, _, rows)] = result.facts
    # the gap at the end is 0.1 nm + 5 nm/eV * energy: one percent of 0.03 eV is 0.0015 nm
    assert result.sensitivities(dataset, rows)[0] == pytest.approx([0, 0.0015], abs=1e-5)
    text = (tmp_path / "out" / "README.md").read_text()
    assert "| 1 | gap at the end | 0.250 ± 0.001 nm |" in text and "within" in text and "outside" not in text
    assert (tmp_path / "out" / "sensitivities.csv").read_text().startswith("fact,butler_volmer.transfer_coefficient")


def test_a_calibration_may_end_with_the_reduced_model(tmp_path, command):
    result = start(facts(tmp_path), command, full="none")
    assert result.model == "reduced" and not [line for line in made_up.calls(tmp_path) if line.startswith("full")]


@pytest.mark.slow
def test_the_command_prints_the_answer_and_writes_where_it_is_told(tmp_path, command):
    words = ["calibrate", str(facts(tmp_path)), "--reduced", "--out", str(tmp_path / "out"), "--jobs", "1", "-q"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0 and done.stdout.strip() == (tmp_path / "out" / "README.md").read_text().strip()
    again = CliRunner().invoke(app, ["fit", *words[1:2], "--full", "none", *words[3:]])
    assert again.exit_code == 0 and again.stdout == done.stdout  # a calibration is a fit


@pytest.mark.slow
def test_laws_of_ones_own_run_with_the_option_alone(tmp_path, command):
    config = own_laws.write(tmp_path, 'stress = { law = "my_laws.py:Yielding", energy = 0.03 }')
    parameters = {"laws.stress.energy": {"from": 0.01, "to": 0.04}}
    path = facts(tmp_path, config=str(config), parameters=parameters, set={"laws": {"tunnelling": "my_laws.py:Leaky"}})
    with pytest.raises(ConfigError, match="laws.stress = .*--allow-code"):
        start(path, command)
    assert not (tmp_path / "out").exists()
    result = start(path, command, full="none", allow_code=True)
    written = load_config(tmp_path / "out" / "fitted.toml").laws["stress"]
    assert written.model_extra["energy"].label == "fitted"
    assert written.parameters["energy"] == pytest.approx(result.values[0], rel=1e-4)
    made = len(made_up.calls(tmp_path))
    (tmp_path / "my_laws.py").write_text(own_laws.TEXT + "# changed\n")
    start(path, command, full="none", allow_code=True)
    assert len(made_up.calls(tmp_path)) > made
