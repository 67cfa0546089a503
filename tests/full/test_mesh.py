"""The mesh as plain arrays: building, sizes, motion, transfer of fields, files; the electrode's surface."""

import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from helpers.cell import electrode_of
from helpers.paths import ROOT
from scipy.interpolate import CubicSpline

from ecmsim.config import Config
from ecmsim.errors import ResultsError, SolveError
from ecmsim.models.full.mesh.build import MeshError, build_mesh
from ecmsim.models.full.mesh.cell_mesh import Region, Surface
from ecmsim.models.full.mesh.files import read_mesh, write_mesh
from ecmsim.models.full.mesh.grading import kinks
from ecmsim.models.full.mesh.motion import HarmonicMotion
from ecmsim.models.full.mesh.transfer import interpolate
from ecmsim.physics.dissolution import MirroredDissolution
from ecmsim.shape.electrode import ActiveElectrode
from ecmsim.shape.filament import Filament, OutlineError
from ecmsim.shape.polyline import distance_to_polyline
from ecmsim.shape.spacing import across_gap, electrode_nodes, filament_spacing, graded, mirrored

MESHES = ROOT / "meshes"
CONFIG = """
extends = "ecmsim:cu_sio2_pt"
[cell]
active_electrode = "Cu"
switching_layer = "SiO2"
counter_electrode = "Pt"
layer_thickness = "10 nm"
radius = "25 nm"
active_electrode_height = "20 nm"
counter_electrode_height = "15 nm"
nucleus_radius = "0.128 nm"
[[programme]]
kind = "ramp"
to = "1 V"
rate = "1 V/s"
[compliance]
kind = "none"
[dissolution]
ratio = 0.05
maximum_depth = "0.4 nm"
clearance = "0.2 nm"
[mesh]
surface_size = "0.8 nm"
smallest_size = "0.02 nm"
largest_size = "6 nm"
cells_across_gap = 3.0
turning = 0.25
growth = 0.35
contact_line = 0
void_edge = 0
spreading = 0
"""
CELL_HEIGHT, RADIUS, THICKNESS, FLOOR, ROOF = 45.0, 25.0, 10.0, -15.0, 30.0


def ellipsoid(radius, height, segments=40):
    angle = np.linspace(0, np.pi / 2, segments + 1)
    points = np.stack([radius * np.sin(angle), height * np.cos(angle)], axis=1)
    points[0, 0] = points[-1, 1] = 0.0
    return Filament(points)


def mushroom():
    """A head that overhangs its stem."""
    r = [0, 0.9, 1.7, 2.1, 1.9, 1.3, 1.0, 0.95, 1.0]
    z = [8, 7.9, 7.4, 6.6, 5.8, 5.0, 4.0, 2.0, 0.0]
    knots = np.linspace(0, 1, len(r))
    curve = CubicSpline(knots, np.stack([r, z], axis=1), bc_type=((1, (8.0, 0.0)), "not-a-knot"))
    points = curve(np.linspace(0, 1, 61))
    points[0, 0] = points[-1, 1] = 0.0
    return Filament(points)


def built(filament, *overrides):
    """Mesh with a filament, resampled as a run does; also the filament and the electrode's surface."""
    config = Config.from_toml(CONFIG, overrides=overrides)
    electrode = electrode_of(config)
    for _ in range(3):
        spacing = filament_spacing(filament, electrode.surface(filament), config.mesh)
        filament, _ = filament.resampled(filament.points, spacing)
    surface = electrode.surface(filament)
    return build_mesh(filament, surface, config.cell, config.mesh), filament, surface


SHAPES = {
    "nucleus": Filament.nucleus(0.128, 12),
    "slender": ellipsoid(1.5, 5.0),
    "in the void": ellipsoid(2.0, 10.1),
    "wide": ellipsoid(6.0, 9.5),
    "overhanging": mushroom(),
}


@pytest.fixture(scope="module")
def meshes():
    """(mesh, filament, surface) of every shape."""
    return {name: built(filament) for name, filament in SHAPES.items()}


@pytest.fixture(scope="module")
def slender(meshes):
    return meshes["slender"]


def areas(mesh):
    """Signed area of each triangle, nm2."""
    a, b, c = (mesh.points[mesh.triangles[:, i]] for i in range(3))
    return 0.5 * ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])


def area_of(mesh, region):
    return areas(mesh)[mesh.region == region].sum()


def volume_of(mesh, region):
    """Volume by revolution of a region (Pappus), nm3."""
    radii = mesh.points[mesh.triangles, 0].mean(axis=1)
    return (2 * np.pi * radii * areas(mesh))[mesh.region == region].sum()


def polygon_area(points):
    r, z = points.T
    return 0.5 * abs(r @ np.roll(z, 1) - z @ np.roll(r, 1))


def edges_of(triangles):
    """Sorted node pairs of all edges of triangles, (3 m, 2)."""
    return np.sort(np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)


# --- building -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SHAPES)
def test_regions_tile_the_cell(meshes, name):
    mesh, filament, _ = meshes[name]
    assert areas(mesh).min() > 0
    void = polygon_area(np.vstack([mesh.electrode_points, [0, THICKNESS]]))
    body = polygon_area(np.vstack([filament.points, [0, 0]]))
    assert area_of(mesh, Region.FILAMENT) == pytest.approx(body, rel=1e-12)
    assert area_of(mesh, Region.SWITCHING_LAYER) == pytest.approx(RADIUS * THICKNESS - body + void, rel=1e-12)
    assert area_of(mesh, Region.COUNTER_ELECTRODE) == pytest.approx(RADIUS * 15, rel=1e-12)
    assert area_of(mesh, Region.ACTIVE_ELECTRODE) == pytest.approx(RADIUS * 20 - void, rel=1e-12)
    assert volume_of(mesh, Region.FILAMENT) == pytest.approx(filament.volume, rel=1e-11)
    whole = sum(volume_of(mesh, region) for region in Region)
    assert whole == pytest.approx(np.pi * RADIUS**2 * CELL_HEIGHT, rel=1e-12)


@pytest.mark.parametrize("name", SHAPES)
def test_mesh_is_conforming(meshes, name):
    """Every edge has two triangles, or one and lies on the rim of the cell; no node hangs free."""
    mesh = meshes[name][0]
    edges, count = np.unique(edges_of(mesh.triangles), axis=0, return_counts=True)
    assert set(count) == {1, 2}
    rim = mesh.points[edges[count == 1]]
    length = np.hypot(*(rim[:, 1] - rim[:, 0]).T)
    assert length.sum() == pytest.approx(2 * (RADIUS + CELL_HEIGHT), rel=1e-12)
    assert np.array_equal(np.unique(mesh.triangles), np.arange(len(mesh.points)))


@pytest.mark.parametrize("name", SHAPES)
def test_interfaces_are_chains_of_nodes_exactly_on_the_outline(meshes, name):
    mesh, filament, surface = meshes[name]
    assert mesh.filament_points == pytest.approx(filament.points, abs=1e-12)
    plate = mesh.electrode_points
    assert np.all(np.diff(plate[:, 0]) >= 0)
    assert plate[0] == pytest.approx(surface[0]) and plate[-1] == pytest.approx([RADIUS, THICKNESS])
    tied = mesh.electrode_markers >= 0
    assert tied[0] and not tied[-1]
    assert plate[tied] == pytest.approx(mirrored(surface, mesh.electrode_markers[tied]), abs=1e-12)
    assert np.all(plate[~tied, 1] == THICKNESS)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize(("surface", "metal"), [
    (Surface.FILAMENT, Region.FILAMENT), (Surface.ACTIVE_ELECTRODE, Region.ACTIVE_ELECTRODE),
])  # fmt: skip
def test_interfaces_separate_metal_and_layer(meshes, name, surface, metal):
    mesh = meshes[name][0]
    wanted = {tuple(edge) for edge in np.sort(mesh.edges(surface), axis=1).tolist()}
    for region in (metal, Region.SWITCHING_LAYER):
        found = {tuple(edge) for edge in edges_of(mesh.triangles[mesh.region == region]).tolist()}
        assert wanted <= found
    nodes = mesh.filament_nodes if surface == Surface.FILAMENT else mesh.electrode_nodes
    assert len(wanted) == len(nodes) - 1
    inside = mesh.nodes_of(metal) & mesh.nodes_of(Region.SWITCHING_LAYER)
    assert set(np.nonzero(inside)[0]) == set(nodes)


@pytest.mark.parametrize(
    ("surface", "axis", "value", "length"),
    [
        (Surface.BOTTOM, 1, FLOOR, RADIUS), (Surface.TOP, 1, ROOF, RADIUS),
        (Surface.WALL, 0, RADIUS, CELL_HEIGHT), (Surface.AXIS, 0, 0.0, CELL_HEIGHT),
    ],
)  # fmt: skip
def test_outer_edges(slender, surface, axis, value, length):
    mesh = slender[0]
    edges = mesh.edges(surface)
    assert np.all(mesh.points[edges, axis] == value)
    assert (mesh.points[edges[:, 1]] - mesh.points[edges[:, 0]])[:, 1 - axis].sum() == pytest.approx(length)
    assert np.array_equal(edges[1:, 0], edges[:-1, 1])


@pytest.mark.parametrize("name", SHAPES)
def test_triangles_are_well_shaped(meshes, name):
    assert meshes[name][0].quality().min() > 0.3


def test_quality_of_known_triangles(slender):
    points = np.array([[0, 0], [1, 0], [0.5, np.sqrt(0.75)], [0, 1.0]])
    triangles = np.array([[0, 1, 2], [0, 2, 1], [0, 1, 3]])
    mesh = replace(slender[0], points=points, triangles=triangles)
    assert mesh.quality() == pytest.approx([1, -1, np.sqrt(3) / 2])


def test_nodes_of_regions_include_their_boundaries(slender):
    mesh = slender[0]
    lower = mesh.nodes_of(Region.COUNTER_ELECTRODE)
    assert np.array_equal(lower, mesh.points[:, 1] <= 1e-12)
    assert mesh.nodes_of(*Region).all()


@pytest.mark.parametrize(("setting", "value", "more"), [("largest_size", "3 nm", 1.4), ("surface_size", "0.4 nm", 1.4)])
def test_half_the_size_refines(slender, setting, value, more):
    finer = built(SHAPES["slender"], f"mesh.{setting}={value}")[0]
    assert len(finer.triangles) > more * len(slender[0].triangles)


def longest(mesh):
    edge = mesh.points[edges_of(mesh.triangles)]
    return np.hypot(*(edge[:, 1] - edge[:, 0]).T).max()


def test_edges_are_not_longer_than_wanted(slender):
    mesh = slender[0]
    assert longest(mesh) < 1.6 * 6.0
    front = np.hypot(*np.diff(mesh.filament_points, axis=0).T)
    assert front.max() < 1.51 * 0.8


SPREADING = "mesh.spreading=0.1"


@pytest.mark.parametrize("name", SHAPES)
def test_edges_in_the_electrodes_are_a_share_of_the_distance_from_the_filament(meshes, name):
    """Where spreading says so: from the foot, and from the gap, each of which has a width itself."""
    coarse, (mesh, filament, _) = meshes[name][0], built(SHAPES[name], SPREADING)
    for region, height in ((Region.COUNTER_ELECTRODE, 0.0), (Region.ACTIVE_ELECTRODE, mesh.electrode_points[0, 1])):
        share = []
        for found in (mesh, coarse):
            edge = found.points[np.unique(edges_of(found.triangles[found.region == region]), axis=0)]
            away = np.hypot(*(edge.mean(axis=1) - [0.0, height]).T)
            wanted = np.maximum(0.8, 0.1 * np.maximum(away, filament.radius_max))
            share.append(np.quantile(np.hypot(*(edge[:, 1] - edge[:, 0]).T) / wanted, [0.5, 0.95]))
        assert np.all(share[0] < [1.1, 1.5]) and share[1][1] > 2.0  # without it edges are longer
    assert mesh.quality().min() > 0.3
    assert np.array_equal(mesh.filament_points, coarse.filament_points)


def test_spreading_saves_vertices_within_a_long_filament():
    """Below its tip, which is as fine as the gap, edges grow."""
    many, few = (built(ellipsoid(3.0, 10.0, 80), *also)[0] for also in ((), (SPREADING,)))
    count = [np.count_nonzero(mesh.region == Region.FILAMENT) for mesh in (many, few)]
    assert count[1] < 0.75 * count[0]


@pytest.mark.parametrize("largest", np.linspace(0.5, 6.0, 56))
def test_a_graded_line_has_no_short_pieces(largest):
    """Its edges grow from both ends, and nowhere does it bend twice within one of them."""
    length, first, last, growth = 10.0, 0.4, 0.05, 0.35
    bends = [(0.0, first), *kinks(length, first, last, growth, largest), (length, last)]
    places, sizes = np.array(bends).T
    pieces, steps = np.diff(places), np.diff(sizes)
    assert np.all(pieces > 0.5 * np.minimum(sizes[:-1], sizes[1:])) and sizes.max() <= largest
    assert np.all(np.abs(steps) < 1.001 * growth * pieces)
    assert 2 <= len(bends) <= 4 and sizes.max() > 0.8 * min(largest, 0.5 * (first + last + growth * length))


def test_spreading_and_rim_are_refined_with_the_rest():
    graded = ["mesh.refinement=2", SPREADING, "mesh.contact_line=0.02", "mesh.void_edge=0.2"]
    found = Config.from_toml(CONFIG, overrides=graded).mesh.refined()
    assert (found.spreading, found.contact_line, found.void_edge) == (0.05, 0.01, 0.1)
    assert Config.from_toml(CONFIG, overrides=["mesh.refinement=2"]).mesh.refined().spreading == 0


@pytest.mark.parametrize("cells", [2.0, 4.0])
def test_cells_across_a_narrow_gap(cells):
    mesh, filament, _ = built(ellipsoid(2.0, 9.6), f"mesh.cells_across_gap={cells}")
    gap = mesh.electrode_points[0, 1] - filament.height
    axis = mesh.points[mesh.edges(Surface.AXIS)]
    middle = axis[:, :, 1].mean(axis=1)
    across = (middle > filament.height) & (middle < mesh.electrode_points[0, 1])
    assert gap < 0.9 and across.sum() >= cells
    assert filament.segment_lengths[0] < 1.5 * gap / cells


def test_building_twice_gives_the_same_mesh(slender):
    again = built(SHAPES["slender"])[0]
    assert np.array_equal(again.points, slender[0].points) and np.array_equal(again.triangles, slender[0].triangles)


@pytest.mark.slow
def test_the_first_mesh_of_a_process_is_that_of_any_other():
    """A run that is resumed in a new process goes on to the same bits."""
    code = """
from ecmsim.config import load_config
from ecmsim.physics.model import DeviceModel
from ecmsim.shape.electrode import ActiveElectrode
from ecmsim.shape.filament import Filament
from ecmsim.models.full.mesh.build import build_mesh

config = load_config("configs/quick.toml")
for radius in (0.128, 0.3, 0.128):
    filament = Filament.nucleus(radius, 12)
    electrode = ActiveElectrode.from_config(config, DeviceModel.from_config(config).dissolution)
    surface = electrode.surface(filament)
    mesh = build_mesh(filament, surface, config.cell, config.mesh)
    print(hash((mesh.points.tobytes(), mesh.triangles.tobytes(), mesh.region.tobytes())))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=MESHES.parent,
        timeout=1500,
    )
    first, other, again = done.stdout.split()
    assert first == again != other


def flat(height=THICKNESS):
    r = np.linspace(0, RADIUS, 14)
    return np.stack([r, np.full(14, height)], axis=1)


@pytest.mark.parametrize(
    ("filament", "surface", "message"),
    [
        (ellipsoid(2, 10.0, 12), flat(), "touches the active electrode"),
        (ellipsoid(2, 9.9995, 12), flat(), "touches the active electrode"),
        (ellipsoid(2, 12.0, 12), flat(), "touches the active electrode"),
        (
            ellipsoid(2, 5.0, 12),
            np.vstack([[[0, 12], [3, 12], [3, 11], [1, 11], [1, 14], [2, 14], [2, 10]], flat()[7:]]),
            "active electrode's surface crosses itself",
        ),
    ],
)
def test_interfaces_that_touch_or_cross(filament, surface, message):
    config = Config.from_toml(CONFIG)
    with pytest.raises(MeshError, match=message) as caught:
        build_mesh(filament, surface, config.cell, config.mesh)
    assert isinstance(caught.value, SolveError)


def test_broken_outlines_never_reach_gmsh():
    """gmsh would not come back from curves that cross."""
    config = Config.from_toml(CONFIG)
    knot = Filament(np.array([[0, 5], [3, 5], [3, 3], [1, 3], [1, 6], [2, 6], [2, 0.0]]))
    with pytest.raises(OutlineError, match="crosses itself"):
        build_mesh(knot, flat(), config.cell, config.mesh)
    with pytest.raises(OutlineError, match="outer wall"):
        build_mesh(ellipsoid(24, 5), flat(), config.cell, config.mesh)


def test_gmsh_s_failure_is_a_mesh_error(monkeypatch):
    """And the next mesh can be built all the same."""
    import gmsh

    def fail(dimension):
        raise Exception("no elements in surface 2")

    with monkeypatch.context() as broken:
        broken.setattr(gmsh.model.mesh, "generate", fail)
        with pytest.raises(MeshError, match="gmsh could not mesh the cell: no elements in surface 2"):
            built(SHAPES["nucleus"])
    assert len(built(SHAPES["nucleus"])[0].triangles) > 100
    assert len(gmsh.model.list()) <= 1


# --- motion -------------------------------------------------------------------------------------------------


def test_no_motion_is_exact(slender):
    mesh = slender[0]
    moved = HarmonicMotion(mesh).moved(mesh.filament_points, mesh.electrode_points)
    assert np.array_equal(moved.points, mesh.points)
    assert moved.triangles is mesh.triangles


@pytest.fixture(scope="module", params=["slender", "in the void", "overhanging"])
def motion(request, meshes):
    """Mesh before and after its filament grew by 10 % sideways and 3 % upwards and the void deepened."""
    mesh = meshes[request.param][0]
    plate = mesh.electrode_points.copy()
    plate[:, 1] += 0.5 * (plate[:, 1] - THICKNESS)
    return mesh, HarmonicMotion(mesh).moved(mesh.filament_points * [1.1, 1.01], plate), plate


def test_interfaces_move_where_they_should(motion):
    before, after, plate = motion
    assert after.filament_points == pytest.approx(before.filament_points * [1.1, 1.01], abs=1e-13)
    assert after.electrode_points == pytest.approx(plate, abs=1e-13)


def test_outer_boundaries_stay_on_their_lines(motion):
    before, after, _ = motion
    r, z = before.points.T
    for axis, line in ((0, r == 0), (0, r == RADIUS), (1, z == FLOOR), (1, z == ROOF), (1, z == 0)):
        assert line.sum() > 4
        assert np.array_equal(after.points[line, axis], before.points[line, axis])
    corners = ((r == 0) | (r == RADIUS)) & ((z == FLOOR) | (z == ROOF))
    assert corners.sum() == 4 and np.array_equal(after.points[corners], before.points[corners])


def test_foot_takes_the_floor_s_nodes_with_it(motion):
    before, after, _ = motion
    floor = (before.points[:, 1] == 0) & (before.points[:, 0] > 0) & (before.points[:, 0] < RADIUS)
    shift = (after.points - before.points)[floor, 0]
    assert np.all(shift > 0) and shift.max() == pytest.approx(0.1 * before.filament_points[-1, 0])


def test_moderate_motion_keeps_the_quality(motion):
    before, after, _ = motion
    assert after.quality().min() > 0.6 * before.quality().min()
    assert np.array_equal(after.region, before.region)


def test_moved_mesh_still_tiles_the_cell(motion):
    _, after, _ = motion
    assert areas(after).sum() == pytest.approx(RADIUS * CELL_HEIGHT, rel=1e-12)
    body = Filament(after.filament_points)
    assert volume_of(after, Region.FILAMENT) == pytest.approx(body.volume, rel=1e-11)


def test_motion_is_linear_and_starts_from_the_mesh_it_was_made_for(slender):
    mesh = slender[0]
    motion = HarmonicMotion(mesh)
    first, second = (
        motion.moved(mesh.filament_points * [factor, 1], mesh.electrode_points).points - mesh.points
        for factor in (1.05, 1.1)
    )
    assert second == pytest.approx(2 * first, abs=1e-12)


# --- transfer -----------------------------------------------------------------------------------------------


def samples(mesh, region, count=3, seed=2):
    """Random points inside every triangle of a region."""
    corners = mesh.points[mesh.triangles[mesh.region == region]]
    weights = np.random.default_rng(seed).dirichlet(np.ones(3), (len(corners), count))
    return np.einsum("cpk,ckx->cpx", weights, corners).reshape(-1, 2)


@pytest.mark.parametrize("region", Region)
@pytest.mark.parametrize("name", SHAPES)
def test_linear_fields_are_transferred_exactly_within_a_region(meshes, name, region):
    """The other regions hold no numbers: they must not be used."""
    mesh = meshes[name][0]
    inside = mesh.nodes_of(region)
    gradient, offset = np.array([[0.3, -2.0], [1.7, 0.4]]), np.array([5.0, -1.0])
    values = np.where(inside[:, None], mesh.points @ gradient.T + offset, np.nan)
    points = np.vstack([samples(mesh, region), mesh.points[inside]])
    found = interpolate(mesh, values, points, [region])
    assert found == pytest.approx(points @ gradient.T + offset, abs=1e-10)


def test_transfer_over_the_whole_mesh(slender):
    mesh = slender[0]
    points = np.vstack([samples(mesh, region, 1) for region in Region])
    assert interpolate(mesh, mesh.points, points) == pytest.approx(points, abs=1e-10)


def test_points_outside_take_the_value_at_the_border(slender):
    """Nodes of a finer outline lie beyond the coarser one by its sagitta."""
    mesh, filament, _ = slender
    values = mesh.points[:, 1:]
    beyond = filament.points[3:8] * 1.002
    inner = interpolate(mesh, values, beyond, [Region.FILAMENT])[:, 0]
    assert inner == pytest.approx(beyond[:, 1], abs=0.03)
    far = interpolate(mesh, values, np.array([[0.5, 100.0]]), [Region.ACTIVE_ELECTRODE])
    assert FLOOR < far[0, 0] <= ROOF


# --- spacing ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_graded_is_the_largest_spacing_that_grows_slowly(seed):
    random = np.random.default_rng(seed)
    points, wanted = random.normal(size=(30, 2)), random.uniform(0.1, 3, 30)
    result = graded(wanted, points, 0.3)
    length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    expected = (wanted + 0.3 * np.abs(length[:, None] - length)).min(axis=1)
    assert result == pytest.approx(expected, rel=1e-12)
    assert np.any(result < wanted) and not np.shares_memory(result, wanted)


def spacing_of(filament, electrode=None, **settings):
    numerics = Config.from_toml(CONFIG).mesh.model_copy(update=settings)
    return filament_spacing(filament, flat() if electrode is None else electrode, numerics)


def test_outline_is_finer_where_it_turns():
    filament = Filament(np.array([[0, 5], [1, 5], [2, 5], [2.1, 4.9], [2.1, 4], [2.1, 2], [2.1, 0]], dtype=float))
    spacing = spacing_of(filament, growth=100.0, nucleus_segments=4)
    # A turn of 45 degrees over half of 1 nm and half of 0.14 nm of arc, 0.25 rad wanted.
    assert spacing[2] == pytest.approx(0.25 * 0.5 * (1 + np.hypot(0.1, 0.1)) / (np.pi / 4))
    assert spacing[1] == spacing[4] == 0.8
    sphere = spacing_of(ellipsoid(2.0, 2.0, 60), growth=100.0, nucleus_segments=4)
    assert sphere[1:-2] == pytest.approx(0.25 * 2.0, rel=1e-3)


def test_edges_that_motion_sharpens_are_not_resolved():
    """The rim of a dissolving cylinder stays sharp, that of a growing one becomes a curve; so do flat turns."""
    filament = Filament(np.array([[0, 5], [1, 5], [2, 5], [2, 4], [2, 3], [2, 1], [2, 0]], dtype=float))
    still = spacing_of(filament, growth=100.0, nucleus_segments=4)
    assert still[2] == pytest.approx(0.25 / (np.pi / 2))
    numerics = Config.from_toml(CONFIG).mesh.model_copy(update={"growth": 100.0, "nucleus_segments": 4})
    for speed, rim in ((1.0, still[2]), (-1.0, 0.8)):
        spacing = filament_spacing(filament, flat(), numerics, np.full(7, speed))
        assert spacing[2] == pytest.approx(rim) and spacing[[0, 1, 3, 4]] == pytest.approx(0.8)
    sphere = ellipsoid(2.0, 2.0, 20)  # turns by 0.08 rad: a curve, also when it dissolves
    dissolving = filament_spacing(sphere, flat(), numerics, np.full(21, -1.0))
    assert np.array_equal(dissolving, spacing_of(sphere, growth=100.0, nucleus_segments=4))


def test_a_small_outline_keeps_as_many_edges_as_a_nucleus():
    small = ellipsoid(0.2, 0.2, 30)
    assert spacing_of(small) == pytest.approx(small.segment_lengths.sum() / 12)
    assert spacing_of(small, nucleus_segments=24) == pytest.approx(small.segment_lengths.sum() / 24)


def test_outline_is_finer_where_the_gap_closes():
    """All cells across a gap that opens; where it is even a share of them, and that share in proportion between."""
    free = {"turning": 1e3, "growth": 100.0}
    for gap, cells in ((0.3, 3.0), (0.3, 6.0), (1.5, 6.0)):
        for slope, share in ((0.2, 1.0), (0.05, 1.0), (0.015, 0.5), (0.0, 0.3)):
            top = np.stack([np.linspace(0, 2, 41), THICKNESS - gap - slope * np.linspace(0, 2, 41)], axis=1)
            filament = Filament(np.vstack([top, [[2.0, 5.0], [2.0, 0.0]]]))
            found = spacing_of(filament, cells_across_gap=cells, **free)[:30]
            away = distance_to_polyline(filament.points[:30], flat())
            assert found == pytest.approx(np.minimum(away / max(cells * share, 1.35), 0.8), rel=1e-3)
    rounded = ellipsoid(5.0, THICKNESS - 0.3, 200)
    assert spacing_of(rounded, turning=1e3)[0] > 1.2 * spacing_of(rounded, turning=1e3).min()


def test_edges_of_the_electrode_are_as_short_as_wanted_where_few_points_face_it():
    """The corner of the void: points of the outline lie below it and below its wall, none in between."""
    numerics = Config.from_toml(CONFIG, overrides=["mesh.void_edge=0.5", "mesh.cells_across_gap=4"]).mesh
    angle = np.linspace(0, np.pi / 2, 5)
    corner = np.stack([1.8 + 0.2 * np.sin(angle), 9.9 + 0.2 * np.cos(angle)], axis=1)
    top = np.stack([np.linspace(0, 1.7, 12), np.full(12, 10.1)], axis=1)
    filament = Filament(np.vstack([top, corner, np.stack([np.full(30, 2.0), np.linspace(9.7, 0, 30)], axis=1)]))
    surface = electrode(clearance=0.4).surface(filament)
    nodes, markers = electrode_nodes(surface, filament, numerics)
    own = nodes[markers >= 0]
    wanted = across_gap(own, distance_to_polyline(own, filament.points), numerics)
    edges = np.hypot(*np.diff(own, axis=0).T)
    assert np.all(edges <= 1.5 * np.maximum(wanted[:-1], wanted[1:]) + 1e-9)
    assert own == pytest.approx(mirrored(surface, markers[markers >= 0])) and np.any(markers % 1)
    assert np.all(np.diff(markers[markers >= 0]) > 0)


def test_the_rim_of_the_foot_is_finer_as_wanted():
    filament, rim = ellipsoid(5.0, 8.0, 200), 0.015 * 5.0
    assert spacing_of(filament)[-1] == 0.8
    spacing = spacing_of(filament, contact_line=0.015)
    assert spacing[-1] == pytest.approx(rim) and spacing[0] == spacing_of(filament)[0]
    assert np.diff(spacing[-8:]) == pytest.approx(-0.35 * filament.segment_lengths[-7:])
    config = Config.from_toml(CONFIG, overrides=["mesh.contact_line=0.015"])
    filament = filament.resampled(np.zeros((201, 0)), spacing)[0]
    found = build_mesh(filament, flat(), config.cell, config.mesh)
    edge = np.hypot(*(filament.points[-1] - filament.points[-2]))
    beside = np.hypot(*(found.points - filament.points[-1]).T)
    assert edge < 1.5 * rim and (beside < 4 * rim).sum() > 15  # on both sides of the rim
    floor = found.points[(found.points[:, 1] == 0) & (found.points[:, 0] != filament.points[-1, 0]), 0]
    assert np.abs(floor - filament.points[-1, 0]).min() < 0.6 * rim  # and finest along the electrode
    assert found.quality().min() > 0.3


def test_spacing_keeps_its_bounds():
    for filament in SHAPES.values():
        spacing = spacing_of(filament, smallest_size=0.1)
        assert spacing.shape == (len(filament.points),)
        assert spacing.min() >= min(0.1, filament.segment_lengths.sum() / 12) and spacing.max() <= 0.8
    assert spacing_of(ellipsoid(2, 9.9999), smallest_size=0.1)[0] == 0.1


@pytest.mark.parametrize("name", SHAPES)
def test_electrode_nodes(meshes, name):
    _, filament, surface = meshes[name]
    numerics = Config.from_toml(CONFIG).mesh
    nodes, markers = electrode_nodes(surface, filament, numerics)
    assert len(nodes) == len(markers) and markers[0] == 0
    assert nodes[0] == pytest.approx(surface[0]) and np.array_equal(nodes[-1], surface[-1])
    assert nodes[markers >= 0] == pytest.approx(mirrored(surface, markers[markers >= 0]))
    outer = np.diff(nodes[markers < 0, 0])
    assert np.all(outer > 0) and outer.max() < 1.2 * numerics.largest_size
    assert np.all(outer[1:] <= (1 + numerics.growth) * outer[:-1] * (1 + 1e-9))


def test_the_edge_of_the_void_is_finer_as_wanted():
    """Edges grow from there in both directions; what lies between two points mirrors a place between them."""
    angle = np.linspace(0, np.pi / 2, 12)
    corner = np.stack([3.5 + 0.5 * np.sin(angle), 9.6 + 0.5 * np.cos(angle)], axis=1)
    top = np.stack([np.linspace(0, 3.4, 30), np.full(30, 10.1)], axis=1)
    filament = Filament(np.vstack([top, corner, np.stack([np.full(40, 4.0), np.linspace(9.4, 0, 40)], axis=1)]))
    surface = electrode(clearance=0.4).surface(filament)
    plain, fine = (Config.from_toml(CONFIG, overrides=[f"mesh.void_edge={share}"]).mesh for share in (0, 0.1))
    (before, _), (nodes, markers) = (electrode_nodes(surface, filament, numerics) for numerics in (plain, fine))
    edge = np.flatnonzero(markers >= 0)[-1]
    away = distance_to_polyline(nodes[edge : edge + 1], filament.points)[0]
    assert nodes[edge] == pytest.approx([4.4, THICKNESS]) and away == pytest.approx(0.4, rel=0.3)
    length, size = np.hypot(*np.diff(nodes, axis=0).T), 0.1 * away
    assert 0.75 < length[edge - 1] / size < 1.7 and length[edge] == pytest.approx(size, rel=0.1)
    along = np.cumsum(length[edge - 1 :: -1])[:8]
    assert np.all(length[edge - 1 : edge - 9 : -1] < 1.7 * (size + 0.35 * (along - length[edge - 1 : edge - 9 : -1])))
    assert len(nodes) > len(before) + 4
    between = markers % 1 > 0
    assert between.sum() > 1
    low, share = np.floor(markers[between]).astype(int), markers[between] % 1
    assert nodes[between] == pytest.approx(surface[low] + share[:, None] * (surface[low + 1] - surface[low]))
    flat = np.column_stack([surface[:, 0], np.full(len(surface), THICKNESS)])
    assert np.array_equal(*(electrode_nodes(flat, filament, numerics)[0] for numerics in (plain, fine)))  # no edge


def test_places_between_points_are_mirrored_between_them():
    surface = np.array([[0.0, 10.0], [1.0, 10.4], [3.0, 10.2], [5.0, 10.0]])
    assert mirrored(surface, np.array([0, 1.25, 2])) == pytest.approx(np.array([[0, 10], [1.5, 10.35], [3, 10.2]]))


# --- the electrode's surface --------------------------------------------------------------------------------


def electrode(ratio=0.05, depth=0.4, clearance=0.0):
    return ActiveElectrode(THICKNESS, RADIUS, 0.128, MirroredDissolution(ratio, depth), clearance)


def test_surface_mirrors_the_growth():
    filament = ellipsoid(1.5, 6.0, 20)
    surface = electrode().surface(filament)
    r, z = filament.points.T
    nucleus = np.where(r < 0.128, np.sqrt(np.maximum(0.128**2 - r**2, 0)), 0)
    assert surface.shape == (22, 2)
    assert surface[:-1, 0] == pytest.approx(r)
    assert surface[:-1, 1] == pytest.approx(THICKNESS + 0.05 * (z - nucleus))
    assert surface[-1] == pytest.approx([RADIUS, THICKNESS])
    assert surface[0, 1] - THICKNESS == pytest.approx(0.05 * (6.0 - 0.128))


def test_two_atomic_layers_dissolve_at_most():
    depth = electrode().surface(ellipsoid(2, 10.2, 20))[:, 1] - THICKNESS
    assert depth[0] == pytest.approx(0.4) and depth.max() == pytest.approx(0.4)
    assert depth[8] == pytest.approx(0.4) and 0 < depth[15] < 0.4


def test_nothing_dissolves_above_a_nucleus():
    assert electrode().surface(Filament.nucleus(0.128, 12))[:, 1] == pytest.approx(THICKNESS)


def test_surface_without_dissolution_is_flat():
    config = Config.from_toml(CONFIG, overrides=["dissolution.enabled=false"])
    inert = electrode_of(config)
    surface = inert.surface(ellipsoid(1.5, 9.0, 20))
    assert np.all(surface[:, 1] == THICKNESS)
    assert surface[:-1, 0] == pytest.approx(ellipsoid(1.5, 9.0, 20).points[:, 0])


def test_surface_above_an_overhang_is_that_of_the_topmost_point():
    filament = Filament(np.array([[0, 8], [1, 8], [2, 7.5], [2.2, 7], [2, 6.5], [1.2, 5], [1, 2], [1.3, 0.0]]))
    surface = electrode().surface(filament)
    assert surface[:4, 0] == pytest.approx(filament.points[:4, 0])
    assert surface[4:-1, 0] == pytest.approx(2.2)
    assert surface[3, 1] == pytest.approx(THICKNESS + 0.05 * 7)


def test_clearance_widens_the_void_sideways():
    filament = ellipsoid(1.5, 6.0, 40)
    wide, narrow = electrode(clearance=0.2).surface(filament), electrode().surface(filament)
    assert wide[:, 1] == pytest.approx(narrow[:, 1])
    assert wide[-2, 0] == pytest.approx(1.7, abs=1e-3) and wide[0, 0] == 0.0
    shift = wide[:-1, 0] - narrow[:-1, 0]
    assert np.all(np.diff(shift) > 0) and shift.max() <= 0.2 + 1e-12


def test_electrode_of_a_configuration():
    config = Config.from_toml(CONFIG, overrides=["dissolution.ratio=0.1", "cell.layer_thickness=8 nm"])
    assert electrode_of(config) == ActiveElectrode(8, 25, 0.128, MirroredDissolution(0.1, 0.4), 0.2)


# --- files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["msh", "vtu"])
@pytest.mark.parametrize("name", ["slender", "overhanging"])
def test_what_is_written_can_be_read(meshes, tmp_path, name, suffix):
    mesh = meshes[name][0]
    back = read_mesh(write_mesh(mesh, tmp_path / f"cell.{suffix}"))
    for field in ("points", "triangles", "region", "filament_nodes", "electrode_nodes"):
        assert np.array_equal(getattr(back, field), getattr(mesh, field))
    assert len(back.electrode_markers) == len(back.electrode_nodes) and np.all(back.electrode_markers == -1)


def test_gmsh_opens_the_file(slender, tmp_path):
    import gmsh

    path = write_mesh(slender[0], tmp_path / "cell.msh")
    if not gmsh.isInitialized():
        gmsh.initialize(interruptible=False)
        gmsh.option.setNumber("General.Terminal", 0)
    gmsh.open(str(path))
    try:
        groups = {tag for _, tag in gmsh.model.getPhysicalGroups()}
        assert groups == {int(tag) for tag in (*Region, *Surface)}
        assert len(gmsh.model.mesh.getElementsByType(2)[0]) == len(slender[0].triangles)
    finally:
        gmsh.model.remove()


def test_a_file_without_tags_is_refused(slender, tmp_path):
    import meshio

    path = tmp_path / "bare.vtu"
    meshio.write(path, meshio.Mesh(np.pad(slender[0].points, ((0, 0), (0, 1))), [("triangle", slender[0].triangles)]))
    with pytest.raises(ResultsError, match="no physical tags on lines and triangles: see meshes/README.md"):
        read_mesh(path)


def test_an_interface_with_a_gap_is_refused(slender, tmp_path):
    import meshio

    path = write_mesh(slender[0], tmp_path / "cell.vtu")
    content = meshio.read(path)
    tags = content.cell_data["gmsh:physical"][0]
    tags[np.nonzero(tags == Surface.FILAMENT)[0][2]] = Surface.AXIS
    meshio.write(path, content)
    with pytest.raises(ResultsError, match="do not form one open curve"):
        read_mesh(path)


@pytest.fixture(scope="module")
def reference():
    return read_mesh(MESHES / "reference.msh")


def test_reference_mesh_is_small():
    assert (MESHES / "reference.msh").stat().st_size < 150_000


def test_reference_mesh_has_the_tags_of_its_description(reference):
    row = r"^\|\s*(\d+) \| (triangles|lines)\b.*`(\w+)\.(\w+)` \|$"
    rows = re.findall(row, (MESHES / "README.md").read_text(), re.M)
    kinds = {"Region": ("triangles", Region), "Surface": ("lines", Surface)}
    described = set()
    for tag, elements, kind, name in rows:
        assert elements == kinds[kind][0]
        described.add(kinds[kind][1][name])
        assert kinds[kind][1][name] == int(tag)
    assert described == {*Region, *Surface}
    assert set(reference.region) == set(Region)


def test_reference_mesh_has_the_geometry_of_its_description(reference):
    outline = Filament(reference.filament_points)
    assert outline.height == pytest.approx(5.0, abs=0.05) and outline.radius_max == pytest.approx(1.5, abs=0.05)
    assert outline.volume == pytest.approx(2 / 3 * np.pi * 1.5**2 * 5, rel=0.02)
    outline.check(RADIUS)
    assert area_of(reference, Region.COUNTER_ELECTRODE) == pytest.approx(25 * 25)
    assert areas(reference).sum() == pytest.approx(25 * 60) and areas(reference).min() > 0
    assert volume_of(reference, Region.FILAMENT) == pytest.approx(outline.volume, rel=1e-10)
    void = reference.electrode_points[:, 1] - THICKNESS
    assert void[0] == pytest.approx(0.05 * (outline.height - 0.128), abs=1e-6) and np.all(void >= 0)
    assert reference.quality().min() > 0.3


def test_reference_mesh_has_ordered_chains(reference):
    front, plate = reference.filament_points, reference.electrode_points
    assert front[0, 0] == 0 and front[-1, 1] == 0 and np.all(np.diff(front[:, 1]) < 0)
    assert plate[0, 0] == 0 and plate[-1] == pytest.approx([25, 10]) and np.all(np.diff(plate[:, 0]) > 0)
    edges = {tuple(edge) for edge in edges_of(reference.triangles).tolist()}
    for surface in Surface:
        assert {tuple(edge) for edge in np.sort(reference.edges(surface), axis=1).tolist()} <= edges


def test_reference_mesh_is_made_as_described(reference, tmp_path, monkeypatch):
    """The script of meshes/README.md, run in a copy of the folders that it names."""
    script = re.search(r"```python\n(.*?)```", (MESHES / "README.md").read_text(), re.S).group(1)
    (tmp_path / "configs").symlink_to(MESHES.parent / "configs")
    (tmp_path / "meshes").mkdir()
    monkeypatch.chdir(tmp_path)
    exec(compile(script, "make_mesh.py", "exec"), {})
    again = read_mesh(tmp_path / "meshes" / "reference.msh")
    assert again.filament_points == pytest.approx(reference.filament_points, abs=0.02)
    assert again.electrode_points == pytest.approx(reference.electrode_points, abs=0.02)
    assert len(again.triangles) == pytest.approx(len(reference.triangles), rel=0.1)


def test_a_moved_mesh_holds_while_no_triangle_has_worn(slender):
    """Below the quality that is asked for, and below half of its own, which where it is bad from the start is less."""
    good = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(0.75)]])
    flat = good * [1.0, 0.1] + [0.0, 2.0]

    def pair(first, second):
        """Two triangles, as high as those times a share."""
        points = np.vstack([good * [1.0, first], (flat - [0.0, 2.0]) * [1.0, second] + [0.0, 2.0]])
        return replace(slender[0], points=points, triangles=np.arange(6).reshape(2, 3))

    motion = HarmonicMotion(pair(1, 1))
    assert pair(1, 1).quality() == pytest.approx([1.0, 0.198], abs=1e-3)
    for first, second, holds in (
        (1, 1, True), (0.2, 1, True), (0.12, 1, False), (1, 0.52, True), (1, 0.48, False), (-1, 1, False),
    ):  # fmt: skip
        assert motion.holds(pair(first, second), 0.25) == holds, (first, second)
    assert motion.holds(pair(0.52, 1), 0.9) == (pair(0.52, 1).quality()[0] > 0.5)
    turned = HarmonicMotion(pair(1, -1))  # no triangle of a sound mesh; nothing may hang on it
    assert not turned.holds(pair(1, -1), 0.25)


# --- given to dolfinx ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def domain(reference):
    from mpi4py import MPI

    from ecmsim.models.full import forms
    from ecmsim.models.full.domain import Domain

    return Domain(MPI.COMM_SELF, reference, forms.FIELDS, forms.SCALARS, forms.CELLWISE)


def test_dolfinx_gets_every_triangle_with_its_region(domain, reference):
    for region in Region:
        assert len(domain.cells(region)) == (reference.region == region).sum() > 20
    nodes = domain.cell_nodes[domain.cells(Region.FILAMENT)]
    expected = reference.triangles[reference.region == Region.FILAMENT]
    assert {tuple(sorted(cell)) for cell in nodes.tolist()} == {tuple(sorted(cell)) for cell in expected.tolist()}


@pytest.mark.parametrize(
    ("surface", "region"),
    [
        (Surface.FILAMENT, Region.SWITCHING_LAYER), (Surface.FILAMENT, Region.FILAMENT),
        (Surface.ACTIVE_ELECTRODE, Region.SWITCHING_LAYER), (Surface.TOP, Region.ACTIVE_ELECTRODE),
        (Surface.BOTTOM, Region.COUNTER_ELECTRODE),
    ],
)  # fmt: skip
def test_dolfinx_gets_every_edge_once_from_one_side(domain, reference, surface, region):
    pairs = domain.facets(surface, region).reshape(-1, 2)
    assert np.all(domain.region[pairs[:, 0]] == region)
    opposite = {0: [1, 2], 1: [0, 2], 2: [0, 1]}
    found = {tuple(sorted(domain.cell_nodes[cell][opposite[edge]].tolist())) for cell, edge in pairs.tolist()}
    assert found == {tuple(edge) for edge in np.sort(reference.edges(surface), axis=1).tolist()}
    assert len(pairs) == len(found)


def test_dolfinx_integrates_over_regions_and_interfaces(domain, reference):
    import ufl
    from dolfinx import fem

    mesh = domain.mesh
    r = ufl.SpatialCoordinate(mesh)[0]
    dx = ufl.Measure("dx", mesh, subdomain_data=[(int(region), domain.cells(region)) for region in Region])
    sides = [(Surface.FILAMENT, Region.SWITCHING_LAYER), (Surface.TOP, Region.ACTIVE_ELECTRODE)]
    ds = ufl.Measure("ds", mesh, subdomain_data=[(int(s), domain.facets(s, region)) for s, region in sides])
    for region in Region:
        volume = fem.assemble_scalar(fem.form(2 * np.pi * r * dx(int(region))))
        assert volume == pytest.approx(volume_of(reference, region), rel=1e-10)
    length = fem.assemble_scalar(fem.form(fem.Constant(mesh, 1.0) * ds(int(Surface.FILAMENT))))
    assert length == pytest.approx(Filament(reference.filament_points).segment_lengths.sum(), rel=1e-10)
    assert fem.assemble_scalar(fem.form(2 * np.pi * r * ds(int(Surface.TOP)))) == pytest.approx(np.pi * 625)


def test_nodal_values_come_back_in_the_order_of_the_mesh(domain, reference):
    from dolfinx import fem

    function = fem.Function(domain.scalars)
    function.interpolate(lambda x: x[0] + 100 * x[1])
    back = domain.gather(function.x.array, domain.scalars)[:, 0]
    assert back == pytest.approx(reference.points @ [1, 100])
    dofs = domain.block_dof_of_nodes()
    assert np.array_equal(domain.field_nodes[dofs], np.arange(len(reference.points)))


def test_dolfinx_follows_the_moving_mesh(reference):
    from mpi4py import MPI

    from ecmsim.models.full import forms
    from ecmsim.models.full.domain import Domain

    domain = Domain(MPI.COMM_SELF, reference, forms.FIELDS, forms.SCALARS, forms.CELLWISE)
    moved = HarmonicMotion(reference).moved(reference.filament_points * [1.1, 1.0], reference.electrode_points)
    domain.move(moved)
    assert domain.mesh.geometry.x[:, :2] == pytest.approx(moved.points[domain.input_node])
    assert domain.cell_mesh is moved
