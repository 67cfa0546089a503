"""What a state of the reduced model tells of bodies of metal, also where the next state has others."""

import numpy as np

from ecmsim.shape.polyline import arc_length


def lift(filament, floating):
    """Potential of the metal at the outline's points, V, (n,); floating (K,): of the floating bodies."""
    return np.repeat(np.append(floating, 0.0), [part.stop - part.start for part in filament.parts])


def carried_over(before, after, values):
    """Values of one filament's points (n,) at those of another, (m,): by their way along each body's surface; where the
    bodies are others by the nearest point."""
    if len(before.parts) != len(after.parts):
        return values[_nearest(after.points, before.points)]
    found = []
    for old, new, part in zip(before.bodies, after.bodies, before.parts, strict=True):
        way, its = arc_length(new.points), arc_length(old.points)
        found.append(np.interp(way / way[-1], its / its[-1], values[part]))
    return np.concatenate(found)


def floating_guess(state, filament):
    """Potentials of a filament's floating bodies as a state has them, V, (K,): those of the metal that was nearest to
    their tips."""
    if len(state.filament.parts) == len(filament.parts):
        return state.floating
    tips = np.array([body.points[0] for body in filament.bodies[:-1]])
    return lift(state.filament, state.floating)[_nearest(tips, state.filament.points)]


def _nearest(points, others):
    return np.argmin(np.hypot(*(points[:, None] - others).transpose(2, 0, 1)), axis=1)
