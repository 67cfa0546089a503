"""What is asked for and makes no sense is refused, in one line; what the system refuses is told in one line, too."""

import errno
import os
import re
import subprocess
import sys

import pytest
from helpers.paths import QUICK, ROOT
from typer.testing import CliRunner

from ecmsim.commands.cli import app
from ecmsim.config import units
from ecmsim.errors import ConfigError, EcmsimError, refusal_of_the_system

TRAJECTORY = ["quantum", "trajectory", "--out", "x.csv"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["run", str(QUICK), "--until=-1 s"], "must be greater than 0 s"),
        (["run", str(QUICK), "--until="], "expected a time"),
        (["resume", "runs/x", "--until="], "expected a time"),
        (["benchmark", str(QUICK), "--until=-1 s"], "must be greater than 0 s"),
        (["mesh", str(QUICK), "--time", "1 s"], "give --run as well"),
        ([*TRAJECTORY, "--settle", "60 ps"], "must be less than --time"),
        ([*TRAJECTORY, "--separation=-1 nm"], "must be more than 0"),
        ([*TRAJECTORY, "--separation="], "expected a length"),
        ([*TRAJECTORY, "--bias", "1e9 V"], "must be from -10 V to 10 V"),
        (["validate", "configs/studies/icc_series.toml"], "is a study, not a configuration: ecmsim sweep"),
        (["validate", "configs/calibration/cu_sio2_pt.toml"], "is a calibration, not a .*: ecmsim calibrate"),
        (["validate", str(QUICK), "--set", "compliance.current=1e-30 A"], "must be at least 1e-18 A"),
        (
            ["validate", str(QUICK), "--set", 'compliance={kind="series_resistor", resistance="1e30 ohm"}'],
            "must be at most",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(words, told, monkeypatch):
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(app, words)
    assert isinstance(done.exception, EcmsimError) and done.exception.exit_code == 2
    with pytest.raises(ConfigError, match=told):
        raise done.exception


def test_little_memory_says_nothing_of_a_unit(monkeypatch):
    def no_registry():
        raise MemoryError

    units._parse.cache_clear()
    monkeypatch.setattr(units, "_registry", no_registry)
    with pytest.raises(MemoryError):
        units.convert("1", "parsec", "nm")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MemoryError(), "not enough memory"),
        (ImportError("libx.so: failed to map segment from shared object"), "not enough memory"),
        (OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)), "not enough memory"),
        (PermissionError(errno.EACCES, "Permission denied", "/x/fenics/a.c"), "/x/fenics/a.c: .* XDG_CACHE_HOME"),
        (OSError(errno.ENOSPC, "No space left on device"), "the output: No space left"),
    ],
)
def test_what_the_system_refuses_is_told(error, told):
    """One line and exit code 2; anything else stays a defect with its traceback."""
    assert re.search(told, refusal_of_the_system(error))
    assert refusal_of_the_system(ValueError("x")) is None and refusal_of_the_system(FileNotFoundError(2, "x")) is None


def ended(*words, shell=""):
    """How the command line ends in a process of its own: exit code and what it says of errors."""
    command = f"{shell} {sys.executable} -m ecmsim {' '.join(words)}"
    done = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        timeout=1500,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    return done.returncode, done.stderr


def test_an_output_that_is_full():
    code, told = ended("validate --schema > /dev/full")
    assert code == 2 and told.splitlines() == ["error: cannot write or read the output: No space left on device"]


def test_an_output_that_nobody_reads():
    assert ended("validate --schema | head -n 1")[1] == ""


def test_a_working_folder_that_is_gone(tmp_path):
    (tmp_path / "gone").mkdir()
    code, told = ended("info", shell=f"cd {tmp_path}/gone && rmdir {tmp_path}/gone &&")
    assert code == 2 and told.splitlines()[-1].startswith("error: the working folder cannot be read")
    assert "Traceback" not in told


def test_an_interruption_while_the_command_line_is_loaded():
    code = "import sys, ecmsim.__main__ as m; sys.modules['ecmsim.commands.cli'] = type('X', (), {'main':\n"
    code += "staticmethod(lambda: (_ for _ in ()).throw(KeyboardInterrupt))})\nm.main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=1500)
    assert (done.returncode, done.stderr) == (130, "interrupted\n")
