"""The loops of kernels.c for NumPy's arrays, and how a function in NumPy's words gives way to one of them.

    @in_c(loops.distances)
    def distance_to_polyline(points, polyline):
        ...

Both take the same arguments. What NumPy says is the definition, and is done where nothing is compiled.
"""

from functools import wraps

import numpy as np

from ecmsim.compiled.library import kernels


def in_c(loop):
    """Decorator: the function is done by `loop` where kernels.c is compiled; __wrapped__: the definition."""

    def chosen(definition):
        @wraps(definition)
        def function(*arguments):
            return loop(*arguments) if kernels() else definition(*arguments)

        return function

    return chosen


def _given(array):
    """Where C finds an array of floats."""
    return kernels().ffi.from_buffer("double[]", np.ascontiguousarray(array, dtype=float))


def distances(points, polyline):
    """ecmsim.shape.polyline.distance_to_polyline."""
    found = np.empty(len(points))
    kernels().lib.distances(len(points), _given(points), len(polyline), _given(polyline), _given(found))
    return found


def covering(line, radius, choose):
    """ecmsim.shape.gap.covering."""
    found = np.zeros(len(radius), dtype=np.intp)
    sign = 1.0 if choose is np.argmax else -1.0
    where = kernels().ffi.from_buffer("ptrdiff_t[]", found)
    kernels().lib.covering(len(line), _given(line), len(radius), _given(radius), sign, where)
    return found


def gathered(rows, weight):
    """ecmsim.models.reduced.heat.gathered."""
    nodes = rows.shape[1]
    found = np.zeros((nodes, nodes))
    where = kernels().ffi.new("int[]", nodes)
    kernels().lib.gathered(len(rows), nodes, _given(rows), _given(weight), where, _given(found))
    return found


def network(inverse, own):
    """ecmsim.models.reduced.ions.network."""
    found = np.empty(inverse.shape)
    kernels().lib.network(len(own), _given(inverse), _given(own), _given(np.empty(len(own))), _given(found))
    return found


def potentials_at(r, z, source, height, width, thickness):
    """ecmsim.models.reduced.rings.potentials_at."""
    return _potentials(r, z, (source, height, width), thickness, 0)


def mutual_potentials(r, z, source, width, thickness):
    """ecmsim.models.reduced.rings.mutual_potentials."""
    return _potentials(r, z, (source, z, width), thickness, 1)


def _potentials(r, z, rings, thickness, upper):
    n, m = len(r), len(rings[0])
    found = np.empty((n, m))
    rings = m, *map(_given, rings)
    kernels().lib.layer_potentials(n, _given(r), _given(z), *rings, thickness, upper, _given(found), m)
    return found


def flows(u, resistance, between):
    """ecmsim.models.reduced.ions.flows."""
    conductance, (joined, through) = np.empty(between.shape), np.empty((2, len(u)))
    kernels().lib.flows(len(u), *map(_given, (u, resistance, between, conductance, joined, through)))
    return conductance, joined, through


def softened(u, resistance, conductance, own, direct):
    """ecmsim.models.reduced.ions.softened."""
    found = np.empty(conductance.shape)
    kernels().lib.softened(len(u), *map(_given, (u, resistance, conductance, own, direct, found)))
    return found
