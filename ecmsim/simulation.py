"""The state of a running cell and how one step changes it: fields, filament, electrode and mesh together.

One step: the outline moves with the velocity of the last two states (Adams-Bashforth of second order), the
electrode's surface follows its law, the mesh follows both or is rebuilt, the source voltage is set, and all fields
are solved anew. Nothing of an accepted state changes before the new one is accepted.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from ecmsim.drive import Leg, Programme
from ecmsim.errors import SolveError
from ecmsim.fem.problem import FieldForms, FieldProblem
from ecmsim.filament import CROWDED, Filament
from ecmsim.front import Front, FrontMotion, Rupture
from ecmsim.mesh.build import build_mesh
from ecmsim.mesh.cell_mesh import CellMesh, Region
from ecmsim.mesh.motion import HarmonicMotion
from ecmsim.mesh.spacing import filament_spacing
from ecmsim.mesh.transfer import interpolate
from ecmsim.physics.compliance import IdealCompliance
from ecmsim.physics.model import DeviceModel, compliance_law
from ecmsim.relaxation import rounded_cylinder
from ecmsim.solve.newton import Newton, NewtonError
from ecmsim.solve.stepping import Rates
from ecmsim.timing import Stopwatch

LEAST_CURRENT = 1e-12  # A: of a current source, which an open cell would leave without a defined voltage
SOURCE_SMOOTHING = 0.05  # V: V_0 of the element that stands for a current source
REFINEMENTS = 4  # corrections at most after convergence, until the charge balance holds


class RejectedStep(SolveError):
    """The step went too far; a shorter one is to be tried."""


@dataclass
class Discretisation:
    """A mesh with all that is bound to it, closed as a whole. element: kind of the element that feeds the cell."""

    element: tuple
    motion: HarmonicMotion
    problem: FieldProblem
    newton: Newton

    def close(self):
        self.newton.close()
        self.problem.close()


@dataclass(frozen=True)
class State:
    """An accepted (or tried) state. Currents in A, powers in W, lengths in nm, temperature in K."""

    time: float
    leg: Leg  # of the programme
    source_voltage: float
    front: Front
    mesh: CellMesh
    values: np.ndarray  # (nodes, 3): psi, phi_i, T - T_ambient
    previous_velocity: np.ndarray | None  # of the same points one step earlier
    previous_step: float
    deposited: float  # volume that Faraday's law demands since the start, nm3
    previous_values: np.ndarray | None = None  # values one step earlier on the same mesh
    largest_current: float = 0.0
    largest_volume: float = 0.0  # of the filament so far, nm3
    observed: dict = field(default_factory=dict)
    iterations: int = 0
    remeshed: bool = False
    rupture: Rupture | None = None  # in the step to this state
    relaxation_speed: float = 0.0  # largest speed of a point by surface diffusion, nm/s

    @property
    def filament(self):
        return self.front.filament

    @property
    def velocity(self):
        """Velocity of the outline's points, (n, 2), nm/s."""
        return self.front.velocity


def transferred(state: State, mesh):
    """Fields of a state at the nodes of another mesh, each continued within the regions it lives in, (nodes, 3)."""
    values = np.zeros((len(mesh.points), 3))
    layer = (Region.SWITCHING_LAYER,)
    lower, upper = (Region.COUNTER_ELECTRODE, Region.FILAMENT), (Region.ACTIVE_ELECTRODE,)
    for regions, fields in ((layer, [1, 2]), (lower, [0, 2]), (upper, [0, 2])):
        nodes = np.nonzero(mesh.nodes_of(*regions))[0]
        values[nodes[:, None], fields] = interpolate(state.mesh, state.values[:, fields], mesh.points[nodes], regions)
    return values


def element(config, leg, time):
    """Law of the element between source and cell at a time of a leg; None where they are connected directly.

    A current source with a voltage limit is the ideal compliance, Eq. (7), fed by that limit: below it the current is
    the one wanted, to exp(-(V_limit - V_cell)/V_0).
    """
    current = leg.source_current(time)
    if current is None:
        return compliance_law(leg.piece.compliance or config.compliance)
    polarity = "positive" if leg.source_voltage(time) > 0 else "negative"
    return IdealCompliance(max(abs(current), LEAST_CURRENT), SOURCE_SMOOTHING, polarity)


class Simulation:
    """One cell under one programme. Every rank holds the same plain data; fields are distributed.

    config: Config; comm: MPI communicator.
    """

    def __init__(self, config, comm):
        self.config, self.comm = config, comm
        self.cell, self.numerics = config.cell, config.mesh
        self.model = DeviceModel.from_config(config)
        self.programme = Programme.from_steps(config.programme)
        self.watch = Stopwatch()
        self.motion = FrontMotion.from_config(config)
        self.electrode = self.motion.electrode
        self.transient = config.heat.enabled and config.heat.mode == "transient"
        self.remeshes = 0
        self._forms = {}
        self._first_volume = self._initial_filament().volume
        self.discretisation = None
        self._pending = None  # the discretisation of a tried state, until that is accepted
        self._nm3_per_coulomb = self.model.faraday.volume_per_charge * 1e27

    # --- geometry ---------------------------------------------------------------------------------------------------

    def _size_ratio(self, filament):
        if not self.model.size_effect:
            return np.ones_like
        return lambda z: self.model.size_effect.conductivity_ratio(filament.local_diameter(z))

    def _kind(self, leg):
        """What the compiled forms depend on in the element of a leg."""
        law = element(self.config, leg, leg.start)
        return type(law), getattr(law, "polarity", None)

    def _discretise(self, mesh, leg):
        """Bind a mesh to the solver, fed by the element of a leg."""
        kind, law = self._kind(leg), element(self.config, leg, leg.start)
        if kind not in self._forms:
            with self.watch("forms"):
                model = replace(self.model, compliance=law)
                self._forms[kind] = FieldForms(self.comm, model, self.cell, self.transient)
        with self.watch("set-up"):
            problem = FieldProblem(
                self._forms[kind],
                mesh,
                direct=law is None,
                wall_ambient=self.config.heat.wall == "ambient",
                heat=self.model.heat,
            )
            newton = Newton(problem, self.config.solver.tolerance, self.config.solver.max_iterations, self.watch)
            return Discretisation(kind, HarmonicMotion(mesh), problem, newton)

    def _mesh(self, front):
        """A new mesh (built on rank 0, the same on all)."""
        with self.watch("meshing"):
            outcome = None
            if self.comm.rank == 0:
                try:
                    outcome = build_mesh(front.filament, front.surface(self.electrode), self.cell, self.numerics)
                except SolveError as error:
                    outcome = error
            outcome = self.comm.bcast(outcome)
        if isinstance(outcome, SolveError):
            raise outcome
        self.remeshes += 1
        return outcome

    # --- states -----------------------------------------------------------------------------------------------------

    def start(self) -> State:
        """The state at t = 0: the initial filament at the programme's first voltage."""
        front = Front.at_rest(self._initial_filament())
        mesh, leg = self._mesh(front), self.programme.first()
        self.discretisation = self._discretise(mesh, leg)
        voltage, values = leg.source_voltage(0.0), np.zeros((len(mesh.points), 3))
        # A guess: the small filament takes nearly all of the voltage of the reactions.
        values[mesh.nodes_of(Region.SWITCHING_LAYER), 1] = voltage
        state = State(
            0.0,
            leg,
            voltage,
            front,
            mesh,
            values,
            None,
            0.0,
            0.0,
        )
        return self._solve(self.discretisation, state, state, None)

    def _initial_filament(self):
        """The filament that [initial] describes."""
        initial = self.config.initial
        if initial.kind == "cylinder":
            spacing = min(self.numerics.surface_size, self.numerics.turning * initial.radius)
            return rounded_cylinder(initial.radius, initial.height, spacing)
        return Filament.nucleus(self.cell.nucleus_radius, self.numerics.nucleus_segments)

    def advance(self, state: State, time) -> State:
        """The state at a later time (s), to be accepted with `accept`, or to be dropped by trying another one.

        Raises SolveError (the accepted state is untouched) when the step fails.
        """
        self._drop()
        step = time - state.time
        with self.watch("outline"):
            move = self.motion.displaced(
                state.front, state.previous_velocity, state.previous_step, step, self._surface_diffusion(state)
            )
            front = move.front
            front.filament.check(self.cell.radius)
        mesh = self._moved(front) if move.kept else None
        if mesh is None:
            front = self._resampled(front)
            front.filament.check(self.cell.radius)
            mesh = self._mesh(front)
            self._pending = self._discretise(mesh, state.leg)
        trial = State(
            time,
            state.leg,
            state.leg.source_voltage(time),
            front,
            mesh,
            state.values,
            state.previous_velocity,
            step,
            state.deposited - (move.rupture.volume if move.rupture else 0.0),
            remeshed=self._pending is not None,
            rupture=move.rupture,
            relaxation_speed=move.relaxation / step,
        )
        trial = self._solve(self._pending or self.discretisation, trial, state, step)
        self._judge(trial, state)
        return trial

    def accept(self, trial: State) -> State:
        """Make the state that `advance` returned last the accepted one, and return it."""
        if self._pending:
            self.discretisation.close()
            self.discretisation, self._pending = self._pending, None
        return trial

    def follow(self, state: State) -> State | None:
        """The state at the beginning of the programme's next leg; None after the last one."""
        leg = self.programme.after(state.leg, state.time, state.leg.value(state.time))
        if leg is None:
            return None
        voltage, values = leg.source_voltage(state.time), state.values.copy()
        # psi counts from the source; where that jumps the potentials stay, as a guess.
        values[state.mesh.nodes_of(Region.ACTIVE_ELECTRODE), 0] += state.source_voltage - voltage
        jumps = voltage != state.source_voltage
        if element(self.config, leg, state.time) is None:
            # Connected directly, the electrode is at the source's voltage, and the ions follow.
            drop = values[np.argmax(state.mesh.points[:, 1]), 0]
            values[state.mesh.nodes_of(Region.ACTIVE_ELECTRODE), 0] -= drop
            values[state.mesh.nodes_of(Region.SWITCHING_LAYER), 1] -= drop
        state = replace(
            state,
            leg=leg,
            source_voltage=voltage,
            values=values,
            previous_values=None if jumps else state.previous_values,
        )
        if self._kind(leg) != self.discretisation.element:
            self.rebase(state)
        return state

    def rebase(self, state: State):
        """Bind the state's mesh to the solver anew, so that what follows depends on the state alone.

        Without it the kept factors of earlier steps decide the last bits; a run that resumes from the state has none.
        """
        self.close()
        self.discretisation = self._discretise(state.mesh, state.leg)

    def _drop(self):
        """Give up what a tried state needed."""
        if self._pending:
            self._pending.close()
            self._pending = None

    def _moved(self, front):
        """The present mesh with its interfaces moved, or None when it has to be rebuilt."""
        motion, filament = self.discretisation.motion, front.filament
        with self.watch("motion"):
            surface = front.surface(self.electrode)
            old = motion.mesh
            markers = old.electrode_markers
            plate = old.electrode_points.copy()
            tied = markers >= 0
            plate[tied] = surface[markers[tied]]
            # The flat part beyond the void's edge gives way in proportion.
            flat, edge_old, edge = ~tied, old.electrode_points[tied][-1, 0], plate[tied][-1, 0]
            wall = self.cell.radius
            plate[flat, 0] = wall - (wall - plate[flat, 0]) * (wall - edge) / (wall - edge_old)
            if np.any(np.diff(plate[:, 0]) < -1e-9):
                return None
            length = filament.segment_lengths
            spacing = filament_spacing(filament, surface, self.numerics, front.normal_speed)
            wanted = np.minimum(spacing[:-1], spacing[1:])
            if (length / wanted).max() > self.numerics.stretch or (length / wanted).min() < CROWDED:
                return None
            mesh = motion.moved(filament.points, plate)
            return mesh if mesh.quality().min() > self.numerics.quality else None

    def _surface_diffusion(self, state):
        """Coefficient of surface diffusion at the outline's points, nm4/s, (n,); None where the law is switched off."""
        if self.model.surface_diffusion is None:
            return None
        rise = state.values[state.mesh.filament_nodes, 2]
        return self.model.surface_diffusion.coefficient(self.cell.ambient_temperature + rise)

    def _resampled(self, front):
        """The front with points inserted and removed to the wanted spacing."""
        with self.watch("outline"):
            for _ in range(3):
                surface = front.surface(self.electrode)
                front = front.resampled(filament_spacing(front.filament, surface, self.numerics, front.normal_speed))
        return front

    def _solve(self, discretisation, trial, state, step):
        """Fields and everything observed at a trial's geometry, time and voltage."""
        problem, newton = discretisation.problem, discretisation.newton
        with self.watch("geometry"):
            problem.set_geometry(trial.mesh, self.config.tunnelling.gap, self._size_ratio(trial.filament))
            problem.set_source(trial.source_voltage)
            problem.set_element(element(self.config, trial.leg, trial.time))
        if self.transient and step is not None:
            problem.set_time_step(step, self._old_rise(trial, state))
        iterations = self._converge(problem, newton, trial, state)
        with self.watch("results"):
            for attempt in range(REFINEMENTS + 1):
                problem.assemble_residual()
                out, direct_in, heat_out = problem.reactions()
                totals = problem.totals()
                entering = totals.get("current", direct_in)
                scale = self._current_scale(out, entering, state)
                if abs(entering - out) <= self.config.solver.charge_tolerance * scale or attempt == REFINEMENTS:
                    break
                newton.refine()
                iterations += 1
            values = problem.values
        ionic = totals["deposition"]
        with self.watch("outline"):
            velocity = self._growth_velocity(trial, values, ionic)
        deposited = trial.deposited
        if step is not None:
            deposited += 0.5 * step * (state.observed["ionic_current"] + ionic) * self._nm3_per_coulomb
        observed = self._observe(trial, values, out, direct_in, heat_out, totals, ionic, deposited, state)
        return replace(
            trial,
            values=values,
            front=replace(trial.front, velocity=velocity),
            previous_velocity=trial.velocity if step is not None and not trial.rupture else None,
            previous_values=None if trial.remeshed or step is None else state.values,
            deposited=deposited,
            observed=observed,
            iterations=iterations,
            largest_current=max(state.largest_current, abs(out)),
            largest_volume=max(state.largest_volume, trial.filament.volume),
        )

    def _growth_velocity(self, trial, values, ionic_current):
        """Velocity of the outline's points, nm/s: Faraday's law, Eq. (1), with the reaction current at each point."""
        mesh = trial.mesh
        psi, phi_i, rise = values[mesh.filament_nodes].T
        r, z = mesh.filament_points.T
        current_density = self.model.reaction_current_density(
            psi - phi_i, self.cell.ambient_temperature + rise, r, z - self.cell.layer_thickness, on_filament=True
        )
        speed = self.model.faraday.normal_velocity(current_density) * 1e9
        return trial.filament.growth_velocity(speed, ionic_current * self._nm3_per_coulomb)

    def _converge(self, problem, newton, trial, state):
        """Newton's method, from the extrapolated fields if it can be; number of iterations."""
        voltage = max(abs(trial.source_voltage), 1e-6)
        extrapolated = self._extrapolated(trial, state)
        if extrapolated is not None:
            problem.values = extrapolated
            try:
                return newton.solve(voltage)
            except NewtonError:
                pass  # the fields did not go on as they had begun
        problem.values = self._last_fields(trial, state)
        return newton.solve(voltage, keep_factor=extrapolated is None)

    def _extrapolated(self, trial, state):
        """The fields of the last two states continued in time; None on a new mesh, on a new leg and after much shorter
        steps."""
        begins = state.time <= state.leg.start
        if trial.remeshed or begins or state.previous_values is None or trial.previous_step > 2 * state.previous_step:
            return None
        return state.values + trial.previous_step / state.previous_step * (state.values - state.previous_values)

    def _last_fields(self, trial, state):
        """The last fields, the ionic potential following the source voltage."""
        with self.watch("transfer"):
            values = transferred(state, trial.mesh) if trial.remeshed else state.values.copy()
        values[:, 1] += trial.source_voltage - state.source_voltage
        return values

    def _old_rise(self, trial, state):
        """Temperature rise of the accepted state at the trial's nodes (they have moved)."""
        with self.watch("transfer"):
            return interpolate(state.mesh, state.values[:, 2:3], trial.mesh.points)[:, 0]

    def _judge(self, trial, state):
        """Reject a step over which the current jumped by more than the source voltage explains."""
        if trial.rupture or trial.leg.piece.source == "current" or state.time == trial.leg.start:  # another element
            return
        limit = self.config.stepping.largest_current_ratio
        voltage_now, voltage_before = abs(trial.source_voltage), abs(state.source_voltage)
        now, before = abs(trial.observed["current"]), abs(state.observed["current"])
        if min(now, before) < self.config.stepping.smallest_judged_current or not voltage_before:
            return
        expected = before * voltage_now / voltage_before
        if voltage_now and not expected / limit < now < expected * limit:
            raise RejectedStep(f"the current jumped from {before:.3g} A to {now:.3g} A")

    def _observe(self, trial, values, out, direct_in, heat_out, totals, ionic, deposited, state):
        """Scalars of a state by name; the names are those of the time series."""
        filament, plate = trial.filament, trial.mesh.electrode_points
        entering = totals.get("current", direct_in)
        power = totals.get("power", trial.source_voltage * direct_in)
        cell_voltage = power / entering if entering else trial.source_voltage
        radii, vertical = filament.vertical_gap(plate)
        _, shortest = filament.shortest_gap(plate)
        law_gap = vertical if self.config.tunnelling.gap == "vertical" else shortest
        narrowest = int(np.argmin(law_gap))
        dissipated = totals["metal"] + totals["tunnel"] + totals["ionic"]
        heated = (totals["metal"] if self.model.joule_heating else 0.0) + (
            totals["tunnel"] if self.model.tunnel_heating else 0.0
        )
        grown = filament.volume - self._first_volume
        scale = self._current_scale(out, entering, state)
        power_scale = max(abs(power), scale * abs(trial.source_voltage), 1e-12 * state.largest_current, 1e-300)
        unbalanced = abs(power - dissipated)
        if not self.transient:
            unbalanced += abs(heated - heat_out)
        return {
            "cell_voltage": cell_voltage,
            "current": out,
            "ionic_current": ionic,
            "tunnel_current": out - ionic,
            "gap": float(law_gap[narrowest]),
            "gap_vertical": float(vertical.min()),
            "gap_shortest": float(shortest.min()),
            "gap_position": float(radii[narrowest]),
            "temperature_max": self.cell.ambient_temperature + float(values[:, 2].max()),
            "power": power,
            "heat": heat_out,
            "charge_imbalance": abs(entering - out) / scale,
            "faraday_error": abs(grown - deposited) / max(state.largest_volume, filament.volume),
            "power_imbalance": unbalanced / power_scale,
        }

    @staticmethod
    def _current_scale(out, entering, state):
        """What an imbalance is measured against: the current, near zero a millionth of the largest so far."""
        return max(abs(out), abs(entering), 1e-6 * state.largest_current, 1e-300)

    def rates(self, state: State) -> Rates:
        """What limits the next step."""
        filament, plate = state.filament, state.mesh.electrode_points
        speed = np.hypot(*state.velocity.T)
        gap = np.interp(filament.points[:, 0], *plate.T) - filament.points[:, 1]
        near = gap < 1.5 * gap.min() + 0.05
        acceleration = 0.0
        if state.previous_velocity is not None and state.previous_step > 0:
            change = np.hypot(*(state.velocity - state.previous_velocity).T)
            acceleration = float(change.max()) / state.previous_step
        lengths = filament.segment_lengths
        around = np.minimum(np.append(lengths, np.inf), np.append(np.inf, lengths))
        # The segment that is first overrun by its own motion sets the pace.
        moving = speed > 1e-3 * speed.max() if speed.max() > 0 else np.zeros_like(speed, bool)
        finest = float((around[moving] * speed.max() / speed[moving]).min()) if moving.any() else np.inf
        return Rates(
            growth_speed=float(speed.max()),
            closing_speed=float(np.abs(state.velocity[near, 1]).max()),
            acceleration=acceleration,
            height=filament.height,
            gap=state.observed["gap"],
            finest=finest,
            source_time=self._source_time(state.leg),
            relaxation_speed=state.relaxation_speed,
        )

    def _source_time(self, leg):
        """Time in which the source may change as far as one step allows, s."""
        settings = self.config.stepping
        if leg.piece.source == "voltage":
            change = settings.largest_voltage_step
        else:
            change = settings.largest_current_step * max(abs(leg.first), abs(leg.last))
        return change / abs(leg.rate) if leg.rate else np.inf

    def close(self):
        """Give back what the solver holds."""
        self._drop()
        if self.discretisation:
            self.discretisation.close()
            self.discretisation = None
