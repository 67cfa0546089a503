"""The wheel: it is built, installed into an environment of its own, and does what an installed package can do."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from zipfile import ZipFile

import pytest
from helpers.paths import ROOT

import ecmsim

pytestmark = pytest.mark.slow
# What pip says where it cannot get the build backend: there is no network, or an index without it.
NO_BACKEND = ("No matching distribution", "Could not find a version", "Temporary failure in name resolution",
              "Failed to establish a new connection", "No module named 'hatchling'", "No module named pip")  # fmt: skip


def process(*command, **options):
    return subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=1500, **options)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this clone."""
    folder = tmp_path_factory.mktemp("wheel")
    built = process(sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "--wheel-dir", folder, ROOT)
    if built.returncode:
        for said in NO_BACKEND:
            if said in built.stderr:
                pytest.skip(f"the build backend cannot be had here: {said}")
    assert built.returncode == 0, built.stderr
    (found,) = folder.glob("ecmsim-*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A function that runs a command of an environment with nothing of this clone but its wheel."""
    place = tmp_path_factory.mktemp("environment")
    made = process(sys.executable, "-m", "venv", "--system-site-packages", "--without-pip", place)
    assert made.returncode == 0, made.stderr
    inner = {"base": str(place), "platbase": str(place)}
    site = Path(sysconfig.get_path("purelib", "venv", vars=inner))
    put = process(sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "-q", "--target", site, wheel)
    assert put.returncode == 0, put.stderr
    # The libraries of this environment, after its own: what of them an installation would fetch is not at stake here.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    def command(*words, code=None):
        script = "import sys; from ecmsim.commands.cli import main; sys.argv[0] = 'ecmsim'; main()"
        return process(place / "bin" / "python", "-c", code or script, *words, cwd=place, env=environment)

    command.place = place
    return command


def test_the_wheel_has_the_data_that_the_program_reads(wheel):
    names = set(ZipFile(wheel).namelist())
    for path in ROOT.glob("ecmsim/**/*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert path.relative_to(ROOT).as_posix() in names
    assert {"ecmsim/configs/quick.toml", "ecmsim/configs/protocols/endurance.toml"} <= names
    assert not [name for name in names if name.startswith(("tests/", "validation/", "docs/"))]


def test_it_imports_from_where_it_was_installed(installed):
    told = installed(code="import ecmsim; print(ecmsim.__file__); from ecmsim import fit, run, sweep; print(run)")
    assert told.returncode == 0, told.stderr
    assert Path(told.stdout.splitlines()[0]).is_relative_to(installed.place)


def test_the_command_tells_its_version(installed):
    told = installed("--version")
    assert told.returncode == 0 and ecmsim.__version__ in told.stdout, told.stderr


def test_a_run_of_the_reduced_model_and_a_look_at_it(installed):
    case = installed.place / "case.toml"
    case.write_text('extends = "ecmsim:quick"\n')
    done = installed("run", "--reduced", case, "--out", "run", "--until", "0.1 s", "-q")
    assert done.returncode == 0, done.stderr
    seen = installed("watch", "run", "--once")
    assert seen.returncode == 0 and "finished: t = 0.1 s, as asked for" in seen.stdout, seen.stderr
    page = installed(code="from ecmsim.watch.server import page; print(page()[:15].decode())")
    assert page.stdout.strip() == "<!doctype html>", page.stderr


def test_what_needs_a_clone_says_so(installed):
    done = installed("validate-paper")
    assert done.returncode == 2 and "needs a clone of ecmsim's repository" in done.stderr
    assert "Traceback" not in done.stderr
