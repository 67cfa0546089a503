"""Indices of trains of pulses: how conductance goes up and down, how a pulse helps the next, how writing ended."""

from dataclasses import dataclass

import numpy as np

from ecmsim.errors import ResultsError
from ecmsim.results.tables import pulse_table
from ecmsim.switching.values import Definitions
from ecmsim.text import quantity

STRAIGHT = 1e3  # nonlinearity beyond which a curve is a step, and over whose inverse it is straight


@dataclass(frozen=True)
class Branch:
    """Conductances (S) after each pulse of one sign, with the one before the first, (n + 1,); nonlinearity nu of
    G = G_0 + (G_n - G_0) (1 - exp(-nu k/n))/(1 - exp(-nu)), k pulses: 0 is a straight line, positive one that
    saturates, negative one that runs away."""

    conductance: np.ndarray
    nonlinearity: float

    def fitted(self, k):
        """The fit at a number of pulses (k,), S."""
        first, last = self.conductance[0], self.conductance[-1]
        return first + (last - first) * saturating(self.nonlinearity, np.asarray(k) / (len(self.conductance) - 1))


@dataclass(frozen=True)
class Potentiation:
    """up, down: Branch of the pulses that raise and lower the conductance, None without; window: largest over smallest
    conductance; asymmetry: of both branches at equal conductance, mean |G_up - G_down| over the window, or nan."""

    up: Branch | None
    down: Branch | None
    window: float
    asymmetry: float

    def words(self):
        """The index as lines of text."""
        told = [
            f"{name}: {len(branch.conductance) - 1} pulses, {quantity(branch.conductance[0], 'S')} to "
            f"{quantity(branch.conductance[-1], 'S')}, nonlinearity {branch.nonlinearity:.2f}"
            for name, branch in (("potentiation", self.up), ("depression", self.down))
            if branch
        ]
        return [*told, f"window {self.window:.3g}, asymmetry {self.asymmetry:.2f}"]


def saturating(nu, share):
    """(1 - exp(-nu x))/(1 - exp(-nu)) for shares x from 0 to 1; x itself at nu = 0."""
    if abs(nu) < 1 / STRAIGHT:
        return share
    return np.expm1(-nu * share) / np.expm1(-nu)


def branch_of(conductance):
    """The Branch of conductances (n + 1,): nu by least squares."""
    from scipy.optimize import minimize_scalar

    values = np.asarray(conductance, float)
    height = values[-1] - values[0]
    if len(values) < 3 or not height:
        return Branch(values, np.nan)
    share, seen = np.linspace(0, 1, len(values)), (values - values[0]) / height
    found = minimize_scalar(lambda nu: ((saturating(nu, share) - seen) ** 2).sum(), bounds=(-50, 50), method="bounded")
    return Branch(values, float(found.x))


def potentiation_of(run, definitions=Definitions()):  # noqa: B008  (frozen)
    """The Potentiation of a run (a Run): its first series of positive pulses, and its first one of negative pulses."""
    table = _table(run, definitions, 3)
    branches = []
    for sign in (1, -1):
        rows = np.nonzero(np.sign(table["amplitude_V"]) == sign)[0]
        if len(rows):  # those that follow each other
            rows = rows[: np.append(np.nonzero(np.diff(rows) > 1)[0] + 1, len(rows))[0]]
        part = table.iloc[rows]
        branches.append(branch_of([part["G_before_S"].iloc[0], *part["G_after_S"]]) if len(part) > 1 else None)
    up, down = branches
    every = np.concatenate([branch.conductance for branch in branches if branch])
    asymmetry = np.nan
    if up and down:
        share = np.linspace(0, 1, 200)
        ways = [np.interp(share, np.linspace(0, 1, len(b.conductance)), b.conductance) for b in (up, down)]
        asymmetry = float(np.abs(ways[0] - ways[1][::-1]).mean() / np.ptp(every)) if np.ptp(every) else np.nan
    return Potentiation(up, down, float(every.max() / every.min()), asymmetry)


@dataclass(frozen=True)
class Facilitation:
    """Pairs of pulses: intervals (s) between their pulses, ratios of the conductances after the second and the first;
    amount, time_constant (s): of ratio = 1 + amount exp(-interval/time_constant), nan where there are too few pairs."""

    intervals: np.ndarray
    ratios: np.ndarray
    amount: float
    time_constant: float

    def words(self):
        """The index as lines of text."""
        told = [
            f"{quantity(gap, 's')} apart: ratio {ratio:.3f}"
            for gap, ratio in zip(self.intervals, self.ratios, strict=True)
        ]
        if np.isfinite(self.time_constant):
            told.append(f"1 + {self.amount:.3g} exp(-t/{quantity(self.time_constant, 's')})")
        return told


def facilitation_of(run, definitions=Definitions()):  # noqa: B008  (frozen)
    """The Facilitation of a run (a Run) of pairs of pulses; of an odd number of pulses the first only conditions."""
    from scipy.optimize import curve_fit

    table = _table(run, definitions, 2)
    start, ends = table["start_s"].to_numpy(float), _ends(run)
    after = table["G_after_S"].to_numpy(float)
    first = np.arange(len(table) % 2, len(table) - 1, 2)
    gaps, ratios = start[first + 1] - ends[first], after[first + 1] / after[first]
    good = np.isfinite(ratios)
    order = np.argsort(gaps[good])
    gaps, ratios = gaps[good][order], ratios[good][order]
    amount = constant = np.nan
    if len(gaps) > 2 and np.ptp(ratios):
        try:
            guess = ratios[0] - 1, np.log(np.sqrt(gaps[0] * gaps[-1]))
            (amount, log), _ = curve_fit(lambda t, c, x: 1 + c * np.exp(-t / np.exp(x)), gaps, ratios, p0=guess)
            constant = float(np.exp(log))
        except RuntimeError:  # it does not settle
            pass
    return Facilitation(gaps, ratios, float(amount), constant)


@dataclass(frozen=True)
class Verified:
    """Write-verify: table of the pulses (pulses.csv); whether the condition was met, and with which pulse."""

    table: object
    met: bool

    def words(self):
        """The index as lines of text."""
        last = self.table.iloc[-1]
        after = f"{quantity(last['amplitude_V'], 'V')}, {quantity(last['G_after_S'], 'S')}"
        count = f"{len(self.table)} pulse{'s' * (len(self.table) > 1)}"
        return [f"verified after {count}, {after}" if self.met else f"not verified by {count}, the last one {after}"]


def verified_of(run, definitions=Definitions()):  # noqa: B008  (frozen)
    """The Verified of a run (a Run) with a step of write-verify."""
    table = _table(run, definitions, 1)
    verified = {leg.piece.name for leg in run.course.legs if leg.piece.then is not None}
    details = run.events["detail"][run.events["event"] == "condition"]  # none where nothing was met
    return Verified(table, any(detail.rpartition(": ")[0] in verified for detail in details))


def _ends(run):
    """When the fall of each pulse ends, s, (pulses,)."""
    ends = {}
    for leg, end in zip(run.course.legs, run.course.ends, strict=True):
        if leg.piece.part == "pulse":
            ends[leg.piece.pulse] = end
    return np.array(list(ends.values()))


def _table(run, definitions, least):
    table = pulse_table(run, definitions)
    if len(table) < least:
        raise ResultsError(f"{run.folder} has {len(table)} pulses; this needs {least} at least")
    return table
