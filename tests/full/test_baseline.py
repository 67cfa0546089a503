"""What the full model told before on small meshes that are kept: the fields, and all that is read off them.

The meshes in meshes/ are those that gmsh once made of outlines of tests/helpers/outlines.py, so that no number depends
on its version. The tables stand beside this file; what is right, the other tests of this room know.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.before import of_state, told
from helpers.outlines import front, grown
from helpers.paths import ROOT
from mpi4py import MPI

from ecmsim.config import load_config
from ecmsim.errors import SolveError
from ecmsim.models.full.films import inverse_heights
from ecmsim.models.full.mesh import build
from ecmsim.models.full.mesh.cell_mesh import CellMesh, Region, Surface
from ecmsim.models.full.mesh.grading import kinks
from ecmsim.models.full.mesh.motion import HarmonicMotion
from ecmsim.models.full.mesh.transfer import interpolate
from ecmsim.models.full.simulation import Simulation
from ecmsim.models.full.state import State, continued, transferred
from ecmsim.shape.electrode import ActiveElectrode
from ecmsim.shape.filament import Filament
from ecmsim.shape.front import Front
from ecmsim.shape.needle import needle_of

REFERENCE, NEEDLES = ROOT / "configs" / "cu_sio2_pt.toml", ROOT / "configs" / "ag_needles.toml"
SMALL = ["cell.radius=9 nm", "cell.active_electrode_height=6 nm", "cell.counter_electrode_height=5 nm"]
COARSE = ["mesh.surface_size=0.9 nm", "mesh.largest_size=4 nm", "mesh.cells_across_gap=1", "mesh.turning=0.6",
          "mesh.smallest_size=0.2 nm", "mesh.contact_line=0", "mesh.void_edge=0", "mesh.spreading=0",
          "mesh.nucleus_segments=5", "mesh.growth=0.35", "mesh.stretch=4", "mesh.quality=0.1"]  # fmt: skip
HOT = ["tunnelling.barrier=1.5 eV", "heat.thermal_conductivity_factor=0.02"]
WIRE = 'compliance={kind="none"}'


def kept(name):
    """One of the meshes: plain, bodies, needle."""
    with np.load(Path(__file__).parent / "meshes" / f"{name}.npz") as arrays:
        found = {key: arrays[key] for key in arrays}
    whole = {key: value.astype(np.int64) for key, value in found.items() if value.dtype == np.int16}
    return CellMesh(**(found | whole | ({"needle": int(found["needle"])} if "needle" in found else {})))


def solved(name, voltage, *overrides, step=None):
    """A state on one of the meshes, and its simulation, which holds what solves; step: since a like one before, s."""
    config = load_config(NEEDLES if name == "needle" else REFERENCE, [*SMALL, *COARSE, *overrides])
    simulation, mesh = Simulation(config, MPI.COMM_SELF), kept(name)
    needle = needle_of(mesh.electrode_points[: mesh.needle], simulation.cell.layer_thickness) if mesh.needle else None
    own = Front.at_rest(Filament(mesh.filament_points), needle)
    simulation._first_volume, simulation._first_needle = own.filament.volume, needle  # as if it had begun so
    leg = simulation.programme.first()
    values = np.zeros((len(mesh.points), 3))
    values[mesh.nodes_of(Region.SWITCHING_LAYER), 1] = 0.5 * voltage
    bodies = len(own.filament.parts) - 1
    begin = max(voltage, 0.0)  # of a ramp of 1 V/s
    fields = {"values": values, "potentials": np.full(bodies, 0.5 * voltage)}
    rest = State(time=begin, leg=leg, source_voltage=voltage, front=own, mesh=mesh, **fields)
    trial = replace(rest, time=begin + (step or 0.0), previous_step=step or 0.0)
    simulation.discretisation = simulation._discretise(mesh, leg)
    return simulation._solve(simulation.discretisation, trial, rest, step), simulation


def all_of(state, simulation):
    """What a state tells."""
    points, triangles, *fields = simulation.fields(state)
    held = {"fields": dict(zip("eit", state.values.T, strict=True))}
    held |= {name: getattr(state, name) for name in ("potentials", "lift", "velocity", "node")}
    found = of_state(state, simulation, held) | {"snapshot": [len(points), len(triangles), *fields]}
    if needle := state.front.needle:
        found["needle"] = {"velocity": needle.velocity, "temperature": simulation._needle_temperature(state)}
    return found


def compared(file_regression, name, voltage, *overrides, step=None):
    state, simulation = solved(name, voltage, *overrides, step=step)
    try:
        told(file_regression, all_of(state, simulation), rel=1e-5, nothing=1e-6)
    finally:
        simulation.close()


STATES = {
    "limited": ("plain", 1.4, "compliance.current=1 uA", *HOT),
    "backwards": ("plain", -0.6, WIRE),
    "bodies": ("bodies", 1.2, WIRE, *HOT),
    "needle": ("needle", 0.5),
}


@pytest.mark.parametrize("kind", STATES)
def test_states(file_regression, kind):
    compared(file_regression, *STATES[kind])


CELLS = {
    "resistor": ("plain", 1.3, 'compliance={kind="series_resistor", resistance="20 kohm"}'),
    "capacitor": ("plain", 0.6, "circuit.capacitance=1 pF", "circuit.series_resistance=1 kohm"),
    "film": ("plain", 1.3, WIRE, "heat.boundary_resistance=5e-9 m^2 K/W", 'heat.wall="ambient"', "heat.joule=false"),
    "cold": ("bodies", 1.2, WIRE, "heat.enabled=false", "tunnelling.gap=shortest"),
    "rough": ("plain", 1.0, WIRE, "filament.wiedemann_franz=true", "filament.defect_factor=0.3",
              "heat.tunnel_barrier=false"),
    "curved": ("plain", 1.0, WIRE, "capillarity.enabled=true", "capillarity.surface_energy=1.8 J/m^2",
               "capillarity.smallest_radius=0.3 nm", "butler_volmer.rest_potential=30 mV"),
    "contact": ("plain", 0.7, WIRE, "tunnelling.law=blend"),
    "ratio": ("plain", 1.0, WIRE, "butler_volmer.electrode_ratio=0.3", 'dissolution.void_reading="printed"'),
    "without": ("plain", 1.3, WIRE, "tunnelling.enabled=false", "dissolution.void_barrier=false",
                "stress.enabled=false", "filament.size_effect=false"),
}  # fmt: skip


@pytest.mark.parametrize("kind", CELLS)
def test_cells_of_every_kind(file_regression, kind):
    compared(file_regression, *CELLS[kind])


def test_heat_that_is_stored(file_regression):
    """A step in which nothing has come to be steady: the temperature before it counts."""
    compared(file_regression, "plain", 1.4, WIRE, *HOT, "heat.mode=transient", step=2e-12)


STEPS = {
    "limited": ("plain", 1.4, 2e-5, "compliance.current=1 uA", *HOT),
    "transient": ("plain", 1.4, 1e-11, WIRE, *HOT, "heat.mode=transient"),
    "bodies": ("bodies", 1.2, 2e-5, WIRE, *HOT),
    "needle": ("needle", 0.5, 1e-2),
    "capacitor": ("plain", 0.6, 1e-3, "circuit.capacitance=1 nF", "circuit.series_resistance=10 kohm"),
}


@pytest.mark.parametrize("kind", STEPS)
def test_steps(file_regression, kind):
    """Three steps on the mesh as it moves: what each takes over of the ones before."""
    name, voltage, step, *overrides = STEPS[kind]
    state, simulation = solved(name, voltage, *overrides)
    found = {}
    try:
        for share in (1.0, 1.2, 0.8):
            state = simulation.accept(simulation.advance(state, state.time + share * step))
            assert not state.remeshed
            found[f"{share}"] = {"points": state.mesh.points, "fields": dict(zip("eit", state.values.T, strict=True))}
        found["last"] = all_of(state, simulation) | {"kept": simulation.kept(state)}
        told(file_regression, found, rel=1e-4, nothing=1e-4)
    finally:
        simulation.close()


# --- meshes -----------------------------------------------------------------------------------------------------------


def test_what_a_mesh_tells(file_regression):
    found = {}
    for name in ("plain", "bodies", "needle"):
        mesh = kept(name)
        found[name] = {
            "nodes": [int(mesh.nodes_of(*regions).sum()) for regions in [(r,) for r in Region] + [(2, 3)]],
            "edges": {surface.name: np.sort(mesh.edges(surface), axis=1) for surface in Surface},
            "reacting": [len(mesh.reacting_edges(surface)) for surface in (Surface.FILAMENT, Surface.ACTIVE_ELECTRODE)],
            "quality": mesh.quality(),
            "needle": mesh.needle_nodes,
            "films": inverse_heights(mesh),
            "owners": [_owned(mesh, size) for size in (1, 3)],
        }
    told(file_regression, found)


def _owned(mesh, size):
    from ecmsim.models.full.domain import _owners

    return _owners(mesh, size)


def test_meshes_that_move_and_fields_on_others(file_regression):
    found = {}
    for name in ("plain", "bodies", "needle"):
        mesh = kept(name)
        up = [1.01, 1.004]
        moved = HarmonicMotion(mesh).moved(mesh.filament_points * up, mesh.electrode_points + [0.0, 0.03])
        r, z = mesh.points.T
        values = np.stack([np.cos(0.3 * r) * z, r + 0.1 * z**2, np.exp(-0.1 * r)], axis=1)
        state = State(time=0.0, leg=None, source_voltage=1.0, front=None, mesh=mesh, values=values,
                      potentials=np.array([0.25] if name == "bodies" else []))  # fmt: skip
        found[name] = {
            "moved": moved.points,
            "quality": moved.quality(),
            "interpolated": interpolate(mesh, values, moved.points),
            "within": interpolate(mesh, values, moved.points[::3] + [0.2, 0.1], (Region.SWITCHING_LAYER,)),
            "transferred": transferred(state, moved),
        }
    told(file_regression, found)


def test_fields_that_go_on(file_regression):
    """From the last two or three states, at steps of different lengths."""
    now, before, earlier = (np.outer(np.arange(1.0, 5.0), [1.0, factor, 0.5]) for factor in (2.0, 1.7, 1.0))
    leg = type("Leg", (), {"start": 0.0})()
    state = State(time=1.0, leg=leg, source_voltage=1.0, front=None, mesh=None, values=now, previous_values=before,
                  previous_step=0.3, earlier_step=0.2, earlier_values=earlier)  # fmt: skip
    trial = replace(state, previous_step=0.4)
    found = {
        "three": continued(trial, state),
        "two": continued(trial, replace(state, earlier_values=None)),
        "two after a leap": continued(trial, replace(state, earlier_step=0.1)),
        "far": continued(replace(trial, previous_step=0.61), state),
        "not so far": continued(replace(trial, previous_step=0.59), state),
        "remeshed": continued(replace(trial, remeshed=True), state),
        "leg": continued(trial, replace(state, time=0.0)),
    }
    told(file_regression, found)


def test_how_lines_are_graded(file_regression):
    cases = [(20.0, 0.1, 4.0, 0.35, 4.0), (9.0, 0.1, 0.3, 0.35, 0.5), (1.0, 0.4, 0.6, 0.2, 4.0), (30.0, 0.2, 1, 0.1, 9)]
    told(file_regression, {f"{case}": kinks(*case) for case in cases})


class Recorded:
    """gmsh, and what it is asked for: points with sizes, lines, transfinite curves, fields."""

    def __init__(self, real, asked):
        self._real, self._asked = real, asked

    def __getattr__(self, name):
        found = getattr(self._real, name)
        if name in ("model", "geo", "mesh", "field", "option"):
            return Recorded(found, self._asked)
        if name in ("addPoint", "addLine", "setTransfiniteCurve", "setNumber", "setNumbers"):

            def told_of(*given):
                self._asked.setdefault(name, []).append(given)
                return found(*given)

            return told_of
        return found


@pytest.mark.parametrize("mesh", ["coarse", "graded"])
def test_what_gmsh_is_asked_for(file_regression, monkeypatch, mesh):
    """To the digit, whatever its version makes of it; and about as many nodes of it as there were."""
    sizes = ["mesh.contact_line=0", "mesh.void_edge=0", "mesh.spreading=0"] if mesh == "coarse" else [
        "mesh.contact_line=0.05", "mesh.void_edge=0.2", "mesh.spreading=0.15"]  # fmt: skip
    given = {"surface_size": "0.8 nm", "smallest_size": "0.1 nm", "largest_size": "5 nm", "cells_across_gap": 2,
             "turning": 0.4, "growth": 0.35, "nucleus_segments": 6}  # fmt: skip
    config = load_config(REFERENCE, [*SMALL, *(f"mesh.{name}={value}" for name, value in given.items()), *sizes])
    electrode, found = ActiveElectrode(10.0, 9.0, 0.128, None), {}
    counts, shapes = {}, {name: front(name) for name in ("plain", "two bodies", "needle")}
    shapes["low"] = Front.at_rest(grown(2.1, 0.6, 0.5, 0.8))
    for name, own in shapes.items():
        asked, real = {}, build._model

        @build.contextlib.contextmanager
        def model(real=real, asked=asked):
            with real() as gmsh:
                yield Recorded(gmsh, asked)

        monkeypatch.setattr(build, "_model", model)
        surface = own.surface(electrode)
        made = build.build_mesh(own.filament, surface, config.cell, config.mesh.refined(), bool(own.needle))
        monkeypatch.setattr(build, "_model", real)
        numbers = [(what, value) for what, *rest in asked["setNumber"] if isinstance(what, str) for value in rest]
        fields = [(what, value) for _, what, *rest in (g for g in asked["setNumber"] if len(g) == 3) for value in rest]
        found[name] = {
            "points": dict(zip("rzxh", np.array(asked["addPoint"]).T, strict=True)),
            "lines": dict(zip("ab", np.array(asked["addLine"]).T, strict=True)),
            "transfinite": np.array(asked["setTransfiniteCurve"]),
            "options": {f"{what} {k}": value for k, (what, value) in enumerate(numbers)},
            "field": {f"{what} {k}": value for k, (what, value) in enumerate(fields)},
            "fields": [list(map(float, values)) for _, _, values in asked.get("setNumbers", [])],
            "of each region": _areas(made),
            "interfaces": [made.filament_points, made.electrode_points, made.electrode_markers],
            "floating": [-1] if made.floating is None else np.unique(made.floating),
            "needle": made.needle,
        }
        counts[name] = len(made.points)
    assert counts == pytest.approx(COUNTS[mesh], rel=0.1)
    told(file_regression, found)


COUNTS = {
    "coarse": {"plain": 265, "two bodies": 412, "needle": 368, "low": 371},
    "graded": {"plain": 526, "two bodies": 723, "needle": 673, "low": 658},
}


def _areas(mesh):
    corners = mesh.points[mesh.triangles]
    (ax, ay), (bx, by) = (corners[:, 1] - corners[:, 0]).T, (corners[:, 2] - corners[:, 0]).T
    return [0.5 * (ax * by - ay * bx)[mesh.region == region].sum() for region in Region]


@pytest.mark.parametrize("kind", ["nucleus", "cylinder"])
@pytest.mark.parametrize("heat", [True, False])
@pytest.mark.parametrize("rise", [9.0, 11.0])
def test_electrodes_are_meshed_finely_where_something_is_warm(monkeypatch, kind, heat, rise):
    """At the start unless a nucleus begins, later where a place is warmer than its surroundings by ten kelvins; without
    heat always."""
    begin = [] if kind == "nucleus" else ["initial={kind='cylinder', radius='1 nm', height='4 nm'}"]
    spreading = ["mesh.spreading=0.1", "mesh.growth=0.35", f"heat.enabled={str(heat).lower()}"]
    config = load_config(REFERENCE, [*SMALL, *COARSE, *spreading, *begin])
    simulation, asked = Simulation(config, MPI.COMM_SELF), []

    def stopped(filament, surface, cell, numerics, needle):
        asked.append((numerics.spreading, needle))
        raise SolveError("here")

    monkeypatch.setattr("ecmsim.models.full.simulation.build_mesh", stopped)
    with pytest.raises(SolveError, match="here"):
        simulation.start()
    assert asked == [(0.35 if heat and kind == "nucleus" else 0.1, False)]
    if kind == "nucleus":  # a step that needs another mesh
        mesh = kept("plain")
        values = np.zeros((len(mesh.points), 3))
        values[7, 2] = rise
        own = Front.at_rest(Filament(mesh.filament_points))
        state = State(
            time=0.1, leg=simulation.programme.first(), source_voltage=0.1, front=own, mesh=mesh, values=values
        )
        monkeypatch.setattr(simulation, "_moved", lambda front: None)
        with pytest.raises(SolveError, match="here"):
            simulation.advance(state, 0.11)
        assert asked[1:] == [(0.35 if heat and rise < 10 else 0.1, False)]
    assert simulation.remeshes == 0


def test_a_step_onto_another_mesh(file_regression, monkeypatch):
    """Its fields go over, and are solved there: on the kept mesh, in place of one that gmsh would make."""
    state, simulation = solved("plain", 1.3, WIRE, *HOT)
    mesh = kept("plain")
    shifted = mesh.at(mesh.points.copy())
    inner = np.setdiff1d(np.arange(len(mesh.points)), np.concatenate([mesh.filament_nodes, mesh.electrode_nodes]))
    r, z = shifted.points[inner].T
    free = (r > 1e-9) & (r < r.max() - 1e-9) & (np.abs(z) > 1e-9) & (z > z.min() + 1e-9) & (z < z.max() - 1e-9)
    shifted.points[inner[free]] += [0.01, -0.02]
    monkeypatch.setattr(simulation, "_moved", lambda front: None)
    monkeypatch.setattr(simulation, "_resampled", lambda front: front)

    def made(front, cold):
        assert not cold
        shifted.points[shifted.filament_nodes] = front.filament.points
        return shifted

    monkeypatch.setattr(simulation, "_mesh", made)
    try:
        trial = simulation.accept(simulation.advance(state, state.time + 1e-6))
        assert trial.remeshed and trial.previous_values is None and simulation._pending is None
        told(file_regression, all_of(trial, simulation), rel=1e-4, nothing=1e-4)
    finally:
        simulation.close()


def test_a_leg_that_follows(file_regression):
    """The source jumps: psi counts from it, and the potentials stay; without a circuit the ions follow."""
    found = {}
    steps = (
        'programme=[{kind="ramp", to="1.2 V", rate="1 V/s"}, {kind="hold", duration="1 s", compliance={kind="none"}}]'
    )
    state, simulation = solved("plain", 1.2, "compliance.current=1 uA", steps, *HOT)
    try:
        for k in range(2):
            state = simulation.follow(state)
            if state is None:
                break
            found[f"{k}"] = {"leg": [state.leg.number, state.time, state.source_voltage],
                             "fields": dict(zip("eit", state.values.T, strict=True)),
                             "before": state.previous_values, "kind": simulation._kind(state.leg)[1]}  # fmt: skip
        assert state is None
    finally:
        simulation.close()
    told(file_regression, found, rel=1e-4, nothing=1e-4)


def test_many_points_are_interpolated_part_by_part(monkeypatch):
    """To the same values as all at once."""
    mesh = kept("plain")
    values = np.stack([np.cos(0.3 * mesh.points[:, 0]), mesh.points[:, 1] ** 2], axis=1)
    points = mesh.points[mesh.triangles].mean(axis=1)
    whole = interpolate(mesh, values, points)
    monkeypatch.setattr("ecmsim.models.full.mesh.transfer.AT_ONCE", 37)
    assert np.array_equal(interpolate(mesh, values, points), whole)
    assert whole == pytest.approx(values[mesh.triangles].mean(axis=1), rel=1e-9)  # linear within each triangle
