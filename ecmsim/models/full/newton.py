"""Newton's method with a line search in the natural norm, on factors (linear.py) that are kept while they serve.

The residual mixes amperes, watts and rows 15 orders of magnitude apart; its norm says nothing. The size of the
Newton correction does: a step is accepted when the next simplified correction (same factor) is smaller, which is
Deuflhard's natural monotonicity test (Newton Methods for Nonlinear Problems, Springer 2004, algorithm NLEQ-ERR).
An old factor serves while that pays: corrections by it shrink by much the same share each time, and the next one is
lengthened to what would follow it.
"""

from dataclasses import dataclass

import numpy as np
from mpi4py import MPI
from petsc4py import PETSc

from ecmsim.errors import SolveError
from ecmsim.models.full.linear import solver_for

SLOWEST = 0.5  # contraction with which an old factor goes on
WORTH = 12  # corrections that take as long as a new factor and those that follow it
FIELD_NAMES = ("electronic potential", "ionic potential", "temperature")


class NewtonError(SolveError):
    """The nonlinear solve did not converge. field: name of the worst field; iterations made."""

    def __init__(self, message, field, iterations):
        super().__init__(message)
        self.field, self.iterations = field, iterations


@dataclass
class Scales:
    """Sizes against which corrections of (psi, phi_i, T) are measured, and the most that one iteration may change."""

    unit: tuple = (1.0, 1.0, 100.0)  # V, V, K
    largest: tuple = (0.3, 0.15, 100.0)  # V, V, K


class Newton:
    """Solver of one FieldProblem; keep it as long as the problem, so that factors and their analysis are reused."""

    def __init__(self, problem, tolerance, max_iterations, watch, scales=None, linear="auto"):
        self.problem, self.tolerance, self.max_iterations = problem, tolerance, max_iterations
        self.watch, self.scales = watch, scales or Scales()
        self.factorisations = self.solves = 0
        self._free = problem.free_dofs
        self._solver = solver_for(linear, problem.domain.comm, self._free % 3)
        self._of_field = [np.flatnonzero(self._free % 3 == field) for field in range(3)]
        self._correction, self._next, self._residual = (self._vector() for _ in range(3))
        bodies = problem.floating.count if problem.floating else 0
        self._shifted = [self._vector() for _ in range(bodies)]  # by one volt each: see floating.py
        self._factorised = False

    def _vector(self):
        """A PETSc vector of the unknowns."""
        vector = PETSc.Vec().create(self.problem.domain.comm)
        vector.setSizes((len(self._free), None))
        vector.setUp()
        return vector

    def close(self):
        """Give back PETSc objects."""
        self._solver.close()
        for item in (self._correction, self._next, self._residual, *self._shifted):
            item.destroy()

    def _factorise(self):
        with self.watch("assembly"):
            self.problem.assemble_jacobian()
        with self.watch("factorisation"):
            self._solver.prepare(self.problem.free_matrix)
        for body, column in enumerate(self._shifted):
            self.problem.ground(body)
            self._residual.array = self.problem.vector.array_r[self._free]
            with self.watch("back substitution"):
                self._solver.solve(self._residual, column)
        self._factorised = True
        self.factorisations += 1

    def _correct(self, into):
        """Newton correction -J^-1 F(u) and its size by field."""
        problem = self.problem
        with self.watch("assembly"):
            problem.assemble_residual()
            self._residual.array = problem.vector.array_r[self._free]
        with self.watch("back substitution"):
            self._solver.solve(self._residual, into)
        into.scale(-1.0)
        if self._shifted:
            found = problem.shifts(into.array_r, [column.array_r for column in self._shifted])
            for shift, column in zip(found, self._shifted, strict=True):
                into.axpy(shift, column)
        self.solves += 1
        return self._sizes(into)

    def _sizes(self, correction):
        """Largest entry of a correction by field, (3,), the same on every rank."""
        parts = np.abs(correction.array_r)
        local = np.array([parts[of].max(initial=0.0) for of in self._of_field])
        return self._of_all(np.where(np.isfinite(local), local, np.inf), MPI.MAX)

    def _lengthen(self, correction, before):
        """Divide a correction v by 1 - (v, d)/(d, d), d the one before: Broyden's update of the factor for that one
        pair (Math. Comp. 19, 577, 1965; Deuflhard's QNERR).

        Field by field: one whose solution is 20 decades below another's (heat at attoamperes) stays as exact as it is
        by itself, which one scalar product of all would not let it.
        """
        now, then = correction.array, before.array_r
        parts = [(now[of], then[of]) for of in self._of_field]
        largest = self._of_all([np.abs(d).max(initial=0.0) for _, d in parts], MPI.MAX)
        parts = [(v / size, d / size) for (v, d), size in zip(parts, np.where(largest > 0, largest, 1.0), strict=True)]
        along, squares = self._of_all([[v @ d for v, d in parts], [d @ d for _, d in parts]], MPI.SUM)
        for of, share in zip(self._of_field, along / np.where(squares > 0, squares, 1.0), strict=True):
            if abs(share) < SLOWEST:  # else it tells of round-off
                now[of] /= 1.0 - share

    def _of_all(self, numbers, by):
        """Numbers of all ranks in one by an operation of MPI, an array."""
        comm, numbers = self.problem.domain.comm, np.array(numbers)
        if comm.size > 1:
            comm.Allreduce(MPI.IN_PLACE, numbers, by)
        return numbers

    def _apply(self, correction, factor):
        """u += factor * correction, ghosts included."""
        function = self.problem.u
        function.x.array[self._free] += factor * correction.array_r
        function.x.scatter_forward()

    def _serves(self, contraction, norm):
        """Whether the factor at hand leads to the solution with less work than a new one."""
        return contraction < SLOWEST and norm * contraction**WORTH < self.tolerance

    def refine(self, fresh=False):
        """One more correction for what the tolerance left over, with the factor at hand or a fresh one."""
        if fresh:
            self._factorise()
        self._correct(self._correction)
        self._apply(self._correction, 1.0)

    def solve(self, voltage=1.0, keep_factor=True):
        """Solve from the present fields in place; returns the number of iterations (corrections applied).

        voltage: size of the potentials in V, against which their corrections are measured; keep_factor: begin with
        the last factor if there is one. Raises NewtonError, leaving the fields undefined.
        """
        units, largest = np.array(self.scales.unit), np.array(self.scales.largest)
        units[:2] *= voltage
        fresh = not (keep_factor and self._factorised)
        if fresh:
            self._factorise()
        sizes, goes_on = self._correct(self._correction), False
        for iteration in range(1, self.max_iterations + 1):
            worst = int(np.argmax(sizes / units))
            norm = (sizes / units)[worst]
            if not np.isfinite(norm):
                if fresh:
                    self._factorised = False  # it is useless, and MUMPS refuses to solve with it again
                    raise NewtonError("the linear solve gave no finite correction", FIELD_NAMES[worst], iteration)
                self._factorise()
                fresh, sizes, goes_on = True, self._correct(self._correction), False
                continue
            if norm < self.tolerance:
                self._apply(self._correction, 1.0)
                return iteration
            if goes_on:  # not the last one: that keeps the equations which are linear, as charge is kept
                self._lengthen(self._correction, self._next)
                sizes = self._sizes(self._correction)
                norm = float((sizes / units).max())
            factor = min(1.0, float(np.min(largest / np.maximum(sizes, 1e-300))))
            while True:
                self._apply(self._correction, factor)
                next_sizes = self._correct(self._next)
                contraction = (next_sizes / units).max() / norm
                if contraction <= 1 - factor / 4 or not fresh:
                    break
                self._apply(self._correction, -factor)
                factor /= 2
                if factor < 1e-3:
                    raise NewtonError("the line search found no descent", FIELD_NAMES[worst], iteration)
            if factor == 1.0 and self._serves(contraction, norm):
                self._correction, self._next = self._next, self._correction
                sizes, fresh, goes_on = next_sizes, False, True
                continue
            if not fresh and not contraction <= SLOWEST:
                self._apply(self._correction, -factor)  # go back and begin again with a fresh factor
            self._factorise()
            fresh, sizes, goes_on = True, self._correct(self._correction), False
        raise NewtonError(
            f"no convergence in {self.max_iterations} iterations: the last correction of the "
            f"{FIELD_NAMES[worst]} was {sizes[worst]:.2g} {'K' if worst == 2 else 'V'}",
            FIELD_NAMES[worst],
            self.max_iterations,
        )
