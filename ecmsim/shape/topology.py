"""What happens to an outline whose parts meet: loops are cut off, a neck thinner than an atom breaks.

(How the pieces go on as bodies of their own, bodies.py says.)

A dissolving front sharpens its convex edges and a growing one its notches; marker points that are moved along their
normals there overtake each other and leave a small loop, which is no part of the metal's surface (Sethian, Level Set
Methods and Fast Marching Methods, Cambridge 1999, chapter 1: the entropy condition).
"""

from dataclasses import dataclass

import numpy as np

from ecmsim.shape.filament import Filament, OutlineError
from ecmsim.shape.polyline import cross2, crossing_segments


@dataclass(frozen=True)
class Neck:
    """The narrowest place between tip and foot of a body: index of its outline point, radius and height in nm."""

    index: int
    radius: float
    height: float


def neck(filament: Filament, among=True) -> Neck | None:
    """The thinnest place with wider metal above it, possibly the foot; None where it only widens downwards.

    A floating body is as wide below the place, too. among: the points that are asked, (n,) bool.
    """
    r, z = filament.points.T
    waist = np.zeros(len(r), dtype=bool)
    for part, body in zip(filament.parts, filament.bodies, strict=True):
        wide = np.maximum.accumulate(r[part])
        if body.floats:
            wide = np.minimum(wide, np.maximum.accumulate(r[part][::-1])[::-1])
        waist[part] = r[part] < wide - 1e-9
    waist &= among
    if not waist.any():
        return None
    index = int(np.nonzero(waist)[0][np.argmin(r[waist])])
    return Neck(index, float(r[index]), float(z[index]))


def untangled(filament: Filament, values, largest=0.02):
    """The outline without its loops, values (n, k) of the points that stay, and whether anything was cut.

    A loop is replaced by the point where the outline crosses itself. largest: volume of a loop, over that of the
    filament, above which this is no loop of markers but two parts of the surface that meet: raises OutlineError.
    """
    if len(filament.parts) > 1:
        parts = zip(filament.bodies, filament.parts, strict=True)
        bodies, values, cut = zip(*(untangled(body, values[part], largest) for body, part in parts), strict=True)
        return Filament.of_bodies(bodies), np.vstack(values), any(cut)
    points, values, cut = _trimmed(filament, np.asarray(values))
    for _ in range(len(points)):
        crossed = crossing_segments(points)
        if not crossed.size:
            return Filament(points), values, cut
        # The innermost loop first.
        i, j = crossed[np.argmin(crossed[:, 1] - crossed[:, 0])]
        a, b, c, d = points[i], points[i + 1], points[j], points[j + 1]
        s = cross2(c - a, d - c) / cross2(b - a, d - c)
        meeting = a + np.clip(s, 0, 1) * (b - a)
        lost = abs(Filament(np.vstack([meeting, points[i + 1 : j + 1], meeting])).volume)
        if lost > largest * filament.volume:
            raise OutlineError(
                f"two parts of the filament's surface meet at r = {meeting[0]:.3g} nm, z = {meeting[1]:.3g} nm"
            )
        value = values[i] + np.clip(s, 0, 1) * (values[i + 1] - values[i])
        points = np.vstack([points[: i + 1], meeting, points[j + 1 :]])
        values = np.vstack([values[: i + 1], value, values[j + 1 :]])
        cut = True
    raise OutlineError("the filament's outline cannot be untangled")


def _trimmed(filament, values):
    """End the outline of a body where it first reaches the axis (seen from the foot) and the counter electrode, that of
    a floating one at both ends where it reaches the axis (seen from its widest place)."""
    points = filament.points
    if filament.floats:
        return _trimmed_at_poles(points, values)
    r, z = points.T
    beyond = np.nonzero(r[1:-1] <= 0)[0] + 1
    below = np.nonzero(z[1:-1] <= 0)[0] + 1
    if not beyond.size and not below.size:
        return points, values, False
    first, last = (beyond[-1], beyond[-1] + 1) if beyond.size else (0, 1)
    tail = below[0] if below.size else len(points) - 1
    if tail <= last:
        raise OutlineError("the filament's outline comes to the counter electrode before it has left the axis")
    kept, carried = points[last : tail + 1].copy(), values[last : tail + 1].copy()
    if below.size:
        s = z[tail - 1] / (z[tail - 1] - z[tail])
        kept[-1] = r[tail - 1] + s * (r[tail] - r[tail - 1]), 0.0
        carried[-1] = values[tail - 1] + s * (values[tail] - values[tail - 1])
    s = r[first] / (r[first] - r[last]) if beyond.size else 0.0
    tip = [0.0, z[first] + s * (z[last] - z[first])]
    value = values[first] + s * (values[last] - values[first])
    return np.vstack([tip, kept]), np.vstack([value, carried]), True


def _trimmed_at_poles(points, values):
    widest = int(np.argmax(points[:, 0]))
    beyond = np.nonzero(points[1:-1, 0] <= 0)[0] + 1
    if not beyond.size:
        return points, values, False
    head = beyond[beyond < widest].max(initial=-1)
    tail = beyond[beyond > widest].min(initial=len(points))
    points, values = points.copy(), values.copy()
    for outside, inside in ((head, head + 1), (tail, tail - 1)):
        if 0 <= outside < len(points):  # what is outside becomes the pole
            s = points[outside, 0] / (points[outside, 0] - points[inside, 0])
            for array in (points, values):
                array[outside] += s * (array[inside] - array[outside])
            points[outside, 0] = 0.0
    kept = slice(max(head, 0), tail + 1)
    return points[kept], values[kept], True


def ruptured(filament: Filament, at: Neck, values, nucleus_radius):
    """What stays on the counter electrode when the neck breaks: filament, values of its points.

    It has a flat top; where less than the nucleus (its radius in nm) would stay, the nucleus does.
    """
    values = np.asarray(values)
    if at.height < nucleus_radius:
        nucleus = Filament.nucleus(nucleus_radius)
        return nucleus, np.repeat(values[at.index][None], len(nucleus.points), axis=0)
    points = np.vstack([[0.0, at.height], filament.points[at.index :]])
    return Filament(points), np.vstack([values[at.index], values[at.index :]])
