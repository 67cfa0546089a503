"""Bodies of metal on the axis: one that breaks becomes two, two that touch become one, none vanishes.

A filament is one body, rooted in the counter electrode, until a neck of it is thinner than an atom. The neck breaks:
one atom's diameter of it opens, and what was above floats in the layer from then on (several bodies are one outline,
see ecmsim.shape.filament). A floating body conducts, reacts, heats, relaxes, tunnels to its neighbours and may break
again; its potential is an unknown of the fields. Bodies that come nearer to each other than the contact gap become one,
by a neck that is wider than one that breaks. One of less than an atom is none: its metal goes over to the nearest body.

Metal that hangs from the active electrode needs no shape of its own. The electrode's surface and the metal in the layer
never touch (a run ends at the contact gap, or atoms bridge it): a hanging body is one that is bridged to the electrode.

Each of these keeps the volume to round-off. What a cut takes, or a new neck needs, is given back or taken along the
surface's normals near the place, on the same bodies. Lengths in nm; values (n, k) are what the points carry.
"""

import numpy as np

from ecmsim.shape.filament import Filament
from ecmsim.shape.polyline import crossing_segments

WIDER = 2.0  # radii of a neck that breaks: that of the neck by which two bodies become one
FLARED = 3.0  # radii of the neck: no wider than that is what a break cuts off
SHARE = 0.7  # of a body's radius: the widest neck that it is joined by


def broken(filament: Filament, index, values, opening, nucleus_radius):
    """The filament after the neck at an outline point has broken, the values of its points, and the volume above.

    opening: between both sides on the axis. Each side keeps the metal that it had, but that the nucleus stays. Where
    one side is no higher than half of the opening, its metal goes to the other one, and the volume above is 0. Where
    both are not, or the metal does not fit on either side, it does not break.
    """
    which, part = next((k, part) for k, part in enumerate(filament.parts) if part.start <= index < part.stop)
    body, its, at = filament.bodies[which], values[part], index - part.start
    waist = body.points[at]
    upper_height, lower_height = waist[1] + 0.5 * opening, waist[1] - 0.5 * opening
    nucleus = not body.floats and lower_height < nucleus_radius
    if nucleus:
        upper_height = nucleus_radius + opening
    widest = FLARED * waist[0]
    above, carried_above = _cut(body.points[: at + 1][::-1], its[: at + 1][::-1], upper_height, widest, 1)
    if nucleus:
        below = Filament.nucleus(nucleus_radius).points
        carried_below = np.repeat(its[at][None], len(below), axis=0)
    else:
        below, carried_below = _cut(body.points[at:], its[at:], lower_height, widest, -1)
    volume = body.volume
    upper, lower = Filament(above[::-1]), Filament(below)
    upper_stays = len(above) >= 4 and upper.height >= upper_height + 0.5 * opening
    lower_stays = not body.floats or (len(below) >= 4 and below[-1, 1] <= lower_height - 0.5 * opening)
    share = Filament(np.vstack([body.points[: at + 1], [0.0, waist[1]]])).volume
    share = volume - lower.volume if nucleus else share if lower_stays else volume
    share = share if upper_stays else 0.0
    bodies, carried = [], []
    if upper_stays:
        bodies.append(with_volume(upper, share, above[0], opening))
        carried.append(carried_above[::-1])
    if lower_stays:
        bodies.append(lower if nucleus and upper_stays else with_volume(lower, volume - share, below[0], opening))
        carried.append(carried_below)
    if not bodies:
        return filament, values, 0.0
    apart, kept = _replaced(filament, which, bodies, values, carried, 1)
    poles = apart.points[apart.points[:, 0] == 0, 1]
    if np.any(np.diff(poles) >= 0) or min(piece.volume for piece in bodies) <= 0:
        return filament, values, 0.0
    return apart, kept, share if lower_stays else 0.0


def _cut(points, values, height, widest, side):
    """A polyline that begins at a neck, with a cap in place of what lies within a height of it, from its pole on.

    side: 1 where the metal that stays is above, -1 below. The cap begins where the line passes the height, at the
    latest where it is wider than `widest`.
    """
    beyond = (side * (points[:, 1] - height) >= 0) | (points[:, 0] >= widest)
    first = int(np.argmax(beyond)) if beyond.any() else len(points) - 1
    pole = np.array([[0.0, height]])
    if not first or points[first, 0] == 0:
        return np.vstack([pole, points[first:]]), np.vstack([values[first], values[first:]])
    a, b = points[first - 1], points[first]
    ways = [(side * (height - a[1]), side * (b[1] - a[1])), (widest - a[0], b[0] - a[0])]
    s = min((way / whole for way, whole in ways if whole > 0 and 0 <= way <= whole), default=1.0)
    met, carried = a + s * (b - a), values[first - 1] + s * (values[first] - values[first - 1])
    rest = first + (np.hypot(*(b - met)) < 1e-6)
    if met[0] <= 1e-6:
        return np.vstack([pole, points[rest:]]), np.vstack([carried, values[rest:]])
    return np.vstack([pole, met, points[rest:]]), np.vstack([carried, carried, values[rest:]])


def touching(filament: Filament, distance):
    """Which gap between two bodies is narrower than a distance: the upper one's number, and the radius there; or
    None."""
    if len(filament.parts) == 1 or filament.clearance.min() >= distance:
        return None
    nearest = int(np.argmin(filament.clearance))
    which = next(k for k, part in enumerate(filament.parts) if part.start <= nearest < part.stop)
    poles = filament.points[filament.points[:, 0] == 0, 1]  # tip, lower pole, upper pole, ...
    gaps = poles[1::2] - poles[2::2][: len(poles[1::2])]
    sides = [k for k in (which - 1, which) if 0 <= k < len(gaps)]
    return min(sides, key=lambda k: gaps[k]), float(filament.points[nearest, 0])


def merged(filament: Filament, which, values, radius):
    """The filament with body `which` and the next lower one joined by a neck of a radius, and the values of its
    points."""
    upper, lower = filament.bodies[which : which + 2]
    above, below = (values[part] for part in filament.parts[which : which + 2])
    radius = min(radius, SHARE * upper.radius_max, SHARE * lower.radius_max)
    head, carried_head = _from_radius(upper.points[::-1], above[::-1], radius)
    tail, carried_tail = _from_radius(lower.points, below, radius)
    whole = Filament(np.vstack([head[::-1], tail]))
    middle = np.array([radius, 0.5 * (head[0, 1] + tail[0, 1])])
    whole = with_volume(whole, upper.volume + lower.volume, middle, 2 * radius, spared=True)
    return _replaced(filament, which, [whole], values, [np.vstack([carried_head[::-1], carried_tail])], 2)


def _from_radius(points, values, radius):
    """A polyline that begins on the axis, from where it first is as wide as a radius."""
    first = int(np.argmax(points[:, 0] >= radius))
    (r0, r1), near = points[first - 1 : first + 1, 0], points[first - 1 : first + 1]
    s = (radius - r0) / (r1 - r0)
    met, carried = near[0] + s * (near[1] - near[0]), values[first - 1] + s * (values[first] - values[first - 1])
    rest = first + (s > 1 - 1e-6)
    return np.vstack([met, points[rest:]]), np.vstack([carried, values[rest:]])


def absorbed(filament: Filament, which, values, reach):
    """The filament without a floating body, whose metal the nearest body has, and the values of its points."""
    bodies, small = filament.bodies, filament.bodies[which]
    gaps = {which + 1: small.points[-1, 1] - bodies[which + 1].height}
    if which:
        gaps[which - 1] = bodies[which - 1].points[-1, 1] - small.height
    taker = min(gaps, key=gaps.get)
    facing = bodies[taker].points[0 if taker > which else -1]
    grown = with_volume(bodies[taker], bodies[taker].volume + small.volume, facing, reach)
    kept = [k for k in range(len(bodies)) if k != which]
    carried = np.vstack([values[filament.parts[k]] for k in kept])
    return Filament.of_bodies([grown if k == taker else bodies[k] for k in kept]), carried


def with_volume(body: Filament, volume, place, reach, spared=False):
    """A body of the given volume (nm3): its points moved along their normals, those within reach (nm) of a place most.

    spared: the place itself is left as it is, and what is around it moved. Where no such motion will do, all radii are
    scaled.
    """
    for wide in (1.0, 2.0, 4.0, np.inf):
        distance = np.hypot(*(body.points - place).T) / (wide * reach)
        weight = np.exp(-(distance**2)) * (distance**2 if spared and wide < np.inf else 1.0)
        moved = _moved_to(body, volume, weight, 0.25 * wide * reach)
        if moved is not None and not crossing_segments(moved.points).size:
            return moved
    return Filament(body.points * [np.sqrt(volume / body.volume), 1.0])


def _moved_to(body, volume, weight, furthest):
    """The body with its points moved by weights (n,) along their normals to a volume; None where that is too far."""
    points, direction = body.points, weight[:, None] * body.normals()
    if not body.floats:
        direction[-1] = [weight[-1], 0.0]  # the foot slides
    shift, step = 0.0, np.inf
    for _ in range(30):
        moved = Filament(points + shift * direction)
        gain = (moved.area_vectors() * direction).sum()
        if not gain > 0:
            return None
        step = (volume - moved.volume) / gain
        if abs(step) <= 1e-15 * max(abs(shift), 1e-3):
            break
        shift += step
        if abs(shift) > furthest or points[1:-1, 0].min() <= 0:
            return None
    inside = points[1 : -1 if body.floats else None, 0] + shift * direction[1 : -1 if body.floats else None, 0]
    return Filament(points + shift * direction) if inside.min() > 0 else None


def _replaced(filament, which, bodies, values, carried, count):
    """The filament with others in place of `count` bodies from `which` on, and the values of its points."""
    parts = filament.parts
    all_bodies = [*filament.bodies[:which], *bodies, *filament.bodies[which + count :]]
    before = [values[part] for part in parts[:which]]
    after = [values[part] for part in parts[which + count :]]
    return Filament.of_bodies(all_bodies), np.vstack([*before, *carried, *after])
