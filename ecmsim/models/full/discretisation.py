"""What is bound to one mesh of the full model, and what a solution on it comes to."""

from contextlib import contextmanager
from dataclasses import dataclass

from ecmsim.errors import ConfigError
from ecmsim.models.balance import current_scale, power_scale
from ecmsim.models.full.mesh.motion import HarmonicMotion
from ecmsim.models.full.newton import Newton
from ecmsim.models.full.problem import FieldProblem, Totals

REFINEMENTS = 4  # corrections at most after convergence, until the balances of charge and power hold


@dataclass
class Discretisation:
    """A mesh with all that is bound to it, closed as a whole. circuit: kind of the one that feeds the cell."""

    circuit: tuple
    motion: HarmonicMotion
    problem: FieldProblem
    newton: Newton

    def close(self):
        self.newton.close()
        self.problem.close()

    def balanced(self, voltage, largest, charge, power):
        """What is read off the fields (Solved), after as many more corrections as it takes that terminal currents and
        powers agree, or REFINEMENTS; iterations: those.

        voltage: that drives the cell, V; largest: current of the run so far, A; charge, power: relative imbalances.
        """
        problem = self.problem
        for attempt in range(REFINEMENTS + 1):
            problem.assemble_residual()
            out, direct_in, heat_out = problem.reactions()
            totals = problem.totals()
            entering = totals.entering.get("current", direct_in)
            given = totals.entering.get("power", voltage * direct_in)
            scale = current_scale(out, entering, largest)
            powers = power_scale(given, scale, voltage, problem.rest)
            powered = abs(given - sum(totals.powers.values())) <= power * powers
            if (abs(entering - out) <= charge * scale and powered) or attempt == REFINEMENTS:
                break
            self.newton.refine(fresh=attempt > 0)  # an old factor that has not served will not
        return Solved(attempt, out, entering, given, heat_out, totals)


@dataclass(frozen=True)
class Solved:
    """Fields that are solved: iterations; current out at the bottom and entering at the top, A; power given and heat
    that leaves, W; totals."""

    iterations: int
    out: float
    entering: float
    power: float
    heat: float
    totals: Totals


@contextmanager
def refused(laws):
    """Raise ConfigError where the weak form cannot be made with laws of one's own (name -> law), and say why."""
    try:
        yield
    except Exception as error:
        if not laws:
            raise
        raise ConfigError(
            f"laws: {', '.join(laws)}: no weak form can be made with them: {type(error).__name__}: {error}. It takes "
            "symbols for numbers: use the functions of ecmsim.physics.operators (exp, sqrt, maximum, where_less, ...) "
            "instead of NumPy's, and where_less instead of if"
        ) from error
