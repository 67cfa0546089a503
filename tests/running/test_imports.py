"""What a run does without: libraries for tables, pictures, pages and other models are not loaded at each start."""

import json
import subprocess
import sys

import pytest
from helpers.paths import QUICK, ROOT

# Tables, pictures, pages, units beyond prefixes.
NEVER = {"pandas", "pyarrow", "matplotlib", "pyvista", "vtk", "jinja2", "pint"}
FIELDS = {"dolfinx", "petsc4py", "ufl", "basix", "ffcx", "gmsh", "meshio"}  # what the full model is for


def loaded_by(code):
    """The top-level modules, and those of scipy, that a new process has loaded once it has run the code."""
    tell = "import json, sys; print(json.dumps([n for n in sys.modules if n.count('.') < 1 + n.startswith('scipy.')]))"
    command = [sys.executable, "-c", f"{code}\n{tell}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=600)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def typed(*words):
    """Code that does what the command line does with the words."""
    return f"from ecmsim.commands.cli import app\napp({list(words)!r}, standalone_mode=False)"


@pytest.mark.slow
def test_what_a_run_has_loaded_is_not_searched_for_waste_ever_after(tmp_path):
    words = typed("run", "--reduced", str(QUICK), "--out", str(tmp_path / "run"), "--until", "1 ms")
    told = "import gc; assert gc.isenabled() and gc.get_freeze_count() > 50_000, gc.get_freeze_count()"
    assert "numpy" in loaded_by(f"{words}\n{told}")


def test_after_loading_the_collector_is_at_work_again_whatever_was_amiss():
    code = """
import gc
from ecmsim.commands.options import loading
try:
    with loading():
        assert not gc.isenabled()
        raise ValueError
except ValueError:
    assert gc.isenabled()"""
    assert "gc" in loaded_by(code)


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """The folder of a run of the reduced model that ended early, and what it had loaded."""
    folder = tmp_path_factory.mktemp("imports") / "run"
    loaded = loaded_by(typed("run", "--reduced", str(QUICK), "--out", str(folder), "--until", "10 ms"))
    assert (folder / "timeseries.csv").read_text().count("\n") > 3
    return folder, loaded


@pytest.mark.slow
def test_a_run_of_the_reduced_model(begun):
    loaded = begun[1]
    assert not loaded & (NEVER | FIELDS | {"scipy.optimize", "scipy.signal", "scipy.ndimage"})
    assert {"numpy", "h5py", "scipy.linalg"} <= loaded  # these it needs: the list tells what is loaded


@pytest.mark.slow
def test_going_on_with_it(begun):
    loaded = loaded_by(typed("resume", str(begun[0]), "--until", "20 ms"))
    assert not loaded & (NEVER | FIELDS)


@pytest.mark.slow
def test_the_full_model_before_its_first_step():
    loaded = loaded_by("import ecmsim.commands.cli, ecmsim.running.run, ecmsim.models.full.simulation")
    assert not loaded & (NEVER | {"meshio", "scipy.optimize"})
    assert {"dolfinx", "scipy.sparse"} <= loaded


def test_help_needs_neither_numbers_nor_a_configuration():
    loaded = loaded_by(typed("--help"))
    assert not loaded & (NEVER | FIELDS | {"numpy", "scipy", "h5py", "pydantic", "mpi4py"})
