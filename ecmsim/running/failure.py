"""What is told when a run cannot go on: where, when, the worst field, and what to try."""

from ecmsim.drive import limit
from ecmsim.errors import SolveError
from ecmsim.models.balance import Unbalanced
from ecmsim.running.stepping import NoShorterStep, Unresolved
from ecmsim.text import quantity

CLOSED = 0.1  # nm: a gap that is smaller has closed


def explained(final, cause, state, simulation):
    """The SolveError that ends a run. final: of the last step that failed, or that was too short to be tried; cause: of
    the solver, None where no step was tried; state: the last accepted one; simulation: whose state it is."""
    field = getattr(cause, "field", None)
    message = (
        f"stopped at t = {state.time:.6g} s, source {state.source_voltage:.4g} V, "
        f"tip at {state.filament.height:.4g} nm, gap {state.observed['gap']:.3g} nm: {final}."
    )
    if isinstance(cause, Unbalanced):
        remedy = _where_a_balance_is_not_kept(cause)
        if isinstance(final, NoShorterStep):
            remedy = f"a smaller stepping.smallest_step, {remedy}"
        elif not state.time:
            remedy = f"a smaller stepping.first_step, {remedy}"
    elif field:
        message += f" Worst field: {field}."
        remedy = "a finer mesh (mesh.refinement), smaller steps (stepping.refinement) or more solver.max_iterations"
    elif isinstance(final, Unresolved):
        remedy = "a slower programme, or one that comes to this sooner"
    elif cause is None:  # the outline is too fast for the smallest step
        remedy = "a smaller stepping.smallest_step, or a slower programme"
    elif state.observed["gap"] < CLOSED:
        remedy = _where_the_gap_has_closed(state, simulation)
    else:
        remedy = (
            "smaller steps (stepping.refinement) on the way on, or a finer outline (mesh.refinement) from the start"
        )
    return SolveError(f"{message} Try {remedy}. The last accepted state is kept in failure.npz.")


def explained_at_start(error):
    """The SolveError that ends a run whose state at t = 0 keeps no balance. error: Unbalanced."""
    return SolveError(f"the state at t = 0 cannot be used: {error}. Try {_where_a_balance_is_not_kept(error)}.")


def _where_a_balance_is_not_kept(error):
    """The remedy against an Unbalanced."""
    return f"{error.remedy}, or a limit that you can accept (balance.{error.balance})"


def _where_the_gap_has_closed(state, simulation):
    """The remedy that the law of tunnelling leaves."""
    model = simulation.model
    if model.bridging:
        return "smaller steps (stepping.refinement) or a finer outline (mesh.refinement), while atoms bridge the gap"
    if model.tunnelling is None:
        return "an earlier end of the programme: the gap has closed, and no electrons tunnel (tunnelling.enabled)"
    held = limit(simulation.config, state.leg, state.time)
    if state.leg.piece.source == "current":
        less = "a smaller current of the source"
    elif held:
        less = f"a compliance current below {quantity(abs(held), 'A')}"
    else:
        less = "a compliance that limits the current"
    return f'{less}: the gap has closed, and this law of tunnelling has no contact (tunnelling.law = "blend" has)'
