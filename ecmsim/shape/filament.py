"""The filament: an axisymmetric outline that knows its volume, its top and its bodies, and knows no mesh.

The outline is a polyline (r, z) in nm, ordered from the tip on the axis (r = 0) along the surface to the foot on
the counter electrode (z = 0). The switching layer lies to the right of it. All methods are pure NumPy.

A filament that has broken consists of several bodies of metal on the axis, which one outline describes as well: where
it comes back to the axis a body ends; it then goes straight down along the axis, through the layer, to where the next
body begins. These pieces on the axis enclose nothing and have no surface: volumes, what is seen from above, crossings
and what is drawn need not know of them. What is asked of points (normals, turning, ...) is asked of each body by
itself. The lowest body is rooted in the counter electrode, the others float: they end on the axis (r = 0) at their
lower pole.
"""

from dataclasses import dataclass
from functools import cached_property, wraps

import numpy as np

from ecmsim.errors import SolveError
from ecmsim.shape.polyline import crossing_segments, distance_to_polyline, spaced, turns

EDGE = 0.4  # turn in rad above which a point of a converging surface counts as an edge, not as part of a curve
LEAST_SCALE = 0.5  # of a velocity: a part that the points see so badly is left as it is
FEWEST = 8  # points of a floating body, however small
NEEDLE = 0.2  # radius over the distance of the points around, below which a place is one of a needle


class OutlineError(SolveError):
    """The outline is no longer that of one solid filament (it crosses itself, or leaves the cell)."""


def _monotone(r, z):
    """The pieces of a polyline over which z does nothing but rise or fall, each as (r, z) with z rising."""
    way = np.sign(np.diff(z))
    ends = np.append(np.flatnonzero(np.diff(way)) + 1, len(way))
    for start, end in zip(np.append(0, ends[:-1]), ends, strict=True):
        if way[start]:
            piece = slice(start, end + 1)
            order = slice(None, None, int(way[start]))
            yield r[piece][order], z[piece][order]


def of_each_body(method):
    """A method that tells something of points (n, ...), given such: of several bodies it is asked one by one."""

    @wraps(method)
    def told(self, *values):
        if len(self.parts) == 1:
            return method(self, *values)
        parts = zip(self.bodies, self.parts, strict=True)
        return np.concatenate([method(body, *(value[part] for value in values)) for body, part in parts])

    return told


def once(method):
    """A method without arguments, asked once: a filament stays as it is, and so must the array that it tells."""
    name = f"_{method.__name__}"

    @wraps(method)
    def told(self):
        found = self.__dict__.get(name)
        if found is None:
            found = self.__dict__[name] = method(self)
            found.flags.writeable = False
        return found

    return told


@dataclass(frozen=True)
class Filament:
    """The filament's outline. points: (n, 2) array of (r, z) in nm, from the tip to the foot."""

    points: np.ndarray

    @cached_property
    def parts(self):
        """Which points are those of each body, from the topmost to the rooted one: a tuple of slices."""
        poles = np.nonzero(self.points[1:-1, 0] == 0)[0] + 1
        if not poles.size:
            return (slice(0, len(self.points)),)
        lower, upper = poles[::2], poles[1::2]
        if len(lower) != len(upper) or np.any(upper != lower + 1):  # no outline of bodies: see `check`
            lower = upper = np.empty(0, dtype=int)
        first, last = [0, *upper.tolist()], [*(lower + 1).tolist(), len(self.points)]
        return tuple(slice(a, b) for a, b in zip(first, last, strict=True))

    @cached_property
    def bodies(self):
        """Each body as a Filament of its own, from the topmost to the rooted one, a tuple."""
        return (self,) if len(self.parts) == 1 else tuple(Filament(self.points[part]) for part in self.parts)

    @classmethod
    def of_bodies(cls, bodies):
        """The filament that consists of bodies (Filaments), from the topmost to the rooted one."""
        return cls(np.vstack([body.points for body in bodies]))

    @property
    def rooted(self):
        """The body on the counter electrode."""
        return self.bodies[-1]

    @cached_property
    def floats(self):
        """Whether the only (or the lowest) body ends on the axis, (bool)."""
        return bool(self.points[-1, 0] == 0)

    @cached_property
    def clearance(self):
        """Distance of each point to the other bodies, nm, (n,); infinite where there are none."""
        found = np.full(len(self.points), np.inf)
        for part in self.parts if len(self.parts) > 1 else ():
            others = (other.points for other, its in zip(self.bodies, self.parts, strict=True) if its != part)
            found[part] = np.min([distance_to_polyline(self.points[part], other) for other in others], axis=0)
        return found

    @classmethod
    def nucleus(cls, radius, segments=10):
        """A stable nucleus: a quarter circle of the given radius (nm) at the origin."""
        angle = np.linspace(0.0, np.pi / 2, segments + 1)
        points = radius * np.stack([np.sin(angle), np.cos(angle)], axis=1)
        points[0, 0] = points[-1, 1] = 0.0
        return cls(points)

    @property
    def height(self):
        """Height of the tip on the axis, nm."""
        return float(self.points[0, 1])

    @property
    def highest(self):
        """Height of the highest point, nm."""
        return float(self.points[:, 1].max())

    @cached_property
    def radius_max(self):
        """Largest radius, nm."""
        return float(self.points[:, 0].max())

    @property
    def radius_mean(self):
        """Radius of the cylinder of the same volume and height, nm."""
        return float(np.sqrt(self.volume / (np.pi * self.height)))

    @property
    @once
    def segment_lengths(self):
        """Lengths of the n - 1 segments, nm."""
        return np.hypot(*(self.points[1:] - self.points[:-1]).T)

    @property
    @once
    @of_each_body
    def strip_widths(self):
        """Widths of the strips of surface around the points as rings, half-way to their neighbours, nm, (n,)."""
        half, width = 0.5 * self.segment_lengths, np.zeros(len(self.points))
        width[:-1] += half
        width[1:] += half
        return width

    @property
    @once
    @of_each_body
    def strip_areas(self):
        """Areas of these strips, nm2, (n,)."""
        r, half = self.points[:, 0], 0.5 * self.segment_lengths
        middle = 0.5 * (r[1:] + r[:-1])
        area = np.zeros(len(r))
        area[:-1] += np.pi * (r[:-1] + middle) * half
        area[1:] += np.pi * (r[1:] + middle) * half
        return area

    @cached_property
    def volume(self):
        """Volume of the solid of revolution, exact for the polyline (a stack of cone frusta), nm3."""
        r, z = self.points.T
        return float(np.pi / 3 * np.sum((z[:-1] - z[1:]) * (r[:-1] ** 2 + r[:-1] * r[1:] + r[1:] ** 2)))

    @property
    @once
    @of_each_body
    def around(self):
        """Mean length of the segments on both sides of each point, nm, (n,)."""
        length = self.segment_lengths
        return 0.5 * (np.concatenate([length[:1], length]) + np.concatenate([length, length[-1:]]))

    @once
    @of_each_body
    def area_vectors(self):
        """Gradient of the volume with respect to each point: outward nodal area vectors, (n, 2), nm2.

        Tip and poles stay on the axis and the foot on the counter electrode: their other components are zero.
        """
        r, z = self.points.T
        square = r[:-1] ** 2 + r[:-1] * r[1:] + r[1:] ** 2
        drop = z[:-1] - z[1:]
        gradient = np.zeros_like(self.points)
        gradient[:-1, 0] += drop * (2 * r[:-1] + r[1:])
        gradient[1:, 0] += drop * (r[:-1] + 2 * r[1:])
        gradient[:-1, 1] += square
        gradient[1:, 1] -= square
        gradient[0, 0] = gradient[-1, 0 if self.floats else 1] = 0.0
        return np.pi / 3 * gradient

    @once
    @of_each_body
    def normals(self):
        """Outward unit normal at each point, (n, 2): that of the circle through the point and its neighbours.

        The nearer neighbour's chord counts more (it lies closer to the tangent). At the tip and at a pole the normal is
        the axis; at the foot it is that of the last segment.
        """
        chord = self.points[1:] - self.points[:-1]
        length = self.segment_lengths[:, None]
        normal = np.stack([-chord[:, 1], chord[:, 0]], axis=1) / length
        inner = normal[:-1] * length[1:] + normal[1:] * length[:-1]
        found = np.empty_like(self.points)
        found[0], found[-1] = (0.0, 1.0), (0.0, -1.0) if self.floats else normal[-1]
        found[1:-1] = inner / np.hypot(*inner.T)[:, None]
        return found

    def growth_velocity(self, speed, volume_rate=None, lost=0.0):
        """Velocity of each point, (n, 2), for a normal speed (n,) of the surface, in the unit of speed.

        The tip moves along the axis; the foot slides on the counter electrode as fast as the surface's intersection
        with it (an angle flatter than 30 degrees counts as 30). volume_rate: volume per time that the outline is to
        gain in all, lost: that its dissolving parts lose (unit of speed times nm2). The velocities of what grows are
        scaled to volume_rate + lost, those of what dissolves to lost: this takes out the error of the polygon, of
        second order in its segments (handing it out segment by segment would put it where the outline is coarsest),
        and metal is conserved wherever both go on side by side. Of several bodies both are given for each, (bodies,).
        """
        speed, normal = np.asarray(speed), self.normals()
        velocity = speed[:, None] * self._along_edges(speed, normal)
        if not self.floats:
            velocity[-1] = [speed[-1] / max(normal[-1, 0], 0.5), 0.0]
        if volume_rate is None:
            return velocity
        rates = np.full(len(self.parts), volume_rate), np.full(len(self.parts), lost)
        gains = (self.area_vectors() * velocity).sum(axis=1)
        # Where a body has just lost its partner, its points may see a current that its edges do not have; and so may a
        # last point that is not yet on the nucleus, when all the others are.
        least = LEAST_SCALE if len(self.parts) == 1 else -np.inf
        for points, gained, given in zip(self.parts, *rates, strict=True):
            gain = gains[points]
            for part, wanted, smallest in ((gain > 0, gained + given, least), (gain < 0, -given, -np.inf)):
                total = gain[part].sum()
                if total and smallest < wanted / total < 1 / LEAST_SCALE:
                    velocity[points][part] *= max(wanted / total, 0.0)
        return velocity

    @of_each_body
    def _along_edges(self, speed, normal):
        """Direction and speed factor of each point, (n, 2): the normal, but at sharpening edges that of the edge.

        Two faces that move by v along their normals and converge meet in an edge that moves by v/cos(angle/2) along
        the bisector. Where they diverge, the edge rounds and its point moves like any other (Huygens).
        """
        turning = self.turning()
        share = np.clip((np.abs(turning) - 0.5 * EDGE) / EDGE, 0, 1) * (turning * speed > 0)
        chord = self.points[1:] - self.points[:-1]
        face = np.stack([-chord[:, 1], chord[:, 0]], axis=1) / self.segment_lengths[:, None]
        bisector = np.vstack([[[0.0, 1.0]], face[:-1] + face[1:], [[0.0, -1.0]] if self.floats else face[-1:]])
        bisector /= np.maximum(np.hypot(*bisector.T), 1e-12)[:, None]
        edge = bisector / np.maximum(np.cos(turning / 2), 0.4)[:, None]
        return normal + share[:, None] * (edge - normal)

    def sharpening(self, speed):
        """Where the moving surface converges to an edge, (n,) bool: convex and dissolving, or a growing notch."""
        turning = self.turning()
        return (np.abs(turning) > EDGE) & (turning * np.asarray(speed) > 0)

    def moved(self, displacement):
        """The outline displaced by (n, 2) nm."""
        return Filament(self.points + displacement)

    def top(self):
        """Upper envelope: what is seen of the outline from above, (m, 2), r strictly increasing.

        Beside an overhang the envelope drops from the rim to the surface below it.
        """
        r, z = self.points.T
        reach = np.maximum.accumulate(r)
        seen = r > np.concatenate([[-np.inf], reach[:-1]]) + 1e-9
        envelope = self.points[seen]
        # Segments that come out from under a rim: the envelope goes on where they pass below it.
        out = np.nonzero(seen[1:] & (r[:-1] < reach[:-1]))[0]
        if not out.size:
            return envelope
        rim = reach[out] + 2e-9
        below = z[out] + (rim - r[out]) / (r[out + 1] - r[out]) * (z[out + 1] - z[out])
        inner = rim < r[out + 1] - 1e-9
        envelope = np.vstack([envelope, np.stack([rim, below], axis=1)[inner]])
        return envelope[np.argsort(envelope[:, 0])]

    def top_height(self, radius):
        """Height of the topmost crossing of the column at each radius, 0 outside the filament; nm."""
        envelope = self.top()
        return np.interp(radius, envelope[:, 0], envelope[:, 1], right=0.0)

    def local_diameter(self, height):
        """Diameter of the filament at each height (the outermost crossing), 0 above it; nm."""
        height, found = np.asarray(height, dtype=float), 0.0
        r, z = self.points.T
        for r_run, z_run in _monotone(r, z):
            found = np.maximum(found, np.interp(height, z_run, r_run, left=0.0, right=0.0))
        return 2 * found

    @once
    @of_each_body
    def turning(self):
        """Angle by which the outline turns at each point (0 at the ends unless it has a kink there), rad, (n,)."""
        direction = self.points[1:] - self.points[:-1]
        # Tip and poles continue as their mirror image beyond the axis.
        beyond = [direction[-1] * [1, -1]] if self.floats else []
        direction = np.vstack([direction[0] * [1, -1], direction, *beyond])
        angle = turns(direction)
        return angle if self.floats else np.concatenate([angle, [0.0]])

    def resampled(self, values, spacing):
        """The same filament with segments of a wanted length: points inserted and removed, nothing smoothed.

        values (n, k) are carried along; spacing (n,) in nm. Points that stay do not move, but for what the changed
        chords gain or lose in volume: that is given back where the outline turns (in proportion to turning times
        segment length, as a chord's error is), so that the metal is conserved. Returns filament and values.
        """
        values, spacing = np.asarray(values), np.asarray(spacing)
        if len(self.parts) > 1:
            parts = zip(self.bodies, self.parts, strict=True)
            bodies, values = zip(*(body.resampled(values[part], spacing[part]) for body, part in parts), strict=True)
            return Filament.of_bodies(bodies), np.concatenate(values)
        points, carried = spaced(self.points, values, spacing)
        if self.floats and len(points) < FEWEST:
            return self, values
        values = carried
        volume, filament = self.volume, Filament(points)
        around = filament.around
        room = points[:, 0] > NEEDLE * around  # beside a needle's axis there is none
        room[points[:, 0] == 0] = True
        for _ in range(6):
            area = filament.area_vectors()
            size = np.hypot(*area.T)
            turning = -filament.turning() * around * room
            # Where convex and concave places cancel, both are moved the same way; where there is too little of either,
            # all are.
            for share in (turning, np.abs(turning), around * room):
                gain = float((share * size).sum())
                factor = (volume - filament.volume) / gain if gain else np.inf
                if np.max(np.abs(factor * share) / around) < 0.2:
                    filament = filament.moved((factor * share / size)[:, None] * area)
                    break
        return filament, values

    def check(self, cell_radius):
        """Raise OutlineError where the outline crosses itself, leaves the layer's floor or nears the wall."""
        if (crossed := crossing_segments(self.points)).size:
            r, z = self.points[crossed[0, 0]]
            raise OutlineError(f"the filament's outline crosses itself at r = {r:.3g} nm, z = {z:.3g} nm")
        inner = np.vstack([body.points[1 : -1 if body.floats else None] for body in self.bodies])
        if inner[:, 0].min() <= 0 or self.points[:-1, 1].min() <= 0 or self.floats:
            raise OutlineError("the filament's outline touches the axis or the counter electrode off its ends")
        poles = self.points[self.points[:, 0] == 0, 1]
        if np.any(np.diff(poles) >= 0):
            raise OutlineError("two bodies of the filament overlap on the axis")
        if self.radius_max > 0.9 * cell_radius:
            raise OutlineError(
                f"the filament (radius {self.radius_max:.3g} nm) reaches the outer wall: "
                f"choose a cell.radius well above {cell_radius:.3g} nm"
            )
