"""Cases born of the nursery's process: like processes that were started one by one, and without it if need be."""

import os
import signal
import subprocess
import sys
import time

import pytest

from ecmsim.study.child import Control, environment
from ecmsim.study.nursery import Nursery

ECMSIM = [sys.executable, "-m", "ecmsim"]
RUN = ["run", "configs/quick.toml", "--reduced", "--until", "0.1 s"]


@pytest.fixture(scope="module")
def nursery():
    found = Nursery(environment(os.environ))
    yield found
    found.close()


def told(nursery, path, *arguments):
    """Exit code of a case and what it says, into a file."""
    with open(path, "ab") as log:
        process = nursery.born([*ECMSIM, *arguments], log)
    return process.wait(300), path.read_text()


@pytest.mark.slow
def test_a_case_says_what_it_says_and_ends_with_its_code(nursery, tmp_path):
    code, text = told(nursery, tmp_path / "log", "--version")
    assert code == 0 and text.startswith("ecmsim ")
    code, text = told(nursery, tmp_path / "log", "run", "nowhere.toml")
    assert code == 2 and "error: " in text and text.startswith("ecmsim ")


@pytest.mark.slow
def test_a_case_leaves_the_bytes_of_a_run_alone(nursery, tmp_path):
    code, text = told(nursery, tmp_path / "log", *RUN, "--out", str(tmp_path / "born"))
    assert code == 0, text
    subprocess.run([*ECMSIM, *RUN, "--out", str(tmp_path / "alone")], check=True, capture_output=True)
    for name in ("timeseries.csv", "events.csv", "config.toml"):
        assert (tmp_path / "born" / name).read_bytes() == (tmp_path / "alone" / name).read_bytes()
    assert "-m ecmsim run" in (tmp_path / "born" / "provenance.json").read_text()


@pytest.mark.slow
def test_a_case_can_be_stopped_and_leads_its_own_session(nursery, tmp_path):
    with open(tmp_path / "log", "ab") as log:
        process = nursery.born([*ECMSIM, "run", "configs/quick.toml", "--reduced", "--out", str(tmp_path / "run")], log)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.0)
    while not (tmp_path / "run" / "timeseries.csv").exists():
        assert process.returncode is None, (tmp_path / "log").read_text()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.05)
    assert os.getsid(process.pid) == process.pid
    process.terminate()
    assert process.wait(300) == 75 and "ecmsim resume" in (tmp_path / "log").read_text()


@pytest.mark.slow
def test_a_case_whose_end_nobody_would_tell_is_ended(tmp_path):
    nursery = Nursery(environment(os.environ))
    with open(tmp_path / "log", "ab") as log:
        process = nursery.born([*ECMSIM, "run", "configs/quick.toml", "--reduced", "--out", str(tmp_path / "run")], log)
    os.kill(nursery._process.pid, signal.SIGKILL)
    assert process.wait(300) == -signal.SIGKILL
    for _ in range(1000):  # until the system has taken it away
        if not os.path.exists(f"/proc/{process.pid}") or "Z" in open(f"/proc/{process.pid}/stat").read().split()[2]:
            break
        time.sleep(0.05)
    else:
        pytest.fail("it runs on")
    nursery.close()


@pytest.mark.slow
def test_where_the_nursery_is_gone_a_case_gets_a_process_of_its_own(tmp_path):
    """Also in a program that has loaded PETSc, which ends it when a pipe breaks unless told not to."""
    from petsc4py import PETSc  # noqa: F401

    control = Control()
    options = {"env": environment(os.environ), "start_new_session": True}
    with open(tmp_path / "log", "ab") as log:
        with control.child([*ECMSIM, "--version"], forked=True, stdout=log, stderr=log, **options) as process:
            assert process.wait(300) == 0 and not isinstance(process, subprocess.Popen)
        os.kill(control._nursery._process.pid, signal.SIGKILL)
        control._nursery._process.wait()
        with control.child([*ECMSIM, "--version"], forked=True, stdout=log, stderr=log, **options) as process:
            assert process.wait(300) == 0 and isinstance(process, subprocess.Popen)
    control.close()
    assert (tmp_path / "log").read_text().count("ecmsim ") == 2
