"""The pictures: each is drawn, has the size of a journal's column, is not blank, and says what it lacks."""

import matplotlib.image
import numpy as np
import pytest
from helpers import synthetic

from ecmsim.errors import PlotError, ResultsError
from ecmsim.plot import (
    PICTURES,
    draw,
    draw_all,
    elephant,
    elephant_map,
    field,
    gap,
    iv,
    outline,
    retention,
    style,
)
from ecmsim.plot.shapes import SLICES, Clock, default_time, history
from ecmsim.results import open_run
from ecmsim.results.cycles import Cycle, find_cycles, is_bipolar
from ecmsim.shape.filament import Filament

pytestmark = pytest.mark.usefixtures("no_warnings")

PAGE, COLUMN = 183 / 25.4 * 300, 89 / 25.4 * 300  # pixels
WIDTHS = dict.fromkeys(PICTURES, PAGE) | {"gap": COLUMN}
OF_A_SWEEP = [name for name in PICTURES if name != "retention"]


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    return open_run(synthetic.write_run(tmp_path_factory.mktemp("sweep") / "run"))


@pytest.fixture(scope="module")
def cycles(tmp_path_factory):
    """Three cycles that the programme repeats."""
    return open_run(synthetic.write_cycles(tmp_path_factory.mktemp("cycles") / "run"))


@pytest.fixture(scope="module")
def left_alone(tmp_path_factory):
    """A filament at 0 V that breaks."""
    return open_run(synthetic.write_retention(tmp_path_factory.mktemp("retention") / "run"))


def pixels(path):
    return matplotlib.image.imread(path)[..., :3]


def check_picture(path, width=None):
    """A PNG with something on it that reaches no edge, of a given width at print resolution."""
    image = pixels(path)
    assert width is None or abs(image.shape[1] - width * style.DPI / 300) <= 2
    ink = (image < 0.9).any(axis=-1)
    assert 0.01 < ink.mean() < 0.95
    assert len(np.unique((image[::5, ::5] * 32).astype(int).reshape(-1, 3), axis=0)) > 8
    for edge in (ink[0], ink[-1], ink[:, 0], ink[:, -1]):
        assert not edge.any(), f"{path} is clipped"


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_A_SWEEP)
def test_picture(sweep, tmp_path, name):
    paths = draw(name, sweep, tmp_path / "new" / f"{name}.png")
    assert paths[0] == tmp_path / "new" / f"{name}.png"
    assert len(paths) == (2 if name == "elephant" else 1)
    check_picture(paths[0], WIDTHS[name])
    for path in paths[1:]:
        check_picture(path)
        assert pixels(path).shape[1] >= 1400


@pytest.mark.slow
def test_default_place_is_the_run_itself(sweep):
    assert draw("gap", sweep) == [sweep.folder / "figures" / "gap.png"]


@pytest.mark.slow
@pytest.mark.parametrize(("suffix", "start"), [(".pdf", b"%PDF"), (".svg", b"<?xml")])
@pytest.mark.usefixtures("draft")
def test_vector_formats(sweep, tmp_path, suffix, start):
    for name in ("iv", "elephant") if suffix == ".pdf" else ("gap", "outline"):
        for path in draw(name, sweep, tmp_path / f"{name}{suffix}"):
            assert path.read_bytes().startswith(start)


@pytest.mark.slow
@pytest.mark.parametrize("stop", [1, 2, 5, 225])
@pytest.mark.usefixtures("draft")
def test_partial_runs(tmp_path, stop):
    run = open_run(synthetic.write_run(tmp_path / "run", stop=stop, finish=False, snapshots=stop > 200))
    done = dict(draw_all(run, tmp_path / "figures"))
    assert list(done) == list(PICTURES)
    drawn = {name for name, paths in done.items() if isinstance(paths, list)}
    cold = set(OF_A_SWEEP) - {"field", "solid", "temperature", "conductance"}
    expected = {1: {"outline"}, 2: cold, 5: cold, 225: set(OF_A_SWEEP) - {"conductance"}}
    assert drawn == expected[stop]
    for paths in done.values():
        if isinstance(paths, list):
            check_picture(paths[0])
        else:
            assert isinstance(paths, ResultsError | PlotError) and str(run.folder) in str(paths)


@pytest.mark.slow
@pytest.mark.usefixtures("draft")
def test_a_run_at_zero_voltage(tmp_path):
    columns, outlines = synthetic.series(5)
    still = {name: np.full(5, values[0]) for name, values in columns.items()} | {"time_s": columns["time_s"]}
    still |= {"current_A": np.zeros(5), "ionic_current_A": np.zeros(5)}
    folder = synthetic.write_columns(tmp_path / "run", still, [outlines[0]] * 5)
    done = dict(draw_all(open_run(folder)))
    missing = {name: str(paths) for name, paths in done.items() if not isinstance(paths, list)}
    assert list(missing) == ["iv", "conductance", "temperature", "retention", "field", "solid"]
    assert "no current flows" in missing["iv"] and "surface_diffusion.enabled is false" in missing["retention"]
    for name in ("iv", "temperature"):  # asked for by name all the same
        check_picture(draw(name, open_run(folder), tmp_path / f"{name}.png")[0], PAGE)


def test_errors_name_the_remedy(sweep, tmp_path):
    with pytest.raises(PlotError, match="no picture 'ivv': choose one of iv, gap"):
        draw("ivv", sweep)
    with pytest.raises(PlotError, match=r"must end in .png, .pdf, .svg"):
        draw("iv", sweep, tmp_path / "iv.jpeg")
    with pytest.raises(PlotError, match="choose one of source, cell"):
        draw("iv", sweep, tmp_path / "iv.png", voltage="gate")
    with pytest.raises(PlotError, match="reaches only 1 mA"):
        draw("outline", sweep, tmp_path / "o.png", currents_A=[1e-6, 1.0])
    with pytest.raises(PlotError, match="choose from temperature, potential"):
        draw("field", sweep, tmp_path / "f.png", quantities="temprature")
    with pytest.raises(PlotError, match="no snapshot 9: choose 0 ... 3 or one of 1e-07A"):
        draw("field", sweep, tmp_path / "f.png", snapshot=9)
    with pytest.raises(PlotError, match="choose filament, tip or cell"):
        draw("field", sweep, tmp_path / "f.png", view="all")
    with pytest.raises(PlotError, match=r"from_s = 5, to_s = 4: the run's outlines span"):
        draw("elephant", sweep, tmp_path / "e.png", from_s=5.0)
    with pytest.raises(PlotError, match="choose one of log, linear"):
        draw("elephant", sweep, tmp_path / "e.png", time="cubic")
    with pytest.raises(PlotError, match="choose one of log, linear"):
        draw("gap", sweep, tmp_path / "g.png", time="cubic")
    with pytest.raises(PlotError, match="times_s: the run's outlines span 0 s ... 4 s"):
        draw("outline", sweep, tmp_path / "o.png", times_s=[1.0, 5.0])
    with pytest.raises(PlotError, match="from_s = '1 s': needs a number without a unit"):
        draw("elephant", sweep, tmp_path / "e.png", from_s="1 s")
    with pytest.raises(PlotError, match="currents_A = .'1 uA'.: needs a number"):
        draw("outline", sweep, tmp_path / "o.png", currents_A=["1 uA"])
    with pytest.raises(PlotError, match="either currents_A or times_s"):
        draw("outline", sweep, tmp_path / "o.png", times_s=[1.0], currents_A=[1e-6])
    (tmp_path / "file").write_text("")
    with pytest.raises(PlotError, match="cannot write"):
        draw("gap", sweep, tmp_path / "file" / "gap.png")


def test_outlines_are_those_of_the_decades(sweep):
    chosen = outline.choose(sweep)
    assert [label for label, _ in chosen] == [
        "100 pA",
        "1 nA",
        "10 nA",
        "100 nA",
        "1 µA",
        "10 µA",
        "100 µA",
        "1 mA",
        "end of run",
    ]
    assert [item.step for _, item in chosen] == sorted(item.step for _, item in chosen)


def test_elephant_slices_are_the_stored_outlines(sweep):
    clock, log_time, shapes = history(sweep)
    assert clock.logarithmic and "log" in clock.label
    assert -0.05 < log_time[0] < 0.05
    assert log_time[-1] == pytest.approx(np.log10(4.0))
    assert (np.diff(shapes[:, 0, 1]) >= -1e-9).all()
    for k in (0, 300, 550):
        stored = sweep.outlines.nearest(time_s=10 ** log_time[k])
        assert shapes[k, 0, 1] == pytest.approx(stored.points[0, 1], abs=0.05)
        assert Filament(shapes[k]).volume == pytest.approx(Filament(stored.points).volume, rel=0.05)


def test_snapshot_of_the_largest_current_is_the_default(sweep):
    assert field.choose(sweep).label == "0.00099A"
    assert field.choose(sweep, "1e-07A").current_A < 1e-6
    assert field.choose(sweep, "0") == sweep.snapshots[0]


def test_interfaces_are_the_outline_and_the_electrodes(sweep):
    snapshot = field.choose(sweep)
    section = field.Section.of(snapshot)
    points = sweep.outlines.nearest(time_s=snapshot.time_s).points
    ends = section.interfaces().reshape(-1, 2)
    assert np.hypot(*(ends[:, None] - points[None]).transpose(2, 0, 1)).min(axis=0).max() < 0.1
    assert 0 in ends[:, 1]


def test_views_hold_what_they_are_named_after(sweep):
    section = field.Section.of(sweep.snapshots[-1])
    metal, layer = (section.points[section.triangles[section.material == of]].reshape(-1, 2) for of in (1, 2))
    radius, tip, roof = *metal.max(axis=0), layer[:, 1].max()
    half, low, high = section.window("tip")
    assert half >= 1.3 * radius and half >= 2 * (roof - tip) and low < tip - half and high > roof
    half, low, high = section.window("filament")
    assert half >= 1.6 * radius and half >= 0.5 * roof and low < 0 and high > roof
    half, low, high = section.window("cell")
    assert (half, low, high) == (section.points[:, 0].max(), section.points[:, 1].min(), section.points[:, 1].max())


@pytest.mark.slow
@pytest.mark.usefixtures("draft")
def test_other_views(sweep, tmp_path):
    check_picture(draw("iv", sweep, tmp_path / "iv.png", voltage="cell")[0], PAGE)
    check_picture(draw("elephant", sweep, tmp_path / "e.png", colour="regime")[0], PAGE)
    paths = draw("field", sweep, tmp_path / "f.png", quantities="temperature", view="tip", snapshot=1)
    check_picture(*paths)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1e-3, "A", "1 mA"),
        (0.99999e-3, "A", "1 mA"),
        (1e-7, "A", "100 nA"),
        (0.0, "A", "0 A"),
        (1e-20, "A", "1e-05 fA"),
        (1.7774, "s", "1.78 s"),
        (-2e-6, "A", "-2 µA"),
        (225e6, "ohm", "225 Mohm"),
    ],
)
def test_quantities_are_written_with_prefixes(value, unit, text):
    assert style.quantity(value, unit) == text


def test_logarithms_mask_what_they_cannot_show():
    assert np.isnan(style.positive([0.0, -1.0])).all()
    assert style.positive([2.0])[0] == 2.0


# --- cycles and negative bias -------------------------------------------------------------------------------


def test_cycles_by_the_names_of_the_steps(cycles):
    assert is_bipolar(cycles)
    assert [(cycle.number, cycle.start, cycle.end) for cycle in find_cycles(cycles)] == [
        (k + 1, pytest.approx(7.0 * k), pytest.approx(7.0 * (k + 1))) for k in range(3)
    ]


@pytest.mark.parametrize("named", [True, False])
def test_cycles_of_a_run_in_progress(tmp_path, named):
    run = open_run(synthetic.write_cycles(tmp_path / "run", stop=15.0, named=named, finish=False))
    found = find_cycles(run)
    assert [cycle.start for cycle in found] == pytest.approx([0, 7, 14], abs=0.05)
    assert found[-1].end == run.timeseries["time_s"].iloc[-1]


def test_the_first_cycle_may_be_all_that_is_known(tmp_path):
    run = open_run(synthetic.write_cycles(tmp_path / "run", stop=8.5, finish=False))
    assert [cycle.start for cycle in find_cycles(run)] == pytest.approx([0, 7])
    run = open_run(synthetic.write_cycles(tmp_path / "set", stop=3.0, finish=False))
    assert [(cycle.start, cycle.end) for cycle in find_cycles(run)] == [(0, run.timeseries["time_s"].iloc[-1])]


def test_what_is_not_repeated_belongs_to_no_cycle(cycles, tmp_path):
    """A SET before the repetition, and a hold after it."""
    columns, outlines = synthetic.cycle()
    ends = [(2.0, "step 1: sweep"), (4.0, "cycle 1, SET"), (5.5, "cycle 2, SET"), (7.0, "step 3: hold")]
    events = [(time, "step ends", name) for time, name in ends]
    run = open_run(synthetic.write_events(tmp_path / "run", cycles.config_text, columns, outlines, events))
    assert find_cycles(run) == [Cycle(1, 2.0, 4.0), Cycle(2, 4.0, 5.5)]
    name, part, look = style.cycle_lines(run)[0]
    assert name is None and look["color"] == style.GREY and part == slice(0, len(run.timeseries))


def test_a_sweep_is_one_cycle(sweep):
    assert not is_bipolar(sweep) and not style.is_cyclic(sweep)
    assert find_cycles(sweep) == [Cycle(1, 0.0, 4.0)]


def test_regimes_are_those_of_the_first_set(sweep, cycles):
    for name in ("a_b", "b_c", "gamma_time", "y_time", "peak_time"):
        assert getattr(cycles.regimes, name) == getattr(sweep.regimes, name)
    assert cycles.regimes.lambda_time == pytest.approx(sweep.regimes.lambda_time, abs=1e-9)


@pytest.mark.slow
def test_repeated_sets_without_reset(sweep, cycles, tmp_path, figures):
    """Two SETs of a cell that forgets, the second with more current."""
    columns, outlines = synthetic.series()
    twice = {name: np.append(values, values[1:]) for name, values in columns.items()}
    twice["time_s"] = np.append(columns["time_s"], 4 + columns["time_s"][1:])
    twice["current_A"][420:] *= 1.5
    ends = [(2.0, "cycle 1, SET"), (4.0, "cycle 1, SET"), (6.0, "cycle 2, SET"), (8.0, "cycle 2, SET")]
    events = [(time, "step ends", name) for time, name in ends]
    text = cycles.config_text
    run = open_run(synthetic.write_events(tmp_path / "run", text, twice, outlines + outlines[1:], events))
    assert not is_bipolar(run) and len(find_cycles(run)) == 2 and style.is_cyclic(run)
    assert run.regimes.peak_time == sweep.regimes.peak_time and run.regimes.a_b == sweep.regimes.a_b
    assert max(item.time_s for label, item in outline.choose(run) if label != "end of run") < 2
    draw("iv", run, tmp_path / "iv.png")
    assert [text.get_text() for text in figures["iv.png"].axes[0].get_legend().get_texts()] == ["cycle 1", "cycle 2"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["iv", "gap", "temperature", "outline", "elephant"])
@pytest.mark.usefixtures("draft")
def test_pictures_of_cycles(cycles, tmp_path, name):
    paths = draw(name, cycles, tmp_path / f"{name}.png")
    for path in paths:
        check_picture(path, PAGE)


@pytest.mark.slow
def test_cycles_are_told_apart_in_the_i_v_curve(cycles, sweep, tmp_path, figures):
    draw("iv", cycles, tmp_path / "iv.png")
    linear, logarithmic = figures["iv.png"].axes
    for axes in (linear, logarithmic):
        lines = [line for line in axes.get_lines() if line.get_label().startswith("cycle")]
        assert [line.get_label() for line in lines] == ["cycle 1", "cycle 2", "cycle 3"]
        assert len({tuple(line.get_color()) for line in lines}) == 3
        assert lines[0].get_linewidth() > lines[1].get_linewidth() > lines[2].get_linewidth()
        ends = [line.get_xdata()[[0, -1]] for line in lines]
        assert np.abs(ends).max() < 1e-9
    assert [text.get_text() for text in linear.get_legend().get_texts()] == ["cycle 1", "cycle 2", "cycle 3"]
    draw("iv", sweep, tmp_path / "set.png")
    assert not [line for line in figures["set.png"].axes[0].get_lines() if line.get_label().startswith("cycle")]


@pytest.mark.slow
def test_the_i_v_curve_of_cycles_ends_at_a_floor_and_says_so(cycles, sweep, tmp_path, figures):
    draw("iv", cycles, tmp_path / "iv.png")
    axes = figures["iv.png"].axes[1]
    lowest = min(line.get_ydata().min() for line in axes.get_lines() if line.get_label().startswith("cycle"))
    assert lowest == iv.FLOOR and 0.1 * iv.FLOOR < axes.get_ylim()[0] < iv.FLOOR
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels[0] == "≤$10^{-16}$" and not any("≤" in label for label in labels[1:])
    draw("iv", sweep, tmp_path / "set.png", floor_A=1e-12)
    assert figures["set.png"].axes[1].get_ylim()[0] == pytest.approx(1e-12, rel=0.7)
    draw("iv", sweep, tmp_path / "all.png")
    assert figures["all.png"].axes[1].get_ylim()[0] == 1e-15  # whole decades, as low as the currents go


@pytest.mark.slow
def test_one_cycle_shows_the_regimes_of_its_set(tmp_path, figures):
    run = open_run(synthetic.write_cycles(tmp_path / "run", count=1))
    draw("iv", run, tmp_path / "iv.png")
    assert [text.get_text()[0] for text in figures["iv.png"].axes[0].get_legend().get_texts()] == [*"ABC", "r"]
    colours = [line.get_color() for line in figures["iv.png"].axes[1].get_lines()]
    assert set(style.REGIME_COLOURS.values()) <= set(colours)


def test_the_gap_of_cycles_has_the_voltage_below_and_marks(cycles, sweep, tmp_path, figures):
    draw("gap", cycles, tmp_path / "gap.png")
    above, below = figures["gap.png"].axes
    assert above.get_xlim() == below.get_xlim() == (0, 21) and not above.child_axes
    marks = {line.get_label(): line for line in above.get_lines() if line.get_label() in style.EVENT_MARKS}
    for name, first in (("RESET onset", 4.7), ("rupture", 5.0), ("full dissolution", 5.3)):
        assert marks[name].get_xdata() == pytest.approx(first + 7 * np.arange(3))
    assert marks["full dissolution"].get_ydata().min() > 9 > 1 > marks["RESET onset"].get_ydata().max()
    assert below.get_lines()[0].get_ydata().min() == pytest.approx(-1.5, abs=0.02)
    assert [text.get_text() for text in above.texts if text.get_text().startswith("cycle")] == [
        f"cycle {k}" for k in (1, 2, 3)
    ]
    draw("gap", sweep, tmp_path / "set.png")
    (axes,) = figures["set.png"].axes
    assert len(axes.child_axes) == 1


def test_an_inset_hides_no_curve(figures, tmp_path, sweep):
    with style.picture(tmp_path / "x.png", 89, 60) as figure:
        axes = figure.subplots()
        axes.set(xlim=(0, 1), ylim=(0, 1))
        box = (0.5, 0.3, 0.4, 0.4)
        assert style.is_free(axes, box, [0, 0.3, 0.35, 1], [1, 1, 0.1, 0.1])
        assert not style.is_free(axes, box, [0, 1], [0, 1])  # no point inside, but the line
        assert not style.is_free(axes, box, [0.45, 0.45], [0, 1])  # labels need room too


def test_outlines_are_those_of_the_first_set_and_reset(cycles):
    growing = outline.choose(cycles)
    assert [label for label, _ in growing][-2:] == ["100 µA", "1 mA"]
    assert max(item.time_s for _, item in growing) < 2.0
    assert [item.step for _, item in growing] == sorted(item.step for _, item in growing)
    shrinking = outline.choose_reset(cycles)
    assert [label.partition(" V")[2] for label, _ in shrinking] == [
        ", before",
        ", onset",
        ", before rupture",
        ", after rupture",
        "",
        "",
        ", dissolved",
    ]
    times = [item.time_s for _, item in shrinking]
    assert times == sorted(times) and times[0] == pytest.approx(4.0) and times[-1] == pytest.approx(5.3, abs=0.02)
    before, after = (item for label, item in shrinking if label.endswith("rupture"))
    assert after.step == before.step + 1 and after.time_s == pytest.approx(5.0, abs=0.02)
    assert before.points[0, 1] > 10 > after.points[0, 1]
    assert shrinking[0][0] == "0.00 V, before" and shrinking[1][0] == "−0.70 V, onset"


@pytest.mark.slow
@pytest.mark.usefixtures("draft")
def test_a_reset_alone(tmp_path):
    columns, outlines = synthetic.cycle()
    first = int(np.searchsorted(columns["time_s"], 4.0))
    part = {name: values[first:] for name, values in columns.items()} | {"time_s": columns["time_s"][first:] - 4}
    text = synthetic.CONFIG.format(compliance_mA=1.0)
    events = [(1.0, "rupture", "a neck broke")]
    run = open_run(synthetic.write_events(tmp_path / "run", text, part, outlines[first:], events))
    assert outline.choose(run) == []
    assert [label for label, _ in outline.choose_reset(run)][-1] == "0.00 V, after"
    done = dict(draw_all(run, tmp_path / "figures"))
    assert [name for name, paths in done.items() if not isinstance(paths, list)] == [
        "conductance",
        "retention",
        "field",
        "solid",
    ]
    for name in ("iv", "gap", "outline", "elephant"):
        check_picture(done[name][0], PAGE)


@pytest.mark.slow
@pytest.mark.usefixtures("draft")
def test_a_reset_without_rupture(tmp_path):
    run = open_run(synthetic.write_cycles(tmp_path / "run", stop=4.9, finish=False))
    assert [label.rpartition(", ")[2] for label, _ in outline.choose_reset(run)][-1] == "after"
    check_picture(draw("outline", run, tmp_path / "o.png")[0], PAGE)


def test_the_elephant_plot_of_cycles_is_linear_in_time(cycles, sweep, left_alone):
    assert [default_time(run) for run in (cycles, sweep, left_alone)] == ["linear", "linear", "log"]
    clock, at, shapes = history(cycles, logarithmic=False)
    assert clock.label == "Time (s)" and (at[0], at[-1]) == (0, 21)
    height = shapes[:, 0, 1]
    for start in (0, 7, 14):  # each cycle grows, and is dissolved
        inside = (at >= start) & (at <= start + 7)
        assert height[inside].max() > 10 and height[inside][[0, -1]].max() < 0.2
    assert elephant.marks_within(cycles, clock, at) == [("rupture", pytest.approx(5.0 + 7 * k)) for k in range(3)]


@pytest.mark.slow
@pytest.mark.usefixtures("draft")
def test_the_elephant_plot_of_a_span(cycles, sweep, tmp_path):
    clock, at, shapes = history(cycles, logarithmic=False, from_s=4.5, to_s=5.2)
    assert (at[0], at[-1]) == pytest.approx((4.5, 5.2)) and len(at) >= SLICES
    clock, at, shapes = history(sweep, from_s=1.6, to_s=2.0)
    assert 10 ** at[[0, -1]] == pytest.approx([1.6, 2.0])
    paths = draw("elephant", cycles, tmp_path / "e.png", time="log", from_s=0.5, to_s=7, colour="temperature")
    for path in paths:
        check_picture(path, PAGE)


def test_a_rupture_is_a_step_in_the_elephant_plot(left_alone):
    clock, at, shapes = history(left_alone)
    height = shapes[:, 0, 1]
    k = int(np.argmin(np.diff(height)))
    assert clock.seconds(at[k + 1]) == pytest.approx(synthetic.BROKEN)
    assert clock.seconds(at[k]) == pytest.approx(synthetic.BROKEN, rel=1e-4)
    assert height[k] > 7 and height[k + 1] < 2.6
    mark = elephant.marks_within(left_alone, clock, at)[0]
    assert mark[0] == "rupture" and elephant.slice_of(mark, at) == k


def test_short_times_have_a_prefix():
    clock = Clock(False, *style.prefixed(3e-6, "s"))
    assert clock.label == "Time (µs)" and clock.place(2e-6) == pytest.approx(2.0)
    assert clock.seconds(clock.place(2e-6)) == pytest.approx(2e-6)
    assert clock.limits(np.array([0.0, 2.97])) == pytest.approx((0.0, 3.0))


def test_no_contour_where_the_radius_is_the_same_everywhere():
    radius = np.full((50, 50), 0.8) + 1e-4 * np.random.default_rng(0).standard_normal((50, 50))
    assert elephant_map.is_plateau(radius, 0.8) and not elephant_map.is_plateau(radius, 0.6)
    assert not elephant_map.is_plateau(np.linspace(0, 1, 2500).reshape(50, 50), 0.5)


# --- retention ----------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.usefixtures("draft")
def test_pictures_of_a_filament_left_alone(left_alone, tmp_path):
    done = dict(draw_all(left_alone, tmp_path))
    drawn = {name for name, paths in done.items() if isinstance(paths, list)}
    assert drawn == {"gap", "outline", "retention", "elephant"}
    for name in drawn:
        for path in done[name]:
            check_picture(path, COLUMN if name in ("gap", "outline") else PAGE)


@pytest.mark.slow
def test_late_runs_are_shown_in_log_time(left_alone, sweep, tmp_path, figures):
    draw("gap", left_alone, tmp_path / "late.png")
    draw("gap", sweep, tmp_path / "sweep.png")
    draw("gap", sweep, tmp_path / "asked.png", time="log")
    scales = {name: figure.axes[0].get_xscale() for name, figure in figures.items()}
    assert scales == {"late.png": "log", "sweep.png": "linear", "asked.png": "log"}
    marks = [line for line in figures["late.png"].axes[0].get_lines() if line.get_label() == "rupture"]
    assert marks[0].get_xdata() == [synthetic.BROKEN]


def test_outlines_at_times(left_alone, sweep, tmp_path):
    chosen = outline.choose_times(left_alone)
    labels, times = [label for label, _ in chosen], np.array([item.time_s for _, item in chosen])
    assert labels[0] == "0 s" and labels[-1] == "10 ks" and 6 <= len(labels) <= 10
    before, after = (labels.index(label) for label in labels if "rupture" in label)
    assert labels[after] == "3 s, after rupture" and after == before + 1
    ratio = times[2:before] / times[1 : before - 1]
    assert ratio.max() < 1.5 * ratio.min()  # equally spaced in log time
    late = [item.time_s for _, item in outline.choose_times(left_alone, start=1e-2)]
    assert late[0] == pytest.approx(1e-2, rel=0.1) and sum(0.02 < time < 2 for time in late) >= 3
    assert [item.time_s for _, item in outline.choose_times(sweep, [1.0, 2.0])] == pytest.approx([1, 2], abs=0.02)
    check_picture(draw("outline", sweep, tmp_path / "o.png", times_s=[1.0, 2.0])[0], COLUMN)


@pytest.mark.slow
def test_the_history_of_retention(left_alone, tmp_path, figures):
    draw("retention", left_alone, tmp_path / "r.png")
    panels = {axes.get_ylabel(): axes for axes in figures["r.png"].get_axes()}
    radius = {line.get_label(): line for line in panels["Radius (nm)"].get_lines()}
    neck = radius["neck"].get_ydata()
    times = radius["neck"].get_xdata()
    assert np.isnan(neck[times >= synthetic.BROKEN]).all()
    late = neck[(times > 0.1) & (times < synthetic.BROKEN)]
    assert late[-1] < 0.25 and late[0] > 0.75 and (np.diff(late) < 0).all()
    for name in ("Gap (nm)", "Radius (nm)", "Volume (nm³)"):
        assert panels[name].get_xscale() == "log"
        lines = [line.get_xdata() for line in panels[name].get_lines()]
        assert any(len(x) == 2 and set(x) == {synthetic.BROKEN} for x in lines)
    assert [text.get_text() for text in panels["Gap (nm)"].texts if text.get_text() == "rupture"]


@pytest.mark.slow
@pytest.mark.usefixtures("draft")
def test_where_retention_begins(sweep, cycles, left_alone, tmp_path):
    assert retention.beginning(left_alone) == 0.0
    assert retention.beginning(cycles) is None
    closed = sweep.timeseries["time_s"][sweep.timeseries["gap_nm"].argmin()]
    assert retention.beginning(sweep) == closed
    columns, outlines = synthetic.series(100)
    hold = {name: np.append(values, np.full(20, values[-1])) for name, values in columns.items()}
    hold["time_s"][100:] = 4 + np.arange(1, 21)
    run = open_run(synthetic.write_columns(tmp_path / "run", hold, outlines + [outlines[-1]] * 20))
    assert retention.beginning(run) == pytest.approx(4.0)
    assert retention.unfit(run) == "surface_diffusion.enabled is false"
    check_picture(draw("retention", run, tmp_path / "r.png")[0], PAGE)
    with pytest.raises(PlotError, match="does not come to rest: give from_s"):
        draw("retention", cycles, tmp_path / "r.png")
    with pytest.raises(PlotError, match="from_s = 30; the run spans"):
        draw("retention", cycles, tmp_path / "r.png", from_s=30)


def test_the_radius_of_a_neck():
    assert np.isnan(retention.neck_radius(np.array([[0, 5], [1, 4], [2, 0]], float)))
    assert retention.neck_radius(np.array([[0, 5], [1, 4], [0.3, 3], [2, 0]], float)) == 0.3


# --- other programmes ---------------------------------------------------------------------------------------


def test_pulses_have_the_voltage_below(sweep, tmp_path, figures):
    columns, outlines = synthetic.series(60)
    train = 'kind = "pulse_train", amplitude = "2 V", width = "1 s", count = 2, interval = "1 s"'
    text = synthetic.CONFIG.format(compliance_mA=1.0).replace('kind = "ramp", to = "2 V", rate = "1 V/s"', train)
    text = text.replace('kind = "ramp", to = "0 V", rate = "1 V/s"', 'kind = "hold", duration = "1 s"')
    run = open_run(synthetic.write_events(tmp_path / "run", text, columns, outlines, []))
    draw("gap", run, tmp_path / "gap.png")
    assert [axes.get_ylabel() for axes in figures["gap.png"].axes] == ["Gap (nm)", "Source (V)"]


def dashed(axes):
    """Heights of the horizontal dashed lines, and the ends of each."""
    lines = [line for line in axes.get_lines() if line.get_linestyle() == "--"]
    return [(float(line.get_ydata()[0]), *map(float, line.get_xdata())) for line in lines]


@pytest.mark.slow
def test_compliance_currents_are_those_of_the_steps(tmp_path, figures):
    """In both panels; not one that never held; a negative one on the side where it limits."""
    columns, outlines = synthetic.series(60)
    text = synthetic.CONFIG.format(compliance_mA=30.0)
    text = text.replace('rate = "1 V/s"}', 'rate = "1 V/s", compliance = {kind = "ideal", current = "1 mA"}}')
    run = open_run(synthetic.write_events(tmp_path / "run", text, columns, outlines, []))
    draw("iv", run, tmp_path / "iv.png")
    linear, logarithmic = figures["iv.png"].axes
    assert [line[0] for line in dashed(linear)] == [pytest.approx(1.0)]
    assert [line[0] for line in dashed(logarithmic)] == [pytest.approx(1e-3)]
    assert any("1 mA" in text.get_text() for text in linear.texts)
    # Cycles with a limit for either sign.
    cycles = open_run(synthetic.write_cycles(tmp_path / "cycles", count=2))
    config = (cycles.folder / "config.toml").read_text()
    (cycles.folder / "config.toml").write_text(config.replace("[compliance]\n", '[compliance]\npolarity = "both"\n'))
    draw("iv", open_run(cycles.folder), tmp_path / "both.png")
    low, high = figures["both.png"].axes[0].get_xlim()
    found = sorted(line for line in dashed(figures["both.png"].axes[0]))
    assert [line[0] for line in found] == [pytest.approx(-1.0), pytest.approx(1.0)]
    assert found[0][1:] == (0.0, pytest.approx(low)) and found[1][1:] == (0.0, pytest.approx(high))


@pytest.mark.slow
def test_a_current_source_is_drawn_against_the_cell_voltage(tmp_path, figures):
    columns, outlines = synthetic.series(60)
    columns["source_voltage_V"] = np.full(60, 2.0)
    run = open_run(synthetic.write_columns(tmp_path / "run", columns, outlines))
    draw("iv", run, tmp_path / "iv.png")
    draw("iv", run, tmp_path / "source.png", voltage="source")
    labels = [figures[name].axes[0].get_xlabel() for name in ("iv.png", "source.png")]
    assert labels == ["Cell voltage (V)", "Source voltage (V)"]


def test_branches_ignore_small_steps_back():
    x = np.array([0.0, 1, 2, 1.99, 3, 2, 1, 1.01, 0])
    assert iv.branches_of(x, 0.1) == [(0, 4), (4, 8)]
    assert len(iv.branches_of(x, 0.001)) == 6


def test_letters_that_would_lie_on_each_other_are_written_as_one(tmp_path, monkeypatch):
    marks = [("Y", 1.001), ("Γ", 1.0), ("Λ", 3.0)]
    monkeypatch.setattr(style, "milestones", lambda run: marks)
    with style.picture(tmp_path / "x.png", 89, 60) as figure:
        axes = figure.subplots()
        axes.set_xlim(0, 4)
        gap.mark_milestones(axes, None, [0, 4], [1, 1])
        assert [text.get_text() for text in axes.texts] == ["Γ, Y", "Λ"]
