"""The points of a study: grids, lists that advance together, ranges and Latin hypercube samples."""

import itertools
import math

import numpy as np
from pydantic_core import PydanticCustomError

from ecmsim.config import reference
from ecmsim.config.distributions import Wrong
from ecmsim.config.quantities import Quantity, QuantityType
from ecmsim.config.structure import keys_of
from ecmsim.config.suggest import did_you_mean, quoted

SPACINGS = ("lin", "log")
MOST_CASES = 10_000  # of a study, each of which is checked before the first is run
GRID_DIGITS, SAMPLE_DIGITS = 12, 6  # kept of the values of ranges, so that 1e-8 is not 1.0000000000000002e-8


def product(*blocks):
    """All combinations of blocks, each a list of points (dicts of values by setting); the last one turns fastest."""
    return [dict(itertools.chain.from_iterable(point.items() for point in row)) for row in itertools.product(*blocks)]


def count(blocks):
    """How many combinations there are of blocks, each a list."""
    return math.prod(len(block) for block in blocks)


def grid(lists):
    """Full factorial: a list of points from lists of values by setting. Raises Wrong."""
    if count(lists.values()) > MOST_CASES:
        raise Wrong(f"{count(lists.values()):.3g} cases: a study has at most {MOST_CASES:,}")
    return product(*([{field: value} for value in values] for field, values in lists.items()))


def together(lists):
    """Lists of equal length that advance together, as a list of points. Raises Wrong."""
    lengths = {field: len(values) for field, values in lists.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{field} has {length}" for field, length in lengths.items())
        raise Wrong(f"the lists advance together and need equal lengths: {told}")
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


def values_of(field, given):
    """The values of a setting: a list as it is, or those of {from, to, count, spacing}. Raises Wrong."""
    if isinstance(given, list):
        if not given:
            raise Wrong("the list is empty")
        return given
    if not is_range(given):
        raise Wrong('expected a list of values, or { from = …, to = …, count = …, spacing = "log" }')
    low, high, log, write = _ends(field, given, ("from", "to", "count", "spacing"))
    count = given.get("count")
    if not _whole(count) or count < 2:
        raise Wrong(
            f"count = {quoted(count)}: expected a whole number of at least 2" if "count" in given else "needs a count"
        )
    if count > MOST_CASES:
        raise Wrong(f"count = {count}: a study has at most {MOST_CASES:,} cases")
    inner = np.geomspace(low, high, count) if log else np.linspace(low, high, count)
    return [write(value) for value in (low, *(_rounded(value, GRID_DIGITS) for value in inner[1:-1]), high)]


def sample(ranges, count, seed):
    """A Latin hypercube of count points in ranges {from, to, spacing} by setting. Raises Wrong."""
    from scipy.stats import qmc

    ends = []
    for field, given in ranges.items():
        try:
            if not is_range(given):
                raise Wrong('expected { from = …, to = …, spacing = "log" }')
            ends.append(_ends(field, given, ("from", "to", "spacing")))
        except Wrong as error:
            raise Wrong(f"{field}: {error}") from None
    generator = np.random.default_rng(seed)
    try:
        sampler = qmc.LatinHypercube(len(ends), rng=generator)
    except TypeError:  # scipy before 1.15
        sampler = qmc.LatinHypercube(len(ends), seed=generator)
    points = []
    for shares in sampler.random(count):
        point = {}
        for field, share, (low, high, log, write) in zip(ranges, shares, ends, strict=True):
            value = low * (high / low) ** share if log else low + (high - low) * share
            point[field] = write(_rounded(value, SAMPLE_DIGITS))
        points.append(point)
    return points


def is_range(given):
    """Whether a value of a study file is a range, or a distribution."""
    return isinstance(given, dict) and bool({"from", "to", "distribution"} & given.keys())


def flat(table, prefix=""):
    """Settings in nested tables as pairs of dotted name and value; ranges and values with a label are values."""
    for key, value in table.items():
        if isinstance(value, dict) and value and "value" not in value and not is_range(value):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def ends(field, given):
    """Both ends of a range {from, to} of a setting as numbers in its declared unit, in rising order. Raises Wrong."""
    if not is_range(given):
        raise Wrong("expected { from = …, to = … }")
    low, high, *_ = _ends(field, given, ("from", "to"))
    return min(low, high), max(low, high)


def unit_of(field):
    """The declared unit of a setting by its dotted name ("" if it has none), or None if there is no such setting."""
    wanted = [str(key) for key in keys_of(field) if not isinstance(key, int)]
    if wanted[:1] == ["laws"] and len(wanted) == 3 and wanted[2] != "law":
        return ""  # parameters of a law of one's own are plain numbers
    while wanted[:2] == ["programme", "steps"] and len(wanted) > 2:
        del wanted[1]  # a step within a repeat has the settings of any step
    for row in reference():
        names = row.name.replace("[]", "").split(".")
        if len(names) == len(wanted) and all(a in (b, "NAME") for a, b in zip(names, wanted, strict=True)):
            return row.unit
    return None


def _ends(field, given, allowed):
    """Both ends of a range as numbers, whether it is logarithmic, and how to write a value of it."""
    for key in given:
        if key not in allowed:
            raise Wrong(f'unknown key "{key}" of a range{did_you_mean(key, allowed)}')
    unit = unit_of(field)
    if unit is None:
        raise Wrong("a range needs the name of a setting that is a number (ecmsim validate --schema lists all)")
    ends = []
    for key in ("from", "to"):
        if key not in given:
            raise Wrong(f'a range needs "{key}"')
        try:
            ends.append(float(QuantityType(unit).validate(given[key])))
        except PydanticCustomError as error:
            raise Wrong(f"{key} = {quoted(given[key])}: {error.message()}") from None
    spacing = given.get("spacing", "lin")
    if spacing not in SPACINGS:
        raise Wrong(f'spacing = {quoted(spacing)}: expected "lin" or "log"{did_you_mean(spacing, SPACINGS)}')
    if spacing == "log" and not ends[0] * ends[1] > 0:
        raise Wrong("a logarithmic range needs both ends above zero")
    whole = _whole(given["from"]) and _whole(given["to"])

    def write(value):
        if unit:
            return Quantity(value, unit).text
        return int(value) if whole and value == int(value) else float(value)

    return *ends, spacing == "log", write


def written(number, unit):
    """A number as a value of a study file, in the unit of its setting ("" for none), rounded as samples are."""
    number = _rounded(number, SAMPLE_DIGITS)
    return Quantity(number, unit).text if unit else number


def _whole(value):
    return isinstance(value, int) and not isinstance(value, bool)


def _rounded(value, digits):
    return float(f"{value:.{digits}g}")
