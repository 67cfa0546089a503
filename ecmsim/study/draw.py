"""Settings drawn at random, from device to device: normal, lognormal or uniform, each by itself or correlated.

Ranks are drawn from a multivariate normal distribution with the correlations asked for, and each setting's own
distribution is laid over them (a Gaussian copula), so that a seed gives the same draws whatever the distributions.
"""

import math

import numpy as np
from pydantic_core import PydanticCustomError

from ecmsim.config.quantities import QuantityType
from ecmsim.config.suggest import did_you_mean, quoted
from ecmsim.study import space
from ecmsim.study.naming import canonical

# What each distribution is given with: names of values in the setting's unit, and of plain numbers.
DISTRIBUTIONS = {
    "normal": (("mean", "sigma"), ()),
    "lognormal": (("median",), ("sigma",)),
    "uniform": (("from", "to"), ()),
}


def drawn(given, count, seed, correlated=()):
    """Points (dicts of values by setting) of count draws. given: distributions by setting; correlated: (setting,
    setting, correlation) each. Raises space.Wrong."""
    from scipy.stats import norm

    readers = {field: _reader(field, value) for field, value in given.items()}
    names = list(readers)
    matrix = np.eye(len(names))
    for pair in correlated:
        try:
            one, other, share = pair
            i, j, share = names.index(canonical(one)), names.index(canonical(other)), float(share)
        except (ValueError, TypeError):
            raise space.Wrong(
                f"correlated: {quoted(pair)}: expected two of the settings drawn here and a correlation, "
                '["cell.radius", "cell.layer_thickness", 0.5]'
            ) from None
        if i == j or not -1 < share < 1:
            raise space.Wrong(f"correlated: {quoted(pair)}: expected two different settings, a number between -1 and 1")
        matrix[i, j] = matrix[j, i] = share
    try:
        factor = np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        raise space.Wrong("correlated: these correlations contradict each other") from None
    ranks = np.random.default_rng(seed).standard_normal((count, len(names))) @ factor.T
    return [{name: readers[name](z, norm) for name, z in zip(names, row, strict=True)} for row in ranks]


def _reader(field, given):
    """A function that makes a value of a setting of a standard normal number. Raises space.Wrong."""
    unit = space.unit_of(field)
    try:
        if unit is None:
            raise space.Wrong("needs the name of a setting that is a number (ecmsim validate --schema lists all)")
        kind = given.get("distribution") if isinstance(given, dict) else None
        if kind not in DISTRIBUTIONS:
            raise space.Wrong(
                f"expected {{ distribution = {' or '.join(map(quoted, DISTRIBUTIONS))}, … }}"
                f"{did_you_mean(str(kind), DISTRIBUTIONS)}"
            )
        in_unit, plain = DISTRIBUTIONS[kind]
        for key in given:
            if key not in ("distribution", *in_unit, *plain):
                raise space.Wrong(f"unknown key {quoted(key)}; {kind} has {', '.join((*in_unit, *plain))}")
        values = [_number(given, key, unit if key in in_unit else "") for key in (*in_unit, *plain)]
    except space.Wrong as error:
        raise space.Wrong(f"{field}: {error}") from None
    first, second = values
    if kind == "uniform":
        if not second > first:
            raise space.Wrong(f"{field}: to must be above from")
    elif not second > 0 or (kind == "lognormal" and not first > 0):
        raise space.Wrong(f"{field}: sigma{' and median' * (kind == 'lognormal')} must be positive")

    def value(z, norm):
        if kind == "normal":
            number = first + second * z
        elif kind == "lognormal":
            number = first * math.exp(second * z)
        else:
            number = first + (second - first) * float(norm.cdf(z))
        return space.written(number, unit)

    return value


def _number(given, key, unit):
    if key not in given:
        raise space.Wrong(f"needs {key}")
    try:
        return float(QuantityType(unit).validate(given[key]))
    except PydanticCustomError as error:
        raise space.Wrong(f"{key} = {quoted(given[key])}: {error.message()}") from None
