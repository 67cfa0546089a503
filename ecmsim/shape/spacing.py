"""How fine the interfaces are resolved: finer where the outline turns and where the gap closes."""

import numpy as np

from ecmsim.shape.needle import upside_down
from ecmsim.shape.polyline import LONG, arc_length, distance_to_polyline

OPENING = 0.03  # growth of a gap per length along it from which on it takes all of mesh.cells_across_gap to resolve it
EVEN = 0.3  # share of them that does where it is even: its fields hardly change along it
LEAST = 1.35  # edges across a gap that remain at least, if so many are asked for


def graded(spacing, points, growth):
    """Limit the spacing (n,) so that it grows along the polyline by at most `growth` per unit length."""
    step = (growth * np.hypot(*(points[1:] - points[:-1]).T)).tolist()
    spacing = spacing.tolist()
    for i in range(1, len(spacing)):
        spacing[i] = min(spacing[i], spacing[i - 1] + step[i - 1])
    for i in range(len(spacing) - 2, -1, -1):
        spacing[i] = min(spacing[i], spacing[i + 1] + step[i])
    return np.array(spacing)


def across_gap(points, gap, numerics):
    """Wanted length of edges for the gap's sake at points (n, 2) along it, nm, (n,); gap (n,): its width there, nm.

    The fields in a gap change along it where it opens; where it is even, only across.
    """
    length = np.maximum(np.hypot(*(points[1:] - points[:-1]).T), 1e-12)
    slope = np.abs(gap[1:] - gap[:-1]) / length
    opens = np.maximum(np.append(slope[:1], slope), np.append(slope, slope[-1:]))
    cells = numerics.cells_across_gap
    return gap / np.clip(cells * opens / OPENING, min(max(EVEN * cells, LEAST), cells), cells)


def filament_spacing(filament, electrode, numerics, speed=None):
    """Wanted length of segments at each outline point, nm, (n,).

    electrode: its surface as a polyline; speed (n,): normal speed of the points, which tells edges from curves.
    """
    gap = np.minimum(distance_to_polyline(filament.points, electrode), filament.clearance)
    parts = list(zip(filament.bodies, filament.parts, strict=True))
    spacing = [_body_spacing(body, gap[part], numerics, None if speed is None else speed[part]) for body, part in parts]
    return np.concatenate(spacing)


def _body_spacing(filament, gap, numerics, speed):
    """Wanted length of segments at the points of one body, nm, (n,); gap (n,): to other metal, nm."""
    length, around = filament.segment_lengths, filament.around
    turning = np.maximum(np.abs(filament.turning()), 1e-6)
    if not filament.floats:
        turning[-2:] = 1e-6  # the contact line is a corner, not a curve to be resolved
    if speed is not None:
        turning[filament.sharpening(speed)] = 1e-6  # and so is an edge
    wanted = np.minimum(numerics.turning * around / turning, across_gap(filament.points, gap, numerics))
    wanted = np.clip(wanted, numerics.smallest_size, numerics.surface_size)
    # However small the filament, its outline keeps as many edges as the nucleus began with.
    wanted = np.minimum(wanted, length.sum() / numerics.nucleus_segments)
    if numerics.contact_line and not filament.floats:
        wanted[-1] = min(wanted[-1], _at_rim(filament, numerics))
    return graded(wanted, filament.points, numerics.growth)


def _at_rim(filament, numerics):
    """Wanted length of the segment at the rim of the foot, where mesh.contact_line asks for one, nm."""
    return max(numerics.contact_line * filament.points[-1, 0], numerics.smallest_size)


def rim_reach(filament, numerics):
    """How far from the rim of the foot, along the outline, segments are short for the fields' sake and not for that of
    the outline, nm; 0 where none are."""
    if not numerics.contact_line or filament.floats:
        return 0.0
    own = min(numerics.surface_size, filament.rooted.segment_lengths.sum() / numerics.nucleus_segments)
    return max(own - _at_rim(filament, numerics), 0.0) / numerics.growth


def spacings(front, electrode, numerics):
    """Wanted lengths of segments at the points of a Front's filament, (n,), and of its needle, if any, (m,), nm.

    electrode: ActiveElectrode.
    """
    found = [filament_spacing(front.filament, front.surface(electrode), numerics, front.normal_speed)]
    if front.needle:
        other = upside_down(front.filament.points, electrode.layer_thickness)
        found.append(filament_spacing(front.needle.filament, other, numerics, front.needle.normal_speed))
    return found


def needle_nodes(surface, numerics):
    """Nodes of the surface of an electrode with a needle: points (k, 2) and, for each, the needle's point that it is
    (-1: none). surface: polyline of surface_around, each point of which but the wall is one of the needle's."""
    size = float(np.hypot(*(surface[-2] - surface[-3])))
    flat = _flat(surface[-2, 0], surface[-1], size, numerics)
    return np.vstack([surface[:-1], flat]), np.append(np.arange(len(surface) - 1), np.full(len(flat), -1))


def electrode_nodes(surface, filament, numerics):
    """Choose nodes of the active electrode's surface: points (k, 2) and the place along the outline that each mirrors
    (k,): the number of an outline point, or 3.25 for a place a quarter of the way from point 3 to the next; -1: none.

    surface: polyline of ActiveElectrode.surface: one point for each outline point, then the wall.
    """
    gap = distance_to_polyline(surface, filament.points)
    wanted = np.clip(across_gap(surface, gap, numerics), numerics.smallest_size, numerics.surface_size)
    wanted[-1] = numerics.largest_size
    wanted = graded(wanted, surface, numerics.growth)
    length = arc_length(surface)
    chosen = [0]
    for i in range(1, len(surface) - 1):
        if length[i] - length[chosen[-1]] >= 0.9 * wanted[i]:
            chosen.append(i)
    # The foot mirrors the edge of the void: the last chosen point gives way to it.
    edge = len(surface) - 2
    if chosen[-1] != edge:
        if len(chosen) > 1 and length[edge] - length[chosen[-1]] < 0.5 * wanted[edge]:
            chosen[-1] = edge
        elif length[edge] - length[chosen[-1]] > 0.3 * wanted[edge]:
            chosen.append(edge)
    size, markers = min(wanted[chosen[-1]], numerics.surface_size), np.array(chosen)
    if numerics.void_edge and surface[:, 1].max() > surface[-1, 1]:
        size = min(max(numerics.void_edge * gap[chosen[-1]], numerics.smallest_size), size)
        markers = _finer_towards_the_last(markers, length, size, numerics.growth)
    markers = _divided(markers, length, wanted)
    flat = _flat(surface[chosen[-1], 0], surface[-1], size, numerics)
    return np.vstack([mirrored(surface, markers), flat]), np.append(markers, np.full(len(flat), -1))


def mirrored(surface, markers):
    """Places along the electrode's surface (n, 2) that mirror places along the outline, (k, 2); markers (k,): which, as
    told by electrode_nodes, none of them -1."""
    before = np.floor(markers).astype(int)
    return surface[before] + (markers - before)[:, None] * (surface[before + 1] - surface[before])


def _divided(markers, length, wanted):
    """More places where those at some points of a polyline leave edges much longer than wanted, as at a corner that few
    points of the outline face: so many that all are equal there. markers (k,), which may be fractions; wanted (n,), nm.
    """
    place = np.arange(len(length))
    at, own = np.interp(markers, place, length), np.interp(markers, place, wanted)
    parts = np.floor(np.diff(at) / (LONG * np.minimum(own[1:], own[:-1]))).astype(int) + 1
    found = markers.tolist()
    for i in np.flatnonzero(parts > 1):
        found.extend(np.interp(np.linspace(at[i], at[i + 1], parts[i] + 1)[1:-1], length, place))
    return np.sort(found)


def _finer_towards_the_last(markers, length, size, growth):
    """More places between those at some points of a polyline, so that edges grow from `size` (nm) at the last of them.

    markers (k,): numbers of points; length: arc length at all of them, nm. Returns these numbers and, between them,
    fractions.
    """
    last, found = length[markers[-1]], markers.tolist()
    for far, place in zip(last - length[markers[:-1]], last - length[markers[1:]], strict=True):
        while (edge := size + growth * place) < 0.6 * (far - place):  # what is left is no shorter than two thirds of it
            place += edge
            found.append(np.interp(last - place, length, np.arange(len(length))))
    return np.sort(found)


def _flat(start, wall, size, numerics):
    """Nodes of the flat part from a radius out to the wall (point), with segments that grow from a size; nm, (k, 2)."""
    stop, position = wall[0], [start]
    while position[-1] < stop:
        position.append(position[-1] + size)
        size = min(size * (1 + numerics.growth), numerics.largest_size)
    position = start + (np.array(position[1:]) - start) * (stop - start) / (position[-1] - start)
    flat = np.stack([position, np.full(len(position), wall[1])], axis=1)
    flat[-1] = wall
    return flat
