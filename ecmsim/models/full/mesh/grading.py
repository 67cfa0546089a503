"""How fine the inside of a cell is meshed, away from its interfaces: edges grow with the distance from where heat and
current enter the electrodes, and from the rim of the filament's foot, where their fields are singular."""

from math import hypot

FINER = 6.0  # edges at the rim, on the electrode's side of it, where heat and current turn into the electrode
AROUND = 3.0  # growth with the distance from the rim over that with the distance from where heat and current enter
ALONG = 1.5  # growth along the metals' straight lines over that with the distance from where heat and current enter


def kinks(length, first, last, growth, largest):
    """Where the edge length along a line bends, which grows from both ends: positions and sizes, list of pairs, nm.

    first, last: edge lengths at the line's ends; growth: per unit of length; largest: of edges, nm. Between kinks it is
    linear, as a mesher makes it of the sizes at two points.
    """

    def size(place):
        return min(first + growth * place, last + growth * (length - place), largest)

    places = [(largest - first) / growth, length - (largest - last) / growth]
    if places[1] - places[0] < largest:  # hardly as long as one edge, or it does not grow so long
        places = [(last - first + growth * length) / (2 * growth)]
    return [(at, size(at)) for at in places if 0.5 * size(at) < min(at, length - at)]


def graded_line(geo, ends, growth, largest):
    """Tags of the lines between two points, whose edges grow from both; one line where growth is None.

    geo: gmsh.model.geo; ends: of both points (tag, (r, z), edge length), nm.
    """
    (first, a, fine), (last, b, coarse) = ends
    tags, length = [first], hypot(b[0] - a[0], b[1] - a[1])
    for place, size in kinks(length, fine, coarse, growth, largest) if growth else ():
        share = place / length
        tags.append(geo.addPoint(a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]), 0, size))
    tags.append(last)
    return [geo.addLine(a, b) for a, b in zip(tags[:-1], tags[1:], strict=True)]


def limit_by_distance(field, sources, largest, faces):
    """Let edges in some faces grow with the distance from where heat and current come in.

    field: gmsh.model.mesh.field; sources: balls, each ((r, z) of the centre, radius, edge length over the distance from
    the centre), nm, inside which edges are as long as on their surface; largest: edges that are never asked to be
    longer, nm; faces: tags.
    """
    limits = []
    for (r, z), radius, growth in sources:
        limit = field.add("Ball")  # from its radius on the size grows in proportion to the distance from its centre
        own = {"XCenter": r, "YCenter": z, "Radius": radius, "VIn": growth * radius}
        own |= {"VOut": max(largest, growth * radius), "Thickness": max(largest / growth - radius, 0.0)}
        for name, number in own.items():
            field.setNumber(limit, name, number)
        limits.append(limit)
    nearest, within = field.add("Min"), field.add("Restrict")
    field.setNumbers(nearest, "FieldsList", limits)
    field.setNumber(within, "InField", nearest)
    field.setNumbers(within, "SurfacesList", faces)
    field.setNumber(within, "IncludeBoundary", 1)
    field.setAsBackgroundMesh(within)
