"""What a cell begins with: the filament of [initial], and the needle of the active electrode of [needle]."""

import numpy as np

from ecmsim.shape.filament import Filament
from ecmsim.shape.front import Front
from ecmsim.shape.needle import cone
from ecmsim.shape.relaxation import rounded_cylinder


def initial_front(config, numerics):
    """The surfaces at t = 0, at rest. numerics: configuration [mesh], refined."""
    needle = config.needle
    hanging = needle and _cone(needle.tip_radius, needle.half_angle, needle.height, numerics)
    return Front.at_rest(initial_filament(config, numerics), hanging)


def initial_filament(config, numerics):
    """The filament that [initial] describes."""
    initial = config.initial
    if initial.kind == "cylinder":
        return rounded_cylinder(initial.radius, initial.height, _spacing(initial.radius, numerics))
    if initial.kind == "cone":
        return _cone(initial.tip_radius, initial.half_angle, initial.height, numerics)
    return Filament.nucleus(config.cell.nucleus_radius, numerics.nucleus_segments)


def _cone(tip_radius, half_angle, height, numerics):
    """A needle; half_angle in deg."""
    return cone(float(tip_radius), float(np.deg2rad(half_angle)), float(height), _spacing(tip_radius, numerics))


def _spacing(radius, numerics):
    return min(numerics.surface_size, numerics.turning * radius)
