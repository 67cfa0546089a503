"""All numbers of quantum transport as they were: lookup of a made-up table, contacts, chains, forces, trajectories."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from helpers.before import as_before

from ecmsim.quantum import barrier, bloch, channels, geometry, landauer, sharvin, window
from ecmsim.quantum import tight_binding as tb
from ecmsim.quantum.atoms import command, hopping, record, section, statistics
from ecmsim.quantum.atoms.settings import Settings, option, written
from ecmsim.quantum.atoms.trajectory import Sample
from ecmsim.quantum.chain import ChainContact, PointContact, critical_voltage, hessian, surface_green_function
from ecmsim.quantum.command import describe, open_lookup
from ecmsim.quantum.density import bias_density, equilibrium_density
from ecmsim.quantum.leads import Contact, Lead, layer_mismatch
from ecmsim.quantum.lookup import Lookup
from ecmsim.quantum.modes import channel_sums, open_channels, outgoing
from ecmsim.quantum.monotone import Curves, inner_slopes, monotone
from ecmsim.quantum.plateaus import between_atoms
from ecmsim.quantum.recoil import KINDS, bond_forces, chemical_potentials, recoil_forces, total_force
from ecmsim.quantum.table import FORMAT, VERSION, load_table
from ecmsim.quantum.transport import Junction

CONSTANT = 4.1
ATOM = 0.15  # nm
ENERGIES = np.linspace(-0.6, 0.5, 12)
NECKS = {1: (0.95, 1.2), 2: (1.7,), 3: (2.4, 3.3), 4: (3.6, 3.8), 5: (3.65,), 7: (5.9, 7.3)}
TIPS = {2.6: 0.98, 2.8: 0.99, 3.2: 0.95, 3.7: 0.8, 4.5: 0.38, 5.5: 0.07}


def point(name, branch, atoms, T, separation=None, flags=()):
    rise = 0.3 if separation is None else 0.1 * separation
    samples = T * (1 + rise * ENERGIES - 0.4 * ENERGIES**2)
    parts = [min(T, 0.9), *([0.5 * (T - 0.9)] * 2 if T > 0.9 else [])]
    return {
        "name": name,
        "branch": branch,
        "of": None,
        "shape": {},
        "atoms": atoms,
        "radius_nm": ATOM * np.sqrt(atoms),
        "separation_nm": separation and separation / 10,
        "T": T,
        "channels": parts,
        "energies_eV": list(ENERGIES),
        "transmission": list(samples),
        "spread": [],
        "flags": list(flags),
        "checks": {},
        "settings": {},
        "hash": "0",
        "seconds": 1.0,
    }


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    points = [point(f"n{n}-{k}", "contact", n, T) for n, found in NECKS.items() for k, T in enumerate(found)]
    points += [point(f"t{s}", "gap", 1, T, s) for s, T in TIPS.items()] + [point("bad", "contact", 1, 9.0, None, ["x"])]
    content = {"format": FORMAT, "version": VERSION, "metal": "Xx", "method": "made up"}
    content["settings"] = {"lattice_constant": CONSTANT}
    path = tmp_path_factory.mktemp("table") / "made_up.json"
    path.write_text(json.dumps(content | {"points": points}))
    return path


def test_lookup_of_a_made_up_table(table, file_regression):
    radius = np.array([0.05, 0.14, 0.15, 0.18, 0.205, 0.27, 0.36, 0.4, 0.5, 0.56, 0.7, 3.0])[:, None]
    gap = np.array([-2.0, -0.5, 0.0, 0.02, 0.1, 0.2, 0.27, 0.4, 1.0])
    found = {}
    for name, options in {
        "usual": {},
        "smooth": {"step": None},
        "sharp": {"step": 0.1},
        "barrier": {"decay": 9.0},
        "closer": {"contact_separation": 0.27, "step": None},
    }.items():
        known = Lookup(load_table(table), **options)
        for bias in (0.0, 0.03, -0.6):
            values = known(radius, gap, bias)
            for field in dataclasses.fields(values):
                grid = getattr(values, field.name)
                found[f"{name} {bias} {field.name}"] = np.concatenate([grid[:, 4], grid[4], [grid[-1, -1]]])
        told = known.channels(radius[:, 0], 0.05, 0.2, 77.0)
        found[f"{name} channels"] = told
        found[f"{name} channels over a gap"] = known.channels(0.2, gap)
        found[f"{name} numbers"] = [
            known.last_radius,
            known.last_gap,
            known.decay,
            known.largest_bias,
            known.area_per_atom,
            known.layer_spacing,
            known.contact_separation,
            known.wave_number,
            *known.shifts[[0, -1]],
            len(known.biases),
        ]
    found["contacts"], found["gaps"] = load_table(table).contacts, load_table(table).gaps
    for words in ((0.2, 0.1, 0.0), (1.2, 0.5, 0.1), (0.1, 0.0, -0.2, 500.0)):
        found[f"told {words}"] = describe(open_lookup(file=table), *words).splitlines()
    found["told of a barrier"] = describe(open_lookup(file=table, barrier=1.5, smooth=True), 0.2, 0.3).splitlines()
    found["and of a mass"] = describe(open_lookup(file=table, barrier=1.5, effective_mass=0.4), 0.2, 0.3).splitlines()
    as_before(file_regression, found)


def test_parts_of_the_lookup(file_regression):
    x, y = np.array([0.0, 1, 1.5, 3, 4]), np.array([[0.0, 1, 1.2, 3, 3.1], [0.0, -1, -3, -3.5, -2]])
    curves = Curves(x, y, np.array([0.5, -1.0]), np.array([0.05, 0.3]))
    at = np.array([-1.0, 0, 0.3, 1, 1.2, 2.9, 3, 4, 6])
    found = {
        "slopes": inner_slopes(x, y),
        "first": curves(at, 0),
        "second": curves(at, 1),
        "monotone": monotone([[1.0, 3, 2, 2, 5, 4]], [1, 2, 1, 1, 1, 3]),
        "falling": monotone([[5.0, 6, 3, 4]], None, False),
        "between": between_atoms(np.array([0.0, 0.2, 0.3, 0.5, 0.6, 0.74, 0.76, 0.99]), 0.5),
        "momentum": barrier.momentum(4.0, 0.5) * 1e25,
        "decay": barrier.decay_constant(4.0),
        "sharvin": sharvin.transmission(np.array([0.4, 1.0]), 12.0, 0.1),
        "shift": sharvin.radius_shift(0.3, 2.5, 12.0),
        "equivalent": sharvin.equivalent_radius([1, 4], 0.07),
        "fermi": sharvin.fermi_wave_number(0.4),
    }
    entry = type("Entry", (), point("n", "contact", 1, 1.5))
    bias = window.biases([entry, type("Narrow", (), {"energies_eV": [-0.2, 0.0, 0.3]})])
    found["biases"], found["edge"] = bias, window.edge_transmission(entry, bias)
    found["mean"], found["fano"] = window.mean_transmission(entry, bias), channels.fano(entry)
    found["slope"], found["no slope"] = (
        channels.slope(entry),
        channels.slope(type("E", (), {"energies_eV": [], "transmission": []})),
    )
    found["thermopower"] = channels.thermopower(0.3, 300.0)
    T = 1 + 0.5 * ENERGIES + ENERGIES**2
    found["currents"] = [
        landauer.current(ENERGIES, T, V, kelvin, 0.02, drop)
        for V in (0.1, -0.2)
        for kelvin in (0, 40)
        for drop in (0.5, 0.3)
    ]
    found["of two"] = landauer.current(ENERGIES, np.stack([T, 2 * T]), np.array([0.1, 0.2]), 30.0)
    found["conductances"] = [landauer.conductance(ENERGIES, T, kelvin, 0.01) for kelvin in (0, 77)]
    found["fermi function"] = [landauer.fermi([-0.1, 0, 0.1], kelvin) for kelvin in (0, 300)]
    found["k"] = [np.column_stack(bloch.k_points(*grid)) for grid in ((1, 1), (2, 3), (3, 3))]
    found["block"] = bloch.real_space_block(np.arange(12.0).reshape(3, 2, 2), [0.1, 0.4, -0.2], [0.5, 0.3, 0.2], 1)
    found["law"] = [
        [law(2.6), law.slope(2.6), law(3.6), law.slope(3.6), law.cutoff]
        for law in (
            hopping.Smooth(tb.Harrison(2.8)),
            hopping.Smooth(tb.Exponential(2.8)),
            tb.Exponential(2.8, -1.0, 0.7),
        )
    ]
    as_before(file_regression, found)


def test_chains(file_regression):
    found = {"surface": surface_green_function(np.array([-3.0, -1.0, 0.5 + 0.1j, 2.5]), -1.0)}
    for name, chain in {
        "sloping": PointContact(-1.5, -1.2, -0.9, 0.3),
        "loose": PointContact(-2.0, -1.0, -1.1),
    }.items():
        found[name] = [
            *chain.transmission([-2.0, 0.0, 0.4, 5.0]),
            chain.conductance() * 1e5,
            chain.mismatch,
            chain.force(),
            chain.force(0.6, 0.3),
            chain.force(-0.6),
            chain.zero_bias_force(),
            chain.bias_force(0.5),
            chain.bias_force(0.5, 0.2),
            chain.bound_state_force(),
        ]
    found["bound"] = [PointContact(-1.0, -1.3, -0.9, level).bound_state_force() for level in (-0.4, 0.0, 0.5, 3.0)]
    found["hessian"] = [hessian(V, -1.8, 0.8, 2.5, 0.4, drop) for V in (0.0, 1.0) for drop in (0.5, 0.1)]
    found["critical"] = [critical_voltage(-2.0, 0.8, 2.5, 0.4, drop) for drop in (0.0, 0.8, 0.5)]
    h = np.diag([0.1, 0.3, -0.2]) + np.diag([-1.0, -0.8], 1) + np.diag([-1.0, -0.8], -1)
    device = Junction(h, ChainContact(-1.2, -1.0), ChainContact(-1.2, -0.7, 2))
    found["densities"] = [
        equilibrium_density(device, 0.1, -8.0, 20),
        bias_density(device, 0.1, -0.2, 0.4, 9),
        bias_density(device, 0.1, 0.1, 0.3),
    ]
    energies = np.array([-0.7, 0.0, 1.1])
    found["device"] = [
        device.transmission(energies),
        device.eigenchannels(0.2),
        device.density_of_states(energies),
        device.green_function(0.3),
        *device.spectral_functions(0.3),
    ]
    as_before(file_regression, found, tolerance=1e-5)


def test_a_wire_of_two_orbitals(file_regression):
    """Modes, channels, bands and the force of Eq. (13) of a lead with overlaps and a defect between."""
    lead = Lead(
        np.array([[0.0, -0.3], [-0.3, 0.4]]),
        np.array([[-1.0, -0.2], [-0.1, -0.7]]),
        np.array([[1.0, 0.05], [0.05, 1.0]]),
        np.array([[0.1, 0.0], [0.02, 0.05]]),
    )
    zero = np.zeros((2, 2))
    h = np.block(
        [
            [lead.h00, lead.h01, zero],
            [lead.h01.T, lead.h00 + np.diag([0.5, 0.1]), lead.h01],
            [zero, lead.h01.T, lead.h00],
        ]
    )
    s = np.block([[lead.s00, lead.s01, zero], [lead.s01.T, lead.s00, lead.s01], [zero, lead.s01.T, lead.s00]])
    left, right = Contact(lead.reversed(), [0, 1]), Contact(lead, [4, 5])
    device = Junction(h, left, right, s, 1e-5)
    energies = np.array([-0.9, 0.2, 0.8])
    modes = outgoing(lead, 0.2 + 1e-5j)
    found = {
        "T": device.transmission(energies),
        "channels": device.eigenchannels(energies),
        "density": device.density_of_states(energies),
        "open": [open_channels(lead, energy) for energy in (-3.0, -0.9, 0.2, 9)],
        "phases": np.sort(modes.phases[modes.open]),
        "sizes": np.abs(modes.factors),
        "sum": channel_sums(device, 0.2),
        "weighed": channel_sums(device, 0.2, lambda m: np.where(m.open, np.abs(m.phases), 0)),
        "bands": lead.bands([0.0, 0.7, 3.0]),
        "shifted": lead.shifted(0.3).bands([0.4]),
        "mismatch": layer_mismatch(h + 0.2 * s, s, left),
        "of one": layer_mismatch(h + 0.2 * s, s, right, [1]),
        "force": total_force(device, (0.1, 0.3), 2.0, 4),
    }
    as_before(file_regression, found, tolerance=1e-5)


def test_contacts_of_atoms(file_regression):
    found = {}
    for face, counts in (("111", (3, 1, 3)), ("100", (4, 1, 4)), ("100", (5, 4))):
        crystal = geometry.Fcc(4.0, face, 3)
        for name, made in {
            "neck": lambda crystal=crystal, counts=counts: geometry.neck(crystal, counts, spare=1),
            "tips": lambda crystal=crystal, counts=counts: geometry.tips(
                crystal, counts[:2], 3.1, chain=1, thickness=2
            ),
            "planes": lambda crystal=crystal: geometry.planes(crystal, 2.9, ends=2),
        }.items():
            contact = made()
            at = contact.positions
            found[f"{name} {face} {counts}"] = [
                len(at),
                at.sum(axis=0),
                np.sort(at[:, 2])[::5],
                (at**2).sum(axis=0),
                contact.period,
                contact.left.positions.sum(axis=0),
                contact.right.positions.sum(axis=0),
                contact.left.repeat,
                contact.right.repeat,
                contact.cell,
            ]
        found[f"crystal {face}"] = [
            crystal.neighbour_distance,
            crystal.area_per_atom,
            crystal.step,
            crystal.axes(),
            crystal.shift(2),
            crystal.shift(3),
        ]
    found["chain"] = geometry.straight_chain(3, 2.5)
    crystal = geometry.Fcc(4.0, "100", 3)
    contact, law = geometry.neck(crystal, (4, 1, 4)), tb.Harrison(crystal.neighbour_distance)
    level = tb.fermi_level(law, 4.0, points=9)
    found["levels"] = [level, tb.fermi_level(law, 4.0, 0.3, 8)]
    found["T"] = [tb.transmission(contact, law, energy, *bloch.k_points(2, 1)) for energy in (level, level + 0.5)]
    found["potentials"] = chemical_potentials(0.3, 1.0, 0.2)
    for kind in KINDS:
        found[f"recoil {kind}"] = recoil_forces(contact, law, 1.0, level, points=6, kind=kind)[:, 2]
        found[f"bonds {kind}"] = bond_forces(contact, law, level, points=12, kind=kind)[:, 2]
    found["zeta"] = recoil_forces(contact, law, 0.5, level, 0.3, 0.2, points=4)[9:14, 2]
    masks = np.arange(len(contact.positions)) < 9, np.arange(len(contact.positions)) >= len(contact.positions) - 9
    found["across"] = section.narrowest(contact.positions, contact.cell, law.distance, *masks)
    found["alone"] = section.bottlenecks(contact.positions, contact.cell, law.distance, *masks)
    as_before(file_regression, found, tolerance=1e-5)


@pytest.mark.slow
def test_atoms_in_motion(file_regression):
    """Energy, forces and a few steps of a small contact; times, masks and words of its settings."""
    pytest.importorskip("ase")
    from ecmsim.quantum.atoms.dynamics import Dynamics
    from ecmsim.quantum.atoms.trajectory import samples

    settings = Settings(
        "Cu", (4, 1, 4), size=3, time_ps=0.02, settle_ps=0.01, sample_ps=0.008, bias_V=0.5, force_ps=0.01
    )
    still = Dynamics(settings.contact(), "Cu", settings.frozen(), 300.0, None)
    still.atoms.positions[:, 0] += 0.1 * np.sin(np.arange(len(still.positions)))
    found = {"energy": still.potential_energy, "forces": still.atoms.get_forces()[::7], "momentum": still.momentum}
    still.pull(0.3)
    found["pulled"] = [
        still.pulled,
        still.potential_energy,
        still.temperature,
        still.total_energy,
        *still.present.right.positions[0],
    ]
    found["samples"] = [dataclasses.asdict(sample) for sample in samples(settings, 3)]
    pulled = dataclasses.replace(settings, speed_m_s=100.0, bias_V=0.0, time_ps=0.1, sample_ps=0.04)
    found["of a pulled one"] = [dataclasses.asdict(sample) for sample in samples(pulled, 1)]
    as_before(file_regression, found, tolerance=1e-4)


def test_statistics_of_trajectories(tmp_path, file_regression):
    random, found = np.random.default_rng(4), {}
    runs = [np.cumsum(random.standard_normal(n)) * 0.1 + 2 for n in (40, 25)]
    found["mean"], found["of one"] = statistics.mean(runs), statistics.mean([[2.0]])
    found["of two"], found["of alike"] = statistics.mean([[1.0, 2.0]]), statistics.mean([np.ones(4)])
    found["histogram"], found["below"] = statistics.histogram(runs[0], 0.5), statistics.histogram([-0.12, 0.07])
    for name, settings in {
        "rest": Settings("Cu", time_ps=20.0, runs=2, bias_V=0.5),
        "pulled": Settings("Au", (3, 1), "111", 4, 3.0, speed_m_s=10.0),
        "of one": Settings(damping_ps=None, settle_ps=0.0, grid=3, seed=7),
    }.items():
        path = tmp_path / f"{name}.csv"
        writer = record.Writer(path, settings)
        for seed in range(1 if name == "of one" else 2):
            for k in range(24):
                atoms = max(4 - k // 5 - seed, 0)
                writer.add(
                    Sample(
                        seed + 1,
                        k / 2,
                        0.9 * atoms + 0.1 * random.random(),
                        -3 - k / 7,
                        300 + k / 3,
                        atoms,
                        k / 10,
                        k / 90,
                        0.2,
                    )
                )
        writer.close("finished")
        loaded = record.load(path)
        found[name] = list(command.describe(loaded))
        found[f"{name}, lines"] = path.read_text().splitlines()[3:7]
        found[f"{name}, title"] = [loaded.title, settings.command, len(loaded.settled()[0])]
        found[f"{name}, sections"] = {str(key): value for key, value in statistics.by_section(loaded).items()}
        found[f"{name}, ruptures"] = statistics.ruptures(loaded)
        left, right = settings.frozen()
        found[f"{name}, settings"] = [settings.steps, settings.step_ps, int(left.sum()), int(right.sum()), len(left)]
    defaults = Settings()
    found["fields"] = {key: written(key, value) for key, value in defaults.as_dict().items()} | {"t": option("time_ps")}
    assert isinstance(loaded.rows, pd.DataFrame)
    as_before(file_regression, found)
