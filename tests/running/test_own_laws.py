"""Laws of one's own from files: what loading refuses, runs of both models, what is recorded, and what resumes a run."""

import json
import sys

import numpy as np
import pytest
from helpers.command import ecmsim
from helpers.own_laws import NEAR, TEXT, write

from ecmsim import load_config, open_run, resume, run
from ecmsim.errors import ConfigError, ResultsError
from ecmsim.physics.tunnelling import Simmons
from ecmsim.running.own_laws import own_laws

LEAKY = 'tunnelling = { law = "my_laws.py:Leaky", leak = 5.0 }'
YIELDING = 'stress = { law = "my_laws.py:Yielding", energy = 0.12 }'
REDUCED = ["model=reduced", *NEAR]


def refusal(path, overrides=(), **options):
    with pytest.raises(ConfigError) as caught:
        own_laws(load_config(path, overrides), **({"allow_code": True} | options))
    assert caught.value.exit_code == 2 and "\n" not in str(caught.value)
    return str(caught.value)


# --- loading ------------------------------------------------------------------------------------------------------


def test_laws_are_made_by_their_constructor_or_from_the_configuration(tmp_path):
    config = load_config(write(tmp_path, f"{LEAKY}\n{YIELDING}"), ["tunnelling.barrier=3 eV"])
    own = own_laws(config, allow_code=True)
    leaky, yielding = own.laws["tunnelling"], own.laws["stress"]
    assert (leaky.barrier, leaky.leak, yielding.energy, yielding.radius) == (3.0, 5.0, 0.12, 1.5)
    simmons = Simmons(leaky.barrier, leaky.effective_mass, leaky.prefactor)
    assert leaky.current_density(0.1, 0.5) - simmons.current_density(0.1, 0.5) == pytest.approx(5.0 * 0.1 / 0.5e-9)
    assert type(leaky).__module__ == type(yielding).__module__  # a file runs once
    assert own.files["stress"] == {"file": str(tmp_path / "my_laws.py"), "sha256": config.laws["stress"].checksum()}
    assert own.told["stress"] == "Yielding(energy=0.12, radius=1.5)"
    assert not [path for path in tmp_path.iterdir() if path.name not in ("my_laws.py", "cell.toml")]


def test_a_law_that_does_not_say_what_it_is_is_told_by_its_attributes(tmp_path):
    path = write(tmp_path, 'stress = { law = "my_laws.py:Plain", energy = 0.1 }')
    assert own_laws(load_config(path), allow_code=True).told == {"stress": "Plain(energy=0.1)"}


@pytest.mark.parametrize(
    ("laws", "told"),
    [
        ('tunnelling = "my_laws.py:Leeky"', 'the file has no such class; did you mean "Leaky"?'),
        ('tunnelling = "my_laws.py:Rubbish"', "the file has no such class; it has Leaky, Yielding, Plain, Half"),
        ('tunnelling = "my_laws.py:NUMBER"', "NUMBER is no class, but 3"),
        ('tunnelling = "my_laws.py:Half"', "tunnelling = Half: lacks differential_conductance_density(voltage, gap)"),
        (
            'stress = "my_laws.py:Yielding"',
            "Yielding: missing a required argument: 'energy'; parameters: energy, radius",
        ),
        (
            'stress = { law = "my_laws.py:Yielding", energy = 0.1, radios = 2.0 }',
            "Yielding takes no parameter 'radios'; did you mean \"radius\"?",
        ),
        (
            'tunnelling = { law = "my_laws.py:Leaky", area = 2.0 }',
            "Leaky takes no parameter 'area'; it takes leak",
        ),
        (
            'stress = { law = "my_laws.py:Yielding", energy = -0.1 }',
            f"Yielding cannot be made: line {TEXT[: TEXT.index('raise Value')].count(chr(10)) + 1}: ValueError: "
            "the energy must not be negative",
        ),
    ],
)
def test_what_is_wrong_with_a_law_is_said_in_a_line(tmp_path, laws, told):
    message = refusal(write(tmp_path, laws))
    assert message.startswith(("laws.tunnelling = ", "laws.stress = ", "laws: tunnelling = ")) and told in message


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("\n\nimport no_such_module\n", "line 3: ModuleNotFoundError: No module named 'no_such_module'"),
        ("x = 1\ndef f():\n    return 1 / 0\nf()\n", "line 3: ZeroDivisionError: division by zero"),
        ("x = 1\ny = (2\n", "line 2: SyntaxError: '(' was never closed"),
        ("raise SystemExit('enough')\n", "line 1: SystemExit: enough"),
        ("raise ValueError('several\\n  lines')\n", "line 1: ValueError: several lines"),
        ("raise ValueError\n", "line 1: ValueError"),
        ("x = '\0'\n", "SyntaxError: source code string cannot contain null bytes"),
    ],
)
def test_a_file_that_cannot_be_loaded_tells_the_line(tmp_path, text, told):
    message = refusal(write(tmp_path, 'stress = "my_laws.py:Boom"', text=text))
    assert f"{tmp_path / 'my_laws.py'} cannot be loaded: {told}" in message
    assert not [name for name in sys.modules if name.startswith("ecmsim_own_") and "Boom" in vars(sys.modules[name])]


def test_a_changed_file_is_loaded_anew(tmp_path):
    """Also within a second, with the same length: nothing of it is kept anywhere."""
    text = "class Yielding:\n    def __init__(self, energy): self.e = 1 * energy\n    __call__ = lambda s, r: s.e\n"
    path = write(tmp_path, YIELDING, text=text)
    first = own_laws(load_config(path), allow_code=True).laws["stress"]
    file = tmp_path / "my_laws.py"
    file.write_text(file.read_text().replace("1 * energy", "2 * energy"))
    second = own_laws(load_config(path), allow_code=True).laws["stress"]
    assert (first(0), second(0)) == (0.12, 0.24)


def test_code_does_not_run_unless_it_is_allowed(tmp_path):
    marker = tmp_path / "ran"
    path = write(tmp_path, 'stress = "my_laws.py:Boom"', text=f"open({str(marker)!r}, 'w')\nclass Boom: pass\n")
    config = load_config(path)
    with pytest.raises(ConfigError, match=r'laws.stress = ".*my_laws.py:Boom": is Python code.*--allow-code'):
        run(config, tmp_path / "run")
    assert not marker.exists() and not (tmp_path / "run").exists()
    with pytest.raises(ConfigError, match="lacks __call__"):
        run(config, tmp_path / "run", allow_code=True)
    assert marker.exists() and not (tmp_path / "run").exists()


def test_a_wrong_law_leaves_the_run_that_is_there(tmp_path):
    (tmp_path / "run").mkdir()
    run(load_config(write(tmp_path, ""), REDUCED), tmp_path / "run", until=0.002)
    before = (tmp_path / "run" / "timeseries.csv").read_bytes()
    with pytest.raises(ConfigError):
        path = write(tmp_path, 'tunnelling = "my_laws.py:Half"')
        run(load_config(path, REDUCED), tmp_path / "run", overwrite=True, allow_code=True)
    assert (tmp_path / "run" / "timeseries.csv").read_bytes() == before


def test_the_same_law_from_a_file_and_from_python_is_refused(tmp_path):
    config, law = load_config(write(tmp_path, LEAKY)), Simmons(4.0, 1.0)
    with pytest.raises(ConfigError, match=r'laws: tunnelling is given, but laws.tunnelling = ".*Leaky" too; leave one'):
        own_laws(config, {"tunnelling": law}, allow_code=True)
    own = own_laws(config, {"stress": None, "kinetics": own_kinetics(config)}, allow_code=True)
    assert own.laws.keys() == {"stress", "kinetics", "tunnelling"} and own.files.keys() == {"tunnelling"}


def own_kinetics(config):
    from ecmsim.physics.model import kinetics_law

    return kinetics_law(config)


def test_a_setting_that_switches_a_law_off_is_named_for_laws_from_python_too(tmp_path):
    config = load_config(write(tmp_path, ""), ["tunnelling.enabled=false"])
    with pytest.raises(ConfigError, match="laws: tunnelling: tunnelling.enabled = false switches it off"):
        own_laws(config, {"tunnelling": Simmons(4.0, 1.0)})
    assert own_laws(config, {"tunnelling": None}).laws == {"tunnelling": None}


# --- runs ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("model", ["full", "reduced"])
def test_both_models_run_with_laws_from_a_file(tmp_path, model):
    """The leak adds its current from the first steps on, which is known; the barrier of the weak form takes part."""
    near = [*NEAR, f"model={model}"]
    folders = {}
    for name, laws in (("own", f"{LEAKY}\n{YIELDING}"), ("stress", YIELDING), ("its", "")):
        folders[name] = tmp_path / name
        run(load_config(write(tmp_path, laws), near), folders[name], until=0.02, allow_code=True)
    own, stress, its = (open_run(folder) for folder in folders.values())
    first = own.timeseries.iloc[1]
    extra = first["tunnel_current_A"] - stress.timeseries["tunnel_current_A"].iloc[1]
    # A flat tip of 1.5 nm, rounded off: the leak through its columns is that of 0.4 nm somewhere over its area.
    leak = 5.0 * first["source_voltage_V"] * np.pi * 1.5e-9**2 / 0.4e-9
    assert 0.2 * leak < extra < leak
    tips = [run.timeseries["volume_nm3"].iloc[-1] for run in (stress, its)]
    assert tips[0] != tips[1]
    assert own.timeseries["power_imbalance"].max() < 1e-6 and own.timeseries["charge_imbalance"].max() < 1e-8
    assert own.provenance["laws"]["tunnelling"].startswith("Leaky(barrier=4.2, ")
    record = own.provenance["law_files"]["stress"]
    assert record["file"] == str(tmp_path / "my_laws.py") and len(record["sha256"]) == 64
    assert its.provenance["laws"] == its.provenance["law_files"] == {}


@pytest.fixture
def interrupted(tmp_path):
    """A configuration with laws from a file, and a run of it up to 20 ms."""
    path = write(tmp_path, f"{LEAKY}\n{YIELDING}")
    run(load_config(path, REDUCED), tmp_path / "run", until=0.02, allow_code=True)
    return tmp_path


def test_a_run_goes_on_with_the_same_code_as_if_it_had_not_stopped(interrupted):
    folder = interrupted / "run"
    with pytest.raises(ConfigError, match="laws.tunnelling = .*laws.stress = .*--allow-code"):
        resume(folder, until=0.03)
    resume(folder, until=0.03, allow_code=True)
    whole = interrupted / "whole"
    run(load_config(interrupted / "cell.toml", REDUCED), whole, until=0.02, allow_code=True)
    resume(whole, until=0.03, allow_code=True)
    series = open_run(folder).timeseries
    assert series["time_s"].iloc[-1] == pytest.approx(0.03)
    assert (folder / "timeseries.csv").read_bytes() == (whole / "timeseries.csv").read_bytes()


def test_a_run_does_not_go_on_with_other_code_or_parameters(interrupted):
    folder, file = interrupted / "run", interrupted / "my_laws.py"
    before = (folder / "timeseries.csv").read_bytes()
    with pytest.raises(ResultsError, match="laws.tunnelling.leak: 5.0 -> 6.0"):
        resume(folder, until=0.03, allow_code=True, overrides=["laws.tunnelling.leak=6.0"])
    file.write_text(TEXT + "# a comment\n")
    told = r"another law: .*my_laws.py \(laws.tunnelling\) is no longer what it was .* Put the old file back, or start"
    with pytest.raises(ResultsError, match=told) as caught:
        resume(folder, until=0.03, allow_code=True)
    assert caught.value.exit_code == 2
    file.unlink()
    with pytest.raises(ConfigError, match="my_laws.py:Leaky.*no such file"):
        resume(folder, until=0.03, allow_code=True)
    assert (folder / "timeseries.csv").read_bytes() == before
    file.write_text(TEXT)
    assert resume(folder, until=0.03, allow_code=True).steps


def test_a_run_goes_on_with_the_same_code_in_another_place(interrupted):
    """The file was moved: what is in it is what counts."""
    folder = interrupted / "run"
    (interrupted / "moved").mkdir()
    file = (interrupted / "my_laws.py").rename(interrupted / "moved" / "my_laws.py")
    moved = [f"laws.tunnelling.law={file}:Leaky", f"laws.stress.law={file}:Yielding"]
    resume(folder, until=0.03, allow_code=True, overrides=moved)
    assert f'law = "{file}:Leaky"' in (folder / "config.toml").read_text()
    resume(folder, until=0.035, allow_code=True)


def test_laws_given_in_python_are_still_asked_for_beside_those_from_a_file(tmp_path):
    config = load_config(write(tmp_path, YIELDING), REDUCED)
    tunnelling = config.tunnelling
    law = Simmons(tunnelling.barrier, tunnelling.effective_mass, 1.5)
    run(config, tmp_path / "run", until=0.01, laws={"tunnelling": law}, allow_code=True)
    with pytest.raises(ResultsError, match="other laws of one's own: tunnelling = Simmons.*Resume it in Python"):
        resume(tmp_path / "run", until=0.02, allow_code=True)
    with pytest.raises(ConfigError, match="allow_code"):
        resume(tmp_path / "run", until=0.02, laws={"tunnelling": law})
    assert resume(tmp_path / "run", until=0.02, laws={"tunnelling": law}, allow_code=True).steps


@pytest.mark.slow
def test_the_command_line_runs_validates_and_resumes_with_the_option_only(tmp_path):
    path, folder = write(tmp_path, LEAKY), tmp_path / "run"
    sets = [part for setting in REDUCED for part in ("--set", setting)]
    for command in ("validate", "run", "benchmark"):
        refused = ecmsim(command, path, *sets, *(["--out", folder] if command == "run" else []))
        assert refused.returncode == 2 and refused.stderr.count("\n") == 1 and not folder.exists()
        assert f'laws.tunnelling = "{tmp_path}/my_laws.py:Leaky": is Python code' in refused.stderr
        assert "--allow-code" in refused.stderr
    valid = ecmsim("validate", path, *sets, "--allow-code")
    assert valid.returncode == 0 and "laws.tunnelling: Leaky(barrier=4.2, " in valid.stdout
    assert f"from {tmp_path}/my_laws.py" in valid.stdout
    ran = ecmsim("run", path, *sets, "--out", folder, "--until", "10 ms", "-q", "--allow-code")
    assert ran.returncode == 0, ran.stderr
    assert ecmsim("resume", folder, "--until", "20 ms", "-q").returncode == 2
    resumed = ecmsim("resume", folder, "--until", "20 ms", "-q", "--allow-code")
    assert resumed.returncode == 0, resumed.stderr
    assert len(json.loads((folder / "provenance.json").read_text())["resumed"]) == 1
    (tmp_path / "my_laws.py").write_text(TEXT.replace("/ (gap", "/ (2 * gap"))
    changed = ecmsim("resume", folder, "--until", "30 ms", "-q", "--allow-code")
    assert changed.returncode == 2 and "is no longer what it was" in changed.stderr


@pytest.mark.slow
def test_a_shown_configuration_stays_one_that_can_be_run(tmp_path):
    shown = ecmsim("validate", write(tmp_path, LEAKY), "--show", "--allow-code")
    (tmp_path / "again.toml").write_text(shown.stdout)
    assert load_config(tmp_path / "again.toml").laws["tunnelling"].parameters == {"leak": 5.0}


@pytest.mark.slow
def test_the_mesh_of_a_cell_with_its_own_dissolution_needs_the_option(tmp_path):
    text = """class Deep:
    def recess(self, growth, offset):
        return 0 * growth + 0.3

    def remembered(self, growth, offset):
        return offset
"""
    path = write(tmp_path, 'dissolution = "my_laws.py:Deep"', text=text)
    assert ecmsim("mesh", path, "--out", tmp_path / "cell.vtu").returncode == 2
    drawn = ecmsim("mesh", path, "--out", tmp_path / "cell.vtu", "--allow-code")
    assert drawn.returncode == 0, drawn.stderr
