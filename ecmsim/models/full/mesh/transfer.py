"""Fields of an old mesh at the nodes of a new one."""

import numpy as np
from scipy.spatial import cKDTree

from ecmsim.models.full.mesh.cell_mesh import CellMesh

AT_ONCE = 50_000  # points: more take gigabytes
ROUND_OFF = 1e-9  # of a barycentric coordinate
FEW = 5  # triangles among which nearly every point is found


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
        inside, weights, best = _nearest(corners, _near(tree, some, FEW), some)
        if (lost := best < -ROUND_OFF).any():
            inside[lost], weights[lost], _ = _nearest(corners, _near(tree, some[lost], candidates), some[lost])
        found[first : first + AT_ONCE] = np.einsum("pi,pik->pk", weights, values[triangles[inside]])
    return found


def _near(tree, points, count):
    """The triangles whose centres are nearest to each point, (p, count)."""
    return tree.query(points, k=min(count, tree.n))[1].reshape(len(points), -1)


def _nearest(corners, near, points):
    """Of some triangles near each point, (p, c), the one that holds it best, (p,), its barycentric coordinates there,
    (p, 3), and the least of them before they are made admissible, (p,)."""
    a, b, c = (corners[near, i] for i in range(3))
    ab, ac, ap = b - a, c - a, points[:, None] - a
    determinant = ab[..., 0] * ac[..., 1] - ab[..., 1] * ac[..., 0]
    u = (ap[..., 0] * ac[..., 1] - ap[..., 1] * ac[..., 0]) / determinant
    v = (ab[..., 0] * ap[..., 1] - ab[..., 1] * ap[..., 0]) / determinant
    weights = np.stack([1 - u - v, u, v], axis=-1)
    best = weights.min(axis=-1).argmax(axis=1)
    row = np.arange(len(points))
    weights = weights[row, best]
    least = weights.min(axis=1)
    weights = np.clip(weights, 0, None)
    weights /= weights.sum(axis=1, keepdims=True)
    return near[row, best], weights, least
