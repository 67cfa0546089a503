"""Nothing lost: checkpoints and resumed runs after kills, full disks, damaged files and rival processes."""

import errno
import fcntl
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
import pytest
from helpers.paths import ROOT
from helpers.rows import CONFIG, outline_of, row

from ecmsim.errors import ResultsError
from ecmsim.results import Checkpoints, RunWriter, collect_provenance, differences, lines, open_run
from ecmsim.results.checkpoint_content import decode, encode
from ecmsim.results.checkpoint_reader import HEAD_BYTES

# Children of this process do nothing but what they are told here, whatever threads other libraries have made.
pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
RESULTS = str(Path(sys.modules["ecmsim.results"].__file__).parent)
FILES = ("timeseries.csv", "events.csv", "snapshots/index.csv")


def content(number, size=100):
    """A checkpoint whose every part tells its number."""
    return {"number": number, "step": number, "time_s": 0.5 * number, "state": {"field": np.full(size, float(number))}}


def number_in(found):
    """The number of a checkpoint that was read, after a look at all of it."""
    number = found.content["number"]
    assert np.all(found.content["state"]["field"] == number) and found.content["time_s"] == 0.5 * number
    return number


class Reports:
    """What a child process reports: whole numbers, in a pipe."""

    def __init__(self, process, pipe):
        self.process, self.pipe, self.code, self.data = process, pipe, None, b""

    def wait_for_one(self):
        self.data += os.read(self.pipe, 1000)

    def __call__(self):
        """Wait for the end of the process: how it ended (minus the signal), and all that it had reported."""
        if self.code is None:
            self.code = os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])
            while piece := os.read(self.pipe, 1000):
                self.data += piece
            os.close(self.pipe)
        return self.code, [int(line) for line in self.data.split()]


@contextmanager
def child(action):
    """A process that runs action(report), where report(int) tells this one; gives (process id, its Reports).

    It is killed at the end of the block, unless Reports() has waited for it.
    """
    read, write = os.pipe()
    process = os.fork()
    if process == 0:
        code = 1
        try:
            os.close(read)
            action(lambda value: os.write(write, b"%d\n" % value))
            code = 0
        except BaseException:
            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(code)
    os.close(write)
    reports = Reports(process, read)
    try:
        yield process, reports
    finally:
        if reports.code is None:
            os.kill(process, signal.SIGKILL)
            reports()


def kill_at_line(number, action, leave_out=()):
    """Run an action, and kill this process before the number-th line of ecmsim/results that it executes.

    Returns the number of lines where it is less. leave_out: names of functions that do not count.
    """
    count = 0

    def trace(frame, event, _argument):
        nonlocal count
        code = frame.f_code
        if not code.co_filename.startswith(RESULTS) or code.co_name in leave_out:
            return None
        if event == "line":
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    try:
        action()
    finally:
        sys.settrace(None)
    return count


def lines_of(action, **options):
    """How many lines an action executes, in a process of its own."""
    with child(lambda report: report(kill_at_line(0, action, **options))) as (_, reports):
        code, (lines,) = reports()
    assert code == 0 and lines > 20
    return lines


# what is in a checkpoint


def assert_same(a, b):
    assert type(a) is type(b)
    if isinstance(a, dict):
        assert a.keys() == b.keys()
        for key in a:
            assert_same(a[key], b[key])
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            assert_same(x, y)
    elif isinstance(a, (np.ndarray, np.generic)):
        assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
    elif isinstance(a, float):
        assert np.float64(a).tobytes() == np.float64(b).tobytes()
    else:
        assert a == b


def test_content_comes_back_to_the_last_bit(tmp_path):
    strange = np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324, 1e300, 0.1])
    strange.view(np.uint64)[0] |= 0xBEEF  # which of the many NaNs it is
    given = {
        "arrays": {
            "floats": strange,
            "plane": np.arange(12.0).reshape(3, 4).T,
            "single": np.float32([1.1, 2.2]),
            "integers": np.array([[-(2**63), 2**63 - 1]]),
            "bytes": np.arange(5, dtype=np.uint8),
            "small": np.array([-3], np.int16),
            "flags": np.array([True, False]),
            "complex": np.array([1 + 2j]),
            "other_end": np.array([1.5, 2.5], ">f8"),
            "empty": np.zeros((0, 3), np.int32),
            "no_flags": np.zeros(0, bool),
            "zero_dimensions": np.array(0.1),
            "flag": np.array(True),
        },
        "scalars": {"f": np.float64(0.1), "i": np.int32(-5), "b": np.bool_(True)},
        "python": {
            "float": 0.1 + 0.2,
            "nan": float("nan"),
            "infinite": -float("inf"),
            "zero": -0.0,
            "int": -(2**63),
            "big": 2**127 + 1,
            "true": True,
            "false": False,
            "none": None,
            "text": "Γ at 603 µA\n",
            "empty text": "",
        },
        "sequences": {
            "floats": [0.1, float("inf")],
            "texts": ("a", "", "µ"),
            "mixed": [1, 2.0, "x", None, True, (np.arange(3), {"deep": [()]})],
            "ints": (1, 2**70),
            "empty": [],
            "nothing": (),
        },
        "nested": {"a": {"b": {"c": {}}}},
        "long": "x" * 200_000,
    }
    checkpoints = Checkpoints(tmp_path / "c")
    path = checkpoints.write(given)
    found = Checkpoints(tmp_path / "c").read()
    assert_same(found.content, given)
    assert found.path == path and found.skipped == []
    assert_same(decode(encode({})), {})


@pytest.mark.parametrize(
    ("given", "error", "named"),
    [
        ({"a": {"b": object()}}, TypeError, "/a/b: object"),
        ({"a": np.array([None])}, TypeError, "/a: an array of object"),
        ({"a": b"bytes"}, TypeError, "bytes"),
        ({1: 2}, ValueError, "1 cannot name"),
        ({"a/b": 2}, ValueError, "'a/b' cannot name"),
    ],
)
def test_content_that_cannot_be_kept_is_refused_before_anything_is_written(tmp_path, given, error, named):
    with pytest.raises(error, match=named):
        Checkpoints(tmp_path / "c").write(given)
    assert not (tmp_path / "c").exists()


def test_a_checkpoint_is_an_hdf5_file(tmp_path):
    path = Checkpoints(tmp_path / "c").write(content(3))
    with h5py.File(path) as file:
        assert file["state/field"][:].tolist() == [3.0] * 100
    assert path.read_bytes().startswith(b"ecmsim checkpoint 1\nsha256 ")


def test_the_newest_are_kept_and_the_pointer_names_the_last(tmp_path):
    folder = tmp_path / "c"
    checkpoints = Checkpoints(folder, keep=3)
    for number in range(5):
        checkpoints.write(content(number))
    (folder / "mine.h5").write_text("precious")
    path = Checkpoints(folder, keep=2).write(content(5))
    assert sorted(item.name for item in folder.iterdir()) == ["000005.h5", "000006.h5", "latest.json", "mine.h5"]
    pointer = json.loads((folder / "latest.json").read_text())
    assert (pointer["file"], pointer["size"]) == (path.name, path.stat().st_size)
    assert (pointer["step"], pointer["time_s"]) == (5, 2.5)
    told = subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True).stdout
    assert told.split()[0] == pointer["sha256"]
    with pytest.raises(ValueError, match="at least one"):
        Checkpoints(folder, keep=0)


# damaged checkpoints


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def replace_by_another(path):
    other = Checkpoints(path.parent / "other").write(content(77))
    os.replace(other, path)


DAMAGES = {
    "flipped bit": (flip, "damaged"),
    "truncated": (cut, "truncated"),
    "zero length": (lambda path: path.write_bytes(b""), "empty"),
    "deleted": (lambda path: path.unlink(), "missing"),
    "zeros": (lambda path: path.write_bytes(bytes(path.stat().st_size)), "damaged"),
    "longer": (lambda path: path.write_bytes(path.read_bytes() + b"x"), "damaged"),
    "a folder": (lambda path: (path.unlink(), path.mkdir()), "cannot be read"),
    "another good one": (replace_by_another, "not the file that latest.json knows"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_newest_one_falls_back_to_the_one_before(tmp_path, damage):
    folder, (harm, reason) = tmp_path / "c", DAMAGES[damage]
    writing = Checkpoints(folder)
    for number in (1, 2):
        path = writing.write(content(number))
    harm(path)
    found = Checkpoints(folder).read()
    assert number_in(found) == 1 and found.path.name == "000001.h5"
    assert len(found.skipped) == 1 and path.name in found.skipped[0] and reason in found.skipped[0]
    assert Checkpoints(folder).newest() == found.path
    # A process that goes on neither takes the damaged one's name nor counts it among those to keep.
    after = Checkpoints(folder)
    newest = after.write(content(3))
    assert newest.name == "000003.h5"
    found = Checkpoints(folder).read()
    assert number_in(found) == 3 and found.skipped == []
    harm(newest)
    assert number_in(Checkpoints(folder).read()) == 1


def test_any_flipped_bit_is_noticed(tmp_path):
    path = Checkpoints(tmp_path / "c").write(content(1))
    good = path.read_bytes()
    places = np.random.default_rng(5).integers(0, len(good), 60).tolist() + [0, HEAD_BYTES - 1, HEAD_BYTES]
    (tmp_path / "c" / "latest.json").unlink()  # the file alone has to tell
    for place in places:
        data = bytearray(good)
        data[place] ^= 1 << (place % 8)
        path.write_bytes(data)
        assert Checkpoints(tmp_path / "c").newest() is None, place


def test_none_that_is_whole(tmp_path):
    with pytest.raises(ResultsError, match="holds no checkpoint that is whole: nothing can be resumed; start the run"):
        Checkpoints(tmp_path / "absent").read()
    writing = Checkpoints(tmp_path / "c")
    for number in (1, 2):
        flip(writing.write(content(number)))
    with pytest.raises(ResultsError, match="000002.h5 is damaged.*; 000001.h5 is damaged.*nothing can be resumed"):
        Checkpoints(tmp_path / "c").read()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"file": "../x.h5"}', '{"file": "../000009.h5"}', '{"file": 5}'])
def test_a_damaged_pointer_costs_nothing(tmp_path, text):
    folder = tmp_path / "c"
    Checkpoints(folder).write(content(1))
    (folder / "latest.json").write_text(text)
    found = Checkpoints(folder).read()
    assert number_in(found) == 1 and "latest.json cannot be understood" in found.skipped[0]
    Checkpoints(folder).write(content(2))
    assert Checkpoints(folder).read().skipped == []


def test_one_that_the_pointer_does_not_know_yet_counts(tmp_path):
    folder = tmp_path / "c"
    writing = Checkpoints(folder)
    writing.write(content(1))
    pointer = (folder / "latest.json").read_bytes()
    writing.write(content(2))
    (folder / "latest.json").write_bytes(pointer)
    assert number_in(Checkpoints(folder).read()) == 2
    (folder / "latest.json").unlink()
    assert number_in(Checkpoints(folder).read()) == 2


# kills


@pytest.mark.slow
def test_kills_at_random_moments_lose_no_checkpoint_that_was_reported(tmp_path):
    folder, rng = tmp_path / "c", random.Random(1)

    def write_on(report, number):
        checkpoints = Checkpoints(folder)
        while True:
            number += 1
            checkpoints.write(content(number, 30_000))
            report(number)

    newest = 0
    Checkpoints(folder).write(content(0, 30_000))
    for _ in range(30):
        with child(lambda report: write_on(report, newest)) as (process, reports):  # noqa: B023
            if rng.random() < 0.8:
                reports.wait_for_one()
            time.sleep(rng.uniform(0, 0.04))
            os.kill(process, signal.SIGKILL)
            code, reported = reports()
        assert code == -signal.SIGKILL
        names = {path.name for path in folder.iterdir()}
        assert len(names) <= 5
        found = Checkpoints(folder).read()
        number = number_in(found)
        assert found.skipped == []
        assert number in (reported[-1], reported[-1] + 1) if reported else number in (newest, newest + 1)
        newest = number
    assert newest >= 20
    Checkpoints(folder).write(content(newest))
    assert len(list(folder.iterdir())) == 3


@pytest.mark.slow
def test_a_kill_at_any_line_of_writing_leaves_a_good_checkpoint(tmp_path):
    folder = tmp_path / "c"
    newest = 3
    for number in range(newest + 1):
        Checkpoints(folder).write(content(number))

    def write(number):
        Checkpoints(folder).write(content(number))

    makers = {"leave_out": ("encode", "_put", "_put_items", "_put_sequence")}
    lines = lines_of(lambda: write(newest), **makers)
    seen = set()
    for line in range(1, lines + 1, 3):
        with child(lambda report: kill_at_line(line, lambda: write(newest + 1), **makers)) as (_, reports):  # noqa: B023
            killed = reports()[0] == -signal.SIGKILL
        found = Checkpoints(folder).read()
        number = number_in(found)
        assert found.skipped == [] and number in ((newest, newest + 1) if killed else (newest + 1,))
        files = {path.name for path in folder.iterdir()}
        assert len(files) <= 5, files
        seen.add((number - newest, any(".h5.tmp" in name for name in files), ".latest.json.tmp" in files))
        newest = number
    # Kills came before the checkpoint, within it, within the pointer, and when all was done.
    assert {(0, False, False), (0, True, False), (1, False, True), (1, False, False)} <= seen
    write(newest + 1)
    assert len(list(folder.iterdir())) == 3


# disks


def test_a_limit_in_the_middle_of_a_checkpoint_leaves_the_older_ones(tmp_path):
    folder = tmp_path / "c"
    Checkpoints(folder).write(content(1))

    def write(report):
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
        with pytest.raises(ResultsError, match=r"000002\.h5: File too large; free some space there or choose"):
            Checkpoints(folder).write(content(2, 30_000))
        report(len(list(folder.iterdir())))

    with child(write) as (_, reports):
        assert reports() == (0, [2])
    found = Checkpoints(folder).read()
    assert number_in(found) == 1 and found.skipped == []


def test_checkpoints_on_a_full_disk(small_disk):
    folder = small_disk / "c"
    writing = Checkpoints(folder)
    for number in (1, 2):
        writing.write(content(number, 120_000))
    (small_disk / "ballast").write_bytes(bytes(700_000))
    for _ in range(3):
        with pytest.raises(ResultsError, match="No space left on device; free some space there or choose"):
            writing.write(content(3, 120_000))
        assert sorted(path.name for path in folder.iterdir()) == ["000001.h5", "000002.h5", "latest.json"]
        assert number_in(Checkpoints(folder).read()) == 2
    (small_disk / "ballast").unlink()
    writing.write(content(3, 120_000))
    assert number_in(Checkpoints(folder).read()) == 3


def test_a_folder_without_the_right_to_write():
    # Not in tmp_path, which only its owner may enter.
    with tempfile.TemporaryDirectory() as top:
        os.chmod(top, 0o755)
        folder = Path(top) / "c"
        path = Checkpoints(folder).write(content(1))
        folder.chmod(0o555)

        def write(report):
            if os.geteuid() == 0:
                os.setegid(65534)
                os.seteuid(65534)
            with pytest.raises(ResultsError, match="Permission denied; choose another folder with --out"):
                Checkpoints(folder).write(content(2))
            report(number_in(Checkpoints(folder).read()))

        with child(write) as (_, reports):
            assert reports() == (0, [1])
        folder.chmod(0o755)
        assert sorted(folder.iterdir()) == [path, folder / "latest.json"]


def test_a_folder_that_vanishes_gives_one_clear_error(tmp_path):
    folder = tmp_path / "run"
    with pytest.raises(ResultsError, match="cannot write .*timeseries.csv: .*; the folder was removed") as caught:
        with RunWriter(folder, config_text=CONFIG, provenance={}) as run:
            advance(run, 0)
            run.checkpoint(content(0))
            shutil.rmtree(folder)
            advance(run, 1, snapshot=False)  # nobody notices: the files are still open
            run.checkpoint(content(1))
    assert not isinstance(caught.value.__context__, ResultsError)
    assert not folder.exists()


def test_files_that_are_replaced_are_noticed(tmp_path):
    run = begun(tmp_path / "run", 2)
    path = tmp_path / "run" / "history.h5"
    shutil.copy(path, tmp_path / "copy")
    os.replace(tmp_path / "copy", path)
    with pytest.raises(ResultsError, match="history.h5: Stale"):
        run.mark()
    run.finish("failed")  # has been told


def test_checkpoints_whose_own_folder_vanishes_go_on(tmp_path):
    run = begun(tmp_path / "run", 1)
    run.checkpoint(content(1))
    shutil.rmtree(tmp_path / "run" / "checkpoints")
    path = run.checkpoint(content(2))
    assert path.name == "000001.h5" and number_in(Checkpoints(path.parent).read()) == 2


def test_what_a_checkpoint_counts_reaches_the_disk_before_it(tmp_path, monkeypatch):
    calls, sync, replace = [], os.fsync, os.replace

    def noted_sync(descriptor):
        calls.append("sync " + Path(os.readlink(f"/proc/self/fd/{descriptor}")).name)
        sync(descriptor)

    def noted_replace(old, new):
        calls.append("replace " + Path(new).name)
        replace(old, new)

    monkeypatch.setattr(lines, "SYNC_INTERVAL_S", 1e9)
    run = begun(tmp_path / "run", 2)
    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(os, "replace", noted_replace)
    advance(run, 2)
    snapshot = "0000_2-uA.vtu"
    assert calls.index(f"sync .{snapshot}.tmp") < calls.index(f"replace {snapshot}")
    calls.clear()
    run.checkpoint(content(3))
    end = calls.index("replace 000001.h5")
    before = {"timeseries.csv", "index.csv", "events.csv", "history.h5", "snapshots", "run", tmp_path.name}
    assert {f"sync {name}" for name in before} <= set(calls[:end])
    assert calls[end - 2 :] == [
        "sync run",  # it has got the folder of checkpoints
        "sync .000001.h5.tmp",
        "replace 000001.h5",
        "sync checkpoints",
        "sync .latest.json.tmp",
        "replace latest.json",
        "sync checkpoints",
    ]
    # What has not changed since is left alone.
    calls.clear()
    run.mark()
    assert calls == ["sync history.h5"]
    run.finish("stopped")


# a run that is resumed


def advance(run, step, snapshot=True):
    """What a simulation reports of one step."""
    if step % 3 == 1:
        run.event(float(step), step, "remesh", f'{step} vertices, "µ"\nin two lines')
    run.outline(float(step), step, *outline_of(step))
    run.step(row(step, time_s=float(step)))
    if snapshot and step % 4 == 2:
        field = np.array([0.1, 0.2, 0.3]) * step
        run.snapshot(f"{step} µA", step, 0.5, 1e-6, np.eye(3)[:, :2], [[0, 1, 2]], {"temperature_K": field}, {})


def begun(folder, steps):
    run = RunWriter(folder, config_text=CONFIG, provenance=collect_provenance())
    for step in range(steps):
        advance(run, step)
    return run


def go_on(folder, stop, every=3, report=None):
    """Resume a run and carry it on to a step with checkpoints, finishing it if it gets to step 17."""
    found = Checkpoints(folder / "checkpoints").read()
    provenance = collect_provenance()
    with RunWriter.resume(folder, found.content["mark"], provenance, checkpoint=found.path) as run:
        assert run.steps == found.content["number"]
        for step in range(run.steps, stop):
            advance(run, step)
            if (step + 1) % every == 0:
                run.checkpoint(content(run.steps))
            if report:
                report(step)
    return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed") / "run"
    with begun(folder, 17):
        pass
    return folder


def assert_equal_runs(folder, undisturbed):
    """The files of a run are those of an undisturbed one, and there are no others."""
    for name in FILES:
        assert (folder / name).read_bytes() == (undisturbed / name).read_bytes(), name
    names = [sorted(path.name for path in (run / "snapshots").iterdir()) for run in (folder, undisturbed)]
    assert names[0] == names[1] and len(names[0]) == 5
    for name in names[0]:
        assert (folder / "snapshots" / name).read_bytes() == (undisturbed / "snapshots" / name).read_bytes()
    with h5py.File(folder / "history.h5") as a, h5py.File(undisturbed / "history.h5") as b:
        found = []
        b.visititems(lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) else None)
        assert len(found) == 8
        for name in found:
            assert a[name].shape == b[name].shape and a[name].dtype == b[name].dtype
            assert a[name].chunks == b[name].chunks and a[name].maxshape == b[name].maxshape
            assert np.array_equal(a[name][()], b[name][()]), name
            assert dict(a[name].attrs) == dict(b[name].attrs)
        assert dict(a.attrs) == dict(b.attrs)
    extra = {path.name for path in folder.iterdir()} - {path.name for path in undisturbed.iterdir()}
    assert extra == {"checkpoints"}
    opened = open_run(folder)
    assert opened.status == "finished" and len(opened.timeseries) == len(opened.outlines) == 17


def killed_run(folder, steps=21, at=7):
    """The folder of a run that was killed long after its last checkpoint, in the middle of writing."""

    def work(report):
        run = begun(folder, at - 3)
        run.checkpoint(content(run.steps))
        for step in range(at - 3, at):
            advance(run, step)
        run.checkpoint(content(run.steps))
        run.dump(message="an earlier failure")
        for step in range(at, steps):
            advance(run, step)
        run.outline(float(steps), steps, *outline_of(steps))
        (folder / "snapshots" / ".0005_x.vtu.tmp").write_text("part")
        (folder / ".provenance.json.tmp").write_text("part")
        os.kill(os.getpid(), signal.SIGKILL)

    with child(work) as (_, reports):
        assert reports()[0] == -signal.SIGKILL
    with open(folder / "timeseries.csv", "ab") as file:
        file.write(b"1.0,2.")
    return folder


def test_a_killed_run_is_continued_as_if_undisturbed(tmp_path, undisturbed):
    folder = killed_run(tmp_path / "run")
    killed = open_run(folder)
    assert killed.status == "interrupted" and killed.resumable and len(killed.timeseries) == 21
    before = killed.provenance
    found = go_on(folder, 17)
    assert number_in(found) == 7
    assert_equal_runs(folder, undisturbed)
    after = open_run(folder).provenance
    assert not open_run(folder).resumable
    assert {key: after[key] for key in before if key != "status"} == {k: v for k, v in before.items() if k != "status"}
    (entry,) = after["resumed"]
    assert (entry["step"], entry["time_s"]) == (7, 6.0)
    assert entry["host"] == socket.gethostname() and entry["process"] == os.getpid() != after["process"]
    assert (
        entry["versions"]["numpy"] == np.__version__
        and entry["ranks"] == 1
        and entry["command"] == collect_provenance()["command"]
    )
    assert entry["start_time"] >= after["start_time"]
    assert entry["after"] == {"status": "interrupted", "reason": ""}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_killed_again_and_again_until_it_is_done(tmp_path, undisturbed, seed):
    folder, rng = killed_run(tmp_path / "run"), random.Random(seed)
    kills, done = 0, 0
    while True:
        with child(lambda report: go_on(folder, 17, 2, report)) as (process, reports):
            time.sleep(rng.uniform(0.005, 0.08))
            if kills < 8:
                os.kill(process, signal.SIGKILL)
            code, reported = reports()
        if code == 0:
            break
        assert code == -signal.SIGKILL
        kills += 1
        # No more is lost than what came after the last checkpoint.
        newest = Checkpoints(folder / "checkpoints").read().content["number"]
        done = max([done, *(step - step % 2 for step in reported)])
        assert newest >= done
    assert_equal_runs(folder, undisturbed)
    run = open_run(folder)
    assert len(run.provenance["resumed"]) >= 1
    steps = [entry["step"] for entry in run.provenance["resumed"]]
    assert steps == sorted(steps)


@pytest.mark.slow
def test_a_kill_at_any_line_of_resuming_does_no_harm(tmp_path, undisturbed):
    original = killed_run(tmp_path / "killed")

    def resume(folder):
        found = Checkpoints(folder / "checkpoints").read()
        return RunWriter.resume(folder, found.content["mark"], {}, checkpoint=found.path)

    shutil.copytree(original, tmp_path / "counted")
    lines = lines_of(lambda: resume(tmp_path / "counted"))
    for line in range(lines // 5, lines + 1, max(1, lines // 20)):  # reading comes first, and changes nothing
        folder = tmp_path / f"run{line}"
        shutil.copytree(original, folder)
        with child(lambda report: kill_at_line(line, lambda: resume(folder))) as (_, reports):  # noqa: B023
            assert reports()[0] == -signal.SIGKILL
        go_on(folder, 17)
        assert_equal_runs(folder, undisturbed)
        shutil.rmtree(folder)


def test_going_back_to_an_older_checkpoint(tmp_path, undisturbed):
    folder = killed_run(tmp_path / "run")
    newest = Checkpoints(folder / "checkpoints").newest()
    good = newest.read_bytes()
    flip(newest)
    found = Checkpoints(folder / "checkpoints").read()
    assert number_in(found) == 4 and found.skipped
    run = RunWriter.resume(folder, found.content["mark"], {}, checkpoint=found.path)
    # The damaged one must not come back to life: the files no longer hold what it counts.
    assert not newest.exists() and Checkpoints(folder / "checkpoints").read().skipped == []
    run.finish("stopped")
    newest.write_bytes(good)
    with pytest.raises(ResultsError, match="was changed after .*000001.h5 had been read"):
        RunWriter.resume(folder, found.content["mark"], {}, checkpoint=found.path)
    newest.unlink()
    go_on(folder, 17)
    assert_equal_runs(folder, undisturbed)


def test_a_full_disk_costs_nothing_once_there_is_space(small_disk, undisturbed):
    folder = small_disk / "run"

    def work(report):
        with pytest.raises(ResultsError, match="No space left on device; free some space"):
            with begun(folder, 7) as run:
                run.checkpoint(content(run.steps))
                with open(small_disk / "ballast", "wb", buffering=0) as ballast:
                    while ballast.write(bytes(4096)) == 4096:
                        left = os.statvfs(small_disk)
                        if left.f_bavail * left.f_bsize < 30_000:
                            break
                for step in range(7, 10_000):
                    advance(run, step)
                    if step % 7 == 0:
                        run.checkpoint(content(run.steps))

    with child(work) as (_, reports):
        assert reports()[0] == 0
    run = open_run(folder)
    assert run.status in ("failed", "interrupted") and run.resumable
    found = Checkpoints(folder / "checkpoints").read()
    (small_disk / "ballast").unlink()
    (folder / "checkpoints" / "mine.txt").write_text("kept")
    assert found.content["number"] < 17
    go_on(folder, 17)
    assert_equal_runs(folder, undisturbed)


@pytest.mark.parametrize("damage", ["short", "missing", "edited"])
@pytest.mark.parametrize("name", [*FILES, "history.h5"])
def test_files_that_lost_something_are_named_and_nothing_is_changed(tmp_path, name, damage):
    folder = killed_run(tmp_path / "run")
    found = Checkpoints(folder / "checkpoints").read()
    path = folder / name
    if damage == "missing":
        path.unlink()
    elif damage == "edited" and name != "history.h5":
        path.write_bytes(path.read_bytes().replace(b",", b" ,", 5))
    elif name == "history.h5":
        with begun(tmp_path / "short", 6):
            pass
        shutil.copy(tmp_path / "short" / "history.h5", path)
    else:
        size = {"timeseries.csv": "timeseries_bytes", "events.csv": "events_bytes"}.get(name, "index_bytes")
        os.truncate(path, found.content["mark"][size] - 1)

    def state():
        files = [item for item in folder.rglob("*") if item.is_file() and item.name != ".lock"]
        return {item: item.read_bytes() for item in files}

    before = state()
    with pytest.raises(ResultsError, match=Path(name).name):
        RunWriter.resume(folder, found.content["mark"], {}, checkpoint=found.path)
    assert state() == before


def test_what_cannot_be_resumed(tmp_path):
    with pytest.raises(ResultsError, match="is not the folder of a run"):
        RunWriter.resume(tmp_path / "absent", {}, {})
    folder = killed_run(tmp_path / "run")
    with pytest.raises(ResultsError, match="another version of ecmsim"):
        RunWriter.resume(folder, {"steps": 3}, {})
    assert open_run(folder).resumable


def test_a_time_series_with_other_columns_is_not_gone_on_with(tmp_path):
    folder = killed_run(tmp_path / "run")
    found = Checkpoints(folder / "checkpoints").read()
    path = folder / "timeseries.csv"
    path.write_text(path.read_text().replace("contact_atoms", "contact_cells", 1))  # of the same length
    with pytest.raises(ResultsError, match=r"timeseries.csv has the columns of another version.*--overwrite"):
        RunWriter.resume(folder, found.content["mark"], {}, checkpoint=found.path)


def test_there_is_no_mark_within_a_step(tmp_path):
    run = begun(tmp_path / "run", 2)
    run.outline(2.0, 2, *outline_of(2))
    with pytest.raises(ValueError, match="between the outline of step 2"):
        run.mark()
    run.step(row(2))
    mark = run.mark()
    assert mark["steps"] == mark["outlines"] == 3
    assert mark["timeseries_bytes"] == (tmp_path / "run" / "timeseries.csv").stat().st_size
    run.finish("stopped")


def test_another_configuration_takes_the_place_of_the_old_one(tmp_path):
    folder = killed_run(tmp_path / "run")
    mark = Checkpoints(folder / "checkpoints").read().content["mark"]
    RunWriter.resume(folder, mark, {}, config_text='title = "longer"\n').finish("stopped")
    assert open_run(folder).config == {"title": "longer"}
    with h5py.File(folder / "history.h5") as file:
        assert file["config"].asstr()[()] == 'title = "longer"\n'


def test_a_finished_run_can_be_extended(tmp_path, undisturbed):
    with begun(tmp_path / "run", 11) as run:
        run.checkpoint(content(run.steps))
    assert not open_run(tmp_path / "run").resumable
    go_on(tmp_path / "run", 17)
    assert_equal_runs(tmp_path / "run", undisturbed)
    assert open_run(tmp_path / "run").provenance["resumed"][0]["after"]["status"] == "finished"


def test_overwriting_removes_the_checkpoints(tmp_path):
    folder = killed_run(tmp_path / "run")
    (folder / "checkpoints" / ".000009.h5.tmp").write_text("part")
    with RunWriter(folder, config_text=CONFIG, provenance={}, overwrite=True):
        assert not (folder / "checkpoints").exists()
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.toml",
        "events.csv",
        "history.h5",
        "provenance.json",
        "snapshots",
        "timeseries.csv",
    ]
    folder = killed_run(tmp_path / "other")
    (folder / "checkpoints" / "mine.h5").write_text("precious")
    RunWriter(folder, config_text=CONFIG, provenance={}, overwrite=True).finish("finished")
    assert [path.name for path in (folder / "checkpoints").iterdir()] == ["mine.h5"]


def test_a_folder_left_by_a_kill_at_the_very_beginning_can_be_used(tmp_path):
    (tmp_path / ".lock").write_text("")
    (tmp_path / ".provenance.json.tmp").write_text("{")
    begun(tmp_path, 1).finish("finished")
    assert open_run(tmp_path).status == "finished" and not (tmp_path / ".lock").exists()


# one writer at a time


def test_a_second_writer_is_refused(tmp_path):
    folder = killed_run(tmp_path / "run")
    mark = Checkpoints(folder / "checkpoints").read().content["mark"]

    def hold(report):
        run = RunWriter.resume(folder, mark, collect_provenance())
        report(run.steps)
        time.sleep(60)

    with child(hold) as (process, reports):
        reports.wait_for_one()
        text = f"run is being written by process {process} on {socket.gethostname()}: wait for it or stop it"
        before = (folder / "provenance.json").read_bytes()
        with pytest.raises(ResultsError, match=text):
            RunWriter.resume(folder, mark, {})
        with pytest.raises(ResultsError, match=text):
            RunWriter(folder, config_text="", provenance={}, overwrite=True)
        assert (folder / "provenance.json").read_bytes() == before
        run = open_run(folder)
        assert run.status == "running" and not run.resumable and len(run.timeseries) == 7
    # Killed now: its lock is gone with it.
    assert open_run(folder).status == "interrupted" and open_run(folder).resumable
    RunWriter.resume(folder, mark, {}).finish("stopped", "by the user")
    run = open_run(folder)
    assert run.status == "stopped" and run.resumable and len(run.provenance["resumed"]) == 2


def test_a_second_writer_in_the_same_process_is_refused(tmp_path):
    run = begun(tmp_path / "run", 1)
    mark = run.mark()
    with pytest.raises(ResultsError, match="is being written"):
        RunWriter.resume(tmp_path / "run", mark, {})
    run.finish("stopped")
    RunWriter.resume(tmp_path / "run", mark, {}).finish("stopped")


@pytest.mark.parametrize("holder", ["alive", "gone", "elsewhere", "unknown"])
def test_without_locks_the_process_that_is_named_counts(tmp_path, monkeypatch, holder):
    def refuse(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    folder = killed_run(tmp_path / "run")
    mark = Checkpoints(folder / "checkpoints").read().content["mark"]
    with child(lambda report: None) as (process, reports):
        reports()
    monkeypatch.setattr(fcntl, "flock", refuse)
    named = {
        "alive": {"host": socket.gethostname(), "process": os.getppid()},
        "gone": {"host": socket.gethostname(), "process": process},
        "elsewhere": {"host": "elsewhere", "process": 1},
    }.get(holder)
    (folder / ".lock").write_text(json.dumps(named) if named else "")
    free = holder in ("gone", "unknown")
    assert open_run(folder).resumable == free
    if not free:
        with pytest.raises(ResultsError, match=rf"process {named['process']} on .*; if there is .*delete .*\.lock"):
            RunWriter.resume(folder, mark, {})
        (folder / ".lock").unlink()
    RunWriter.resume(folder, mark, {}).finish("stopped")
    assert not (folder / ".lock").exists()


def test_looking_at_a_run_does_not_keep_a_writer_out(tmp_path):
    folder = killed_run(tmp_path / "run")
    mark = Checkpoints(folder / "checkpoints").read().content["mark"]
    with open(folder / ".lock", "rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        begin = time.monotonic()
        with pytest.raises(ResultsError):
            RunWriter.resume(folder, mark, {})
        assert 0.02 < time.monotonic() - begin < 5  # it waits for a moment
    RunWriter.resume(folder, mark, {}).finish("stopped")


# configurations

OLD = """
title = "a"
[cell]
radius = { value = "25 nm", label = "assumed", source = "x" }
[[programme]]
kind = "ramp"
to = "2 V"
[compliance]
kind = "ideal"
current = "1 mA"
[heat]
enabled = true
[mesh]
turning = 0.25
[output]
snapshot_times = []
[materials.Cu]
density = { value = "8960 kg/m^3", label = "handbook" }
"""


@pytest.mark.parametrize(
    ("old", "new", "kind", "lines"),
    [
        ("", "", "forbidden", []),
        ('label = "assumed", source = "x"', 'label = "fitted"', "forbidden", []),
        ('{ value = "25 nm", label = "assumed", source = "x" }', '"25 nm"', "forbidden", []),
        ('"25 nm"', '"50 nm"', "forbidden", ['cell.radius: "25 nm" -> "50 nm"']),
        ("8960", "8970", "forbidden", ['materials.Cu.density: "8960 kg/m^3" -> "8970 kg/m^3"']),
        ("enabled = true", "enabled = false", "forbidden", ["heat.enabled: true -> false"]),
        ("[heat]\n", '[heat]\nwall = "ambient"\n', "forbidden", ['heat.wall: not set -> "ambient"']),
        ("[heat]\nenabled = true\n", "", "forbidden", ["heat.enabled: true -> not set"]),
        ("[mesh]", "[unheard_of]\n[mesh]", "forbidden", ["unheard_of: not set -> {}"]),
        ('"1 mA"', '"2 mA"', "forbidden", ['compliance.current: "1 mA" -> "2 mA"']),
        ('"2 V"', '"3 V"', "forbidden", ['programme[0].to: "2 V" -> "3 V"']),
        ('[[programme]]\nkind = "ramp"\nto = "2 V"\n', "", "forbidden", None),
        (
            "[compliance]",
            '[[programme]]\nkind = "hold"\n[compliance]',
            "harmless",
            ['programme[1].kind: not set -> "hold"'],
        ),
        ('"a"', '"b"', "harmless", ['title: "a" -> "b"']),
        ("snapshot_times = []", 'snapshot_times = ["1 s"]', "harmless", ['output.snapshot_times: [] -> ["1 s"]']),
        ("0.25", "0.125", "numerics", ["mesh.turning: 0.25 -> 0.125"]),
    ],
)
def test_differences_of_configurations(old, new, kind, lines):
    assert old in OLD
    found = differences(OLD, OLD.replace(old, new, 1))
    assert lines is None or getattr(found, kind) == lines
    assert lines == [] or getattr(found, kind)
    assert sum(map(len, found)) == len(getattr(found, kind))


def test_a_setting_under_its_old_name_is_the_same_setting():
    """How often the solver is bound anew decides bits: it is none of the checkpoints' harmless settings."""
    old = OLD + "[checkpoint]\nevery = 50\n"
    same, other = (OLD + f"[stepping]\nrebind_every = {number}\n[checkpoint]\n" for number in (50, 10))
    assert differences(old, same) == ([], [], [])
    assert differences(old, other) == differences(same, other) == ([], ["stepping.rebind_every: 50 -> 10"], [])


def test_a_shortened_programme_is_another_run():
    step = '[[programme]]\nkind = "ramp"\n'
    assert differences(step * 2, step).forbidden == ['programme[1].kind: "ramp" -> not set']
    assert differences(step, step * 3)[0] == []


def test_more_cycles_are_a_longer_programme():
    cycles = '[[programme]]\nkind = "repeat"\ncount = {}\n[[programme.steps]]\nkind = "sweep"\npeak = "{} V"\n'
    hold = '[[programme]]\nkind = "hold"\n'
    three = cycles.format(3, 2)
    found = differences(three, cycles.format(5, 2))
    assert found == ([], [], ["programme[0].count: 3 -> 5"])
    assert differences(three, three + hold).forbidden == []
    for other in (cycles.format(2, 2), cycles.format(5, 3), hold + three):
        assert differences(three, other).forbidden
    assert differences(three + hold, cycles.format(5, 2) + hold).forbidden == ["programme[0].count: 3 -> 5"]


def test_effective_configurations_can_be_compared():
    from ecmsim.config import load_config

    path = ROOT / "configs" / "cu_sio2_pt.toml"
    text = load_config(path).to_toml()
    assert differences(text, text) == ([], [], [])
    changed = load_config(path, ["compliance.current=10 uA", "mesh.turning=0.2", "title=x"]).to_toml()
    found = differences(text, changed)
    assert [len(lines) for lines in found] == [1, 1, 1]
    assert found.forbidden[0].startswith("compliance.current: ")
