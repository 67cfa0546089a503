"""The figures of the validation: the curves are those of the runs, every figure is written and has a caption."""

from types import SimpleNamespace

import matplotlib.image
import numpy as np
import pytest
from helpers import synthetic
from matplotlib.figure import Figure

from ecmsim.errors import ResultsError
from ecmsim.plot import style
from ecmsim.results import RunWriter, open_run
from validation.paper import captions, curves, figures, measures, panels, thermal_panels

LIMITS = (1e-8, 1e-6, 1e-4, 1e-3)
STEPS, DPI = 240, 100


class MadeUp:
    """Stands in for Runs: a series, and cases by name; every study is finished."""

    def __init__(self, series, cases):
        self.series, self._cases = series, cases
        self.reference = cases["reference"]

    def case(self, name, study="paper"):
        return self._cases[name]


def written(folder, compliance=1e-3, change=None, last=None):
    """A made-up run without snapshots, its columns changed by a function, as a Run."""
    columns, outlines = synthetic.series(STEPS, compliance)
    columns |= change(columns) if change else {}
    columns = {name: values[:last] for name, values in columns.items()}
    return open_run(synthetic.write_columns(folder, columns, outlines[:last], compliance))


def colder(columns):
    """By Joule heating alone: a tenth of the current, a thousandth of the heat."""
    rise = columns["temperature_max_K"] - synthetic.AMBIENT
    return {
        "current_A": 0.1 * columns["current_A"],
        "temperature_max_K": synthetic.AMBIENT + 1e-3 * rise,
    }


def collapsing(columns):
    """A gap that closes to 0.02 nm at its end."""
    return {"gap_nm": np.geomspace(10, 0.02, STEPS)}


def hotter(columns):
    """Twice the rise of the temperature."""
    return {"temperature_max_K": 2 * columns["temperature_max_K"] - synthetic.AMBIENT}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    series = {limit: written(root / f"{limit:g}A", limit) for limit in LIMITS}
    cases = {"reference": open_run(synthetic.write_run(root / "reference"))}
    for name, limit in zip(curves.JOULE_CASES, (1e-6, 1e-5, 1e-4, 1e-3), strict=True):
        cases[name] = written(root / name, limit, colder if limit > 5e-5 else None)
    cases["no_dissolution"] = written(root / "no_dissolution", 1e-4, collapsing, last=160)
    cases["low_thermal_conductivity"] = written(root / "low", 1e-3, hotter)
    return MadeUp(series, cases)


@pytest.fixture
def axes():
    return Figure().subplots()


def lines_of(axes):
    """The data of the curves in axes, as arrays (2, n)."""
    return [np.array(line.get_data(), dtype=float) for line in axes.get_lines()]


def has_curve(axes, x, y):
    """Whether one of the curves in axes is y over x."""
    return any(line.shape == (2, len(x)) and np.array_equal(line, [x, y], equal_nan=True) for line in lines_of(axes))


# --- Fig. 1 -------------------------------------------------------------------------------------------------


def test_side_growth_is_told_from_the_mean_radius(tmp_path):
    """5 % against the lowest compliance current."""
    radii = dict(zip(LIMITS, (2.0, 2.09, 2.11, 4.0), strict=True))
    series = {
        limit: written(tmp_path / f"{limit:g}", limit, lambda c, r=radius: {"radius_mean_nm": np.full(STEPS, r)})
        for limit, radius in radii.items()
    }
    states = curves.low_resistance_states(SimpleNamespace(series=series))
    assert states.limit == pytest.approx(LIMITS)
    assert states.sideways.tolist() == [False, False, True, True]


@pytest.mark.slow
def test_resistances_are_those_at_0_1_V_on_the_way_back(runs, axes):
    panels.resistances(axes, runs)
    for limit, run in runs.series.items():
        time = run.timeseries["time_s"]  # the sweep comes back at 1 V/s and ends at 4 s
        cell, current = (np.interp(3.9, time, run.timeseries[name]) for name in ("cell_voltage_V", "current_A"))
        expected = cell / current
        drawn = [line[1][line[0] == limit] for line in lines_of(axes) if limit in line[0]]
        assert drawn and all(value == pytest.approx(expected, rel=0.02) for value in np.concatenate(drawn))
    assert axes.get_xscale() == axes.get_yscale() == "log"
    held = [line for line in lines_of(axes) if line.size and np.allclose(line[1], 12906.4, rtol=1e-4)]
    assert len(held) == 1  # h / 2e^2


@pytest.mark.slow
def test_gaps_of_all_currents(runs, axes):
    panels.gaps(axes, runs)
    for panel in (axes, axes.child_axes[0]):
        for run in runs.series.values():
            assert has_curve(panel, run.timeseries["time_s"], run.timeseries["gap_nm"])
    low, high = axes.child_axes[0].get_ylim()
    final = [run.timeseries["gap_nm"].iloc[-1] for run in runs.series.values()]
    assert low < min(final) and max(final) < high < 5 * max(final)
    assert axes.child_axes[0].get_xlim()[1] == pytest.approx(2.0, abs=0.02)  # where the source turns back


@pytest.mark.slow
def test_outlines_of_whole_decades(runs, axes):
    series = runs.series | {10**-5.5: runs.series[1e-6]}
    assert list(curves.decades(SimpleNamespace(series=series))) == list(LIMITS)
    panels.outlines(axes, runs)
    for run in runs.series.values():
        points = run.outlines[-1].points
        assert any(
            len(line[0]) == 2 * len(points) - 1 and line[0].max() == points[:, 0].max() for line in lines_of(axes)
        )
    void = max(line[1].max() for line in lines_of(axes))
    assert void == runs.series[1e-3].outlines[-1].electrode_points[:, 1].max() > synthetic.LAYER


def test_the_voltage_drop_is_counted_from_the_foot(runs):
    """In the made-up snapshots the potential in the filament is 20 mV times height over layer."""
    drop = curves.voltage_drop(runs.reference, 1e-4)
    edges = panels.outer_edges(drop)
    on_wall = (drop.points[:, None] == edges.reshape(-1, 2)).all(axis=2).any(axis=1)  # there the layer's may count
    assert not on_wall.all() and drop.mV[~on_wall] == pytest.approx(2 * drop.points[~on_wall, 1], abs=1e-9)
    assert drop.height[0] == pytest.approx(0, abs=1e-9) and (np.diff(drop.height) > 0).all()
    assert drop.axis_mV == pytest.approx(2 * drop.height, abs=1e-9)
    assert drop.ohm == pytest.approx(2e-3 * drop.height[-1] / drop.current)
    assert drop.current == runs.reference.snapshots[1].current_A  # of those at 0.1, 100, 600 and 990 µA
    assert drop.ohm == pytest.approx(measures.resistance_of_filament(runs.reference, drop.current))
    assert all(0 < level < drop.axis_mV[-1] for level in panels.drop_levels(drop))
    assert edges[..., 0].max() == drop.points[:, 0].max() and (edges[..., 0].max(axis=1) > 0).all()


def test_the_drop_does_not_depend_on_where_the_potential_is_zero(runs):
    taken = runs.reference.snapshots[1]
    mesh = taken.read()
    mesh.point_data["electric_potential_V"] = mesh.point_data["electric_potential_V"] + 0.3
    shifted = SimpleNamespace(current_A=taken.current_A, read=lambda: mesh)
    found, before = (curves.voltage_drop(SimpleNamespace(snapshots=[item])) for item in (shifted, taken))
    assert found.mV == pytest.approx(before.mV, abs=1e-9) and found.ohm == pytest.approx(before.ohm)


def test_the_snapshot_at_a_current(runs):
    currents = [snapshot.current_A for snapshot in runs.reference.snapshots]
    assert curves.snapshot_at(runs.reference, 5e-4).current_A == currents[2]
    with pytest.raises(ResultsError, match="snapshot_currents"):
        curves.snapshot_at(runs.series[1e-8], 1e-9)


def test_sweeps_around_the_switching_only_rise(runs, axes):
    window = curves.switching(runs.reference, "source_voltage_V")
    panels.sweeps(axes, runs, window)
    for run in runs.series.values():
        rising = slice(0, int(np.argmax(run.timeseries["current_A"])) + 1)
        part = run.timeseries[rising]
        assert has_curve(axes, part["source_voltage_V"], style.positive(part["current_A"]))
    assert axes.get_xlim() == pytest.approx(window) and 1.5 < window[0] < 1.68 < 1.778 < window[1] < 2
    assert "".join(text.get_text() for text in axes.texts) == "ABC"


def test_regimes_along_the_voltage(runs):
    """The voltage of the made-up sweep is the time in s while it rises."""
    spans = runs.reference.regimes.spans()
    along = curves.regimes_along(runs.reference, "source_voltage_V")
    assert [item[0] for item in along] == [item[0] for item in spans] == ["A", "B", "C"]
    assert [item[1:] for item in along] == [pytest.approx(item[1:], abs=1e-9) for item in spans]


# --- Fig. 3 -------------------------------------------------------------------------------------------------


def stub(*currents):
    """What the choice of snapshots needs of a run with 1 mA."""
    taken = [SimpleNamespace(time_s=0.1 * k, current_A=current) for k, current in enumerate(currents)]
    return SimpleNamespace(folder="run", compliance_at=lambda time_s: 1e-3, snapshots=taken)


def test_evolution_is_four_snapshots():
    """The nearest to 3.5, 100 and 603 µA, and the one in which the compliance current is reached."""
    run = stub(1e-9, 1e-7, 3.6e-6, 1.1e-4, 6.1e-4, 0.991e-3, 0.0)
    assert curves.evolution(run) == [run.snapshots[k] for k in (2, 3, 4, 5)]
    with pytest.raises(ResultsError, match="snapshot_regimes"):
        curves.evolution(stub(1e-6, 1e-4, 0.98e-3))


def test_just_after_the_compliance_is_the_next_snapshot():
    run = stub(3e-6, 1e-4, 6e-4, 0.991e-3, 0.9999e-3, 1e-3, 0.0)
    assert curves.evolution(run) == [run.snapshots[k] for k in (0, 1, 2, 4)]


def test_the_closest_points_off_the_axis():
    """A ridge at r = 2 nm comes within 0.1 nm of a flat electrode."""
    points = np.array([[0, 9.5], [1.5, 9.5], [2.0, 9.9], [2.5, 9.5], [2.5, 0.0]])
    surface = np.array([[0, 10.0], [20, 10.0]])
    outline = SimpleNamespace(points=points, electrode_points=surface)
    found = curves.closest(outline)
    assert measures.shortest_gap(None, outline) == (found.distance, found.filament[0])
    assert found.distance == pytest.approx(0.1, abs=1e-3)
    assert found.filament == pytest.approx([2.0, 9.9], abs=0.01)
    assert found.electrode == pytest.approx([2.0, 10.0], abs=0.01)


def test_the_gap_is_marked_on_both_sides_of_the_axis(axes):
    for r, count in ((2.0, 2), (0.0, 1)):
        before = len(axes.texts)
        thermal_panels.mark_gap(axes, curves.Closest(0.1, np.array([r, 9.9]), np.array([r, 10.0])))
        assert len(axes.texts) - before == count


# --- Fig. 5 and S5 ------------------------------------------------------------------------------------------


def test_currents_that_are_not_reached_are_marked(runs, axes):
    joule = curves.heating(curves.joule_alone(runs))
    assert joule.limit == pytest.approx([1e-6, 1e-5, 1e-4, 1e-3])
    assert joule.reached.tolist() == [True, True, False, False]
    assert joule.current[2:] == pytest.approx([1e-5, 1e-4], rel=0.01)
    thermal_panels.heatings(axes, runs)
    crosses = [line.get_xdata()[0] for line in axes.get_lines() if line.get_marker() == "x"]
    assert crosses == pytest.approx([1e-4, 1e-3])
    hottest = [run.timeseries["temperature_max_K"].max() for run in runs.series.values()]
    assert has_curve(axes, np.array(LIMITS), np.array(hottest))
    assert has_curve(axes, joule.current, joule.hottest)
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert len(labels) == 4 and any("not reached" in label for label in labels)


def test_dissolution_against_none(runs):
    sweeps, gaps = Figure().subplots(1, 2)
    thermal_panels.dissolution_sweeps(sweeps, runs)
    thermal_panels.dissolution_gaps(gaps, runs)
    for run in (runs.reference, runs.series[1e-4], runs.case("no_dissolution")):
        assert has_curve(gaps, run.timeseries["time_s"], run.timeseries["gap_nm"])
    end = runs.case("no_dissolution").timeseries.iloc[-1]
    assert has_curve(gaps, [end["time_s"]], [end["gap_nm"]])
    assert has_curve(sweeps, [end["source_voltage_V"]], [end["current_A"]])
    assert gaps.get_ylim()[0] < end["gap_nm"]
    assert [text.get_text() for text in gaps.get_legend().get_texts()] == [
        "with, 1 mA",
        "with, 100 µA",
        "without, 100 µA",
    ]


def test_both_branches_of_the_sweep_with_and_without_barrier_heating(runs, axes):
    thermal_panels.heating_sweeps(axes, runs)
    for run in (runs.reference, runs.case("joule_1mA")):
        turn = int(np.argmax(run.timeseries["source_voltage_V"]))
        voltage, current = run.timeseries["source_voltage_V"], style.positive(run.timeseries["current_A"])
        assert has_curve(axes, voltage[: turn + 1], current[: turn + 1])
        assert has_curve(axes, voltage[turn:], current[turn:])


def test_temperatures_of_lower_conduction(runs, axes):
    thermal_panels.conduction_temperatures(axes, runs)
    low = runs.case("low_thermal_conductivity")
    current, kelvin = curves.columns(low, "current_A", "temperature_max_K", back=False)
    assert has_curve(axes, style.positive(current), kelvin)
    dots = [line for line in axes.get_lines() if line.get_marker() == "o" and len(line.get_xdata())]
    found = [run.regimes.b_c.current_A for run in (runs.reference, low)]
    assert [dot.get_xdata()[0] for dot in dots] == pytest.approx(found)


# --- the files and the captions -----------------------------------------------------------------------------


@pytest.mark.slow
def test_all_figures_are_written(runs, tmp_path, monkeypatch):
    """The elephant plot has tests of its own: here it is only asked for."""
    asked = []

    def elephant(run, output, **options):
        asked.append((run, options))
        return [output, output.with_name(f"{output.stem}_map.png")]

    monkeypatch.setattr(figures.elephant, "draw", elephant)
    for name in ("figure.dpi", "savefig.dpi"):
        monkeypatch.setitem(style.SETTINGS, name, DPI)
    paths = figures.draw_all(runs, tmp_path / "new")
    assert asked == [(runs.reference, {"colour": "temperature", "time": "log"})]
    assert [path.stem for path in paths] == list(captions.CAPTIONS)
    for path in paths:
        if not path.stem.startswith("fig2"):
            check(path)


def check(path):
    """A PNG of a journal's width, with something on it that reaches no edge."""
    image = matplotlib.image.imread(path)[..., :3]
    width = image.shape[1] / DPI * 25.4
    assert min(abs(width - style.COLUMN_MM), abs(width - style.PAGE_MM)) < 0.4
    ink = (image < 0.9).any(axis=-1)
    assert 0.02 < ink.mean() < 0.95
    for edge in (ink[0], ink[-1], ink[:, 0], ink[:, -1]):
        assert not edge.any(), f"{path} is clipped"


def test_captions_say_what_is_fitted_and_what_is_measured(runs):
    told = captions.captions(runs)
    assert list(told) == list(captions.CAPTIONS)
    for name, text in told.items():
        assert text.startswith(captions.CAPTIONS[name]) and text.endswith(".")
        assert name == "fig2_elephant_map" or "fitted" in text or "predicted" in text
        assert not set("*[]|") & set(text)  # Markdown
    gamma = runs.reference.regimes.gamma_time
    assert f"Γ = {gamma:.3f} s, log10(t/s) = {np.log10(gamma):.3f} (1.679 s, 0.225)" in told["fig2_elephant"]
    end = runs.case("no_dissolution").timeseries.iloc[-1]
    assert f"{end['gap_nm']:.2g} nm at {end['source_voltage_V']:.3f} V" in told["fig5d_dissolution_gap"]
    largest = runs.case("joule_1mA").timeseries["current_A"].max()
    assert f"{style.quantity(largest, 'A')} at most" in told["fig5b_heating_iv"]


def test_a_run_without_steps_is_no_figure(tmp_path):
    """The writer's empty folder: the error says so."""
    with RunWriter(tmp_path / "run", config_text=synthetic.CONFIG.format(compliance_mA=1), provenance={}):
        pass
    run = open_run(tmp_path / "run")
    with pytest.raises(ResultsError, match="snapshot"):
        curves.voltage_drop(run)
