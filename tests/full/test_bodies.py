"""Floating bodies of metal in the full model: bipolar electrodes with a known answer, their mesh, and balances."""

from dataclasses import replace

import numpy as np
import pytest
from helpers import weak
from helpers.cell import electrode_of
from helpers.paths import QUICK
from helpers.weak import ELECTRONS, IONS
from mpi4py import MPI
from scipy import constants as si

from ecmsim.config import load_config
from ecmsim.models.cell import Tip
from ecmsim.models.full.mesh.build import build_mesh
from ecmsim.models.full.mesh.cell_mesh import Region, Surface
from ecmsim.models.full.mesh.files import read_mesh, write_mesh
from ecmsim.models.full.mesh.motion import HarmonicMotion
from ecmsim.models.full.newton import Newton
from ecmsim.models.full.problem import FieldForms, FieldProblem
from ecmsim.models.full.reaction import FilamentReaction
from ecmsim.physics.model import DeviceModel
from ecmsim.shape.filament import Filament
from ecmsim.shape.spacing import filament_spacing
from ecmsim.timing import Stopwatch


def ball(radius, height, segments=24):
    angle = np.linspace(0, np.pi, segments + 1)
    points = np.stack([radius * np.sin(angle), height + radius * np.cos(angle)], axis=1)
    points[[0, -1], 0] = 0.0
    return Filament(points)


def meshed(config, filament):
    """Filament, resampled as a run does, and mesh."""
    electrode = electrode_of(config)
    for _ in range(3):
        spacing = filament_spacing(filament, electrode.surface(filament), config.mesh.refined())
        filament, _ = filament.resampled(np.zeros_like(filament.points), spacing)
    return filament, build_mesh(filament, electrode.surface(filament), config.cell, config.mesh.refined())


def solved(config, filament, mesh, voltage, tunnelling=True, linear="auto"):
    """The problem with the source connected directly, solved, and its model."""
    model = DeviceModel.from_config(config)
    problem = FieldProblem(
        FieldForms(MPI.COMM_WORLD, model, None, config.cell, False),
        mesh,
        direct=True,
        wall_ambient=False,
        heat=model.heat,
    )
    count = len(filament.parts) - 1
    tip = Tip(model.across_gap, between=(model.across_gap,) * count) if tunnelling else Tip({})
    between = mesh.gap.between_bodies("vertical") if tunnelling else ()
    problem.set_geometry(mesh, mesh.gap.columns("vertical"), np.ones_like, tip, between)
    newton = Newton(problem, 1e-9, 40, Stopwatch(), linear=linear)
    problem.set_source(voltage, np.zeros(count))
    values = problem.values
    values[:, IONS] = voltage * (mesh.points[:, 1] > 0)
    problem.values = values
    problem.guess_potentials(voltage)
    newton.solve(abs(voltage), keep_factor=False)
    for _ in range(3):
        problem.relift(voltage)
        newton.refine()
    problem.assemble_residual()
    return problem, model


@pytest.mark.slow
@pytest.mark.parametrize("tunnelling", [False, True])
def test_either_linear_solver_finds_the_potential_of_a_floating_body(tunnelling):
    """Nothing holds it but what crosses to and from it: the matrix alone does not, and is grounded at one node."""
    config = load_config(QUICK, ["mesh.refinement=0.7", "initial.kind=nucleus"])
    filament, mesh = meshed(config, Filament.of_bodies([ball(1.0, 7.5), ball(1.0, 4.0), Filament.nucleus(2.5, 12)]))
    direct, other = (solved(config, filament, mesh, 0.5, tunnelling, linear)[0] for linear in ("direct", "iterative"))
    assert direct.potentials.max() > 0.1
    assert other.potentials == pytest.approx(direct.potentials, abs=1e-9)
    rooted = mesh.floating < 0  # elsewhere psi is the round-off of the body's potential
    for field in range(3):
        wanted = direct.values[rooted, field]
        assert other.values[rooted, field] == pytest.approx(wanted, abs=1e-6 * np.abs(wanted).max() + 1e-20)


# --- a ball in a uniform field ------------------------------------------------------------------------------------

SLOW = [
    "stress.enabled=false",
    "dissolution.enabled=false",
    "tunnelling.enabled=false",
    "heat.enabled=false",
    "filament.size_effect=false",
    "cell.layer_thickness=24 nm",
    "cell.radius=30 nm",
    "mesh.largest_size=2 nm",
    "mesh.surface_size=1.2 nm",
    "mesh.turning=0.08",
]
RADIUS, HEIGHT, VOLTAGE = 1.0, 12.0, 1e-3


def slab(radius=26.0, height=1.0):
    """A rooted body so wide that the layer above it is nearly that between two plates."""
    return Filament(
        np.array([[0, height], [0.5 * radius, height], [radius, height], [radius, 0.5 * height], [radius, 0]])
    )


@pytest.mark.parametrize("ratio", [0.3, 3.0])
def test_a_ball_in_a_uniform_field_is_a_bipolar_electrode(ratio):
    """Linear kinetics of conductance g (S/m2) on a ball of radius R in a medium of conductivity s, with b = g R/s: the
    potential is that of the plane through its middle, and J = 3 s E b/(b + 2) cos(angle to the field). What faces the
    cathode dissolves, what faces the anode grows, the same everywhere along the field: the ball drifts as a whole,
    against the field, towards the anode."""
    config = load_config(QUICK, SLOW)
    model = DeviceModel.from_config(config)
    sigma = model.hopping.conductivity(1e-9, 300.0)
    exchange = ratio * sigma / (RADIUS * 1e-9) * (si.k * 300.0 / si.e)  # J0 = g kT/e, A/m2
    rate = config.butler_volmer.rate_constant * exchange / model.kinetics.exchange_current_density(300.0)
    config = load_config(QUICK, [*SLOW, f"butler_volmer.rate_constant={rate:.12g} m/s"])
    alone, mesh = meshed(config, slab())
    empty, _ = solved(config, alone, mesh, VOLTAGE, tunnelling=False)
    on_axis = mesh.nodes_of(Region.SWITCHING_LAYER) & (mesh.points[:, 0] == 0)
    z, ions = mesh.points[on_axis, 1], empty.values[on_axis, IONS]
    near = np.abs(z - HEIGHT) < 5
    field, middle = np.polyfit(z[near] - HEIGHT, ions[near], 1)  # V/nm along z, and V
    filament, mesh = meshed(config, Filament.of_bodies([ball(RADIUS, HEIGHT, 60), slab()]))
    problem, model = solved(config, filament, mesh, VOLTAGE, tunnelling=False)
    potential = problem.values[:, ELECTRONS] + problem.floating.lift(problem.potentials)
    inside = mesh.floating == 0
    assert potential[inside] == pytest.approx(np.full(inside.sum(), middle), abs=0.05 * abs(field) * RADIUS)
    surface = np.column_stack([potential, problem.values[:, 1:]])[mesh.filament_nodes]
    reaction = FilamentReaction(model, config.cell, mesh)
    part = filament.parts[0]
    density = reaction.density(surface)[part]
    cosine = (filament.points[part, 1] - HEIGHT) / RADIUS
    wanted = -3 * sigma * field * 1e9 * ratio / (ratio + 2)  # the field points down where the voltage is positive
    assert density == pytest.approx(wanted * cosine, abs=0.02 * abs(wanted))
    flow, _ = reaction.edge_flows(surface)
    net, gross = flow[part.start : part.stop - 1].sum(), np.abs(flow[part.start : part.stop - 1]).sum()
    assert abs(net) < 1e-9 * gross
    # It keeps its shape and its metal, and drifts towards the anode, here the active electrode.
    lost = np.maximum(flow[part.start : part.stop - 1], 0).sum()
    speed = model.faraday.normal_velocity(density)
    unit = abs(model.faraday.normal_velocity(wanted))
    scale = unit / abs(wanted)
    velocity = filament.bodies[0].growth_velocity(speed, 0.0, scale * lost)
    steep = np.abs(cosine) > 0.2
    along = (velocity * filament.bodies[0].normals()).sum(axis=1)[steep] / cosine[steep]
    assert along == pytest.approx(np.full(len(along), unit), rel=0.03)
    assert (filament.bodies[0].area_vectors() * velocity).sum() == pytest.approx(0.0, abs=1e-9 * unit)


# --- mesh ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def three():
    """Configuration, filament and mesh of two floating bodies above a rooted one."""
    config = load_config(QUICK)
    bodies = [ball(0.6, 8.6), ball(0.9, 6.0), replace(weak.tall_mesh(config, 4.0)[0])]
    return config, *meshed(config, Filament.of_bodies(bodies))


def test_the_mesh_holds_each_body(three):
    _, filament, mesh = three
    assert mesh.quality().min() > 0.2
    corners = mesh.points[mesh.triangles]
    edges = corners[:, 1:] - corners[:, :1]
    area = 0.5 * np.abs(edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0])
    volume = 2 * np.pi * corners[..., 0].mean(axis=1) * area
    metal = mesh.region == Region.FILAMENT
    number = mesh.floating[mesh.triangles].min(axis=1)
    for body, wanted in enumerate(filament.bodies[:-1]):
        assert volume[metal & (number == body)].sum() == pytest.approx(wanted.volume, rel=1e-9)
    assert volume[metal].sum() == pytest.approx(filament.volume, rel=1e-9)
    assert not np.isin(mesh.floating[np.unique(mesh.triangles[~np.isin(mesh.region, [2, 3])])], [0, 1]).any()
    assert mesh.filament_points == pytest.approx(filament.points, abs=1e-9)


def test_the_surface_does_not_run_from_body_to_body(three):
    _, filament, mesh = three
    assert len(mesh.edges(Surface.FILAMENT)) == len(filament.points) - 3
    length = np.hypot(*np.diff(mesh.points[mesh.edges(Surface.FILAMENT)], axis=1)[:, 0].T)
    assert length.sum() == pytest.approx(sum(body.segment_lengths.sum() for body in filament.bodies), rel=1e-9)


def test_the_mesh_follows_bodies_that_move(three):
    _, filament, mesh = three
    shift = np.where(np.arange(len(filament.points)) < filament.parts[0].stop, 0.05, -0.03)
    points = filament.points + np.stack([0 * shift, shift], axis=1)
    points[-1, 1] = 0.0
    moved = HarmonicMotion(mesh).moved(points, mesh.electrode_points)
    assert moved.quality().min() > 0.1 and moved.filament_points == pytest.approx(points, abs=1e-12)
    assert len(moved.gap.filament.bodies) == 3


@pytest.mark.parametrize("suffix", ["msh", "vtu"])
def test_a_mesh_of_bodies_survives_its_file(three, tmp_path, suffix):
    mesh = three[2]
    back = read_mesh(write_mesh(mesh, tmp_path / f"cell.{suffix}"))
    assert back.filament_points == pytest.approx(mesh.filament_points, abs=1e-12)
    assert (back.floating == mesh.floating).all() and (back.region == mesh.region).all()


# --- a cell with floating bodies ----------------------------------------------------------------------------------


@pytest.mark.parametrize("tunnelling", [True, False])
@pytest.mark.parametrize("voltage", [1.0, -0.4])
def test_no_net_current_leaves_a_floating_body(three, voltage, tunnelling):
    """Ions and electrons that tunnel cancel; what enters at the top leaves at the bottom, though metal conducts 1e17
    times better than the surfaces of the bodies. Without tunnelling a body grows on one side as it dissolves on the
    other."""
    config, filament, mesh = three
    problem, model = solved(config, filament, mesh, voltage, tunnelling)
    out, into, _ = problem.reactions()
    totals = problem.totals()
    assert into == pytest.approx(out, rel=1e-9, abs=0) and np.sign(out) == np.sign(voltage)
    assert sum(totals.currents.values()) == pytest.approx(out, rel=1e-9, abs=0)
    assert voltage * into == pytest.approx(sum(totals.powers.values()), rel=1e-6)
    potential = problem.values[:, ELECTRONS] + problem.floating.lift(problem.potentials)
    surface = np.column_stack([potential, problem.values[:, 1:]])[mesh.filament_nodes]
    flow, _ = FilamentReaction(model, config.cell, mesh).edge_flows(surface)
    for number, part in enumerate(filament.parts[:-1]):
        assert np.ptp(potential[mesh.floating == number]) < 1e-9  # of one potential, between those of the electrodes
        assert 0 < problem.potentials[number] / voltage < 1
        edges = flow[part.start : part.stop - 1]
        if not tunnelling:
            assert abs(edges.sum()) < 1e-8 * np.abs(edges).sum()
            assert np.sign(edges[0, 0]) == -np.sign(voltage) == -np.sign(edges[-1, -1])


def test_electrons_tunnel_from_body_to_body():
    """Across gaps of 0.3 nm a column of bodies carries the current, as gaps in series do."""
    config = load_config(QUICK, ["heat.enabled=false"])
    rooted = weak.tall_mesh(config, 7.0)[0]
    filament = Filament.of_bodies([ball(0.7, 9.35, 30), ball(0.5, 7.8, 30), rooted])
    filament, mesh = meshed(config, filament)
    problem, model = solved(config, filament, mesh, 0.1)
    law = model.tunnelling
    gaps = [mesh.gap.columns("vertical"), *mesh.gap.between_bodies("vertical")]
    conductances = [(gap.weight * law.conductance_density(gap.gap)).sum() * 1e-18 for gap in gaps]
    wanted = 0.1 / sum(1 / conductance for conductance in conductances)
    assert problem.totals().currents["tunnel"] == pytest.approx(wanted, rel=0.02)
    drops = -np.diff([0.1, *problem.potentials, 0.0])
    assert drops == pytest.approx(wanted / np.array(conductances), rel=0.02)
