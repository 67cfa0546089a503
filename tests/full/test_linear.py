"""The linear solver that large meshes take: the fields and currents of the direct one, however small they are."""

import numpy as np
import pytest
from helpers.hot import HOT
from helpers.paths import QUICK
from mpi4py import MPI

from ecmsim.config import load_config
from ecmsim.errors import SolveError
from ecmsim.models.full import linear
from ecmsim.models.full.linear import HUGE, DirectSolver, MultigridSolver, solver_for
from ecmsim.models.full.simulation import Simulation


def states(kind, settings):
    """The states of a run's beginning: at 0 V, after a step, and after another one with the factor that is there."""
    simulation = Simulation(load_config(QUICK, [*settings, f"solver.linear={kind}"]), MPI.COMM_SELF)
    found = [simulation.start()]
    for time in (1e-9, 1.2e-9):
        found.append(simulation.accept(simulation.advance(found[-1], time)))
    simulation.close()
    return found


def assert_same_fields(found, wanted):
    """Each potential is the same against its own size, however small that is."""
    for one, other in zip(found, wanted, strict=True):
        for field, floor in enumerate((0.0, 0.0, 1e-6)):
            size = max(np.abs(other.values[:, field]).max(), floor)
            np.testing.assert_allclose(one.values[:, field], other.values[:, field], rtol=0, atol=1e-7 * size)
        for name in ("current", "ionic_current", "tunnel_current"):
            assert one.seen[name] == pytest.approx(other.seen[name], rel=1e-7, abs=0), name
        assert one.seen["charge_imbalance"] < 1e-9


def test_multigrid_gives_the_fields_of_the_direct_solver():
    direct = states("direct", HOT)
    assert direct[-1].seen["current"] > 1e-6 and direct[-1].seen["temperature_max"] > 305  # all fields are coupled
    assert_same_fields(states("iterative", HOT), direct)


def test_multigrid_resolves_the_smallest_currents():
    """At 1e-20 A the electrons' potential is 20 orders below the ions'; it becomes as accurate all the same."""
    settings = ["mesh.refinement=0.7", "stepping.largest_voltage_step=2 V", "stepping.largest_current_ratio=1e30"]
    direct = states("direct", settings)
    assert 0 < direct[-1].seen["current"] < 1e-20
    assert_same_fields(states("iterative", settings), direct)


def test_without_hypre_the_multigrid_of_petsc_serves(monkeypatch):
    direct = states("direct", HOT)
    monkeypatch.setattr(linear, "multigrid", lambda: linear.GAMG)
    assert_same_fields(states("iterative", HOT), direct)


def test_the_solver_goes_by_size():
    few, many = (np.zeros(count, dtype=int) for count in (HUGE - 1, HUGE))
    assert isinstance(solver_for("auto", MPI.COMM_SELF, few), DirectSolver)
    assert isinstance(solver_for("auto", MPI.COMM_SELF, many), MultigridSolver)
    assert isinstance(solver_for("direct", MPI.COMM_SELF, many), DirectSolver)
    assert isinstance(solver_for("iterative", MPI.COMM_SELF, few), MultigridSolver)


def test_a_solution_that_does_not_converge_is_refused(monkeypatch):
    monkeypatch.setattr(linear, "MOST", 1)
    monkeypatch.setattr(linear, "ACCURACY", 1e-14)
    with pytest.raises(SolveError, match="no finite correction"):
        states("iterative", HOT)
