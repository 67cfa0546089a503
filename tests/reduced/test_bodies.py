"""Floating bodies in the reduced model: bipolar electrodes with a known answer, the full model beside them, and
runs in which metal breaks off and is taken up again."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.paths import ROOT
from helpers.stopping import CASE, During, signalled
from mpi4py import MPI
from scipy import constants as si

from ecmsim import open_run
from ecmsim.config import load_config
from ecmsim.constants import SQUARE_METRES_PER_NM2
from ecmsim.models.full.simulation import Simulation
from ecmsim.models.reduced import ReducedSimulation, bipolar
from ecmsim.models.reduced.electrons import Crossing
from ecmsim.models.reduced.ions import RINGS, Ions
from ecmsim.models.reduced.metals import Link, Metals, relative_potentials
from ecmsim.models.reduced.profile import SLICES
from ecmsim.models.reduced.rings import layer_potentials
from ecmsim.physics.model import DeviceModel
from ecmsim.running.reporter import Stopped
from ecmsim.running.run import resume, run
from ecmsim.shape.filament import Filament
from ecmsim.shape.front import Front
from ecmsim.shape.relaxation import rounded_cylinder
from ecmsim.shape.spacing import filament_spacing

QUICK, CYCLE = ROOT / "configs" / "quick.toml", ROOT / "configs" / "cycle_cu_sio2_pt.toml"


def ball(radius, height, segments=24):
    angle = np.linspace(0, np.pi, segments + 1)
    points = np.stack([radius * np.sin(angle), height + radius * np.cos(angle)], axis=1)
    points[[0, -1], 0] = 0.0
    return Filament(points)


# --- a ball in a uniform field ------------------------------------------------------------------------------------

SLOW = [
    "stress.enabled=false",
    "dissolution.enabled=false",
    "cell.layer_thickness=24 nm",
    "cell.radius=60 nm",
]
RADIUS, HEIGHT, VOLTAGE, TEMPERATURE = 1.0, 12.0, 1e-3, 300.0


def slab(radius=50.0, height=1.0):
    """A rooted body so wide that the layer above it is nearly that between two plates."""
    flat = np.stack([np.linspace(0, radius, 80), np.full(80, height)], axis=1)
    return Filament(np.vstack([flat, [[radius, 0.5 * height], [radius, 0.0]]]))


def ionic(config, filament):
    """Ions, the surroundings that they are given, and a guess."""
    ions, n = Ions(DeviceModel.from_config(config), config.cell, 1e-9, 60), len(filament.points)
    thickness = config.cell.layer_thickness
    given = {
        "surface": np.array([[0.0, thickness], [config.cell.radius, thickness]]),
        "between": ions.between(filament),
        "temperature": np.full(n, TEMPERATURE),
        "plate_temperature": np.full(RINGS, TEMPERATURE),
        "open_shares": None,
        "shift": None,
    }
    return ions, given, np.full(n + RINGS, 0.5 * VOLTAGE)


@pytest.mark.parametrize("ratio", [0.3, 3.0, 30.0])
def test_a_ball_in_a_uniform_field_is_a_bipolar_electrode(ratio):
    """Its potential is that of the plane through its middle, and no net current leaves it: J = 3 s E b/(b + 3)
    cos(angle to the field), that of an exact solution, 3 s E b/(b + 2), where the reaction is fast."""
    model = DeviceModel.from_config(load_config(QUICK, SLOW))
    sigma = model.hopping.conductivity(1e-9, TEMPERATURE)
    exchange = ratio * sigma / (RADIUS * 1e-9) * (si.k * TEMPERATURE / si.e)  # J0 = g kT/e, A/m2
    constant = load_config(QUICK).butler_volmer.rate_constant / model.kinetics.exchange_current_density(TEMPERATURE)
    config = load_config(QUICK, [*SLOW, f"butler_volmer.rate_constant={constant * exchange:.12g} m/s"])
    ions, given, guess = ionic(config, slab())
    empty = ions.solve(slab(), voltage=VOLTAGE, guess=guess, **given)
    # Potential on the axis, of the currents at all rings.
    (r, z), widths, areas = slab().points.T, slab().strip_widths, slab().strip_areas
    source = np.append(np.where(r == 0, 0.5 * widths, r), ions.radii)
    heights, widths = np.append(z, np.full(RINGS, 24.0)), np.append(widths, ions.widths)
    currents = SQUARE_METRES_PER_NM2 * np.append(areas * empty.current_density, np.zeros(RINGS))
    eta = VOLTAGE - empty.potentials[-RINGS:]
    currents[-RINGS:] = (
        SQUARE_METRES_PER_NM2
        * ions.areas
        * [float(ions.model.reaction_current_density(value, TEMPERATURE, 0.0, 0.0, False)) for value in eta]
    )
    assert currents.sum() == pytest.approx(0.0, abs=1e-6 * np.abs(currents).sum())
    at = np.linspace(HEIGHT - 3, HEIGHT + 3, 7)
    between = layer_potentials(0.0, at[:, None], source, heights, widths, 24.0)
    potential = between @ currents / (4 * np.pi * sigma * 1e-9)  # but for a constant
    field, _ = np.polyfit(at - HEIGHT, potential, 1)  # V/nm along z
    assert field > 0
    filament = Filament.of_bodies([ball(RADIUS, HEIGHT, 48), slab()])
    ions, given, guess = ionic(config, filament)
    found = bipolar.solve(ions, Metals.of((), 1), filament, VOLTAGE, guess, np.array([0.0]), **given)
    part = filament.parts[0]
    cosine = (filament.points[part, 1] - HEIGHT) / RADIUS
    assert found.floating[0] == pytest.approx(found.potentials[part].mean(), abs=0.05 * field * RADIUS)
    wanted = -3 * sigma * field * 1e9 * ratio / (ratio + 3)  # the field points down where the voltage is positive
    assert found.current_density[part] == pytest.approx(wanted * cosine, abs=0.04 * abs(wanted))
    into, lost = found.rates[:, 0]
    assert lost > 0 and abs(into) < 1e-9 * lost


# --- metals and links ---------------------------------------------------------------------------------------------


class Ohmic:
    """A law of tunnelling by conductance alone, S/m2."""

    def __init__(self, conductance):
        self.conductance = conductance

    def current_density(self, voltage, gap):
        return self.conductance * voltage + 0 * gap

    def differential_conductance_density(self, voltage, gap):
        return self.conductance + 0 * voltage + 0 * gap


def link(upper, lower, conductance):
    one = np.ones(1)
    law = Ohmic(conductance / SQUARE_METRES_PER_NM2)
    return Link(upper, lower, Crossing({"tunnel": law}, one, one), one, one)


def test_the_weakest_link_counts_among_the_strongest():
    """Two bodies joined 1e200 times better than to the electrodes: they are between these as the weak links have it."""
    links = (link(3, 0, 1e-200), link(0, 1, 1.0), link(1, 2, 3e-200))
    assert relative_potentials(links, 2) == pytest.approx([0.25, 0.25, 0.0, 1.0], rel=1e-12)
    beside = (*links, link(3, 2, 7.0))  # a column that passes both
    assert relative_potentials(beside, 2) == pytest.approx([0.25, 0.25, 0.0, 1.0], rel=1e-12)


def test_voltages_between_metals_that_are_joined_well_are_exact():
    links = (link(3, 0, 1.0), link(0, 1, 1e-9), link(1, 2, 1e-3))
    metals = Metals.of(links, 2)
    across = metals.across(np.array([-1e-25, 1e-22]), 1.7)
    assert across[0] == 1e-25 and across[2] == 1e-22 and across[1] == pytest.approx(1.7)
    potentials = metals.potentials(metals.drops_of(np.array([1.2, 0.3]), 1.7), 1.7)
    assert potentials == pytest.approx([1.2, 0.3, 0.0, 1.7])


# --- a cell with floating bodies ----------------------------------------------------------------------------------

STACKS = {
    "two in the middle": [ball(0.6, 8.6), ball(0.9, 6.0), rounded_cylinder(1.0, 4.0, 0.15)],
    "a column": [ball(0.7, 9.2), ball(0.5, 7.8), rounded_cylinder(1.0, 7.0, 0.15)],
    "at the electrode": [ball(0.5, 9.3), rounded_cylinder(1.0, 2.0, 0.15)],
    "at the foot": [ball(0.4, 1.2), Filament.nucleus(0.5)],
    "wider than the root": [ball(1.5, 6.0, 40), rounded_cylinder(0.8, 3.0, 0.15)],
}


def reduced(bodies, voltage, *overrides):
    """A reduced model's state with a filament of these bodies, connected to the source directly, and the simulation."""
    config = load_config(QUICK, ["model=reduced", 'compliance={kind="none"}', *overrides])
    simulation, filament = ReducedSimulation(config, SimpleNamespace(rank=0)), Filament.of_bodies(bodies)
    rest, front = simulation.start(), Front.at_rest(filament)
    guess, floating = np.full(len(filament.points) + RINGS, 0.5 * voltage), np.zeros(len(bodies) - 1)
    own = {"plate": front.surface(simulation.electrode), "potentials": guess, "floating": floating}
    trial = replace(rest, source_voltage=voltage, front=front, **own)
    return simulation._solve(trial, trial, None), simulation


@pytest.mark.parametrize("tunnelling", ["true", "false"])
@pytest.mark.parametrize("voltage", [1.7, -0.4, 1e-3, -6e-12])
@pytest.mark.parametrize("stack", STACKS)
def test_what_enters_leaves_whatever_floats_between(stack, voltage, tunnelling):
    """Net currents of the floating bodies are none, so that both terminals agree; no potential leaves the interval
    between those of the electrodes."""
    state, _ = reduced(STACKS[stack], voltage, f"tunnelling.enabled={tunnelling}")
    seen = state.observed
    assert seen["charge_imbalance"] < 1e-9 and seen["power_imbalance"] < 1e-7
    assert np.sign(seen["current"]) == np.sign(voltage)
    relative = state.floating / voltage
    assert ((relative > -1e-6) & (relative < 1 + 1e-6)).all()
    assert seen["bodies"] == len(STACKS[stack]) and seen["floating_volume"] > 0


def test_heat_made_in_a_floating_body_leaves_it():
    """The body is the warmest place, and all heat leaves."""
    state, simulation = reduced(STACKS["two in the middle"], 1.0)
    assert len(state.temperatures.filament) == SLICES + 3
    warm, _ = reduced(STACKS["a column"], 1.5)
    seen = warm.observed
    assert seen["heat"] == pytest.approx(seen["tunnel_current"] * 1.5, rel=1e-2)
    assert seen["temperature_max"] > 300.0
    assert warm.temperatures.filament[SLICES + 1 :].min() > warm.temperatures.filament[0]


# --- the full model beside it -------------------------------------------------------------------------------------


def full(bodies, voltage, *overrides):
    """The same of the full model, its filament resampled as in a run."""
    config = load_config(QUICK, ['compliance={kind="none"}', *overrides])
    simulation = Simulation(config, MPI.COMM_SELF)
    rest, front = simulation.start(), Front.at_rest(Filament.of_bodies(bodies))
    for _ in range(3):
        surface = front.surface(simulation.electrode)
        front = front.resampled(filament_spacing(front.filament, surface, simulation.numerics))
    mesh = simulation._mesh(front)
    values = np.zeros((len(mesh.points), 3))
    values[:, 1] = voltage * (mesh.points[:, 1] > 0)
    own = {"mesh": mesh, "values": values, "potentials": np.zeros(len(bodies) - 1)}
    trial = replace(rest, source_voltage=voltage, front=front, **own)
    discretisation = simulation._discretise(mesh, rest.leg)
    try:
        return simulation._solve(discretisation, trial, trial, None)
    finally:
        discretisation.close()
        simulation.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stack", "voltage"), [("two in the middle", 1.4), ("a column", 0.5), ("at the electrode", -0.5)]
)
def test_both_models_agree_on_what_floats(stack, voltage):
    """Currents, potentials of the bodies, and how fast their poles move."""
    one, two = full(STACKS[stack], voltage), reduced(STACKS[stack], voltage)[0]
    for name in ("current", "ionic_current", "tunnel_current"):
        assert two.observed[name] == pytest.approx(one.observed[name], rel=0.02), name
    assert two.floating == pytest.approx(one.potentials, abs=0.005)
    for of_full, of_reduced in zip(one.filament.parts, two.filament.parts, strict=True):
        for pole in ("start", "stop"):
            speeds = [
                state.velocity[getattr(part, pole) - (pole == "stop"), 1]
                for state, part in ((one, of_full), (two, of_reduced))
            ]
            assert speeds[1] == pytest.approx(speeds[0], rel=0.05)


# --- runs ---------------------------------------------------------------------------------------------------------

# The RESET ends where the first neck has broken; the SET joins what floats to what grows.
BREAKS = CASE.replace('"height < 0.5 nm"', '"bodies > 1"').replace('to = "1.15 V"', 'to = "1.45 V"')
TALL = ["model=reduced", 'initial.height="3 nm"', "stepping.relative_error=0.01"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The configuration and the folder of the run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("bodies")
    (folder / "case.toml").write_text(BREAKS)
    config = load_config(folder / "case.toml", TALL)
    run(config, folder / "run")
    return config, folder / "run"


@pytest.mark.slow
def test_what_breaks_off_floats_until_it_is_grown_into(whole):
    series, events = open_run(whole[1]).timeseries, open_run(whole[1]).events
    assert {"rupture", "bodies merge"} <= set(events.event)
    assert events.detail[events.event == "rupture"].str.contains("float as a body").all()
    assert series.bodies.max() > 2 and (series.bodies > 1).sum() > 20 and series.bodies.iloc[-1] == 1
    assert ((series.floating_volume_nm3 > 0) == (series.bodies > 1)).all()
    assert series.faraday_error.max() < 0.02
    assert series.charge_imbalance.max() < 1e-8 and series.power_imbalance.max() < 1e-4
    # Where bodies part or meet the volume goes on as it was going: by less than the steps beside change it.
    change = series.volume_nm3.diff().abs()
    for at in series.index[np.diff(series.bodies, prepend=1) != 0]:
        assert change[at] < 1.5 * max(change[at - 1], change[at + 1])


@pytest.mark.slow
def test_a_run_that_was_stopped_with_bodies_goes_on_to_the_same_bytes(whole, tmp_path):
    config, undisturbed = whole
    apart, folder = np.flatnonzero(open_run(undisturbed).timeseries.bodies > 2), tmp_path / "run"
    with pytest.raises(Stopped):
        run(config, folder, progress=During(int(apart[len(apart) // 2]), signalled))
    assert open_run(folder).timeseries.bodies.iloc[-1] > 2
    resume(folder)
    for name in ("timeseries.csv", "events.csv"):
        assert (folder / name).read_bytes() == (undisturbed / name).read_bytes()


@pytest.mark.slow
def test_the_next_set_takes_up_what_reset_has_left(tmp_path):
    """At 100 uA RESET leaves a piece of half a cubic nanometre in the gap, and the next SET comes earlier by it."""
    coarse = ["mesh.refinement=0.7", "stepping.refinement=0.6"]
    settings = ["model=reduced", "compliance.current=100 uA", "programme.0.count=2", *coarse]
    run(load_config(CYCLE, settings), tmp_path / "run")
    opened = open_run(tmp_path / "run")
    series, cycles = opened.timeseries, [group for _, group in opened.timeseries.groupby("cycle")]
    assert 0.1 < cycles[0].floating_volume_nm3.iloc[-1] < 2
    assert series.charge_imbalance.max() < 1e-8 and series.faraday_error.max() < 3e-3  # of steps so long
    assert series.power_imbalance.max() < 1e-4
    first, second = opened.cycles.V_SET_V
    assert 0.02 < first - second < 0.2
    assert "bodies merge" in set(opened.events.event)
