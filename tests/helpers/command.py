"""The command line in the process of the tests, which need not start an interpreter and its libraries each time."""

import io
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from subprocess import CompletedProcess
from unittest.mock import patch

from ecmsim.commands.cli import main
from helpers.paths import ROOT


def ecmsim(*words):
    """Do a command in the folder of the repository; what it says and its exit code, as of a process of its own."""
    out, err = io.StringIO(), io.StringIO()
    command = ["ecmsim", *map(str, words)]
    with chdir(ROOT), patch.object(sys, "argv", command), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = ended.code or 0
    return CompletedProcess(command, code, out.getvalue(), err.getvalue())
