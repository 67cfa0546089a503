"""Draws from device to device: distributions, correlations, seeds, what is refused; statistics of what comes out."""

import numpy as np
import pandas as pd
import pytest

from ecmsim.errors import ConfigError, PlotError
from ecmsim.plot import draw
from ecmsim.plot.study import StudyTable
from ecmsim.study.definition import read
from ecmsim.switching.statistics import bits_of, fit_normal, fit_weibull, ranks

HEAD = 'config = "c.toml"\n'
RATE, LAYER, RADIUS = "butler_volmer.rate_constant", "cell.layer_thickness", "stress.template_radius"
DRAW = f"""[draw]
count = 2000
seed = 3
"{RATE}" = {{ distribution = "lognormal", median = "182 m/s", sigma = 0.5 }}
"{LAYER}" = {{ distribution = "normal", mean = "10 nm", sigma = "0.3 nm" }}
"{RADIUS}" = {{ distribution = "uniform", from = "1.5 nm", to = "1.9 nm" }}
correlated = [["{LAYER}", "{RATE}", -0.6]]
"""


def definition(folder, text):
    (folder / "c.toml").write_text('extends = "ecmsim:quick"\n')
    (folder / "s.toml").write_text(HEAD + text)
    return read(folder / "s.toml")


def numbers(points, field):
    return np.array([float(str(point[field]).split()[0]) for point in points])


def test_draws_have_the_distributions_that_were_asked_for(tmp_path):
    found = definition(tmp_path, DRAW)
    rate, layer, radius = (numbers(found.points, field) for field in (RATE, LAYER, RADIUS))
    assert len(rate) == 2000 and found.pictures == ("cdf", "weibull")
    assert np.median(rate) == pytest.approx(182, rel=0.03) and np.log(rate).std() == pytest.approx(0.5, rel=0.05)
    assert (layer.mean(), layer.std()) == (pytest.approx(10, abs=0.03), pytest.approx(0.3, rel=0.05))
    assert 1.5 <= radius.min() < 1.51 and 1.89 < radius.max() <= 1.9
    assert np.corrcoef(layer, np.log(rate))[0, 1] == pytest.approx(-0.6, abs=0.03)
    assert abs(np.corrcoef(layer, radius)[0, 1]) < 0.06


def test_a_seed_repeats_the_draws_and_another_one_does_not(tmp_path):
    first, again = (definition(tmp_path, DRAW).points for _ in range(2))
    assert first == again != definition(tmp_path, DRAW.replace("seed = 3", "seed = 4")).points


def test_draws_are_combined_with_grids(tmp_path):
    grid = '[grid]\n"compliance.current" = ["1 nA", "1 uA"]\n'
    found = definition(tmp_path, grid + DRAW.replace("2000", "5"))
    assert len(found.points) == 10
    assert numbers(found.points[:5], RATE) == pytest.approx(numbers(found.points[5:], RATE))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("lognormal", "poisson"), 'expected { distribution = "normal" or "lognormal" or "uniform"'),
        (("median =", "mean ="), "unknown key"),
        (("sigma = 0.5", "sigma = -1"), "sigma and median must be positive"),
        (('"0.3 nm"', '"0.3 V"'), "sigma = "),
        (('to = "1.9 nm"', 'to = "1.1 nm"'), "to must be above from"),
        (("-0.6", "1.5"), "a number between -1 and 1"),
        ((f'"{RATE}", -0.6', '"cell.radius", 0.1'), "expected two of the settings drawn here"),
        (("count = 2000", ""), "needs count"),
        ((f'"{LAYER}" =', '"cell.nothing" ='), "a setting that is a number"),
    ],
)
def test_what_cannot_be_drawn_is_refused(tmp_path, change, said):
    with pytest.raises(ConfigError) as error:
        definition(tmp_path, DRAW.replace(*change))
    assert said in str(error.value)


def test_negative_values_have_cases_of_their_own(tmp_path):
    from ecmsim.study.study import Study

    definition(tmp_path, '[grid]\n"programme[0].to" = ["-1 V", "1 V"]\n')
    names = [place.name for place in Study.load(tmp_path / "s.toml").places(tmp_path / "out")]
    assert [name.rpartition("=")[2] for name in names] == ["-1V", "1V"]


# --- statistics ------------------------------------------------------------------------------------------------------


def test_a_weibull_fit_finds_shape_and_scale_also_where_some_have_not_switched():
    values = np.sort(2.0 * np.random.default_rng(1).weibull(4.0, 4000))
    whole, cut = fit_weibull(values, resamples=50), fit_weibull(values[:2500], 1500, resamples=50)
    for fit in (whole, cut):
        assert fit.shape == pytest.approx(4.0, abs=4 * fit.errors[0]) and fit.errors[0] < 0.2
        assert fit.scale == pytest.approx(2.0, abs=4 * fit.errors[1])
    assert fit_weibull(values[:2500], resamples=20).scale < 1.9  # as if there were no others


def test_a_band_holds_the_truth_and_narrows_with_more_values():
    widths = []
    for count in (30, 3000):
        values = 1.7 + 0.1 * np.random.default_rng(count).standard_normal(count)
        x, _, low, high = fit_normal(values).curve()
        k = int(np.argmin(np.abs(x - 1.7)))
        assert low[k] < 0.5 < high[k]
        widths.append(high[k] - low[k])
    assert widths[1] < 0.2 * widths[0]


def test_too_few_or_equal_values_have_no_fit():
    assert fit_normal([1.0, 2.0]) is None and fit_weibull([1.0] * 9) is None
    assert ranks(3)[1] == pytest.approx(0.5)


def test_bits():
    fair = bits_of(np.random.default_rng(2).integers(0, 2, 4000))
    assert fair.ones == pytest.approx(0.5, abs=0.03) and abs(fair.runs) < 3 and fair.entropy > 0.99
    assert bits_of([0, 1] * 50).runs > 5 and bits_of([0] * 50 + [1] * 50).runs < -5
    # Wald and Wolfowitz's runs, for 6 ones among 10 bits in 4 runs: (4 - 5.8)/sqrt(2 24 (2 24 - 10)/(10^2 9)).
    assert bits_of([1, 1, 1, 0, 0, 0, 1, 1, 1, 0]).runs == pytest.approx((4 - 5.8) / np.sqrt(48 * 38 / 900))
    assert bits_of([1, 1, 1]).entropy == 0 and "3 bits" in bits_of([1, 1, 1]).words()[0]


@pytest.fixture
def study(tmp_path):
    """A study of 20 cells of 4 cycles, one of which has not switched, with pulses."""
    random = np.random.default_rng(0)
    cycles = pd.DataFrame({"case": np.repeat(range(20), 4), "cycle": np.tile(range(1, 5), 20)})
    cycles["thickness_nm"] = np.where(cycles["case"] < 10, 9.0, 10.0)
    cycles["V_SET_V"] = 1.7 + 0.1 * random.standard_normal(80)
    cycles["R_LRS_ohm"] = 1e5 * np.exp(0.3 * random.standard_normal(80))
    cycles.loc[7, "V_SET_V"] = np.nan
    (tmp_path / "cycles.csv").write_text("# words\n" + cycles.to_csv(index=False))
    pulses = pd.DataFrame({"programme_0_interval_s": [-1e-3, 1e-3], "G_before_S": 1e-6, "G_after_S": [5e-7, 2e-6]})
    pulses["switched"] = ["no", "SET"]
    pulses.to_csv(tmp_path / "pulses.csv", index=False)
    return StudyTable(tmp_path, cycles, ("thickness_nm", "programme_0_interval_s"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("cdf", {}, "V_SET_V: n = 79, normal"),
        ("cdf", {"of": "R_LRS_ohm"}, "R_LRS_ohm: n = 80, lognormal"),
        ("weibull", {}, "V_SET_V: n = 79 + 1 not switched, Weibull"),
        ("violin", {}, "V_SET_V, cycle = 1: median"),
        ("violin", {"by": "thickness_nm", "of": "V_SET_V"}, "thickness_nm = 9.0"),
        ("stdp", {}, "-1 ms: -50 %"),
        ("bits", {}, "2 bits, 0.500"),
    ],
)
def test_pictures_of_many_cells(study, tmp_path, name, options, said, no_warnings):
    drawn = draw(name, study, tmp_path / "picture.png", **options)
    assert said in "\n".join(drawn.words) and drawn[0].stat().st_size > 1000


def test_measured_cycles_are_drawn_beside(study, tmp_path, figures):
    from ecmsim.measured import open_file

    (tmp_path / "table.csv").write_text("cycle,VSET,RLRS\n1,1.5,1e4\n2,1.6,2e4\n3,1.7,3e4\n")
    measured = [open_file(tmp_path / "table.csv")]
    draw("cdf", study, tmp_path / "cdf.png", measured=measured)
    lines = {line.get_label(): line for line in figures["cdf.png"].axes[0].get_lines()}
    assert lines["table"].get_xdata() == pytest.approx([1.5, 1.6, 1.7])


@pytest.mark.parametrize(
    ("name", "options"), [("cdf", {"of": "nothing"}), ("violin", {"by": "nothing"}), ("weibull", {"of": "folder"})]
)
def test_columns_that_are_not_there_are_refused(study, tmp_path, name, options):
    with pytest.raises(PlotError, match="there is no such column"):
        draw(name, study, tmp_path / "x.png", **options)
