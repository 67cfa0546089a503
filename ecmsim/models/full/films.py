"""Thermal boundary resistances between metal and dielectric, taken up by the dielectric's elements at the interface.

The temperature has one value at each node, and none that jumps. A triangle of the layer that touches a metal, and whose
height over it is h, conducts in series with the boundary's resistance R: h/kappa' = h/kappa + R. Along planar
interfaces that is exact beyond the first row of elements, elsewhere of first order in h; within that row, where the
temperature should jump, it falls steeply.
"""

import numpy as np

from ecmsim.models.full.mesh.cell_mesh import METALS, CellMesh, Region


def inverse_heights(mesh: CellMesh):
    """Sum of 1/h over the metals that each triangle of the layer touches, (m,) in 1/nm; 0 for all others."""
    found = np.zeros(len(mesh.triangles))
    layer = np.nonzero(mesh.region == Region.SWITCHING_LAYER)[0]
    nodes = mesh.triangles[layer]
    corners = mesh.points[nodes]
    opposite = np.hypot(*np.moveaxis(np.roll(corners, -1, axis=1) - np.roll(corners, -2, axis=1), -1, 0))
    (ax, ay), (bx, by) = (corners[:, 1] - corners[:, 0]).T, (corners[:, 2] - corners[:, 0]).T
    double_area = np.abs(ax * by - ay * bx)
    for metal in METALS:
        touching = mesh.nodes_of(metal)[nodes]
        count = touching.sum(axis=1)
        # The edge that is across from the one corner at the metal, or the one that lies there.
        edge = np.where(count == 1, touching.argmax(axis=1), touching.argmin(axis=1))
        one_over = opposite[np.arange(len(nodes)), edge] / double_area
        found[layer] += np.where((count == 1) | (count == 2), one_over, 0.0)
    return found
