"""The surface of the elephant plot as an object: its points are the outlines, its arrays the quantities they name."""

import numpy as np
import pytest
from helpers import synthetic

from ecmsim.errors import PlotError, ResultsError
from ecmsim.plot import draw, elephant, shapes
from ecmsim.plot.elephant import surface
from ecmsim.results import open_run
from ecmsim.shape.filament import Filament
from ecmsim.shape.polyline import distance_to_polyline

ATOM = 0.128  # nm: the default of filament.rupture_radius


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    return open_run(synthetic.write_run(tmp_path_factory.mktemp("sweep") / "run", snapshots=False))


@pytest.fixture(scope="module")
def skin(sweep):
    return surface(sweep, colour="current_density", time="log")


def rows_of(skin):
    """Points and an accessor of its arrays by slice: (slices, points of a slice)."""
    rows = len(np.unique(skin["time_s"]))
    return skin.points.reshape(rows, -1, 3), lambda name: np.asarray(skin[name]).reshape(rows, -1)


@pytest.mark.slow
def test_the_points_lie_on_the_outlines(sweep, skin):
    points, of = rows_of(skin)
    stored = sweep.outlines.time_s
    seconds = of("time_s")[:, 0]
    checked = 0
    for k in range(len(seconds)):
        i = int(np.argmin(np.abs(stored - seconds[k])))
        if abs(stored[i] / seconds[k] - 1) > 1e-7:
            continue
        drawn = points[k][:, [0, 2]].astype(float)
        right = drawn[drawn[:, 0] >= 0]
        assert distance_to_polyline(right, sweep.outlines[i].points).max() < 1e-5
        assert drawn[::-1] * [-1, 1] == pytest.approx(drawn, abs=1e-6)  # both halves
        checked += 1
    assert checked > 100


@pytest.mark.slow
def test_the_time_axis_is_documented_in_the_surface(skin):
    low, high = skin.field_data["time_axis_limits"]
    length = skin.field_data["time_axis_length_nm"][0]
    assert skin.field_data["time_axis_unit"][0] == "log10(t / s)"
    assert skin["time_axis"] == pytest.approx(np.log10(skin["time_s"]))
    assert skin.points[:, 1] / length * (high - low) + low == pytest.approx(skin["time_axis"], abs=1e-5)
    assert low <= skin["time_axis"].min() and skin["time_axis"].max() <= high


@pytest.mark.slow
def test_the_linear_time_axis(sweep):
    skin = surface(sweep, colour="time", time="linear", from_s=1.6, to_s=2)
    assert skin["time_s"].min() == 1.6 and skin["time_s"].max() == 2 and skin.field_data["time_axis_unit"][0] == "s"
    assert skin.active_scalars_name == "time_axis" and skin["time_axis"] == pytest.approx(skin["time_s"])


def test_current_density_by_hand(sweep, skin):
    points, of = rows_of(skin)
    series = sweep.timeseries
    for k in (0, 300, 650):
        time = of("time_s")[k, 0]
        current = np.interp(time, series["time_s"], series["current_A"])
        trunk = int(np.argmin(np.abs(points[k][:, 2] - 0.5 * points[k][:, 2].max())))
        radius = abs(float(points[k][trunk, 0])) * 1e-9
        assert of("current_density_A_m2")[k, trunk] == pytest.approx(current / (np.pi * radius**2), rel=1e-3)
        tip = points.shape[1] // 2
        assert points[k][tip, 0] == 0
        assert of("current_density_A_m2")[k, tip] == pytest.approx(current / (np.pi * (ATOM * 1e-9) ** 2), rel=1e-9)
        assert of("current_A")[k, 0] == pytest.approx(current, rel=1e-12)


def test_the_radius_is_that_of_the_cross_section_also_under_a_rim():
    points = np.array([[0, 4.0], [1, 4.5], [3, 4.5], [3, 4.2], [1, 3], [1, 0]])
    radius = 0.5 * Filament(points).local_diameter(points[:, 1])
    assert radius == pytest.approx([8 / 3, 3, 3, 3, 1, 1])  # at the hollow's bottom the outside below the rim


@pytest.mark.slow
def test_logarithms_end_decades_below_the_largest_value(skin):
    for name in ("current_A", "current_density_A_m2"):
        logarithm, values = skin[f"log10_{name}"], skin[name]
        assert logarithm.max() == pytest.approx(np.log10(values.max()))
        assert logarithm.min() == pytest.approx(logarithm.max() - elephant.DECADES)
        high = values > 1e-7 * values.max()
        assert logarithm[high] == pytest.approx(np.log10(values[high]))


@pytest.mark.parametrize("colour", elephant.COLOURS)
def test_the_colour_is_the_active_array(sweep, colour):
    assert surface(sweep, colour).active_scalars_name == elephant.COLOURS[colour]


@pytest.mark.slow
def test_other_arrays(sweep, skin):
    series = sweep.timeseries
    for name in ("source_voltage_V", "temperature_max_K"):
        assert skin[name] == pytest.approx(np.interp(skin["time_s"], series["time_s"], series[name]))
    spans = sweep.regimes.spans()
    for k, (letter, start, end) in enumerate(spans, 1):
        inside = (skin["time_s"] > start * 1.0001) & (skin["time_s"] < end * 0.9999)
        assert (skin["regime"][inside] == k).all() and inside.any(), letter
    assert surface(sweep).active_scalars_name == "temperature_max_K"  # the cell gets warm


@pytest.mark.slow
def test_a_picture_in_a_new_colour(sweep, tmp_path):
    for path in draw("elephant", sweep, tmp_path / "e.png", colour="current_density"):
        assert path.stat().st_size > 20000


def test_logarithmic_colour_bars_say_where_they_are_cut(sweep, skin):
    clock, at, outlines = shapes.history(sweep)
    rgb, (_, norm, label) = elephant.colours_of(sweep, "current_density", clock, skin)
    assert norm.clip and norm.vmax / norm.vmin == pytest.approx(10.0**elephant.DECADES)
    assert "A/m²" in label and rgb.shape == (skin.n_points, 3)
    late = surface(sweep, "current", time="linear", from_s=1.8, to_s=1.9)
    assert not elephant.colours_of(sweep, "current", clock, late)[1][1].clip


def test_errors(sweep, tmp_path):
    with pytest.raises(
        PlotError, match="colour = 'heat': choose one of temperature, time, regime, voltage, current, cur"
    ):
        surface(sweep, "heat")
    with pytest.raises(PlotError, match="choose one of log, linear"):
        surface(sweep, time="cubic")
    with pytest.raises(PlotError, match=r"from_s = 5, to_s = 4: the run's outlines span"):
        surface(sweep, from_s=5)
    with pytest.raises(PlotError, match=r"from_s = -1, to_s = 4: the run's outlines span"):
        surface(sweep, time="linear", from_s=-1)
    still = open_run(synthetic.write_retention(tmp_path / "still"))
    with pytest.raises(PlotError, match='colour = "current_density": no current flows'):
        surface(still, "current_density")
    short = open_run(synthetic.write_run(tmp_path / "short", stop=2, snapshots=False))
    with pytest.raises(ResultsError, match="holds 1 outlines after t = 0"):
        surface(short, time="log")


def test_thinned_slices_keep_ends_and_jumps():
    at = np.sort(np.concatenate([np.linspace(0, 1, 400), 0.5 + np.linspace(0, 0.01, 400), [0.7, 0.7 + 1e-7]]))
    few = elephant.thinned(at, 100)
    assert 60 < len(few) < 110 and (np.diff(few) > 0).all() and {0, len(at) - 1} <= set(few)
    jump = np.searchsorted(at, 0.7)
    assert {jump, jump + 1} <= set(few)
    assert np.diff(at[few]).max() < 0.025 and (np.abs(at[few] - 0.505) < 0.005).sum() > 20
    assert list(elephant.thinned(at, len(at))) == list(range(len(at)))
