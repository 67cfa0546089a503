"""Steps of a simulation along its programme: how long they are, what rejects them, and which leg comes next."""

from dataclasses import dataclass, field
from math import ulp

from ecmsim.errors import SolveError
from ecmsim.models.balance import BALANCES, Unbalanced
from ecmsim.models.contract import CellModel
from ecmsim.models.state import CellState
from ecmsim.running.events import Event
from ecmsim.running.failure import explained_at_start
from ecmsim.running.stepping import StepController, StepError

PATIENCE = 8  # times that a step beyond a balance is tried again, each half as long
LOCATED = 0.02  # of a step: how exactly the moment is found at which a condition comes true


@dataclass
class March:
    """A simulation (of the full or the reduced model) under way. state: accepted last; steps: accepted so far.

    notice(state, name, detail) is called for what deserves a line in events.csv before the next state is known.
    """

    simulation: CellModel
    notice: callable = lambda state, name, detail: None
    state: CellState | None = None
    controller: StepController = None
    steps: int = 0
    iterations: int = 0
    finished: bool = False
    worst: dict = field(default_factory=dict)  # balances: the largest so far, by the names in ecmsim.observed
    events: list = field(default_factory=list)

    def __post_init__(self):
        self.controller = self.controller or StepController(self.simulation.config.stepping.refined())

    def begin(self):
        """Solve for the state at t = 0."""
        try:
            self.state = self.simulation.start()
        except Unbalanced as error:
            raise explained_at_start(error) from error
        self._book(self.state)

    def _book(self, state):
        """Keep the worst of each balance."""
        for _, name, *_ in BALANCES:
            self.worst[name] = max(self.worst.get(name, 0.0), state.seen[name])

    def step(self, stop) -> CellState:
        """Take one step, at most to the time `stop` (s), and go over to the next leg where one ends.

        `finished` tells when the programme is over; `events` holds what happened at the ends of legs. Raises StepError,
        caused by the last SolveError, when no step succeeds.
        """
        state, simulation = self.state, self.simulation
        stop = min(state.leg.end, stop)
        self.events, cause, unbalanced = [], None, 0
        while True:
            try:
                step = self.controller.propose(simulation.rates(state), stop - state.time, 0.5 * ulp(state.time))
                # The last step to a stop lands on it to the bit.
                target = stop if step == stop - state.time else state.time + step
                try:
                    trial, ended = self._advanced(state, target)
                    break
                except SolveError as error:
                    cause = error
                    self.notice(state, "rejected", f"step {step:.3g} s: {error}")
                    unbalanced += isinstance(error, Unbalanced)
                    if unbalanced > PATIENCE:
                        raise StepError(f"{error}, with shorter steps too") from error
                    self.controller.rejected(step, str(error))
            except StepError as final:
                raise final from cause
        new = simulation.accept(trial)
        self._book(new)
        self.controller.accepted(step)
        if new.rupture or new.unions:  # what is left moves at another speed, and no velocity before tells its change
            self.controller.step = step
        self.steps += 1
        self.iterations += new.iterations
        self.state = self._on_the_next_leg(new) if ended or new.time >= new.leg.end else new
        return self.state

    def _advanced(self, state, target):
        """A tried state at the target time, or where the leg's condition comes true before; and whether it has."""
        trial = self.simulation.advance(state, target)
        condition = state.leg.piece.until
        if condition is None or condition.excess(trial.seen) <= 0:
            return trial, False
        # Regula falsi, aimed a little late: the moment sought is the first at which the condition holds.
        low, high = (state.time, min(condition.excess(state.seen), 0.0)), (trial.time, condition.excess(trial.seen))
        margin = LOCATED * (high[0] - low[0])
        while high[0] - low[0] > 2 * margin and high[1] > 0:
            guess = low[0] + (high[0] - low[0]) * (low[1] / (low[1] - high[1]) if low[1] else 0.5)
            guess = min(max(guess + 0.5 * margin, low[0] + margin), high[0] - 0.5 * margin)
            trial = self.simulation.advance(state, guess)
            excess = condition.excess(trial.seen)
            low, high = ((guess, excess), high) if excess <= 0 else (low, (guess, excess))
        if trial.time != high[0]:
            trial = self.simulation.advance(state, high[0])
        return trial, True

    def _on_the_next_leg(self, state):
        """The state at the beginning of the next leg that has something left to do; the same one after the last."""
        while True:
            condition = state.leg.piece.until
            met = condition is not None and condition.excess(state.seen) > 0
            if not met and state.time < state.leg.end:
                return state
            piece, following = state.leg.piece, self.simulation.follow(state)
            if met:
                self.events.append(Event(state.time, "condition", f"{piece.name}: {condition}"))
            elif following is None or following.leg.piece.step != piece.step:  # the last of the step's pieces
                self.events.append(Event(state.time, "step ends", piece.name))
            if following is None:
                self.finished = True
                return state
            state = following
