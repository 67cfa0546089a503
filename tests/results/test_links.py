"""A run writes into its own folder alone: links in it are refused, and what they lead to stays as it is."""

import os
import shutil
import subprocess
import sys

import pytest
from helpers.paths import ROOT
from helpers.rows import CONFIG, outline_of, row

from ecmsim.errors import ResultsError
from ecmsim.results import RunWriter, collect_provenance
from ecmsim.results.links import open_own
from ecmsim.study import folder as study_folder

FILES = (
    ".lock",
    "timeseries.csv",
    "history.h5",
    "events.csv",
    "ecmsim.log",
    "failure.npz",
    "config.toml",
    ".config.toml.tmp",
    "provenance.json",
    ".provenance.json.tmp",
    ".history.h5.tmp",
    ".failure.npz.tmp",
    "snapshots/index.csv",
    "snapshots/0000_1-nA.vtu",
    "snapshots/.0000_1-nA.vtu.tmp",
    "checkpoints/000001.h5",
    "checkpoints/.000002.h5.tmp",
    "checkpoints/latest.json",
    "checkpoints/.latest.json.tmp",
)
FOLDERS = ("snapshots", "checkpoints")


def begin(folder, overwrite=False):
    return RunWriter(folder, config_text=CONFIG, provenance=collect_provenance(), overwrite=overwrite)


@pytest.fixture
def stopped(tmp_path):
    """A run of two steps with a checkpoint, and the mark in it."""
    writer = begin(tmp_path / "run")
    for step in range(2):
        writer.outline(0.1 * step, step, *outline_of(step))
        writer.step(row(step))
    mark = writer.mark()
    writer.checkpoint({"step": 1, "time_s": 0.1})
    writer.finish("stopped")
    (tmp_path / "run" / "ecmsim.log").write_text("")
    return tmp_path / "run", mark


def content_of(folder):
    """All files below a folder with their bytes, links as where they lead."""
    found = {}
    for path in sorted(folder.rglob("*")):
        found[path] = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None
    return found


@pytest.mark.parametrize("way", ["overwrite", "resume"])
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", ["link", "dangling", "hard"])
def test_a_link_in_the_place_of_a_file_is_refused(tmp_path, stopped, name, way, kind):
    run, mark = stopped
    path, treasure = run / name, tmp_path / "thesis.txt"
    if path.exists():
        shutil.copy(path, treasure)  # what is read through the link is right: only that it is a link is wrong
        path.unlink()
    else:
        treasure.write_text("of the user's")
    if kind == "hard":
        os.link(treasure, path)
    else:
        path.symlink_to(treasure)
    if kind == "dangling":
        treasure.unlink()
        if name == "provenance.json":
            pytest.skip("a folder without it is no run at all")
    before = content_of(tmp_path)
    with pytest.raises(ResultsError, match="is (a symbolic|a hard) link.*nothing was touched"):
        if way == "resume":
            RunWriter.resume(run, mark, collect_provenance())
        else:
            begin(run, overwrite=True)
    assert content_of(tmp_path) == before


@pytest.mark.parametrize("way", ["overwrite", "resume"])
@pytest.mark.parametrize("name", FOLDERS)
def test_a_link_in_the_place_of_a_folder_is_refused(tmp_path, stopped, name, way):
    run, mark = stopped
    (run / name).rename(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "0007_mine.vtu").write_text("of the user's")
    (run / name).symlink_to(tmp_path / "elsewhere")
    before = content_of(tmp_path)
    with pytest.raises(ResultsError, match="is a symbolic link"):
        if way == "resume":
            RunWriter.resume(run, mark, collect_provenance())
        else:
            begin(run, overwrite=True)
    assert content_of(tmp_path) == before


@pytest.mark.parametrize("name", [".lock", ".provenance.json.tmp"])
def test_a_new_run_in_a_folder_that_holds_nothing_but_a_link(tmp_path, name):
    """These do not make a folder occupied, since a kill may leave them."""
    (tmp_path / "thesis.txt").write_text("of the user's")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / name).symlink_to(tmp_path / "thesis.txt")
    with pytest.raises(ResultsError, match="is a symbolic link"):
        begin(tmp_path / "run")
    assert (tmp_path / "thesis.txt").read_text() == "of the user's"


def test_a_pipe_in_the_place_of_a_file_is_refused(stopped):
    run, mark = stopped
    (run / "events.csv").unlink()
    os.mkfifo(run / "events.csv")
    with pytest.raises(ResultsError, match="events.csv is no plain file"):
        RunWriter.resume(run, mark, collect_provenance())


def test_a_run_s_folder_may_be_a_link_itself(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "disk")
    begin(tmp_path / "run").finish("finished")
    begin(tmp_path / "run", overwrite=True).finish("finished")
    assert (tmp_path / "disk" / "timeseries.csv").is_file()


@pytest.mark.parametrize("mode", ["wb", "ab", "a+b", "r+b", "xb"])
def test_nothing_is_opened_through_a_link(tmp_path, mode):
    (tmp_path / "thesis.txt").write_text("of the user's")
    (tmp_path / "soft").symlink_to(tmp_path / "thesis.txt")
    os.link(tmp_path / "thesis.txt", tmp_path / "hard")
    os.mkfifo(tmp_path / "pipe")
    for name in ("soft", "hard", "pipe"):
        with pytest.raises(OSError):
            open_own(tmp_path / name, mode).close()
    assert (tmp_path / "thesis.txt").read_text() == "of the user's"


@pytest.mark.slow
def test_the_log_is_not_written_through_a_link_that_appears_later(tmp_path):
    """The command line: one line, exit code 2."""
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    (tmp_path / "thesis.txt").write_text("of the user's")
    (tmp_path / "second" / ".lock").symlink_to(tmp_path / "thesis.txt")
    command = [sys.executable, "-m", "ecmsim", "run", "configs/quick.toml", "--reduced", "--until", "1 us", "-q"]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "second")], capture_output=True, text=True, cwd=ROOT, timeout=1500
    )
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert (tmp_path / "thesis.txt").read_text() == "of the user's"


@pytest.mark.parametrize("name", [*("configs", "logs", "figures"), "study.toml", "cases.csv", "summary.csv"])
def test_links_in_the_folder_of_a_study_are_refused(tmp_path, name):
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "study.toml").write_text("")
    (tmp_path / "study" / name).unlink(missing_ok=True)
    (tmp_path / "study" / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ResultsError, match=f"{name} is a symbolic link"):
        study_folder.require_study_folder(tmp_path / "study")


def test_the_log_of_a_case_is_not_opened_through_a_link(tmp_path):
    (tmp_path / "thesis.txt").write_text("of the user's")
    (tmp_path / "case.log").symlink_to(tmp_path / "thesis.txt")
    with pytest.raises(ResultsError, match="symbolic link"), study_folder.locked(tmp_path / "case.log") as log:
        log.write(b"more")
    assert (tmp_path / "thesis.txt").read_text() == "of the user's"
