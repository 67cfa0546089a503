"""The pictures: each is drawn, has the size of a journal's column, is not blank, and says what it lacks."""

import warnings

import matplotlib.image
import numpy as np
import pytest
import synthetic

from ecmsim.errors import PlotError, ResultsError
from ecmsim.filament import Filament
from ecmsim.plot import PICTURES, draw, draw_all, elephant, field, outline, style
from ecmsim.results import open_run

PAGE, COLUMN = 183 / 25.4 * 300, 89 / 25.4 * 300  # pixels
WIDTHS = {"iv": PAGE, "gap": COLUMN, "temperature": PAGE, "outline": PAGE, "elephant": PAGE, "field": PAGE}


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    return open_run(synthetic.write_run(tmp_path_factory.mktemp("sweep") / "run"))


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=ResourceWarning)
        yield


def pixels(path):
    return matplotlib.image.imread(path)[..., :3]


def check_picture(path, width=None):
    """A PNG with something on it that reaches no edge, of a given width."""
    image = pixels(path)
    assert width is None or abs(image.shape[1] - width) <= 2
    ink = (image < 0.9).any(axis=-1)
    assert 0.01 < ink.mean() < 0.95
    assert len(np.unique((image[::5, ::5] * 32).astype(int).reshape(-1, 3), axis=0)) > 8
    for edge in (ink[0], ink[-1], ink[:, 0], ink[:, -1]):
        assert not edge.any(), f"{path} is clipped"


@pytest.mark.parametrize("name", PICTURES)
def test_picture(sweep, tmp_path, name):
    paths = draw(name, sweep, tmp_path / "new" / f"{name}.png")
    assert paths[0] == tmp_path / "new" / f"{name}.png"
    assert len(paths) == (2 if name in ("elephant", "field") else 1)
    check_picture(paths[0], WIDTHS[name])
    for path in paths[1:]:
        check_picture(path)
        assert pixels(path).shape[1] >= 1400


def test_default_place_is_the_run_itself(sweep):
    assert draw("gap", sweep) == [sweep.folder / "figures" / "gap.png"]


@pytest.mark.parametrize(("suffix", "start"), [(".pdf", b"%PDF"), (".svg", b"<?xml")])
def test_vector_formats(sweep, tmp_path, suffix, start):
    for name in ("iv", "elephant") if suffix == ".pdf" else ("gap", "outline"):
        for path in draw(name, sweep, tmp_path / f"{name}{suffix}"):
            assert path.read_bytes().startswith(start)


@pytest.mark.parametrize("stop", [1, 2, 5, 225])
def test_partial_runs(tmp_path, stop):
    run = open_run(synthetic.write_run(tmp_path / "run", stop=stop, finish=False, snapshots=stop > 200))
    done = dict(draw_all(run, tmp_path / "figures"))
    assert list(done) == list(PICTURES)
    drawn = {name for name, paths in done.items() if isinstance(paths, list)}
    expected = {1: {"outline"}, 2: {"iv", "gap", "temperature", "outline"}}.get(stop, set(PICTURES) - {"field"})
    assert drawn == (set(PICTURES) if stop > 200 else expected)
    for paths in done.values():
        if isinstance(paths, list):
            check_picture(paths[0])
        else:
            assert isinstance(paths, ResultsError | PlotError) and str(run.folder) in str(paths)


def test_a_run_at_zero_voltage(tmp_path):
    columns, outlines = synthetic.series(5)
    still = {name: np.full(5, values[0]) for name, values in columns.items()} | {"time_s": columns["time_s"]}
    still |= {"current_A": np.zeros(5), "ionic_current_A": np.zeros(5)}
    folder = synthetic.write_columns(tmp_path / "run", still, [outlines[0]] * 5)
    done = dict(draw_all(open_run(folder)))
    assert [name for name, paths in done.items() if not isinstance(paths, list)] == ["field"]


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
    with pytest.raises(PlotError, match=r"span log10\(t / s\)"):
        draw("elephant", sweep, tmp_path / "e.png", start=3.0)
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
    log_time, shapes = elephant.history(sweep)
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


def test_other_views(sweep, tmp_path):
    check_picture(draw("iv", sweep, tmp_path / "iv.png", voltage="cell")[0], PAGE)
    check_picture(draw("elephant", sweep, tmp_path / "e.png", colour="regime")[0], PAGE)
    paths = draw("field", sweep, tmp_path / "f.png", quantities="temperature", view="tip", snapshot=1, solid=False)
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
