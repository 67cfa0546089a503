"""The state of a running cell and how one step changes it: fields, filament, electrode and mesh together.

One step: the outline moves with the velocity of the last two states (Adams-Bashforth of second order), the
electrode's surface follows its law, the mesh follows both or is rebuilt, the source voltage is set, and all fields
are solved anew. Nothing of an accepted state changes before the new one is accepted.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from ecmsim.drive import Programme
from ecmsim.electrode import ActiveElectrode
from ecmsim.errors import SolveError
from ecmsim.fem.problem import FieldForms, FieldProblem
from ecmsim.filament import Filament
from ecmsim.mesh.build import build_mesh
from ecmsim.mesh.cell_mesh import CellMesh, Region
from ecmsim.mesh.motion import HarmonicMotion
from ecmsim.mesh.spacing import filament_spacing
from ecmsim.mesh.transfer import interpolate
from ecmsim.physics.model import DeviceModel
from ecmsim.solve.newton import Newton
from ecmsim.solve.stepping import Rates
from ecmsim.timing import Stopwatch

REFINEMENTS = 4  # corrections at most after convergence, until the charge balance holds


class RejectedStep(SolveError):
    """The step went too far; a shorter one is to be tried."""


@dataclass
class Discretisation:
    """A mesh with all that is bound to it, closed as a whole."""

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
    source_voltage: float
    filament: Filament
    mesh: CellMesh
    values: np.ndarray  # (nodes, 3): psi, phi_i, T - T_ambient
    velocity: np.ndarray  # (outline points, 2), nm/s
    previous_velocity: np.ndarray | None  # of the same points one step earlier
    previous_step: float
    deposited: float  # volume that Faraday's law demands since the start, nm3
    previous_values: np.ndarray | None = None  # values one step earlier on the same mesh
    largest_current: float = 0.0
    observed: dict = field(default_factory=dict)
    iterations: int = 0
    remeshed: bool = False


def transferred(state: State, mesh):
    """Fields of a state at the nodes of another mesh, each continued within the regions it lives in, (nodes, 3)."""
    values = np.zeros((len(mesh.points), 3))
    layer = (Region.SWITCHING_LAYER,)
    lower, upper = (Region.COUNTER_ELECTRODE, Region.FILAMENT), (Region.ACTIVE_ELECTRODE,)
    for regions, fields in ((layer, [1, 2]), (lower, [0, 2]), (upper, [0, 2])):
        nodes = np.nonzero(mesh.nodes_of(*regions))[0]
        values[nodes[:, None], fields] = interpolate(state.mesh, state.values[:, fields], mesh.points[nodes], regions)
    return values


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
        self.electrode = ActiveElectrode.from_config(config)
        self.transient = config.heat.enabled and config.heat.mode == "transient"
        with self.watch("forms"):
            self.forms = FieldForms(comm, self.model, self.cell, self.transient)
        self.remeshes = 0
        self._nucleus_volume = Filament.nucleus(self.cell.nucleus_radius, self.numerics.nucleus_segments).volume
        self.discretisation = None
        self._nm3_per_coulomb = self.model.faraday.volume_per_charge * 1e27

    # --- geometry ---------------------------------------------------------------------------------------------------

    def _size_ratio(self, filament):
        if not self.model.size_effect:
            return np.ones_like
        return lambda z: self.model.size_effect.conductivity_ratio(filament.local_diameter(z))

    def _discretise(self, mesh):
        """Bind a mesh to the solver."""
        with self.watch("set-up"):
            problem = FieldProblem(
                self.forms,
                mesh,
                direct=self.model.compliance is None,
                wall_ambient=self.config.heat.wall == "ambient",
                heat=self.model.heat,
            )
            newton = Newton(problem, self.config.solver.tolerance, self.config.solver.max_iterations, self.watch)
            return Discretisation(HarmonicMotion(mesh), problem, newton)

    def _mesh(self, filament):
        """A new mesh (built on rank 0, the same on all)."""
        with self.watch("meshing"):
            outcome = None
            if self.comm.rank == 0:
                try:
                    outcome = build_mesh(filament, self.electrode.surface(filament), self.cell, self.numerics)
                except SolveError as error:
                    outcome = error
            outcome = self.comm.bcast(outcome)
        if isinstance(outcome, SolveError):
            raise outcome
        self.remeshes += 1
        return outcome

    # --- states -----------------------------------------------------------------------------------------------------

    def start(self) -> State:
        """The state at t = 0: the nucleus at the programme's first voltage."""
        filament = Filament.nucleus(self.cell.nucleus_radius, self.numerics.nucleus_segments)
        mesh = self._mesh(filament)
        self.discretisation = self._discretise(mesh)
        state = State(
            0.0,
            self.programme.voltage(0.0),
            filament,
            mesh,
            np.zeros((len(mesh.points), 3)),
            np.zeros_like(filament.points),
            None,
            0.0,
            0.0,
        )
        return self._solve(self.discretisation, state, state, None)

    def advance(self, state: State, time) -> State:
        """The state at a later time (s); raises SolveError (the accepted state is untouched) when the step fails."""
        step = time - state.time
        filament = Filament(self._displaced(state, step))
        with self.watch("outline"):
            filament.check(self.cell.radius)
        velocity, previous = state.velocity, state.previous_velocity
        mesh = self._moved(filament)
        new = None
        if mesh is None:
            filament, velocity = self._resampled(filament, velocity)
            filament.check(self.cell.radius)
            mesh = self._mesh(filament)
            new = self._discretise(mesh)
        discretisation = new or self.discretisation
        trial = State(
            time,
            self.programme.voltage(time),
            filament,
            mesh,
            state.values,
            velocity,
            previous,
            step,
            state.deposited,
            remeshed=new is not None,
        )
        try:
            trial = self._solve(discretisation, trial, state, step)
            self._judge(trial, state)
        except SolveError:
            if new:
                new.close()
            raise
        if new:
            self.discretisation.close()
            self.discretisation = new
        return trial

    def _displaced(self, state, step):
        """Points of the outline after a step, by Adams-Bashforth; never inside the nucleus."""
        velocity = state.velocity
        if state.previous_velocity is not None:
            velocity = velocity + 0.5 * step / state.previous_step * (velocity - state.previous_velocity)
        points = state.filament.points + step * velocity
        distance = np.maximum(np.hypot(*points.T), 1e-12)
        inside = distance < self.cell.nucleus_radius
        points[inside] *= (self.cell.nucleus_radius / distance[inside])[:, None]
        return points

    def _moved(self, filament):
        """The present mesh with its interfaces moved, or None when it has to be rebuilt."""
        motion = self.discretisation.motion
        with self.watch("motion"):
            surface = self.electrode.surface(filament)
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
            spacing = filament_spacing(filament, surface, self.numerics)
            wanted = np.minimum(spacing[:-1], spacing[1:])
            if (length / wanted).max() > self.numerics.stretch:
                return None
            mesh = motion.moved(filament.points, plate)
            return mesh if mesh.quality().min() > self.numerics.quality else None

    def _resampled(self, filament, velocity):
        """Outline with points inserted and removed to the wanted spacing, and the velocities there."""
        with self.watch("outline"):
            for _ in range(3):
                spacing = filament_spacing(filament, self.electrode.surface(filament), self.numerics)
                filament, velocity = filament.resampled(velocity, spacing)
        return filament, velocity

    def _solve(self, discretisation, trial, state, step):
        """Fields and everything observed at a trial's geometry, time and voltage."""
        problem, newton = discretisation.problem, discretisation.newton
        with self.watch("geometry"):
            problem.set_geometry(trial.mesh, self.config.tunnelling.gap, self._size_ratio(trial.filament))
            problem.set_source(trial.source_voltage)
        guess = self._guess(trial, state)
        if self.transient and step is not None:
            problem.set_time_step(step, self._old_rise(trial, state))
        problem.values = guess
        iterations = newton.solve(max(abs(trial.source_voltage), 1e-6))
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
        deposited = state.deposited
        if step is not None:
            deposited += 0.5 * step * (state.observed["ionic_current"] + ionic) * self._nm3_per_coulomb
        observed = self._observe(trial, values, out, direct_in, heat_out, totals, ionic, deposited, state)
        return replace(
            trial,
            values=values,
            velocity=velocity,
            previous_velocity=trial.velocity if step is not None else None,
            previous_values=None if trial.remeshed or step is None else state.values,
            deposited=deposited,
            observed=observed,
            iterations=iterations,
            largest_current=max(state.largest_current, abs(out)),
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

    def _guess(self, trial, state):
        """Fields to begin Newton's method with: extrapolated in time, or on a new mesh the last ones with the ionic
        potential following the source voltage."""
        if not trial.remeshed and state.previous_values is not None:
            return state.values + trial.previous_step / state.previous_step * (state.values - state.previous_values)
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
        grown = filament.volume - self._nucleus_volume
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
            "faraday_error": abs(grown - deposited) / filament.volume,
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
            voltage_rate=self.programme.rate(state.time),
        )

    def close(self):
        """Give back what the solver holds."""
        if self.discretisation:
            self.discretisation.close()
            self.discretisation = None
