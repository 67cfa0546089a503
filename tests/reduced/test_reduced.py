"""The reduced model: its elements against closed forms, its balances, and the full model beside it."""

import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.paths import ROOT
from helpers.stopping import During, signalled
from scipy.integrate import quad
from scipy.optimize import brentq

from ecmsim import open_run
from ecmsim.config import Config, load_config
from ecmsim.constants import BOLTZMANN_EV
from ecmsim.errors import ConfigError, ResultsError, SolveError
from ecmsim.models.reduced import ReducedSimulation
from ecmsim.models.reduced.electrons import Crossing, Line, operation, series_resistances
from ecmsim.models.reduced.heat import Contact, HeatNetwork, Sources, Temperatures, wedges
from ecmsim.models.reduced.ions import RINGS, Between, Ions, spherical_hopping, spherical_resistivity
from ecmsim.models.reduced.profile import SLICES, Profile
from ecmsim.models.reduced.rings import distant_ring, layer_potentials, ring
from ecmsim.models.reduced.spreading import halo, spreading
from ecmsim.physics.compliance import IdealCompliance, SeriesResistor
from ecmsim.physics.model import Conductor, DeviceModel
from ecmsim.physics.mott_gurney import MottGurney
from ecmsim.physics.temperature_law import TemperatureLaw
from ecmsim.physics.tunnelling import Simmons
from ecmsim.results.columns import COLUMNS
from ecmsim.results.compatibility import differences
from ecmsim.running.reporter import Stopped
from ecmsim.running.run import resume, run
from ecmsim.shape.filament import Filament
from ecmsim.shape.front import Front
from ecmsim.shape.gap import Gap
from ecmsim.shape.relaxation import rounded_cylinder

QUICK, REFERENCE = ROOT / "configs" / "quick.toml", ROOT / "configs" / "cu_sio2_pt.toml"
FLAT = np.array([[0.0, 10.0], [25.0, 10.0]])  # an electrode that has not dissolved
COARSE = ["stepping.refinement=0.5"]


def stub(radius, height, points=24):
    """A cylinder with a flat top, nm."""
    top = np.linspace(0.0, radius, points)
    side = np.linspace(height, 0.0, points)[1:]
    outline = np.concatenate([top, np.full(points - 1, radius)]), np.concatenate([np.full(points, height), side])
    return Filament(np.stack(outline, axis=1))


def constant(value):
    return TemperatureLaw(value, 300.0)


# --- spreading resistance -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.05, 0.2, 0.4])
def test_spreading_in_a_long_cylinder(share):
    """R kappa = H/(pi R^2) + (1 - 1.40978 e + 0.34406 e^3 + 0.0435 e^5)/(4 a) for an isothermal flux (Yovanovich)."""
    radius, height = 10.0, 40.0
    contact = share * radius
    narrowing = (1 - 1.40978 * share + 0.34406 * share**3 + 0.0435 * share**5) / (4 * contact)
    expected = height / (np.pi * radius**2) + narrowing
    assert spreading(contact, radius, height, True) == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize("contact", [0.01, 0.13, 1.0])
def test_spreading_into_a_half_space(contact):
    """1/(4 a), however small the contact: also where the modes are too few to see it."""
    assert spreading(contact, 500.0, 500.0, True) == pytest.approx(1 / (4 * contact), rel=5e-3)
    assert spreading(contact, 25.0, 25.0, True) < 1 / (4 * contact) + 25.0 / (np.pi * 25.0**2)


def test_a_cold_wall_helps():
    assert spreading(5.0, 25.0, 25.0, False) < spreading(5.0, 25.0, 25.0, True)


def test_halo():
    assert halo(2.0, np.array([0.0, 2.0])) == pytest.approx([1.0, 1.0])
    assert halo(2.0, np.array([400.0])) == pytest.approx([2 / np.pi * 2 / 400], rel=1e-4)


# --- rings ------------------------------------------------------------------------------------------------------------


def test_ring_on_its_axis_and_expanded():
    assert ring(0.0, 3.0, 4.0) == pytest.approx(1 / 5)
    exact = ring(2.0, 9.0, 3.0)
    assert distant_ring(2.0**2 + 3.0**2, (2.0 * 3.0) ** 2, 9.0) == pytest.approx(exact, rel=1e-5)


def test_no_current_crosses_the_planes():
    """The field of a source and its sink has no component along the axis at z = 0 and z = L."""
    source, sink = (np.array([1.0, 6.0]), np.array([4.0, 7.0]))

    def potential(z):
        return layer_potentials(3.0, z, source, sink, np.array([0.1, 0.1]), 10.0) @ [1.0, -1.0]

    inside = abs(potential(5.5) - potential(4.5))
    for plane in (0.0, 10.0):
        assert abs(potential(plane + 0.01) - potential(plane - 0.01)) / 0.02 < 0.02 * inside


def test_hemisphere_of_current():
    """Evenly fed on an insulating floor its surface is at rho I/(2 pi a): the strips' own potentials included."""
    nucleus = Filament.nucleus(2.0, 40)
    widths, areas = nucleus.strip_widths, nucleus.strip_areas
    assert areas.sum() == pytest.approx(2 * np.pi * 2.0**2, rel=1e-3)
    r, z = nucleus.points.T
    source = r.copy()
    source[0] = 0.5 * widths[0]
    potential = layer_potentials(r[:, None], z[:, None], source, z, widths, 4000.0) @ (areas / areas.sum())
    assert potential == pytest.approx(np.full(len(r), 2 / 2.0), rel=0.01)


# --- ions -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [1e-6, 0.3, 20.0, -400.0])
def test_spherical_hopping(x):
    """The drop from a sphere's surface to infinity: the field of J_0/t^2 integrated over t = 1 ... oo."""
    expected = quad(lambda t: np.arcsinh(x / t**2), 1, np.inf)[0]
    value, slope = spherical_hopping(np.array([x]))
    assert value[0] == pytest.approx(expected, rel=2e-3)
    further = spherical_hopping(np.array([x * 1.001]))[0][0]
    assert slope[0] == pytest.approx((further - value[0]) / (0.001 * x), rel=1e-2)


@pytest.mark.parametrize("x", [1e-8, 2e-4, 0.3, -20.0, 400.0])
def test_spherical_resistivity(x):
    """The drop over what it would be in an ohmic layer, and its slope, also where that is next to nothing."""
    value, slope = spherical_resistivity(np.array([x]))
    assert value[0] == pytest.approx(spherical_hopping(np.array([x]))[0][0] / x, rel=1e-9)
    near = [spherical_resistivity(np.array([x * (1 + side)]))[0][0] for side in (-1e-3, 1e-3)]
    assert slope[0] == pytest.approx((near[1] - near[0]) / (2e-3 * x), rel=1e-2, abs=1e-6)


def test_low_field_limits():
    law = MottGurney(1, 1e26, 0.25, 1e13, 0.4)
    ohmic, limit = law.low_field_limits(350.0)
    field = 0.8  # V/nm
    x = 0.25 * field / (2 * BOLTZMANN_EV * 350.0)
    assert law.conductivity(field, 350.0) * field * 1e9 == pytest.approx(limit * np.sinh(x))
    assert law.conductivity(0.0, 350.0) == ohmic


def ions_of(overrides=(), filament=None, voltage=1.0, temperature=300.0):
    """Ionic solution of a filament in the reference cell, and the model."""
    config = load_config(REFERENCE, overrides)
    model, filament = DeviceModel.from_config(config), filament or Filament.nucleus(0.128, 12)
    ions = Ions(model, config.cell, 1e-9, 60)
    n = len(filament.points)
    surface = np.array([[0.0, 10.0], [config.cell.radius, 10.0]])
    warm = np.full(n, temperature), np.full(RINGS, temperature)
    guess = np.full(n + RINGS, voltage)
    return ions.solve(filament, surface, ions.between(filament), *warm, voltage, guess), model, config


NO_BARRIERS = ["stress.enabled=false", "dissolution.enabled=false"]


def test_reactions_in_series_without_transport():
    """With fast hopping the layer is one node: i_filament A_filament = i_electrode A_electrode."""
    solution, model, config = ions_of([*NO_BARRIERS, "hopping.activation_energy=0.05 eV"], voltage=1.0)
    areas = 1e-18 * Filament.nucleus(0.128, 12).strip_areas.sum(), 1e-18 * np.pi * config.cell.radius**2

    def excess(u):
        density = model.kinetics.current_density
        return areas[0] * density(-u, 300.0) + areas[1] * density(1.0 - u, 300.0)

    u = brentq(excess, 0.0, 1.0, xtol=1e-15)
    assert solution.current == pytest.approx(-areas[0] * model.kinetics.current_density(-u, 300.0), rel=1e-5)
    assert solution.entering == pytest.approx(solution.current, rel=1e-9)


@pytest.mark.parametrize(("voltage", "rate"), [(0.02, 1e10), (3.0, 1e12)])
def test_transport_alone(voltage, rate):
    """With fast reactions a nucleus is a hemispherical electrode, ohmic or not: V = int E(I/(2 pi rho^2)) d rho; the
    integral is taken over s = radius/rho."""
    radius = 0.5
    overrides = [*NO_BARRIERS, f"butler_volmer.rate_constant={rate} m/s"]
    nucleus = Filament.nucleus(radius, 40)
    solution, model, _ = ions_of(overrides, nucleus, voltage)
    _, limit = model.hopping.low_field_limits(300.0)
    slope = 0.25 / (2 * BOLTZMANN_EV * 300.0)  # nm/V

    def drop(x):
        return radius / slope * quad(lambda s: np.arcsinh(x * s**2) / s**2, 0, 1)[0]

    x = brentq(lambda x: drop(x) - voltage, 1e-6, 1e6)
    # The electrode at 10 nm, not at infinity, takes a few per cent of the resistance.
    assert solution.current == pytest.approx(2e-18 * np.pi * radius**2 * limit * x, rel=0.12)


def waisted(height, widths, waist=0.5):
    """A filament of the given radii (nm) at foot, waist and top, rounded there; waist: its place over the height."""
    z = np.linspace(height - 0.3, 0.0, 50)
    r = np.interp(z / height, [0.0, waist, 1.0], widths)
    cap = np.array([[0.0, height], [0.5 * r[0], height - 0.05]])
    return Filament(np.vstack([cap, np.stack([r, z], axis=1)]))


SHAPES = {
    "nucleus": lambda height: Filament.nucleus(0.128, 12),
    "neck": lambda height: waisted(height, [2.0, 0.3, 3.0]),
    "narrow foot": lambda height: waisted(height, [0.2, 1.0, 2.5]),
    "cone": lambda height: waisted(height, [3.0, 1.7, 0.4]),
}
WARMTH = {  # K over ambient along the height, from 0 to 1, and of the electrode's rings, from 1 on the axis to 0
    "cold": (lambda x: 0 * x, 0.0),
    "hot tip": (lambda x: 600 * x**4, 500.0),
    "hot waist": (lambda x: 900 * np.exp(-(((x - 0.5) / 0.1) ** 2)), 0.0),
    "hot foot": (lambda x: 500 * (1 - x), 0.0),
    "cold tip under a hot electrode": (lambda x: 300 * (1 - x) * x, 800.0),
}


@pytest.mark.parametrize("warmth", WARMTH)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("thickness", [2.0, 5.0, 10.0, 30.0, 40.0])
def test_no_reaction_runs_against_the_bias(thickness, shape, warmth):
    """Whatever is hot: at positive bias nothing of the filament dissolves, at negative bias nothing of it grows, and
    no ionic potential leaves the interval between the metals'."""
    config = load_config(REFERENCE, [f"cell.layer_thickness={thickness} nm"])
    ions = Ions(DeviceModel.from_config(config), config.cell, 1e-9, 60)
    filament = SHAPES[shape](0.96 * thickness)
    n, along = len(filament.points), filament.points[:, 1] / filament.height
    profile, electrode = WARMTH[warmth]
    temperatures = 300 + profile(along), 300 + electrode * np.exp(-ions.radii)
    surface = np.array([[0.0, thickness], [config.cell.radius, thickness]])
    between = ions.between(filament)
    for voltage in (0.05, 0.8, 2.0, -0.3, -1.5):
        found = ions.solve(filament, surface, between, *temperatures, voltage, np.full(n + RINGS, 0.5 * voltage))
        against = np.maximum(np.sign(voltage) * found.current_density, 0.0).max()
        assert against <= 1e-6 * np.abs(found.current_density).max()
        if shape == "nucleus" and voltage < 0:  # it stays
            assert found.current == 0.0
            continue
        assert np.sign(voltage) * found.current > 0
        share = found.potentials / voltage
        assert share.min() > -1e-6 and share.max() < 1 + 1e-6
        assert found.entering == pytest.approx(found.current, rel=1e-7)


def test_the_network_between_the_rings_is_that_of_their_potentials():
    """One resistivity: the currents through the network are those whose potentials the rings have."""
    config = load_config(REFERENCE)
    ions = Ions(DeviceModel.from_config(config), config.cell, 1e-9, 60)
    filament = rounded_cylinder(1.5, 9.0, 0.1)
    potentials = ions.potentials_between(filament)
    between = Between.of(potentials)
    network = between.conductance / (between.own[:, None] + between.own)
    assert (network >= 0).all() and np.array_equal(network, network.T) and not np.diag(network).any()
    current = np.random.default_rng(5).normal(size=len(network))
    current -= current.mean()
    u = potentials @ current / (4 * np.pi)
    assert (network * (u[:, None] - u)).sum(axis=1) == pytest.approx(current, rel=1e-4, abs=1e-4)


def test_a_step_that_the_time_does_not_show_is_a_failed_step():
    """Halved again and again it is lost in the time's last digit: told as such, not by a division by zero."""
    simulation = ReducedSimulation(load_config(REFERENCE, ["model=reduced"]), SimpleNamespace(rank=0))
    state = simulation.start()
    with pytest.raises(SolveError, match="too short to be told from the time"):
        simulation.advance(state, state.time)


@pytest.mark.parametrize("thickness", [36, 40, 100])
def test_a_gap_through_which_nothing_tunnels_does_not_stop_a_run(thickness, tmp_path):
    """exp(-2 kappa g) of Eq. (5) is zero in floating point from some 37 nm on."""
    layer = [f"cell.layer_thickness={thickness} nm", "model=reduced"]
    outcome = run(load_config(REFERENCE, layer), tmp_path / "run", until=0.5)
    assert outcome.state.time == 0.5 and outcome.state.temperatures.active >= 0
    series = open_run(tmp_path / "run").timeseries
    assert (series["temperature_max_K"] - 300).abs().max() < 1e-6 and (np.diff(series["height_nm"]) >= 0).all()
    assert series["current_A"].iloc[-1] > 0


@pytest.mark.parametrize("voltage", [0.6, 1.0, 2.0, *(pytest.param(at, marks=pytest.mark.slow) for at in (4.0, 5.0))])
def test_a_nucleus_grows_at_any_voltage(voltage, tmp_path):
    """It neither breaks nor shrinks while it does, however slowly its foot follows; metal and charge agree."""
    path = tmp_path / "pulse.toml"
    path.write_text(f'''
extends = "{REFERENCE.parent / "set_pulse.toml"}"
model = "reduced"
[[programme]]
kind = "ramp"
to = "{voltage} V"
duration = "1 ps"
[[programme]]
kind = "hold"
duration = "1e9 s"
until = "height > 1.5 nm"
''')
    run(load_config(path), tmp_path / "run")
    found = open_run(tmp_path / "run")
    assert not (found.events.event == "rupture").any()
    assert (np.diff(found.timeseries.volume_nm3) >= 0).all() and found.timeseries.height_nm.iloc[-1] > 1.49
    assert found.timeseries.faraday_error.max() < load_config(path).balance.faraday


def test_slope_of_the_ionic_current():
    first, second = (ions_of(voltage=voltage)[0] for voltage in (1.2, 1.2001))
    assert first.slope == pytest.approx((second.current - first.current) / 1e-4, rel=1e-3)
    assert first.power == pytest.approx(1.2 * first.current, rel=1e-9)


def test_no_voltage_no_ions():
    solution = ions_of(voltage=0.0)[0]
    assert solution.current == 0.0 and not solution.current_density.any()


# --- circuit ----------------------------------------------------------------------------------------------------------


def test_tunnelling_over_a_flat_disc():
    law, filament = Simmons(4.2, 0.8915), stub(2.0, 9.6)
    gap = Gap(filament, FLAT).columns("vertical")
    assert gap.weight.sum() == pytest.approx(np.pi * 2.0**2)
    expected = law.conductance_density(0.4) * np.pi * 2.0**2 * 1e-18
    line = Crossing({"tunnel": law}, gap.weight, gap.gap).line(0.7)
    assert (line.slope, line.current) == pytest.approx((expected, 0.7 * expected))


def test_shortest_gap_is_no_longer():
    filament = Filament.nucleus(3.0, 40).moved(np.zeros((41, 2)))
    surface = np.array([[0.0, 3.4], [1.0, 3.2], [25.0, 3.0]])
    gap = Gap(filament, surface)
    assert (gap.columns("shortest").gap <= gap.columns("vertical").gap + 1e-12).all()


def test_resistance_of_cylinder_and_cone():
    metal = Conductor(constant(5e7), constant(400.0), 3e6)
    whole, cold = np.ones(SLICES), np.full(SLICES, 300.0)
    cylinder = series_resistances(Profile.of(stub(2.0, 8.0)), whole, cold, metal, None).sum()
    assert cylinder == pytest.approx(8e-9 / (5e7 * np.pi * 4e-18), rel=2e-3)
    cone = Filament(np.array([[0.0, 8.0], [1.0, 8.0 - 1e-9], [3.0, 0.0]]))
    expected = 8e-9 / (5e7 * np.pi * 1.0 * 3.0 * 1e-18)
    assert series_resistances(Profile.of(cone), whole, cold, metal, None).sum() == pytest.approx(expected, rel=1e-2)


LINE = Line(1.0, 2e-17, 1e-16)


@pytest.mark.parametrize("conductance", [1e-20, 1e-6, 1e-2])
def test_the_compliance_holds_to_round_off(conductance):
    law = IdealCompliance(1e-6, 0.05)
    lines = Line(0.0, 0.0, conductance), Line(0.0, 0.0, 1e-17)
    point = operation(law, 1.8, 300.0, lines)
    assert 0 < point.entering <= 1e-6
    assert point.entering == pytest.approx((conductance + 1e-17) * point.voltage, rel=1e-10, abs=0)
    assert point.voltage + 300.0 * point.entering == pytest.approx(point.cell_voltage, rel=1e-12)
    mirrored = operation(replace(law, polarity="negative"), -1.8, 300.0, lines)
    assert mirrored.entering == pytest.approx(-point.entering, rel=1e-12, abs=0)


def test_a_resistor_and_a_direct_source():
    lines = (Line(0.5, 1e-6, 2e-6), LINE)
    slope, at_zero = 2e-6 + 1e-16, sum(line(0.0) for line in lines)
    for law, series in ((SeriesResistor(1e5), 1e5), (None, 0.0)):
        point = operation(law, 1.5, 300.0, lines)
        expected = (at_zero + slope * 1.5) / (1 + slope * (series + 300.0))
        assert point.entering == pytest.approx(expected, rel=1e-10)
    assert operation(SeriesResistor(1e5), 0.0, 300.0, (Line(0.0, 0.0, 1e-6),)).entering == 0.0


# --- heat -------------------------------------------------------------------------------------------------------------


def network(filament, layer, surface=FLAT, contact=2.0):
    profile = Profile.of(filament)
    up, down, ends_up, ends_down = wedges(filament, surface, filament.strip_areas)
    contacts = [Contact(contact, spreading(contact, 25.0, 25.0, True), constant(kappa)) for kappa in (400.0, 72.0)]
    shares = profile.shares(filament.points[:, 1])
    return HeatNetwork(
        profile, shares, up, down, ends_up, ends_down, *contacts, constant(400.0), constant(layer), 300.0
    )


def warmed(cell, filament=0.0, active=0.0):
    """Temperatures and heat that leaves, for heat (W) given to the tip and to the electrode."""
    heat = np.zeros(SLICES + 1)
    heat[-1] = filament
    return cell.solve(Temperatures(np.zeros(SLICES + 1), 0.0), Sources(heat, active))


def test_heat_of_a_cylinder():
    """Tip: Q (h/(kappa pi r^2) + R_CE); electrode: Q R_AE."""
    cell = network(stub(2.0, 9.6), 1e-12)
    rise, leaving = warmed(cell, 1e-5, 2e-5)
    base = 1e-5 * spreading(2.0, 25.0, 25.0, True) / (72.0 * 1e-9)
    assert rise.filament[0] == pytest.approx(base, rel=1e-6)
    assert rise.filament[-1] == pytest.approx(base + 1e-5 * 9.6e-9 / (400.0 * np.pi * 4e-18), rel=5e-3)
    assert rise.active == pytest.approx(2e-5 * spreading(2.0, 25.0, 25.0, True) / (400.0 * 1e-9), rel=1e-6)
    assert leaving == pytest.approx(3e-5, rel=1e-9)


def test_heat_across_the_gap_and_what_the_layer_takes_away():
    """The flat top sees the electrode through kappa A/g; all heat leaves."""
    filament = stub(2.0, 9.6, 60)
    up = wedges(filament, FLAT, filament.strip_areas)[0]
    assert up[:59].sum() == pytest.approx(np.pi * 2.0**2 / 0.4, rel=0.05)
    dry, _ = warmed(network(filament, 1e-12), 1e-5)
    wet, leaving = warmed(network(filament, 1.4), 1e-5)
    assert wet.filament[-1] < dry.filament[-1] and wet.active > 100 * dry.active
    assert leaving == pytest.approx(1e-5, rel=1e-9)


def test_a_boundary_resistance_at_both_ends_of_a_gap():
    """The metal of a stump that nothing else cools: Q = dT sum kappa A/(g + 2 kappa R) over its flat top."""
    filament = stub(2.0, 9.6, 60)
    areas = filament.strip_areas
    top = np.where(np.arange(len(areas)) < 50, areas, 0.0)
    cell = network(filament, 1.4)
    cell = replace(cell, up=top / 0.4, down=0 * areas, boundary=2e-9, areas=areas)
    cell = replace(cell, counter=Contact(2.0, 1e12, constant(72.0)))
    rise, leaving = warmed(cell, 1e-8)
    through = 1.4 * top.sum() * 1e-18 / (0.4e-9 + 2 * 1.4 * 2e-9)
    assert leaving == pytest.approx(1e-8, rel=1e-9)
    assert rise.filament[-1] - rise.active == pytest.approx(1e-8 / through, rel=2e-3)


def test_conduction_to_a_wall_that_stands_on_the_electrode():
    """2 kappa dT/(pi d) for a side under the electrode: the wedge of a right angle."""
    filament = stub(2.0, 9.6, 60)
    up, down, ends, _ = wedges(filament, FLAT, filament.strip_areas)
    z, areas = filament.points[80, 1], filament.strip_areas[80]
    assert up[80] == pytest.approx(2 * areas / (np.pi * (10 - z)), rel=1e-9)
    assert down[80] == pytest.approx(2 * areas / (np.pi * z), rel=1e-9)
    assert ends[80] == pytest.approx(2.0 + 10 - z)


# --- a state ----------------------------------------------------------------------------------------------------------


def solved(*overrides, source=1.75, top=10.26):
    """State of the reference cell with a filament of 4 nm radius whose round top has entered the void, and the
    simulation."""
    simulation = ReducedSimulation(load_config(REFERENCE, ["model=reduced", *overrides]), SimpleNamespace(rank=0))
    rest = simulation.start()
    angle = np.linspace(0.0, np.pi / 2, 60)
    outline = 4.0 * np.sin(angle) ** 0.5, top * np.cos(angle) ** 0.125
    filament = Filament(np.stack(outline, axis=1))
    filament.points[-1, 1] = 0.0
    front = Front.at_rest(filament)
    plate = front.surface(simulation.electrode)
    guess = np.full(len(filament.points) + RINGS, 0.5)
    trial = replace(rest, source_voltage=source, front=front, plate=plate, potentials=guess)
    return simulation._solve(trial, trial, None), simulation


@pytest.fixture(scope="module")
def usual():
    return solved()[0]


def test_balances_of_a_state(usual):
    seen = usual.observed
    assert 1e-4 < seen["current"] <= 1e-3
    assert seen["charge_imbalance"] < 1e-9 and seen["power_imbalance"] < 1e-7
    assert seen["heat"] == pytest.approx(seen["power"], rel=1e-4)
    assert seen["temperature_max"] > 350


@pytest.mark.parametrize(
    ("line", "name", "sign"),
    [
        ("heat.tunnel_barrier=false", "temperature_max", -1),
        ("heat.enabled=false", "temperature_max", -1),
        ("heat.joule=false", "temperature_max", -1),
        ("heat.thermal_conductivity_factor=0.5", "temperature_max", 1),
        ('heat.wall="ambient"', "temperature_max", -1),
        ("stress.enabled=false", "ionic_current", 1),
        ("dissolution.void_barrier=false", "ionic_current", 1),
        ("tunnelling.enabled=false", "current", -1),
        ('tunnelling.gap="shortest"', "current", 1),
        ("filament.size_effect=false", "current", 1),
        ('compliance.current="10 uA"', "current", -1),
        ('compliance={kind="none"}', "current", 1),
        ('compliance={kind="series_resistor", resistance="1 Mohm"}', "current", -1),
    ],
)
def test_what_each_switch_does(usual, line, name, sign):
    other = solved(line)[0].observed
    assert sign * (other[name] - usual.observed[name]) > 1e-7 * abs(usual.observed[name])
    assert other["charge_imbalance"] < 1e-9 and other["power_imbalance"] < 1e-7


def test_without_dissolution_the_electrode_stays_flat():
    state, _ = solved("dissolution.enabled=false", top=9.8)
    assert (state.plate[:, 1] == 10.0).all() and state.observed["gap"] == pytest.approx(0.2)


def test_isothermal_is_at_ambient():
    seen = solved("heat.enabled=false")[0].observed
    assert seen["temperature_max"] == 300.0 and seen["heat"] == 0.0


def test_reset_dissolves(usual):
    state, simulation = solved('compliance={kind="none"}', source=-0.6)
    assert state.observed["current"] < 0 and state.observed["ionic_current"] < 0
    assert state.velocity[0, 1] < 0 < usual.velocity[0, 1]
    assert simulation.fields(state) is None and state.vertices == 0


# --- runs -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reduced") / "run"
    run(load_config(QUICK, ["model=reduced", *COARSE]), folder)
    return open_run(folder)


@pytest.mark.slow
def test_a_run_leaves_what_every_run_leaves(quick):
    series = quick.timeseries
    assert list(series.columns) == list(COLUMNS)
    assert (series.vertices == 0).all() and (series.remesh == 0).all() and (series.newton_iterations > 1).all()
    assert "dolfinx" not in quick.provenance["versions"] or quick.provenance["versions"]["dolfinx"]
    assert not quick.snapshots
    assert {"milestone", "compliance reached", "step ends"} <= set(quick.events.event)


@pytest.mark.slow
def test_balances_hold_at_every_step(quick):
    series = quick.timeseries
    assert series.charge_imbalance.max() < 1e-8
    assert series.faraday_error.max() < 5e-3  # steps twice as long as configured
    assert series.power_imbalance.max() < 1e-6
    assert series.current_A.max() <= 1e-6 * (1 + 1e-12)
    assert (series.ionic_current_A + series.tunnel_current_A).to_numpy() == pytest.approx(
        series.current_A.to_numpy(), rel=1e-12, abs=1e-30
    )


LIFE = """
model = "reduced"
[[programme]]
kind = "ramp"
to = "-0.6 V"
rate = "1 V/s"
compliance = { kind = "none" }
until = "height < 0.5 nm"
[[programme]]
kind = "ramp"
to = "1 V"
rate = "1 V/s"
[[programme]]
kind = "current_ramp"
to = "1e-15 A"
duration = "10 ms"
voltage_limit = "1.2 V"
[initial]
kind = "cylinder"
radius = "0.5 nm"
height = "1.5 nm"
[stepping]
relative_error = 0.03
displacement_error = "0.0005 nm"
rebind_every = 10
[checkpoint]
interval = "0.01 s"
"""


@pytest.mark.slow
def test_a_run_that_was_stopped_goes_on_to_the_same_bytes(tmp_path):
    """RESET of a thin filament with a rupture or dissolution, SET again, a current source: all that a state carries."""
    path = tmp_path / "life.toml"
    path.write_text(f'extends = "{QUICK}"\n{LIFE}\n[balance]\nfaraday = 0.02\n')
    run(load_config(path), tmp_path / "whole")
    rows = len(open_run(tmp_path / "whole").timeseries)
    for part in (0.3, 0.7):
        folder = tmp_path / f"stopped_{part}"
        with pytest.raises(Stopped):
            run(load_config(path), folder, progress=During(int(part * rows), signalled))
        resume(folder)
        for name in ("timeseries.csv", "events.csv"):
            assert (folder / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    with pytest.raises(ResultsError, match='model: "reduced" -> "full"'):
        resume(folder, overrides=["model=full"])


def test_transient_heat_is_refused():
    with pytest.raises(ConfigError, match="the reduced model knows steady heat only"):
        load_config(QUICK, ["model=reduced", "heat.mode=transient"])
    text = load_config(QUICK, ["model=reduced"]).to_toml()
    assert Config.from_toml(text).model == "reduced"


@pytest.mark.slow
def test_the_command(tmp_path):
    """--reduced is a setting of the run's configuration, and nothing of the solver is imported."""
    code = (
        "import sys; from ecmsim.commands import cli; cli.app(sys.argv[1:], standalone_mode=False); "
        "print(sorted({'dolfinx', 'petsc4py', 'ufl', 'gmsh'} & sys.modules.keys()))"
    )
    arguments = ["run", str(QUICK), "--reduced", "--until", "0.1 s", "--out", str(tmp_path / "run"), "--quiet"]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip().endswith("[]")
    assert 'model = "reduced"' in (tmp_path / "run" / "config.toml").read_text()


def test_older_runs_are_of_the_full_model():
    new = load_config(QUICK).to_toml()
    old = new.replace('model = "full"\n', "")
    assert old != new and not differences(old, new).forbidden
    assert differences(old, new.replace('model = "full"', 'model = "reduced"')).forbidden


@pytest.mark.slow
def test_nothing_dissolves_in_a_thick_layer_at_positive_bias(tmp_path):
    """30 nm: the filament is hot at its tip and cold at its foot, and its narrow places stay."""
    thick = ["model=reduced", "cell.layer_thickness=30 nm", "stepping.refinement=0.5", "mesh.refinement=0.5"]
    run(load_config(REFERENCE, thick), tmp_path / "run", until=2.0)
    found = open_run(tmp_path / "run")
    volume = found.timeseries.volume_nm3.to_numpy()
    assert (np.diff(volume) > -1e-9 * volume[1:]).all() and not (found.events.event == "rupture").any()
    assert found.timeseries.current_A.max() == pytest.approx(1e-3, rel=1e-3)
    assert found.timeseries.gap_nm.iloc[-1] == pytest.approx(0.112, abs=0.01)  # 0.11 nm in the full model


@pytest.mark.slow
def test_reduced_and_full_model_agree(quick, tmp_path):
    """The oracle: a SET to 1 uA by both models. Times to half a millisecond over 18 decades of the current, then gap,
    radius, resistance, and warmth to a tenth."""
    run(load_config(QUICK, COARSE), tmp_path / "full")
    reduced, full = quick.timeseries, open_run(tmp_path / "full").timeseries

    for column, values in (("height_nm", (0.3, 0.7, 5.0, 9.0)), ("current_A", (1e-18, 1e-15, 1e-12, 1e-9, 9e-7))):
        for value in values:
            first, second = (np.interp(value, series[column], series.time_s) for series in (reduced, full))
            assert first == pytest.approx(second, abs=5e-4), (column, value)
    first, last = reduced.iloc[-1], full.iloc[-1]
    assert first.gap_nm == pytest.approx(last.gap_nm, abs=0.002)
    assert first.radius_mean_nm == pytest.approx(last.radius_mean_nm, rel=0.005)
    assert first.temperature_max_K - 300 == pytest.approx(last.temperature_max_K - 300, rel=0.1)
    assert first.cell_voltage_V / first.current_A == pytest.approx(last.cell_voltage_V / last.current_A, rel=0.01)
