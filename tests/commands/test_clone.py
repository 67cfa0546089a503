"""Commands whose code is in validation/: from anywhere in a clone, and missed with a remedy in an installed package."""

import os
import shutil
import subprocess
import sys
from types import ModuleType

import pandas as pd
import pytest
from helpers import synthetic
from helpers.paths import ROOT
from typer.testing import CliRunner

import ecmsim
from ecmsim.commands import clone
from ecmsim.commands.cli import app
from ecmsim.errors import ConfigError


def start(folder, *arguments, package):
    """The command line in a process of its own in a folder, with the package in another one."""
    return subprocess.run(
        [sys.executable, "-m", "ecmsim", *map(str, arguments)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
        timeout=1500,
    )


@pytest.fixture
def linked(tmp_path):
    """A folder with a link to the package in the clone, of which Python does not see the clone."""
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "ecmsim").symlink_to(ROOT / "ecmsim")
    return tmp_path / "linked"


@pytest.fixture
def work(tmp_path):
    """The user's folder, in which something else is called validation."""
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "validation.py").write_text('raise SystemExit("the validation of somebody else")\n')
    return tmp_path / "work"


@pytest.mark.slow
def test_the_validation_is_started_from_anywhere(linked, work):
    """Reads the clone's configurations and refuses to write a page without runs, with nothing half written."""
    process = start(work, "validate-paper", "--page", "--out", "page", "--runs", "none", package=linked)
    assert process.returncode == 2 and process.stdout == "", process.stderr
    missing = work / "none" / "paper" / "0000_case=reference"
    assert process.stderr == f"error: {missing} is missing: start ecmsim validate-paper again to go on\n"
    assert [path.name for path in work.iterdir()] == ["validation.py"]


@pytest.mark.slow
def test_a_table_of_devices_is_made_from_anywhere(linked, work):
    run = synthetic.write_stairs(work / "stairs")
    process = start(work, "quantum", "devices", run, "--out", "device.csv", package=linked)
    assert process.returncode == 0, process.stderr
    assert process.stdout.endswith("wrote device.csv\n") and len(pd.read_csv(work / "device.csv")) == 1


# --- modules of the name ------------------------------------------------------------------------------------


def names():
    """The loaded modules of the name."""
    return {name: module for name, module in sys.modules.items() if name.split(".")[0] == "validation"}


@pytest.fixture
def alone(monkeypatch):
    """No module of the name is loaded, and none is found."""
    for name in names():
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if not os.path.isdir(os.path.join(path, "validation"))])


def test_nothing_stays_of_it(alone):
    before = list(sys.path)
    with clone.validation("it"):
        from validation.quantum import devices

        assert devices.TABLE == ROOT / "validation" / "quantum" / "device.csv"
    assert not names() and sys.path == before
    with pytest.raises(ModuleNotFoundError):
        import validation  # noqa: F401


def test_modules_of_somebody_else_are_there_again(alone, monkeypatch):
    theirs = {"validation": ModuleType("validation"), "validation.paper": ModuleType("validation.paper")}
    for name, module in theirs.items():
        monkeypatch.setitem(sys.modules, name, module)
    with pytest.raises(ZeroDivisionError), clone.validation("it"):
        from validation.paper import command

        assert command.OUT == ROOT / "validation" and command.RUNS == ROOT / "runs" / "validation"
        1 / 0  # noqa: B018
    assert names() == theirs


def test_the_clone_s_own_modules_are_used_where_they_are_loaded():
    from validation.quantum import table

    before = names()
    with clone.validation("it"):
        assert sys.modules["validation.quantum.table"] is table
    assert names() == before


# --- without a clone ----------------------------------------------------------------------------------------


def test_an_installed_package_says_what_to_do(tmp_path, work):
    """In one line, with exit code 2; the rest of the command line works."""
    site = tmp_path / "site-packages"
    shutil.copytree(ROOT / "ecmsim", site / "ecmsim", ignore=shutil.ignore_patterns("__pycache__"))
    process = start(work, "validate-paper", package=site)
    assert process.returncode == 2 and process.stdout == ""
    assert process.stderr.count("\n") == 1 and process.stderr.startswith("error: ecmsim validate-paper needs a clone ")
    assert str(site) in process.stderr and "clone the repository and start ./ecm validate-paper" in process.stderr


@pytest.mark.parametrize("command", ["quantum facts", "quantum devices run", "validate-paper --page"])
def test_every_command_that_needs_a_clone_says_so(tmp_path, monkeypatch, command):
    monkeypatch.setattr(ecmsim, "__file__", str(tmp_path / "ecmsim" / "__init__.py"))
    (tmp_path / "validation").mkdir()  # of somebody else
    (tmp_path / "validation" / "__init__.py").write_text("raise SystemExit")
    with pytest.raises(ConfigError, match="needs a clone of ecmsim's repository"):
        CliRunner().invoke(app, command.split(), catch_exceptions=False)
    assert "Needs a clone of the repository" in CliRunner().invoke(app, [*command.split(), "--help"]).output
