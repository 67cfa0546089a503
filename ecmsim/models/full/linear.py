"""The linear systems of Newton's method: a direct factor, or GMRES with algebraic multigrid of each field.

Both hold a matrix of the unknowns of a FieldProblem, are prepared for it by `prepare` and solve with it until that is
called again. In two dimensions a factor's memory goes with n log n, its time with n^1.4; multigrid goes with n. One
solution is as cheap by multigrid from some 30,000 unknowns on; but a run keeps its factors and solves many times with
each, at a fraction of what multigrid costs (docs/speed.md): so the factor has its place up to HUGE.
"""

import numpy as np
from mpi4py import MPI
from petsc4py import PETSc

LARGE = 15_000  # unknowns from which MUMPS is the better choice also on one rank
HUGE = 1_000_000  # unknowns of all ranks from which multigrid is
# Orderings of MUMPS (its ICNTL(7)). By its own choice it fills 10 to 20 % less, but takes as long as two factors to
# find that out, on one rank: of so many unknowns this is worth it.
MINIMUM_FILL, AUTOMATIC, FILLED = 2, 7, 400_000
PREFIX = "ecmsim_direct_"  # of PETSc's options
ACCURACY = 1e-6  # of a correction in each field, relative
MOST = 200  # iterations of GMRES; far more than it needs
# Splits of the preconditioner, in the order of their solution: what drives the next comes first where the current is
# large (electrons heat, heat makes ions hop).
SPLITS = {"electrons": 0, "heat": 2, "ions": 1}
# BoomerAMG's own settings but for what its manual recommends together for parallel coarsening, and for sweeps forwards
# on the way down and backwards on the way up: GMRES needs no symmetric ones.
HYPRE = {
    "pc_type": "hypre",
    "pc_hypre_type": "boomeramg",
    "pc_hypre_boomeramg_coarsen_type": "HMIS",
    "pc_hypre_boomeramg_interp_type": "ext+i",
    "pc_hypre_boomeramg_strong_threshold": 0.25,
    "pc_hypre_boomeramg_P_max": 4,
    "pc_hypre_boomeramg_relax_type_down": "SOR/Jacobi",
    "pc_hypre_boomeramg_relax_type_up": "backward-SOR/Jacobi",
}
GAMG = {"pc_type": "gamg"}


def multigrid():
    """Options of the algebraic multigrid that this PETSc has: hypre's where it can be, else its own."""
    return HYPRE if PETSc.Sys.hasExternalPackage("hypre") else GAMG


def solver_for(kind, comm, fields):
    """The solver of one matrix. kind: "auto", "direct" or "iterative"; fields: for each unknown of this rank its field,
    0 (electrons), 1 (ions) or 2 (heat)."""
    unknowns = comm.allreduce(len(fields))
    if kind == "iterative" or (kind == "auto" and unknowns >= HUGE):
        return MultigridSolver(comm, fields)
    return DirectSolver(comm, unknowns)


def package(ranks, unknowns):
    """The direct solver behind PETSc: UMFPACK solves fastest on one rank, MUMPS knows ranks and large matrices."""
    small = ranks == 1 and unknowns < LARGE
    return "umfpack" if small and PETSc.Sys.hasExternalPackage("umfpack") else "mumps"


class DirectSolver:
    """A factor of the whole matrix. unknowns: of all ranks."""

    def __init__(self, comm, unknowns):
        self._ksp = ksp = PETSc.KSP().create(comm)
        ksp.setType("preonly")
        ksp.setOptionsPrefix(PREFIX)
        preconditioner = ksp.getPC()
        preconditioner.setType("lu")
        by = package(comm.size, unknowns)
        preconditioner.setFactorSolverType(by)
        if by == "mumps":  # which reads it whenever it makes a factor; PETSc warns of options that nobody reads
            PETSc.Options()[f"{PREFIX}mat_mumps_icntl_7"] = MINIMUM_FILL if unknowns < FILLED else AUTOMATIC

    def prepare(self, matrix):
        """Factorise; the analysis of a matrix with the same pattern is used again."""
        self._ksp.setOperators(matrix)
        self._ksp.getPC().setReusePreconditioner(False)
        self._ksp.setUp()
        self._ksp.getPC().setReusePreconditioner(True)

    def solve(self, right, into):
        """Solve for a right-hand side (Vec)."""
        self._ksp.solve(right, into)

    def close(self):
        """Give back PETSc objects."""
        self._ksp.destroy()


class MultigridSolver:
    """GMRES, preconditioned field by field (block Gauss-Seidel) with one cycle of multigrid in each.

    The fields, and their rows, differ by many orders of magnitude: GMRES sees each divided by the size that two
    iterations of the preconditioner alone give it, and what it minimises is the preconditioned residual. So each field
    becomes as accurate as the others, whatever its size.
    """

    def __init__(self, comm, fields):
        self._comm, self._fields = comm, fields
        self._matrix = self._scale = self._rest = self._scaled = None
        self._split = PETSc.PC().create(comm)
        self._ksp = PETSc.KSP().create(comm)
        self._operator = None

    def prepare(self, matrix):
        """Set up the multigrid of each field."""
        if self._operator is None:
            self._create(matrix)
        self._matrix = matrix
        self._split.setOperators(matrix)
        self._split.setReusePreconditioner(False)
        self._split.setUp()
        self._split.setReusePreconditioner(True)
        for part in self._split.getFieldSplitSubKSP():
            part.setUp()

    def _create(self, matrix):
        first = matrix.getOwnershipRange()[0]
        split, options = self._split, PETSc.Options()
        split.setType("fieldsplit")
        split.setFieldSplitType(PETSc.PC.CompositeType.MULTIPLICATIVE)
        split.setOptionsPrefix("ecmsim_")
        mine = []
        for name, field in SPLITS.items():
            rows = first + np.flatnonzero(self._fields == field).astype(PETSc.IntType)
            if self._comm.allreduce(len(rows)):
                mine.append((name, PETSc.IS().createGeneral(rows, comm=self._comm)))
                prefix = f"ecmsim_fieldsplit_{name}_"
                for option, value in {"ksp_type": "preonly", **multigrid()}.items():
                    options[prefix + option] = value
        split.setFieldSplitIS(*mine)
        split.setFromOptions()
        self._scale, self._rest, self._scaled = (matrix.createVecRight() for _ in range(3))
        self._operator = PETSc.Mat().createPython(matrix.getSizes(), self, comm=self._comm)
        self._operator.setUp()
        ksp = self._ksp
        ksp.setOperators(self._operator)
        ksp.setType("gmres")
        ksp.setGMRESRestart(60)
        ksp.setPCSide(PETSc.PC.Side.LEFT)
        ksp.setNormType(PETSc.KSP.NormType.PRECONDITIONED)
        ksp.setInitialGuessNonzero(True)
        ksp.setOptionsPrefix("ecmsim_")
        options["ecmsim_ksp_converged_use_initial_residual_norm"] = True  # or it asks for the one of a zero guess
        ksp.setFromOptions()
        ksp.getPC().setType("python")
        ksp.getPC().setPythonContext(self)

    # --- what PETSc asks of its operator and preconditioner: fields divided by their sizes ---------------------------

    def mult(self, _, x, y):
        """y = A S x."""
        self._scaled.pointwiseMult(self._scale, x)
        self._matrix.mult(self._scaled, y)

    def apply(self, _, x, y):
        """y = S^-1 M^-1 x."""
        self._split.apply(x, y)
        y.pointwiseDivide(y, self._scale)

    # ------------------------------------------------------------------------------------------------------------------

    def solve(self, right, into):
        """Solve for a right-hand side (Vec); what comes is not finite where GMRES does not converge."""
        self._split.apply(right, into)
        self._matrix.mult(into, self._rest)
        self._rest.aypx(-1.0, right)
        self._split.apply(self._rest, self._scaled)
        into.axpy(1.0, self._scaled)
        sizes, norm = self._sizes(into)
        self._ksp.setTolerances(rtol=0.0, atol=ACCURACY * norm, divtol=1e12, max_it=MOST)
        self._scale.array = sizes[self._fields]
        into.pointwiseDivide(into, self._scale)
        self._ksp.solve(right, into)
        into.pointwiseMult(into, self._scale)
        if self._ksp.getConvergedReason() < 0:
            into.set(np.nan)

    def _sizes(self, vector):
        """Root mean square of each field of a vector, 1 where it is zero; norm of the vector with fields of size 1."""
        squares = np.bincount(self._fields, vector.array_r**2, minlength=3)
        counts = np.bincount(self._fields, minlength=3)
        squares, counts = self._comm.allreduce(np.array([squares, counts]), MPI.SUM)
        sizes = np.sqrt(squares / np.maximum(counts, 1))
        return np.where(sizes > 0, sizes, 1.0), np.sqrt(counts.sum())

    def close(self):
        """Give back PETSc objects."""
        for item in (self._ksp, self._split, self._operator, self._scale, self._rest, self._scaled):
            if item is not None:
                item.destroy()
