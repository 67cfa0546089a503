"""Materials that come with the package: complete, labelled, and right against handbook numbers."""

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
