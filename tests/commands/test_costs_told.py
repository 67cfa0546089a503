"""ecmsim benchmark, info and mesh: what they measure with the measuring replaced, their tables, the picture."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from helpers import tiny
from helpers.kept import plain, unchanged
from helpers.paths import ROOT

from ecmsim.commands import benchmark, benchmarks, info
from ecmsim.commands.cost import Cost, cost_of, memory_of
from ecmsim.commands.mesh import _draw, preview
from ecmsim.config import load_config
from ecmsim.errors import ConfigError, ResultsError, SolveError
from ecmsim.models.full.mesh.cell_mesh import CellMesh, Region

PARTS = {"assembly": 4.0, "factorisation": 2.0, "back substitution": 1.5, "meshing": 3.0}


def rows_of(table):
    """A table of rich's as lines, whatever its frame looks like."""
    columns = [[str(column.header), *map(str, column.cells)] for column in table.columns]
    styles = ["", *(f"  [{row.style}]" if row.style else "" for row in table.rows)]
    lines = [" | ".join(cells) + style for cells, style in zip(zip(*columns, strict=True), styles, strict=True)]
    return "\n".join([str(table.title), *lines])


@pytest.fixture
def said(monkeypatch):
    """What is printed on rich's consoles: lines of text."""
    lines = []

    class Console:
        def __init__(self, width=None):
            lines.append(f"(console: {width})")

        def print(self, what, **_):
            lines.append(what if isinstance(what, str) else rows_of(what))

    for module in (benchmark, benchmarks, info):
        monkeypatch.setattr(module, "Console", Console)
    return lines


@pytest.fixture
def measured(monkeypatch, tmp_path):
    """Commands are noted instead of measured, and leave tiny runs: gives the notes, with short names for places."""
    notes, ready = [], tiny.write(tmp_path / "ready", snapshots=())

    def short(word):
        """The last part of a path, and no path of Python's."""
        return "python" if word == sys.executable else Path(word).name if os.sep in str(word) else str(word)

    def stand_in(command, environment=None, folder=None):
        command = list(map(str, command))
        cache = environment.get("XDG_CACHE_HOME", "")
        notes.append(" ".join(map(short, command)) + (f"  [cache: {Path(cache).name}]" if cache else ""))
        if "run" in command:
            out = Path(command[command.index("--out") + 1])
            told = {"cpu_seconds": PARTS, "seconds": {name: 1.25 * s for name, s in PARTS.items()}}
            told |= {"steps": 9, "newton_iterations": 27, "remeshes": 2}
            shutil.copytree(ready, out)
            known = json.loads((out / "provenance.json").read_text())
            (out / "provenance.json").write_text(json.dumps(known | told))
        return Cost(20.0 + len(notes), 30.0 + len(notes), 512.5)

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    for module in (benchmark, benchmarks):
        monkeypatch.setattr(module, "cost_of", stand_in)
    monkeypatch.chdir(tmp_path)
    return notes


def test_the_parts_of_a_run_cold_and_warm(measured, said, file_regression):
    """Among them what is no part, and the whole over the algebra, which is of all of its three parts."""
    benchmark.benchmark("case.toml", ["a=1", "b=2"], True, "1 s", True)
    benchmark.benchmark("case.toml", [], False, None)
    unchanged(file_regression, "\n".join([*measured, *said]))
    assert benchmark.algebra_of(PARTS) == 7.5 and benchmark.algebra_of({"assembly": 2.0}) == 2.0


def test_a_run_without_algebra_has_no_ratio_to_it():
    told = {"cpu_seconds": {"output": 1.0}, "seconds": {"output": 1.0}, "steps": 1, "newton_iterations": 2}
    table = benchmark.table_of("x", ["warm"], [Cost(2.0, 3.0, 4.0)], [told | {"remeshes": 0}])
    assert len(table.rows) == 7 and "over" not in list(table.columns[0].cells)[-1]


def test_all_that_is_measured_on_one_rank_and_on_two(measured, said, file_regression, monkeypatch):
    """Which commands, what is told of each, and the table of all beside that of another version."""
    monkeypatch.setattr(benchmarks, "launcher", lambda ranks: ["mpirun", "-n", str(ranks)] if ranks > 1 else [])
    monkeypatch.setattr(benchmarks, "environment", lambda known, ranks: known)
    names = [*benchmarks.RUNS, "solve of 3,000 vertices", "solve of 1,000,000 vertices", "start-up", "report"]
    names.append(f"study of {benchmarks.CASES} reduced cases")
    Path("old.json").write_text(
        json.dumps(
            {"format": "ecmsim benchmark", "measured": {"report": {"cpu_s": 7.0, "x": 1}, "contact": {"cpu_s": 0}}}
        )
    )
    benchmarks.benchmarks(Path("new.json"), "old.json", names, (1, 2))
    told, kept = json.loads(Path("new.json").read_text()), ("contact, 2 ranks", names[-1], "report")
    assert list(told)[:2] == ["format", "machine"] and told["machine"]["cores"] == os.cpu_count()
    assert {"versions", "start_time", "host"} < told.keys() and "command" not in told
    text = "\n".join([*measured, *said, plain({name: told["measured"][name] for name in kept})])

    unchanged(file_regression, text)
    assert Path("new.json").read_text().endswith("}\n") and '\n  "format"' in Path("new.json").read_text()


def test_large_meshes_are_as_fine_as_they_were():
    told = {name: options[1].removeprefix("mesh.refinement=") for name, (_, options) in benchmarks.LARGE.items()}
    assert list(told.values()) == ["1.34", "3.78", "6.0", "8.56", "14.9", "27.6"]
    counts = [int(name.split()[2].replace(",", "")) for name in told]
    assert counts == [3000, 20_000, 50_000, 100_000, 300_000, 1_000_000]


def test_by_itself_what_takes_minutes_is_left_out(measured, said):
    benchmarks.benchmarks(Path("new.json"))
    names = list(json.loads(Path("new.json").read_text())["measured"])
    assert names == ["start-up", *benchmarks.RUNS, f"study of {benchmarks.CASES} reduced cases", "report"]
    assert "now/before" not in "".join(said)
    with pytest.raises(ConfigError, match="'nothing': is not measured; choose from start-up, quick.toml"):
        benchmarks.benchmarks(Path("new.json"), only=["nothing"])


def test_the_study_that_is_measured_has_as_many_cases_as_it_says(measured, tmp_path):
    """Its file is one of ecmsim's, of the reduced model from 1 nA to 100 nA."""
    from ecmsim.study import Study

    told = benchmarks.measures(tmp_path)[f"study of {benchmarks.CASES} reduced cases"]
    found = told[f"study of {benchmarks.CASES} reduced cases"]()
    assert found == {"cpu_s": 21.0, "wall_s": 31.0, "memory_MB": 512.5, "cases": 16, "cpu_per_case_s": 21 / 16}
    places = Study.load(tmp_path / "study.toml").places(tmp_path)
    assert len(places) == 16 and places[0].name.endswith("=1nA") and places[-1].name.endswith("=100nA")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": "x", "measured": {}}', '{"format": "ecmsim benchmark", "measured": {"a": {}}}']
)
def test_results_of_nothing_are_refused(tmp_path, text):
    (tmp_path / "old.json").write_text(text)
    with pytest.raises(ResultsError, match="was not written by ecmsim benchmark --all"):
        benchmarks.read(tmp_path / "old.json")


def test_the_processor_is_that_of_the_machine():
    name = benchmarks.processor()
    assert name and ("model name" not in name) and not name.startswith(":")


MEASURED = """
import json, sys
from ecmsim.commands import cost
cost.PAUSE = 0.02
held = b"1" * (300 << 20)
def of(text):
    return cost.cost_of([sys.executable, "-c", text])
eater = "import time; data = bytearray({size} << 20); time.sleep({time})"
starter = ("import subprocess, time; data = b'1' * (150 << 20)\\n"
           "while time.process_time() < 0.6: subprocess.run(['true'])")
child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{eater.format(size=100, time=0.6)}'])"
found = [of("import time; time.sleep(0.5)"), of(eater.format(size=150, time=0.5)),
         of(f"data = bytearray(100 << 20); {child}"), of("import time\\nwhile time.process_time() < 0.4: pass"),
         of(starter)]
print(json.dumps(found))
"""


@pytest.mark.slow
def test_a_command_costs_its_time_and_memory():
    """Of its children the memory, too, while they hold it, which is looked at again and again; but not that of the
    process which measures, with which the system has a new one begin."""
    done = subprocess.run([sys.executable, "-c", MEASURED], capture_output=True, text=True, cwd=ROOT, check=True)
    bare, eater, both, busy, starter = (Cost(*numbers) for numbers in json.loads(done.stdout))
    assert 3 < bare.memory < 60 and 120 < eater.memory - bare.memory < 180
    assert 0.1 <= eater.wall < 60 and 0 < eater.cpu < eater.wall + 0.5
    assert 190 < both.memory < 300  # together, though neither has more than some half of it
    assert starter.memory < 230  # not its own memory twice while it starts others
    assert busy.cpu == pytest.approx(0.4, abs=0.2) and busy.wall >= 0.35
    assert memory_of([10**9]) == 0.0


def test_a_command_that_fails_says_its_last_words():
    with pytest.raises(SolveError, match="the benchmark's command failed: .*\nnot today"):
        cost_of([sys.executable, "-c", "import sys; sys.exit('not today')"])
    where = cost_of([sys.executable, "-c", "import os, sys; sys.exit(os.getcwd() != '/' or 'X' not in os.environ)"],
                    {"X": "1"}, "/")  # fmt: skip
    assert where.cpu > 0


def test_info_is_the_table_of_before(monkeypatch, said, file_regression):
    monkeypatch.setattr(info, "_version", lambda name: f"version of {name}")
    monkeypatch.setattr(info, "checks", lambda: [("it works", True), ("it does not", False)])
    monkeypatch.setattr(info, "__version__", "1.2.3")
    monkeypatch.setattr(info.shipped, "names", lambda: ["a_cell", "another"])
    monkeypatch.setattr(info, "packaged_materials", lambda: ["Ag", "Cu"])
    monkeypatch.setattr(info, "sys", SimpleNamespace(version="3.99.1 (main)"))
    info.report()
    unchanged(file_regression, "\n".join(said))
    monkeypatch.setattr(info.shipped, "names", lambda: [])
    info.report()
    assert said[-5].endswith('"ecmsim:cu_sio2_pt": none')


@pytest.mark.slow
def test_libraries_have_the_versions_that_they_say(monkeypatch):
    assert info._version("numpy") == np.__version__
    monkeypatch.delattr("pandas.__version__")  # those of others are known to their packages
    from importlib.metadata import version

    assert info._version("pandas") == version("pandas")
    assert info._version("no_such_library") == "not usable: No module named 'no_such_library'"


def test_what_works_here_is_checked(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    found = info.checks()
    names = ["dolfinx is a supported version", "PETSc has MUMPS", "PETSc uses real numbers", "OMP_NUM_THREADS is 1"]
    assert [text.split(" (")[0] for text, _ in found] == names
    assert all(good for _, good in found)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert info.checks()[-1][1] is False
    monkeypatch.setattr("petsc4py.PETSc.ScalarType", complex)
    without = SimpleNamespace(hasExternalPackage=lambda name: name != "mumps")
    monkeypatch.setattr("petsc4py.PETSc.Sys", without)
    assert [good for _, good in info.checks()] == [True, False, False, False]
    monkeypatch.setattr("petsc4py.PETSc.ScalarType", np.complex128)
    assert info.checks()[2][1] is False

    def unsupported():
        raise RuntimeError("too old")

    monkeypatch.setattr("ecmsim.models.full.compat.require_supported_dolfinx", unsupported)
    assert info.checks()[0] == ("simulations: too old", False)


def a_mesh():
    """A mesh of a few triangles: a filament 4 nm high and 3 nm wide in a layer of 10 nm."""
    points, triangles, _, cells = tiny.fields()
    return CellMesh(
        points * [1, 1],
        triangles,
        cells["material"] + min(Region),
        np.array([4, 5]),
        np.array([12, 13]),
        np.zeros(2, int),
    )


def test_the_picture_of_a_mesh_has_the_whole_cell_its_layer_and_the_tip(monkeypatch, tmp_path):
    """Limits by hand: the foot is 1.5 times as wide as the filament, at least 0.4 nm; all triangles are drawn once."""
    from matplotlib.figure import Figure

    kept = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, path, dpi: kept.append((figure, path, dpi)))
    config = load_config(ROOT / "configs/quick.toml")
    mesh, thickness = a_mesh(), config.cell.layer_thickness
    mesh.region[-3:] = Region.ACTIVE_ELECTRODE
    assert _draw(mesh, config, tmp_path / "m.png") == tmp_path / "m.png"
    ((figure, path, dpi),) = kept
    cell, layer, tip = figure.axes
    assert (path, dpi, tuple(figure.get_size_inches())) == (tmp_path / "m.png", 200, (11, 4.6))
    assert cell.get_xlim() == (0, config.cell.radius) and cell.get_ylim() == (-25, 35)
    assert layer.get_xlim() == pytest.approx((0, 1.3 * thickness))
    assert layer.get_ylim() == pytest.approx((-0.15 * thickness, 1.15 * thickness))
    foot, top = 1.5 * mesh.filament_points[:, 0].max(), mesh.filament_points[0, 1]
    assert tip.get_xlim() == pytest.approx((0, foot)) and tip.get_ylim() == pytest.approx(
        (top - 0.6 * foot, top + 0.6 * foot)
    )
    for axis in figure.axes:
        assert axis.get_aspect() == 1.0 and len(axis.collections) == 4
        counts = [len(part.get_paths()) for part in axis.collections]
        assert counts == [int((mesh.region == region).sum()) for region in Region] and sum(counts) == len(
            mesh.triangles
        )
    assert figure.get_suptitle() == f"20 vertices, 24 triangles, worst quality {mesh.quality().min():.2f}"
    assert mesh.quality().min() < 0.9 * mesh.quality().max()
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["counter electrode", "filament", "switching layer", "active electrode"]
    narrow = mesh.at(mesh.points * [0.01, 1])
    _draw(narrow, config, tmp_path / "n.png")
    assert kept[1][0].axes[2].get_xlim() == pytest.approx((0, 0.4))


def test_a_mesh_is_that_of_the_start_or_of_a_run_with_a_needle_or_none(monkeypatch, tmp_path):
    """What goes into it: the outline of the run at its time, or at its end; the needle only where there is one."""
    from ecmsim.commands import mesh as command

    built = []
    monkeypatch.setattr(command, "build_mesh", lambda *given: built.append(given) or a_mesh())
    monkeypatch.setattr(command, "_draw", lambda mesh, config, path: path)
    folder = tiny.write(tmp_path / "run")
    config = load_config(ROOT / "configs/quick.toml")
    for run, time in ((None, None), (folder, None), (folder, 1.4)):
        paths = preview(config, tmp_path / "new/m.vtu", run, time)
        assert paths == [tmp_path / "new/m.vtu", tmp_path / "new/m.png"]
    start, last, early = (filament.points[:, 1].max() for filament, *_ in built)
    assert last == pytest.approx(9.8, rel=0.01) and early == pytest.approx(7.0, rel=0.01) and start < 1
    assert all(given[-1] is False and given[2] is config.cell for given in built)
    for name in ("m.foo", "m", "m.png"):
        with pytest.raises(ConfigError, match=r"must end in \.msh or \.vtu"):
            preview(config, tmp_path / name)
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultsError, match="cannot write .*file/m.msh: .*; choose another place with --out"):
        preview(config, tmp_path / "file/m.msh")
