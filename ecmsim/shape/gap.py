"""The gap between filament and active electrode as columns. Lengths in nm."""

from dataclasses import dataclass

import numpy as np

from ecmsim.shape.filament import distance_to_polyline

GAUSS_POINTS, GAUSS_WEIGHTS = np.polynomial.legendre.leggauss(4)
LEAST_GAP = 1e-3  # nm


@dataclass(frozen=True)
class Columns:
    """Columns of the gap. radius and foot: where each stands on the filament, weight: 2 pi r dr in nm2, gap: what the
    tunnelling law is given, nm; all (c,)."""

    radius: np.ndarray
    foot: np.ndarray
    weight: np.ndarray
    gap: np.ndarray


def columns(filament, surface, gap_definition):
    """Gauss points of the columns between the filament's upper envelope and the electrode's surface (a polyline);
    gap_definition: "vertical" or "shortest"."""
    envelope = filament.top()
    breaks = np.unique(np.concatenate([envelope[:, 0], surface[surface[:, 0] < envelope[-1, 0], 0]]))
    middle, half = 0.5 * (breaks[1:] + breaks[:-1]), 0.5 * np.diff(breaks)
    radius = (middle[:, None] + half[:, None] * GAUSS_POINTS).ravel()
    weight = 2 * np.pi * radius * (half[:, None] * GAUSS_WEIGHTS).ravel()
    foot = np.interp(radius, *envelope.T)
    gap = np.interp(radius, *surface.T) - foot
    if gap_definition == "shortest":
        gap = distance_to_polyline(np.stack([radius, foot], axis=-1), surface)
    return Columns(radius, foot, weight, np.maximum(gap, LEAST_GAP))


def gap_from_filament(filament, surface, gap_definition):
    """Gap as seen from each point of the outline, (n,)."""
    if gap_definition == "shortest":
        return distance_to_polyline(filament.points, surface)
    r, z = filament.points.T
    return np.interp(r, *surface.T) - z


def gap_from_electrode(filament, points, gap_definition):
    """Gap as seen from points (k, 2) of the electrode's surface, (k,); infinite beside the filament, vertically."""
    if gap_definition == "shortest":
        return distance_to_polyline(points, filament.points)
    r, z = points.T
    return np.where(r <= filament.radius_max, z - filament.top_height(r), np.inf)
