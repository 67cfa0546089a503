"""The notebooks: stored clean, written as the rest is, and executed from start to end with their own checks."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from helpers.paths import ROOT

nbformat = pytest.importorskip("nbformat", reason="notebooks need the extra ecmsim[notebook]")
FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MOST_CELLS, WIDTH = 40, 120
# What each one shows: figures, and files that it leaves in its folder of results.
PROMISED = {
    "1_first_run": (3, ("first/timeseries.csv", "iv.png", "first.html")),
    "2_iv_and_compliance": (4, ("full/history.h5",)),
    "3_elephant_plot": (7, ("elephant.vtp", "elephant.png", "elephant_map.png", "elephant.html", "film.gif")),
    "4_new_material": (2, ("HfO2.toml", "Ag, 6 nm HfO2/timeseries.csv")),
    "5_your_own_law": (4, ("mine/provenance.json", "full/timeseries.csv")),
    "6_when_the_solver_fails": (2, ("hurried/failure.npz", "resumed/timeseries.csv")),
    "7_from_atoms_to_device": (6, ("400uA/timeseries.csv", "conductance.png", "points.png")),
    "8_from_a_measurement_to_a_cell": (1, ("run4.csv", "fit/report.html", "fit/fitted.toml", "next/timeseries.csv")),
}


def read(path):
    return nbformat.read(path, as_version=4)


def code_of(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def names(path):
    return path.stem


def test_each_notebook_has_its_promise():
    assert [path.stem for path in NOTEBOOKS] == list(PROMISED)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=names)
def test_stored_without_outputs(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert all(not cell.outputs and cell.execution_count is None for cell in code_of(notebook))
    assert notebook.metadata.kernelspec.name == "ecmsim"  # that which register_kernel.py registers
    assert path.stat().st_size < 40_000


@pytest.mark.parametrize("path", NOTEBOOKS, ids=names)
def test_begins_with_a_title_and_what_one_learns(path):
    notebook = read(path)
    assert len(notebook.cells) <= MOST_CELLS
    first = notebook.cells[0]
    title, _, text = first.source.partition("\n\n")
    assert first.cell_type == "markdown" and re.fullmatch(r"# \d\. \w.*", title)
    assert title[2] == path.stem[0] and 100 < len(text.split("\n\n")[0]) < 500
    assert max(len(cell.source.splitlines()) for cell in code_of(notebook)) <= 30


@pytest.mark.parametrize("path", NOTEBOOKS, ids=names)
def test_lines_are_short_and_links_lead_somewhere(path):
    for cell in read(path).cells:
        lines = [line for line in cell.source.splitlines() if not line.startswith("|")]
        assert max(map(len, lines)) <= WIDTH + 5, cell.source
        for target in re.findall(r"\]\(([^)#]+)\)", cell.source) if cell.cell_type == "markdown" else ():
            assert (FOLDER / target).exists(), target


@pytest.mark.skipif(not shutil.which("ruff"), reason="ruff is not installed")
@pytest.mark.parametrize("check", [["check"], ["format", "--check"]], ids=["check", "format"])
def test_code_is_clean(check):
    ran = subprocess.run(["ruff", *check, *NOTEBOOKS], cwd=FOLDER.parent, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout


def test_the_index_names_everything_that_is_there():
    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    there = [*FOLDER.glob("*.ipynb"), *FOLDER.glob("*.md"), *FOLDER.glob("*.py"), *(FOLDER / "figures").iterdir()]
    missing = [path.relative_to(FOLDER).as_posix() for path in there if path.name != "README.md"]
    assert not [name for name in missing if f"]({name})" not in index]
    for target in re.findall(r"\]\(([^)#]+)\)", index):
        assert (FOLDER / target).exists(), target


def test_the_registered_kernel_starts_through_the_launcher(tmp_path):
    pytest.importorskip("ipykernel")
    script = FOLDER / "register_kernel.py"
    environment = os.environ | {"JUPYTER_DATA_DIR": str(tmp_path)}
    subprocess.run([sys.executable, script], env=environment, check=True, capture_output=True)
    argv = json.loads((tmp_path / "kernels" / "ecmsim" / "kernel.json").read_text())["argv"]
    assert argv[:2] == [str(FOLDER.parent / "ecm"), "python"] and os.access(argv[0], os.X_OK)
    assert argv[-4:] == ["-m", "ipykernel_launcher", "-f", "{connection_file}"]


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    """A manager of kernels of this Python, whatever kernels are registered here; what it writes goes to tmp_path."""
    pytest.importorskip("nbclient")
    from ipykernel.kernelspec import write_kernel_spec
    from jupyter_client import AsyncKernelManager
    from jupyter_client.kernelspec import KernelSpecManager

    for variable in ("TMPDIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        (tmp_path / variable).mkdir()
        monkeypatch.setenv(variable, str(tmp_path / variable))
    write_kernel_spec(tmp_path / "kernels" / "ecmsim")
    specifications = KernelSpecManager(kernel_dirs=[str(tmp_path / "kernels")], ensure_native_kernel=False)
    return AsyncKernelManager(kernel_name="ecmsim", kernel_spec_manager=specifications)


@pytest.mark.slow
@pytest.mark.walk
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=names)
def test_runs_and_shows_what_it_promises(path, kernel, tmp_path):
    """It runs as it does for a reader, in its own folder, which it leaves as it was. Its own checks hold."""
    from nbclient import NotebookClient

    before = sorted(FOLDER.rglob("*"))
    notebook = read(path)
    client = NotebookClient(notebook, km=kernel, timeout=900, resources={"metadata": {"path": str(FOLDER)}})
    client.owns_km = True  # or the kernel would live on, with all its memory, when the notebook is through
    client.execute()
    assert sorted(FOLDER.rglob("*")) == before

    outputs = [output for cell in code_of(notebook) for output in cell.outputs]
    assert not [output.text for output in outputs if output.get("name") == "stderr"]
    shown = [output for output in outputs if {"image/png", "image/gif"} & output.get("data", {}).keys()]
    figures, files = PROMISED[path.stem]
    assert len(shown) == figures
    [results] = (tmp_path / "TMPDIR").glob("ecmsim-*")
    missing = [name for name in files if not (results / name).stat().st_size]
    assert not missing
