"""Numbers drawn at random: normal, lognormal or uniform, each by itself or correlated with others.

Ranks are drawn from a multivariate normal distribution with the correlations asked for, and each setting's own
distribution is laid over them (a Gaussian copula), so that a seed gives the same draws whatever the distributions, and
the first draws of many are those of few.
"""

import math

import numpy as np
from pydantic_core import PydanticCustomError

from ecmsim.config.quantities import QuantityType
from ecmsim.config.structure import canonical
from ecmsim.config.suggest import did_you_mean, quoted

# What each distribution is given with: names of values in the setting's unit, and of plain numbers.
DISTRIBUTIONS = {
    "normal": (("mean", "sigma"), ()),
    "lognormal": (("median",), ("sigma",)),
    "uniform": (("from", "to"), ()),
}
CENTRES = ("mean", "median")


class Wrong(ValueError):
    """A value that cannot be used; str(error) says why."""


def drawn(given, count, seed, correlated=()):
    """Draws, a list of count dicts of numbers by setting. given: (unit, distribution as a table) by setting; unit: None
    where there is no such setting; correlated: (setting, setting, correlation) each. Raises Wrong."""
    from scipy.stats import norm

    readers = {field: _reader(field, *told) for field, told in given.items()}
    factor = _factor(list(readers), correlated)
    ranks = np.random.default_rng(seed).standard_normal((count, len(readers)))
    # Row by row: the sums of a product of matrices may depend on how many rows it has.
    return [
        {name: read(z, norm) for (name, read), z in zip(readers.items(), (factor * row).sum(axis=1), strict=True)}
        for row in ranks
    ]


def _factor(names, correlated):
    """The Cholesky factor (n, n) of the correlations between settings of these names. Raises Wrong."""
    matrix = np.eye(len(names))
    for pair in correlated:
        try:
            one, other, share = pair
            i, j, share = names.index(canonical(one)), names.index(canonical(other)), float(share)
        except (ValueError, TypeError):
            raise Wrong(
                f"correlated: {quoted(pair)}: expected two of the settings drawn here and a correlation, "
                '["cell.radius", "cell.layer_thickness", 0.5]'
            ) from None
        if i == j or not -1 < share < 1:
            raise Wrong(f"correlated: {quoted(pair)}: expected two different settings, a number between -1 and 1")
        matrix[i, j] = matrix[j, i] = share
    try:
        return np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        raise Wrong("correlated: these correlations contradict each other") from None


def _reader(field, unit, given):
    """A function that makes a value of a setting of a standard normal number. Raises Wrong."""
    try:
        if unit is None:
            raise Wrong("needs the name of a setting that is a number (ecmsim validate --schema lists all)")
        kind = given.get("distribution") if isinstance(given, dict) else None
        if kind not in DISTRIBUTIONS:
            raise Wrong(
                f"expected {{ distribution = {' or '.join(map(quoted, DISTRIBUTIONS))}, … }}"
                f"{did_you_mean(str(kind), DISTRIBUTIONS)}"
            )
        in_unit, plain = DISTRIBUTIONS[kind]
        for key in given:
            if key not in ("distribution", *in_unit, *plain):
                raise Wrong(f"unknown key {quoted(key)}; {kind} has {', '.join((*in_unit, *plain))}")
        values = [_number(given, key, unit if key in in_unit else "") for key in (*in_unit, *plain)]
    except Wrong as error:
        raise Wrong(f"{field}: {error}") from None
    first, second = values
    if kind == "uniform":
        if not second > first:
            raise Wrong(f"{field}: to must be above from")
    elif not second > 0 or (kind == "lognormal" and not first > 0):
        raise Wrong(f"{field}: sigma{' and median' * (kind == 'lognormal')} must be positive")

    def value(z, norm):
        if kind == "normal":
            return first + second * z
        if kind == "lognormal":
            return first * math.exp(second * z)
        return first + (second - first) * float(norm.cdf(z))

    return value


def _number(given, key, unit):
    if key not in given:
        raise Wrong(f"needs {key}")
    try:
        return float(QuantityType(unit).validate(given[key]))
    except PydanticCustomError as error:
        raise Wrong(f"{key} = {quoted(given[key])}: {error.message()}") from None
