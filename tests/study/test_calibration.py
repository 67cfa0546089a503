"""Calibration: fits of known functions, files that are wrong, and a whole calibration of a made-up model."""

import json

import numpy as np
import pytest
import tomli_w
from helpers import own_laws
from helpers.paths import ROOT, STUB

from ecmsim.calibration import command, fit, targets
from ecmsim.calibration.definition import read
from ecmsim.calibration.evaluate import FAR, Evaluator
from ecmsim.config import load_config
from ecmsim.errors import ConfigError, SolveError
from ecmsim.results.measures import BOUNDARIES, KINDS

CONFIGS = ROOT / "configs"
PAPER = CONFIGS / "calibration" / "paper.toml"
TARGETS = targets.read(PAPER).targets
MATRIX = np.array([[3.0, 1.0], [0.5, -2.0], [1.0, 1.0], [0.0, 0.7]])
BEST = np.array([0.4, 0.7])


def bent(points, bend=0.3, off=0.0):
    """Residuals of a mildly nonlinear model whose minimum is at BEST (k, 4)."""
    d = np.atleast_2d(points) - BEST
    return d @ MATRIX.T + bend * (d @ MATRIX.T) ** 2 * d[:, :1] + off


def test_trust_region_finds_a_minimum_inside_and_at_a_bound():
    found = fit.trust_region(bent, np.array([0.1, 0.2]))
    assert found.x == pytest.approx(BEST, abs=1e-3) and found.misfit < 1e-3
    beyond = fit.trust_region(lambda points: points @ MATRIX.T - MATRIX @ [0.5, 1.5], np.array([0.5, 0.5]))
    exact = np.linalg.lstsq(MATRIX[:, :1], MATRIX @ [0.5, 1.5] - MATRIX[:, 1], rcond=None)[0]
    assert beyond.x[1] == pytest.approx(1, abs=1e-3) and beyond.x[0] == pytest.approx(exact[0], abs=1e-2)


def test_broyden_needs_few_runs_with_a_borrowed_jacobian():
    calls = []

    def full(points):
        calls.append(len(points))
        return bent(points, bend=0.6)

    found = fit.broyden(full, np.array([0.3, 0.55]), 1.2 * MATRIX, most=8)
    assert found.x == pytest.approx(BEST, abs=5e-3) and sum(calls) == found.evaluations <= 8


def test_broyden_never_ends_worse_than_it_began():
    wrong = -MATRIX
    found = fit.broyden(bent, np.array([0.3, 0.5]), wrong, most=5)
    assert found.residuals @ found.residuals <= (bent(np.array([0.3, 0.5]))[0] ** 2).sum()
    assert found.evaluations <= 5


def test_jacobian_steps_back_at_the_upper_bound():
    seen = []

    def many(points):
        seen.append(points)
        return bent(points, bend=0)

    found = fit.jacobian_at(many, np.array([1.0, 0.5]), bent(np.array([1.0, 0.5]), bend=0)[0])
    assert found == pytest.approx(MATRIX) and seen[0].max() <= 1


def test_errors_come_from_the_jacobian():
    known = fit.Fit(BEST, np.zeros(4), MATRIX, 1)
    assert known.covariance == pytest.approx(np.linalg.inv(MATRIX.T @ MATRIX))
    unknown = fit.Fit(BEST, np.zeros(4), MATRIX * [1, 0], 1)
    assert not np.isfinite(np.sqrt(np.diag(unknown.covariance))[1])


# --- files --------------------------------------------------------------------------------------------------


GAP = {"name": "gap", "value": "0.3 nm", "tolerance": "0.1 nm", "measure": "last value", "column": "gap_nm"}

ENDED = {"name": "end", "value": "2 s", "tolerance": "1 s", "measure": "last value", "column": "time_s"}
ENDED |= {"above": "checkpoint.walltime"}  # a setting that there need not be


def write(folder, **changes):
    data = {
        "config": str(CONFIGS / "cu_sio2_pt.toml"),
        "targets": str(PAPER),
        "rows": [1, 2, 3],
        "parameters": {"stress.energy": {"from": "0.01 eV", "to": "0.04 eV"}},
    } | changes
    path = folder / "c.toml"
    path.write_text(tomli_w.dumps({key: value for key, value in data.items() if value is not None}))
    return path


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rows": [1, 15]}, ["rows = [1, 15]", "expected some of [1, 2, 3, 4, 5, 6]"]),
        ({"rows": [[1]]}, ["rows = [[1]]"]),
        ({"rows": []}, ["rows = []"]),
        ({"targets": None}, ["needs either tables [[target]] or targets ="]),
        ({"target": [GAP]}, ["needs either tables [[target]] or targets ="]),
        ({"targets": 3}, ["targets = 3: expected the path"]),
        ({"targets": "none.toml"}, ["none.toml: no such file"]),
        ({"source": "me"}, ["source: stands in the file of the targets"]),
        ({"targets": None, "target": [GAP | {"column": "gap"}], "rows": None}, ["target[0]: column", "gap_nm"]),
        ({"targets": None, "target": [ENDED], "rows": [1]}, ["row 1: above = checkpoint.walltime", "does not have"]),
        ({"parameters": {}}, ["needs at least one"]),
        ({"parameters": {"stress.energy": {"from": "0.03 eV", "to": "0.04 eV"}}}, ["own value, 0.0225 eV", "between"]),
        ({"parameters": {"stress.energie": {"from": "0.01 eV", "to": "0.04 eV"}}}, ["stress.energie", "--schema"]),
        ({"parameters": {"stress.energy": {"from": "1 nm", "to": "0.04 eV"}}}, ['from = "1 nm"', "energy"]),
        ({"parameters": {"stress.energy": 3}}, ["expected { from"]),
        ({"rows": [1], "parameters": None}, ["needs at least one"]),
        ({"config": "none.toml"}, ["expected the path"]),
        ({"parameter": {}}, ['did you mean "parameters"']),
    ],
)
def test_wrong_files_are_told(tmp_path, changes, words):
    with pytest.raises(ConfigError) as caught:
        read(write(tmp_path, **changes))
    assert all(word in str(caught.value) for word in words)


def test_more_parameters_than_facts_are_refused(tmp_path):
    parameters = {
        "stress.energy": {"from": "0.01 eV", "to": "0.04 eV"},
        "dissolution.void_length": {"from": "0.05 nm", "to": "0.08 nm"},
    }
    with pytest.raises(ConfigError, match="2 parameters cannot be fitted to 1 facts"):
        read(write(tmp_path, rows=[3], parameters=parameters))


def test_rows_choose_among_the_targets_of_the_file(tmp_path):
    found = read(write(tmp_path, rows=[3, 1]))
    assert found.targets == (TARGETS[0], TARGETS[2]) and found.source == "the paper"
    assert read(write(tmp_path, rows=None)).targets == TARGETS


def test_targets_of_one_s_own_stand_in_the_file_itself(tmp_path):
    tables = [GAP, GAP | {"row": 4, "name": "at most", "measure": "highest value"}]
    found = read(write(tmp_path, targets=None, target=tables, source="our cell", rows=[4]))
    assert [target.name for target in found.targets] == ["at most"] and found.source == "our cell"
    assert read(write(tmp_path, targets=None, target=tables, rows=None)).source == "c.toml"


def test_the_readme_s_example_is_valid_and_its_table_has_every_measure(tmp_path):
    text = (ROOT / "README.md").read_text()
    [example] = [block for block in text.split("```toml\n")[1:] if "[[target]]" in block.partition("```")[0]]
    (tmp_path / "c.toml").write_text(example.partition("```")[0].replace("../", f"{CONFIGS}/"))
    assert read(tmp_path / "c.toml").targets[0].measure == TARGETS[3].measure
    assert not [name for name in (*KINDS, *BOUNDARIES) if f"`{name}`" not in text]


def test_the_calibration_that_comes_with_it_is_valid():
    found = read(CONFIGS / "calibration" / "cu_sio2_pt.toml")
    assert found.targets == TARGETS and len(found.parameters) >= 3
    config = found.configuration([parameter.start for parameter in found.parameters], "reduced")
    assert config.model == "reduced" and float(config.stress.energy) == pytest.approx(0.0225)


# --- a whole calibration ------------------------------------------------------------------------------------


def test_residuals_count_in_tolerances_and_what_is_missing_is_far(tmp_path):
    evaluator = Evaluator(read(write(tmp_path)), tmp_path)
    values = np.array([[1.17, 1.679, np.nan], [1.12, 1.649, 1e9]])
    assert evaluator.residuals(values) == pytest.approx(np.array([[1, 0, FAR], [0, -1, FAR]]), abs=1e-9)


def made_up(energy, length, model):
    """Facts of a model that is cheap to know: linear, the reduced one off by a constant and by a tenth in slope."""
    slope, off = (0.9, 0.4) if model == "reduced" else (1.0, 0.0)
    x = slope * np.array([(energy - 0.02) / 0.01, (length - 0.06) / 0.01])
    tolerance = np.array([target.tolerance for target in TARGETS])
    matrix = np.array([[1, 0], [0, 1], [1, 1], [0.5, -1], [1, -0.5], [0.2, 0.1]])
    return np.array([target.value for target in TARGETS]) + tolerance * (matrix @ x + off)


def test_a_calibration_from_file_to_file(tmp_path, monkeypatch):
    """The full model's minimum is found although the reduced one has another; the result runs and says what it is."""
    parameters = {
        "stress.energy": {"from": "0.01 eV", "to": "0.04 eV"},
        "dissolution.void_length": {"from": "0.05 nm", "to": "0.08 nm"},
    }
    path = write(tmp_path, rows=None, parameters=parameters)
    seen = []

    def one(self, point, model, control):
        self.runs[model].add(tuple(point))
        seen.append(model)
        return made_up(*point, model)

    monkeypatch.setattr(Evaluator, "_one", one)
    result = command.calibrate(path, tmp_path / "out", quiet=True)
    assert result.values == pytest.approx([0.02, 0.06], rel=5e-3)
    assert seen.count("full") <= 12 and result.fit.misfit < 0.05 < command.misfit(result, result.before)
    config = load_config(tmp_path / "out" / "calibrated.toml")
    assert float(config.stress.energy) == pytest.approx(0.02, rel=5e-3) and config.stress.energy.label == "fitted"
    assert "facts 1, 2, 3, 4, 5, 6 of the paper, " in config.stress.energy.source
    # one percent of 0.02 eV is 0.0002 eV: 0.02 tolerances of 0.05 s
    assert result.sensitivities[0, 0] == pytest.approx(0.02 * 0.05, rel=1e-2)
    jacobian = np.array([[1, 0], [0, 1], [1, 1], [0.5, -1], [1, -0.5], [0.2, 0.1]]) / 0.01
    assert result.errors == pytest.approx(np.sqrt(np.diag(np.linalg.inv(jacobian.T @ jacobian))), rel=1e-2)
    text = (tmp_path / "out" / "README.md").read_text()
    assert "within" in text and "`stress.energy`" in text and "outside" not in text
    assert (tmp_path / "out" / "sensitivities.csv").read_text().startswith("fact,stress.energy")


def test_a_page_tells_small_numbers_with_prefixes(tmp_path):
    table = {"name": "at most", "value": "3 uA", "tolerance": "0.2 uA", "measure": "highest value"}
    calibration = read(write(tmp_path, targets=None, target=[table | {"column": "current_A"}], rows=None))
    found = fit.Fit(np.array([0.5]), np.array([0.0]), np.array([[1.0]]), 3)
    one = np.array([0.02])
    runs = {"full": 0, "reduced": 3}
    done = command.Calibrated(calibration, "reduced", one, one, np.array([2.5e-6]), np.array([3.1e-6]), found, runs)
    assert "| 1 | at most | 3.0 ± 0.2 µA | 2.50 µA | 3.10 µA | within |" in command.page(done)


def test_parameters_of_a_law_of_ones_own_are_fitted(tmp_path, monkeypatch):
    """With the option alone; what comes out has the label on the parameter and names the law's file where it is."""
    config = own_laws.write(tmp_path, 'stress = { law = "my_laws.py:Yielding", energy = 0.03 }')
    parameters = {"laws.stress.energy": {"from": 0.01, "to": 0.04}}
    law = {"laws": {"tunnelling": "my_laws.py:Leaky"}}  # of all runs, and relative to the calibration
    path = write(tmp_path, config=str(config), rows=None, set=law, parameters=parameters)

    def one(self, point, model, control):
        assert self.allow_code
        return made_up(*point, 0.06, model)

    monkeypatch.setattr(Evaluator, "_one", one)
    with pytest.raises(ConfigError, match="laws.stress = .*--allow-code"):
        command.calibrate(path, tmp_path / "out", model="reduced", quiet=True)
    assert not (tmp_path / "out").exists()
    result = command.calibrate(path, tmp_path / "out", model="reduced", quiet=True, allow_code=True)
    found = result.calibration.configuration(result.values, "reduced").laws
    assert found["tunnelling"].file == found["stress"].file == tmp_path / "my_laws.py"
    assert found["stress"].parameters["energy"] == pytest.approx(result.values[0])
    written = load_config(tmp_path / "out" / "calibrated.toml").laws["stress"]
    assert written.law == found["stress"].law and written.model_extra["energy"].label == "fitted"
    assert written.parameters["energy"] == pytest.approx(result.values[0], rel=1e-4)


def test_runs_with_other_code_of_a_law_are_not_found_again(tmp_path, monkeypatch):
    monkeypatch.setattr("ecmsim.calibration.evaluate.default_command", lambda: tuple(STUB))
    monkeypatch.setenv("STUB_HOME", str(tmp_path))
    (tmp_path / "behaviour.json").write_text("{}")
    config = own_laws.write(tmp_path, 'stress = { law = "my_laws.py:Yielding", energy = 0.1 }')
    parameters = {"hopping.distance": {"from": "0.2 nm", "to": "0.3 nm"}}
    calibration = read(write(tmp_path, config=str(config), rows=[1], parameters=parameters))
    evaluator = Evaluator(calibration, tmp_path / "runs", allow_code=True)
    for count, text in ((1, own_laws.TEXT), (1, own_laws.TEXT), (2, own_laws.TEXT + "# changed\n")):
        (tmp_path / "my_laws.py").write_text(text)
        evaluator.values([0.24], "reduced")
        assert len([path for path in (tmp_path / "runs").iterdir() if path.name.startswith("reduced-")]) == count
    commands = [json.loads(path.read_text())[0]["command"] for path in (tmp_path / "runs" / "logs").glob("*.json")]
    assert len(commands) == 2 and all(command.endswith("--allow-code") for command in commands)


def test_a_run_that_fails_is_told_with_its_log(tmp_path, monkeypatch):
    monkeypatch.setattr("ecmsim.calibration.evaluate.default_command", lambda: ("false",))
    evaluator = Evaluator(read(write(tmp_path)), tmp_path / "runs")
    with pytest.raises(SolveError, match="exit code 1 .*log: "):
        evaluator.values([0.02], "reduced")


def test_runs_are_kept_and_found_again(tmp_path, monkeypatch):
    monkeypatch.setattr("ecmsim.calibration.evaluate.default_command", lambda: tuple(STUB))
    monkeypatch.setenv("STUB_HOME", str(tmp_path))
    (tmp_path / "behaviour.json").write_text("{}")
    told = []
    evaluator = Evaluator(read(write(tmp_path, rows=[1])), tmp_path / "runs", told=told.append)
    first = evaluator.values([0.02], "reduced")
    names = sorted(path.name for path in (tmp_path / "runs").iterdir())
    again = evaluator.values([[0.02]], "reduced")
    assert (
        np.array_equal(first, again, equal_nan=True)
        and len(told) == len(evaluator.runs["reduced"]) == 1
        and "stress.energy = 0.02 eV" in told[0]
    )
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == names
