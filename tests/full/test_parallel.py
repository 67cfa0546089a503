"""Several MPI ranks: the results of one rank, errors told once, and thousands of meshes without running out."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from helpers.contact import NEAR
from helpers.hot import HOT
from helpers.paths import QUICK, ROOT
from helpers.ranks import ENVIRONMENT, assert_same_series, launcher, needs_mpirun

from ecmsim import open_run
from ecmsim.config import load_config
from ecmsim.running.run import run

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
# To where atoms are about to bridge the gap in no time, and then slowly.
TOUCHING = [
    *NEAR,
    'programme=[{kind="ramp", to="2.25 V", duration="1 ms"}, {kind="ramp", to="2.6 V", rate="1 V/s"}]',
    "stepping.largest_voltage_step=1 V",
    "stepping.gap_fraction=0.05",
    "compliance.current=400 uA",
]
RUNS = '''
"""Run cases (a dict of configuration, settings and end) one after the other, each in a folder of its name."""
import json
import sys
from pathlib import Path

from ecmsim.config import load_config
from ecmsim.running.run import run

for name, (config, settings, until) in json.loads(sys.argv[2]).items():
    run(load_config(config, settings), Path(sys.argv[1]) / name, until=until)
'''
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
def cases():
    """Configuration, settings and end (s) of whole runs; of the solver what two ranks have otherwise than one."""
    return {
        "growth": (QUICK, COARSE, None),
        "contact": (ROOT / "configs" / "ag_contact.toml", TOUCHING, 0.09),
        "hot": (QUICK, HOT, 1.2e-9),
    }


@pytest.fixture(scope="module")
def on_one(cases, tmp_path_factory):
    """The folders of the cases on one rank."""
    folder = tmp_path_factory.mktemp("one")
    for name, (config, settings, until) in cases.items():
        run(load_config(config, settings), folder / name, until=until)
    return folder


@pytest.fixture(scope="module")
def on_two(cases, tmp_path_factory):
    """Their folders on two ranks, which are started once for all of them; "hot" with multigrid."""
    folder, script = tmp_path_factory.mktemp("two"), tmp_path_factory.mktemp("script") / "runs.py"
    script.write_text(RUNS)
    given = {name: (str(config), [*settings], until) for name, (config, settings, until) in cases.items()}
    given["hot"][1].append("solver.linear=iterative")
    done = start(2, script, folder, json.dumps(given))
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def on_three(cases, tmp_path_factory):
    """The folder of the growth on three ranks."""
    folder = tmp_path_factory.mktemp("three") / "growth"
    done = ecmsim_run(3, folder, *COARSE)
    assert done.returncode == 0, done.stderr
    return folder


# --- the same results ---------------------------------------------------------------------------------------


@pytest.fixture(params=["two", "three"])
def growth(request):
    """The folder of the growth on several ranks."""
    folder = request.getfixturevalue(f"on_{request.param}")
    return folder / "growth" if request.param == "two" else folder


def test_the_time_series_does_not_depend_on_the_ranks(on_one, growth):
    one = assert_same_series(growth, on_one / "growth")
    assert one.current_A.iloc[-1] > 1e-7 and one.remesh.sum() > 10  # a case in which something happens


def test_multigrid_on_two_ranks_gives_the_series_of_the_direct_solver_on_one(on_one, on_two):
    """Of strongly coupled fields, over three steps."""
    one = assert_same_series(on_two / "hot", on_one / "hot", relative=1e-6)
    assert one.current_A.iloc[-1] > 1e-6


def test_a_contact_does_not_depend_on_the_ranks(on_one, on_two):
    """Atoms that bridge the gap, on one and two ranks."""
    # A thousandth of a nanometre is an atom here, which enlarges the solver's tolerance.
    one = assert_same_series(on_two / "contact", on_one / "contact", relative=3e-5)
    assert one.contact_atoms.iloc[-1] > 0.8


def test_the_outlines_do_not_depend_on_the_ranks(on_one, growth):
    one, other = open_run(on_one / "growth").outlines, open_run(growth).outlines
    assert len(one) == len(other) > 80
    for k in (0, len(one) // 2, len(one) - 1):
        np.testing.assert_allclose(other[k].points, one[k].points, rtol=0, atol=1e-8)
        np.testing.assert_allclose(other[k].electrode_points, one[k].electrode_points, rtol=0, atol=1e-8)


def test_fields_are_whole_on_several_ranks(on_one, on_three):
    """The snapshot that rank 0 writes holds every node, with the values of one rank."""
    one, other = (open_run(folder).snapshots[-1].read() for folder in (on_one / "growth", on_three))
    np.testing.assert_allclose(other.points, one.points, atol=1e-8)
    for name, wanted in one.point_data.items():
        np.testing.assert_allclose(other.point_data[name], wanted, rtol=1e-7, atol=1e-12, err_msg=name)
    assert json.loads((on_three / "provenance.json").read_text())["ranks"] == 3


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
def test_a_folder_with_results_is_refused_on_all_ranks(ranks, on_two, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(on_two / "growth", folder)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert str(folder) in told_once(ecmsim_run(ranks, folder), 2)
    assert before == {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_a_failed_solve_ends_all_ranks(tmp_path):
    done = ecmsim_run(2, tmp_path / "run", "solver.max_iterations=2", "stepping.smallest_step=20 ms")
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

comm = MPI.COMM_WORLD
WARM, GIVEN_BACK, KEPT = 5, 60, 12  # meshes


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


def growth(linear, count, keep=None):
    """Of memory (MB) and of the number of the lowest free communicator, over so many meshes after some others."""
    for remesh in range(WARM + count):
        if remesh == WARM:
            before = megabytes(), handle()
        problem = FieldProblem(forms, mesh, direct=False, wall_ambient=False)
        columns, tip = mesh.gap.columns("vertical"), Tip(DeviceModel.from_config(config).across_gap)
        problem.set_geometry(mesh, columns, np.ones_like, tip)
        problem.set_source(0.1)
        newton = Newton(problem, 1e-9, 40, Stopwatch(), linear=linear)
        newton.solve(0.1)
        Discretisation((None, None), HarmonicMotion(mesh), problem, newton).close()
        if keep is not None:
            keep.append(problem)
    after = megabytes(), handle()
    return after[0] - before[0], after[1] - before[1]


for linear in ("direct", "iterative"):
    found = growth(linear, GIVEN_BACK), growth(linear, KEPT, keep=[])
    of_ranks = comm.allgather(found)
    if comm.rank == 0:
        print(linear, *np.max(of_ranks, axis=0).ravel())
'''


@pytest.fixture(scope="module")
def remeshed(tmp_path_factory):
    """Growth of memory (MB) and of communicators, given back and kept, the larger of two ranks, by the solver."""
    script = tmp_path_factory.mktemp("remeshed") / "remeshes.py"
    script.write_text(REMESHES)
    done = start(2, script)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    return {name: np.array(numbers, dtype=float).reshape(2, 2) for name, *numbers in lines}


@pytest.mark.parametrize("linear", ["direct", "iterative"])
def test_remeshing_gives_everything_back(remeshed, linear):
    """Memory and MPI communicators, which every mesh and every factor duplicates, after 60 meshes on two ranks.

    Less is left than one discretisation holds: 17 communicators. (Which numbers are free varies by as many.)
    """
    (memory, communicators), (_, kept) = remeshed[linear]
    assert memory < 3
    assert communicators < 20
    assert kept > 200  # what is kept is noticed


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
