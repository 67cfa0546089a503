"""The triangulated cross-section of a cell as plain arrays: what gmsh makes, what moves, what dolfinx is given."""

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from ecmsim.shape.filament import Filament
from ecmsim.shape.gap import Gap


class Region(IntEnum):
    """Tags of the four regions (cell tags of the mesh files)."""

    COUNTER_ELECTRODE = 1
    FILAMENT = 2
    SWITCHING_LAYER = 3
    ACTIVE_ELECTRODE = 4


METALS = (Region.COUNTER_ELECTRODE, Region.FILAMENT, Region.ACTIVE_ELECTRODE)


class Surface(IntEnum):
    """Tags of the curves (line tags of the mesh files)."""

    FILAMENT = 11  # filament/switching layer: deposition, tunnelling
    ACTIVE_ELECTRODE = 12  # active electrode/switching layer: dissolution, tunnelling
    BOTTOM = 13  # grounded, at ambient temperature
    TOP = 14  # to the source, at ambient temperature
    WALL = 15
    AXIS = 16


@dataclass(frozen=True)
class CellMesh:
    """points (n, 2) in nm; triangles (m, 3); region (m,) of Region; ordered node lists of the two interfaces.

    filament_nodes run from the tip to the foot, electrode_nodes from the axis to the wall.
    electrode_markers: for each electrode node the place along the outline that it mirrors, as told by
    ecmsim.shape.spacing.electrode_nodes, -1 for none.
    floating (n,): the number of the floating body (from the topmost on) of whose metal a node is, -1 for others; None
    where no body floats. All bodies are of the region FILAMENT, and filament_nodes run along all of their outline.
    needle: how many of the electrode's nodes, from the axis on, are its needle's; 0: it is a plane with a void.
    """

    points: np.ndarray
    triangles: np.ndarray
    region: np.ndarray
    filament_nodes: np.ndarray
    electrode_nodes: np.ndarray
    electrode_markers: np.ndarray
    floating: np.ndarray | None = None
    needle: int = 0

    def at(self, points):
        """The same mesh with its nodes elsewhere."""
        return replace(self, points=points)

    @property
    def gap(self) -> Gap:
        """The gap between the nodes, which lie on the outlines to round-off: what the fields see of it."""
        return Gap(Filament(self.filament_points), self.electrode_points)

    @property
    def filament_points(self):
        return self.points[self.filament_nodes]

    @property
    def electrode_points(self):
        return self.points[self.electrode_nodes]

    def nodes_of(self, *regions):
        """Mask of the nodes of some regions, their boundaries included, (n,)."""
        mask = np.zeros(len(self.points), dtype=bool)
        mask[self.triangles[np.isin(self.region, regions)]] = True
        return mask

    @property
    def needle_nodes(self):
        """The nodes of the electrode's needle, (m,)."""
        return self.electrode_nodes[: self.needle]

    def reacting_edges(self, surface):
        """Node pairs of an interface where ions react, (k, 2): around a needle the electrode's plane does not."""
        edges = self.edges(surface)
        return edges[: self.needle - 1] if self.needle and surface == Surface.ACTIVE_ELECTRODE else edges

    def edges(self, surface):
        """Node pairs of a tagged curve, (k, 2)."""
        if surface == Surface.FILAMENT:
            edges = np.stack([self.filament_nodes[:-1], self.filament_nodes[1:]], axis=1)
            return edges[(self.points[edges, 0] > 0).any(axis=1)]  # none from body to body
        if surface == Surface.ACTIVE_ELECTRODE:
            return np.stack([self.electrode_nodes[:-1], self.electrode_nodes[1:]], axis=1)
        axis, value = {
            Surface.BOTTOM: (1, self.points[:, 1].min()),
            Surface.TOP: (1, self.points[:, 1].max()),
            Surface.WALL: (0, self.points[:, 0].max()),
            Surface.AXIS: (0, 0.0),
        }[surface]
        nodes = np.nonzero(np.abs(self.points[:, axis] - value) < 1e-9)[0]
        nodes = nodes[np.argsort(self.points[nodes, 1 - axis])]
        return np.stack([nodes[:-1], nodes[1:]], axis=1)

    def quality(self):
        """Shape quality of each triangle: 1 equilateral, 0 degenerate, negative if turned over; (m,)."""
        # By columns, as every step of a run asks for all triangles.
        corners = self.triangles.T
        (ax, bx, cx), (ay, by, cy) = (np.ascontiguousarray(self.points[:, k])[corners] for k in (0, 1))
        ux, uy, vx, vy, wx, wy = bx - ax, by - ay, cx - bx, cy - by, cx - ax, cy - ay
        double_area = ux * wy - uy * wx
        squares = ux * ux + uy * uy + (vx * vx + vy * vy) + (wx * wx + wy * wy)
        return 2 * np.sqrt(3) * double_area / squares
