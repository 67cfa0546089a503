"""What a fact of the paper is: its words, its tolerance, what it rests on, and how it is found in our runs.

Each fact stands on one of three grounds, which the table names and counts apart: FITTED, something was adjusted to it;
CHOICE, it is decided by a choice of ours that the paper does not make; PREDICTED, neither.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from validation.paper.runs import Runs

FITTED, PREDICTED, CHOICE = "fitted", "predicted", "our choice"
GROUNDS = (FITTED, PREDICTED, CHOICE)
ATOM = 0.2  # nm: diameter of a metal atom (paper, section 2.4)


@dataclass(frozen=True)
class Finding:
    """What came out. values: name -> (number, unit); hit: whether it is within the tolerance; note: what to know."""

    values: dict
    hit: bool
    note: str = ""


@dataclass(frozen=True)
class Fact:
    """One fact. row: its number; statement, tolerance: in words; source: where in the paper; find(runs) -> Finding;
    ground: one of GROUNDS; rests: on what, in words: what was fitted to it, or which choice; coarser: whether its runs
    have sisters with a coarser mesh and longer steps."""

    row: int
    statement: str
    tolerance: str
    source: str
    find: Callable[[Runs], Finding] = field(repr=False)
    ground: str = PREDICTED
    rests: str = ""
    coarser: bool = True

    @property
    def fitted(self):
        """Whether something was adjusted to it."""
        return self.ground == FITTED


FACTS = []


def fact(row, statement, tolerance, source, ground=PREDICTED, rests="", coarser=True):
    """Enter a function of the Runs as the measure of a fact."""

    def enter(find):
        FACTS.append(Fact(row, statement, tolerance, source, find, ground, rests, coarser))
        return find

    return enter


def inside(value, low, high):
    """Whether a number lies within bounds (nan does not)."""
    return bool(low <= value <= high)
