"""Roots of increasing functions of one number that tell their slope as well."""

from math import inf

SETTLED = 1e-12  # last correction over the root


def root(function, x, low=-inf, high=inf):
    """Root of function(x) -> (value, slope) from x, between two ends if there are any: Newton's method, else bisection.

    A root that lies at an end, or beyond, is that end. Without ends the function has to change its sign somewhere.
    """
    if low == high:
        return low
    x, reach = min(max(x, low), high), max(abs(x), 1e-3)
    for _ in range(300):
        value, slope = function(x)
        if not value:
            return x
        low, high = (low, x) if value > 0 else (x, high)
        new = x - value / slope if slope > 0 else (inf if value < 0 else -inf)
        if not (low <= new <= high and abs(new) < inf):
            if -inf < low and high < inf:
                new = 0.5 * (low + high)
            elif not abs(new) < inf:
                reach, new = 2 * reach, x - reach if value > 0 else x + reach
        if abs(new - x) <= SETTLED * abs(new):
            return new
        x = new
    return x
