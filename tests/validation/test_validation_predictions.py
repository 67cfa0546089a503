"""Rows 23 to 33 and their measures, against made-up runs whose answers follow from how they were made."""

import math

import numpy as np
import pandas as pd
import pytest
from helpers import synthetic

from ecmsim.results import open_run
from ecmsim.results.regimes import Boundary, Regimes
from validation.paper import facts, growth, measures, predictions, resets  # noqa: F401  (they enter the facts)
from validation.paper.fact import FACTS

ROWS = {fact.row: fact for fact in FACTS}


class Made:
    """A run of given columns. regimes: where A, B, C meet, s; events: (time, name, detail)."""

    def __init__(self, regimes=None, events=(), snapshots=(), **columns):
        n = len(columns["time_s"])
        self.timeseries = pd.DataFrame({name: np.broadcast_to(values, n) for name, values in columns.items()})
        self.regimes, self.snapshots = regimes or Regimes(), list(snapshots)
        self.events = pd.DataFrame(list(events), columns=["time_s", "event", "detail"])


class Runs:
    """Runs by what the facts ask for."""

    def __init__(self, reference=None, resets=None, **cases):
        self.reference, self.resets, self.cases = reference, resets, cases

    def case(self, name, study="paper"):
        return self.cases[name]


def regimes(a_b=1.0, b_c=2.0, y=2.1, **others):
    return Regimes(Boundary(a_b, 1e-7, 0), Boundary(b_c, 1e-4, 0), y_time=y, peak_time=y, **others)


def sweep(current_of, **columns):
    time = np.linspace(0, 2, 2001)
    return Made(time_s=time, current_A=current_of(time), source_voltage_V=time, **columns)


# --- currents -----------------------------------------------------------------------------------------------


def test_a_straight_rise_is_linear_and_a_geometric_one_exponential():
    linear, exponential = growth.straightness(sweep(lambda t: 1e-4 * t), 1e-6, 5e-5)
    assert linear == pytest.approx(1) and exponential < 0.85
    linear, exponential = growth.straightness(sweep(lambda t: 1e-9 * np.exp(10 * t)), 1e-6, 5e-5)
    assert exponential == pytest.approx(1, abs=1e-4) and linear < 0.85
    assert np.isnan(growth.straightness(sweep(lambda t: 1e-9 * t), 1e-6, 5e-5)).all()


@pytest.mark.parametrize(
    ("late", "expected"),
    [
        (lambda t: 1e-6 + 9.8e-5 * np.clip(t - 1, 0, 1), True),
        (lambda t: 1e-6 * np.exp(5 * np.clip(t - 1, 0, 1)), False),
    ],
    ids=["linear", "exponential"],
)
def test_gradual_rise_with_and_without_heat_from_the_barrier(late, expected):
    """Rows 24 and 25: what comes before 1 uA does not count."""
    run = sweep(lambda t: np.where(t < 1, 1e-6 * np.exp(20 * (t - 1)), late(t)))
    assert ROWS[24].find(Runs(joule_1mA=run)).hit is expected
    assert ROWS[25].find(Runs(run)).hit is expected


def test_a_rise_after_the_turn_of_the_source_is_not_looked_at():
    """Row 24: up to 2 V. After that this current would be anything but straight."""
    time = np.linspace(0, 4, 4001)
    current = np.where(time < 2, 1e-6 + 1e-5 * time, 2.1e-5 * np.exp(np.maximum(time - 2, 0)))
    run = Made(time_s=time, current_A=current, source_voltage_V=2 - abs(time - 2))
    assert ROWS[24].find(Runs(joule_1mA=run)).values["linear"][0] == pytest.approx(1)


@pytest.mark.parametrize(("steep", "hit"), [(90.0, True), (20.0, False)])
def test_rise_in_c_against_that_in_a(steep, hit):
    """Row 26: d ln I/dt of 40/s in A, 1/s in B and a given one in C."""
    time = np.linspace(0, 2.1, 4201)
    rate = np.select([time < 1, time < 2], [40.0, 1.0], steep)
    logarithm = np.append(0, np.cumsum(0.5 * (rate[1:] + rate[:-1]) * np.diff(time)))
    gap = np.interp(time, [0, 1, 2.1], [10, 0.4, 0.1])
    run = Made(regimes(), time_s=time, current_A=1e-24 * np.exp(logarithm), gap_nm=gap)
    a, c = growth.steepest_rises(run)
    assert a == pytest.approx(40, rel=0.05) and c == pytest.approx(steep, rel=0.05)
    assert ROWS[26].find(Runs(run)).hit is hit


# --- growth -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("slow", "fast", "hit"), [(1.0, 100.0, True), (7.0, 100.0, False), (1.0, 5.0, False)])
def test_speeds_at_which_the_gap_closes(slow, fast, hit):
    """Row 27: 50 nm/s at most in A, then slow, then fast."""
    time = np.linspace(0, 2.1, 21001)
    speed = np.select([time < 1, time < 2], [50.0 * time, slow], fast)
    closed = np.append(0, np.cumsum(0.5 * (speed[1:] + speed[:-1]) * np.diff(time)))
    run = Made(regimes(), time_s=time, current_A=np.linspace(1e-9, 1e-3, len(time)), gap_nm=60 - closed)
    a, b, c = growth.closing_speeds(run)
    assert (a, b, c) == pytest.approx((50, slow, fast), rel=0.02)
    assert ROWS[27].find(Runs(run)).hit is hit


def test_speed_at_a_current():
    run = sweep(lambda t: 1e-3 * t, height_nm=3 * np.linspace(0, 2, 2001) ** 2)
    assert growth.speed_at_current(run, "height_nm", 1e-3) == pytest.approx(6, rel=1e-3)
    assert math.isnan(growth.speed_at_current(run, "height_nm", 1.9e-3))  # a tenth more is never reached


@pytest.mark.parametrize(("late", "hit"), [(0.8, True), (2.0, False)])
def test_isotropic_then_directed(late, hit):
    """Row 28: a half sphere of 0.7 nm, then 4 nm high with a given radius."""
    columns = {"height_nm": np.array([0.7, 0.7, 4.0]), "radius_max_nm": np.array([0.7, 0.7, late])}
    run = Made(Regimes(gamma_time=1.7), time_s=np.array([0, 1.2, 1.7]), **columns)
    found = ROWS[28].find(Runs(run))
    assert found.values["at 1.122 s"][0] == pytest.approx(1) and found.values["at Γ"][0] == pytest.approx(4 / late)
    assert found.hit is hit


@pytest.mark.parametrize(("y", "hit"), [(2.15, True), (2.3, False)])
def test_c_is_short(y, hit):
    found = ROWS[29].find(Runs(Made(regimes(y=y), time_s=[0.0])))
    assert found.values["C over B"][0] == pytest.approx(y - 2) and found.hit is hit
    assert not ROWS[29].find(Runs(Made(time_s=[0.0]))).hit  # no regimes at all


@pytest.mark.parametrize(
    ("peak", "later", "hit"), [(1.999, 780.0, True), (1.999, 820.0, False), (2.0005, 780.0, False)]
)
def test_cooling_after_the_compliance(peak, later, hit):
    """Row 30: 850 K at the peak, a given temperature 1 ms after Y at 2 s."""
    time = np.array([0, peak, 2.001, 3])
    run = Made(regimes(y=2.0), time_s=time, temperature_max_K=np.array([300, 850, later, 400]))
    found = ROWS[30].find(Runs(run))
    assert found.values["peak before Y by"][0] == pytest.approx(2 - peak)
    assert found.values["fallen by"][0] == pytest.approx(850 - later) and found.hit is hit


def test_v_star_and_the_end_of_a():
    """Row 31: the current at the end of A has to fall by a fifth."""

    def run(current):
        return Made(Regimes(Boundary(1.7, current, 0)), time_s=[0.0])

    same = Runs(run(1.9e-7), ratio_004=run(2e-7), ratio_006=run(1.9e-7))
    assert not ROWS[31].find(same).hit
    assert ROWS[31].find(Runs(run(1.8e-7), ratio_004=run(2e-7), ratio_006=run(1.5e-7))).hit


@pytest.mark.slow
def test_the_hottest_point(tmp_path):
    """Row 23: the made-up temperature falls off from the tip; and from a point that is moved off it."""
    run = open_run(synthetic.write_run(tmp_path / "run"))
    amperes = sorted(item.current_A for item in run.snapshots)
    assert growth.hottest_point(run, amperes[1]) == pytest.approx((0, 0), abs=1e-6)
    assert np.isnan(growth.hottest_point(run, 1e-9)).all()
    found = measures.snapshot_at(run, 1e-3)
    assert found.current_A == pytest.approx(1e-3, rel=0.2) and measures.snapshot_at(run, 1e-9) is None
    mesh = found.read()
    mesh.point_data["temperature_K"] = 900 - np.hypot(mesh.points[:, 0] - 2, mesh.points[:, 1] - 8)
    moved = type("Moved", (), {"current_A": 1e-3, "time_s": found.time_s, "read": lambda self: mesh})()
    run = Made(time_s=run.timeseries["time_s"], current_A=run.timeseries["current_A"], snapshots=[moved])
    radius, height = growth.hottest_point(run, 1e-3)
    assert radius == pytest.approx(2, abs=0.5) and height < -1
    assert not ROWS[23].find(Runs(run)).hit


# --- RESET --------------------------------------------------------------------------------------------------


def cycle(breaks=(), dissolved=5.2):
    """SET until 4 s, RESET with the gap opening by 1 nm/s from 4.5 s on; breaks: (time, volume)."""
    time = np.linspace(0, 7, 701)
    events = [(at, "rupture", f"a neck broke; {volume:g} nm3 of metal above it") for at, volume in breaks]
    events += [(dissolved, "full dissolution", "only the nucleus is left")] if dissolved else []
    return Made(
        events=events,
        time_s=time,
        source_voltage_V=np.where(time < 4, 2 - abs(time - 2), 4 - time),
        gap_nm=0.2 + np.maximum(time - 4.5, 0),
        volume_nm3=np.full(len(time), 200.0),
    )


def series(**voltages):
    """Cycles at 1 nA to 1 mA, dissolved at given voltages."""
    return {10.0 ** int(key[1:]) * 1e-9: cycle(dissolved=4 + volts) for key, volts in voltages.items()}


def test_what_breaks_off_in_a_reset():
    whole, late = cycle(), cycle([(1.0, 150.0), (5.9, 4.0), (5.95, 6.0)])  # what breaks in the SET does not count
    assert resets.largest_piece(whole) == 0 and resets.largest_piece(late) == pytest.approx(6 / 200)
    assert resets.gap_at_first_break(whole) == pytest.approx(2.7)
    assert resets.gap_at_first_break(late) == pytest.approx(0.2 + 1.4, abs=0.02)
    silent = cycle()
    silent.events.loc[len(silent.events)] = (5.0, "rupture", "a neck broke")
    assert math.isnan(resets.largest_piece(silent))
    never = Made(time_s=np.arange(3.0), source_voltage_V=np.ones(3), gap_nm=np.ones(3), volume_nm3=np.ones(3))
    assert math.isnan(resets.largest_piece(never)) and math.isnan(resets.dissolution_voltage(never))


@pytest.mark.parametrize(
    ("breaks", "hit"), [([], True), ([(5.9, 4.0)], True), ([(5.9, 20.0)], False), ([(4.6, 4.0)], False)]
)
def test_a_filament_that_retracts(breaks, hit):
    """Row 32: small pieces after the tip has left are fine, large ones or early ones are not."""
    run = cycle(breaks)
    assert ROWS[32].find(Runs(resets={1e-5: run, 1e-4: run, 1e-3: run})).hit is hit


def test_voltage_of_dissolution():
    assert resets.dissolution_voltage(cycle(dissolved=5.2)) == pytest.approx(-1.2)
    assert math.isnan(resets.dissolution_voltage(cycle(dissolved=None)))


@pytest.mark.parametrize(
    ("voltages", "hit"),
    [
        ({"n0": 1.05, "n2": 1.06, "n4": 1.1, "n6": 1.4}, True),
        ({"n0": 1.05, "n2": 1.20, "n4": 1.25, "n6": 1.4}, False),
        ({"n0": 1.05, "n2": 1.06, "n4": 1.04, "n6": 1.4}, False),
    ],
    ids=["alike, then rising", "not alike", "not rising"],
)
def test_reset_times_against_resistance(voltages, hit):
    """Row 33: up to 100 nA alike to 5 %, from there on rising."""
    assert ROWS[33].find(Runs(resets=series(**voltages))).hit is hit


def test_how_long_a_filament_lasts_that_draws_back():
    """Row 22: the gap passes 1 nm for good; retreat as r^4 gives an exponent of four, break-up as well."""
    time = np.array([0.0, 1, 2, 3, 4])
    assert resets.retreat(Made(time_s=time, gap_nm=[0.5, 1.2, 0.8, 1.6, 2])) == pytest.approx(2.25)
    assert math.isnan(resets.retreat(Made(time_s=time, gap_nm=np.full(5, 0.5))))
    radii = (0.4, 0.5, 0.6, 2.0, 3.0, 5.0)
    retention = {
        r: Made(time_s=time * r**4, gap_nm=0.5 + 0.25 * time, events=[(r**4, "rupture", "a neck broke")]) for r in radii
    }
    found = ROWS[22].find(type("Runs", (), {"retention": retention}))
    assert found.values["exponent"][0] == pytest.approx(4) and found.hit
    assert found.values["of slender ones"][0] == pytest.approx(4)
    retention[5.0] = Made(time_s=time * 5.0, gap_nm=0.5 + 0.25 * time)
    assert not ROWS[22].find(type("Runs", (), {"retention": retention})).hit
