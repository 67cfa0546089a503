"""The revolved solid: its volume, colours and gap are those of the snapshot, and the picture says what it shows."""

import numpy as np
import pytest
from helpers import synthetic
from matplotlib.colors import Normalize
from matplotlib.patches import Circle

from ecmsim.errors import PlotError, ResultsError
from ecmsim.plot import draw, draw_all, field, revolve, scene, solid, style
from ecmsim.plot.field import FILAMENT, Section
from ecmsim.results import RunWriter, open_run
from ecmsim.shape.filament import Filament

pytestmark = pytest.mark.usefixtures("no_warnings")


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    return open_run(synthetic.write_run(tmp_path_factory.mktemp("sweep") / "run"))


@pytest.fixture(scope="module")
def hottest(sweep):
    return revolve.Solid.of(sweep, *solid.choose(sweep), "temperature")


def revolved_volume(section, material):
    """Volume of a material's triangles revolved, by Pappus' theorem."""
    corners = section.points[section.triangles[section.material == material]]
    (ax, ay), (bx, by) = (corners[:, 1] - corners[:, 0]).T, (corners[:, 2] - corners[:, 0]).T
    return np.sum(0.5 * np.abs(ax * by - ay * bx) * 2 * np.pi * corners[..., 0].mean(axis=1))


def ring(facets):
    """Area of a regular polygon over that of its circle."""
    return np.sin(2 * np.pi / facets) / (2 * np.pi / facets)


@pytest.mark.slow
@pytest.mark.parametrize("cut", [0.0, 90.0, 120.0, 180.0])
def test_the_volume_is_that_of_the_snapshot_less_the_cut(hottest, cut):
    body = hottest.body(cut)
    assert body.n_open_edges == 0 and body.is_manifold
    share = 1 - cut / 360
    facets = int(np.ceil(revolve.RESOLUTION * share)) / share
    expected = share * ring(facets) * revolved_volume(hottest.section, FILAMENT)
    assert body.volume == pytest.approx(expected, rel=1e-5)


def test_the_volume_is_the_filament_s(sweep, hottest):
    points = sweep.outlines.nearest(time_s=hottest.snapshot.time_s).points
    assert hottest.body().volume == pytest.approx(Filament(points).volume, rel=0.03)  # as well as the mesh follows it
    assert hottest.radius == pytest.approx(points[:, 0].max(), rel=1e-3)


def test_the_cut_is_towards_the_viewer(hottest):
    body = hottest.body(120.0)
    angle = np.degrees(np.arctan2(body.points[:, 1], body.points[:, 0]))
    from_cut = (angle + 90 + revolve.TURN_DEG + 180) % 360 - 180
    off_axis = np.hypot(*body.points[:, :2].T) > 1e-3
    assert np.abs(from_cut[off_axis]).min() == pytest.approx(60, abs=0.01)


def test_the_field_is_that_of_the_snapshot(hottest):
    nodes = np.unique(hottest.section.triangles[hottest.filament])
    expected = hottest.section.point_data["temperature_K"][nodes]
    values = hottest.body(90.0)["field"]
    assert (values.min(), values.max()) == pytest.approx((expected.min(), expected.max()))
    tip = np.argmax(hottest.body()["field"])
    assert np.hypot(*hottest.body().points[tip, :2]) < 0.2  # the synthetic tip is hottest


def test_cells_are_averaged_by_area_within_the_filament():
    points = np.array([[0, 0], [1, 0], [0, 1], [1, 2.0], [3, 0]])
    triangles = np.array([[0, 1, 2], [1, 3, 2], [1, 4, 3]])
    section = Section(points, triangles, np.array([1, 1, 2]), {}, {})
    values = revolve.on_points(section, np.array([2.0, 5.0, 1e9]), section.material == FILAMENT)
    areas = np.array([0.5, 1.0])
    assert values[0] == 2 and values[3] == 5 and np.isnan(values[4])
    assert values[[1, 2]] == pytest.approx((2 * areas[0] + 5 * areas[1]) / areas.sum())


def test_current_density_is_taken_from_the_filament_alone(sweep):
    item = revolve.Solid.of(sweep, *solid.choose(sweep), "current_density")
    inside = item.section.cell_data["current_density_A_m2"][item.filament]
    values = item.body()["field"]
    assert inside.min() <= values.min() and values.max() <= inside.max()


def test_the_gap_is_that_of_the_outlines(sweep, hottest):
    time = hottest.snapshot.time_s
    row = int(np.argmin(np.abs(sweep.timeseries["time_s"] - time)))
    points, electrode = synthetic.series()[1][row], synthetic.electrode(synthetic.series()[1][row])
    gap = np.interp(points[:, 0], *electrode.T) - points[:, 1]
    assert hottest.gap_nm == pytest.approx(gap.min(), abs=1e-6)
    assert np.diff(hottest.gap_at, axis=0)[0] == pytest.approx([0, hottest.gap_nm])
    assert hottest.atom_nm == 0.256


def test_the_void_is_part_of_the_active_electrode(hottest):
    window = solid.window_of([hottest])
    electrode = revolve.revolved(hottest.section, revolve.ACTIVE, None, 0.0, window)
    middle = np.hypot(*electrode.points[:, :2].T) < 0.5
    outside = np.hypot(*electrode.points[:, :2].T) > 0.9 * window[0]
    assert electrode.points[middle, 2].min() == pytest.approx(synthetic.LAYER + 0.4, abs=0.02)
    assert electrode.points[outside, 2].min() == pytest.approx(synthetic.LAYER, abs=1e-4)
    assert electrode.points[:, 2].max() == pytest.approx(window[2], abs=1e-4)
    assert revolve.revolved(hottest.section, revolve.ACTIVE, None, 0.0, (1.0, 0.0, 5.0)) is None


def test_the_hottest_snapshot_is_the_default(sweep, tmp_path):
    columns, outlines = synthetic.series()
    heat = np.interp([item.time_s for item in sweep.snapshots], columns["time_s"], columns["temperature_max_K"])
    assert solid.choose(sweep) == [sweep.snapshots[int(np.argmax(heat))]]
    assert solid.choose(sweep)[0].label != field.choose(sweep).label  # which takes the one with the largest current


def test_several_snapshots_in_order_of_time(sweep):
    assert [item.label for item in solid.choose(sweep, "0.0006A, 1e-07A")] == ["1e-07A", "0.0006A"]
    assert [item.label for item in solid.choose(sweep, [2, 0])] == ["1e-07A", "0.0006A"]
    assert [item.label for item in solid.choose(sweep, "0.0001A")] == ["0.0001A"]
    assert [item.label for item in solid.choose(sweep, 1)] == ["0.0001A"]


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts] + [text.get_text() for text in figure.texts]


@pytest.mark.slow
def test_the_picture_enlarges_the_gap(sweep, hottest, tmp_path, figures):
    (path,) = draw("solid", sweep, tmp_path / "s.png")
    assert path == tmp_path / "s.png"
    figure = figures["s.png"]
    written = texts(figure)
    assert f"gap {hottest.gap_nm:.2f} nm" in written and "one atom" in written
    assert any(f"|I| = {style.quantity(hottest.snapshot.current_A, 'A')}" in text.splitlines() for text in written)
    lens = next(axes for axes in figure.axes if axes.get_xlabel() == "Lateral position (nm)")
    (low, high), (left, right) = lens.get_ylim(), lens.get_xlim()
    assert low < hottest.gap_at[0, 1] < hottest.gap_at[1, 1] < high and high - low == pytest.approx(right - left)
    assert 6 * hottest.gap_nm <= right - left < 1.5
    assert [axes.get_xlabel() for axes in figure.axes][-1] == "Temperature (K)"


@pytest.mark.slow
def test_a_wide_gap_is_shown_whole_and_not_enlarged(sweep, tmp_path, figures):
    """A nucleus under the electrode."""
    columns, outlines = synthetic.series(60)
    k = 10
    folder = tmp_path / "run"
    with RunWriter(folder, config_text=sweep.config_text, provenance={"command": "synthetic"}) as run:
        for i in range(k + 1):
            run.outline(columns["time_s"][i], i, outlines[i], synthetic.electrode(outlines[i]))
            run.step({name: values[i] for name, values in columns.items()})
        fields = synthetic.snapshot_fields(outlines[k], synthetic.electrode(outlines[k]), 300.0, 0.5, 1e-14)
        run.snapshot("early", columns["time_s"][k], 0.5, 1e-14, *fields)
    draw("solid", open_run(folder), tmp_path / "s.png")
    lens = next(axes for axes in figures["s.png"].axes if axes.get_xlabel() == "Lateral position (nm)")
    assert lens.get_ylim()[0] < 0 and lens.get_ylim()[1] > synthetic.LAYER
    assert not [patch for axes in figures["s.png"].axes for patch in axes.patches if isinstance(patch, Circle)]
    assert any("T = 300 K in the filament" in text for text in texts(figures["s.png"]))


@pytest.mark.slow
@pytest.mark.parametrize(("quantity", "label"), [("current_density", "A/m²"), ("potential", "V")])
def test_other_quantities(sweep, tmp_path, figures, quantity, label):
    draw("solid", sweep, tmp_path / "s.png", quantity=quantity, snapshot=0, cut=0)
    assert label in figures["s.png"].axes[-1].get_xlabel()


def test_small_potentials_have_a_prefix():
    class OfPotential:
        quantity = solid.QUANTITIES["potential"]

    norm, label = solid.legend(OfPotential, Normalize(0, 3e-6))
    assert label == "Potential of the electrons (µV)" and norm.vmax == pytest.approx(3)


@pytest.mark.slow
def test_a_series_stands_side_by_side(sweep, tmp_path, figures):
    draw("solid", sweep, tmp_path / "s.pdf", snapshot="1e-07A,0.0006A")
    captions = [text for text in texts(figures["s.pdf"]) if "gap" in text]
    items = [revolve.Solid.of(sweep, item, "temperature") for item in solid.choose(sweep, [0, 2])]
    assert [text.splitlines()[1] for text in captions] == [f"gap {item.gap_nm:.2f} nm" for item in items]
    assert (tmp_path / "s.pdf").read_bytes().startswith(b"%PDF")


def test_errors(sweep, tmp_path):
    with pytest.raises(PlotError, match="quantity = 'heat': choose one of temperature, current_density, potential"):
        draw("solid", sweep, tmp_path / "s.png", quantity="heat")
    with pytest.raises(PlotError, match="cut = 300: choose an angle from 0 to 270 degrees"):
        draw("solid", sweep, tmp_path / "s.png", cut=300)
    with pytest.raises(PlotError, match="cut = 'all': needs a number"):
        draw("solid", sweep, tmp_path / "s.png", cut="all")
    with pytest.raises(PlotError, match="no snapshot '5 A': choose 0 ... 3 or one of 1e-07A"):
        draw("solid", sweep, tmp_path / "s.png", snapshot="5 A")
    with pytest.raises(PlotError, match="snapshot: 7 given; choose one to 6 of 1e-07A"):
        draw("solid", sweep, tmp_path / "s.png", snapshot=[0] * 7)
    with pytest.raises(PlotError, match=r"must end in .png, .pdf, .svg, .html"):
        draw("solid", sweep, tmp_path / "s.jpeg")


@pytest.mark.slow
@pytest.mark.usefixtures("draft")
def test_a_run_without_snapshots(tmp_path):
    run = open_run(synthetic.write_run(tmp_path / "run", stop=60, snapshots=False))
    with pytest.raises(ResultsError, match="holds no snapshots: set output.snapshot_times"):
        draw("solid", run)
    assert solid.unfit(run) == "the run has no snapshots"
    done = dict(draw_all(run, tmp_path / "figures"))
    assert "the run has no snapshots" in str(done["solid"]) and "film" not in done


def test_nothing_is_taken_from_other_materials(hottest):
    section = hottest.section
    assert revolved_volume(section, FILAMENT) < 0.2 * revolved_volume(section, field.LAYER)


def test_tiles_make_the_picture_that_is_rendered_at_once(monkeypatch):
    """Also where a size is no multiple of the tiles; a body reaches over all of them, and over the picture's edge."""
    import pyvista

    images = []
    for tiles in (1, 3, 4):
        monkeypatch.setattr(scene, "TILES", tiles)
        with scene.scene(22.0, 17.0) as plotter:
            plotter.add_mesh(pyvista.Sphere(radius=1.2), color="#B87333", smooth_shading=True)
            scene.look_from(plotter, 20, 30, ((-1, 1), (-1, 1), (-0.8, 1)))
            size = plotter.window_size
            images.append(scene.rendered(plotter).astype(float))
    once, *tiled = images
    assert once.shape == (size[1], size[0], 3) and np.ptp(once) > 100
    for image in tiled:
        assert image.shape == once.shape
        difference = np.abs(image - once).max(axis=-1)
        inside = difference[4:-4, 4:-4]  # at the picture's own edge tiles know what is beyond
        assert (inside > 3).mean() < 0.04 and np.median(inside[inside > 3]) < 60  # of edges, where samples differ
        assert not (inside > 3).all(axis=0).any() and not (inside > 3).all(axis=1).any()
