"""What a run writes, file by file: texts and numbers as before; when it goes to the disk; which checkpoints stay."""

import csv
import errno
import fcntl
import io
import json
import os
import struct
import zlib
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest
from helpers import rows, tiny
from helpers.kept import unchanged

from ecmsim.errors import ResultsError
from ecmsim.results import RunWriter, columns, holder, lines, lock, open_run, provenance
from ecmsim.results.checkpoint import Checkpoints
from ecmsim.results.checkpoint_content import decode, encode
from ecmsim.results.compatibility import differences
from ecmsim.results.files import check_in_place, guarded, replace_file, sync_folder
from ecmsim.results.folder import checkpoint_number, is_run_folder, no_plain_file, run_files, snapshot_name
from ecmsim.results.history import lengths
from ecmsim.results.history_reader import FLAGS, WRITTEN, crc_of, lookup3
from ecmsim.results.lines_reader import lines_of, moments_of, numbers_of, table_of
from ecmsim.results.lock import FolderLock
from ecmsim.results.marks import check_lines


def test_the_files_of_a_run_are_those_of_before(tmp_path, monkeypatch, file_regression):
    """All texts; the bytes of others are as long as they were."""
    monkeypatch.setattr("ecmsim.results.writer.now", lambda: "2026-01-01T00:00:00+00:00")
    folder = tiny.write(tmp_path / "run", events=[(1, "a, b", 'with "quotes"'), (2, "c", "")])
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    texts = [" ".join(names)]
    for name in (
        "events.csv",
        "snapshots/index.csv",
        "provenance.json",
        "config.toml",
        f"snapshots/{snapshot_name(1, 'row 6')}",
    ):
        text = (folder / name).read_text()
        told = text[text.index("<FieldData>") : text.index("</FieldData>")] if name.endswith("vtu") else text
        texts.append(f"== {name}\n{told}")
    unchanged(file_regression, "\n".join(texts))
    with h5py.File(folder / "history.h5", "r", swmr=True) as file:
        assert file.attrs["format"] == "ecmsim run" and file.attrs["version"] == 1
        assert file["outline/offset"][:].tolist() == [0, 3, 6, 9, 12] and file["electrode/offset"][:].tolist() == [
            0,
            2,
            4,
            6,
            8,
        ]
        assert file["outline/step"][:].tolist() == [0, 3, 6, 9] and file["outline/points"].attrs["unit"] == "nm"
        assert file["outline/points"].chunks == (1024, 2) and file["outline/time_s"].chunks == (1024,)
        assert np.isnan(file["outline/points"].fillvalue) and file["outline/step"].fillvalue == -1
        outline = tiny.outlines(3)
        assert file["outline/crc32"][1] == crc_of(1.5, 3, *outline)


def test_checksums_by_hand():
    points = np.array([[1.0, 2.0]])
    assert crc_of(0.5, 3, points, points) == zlib.crc32(struct.pack("<6d", 0.5, 3, 1, 2, 1, 2))


def test_the_superblock_of_a_real_file_has_that_checksum(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w", libver="latest"):
        pass
    head = (tmp_path / "x.h5").read_bytes()[:48]
    assert lookup3(head[:-4]) == int.from_bytes(head[-4:], "little")


def test_lengths_at_a_mark():
    found = lengths({"outlines": 3, "outline_points": 10, "electrode_points": 7})
    assert found.pop("outline/crc32") == 3 and found == {
        "outline/time_s": 3,
        "outline/step": 3,
        "outline/points": 10,
        "outline/offset": 4,
        "electrode/points": 7,
        "electrode/offset": 4,
    }


def test_checkpoints_keep_as_many_as_they_are_told(tmp_path):
    for keep in (1, 2, 3):
        kept = Checkpoints(tmp_path / str(keep), keep)
        for step in range(5):
            kept.write({"time_s": np.float64(step / 2), "step": step, "x": np.arange(3)})
        names = sorted(path.name for path in (tmp_path / str(keep)).glob("*.h5"))
        assert names == [f"{number:06d}.h5" for number in range(6 - keep, 6)]
        pointer = json.loads((tmp_path / str(keep) / "latest.json").read_text())
        assert (pointer["file"], pointer["time_s"], pointer["step"]) == ("000005.h5", 2.0, 4)
        assert pointer["size"] == (tmp_path / str(keep) / "000005.h5").stat().st_size and len(pointer["sha256"]) == 64
    for keep in (0, -1):
        with pytest.raises(ValueError, match="at least one"):
            Checkpoints(tmp_path, keep)
    kept.rewind(tmp_path / "3/000004.h5")
    assert kept.read().content["step"] == 3 and kept.write({"step": 9}).name == "000005.h5"
    (tmp_path / "3/000005.h5").unlink()
    assert kept.write({"step": 10}).name == "000006.h5"  # not a number that was given before


def test_checkpoints_that_are_there_count_for_who_goes_on(tmp_path):
    """Another process keeps the newest good ones of those it finds, and removes damaged and older ones."""
    first = Checkpoints(tmp_path, 5)
    for step in range(5):
        first.write({"step": step})
    (tmp_path / "000004.h5").write_bytes(b"damaged")
    (tmp_path / ".000003.h5.tmp").write_bytes(b"left by a kill")
    again = Checkpoints(tmp_path, 3)
    assert again.write({"step": 5}) == tmp_path / "000006.h5" and again.newest() == tmp_path / "000006.h5"
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["000003.h5", "000005.h5", "000006.h5", "latest.json"]
    again.write({"step": 6})
    assert sorted(path.name for path in tmp_path.glob("*.h5")) == ["000005.h5", "000006.h5", "000007.h5"]


def test_what_a_checkpoint_holds_comes_back_as_what_it_was():
    """Types and values: edges of whole numbers, empty things, texts, nested ones."""
    content = {
        "whole": 2**63 - 1,
        "huge": 2**63,
        "least": -(2**63),
        "less": -(2**63) - 1,
        "true": True,
        "none": None,
        "text": "µ",
        "real": 0.1,
        "list": [1.0, 2.0],
        "texts": ("a", "b"),
        "mixed": [1, 2.0, "x", None, [True]],
        "empty": [],
        "none of them": (),
        "table": {"a": {}, "b": {"c": 1}},
        "scalar": np.float32(1.5),
        "array": np.arange(6, dtype=np.int16).reshape(2, 3),
        "flags": np.array([True, False]),
        "complex": np.array([1 + 2j]),
        "nothing": np.zeros((0, 2)),
    }
    found = decode(encode(content))
    assert found.keys() == content.keys()
    for name, value in content.items():
        assert type(found[name]) is type(value), name
        if isinstance(value, np.ndarray):
            assert found[name].dtype == value.dtype and np.array_equal(found[name], value), name
        else:
            assert found[name] == value, name
    assert [type(item) for item in found["mixed"]] == [type(item) for item in content["mixed"]]
    for wrong in ({5: 1}, {"": 1}, {"..": 1}, {"a/b": 1}, {"a\0": 1}):
        with pytest.raises(ValueError, match="cannot name"):
            encode(wrong)
    for wrong in ({"a": object()}, {"a": np.array(["x"])}, {"a": {1, 2}}):
        with pytest.raises(TypeError, match="cannot be kept"):
            encode(wrong)


def test_lines_go_to_the_disk_once_a_second(tmp_path, monkeypatch):
    """At the first one, then whenever more than a second has passed; a mark brings what is new, and only that."""
    now, synced = [10.0], []
    monkeypatch.setattr(lines.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(lines.os, "fsync", lambda number: synced.append(now[0]))
    file = lines.LineFile(tmp_path / "x.csv", ["a", "b"])
    assert synced == [10.0]
    for at in (10.5, 11.0, 11.01, 11.9):
        now[0] = at
        file.write(f"{at},1\n")
    assert synced == [10.0, 11.01]
    size = file.mark()
    assert size == (tmp_path / "x.csv").stat().st_size and synced == [10.0, 11.01, 11.9]
    assert file.mark() == size and len(synced) == 3
    file.write_fields((1.5, 3, 'a, "b"', np.float64(0.1), "c"))
    file.close()
    assert len(synced) == 4 and (tmp_path / "x.csv").read_text().endswith('1.5,3,"a, ""b""",0.1,c\n')
    file.close()
    assert len(synced) == 4


def test_lines_are_read_as_they_were_written(tmp_path, file_regression):
    """Whole lines alone, with other columns, none, or damaged ones; numbers, texts and moments."""
    path, told = tmp_path / "x.csv", []
    names = {"time_s": "", "cycle": "", "x": ""}
    for text in (
        "time_s,cycle,x\n0,1,2.5\n1,2,nan\n",
        "time_s,cycle,x\n0,1,2.5\n1,2,na",
        "x,time_s,more\n5,0,7\n",
        "time_s,cycle,x\n0,nan,2\n",
        "time_s,cycle,x\n",
        "",
        "a,b\n1,2\n",
        "time_s,cycle,x\n0,1\n",
        "time_s,cycle,x\n0,1,y\n",
        "time_s,cycle,x\n0,1,2\n\0\0\0\n",
    ):
        path.write_text(text)
        for read in (numbers_of, table_of):
            try:
                found = read(path, names)
                said = {
                    name: [type(value).__name__[:3] + f" {value}" for value in found[name].tolist()] for name in found
                }
            except ResultsError as error:
                said = str(error).replace(str(tmp_path), ".")
            told.append(f"{text!r} {read.__name__}\n  {said}")
    unchanged(file_regression, "\n".join(told))
    path.unlink()
    assert lines_of(path, names) == b"time_s,cycle,x\n" and moments_of(path, ["a"]) == []
    path.write_text("time_s,step,event,detail\n1.5,3,a,one\n2.5,4,b,two\n3.5,5,a,\n")
    assert moments_of(path, ["a"]) == [(1.5, "one"), (3.5, "")]
    path.write_text("time_s,step,event,detail\nx,3,a,one\n")
    with pytest.raises(ResultsError, match="is damaged"):
        moments_of(path, ["a"])


def test_a_lock_is_tried_five_times(tmp_path, monkeypatch):
    """A reader that looks at it holds it for a moment; who keeps it is named."""
    slept = []
    monkeypatch.setattr(lock.time, "sleep", slept.append)
    held = open(tmp_path / ".lock", "w+")
    held.write(json.dumps({"host": "there", "process": 12}))
    held.flush()
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(ResultsError, match="is being written by process 12 on there: wait for it or stop it"):
        FolderLock(tmp_path)
    assert slept == [0.02] * 4 and holder.writer_of(tmp_path) == {"host": "there", "process": 12}
    held.close()
    own = FolderLock(tmp_path)
    assert holder.holder_of(tmp_path / ".lock")["process"] == os.getpid()
    own.release()
    assert not (tmp_path / ".lock").exists() and holder.writer_of(tmp_path) is None
    own.release()


def test_who_has_gone_by_hand(monkeypatch):
    here = {"host": holder.socket.gethostname(), "process": os.getpid()}
    assert not holder.process_is_gone(here) and holder.may_live(here) and not holder.may_live({})
    gone = here | {"process": 2**22 - 3}
    monkeypatch.setattr(
        holder.os, "kill", lambda pid, number: (_ for _ in ()).throw(ProcessLookupError) if pid > 4e6 else None
    )
    assert holder.process_is_gone(gone) and not holder.may_live(gone)
    assert not holder.process_is_gone(gone | {"host": "there"}) and not holder.process_is_gone({"host": here["host"]})
    assert not holder.process_is_gone(gone | {"resumed": [gone, here]}) and holder.process_is_gone(
        here | {"resumed": [here, gone]}
    )
    assert holder.described({}) == "another process" and holder.described(gone).startswith("process 4194301 on ")

    def forbidden(pid, number):
        assert number == 0  # only asks
        raise PermissionError

    monkeypatch.setattr(holder.os, "kill", forbidden)
    assert not holder.process_is_gone(gone)


def test_refusals_of_the_disk_say_what_helps(tmp_path):
    for error, said in (
        (OSError(errno.ENOSPC, "full"), "full; free some space there or choose another folder"),
        (OSError(errno.EDQUOT, "quota"), "quota; free some space"),
        (OSError(errno.ELOOP, "loop"), "it is a symbolic link; remove it or choose"),
        (OSError(errno.ENOENT, "gone"), "gone; the folder was removed or has become unreachable"),
        (OSError(errno.EACCES, "no"), "no; choose another folder"),
        (RuntimeError("HDF5 says errno = 28, more"), "No space left on device; free some space"),
        (RuntimeError("odd"), "odd; choose another folder"),
    ):
        with pytest.raises(ResultsError, match=f"cannot write x: {said}"), guarded("x"):
            raise error
    replace_file(tmp_path / "a", b"1")
    (tmp_path / ".a.tmp").write_text("left by a kill")
    replace_file(tmp_path / "a", b"22")
    assert (tmp_path / "a").read_bytes() == b"22" and [path.name for path in tmp_path.iterdir()] == ["a"]
    with open(tmp_path / "a") as file:
        check_in_place(tmp_path / "a", file.fileno())
        replace_file(tmp_path / "a", b"3")
        with pytest.raises(OSError, match=os.strerror(errno.ESTALE)):
            check_in_place(tmp_path / "a", file.fileno())


def test_a_file_system_that_cannot_sync_a_folder_is_forgiven(monkeypatch, tmp_path):
    for number, forgiven in ((errno.EINVAL, True), (errno.ENOTSUP, True), (errno.ENOSYS, True), (errno.EIO, False)):

        def refuses(path, number=number):
            raise OSError(number, "no")

        monkeypatch.setattr("ecmsim.results.files.sync_file", refuses)
        if forgiven:
            sync_folder(tmp_path)
        else:
            with pytest.raises(OSError):
                sync_folder(tmp_path)


def test_names_in_the_folder_by_hand(tmp_path):
    assert (
        snapshot_name(7, "1 µA, 2 kΩ") == "0007_1-uA-2-kohm.vtu" and snapshot_name(12345, "///") == "12345_snapshot.vtu"
    )
    for name, number in (
        ("000012.h5", 12),
        ("1234567.h5", 1234567),
        ("00012.h5", None),
        ("000012.h5.tmp", None),
        ("x.h5", None),
    ):
        assert checkpoint_number(Path(name)) == number
    folder = tiny.write(tmp_path / "run")
    (folder / "own.txt").write_text("the user's")
    (folder / ".events.csv.tmp").write_text("")
    found = {path.relative_to(folder).as_posix() for path in run_files(folder)}
    assert found >= {"timeseries.csv", "history.h5", "config.toml", ".events.csv.tmp", "snapshots/index.csv"}
    assert not found & {"own.txt", "provenance.json"} and is_run_folder(folder) and not is_run_folder(tmp_path)
    assert no_plain_file(folder) is None
    (folder / "events.csv").unlink()
    (folder / "events.csv").mkdir()
    assert no_plain_file(folder) == folder / "events.csv"


def test_a_mark_needs_all_that_it_counts(tmp_path):
    """Sizes and lines to the byte: one less, or another end of a line, is refused."""
    run = RunWriter(tmp_path / "run", config_text=rows.CONFIG, provenance={})
    for step in range(3):
        run.outline(step, step, *rows.outline_of(step))
        run.step(rows.row(step, time_s=float(step)))
    mark = run.mark()
    run.finish("stopped")
    assert mark["steps"] == 3 and mark["time_s"] == 2.0 and mark["outlines"] == 3 and mark["snapshots"] == 0
    assert mark["outline_points"] == 20 + 21 + 22 and mark["electrode_points"] == 6
    check_lines(tmp_path / "run", mark)
    series = tmp_path / "run/timeseries.csv"
    data = series.read_bytes()
    for wrong in (data[:-1], data[:-1] + b" ", data.replace(b"\n", b" ", 1)[:-1] + b"\n", b"x" + data[1:]):
        series.write_bytes(wrong)
        with pytest.raises(ResultsError):
            check_lines(tmp_path / "run", mark)
    series.write_bytes(data + b"more\n")
    check_lines(tmp_path / "run", mark)
    for name in mark:
        with pytest.raises(ResultsError, match="another version"):
            check_lines(tmp_path / "run", {key: value for key, value in mark.items() if key != name})
    with pytest.raises(ResultsError, match="bytes"):
        check_lines(tmp_path / "run", mark | {"events_bytes": mark["events_bytes"] + 1})
    with pytest.raises(ResultsError, match="lines"):
        check_lines(tmp_path / "run", mark | {"steps": 4})


def test_rows_are_written_bit_by_bit():
    row = rows.row(1, current_A=0.1 + 0.2, cycle=3.0)
    cells = dict(zip(columns.COLUMNS, next(csv.reader(io.StringIO(columns.format_row(row)))), strict=True))
    assert (
        cells["current_A"] == "0.30000000000000004" and cells["cycle"] == "3" and columns.format_row(row).endswith("\n")
    )
    with pytest.raises(ValueError, match=r"missing \['current_A'\], unknown \['x'\]"):
        columns.check_row({key: 0 for key in row if key != "current_A"} | {"x": 1})


def test_provenance_by_hand(monkeypatch):
    found = provenance.collect({"versions": {"petsc": "own"}, "more": 1}, ranks=3)
    assert (
        found["ranks"] == 3
        and found["more"] == 1
        and found["versions"]["petsc"] == "own"
        and found["versions"]["python"]
    )
    assert found["process"] == os.getpid() and found["cpu_count"] == os.cpu_count() and "T" in found["start_time"]
    assert provenance.collect()["ranks"] == 1 and list(found)[0] == "versions"
    state = {"ls-files": "", "rev-parse": "abc", "status": " M x"}

    def git(command, **options):
        assert options["check"] and options["text"] and options["capture_output"]
        return SimpleNamespace(stdout=state[command[3]] + "\n")

    monkeypatch.setattr(provenance.subprocess, "run", git)
    assert provenance.git_state(Path("/x/y.py")) == {"commit": "abc", "dirty": True}
    state["status"] = ""
    assert provenance.git_state(Path("/x/y.py")) == {"commit": "abc", "dirty": False}


def test_what_differs_is_told_as_before(file_regression):
    base = (
        'title = "a"\n[cell]\nradius = "25 nm"\n[mesh]\ngrowth = 0.3\n[[programme]]\nkind = "hold"\nduration = "1 s"\n'
    )
    told = []
    for old, new in (
        ("", ""),
        ('"25 nm"', '{value = "25 nm", label = "fitted", source = "x"}'),
        ('"25 nm"', '"50 nm"'),
        ("0.3", "0.4"),
        ('title = "a"', 'title = "b"'),
        ('duration = "1 s"\n', 'duration = "1 s"\n[[programme]]\nkind = "hold"\nduration = "2 s"\n'),
        ('duration = "1 s"\n', 'duration = "2 s"\n'),
        ("[mesh]", '[circuit]\ncapacitance = "1 pF"\n[mesh]'),
        ('title = "a"', 'title = "a"\nmodel = "reduced"'),
        ('title = "a"', 'title = "a"\nmodel = "full"'),
        ("[mesh]", '[contact]\natoms = "mean"\nseed = 0\n[mesh]'),
        ("[mesh]", '[contact]\natoms = "drawn"\nseed = 0\n[mesh]'),
        ("[mesh]", '[laws.hopping]\nlaw = "a/x.py:Law"\n[mesh]'),
        ("[mesh]", "[unheard_of]\nx = true\ny = [1, 2]\n[mesh]"),
    ):
        changed = base.replace(old, new) if old else base
        told.append(f"{new!r}: {differences(base, changed)}\n  back: {differences(changed, base)}")
    laws = base.replace("[mesh]", '[laws.hopping]\nlaw = "a/x.py:Law"\n[mesh]')
    told.append(str(differences(laws, laws.replace("a/x.py", "b/y.py"))))
    unchanged(file_regression, "\n".join(told))


def test_a_run_that_is_going_on_or_has_lost_something_is_told(tmp_path, caplog):
    """Outlines that lack at the end, by more than lie between two of them elsewhere, and rows without any."""
    folder = tiny.write(tmp_path / "run", snapshots=(), finish=True)
    assert len(open_run(folder).outlines) == 4 and not caplog.records
    series = (folder / "timeseries.csv").read_text()
    last = series.splitlines()[-1]
    for more, told in ((2, False), (3, False), (4, True)):
        caplog.clear()
        (folder / "timeseries.csv").write_text(series + f"{last}\n" * more)
        assert len(open_run(folder).outlines) == 4 and bool(caplog.records) is told, more
    caplog.clear()
    (folder / "timeseries.csv").write_text("\n".join(series.splitlines()[:6]) + "\n")
    assert open_run(folder).outlines.step.tolist() == [0, 3] and len(caplog.records) == 1
    (folder / "timeseries.csv").write_text("\n".join(series.splitlines()[:8]) + "\n")
    caplog.clear()
    assert open_run(folder).outlines.step.tolist() == [0, 3, 6] and not caplog.records


def test_a_run_that_is_being_written_is_read_as_far_as_it_is(tmp_path):
    """Its file says that it is open for writing by SWMR, which a reader has to go along with; a closed one does not."""
    run = RunWriter(tmp_path / "run", config_text=rows.CONFIG, provenance={})
    for step in range(3):
        run.outline(step, step, *rows.outline_of(step))
        run.step(rows.row(step, time_s=float(step)))
    flags = (tmp_path / "run/history.h5").read_bytes()[FLAGS]
    assert flags & WRITTEN == WRITTEN == 5 and len(open_run(tmp_path / "run").outlines) == 3
    assert np.array_equal(open_run(tmp_path / "run").outlines[2].points, rows.outline_of(2)[0])
    run.finish("finished")
    assert (
        not (tmp_path / "run/history.h5").read_bytes()[FLAGS] & WRITTEN
        and len(open_run(tmp_path / "run").outlines) == 3
    )
