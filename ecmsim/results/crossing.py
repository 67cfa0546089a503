"""When a quantity passes a value between two steps of a run."""

from math import log


def crossing(before, after, value, logarithmic=False):
    """Time at which a quantity crosses a value; before and after: (time, quantity), on either side of it.

    By linear interpolation of the quantity, or of its logarithm where all three are positive.
    """
    (t0, x0), (t1, x1) = before, after
    if logarithmic and min(x0, x1, value) > 0:
        x0, x1, value = log(x0), log(x1), log(value)
    share = (value - x0) / (x1 - x0) if x1 != x0 else 1.0
    return t0 + min(max(share, 0.0), 1.0) * (t1 - t0)
