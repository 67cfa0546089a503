"""Mesh files: gmsh's format (or any that meshio writes) with the tags of Region and Surface."""

import numpy as np

from ecmsim.errors import ResultsError
from ecmsim.models.full.mesh.cell_mesh import CellMesh, Surface


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
    return CellMesh(
        points,
        content.cells_dict["triangle"].astype(np.int64),
        tags["triangle"].astype(np.int64),
        filament_nodes=_chain(lines[line_tags == Surface.FILAMENT], start=lambda n: points[n, 0].argmin()),
        electrode_nodes=_chain(lines[line_tags == Surface.ACTIVE_ELECTRODE], start=lambda n: points[n, 0].argmin()),
        electrode_markers=np.full((line_tags == Surface.ACTIVE_ELECTRODE).sum() + 1, -1),
    )


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
