"""What the parts of the reduced model told before, and whole states of it, of outlines of every kind.

The tables stand beside this file; what is right, the other tests of this room know. Both the loops and laws in C and
their definitions in NumPy's words are held to them.
"""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from helpers import hot
from helpers.before import of_state, told
from helpers.outlines import FILAMENTS, front, grown
from helpers.paths import ROOT

from ecmsim.compiled.library import kernels
from ecmsim.compiled.tape import Compiled
from ecmsim.config import load_config
from ecmsim.models.node import Branch, Line, Node, Step, Supply
from ecmsim.models.reduced import ReducedSimulation, bipolar, bodies, electrons, heat, metals, profile, rings, spreading
from ecmsim.models.reduced.geometry import geometry_of, heat_network, node_shares, resistances, sources
from ecmsim.models.reduced.ions import RINGS, Between, Ions, spherical_hopping, spherical_resistivity
from ecmsim.models.reduced.laws import circuit, reaction, traced
from ecmsim.physics.compliance import IdealCompliance, SeriesResistor
from ecmsim.physics.model import DeviceModel
from ecmsim.shape.front import Front
from ecmsim.shape.gap import Gap

REFERENCE, QUICK = ROOT / "configs" / "cu_sio2_pt.toml", ROOT / "configs" / "quick.toml"
BOUNDARY = "heat.boundary_resistance=5e-9 m^2 K/W"


def cell(*overrides):
    """Configuration and laws of the reference cell."""
    config = load_config(REFERENCE, overrides)
    return config, traced(DeviceModel.from_config(config))


def warmth(count):
    """Rises in K, warm at the top: of the heights and of `count` floating bodies."""
    return heat.Temperatures(
        np.append(np.linspace(3.0, 120.0, profile.SLICES + 1), 100.0 + 10 * np.arange(count)), 90.0
    )


def test_laws_are_traced():
    """Not only right but tapes: a law that cannot be traced stays as it is, and is slower."""
    if kernels() is None:
        pytest.skip("nothing is compiled here")
    _, model = cell()
    laws = [model.hopping.low_field_limits, model.tunnel_heating.active_electrode_share]
    laws += [model.size_effect.conductivity_ratio, circuit(IdealCompliance(1e-3, 0.05)).current]
    for region in (model.filament, model.counter_electrode, model.active_electrode, model.switching_layer):
        laws += filter(None, [region.electrical, region.thermal])
    assert all(isinstance(law, Compiled) for law in laws) and len(laws) == 11
    density = reaction(DeviceModel.from_config(load_config(REFERENCE)))
    ones, told_of = np.ones(3), []
    for shared in ({}, {"open_share": ones}, {"shift": ones}, {"open_share": ones, "shift": ones}):
        for on_filament in (True, False):
            given = density(300.0 * ones, ones, -ones, on_filament, **shared)
            told_of.append(given.__qualname__)
    assert all(name.startswith("Compiled.at") for name in told_of)
    assert circuit(None) is None


def test_rings_and_spreading(file_regression, loops):
    r, z = grown(7.3).points.T
    width = 0.1 + 0.01 * np.arange(len(r))
    source = np.where(r == 0, 0.5 * width, r)
    found = {
        "ring": rings.ring(r, z - 1.0, 1.3, 0.02),
        "on itself": rings.ring(r, 0.0 * z, source, width / rings.SELF),
        "distant": rings.distant_ring(r**2 + 1.7, 1.7 * r**2, 9.0 + z),
        "layer": rings.layer_potentials(r[:, None], z[:, None], source, z, width, 10.0),
        "at": rings.potentials_at(np.linspace(0.3, 9.0, 5), np.full(5, 10.0), source, z, width, 10.0),
        "mutual": rings.mutual_potentials(r, z, source, width, 10.0),
        "spreading": [spreading.spreading(a, 25.0, 20.0, wall) for a in (0.1, 1.5, 6.0) for wall in (True, False)],
        "halo": spreading.halo(1.5, np.array([0.0, 1.0, 1.5, 2.0, 8.0])),
        "hopping": spherical_hopping(np.array([-30.0, -0.2, 1e-4, 0.7, 400.0])),
        "resistivity": spherical_resistivity(np.array([-30.0, -0.2, 1e-4, 0.7, 400.0])),
        "resistivity, none small": spherical_resistivity(np.array([-30.0, -0.2, 0.7, 400.0])),
    }
    told(file_regression, found, basename="test_rings_and_spreading")


def test_profiles_and_bodies(file_regression):
    found = {}
    for name, filament in FILAMENTS.items():
        own, count = profile.Profile.of(filament.rooted), len(filament.parts)
        floating = np.linspace(0.3, 0.6, count - 1)
        others = FILAMENTS["plain" if count == 1 else "three bodies"]
        state = SimpleNamespace(filament=filament, floating=floating)
        found[name] = {
            "profile": own,
            "lengths": own.lengths,
            "shares": own.shares(np.linspace(-0.1, filament.rooted.height + 0.2, 9)),
            "nodes": node_shares(filament, own),
            "lift": bodies.lift(filament, floating),
            "carried": bodies.carried_over(filament, others, np.cos(np.arange(len(filament.points)))),
            "guess": bodies.floating_guess(state, others),
            "strips": (filament.strip_widths, filament.strip_areas),
        }
    told(file_regression, found)


def test_circuits(file_regression):
    """Where the cell works, behind circuits of every kind, and at the node of one."""
    lines = Line(1.1, 3e-6, 8e-6), Line(0.9, 2e-9, 4e-9)
    laws = {
        "wire": None,
        "limiter": IdealCompliance(2e-6, 0.05),
        "both ways": IdealCompliance(2e-6, 0.05, "both"),
        "resistor": SeriesResistor(2e5),
    }
    found = {}
    for name, law in laws.items():
        found[name] = [electrons.operation(law, v, 3e3, lines, 0.2, rest) for v in (1.4, -0.3) for rest in (0.0, 0.1)]
    before = Node(0.9, 0.5, 0.0, 2e-6, 1e-8, 3e-7, 1e-6)
    supply = Supply(Branch(1.4, SeriesResistor(2e5)), 1e-12, lambda v: 1e-8 * v, Step(1e-7, before, 1.35, 2e-7))
    found["node"] = electrons.operation_at_node(supply, 3e3, lines, 0.5)
    own = profile.Profile.of(grown(7.3))
    _, model = cell()
    warm, entered = np.linspace(310.0, 500.0, profile.SLICES), np.linspace(0.4, 1.0, profile.SLICES)
    for size_effect in (model.size_effect, None):
        found[f"slices, {'thin' if size_effect else 'bulk'}"] = electrons.series_resistances(
            own, entered, warm, model.filament, size_effect
        )
    told(file_regression, found)


def trial_of(name):
    """What a trial knows of its shape."""
    own = front(name)
    simulation = ReducedSimulation(load_config(REFERENCE, ["model=reduced"]), SimpleNamespace(rank=0))
    plate = own.surface(simulation.electrode)
    return SimpleNamespace(filament=own.filament, front=own, plate=plate, gap=Gap(own.filament, plate))


@pytest.mark.parametrize("wall", ["insulated", "ambient"])
def test_geometry_and_heat(file_regression, wall):
    """The circuit's and the heat network's parts, the latter without and with a boundary resistance."""
    found = {}
    for name in ("in the void", "overhanging", "three bodies"):
        trial, found[name] = trial_of(name), {}
        count = len(trial.filament.parts) - 1
        for line in ("heat.joule=true", BOUNDARY, "filament.wiedemann_franz=true"):
            config, model = cell(line)
            every = model.across_gap
            tip = SimpleNamespace(laws=every, between=(every,) * count)
            geometry = geometry_of(trial, tip, trial.gap.columns("vertical"), trial.gap.between_bodies("vertical"))
            network = heat_network(trial, geometry, config.cell, model, wall == "insulated")
            rise = warmth(count)
            slices, electrodes = resistances(geometry, rise, config.cell, model)
            voltages = [0.7 + 0.1 * k for k in range(len(geometry.columns))]
            made = sources(geometry, voltages, 1e-4, slices, electrodes, model)
            temperatures, leaving = network.solve(rise, made)
            own = {"temperatures": temperatures, "leaving": leaving}
            if line.startswith("heat.joule"):
                own |= {"geometry": geometry, "network": network, "slices": slices, "electrodes": electrodes}
                own |= {"sources": made, "total": made.total}
                if wall == "ambient":
                    del own["geometry"], own["network"]
            found[name][line.split("=")[0]] = own
    told(file_regression, found, rel=3e-6)


def test_temperatures(file_regression):
    one, other = warmth(0), warmth(2)
    before = heat.Temperatures(0.4 * one.filament[::-1], 300.0)
    found = {
        "largest": [one.largest, before.largest],
        "plus": [one.plus(0.5, before), one.plus(2.0, before)],
        "of bodies": [one.of_bodies(1), one.of_bodies(3), *(other.of_bodies(count) for count in (1, 2, 3))],
        "change": [one.change(before), before.change(one)],
        "total": heat.Sources(one.filament, 0.5, 0.25, 0.125).total,
    }
    told(file_regression, found)


@pytest.mark.parametrize("voltage", [1.1, -0.4])
def test_ions(file_regression, loops, voltage):
    """Of one body and of several, also where places do not react and where the equilibrium is shifted."""
    config, model = cell()
    ions, found = Ions(model, config.cell, 1e-9, 60), {}
    for name in ("plain", "in the void", "overhanging", "three bodies"):
        trial = trial_of(name)
        filament, n = trial.filament, len(trial.filament.points)
        between = ions.between(filament)
        given = {
            "surface": trial.plate,
            "between": between,
            "temperature": 300 + 40 * filament.points[:, 1],
            "plate_temperature": np.linspace(700.0, 300.0, RINGS),
        }
        guess = np.full(n + RINGS, 0.5 * voltage)
        if len(filament.parts) > 1:
            joined = metals.links(
                filament,
                trial.gap.columns("vertical"),
                model.across_gap,
                trial.gap.between_bodies("vertical"),
                (model.across_gap,) * 2,
            )
            own = metals.Metals.of(joined, 2)
            solved = bipolar.solve(
                ions,
                own,
                filament,
                voltage,
                guess,
                np.array([0.6, 0.2]) * voltage,
                **given,
                open_shares=None,
                shift=None,
            )
            found[name] = {
                "solution": {key: value for key, value in vars(solved).items() if key not in ("metals", "iterations")},
                "neighbours": own.neighbours,
                "conductances": metals.conductances(joined, 2),
                "relative": metals.relative_potentials(joined, 2),
                "links": [[link.upper, link.lower, len(link.radius), link.radius.sum(), link.foot.sum()]
                          for link in joined],
                "floating": [solved.floating, solved.floating_at(1.1 * voltage), solved.across(1.1 * voltage)],
                "junction": solved.junction_voltage,
                "lines": solved.lines,
                "tunnelling": solved.tunnelling,
            }  # fmt: skip
            continue
        covered = np.linspace(0.2, 1.0, n), np.linspace(0.5, 1.0, len(ions.samples))
        shift = 0.02 * np.cos(np.arange(n))
        for kind, special in {
            "usual": {},
            "covered": {"open_shares": covered},
            "shifted": {"shift": shift},
        }.items():
            solved = vars(ions.solve(filament, voltage=voltage, guess=guess, **given, **special))
            found[f"{name}, {kind}"] = {key: value for key, value in solved.items() if key != "iterations"}
        balance = ions.balance(filament, voltage=voltage, **given, open_shares=None, shift=None)
        current = balance.density(guess)
        layer = balance.layer(guess + 0.01 * np.arange(len(guess)) / n, current)
        found[f"{name}, parts"] = {
            "between": between,
            "balance": balance,
            "layer": layer._asdict(),
            "reacting": balance.reacting(0.1 * current, layer),
            "no transport": balance.without_transport(0.0, voltage),
            "at rest": balance.without_transport(voltage, voltage),
            "least": ions.least_correction(voltage),
        }
    found["rings"] = [ions.radii, ions.widths, ions.areas, ions.samples]
    told(file_regression, found, rel=3e-6, basename=f"test_ions_{voltage}")


def test_the_network_where_potentials_are_not_definite(file_regression, loops):
    random = np.random.default_rng(3).normal(size=(7, 7))
    potentials = random + random.T + 2 * np.eye(7)
    assert np.linalg.eigvalsh(potentials).min() < 0
    told(file_regression, {"between": Between.of(potentials)}, basename="test_the_network")


# --- whole states -----------------------------------------------------------------------------------------------------


def solved(name, voltage, *overrides, config=REFERENCE):
    """A state of the reduced model with a front, as if a run had come to it."""
    simulation = ReducedSimulation(load_config(config, ["model=reduced", *overrides]), SimpleNamespace(rank=0))
    rest, own = simulation.start(), front(name)
    filament, count = own.filament, len(own.filament.parts) - 1
    guess = np.full(len(filament.points) + RINGS, 0.5 * voltage)
    rest = replace(rest, front=Front.at_rest(filament), floating=np.full(count, 0.4 * voltage), potentials=guess)
    trial = replace(rest, source_voltage=voltage, front=own, plate=own.surface(simulation.electrode))
    return simulation._solve(trial, trial, None), simulation


def all_of(state, simulation):
    """What a state tells."""
    names = ("velocity", "potentials", "floating", "temperatures", "ions", "drop", "node", "contact", "deposited")
    return of_state(state, simulation, {name: getattr(state, name) for name in names})


@pytest.mark.parametrize("name", FILAMENTS)
def test_states(file_regression, loops, name):
    found = {f"{voltage} V": all_of(*solved(name, voltage)) for voltage in (1.4, -0.5)}
    told(file_regression, found, rel=1e-5, nothing=1e-6, basename=f"test_states_{name.replace(' ', '_')}")


CELLS = {
    "wire": ['compliance={kind="none"}'],
    "resistor": ['compliance={kind="series_resistor", resistance="1 Mohm"}'],
    "capacitor": ["circuit.capacitance=1 pF", "circuit.series_resistance=10 kohm"],
    "shortest": ["tunnelling.gap=shortest"],
    "cold": ["heat.enabled=false"],
    "without": ["tunnelling.enabled=false", "dissolution.enabled=false", "stress.enabled=false"],
    "film": [BOUNDARY, 'heat.wall="ambient"', "heat.joule=false"],
    "rough": ["filament.wiedemann_franz=true", "filament.defect_factor=0.3", "heat.tunnel_barrier=false"],
    "curved": ["capillarity.enabled=true", "capillarity.surface_energy=1.8 J/m^2",
               "capillarity.smallest_radius=0.3 nm", "butler_volmer.rest_potential=30 mV"],
    "contact": ["tunnelling.law=blend"],
    "drawn": ["tunnelling.law=blend", "contact.atoms=drawn", "contact.attempt_frequency=1e13 / s",
              "contact.barrier=0.75 eV", "contact.binding=0.2 eV"],
    "ratio": ["butler_volmer.electrode_ratio=0.3", 'stress.reading="elastic"', 'dissolution.void_reading="printed"'],
}  # fmt: skip


@pytest.mark.parametrize("kind", CELLS)
def test_cells_of_every_kind(file_regression, kind):
    found = {}
    shape = "plain" if kind in ("without", "rough") else "in the void"
    for name in (shape, "two bodies") if kind in ("wire", "contact", "curved") else (shape,):
        found[name] = all_of(*solved(name, 1.4, *CELLS[kind]))
    told(file_regression, found, rel=1e-5, nothing=1e-6)


DIFFUSING = ["model=reduced", "surface_diffusion.enabled=true", "surface_diffusion.coefficient=1e-4 nm^4/s",
             "surface_diffusion.activation_energy=0.5 eV", "surface_diffusion.reference_temperature=300 K",
             "surface_diffusion.contact_angle=100 deg"]  # fmt: skip
STARTS = {
    "cold": (["initial={kind='cylinder', radius='1.2 nm', height='6 nm'}"], 0.39, (0.4, 0.41, 0.415, 0.423)),
    "hot": ([*hot.HOT[1:], "programme.1.duration=1 ms"], 9e-10, (1e-9, 1e-5, 5e-5, 1.3e-4)),
    "node": ([*hot.HOT[1:], "circuit.capacitance=1 pF", "circuit.series_resistance=10 kohm"], 9e-10,
             (1e-9, 1e-8, 3e-8, 1e-7)),
    "current": (["initial={kind='cylinder', radius='1.2 nm', height='9 nm'}",
                 "programme=[{kind='current_ramp', to='1 nA', rate='1 nA/s', voltage_limit='0.5 V'}]"], 0.2,
                (0.21, 0.3, 0.42, 0.5)),
}  # fmt: skip


@pytest.mark.parametrize("start", STARTS)
def test_steps(file_regression, loops, start):
    """Some steps on from the start, by hand, with surface diffusion: what each carries over to the next."""
    overrides, begin, times = STARTS[start]
    simulation = ReducedSimulation(load_config(QUICK, [*DIFFUSING, *overrides]), SimpleNamespace(rank=0))
    state, found = simulation.start(), {}
    state = replace(state, time=begin, source_voltage=state.leg.source_voltage(begin))
    for time in times:
        if time > state.leg.end:
            state = simulation.follow(state)
        state = simulation.accept(simulation.advance(state, time))
        found[f"{time} s"] = {
            "points": state.filament,
            "velocity": state.velocity,
            "current": state.observed["current"],
            "temperatures": state.temperatures,
        }
    found["last"] = all_of(state, simulation) | {"kept": simulation.kept(state), "dump": simulation.dump(state)}
    told(file_regression, found, rel=1e-4, nothing=1e-4, basename=f"test_steps_{start}")
