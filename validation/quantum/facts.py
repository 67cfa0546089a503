"""A fact: what is known and from where, how near we must come to it and why, and how our number is found."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np


class Open(Exception):
    """What a fact is to be measured on is not there yet: says what is missing and how it is made."""


@dataclass(frozen=True)
class Near:
    """Every value within a distance of its own expected value; relative: the distance is a part of that."""

    values: tuple
    within: float
    relative: bool = False

    def holds(self, found):
        """Whether values (tuple of numbers) meet it; those beyond the expected ones are not judged."""
        if len(found) < len(self.values):
            return False
        return all(
            abs(value - known) <= self.within * (abs(known) if self.relative else 1)
            for value, known in zip(found, self.values, strict=False)
        )

    @property
    def digits(self):
        """How many digits tell a value as exactly as the expected ones are known."""
        return max(3, *(len(f"{value:.10g}".lstrip("-0.").replace(".", "").split("e")[0]) for value in self.values))


@dataclass(frozen=True)
class Between:
    """Every value within the same bounds."""

    low: float
    high: float
    digits = 3

    def holds(self, found):
        """Whether values (tuple of numbers) meet it; none at all do not."""
        return bool(found) and all(self.low <= value <= self.high for value in found)


@dataclass(frozen=True)
class RoundOff:
    """A difference between two ways to the same number: at most the limit, which is one of numerics."""

    limit: float
    digits = 2

    def holds(self, found):
        """Whether values (tuple of numbers) meet it."""
        return bool(found) and all(abs(value) <= self.limit for value in found)


@dataclass(frozen=True)
class Found:
    """What came out: values (tuple of numbers), and what to know about them."""

    values: tuple
    remark: str = ""


@dataclass(frozen=True)
class Fact:
    """One number or a few that belong together.

    key: its name for good; statement, source: what and where from; expected: Near, Between or RoundOff; why: the reason
    for that tolerance; find(folder) -> Found, a tuple or a number, raises Open; unit; doubt: what may explain a miss;
    fitted: what was fitted or chosen to meet it, and to what, for a number that is therefore no prediction.
    """

    key: str
    statement: str
    source: str
    expected: Near | Between | RoundOff
    why: str
    find: Callable[[Path], object] = field(repr=False)
    unit: str = ""
    doubt: str = ""
    fitted: str = ""

    def judge(self, folder):
        """Find the number, with the result files in folder: a Verdict."""
        try:
            found = self.find(Path(folder))
        except Open as missing:
            return Verdict(self, "open", Found((), str(missing)))
        found = found if isinstance(found, Found) else Found(found)
        values = tuple(float(value) for value in np.atleast_1d(found.values))
        word = "hit" if self.expected.holds(values) else "miss"
        return Verdict(self, word, Found(values, found.remark))


@dataclass(frozen=True)
class Verdict:
    """A fact with what was found and the word for it: hit, miss or open (nothing to judge yet)."""

    fact: Fact
    word: str
    found: Found

    @property
    def label(self):
        """The word, and whether the number was fitted: "hit (fitted)"."""
        return f"{self.word} (fitted)" if self.fact.fitted and self.word != "open" else self.word

    @property
    def remark(self):
        """What to know about the number, with what was fitted to it."""
        fitted = f"fitted: {self.fact.fitted}" if self.fact.fitted and self.word != "open" else ""
        return "; ".join(part for part in (self.found.remark, fitted) if part)


LABELS = ("hit", "hit (fitted)", "miss", "miss (fitted)", "open")


def counted(verdicts):
    """How many verdicts have each of the LABELS that occur, a dict; hit, miss and open are always there."""
    labels = [verdict.label for verdict in verdicts]
    return {label: labels.count(label) for label in LABELS if label in labels or "(" not in label}


@dataclass(frozen=True)
class Section:
    """Facts of one kind. origin: where our numbers come from."""

    title: str
    origin: str
    facts: list = field(default_factory=list)

    def enter(self, key, statement, source, expected, why, find=None, unit="", doubt="", fitted=""):
        """Add a fact; without find, as a decorator of the function that finds it."""

        def add(find):
            self.facts.append(Fact(key, statement, source, expected, why, find, unit, doubt, fitted))
            return find

        return add if find is None else add(find)
