"""Surface diffusion for the tests: the bare linear step over a time, and the area that it reduces."""

import numpy as np

from ecmsim.shape.diffusion_step import DiffusionStep
from ecmsim.shape.filament import Filament
from ecmsim.shape.relaxation import SMALLEST_NECK

MOST_PARTS = 1000  # linear steps, refused ones included


def surface_area(filament):
    """Area of the surface of revolution, exact for the polyline, nm2; the base is not counted."""
    r = filament.points[:, 0]
    return float(np.pi * np.sum((r[:-1] + r[1:]) * filament.segment_lengths))


def relaxed(filament, coefficient, time, *, contact_angle=0.5 * np.pi, foot="free", ends=("axis", "floor")):
    """The filament after surface diffusion for a time (s), of first order in it: same points in the same order.

    One linear step where it changes the outline moderately, parts of the time where it would not. Arguments as of
    relaxation.relax. It may not break.
    """
    diffusion = DiffusionStep(filament, contact_angle, foot, ends)
    coefficient = np.broadcast_to(coefficient, len(filament.points))
    if not coefficient.max() > 0:
        return filament
    points, volume, remaining, part = filament.points, filament.volume, float(time), float(time)
    for _ in range(MOST_PARTS):
        part = min(part, remaining)
        moved, change = diffusion.moved(points, coefficient, part, volume)
        if change > 1:
            part /= 4
            continue
        points, remaining = moved, remaining - part
        assert not diffusion.rupture(points, SMALLEST_NECK)
        if remaining <= 0:
            return Filament(points)
        part *= 4 if change < 0.25 else 2 if change < 0.5 else 1
    raise AssertionError(f"the outline is too rough: {remaining:.3g} s are left")
