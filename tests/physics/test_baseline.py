"""What every law told before, over the range in which it is asked; and what configurations make of them.

The tables stand beside this file; what is right, the other tests of this room know.
"""

import numpy as np
import pytest
from helpers.before import told
from helpers.paths import ROOT

from ecmsim.config import load_config
from ecmsim.physics import barriers, butler_volmer, operators, readings, transistor, tunnel_heating, tunnelling
from ecmsim.physics.atom_by_atom import AtomByAtom
from ecmsim.physics.bridging import Bridging
from ecmsim.physics.capillarity import Capillarity
from ecmsim.physics.compliance import IdealCompliance, SeriesResistor
from ecmsim.physics.dissolution import MirroredDissolution
from ecmsim.physics.faraday import Faraday
from ecmsim.physics.leakage import Ohmic, PooleFrenkel, Schottky, lowering
from ecmsim.physics.model import DeviceModel, tunnelling_law
from ecmsim.physics.mott_gurney import MottGurney
from ecmsim.physics.nucleation import Nucleation
from ecmsim.physics.nucleus import StableNucleus
from ecmsim.physics.size_effect import SizeEffect
from ecmsim.physics.surface_diffusion import SurfaceDiffusion
from ecmsim.physics.temperature_law import TemperatureLaw

REFERENCE, QUICK = ROOT / "configs" / "cu_sio2_pt.toml", ROOT / "configs" / "quick.toml"
VOLTS, KELVIN = np.linspace(-1.3, 1.7, 11), np.linspace(250.0, 950.0, 11)
GAPS, RADII = np.array([0.02, 0.06, 0.1, 0.17, 0.25, 0.31, 0.4, 0.8, 2.0, 5.0, 9.0]), np.linspace(0.0, 4.0, 11)
HEIGHTS = np.linspace(-10.0, 0.5, 11)


def test_laws(file_regression):
    kinetics = butler_volmer.ButlerVolmer(0.3, 2, 1e26, 2e3, 0.6)
    hopping = MottGurney(2, 1e26, 0.3, 1e13, 0.45)
    simmons = tunnelling.Simmons(4.1, 0.8, 0.6)
    heating = tunnel_heating.TunnelHeating(4.1, simmons.decay_constant())
    stress, void = barriers.StressBarrier(0.03, 1.7, "plastic"), barriers.VoidBarrier(0.02, 0.07, "printed")
    nucleus = StableNucleus(0.15, 10.0)
    atoms = AtomByAtom(1e13, 0.7, 0.2, 1.0)
    dissolved = MirroredDissolution(0.3, 0.4)
    growth = np.linspace(-0.5, 3.0, 11)
    found = {
        "kinetics": [kinetics.current_density(VOLTS, KELVIN, w) for w in (0.0, 0.02)],
        "exchange": kinetics.exchange_current_density(KELVIN),
        "hopping": [hopping.conductivity(np.abs(VOLTS), KELVIN), hopping.low_field_limits(KELVIN)],
        "faraday": [Faraday(63.5, 8960.0, 2).volume_per_charge, Faraday(63.5, 8960.0, 2).normal_velocity(VOLTS)],
        "tunnelling": [simmons.decay_constant(), simmons.conductance_density(GAPS),
                       simmons.current_density(VOLTS, GAPS),
                       simmons.differential_conductance_density(VOLTS, GAPS)],
        "shares": heating.active_electrode_share(VOLTS, GAPS),
        "size": SizeEffect(0.3, 39.0, 0.4).conductivity_ratio(RADII),
        "barriers": [stress(RADII), void(HEIGHTS)],
        "nucleus": [nucleus.reach, nucleus(VOLTS, 0.1 * RADII, -10.0 + 0.02 * GAPS)],
        "dissolution": [dissolved.recess(growth, 0.1), dissolved.remembered(growth, 0.1)],
        "nucleation": Nucleation(1e-7, 0.8, 2.0, 0.3, 1.0).rate(VOLTS, KELVIN),
        "diffusion": SurfaceDiffusion(1e-3, 300.0, 0.5).coefficient(KELVIN),
        "capillarity": Capillarity(1.8, 0.3).potential(VOLTS, 7e-11),
        "temperature": TemperatureLaw(2.0, 290.0, 4e-3, -5e-6)(KELVIN),
        "atoms": [atoms.hopping(300.0), atoms.exchange(0.3, 0.07), [atoms.rates(n, 2.4, 0.3, 1.1, atoms.hopping(300.0))
                  for n in range(5)], [atoms.rates(n, 2.4, -0.3, 1.1, atoms.hopping(300.0)) for n in range(5)]],
        "leakage": [Ohmic(1e-9, 300.0, 0.4).current_density(1e8 * VOLTS, KELVIN),
                    PooleFrenkel(1e-9, 300.0, 0.6, 4.0).current_density(1e8 * VOLTS, KELVIN),
                    Schottky(1e6, 1.1, 4.0, 1e-8).current_density(1e8 * VOLTS, KELVIN), lowering(1e8, 4.0)],
        "resistor": SeriesResistor(3e3).current(VOLTS),
        "transistor": [transistor.Transistor(1e-3, 0.4, 0.1, gate, source).current(VOLTS) for gate in (0.3, 1.1, 2.0)
                       for source in (2.0, -2.0)],
        "operators": [operators.sinhc(np.array([0.0, 5e-3, 0.02, 3.0, 99.0, 140.0])),
                      operators.where_less(VOLTS, 0.2, 1.0, VOLTS)],
    }  # fmt: skip
    for polarity in ("positive", "negative", "both"):
        found[f"limiter, {polarity}"] = IdealCompliance(1e-3, 0.05, polarity).current(np.append(VOLTS, [2e-6, -2e-6]))
    for reading in readings.READINGS:
        acting = [(reading, 0.02), ("printed", 0.01)]
        found[f"reading, {reading}"] = readings.current_density(kinetics, VOLTS, KELVIN, acting)
    told(file_regression, found)


@pytest.mark.parametrize("law", ["blend", "landauer", "terraces"])
@pytest.mark.parametrize("metal", ["Ag", "Cu"])
def test_laws_with_contact(file_regression, law, metal):
    """Over a tip, far away and in contact, in two cycles with arrangements of their own, and with counted atoms."""
    settings = [f"tunnelling.law={law}", f"tunnelling.table={metal}", "tunnelling.fluctuation=0.1", "tunnelling.seed=3"]
    built, found = tunnelling_law(load_config(QUICK, settings)), {}
    edges = np.linspace(0.0, 1.2, 20)
    weight = np.pi * np.diff(edges**2)
    for smallest in (0.03, 0.12, 0.2, 0.4, 1.5):
        gap = smallest + 0.3 * edges[1:] ** 2
        for cycle, atoms in ((1, None), (2, None), (1, 3)):
            tip = tunnelling.over_tip(built, gap, weight, cycle, atoms)
            found[f"{smallest} nm, {cycle}, {atoms}"] = {
                "atoms": tip.atoms,
                "conductance": tip.conductance_density(gap),
                "current": [tip.current_density(volts, gap) for volts in (0.3, -0.05)],
                "slope": tip.differential_conductance_density(0.3, gap),
            }
    found["decay"] = built.decay_constant()
    told(file_regression, found, rel=1e-5)


def test_bridging_and_levels(file_regression):
    built = tunnelling_law(load_config(QUICK, ["tunnelling.law=blend", "tunnelling.table=Cu"]))
    smooth = tunnelling_law(load_config(QUICK, ["tunnelling.law=blend", "tunnelling.table=Cu",
                                                "tunnelling.plateaus=false"]))  # fmt: skip
    bridging, weight = Bridging(0.21, 0.065, 0.05), np.linspace(0.01, 0.2, len(GAPS))
    atoms = np.array([0.0, 1e-8, 0.3, 0.9999, 1.0, 2.6, 7.0, 31.4, 300.0])
    found = {
        "bridging": [bridging.onset, bridging.share(GAPS), bridging.open_share(GAPS), bridging.vacancy(GAPS)],
        "metal": [bridging.atoms(GAPS, weight), bridging.filling(GAPS, weight), bridging.taken(GAPS, weight)],
        "levels": [[float(np.asarray(levels(n)).sum()) for n in atoms] for levels in (built.levels, smooth.levels)],
    }
    told(file_regression, found, rel=1e-5)


MODELS = {
    "usual": [],
    "elastic": ['stress.reading="elastic"', 'dissolution.void_reading="elastic"'],
    "printed": ['stress.reading="printed"', 'dissolution.void_reading="printed"', "butler_volmer.electrode_ratio=0.3"],
    "shifted": ["butler_volmer.rest_potential=40 mV", "capillarity.enabled=true",
                "capillarity.surface_energy=1.8 J/m^2", "capillarity.smallest_radius=0.3 nm"],
    "factors": ["filament.defect_factor=0.3", "filament.wiedemann_franz=true", "heat.thermal_conductivity_factor=0.7",
                "filament.thermal_conductivity_factor=0.6", "filament.specularity=0.4"],
    "counted": ["tunnelling.law=blend", "contact.atoms=drawn", "contact.attempt_frequency=1e13 / s",
                "contact.barrier=0.75 eV", "contact.binding=0.2 eV", "contact.seed=3"],
}  # fmt: skip


@pytest.mark.parametrize("kind", MODELS)
def test_what_configurations_make_of_the_laws(file_regression, kind):
    model = DeviceModel.from_config(load_config(REFERENCE, MODELS[kind]))
    share, shift = np.linspace(0.1, 1.0, 11), np.linspace(-0.02, 0.03, 11)
    found = {
        name: [getattr(region, law)(KELVIN) for law in ("electrical", "thermal") if getattr(region, law)]
        for name in ("counter_electrode", "filament", "switching_layer", "active_electrode")
        if (region := getattr(model, name))
    }
    found["capacities"] = [getattr(model, name).volumetric_heat_capacity for name in found]
    for on_filament in (True, False):
        given = VOLTS, KELVIN, RADII, HEIGHTS, on_filament
        found[f"reaction, {on_filament}"] = [
            model.reaction_current_density(*given),
            model.reaction_current_density(*given, share, shift),
        ]
    found["shift"] = [model.shift(np.linspace(-1, 3, 5), needle) for needle in (False, True)]
    found["flags"] = [float(flag) for flag in (model.covers, model.shifts, model.heat, model.joule_heating,
                                              model.thermal_size_effect)]  # fmt: skip
    found["across"] = {name: law.decay_constant() for name, law in model.across_gap.items()}
    if model.atom_by_atom:
        balanced = [model.balanced_current_density(eta, 320.0, 0.4, -0.2) for eta in (-0.3, -1e-8, 0.2)]
        found["balanced"] = balanced
    told(file_regression, found)


def test_a_needle_reacts_as_the_filament_does():
    """Upside down, and with the shift of its curvature; without a needle the electrode's surface has none."""
    model = DeviceModel.from_config(load_config(ROOT / "configs" / "ag_needles.toml"))
    given = 0.2, 330.0, 1.0
    plain = model.reaction_current_density(*given, -2.0, False, None, None)
    assert model.reaction_current_density(0.15, *given[1:], -2.0, False, None, 0.05) == pytest.approx(plain, rel=1e-12)
    assert model.reaction_current_density(*given, 18.0 - 20.0, True, None, None) == pytest.approx(plain, rel=1e-12)
    inside = 0.1 * model.needle.radius
    assert model.reaction_current_density(0.2, 330.0, inside, -inside, False) == 0.0  # what stays does not dissolve
    flat = DeviceModel.from_config(load_config(REFERENCE))
    first, second = (flat.reaction_current_density(*given, 0.2, False, None, shift) for shift in (None, 0.05))
    assert first == second


def test_sinhc_is_exact_on_both_sides_of_its_series():
    x = np.array([1e-9, 1e-3, 9.9e-3, 1.01e-2, 1.0, 99.0])
    assert operators.sinhc(x) == pytest.approx(np.sinh(x) / x, rel=1e-14)


@pytest.mark.parametrize("polarity", ["positive", "negative", "both"])
def test_a_limiter_is_exact_on_both_sides_of_its_series(polarity):
    """1 - exp(-x), to the digits that are left where the exponential takes over at 1e-4."""
    x = np.array([1e-12, 1e-6, 3e-5, 9.9e-5, 1.01e-4, 1e-3])
    sign = -1.0 if polarity == "negative" else 1.0
    found = IdealCompliance(2.0, 0.05, polarity).current(sign * 0.05 * x)
    assert found == pytest.approx(sign * 2.0 * -np.expm1(-x), rel=3e-12, abs=0)
