"""Files of pairs: chosen by the cell's materials, before what is inherited of another; loans that are agreed to."""

import tomllib

import numpy as np
import pytest
from helpers import small
from helpers.paths import ROOT

from ecmsim.config import Config, Quantity, load_config
from ecmsim.config.interface import LAWS
from ecmsim.config.pairs import packaged, packaged_pairs
from ecmsim.errors import ConfigError
from ecmsim.physics.model import DeviceModel

REST = """
[cell]
layer_thickness = "10 nm"
radius = "25 nm"
active_electrode_height = "25 nm"
counter_electrode_height = "25 nm"
nucleus_radius = "0.144 nm"
ambient_temperature = "300 K"
[filament]
size_effect = false
rupture_radius = "0.144 nm"
[heat]
enabled = false
"""


def cell(metal, layer, more=""):
    """A file that extends nothing and states nothing of its pair."""
    names = f'active_electrode = "{metal}"\nswitching_layer = "{layer}"\ncounter_electrode = "Pt"\n'
    return small.ramp("1 V") + small.compliance("1 uA") + REST.replace("[cell]\n", f"[cell]\n{names}") + more


def test_shipped_pairs_are_whole_and_labelled():
    assert list(packaged_pairs()) == ["Ag | SiO2", "Cu | SiO2"]
    for pair in packaged_pairs():
        data = packaged(pair)
        assert data.pop("pair") == pair and data.keys() <= LAWS.keys()
        for section in data.values():
            for value in section.values():
                assert not isinstance(value, dict) or (value["label"] and len(value["source"]) > 5)


@pytest.mark.parametrize(
    ("pair", "name", "sections"),
    [
        ("Cu | SiO2", "cu_sio2_pt", ["butler_volmer", "hopping", "stress", "dissolution", "tunnelling"]),
        ("Ag | SiO2", "ag_contact", ["butler_volmer"]),
    ],
)
def test_they_are_what_the_shipped_configurations_have(pair, name, sections):
    """To the last label: the files of both are changed together."""
    config, found = load_config(ROOT / "configs" / f"{name}.toml"), packaged(pair)
    assert list(found) == ["pair", *sections]
    for section in sections:
        for key, value in found[section].items():
            own = getattr(getattr(config, section), key)
            given = value if isinstance(value, dict) else {"value": value}
            number = given["value"].split()[0] if isinstance(own, Quantity) and own.unit else given["value"]
            assert (float(number) if isinstance(own, Quantity) else number) == own
            assert getattr(own, "label", None) == given.get("label")


def test_the_cell_s_materials_choose():
    config = Config.from_toml(cell("Cu", "SiO2"))
    reference = load_config(ROOT / "configs" / "cu_sio2_pt.toml")
    assert config.loans == {} and config.interface.butler_volmer == "Cu | SiO2"
    for name in ("butler_volmer", "hopping", "stress", "dissolution", "tunnelling"):
        assert getattr(config, name) == getattr(reference, name)
    assert Config.from_toml(config.to_toml()) == config


def test_a_file_s_own_constants_go_before_those_of_the_pair():
    config = Config.from_toml(cell("Cu", "SiO2", '[stress]\nenabled = false\n[hopping]\ndistance = "0.3 nm"\n'))
    assert config.stress.enabled is False and config.hopping.distance == 0.3
    assert config.hopping.attempt_frequency == 1e13


def test_nothing_is_taken_for_a_pair_without_a_file():
    """All that is missing, with how to come by it, in one message."""
    with pytest.raises(ConfigError) as caught:
        Config.from_toml(cell("Ag", "HfO2"))
    (problem,) = caught.value.problems
    for name, setting in (("butler_volmer", "rate_constant"), ("hopping", "distance"), ("tunnelling", "barrier")):
        (line,) = (line for line in problem.splitlines() if line.strip().startswith(f"[{name}]"))
        assert setting in line
    assert "SET time over pulse height" in problem and 'interface.borrow = "Ag | SiO2" or "Cu | SiO2"' in problem


def test_a_loan_that_is_agreed_to_fills_and_is_told():
    config = Config.from_toml(cell("Ag", "HfO2"), overrides=["interface.borrow=Cu | SiO2"])
    assert list(config.loans) == ["Cu | SiO2"] and len(config.loans["Cu | SiO2"]) == 5
    assert config.borrowed.endswith("were made for Cu | SiO2 and are borrowed for Ag | HfO2")
    assert Config.from_toml(config.to_toml()).loans == config.loans


def test_part_of_one_pair_and_part_of_another():
    config = Config.from_toml(cell("Ag", "SiO2"), overrides=["interface.borrow=Cu | SiO2"])
    assert config.loans == {"Cu | SiO2": ["hopping", "tunnelling", "stress", "dissolution"]}
    assert config.butler_volmer.activation_energy == 0.97


def test_inherited_constants_of_another_pair_are_refused():
    """Silver on hafnia is not copper on silica because a file extends that one's."""
    silver = ["cell.active_electrode=Ag", "cell.switching_layer=HfO2"]
    with pytest.raises(ConfigError) as caught:
        Config.from_toml(small.EXTENDS, overrides=silver)
    (problem,) = caught.value.problems
    assert problem.startswith("interface: the constants in use were not made for Ag | HfO2:")
    assert all(f"[{name}] of Cu | SiO2 (" in problem for name in ("butler_volmer", "hopping", "tunnelling", "stress"))
    assert problem.endswith('or borrow these: interface.borrow = "Cu | SiO2"') and caught.value.exit_code == 2
    assert Config.from_toml(small.EXTENDS, overrides=[*silver, "interface.borrow=Cu | SiO2"]).loans


def test_what_is_inherited_of_another_pair_gives_way_to_the_file_of_the_own():
    """But not what the file or an override states."""
    silver = ["cell.active_electrode=Ag", "interface.borrow=Cu | SiO2"]
    config = Config.from_toml(small.EXTENDS, overrides=[*silver, "butler_volmer.activation_energy=0.9 eV"])
    assert config.butler_volmer.transfer_coefficient == 0.5 and config.butler_volmer.activation_energy == 0.9
    assert config.interface.butler_volmer == "Ag | SiO2" and "butler_volmer" not in config.loans["Cu | SiO2"]


def test_a_file_of_one_s_own(tmp_path):
    whole = tomllib.loads((ROOT / "ecmsim" / "interfaces" / "Cu_SiO2.toml").read_text())
    text = (ROOT / "ecmsim" / "interfaces" / "Cu_SiO2.toml").read_text().replace("Cu | SiO2", "Ag|HfO2")
    (tmp_path / "mine.toml").write_text(text.replace('"182 m/s"', '"7 m/s"'))
    (tmp_path / "cell.toml").write_text(cell("Ag", "HfO2", '[interface]\nfile = "mine.toml"\n'))
    config = load_config(tmp_path / "cell.toml")
    assert config.loans == {} and config.butler_volmer.rate_constant == 7 and len(whole) == 6
    assert Config.from_toml(config.to_toml()) == config  # which needs that file no more


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "no such file"),
        ("x = 1", 'needs a line pair = "METAL | LAYER"'),
        ('pair = "Ag | HfO2"\n[heat]\nenabled = true', "has heat, but a pair has butler_volmer, hopping"),
    ],
)
def test_a_file_that_is_none(tmp_path, content, told):
    if content:
        (tmp_path / "mine.toml").write_text(content)
    with pytest.raises(ConfigError) as caught:
        Config.from_toml(cell("Ag", "HfO2", f'[interface]\nfile = "{tmp_path / "mine.toml"}"\n'))
    assert any("interface.file" in problem and told in problem for problem in caught.value.problems)


@pytest.mark.parametrize("given", ["Cu", "3", '["Cu | SiO2", "x"]'])
def test_borrowing_from_what_is_no_pair(given):
    with pytest.raises(ConfigError, match=r"interface.borrow.*expected an active electrode and a switching layer"):
        Config.from_toml(small.EXTENDS, overrides=[f"interface.borrow={given}"])


# --- J0 ---------------------------------------------------------------------------------------------------------------


def kinetics(*overrides):
    return DeviceModel.from_config(Config.from_toml(small.EXTENDS, overrides=overrides))


def test_exchange_current_density_in_place_of_the_rate_constant():
    """J0 is what it says at its temperature, and follows the activation energy from there."""
    given = {"exchange_current_density": "0.5 A/m^2", "reference_temperature": "320 K"}
    law = kinetics(*(f"butler_volmer.{name}={value}" for name, value in given.items())).kinetics
    assert law.exchange_current_density(320.0) == pytest.approx(0.5, rel=1e-12)
    assert law.exchange_current_density(300.0) == pytest.approx(
        0.5 * np.exp(-0.648 / 8.617333262e-5 * (1 / 300 - 1 / 320)), rel=1e-9
    )
    text = small.EXTENDS + '[butler_volmer]\nrate_constant = "1 m/s"\n'
    config = Config.from_toml(text + "".join(f'{name} = "{value}"\n' for name, value in given.items()))
    assert config.idle == (
        'butler_volmer.rate_constant = "1 m/s" has no effect: '
        "butler_volmer.exchange_current_density stands in its place",
    )


def test_it_stands_for_the_rate_constant_in_a_file_without_one():
    text = cell(
        "Ag", "GeS2", "[stress]\nenabled = false\n[dissolution]\nenabled = false\n[tunnelling]\nenabled = false\n"
    )
    own = '[butler_volmer]\nexchange_current_density = "1 A/m^2"\nreference_temperature = "300 K"\n'
    with pytest.raises(ConfigError) as caught:
        Config.from_toml(text + own)
    assert "[butler_volmer] transfer_coefficient, charge_number" in str(caught.value)
    assert "rate_constant" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "lacking"),
    [
        ("exchange_current_density=1 A/m^2", "reference_temperature (K)"),
        ("reference_temperature=300 K", "exchange_current_density (A/m^2)"),
    ],
)
def test_j0_belongs_to_a_temperature(given, lacking):
    with pytest.raises(ConfigError) as caught:
        Config.from_toml(small.EXTENDS, overrides=[f"butler_volmer.{given}"])
    assert f"butler_volmer: needs {lacking} as well" in str(caught.value)


def test_each_electrode_has_its_j0():
    """The active electrode's surface reacts faster by the ratio, the filament's as before."""
    same, other = kinetics(), kinetics("butler_volmer.electrode_ratio=20")
    place = (0.1, 300.0, 5.0, 0.0)
    for on_filament, ratio in ((False, 20.0), (True, 1.0)):
        found = [model.reaction_current_density(*place, on_filament) for model in (same, other)]
        assert found[1] == pytest.approx(ratio * found[0], rel=1e-14) and found[0]
