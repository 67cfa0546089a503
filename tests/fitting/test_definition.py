"""Fit files: what is wrong with them is told with field and value, and calibrations are fits to facts."""

import numpy as np
import pytest
import tomli_w
from helpers import made_up
from helpers.paths import ROOT

from ecmsim.config import load_config
from ecmsim.errors import ConfigError
from ecmsim.fitting import targets
from ecmsim.fitting.definition import read
from ecmsim.results.measures import BOUNDARIES, KINDS

CONFIGS = ROOT / "configs"
PAPER = CONFIGS / "calibration" / "paper.toml"
TARGETS = targets.read(PAPER).targets

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
        ({"parameters": {"stress.energy": {"from": "0.03 eV", "to": "0.04 eV"}}}, ["own value", "between"]),
        (
            {"parameters": {"stress.energie": {"from": "0.01 eV", "to": "0.04 eV"}}},
            ["stress.energie", 'did you mean "stress.energy"'],
        ),
        ({"parameters": {"stress.energy": {"from": "1 nm", "to": "0.04 eV"}}}, ['from = "1 nm"', "energy"]),
        ({"parameters": {"stress.energy": 3}}, ["parameters.stress.energy = 3: expected { from"]),
        ({"rows": [1], "parameters": None}, ["needs at least one"]),
        ({"set": {"model": "full"}}, ["set.model: the stages of a fit decide that"]),
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
    with pytest.raises(ConfigError, match="2 parameters cannot be fitted to 1 numbers"):
        read(write(tmp_path, rows=[3], parameters=parameters))


def test_rows_choose_among_the_targets_of_the_file(tmp_path):
    [found] = read(write(tmp_path, rows=[3, 1])).datasets
    assert found.targets == (TARGETS[0], TARGETS[2]) and found.source == "the paper"
    assert read(write(tmp_path, rows=None)).datasets[0].targets == TARGETS


def test_targets_of_one_s_own_stand_in_the_file_itself(tmp_path):
    tables = [GAP, GAP | {"row": 4, "name": "at most", "measure": "highest value"}]
    [found] = read(write(tmp_path, targets=None, target=tables, source="our cell", rows=[4])).datasets
    assert [target.name for target in found.targets] == ["at most"] and found.source == "our cell"
    assert read(write(tmp_path, targets=None, target=tables, rows=None)).datasets[0].source == "c.toml"


def test_the_manual_s_example_is_valid_and_its_table_has_every_measure(tmp_path):
    text = (ROOT / "docs" / "calibration.md").read_text()
    [example] = text.split('```toml title="my_calibration.toml"\n')[1:]
    (tmp_path / "c.toml").write_text(example.partition("```")[0].replace("../", f"{CONFIGS}/"))
    assert read(tmp_path / "c.toml").datasets[0].targets[0].measure == TARGETS[3].measure
    assert not [name for name in (*KINDS, *BOUNDARIES) if f"`{name}`" not in text]


def test_the_calibration_that_comes_with_it_is_valid():
    found = read(CONFIGS / "calibration" / "cu_sio2_pt.toml")
    [facts] = found.datasets
    assert facts.targets == TARGETS and len(found.space) >= 3 and found.options.full.mode == "finish"
    config = found.configuration(found.space.start, facts, facts.cases[0], ("model=reduced",))
    parameters = found.space.parameters
    assert config.model == "reduced" and any(p.start == config.stress.energy for p in parameters)
    assert facts.cases[0].outlines  # without which there is no end of growth to read off


# --- datasets of measurements ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "ivv"}, ['dataset[0].kind = "ivv"', 'did you mean "iv"?']),
        ({"kind": None}, ["dataset[0].kind: missing"]),
        ({"file": "none.csv"}, ['file = "none.csv": no such file']),
        ({"file": "empty.csv"}, ["dataset[0] (curve)", "empty.csv"]),
        ({"file": "noise.csv"}, ["noise.csv"]),
        ({"floor": "1 mA"}, ["no current above 4 times its noise of 0.001 A", "a smaller floor may help"]),
        ({"floor": "2 V"}, ['dataset[0].floor = "2 V": expected a current', "got a voltage"]),
        ({"relative_error": -0.1}, ["relative_error = -0.1: must be greater than 0"]),
        ({"voltage_error": 0.01}, ["voltage_error = 0.01: expected a voltage with its unit"]),
        ({"flor": "1 pA"}, ['dataset[0].flor: unknown key; did you mean "floor"?']),
        ({"ways": "back"}, ['ways = "back": expected "out" or "both"']),
        ({"columns": {"current": "XY"}}, ["XY"]),
        ({"set": {"compliance.current": "1 uA"}}, ['set.compliance.current: the kind "iv" decides that']),
        ({"set": {"stress.enrgy": "1 eV"}}, ["stress.enrgy", "did you mean"]),
        ({"temperature": "30 V"}, ['dataset[0].temperature = "30 V": expected a temperature']),
        ({"name": "pulses"}, ['the name "pulses" is used 2 times']),
    ],
)
def test_wrong_curves_are_told(tmp_path, change, words):
    iv, pulses = made_up.datasets(tmp_path)
    (tmp_path / "empty.csv").touch()
    (tmp_path / "noise.csv").write_text("Time,AV,AI\n0,0,0\n")
    iv = {key: value for key, value in (iv | change).items() if value is not None}
    with pytest.raises(ConfigError) as caught:
        read(made_up.fit_file(tmp_path, dataset=[iv, pulses]))
    assert all(word in str(caught.value) for word in words), caught.value


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"kind": "set_times"}, ["needs either a file or points"]),
        ({"kind": "set_times", "points": [["1 V"]]}, ['points[0] = ["1 V"]: expected a pair']),
        ({"kind": "set_times", "points": [["1 V", "1 nm"]]}, ['points[0]: "1 nm": expected a time', "got a length"]),
        ({"kind": "set_times", "points": [["1 V", "-1 s"]]}, ["y: must be greater than 0 s"]),
        (
            {"kind": "set_times", "points": [["1 V", "1 ns"]], "rise": "1 us"},
            ["rise = 1e-6 s: must be less than the shortest time"],
        ),
        ({"kind": "set_times", "points": [["1 V", "1 s"]], "over": "cell.radius"}, ["x is the voltage"]),
        ({"kind": "v_set", "points": [["1 V/s", "1 V", True]]}, ["expected a pair of quantities"]),
        ({"kind": "v_set", "points": [["1 V/s", "1 V"]], "peak": "0.5 V"}, ["peak = 0.5 V: must be more than"]),
        ({"kind": "v_set", "points": [["1 nm", "1 V"]], "over": "cell.radios"}, ["over", "is not a setting"]),
        ({"kind": "retention", "points": [["1 us", "1 kohm"]]}, ["times must be at least"]),
        ({"kind": "r_lrs", "points": [["1 uA", "1 V"]]}, ["expected a resistance"]),
        ({"kind": "facts"}, ["needs either tables [[target]] or file ="]),
    ],
)
def test_wrong_tables_are_told(tmp_path, table, words):
    with pytest.raises(ConfigError) as caught:
        read(made_up.fit_file(tmp_path, dataset=[*made_up.datasets(tmp_path), table]))
    assert all(word in str(caught.value) for word in words), caught.value


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"stress.energy": {"from": "1 eV", "to": "2 eV"}}, ["own value, 0.0225 eV, must lie between its bounds 1 eV"]),
        ({"stress.energy": {"from": "1 eV", "to": "1 eV"}}, ["are both 1 eV: nothing lies between them"]),
        ({"stress.energy": {"from": "0 eV", "to": "1 eV", "scale": "log"}}, ["must be greater than zero with scale"]),
        ({"stress.energy": {"from": "-1 eV", "to": "1 eV"}}, ["stress.energy", "must be at least 0 eV"]),
        ({"stress.energy": {"from": "0.01 eV", "to": "1 eV", "prior": 3}}, ['prior = 3: expected "label" or']),
        ({"stress.energy": {"from": "0.01 eV", "to": "1 eV", "datasets": ["crve"]}}, ['did you mean "curve"?']),
        ({"own": {"from": 0, "to": 1, "setting": "stress.energy"}}, ["from = 0: expected an energy with its unit"]),
        ({"stress.energy": {"from": "0.01 eV"}}, ["parameters.stress.energy.to: missing"]),
        ({"a": {"from": "0.01 eV", "to": "1 eV", "setting": "stress.energy"},
          "b": {"from": "0.01 eV", "to": "1 eV", "setting": "stress.energy"}}, ["is sought twice, also as a"]),
    ],
)  # fmt: skip
def test_wrong_parameters_are_told(tmp_path, parameters, words):
    with pytest.raises(ConfigError) as caught:
        read(made_up.fit_file(tmp_path, parameters=parameters))
    assert all(word in str(caught.value) for word in words), caught.value


@pytest.mark.parametrize(
    ("derived", "words"),
    [
        ({"a": "stress.enrgy"}, ['"stress.enrgy" is neither a parameter nor a setting; did you mean "stress.energy"?']),
        ({"a": "import os"}, ["is no formula"]),
        ({"a": "sin(1)"}, ['no function "sin"']),
        ({"a": "().__class__"}, ["is no formula"]),
        ({"stress.energy": "1"}, ["is sought as a parameter as well"]),
        ({"stress.enrgy": "1"}, ["is not a setting with a number"]),
        ({"hopping.distance": "-1"}, ["hopping.distance", "must be greater than 0 nm"]),
    ],
)
def test_wrong_formulas_are_told(tmp_path, derived, words):
    with pytest.raises(ConfigError) as caught:
        read(made_up.fit_file(tmp_path, derived=derived))
    assert all(word in str(caught.value) for word in words), caught.value


def test_a_file_of_pulses_says_which_switched(tmp_path):
    (tmp_path / "t.csv").write_text("V (V),t (ms),on\n1.2,80,1\n0.8,90,0\n")
    table = {"kind": "set_times", "name": "t", "file": "t.csv", "switched": "on", "current": "1 uA"}
    found = read(made_up.fit_file(tmp_path, dataset=[*made_up.datasets(tmp_path), table])).datasets[-1]
    assert found.y == pytest.approx([0.08, 0.09]) and list(found.switched) == [True, False]


def test_formulas_give_settings_to_the_runs_and_numbers_to_the_end(tmp_path):
    parameters = {"J": {"from": 1e-3, "to": 1.0, "scale": "log"}, "stress.energy": {"from": "0.01 eV", "to": "0.04 eV"}}
    derived = {"butler_volmer.rate_constant": "J * 1e3", "ratio": "stress.energy / hopping.activation_energy"}
    found = read(made_up.fit_file(tmp_path, parameters=parameters, derived=derived))
    config = found.configuration([0.5, 0.2], found.datasets[0], found.datasets[0].cases[0])
    assert float(config.butler_volmer.rate_constant) == pytest.approx(1e3 * 1e-3**0.5)
    assert found.space.formulas([0.5, 0.2])["ratio"] == pytest.approx(0.016 / 0.4)


def test_a_label_is_a_prior(tmp_path):
    energy = {"from": "0.001 eV", "to": "0.1 eV", "prior": "label"}
    found = read(made_up.fit_file(tmp_path, parameters={"stress.energy": energy}))
    [prior] = found.space.priors([found.space.parameters[0].share(0.0225 * 1.3)])
    assert prior == pytest.approx(1.0)  # fitted: 30 %


def test_a_configuration_says_which_command_takes_a_fit(tmp_path):
    with pytest.raises(ConfigError, match="is a fit, not a configuration: ecmsim fit"):
        load_config(made_up.fit_file(tmp_path))
    with pytest.raises(ConfigError, match="is a calibration, not a configuration: ecmsim calibrate"):
        load_config(CONFIGS / "calibration" / "cu_sio2_pt.toml")


def test_the_runs_of_a_curve_end_where_nothing_is_compared_any_more(tmp_path):
    iv, pulses = made_up.datasets(tmp_path)
    both, out = (
        read(made_up.fit_file(tmp_path, dataset=[iv | {"ways": ways}, pulses])).datasets[0].cases[0]
        for ways in ("both", "out")
    )
    assert out.enough == pytest.approx(0.97e-5) and both.enough is None
    assert '["4 s"' in both.overrides[1] and '["4 s"' not in out.overrides[1]


def test_values_at_temperatures_have_runs_of_their_own(tmp_path):
    table = {"kind": "v_set", "name": "T", "over": "cell.ambient_temperature", "rate": "2 V/s", "current": "1 uA"}
    table |= {"points": [["300 K", "1.6 V"], ["350 K", "1.5 V"]]}
    found = read(made_up.fit_file(tmp_path, dataset=[*made_up.datasets(tmp_path), table]))
    configs = [found.configuration(found.space.start, found.datasets[-1], case) for case in found.datasets[-1].cases]
    assert [float(config.cell.ambient_temperature) for config in configs] == [300, 350]
    assert {float(config.programme[0].rate) for config in configs} == {2.0} and np.isclose(
        configs[0].programme[0].to, 3.2
    )
