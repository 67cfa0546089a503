"""A process that has loaded all that a run of the reduced model needs, and forks for each case of a study.

    python -m ecmsim.commands.nursery SOCKET

SOCKET: number of an open socket, over which ecmsim.study.nursery asks: a line of JSON, the command line of a case, and
with it the file that takes up what the case says. The answers are lines, too: {"pid": …} at once, and
{"pid": …, "code": …} when it has ended. A case so born is a process of its own, as one that a shell had started.
"""

import atexit
import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys


def main(number):
    """Serve until nobody asks any more and all have ended; true in each case, whose command line sys.argv is then."""
    import mpi4py

    mpi4py.rc.initialize = False  # MPI does not outlive a fork: each case begins it anew
    from ecmsim.commands import cli  # noqa: F401
    from ecmsim.config import Config
    from ecmsim.errors import EcmsimError
    from ecmsim.models.reduced import ReducedSimulation
    from ecmsim.running import progress, run  # noqa: F401

    ReducedSimulation.prepare()
    with contextlib.suppress(EcmsimError):
        Config.from_toml("")  # which makes its classes ready
    gc.freeze()  # what is there is there for all
    asked, awake = socket.socket(fileno=int(number)), socket.socketpair()
    for end in awake:
        end.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(awake[1].fileno(), warn_on_full_buffer=False)
    living, open_ = set(), True
    while open_ or living:
        ready, _, _ = select.select([awake[0], *([asked] if open_ else [])], [], [])
        if awake[0] in ready:
            awake[0].recv(4096)
        for pid in list(living):
            if (ended := os.waitpid(pid, os.WNOHANG))[0]:
                living.discard(pid)
                _say(asked, {"pid": pid, "code": os.waitstatus_to_exitcode(ended[1])})
        if asked in ready:
            request, output = _heard(asked)
            if request is None:
                open_ = False
                continue
            pid = os.fork()
            if not pid:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for end in (asked, *awake):
                    end.close()
                _be(request, output)
                return True
            os.close(output)
            living.add(pid)
            _say(asked, {"pid": pid})
    return False


def _heard(asked):
    """A command line and a file's number; None twice where nobody asks any more."""
    text, files = b"", []
    while not text.endswith(b"\n"):
        piece, more, _, _ = socket.recv_fds(asked, 65536, 1)
        files += more
        if not piece:
            return None, None
        text += piece
    return json.loads(text), files[0]


def _say(asked, answer):
    try:
        asked.sendall(json.dumps(answer).encode() + b"\n", socket.MSG_NOSIGNAL)
    except OSError:  # who asked is gone; what was begun goes on
        pass


def _be(command, output):
    """Become the process that a command line, python -m ecmsim …, would have started."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(output)
    sys.orig_argv, sys.argv = command, command[2:]
    from mpi4py import MPI

    MPI.Init_thread()
    atexit.register(MPI.Finalize)


if __name__ == "__main__":
    if main(sys.argv[1]):
        from ecmsim.commands.cli import main

        try:
            main()
        except KeyboardInterrupt:
            sys.exit(130)
