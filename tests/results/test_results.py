"""The folder of a run: what is written, what survives a kill, what is refused, and the regimes in it."""

import errno
import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import h5py
import numpy as np
import pytest
from helpers import synthetic
from helpers.paths import ROOT
from helpers.rows import CONFIG, outline_of, row

from ecmsim.errors import ResultsError
from ecmsim.results import COLUMNS, RunWriter, collect_provenance, open_run, regimes
from ecmsim.results.provenance import git_state, installed_versions


def write(folder, steps=3, **options):
    run = RunWriter(folder, config_text=CONFIG, provenance=collect_provenance(), **options)
    for step in range(steps):
        run.outline(float(step), step, *outline_of(step))
        run.step(row(step))
    return run


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    return open_run(synthetic.write_run(tmp_path_factory.mktemp("sweep") / "run", snapshots=False))


# what is written


def test_reopens_equal_to_the_last_bit(tmp_path):
    with write(tmp_path / "run") as run:
        run.event(1.0, 1, "remesh", 'quality 0.1, "slivers"\nsecond line')
    run = open_run(tmp_path / "run")
    assert list(run.timeseries) == list(COLUMNS)
    for step in range(3):
        assert run.timeseries.iloc[step].to_dict() == row(step)
    assert run.timeseries["vertices"].dtype == int
    assert len(run.outlines) == 3
    for step, outline in enumerate(run.outlines):
        points, electrode = outline_of(step)
        assert (outline.time_s, outline.step) == (float(step), step)
        assert np.array_equal(outline.points, points)
        assert np.array_equal(outline.electrode_points, electrode)
        assert np.array_equal(run.outlines[step].points, points)
    assert np.array_equal(run.outlines[-1].points, outline_of(2)[0])
    assert run.config_text == CONFIG
    assert run.config["compliance"]["current"] == "1 mA"
    assert run.events.iloc[0].to_dict() == {
        "time_s": 1.0,
        "step": 1,
        "event": "remesh",
        "detail": 'quality 0.1, "slivers"\nsecond line',
    }
    assert run.status == "finished"


def test_history_describes_itself(tmp_path):
    write(tmp_path / "run").finish("stopped", "asked to")
    with h5py.File(tmp_path / "run" / "history.h5") as file:
        assert file.attrs["format"] == "ecmsim run"
        assert file.attrs["version"] == 1
        assert file["config"].asstr()[()] == CONFIG
        assert file["outline/points"].attrs["unit"] == "nm"
        assert file["outline/offset"][:].tolist() == [0, 20, 41, 63]
        assert file["electrode/offset"][:].tolist() == [0, 2, 4, 6]
        assert file["outline/step"][:].tolist() == [0, 1, 2]


def test_not_a_number_and_infinity_survive(tmp_path):
    run = write(tmp_path / "run", steps=0)
    run.step(row(0, gap_nm=np.nan, charge_imbalance=np.inf))
    run.finish("finished")
    series = open_run(tmp_path / "run").timeseries
    assert np.isnan(series["gap_nm"][0]) and np.isinf(series["charge_imbalance"][0])


def test_a_row_must_have_the_declared_columns(tmp_path):
    with write(tmp_path / "run", steps=0) as run:
        short = row(0)
        del short["gap_nm"]
        with pytest.raises(ValueError, match="missing \\['gap_nm'\\], unknown \\['gap'\\]"):
            run.step(short | {"gap": 1})
        assert run.steps == 0


def test_an_outline_comes_before_its_step(tmp_path):
    with write(tmp_path / "run") as run, pytest.raises(ValueError, match="step 2 comes after"):
        run.outline(2.0, 2, *outline_of(2))


def test_snapshot_opens_as_vtu(tmp_path):
    points, triangles = np.array([[0, 0], [1, 0], [0, 1], [1, 1.0]]), np.array([[0, 1, 2], [1, 3, 2]])
    with write(tmp_path / "run") as run:
        path = run.snapshot(
            "at 1 µA/first",
            1.5,
            1.25,
            1e-6,
            points,
            triangles,
            {"temperature_K": [300.0, 301, 302, 303], "ionic_potential_V": [np.nan, 1, 2, 3]},
            {"material": [1, 2]},
        )
        assert path.name == "0000_at-1-uA-first.vtu"
        run.snapshot("1e-5", 2.0, 2.0, 1e-5, points, triangles, {}, {})
    snapshots = open_run(tmp_path / "run").snapshots
    assert [(item.label, item.time_s, item.current_A) for item in snapshots] == [
        ("at 1 µA/first", 1.5, 1e-6),
        ("1e-5", 2.0, 1e-5),
    ]
    mesh = snapshots[0].read()
    assert np.array_equal(mesh.points, np.pad(points, ((0, 0), (0, 1))))
    assert np.array_equal(mesh.cells_dict["triangle"], triangles)
    assert mesh.point_data["temperature_K"].tolist() == [300, 301, 302, 303]
    assert mesh.cell_data["material"][0].tolist() == [1, 2]
    pyvista = pytest.importorskip("pyvista")
    assert pyvista.read(snapshots[0].path).n_cells == 2


def test_names_of_snapshots_keep_the_units(tmp_path):
    labels = ["603 µA", "603 \u03bcA", "603 A", "1 kΩ", "…"]
    with write(tmp_path / "run") as run:
        for label in labels:
            run.snapshot(label, 0, 0, 0, np.eye(3)[:, :2], [[0, 1, 2]], {}, {})
    assert [item.path.name for item in open_run(tmp_path / "run").snapshots] == [
        "0000_603-uA.vtu",
        "0001_603-uA.vtu",
        "0002_603-A.vtu",
        "0003_1-kohm.vtu",
        "0004_snapshot.vtu",
    ]


def test_snapshots_say_when_they_were_taken_and_of_what(tmp_path):
    pyvista = pytest.importorskip("pyvista")
    with write(tmp_path / "run") as run:
        numbers = {"material_filament_Cu & co": 1, "gap_nm": 0.1 + 0.2}
        path = run.snapshot("x", 1.5, 1.25, -1e-6, np.eye(3)[:, :2], [[0, 1, 2]], {}, {}, numbers)
    expected = {"TimeValue": 1.5, "time_s": 1.5, "source_voltage_V": 1.25, "current_A": -1e-6} | numbers
    for found in (pyvista.read(path).field_data, open_run(tmp_path / "run").snapshots[0].read().field_data):
        assert {name: found[name].item() for name in found.keys()} == expected
        assert found["material_filament_Cu & co"].dtype.kind == "i"


def test_provenance_tells_where_a_run_comes_from(tmp_path):
    extra = {"versions": {"petsc": "3.22.1"}, "partition": "prescribed"}
    provenance = collect_provenance(extra, ranks=2)
    RunWriter(tmp_path / "run", config_text="", provenance=provenance).finish("stopped", "terminated")
    stored = json.loads((tmp_path / "run" / "provenance.json").read_text())
    assert stored["status"] == "stopped" and stored["reason"] == "terminated"
    assert stored["versions"]["petsc"] == "3.22.1"
    assert stored["versions"]["numpy"] == np.__version__
    assert stored["ranks"] == 2 and stored["partition"] == "prescribed" and stored["cpu_count"] >= 1
    assert stored["start_time"][10] == "T" and stored["end_time"][-6] in "+-"
    assert "python" in stored["command"] or "pytest" in stored["command"]


def test_versions_are_found_without_importing_heavy_libraries():
    code = (
        "import sys; from ecmsim.results.provenance import collect; collect()\n"
        "print([name for name in ('pyvista', 'gmsh', 'dolfinx', 'matplotlib') if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert found.stdout.strip() == "[]"
    assert installed_versions()["python"].count(".") == 2


def test_git_state_is_that_of_the_repository_that_tracks_the_file(tmp_path):
    def git(*arguments):
        subprocess.run(
            ["git", "-C", tmp_path, "-c", "user.name=n", "-c", "user.email=e", *arguments],
            check=True,
            capture_output=True,
        )

    file = tmp_path / "module.py"
    file.write_text("1")
    assert git_state(file) is None
    git("init")
    assert git_state(file) is None
    git("add", "module.py")
    git("commit", "-m", "first")
    state = git_state(file)
    assert len(state["commit"]) == 40 and state["dirty"] is False
    file.write_text("2")
    assert git_state(file)["dirty"] is True


def test_leaving_by_an_error_marks_the_run_as_failed(tmp_path):
    with pytest.raises(ZeroDivisionError), write(tmp_path / "a"):
        _ = 1 / 0
    with pytest.raises(KeyboardInterrupt), write(tmp_path / "b"):
        raise KeyboardInterrupt
    first, second = open_run(tmp_path / "a"), open_run(tmp_path / "b")
    assert (first.status, first.provenance["reason"]) == ("failed", "division by zero")
    assert (second.status, second.provenance["reason"]) == ("stopped", "KeyboardInterrupt")
    assert len(first.outlines) == 3


# what is refused


def test_an_occupied_folder_is_refused(tmp_path):
    write(tmp_path / "run").finish("finished")
    with pytest.raises(ResultsError, match="exists and is not empty.*--overwrite"):
        RunWriter(tmp_path / "run", config_text="", provenance={})
    assert len(open_run(tmp_path / "run").timeseries) == 3


def test_overwriting_removes_only_what_a_run_writes(tmp_path):
    folder = tmp_path / "run"
    run = write(folder)
    run.snapshot("x", 0, 0, 0, np.eye(3)[:, :2], [[0, 1, 2]], {}, {})
    run.finish("finished")
    (folder / "notes.txt").write_text("mine")
    (folder / "snapshots" / "mine.vtu").write_text("mine")
    (folder / "ecmsim.log").write_text("old")
    with write(folder, steps=1, overwrite=True) as run:
        assert not run.log_path.exists()
    again = open_run(folder)
    assert len(again.timeseries) == len(again.outlines) == 1 and again.snapshots == []
    assert sorted(path.name for path in (folder / "snapshots").iterdir()) == ["index.csv", "mine.vtu"]
    assert (folder / "notes.txt").read_text() == "mine"


def test_overwriting_refuses_a_folder_that_is_no_run(tmp_path):
    (tmp_path / "config.toml").write_text("precious")
    with pytest.raises(ResultsError, match="not those of a run"):
        RunWriter(tmp_path, config_text="", provenance={}, overwrite=True)
    assert (tmp_path / "config.toml").read_text() == "precious"


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultsError, match="is a file: choose another folder"):
        RunWriter(tmp_path / "file", config_text="", provenance={})
    with pytest.raises(ResultsError, match="cannot write .*Not a directory.*--out"):
        RunWriter(tmp_path / "file" / "run", config_text="", provenance={})


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (errno.EACCES, "Permission denied; choose another folder"),
        (errno.ENOSPC, "No space left on device; free some space"),
    ],
)
def test_a_file_system_that_refuses(tmp_path, monkeypatch, code, text):
    def refuse(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(ResultsError, match=text):
        RunWriter(tmp_path / "run", config_text="", provenance={})


def script(folder, body):
    """A process that writes a run: body sees run, row, outline_of."""
    code = f"""
        import resource, signal, sys
        sys.path[:0] = {[str(ROOT), str(ROOT / "tests")]!r}
        from helpers.rows import outline_of, row
        from ecmsim.errors import ResultsError
        from ecmsim.results import RunWriter, collect_provenance
        run = RunWriter({str(folder)!r}, config_text="", provenance=collect_provenance())
        """
    return [sys.executable, "-c", textwrap.dedent(code) + textwrap.dedent(body)]


@pytest.mark.parametrize("limit", [30_000, 300_000])
def test_a_full_disk_is_reported_once_and_leaves_whole_lines(tmp_path, limit):
    body = f"""
        resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
        try:
            with run:
                for step in range(10_000):
                    if {limit} > 100_000:
                        run.outline(float(step), step, *outline_of(step))
                    run.step(row(step))
        except ResultsError as error:
            print(error)
        """
    done = subprocess.run(script(tmp_path / "run", body), capture_output=True, text=True, timeout=1500)
    lines = done.stdout.strip().splitlines()
    assert done.returncode == 0, done.stderr
    assert len(lines) == 1 and "cannot write" in lines[0] and "free some space" in lines[0], done.stdout
    assert done.stderr == ""
    run = open_run(tmp_path / "run")
    data = (tmp_path / "run" / "timeseries.csv").read_bytes()
    assert data.endswith(b"\n") and data.count(b"\n") == len(run.timeseries) + 1
    assert len(run.timeseries) > 20
    assert len(run.outlines) == (len(run.timeseries) if limit > 100_000 else 0)
    assert run.status == "failed" and "cannot write" in run.provenance["reason"]


# what survives


@pytest.mark.parametrize("wait_rows", [1, 137, 400])
def test_a_kill_leaves_everything_that_was_reported(tmp_path, wait_rows):
    body = """
        for step in range(10**9):
            run.outline(float(step), step, *outline_of(step))
            run.step(row(step))
        """
    folder = tmp_path / "run"
    process = subprocess.Popen(script(folder, body))
    try:
        deadline = time.monotonic() + 40
        while not (folder / "timeseries.csv").exists() or len(open_run(folder).timeseries) < wait_rows:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.002)
        during = open_run(folder)
        assert during.status == "running"
        assert len(during.outlines) == len(during.timeseries) >= wait_rows
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    run = open_run(folder)
    steps = len(run.timeseries)
    assert steps >= len(during.timeseries)
    assert run.timeseries.iloc[-1].to_dict() == row(steps - 1)
    assert len(run.outlines) == steps
    for step, outline in enumerate(run.outlines):
        assert np.array_equal(outline.points, outline_of(step)[0])
        assert np.array_equal(outline.electrode_points, outline_of(step)[1])
    assert run.status == "interrupted"
    assert "interrupted" in repr(run)


@pytest.mark.parametrize("tail", [b"3.0,1.5", b"3.0,1.5,0.1,1e-", b"\0\0\0\0\0\n\0\0"])
def test_a_torn_last_line_is_dropped(tmp_path, tail):
    write(tmp_path / "run").finish("finished")
    with open(tmp_path / "run" / "timeseries.csv", "ab") as file:
        file.write(tail)
    assert len(open_run(tmp_path / "run").timeseries) == 3


def test_outlines_beyond_the_timeseries_are_ignored(tmp_path):
    run = write(tmp_path / "run")
    run.outline(3.0, 3, *outline_of(3))
    assert len(open_run(tmp_path / "run").outlines) == 3
    run.finish("stopped")
    assert len(open_run(tmp_path / "run").outlines) == 3


def test_an_outline_that_was_not_completed_is_ignored(tmp_path):
    write(tmp_path / "run").finish("finished")
    with h5py.File(tmp_path / "run" / "history.h5", "r+") as file:
        file["electrode/offset"].resize(3, axis=0)
        file["outline/time_s"][1] = np.nan
    assert len(open_run(tmp_path / "run").outlines) == 1


@pytest.mark.slow
@pytest.mark.parametrize("locking", ["TRUE", "FALSE", "BEST_EFFORT"])
def test_file_locking_settings_do_not_matter(tmp_path, locking):
    folder = tmp_path / "run"
    body = f"""
        run.outline(0.0, 0, *outline_of(0))
        run.step(row(0))
        import os, subprocess
        os.environ.update(HDF5_USE_FILE_LOCKING={locking!r}, PYTHONPATH={str(ROOT)!r})
        code = "from ecmsim.results import open_run; print(len(open_run({str(folder)!r}).outlines))"
        print(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True))
        """
    environment = os.environ | {"HDF5_USE_FILE_LOCKING": locking}
    done = subprocess.run(script(folder, body), env=environment, capture_output=True, text=True)
    assert "stdout='1\\n'" in done.stdout, done.stdout + done.stderr


def test_a_run_without_steps_is_readable(tmp_path):
    run = write(tmp_path / "run", steps=0)
    opened = open_run(tmp_path / "run")
    assert len(opened.timeseries) == len(opened.outlines) == len(opened.events) == len(opened.snapshots) == 0
    assert "0 steps" in repr(opened)
    assert opened.regimes == regimes.Regimes()
    run.finish("stopped")
    with pytest.raises(ResultsError, match="holds no outlines"):
        opened.outlines.nearest(time_s=1)


def test_a_folder_that_is_no_run(tmp_path):
    with pytest.raises(ResultsError, match="no such run"):
        open_run(tmp_path / "absent")
    with pytest.raises(ResultsError, match="is not the folder of a run"):
        open_run(tmp_path)
    (tmp_path / "provenance.json").write_text("[]")
    with pytest.raises(ResultsError, match="is not the folder of a run"):
        open_run(tmp_path)


def test_missing_history_is_an_error_only_when_asked_for(tmp_path):
    write(tmp_path / "run").finish("finished")
    (tmp_path / "run" / "history.h5").unlink()
    run = open_run(tmp_path / "run")
    assert len(run.timeseries) == 3
    with pytest.raises(ResultsError, match="cannot read the outlines"):
        _ = run.outlines


# what a run answers


def test_nearest_outline(sweep):
    assert sweep.outlines.nearest(time_s=1.0).time_s == pytest.approx(1.0, abs=0.02)
    item = sweep.outlines.nearest(current_A=1e-7)
    current = sweep.timeseries["current_A"]
    assert 1 / 30 < current[item.step] / 1e-7 < 30 and item.time_s < 1.7
    assert sweep.outlines.nearest(current_A=1e-3).time_s < 2
    with pytest.raises(ValueError, match="either"):
        sweep.outlines.nearest()


def test_settings_come_in_the_unit_asked_for(sweep):
    assert sweep.compliance_current == pytest.approx(1e-3)
    assert sweep.setting("cell.layer_thickness", "m") == pytest.approx(1e-8)
    assert sweep.setting("cell.ambient_temperature", "K") == 300
    assert sweep.setting("cell.absent", "m", default=3.0) == 3.0
    assert sweep.setting("absent.key") is None


# regimes


def test_regimes_of_the_sweep(sweep):
    found = sweep.regimes
    assert found.a_b.time_s == pytest.approx(1.680, abs=0.003)
    assert 3e-8 < found.a_b.current_A < 1e-6
    assert found.b_c.time_s == pytest.approx(1.767, abs=0.006)
    assert 2e-5 < found.b_c.current_A < 2e-4
    assert found.gamma_time == pytest.approx(1.682, abs=0.006)
    assert found.y_time == pytest.approx(1.778, abs=0.003)
    assert 1.9 < found.lambda_time < 2.3
    last = sweep.outlines[len(sweep.outlines) - 1].points
    before, after = (sweep.outlines.nearest(time_s=found.lambda_time + shift).points for shift in (-0.1, 0.1))
    assert regimes.separation(before, last) > regimes.VISIBLE_NM > regimes.separation(after, last)
    assert sweep.timeseries["time_s"][found.a_b.row] == pytest.approx(found.a_b.time_s, abs=0.003)
    spans = found.spans()
    assert [letter for letter, *_ in spans] == ["A", "B", "C"]
    assert spans[0][1] == 0 and spans[-1][2] == found.y_time
    assert all(a[2] == b[1] for a, b in zip(spans, spans[1:], strict=False))


def test_one_jump_of_the_current_does_not_end_regime_a():
    """A new mesh may shift the current by a part in three from one step to the next, long before the gap has closed."""
    columns, _ = synthetic.series(3000)
    time, current, gap = (columns[name] for name in ("time_s", "current_A", "gap_nm"))
    smooth, _ = regimes.current_regimes(time, current, gap, 0 * time, 1e-3)
    early = time < np.interp(1e-9, np.maximum.accumulate(current), time)
    jumped, _ = regimes.current_regimes(time, np.where(early, 0.7 * current, current), gap, 0 * time, 1e-3)
    assert jumped.time_s == pytest.approx(smooth.time_s, abs=1e-3)


@pytest.mark.parametrize("options", [{"noise": 0.01}, {"steps": 250}, {"steps": 1500}])
def test_regimes_depend_neither_on_jitter_nor_on_the_steps(sweep, tmp_path, options):
    found = open_run(synthetic.write_run(tmp_path / "run", snapshots=False, **options)).regimes
    assert found.a_b.time_s == pytest.approx(sweep.regimes.a_b.time_s, abs=0.004)
    assert found.b_c.time_s == pytest.approx(sweep.regimes.b_c.time_s, abs=0.006)
    assert found.gamma_time == pytest.approx(sweep.regimes.gamma_time, abs=0.004)
    assert found.lambda_time == pytest.approx(sweep.regimes.lambda_time, abs=0.1)


def test_a_low_compliance_stays_in_regime_a(tmp_path):
    found = open_run(synthetic.write_run(tmp_path / "run", compliance=1e-8, snapshots=False)).regimes
    assert found.a_b is None and found.b_c is None
    assert found.y_time == pytest.approx(1.677, abs=0.003)
    assert [letter for letter, *_ in found.spans()] == ["A"]


@pytest.mark.parametrize(("stop", "expected"), [(5, []), (150, []), (225, ["a_b", "gamma_time"])])
def test_a_partial_run_shows_only_what_has_happened(tmp_path, stop, expected):
    found = open_run(synthetic.write_run(tmp_path / "run", stop=stop, snapshots=False, finish=False)).regimes
    assert [name for name, value in vars(found).items() if value is not None] == [*expected, "peak_time"]


def test_current_that_rises_exponentially_to_the_end_has_no_boundary():
    time = np.linspace(0, 1, 200)
    found = regimes.current_regimes(time, 1e-12 * np.exp(20 * time), 10 - 9.9 * time, np.zeros(200))
    assert found == (None, None)


def test_a_cold_rise_is_not_regime_c(sweep):
    series = sweep.timeseries
    arrays = [series[name].to_numpy() for name in ("time_s", "current_A", "gap_nm")]
    a_b, b_c = regimes.current_regimes(*arrays, np.zeros(len(series)), 1e-3)
    assert a_b == sweep.regimes.a_b and b_c is None


def test_reached_interpolates():
    assert regimes.reached(np.array([0, 1, 2.0]), np.array([0, 1, 3.0]), 2.0) == 1.5
    assert regimes.reached(np.array([0, 1.0]), np.array([0, 1.0]), 2.0) is None
    assert regimes.reached(np.array([0, 1.0]), np.array([5, 6.0]), 2.0) == 0.0
