"""Numbers that are read off a run, in the words that a file may ask for them with: KINDS lists these.

Targets of a calibration and facts of a paper are such numbers. Each function takes a Run and gives nan where the run
has no such thing; times in s, currents in A, all else in the unit that ends the column's name.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ecmsim.results.regimes import reached

# Boundaries of the regimes: their names in a file, and in Regimes.
BOUNDARIES = {"a_b": "a_b", "b_c": "b_c", "gamma": "gamma_time", "y": "y_time", "lambda": "lambda_time"}
UNITS = {
    "s": "s",
    "V": "V",
    "A": "A",
    "nm": "nm",
    "nm3": "nm^3",
    "K": "K",
    "W": "W",
    "J": "J",
}  # by the end of a column's name


def column(run, name):
    """A column of the time series, (n,)."""
    return run.timeseries[name].to_numpy(float)


def unit_of(name):
    """Unit of a column; "" for a share or a count."""
    return UNITS.get(name.rpartition("_")[2], "")


def rising(run):
    """The steps up to the largest current, as a slice."""
    return slice(0, int(np.argmax(column(run, "current_A"))) + 1)


def value_at_time(run, name, time):
    """A column at a time (or at times (k,)), linear between the steps."""
    return np.interp(time, column(run, "time_s"), column(run, name), left=np.nan, right=np.nan)


def value_at_current(run, name, current):
    """A column where the rising current passes a value (or values (k,)), linear between the steps."""
    part = rising(run)
    amperes = np.maximum.accumulate(column(run, "current_A")[part])
    return np.interp(current, amperes, column(run, name)[part], left=np.nan, right=np.nan)


def value_at_boundary(run, name, boundary):
    """A column where regimes meet, linear between the steps."""
    return value_at_time(run, name, time_of_boundary(run, boundary))


def highest_value(run, name):
    """The largest value of a column."""
    return column(run, name).max()


def lowest_value(run, name):
    """The smallest value of a column."""
    return column(run, name).min()


def last_value(run, name):
    """A column at the last step."""
    return column(run, name)[-1]


def time_of_value(run, name, level):
    """When a column first comes to a value, from below or from above, linear between the steps."""
    values = column(run, name)
    sign = -1 if values[0] > level else 1
    return moment(reached(column(run, "time_s"), sign * values, sign * level))


def time_of_boundary(run, boundary):
    """When regimes meet, the compliance current is reached or growth ends: a name in BOUNDARIES."""
    return moment(getattr(run.regimes, BOUNDARIES[boundary]))


def moment(value):
    """Time of a Boundary, or a time in s, as a number; nan for None."""
    return np.nan if value is None else float(getattr(value, "time_s", value))


@dataclass(frozen=True)
class Kind:
    """A kind of number. read(run, ...): the function; takes: what it is asked with, in order; unit: of what it gives,
    None for that of the column."""

    read: Callable
    takes: tuple
    unit: str | None = None


KINDS = {
    "value at time": Kind(value_at_time, ("column", "time")),
    "value at current": Kind(value_at_current, ("column", "current")),
    "value at boundary": Kind(value_at_boundary, ("column", "boundary")),
    "highest value": Kind(highest_value, ("column",)),
    "lowest value": Kind(lowest_value, ("column",)),
    "last value": Kind(last_value, ("column",)),
    "time of value": Kind(time_of_value, ("column", "level"), "s"),
    "time of boundary": Kind(time_of_boundary, ("boundary",), "s"),
}


@dataclass(frozen=True)
class Measure:
    """One number of a run. kind: in KINDS; given: what this kind takes, in its order; above: the setting from which it
    is counted (its dotted name, in the unit of the number), or ""."""

    kind: str
    given: tuple
    above: str = ""

    def __call__(self, run):
        """The number; nan where the run (a Run) has none, as before its first step."""
        if not len(run.timeseries):
            return np.nan
        value = float(KINDS[self.kind].read(run, *self.given))
        return value - run.setting(self.above, self.unit, np.nan) if self.above else value

    @property
    def unit(self):
        """Unit of the number; "" for a share or a count."""
        known = KINDS[self.kind].unit
        return unit_of(self.given[0]) if known is None else known
