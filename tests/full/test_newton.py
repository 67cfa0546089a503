"""Newton's method on three unknowns, one of each field: the way that it takes, step by step, and where it gives up."""

from types import SimpleNamespace

import numpy as np
import pytest
from helpers.before import told
from mpi4py import MPI
from petsc4py import PETSc

from ecmsim.models.full import linear
from ecmsim.models.full.newton import Newton, NewtonError, Scales
from ecmsim.timing import Stopwatch


class Small:
    """What a FieldProblem is to Newton's method, of a function F(u) and its Jacobian, (3,) and (3, 3)."""

    floating = None

    def __init__(self, function, jacobian, begin):
        self.function, self.jacobian = function, jacobian
        self.free_dofs, self.domain = np.arange(3), SimpleNamespace(comm=MPI.COMM_SELF)
        self.x = SimpleNamespace(array=np.array(begin, dtype=float), scatter_forward=lambda: None)
        self.u, self.way = SimpleNamespace(x=self.x), []
        self.free_matrix = PETSc.Mat().createAIJ((3, 3), nnz=3, comm=MPI.COMM_SELF)
        self.vector = SimpleNamespace(array_r=np.zeros(3))

    def assemble_jacobian(self):
        self.free_matrix.zeroEntries()
        self.free_matrix.setValues(range(3), range(3), self.jacobian(self.x.array).ravel())
        self.free_matrix.assemble()

    def assemble_residual(self):
        self.way.append(self.x.array.copy())
        self.vector = SimpleNamespace(array_r=self.function(self.x.array))


def coupled(strength):
    """Electrons behind a steep law, ions that follow them, and heat that both make: F(u) with its Jacobian."""

    def function(u):
        e, i, t = u
        return np.array([np.sinh(e / strength) - 2 * (1 - e), i - e**2 + 0.1 * np.tanh(t / 50), t - 300 * e * i - 20.0])

    def jacobian(u):
        e, i, t = u
        first = [np.cosh(e / strength) / strength + 2, 0, 0]
        second = [-2 * e, 1, 0.1 / 50 / np.cosh(t / 50) ** 2]
        return np.array([first, second, [-300 * i, -300 * e, 1]])

    return function, jacobian


def newton_of(problem, **given):
    return Newton(problem, given.pop("tolerance", 1e-10), given.pop("most", 40), Stopwatch(), **given)


BEGINS = {"near": [0.17, 0.03, 21.0], "far": [1.0, -0.8, 400.0], "nowhere": [0.0, 0.0, 0.0]}


@pytest.mark.parametrize("strength", [0.1, 0.3])
@pytest.mark.parametrize("begin", BEGINS)
def test_the_way_to_a_solution(file_regression, strength, begin):
    problem = Small(*coupled(strength), BEGINS[begin])
    newton = newton_of(problem)
    iterations = newton.solve(0.7)
    assert np.abs(problem.function(problem.x.array)).max() < 1e-7
    found = {"iterations": iterations, "counts": [newton.factorisations, newton.solves, len(problem.way)]}
    found |= dict(zip("eit", np.array(problem.way).T, strict=True))
    # Once more from beside it, with the factor that is there, and without.
    for keep in (True, False):
        problem.x.array[:] += [1e-3, -2e-3, 0.5]
        found[f"again, {keep}"] = [newton.solve(0.7, keep_factor=keep), newton.factorisations, newton.solves]
    newton.refine()
    newton.refine(fresh=True)
    found["refined"] = [newton.factorisations, newton.solves]
    newton.close()
    told(file_regression, found, rel=1e-5, nothing=1e-6)


@pytest.mark.parametrize("sizes", [(0.1, 0.1, 0.1), (1e-30, 0.1, 1e-90), (0.1, 0.0, 1e-3)])
def test_a_factor_that_is_wrong_by_a_share_is_right_after_two_corrections(sizes):
    """Of linear equations: what the first leaves tells the share, of each field by itself, whatever its size."""
    right, wrong = np.array(sizes), np.array([1.05, 0.9, 1.1])
    problem = Small(lambda u: u - right, lambda u: np.diag(wrong), np.zeros(3))
    newton = newton_of(problem)
    newton.solve(1.0)
    assert problem.x.array == pytest.approx(right, rel=1e-12, abs=0.0)
    assert len(problem.way) == 3 and newton.factorisations == 1
    newton.close()


def test_no_correction_is_larger_than_the_scales_say():
    """0.3 V, 0.15 V and 100 K, unless others are given."""
    for scales, largest in ((None, (0.3, 0.15, 100.0)), (Scales(largest=(0.5, 0.5, 9.0)), (0.5, 0.5, 9.0))):
        for field, size in enumerate(largest):
            target = np.zeros(3)
            target[field] = 50.0 * size
            problem = Small(lambda u, target=target: u - target, lambda u: np.eye(3), np.zeros(3))
            newton = newton_of(problem, most=200, scales=scales)
            newton.solve(1.0)
            steps = np.abs(np.diff(np.array(problem.way)[:, field]))
            assert steps.max() == pytest.approx(size, rel=1e-9)
            newton.close()
    assert Scales().unit == (1.0, 1.0, 100.0)


def test_potentials_are_measured_against_the_voltage_and_heat_against_a_hundred_kelvin():
    """A correction that is the tolerance times that, or less, is the last one."""
    for field, unit in enumerate((0.5, 0.5, 100.0)):
        for factor, iterations in ((0.9, 1), (1.1, 2)):
            target = np.zeros(3)
            target[field] = factor * 1e-4 * unit
            problem = Small(lambda u, target=target: u - target, lambda u: np.eye(3), np.zeros(3))
            newton = newton_of(problem, tolerance=1e-4)
            assert newton.solve(0.5) == iterations
            newton.close()


def test_where_it_gives_up():
    """Where no step comes nearer, where numbers are none, and after so many iterations: told with the worst field."""
    away = Small(
        lambda u: np.array([1.0 + u[0] ** 2, u[1], u[2]]), lambda u: np.diag([2 * u[0] + 0.01, 1, 1]), [0.3, 0, 0]
    )
    with pytest.raises(NewtonError) as caught:
        newton_of(away).solve()
    assert caught.value.field == "electronic potential" and caught.value.iterations <= 40
    nothing = Small(lambda u: np.array([0.0, 0.0, np.nan]), lambda u: np.eye(3), np.zeros(3))
    with pytest.raises(NewtonError, match="no finite correction") as caught:
        newton_of(nothing).solve()
    assert caught.value.field == "temperature" and caught.value.iterations == 1
    long = Small(lambda u: u - [0.0, 10.0, 0.0], lambda u: np.eye(3), np.zeros(3))
    with pytest.raises(NewtonError, match="no convergence in 7 iterations: the last correction of the ionic") as caught:
        newton_of(long, most=7).solve()
    assert caught.value.field == "ionic potential" and caught.value.iterations == 7


@pytest.mark.parametrize("there", [True, False])
def test_which_package_factorises(monkeypatch, there):
    """UMFPACK on one rank up to 15,000 unknowns, where PETSc has it; else MUMPS."""
    monkeypatch.setattr(linear, "PETSc", SimpleNamespace(Sys=SimpleNamespace(hasExternalPackage=lambda name: there)))
    small = "umfpack" if there else "mumps"
    assert [linear.package(*case) for case in ((1, 14_999), (1, 15_000), (2, 10))] == [small, "mumps", "mumps"]
    assert linear.HUGE == 1_000_000
    assert (linear.multigrid() is linear.HYPRE) == there
