"""Several MPI ranks: the results of one rank, errors told once, and thousands of meshes without running out."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from helpers.hot import HOT
from helpers.paths import ROOT
from helpers.ranks import ENVIRONMENT, launcher, needs_mpirun
from helpers.stopping import CASE

from ecmsim import open_run

QUICK = ROOT / "configs" / "quick.toml"
# Steps as long as they can be, on a coarse mesh: through all of the growth and into tunnelling, with some 25 meshes.
COARSE = [
    "mesh.refinement=0.6",
    "programme[0].to=1.7 V",
    "stepping.relative_error=0.3",
    "stepping.displacement_error=0.02 nm",
    "stepping.gap_change=0.02 nm",
    "stepping.gap_fraction=0.1",
    "stepping.largest_current_ratio=20",
    "stepping.segment_fraction=1",
    "stepping.height_fraction=0.3",
    "stepping.first_step=20 ms",
]
pytestmark = [pytest.mark.slow, needs_mpirun]


def start(ranks, *arguments, timeout=1500):
    """A Python process, under mpirun for more than one rank."""
    return subprocess.run(
        [*launcher(ranks), sys.executable, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        cwd=ROOT,
        env=ENVIRONMENT,
    )


def ecmsim_run(ranks, folder, *overrides, config=QUICK, options=()):
    """ecmsim run on so many ranks."""
    settings = [part for override in overrides for part in ("--set", override)]
    return start(ranks, "-m", "ecmsim", "run", config, "--out", folder, "--quiet", *settings, *options)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The same case on 1, 2, 3 and again 2 ranks: folders."""
    base = tmp_path_factory.mktemp("parallel")
    folders = {}
    for name, ranks in (("one", 1), ("two", 2), ("three", 3), ("two again", 2)):
        folders[name] = base / name
        done = ecmsim_run(ranks, folders[name], *COARSE)
        assert done.returncode == 0, done.stderr
    return folders


# --- the same results ---------------------------------------------------------------------------------------

FLOORS = {  # what is below is round-off
    "tunnel_current_A": 1e-16,
    "junction_voltage_V": 1e-9,
    "heat_W": 1e-16,
    "charge_imbalance": 1e-8,
    "power_imbalance": 1e-8,
    "faraday_error": 1e-6,
}


def assert_same_series(folder, wanted, relative=1e-8):
    """Two time series, column by column; returns the one that is wanted."""
    one, other = (pd.read_csv(path / "timeseries.csv", float_precision="round_trip") for path in (wanted, folder))
    assert len(one) == len(other) and list(one) == list(other)
    for column in one:
        wanted, got = one[column].to_numpy(), other[column].to_numpy()
        if column in ("remesh", "vertices"):
            assert (wanted == got).all(), column
        elif column != "newton_iterations":  # at the tolerance one more or less is a matter of round-off
            np.testing.assert_allclose(got, wanted, rtol=relative, atol=FLOORS.get(column, 1e-30), err_msg=column)
    return one


@pytest.mark.parametrize("name", ["two", "three", "two again"])
def test_the_time_series_does_not_depend_on_the_ranks(runs, name):
    one = assert_same_series(runs[name], runs["one"])
    assert one.current_A.iloc[-1] > 1e-7 and one.remesh.sum() > 10  # a case in which something happens


def test_a_reset_does_not_depend_on_the_ranks(tmp_path):
    """Dissolution, necks that break, a condition that ends a leg, and another circuit, on one and two ranks."""
    config, folders = tmp_path / "reset.toml", {}
    config.write_text(CASE)
    for ranks in (1, 2):
        folders[ranks] = tmp_path / f"{ranks}"
        done = ecmsim_run(ranks, folders[ranks], config=config, options=["--until", "0.4 s"])
        assert done.returncode == 0, done.stderr
    assert_same_series(folders[2], folders[1])
    one, two = (pd.read_csv(folders[ranks] / "events.csv") for ranks in (1, 2))
    assert {"rupture", "condition", "step ends"} <= set(one.event)
    assert [*one.event] == [*two.event] and [*one.step] == [*two.step]
    np.testing.assert_allclose(two.time_s, one.time_s, rtol=1e-9)


def test_multigrid_on_two_ranks_gives_the_series_of_the_direct_solver_on_one(tmp_path):
    """Of strongly coupled fields, over three steps."""
    folders = {}
    for ranks, linear in ((1, "direct"), (2, "iterative")):
        folders[ranks] = tmp_path / linear
        done = ecmsim_run(ranks, folders[ranks], *HOT, f"solver.linear={linear}", options=["--until", "1.2 ns"])
        assert done.returncode == 0, done.stderr
    one = assert_same_series(folders[2], folders[1], relative=1e-6)
    assert one.current_A.iloc[-1] > 1e-6


def test_a_contact_does_not_depend_on_the_ranks(tmp_path):
    """Atoms that bridge the gap, on one and two ranks."""
    from helpers.contact import NEAR

    folders = {}
    for ranks in (1, 2):
        folders[ranks] = tmp_path / f"{ranks}"
        settings = [*NEAR, "compliance.current=400 uA", "stepping.gap_fraction=0.05"]
        config = ROOT / "configs" / "ag_contact.toml"
        done = ecmsim_run(ranks, folders[ranks], *settings, config=config, options=["--until", "2.3 s"])
        assert done.returncode == 0, done.stderr
    # A thousandth of a nanometre is an atom here, which enlarges the solver's tolerance.
    one = assert_same_series(folders[2], folders[1], relative=3e-5)
    assert one.contact_atoms.iloc[-1] > 0.8


@pytest.mark.parametrize("name", ["two", "three"])
def test_the_outlines_do_not_depend_on_the_ranks(runs, name):
    one, other = open_run(runs["one"]).outlines, open_run(runs[name]).outlines
    assert len(one) == len(other) > 80
    for k in (0, len(one) // 2, len(one) - 1):
        np.testing.assert_allclose(other[k].points, one[k].points, rtol=0, atol=1e-8)
        np.testing.assert_allclose(other[k].electrode_points, one[k].electrode_points, rtol=0, atol=1e-8)


def test_fields_are_whole_on_several_ranks(runs):
    """The snapshot that rank 0 writes holds every node, with the values of one rank."""
    one, other = (open_run(runs[name]).snapshots[-1].read() for name in ("one", "three"))
    np.testing.assert_allclose(other.points, one.points, atol=1e-8)
    for name, wanted in one.point_data.items():
        np.testing.assert_allclose(other.point_data[name], wanted, rtol=1e-7, atol=1e-12, err_msg=name)
    assert json.loads((runs["three"] / "provenance.json").read_text())["ranks"] == 3


# --- errors -------------------------------------------------------------------------------------------------


def told_once(done, code):
    """The one error line of a process that ended with an exit code."""
    assert done.returncode == code, done.stderr
    lines = [line for line in done.stderr.splitlines() if "error:" in line]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    return lines[0]


@pytest.mark.parametrize("ranks", [1, 2])
def test_a_bad_configuration_is_told_once(ranks, tmp_path):
    done = ecmsim_run(ranks, tmp_path / "run", "compliance.current=10 mV")
    assert "quick.toml" in told_once(done, 2)
    assert done.stderr.count("expected a current") == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("ranks", [1, 2])
def test_a_folder_with_results_is_refused_on_all_ranks(ranks, runs, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(runs["two"], folder)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert str(folder) in told_once(ecmsim_run(ranks, folder), 2)
    assert before == {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_a_failed_solve_ends_all_ranks(tmp_path):
    done = ecmsim_run(2, tmp_path / "run", "solver.max_iterations=2", "stepping.smallest_step=1 ms")
    assert "failure.npz" in told_once(done, 3)
    assert json.loads((tmp_path / "run" / "provenance.json").read_text())["status"] == "failed"


def test_a_defect_on_one_rank_does_not_leave_the_others_waiting(tmp_path):
    """Any other exception on one rank aborts all: here rank 1 alone fails."""
    script = tmp_path / "defect.py"
    script.write_text(
        "import sys\n"
        "from mpi4py import MPI\n"
        "from ecmsim.commands import cli\n"
        "from ecmsim.models.full.simulation import Simulation\n"
        "def start(self):\n"
        "    raise ZeroDivisionError('rank 1')\n"
        "if MPI.COMM_WORLD.rank == 1:\n"
        "    Simulation.start = start\n"
        "cli.main()\n"
    )
    done = start(2, script, "run", QUICK, "--out", tmp_path / "run", "--quiet", timeout=1500)
    assert done.returncode != 0
    assert "ZeroDivisionError: rank 1" in done.stderr


# --- endurance ----------------------------------------------------------------------------------------------

REMESHES = '''
"""Make, use and close many discretisations; print what they left behind."""
import gc
import sys
from pathlib import Path

import numpy as np
from mpi4py import MPI

sys.path.insert(0, "tests")
from helpers import weak
from ecmsim.config import load_config
from ecmsim.models.full.problem import FieldForms, FieldProblem
from ecmsim.models.cell import Tip
from ecmsim.models.full.mesh.motion import HarmonicMotion
from ecmsim.physics.compliance import IdealCompliance
from ecmsim.physics.model import DeviceModel
from ecmsim.models.full.simulation import Discretisation
from ecmsim.models.full.newton import Newton
from ecmsim.timing import Stopwatch

comm, keep = MPI.COMM_WORLD, []


def megabytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20


def handle():
    """Number of the lowest free communicator."""
    gc.collect()
    new = comm.Dup()
    number = new.py2f()
    new.Free()
    return number


config = load_config("configs/quick.toml")
limiter = IdealCompliance(1e-6, 0.05)
forms = FieldForms(comm, DeviceModel.from_config(config), limiter, config.cell, False)
mesh = weak.cell_of_blocks()
for remesh in range(int(sys.argv[1])):
    problem = FieldProblem(forms, mesh, direct=False, wall_ambient=False)
    columns, tip = mesh.gap.columns("vertical"), Tip(DeviceModel.from_config(config).across_gap)
    problem.set_geometry(mesh, columns, np.ones_like, tip)
    problem.set_source(0.1)
    newton = Newton(problem, 1e-9, 40, Stopwatch(), linear=sys.argv[2])
    newton.solve(0.1)
    Discretisation((None, None), HarmonicMotion(mesh), problem, newton).close()
    if "keep" in sys.argv:
        keep.append(problem)
    if remesh == 20:
        before = megabytes(), handle()
after = megabytes(), handle()
growth = comm.allgather((after[0] - before[0], after[1] - before[1]))
if comm.rank == 0:
    print(*(value for rank in growth for value in rank))
'''


def remeshes(tmp_path, count, *options):
    """Growth of memory (MB) and of the number of the lowest free communicator, the larger of two ranks."""
    script = tmp_path / "remeshes.py"
    script.write_text(REMESHES)
    done = start(2, script, count, *options, timeout=1500)
    assert done.returncode == 0, done.stderr
    growth = np.array(done.stdout.split(), dtype=float).reshape(2, 2)
    return growth.max(axis=0)


def gives_everything_back(growth):
    """Less is left than one discretisation holds: 17 communicators. (Which numbers are free varies by as many.)"""
    memory, communicators = growth
    assert memory < 5
    assert communicators < 40


@pytest.mark.parametrize("linear", ["direct", "iterative"])
def test_remeshing_gives_everything_back(tmp_path, linear):
    """Memory and MPI communicators, which every mesh and every factor duplicates, after 120 meshes on two ranks."""
    gives_everything_back(remeshes(tmp_path, 120, linear))
    assert remeshes(tmp_path, 40, linear, "keep")[1] > 200  # what is kept is noticed


MOTION = '''
"""Move a mesh with the work shared by the ranks, and alone; print whether both are the same to the bit."""
import sys

import numpy as np
from mpi4py import MPI

sys.path.insert(0, "tests")
from helpers import weak
from ecmsim.models.full.mesh import motion

motion.LARGE = 0
mesh = weak.cell_of_blocks()
wanted = mesh.filament_points + [0.0, 0.01] * (mesh.filament_points[:, 1:] > 0)
shared, alone = (motion.HarmonicMotion(mesh, comm) for comm in (MPI.COMM_WORLD, None))
moved = [one.moved(wanted, mesh.electrode_points).points for one in (shared, alone)]
same = np.array_equal(*moved) and not np.array_equal(moved[0], mesh.points)
of_all = MPI.COMM_WORLD.allgather(bool(same))
if MPI.COMM_WORLD.rank == 0:
    print(*of_all)
'''


def test_ranks_that_share_the_motion_of_the_mesh_move_it_alike(tmp_path):
    script = tmp_path / "motion.py"
    script.write_text(MOTION)
    done = start(3, script)
    assert done.returncode == 0 and done.stdout.split() == ["True"] * 3, done.stdout + done.stderr
