"""The gap between filament and active electrode: how wide it is, where, and the columns into which it is cut.

Everything that is told of the gap comes from here: the columns for the tunnelling current and for the atoms that
bridge it, its width seen from the points of either surface, and where it is smallest. Lengths in nm.

Of a filament of several bodies this gap is the one above its topmost surface, whichever body that belongs to. Further
down a column may cross the gaps between bodies as well: from the top of each but the topmost one up to the underside of
the nearest body above it (`between_bodies`).
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ecmsim.compiled import loops
from ecmsim.compiled.loops import in_c
from ecmsim.shape.filament import Filament
from ecmsim.shape.polyline import distance_to_polyline

GAUSS_POINTS, GAUSS_WEIGHTS = np.polynomial.legendre.leggauss(4)
LEAST_GAP = 1e-3  # nm
SLIVER = 1e-9  # nm: columns that are narrower are left out


@dataclass(frozen=True)
class Columns:
    """Pieces of columns, each between one segment of either surface, with Gauss points across it.

    below, above (e,): the segments, by their first points (between bodies both are the filament's); shape (e, q, 4):
    hat functions of their end points, two of the filament and two of the electrode; radius and foot (e, q): where each
    point stands on the filament; weight (e, q): 2 pi r dr in nm2; gap (e, q): what the tunnelling law is given.
    """

    below: np.ndarray
    above: np.ndarray
    shape: np.ndarray
    radius: np.ndarray
    foot: np.ndarray
    weight: np.ndarray
    gap: np.ndarray


@dataclass(frozen=True, eq=False)
class Gap:
    """The gap above a filament. surface (k, 2): the electrode's, a polyline from the axis outwards; of one that hangs
    over (a needle's) a column ends where it meets it first.

    What is asked for with a definition is "vertical", straight up, or "shortest", to the nearest point.
    """

    filament: Filament
    surface: np.ndarray

    def columns(self, definition) -> Columns:
        """The columns, cut where either surface has a point, above the filament's topmost surface."""
        return self._shortest_columns if definition == "shortest" else self._columns

    def between_bodies(self, definition) -> tuple[Columns, ...]:
        """The columns of the gaps between bodies, from the topmost to the lowest gap; empty where there is one body."""
        bodies = self.filament.bodies
        return tuple(self._columns_above(lower, definition) for lower in range(1, len(bodies)))

    def seen(self, definition):
        """Gap at each point of the filament's upper envelope: radii (m,) and gaps (m,)."""
        return self._envelope[:, 0], self._shortest if definition == "shortest" else self._vertical

    def smallest(self, definition):
        """The smallest gap of the upper envelope's points, and the radius at which it is."""
        radii, gaps = self.seen(definition)
        narrowest = int(np.argmin(gaps))
        return float(gaps[narrowest]), float(radii[narrowest])

    def from_filament(self, definition):
        """Gap as seen from each point of the outline, (n,); negative, vertically, where the surfaces overlap."""
        if definition == "shortest":
            return distance_to_polyline(self.filament.points, self.surface)
        r, z = self.filament.points.T
        return np.interp(r, *self.underside.T) - z

    def from_electrode(self, definition):
        """Gap as seen from each point of the electrode's surface, (k,); infinite beside the filament, vertically."""
        if definition == "shortest":
            return distance_to_polyline(self.surface, self.filament.points)
        r, z = self.surface.T
        return np.where(r <= self.filament.radius_max, z - self.filament.top_height(r), np.inf)

    @cached_property
    def underside(self):
        """What is seen of the electrode's surface from below, a graph over r, (m, 2)."""
        if (np.diff(self.surface[:, 0]) >= 0).all():
            return self.surface
        return Filament(self.surface * [1.0, -1.0]).top() * [1.0, -1.0]

    @cached_property
    def _envelope(self):
        return self.filament.top()

    @cached_property
    def _vertical(self):
        r, z = self._envelope.T
        return np.interp(r, *self.underside.T) - z

    @cached_property
    def _shortest(self):
        return distance_to_polyline(self._envelope, self.surface)

    @cached_property
    def _columns(self):
        lower, upper = self.filament.points, self.surface
        breaks = _breaks(lower[:, 0], upper[upper[:, 0] < lower[:, 0].max(), 0])
        middle = 0.5 * (breaks[:-1] + breaks[1:])
        below, above = covering(lower, middle, np.argmax), covering(upper, middle, np.argmin)
        return _cut(lower, upper, breaks, below, above)

    def _columns_above(self, number, definition):
        """The columns between a body, by its number, and the undersides of those above it."""
        points, parts, bodies = self.filament.points, self.filament.parts, self.filament.bodies
        radius = min(bodies[number].radius_max, max(body.radius_max for body in bodies[:number]))
        radii = np.append(points[: parts[number].stop, 0], radius)
        breaks = _breaks(radii[radii <= radius])
        middle = 0.5 * (breaks[:-1] + breaks[1:])
        below = parts[number].start + covering(bodies[number].points, middle, np.argmax)
        above = np.zeros(len(middle), dtype=int)
        for part, body in zip(parts[:number], bodies[:number], strict=True):  # the nearest one comes last
            covered = middle < body.radius_max
            above[covered] = part.start + covering(body.points, middle[covered], np.argmin)
        columns = _cut(points, points, breaks, below, above)
        if definition == "shortest":
            feet = np.stack([columns.radius, columns.foot], axis=-1).reshape(-1, 2)
            gap = np.min([distance_to_polyline(feet, body.points) for body in bodies[:number]], axis=0)
            columns = replace(columns, gap=np.maximum(gap.reshape(columns.gap.shape), LEAST_GAP))
        return columns

    @cached_property
    def _shortest_columns(self):
        cut = self._columns
        points = np.stack([cut.radius, cut.foot], axis=-1)
        gap = distance_to_polyline(points.reshape(-1, 2), self.surface).reshape(cut.gap.shape)
        return replace(cut, gap=np.maximum(gap, LEAST_GAP))


def _breaks(*radii):
    """Where columns are cut: the radii in their order, each once."""
    breaks = np.unique(np.concatenate(radii))
    return breaks[np.append(True, np.diff(breaks) > SLIVER)]


def _cut(lower, upper, breaks, below, above):
    """The columns between breaks (e + 1,), from segments `below` of one polyline to segments `above` of another
    (e,)."""
    start, stop = breaks[:-1], breaks[1:]
    middle = 0.5 * (start + stop)
    radius = middle[:, None] + 0.5 * (stop - start)[:, None] * GAUSS_POINTS
    weight = 2 * np.pi * radius * 0.5 * (stop - start)[:, None] * GAUSS_WEIGHTS
    (low, foot), (high, head) = _along(lower, below, radius), _along(upper, above, radius)
    shape = np.stack([1 - low, low, 1 - high, high], axis=-1)
    return Columns(below, above, shape, radius, foot, weight, np.maximum(head - foot, LEAST_GAP))


@in_c(loops.covering)
def covering(line, radius, choose):
    """The segment of a polyline that covers each radius, (e,): of several the highest (choose: np.argmax) or the
    lowest (np.argmin)."""
    r0, r1 = line[:-1, 0], line[1:, 0]
    covers = (np.minimum(r0, r1) <= radius[:, None]) & (radius[:, None] <= np.maximum(r0, r1))
    width = r1 - r0
    share = (radius[:, None] - r0) / np.where(np.abs(width) > 1e-12, width, 1e-12)
    height = line[:-1, 1] + np.clip(share, 0, 1) * np.diff(line[:, 1])
    return choose(np.where(covers, height, -np.inf if choose is np.argmax else np.inf), axis=1)


def _along(line, segment, radius):
    """How far along a segment radii (e, q) are, as a share of it, and its heights there."""
    (r0, z0), (r1, z1) = line[segment].T[..., None], line[segment + 1].T[..., None]
    s = (radius - r0) / np.where(np.abs(r1 - r0) > 1e-12, r1 - r0, 1e-12)
    return s, z0 * (1 - s) + z1 * s
