"""How far runs are from what was measured: of curves, tables of points, pulses that did not switch."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ecmsim.errors import MeasurementError
from ecmsim.fitting import tables
from ecmsim.fitting.curve import Curve
from ecmsim.fitting.dataset import FAR, filled
from ecmsim.measured import Recording

LIMIT = 1e-5
STEP = 0.01


def sweep(step=STEP):
    """Time and voltage of a triangle to 2 V at 1 V/s."""
    time = np.arange(0, 4 + step / 2, step)
    return time, 2 - np.abs(2 - time)


def current(time, volts, jump=1.4, lrs=1e-5, leak=1e-11, steep=60.0):
    """A leak, an exponential rise through 1 nA at the jump, and a resistance within the compliance."""
    rising = np.minimum(1e-9 * np.exp(np.clip(steep * (volts - jump), -80, 80)), lrs * volts)
    free = np.where(time <= 2, rising, lrs * volts) + leak * volts
    return np.minimum(free, LIMIT)


def recording(time, volts, amperes):
    return Recording("made.csv", time, volts, amperes, np.ones(len(time), int), voltage_is="programmed")


def run(time, volts, amperes, whole=True, **more):
    columns = {"time_s": time, "source_voltage_V": volts, "cell_voltage_V": volts, "current_A": amperes}
    columns |= {"gap_nm": np.linspace(10, 5, len(time))} | more
    return SimpleNamespace(timeseries=pd.DataFrame(columns), whole=whole)


def curve(floor=1e-13, ways="both", limit=LIMIT, **shape):
    time, volts = sweep()
    return Curve(
        "c", (), 1.0, recording(time, volts, current(time, volts, **shape)), limit, 0.05, floor, 1e-3, ways, 200
    )


def modelled(**shape):
    time, volts = sweep(0.002)
    return run(time, volts, current(time, volts, **shape))


def by_series(known, predicted):
    """Residuals by where their points are."""
    names = np.array([text.rpartition(", ")[2] for text in known.table(predicted)["series"]])
    found = known.deviations(predicted)
    return {name: found[names == name] for name in dict.fromkeys(names)}


def test_a_model_that_is_right_has_no_residuals():
    known = curve()
    parts = by_series(known, known.predict([modelled()]))
    assert set(parts) == {"before", "rise", "way"} or set(parts) >= {"rise", "way", "before"}
    assert all(np.abs(found).max() < 0.2 for found in parts.values())


@pytest.mark.parametrize("shift", [-0.3, -0.02, 0.02, 0.3])
def test_a_jump_is_compared_in_voltage(shift):
    """Not in decades of the current: residuals of the rise are in proportion to how far it is off, and the leak before
    it stays what it is."""
    known = curve()
    predicted = known.predict([modelled(jump=1.4 + shift)])
    parts, rows = by_series(known, predicted), known.table(predicted)
    rise = np.array([text.endswith("rise") for text in rows["series"]])
    apart = np.array(rows["modelled"])[rise] - np.array(rows["measured"])[rise]
    assert np.median(apart) == pytest.approx(shift, abs=2e-3)
    assert (np.sign(parts["rise"]) == -np.sign(shift)).mean() > 0.9
    assert np.median(np.abs(parts["before"])) < 0.1 and np.abs(parts["before"]).max() < 15  # the leak is right


def test_more_current_before_the_rise_is_seen():
    known = curve()
    parts = by_series(known, known.predict([modelled(leak=2e-11)]))
    assert np.median(parts["before"]) == pytest.approx(np.log(2) / 0.05, rel=0.05)


def test_the_resistance_on_the_way_back_is_seen_and_the_compliance_left_out():
    known = curve(lrs=3e-5)
    rows = known.table(known.predict([modelled(lrs=3e-5)]))
    back = [x for x, text in zip(rows["x"], rows["series"], strict=True) if text.endswith("way")]
    assert max(back) < 0.34  # 10 uA over 30 uS: above that is the compliance
    parts = by_series(known, known.predict([modelled(lrs=2e-5)]))
    assert np.median(parts["way"]) == pytest.approx(np.log(2 / 3) / 0.05, rel=0.05)


def test_points_below_the_noise_only_say_that_there_is_no_more():
    known = curve(floor=1e-10)
    quiet = by_series(known, known.predict([modelled()]))["quiet"]
    assert np.abs(quiet).max() < 0.5
    assert by_series(known, known.predict([modelled(leak=1e-9)]))["quiet"].max() > 5


def test_a_cell_that_never_switches_is_farther_off_the_less_current_it_has():
    known, costs = curve(), []
    for jump in (1.9, 2.0, 2.1, 2.3):
        found = known.residuals(known.predict([modelled(jump=jump, lrs=1e-9 if jump > 2 else 1e-5)]))
        costs.append(np.sum(filled(found) ** 2))
    assert np.isfinite(costs).all() and costs == sorted(costs)


def test_what_a_failed_run_has_not_come_to_is_not_known():
    known, (time, volts) = curve(), sweep(0.002)
    part = time < 1.45
    predicted = known.predict([run(time[part], volts[part], current(time, volts)[part], whole=False)])
    parts = by_series(known, predicted)
    assert np.isnan(parts["way"]).all() and np.isfinite(parts["rise"]).any()
    assert np.isnan(known.residuals(known.predict([None]))).all()
    assert (filled(np.array([np.nan, 1.0])) == [FAR, 1.0]).all()


def test_the_way_out_alone():
    known = curve(ways="out")
    assert "way" not in by_series(known, known.predict([modelled()]))
    time, volts = sweep()
    flat = recording(time, volts, 1e-9 * volts)
    with pytest.raises(MeasurementError, match="shows no SET"):
        Curve("c", (), 1.0, flat, None, 0.05, 1e-13, 1e-3, "out", 80)
    assert len(Curve("c", (), 1.0, flat, None, 0.05, 1e-13, 1e-3, "both", 80).table(np.zeros(200))["x"]) > 20


def test_noise_does_not_make_plateaus_steep():
    """With five per cent of noise points of a flat current are compared as currents."""
    time, volts = sweep()
    draw = np.random.default_rng(5)
    amperes = current(time, volts, leak=1e-10) * (1 + 0.05 * draw.standard_normal(len(time)))
    known = Curve("c", (), 1.0, recording(time, volts, amperes), LIMIT, 0.05, 1e-13, 1e-3, "both", 400)
    rows = known.table(known.predict([modelled(leak=1e-10)]))
    steep = [x for x, text in zip(rows["measured"], rows["series"], strict=True) if text.endswith("rise")]
    assert min(steep) > 1.3
    found = known.deviations(known.predict([modelled(leak=1e-10)]))
    assert 0.8 < found.std() < 1.2 and abs(found.mean()) < 0.3


# --- tables ------------------------------------------------------------------------------------------------------


def pulse(reached, end=10.0):
    """A run with a current of 1 uA from a time on, or never."""
    time = np.linspace(0, end, 1001)
    return run(time, np.full(1001, 1.2), np.where(time >= reached, 1e-6, 1e-12))


def times(y, switched, error=0.1):
    return tables.SetTimes("t", (), 1.0, [1.2], [y], error, "V", [switched], [5e-7])


def test_set_times_are_compared_on_a_logarithm():
    known = times(2.0, True)
    assert known.deviations(known.predict([pulse(4.0)])) == pytest.approx(np.log(2) / 0.1, rel=0.01)
    never = known.predict([pulse(np.inf)])
    assert np.exp(never) == pytest.approx(20.0)  # half of the gap is closed after 10 s
    failed = run(np.linspace(0, 1, 9), np.ones(9), np.zeros(9), whole=False)
    assert np.isnan(known.predict([failed])).all() and np.isnan(known.predict([None])).all()


def test_a_pulse_that_did_not_switch_says_only_that_it_takes_longer():
    known = times(2.0, False)
    late, soon = (known.deviations(known.predict([pulse(t)]))[0] for t in (4.0, 1.0))
    assert late == pytest.approx(0, abs=1e-4) and soon < -5
    edge = known.deviations(np.log([2.0]))[0]
    assert edge**2 == pytest.approx(2 * np.log(2))  # as likely as not


def test_set_voltages_resistances_and_reset_voltages_are_read_off():
    time, volts = sweep(0.002)
    seen = run(time, volts, current(time, volts, lrs=2e-6))
    v_set = tables.SetVoltages("v", (), 1.0, [1.0], [1.4], 0.02, "V/s", [1e-9])
    assert v_set.predict([seen]) == pytest.approx([1.4], abs=2e-3)
    r_lrs = tables.Resistances("r", (), 1.0, [1e-5], [5e5], 0.1, "A", 0.1)
    assert np.exp(r_lrs.predict([seen])) == pytest.approx([5e5], rel=1e-3)
    assert r_lrs.deviations(r_lrs.predict([seen])) == pytest.approx([0], abs=0.01)
    back_and_forth = np.concatenate([volts, -volts / 2])
    amperes = np.concatenate([current(time, volts, lrs=2e-6), np.where(time < 0.6, -1e-6 * volts, -1e-9 * volts)])
    both = run(np.concatenate([time, 4 + time]), back_and_forth, amperes)
    v_reset = tables.ResetVoltages("w", (), 1.0, [1e-5], [-0.3], 0.02, "A")
    assert v_reset.predict([both]) == pytest.approx([-0.3], abs=5e-3)


def test_resistances_of_a_retention_are_read_at_their_times():
    time = np.array([0.0, 4.0, 5.0, 5.001, 14.0, 14.001, 15.0])
    volts = np.array([0.0, 0.0, 0.1, 0.1, 0.1, 0.1, 0.0])
    seen = run(time, volts, np.array([0, 0, 1e-6, 1e-6, 1e-7, 1e-7, 0]))
    known = tables.Retention("r", (), 1.0, [1.0, 10.0, 100.0], [1e5, 1e6, 1e7], 0.2, "s", [5.0, 14.0, 104.0])
    found = known.predict([seen])
    assert np.exp(found[:2]) == pytest.approx([1e5, 1e6]) and np.isnan(found[2])
