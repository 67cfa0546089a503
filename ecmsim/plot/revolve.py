"""Bodies of revolution of a snapshot: its triangles swept about the axis, with a field on them."""

from dataclasses import dataclass

import numpy as np

from ecmsim.plot import field
from ecmsim.plot.field import FILAMENT, LAYER, Section
from ecmsim.shape.filament import Filament
from ecmsim.shape.gap import Gap

QUANTITIES = {name: field.QUANTITIES[name] for name in ("temperature", "current_density", "potential")}
COUNTER, ACTIVE = 0, 3  # material numbers of the electrodes
TURN_DEG = 16.0  # of the cut, to the left of the viewer
RESOLUTION = 240  # facets around the axis


@dataclass(frozen=True)
class Solid:
    """What is drawn of a snapshot: its half section, and a field on its points as the filament has it."""

    snapshot: object
    section: Section
    quantity: field.Quantity
    values: np.ndarray
    gap_nm: float
    gap_at: np.ndarray  # (2, 2): the ends of the smallest vertical gap, (r, z) in nm
    atom_nm: float  # diameter of an atom of the filament

    @classmethod
    def of(cls, run, snapshot, quantity):
        """Read it from a Snapshot of a run."""
        section = Section.of(snapshot)
        chosen = QUANTITIES[quantity]
        values = section.values(chosen)
        if not chosen.on_points:
            values = on_points(section, values, section.material == FILAMENT)
        outline = run.outlines.nearest(time_s=snapshot.time_s)
        filament = Filament(outline.points)
        radius, gap = Gap(filament, outline.electrode_points).seen("vertical")
        k = int(np.argmin(gap))
        foot = np.interp(radius[k], *filament.top().T)
        ends = np.array([[radius[k], foot], [radius[k], foot + gap[k]]])
        return cls(
            snapshot,
            section,
            chosen,
            values,
            float(gap[k]),
            ends,
            2 * run.setting("filament.rupture_radius", "nm", 0.128),
        )

    @property
    def filament(self):
        """Which triangles are the filament's."""
        return self.section.material == FILAMENT

    @property
    def roof(self):
        """Height of the layer, nm."""
        layer = self.section.points[self.section.triangles[self.section.material == LAYER]]
        return float(layer[..., 1][layer[..., 0] >= 0.9 * layer[..., 0].max()].max())

    @property
    def radius(self):
        """Largest radius of the filament, nm."""
        return float(self.section.points[self.section.triangles[self.filament], 0].max())

    def body(self, cut=0.0):
        """The filament as a closed surface (pyvista.PolyData, nm), less a wedge of an angle (deg) towards the viewer.

        Its array `field` holds the quantity. The volume of the whole body is that of the snapshot's triangles revolved.
        """
        return revolved(self.section, FILAMENT, self.values, cut)


def on_points(section, values, chosen):
    """A field of cells (m,) averaged at the points (n,), over the chosen triangles around each by area; else nan."""
    corners = section.points[section.triangles[chosen]]
    (ax, ay), (bx, by) = (corners[:, 1] - corners[:, 0]).T, (corners[:, 2] - corners[:, 0]).T
    weight = np.repeat(np.abs(ax * by - ay * bx), 3)
    index = section.triangles[chosen].ravel()
    total = np.bincount(index, weight, len(section.points))
    summed = np.bincount(index, weight * np.repeat(values[chosen], 3), len(section.points))
    return np.where(total > 0, summed / np.maximum(total, 1e-300), np.nan)


def revolved(section, material, values=None, cut=0.0, window=None):
    """A material of a half section swept about the axis, a closed pyvista.PolyData in nm; None outside the window.

    values: a field on the points (n,), kept as `field`. cut: angle (deg) left out in front. window: half width and
    lowest and highest z (nm) to keep.
    """
    import pyvista

    chosen = section.triangles[section.material == material]
    used, chosen = np.unique(chosen, return_inverse=True)
    flat = pyvista.PolyData(field.upright(section.points[used]), np.insert(chosen.reshape(-1, 3), 0, 3, axis=1).ravel())
    flat["field"] = np.zeros(len(used)) if values is None else values[used]
    if window is not None:
        flat = field.clipped(flat, window)
        if flat is None:
            return None
    angle = 360.0 - cut
    body = flat.extrude_rotate(resolution=int(np.ceil(RESOLUTION * angle / 360)), angle=angle, capping=cut > 0)
    body = body.triangulate().clean(tolerance=1e-7, absolute=True)
    corners = body.regular_faces
    corners = corners[(corners != np.roll(corners, 1, axis=1)).all(axis=1)]  # what the axis sweeps has no area
    values, body = body["field"], pyvista.PolyData.from_regular_faces(body.points, corners)
    body["field"] = values
    body = body.compute_normals(
        cell_normals=True, point_normals=False, consistent_normals=True, auto_orient_normals=True
    )
    return body.rotate_z(-90 - TURN_DEG + 0.5 * cut)
