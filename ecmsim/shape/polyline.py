"""Polylines in the plane: lengths, distances, crossings, and points inserted and removed to a wanted spacing."""

import numpy as np

CROWDED = 0.3  # segment over the wanted length below which a point has to go


def cross2(a, b):
    """z component of the cross product of plane vectors, broadcast over leading axes."""
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def arc_length(points):
    """Arc length from the first point to each point, shape (n,)."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])


def distance_to_polyline(points, polyline):
    """Shortest distance of each point (n, 2) to a polyline (m, 2), shape (n,), same unit."""
    start, edge = polyline[:-1], np.diff(polyline, axis=0)
    offset = points[:, None, :] - start[None]
    along = np.clip((offset * edge).sum(-1) / np.maximum((edge**2).sum(-1), 1e-300), 0, 1)
    return np.sqrt(((offset - along[..., None] * edge) ** 2).sum(-1).min(axis=1))


def crossing_segments(points):
    """Pairs (i, j), i + 1 < j, of segments of a polyline that cross each other, shape (k, 2)."""
    p, d = points[:-1], np.diff(points, axis=0)
    offset = p[None] - p[:, None]
    denominator = cross2(d[:, None], d[None])
    with np.errstate(divide="ignore", invalid="ignore"):
        s = cross2(offset, d[None]) / denominator
        t = cross2(offset, d[:, None]) / denominator
    i, j = np.nonzero((s >= 0) & (s <= 1) & (t >= 0) & (t <= 1))
    return np.stack([i, j], axis=1)[j > i + 1]


def spaced(points, values, spacing):
    """Remove points that stand too close, then halve segments that are too long, on a cubic through neighbours."""
    keep = np.ones(len(points), dtype=bool)
    last = 0
    for i in range(1, len(points) - 1):
        step = np.hypot(*(points[i] - points[last]))
        ahead = np.hypot(*(points[i + 1] - points[i]))
        # A crowded segment ahead is dealt with at its other end; only the foot stays in any case.
        crowded = step if i < len(points) - 2 else min(step, ahead)
        if crowded < CROWDED * spacing[i] or (min(step, ahead) < 0.6 * spacing[i] and step + ahead < 1.3 * spacing[i]):
            keep[i] = False
        else:
            last = i
    points, values, spacing = points[keep], values[keep], spacing[keep]
    for _ in range(6):
        length = np.hypot(*np.diff(points, axis=0).T)
        long = np.nonzero(length > 1.5 * np.minimum(spacing[:-1], spacing[1:]))[0]
        if not long.size:
            break
        middle = np.array([_cubic_midpoint(points, i) for i in long])
        points = np.insert(points, long + 1, middle, axis=0)
        values = np.insert(values, long + 1, 0.5 * (values[long] + values[long + 1]), axis=0)
        spacing = np.insert(spacing, long + 1, 0.5 * (spacing[long] + spacing[long + 1]))
    return points, values


def _cubic_midpoint(points, i):
    """Point in the middle of segment i on the cubic through points i-1 ... i+2 (chord-length parameter)."""
    left = points[i - 1] if i > 0 else points[1] * [-1, 1]
    block = [left, points[i], points[i + 1]]
    if i + 2 < len(points):
        block.append(points[i + 2])
    elif points[-1, 0] == 0:  # a lower pole
        block.append(points[-2] * [-1, 1])
    block = np.array(block)
    s = arc_length(block)
    at = 0.5 * (s[1] + s[2])
    weights = [np.prod([(at - s[m]) / (s[j] - s[m]) for m in range(len(s)) if m != j]) for j in range(len(s))]
    return np.array(weights) @ block
