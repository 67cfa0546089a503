"""Settings drawn at random, from device to device: [draw] of a study."""

from ecmsim.config import distributions
from ecmsim.study import space


def drawn(given, count, seed, correlated=()):
    """Points (dicts of values by setting) of count draws. given: distributions by setting; correlated: (setting,
    setting, correlation) each. Raises space.Wrong."""
    units = {field: space.unit_of(field) for field in given}
    told = {field: (units[field], value) for field, value in given.items()}
    draws = distributions.drawn(told, count, seed, correlated)
    return [{field: space.written(number, units[field]) for field, number in draw.items()} for draw in draws]
