"""How large a mesh the settings ask for, estimated before one is made: sizes that would eat all memory are refused."""

from math import log, log1p, pi

MOST_VERTICES = 3_000_000  # of a mesh: about 4 GB, and several minutes for each time that it is built
MOST_POINTS = 5_000  # of the filament's outline, all pairs of which are looked at: some 2 GB
PER_AREA = 1.155  # triangles of edge h have 1.155/h^2 corners per area
PER_POINT = 25  # vertices that a fine interface takes along as the mesh grows coarser away from it
WIDEST = 5.0  # nm: radius of a filament whose inside is as fine as its surface
NARROWEST = 0.1  # nm: gap that is still resolved
LEAST = 1e-100  # nm


def refusal(mesh, cell, model):
    """What is wrong with the sizes of [mesh] in a [cell] as (setting, text), or None; model: "full" or "reduced"."""
    setting, vertices, points = estimated(mesh, cell)
    if points > MOST_POINTS:
        return setting[1], f"asks for an outline of about {points:.2g} points (at most {MOST_POINTS:,})"
    if model == "full" and vertices > MOST_VERTICES:
        return setting[0], f"asks for a mesh of about {vertices:.2g} vertices (at most {MOST_VERTICES:,})"
    return None


def estimated(mesh, cell):
    """(settings, vertices, points): of the mesh and of the outline, and the settings that make the most of each."""
    fine = mesh.refined()
    length, radius = cell.layer_thickness, cell.radius
    coarse = max(fine.largest_size, LEAST)
    finest = max(fine.smallest_size, min(fine.surface_size, NARROWEST / fine.cells_across_gap), LEAST)
    surface = max(min(fine.surface_size, coarse), LEAST)
    graded = finest + fine.growth * length  # the largest edge that growth allows on the way from the finest
    edge = min(surface, graded)
    slow = "mesh.largest_size" if coarse <= fine.surface_size else "mesh.surface_size"
    slow = "mesh.growth" if graded < surface else slow
    gap = min(length / finest, 10 * fine.cells_across_gap)
    flat = min(radius / edge, log(max(coarse / edge, 1)) / log1p(max(fine.growth, 1e-15))) + radius / coarse
    points = {
        "mesh.nucleus_segments": min(fine.nucleus_segments, 1e300),
        slow: length / edge,
        "mesh.cells_across_gap" if fine.cells_across_gap > 100 else "mesh.smallest_size": gap,
        "mesh.turning": min(6.3 / fine.turning, length / finest),
    }
    height = length + cell.active_electrode_height + cell.counter_electrode_height
    vertices = {name: PER_POINT * number for name, number in points.items()}
    vertices[slow] += PER_AREA * length / edge * (min(0.25 * length, WIDEST, radius) / edge) + flat
    if fine.spreading:
        # Two quarters of a disc: edges as along the surface, and from some distance on a share of that distance.
        outer = 1 + 2 * log(max(fine.spreading * radius / surface, 1))
        far = min(pi / 4 * outer / fine.spreading**2, radius / surface * (height / surface))
        vertices["mesh.spreading"] = 2 * PER_AREA * far
    vertices.setdefault("mesh.largest_size", 0.0)
    vertices["mesh.largest_size"] += PER_AREA * (radius / coarse) * (height / coarse)
    most = tuple(max(numbers, key=numbers.get) for numbers in (vertices, points))
    return most, sum(vertices.values()), sum(points.values())
