"""Polylines in the plane: lengths, distances, crossings, and points inserted and removed to a wanted spacing."""

import numpy as np

from ecmsim.compiled import loops
from ecmsim.compiled.loops import in_c

LONG = 1.5  # segment over the wanted length above which it is divided
CROWDED = 0.3  # segment over the wanted length below which a point has to go
CORNER = 0.9  # turn in rad from which a point that turns ALONE is a corner (a nucleus of few points turns 0.6 at each)
MEETING = 1e-9  # nm: boxes that far apart still meet
ALONE = 0.35  # of its turn: what the points beside it turn at most


def cross2(a, b):
    """z component of the cross product of plane vectors, broadcast over leading axes."""
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def arc_length(points):
    """Arc length from the first point to each point, shape (n,)."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])


@in_c(loops.distances)
def distance_to_polyline(points, polyline):
    """Shortest distance of each point (n, 2) to a polyline (m, 2), shape (n,), same unit."""
    (r, z), (edge_r, edge_z) = polyline[:-1].T, np.diff(polyline, axis=0).T
    off_r, off_z = points[:, :1] - r, points[:, 1:] - z
    along = off_r * edge_r
    along += off_z * edge_z
    along /= np.maximum(edge_r**2 + edge_z**2, 1e-300)
    np.clip(along, 0, 1, out=along)
    off_r -= along * edge_r
    off_z -= along * edge_z
    off_r *= off_r
    off_z *= off_z
    off_r += off_z
    return np.sqrt(off_r.min(axis=1))


def crossing_segments(points):
    """Pairs (i, j), i + 1 < j, of segments of a polyline that cross each other, shape (k, 2)."""
    p, d = points[:-1], np.diff(points, axis=0)
    if len(d) < 3 or (d @ (points[-1] - points[0])).min() > 0:  # all along one direction: it cannot come back
        return np.empty((0, 2), dtype=int)
    offset = p[None] - p[:, None]
    denominator = cross2(d[:, None], d[None])
    with np.errstate(divide="ignore", invalid="ignore"):
        s = cross2(offset, d[None]) / denominator
        t = cross2(offset, d[:, None]) / denominator
    i, j = np.nonzero((s >= 0) & (s <= 1) & (t >= 0) & (t <= 1))
    pairs = np.stack([i, j], axis=1)[j > i + 1]
    # On a straight line all of these are round-off: segments that cross have boxes that meet.
    ends = np.stack([points[pairs], points[pairs + 1]])
    low, high = ends.min(axis=0), ends.max(axis=0)
    return pairs[(low.max(axis=1) <= high.min(axis=1) + MEETING).all(axis=1)]


def turns(direction):
    """Angles from each of the vectors (n, 2) to the next one, (n - 1,), rad."""
    return np.arctan2(cross2(direction[:-1], direction[1:]), (direction[:-1] * direction[1:]).sum(-1))


def corners(points):
    """Where an open polyline (n, 2) turns sharply and alone, (n,) bool: not as a curve does, all along."""
    angle = np.zeros(len(points))
    angle[1:-1] = np.abs(turns(np.diff(points, axis=0)))
    beside = np.maximum(np.append(angle[1:], 0.0), np.append(0.0, angle[:-1]))
    return (angle > CORNER) & (beside < ALONE * angle)


def spaced(points, values, spacing):
    """Remove points that stand too close, then halve segments that are too long, on a cubic through neighbours.

    Corners stay: of crowded points those beside them go, and no curve is laid through them.
    """
    keep, sharp = np.ones(len(points), dtype=bool), corners(points)
    last = 0
    for i in range(1, len(points) - 1):
        step = np.hypot(*(points[i] - points[last]))
        ahead = np.hypot(*(points[i + 1] - points[i]))
        # A crowded segment ahead is dealt with at its other end, but that the foot stays, and corners beside others.
        stays = i == len(points) - 2 or (sharp[i + 1] and not sharp[i])
        tight = (min(step, ahead) if stays else step) < CROWDED * spacing[i]
        if not tight and not sharp[i]:
            tight = min(step, ahead) < 0.6 * spacing[i] and step + ahead < 1.3 * spacing[i]
        if tight:
            keep[i] = False
        else:
            last = i
    points, values, spacing, sharp = points[keep], values[keep], spacing[keep], sharp[keep]
    for _ in range(6):
        length = np.hypot(*np.diff(points, axis=0).T)
        long = np.nonzero(length > LONG * np.minimum(spacing[:-1], spacing[1:]))[0]
        if not long.size:
            break
        middle = np.array([_cubic_midpoint(points, sharp, i) for i in long])
        sharp = np.insert(sharp, long + 1, False)
        points = np.insert(points, long + 1, middle, axis=0)
        values = np.insert(values, long + 1, 0.5 * (values[long] + values[long + 1]), axis=0)
        spacing = np.insert(spacing, long + 1, 0.5 * (spacing[long] + spacing[long + 1]))
    return points, values


def _cubic_midpoint(points, sharp, i):
    """Point in the middle of segment i on the cubic through points i-1 ... i+2 (chord-length parameter); on the segment
    itself where that one, beside a needle's point, would lie beyond the axis.

    sharp (n,): corners, beyond which it does not look.
    """
    block, first = [points[i], points[i + 1]], 0
    if not sharp[i]:
        block.insert(0, points[i - 1] if i > 0 else points[1] * [-1, 1])
        first = 1
    if i + 2 < len(points) and not sharp[i + 1]:
        block.append(points[i + 2])
    elif i + 2 == len(points) and points[-1, 0] == 0:  # a lower pole
        block.append(points[-2] * [-1, 1])
    block = np.array(block)
    s = arc_length(block)
    at = 0.5 * (s[first] + s[first + 1])
    weights = [np.prod([(at - s[m]) / (s[j] - s[m]) for m in range(len(s)) if m != j]) for j in range(len(s))]
    middle = np.array(weights) @ block
    return middle if middle[0] > 0 else 0.5 * (points[i] + points[i + 1])
