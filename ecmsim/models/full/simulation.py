"""The state of a running cell and how one step changes it: fields, filament, electrode and mesh together.

One step: the outline moves by a predictor and what the last step owed to its corrector (ecmsim.shape.front), the
electrode's surface follows its law, the mesh follows both or is rebuilt, the source voltage is set, and all fields
are solved anew. Nothing of an accepted state changes before the new one is accepted.
"""

import dataclasses
from dataclasses import replace
from functools import partial

import numpy as np

from ecmsim.constants import SQUARE_METRES_PER_NM2
from ecmsim.errors import SolveError
from ecmsim.models.balance import Balance
from ecmsim.models.cell import GrowingCell, RejectedStep
from ecmsim.models.full import compat
from ecmsim.models.full.at_node import settled
from ecmsim.models.full.discretisation import Discretisation, Solved, refused
from ecmsim.models.full.fields import fields as snapshot_fields
from ecmsim.models.full.fields import needle_ratio, size_ratio
from ecmsim.models.full.mesh.build import build_mesh
from ecmsim.models.full.mesh.cell_mesh import CellMesh, Region
from ecmsim.models.full.mesh.motion import HarmonicMotion
from ecmsim.models.full.mesh.transfer import interpolate
from ecmsim.models.full.newton import Newton, NewtonError
from ecmsim.models.full.problem import BETWEEN, RISE, FieldForms, FieldProblem
from ecmsim.models.full.state import State, continued, raised, transferred
from ecmsim.models.initial import initial_front
from ecmsim.models.node import Node
from ecmsim.shape.polyline import CROWDED
from ecmsim.shape.spacing import mirrored, spacings

__all__ = ["Discretisation", "RejectedStep", "Simulation", "State", "transferred"]
WARM = 10.0  # K: hottest place from which on electrodes are meshed as mesh.spreading asks
ENOUGH = 0.1  # of balance.power, which what Newton's method leaves may take up
OWN = ("values", "previous_values", "earlier_values", "potentials")  # arrays of a State that a checkpoint keeps


class Simulation(GrowingCell):
    """One cell under one programme. Every rank holds the same plain data; fields are distributed.

    config: Config; comm: MPI communicator.
    """

    def __init__(self, config, comm, laws=None):
        super().__init__(config, comm, laws)
        self._own_laws = laws or {}
        self._forms = {}
        self.discretisation = None
        self._pending = None  # the discretisation of a tried state, until that is accepted

    versions = staticmethod(compat.versions)

    # --- geometry ---------------------------------------------------------------------------------------------------

    def _kind(self, leg):
        """What the compiled forms depend on in the circuit of a leg."""
        law = self._law(leg, leg.start)
        return type(law), getattr(law, "polarity", None)

    def _discretise(self, mesh, leg):
        """Bind a mesh to the solver, fed by the circuit of a leg."""
        kind, law = self._kind(leg), self._law(leg, leg.start)
        if kind not in self._forms:
            with self.watch("forms"), refused(self._own_laws):
                self._forms[kind] = FieldForms(self.comm, self.model, law, self.cell, self.transient)
        with self.watch("set-up"):
            problem = FieldProblem(
                self._forms[kind],
                mesh,
                direct=law is None,
                wall_ambient=self.config.heat.wall == "ambient",
                heat=self.model.heat,
            )
            own = self.config.solver
            newton = Newton(problem, own.tolerance, own.max_iterations, self.watch, linear=own.linear)
            return Discretisation(kind, HarmonicMotion(mesh, self.comm), problem, newton)

    def _mesh(self, front, cold=False):
        """A new mesh (built on rank 0, the same on all). cold: neither heat nor current spreads in the electrodes."""
        numerics = self.numerics
        if cold and numerics.spreading:
            numerics = numerics.model_copy(update={"spreading": max(numerics.spreading, numerics.growth)})
        with self.watch("meshing"):
            outcome = None
            if self.comm.rank == 0:
                try:
                    surface = front.surface(self.electrode)
                    outcome = build_mesh(front.filament, surface, self.cell, numerics, bool(front.needle))
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
        front = initial_front(self.config, self.numerics)
        mesh, leg = self._mesh(front, self.model.heat and self.config.initial.kind == "nucleus"), self.programme.first()
        self.discretisation = self._discretise(mesh, leg)
        voltage, values = leg.source_voltage(0.0), np.zeros((len(mesh.points), 3))
        # A guess: the small filament takes nearly all of the voltage of the reactions.
        values[mesh.nodes_of(Region.SWITCHING_LAYER), 1] = voltage
        own = {"front": front, "mesh": mesh, "values": values, "waiting": self._first_waiting()}
        state = State(time=0.0, leg=leg, source_voltage=voltage, **own)
        return self._begun(self._solve(self.discretisation, state, state, None))

    def advance(self, state: State, time) -> State:
        """The state at a later time (s), to be accepted with `accept`, or to be dropped by trying another one.

        Raises SolveError (the accepted state is untouched) when the step fails.
        """
        self._drop()
        step = time - state.time
        with self.watch("outline"):
            move = self._displaced(state, step)
        front = move.front
        mesh = self._moved(front) if move.kept else None
        if mesh is None:
            front = self._resampled(front)
            front.filament.check(self.cell.radius)
            mesh = self._mesh(front, cold=self.model.heat and state.values[:, RISE].max() < WARM)
            self._pending = self._discretise(mesh, state.leg)
        trial = self._tried(state, time, move, front=front, mesh=mesh, remeshed=self._pending is not None)
        solve = partial(self._solve, self._pending or self.discretisation, state=state, step=step)
        trial = self._waited(solve(trial), trial, state, solve)
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
        if not state.node:
            # psi counts from the source; where that jumps the potentials stay, as a guess.
            values[state.mesh.nodes_of(Region.ACTIVE_ELECTRODE), 0] += state.source_voltage - voltage
        jumps = voltage != state.source_voltage
        if not state.node and self._law(leg, state.time) is None:
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
            earlier_values=None,
            node=self._node_on(state, voltage),
        )
        if self._kind(leg) != self.discretisation.circuit:
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
            plate[tied] = mirrored(surface, markers[tied])
            # The flat part beyond the void's edge gives way in proportion.
            flat, edge_old, edge = ~tied, old.electrode_points[tied][-1, 0], plate[tied][-1, 0]
            wall = self.cell.radius
            plate[flat, 0] = wall - (wall - plate[flat, 0]) * (wall - edge) / (wall - edge_old)
            if np.any(np.diff(plate[flat if front.needle else slice(None), 0]) < -1e-9):
                return None
            for metal, spacing in zip(front.metals, spacings(front, self.electrode, self.numerics), strict=True):
                wanted = np.minimum(spacing[:-1], spacing[1:])
                share = (metal.segment_lengths / wanted)[metal.points[:-1, 0] + metal.points[1:, 0] > 0]  # of one body
                if share.max() > self.numerics.stretch or share.min() < CROWDED:
                    return None
            mesh = motion.moved(filament.points, plate)
            return mesh if motion.holds(mesh, self.numerics.quality) else None

    def _surface_temperature(self, state):
        """Temperature at the outline's points, K, (n,)."""
        return self.cell.ambient_temperature + state.values[state.mesh.filament_nodes, 2]

    def _needle_temperature(self, state):
        """The same at the needle's, (m,)."""
        return self.cell.ambient_temperature + state.values[state.mesh.needle_nodes, 2]

    def _overpotential(self, state):
        """phi_e - phi_i at the outline's points, V, (n,)."""
        psi, ions = state.values[state.mesh.filament_nodes, :2].T
        return psi + state.lift[state.mesh.filament_nodes] - ions

    def _resampled(self, front):
        """The front with points inserted and removed to the wanted spacing."""
        with self.watch("outline"):
            for _ in range(3):
                front = front.resampled(*spacings(front, self.electrode, self.numerics), electrode=self.electrode)
        return front

    def _solve(self, discretisation, trial, state, step):
        """Fields and everything observed at a trial's geometry, time and voltage."""
        problem = discretisation.problem
        with self.watch("geometry"):
            columns = trial.mesh.gap.columns(self.config.tunnelling.gap)
            tip = self._tip(trial, state, step, columns)
            between = trial.mesh.gap.between_bodies(self.config.tunnelling.gap)
            needle = trial.front.needle
            ratio, shift, hanging = size_ratio(self.model, trial.filament), self._shift(trial.filament), (None, None)
            if needle:
                own = needle_ratio(self.model, needle.filament, self.cell.layer_thickness)
                hanging = own, self._shift(needle.filament, of_needle=True)
            problem.set_geometry(trial.mesh, columns, ratio, tip, between, shift, hanging)
            problem.set_circuit(self._law(trial.leg, trial.time))
        if self.transient and step is not None:
            problem.set_time_step(step, self._old_rise(trial, state))
        node = None
        if self.surroundings:
            node, solved = self._at_node(discretisation, trial, state, step)
        else:
            solved = self._fields(discretisation, trial, state)
        totals, values = solved.totals, problem.values
        with self.watch("outline"):
            current_density, *rates = self._reaction(trial, values, problem, totals.currents["ionic"])
            velocity = self._growth_velocity(trial.filament, current_density, *rates)
            dissolved = None
            if needle:
                density, lost = problem.needle_reaction.of_all(values, trial.driving_voltage)
                dissolved = self._growth_velocity(needle.filament, density, -totals.supplied["ionic"], lost)
        powers, tunnel = totals.powers, totals.currents.get("tunnel")
        heating = {"metal": self.model.joule_heating} | dict.fromkeys(("tunnel", BETWEEN), self.model.tunnel_heating)
        balance = Balance(
            current=solved.out,
            entering=solved.entering,
            currents=totals.currents,
            supplied=totals.supplied["ionic"],
            power=solved.power,
            dissipated=sum(powers.values()),
            heated=sum(powers.get(name, 0.0) for name, heats in heating.items() if heats),
            heat=solved.heat,
            temperature_max=self.cell.ambient_temperature + float(values[:, 2].max()),
            junction_voltage=powers["tunnel"] / tunnel if tunnel else 0.0,
            atoms=tip.atoms,
            metal=tip.metal,
            outside=self._outside(trial, node),
            rest=problem.rest,
        )
        same = not trial.remeshed and step is not None and not trial.awakened
        before = [state.values, state.previous_values] if same else [None, None]
        if same and problem.floating:  # psi counts from other potentials now
            shift = np.outer(raised(trial.mesh, state.potentials - problem.potentials), [1.0, 0.0, 0.0])
            before = [past if past is None else past + shift for past in before]
        own = dict(zip(OWN, (values, *before, problem.potentials), strict=True)) | {"node": node, "contact": tip.count}
        return self._completed(trial, state, step, balance, velocity, dissolved, iterations=solved.iterations, **own)

    def _fields(self, discretisation, trial, state, again=False) -> Solved:
        """The fields at a trial's geometry, time and driving voltage, until terminal currents and powers agree.

        again: begin with the fields at hand, which were solved at another voltage.
        """
        problem, newton = discretisation.problem, discretisation.newton
        problem.set_source(trial.driving_voltage, trial.potentials)
        iterations = self._converge(problem, newton, trial, state, again)
        if problem.floating:
            problem.relift(trial.driving_voltage)
            newton.refine()
        with self.watch("results"):
            charge, power = self.config.solver.charge_tolerance, ENOUGH * self.limits.power
            solved = discretisation.balanced(trial.driving_voltage, state.largest_current, charge, power)
        return replace(solved, iterations=iterations + solved.iterations)

    def _at_node(self, discretisation, trial, state, step):
        """The node of the circuit and the fields (Node, Solved), of which each follows from the other."""
        problem, solved, iterations = discretisation.problem, None, 0

        def current(voltage):
            nonlocal solved, iterations
            here = replace(trial, node=Node(voltage), potentials=problem.potentials if solved else trial.potentials)
            solved = self._fields(discretisation, here, state, again=solved is not None)
            iterations += solved.iterations
            return solved.entering

        least = max(1e-6 * state.largest_current, self.limits.floor)
        before = state.node or Node()
        node = settled(self._supply(trial, state, step), current, before, self.config.solver.charge_tolerance, least)
        return node, replace(solved, iterations=iterations)

    def _reaction(self, trial, values, problem, ionic):
        """J_BV at the outline's points, A/m2, (n,); ionic current into the filament and current out of its parts that
        dissolve, A: numbers, of several bodies arrays (bodies,). ionic: the first by the weak form."""
        mesh = trial.mesh
        if mesh.floating is not None:
            values = values.copy()
            values[:, 0] += raised(mesh, problem.potentials)
        surface = values[mesh.filament_nodes]
        flow, lost = problem.reaction.edge_flows(surface)
        density, parts = problem.reaction.density(surface), trial.filament.parts
        if len(parts) == 1:
            return density, ionic, SQUARE_METRES_PER_NM2 * float(lost.sum())
        sums = [[terms[part.start : part.stop - 1].sum() for part in parts] for terms in (-flow, lost)]
        return density, *(SQUARE_METRES_PER_NM2 * np.array(sums))

    def _converge(self, problem, newton, trial, state, again=False):
        """Newton's method, from the extrapolated fields or those at hand if it can be; number of iterations."""
        voltage = max(abs(trial.driving_voltage), problem.rest, 1e-6)
        extrapolated = problem.values if again else continued(trial, state)
        if extrapolated is not None:
            problem.values = extrapolated
            problem.relift(trial.driving_voltage)
            try:
                return newton.solve(voltage)
            except NewtonError:
                pass  # the fields did not go on as they had begun
        values, potentials = self._last_fields(trial, state)
        problem.set_source(trial.driving_voltage, potentials)
        problem.values = values
        problem.guess_potentials(trial.driving_voltage)
        return newton.solve(voltage, keep_factor=extrapolated is None)

    def _last_fields(self, trial, state):
        """The last fields, the ionic potential following the source voltage, and the floating bodies' potentials."""
        values, potentials = state.values.copy(), state.potentials
        if trial.remeshed:
            with self.watch("transfer"):
                values, potentials = transferred(state, trial.mesh)
        values[:, 1] += trial.driving_voltage - state.driving_voltage
        return values, potentials

    def _old_rise(self, trial, state):
        """Temperature rise of the accepted state at the trial's nodes (they have moved)."""
        with self.watch("transfer"):
            mine = np.array_split(trial.mesh.points, self.comm.size)[self.comm.rank]
            found = interpolate(state.mesh, state.values[:, 2:3], mine)[:, 0]
            return found if self.comm.size == 1 else np.concatenate(self.comm.allgather(found))

    # --- for files ----------------------------------------------------------------------------------------------------

    def fields(self, state):
        """Points, triangles, point, cell and field data of a state for a snapshot; see models.full.fields."""
        return state.mesh.points, state.mesh.triangles, *snapshot_fields(state, self.model, self.config)

    def dump(self, state):
        """Arrays of a state that help to look into a failure."""
        mesh = state.mesh
        return {"points_nm": mesh.points, "triangles": mesh.triangles, "region": mesh.region, "fields": state.values}

    def kept(self, state):
        """What a checkpoint has to keep of this model's state, beside what ecmsim.running.restart does: plain data."""
        mesh = {field.name: getattr(state.mesh, field.name) for field in dataclasses.fields(CellMesh)}
        own = {name: getattr(state, name) for name in OWN}
        return own | {"mesh": mesh}

    def recalled(self, kept, **common):
        """The state from what `kept` gave and the fields of CellState."""
        own = {name: kept[name] for name in OWN if name in kept}  # not of old
        return State(**common, mesh=CellMesh(**kept["mesh"]), **own)

    def close(self):
        """Give back what the solver holds."""
        self._drop()
        if self.discretisation:
            self.discretisation.close()
            self.discretisation = None
