"""A damaged history.h5 is found out, at once, whatever is wrong with it; what is read from it is what was written."""

import logging
import random
import shutil
import subprocess
import sys
import textwrap

import h5py
import numpy as np
import pytest
from helpers.paths import ROOT
from helpers.rows import CONFIG, outline_of, row

from ecmsim.errors import ResultsError
from ecmsim.results import Checkpoints, RunWriter, collect_provenance, open_run
from ecmsim.results.history_reader import lookup3, read_history

STEPS = 160
PATIENCE = 300  # s for what takes a moment: HDF5's own retries take many minutes
KILLED = """
    import os
    from helpers.rows import CONFIG, outline_of, row
    from ecmsim.results import RunWriter, collect_provenance

    writer = RunWriter({folder!r}, config_text=CONFIG, provenance=collect_provenance())
    for step in range({steps}):
        writer.outline(0.1 * step, step, *outline_of(step))
        writer.step(row(step))
        if step == {steps} - 5:
            writer.checkpoint({{"step": step, "time_s": 0.1 * step}})
    os._exit(9)
    """


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A run whose process died, with a checkpoint shortly before."""
    folder = tmp_path_factory.mktemp("killed") / "run"
    code = textwrap.dedent(KILLED.format(folder=str(folder), steps=STEPS))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}, timeout=1500
    )
    assert done.returncode == 9
    return folder


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished") / "run"
    with RunWriter(folder, config_text=CONFIG, provenance=collect_provenance()) as writer:
        for step in range(STEPS):
            writer.outline(0.1 * step, step, *outline_of(step))
            writer.step(row(step))
    return folder


def resume(folder):
    """Resume a run from its checkpoint, and end there."""
    content = Checkpoints(folder / "checkpoints").read().content
    writer = RunWriter.resume(folder, content["mark"], collect_provenance())
    writer.finish("stopped")


def right(outlines):
    """Whether outlines that were read are those that were written. How many there are is another question."""
    for number, outline in enumerate(outlines):
        points, electrode = outline_of(number)
        assert outline.step == number
        assert np.array_equal(outline.points, points) and np.array_equal(outline.electrode_points, electrode)


def test_a_killed_run_is_read_whole(killed):
    outlines = open_run(killed).outlines
    assert len(outlines) == STEPS
    right(outlines)
    right([outlines[k] for k in range(STEPS)])


@pytest.mark.parametrize("share", [0.02, 0.06, 0.1, 0.3, 0.4, 0.5, 0.8, 0.99])
def test_a_truncated_history_is_not_resumed(tmp_path, killed, share):
    folder = tmp_path / "run"
    shutil.copytree(killed, folder)
    data = (folder / "history.h5").read_bytes()
    (folder / "history.h5").write_bytes(data[: int(share * len(data))])
    (folder / ".lock").unlink()  # of the process that is no more: whoever looks removes it
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(ResultsError, match="history.h5"):
        resume(folder)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_changed_number_is_not_resumed(tmp_path, killed):
    """One that HDF5 itself has no checksum of: a coordinate in the middle."""
    folder = tmp_path / "run"
    shutil.copytree(killed, folder)
    with read_history(folder / "history.h5") as source:
        wanted = source["outline/points"][703].tobytes()
    data = (folder / "history.h5").read_bytes()
    assert data.count(wanted) == 1
    (folder / "history.h5").write_bytes(data.replace(wanted, bytes(len(wanted))))
    with pytest.raises(ResultsError, match="not those that were written"):
        resume(folder)
    with pytest.raises(ResultsError, match="is damaged: the outline of step"):
        right(open_run(folder).outlines)


def test_an_undamaged_one_is_resumed(tmp_path, killed):
    shutil.copytree(killed, tmp_path / "run")
    resume(tmp_path / "run")
    outlines = open_run(tmp_path / "run").outlines
    assert len(outlines) == STEPS - 4
    right(outlines)


READ = """
    import sys
    from ecmsim.errors import ResultsError
    from ecmsim.results import open_run
    import numpy as np
    from helpers.rows import outline_of

    for path in sys.argv[1:]:
        try:
            for number, outline in enumerate(open_run(path).outlines):
                points, electrode = outline_of(number)
                assert np.array_equal(outline.points, points) and outline.step == number
                assert np.array_equal(outline.electrode_points, electrode)
            print("read")
        except ResultsError:
            print("refused")
    """


@pytest.mark.slow
@pytest.mark.parametrize("state", ["killed", "finished"])
def test_damage_anywhere_is_refused_or_harmless_and_never_hangs(tmp_path, state, request):
    """In a process of its own: HDF5 may hang or crash. What is read is what was written, or nothing is."""
    whole, generator, folders = request.getfixturevalue(state), random.Random(1), []
    data = (whole / "history.h5").read_bytes()
    for number in range(40):
        folder = tmp_path / f"{number:03d}"
        folder.mkdir()
        for name in ("timeseries.csv", "provenance.json", "config.toml"):
            shutil.copy(whole / name, folder)
        damaged = bytearray(data)
        for _ in range(20):
            # Most of the metadata lies at the beginning, where it matters most.
            place = generator.randrange(len(data) if number % 2 else min(8000, len(data)))
            damaged[place] ^= 1 << generator.randrange(8)
        if number % 4 == 3:
            del damaged[generator.randrange(len(data)) :]
        (folder / "history.h5").write_bytes(damaged)
        folders.append(str(folder))
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(READ), *folders],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split().count("refused") > 10


def test_lost_outlines_are_told(tmp_path, finished, caplog):
    """Fewer outlines than steps: those that are there are read, and a warning says where they end."""
    shutil.copytree(finished, tmp_path / "run")
    with h5py.File(tmp_path / "run" / "history.h5", "r+") as file:
        for name in ("outline/time_s", "outline/step", "outline/crc32"):
            file[name].resize(100, axis=0)
    with caplog.at_level(logging.WARNING):
        outlines = open_run(tmp_path / "run").outlines
    assert len(outlines) == 100
    right(outlines)
    assert "history.h5 has lost outlines: what it holds ends with step 99" in caplog.text


def test_nothing_is_told_of_a_whole_one(finished, caplog):
    with caplog.at_level(logging.WARNING):
        right(open_run(finished).outlines)
    assert caplog.text == ""


def test_the_checksum_of_a_superblock(tmp_path):
    for number in range(20):
        with h5py.File(tmp_path / "x.h5", "w", libver="latest") as file:
            file["x"] = np.arange(number * 1000)
        head = (tmp_path / "x.h5").read_bytes()[:48]
        assert lookup3(head[:-4]) == int.from_bytes(head[-4:], "little")
