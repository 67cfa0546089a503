"""Mesh files: gmsh's format (or any that meshio writes) with the tags of Region and Surface."""

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from ecmsim.errors import ResultsError
from ecmsim.models.full.mesh.cell_mesh import CellMesh, Region, Surface


def write_mesh(mesh: CellMesh, path):
    """Write triangles with their Region and the curves with their Surface as physical tags (.msh: format 2.2)."""
    import meshio

    surfaces = [np.asarray(mesh.edges(surface)) for surface in Surface]
    lines, line_tags = np.vstack(surfaces), np.repeat([int(s) for s in Surface], [len(e) for e in surfaces])
    tags = {"gmsh:physical": [line_tags, mesh.region], "gmsh:geometrical": [line_tags, mesh.region]}
    content = meshio.Mesh(
        np.pad(mesh.points, ((0, 0), (0, 1))),
        [("line", lines), ("triangle", mesh.triangles)],
        cell_data=tags,
    )
    is_gmsh = str(path).endswith(".msh")
    meshio.write(path, content, **({"file_format": "gmsh22", "binary": False} if is_gmsh else {}))
    return path


def read_mesh(path) -> CellMesh:
    """Read what write_mesh wrote. ResultsError if the file lacks the tags."""
    import meshio

    content = meshio.read(path)
    tags = content.cell_data_dict.get("gmsh:physical", {})
    if not {"line", "triangle"} <= tags.keys():
        raise ResultsError(f"{path} has no physical tags on lines and triangles: see meshes/README.md")
    points = content.points[:, :2]
    lines, line_tags = content.cells_dict["line"], tags["line"]
    triangles, region = content.cells_dict["triangle"].astype(np.int64), tags["triangle"].astype(np.int64)

    def top(nodes):  # the highest one on the axis
        return np.lexsort((-points[nodes, 1], np.round(points[nodes, 0], 9)))[0]

    surface = lines[line_tags == Surface.FILAMENT]
    number = _components(surface, len(points))[surface[:, 0]]
    bodies = [_chain(surface[number == k], top) for k in np.unique(number)]
    bodies.sort(key=lambda chain: -points[chain[0], 1])
    if any(points[chain[end], 0] > 1e-6 for chain in bodies[:-1] for end in (0, -1)):  # a body is closed by the axis
        raise ResultsError("the edges of an interface do not form one open curve")
    floating = None
    if len(bodies) > 1:
        metal, floating = _components(triangles[region == Region.FILAMENT], len(points)), np.full(len(points), -1)
        inside = np.isin(np.arange(len(points)), triangles[region == Region.FILAMENT])
        for k, chain in enumerate(bodies[:-1]):
            floating[inside & (metal == metal[chain[0]])] = k
    return CellMesh(
        points,
        triangles,
        region,
        filament_nodes=np.concatenate(bodies),
        electrode_nodes=_chain(lines[line_tags == Surface.ACTIVE_ELECTRODE], top),
        electrode_markers=np.full((line_tags == Surface.ACTIVE_ELECTRODE).sum() + 1, -1),
        floating=floating,
    )


def _components(elements, count):
    """The number of the connected part in which each of `count` nodes is, (count,); elements (k, m) of nodes."""
    pairs = elements[:, :-1].ravel(), elements[:, 1:].ravel()
    graph = coo_matrix((np.ones(len(pairs[0])), pairs), shape=(count, count))
    return connected_components(graph, directed=False)[1]


def _chain(edges, start):
    """Order edges (k, 2) into one open chain of k + 1 nodes that begins at start(nodes)."""
    nodes = np.unique(edges)
    if len(nodes) != len(edges) + 1:
        raise ResultsError("the edges of an interface do not form one open curve")
    chain, left = [nodes[start(nodes)]], {tuple(edge) for edge in edges.tolist()}
    while left:
        edge = next((e for e in left if chain[-1] in e), None)
        if edge is None:
            raise ResultsError("the edges of an interface do not form one open curve")
        left.remove(edge)
        chain.append(edge[0] if edge[1] == chain[-1] else edge[1])
    return np.array(chain)
