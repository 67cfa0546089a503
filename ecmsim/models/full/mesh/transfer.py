"""Fields of an old mesh at the nodes of a new one."""

import numpy as np
from scipy.spatial import cKDTree

from ecmsim.models.full.mesh.cell_mesh import CellMesh

AT_ONCE = 50_000  # points: more take gigabytes


def interpolate(mesh: CellMesh, values, points, regions=None, candidates=24):
    """Piecewise linear fields of a mesh at other points.

    values (n, k) at the mesh's nodes; points (p, 2); regions: use triangles of these regions only. A point outside
    takes the value of the nearest triangle found, at the closest admissible barycentric coordinates. Returns (p, k).
    """
    chosen = np.ones(len(mesh.triangles), bool) if regions is None else np.isin(mesh.region, list(regions))
    triangles = mesh.triangles[chosen]
    corners = mesh.points[triangles]
    tree, values = cKDTree(corners.mean(axis=1)), np.asarray(values)
    found = np.empty((len(points), values.shape[1]))
    for first in range(0, len(points), AT_ONCE):
        some = points[first : first + AT_ONCE]
        near = tree.query(some, k=min(candidates, len(triangles)))[1].reshape(len(some), -1)
        inside, weights = _nearest(corners, near, some)
        found[first : first + AT_ONCE] = np.einsum("pi,pik->pk", weights, values[triangles[inside]])
    return found


def _nearest(corners, near, points):
    """Of some triangles near each point, (p, c), the one that holds it best, (p,), and its barycentric coordinates
    there, (p, 3)."""
    a, b, c = (corners[near, i] for i in range(3))
    ab, ac, ap = b - a, c - a, points[:, None] - a
    determinant = ab[..., 0] * ac[..., 1] - ab[..., 1] * ac[..., 0]
    u = (ap[..., 0] * ac[..., 1] - ap[..., 1] * ac[..., 0]) / determinant
    v = (ab[..., 0] * ap[..., 1] - ab[..., 1] * ap[..., 0]) / determinant
    weights = np.stack([1 - u - v, u, v], axis=-1)
    best = weights.min(axis=-1).argmax(axis=1)
    row = np.arange(len(points))
    weights = np.clip(weights[row, best], 0, None)
    weights /= weights.sum(axis=1, keepdims=True)
    return near[row, best], weights
