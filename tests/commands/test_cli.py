"""The command line end to end: a quick run, its pictures and files, and what a user is told when something is wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

import meshio
import pytest
from helpers.command import ecmsim
from helpers.paths import ROOT
from helpers.ranks import needs_mpirun

from ecmsim import load_config, open_run
from ecmsim.commands.mesh import preview, usual_place
from ecmsim.commands.plot import opened
from ecmsim.config import Config
from ecmsim.errors import ConfigError, ResultsError
from ecmsim.models.full.mesh.cell_mesh import Region

pytestmark = pytest.mark.slow  # they run the whole of ecmsim

QUICK = "configs/quick.toml"


def process_of_its_own(*arguments):
    """Do a command where nothing else is, and its memory is its own."""
    words = [sys.executable, "-m", "ecmsim", *map(str, arguments)]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=1500)


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """A whole run of the quick configuration in a process of its own: how that ended, and its folder."""
    folder = tmp_path_factory.mktemp("cli") / "quick"
    return process_of_its_own("run", QUICK, "--out", folder), folder


@pytest.mark.slow
def test_quick_run_succeeds_and_says_where_the_results_are(quick):
    process, folder = quick
    assert process.returncode == 0, process.stderr
    assert str(folder) in process.stdout
    assert "end of the programme" in process.stdout
    # Off a terminal progress comes as plain lines.
    assert "V = " in process.stderr and "100.0 %" in process.stderr


def test_quick_run_leaves_everything_promised(quick):
    run = open_run(quick[1])
    assert run.status == "finished"
    series = run.timeseries
    assert series["time_s"].iloc[-1] == 1.72
    assert series["current_A"].iloc[-1] == pytest.approx(1e-6, rel=1e-3)
    assert (series["current_A"] <= 1e-6 * (1 + 1e-12)).all()
    assert series["charge_imbalance"].max() < 1e-8
    assert series["faraday_error"].max() < 1e-3
    assert len(run.outlines) == len(series)
    labels = [snapshot.label for snapshot in run.snapshots]
    assert {"1 nA", "100 nA", "compliance reached", "end"} <= set(labels)
    provenance = json.loads((quick[1] / "provenance.json").read_text())
    assert provenance["versions"]["dolfinx"] and provenance["seconds"]["assembly"] > 0
    assert provenance["steps"] == len(series) - 1


@pytest.mark.slow
def test_effective_configuration_runs_again_to_the_same_bits(quick, tmp_path):
    again = ecmsim("run", quick[1] / "config.toml", "--out", tmp_path / "again", "--until", "0.5 s", "-q")
    first = ecmsim("run", QUICK, "--out", tmp_path / "first", "--until", "0.5 s", "-q")
    assert again.returncode == first.returncode == 0, again.stderr + first.stderr
    assert (tmp_path / "again/timeseries.csv").read_bytes() == (tmp_path / "first/timeseries.csv").read_bytes()


@pytest.mark.slow
def test_existing_folder_is_refused_and_left_alone(quick):
    before = (quick[1] / "timeseries.csv").read_bytes()
    process = ecmsim("run", QUICK, "--out", quick[1])
    assert process.returncode == 2
    assert process.stderr.startswith("error: ") and "--overwrite" in process.stderr
    assert (quick[1] / "timeseries.csv").read_bytes() == before


@pytest.mark.slow
@pytest.mark.usefixtures("draft")
def test_all_pictures_are_drawn(quick, tmp_path):
    process = ecmsim("plot", "all", quick[1], "--out", tmp_path)
    assert process.returncode == 0, process.stderr
    names = {path.stem for path in tmp_path.glob("*.png")}
    assert {"iv", "gap", "temperature", "outline", "elephant", "elephant_map", "field"} <= names


@pytest.mark.slow
def test_mesh_of_a_run_is_built_and_drawn(quick, tmp_path):
    process = ecmsim("mesh", QUICK, "--run", quick[1], "--time", "1.7 s", "--out", tmp_path / "cell.msh")
    assert process.returncode == 0, process.stderr
    assert (tmp_path / "cell.msh").exists() and (tmp_path / "cell.png").stat().st_size > 10000


@pytest.mark.slow
def test_the_mesh_of_a_run_is_that_of_its_end_or_of_a_time(quick, tmp_path):
    outlines = open_run(quick[1]).outlines
    for time, outline in ((None, outlines[-1]), (1.0, outlines.nearest(time_s=1.0))):
        path, _ = preview(load_config(quick[1] / "config.toml"), tmp_path / "cell.vtu", quick[1], time)
        mesh = meshio.read(path)
        triangles = mesh.cells_dict["triangle"][mesh.cell_data_dict["gmsh:physical"]["triangle"] == Region.FILAMENT]
        tip = outline.points[:, 1].max()
        assert mesh.points[triangles.ravel()].max(axis=0)[:2].max() == pytest.approx(tip, abs=1e-3)


@pytest.mark.slow
def test_info_names_versions_and_what_works():
    process = ecmsim("info")
    assert process.returncode == 0, process.stderr
    assert "dolfinx" in process.stdout and "yes  PETSc has MUMPS" in process.stdout


@pytest.mark.slow
def test_benchmark_splits_the_wall_time():
    process = ecmsim("benchmark", QUICK, "--until", "0.05 s", "--no-cold")
    assert process.returncode == 0, process.stderr
    for part in (
        "assembly",
        "factorisation",
        "meshing",
        "set-up",
        "output",
        "whole command",
        "steps",
        "CPU",
        "whole over",
    ):
        assert part in process.stdout


@pytest.mark.slow
def test_benchmarks_are_a_file_that_another_version_is_set_beside(tmp_path):
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    names = "quick.toml, reduced", "start-up"
    process = process_of_its_own("benchmark", "--all", "--out", first, "--only", names[0], "--only", names[1])
    assert process.returncode == 0, process.stderr
    told = json.loads(first.read_text())
    assert list(told["measured"]) == list(names) and told["machine"]["cores"] == os.cpu_count() and told["versions"]
    quick, start_up = (told["measured"][name] for name in names)
    assert quick["steps"] > 50 and 0 < sum(quick["parts_cpu_s"].values()) < quick["cpu_s"]
    assert 0 < start_up["cpu_s"] < quick["cpu_s"] and 10 < start_up["memory_MB"] < quick["memory_MB"]
    told["measured"]["start-up"]["cpu_s"] = 1e3
    first.write_text(json.dumps(told))
    process = ecmsim("benchmark", "--all", "--out", second, "--only", "start-up", "--against", first)
    assert process.returncode == 0 and "1000.00" in process.stdout and "0.00" in process.stdout, process.stdout
    first.write_text("{}")
    for arguments, text in (
        (("--all", "--only", "nothing"), "is not measured"),
        (("--all", "--against", first), "was not written by"),
        ((QUICK, "--against", second), "need --all"),
        ((QUICK, "--ranks", "2"), "need --all"),
        ((), "either a configuration or --all"),
        ((QUICK, "--all"), "either a configuration or --all"),
    ):
        process = ecmsim("benchmark", *arguments)
        assert process.returncode == 2 and text in process.stderr and "Traceback" not in process.stderr


@pytest.mark.slow
@needs_mpirun
def test_a_solve_is_measured_on_one_rank_and_on_two(tmp_path):
    """What only several ranks can use is measured on each number of them, and the memory is that of all ranks."""
    out, name = tmp_path / "solve.json", "solve of 3,000 vertices"
    process = process_of_its_own("benchmark", "--all", "--out", out, "--only", name, "--ranks", "1", "--ranks", "2")
    assert process.returncode == 0, process.stderr
    measured = json.loads(out.read_text())["measured"]
    assert list(measured) == [name, f"{name}, 2 ranks"]
    one, two = measured.values()
    assert one["ranks"] == 1 and two["ranks"] == 2 and one["vertices"] == two["vertices"] > 2500
    assert two["memory_MB"] > 1.4 * one["memory_MB"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("run", "configs/nothing.toml"), "configs/nothing.toml"),
        (("run", QUICK, "--set", "cell.radius=5 V"), 'cell.radius = "5 V"'),
        (("run", QUICK, "--set", "cell.radios=5 nm"), 'did you mean "radius"'),
        (("run", QUICK, "--until", "soon"), '--until = "soon"'),
        (("plot", "iv", "configs"), "not the folder of a run"),
        (("plot", "spaghetti", "configs"), "not the folder of a run"),
        (("validate",), "--schema"),
    ],
)
def test_bad_input_gets_one_clear_error_and_exit_code_2(arguments, text):
    process = ecmsim(*arguments)
    assert process.returncode == 2
    assert text in process.stderr
    assert process.stderr.startswith("error: ") and "Traceback" not in process.stderr


@pytest.mark.slow
def test_options_of_a_picture_are_taken_or_refused(quick, tmp_path):
    taken = ecmsim("plot", "field", quick[1], "--out", tmp_path / "f.png", "-o", "view=tip", "-o", "snapshot=0")
    assert taken.returncode == 0 and (tmp_path / "f.png").exists(), taken.stderr
    refused = ecmsim("plot", "iv", quick[1], "-o", "voltages=cell")
    assert refused.returncode == 2 and "iv has no option voltages: it knows voltage" in refused.stderr


@pytest.mark.slow
def test_options_that_are_none_get_one_line(quick, tmp_path):
    for options in (("iv", "run=1"), ("iv", "floor_A=-1"), ("outline", "currents_A=[]"), ("field", "quantities=[]")):
        process = ecmsim("plot", options[0], quick[1], "--out", tmp_path / "x.png", "-o", options[1])
        assert process.returncode == 2 and process.stderr.startswith("error: ") and process.stderr.count("\n") == 1
    process = ecmsim("mesh", QUICK, "--out", tmp_path / "x.foo")
    assert process.returncode == 2 and "must end in .msh or .vtu" in process.stderr


def test_the_mesh_has_a_place_of_its_own():
    assert usual_place(Path("configs/quick.toml")) == Path("runs/mesh/quick.msh")
    assert usual_place("c.toml", Path("r")) == Path("r/figures/mesh.msh")
    assert usual_place("c.toml", Path("r"), "1.7 s") == Path("r/figures/mesh_time=1.7s.msh")


@pytest.mark.slow
def test_what_a_folder_can_show_is_told(quick, tmp_path):
    (tmp_path / "summary.csv").write_text("case\n")
    with pytest.raises(ResultsError, match=rf"is the folder of a study.* \(ecmsim plot study {tmp_path}\)"):
        opened("iv", [tmp_path])
    with pytest.raises(ResultsError, match="is the folder of a run, not of a study: of a run there are iv, gap"):
        opened("study", [quick[1]])
    with pytest.raises(ConfigError, match="one folder at a time, and 2 are given: .*ecmsim plot study"):
        opened("iv", [quick[1], tmp_path])
    process = ecmsim("plot", "outline", quick[1], tmp_path)
    assert process.returncode == 2 and "one folder at a time" in process.stderr
    process = ecmsim("plot", "iv", quick[1], tmp_path)  # which may be several runs, but no study
    assert process.returncode == 2 and "is the folder of a study" in process.stderr


@pytest.mark.slow
def test_unknown_picture_lists_the_known_ones(quick):
    process = ecmsim("plot", "spaghetti", quick[1])
    assert process.returncode == 2 and "elephant" in process.stderr


@pytest.mark.slow
def test_validate_shows_the_effective_configuration():
    process = ecmsim("validate", QUICK, "--show", "--set", "compliance.current=10 uA")
    assert process.returncode == 0
    shown = Config.from_toml(process.stdout, ROOT)
    assert shown.compliance.current == 1e-5 and shown.dissolution.void_length.label == "fitted"


def test_schema_lists_every_setting_with_its_unit():
    process = ecmsim("validate", "--schema")
    assert process.returncode == 0
    for line in ("[butler_volmer]", "  rate_constant", "  gap_change", "m/s", "Thickness L of the switching layer"):
        assert line in process.stdout


@pytest.mark.slow
def test_validate_tells_what_has_no_effect():
    given = ("--set", "stress.enabled=false", "--set", "stress.energy=0.1 eV")
    line = 'stress.energy = "0.1 eV" has no effect: stress.enabled = false'
    process = ecmsim("validate", QUICK, *given)
    assert process.returncode == 0 and process.stdout.splitlines()[1:] == [line] and not process.stderr
    process = ecmsim("validate", QUICK, "--show", *given)
    assert line in process.stderr and line not in process.stdout
    assert Config.from_toml(process.stdout).stress.energy == 0.1
