"""Needles of metal: a cone with a spherical tip, and the active electrode's own, which is kept upside down.

The active electrode's needle is a filament of its own that hangs from the electrode's plane z = L into the layer. Its
heights are counted from that plane, z' = L - z, so that all that is known of a filament holds of it as well. Lengths in
nm.
"""

import numpy as np

from ecmsim.shape.filament import Filament

ON_PLANE = 1e-9  # nm


def cone(tip_radius, half_angle, height, spacing):
    """A Filament that is a cone with a spherical tip; points evenly spaced along the outline.

    tip_radius, height and spacing in nm, half_angle in rad (0: a pillar). ValueError unless the tip is whole.
    """
    arc = tip_radius * (0.5 * np.pi - half_angle)
    below = height - tip_radius * (1 - np.sin(half_angle))  # height at which tip and side meet
    if not (tip_radius > 0 and 0 <= half_angle < 0.5 * np.pi and below > 0 and spacing > 0):
        raise ValueError("a cone needs a radius, 0 <= half_angle < pi/2, a spacing and a height above that of its tip")
    length = arc + below / np.cos(half_angle)
    s = np.linspace(0.0, length, int(np.ceil(length / spacing - 1e-9)) + 1)
    angle, side = np.minimum(s, arc) / tip_radius, np.maximum(s - arc, 0.0)
    r = tip_radius * np.sin(angle) + side * np.sin(half_angle)
    z = height - tip_radius * (1 - np.cos(angle)) - side * np.cos(half_angle)
    z[-1] = 0.0
    return Filament(np.stack([r, z], axis=1))


def upside_down(points, layer_thickness):
    """Points (n, 2), or points of a needle, as the other sees them: z' = L - z."""
    return points * [1.0, -1.0] + [0.0, layer_thickness]


def surface_around(needle: Filament, layer_thickness, cell_radius):
    """The active electrode's surface as a polyline (m + 1, 2): one point for each of its needle's, then the wall."""
    return np.vstack([upside_down(needle.points, layer_thickness), [cell_radius, layer_thickness]])


def needle_of(surface, layer_thickness):
    """The needle (Filament) whose surface is a polyline (k, 2) as `surface_around` makes it."""
    points = upside_down(np.asarray(surface, dtype=float), layer_thickness)
    foot = int(np.argmax(points[:, 1] <= ON_PLANE))
    return Filament(points[: foot + 1])
