"""Reading a run's folder: nothing that writes is imported, nothing is written, libraries come when they are needed."""

import json
import subprocess
import sys
import textwrap

import pytest
from helpers.paths import ROOT
from helpers.synthetic import write_run

import ecmsim.results
from ecmsim.results import Checkpoints
from ecmsim.results.folder import CHECKPOINTS, PROVENANCE

# The files of ecmsim/results that create, change, lock or remove files; whatever else does so goes through `files`.
WRITING = {"checkpoint", "files", "history", "lines", "links", "lock", "marks", "writer"}


def told_by(code):
    """What a new process prints that runs the code."""
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=1500)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize("code", ["import ecmsim.results.reader", "from ecmsim.results import open_run"])
def test_reading_imports_nothing_that_writes(code):
    loaded = told_by(f"""
        import sys
        {code}
        print(*(name for name in sys.modules if name.startswith("ecmsim.results.")))
        """)
    names = {name.removeprefix("ecmsim.results.") for name in loaded}
    assert {"reader", "history_reader", "checkpoint_reader"} <= names
    assert not names & WRITING
    assert all((ROOT / "ecmsim" / "results" / f"{name}.py").is_file() for name in WRITING)  # none has another name now


def test_importing_the_package_imports_no_part_of_it():
    code = 'import sys, ecmsim.results; print(*(name for name in sys.modules if name.startswith("ecmsim.results.")))'
    assert told_by(code) == []


def test_every_name_of_the_package_is_there():
    assert {"open_run", "Run", "RunWriter", "Checkpoints", "COLUMNS"} <= set(ecmsim.results.__all__)
    assert all(getattr(ecmsim.results, name) is not None for name in ecmsim.results.__all__)


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match=r"'ecmsim.results' has no attribute 'nothing'"):
        _ = ecmsim.results.nothing


@pytest.mark.slow
def test_reading_all_of_a_run_changes_no_file(tmp_path):
    """Python tells what is opened for writing, renamed, removed or made; nothing of it lies in the run's folder."""
    folder = write_run(tmp_path / "run")
    Checkpoints(folder / CHECKPOINTS).write({"number": 5})
    provenance = json.loads((folder / PROVENANCE).read_text())
    (folder / PROVENANCE).write_text(json.dumps(provenance | {"status": "stopped"}))
    seen = told_by(f"""
        import os, sys
        folder, changes = {str(folder)!r}, []
        CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "os.symlink", "os.chmod")

        def watch(event, arguments):
            writing = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
            if (writing or event in CHANGES) and str(arguments[0]).startswith(folder):
                changes.append(event)

        sys.addaudithook(watch)
        from ecmsim.results import open_run
        from ecmsim.results.checkpoint_reader import CheckpointReader
        run = open_run(folder)
        for part in (run.timeseries, run.events, run.outlines, run.snapshots, run.config, run.provenance):
            assert len(part)
        assert run.resumable and run.regimes.y_time and run.snapshots[0].read().points.size
        assert CheckpointReader(folder + "/checkpoints").read().content == {{"number": 5}}
        assert not changes, changes
        open(folder + "/new", "w")  # it would have been noticed
        print(*changes)
        """)
    assert seen == ["open"]
