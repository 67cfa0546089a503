"""All numbers of cycles and of statistics as they were: of made-up curves that differ in what a definition looks at."""

import numpy as np
import pytest
from helpers.before import as_before
from helpers.instruments import LIMIT, reset, sweep

from ecmsim.switching import cycles, statistics, values
from ecmsim.switching.values import Definitions, values_of

TIME = np.linspace(0, 4, 161)
UP = np.minimum(TIME, 4 - TIME) / 2  # 0 -> 1 -> 0
OUT = TIME <= 2


def lobe(out, back, peak=1.0, voltage=UP):
    """Time, voltage and current of a lobe whose conductances out and back (functions of V, or S) are given."""
    volts = peak * voltage
    ways = [way(volts) if callable(way) else way * volts for way in (out, back)]
    return TIME, volts, np.where(OUT, *ways)


def soft(v):
    return 1e-9 * np.sinh(9 * v)


def breaking(v):
    return 1e-3 * v / (1 + np.exp((np.abs(v) - 0.6) / 0.03)) + 1e-6 * v


CURVES = {
    "set": sweep(81), "set of a few points": sweep(13), "negative set": sweep(81, -1), "reset": reset(81),
    "soft set": lobe(soft, 2e-5), "soft reset": lobe(breaking, 1e-6, -1.0), "weak set": lobe(1e-5, 1.5e-5),
    "weak reset": lobe(1.5e-5, 1e-5), "nothing": lobe(1e-5, 1.05e-5), "hardly nothing": lobe(1.05e-5, 1e-5),
    "slow start": lobe(soft, 2e-5, 1.0, np.clip(UP - 0.1, 0, None)),
    "set that does not come back": tuple(part[:41] for part in sweep(81)),
    "set that comes back a little": tuple(part[:48] for part in sweep(81)),
    "reset that does not come back": tuple(part[:41] for part in reset(81)),
    "set in steps": lobe(lambda v: 1e-6 * np.exp(6 * np.floor(8 * np.abs(v)) / 8) * v, 1e-3),
    "reset in steps": lobe(lambda v: 1e-3 * np.exp(-3 * np.floor(8 * np.abs(v)) / 8) * v, 1e-5, -1.0),
    "cell in compliance": (
        sweep(81)[0], np.where(np.abs(sweep(81)[2]) >= LIMIT, 0.9, sweep(81)[1]), sweep(81)[2]),
    "set begins high": (TIME[30:], UP[30:], lobe(soft, 2e-5)[2][30:]),
    "both": tuple(
        np.concatenate([one, two + shift])
        for one, two, shift in zip(sweep(81), reset(81), (4.0, 0, 0), strict=True)),
    "both twice": tuple(
        np.concatenate([k * 6.0 * (n == 0) + half for k in range(2) for half in (one, two + 4.0 * (n == 0))])
        for n, (one, two) in enumerate(zip(sweep(41), reset(41), strict=True))),
    "reset before set": tuple(
        np.concatenate([two, one + shift])
        for one, two, shift in zip(sweep(81), reset(81), (2.0, 0, 0), strict=True)),
    "no current": (TIME, UP, 0 * UP), "no voltage": (TIME, 0 * UP, UP),
}  # fmt: skip
WAYS = {
    "as usual": Definitions(),
    "current": Definitions("current", 2e-6, "drop", 0.05),
    "compliance": Definitions("compliance", None, "peak", 0.3),
}


def test_numbers_of_every_curve(file_regression):
    found = {}
    for name, (time, voltage, current) in CURVES.items():
        for way, definitions in WAYS.items():
            limit = LIMIT if way == "compliance" else None
            found[f"{name}, {way}"] = list(vars(values_of(voltage, current, definitions, limit, time=time)).values())
    found["names"] = values.VALUES
    found["no time"] = values_of(*sweep(81)[1:])
    cell = 0.9 * CURVES["both"][1]
    found["of the cell"] = values_of(*CURVES["both"][1:], cell_voltage=cell, time=CURVES["both"][0])
    found["words"] = [definitions.words() for definitions in WAYS.values()]
    found["defaults"] = Definitions()
    as_before(file_regression, found)


def test_parts_of_every_curve(file_regression):
    found = {}
    for name, (_, voltage, current) in CURVES.items():
        told = {"lobes": np.array(cycles.lobes(voltage)), "cycles": np.bincount(cycles.cycle_numbers(voltage))}
        told["plateau"] = values.plateau(voltage, current)
        for number, (first, last, sign) in enumerate(cycles.lobes(voltage)):
            v, i = sign * voltage[first:last], np.abs(current[first:last])
            turn = values.turning(v, i)
            told[f"lobe {number}"] = turn, values.kind_of(v, i, turn)
            told[f"windows {number}"] = values._windows(v[: turn + 1 : 6], i[: turn + 1 : 6])
            told[f"reads {number}"] = [
                reader(v, 0.5 * v, i, level)
                for reader in (values.resistance_at_read_voltage, values.resistance_on_the_way_out)
                for level in (0.0, 0.1, 0.33, 5.0)
            ]
        found[name] = told
    as_before(file_regression, found)


def test_cycles_of_voltages(file_regression):
    noise = 0.05 * np.random.default_rng(3).standard_normal(600)
    wave = np.sin(np.linspace(0, 6 * np.pi, 600))
    voltages = {
        "wave": wave, "noisy wave": wave + noise, "noise": noise, "rectified": np.abs(wave),
        "does not come to zero": 0.04 + np.abs(wave), "comes half way": 0.075 + 0.9 * np.abs(wave),
        "pulses": np.where(np.arange(600) % 60 < 20, 1.0, 0.0), "reads": np.where(np.arange(600) % 60 < 20, 0.08, wave),
        "two of one sign": np.where(wave > 0, wave, 0.5 * np.abs(wave)) * np.sign(np.arange(600) - 400),
    }  # fmt: skip
    found = {}
    for name, voltage in voltages.items():
        found[name] = {
            "lobes": np.array(cycles.lobes(voltage)),
            "larger lobes": np.array(cycles.lobes(voltage, 0.6)),
            "starts": np.nonzero(np.diff(cycles.cycle_numbers(voltage)))[0],
            "starts of larger ones": np.nonzero(np.diff(cycles.cycle_numbers(voltage, 0.6)))[0],
            "noise": cycles.noise_of(voltage),
            "smoothed": cycles.smoothed(np.tile(voltage, 3))[::97],
            "smoothed more": cycles.smoothed(np.tile(voltage, 3), 0.003)[::97],
            "spans": np.array(cycles.spans_by_sign(np.sign(np.round(voltage, 1)), np.arange(600.0))),
        }
    as_before(file_regression, found)


def test_noise_of_a_zigzag():
    """Three samples of +a, -a, +a bend by 4 a; fewer than thirty tell nothing."""
    zigzag = np.where(np.arange(30) % 2, 1e-3, -1e-3)
    assert cycles.noise_of(zigzag) == pytest.approx(4e-3 / 0.6745 / np.sqrt(6))
    assert cycles.noise_of(zigzag[:29]) == 0
    assert cycles.noise_of(np.linspace(0, 1, 50)) == pytest.approx(0, abs=1e-15)


def test_smoothing_over_three():
    assert cycles.smoothed_over(np.array([1.0, 2.0, 6.0, 1.0]), 3) == pytest.approx([1.5, 3, 3, 3.5])
    assert cycles.smoothed_over(np.array([1.0, 3.0]), 2) == pytest.approx([1, 2])
    assert cycles.smoothed_over(np.array([1.0, 3.0]), 1).tolist() == [1, 3]


def test_numbers_where_an_instrument_meets_them_exactly():
    """Levels, windows and plateaus by hand, on both sides of each limit."""
    out = np.array([0.0, 1.0, 3.0])
    assert [values._passes(out, level) for level in (0.0, 0.5, 2.0, 3.0)] == [0, 0.5, 1.5, 2]
    assert np.isnan(values._passes(out, 3.1)) and np.isnan(values._at(out, np.nan))
    assert [values._at(out, row) for row in (0.5, 1.5, 2.0)] == [0.5, 2, 3]
    assert values._integral(out, np.array([0.0, 1.0, 4.0])) == 0.5 + 6
    # Of the largest current one half is left, or a little less; CHANGE is 1.1; 20 % come back.
    v = np.array([0.0, 0.5, 1.0])
    assert values.kind_of(v, np.array([0, 1.0, 0.5]), 2) == "SET"
    assert values.kind_of(v, np.array([0, 1.0, 0.49]), 2) == "RESET"
    assert values.kind_of(v[:2], np.array([0, 1.0]), 1) == "" == values.kind_of(v, 0 * v, 2)
    for factor, kind in ((1.12, "SET"), (1.08, ""), (1 / 1.08, ""), (1 / 1.12, "RESET")):
        assert values.kind_of(UP, np.where(OUT, UP, factor * UP), 80) == kind
    size = np.array([0, 1, 98, 99, 100, 100, 1.0])
    volts = np.array([0, 1.0, 2.0, 2.02, 2.08, 2.1, 1.0])
    assert values.plateau(volts, size) is None and values.plateau(volts, size, span=0.04) == 99.5
    assert values.plateau(volts, size, least=5) is None and values.plateau(volts, size, span=0.04, share=0.995) is None
    assert values.plateau(np.array([2, 2.1, 2.2]), np.array([1.0, 1, 1])) == 1
    assert values.plateau(np.array([2, 2.1]), np.array([1.0, 1])) is None


def test_statistics(file_regression):
    random = np.random.default_rng(5)
    drawn, lives = 1.7 + 0.1 * random.standard_normal(12), 2.0 * random.weibull(3.0, 12)
    found = {"ranks": statistics.ranks(5), "ranks of more": statistics.ranks(5, 3)}
    fits = {
        "normal": statistics.fit_normal(drawn), "lognormal": statistics.fit_normal(drawn, log=True),
        "five": statistics.fit_normal(drawn[:5], resamples=20), "four": statistics.fit_normal(drawn[:4]),
        "weibull": statistics.fit_weibull(lives, resamples=30),
        "censored": statistics.fit_weibull(np.sort(lives)[:8], 4, resamples=20),
        "five lives": statistics.fit_weibull(lives[:5], resamples=20), "four lives": statistics.fit_weibull(lives[:4]),
        "sharp": statistics.fit_weibull(1 + 1e-3 * lives, resamples=20),
    }  # fmt: skip
    for name, fit in fits.items():
        found[name] = fit and {
            "of it": [*(value for key, value in vars(fit).items() if key not in ("resampled", "errors", "span"))],
            "errors": fit.errors, "span": fit.span, "resampled": fit.resampled[:3], "resamples": len(fit.resampled),
            "words": fit.words(), "curve": np.array(fit.curve())[:, ::40], "points": len(fit.curve()[0]),
            "short curve": fit.curve(3),
        }  # fmt: skip
    found["defaults"] = statistics.fit_weibull.__defaults__, statistics.fit_normal.__defaults__
    found["all the same"] = statistics.fit_normal(np.ones(9)), statistics.fit_weibull(np.ones(9))
    for bits in ("0110100110010110", "000111000111", "0101010101", "01", "011", "1", "", "1111"):
        of = statistics.bits_of([int(bit) for bit in bits])
        found[f"bits {bits}"] = of
        found[f"words of bits {bits}"] = of.words() if bits else None
    as_before(file_regression, found, tolerance=1e-5)


def test_a_weibull_fit_fulfils_its_conditions():
    """d ln L/d shape = 0 and d ln L/d scale = 0 of a sample of which some live on."""
    seen = np.array([1.0, 1.5, 1.9, 2.2, 2.3, 2.6])
    fit = statistics.fit_weibull(seen, 3, resamples=5)
    power = (np.append(seen, [2.6] * 3) / fit.scale) ** fit.shape
    assert power.sum() == pytest.approx(len(seen))
    logs = np.log(np.append(seen, [2.6] * 3) / fit.scale)
    assert len(seen) / fit.shape + logs[:6].sum() - (power * logs).sum() == pytest.approx(0, abs=1e-8)


def test_a_lobe_that_comes_back_by_a_fifth_is_compared():
    """A resistor changes nothing; where it does not come back that far, nothing tells it from a cell that stays on."""
    for end, kind in ((0.7, ""), (0.85, "SET")):
        v = np.concatenate([np.linspace(0, 1, 41), np.linspace(1, end, 21)])
        assert values.kind_of(v, v, 40) == kind


@pytest.mark.parametrize("bits", [[0, 1, 1, 1], [1, 1, 1, 0]])
def test_neighbours_of_which_one_never_changes_have_no_correlation(bits, no_warnings):
    assert np.isnan(statistics.bits_of(bits).neighbours)
