"""Gamma: one definition, the same step by step and from a whole series, whatever the steps."""

import json

import numpy as np
import pytest

from ecmsim.results.growth_stop import GrowthStop, growth_stop


def grown(time, fast=10.0, slow=0.1, turn=0.5):
    """Height (nm) of a tip that grows at `fast` nm/s until a time and at `slow` afterwards."""
    return 0.1 + fast * np.minimum(time, turn) + slow * np.maximum(time - turn, 0.0)


def gamma(time, height, voltage=1.0, tunnels=True):
    return growth_stop(time, height, np.broadcast_to(voltage, time.shape), np.broadcast_to(tunnels, time.shape))


TIME = np.linspace(0.0, 2.0, 2001)


@pytest.mark.parametrize("steps", [60, 400, 5000])
def test_growth_stops_where_the_tip_becomes_slow(steps):
    time = np.unique(np.append(np.linspace(0.0, 2.0, steps), 0.5))
    assert gamma(time, grown(time)) == pytest.approx(0.5, abs=0.06)
    assert gamma(time, grown(time, slow=0.0)) == pytest.approx(0.5, abs=0.002)  # without another level
    assert gamma(time, grown(time, slow=1.5)) is None  # more than a tenth


def test_what_is_no_end_of_growth():
    assert gamma(TIME, grown(TIME, turn=0.05)) is None  # half a nanometre
    assert gamma(TIME, grown(TIME), tunnels=False) is None  # as in a cell that never switched
    assert gamma(TIME, grown(TIME), voltage=np.where(TIME < 0.5, 1.0, 0.5)) is None  # the source has fallen
    assert gamma(TIME, grown(TIME), voltage=np.where(TIME < 0.5, 1.0, -1.0)) is None  # the first SET is over
    assert gamma(TIME, grown(TIME) - 3 * np.maximum(TIME - 0.5, 0.0)) is None  # it goes back
    assert gamma(TIME, np.full_like(TIME, 9.0)) is None and gamma(TIME[:1], TIME[:1]) is None


def test_a_short_rest_is_none():
    height = grown(TIME, slow=0.0) + 10 * np.maximum(TIME - 0.502, 0.0)
    assert gamma(TIME, height) is None


def test_it_is_told_once_and_goes_on_from_a_checkpoint():
    height = grown(TIME)
    whole = gamma(TIME, height)
    for stop in (0, 3, 400, 505):
        first = GrowthStop()
        told = [first.see(t, h, 1.0, True) for t, h in zip(TIME[:stop], height[:stop], strict=True)]
        again = GrowthStop()
        again.recall(json.loads(json.dumps(first.remembered())))
        told += [again.see(t, h, 1.0, True) for t, h in zip(TIME[stop:], height[stop:], strict=True)]
        assert [moment for moment in told if moment is not None] == [whole]
