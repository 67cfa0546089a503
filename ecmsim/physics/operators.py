"""Functions that exist for NumPy arrays and for UFL expressions alike, so that a law is written once.

The unit tests evaluate a law on arrays; the solver puts the very same code into a weak form, and the reduced model
traces it (ecmsim.compiled.tape).
"""

import numpy as np

from ecmsim.compiled.tape import Symbol, noted

PLAIN = {float, int, np.ndarray, np.float64}  # seen at once not to be symbolic


def is_symbolic(*values) -> bool:
    """Whether any of the values is a UFL expression, or the symbol of a tape."""
    for value in values:  # no any(): laws are evaluated a hundred thousand times in a run of the reduced model
        if type(value) not in PLAIN and (isinstance(value, Symbol) or hasattr(value, "ufl_shape")):
            return True
    return False


def _symbol(name, of_ufl, *values):
    """An operation on symbols: a tape's, by its name, or UFL's, by another."""
    if any(isinstance(value, Symbol) for value in values):
        return noted(name, *values)
    import ufl

    return getattr(ufl, of_ufl)(*values)


def exp(x):
    if is_symbolic(x):
        return _symbol("exp", "exp", x)
    return np.exp(x)


def sqrt(x):
    if is_symbolic(x):
        return _symbol("sqrt", "sqrt", x)
    return np.sqrt(x)


def sinh(x):
    if is_symbolic(x):
        return _symbol("sinh", "sinh", x)
    return np.sinh(x)


def maximum(x, y):
    if is_symbolic(x, y):
        return _symbol("maximum", "max_value", x, y)
    return np.maximum(x, y)


def minimum(x, y):
    if is_symbolic(x, y):
        return _symbol("minimum", "min_value", x, y)
    return np.minimum(x, y)


def where_less(x, threshold, below, above):
    """`below` where x < threshold, else `above`. Both branches are evaluated: keep them finite."""
    values = x, threshold, below, above
    if any(isinstance(value, Symbol) for value in values):
        return noted("where_less", *values)
    if is_symbolic(*values):
        import ufl

        return ufl.conditional(ufl.lt(x, threshold), below, above)
    return np.where(np.asarray(x) < threshold, below, above)


def sinhc(x):
    """sinh(x)/x for x >= 0: 1 at zero, and continued with its tangent beyond x = 100 (no overflow)."""
    limit = 100.0
    inside = minimum(maximum(x, 1e-2), limit)
    value = sinh(inside) / inside
    top = np.sinh(limit) / limit
    slope = np.cosh(limit) / limit - np.sinh(limit) / limit**2
    series = 1 + x**2 / 6 * (1 + x**2 / 20)
    return where_less(x, 1e-2, series, where_less(x, limit, value, top + slope * (x - limit)))
