"""gmsh makes the mesh of a cell from the filament's outline and the electrode's surface."""

import contextlib
import signal

import numpy as np
from scipy.spatial import cKDTree

from ecmsim.errors import SolveError
from ecmsim.models.full.mesh.cell_mesh import CellMesh, Region
from ecmsim.models.full.mesh.grading import ALONG, AROUND, FINER, graded_line, limit_by_distance
from ecmsim.shape.filament import Filament
from ecmsim.shape.gap import Gap
from ecmsim.shape.polyline import crossing_segments, distance_to_polyline
from ecmsim.shape.spacing import electrode_nodes, filament_spacing, needle_nodes

ELECTRODES = (Region.COUNTER_ELECTRODE, Region.ACTIVE_ELECTRODE)
NEAR_TOP = 0.9  # of the filament's height: its top, below the gap


class MeshError(SolveError):
    """The mesh of the present geometry cannot be built."""


def build_mesh(filament: Filament, surface, cell, numerics, needle=False) -> CellMesh:
    """Mesh of the cell's cross-section (serial; call it on one rank).

    filament: its outline; every segment becomes one edge. surface: the electrode's polyline as made by
    ActiveElectrode.surface, or of its needle (surface_around). cell: configuration [cell]; numerics: configuration
    [mesh].
    Raises OutlineError for a broken outline, MeshError when the interfaces touch or gmsh fails.
    """
    filament.check(cell.radius)  # gmsh would not come back from curves that cross
    nodes, markers = needle_nodes(surface, numerics) if needle else electrode_nodes(surface, filament, numerics)
    if crossing_segments(nodes).size:
        raise MeshError("the active electrode's surface crosses itself")
    clearance = distance_to_polyline(filament.points, nodes).min()
    if clearance < 1e-3 or np.any(Gap(filament, nodes).from_filament("vertical") <= 0):
        raise MeshError("the filament touches the active electrode")
    spacing = filament_spacing(filament, surface, numerics)
    sources = _sources(filament, nodes, np.count_nonzero(markers >= 0) if needle else 0, numerics)
    # A mesh of gmsh depends on the extent of the one that it made before, and a run that is resumed in another process
    # is to go on to the bit.
    _generate_box(cell)
    points, triangles, region, bodies = _generate(filament, spacing, nodes, cell, numerics, sources)
    tree = cKDTree(points)
    floating = None
    if len(filament.parts) > 1:
        floating = np.full(len(points), -1)
        for number in range(len(filament.parts) - 1):
            floating[triangles[bodies == number]] = number
    return CellMesh(
        points,
        triangles,
        region,
        filament_nodes=tree.query(filament.points)[1],
        electrode_nodes=tree.query(nodes)[1],
        electrode_markers=markers,
        floating=floating,
        needle=int(np.count_nonzero(markers >= 0)) if needle else 0,
    )


@contextlib.contextmanager
def _model():
    """A gmsh model of its own, removed afterwards; gmsh itself is started once per process."""
    import gmsh

    if not gmsh.isInitialized():
        gmsh.initialize(interruptible=False)
        # It takes the signals over nevertheless: give them back to whoever had them.
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(TypeError, ValueError):  # not set from Python; not in the main thread
                signal.signal(number, signal.getsignal(number))
        gmsh.option.setNumber("General.Terminal", 0)
        gmsh.option.setNumber("General.NumThreads", 1)
        # Of the size along a curve; the default, 1e-9, takes a third of the time of a mesh.
        gmsh.option.setNumber("Mesh.LcIntegrationPrecision", 1e-5)
        # Nor are nodes moved once the triangles stand: that takes a fifth of the time, and leaves them hardly better.
        gmsh.option.setNumber("Mesh.Smoothing", 0)
    gmsh.model.add("cell")
    try:
        yield gmsh
    finally:
        gmsh.model.remove()


def _mesh(gmsh):
    """Mesh the model. Raises MeshError."""
    try:
        gmsh.model.mesh.generate(2)
    except Exception as error:  # gmsh raises plain exceptions
        raise MeshError(f"gmsh could not mesh the cell: {error}") from error


def _generate_box(cell):
    """The coarsest mesh of a box as large as the cell, for nothing."""
    floor, roof = -cell.counter_electrode_height, cell.layer_thickness + cell.active_electrode_height
    with _model() as gmsh:
        geo = gmsh.model.geo
        corners = [(0, floor), (cell.radius, floor), (cell.radius, roof), (0, roof)]
        tags = [geo.addPoint(r, z, 0, cell.radius) for r, z in corners]
        geo.addPlaneSurface([geo.addCurveLoop([geo.addLine(tags[i - 1], tags[i]) for i in range(4)])])
        geo.synchronize()
        _mesh(gmsh)


def _sources(filament, electrode, needle, numerics):
    """Where heat and current enter the electrodes, for limit_by_distance: discs on the axis, far from which fields are
    those of points: the filament's foot, the gap and, of an electrode whose first nodes are a needle's, that one's
    foot."""
    r, z = filament.points.T
    discs = [(0.0, r[-1]), (electrode[0, 1], r[z > NEAR_TOP * z.max()].max())]
    if needle:
        discs.append((electrode[needle - 1, 1], electrode[needle - 1, 0]))
    growth, least = numerics.spreading, min(numerics.surface_size, numerics.largest_size)
    return [((0.0, float(z)), max(float(radius), least / growth), growth) for z, radius in discs] if growth else []


def _generate(filament, spacing, electrode, cell, numerics, sources):
    """Points (n, 2), triangles (m, 3), regions (m,) and the numbers of bodies (m,; -1 off the filament) from gmsh.

    sources: of heat and current in the electrodes, see _sources.
    """
    outline, parts = filament.points, filament.parts
    radius, floor = cell.radius, -cell.counter_electrode_height
    roof = cell.layer_thickness + cell.active_electrode_height
    coarse = numerics.largest_size
    with _model() as gmsh:
        gmsh.option.setNumber("Mesh.Algorithm", 6)
        gmsh.option.setNumber("Mesh.MeshSizeMax", coarse)
        gmsh.option.setNumber("Mesh.MeshSizeExtendFromBoundary", 1)
        geo = gmsh.model.geo

        def chain(tags):
            return [geo.addLine(a, b) for a, b in zip(tags[:-1], tags[1:], strict=True)]

        def back(lines):
            return [-line for line in reversed(lines)]

        def sized(points):
            length = np.hypot(*np.diff(points, axis=0).T)
            return 0.5 * (np.append(length[:1], length) + np.append(length, length[-1:]))

        # Segments are the smaller of what is there and what is wanted: the interior follows the boundary.
        front_size = np.minimum(filament.around, np.maximum(spacing, 0.5 * filament.around))
        if numerics.contact_line:
            front_size[-1] /= FINER
        front = [geo.addPoint(r, z, 0, h) for (r, z), h in zip(outline, front_size, strict=True)]
        plate_size = sized(electrode)
        plate = [geo.addPoint(r, z, 0, h) for (r, z), h in zip(electrode, plate_size, strict=True)]
        # Lines inside metals: in the electrodes edges grow from the rim on, in the filament from both of its ends.
        spreading = numerics.spreading
        outwards, upwards = (spreading and ALONG * spreading), (spreading and numerics.growth)
        middle = front_size[-1] + outwards * outline[-1, 0] if spreading else 0.5 * outline[-1, 0]
        middle = min(middle, coarse if spreading else numerics.surface_size)
        origin = geo.addPoint(0, 0, 0, middle)
        wall = geo.addPoint(radius, 0, 0, coarse)
        bottom = [geo.addPoint(0, floor, 0, coarse), geo.addPoint(radius, floor, 0, coarse)]
        top = [geo.addPoint(0, roof, 0, coarse), geo.addPoint(radius, roof, 0, coarse)]

        front_lines, plate_lines = chain(front), chain(plate)
        centre, rim, pole = (origin, (0, 0), middle), (front[-1], outline[-1], front_size[-1]), parts[-1].start
        base = graded_line(geo, (rim, (wall, (radius, 0), coarse)), outwards, coarse)
        contact = graded_line(geo, (centre, rim), outwards, coarse)
        tip = front[pole], outline[pole], front_size[pole]
        inner_axis = graded_line(geo, (centre, tip), upwards, coarse)
        gap_axis, layer_wall = geo.addLine(front[0], plate[0]), geo.addLine(wall, plate[-1])
        lower = graded_line(geo, (centre, (bottom[0], (0, floor), coarse)), outwards, coarse)
        lower += chain([bottom[0], bottom[1], wall])
        above = (plate[0], electrode[0], plate_size[0]), (top[0], (0, roof), coarse)
        upper = graded_line(geo, above, outwards, coarse) + chain([top[0], top[1], plate[-1]])
        surfaces = [front_lines[part.start : part.stop - 1] for part in parts]  # without the ways from body to body
        rooted = [*contact, *back(surfaces[-1]), *back(inner_axis)]
        layer = [*front_lines, *base, layer_wall, *back(plate_lines), -gap_axis]
        loops = [
            (Region.COUNTER_ELECTRODE, -1, [*lower, *back(base), *back(contact)]),
            (Region.FILAMENT, len(parts) - 1, rooted),
            (Region.SWITCHING_LAYER, -1, layer),
            (Region.ACTIVE_ELECTRODE, -1, [*plate_lines, *back(upper)]),
        ]
        for number, (part, lines) in enumerate(zip(parts[:-1], surfaces, strict=False)):
            axis = geo.addLine(front[part.stop - 1], front[part.start])
            loops.append((Region.FILAMENT, number, [axis, *lines]))
        faces = [(r, body, geo.addPlaneSurface([geo.addCurveLoop(loop)])) for r, body, loop in loops]
        geo.synchronize()
        for line in [line for lines in surfaces for line in lines] + plate_lines:
            gmsh.model.mesh.setTransfiniteCurve(line, 2)
        if spreading:
            electrodes = [face for region, _, face in faces if region in ELECTRODES]
            if numerics.contact_line:
                around = AROUND * spreading
                sources = [*sources, (outline[-1], float(front_size[-1]) / around, around)]
            limit_by_distance(gmsh.model.mesh.field, sources, coarse, electrodes)
        _mesh(gmsh)
        tags, coordinates, _ = gmsh.model.mesh.getNodes()
        number = np.full(int(tags.max()) + 1, -1)
        cells, regions, bodies = [], [], []
        for name, body, face in faces:
            nodes = gmsh.model.mesh.getElementsByType(2, face)[1].reshape(-1, 3)
            cells.append(nodes)
            regions.append(np.full(len(nodes), int(name)))
            bodies.append(np.full(len(nodes), body))
        cells = np.vstack(cells)
        if not all(len(r) for r in regions):
            raise MeshError("gmsh left a region of the cell without triangles")
        used = np.unique(cells)
        number[used] = np.arange(len(used))
        order = np.empty(len(number), dtype=int)
        order[tags] = np.arange(len(tags))
        points = coordinates.reshape(-1, 3)[order[used], :2].copy()
        triangles = number[cells]
    a, b, c = (points[triangles[:, i]] for i in range(3))
    turned = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0] < 0
    triangles[turned] = triangles[turned][:, [0, 2, 1]]
    points[np.abs(points[:, 0]) < 1e-9, 0] = 0.0  # gmsh leaves round-off
    return points, triangles, np.concatenate(regions), np.concatenate(bodies)
