"""Films: as long and as large as asked for, with the outlines of the run in their frames."""

import sys

import imageio.v2 as imageio
import numpy as np
import pytest
from helpers import synthetic

from ecmsim.errors import PlotError, ResultsError
from ecmsim.plot import PICTURES, draw, film
from ecmsim.plot.film import Frames, Story
from ecmsim.results import open_run
from ecmsim.shape.polyline import distance_to_polyline


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    return open_run(synthetic.write_run(tmp_path_factory.mktemp("sweep") / "run", snapshots=False))


@pytest.fixture(scope="module")
def story(sweep):
    return Story.of(sweep)


@pytest.fixture(scope="module")
def frames(sweep, story):
    return Frames(sweep, story, (640, 360), story.frame_times(60), 10)


@pytest.mark.slow
def test_an_mp4_has_the_frames_asked_for(sweep, tmp_path):
    (path,) = draw("film", sweep, tmp_path / "new" / "f.mp4", seconds=1.5, fps=10)
    with imageio.get_reader(path) as reader:
        data = reader.get_meta_data()
        assert reader.count_frames() == 15
        assert data["size"] == (1280, 720) and data["fps"] == 10 and data["duration"] == pytest.approx(1.5)
        assert data["codec"] == "h264" and data["pix_fmt"].startswith("yuv420p")
        first, last = reader.get_data(0).astype(int), reader.get_data(14).astype(int)
    assert first.std() > 30 and np.abs(first - last).max() > 150
    # moov before mdat: a browser plays it while it loads.
    data = path.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


@pytest.mark.slow
def test_a_gif_has_the_frames_asked_for(sweep, tmp_path):
    (path,) = draw("film", sweep, tmp_path / "f.GIF", seconds=1, fps=8)
    with imageio.get_reader(path, format="GIF") as reader:
        assert len(reader) == 8 and reader.get_data(0).shape[:2] == (450, 800)
        assert reader.get_meta_data()["duration"] == pytest.approx(125, abs=5)


def test_the_default_place_and_all(sweep):
    place = sweep.folder / "figures" / "film_seconds=0.5,fps=4.mp4"
    assert draw("film", sweep, seconds=0.5, fps=4) == [place]
    assert "film" not in PICTURES  # it takes long: drawn only when asked for


def test_frames_by_the_clock(story):
    times = story.frame_times(11, "time")
    assert times == pytest.approx(np.linspace(0, 4, 11))


def test_frames_by_what_changes(sweep, story):
    times = story.frame_times(200)
    assert times[0] == 0 and times[-1] == 4 and len(times) == 200
    assert (np.diff(times) > 0).all()
    # What happens in a few percent of the time fills a good part of the film.
    assert np.mean((times > 1.6) & (times < 1.85)) > 0.35
    # The rest still goes on, TIME_SHARE of the frames by the clock.
    assert np.diff(times).max() <= 4 / 199 / film.TIME_SHARE * 1.05
    # No frame jumps over much: neither the outline nor the current.
    shapes, _ = story.at(times)
    moved = np.hypot(*np.diff(shapes, axis=0).transpose(2, 0, 1)).max(axis=1)
    assert moved.max() < 4 * moved.sum() / 199


def test_zero_voltage_is_no_change(tmp_path):
    """The logarithm of the current falls to nothing where the voltage changes its sign; the cell stays as it is."""
    story = Story.of(open_run(synthetic.write_cycles(tmp_path / "run", count=1)))
    on = np.array([3.9, 3.999, 4.0, 4.001, 4.1])
    assert story.conductance(on) == pytest.approx(story.conductance(on[:1])[0], rel=0.01)
    times = story.frame_times(300)
    assert np.mean(np.abs(times - 4) < 0.05) < 0.02


def test_a_span_of_the_run(sweep, tmp_path):
    story = Story.of(sweep, 1.7, 1.8)
    for pace in film.PACES:
        times = story.frame_times(20, pace)
        assert times[[0, -1]] == pytest.approx([1.7, 1.8])


def test_the_frames_show_the_outlines(sweep, story, frames):
    for k in (0, 25, 59):
        frames.show(k)
        stored = sweep.outlines.nearest(time_s=story.times[np.argmin(np.abs(story.times - frames.times[k]))])
        xy = frames.filament.get_path().vertices
        right = xy[xy[:, 0] >= 0]
        moved = 0.02 + np.abs(np.interp(frames.times[k], *map(np.asarray, (story.times, story.shapes[:, 0, 1]))))
        assert distance_to_polyline(right, stored.points).max() < 0.05 * max(moved, 1)
        body = {tuple(np.round(point, 9)) for point in xy}
        assert all((round(-r, 9) + 0.0, z) in body or (-round(r, 9), z) in body for r, z in body)  # mirrored
        electrode = frames.electrode.get_xy()
        below = electrode[: 2 * len(story.radii) + 1]
        below = below[(below[:, 0] >= 0) & (below[:, 0] <= 2)]
        top = np.interp(below[:, 0], *right[np.argsort(right[:, 0])].T, right=0)
        assert (below[:, 1] > np.minimum(top, right[:, 1].max()) - 1e-9).all()  # the gap is open
    assert frames.surfaces[-1, 0] == pytest.approx(synthetic.LAYER + 0.4)  # the void


def test_the_frames_tell_the_true_time(sweep, story, frames):
    k = 30
    frames.show(k)
    series = sweep.timeseries
    voltage = np.interp(frames.times[k], series["time_s"], series["source_voltage_V"])
    text = frames.text.get_text()
    assert f"t = {frames.times[k]:.4f} s" in text and f"V = +{voltage:.3f} V" in text
    for name in ("I = ", "gap = ", "T = "):
        assert name in text
    assert frames.hand.get_xdata()[0] == frames.times[k]
    assert frames.point.get_xdata()[0] == pytest.approx(voltage)
    drawn = frames.path.get_xdata()
    assert len(drawn) == (series["time_s"] <= frames.times[k]).sum() + 1 and drawn[-1] == pytest.approx(voltage)
    # 1 s of film is 10 frames here.
    assert frames.pace[k] == pytest.approx(5 * (frames.times[k + 1] - frames.times[k - 1]))
    assert frames.speed.get_text().startswith("1 s of film = ")


def test_each_frame_is_drawn_afresh(frames):
    """What moves leaves no traces: a frame does not depend on those before it."""
    alone = [next(iter(frames.images([k]))) for k in (5, 50)]
    row = list(frames.images([5, 20, 50]))
    assert (alone[0] == row[0]).all() and (alone[1] == row[2]).all() and (row[1] != row[2]).any()
    assert row[0].shape == (360, 640, 3)


@pytest.mark.slow
def test_a_rupture_takes_no_time(tmp_path):
    run = open_run(synthetic.write_cycles(tmp_path / "run", count=1))
    story = Story.of(run)
    (k,) = story.broken
    assert story.times[k] == pytest.approx(synthetic.RUPTURE, abs=0.02)
    shapes, _ = story.at(story.times[k] + np.array([-1e-6, 0]))
    assert (shapes[0] == story.shapes[k - 1]).all() and (shapes[1] == story.shapes[k]).all()
    assert shapes[0, 0, 1] - shapes[1, 0, 1] > 0.4
    (path,) = draw("film", run, tmp_path / "f.gif", seconds=1, fps=5)
    assert path.stat().st_size > 10000


def test_a_film_without_a_current(tmp_path):
    run = open_run(synthetic.write_retention(tmp_path / "run"))
    times = Story.of(run).frame_times(50)
    assert np.mean(times < 10) > 0.3  # of 10 000 s: there the filament breaks
    assert draw("film", run, tmp_path / "f.gif", seconds=1, fps=3)[0].exists()


def test_errors(sweep, tmp_path, monkeypatch):
    path = tmp_path / "f.mp4"
    with pytest.raises(PlotError, match=r"f.avi: its name must end in .mp4, .gif"):
        draw("film", sweep, tmp_path / "f.avi")
    with pytest.raises(PlotError, match="pace = 'slow': choose one of change, time"):
        draw("film", sweep, path, pace="slow")
    with pytest.raises(PlotError, match="seconds = 0: needs a positive number"):
        draw("film", sweep, path, seconds=0)
    with pytest.raises(PlotError, match="seconds = 1e\\+06, fps = 25: choose 2 to"):
        draw("film", sweep, path, seconds=1e6)
    with pytest.raises(PlotError, match="fps = 'fast': needs a number"):
        draw("film", sweep, path, fps="fast")
    with pytest.raises(PlotError, match="film has no option length: it knows seconds, fps, from_s, to_s, pace"):
        draw("film", sweep, path, length=3)
    with pytest.raises(PlotError, match="from_s = 5, to_s = 4: the run's outlines span 0 s ... 4 s"):
        draw("film", sweep, path, from_s=5)
    (tmp_path / "file").write_text("")
    with pytest.raises(PlotError, match="cannot write .*choose another place with --out"):
        draw("film", sweep, tmp_path / "file" / "f.mp4")
    one = open_run(synthetic.write_run(tmp_path / "one", stop=1, snapshots=False))
    with pytest.raises(ResultsError, match="has 1 steps so far"):
        draw("film", one, path)


@pytest.mark.parametrize(("missing", "suffix"), [("imageio.v2", ".gif"), ("imageio_ffmpeg", ".mp4")])
def test_without_imageio(sweep, tmp_path, monkeypatch, missing, suffix):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(PlotError, match=r"films need imageio.*pip install imageio imageio-ffmpeg .*ecmsim\[film\]"):
        draw("film", sweep, tmp_path / f"f{suffix}", seconds=1, fps=4)
