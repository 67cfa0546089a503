"""Curvature of the filament's surface as the equilibrium of its metal sees it: resolved to a length of some atoms."""

import numpy as np
from scipy.linalg import solve_banded

from ecmsim.shape.filament import Filament


def curvature(filament, resolution):
    """Sum of both principal curvatures at the outline's points, (n,) in 1/nm, positive for a sphere.

    resolution l in nm: nothing is more curved than a sphere of this radius, and what the polyline's curvature kappa
    tells is smoothed over it, k - l^2 Laplace_s(k) = kappa, without flow through the ends. So a ripple of the
    wavenumber q counts 1/(1 + q^2 l^2) of what it would: atoms have no finer shape, and steps need not follow one.
    """
    return np.concatenate([_smoothed(body, _of_polyline(body), resolution) for body in filament.bodies])


def _of_polyline(body):
    """That of the circles through neighbouring points, and of the way around the axis."""
    length = body.segment_lengths
    around = 0.5 * (np.append(length[0], length) + np.append(length, length[-1]))
    profile = -body.turning() / around
    if not body.floats:
        profile[-1] = profile[-2]  # at the foot a polyline does not turn
    r = body.points[:, 0]
    on_axis = r <= 0
    hoop = body.normals()[:, 0] / np.where(on_axis, 1.0, r)
    return profile + np.where(on_axis, profile, hoop)


def _smoothed(body: Filament, values, resolution):
    values = np.clip(values, -2 / resolution, 2 / resolution)
    r, length = body.points[:, 0], body.segment_lengths
    middle = 0.5 * (r[1:] + r[:-1])
    area = np.zeros(len(r))
    area[:-1] += 0.25 * (r[:-1] + middle) * length
    area[1:] += 0.25 * (r[1:] + middle) * length
    through = resolution**2 * middle / length
    bands = np.zeros((3, len(r)))
    bands[0, 1:], bands[2, :-1], bands[1] = -through, -through, area
    bands[1, :-1] += through
    bands[1, 1:] += through
    return solve_banded((1, 1), bands, area * values)
