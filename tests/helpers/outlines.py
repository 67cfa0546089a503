"""Small outlines of metal, of every kind that there is: nothing of them is even, so that places cannot be mixed up."""

import numpy as np

from ecmsim.shape.filament import Filament
from ecmsim.shape.front import Front
from ecmsim.shape.needle import cone

PLATE = np.array([[0.0, 10.0], [25.0, 10.0]])  # an electrode that has not dissolved, nm


def ball(radius, height, segments=12, stretched=1.1):
    """A floating body, nearly a ball, with its middle at a height on the axis, nm."""
    angle = np.linspace(0.0, np.pi, segments + 1)
    points = np.stack([radius * np.sin(angle), height + stretched * radius * np.cos(angle)], axis=1)
    points[[0, -1], 0] = 0.0
    return Filament(points)


def grown(height, top=1.0, middle=0.7, foot=1.4, segments=16):
    """A rooted body with a round top, a waist and a wider foot, nm."""
    angle = np.linspace(0.0, 0.5 * np.pi, 8)
    cap = np.stack([top * np.sin(angle), height - 0.9 * top * (1 - np.cos(angle))], axis=1)
    z = np.linspace(cap[-1, 1], 0.0, segments + 1)[1:]
    share = 1 - z / cap[-1, 1]
    r = np.interp(share, [0.0, 0.45, 1.0], [top, middle, foot]) + 0.05 * np.sin(7 * share)
    cap[0, 0] = 0.0
    return Filament(np.vstack([cap, np.stack([r, z], axis=1)]))


def overhanging():
    """A mushroom: its head hangs over a thinner stem, nm."""
    head = [[0, 6.1], [0.6, 6.0], [1.2, 5.7], [1.7, 5.1], [1.8, 4.6], [1.5, 4.2], [1.0, 4.3]]
    stem = [[0.7, 4.0], [0.6, 3.2], [0.62, 2.4], [0.7, 1.6], [0.9, 0.8], [1.1, 0.3], [1.2, 0.0]]
    return Filament(np.array(head + stem, dtype=float))


FILAMENTS = {
    "nucleus": Filament.nucleus(0.3, 8),
    "plain": grown(7.3),
    "in the void": grown(10.4, top=1.3, middle=1.1, foot=1.6),
    "overhanging": overhanging(),
    "two bodies": Filament.of_bodies([ball(0.7, 8.3), grown(5.6)]),
    "three bodies": Filament.of_bodies([ball(0.5, 8.9, 10), ball(1.2, 6.4, 14), grown(3.9, segments=10)]),
}


def front(name):
    """A Front of one of FILAMENTS, or "needle": "plain", lower, with a needle of the active electrode above it. Its
    points move, remember and owe: each something else."""
    if name == "needle":
        return moving(grown(5.1), moving(cone(0.4, 0.35, 2.3, 0.35)))
    return moving(FILAMENTS[name])


def moving(filament, needle=None):
    """A front in motion: faster at the top, with a tangential part, nm/s."""
    n, top = len(filament.points), filament.highest
    speed = 0.2 + 0.8 * (filament.points[:, 1] / top) ** 2
    velocity = filament.growth_velocity(speed)
    owed, memory = 0.003 * velocity[::-1] * [1.0, 0.4], 0.01 * np.sin(np.arange(n))
    owed[filament.points[:, 0] == 0, 0] = owed[-1, 1] = 0.0
    return Front(filament, velocity, memory, owed, 0.7 * velocity, needle)
