"""The active electrode's surface: flat at first, with the void that dissolution leaves above the filament."""

from dataclasses import dataclass

import numpy as np

from ecmsim.shape.filament import Filament


@dataclass(frozen=True)
class ActiveElectrode:
    """Law of the electrode's surface: where it is for a given filament.

    layer_thickness L, cell_radius R, nucleus_radius (nm); dissolution: the law of the recess, with the methods of
    ecmsim.physics.roles.Dissolution, or None for an inert surface; clearance (nm): how far the void reaches beyond the
    filament sideways.
    """

    layer_thickness: float
    cell_radius: float
    nucleus_radius: float
    dissolution: object | None
    clearance: float = 0.0

    @classmethod
    def from_config(cls, config, dissolution):
        """The electrode that a configuration describes, with the law of its dissolution."""
        cell = config.cell
        clearance = config.dissolution.clearance if dissolution else 0.0
        return cls(cell.layer_thickness, cell.radius, cell.nucleus_radius, dissolution, clearance)

    def surface(self, filament: Filament, memory=0.0):
        """The surface as a polyline (m + 1, 2) from the axis to the wall, nm, one point above each outline point.

        memory (m,): the offset of each outline point, nm, as `remembered` makes it; zero for a filament that only grew.

        Points of the outline that lie below an overhang share the position of the last one above it. The void is
        the filament's mirror image: a point of the outline at (r, z) with normal n leaves the surface at
        (r + clearance n_r, L + recess(z - z0)), z0 being the height of the nucleus there.
        """
        r = filament.points[:, 0]
        depth = self.depth(filament, memory)
        normal = filament.area_vectors()
        shift = self.clearance * np.clip(normal[:, 0] / np.hypot(*normal.T), 0, 1)
        # The mirror image must be the graph of a function of r: each radius belongs to the topmost point.
        position = np.maximum.accumulate(r + shift)
        surface = np.stack([position, self.layer_thickness + _one_way(position, depth)], axis=1)
        return np.vstack([surface, [self.cell_radius, self.layer_thickness]])

    def depth(self, filament: Filament, memory):
        """How far the surface has receded above each of the outline's points, nm, (m,)."""
        if self.dissolution is None:
            return np.zeros(len(filament.points))
        return self.dissolution.recess(self._growth(filament), memory)

    def left_alone(self, filament: Filament, memory, depth):
        """Offsets (m,) that leave the surface at a depth (m,), nm, where anything is remembered: points have been put
        between others, and what these remember goes with the height of the nucleus below them, which is no straight
        line. memory (m,): theirs, interpolated."""
        moved = self.depth(filament, memory) - depth
        return self.remembered(filament, memory + np.where(memory, moved, 0.0))

    def remembered(self, filament: Filament, memory):
        """Offsets (m,) of the outline's points after a move; see MirroredDissolution.remembered."""
        return self.dissolution.remembered(self._growth(filament), memory) if self.dissolution else memory

    def _growth(self, filament):
        """Height of each point over that of the nucleus there, nm, (m,)."""
        r, z = filament.points.T
        return z - np.sqrt(np.maximum(self.nucleus_radius**2 - r**2, 0.0))


def _one_way(position, depth):
    """Depths (m,) that go one way only between the first and the last point of each upright wall.

    position (m,), never falling: the points of a wall share one. What each remembers may let its depth pass that of
    the one before; the wall between its ends is the same, but its line would come back over itself.
    """
    level = position[1:] == position[:-1]
    if not (level[1:] & level[:-1]).any():
        return depth
    depth = depth.copy()
    edges = np.flatnonzero(~level) + 1
    for start, stop in zip(np.append(0, edges), np.append(edges, len(position)), strict=True):
        if stop - start > 2:
            first, last = depth[start], depth[stop - 1]
            within = np.clip(depth[start:stop], min(first, last), max(first, last))
            depth[start:stop] = (np.minimum if last < first else np.maximum).accumulate(within)
    return depth
