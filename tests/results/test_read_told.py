"""What is read off runs: against numbers by hand where there are any, and all of it against what was read before."""

import math

import numpy as np
import pytest
from helpers import pulsed, synthetic, tiny
from helpers.kept import plain, unchanged

from ecmsim.results import open_run
from ecmsim.results.crossing import crossing
from ecmsim.results.cycles import cycle_of_rows, find_cycles, signs_of, spans_by_name
from ecmsim.results.growth_stop import GrowthStop, growth_stop
from ecmsim.results.levels import edges_of, find_peaks, find_plateaus
from ecmsim.results.limits import limit_reached
from ecmsim.results.measures import KINDS, Measure
from ecmsim.results.pulses import _over, verdict
from ecmsim.results.regimes import (
    Boundary,
    Regimes,
    current_regimes,
    first,
    lasting,
    rates_at_levels,
    reached,
    running_median,
    separation,
)
from ecmsim.results.states import molten, nucleus_volume, only_nucleus, switched, touches
from ecmsim.results.tables import cycle_table, cycle_words, pulse_table, pulse_words
from ecmsim.switching.values import Definitions


def seen(*pieces, voltage=1.0, tunnels=True, step=0.005):
    """Gamma and the time at which it was told, of a tip that grows in straight pieces: (nm/s, s) each, from 1 nm on."""
    times, heights = [0.0], [1.0]
    for speed, duration in pieces:
        count = round(duration / step)
        start, height = times[-1], heights[-1]
        times += [start + (k + 1) * step for k in range(count)]
        heights += [height + speed * step * (k + 1) for k in range(count)]
    stop, told = GrowthStop(), None
    for time, height in zip(times, heights, strict=True):
        volts = voltage(time) if callable(voltage) else voltage
        carried = tunnels(time) if callable(tunnels) else tunnels
        found = stop.see(time, height, volts, carried)
        if found is not None:
            told = (found, time)
            break
    return told


def test_gamma_by_hand():
    """A tip at 1 nm/s: levels every 0.01 nm, each 10 ms; from 1.5 nm on, reached at 1.5 s, it is slower."""
    fast = (1.0, 1.5)
    # At 0.08 nm/s a level takes 0.125 s, more than 0.1 s: the middle of the first of three, told with the third.
    found, told = seen(fast, (0.08, 1.0))
    assert found == pytest.approx(1.5 + 0.0625, abs=1e-9) and told == pytest.approx(1.5 + 3 * 0.125, abs=0.006)
    assert seen(fast, (0.12, 3.0)) is None  # 0.083 s for a level
    # At rest nothing more is passed: three levels' time at a tenth of the speed, 0.3 s.
    found, told = seen(fast, (0.0, 1.0))
    assert found == pytest.approx(1.5, abs=1e-9) and told == pytest.approx(1.8, abs=0.011)
    found, told = seen(fast, (0.08, 0.13), (0.0, 1.0))  # slow once, then at rest: the middle of the slow one
    assert found == pytest.approx(1.5625, abs=1e-9)
    # Two slow levels are not enough; then it is fast again.
    assert seen(fast, (0.08, 0.25), (1.0, 1.0)) is None
    assert seen(fast, (0.08, 0.38), (1.0, 1.0)) is not None
    again, _ = seen(fast, (0.08, 0.25), (1.0, 0.5), (0.08, 1.0))
    assert again == pytest.approx(1.5 + 0.25 + 0.5 + 0.0625, abs=0.02)


def test_gamma_counts_from_a_nanometre_on():
    """0.9 nm are not yet growth; 1.1 nm are, though less than two."""
    assert seen((1.0, 0.9), (0.0, 2.0)) is None
    assert seen((1.0, 1.1), (0.0, 2.0))[0] == pytest.approx(1.1, abs=1e-9)
    late, _ = seen((1.0, 0.9), (0.08, 5.0))  # the slow levels count from 1 nm on
    assert late == pytest.approx(0.9 + 0.1 / 0.08 + 0.125 / 2, abs=0.13)


def test_gamma_needs_a_source_that_drives_and_electrons():
    drop = {
        share: (lambda time, share=share: 3.0 if time < 1.2 else 3.0 * share) for share in (0.95, 0.85, -1e-12, -1.0)
    }
    assert seen((1.0, 1.5), (0.0, 1.0), voltage=drop[0.95])[0] == pytest.approx(1.5, abs=1e-9)
    assert seen((1.0, 1.5), (0.0, 1.0), voltage=drop[0.85]) is None
    assert seen((1.0, 1.5), (0.0, 1.0), voltage=drop[-1.0]) is None
    assert seen((1.0, 1.5), (0.0, 1.0), tunnels=False) is None
    late, told = seen((1.0, 1.5), (0.0, 1.0), tunnels=lambda time: time > 1.9)  # it has waited by then
    assert late == pytest.approx(1.5, abs=1e-9) and told == pytest.approx(1.905, abs=0.006)
    broken = seen((1.0, 1.5), (0.08, 0.25), (0.08, 1.0), tunnels=lambda time: not 1.7 < time < 1.8)
    assert broken[0] > 1.75  # counted anew


def test_gamma_of_a_tip_that_goes_back():
    """By one level and more it is no rest; by less than a level it is."""
    assert seen((1.0, 1.5), (-1.0, 0.02), (0.0, 2.0)) is None
    found = seen((1.0, 1.5), (-1.0, 0.005), (0.0, 2.0))
    assert found[0] == pytest.approx(1.5, abs=1e-9)
    jump = growth_stop(np.array([0.0, 0.0, 1.0, 2.0]), np.array([0.0, 2.0, 2.0, 2.0]), np.ones(4), np.ones(4, bool))
    assert jump == 0.0  # endlessly fast, then at rest


def test_gamma_of_long_steps_is_that_of_short_ones():
    """Levels are passed within a step in proportion."""
    for step in (0.001, 0.005, 0.025, 0.125):
        found, _ = seen((1.0, 1.5), (0.04, 3.0), step=step)
        assert found == pytest.approx(1.5 + 0.125, abs=1e-6)


def a_rise(time, jitter=0.0, jump=None):
    """|I| of a cell: rises by 8 e-folds a second, slowly from 2 s on, and fast again from 3 s on; made uneven."""
    logarithm = -25 + 8 * np.minimum(time, 2) + 1.5 * np.clip(time - 2, 0, 1) + 9 * np.clip(time - 3, 0, None)
    logarithm += 0.3 * np.sin(3 * time) + jitter * np.random.default_rng(5).standard_normal(len(time))
    if jump is not None:
        logarithm += 0.5 * (time > jump)
    return np.exp(logarithm)


def test_boundaries_of_the_current_are_those_of_before(file_regression):
    """Of smooth, uneven and jumping currents, hot and cold, with limits and without."""
    time = np.linspace(0, 4, 1201)
    gap, told = np.clip(10 - 6 * time, 1, None), []
    cases = {
        "smooth": {},
        "uneven": {"jitter": 0.02},
        "more uneven": {"jitter": 0.1},
        "jump": {"jump": 1.2},
        "limited early": {"limit": 2e-4},
        "limited late": {"limit": 3e-3},
        "cold": {"rise": 29.0},
        "hot": {"rise": 31.0},
        "hot late": {"rise": np.where(time > 3.4, 50.0, 0.0)},
        "wide": {"gap": np.clip(10 - 1.2 * time, 1, None)},
    }
    for name, case in cases.items():
        current = a_rise(time, case.get("jitter", 0.0), case.get("jump"))
        limits = np.full(len(time), case["limit"]) if "limit" in case else None
        rise = np.broadcast_to(case.get("rise", 100.0), time.shape)
        found = current_regimes(time, current, case.get("gap", gap), rise, limits)
        told.append(f"{name}: {found}")
    unchanged(file_regression, "\n".join(told))


def test_parts_of_the_regimes_by_hand():
    assert running_median(np.array([0.0] * 7 + [1.0] * 8)).tolist() == [0.0] * 7 + [1.0] * 8
    assert running_median(np.array([0.0] * 10 + [9.0] * 7 + [0.0] * 10)).max() == 0  # seven of fifteen
    assert running_median(np.array([0.0] * 10 + [9.0] * 8 + [0.0] * 10)).max() == 9
    held = [0, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1]
    assert lasting(np.array(held, bool)).tolist() == [k in (4, 5) for k in range(len(held))]
    times, rates = rates_at_levels(np.array([0.0, 1, 2, 3]), np.array([0.0, 1, 0.5, 2]), 0.5)
    assert times == pytest.approx([0.25, 0.75, 1.5]) and rates == pytest.approx([1.0, 1.0, 0.5])
    assert first([False, True, True]) == 1 and first([False], "none") == "none" and first([False]) is None
    assert separation(np.array([[0.0, 0], [1, 0]]), np.array([[0.0, 2], [1, 2], [1, 5]])) == pytest.approx(5)
    assert separation(np.array([[0.0, 2], [1, 2], [1, 5]]), np.array([[0.0, 0], [1, 0]])) == pytest.approx(5)
    assert reached(np.array([1.0, 2, 4]), np.array([0.0, 1, 3]), 2.0) == 3.0
    assert reached(np.array([1.0, 2]), np.array([5.0, 6]), 5.0) == 1.0 and reached(np.zeros(1), np.zeros(1), 1) is None


def test_spans_of_the_regimes_by_hand():
    ab, bc = Boundary(1.0, 1e-6, 3), Boundary(2.0, 1e-5, 5)
    assert Regimes().spans() == [] and Regimes(peak_time=3.0).spans() == []
    assert Regimes(y_time=0.5).spans(0.1) == [("A", 0.1, 0.5)]
    assert Regimes(ab, peak_time=3.0).spans() == [("A", 0.0, 1.0), ("B", 1.0, 3.0)]
    assert Regimes(ab, bc, y_time=2.5, peak_time=3.0).spans() == [("A", 0.0, 1.0), ("B", 1.0, 2.0), ("C", 2.0, 2.5)]
    assert Regimes(ab, bc, y_time=2.0, peak_time=3.0).spans()[-1] == ("C", 2.0, 3.0)
    assert Regimes(ab, bc, y_time=1.5, peak_time=3.0).spans()[-1] == ("C", 2.0, 3.0)


def told_of(run):
    """All that is derived of a run, as plain data."""
    regimes, numbers = run.regimes, {}
    for kind, given in (
        ("value at time", ("gap_nm", 1.7)),
        ("value at current", ("gap_nm", 1e-6)),
        ("value at boundary", ("gap_nm", "y")),
        ("time of value", ("gap_nm", 2.0)),
        ("time of value", ("temperature_max_K", 310.0)),
        *((f"{which} value", ("temperature_max_K",)) for which in ("highest", "lowest", "last")),
        *(("time of boundary", (name,)) for name in ("a_b", "b_c", "gamma", "y", "lambda")),
    ):
        numbers[f"{kind} {given}"] = [Measure(kind, given)(run), Measure(kind, given).unit, KINDS[kind].takes]
    return plain(
        {
            "regimes": {name: str(value) for name, value in vars(regimes).items()},
            "spans": [str(span) for span in regimes.spans()],
            "cycles": [str(cycle) for cycle in find_cycles(run)],
            "rows": np.unique(cycle_of_rows(run), return_counts=True)[1].tolist(),
            "signs": np.unique(signs_of(run), return_counts=True)[1].tolist(),
            "limits": [float(np.nanmin(run.limits)), float(np.nanmax(run.limits)), run.compliance_at(1.0)],
            "compliance": run.compliance_current,
            "status": [run.status, run.resumable, run.loan],
            "numbers": numbers,
            "table": run.cycles.to_dict("list"),
        }
    )


def test_all_that_is_derived_of_a_set_is_that_of_before(tmp_path, file_regression):
    run = open_run(synthetic.write_run(tmp_path / "run", steps=240, snapshots=False))
    uneven = open_run(synthetic.write_run(tmp_path / "uneven", steps=240, snapshots=False, noise=0.02, compliance=3e-4))
    unchanged(file_regression, f"{told_of(run)}\n{told_of(uneven)}", close=2e-4, nothing=1e-18)
    assert repr(run) == (
        f"<Run {str(run.folder)!r}: finished, 240 steps to 4 s, |I| <= 0.001 A, "
        f"T <= {run.series['temperature_max_K'].max():.0f} K, 0 snapshots>"
    )


@pytest.mark.slow
def test_all_that_is_derived_of_cycles_is_that_of_before(tmp_path, file_regression):
    """Whether they are named or not, and of a run that has come as far as the midst of the second."""
    options = {"named": {}, "unnamed": {"named": False}, "partly": {"stop": 9.5, "finish": False}}
    told = []
    for name, given in options.items():
        run = open_run(synthetic.write_cycles(tmp_path / name, **({"count": 2} | given)))
        told.append(f"{name}\n{told_of(run)}\n{spans_by_name(run, run.series['time_s'])}")
        for chosen in (Definitions("current", 1e-6, "drop", 0.2), Definitions("compliance")):
            told.append(plain(cycle_table(run, chosen).to_dict("list")))
    told += cycle_words(Definitions(), ["stress_energy_eV"])
    unchanged(file_regression, "\n".join(told), close=2e-4, nothing=1e-18)


def test_cycles_without_numbers_are_found_by_the_names_of_steps(tmp_path):
    """As older versions wrote them: what a repetition's steps ended, with a step after it that is none of it."""
    folder = synthetic.write_cycles(tmp_path / "run", count=3)
    run = open_run(folder)
    time = run.series["time_s"]
    assert spans_by_name(run, time) == [(0.0, 7.0), (7.0, 14.0), (14.0, 21.0)]
    lines = (folder / "events.csv").read_text().splitlines(keepends=True)
    for kept, ends in ((lines[:-1], [7, 14, 21]), (lines[:-3], [7, 14, 21]), (lines[:8], [7, 21])):
        (folder / "events.csv").write_text("".join(kept))
        found = [end for _, end in spans_by_name(open_run(folder), time)]
        assert found == pytest.approx(ends), kept
    (folder / "events.csv").write_text(lines[0])
    assert spans_by_name(open_run(folder), time) == []


def test_cycles_with_numbers_begin_where_the_one_before_ended(tmp_path):
    """Two of 2 s after a second of waiting, with another one after them; a step between two belongs to the first."""
    wait = '[[programme]]\nkind = "hold"\nduration = "1 s"\n'
    sweeps = '[[programme]]\nkind = "repeat"\ncount = 2\nsteps = [{kind = "sweep", peak = "1 V", rate = "1 V/s"}]\n'
    run = open_run(pulsed.write_pulsed(tmp_path / "run", wait + sweeps + wait, lambda at: 1e-6 * (1 + at), points=4))
    assert [vars(cycle) for cycle in find_cycles(run)] == [
        {"number": 1, "start": 1.0, "end": 3.0},
        {"number": 2, "start": 3.0, "end": 5.0},
    ]
    assert cycle_of_rows(run).tolist() == [0] * 4 + [1] * 9 + [2] * 8 + [0] * 4
    table = cycle_table(run)
    assert table["I_max_A"].tolist() == pytest.approx([2.75e-6 * 1.0909090909, 5e-6], rel=0.2)
    assert find_cycles(run)[0].rows(np.array([0.0, 1.0, 2.0, 3.0, 3.1])) == slice(1, 4)


TRAIN = """[[programme]]
kind = "pulse_train"
amplitude = "1 V"
width = "10 ms"
count = 2
interval = "5 ms"
read = { amplitude = "0.2 V", width = "1 ms", delay = "1 ms" }
[[programme]]
kind = "pulse"
amplitude = "-2 V"
width = "5 ms"
rise = "1 ms"
fall = "2 ms"
[[programme]]
kind = "spike_pair"
amplitude = "1 V"
undershoot = "0.5 V"
width = "1 ms"
tail = "3 ms"
interval = "4 ms"
"""


def test_pulses_are_those_of_before(tmp_path, file_regression):
    """With reads and without, square, with edges and spikes; of a run that ended in the midst of one; other rules."""
    told = []
    for name, until in (("whole", None), ("early", 0.0335), ("in a read", 0.0121)):
        run = open_run(pulsed.write_pulsed(tmp_path / name, TRAIN, lambda at: 1e-6 * (1 + 50 * at), until=until))
        told.append(f"{name}\n{plain(pulse_table(run).to_dict('list'))}")
        other = pulse_table(run, Definitions(read_voltage=0.3, switch_ratio=1.2))
        told.append(plain(other.to_dict("list")))
    told += pulse_words(Definitions(read_voltage=0.3, switch_ratio=1.2))
    unchanged(file_regression, "\n".join(told), close=1e-4, nothing=1e-15)


@pytest.mark.slow
def test_the_energy_of_a_square_pulse_by_hand(tmp_path):
    """1 V over 1 uS for 10 ms and two edges, in which the power falls as the square of the voltage."""
    run = open_run(pulsed.write_pulsed(tmp_path / "run", TRAIN, lambda at: 1e-6, points=200))
    row = pulse_table(run).iloc[0]
    edges = sum(leg.end - leg.start for leg in run.course.legs[:3]) - 0.01
    assert row["energy_J"] == pytest.approx(1e-6 * (0.01 + edges / 3), rel=1e-4) and row["width_s"] == 0.01
    assert (row["G_before_S"], row["G_after_S"]) == (pytest.approx(1e-6), pytest.approx(1e-6))
    assert row["switched"] == "no" and row["I_max_A"] == pytest.approx(1e-6) and row["read_V"] == 0.2
    assert row["read_current_A"] == pytest.approx(2e-7) and row["start_s"] == 0.0 and row["temperature_max_K"] == 300.0


def test_a_conductance_is_one_over_a_resistance_that_there_is():
    assert _over(2.0) == 0.5 and _over(-4.0) == -0.25
    assert all(math.isnan(_over(value)) for value in (0.0, math.inf, math.nan))


def test_what_has_switched_by_hand():
    rules = Definitions()
    for before, after, told in (
        (1e-6, 2e-6, "SET"),
        (1e-6, 1.99e-6, "no"),
        (2e-6, 1e-6, "RESET"),
        (1.99e-6, 1e-6, "no"),
        (1e-14, 1e-13, "no"),
        (1e-14, 2e-12, "SET"),
        (-1e-6, 3e-6, "SET"),
        (3e-6, -1e-6, "RESET"),
        (math.nan, 1e-6, ""),
        (1e-6, math.inf, ""),
    ):
        assert verdict(before, after, rules) == told, (before, after)


def trace(levels, noise=0.0, slope=0.0, points=60, ramp=6, seed=3):
    """Time and conductance (G0) that stays at levels, one after the other, with ramps between them."""
    parts = [np.linspace(low, high, ramp) for low, high in zip(levels, [*levels[1:], levels[-1]], strict=True)]
    flat = [level + slope * np.linspace(-0.5, 0.5, points) for level in levels]
    values = np.concatenate([piece for pair in zip(flat, parts, strict=True) for piece in pair])
    time = np.linspace(0, 10, len(values)) ** 1.2
    return time, values + noise * np.random.default_rng(seed).standard_normal(len(values))


def test_plateaus_are_those_of_before(file_regression):
    """Even and uneven levels, slopes, drifts, tunnelling, short and long ones, other tolerances and shares."""
    cases = {
        "flat": (trace([0.01, 1, 2, 3, 5]), {}),
        "uneven": (trace([0.01, 1, 2, 3, 5], noise=0.04), {}),
        "very uneven": (trace([0.3, 1, 2, 2.4, 5], noise=0.1), {}),
        "sloping": (trace([1, 2, 3], slope=0.3), {}),
        "sloping and uneven": (trace([1, 1.5, 2.6, 3], slope=0.15, noise=0.03), {}),
        "close": (trace([1, 1.1, 1.2, 1.35, 2]), {}),
        "small": (trace([0.12, 0.2, 0.4, 0.09, 0.8], noise=0.004), {}),
        "drift": ((np.linspace(0, 5, 300), 1 + 0.1 * np.linspace(0, 5, 300) ** 1.5), {}),
        "ramp": ((np.linspace(0, 5, 300), np.linspace(0, 5, 300)), {}),
        "short": (trace([1, 2, 3, 4, 5, 6, 7, 8], points=5, ramp=3), {}),
        "narrow": (trace([1, 2, 3], noise=0.03), {"tolerance": 0.1}),
        "wide": (trace([1, 1.3, 3], noise=0.03), {"tolerance": 0.5}),
        "long": (trace([1, 2, 3, 4], points=40), {"share": 0.3}),
        # Steps so small that neighbours are told apart, or drift into each other, by a little.
        "steps 1": (trace([1.3, 1.4, 1.54, 1.74, 1.94], noise=0.01, points=40, ramp=15, seed=24), {}),
        "steps 2": (trace([0.5, 0.9, 1.9, 2.1, 2.24], slope=0.08, points=10), {}),
        "steps 3": (trace([0.44, 0.84, 1.84, 2.04, 3.04], noise=0.02, slope=0.08, points=20, ramp=15, seed=6), {}),
        "steps 4": (trace([0.4, 0.8, 1.2, 1.26, 1.4], noise=0.03, slope=0.08, points=10, ramp=15, seed=2), {}),
        "steps 5": (trace([0.5, 0.64, 1.64, 1.84, 2.84], slope=0.03, points=40), {}),
        "steps 6": (trace([0.7, 1.1, 1.16, 1.26, 2.26], noise=0.01, slope=0.08, points=40, seed=38), {}),
        "steps 7": (trace([0.5, 0.7, 0.8, 0.9, 0.96], points=10, ramp=15), {}),
        "steps 8": (trace([0.7, 0.8], noise=0.03, slope=0.08, points=40, seed=30), {}),
        "down": (trace([5, 3, 2, 1, 0.01], noise=0.02), {}),
    }
    told = []
    for name, (given, options) in cases.items():
        told += [name, *(f"  {plateau}" for plateau in find_plateaus(*given, **options))]
    unchanged(file_regression, "\n".join(told), close=1e-4)
    assert find_plateaus([0, 1], [1, 1]) == [] and find_plateaus(np.arange(9.0), np.full(9, 0.09)) == []
    assert len(find_plateaus(np.arange(9.0), np.full(9, 0.11))) == len(find_plateaus(np.arange(3.0), np.ones(3))) == 1


def test_peaks_are_those_of_before(file_regression):
    """Of Gaussians at known places, with wide and narrow bins, small ones and none; and where they are by hand."""
    told = []
    for width in (0.02, 0.05, 0.1):
        edges = edges_of(width, 6.0)
        centres = 0.5 * (edges[1:] + edges[:-1])
        shares = sum(
            height * np.exp(-0.5 * ((centres - at) / spread) ** 2)
            for at, height, spread in (
                (0.2, 5, 0.1),
                (1.0, 1, 0.12),
                (1.83, 0.6, 0.2),
                (3.1, 0.08, 0.15),
                (4, 0.02, 0.1),
            )
        )
        shares /= shares.sum()
        told += [f"{width}", *(f"  {peak}" for peak in find_peaks(edges, shares))]
        told += ["from 1.5 on", *(f"  {peak}" for peak in find_peaks(edges, shares, 1.5))]
    unchanged(file_regression, "\n".join(told), close=1e-4)
    edges = edges_of(0.05, 3.0)
    alone = np.exp(-0.5 * ((0.5 * (edges[1:] + edges[:-1]) - 1.234) / 0.2) ** 2)
    (peak,) = find_peaks(edges, alone / alone.sum())
    assert peak.conductance == pytest.approx(1.234, abs=1e-3) and peak.share == pytest.approx(0.789, abs=0.06)
    last = np.where(np.arange(len(edges) - 1) == len(edges) - 2, 1.0, 0.0)  # at the edge of the histogram
    assert find_peaks(edges, last)[0].conductance == pytest.approx(2.975, abs=0.1)
    assert find_peaks(edges, np.zeros(len(edges) - 1)) == [] and find_peaks(edges, alone, least=9.0) == []


def test_edges_by_hand():
    assert edges_of(0.5, 2.0).tolist() == [0, 0.5, 1, 1.5, 2] and edges_of(0.5, 2.01).tolist()[-1] == 2.5
    assert len(edges_of(0.1, 0.3)) == 4  # 0.3 / 0.1 is more than three by a bit of rounding


def test_states_by_hand():
    assert nucleus_volume(3.0) == pytest.approx(18 * math.pi)
    assert only_nucleus(1.33 * nucleus_volume(2.0), 2.0) and not only_nucleus(1.332 * nucleus_volume(2.0), 2.0)
    assert touches(0.1, 0.2) and not touches(0.2, 0.2)
    assert switched(0.9, -2.0, 1.0, 0.0) and not switched(1.1, 2.0, 1.0, 0.0) and not switched(0.9, 1.0, -2.0, 0.0)
    assert switched(5.0, 0.0, 1.0, 0.5) and not switched(5.0, 0.0, 1.0, 0.49)
    assert molten(301.0, 300.0) and not molten(300.0, 300.0) and not molten(1e9, None)
    assert crossing((1.0, 1.0), (3.0, 100.0), 10.0, True) == pytest.approx(2.0)
    assert crossing((1.0, 1.0), (3.0, 101.0), 11.0) == pytest.approx(1.2)
    assert crossing((1.0, -1.0), (3.0, 1.0), 0.5, True) == pytest.approx(2.5)  # no logarithm of these
    assert crossing((1.0, 2.0), (3.0, 2.0), 2.0) == 3.0
    assert crossing((1.0, 2.0), (3.0, 4.0), 9.0) == 3.0 and crossing((1.0, 2.0), (3.0, 4.0), 0.0) == 1.0


def test_a_limit_is_reached_within_its_step():
    time, current = np.array([0.0, 1.0, 2.0]), np.array([1e-9, 1e-7, 1e-5])
    limits = np.full(3, 1e-6 / 0.99)
    assert limit_reached(time, current, limits) == pytest.approx(1.5)
    assert limit_reached(time, -current, -limits) == pytest.approx(1.5)
    assert limit_reached(time, current, limits, 0.0099) == pytest.approx(0.5)


def test_a_tiny_run_is_read_as_it_was_written(tmp_path):
    """Settings in their units, moments by name, limits of each row with the sign of its source."""
    run = open_run(tiny.write(tmp_path / "run", events=[(2, "a", "one"), (4, "b", "two"), (6, "a", "three, four")]))
    assert run.moments_of("a") == [(1.0, "one"), (2.5, "three, four")] and run.moments_of("a", "b")[1] == (1.75, "two")
    assert run.moments_of() == [] and run.setting("cell.radius", "m") == pytest.approx(25e-9)
    assert run.setting("cell.radius.value", "m", 7.0) == 7.0 and run.setting("nothing") is None
    assert run.limits == pytest.approx(np.full(10, 1e-4)) and run.compliance_at(3.0) == 1e-4
    assert run.outlines.nearest(current_A=1e-9).step == 3 and run.outlines.nearest(time_s=2.6).step == 6
    assert run.outlines.nearest(current_A=1e3).step == 6 and run.outlines.current_A.tolist() == [0, 1e-8, 1e-4, 0]
    for given in ({}, {"time_s": 1.0, "current_A": 1.0}):
        with pytest.raises(ValueError, match="either"):
            run.outlines.nearest(**given)
    assert [outline.step for outline in run.outlines[1:3]] == [3, 6] and run.outlines[-1].step == 9
    assert [outline.step for outline in run.outlines] == [0, 3, 6, 9] and len(run.outlines) == 4
    assert [snapshot.label for snapshot in run.snapshots] == ["row 3", "row 6"]
    assert run.compliance_current == 1e-4 and not run.resumable and run.status == "finished"
