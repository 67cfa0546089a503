"""Cases of the reduced model born of one process that has loaded everything (ecmsim.commands.nursery).

An interpreter, its libraries and the classes of the configuration take longer to load than many a case to run.
"""

import array
import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading

MODULE = "ecmsim.commands.nursery"


class Born:
    """A process of the nursery, with what of subprocess.Popen a case needs."""

    def __init__(self, command, pid):
        self.args, self.pid, self.returncode = command, pid, None
        self._ended = threading.Event()

    def end(self, code):
        """It has ended, with an exit code as subprocess has it."""
        self.returncode = code
        self._ended.set()

    def wait(self, timeout=None):
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired(self.args, timeout)
        return self.returncode

    def send_signal(self, number):
        if self.returncode is None:
            os.kill(self.pid, number)

    def terminate(self):
        self.send_signal(signal.SIGTERM)


class Nursery:
    """The process, started with an environment; `born` starts a case in it."""

    def __init__(self, environment):
        self._socket, other = socket.socketpair()
        with other:
            command = (sys.executable, "-m", MODULE, str(other.fileno()))
            options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            options |= {"pass_fds": (other.fileno(),), "env": environment, "start_new_session": True}
            self._process = subprocess.Popen(command, **options)
        self._living, self._pids, self._lock = {}, queue.Queue(), threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()

    def born(self, command, output):
        """A case with its command line and the open file that it writes to; None where the nursery cannot do it.

        Without a signal, which PETSc, where it is loaded, takes for the end of the program.
        """
        with self._lock:
            try:
                # Not by socket.send_fds, which leaves out its flags.
                told = socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [output.fileno()])
                self._socket.sendmsg([json.dumps(command).encode() + b"\n"], [told], socket.MSG_NOSIGNAL)
            except OSError:
                return None
            return self._pids.get()

    def close(self):
        """Let the process end with the last of its cases, and wait for that."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
        self._process.wait()

    def _listen(self):
        with self._socket.makefile(encoding="utf-8") as answers:
            for line in answers:
                answer = json.loads(line)
                pid, code = answer["pid"], answer.get("code")
                if code is not None:
                    self._living.pop(pid).end(code)
                else:
                    self._living[pid] = Born((), pid)
                    self._pids.put(self._living[pid])
        self._pids.put(None)  # for who still waits
        for process in self._living.values():  # whose ends nobody tells any more: a second one could run beside it
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            process.end(-signal.SIGKILL)
