"""Constants that were made for other materials than a cell's: what is borrowed, and how it is told."""

import pytest
from helpers.paths import ROOT

from ecmsim.config import Config, load_config
from ecmsim.config.interface import label
from ecmsim.errors import ConfigError

CU = 'extends = "ecmsim:cu_sio2_pt"\n'
ALL = ["butler_volmer", "hopping", "tunnelling", "stress", "dissolution"]


AGREED = "interface.borrow=['Cu | SiO2', 'Ag | SiO2', 'Cu | HfO2', 'Ag | GeS2']"


def loans(*overrides):
    return Config.from_toml(CU, overrides=[AGREED, *overrides]).loans


def test_the_reference_cell_borrows_nothing():
    config = Config.from_toml(CU)
    assert config.loans == {} and config.borrowed == label(config.loans) == ""


@pytest.mark.parametrize(
    "override", ["cell.active_electrode=Ag", "interface.made_for=Ag|SiO2", "interface.made_for=Cu | HfO2"]
)
def test_another_metal_or_layer_is_a_loan(override):
    config = Config.from_toml(CU, overrides=[AGREED, override])
    pair, own = config.interface.made_for, f"{config.cell.active_electrode} | SiO2"
    names = ALL if override.startswith("interface") else ALL[1:]  # kinetics of silver have a file
    assert config.loans == {pair: names}
    told = ", ".join(f"[{name}]" for name in names)
    assert config.borrowed == f"constants of {told} were made for {pair} and are borrowed for {own}"
    assert label(config.loans) == f"constants borrowed from {pair}"


def test_the_counter_electrode_is_no_part_of_the_pair():
    assert loans("cell.counter_electrode=W") == {}


def test_what_is_switched_off_or_replaced_is_not_borrowed(tmp_path):
    silver = "cell.active_electrode=Ag"
    assert loans(silver, "stress.enabled=false", "tunnelling.enabled=false") == {
        "Cu | SiO2": ["hopping", "dissolution"]
    }
    relaxing = ["enabled=true", "coefficient=1 nm^4/s", "reference_temperature=300 K", "activation_energy=0.5 eV"]
    relaxing = [f"surface_diffusion.{text}" for text in (*relaxing, "contact_angle=90 deg")]
    assert loans(silver, *relaxing) == {"Cu | SiO2": [*ALL[1:], "surface_diffusion"]}
    (tmp_path / "mine.py").write_text("class Slow: ...\n")
    law = f"laws.hopping={tmp_path / 'mine.py'}:Slow"
    assert loans(silver, law) == {"Cu | SiO2": ALL[2:]}


def test_sections_may_be_made_for_pairs_of_their_own():
    silver = "cell.active_electrode=Ag"
    assert loans(silver, "interface.stress=Ag | SiO2", "interface.hopping=Ag | GeS2") == {
        "Cu | SiO2": ["tunnelling", "dissolution"],
        "Ag | GeS2": ["hopping"],
    }
    ag = load_config(ROOT / "configs" / "ag_contact.toml")
    assert ag.loans == {"Cu | SiO2": ALL[1:]}


def test_constants_that_nobody_assigned_are_told_so():
    """As in the records of older runs."""
    text = Config.from_toml(CU).to_toml()
    assert 'made_for = "Cu | SiO2"\n' in text and Config.from_toml(text).loans == {}
    config = Config.from_toml(text.replace('made_for = "Cu | SiO2"\n', ""))
    assert config.loans == {"": ALL} and label(config.loans) == "constants borrowed from unknown materials"
    assert "not stated for which metal and layer they were made (interface.made_for)" in config.borrowed


@pytest.mark.parametrize("given", ["Cu", "Cu | SiO2 | Pt", "|", "3", "[]"])
def test_what_is_no_pair_is_refused(given):
    with pytest.raises(ConfigError, match=r"interface.made_for.*expected an active electrode and a switching layer"):
        loans(f"interface.made_for={given}")
