"""[laws] as data: where the files are, what extends and overrides make of it, what is refused; no code runs."""

import pytest
from helpers.own_laws import write

from ecmsim.config import Config, load_config, reference_text
from ecmsim.config.laws import SWITCHES, require_permission
from ecmsim.errors import ConfigError
from ecmsim.physics.contract import roles_of
from ecmsim.physics.model import DeviceModel


def problem(path, *overrides):
    with pytest.raises(ConfigError) as caught:
        load_config(path, overrides)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_the_names_are_those_of_the_laws_of_a_model():
    roles = {name for name, kind in DeviceModel.__annotations__.items() if roles_of(kind)}
    assert set(SWITCHES) == roles and "laws" in reference_text()
    assert all(name in reference_text() for name in SWITCHES)


RELAXES = """
[surface_diffusion]
coefficient = "1 nm^4/s"
reference_temperature = "300 K"
activation_energy = "0.5 eV"
contact_angle = "90 deg"
[capillarity]
surface_energy = "1 J/m^2"
smallest_radius = "0.4 nm"
[nucleation]
attempt_time = "1 us"
activation_energy = "0.5 eV"
critical_atoms = 1
waiting = "mean"
"""


def test_the_switches_are_settings():
    for path in {switch for switches in SWITCHES.values() for switch in switches}:
        section, setting = path.split(".")
        assert Config.model_fields[section].annotation.model_fields[setting].annotation is bool


def test_a_path_is_relative_to_the_file_that_says_it(tmp_path, monkeypatch):
    """Also through extends from another folder; the effective configuration has it absolute and reads the same."""
    (tmp_path / "there").mkdir()
    (tmp_path / "here").mkdir()
    write(tmp_path / "there", 'stress = { law = "my_laws.py:Yielding", energy = 0.1 }')
    path = tmp_path / "here" / "more.toml"
    path.write_text('extends = "../there/cell.toml"\n[laws]\ntunnelling = "../there/my_laws.py:Leaky"\n')
    monkeypatch.chdir(tmp_path)
    config = load_config(path.relative_to(tmp_path))
    file = tmp_path / "there" / "my_laws.py"
    assert {name: (own.file, own.class_name, own.parameters) for name, own in config.laws.items()} == {
        "stress": (file, "Yielding", {"energy": 0.1}),
        "tunnelling": (file, "Leaky", {}),
    }
    text = config.to_toml()
    assert f'law = "{file}:Leaky"' in text
    monkeypatch.chdir("/")
    again = Config.from_toml(text)
    assert again == config and again.to_toml() == text


def test_numbers_texts_and_booleans_are_parameters_with_their_history(tmp_path):
    laws = (
        'stress = { law = "my_laws.py:Yielding", count = 3, name = "oxide", deep = true, '
        'energy = { value = 0.1, label = "assumed", source = "a guess" } }'
    )
    config = load_config(write(tmp_path, laws))
    given = config.laws["stress"].parameters
    assert given == {"count": 3, "name": "oxide", "deep": True, "energy": 0.1} and type(given["energy"]) is float
    assert 'energy = { value = 0.1, label = "assumed", source = "a guess" }' in config.to_toml()
    assert Config.from_toml(config.to_toml()).to_toml() == config.to_toml()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('tunneling = "my_laws.py:Leaky"', 'laws.tunneling: no law has this name; did you mean "tunnelling"?'),
        ('tunnelling = "my_law.py:Leaky"', 'my_law.py:Leaky": no such file; did you mean "my_laws.py"?'),
        ('tunnelling = "my_laws.toml:Leaky"', '"my_laws.toml" is no Python file; expected the file and the name'),
        ('tunnelling = "my_laws.py"', 'laws.tunnelling = "my_laws.py": expected the file and the name of a class'),
        ('tunnelling = "my_laws.py:"', 'such as "my_laws.py:Leaky"'),
        ('tunnelling = ":Leaky"', 'laws.tunnelling = ":Leaky": expected the file and the name of a class'),
        ("tunnelling = 5", "laws.tunnelling = 5: expected the file and the name of a class"),
        ("tunnelling = { leak = 1.0 }", "laws.tunnelling.law: missing"),
        ("tunnelling = { law = 5 }", "laws.tunnelling.law = 5: expected text in quotes"),
        (
            'tunnelling = { law = "my_laws.py:Leaky", leak = [1.0] }',
            "laws.tunnelling.leak = [1.0]: expected a number",
        ),
        (
            'tunnelling = { law = "my_laws.py:Leaky", leak = nan }',
            "laws.tunnelling.leak = nan: must be a finite",
        ),
        (
            'tunnelling = { law = "my_laws.py:Leaky", leak = { value = 1, label = "guess" } }',
            'laws.tunnelling.leak = {value = 1, label = "guess"}: label "guess" is not one of',
        ),
        (
            'surface_diffusion = "my_laws.py:Leaky"',
            "laws.surface_diffusion: surface_diffusion.enabled = false switches it off; set it true or leave the law",
        ),
    ],
)
def test_what_is_wrong_is_said_in_a_line(tmp_path, line, told):
    message = problem(write(tmp_path, line))
    assert told in message and "\n" not in message


@pytest.mark.parametrize("name", [name for name, switches in SWITCHES.items() if switches])
def test_a_law_that_a_setting_switches_off_is_refused(tmp_path, name):
    path = write(tmp_path, f'{name} = "my_laws.py:Leaky"')
    path.write_text(path.read_text() + RELAXES)
    for switch in SWITCHES[name]:
        on = [f"{other}=true" for other in SWITCHES[name] if other != switch]
        assert f"laws.{name}: {switch} = false switches it off" in problem(path, *on, f"{switch}=false")
    assert load_config(path, [f"{switch}=true" for switch in SWITCHES[name]]).laws[name].class_name == "Leaky"


def test_another_class_begins_without_the_parameters_of_the_one_that_it_replaces(tmp_path):
    write(tmp_path, 'stress = { law = "my_laws.py:Yielding", energy = 0.1, radius = 2.0 }', name="base.toml")
    for line, parameters in (
        ('stress = "my_laws.py:Plain"', {}),
        ('stress = { law = "my_laws.py:Plain", energy = 0.3 }', {"energy": 0.3}),
        ('stress = { law = "my_laws.py:Yielding", energy = 0.3 }', {"energy": 0.3, "radius": 2.0}),
        ("stress = { energy = 0.3 }", {"energy": 0.3, "radius": 2.0}),
    ):
        path = tmp_path / "top.toml"
        path.write_text(f'extends = "base.toml"\n[laws]\n{line}\n')
        assert load_config(path).laws["stress"].parameters == parameters


def test_overrides_set_laws_and_parameters(tmp_path, monkeypatch):
    """Paths in them are relative to the current folder; a law comes before its parameters, in whatever order."""
    path = write(tmp_path, 'stress = { law = "my_laws.py:Yielding", energy = 0.1 }')
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "my_laws.py").write_text("")
    monkeypatch.chdir(tmp_path / "elsewhere")

    def stress(*overrides):
        own = load_config(path, overrides).laws["stress"]
        return own.file.parent.name, own.class_name, own.parameters

    here = tmp_path.name
    assert stress("laws.stress.energy=0.2") == (here, "Yielding", {"energy": 0.2})
    assert stress("laws.stress.energy=0.2", "laws.stress=my_laws.py:Plain") == ("elsewhere", "Plain", {"energy": 0.2})
    assert stress('laws.stress={law="my_laws.py:Plain", a=1}') == ("elsewhere", "Plain", {"a": 1})
    assert stress("laws.stress.law=my_laws.py:Plain") == ("elsewhere", "Plain", {})
    assert stress("laws.stress.law=my_laws.py:Yielding") == ("elsewhere", "Yielding", {"energy": 0.1})
    assert load_config(path, ["laws.tunnelling=my_laws.py:Leaky"]).laws.keys() == {"stress", "tunnelling"}


def test_reading_a_configuration_runs_nothing(tmp_path):
    path = write(tmp_path, 'stress = "my_laws.py:Boom"', text="raise SystemExit('ran')\n")
    config = load_config(path)
    with pytest.raises(
        ConfigError, match=r'laws.stress = ".*my_laws.py:Boom".*--allow-code.*allow_code=True'
    ) as caught:
        require_permission(config, False)
    assert caught.value.exit_code == 2
    require_permission(config, True)
    with pytest.raises(ConfigError, match=r"laws.stress .* was not loaded"):
        DeviceModel.from_config(config)
