"""Materials that come with the package: complete, labelled, and right against handbook numbers."""

import re

import pytest

from ecmsim.config import Config, IonConductor, Metal, Quantity, packaged_materials
from ecmsim.constants import FARADAY
from ecmsim.errors import ConfigError

METALS = ["Ag", "Au", "Co", "Cu", "Ni", "Pt", "Ru", "Ta", "TaN", "Ti", "TiN", "W", "graphite"]
LAYERS = ["Ag2S", "AgI", "Al2O3", "GeS2", "GeSe", "HfO2", "SiO2", "Ta2O5", "TiO2"]
NAMES = sorted(METALS + LAYERS)


@pytest.fixture(scope="module")
def materials():
    text = """
        extends = "ecmsim:cu_sio2_pt"
        cell = { active_electrode = "Cu", switching_layer = "SiO2", counter_electrode = "Pt" }
        programme = [{ kind = "hold", duration = "1 s" }]
        compliance = { kind = "none" }
        materials = { TABLES }
    """.replace("TABLES", ", ".join(f"{name} = {{}}" for name in NAMES))
    return Config.from_toml(text).material_tables


def test_packaged_materials(materials):
    assert packaged_materials() == sorted(materials) == NAMES


def test_roles(materials):
    assert {name for name in NAMES if isinstance(materials[name], Metal)} == set(METALS)
    assert all(isinstance(materials[name], IonConductor) for name in LAYERS)


@pytest.mark.parametrize("name", NAMES)
def test_every_value_has_label_and_source(materials, name):
    for field, value in materials[name]:
        if isinstance(value, Quantity):
            assert value.label in ("handbook", "derived", "assumed"), field
            assert len(value.source or "") > 5, field


@pytest.mark.parametrize("name", ["Au", "Ni", "Co", "Ti", "Ta", "Ru"])
def test_elements_have_handbook_values(materials, name):
    """But for what no handbook has: free paths of bad conductors, and a second point of the thermal conductivity."""
    material = materials[name]
    for field in ("resistivity", "thermal_conductivity", "density", "heat_capacity", "molar_mass", "melting_point"):
        assert getattr(material, field).label == "handbook", field


@pytest.mark.parametrize("name", [*METALS, *LAYERS])
def test_molar_heat_capacities(materials, name):
    """Near 3 R per atom where the solid is soft, less in hard ones such as TiN, most of all in graphite."""
    atoms = {"TaN": 2, "TiN": 2, "AgI": 2, "GeSe": 2, "Ag2S": 3, "HfO2": 3, "TiO2": 3, "SiO2": 3, "GeS2": 3}
    count = {"Al2O3": 5, "Ta2O5": 7}.get(name, atoms.get(name, 1))
    per_atom = materials[name].heat_capacity * materials[name].molar_mass * 1e-3 / count / 8.314
    assert (0.9 if name == "graphite" else 1.6) < per_atom < 3.6


ELEMENTS = ["Ag", "Au", "Co", "Cu", "Ni", "Pt", "Ru", "Ta", "Ti", "W"]


@pytest.mark.parametrize("name", ELEMENTS)
def test_metals_keep_to_the_rules_of_metals(materials, name):
    """Dulong and Petit; Wiedemann and Franz, with what the lattice adds in bad conductors."""
    metal = materials[name]
    assert 24.0 < metal.heat_capacity * metal.molar_mass * 1e-3 < 26.1
    lorenz = metal.thermal_conductivity * metal.resistivity / metal.resistivity_reference_temperature
    assert 2.0e-8 < lorenz < (3.4e-8 if name in ("Ru", "Ti", "W") else 2.7e-8)


# Gall, J. Appl. Phys. 119, 085101 (2016): resistivity times mean free path, ohm m2.
@pytest.mark.parametrize(
    ("name", "product"),
    [("Ag", 8.46e-16), ("Au", 8.35e-16), ("Co", 7.31e-16), ("Cu", 6.70e-16), ("Ni", 4.07e-16), ("W", 8.20e-16)],
)
def test_mean_free_paths_belong_to_resistivities(materials, name, product):
    found = materials[name].resistivity * materials[name].electron_mean_free_path * 1e-9
    assert found == pytest.approx(product, rel=0.07 if name == "W" else 0.01)  # another table's resistivity of W


# IUPAC standard atomic weights, g/mol.
WEIGHTS = {"Ag": 107.868, "Al": 26.982, "Au": 196.967, "C": 12.011, "Co": 58.933, "Cu": 63.546, "Ge": 72.630}
WEIGHTS |= {"Hf": 178.486, "I": 126.904, "N": 14.007, "Ni": 58.693, "O": 15.999, "Pt": 195.084, "Ru": 101.07}
WEIGHTS |= {"S": 32.06, "Se": 78.971, "Si": 28.085, "Ta": 180.948, "Ti": 47.867, "W": 183.84}


@pytest.mark.parametrize("name", NAMES)
def test_molar_masses(materials, name):
    parts = re.findall(r"([A-Z][a-z]?)(\d*)", "C" if name == "graphite" else name)
    wanted = sum(WEIGHTS[element] * int(count or 1) for element, count in parts)
    assert materials[name].molar_mass == pytest.approx(wanted, rel=2e-4)


def test_a_required_property_is_asked_for_in_one_round(tmp_path):
    """Whatever else is wrong, and also where the file does not even say of what kind it is."""
    (tmp_path / "Hf.toml").write_text('name = "hafnium"\ndensity = "13300 kg/m^3"\n')
    with pytest.raises(ConfigError) as caught:
        Config.from_toml(f'extends = "ecmsim:cu_sio2_pt"\n[cell]\ncounter_electrode = "{tmp_path / "Hf.toml"}"\n')
    told = str(caught.value)
    lacking = ("resistivity:", "electron_mean_free_path:", "thermal_conductivity:", "heat_capacity:", "molar_mass:")
    assert all(f"materials.Hf.{name} missing" in told for name in ("kind:", *lacking))


@pytest.mark.parametrize(("name", "volume"), [("Cu", 7.3505e-11), ("Ag", 1.0658e-10)])
def test_volume_that_a_charge_deposits(materials, name, volume):
    material = materials[name]
    assert material.molar_mass * 1e-3 / (material.density * FARADAY) == pytest.approx(volume, rel=1e-4)


@pytest.mark.parametrize(
    ("name", "at_800_kelvin"),
    [
        ("Cu", 366),
        ("Ag", 396),
        ("Pt", 75.6),
        ("W", 125),
        ("SiO2", 2.17),
        ("Au", 284),
        ("Ni", 67.6),
        ("Co", 58.2),
        ("Ti", 19.7),
        ("Ta", 59.4),
        ("TiO2", 3.94),
    ],
)
def test_thermal_conductivity_when_hot(materials, name, at_800_kelvin):
    material = materials[name]
    rise = 800 - material.thermal_conductivity_reference_temperature
    hot = material.thermal_conductivity / (1 + material.thermal_conductivity_coefficient * rise)
    assert hot == pytest.approx(at_800_kelvin, rel=0.025)


def test_wiedemann_franz(materials):
    for name in ("Cu", "Ag", "Pt", "W", "Au", "Ni", "Co", "Ti", "Ta", "Ru"):
        material = materials[name]
        rise = 300 - material.resistivity_reference_temperature
        resistivity = material.resistivity * (1 + material.resistivity_coefficient * rise)
        lorenz = material.thermal_conductivity * resistivity / 300
        assert 2.1e-8 < lorenz < 3.4e-8, name  # W ohm/K2; 2.44e-8 for free electrons


def test_mean_free_paths(materials):
    assert [materials[name].electron_mean_free_path for name in ("Cu", "Ag", "W", "Au")] == [39.9, 53.3, 15.5, 37.7]


def test_melting_points(materials):
    """In the order that everybody knows; an ion conductor has none to give, and a metal of one's own need not."""
    points = {name: float(materials[name].melting_point) for name in ("Ag", "Au", "Cu", "Ni", "Pt", "W")}
    assert points == {"Ag": 1234.9, "Au": 1337.3, "Cu": 1357.8, "Ni": 1728.0, "Pt": 2041.0, "W": 3695.0}
    assert (
        Metal.model_fields["melting_point"].default is None
        and "melting_point" not in type(materials["SiO2"]).model_fields
    )
