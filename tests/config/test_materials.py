"""Materials that come with the package: complete, labelled, and right against handbook numbers."""

import pytest

from ecmsim.config import Config, IonConductor, Metal, Quantity, packaged_materials
from ecmsim.constants import FARADAY

NAMES = ["Ag", "Cu", "Pt", "SiO2", "W"]


@pytest.fixture(scope="module")
def materials():
    text = """
        extends = "ecmsim:cu_sio2_pt"
        cell = { active_electrode = "Cu", switching_layer = "SiO2", counter_electrode = "Pt" }
        programme = [{ kind = "hold", duration = "1 s" }]
        compliance = { kind = "none" }
        materials = { Ag = {}, W = {} }
    """
    return Config.from_toml(text).material_tables


def test_packaged_materials(materials):
    assert packaged_materials() == sorted(materials) == NAMES


def test_roles(materials):
    assert [type(materials[name]) for name in NAMES] == [Metal, Metal, Metal, IonConductor, Metal]


@pytest.mark.parametrize("name", NAMES)
def test_every_value_has_label_and_source(materials, name):
    for field, value in materials[name]:
        if isinstance(value, Quantity):
            assert value.label in ("handbook", "derived", "assumed"), field
            assert len(value.source or "") > 5, field


@pytest.mark.parametrize(("name", "volume"), [("Cu", 7.3505e-11), ("Ag", 1.0658e-10)])
def test_volume_that_a_charge_deposits(materials, name, volume):
    material = materials[name]
    assert material.molar_mass * 1e-3 / (material.density * FARADAY) == pytest.approx(volume, rel=1e-4)


@pytest.mark.parametrize(
    ("name", "at_800_kelvin"), [("Cu", 366), ("Ag", 396), ("Pt", 75.6), ("W", 125), ("SiO2", 2.17)]
)
def test_thermal_conductivity_when_hot(materials, name, at_800_kelvin):
    material = materials[name]
    rise = 800 - material.thermal_conductivity_reference_temperature
    hot = material.thermal_conductivity / (1 + material.thermal_conductivity_coefficient * rise)
    assert hot == pytest.approx(at_800_kelvin, rel=0.025)


def test_wiedemann_franz(materials):
    for name in ("Cu", "Ag", "Pt", "W"):
        material = materials[name]
        resistivity = material.resistivity * (1 + material.resistivity_coefficient * (300 - 293.15))
        lorenz = material.thermal_conductivity * resistivity / 300
        assert 2.2e-8 < lorenz < 3.4e-8, name  # W ohm/K2; 2.44e-8 for free electrons


def test_mean_free_paths(materials):
    assert [materials[name].electron_mean_free_path for name in ("Cu", "Ag", "W")] == [39.9, 53.3, 15.5]


def test_melting_points(materials):
    """In the order that everybody knows; an ion conductor has none to give, and a metal of one's own need not."""
    points = {name: float(materials[name].melting_point) for name in ("Ag", "Cu", "Pt", "W")}
    assert points == {"Ag": 1234.9, "Cu": 1357.8, "Pt": 2041.0, "W": 3695.0}
    assert (
        Metal.model_fields["melting_point"].default is None
        and "melting_point" not in type(materials["SiO2"]).model_fields
    )
