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
    curved = ["enabled=true", "surface_energy=1 J/m^2", "smallest_radius=0.4 nm"]
    curved = [f"capillarity.{text}" for text in curved]
    waits = ["enabled=true", "attempt_time=1e-7 s", "activation_energy=1 eV", "critical_atoms=1", "waiting=mean"]
    waits = [f"nucleation.{text}" for text in waits]
    assert loans(silver, *curved, *waits) == {"Cu | SiO2": [*ALL[1:], "capillarity", "nucleation"]}
    assert loans(silver, *curved, "interface.capillarity=Ag | SiO2") == loans(silver) == {"Cu | SiO2": ALL[1:]}
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


def test_capillarity_and_nucleation_of_a_pair_come_from_its_file(tmp_path):
    """Used once they are switched on, and refused, with how to come by them, where they are another pair's."""
    numbers = '[capillarity]\nsurface_energy = "0.7 J/m^2"\nsmallest_radius = "0.3 nm"\n'
    numbers += (
        '[nucleation]\nattempt_time = "1 us"\nactivation_energy = "0.9 eV"\ncritical_atoms = 2\nwaiting = "mean"\n'
    )
    (tmp_path / "mine.toml").write_text(f'pair = "Cu | SiO2"\n{numbers}')
    on = [f"interface.file={tmp_path / 'mine.toml'}", "capillarity.enabled=true", "nucleation.enabled=true"]
    config = Config.from_toml(CU, overrides=on)
    assert config.loans == {} and config.capillarity.surface_energy == 0.7 and config.nucleation.critical_atoms == 2
    with pytest.raises(ConfigError, match=r"(?s)\[capillarity\] of Cu \| SiO2 .*\[nucleation\] of Cu \| SiO2 "):
        Config.from_toml(CU + numbers, overrides=["cell.active_electrode=Ag", *on[1:]])
