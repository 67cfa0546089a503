"""A cell whose filament grows: what the full and the reduced model have in common.

The outline moves, metal and charge are booked, the pace of the steps is set and balances are drawn up; how potentials
and temperatures are found is left to the models (ecmsim.models.full, ecmsim.models.reduced). Pure NumPy: no mesh, no
solver.
"""

from dataclasses import dataclass, replace

import numpy as np

from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.drive import Programme
from ecmsim.errors import SolveError
from ecmsim.models import pace
from ecmsim.models.balance import Balance, Limits, Outside
from ecmsim.models.circuit import Surroundings, circuit
from ecmsim.models.contract import CellModel
from ecmsim.models.counting import Count, Counting
from ecmsim.models.initial import initial_front
from ecmsim.models.rates import Rates
from ecmsim.models.state import CellState
from ecmsim.models.waiting import Waiting, threshold_of
from ecmsim.physics.model import DeviceModel
from ecmsim.physics.roles import TunnellingAtTip
from ecmsim.physics.tunnelling import over_tip
from ecmsim.shape.curvature import curvature
from ecmsim.shape.front import Displacement, FrontMotion, integral
from ecmsim.shape.gap import Columns
from ecmsim.timing import Stopwatch

PART = 0.1  # of an atom's conductance
LEAP = 4.0  # of the step before: velocities before it are not continued over a longer step
MISPLACED = 10.0  # of what steps aim at: an outline further from where its velocity should have taken it is rejected
REACH = 0.5  # of the gap: way still owed beyond which a step is rejected as well
ATOM = 1.0  # of metal in the last layer, where atoms are counted: most that a step may bring
FAINT = 1e-200  # A: a current too small to tell the cell's voltage by its power
NODE_CHANGE = 2.5  # of stepping.largest_voltage_step, at which steps aim: beyond it one is rejected


class RejectedStep(SolveError):
    """The step went too far; a shorter one is to be tried."""


@dataclass(frozen=True)
class Tip:
    """What electrons and ions see of one gap. laws: DeviceModel.across_gap as they hold for it; atoms: that bridge
    the gap (0 for laws without contact); metal: of the last layer, in atoms; count: where these are counted one by one;
    open_shares: of the outline's points (n,) and of the electrode's (k,), where
    ions react; None: everywhere; between: the laws of each gap between bodies, from the topmost on. Atoms bridge these
    as well, but ions react there all the same: such a gap closes when the bodies touch."""

    laws: dict[str, TunnellingAtTip]
    atoms: float = 0.0
    metal: float = 0.0
    count: Count | None = None
    open_shares: tuple | None = None
    between: tuple[dict[str, TunnellingAtTip], ...] = ()


class GrowingCell(CellModel):
    """One cell under one programme, with a filament that grows.

    config: Config; comm: MPI communicator; laws: see DeviceModel.with_laws. Metal that breaks off floats.
    """

    def __init__(self, config, comm, laws=None):
        self.config, self.comm = config, comm
        self.cell, self.numerics, self.stepping = config.cell, config.mesh.refined(), config.stepping.refined()
        self.model = DeviceModel.from_config(config, laws)
        atom_by_atom = self.model.atom_by_atom
        self.counting = Counting(atom_by_atom, config.contact.seed) if atom_by_atom else None
        self.programme = Programme.from_steps(config.programme)
        self.surroundings = Surroundings.of(config)
        self.watch = Stopwatch()
        self.limits = Limits.from_config(config)
        self.motion = FrontMotion.from_config(config, self.model.dissolution, self.model.nucleus.reach)
        self.electrode = self.motion.electrode
        self.transient = config.heat.enabled and config.heat.mode == "transient"
        self.remeshes = 0
        begun = initial_front(config, self.numerics)
        self._first_volume, self._first_needle = begun.filament.volume, begun.needle and begun.needle.filament
        self._nm3_per_coulomb = self.model.faraday.volume_per_charge * 1e27

    def _surface_temperature(self, state):
        """Temperature at the outline's points, K, (n,)."""
        raise NotImplementedError

    def _needle_temperature(self, state):
        """The same at the points of the active electrode's needle, (m,), where the model knows one."""
        raise NotImplementedError

    def _overpotential(self, state):
        """phi_e - phi_i at the outline's points, V, (n,)."""
        raise NotImplementedError

    def _first_waiting(self):
        """For the nucleus, at t = 0."""
        return Waiting(threshold_of(self.config.nucleation)) if self.model.nucleation else None

    # --- circuit ------------------------------------------------------------------------------------------------------

    def _law(self, leg, time):
        """Law of the circuit between source and cell; None for a wire, and where the cell is at a node."""
        return None if self.surroundings else circuit(self.config, leg, time)

    def _supply(self, trial, state, step):
        """What surrounds the cell at a trial; step: since the state before, s, None at the start."""
        return self.surroundings.supply(trial.leg, trial.time, None if step is None else state)

    def _outside(self, trial, node):
        """For a Balance: what goes on at the node beside the cell."""
        return node and Outside.of(node, trial.source_voltage, self.surroundings.capacitance)

    @staticmethod
    def _node_on(state, voltage):
        """The node of a state as the next leg begins, with the source at a voltage (V)."""
        return state.node and state.node.under(voltage - state.source_voltage)

    # --- one step -----------------------------------------------------------------------------------------------------

    def _displaced(self, state, step) -> Displacement:
        """The front after a step (s). Raises OutlineError where it is no longer that of one solid filament."""
        law = self.model.surface_diffusion
        coefficient = law.coefficient(self._surface_temperature(state)) if law else None
        front = state.front
        if self._starts_anew(state) or step > LEAP * state.previous_step:  # short steps tell little of a long one
            front = front.begun_anew
        needle = law.coefficient(self._needle_temperature(state)) if law and front.needle else None
        move = self.motion.displaced(front, state.previous_step, step, coefficient, needle)
        move.front.check(self.cell.radius)
        return move

    def _tried(self, state, time, move: Displacement, **own):
        """The state to solve for at a later time (s) after a move of the front; own: fields of the model's state."""
        step = time - state.time
        if not step > 0:
            raise SolveError("the step is too short to be told from the time")
        return replace(
            state,
            time=time,
            source_voltage=state.leg.source_voltage(time),
            previous_step=step,
            earlier_step=state.previous_step,
            deposited=state.deposited - (move.rupture.lost if move.rupture else 0.0),
            rupture=move.rupture,
            unions=move.unions,
            relaxation_speed=move.relaxation / step,
            **own,
        )

    def _waited(self, solved, trial, state, solve):
        """A trial as it was solved, with how long the nucleus was waited for; where it has formed, solved anew."""
        if not state.asleep:
            return solved
        law, temperature = self.model.nucleation, self.cell.ambient_temperature
        etas = self._on_bare_electrode(state), self._on_bare_electrode(solved)
        waiting = state.waiting.over(law, *etas, temperature, trial.previous_step)
        if not waiting.formed:
            return replace(solved, waiting=waiting)
        if waiting.late and trial.previous_step > 2 * self.config.stepping.smallest_step:
            raise RejectedStep("the nucleus formed before the end of the step")
        return solve(replace(trial, waiting=replace(waiting, moment=trial.time)))

    def _on_bare_electrode(self, state):
        """Overpotential of deposition on the counter electrode while no ions flow, V."""
        told = abs(state.observed["current"]) > FAINT
        voltage = state.observed["cell_voltage"] if told else state.driving_voltage
        return (self.model.rest_potential or 0.0) - voltage

    def _shift(self, filament, of_needle=False):
        """By which the equilibrium potential at the outline's points lies below that of a flat active electrode, V,
        (n,); None where nowhere. of_needle: the outline is that of the active electrode's needle."""
        if not self.model.shifts:
            return None
        law = self.model.capillarity
        bent = curvature(filament, law.resolution) if law else np.zeros(len(filament.points))
        return self.model.shift(bent, of_needle)

    def _tip(self, trial, state, step, columns: Columns) -> Tip:
        """What electrons and ions see of a trial's gap; state: the one before; step: between them, s, None at the
        start; columns: of the gap."""
        every, bridging, definition = self.model.across_gap, self.model.bridging, self.config.tunnelling.gap
        gap, cycle = trial.gap, trial.leg.cycle(trial.time)
        if bridging is None:
            shares = (np.full(len(gap.filament.points), 1.0 - trial.asleep), np.ones(len(gap.surface)))
            shares = shares if self.model.covers else None
            return Tip(every, open_shares=shares, between=(every,) * (len(gap.filament.parts) - 1))
        count = self._counted(trial, state, step, columns) if self.counting else None

        def over(crossed, atoms=None):
            return {name: over_tip(law, crossed.gap, crossed.weight, cycle, atoms) for name, law in every.items()}

        laws, between = over(columns, count and count.number), tuple(map(over, gap.between_bodies(definition)))
        lower, upper = (bridging.open_share(seen(definition)) for seen in (gap.from_filament, gap.from_electrode))
        atoms = laws["tunnel"].atoms
        return Tip(laws, atoms, count.metal if count else atoms, count, ((1.0 - trial.asleep) * lower, upper), between)

    def _counted(self, trial, state, step, columns) -> Count:
        """The atoms of a trial's contact, counted one by one (counting.py), with the rates of the step."""
        bridging, cycle = self.model.bridging, trial.leg.cycle(trial.time)
        metal = bridging.atoms(columns.gap, columns.weight)
        if step is None:
            return self.counting.begun(metal, cycle)
        more, other = abs(metal - state.contact.metal), trial.rupture or trial.unions  # other bodies
        if more > ATOM and not other and step > 10 * self.stepping.smallest_step:
            raise RejectedStep(f"the metal of {more:.3g} atoms came into the contact at once, or went")
        # The tip: where the surface before the step was nearest to the electrode.
        nearest = int(np.argmin(state.gap.from_filament(self.config.tunnelling.gap)))
        radius, height = state.filament.points[nearest]
        temperature = float(self._surface_temperature(state)[nearest])
        overpotential, shift = float(self._overpotential(state)[nearest]), self._shift(state.filament)
        overpotential += 0.0 if shift is None else float(shift[nearest])
        current_density = self.model.balanced_current_density(
            overpotential, temperature, radius, height - self.cell.layer_thickness
        )
        exchange = self.model.atom_by_atom.exchange(current_density, bridging.filling(columns.gap, columns.weight))
        count = self.counting.advanced(state.contact, metal, exchange, temperature, step, cycle)
        return replace(count, growth=0.0) if other else count

    def _growth_velocity(self, filament, current_density, ionic_current, dissolving):
        """Velocity of the outline's points, nm/s: Faraday's law, Eq. (1), with the reaction current at each point.

        current_density (n,) in A/m2; ionic_current: into the whole filament, dissolving: out of its parts that
        dissolve (>= 0), A; of several bodies both for each, (bodies,).
        """
        speed = self.model.faraday.normal_velocity(current_density) * 1e9
        rates = ionic_current * self._nm3_per_coulomb, dissolving * self._nm3_per_coulomb
        return filament.growth_velocity(speed, *rates)

    def _completed(self, trial, state, step, balance: Balance, velocity, needle_velocity=None, **own):
        """A trial with all that follows from the solution at its geometry, time and voltage.

        state: the one before; step: between them, s, None at the start; velocity, needle_velocity: of the points of the
        filament and of the active electrode's needle; own: fields of the model's own state.
        """
        deposited, contact = trial.deposited, own.get("contact")
        jumped = step is not None and contact is not None and contact.number != state.contact.number
        # Bodies parted or met, the nucleus formed, atoms came or went, at the end of the step: until then all went on
        # as before.
        floats = trial.rupture is not None and trial.rupture.floats
        before = jumped or bool(trial.unions) or floats or trial.awakened
        front = trial.front.moving(velocity, step, state.previous_step, before, needle_velocity)
        if trial.rupture is not None and not floats:  # what broke off is gone, and the new top has been nowhere before
            front = replace(front, owed=np.zeros_like(front.owed))
        if step is not None:
            # Booked at the active electrode: what moves the outline is the current into the filament.
            earlier = None if trial.front.previous is None else state.previous_supplied
            charge = integral(balance.supplied, state.supplied, earlier, step, state.previous_step)
            deposited += (step * state.supplied if before else charge) * self._nm3_per_coulomb
        # A velocity of other bodies, or of other laws, is none that could be continued.
        goes_on = step is not None and not (jumped or self._is_new(trial) or state.time == self.laws_since)
        return replace(
            trial,
            front=front if goes_on else front.begun_anew,
            deposited=deposited,
            supplied=balance.supplied,
            previous_supplied=state.supplied if goes_on else None,
            observed=self._observed(trial, front, balance, deposited, state),
            largest_current=max(state.largest_current, abs(balance.current)),
            largest_volume=max(state.largest_volume, trial.filament.volume),
            **own,
        )

    def _starts_anew(self, state):
        """Whether what comes does not go on from what was: at a corner of the programme, or under other laws."""
        return state.time in (state.leg.start, self.laws_since)

    @staticmethod
    def _is_new(trial):
        """Whether the metal is not what it was before the step, so that what was before it does not go on."""
        return trial.rupture is not None or bool(trial.unions) or trial.awakened

    def _begun(self, state):
        """The state at t = 0. Raises Unbalanced where it keeps no balance."""
        self.limits.check(state.observed)
        return state

    def _judge(self, trial, state):
        """Reject a step that keeps no balance, or over which the current jumped by more than the source voltage
        explains."""
        self.limits.check(trial.observed)
        if self._is_new(trial):
            return
        settings, speed = self.stepping, trial.front.speed
        allowed = settings.allowed_error(speed * trial.previous_step)
        # What is owed comes with the next step, however short that is: it must not be what closes the gap.
        if trial.front.misplaced > min(MISPLACED * allowed, REACH * trial.observed["gap"]):
            raise RejectedStep(f"the outline was {trial.front.misplaced:.2g} nm from where it should have come to")
        # Another circuit, or other laws.
        if trial.leg.piece.source == "current" or self._starts_anew(state):
            return
        self._judge_node(trial, state)
        limit = self.config.stepping.largest_current_ratio
        voltage_now, voltage_before = abs(trial.driving_voltage), abs(state.driving_voltage)
        now, before = abs(trial.observed["current"]), abs(state.observed["current"])
        if min(now, before) < self.config.stepping.smallest_judged_current or not voltage_before:
            return
        if trial.contact and trial.contact.number != state.contact.number:  # whole atoms: there is nothing in between
            return
        expected = before * voltage_now / voltage_before
        # While atoms bridge the gap, a hundredth of a nanometre is several of them: no jump is less than a part of one.
        if trial.observed["contact_atoms"] and abs(now - expected) < PART * CONDUCTANCE_QUANTUM * voltage_now:
            return
        if voltage_now and not expected / limit < now < expected * limit:
            raise RejectedStep(f"the current jumped from {before:.3g} A to {now:.3g} A")

    def _judge_node(self, trial, state):
        """Reject a step in which a node that keeps its charge, or a limiter that takes its time, has gone too far."""
        if not state.node or not trial.node.rate:
            return
        change = max(abs(getattr(trial.node, name) - getattr(state.node, name)) for name in ("voltage", "limiter"))
        stepping = self.stepping
        last = trial.previous_step < 10 * stepping.smallest_step  # what is faster is taken as a jump
        if change > NODE_CHANGE * stepping.largest_voltage_step and not last:
            raise RejectedStep(f"the voltage at the node of the circuit changed by {change:.3g} V")

    # --- what is seen -------------------------------------------------------------------------------------------------

    def _observed(self, trial, front, balance, deposited, state):
        """Scalars of a state by the names of ecmsim.observed; what CellState.seen adds is missing."""
        filament, gap = trial.filament, trial.gap
        smallest, position = gap.smallest(self.config.tunnelling.gap)
        volume = filament.volume
        grown = front.paid.volume - self._first_volume
        missed, recess = abs(grown - deposited), float(trial.electrode_points[:, 1].max() - self.cell.layer_thickness)
        if front.needle:
            lost = self._first_needle.volume - front.needle.paid.volume
            missed = max(missed, abs(lost - deposited))
            recess = self._first_needle.height - front.needle.filament.height
        driving = balance.outside.voltage if balance.outside else trial.source_voltage
        seen = balance.observed(driving, state.largest_current, self.transient, self.limits.floor)
        return seen | {
            "gap": smallest,
            "gap_vertical": gap.smallest("vertical")[0],
            "gap_shortest": gap.smallest("shortest")[0],
            "gap_position": position,
            "height": filament.height,
            "radius_max": filament.radius_max,
            "radius_mean": filament.radius_mean,
            "volume": volume,
            "bodies": len(filament.parts),
            "floating_volume": sum(body.volume for body in filament.bodies[:-1]),
            "recess": recess,
            "faraday_error": missed / max(state.largest_volume, volume),
            "cycle": trial.leg.cycle(trial.time),
            "pulse": trial.leg.piece.pulse,
            "read": int(trial.leg.piece.part == "read"),
        }

    def rates(self, state: CellState) -> Rates:
        """What limits the next step."""
        settings, law = self.stepping, self.model.capillarity
        times = [pace.source_time(state.leg, settings), pace.node_time(state, settings)]
        if state.asleep:
            eta, nucleation = self._on_bare_electrode(state), self.model.nucleation
            times.append(pace.nucleus_time(state, nucleation, eta, self.cell.ambient_temperature, settings))
        elif law is not None:
            surfaces = [(state.front, self._surface_temperature(state))]
            surfaces += [(state.front.needle, self._needle_temperature(state))] if state.front.needle else []
            times += [pace.capillary_time(front.velocity, law, self.model, warmth) for front, warmth in surfaces]
        if state.awakened:
            times.append(pace.waking_time(state))
        return Rates(
            **pace.of_outline(state, self.numerics),
            source_time=min(times),
            relaxation_speed=state.relaxation_speed,
            atom_time=pace.atom_time(state),
        )
