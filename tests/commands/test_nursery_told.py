"""The process that cases are born of, part by part: how it hears, answers, and what a case is made of."""

import json
import os
import signal
import socket
import sys
import threading

import pytest

from ecmsim.commands import nursery
from ecmsim.study.child import environment
from ecmsim.study.nursery import Nursery

COMMAND = ["python", "-m", "ecmsim", "run", "x" * 300]


@pytest.fixture
def ends():
    """Two ends of a socket."""
    pair = socket.socketpair()
    yield pair
    for end in pair:
        end.close()


def test_a_line_is_heard_whole_with_its_file(ends, tmp_path):
    """Also where it comes in pieces, of which only the first brings the file; nothing is heard where nobody asks."""
    here, there = ends
    line = json.dumps(COMMAND).encode() + b"\n"
    with open(tmp_path / "log", "w") as log:
        socket.send_fds(there, [line[:7]], [log.fileno()])
        rest = threading.Thread(target=there.sendall, args=(line[7:],))
        rest.start()
        command, number = nursery._heard(here)
        rest.join()
        assert command == COMMAND and os.path.samestat(os.fstat(number), os.fstat(log.fileno()))
        os.close(number)
    there.sendall(line[:5])
    there.shutdown(socket.SHUT_WR)
    assert nursery._heard(here) == (None, None)


def test_answers_are_lines_and_nobody_need_listen(ends):
    here, there = ends
    nursery._say(here, {"pid": 5})
    nursery._say(here, {"pid": 5, "code": 0})
    assert there.recv(4096) == b'{"pid": 5}\n{"pid": 5, "code": 0}\n'
    there.close()
    nursery._say(here, {"pid": 6})


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_case_becomes_what_a_shell_would_have_started(tmp_path, monkeypatch):
    """In a child of its own: a session, nothing to read, both outputs in its file, the command line, MPI that ends."""
    told = tmp_path / "told.json"
    with open(tmp_path / "log", "w") as log:
        output = os.dup(log.fileno())
    calls = []
    monkeypatch.setattr("mpi4py.MPI.Init_thread", lambda: calls.append("begun"))
    monkeypatch.setattr(nursery.atexit, "register", lambda function: calls.append(function.__name__))
    child = os.fork()
    if not child:
        try:
            nursery._be(COMMAND, output)
            os.write(1, b"to 1 ")
            os.write(2, b"to 2")
            found = {"own": os.getsid(0) == os.getpid(), "read": os.read(0, 1).decode(), "argv": sys.argv}
            found |= {"whole": sys.orig_argv, "calls": calls}
            try:
                os.fstat(output)
            except OSError:
                found |= {"closed": True}
            told.write_text(json.dumps(found))
        finally:
            os._exit(0)
    os.close(output)
    os.waitpid(child, 0)
    found = json.loads(told.read_text())
    assert found == {"own": True, "read": "", "argv": COMMAND[2:], "whole": COMMAND, "calls": ["begun", "Finalize"]} | {
        "closed": True
    }
    assert (tmp_path / "log").read_text() == "to 1 to 2"


@pytest.mark.slow
def test_cases_are_born_side_by_side_and_their_ends_are_told(tmp_path):
    """Two at once, one of which is ended by a signal; when nobody asks any more the process ends with the last."""
    place = Nursery(environment(os.environ))
    try:
        with open(tmp_path / "log", "wb") as log:
            good = place.born([sys.executable, "-m", "ecmsim", "--version"], log)
            bad = place.born([sys.executable, "-m", "ecmsim", "run", "nowhere.toml"], log)
            assert good.wait(300) == 0 and bad.wait(300) == 2 and good.pid != bad.pid
            gone = place.born(
                [sys.executable, "-m", "ecmsim", "run", "configs/quick.toml", "--out", str(tmp_path / "r")], log
            )
            gone.send_signal(signal.SIGKILL)
            assert gone.wait(300) == -signal.SIGKILL
    finally:
        place.close()
    assert place._process.returncode == 0
