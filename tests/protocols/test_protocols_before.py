"""All that protocols tell, as it was, of tables of pulses and legs that are made up by hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from helpers.before import as_before

from ecmsim.errors import ResultsError
from ecmsim.protocols import endurance, pulses, selector
from ecmsim.switching.values import Definitions


def train(amplitudes, levels, first=1e-6, starts=None):
    """A table of pulses; levels: conductance after each, S."""
    before = [first, *levels[:-1]]
    starts = np.arange(len(levels)) * 1.0 if starts is None else starts
    columns = {"pulse": np.arange(1, len(levels) + 1), "start_s": starts, "amplitude_V": amplitudes}
    return pd.DataFrame(columns | {"G_before_S": before, "G_after_S": levels})


@pytest.fixture
def told_of(monkeypatch):
    """An index of a table, as if a run had it; ends: of the pulses, s."""

    def told(index, table, ends=(), **more):
        legs, course = [], []
        for number, end in enumerate(ends, 1):
            legs += [SimpleNamespace(piece=SimpleNamespace(part="pulse", pulse=number, then=None, name=""))] * 2
            course += [end - 1e-4, end]
        legs.append(SimpleNamespace(piece=SimpleNamespace(part="read", pulse=1, then=more.get("then"), name="write")))
        made = SimpleNamespace(folder="made up", course=SimpleNamespace(legs=legs, ends=[*course, 99.0]))
        made.events = pd.DataFrame(more.get("events", {"event": [], "detail": []}), dtype=str)
        monkeypatch.setattr(pulses, "pulse_table", lambda run, definitions: table)
        return index(made)

    return told


SHARE = np.arange(1, 9) / 8
TRAINS = {
    "up and down": train(
        [1.0] * 8 + [-1.0] * 8,
        np.concatenate([1e-6 + 9e-6 * pulses.saturating(3.0, SHARE), 1e-5 - 8e-6 * pulses.saturating(-2.0, SHARE)]),
    ),
    "up alone": train([1.0, 2.0, 1.0], [1e-6, 3e-6, 4e-6]),
    "down alone": train([-1.0, -1.0, -1.0], [9e-7, 5e-7, 4e-7]),
    "two series up": train([1.0, 1.0, -1.0, -1.0, 1.0, 1.0], [2e-6, 3e-6, 2e-6, 1e-6, 4e-6, 9e-6]),
    "one of each": train([1.0, -1.0, 1.0], [2e-6, 1e-6, 3e-6]).assign(amplitude_V=[1.0, 1.0, -1.0]),
    "still": train([1.0, 1.0, -1.0, -1.0], [1e-6] * 4),
    "steps": train([1.0] * 4, [5e-6, 5e-6, 5e-6, 5e-6]),
}


def test_potentiation_of_made_up_trains(told_of, file_regression):
    found = {}
    for name, table in TRAINS.items():
        index = told_of(pulses.potentiation_of, table)
        found[name] = {"index": index, "words": index.words()}
        found[name]["fits"] = [
            branch.fitted([0, 1, 2.5, len(branch.conductance) - 1]) for branch in (index.up, index.down) if branch
        ]
    as_before(file_regression, found, tolerance=1e-4)


def test_saturating_by_hand():
    assert pulses.saturating(2.0, 0.5) == pytest.approx((1 - np.exp(-1)) / (1 - np.exp(-2)))
    assert pulses.saturating(9e-4, 0.3) == 0.3 and pulses.saturating(1.1e-3, 0.3) != 0.3
    assert pulses.saturating(-0.02, 0.5) == pytest.approx(0.5 - 0.02 / 8, abs=1e-5)
    with np.errstate(all="ignore"):
        assert np.isnan(pulses.branch_of([1.0, 2.0]).nonlinearity) and np.isnan(
            pulses.branch_of([1, 2, 1]).nonlinearity
        )
    assert pulses.branch_of([0.0, 0.5, 1.0]).nonlinearity == pytest.approx(0, abs=1e-3)
    assert pulses.branch_of([0, 1, 1, 1]).nonlinearity > 20


@pytest.mark.parametrize("count", [6, 7])
def test_pairs_of_pulses(told_of, count, file_regression):
    """Of an odd number the first only conditions; intervals are from the end of one to the beginning of the next."""
    gaps, first = [0.4, 0.1, 1.6], [0] if count == 7 else []
    starts, levels, at = list(first), [1e-6] * len(first), 10.0
    for gap in gaps:
        starts += [at, at + 0.5 + gap]
        levels += [2e-6, 2e-6 * (1 + 0.7 * np.exp(-gap / 0.3))]
        at += 10
    table = train(np.ones(count), levels, starts=np.array(starts, float))
    found = told_of(pulses.facilitation_of, table, np.array(starts) + 0.5)
    assert found.intervals == pytest.approx(sorted(gaps)) and found.time_constant == pytest.approx(0.3)
    assert found.amount == pytest.approx(0.7) and found.ratios[0] == pytest.approx(1 + 0.7 * np.exp(-1 / 3))
    as_before(file_regression, {"words": found.words()})
    table.loc[table.index[-1], "G_after_S"] = np.nan
    two = told_of(pulses.facilitation_of, table, np.array(starts) + 0.5)
    assert len(two.ratios) == 2 and np.isnan(two.time_constant) and len(two.words()) == 2
    even = table.assign(G_after_S=1e-6)
    assert np.isnan(told_of(pulses.facilitation_of, even, np.array(starts) + 0.5).time_constant)


@pytest.mark.parametrize(
    ("detail", "met"), [("write: resistance < 1 kohm", True), ("other: resistance < 1 kohm", False), ("write", False)]
)
def test_writing_is_verified_where_its_condition_was_met(told_of, detail, met):
    table = train([1.0, 1.2], [1e-6, 2e-3])
    events = {"event": ["condition", "other"], "detail": [detail, "write: x"]}
    found = told_of(pulses.verified_of, table, then="end", events=events)
    assert found.met == met
    words = "verified after 2 pulses, 1.2 V, 2 mS" if met else "not verified by 2 pulses, the last one 1.2 V, 2 mS"
    assert found.words() == [words]
    assert "1 pulse," in told_of(pulses.verified_of, table.iloc[:1]).words()[0]
    assert not told_of(pulses.verified_of, table, events=events).met
    with pytest.raises(ResultsError, match="has 0 pulses; this needs 1 at least"):
        told_of(pulses.verified_of, table.iloc[:0])


def test_endurance_of_a_table_of_cycles(monkeypatch, file_regression):
    table = pd.DataFrame(
        {
            "cycle": [2, 3, 4, 5],
            "V_SET_V": [1.2, 1.25, 1.2, 1.3],
            "V_RESET_V": [-0.5, -0.5, -0.5, np.nan],
            "R_LRS_ohm": [1e4, 1.1e4, 1e4, 2e4],
            "R_HRS_ohm": [1e6, -1.2e6, 1e5, 1e6],
        }
    )
    monkeypatch.setattr(endurance, "cycle_table", lambda run, definitions: run.made)
    found = {}
    for name, made, least in (
        ("usual", table, {}),
        ("wide", table, {"least": 10.5}),
        ("narrow", table, {"least": 1.5}),
        ("good", table.iloc[:3], {}),
        ("one", table.iloc[:1], {}),
        ("no SET", table.assign(V_SET_V=np.nan), {}),
        ("hardly", table.assign(V_SET_V=1.2 + 1e-6 * np.arange(4)), {}),
    ):
        index = endurance.endurance_of(SimpleNamespace(folder="x", made=made), Definitions(), **least)
        found[name] = {"failed": index.failed, "windows": index.windows, "words": index.words(), "least": index.least}
    as_before(file_regression, found)


def pulse(on, off=1e-9, base=0.1, points=201):
    """A run of one pulse from 1 to 4 s whose current comes at `on` (s) and falls with 0.5 s after it."""
    time = np.linspace(0, 10, points)
    volts = np.interp(time, [0, 1, 2, 3, 4, 10], [base, base, 1.1, 1.1, base, base])
    conductance = np.where(time <= 4, np.where(time >= on, 1e-5, off), 1e-5 * np.exp(-(time - 4) / 0.5))
    legs = [
        SimpleNamespace(piece=SimpleNamespace(part=part, pulse=number))
        for part, number in (("hold", 0), ("pulse", 1), ("pulse", 1), ("pulse", 1), ("read", 1), ("pulse", 2))
    ]
    series = pd.DataFrame({"time_s": time, "current_A": -conductance * volts, "cell_voltage_V": -volts})
    course = SimpleNamespace(legs=legs, ends=[1.0, 2.0, 3.0, 4.0, 8.0, 9.0])
    return SimpleNamespace(folder="made up", course=course, timeseries=series)


def test_a_selector_by_hand(file_regression):
    found = {}
    for name, (run, options) in {
        "usual": (pulse(2.53), {}),
        "slow": (pulse(2.53, 1e-6), {"on": 0.3}),
        "at once": (pulse(0.0), {}),
        "shares": (pulse(2.53), {"on": 0.9, "off": 0.5}),
        "no base": (pulse(2.53, base=0.0), {}),
        "never": (pulse(2.53), {"off": 1e-9}),
    }.items():
        index = selector.selector_of(run, **options)
        found[name] = {"index": index, "words": index.words()}
    as_before(file_regression, found)
    usual = found["usual"]["index"]
    assert (usual.begin, usual.end) == (1.5, 4) and usual.recovery == pytest.approx(0.5 * np.log(10), rel=1e-6)
    assert usual.time_constant == pytest.approx(0.5) and usual.delay == pytest.approx(1.05, abs=0.05)


def test_when_values_come_to_a_level():
    time = np.array([0.0, 1, 2, 3])
    rising = np.array([1e-6, 1e-4, 1e-4, 1.0])
    assert selector._first(time, rising, 1e-5, True) == pytest.approx(0.5)
    assert selector._first(time, rising[::-1], 1e-2, False) == pytest.approx(0.5)
    assert selector._first(time, rising, 1e-7, True) == 0 and np.isnan(selector._first(time, rising, 2.0, True))
    assert selector._first(time, np.array([0.0, 1, 1, 1]), 0.5, True) == 1
    assert np.isnan(selector._first(time, rising, 0.0, True)) and selector._first(time, 1 - 0 * time, 1, False) == 0
    assert selector._first(time, np.array([1.0, 0, 0, 0]), 0.5, False) == 1
