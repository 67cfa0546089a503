"""Fields continued in time, to begin a step's iteration with."""

from types import SimpleNamespace

import numpy as np
import pytest

from ecmsim.models.full.state import continued

STEPS = (0.25, 0.5, 0.375)  # s: the one before the last, the last, the one that is tried


def field(time):
    """Values that change with time as a parabola, (2, 3)."""
    return np.array([[1.0, 2.0, 3.0], [0.5, -1.0, 2.0]]) + 3 * time - 2 * time**2


@pytest.fixture
def state():
    earlier, last, _ = STEPS
    return SimpleNamespace(
        time=earlier + last,
        leg=SimpleNamespace(start=0.0),
        values=field(earlier + last),
        previous_values=field(earlier),
        earlier_values=field(0.0),
        previous_step=last,
        earlier_step=earlier,
    )


def tried(step=STEPS[2], remeshed=False):
    return SimpleNamespace(previous_step=step, remeshed=remeshed)


def test_a_parabola_is_continued_exactly(state):
    assert continued(tried(), state) == pytest.approx(field(sum(STEPS)), rel=1e-14)


def test_with_one_state_before_it_a_straight_line(state):
    state.earlier_values = None
    slope = (field(0.75) - field(0.25)) / 0.5
    assert continued(tried(), state) == pytest.approx(field(0.75) + 0.375 * slope, rel=1e-14)


def test_what_begins_anew_is_not_continued(state):
    assert continued(tried(1.0), state) is not None
    assert continued(tried(1.01), state) is None  # much longer than the last one
    assert continued(tried(remeshed=True), state) is None
    state.leg.start = state.time
    assert continued(tried(), state) is None
    state.leg.start, state.previous_values = 0.0, None
    assert continued(tried(), state) is None
