"""Runs a configuration from start to end: steps, results on disk, progress, and what happens when it fails.

from ecmsim.config import load_config
from ecmsim.run import run
run(load_config("configs/quick.toml"), "runs/quick")
"""

import contextlib
import logging
import signal
from dataclasses import dataclass

import numpy as np
from mpi4py import MPI

from ecmsim.errors import EcmsimError, SolveError
from ecmsim.progress import Silent
from ecmsim.results.provenance import collect
from ecmsim.results.writer import RunWriter
from ecmsim.simulation import Simulation, State
from ecmsim.snapshot import fields
from ecmsim.solve.stepping import StepController, StepError
from ecmsim.text import quantity

logger = logging.getLogger("ecmsim")
REACHED = 0.99  # of the compliance current
SLOW = 0.1  # of the tip's largest speed: vertical growth has stopped


class Interrupted(EcmsimError):
    """The user or the system ended the run."""

    exit_code = 130


@dataclass(frozen=True)
class Outcome:
    """How a run went. state: the last accepted one; steps accepted; seconds by part of the solver; why it ended."""

    state: State
    steps: int
    newton_iterations: int
    remeshes: int
    seconds: dict
    reason: str


def run(config, folder, *, comm=MPI.COMM_WORLD, overwrite=False, progress=None, until=None) -> Outcome:
    """Run a configuration and write its results into a folder.

    config: Config; comm: MPI communicator, all of whose ranks call this; overwrite: replace a run that is there;
    progress: an object with begin, step, note and end (rank 0); until: stop after this time in s.
    Raises ResultsError when the folder cannot be written, SolveError (with what to try) when the run cannot go on,
    Interrupted on SIGINT or SIGTERM; all that was reported stays on disk.
    """
    output = _Output(comm, config, folder, overwrite, progress or Silent())
    with _signals() as interrupted, output:
        simulation = Simulation(config, comm)
        try:
            return _loop(simulation, output, interrupted, until)
        finally:
            simulation.close()


def row(state: State, config):
    """One line of timeseries.csv from a state."""
    seen, filament = state.observed, state.filament
    return {
        "time_s": state.time,
        "source_voltage_V": state.source_voltage,
        "cell_voltage_V": seen["cell_voltage"],
        "current_A": seen["current"],
        "ionic_current_A": seen["ionic_current"],
        "tunnel_current_A": seen["tunnel_current"],
        "gap_nm": seen["gap"],
        "gap_vertical_nm": seen["gap_vertical"],
        "gap_shortest_nm": seen["gap_shortest"],
        "gap_position_nm": seen["gap_position"],
        "height_nm": filament.height,
        "radius_max_nm": filament.radius_max,
        "radius_mean_nm": filament.radius_mean,
        "volume_nm3": filament.volume,
        "recess_nm": float(state.mesh.electrode_points[:, 1].max() - config.cell.layer_thickness),
        "temperature_max_K": seen["temperature_max"],
        "power_W": seen["power"],
        "heat_W": seen["heat"],
        "charge_imbalance": seen["charge_imbalance"],
        "faraday_error": seen["faraday_error"],
        "power_imbalance": seen["power_imbalance"],
        "newton_iterations": state.iterations,
        "step_s": state.previous_step,
        "vertices": len(state.mesh.points),
        "remesh": int(state.remeshed),
    }


def _loop(simulation, output, interrupted, until):
    """Step from the start to the end of the programme."""
    config, programme = simulation.config, simulation.programme
    end = programme.duration if until is None else min(until, programme.duration)
    snapshots = sorted({t for t in config.output.snapshot_times if t <= end})
    controller = StepController(config.stepping)
    milestones = _Milestones(config)
    steps = iterations = 0
    reason = "end of the programme" if end == programme.duration else f"t = {end:g} s, as asked for"
    output.begin(end)
    try:
        state = simulation.start()
    except SolveError as error:
        output.fail(simulation, None, error)
        raise
    output.accept(simulation, state, milestones.passed(state))
    while end - state.time > 8 * np.finfo(float).eps * end:
        if simulation.comm.allreduce(bool(interrupted), MPI.LOR):
            output.snapshot(simulation, state, "interrupted")
            raise Interrupted(f"interrupted at t = {state.time:.6g} s; what was reported is kept")
        while snapshots and snapshots[0] <= state.time:
            snapshots.pop(0)
        stop = min([end, programme.next_corner(state.time), *snapshots[:1]])
        cause = None
        try:
            step = controller.propose(simulation.rates(state), stop - state.time)
            try:
                # The last step to a stop lands on it to the bit.
                state = simulation.advance(state, stop if step == stop - state.time else state.time + step)
            except SolveError as error:
                cause = error
                output.note(state, "rejected", f"step {step:.3g} s: {error}")
                controller.rejected(step, str(error))
                continue
        except StepError as final:
            failure = _explained(final, cause, state)
            output.fail(simulation, state, failure)
            raise failure from cause
        controller.accepted(step)
        steps, iterations = steps + 1, iterations + state.iterations
        labels = milestones.passed(state)
        if state.time in config.output.snapshot_times:
            labels.append(f"t = {state.time:.6g} s")
        output.accept(simulation, state, labels)
        if state.observed["gap_shortest"] < config.tunnelling.contact_gap:
            reason = f"contact: the gap closed to {state.observed['gap_shortest']:.3g} nm at t = {state.time:.6g} s"
            output.note(state, "contact", reason)
            break
    output.snapshot(simulation, state, "end")
    seconds = dict(simulation.watch.seconds)
    outcome = Outcome(state, steps, iterations, simulation.remeshes, seconds, reason)
    output.finish(outcome)
    return outcome


def _explained(final, cause, state):
    """The error that ends a run: where, when, the worst field, and what to try."""
    field = getattr(cause, "field", None)
    tip = state.filament.height
    message = (
        f"stopped at t = {state.time:.6g} s, source {state.source_voltage:.4g} V, tip at {tip:.4g} nm, "
        f"gap {state.observed['gap']:.3g} nm: {final}."
    )
    if field:
        message += f" Worst field: {field}."
        remedy = (
            "a finer mesh (mesh.cells_across_gap, mesh.turning), smaller steps (stepping.gap_change) "
            "or more solver.max_iterations"
        )
    elif state.observed["gap"] < 0.1:
        remedy = "a lower compliance.current: the gap has closed, and this model has no contact"
    else:
        remedy = "a finer outline (mesh.turning, mesh.surface_size) or smaller steps (stepping.segment_fraction)"
    return SolveError(f"{message} Try {remedy}. The last accepted state is kept in failure.npz.")


@contextlib.contextmanager
def _signals():
    """A list that is filled when SIGINT or SIGTERM arrives; a second one ends the process as usual."""
    received, old = [], {}

    def receive(number, _frame):
        received.append(number)
        signal.signal(number, old[number])

    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            old[number] = signal.signal(number, receive)
    except ValueError:  # not in the main thread: leave the signals to the caller
        pass
    try:
        yield received
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


class _Milestones:
    """Moments that deserve a snapshot, noticed as they pass."""

    def __init__(self, config):
        self.output, self.compliance = config.output, config.compliance
        self.currents = sorted(config.output.snapshot_currents)
        self.done = set()
        self.fastest = 0.0

    def passed(self, state):
        """Labels of what this state is the first to have reached."""
        labels, current = [], abs(state.observed["current"])
        while self.currents and current >= self.currents[0]:
            labels.append(quantity(self.currents.pop(0), "A"))
        if self.output.snapshot_regimes:
            labels += self._regimes(state, current)
        return labels

    def _regimes(self, state, current):
        labels = []
        speed = state.velocity[0, 1]
        self.fastest = max(self.fastest, speed)
        tunnels = state.observed["tunnel_current"] > state.observed["ionic_current"]
        if "growth" not in self.done and tunnels and speed < SLOW * self.fastest:
            self.done.add("growth")
            labels.append("vertical growth stops")
        limit = getattr(self.compliance, "current", None)
        if limit and current >= REACHED * limit and "compliance" not in self.done:
            self.done.add("compliance")
            labels.append("compliance reached")
        return labels


class _Output:
    """The writer and the progress display on rank 0; silence elsewhere. An error on rank 0 reaches every rank."""

    def __init__(self, comm, config, folder, overwrite, progress):
        self.comm, self.config, self.progress = comm, config, progress
        self.writer = None
        self._written = 0
        self._on_root(self._open, folder, overwrite)

    def _open(self, folder, overwrite):
        import dolfinx
        from petsc4py import PETSc

        versions = {"dolfinx": dolfinx.__version__, "petsc": ".".join(map(str, PETSc.Sys.getVersion()))}
        self.writer = RunWriter(
            folder,
            config_text=self.config.to_toml(),
            overwrite=overwrite,
            provenance=collect({"versions": versions, "title": self.config.title}, ranks=self.comm.size),
        )
        handler = logging.FileHandler(self.writer.log_path)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        self._handler = handler

    def _on_root(self, action, *arguments):
        """Do something on rank 0; its error is raised on all ranks."""
        error = None
        if self.comm.rank == 0:
            try:
                action(*arguments)
            except EcmsimError as caught:
                error = caught
        error = self.comm.bcast(error)
        if error is not None:
            raise error

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if self.comm.rank == 0:
            self.progress.end()
            if error is not None:
                status = "stopped" if isinstance(error, (Interrupted, KeyboardInterrupt)) else "failed"
                with contextlib.suppress(EcmsimError):
                    self.writer.finish(status, str(error) or kind.__name__)
                logger.error("%s", error)
            logger.removeHandler(self._handler)
            self._handler.close()

    def begin(self, end):
        if self.comm.rank == 0:
            self.progress.begin(end)

    def accept(self, simulation, state, labels):
        """Report an accepted state, with snapshots for its labels."""
        with simulation.watch("output"):
            self._on_root(self._accept, state, labels)
            for label in labels:
                self.snapshot(simulation, state, label)

    def _accept(self, state, labels):
        number = self.writer.steps
        if number % self.config.output.outline_every == 0 or labels:
            self.writer.outline(state.time, number, state.filament.points, state.mesh.electrode_points)
        if state.remeshed:
            self.writer.event(state.time, number, "remesh", f"{len(state.mesh.points)} vertices")
        for label in labels:
            self.writer.event(state.time, number, "milestone", label)
        self.writer.step(row(state, self.config))
        self.progress.step(state)

    def note(self, state, event, detail):
        """Keep an event and log it."""
        self._on_root(self._note, state, event, detail)

    def _note(self, state, event, detail):
        logger.info("t = %.9g s: %s: %s", state.time, event, detail)
        self.writer.event(state.time, self.writer.steps, event, detail)

    def snapshot(self, simulation, state, label):
        """Write the fields of a state."""
        self._on_root(self._snapshot, simulation, state, label)

    def _snapshot(self, simulation, state, label):
        point_data, cell_data = fields(state, simulation.model, self.config)
        self.writer.snapshot(
            label,
            state.time,
            state.source_voltage,
            state.observed["current"],
            state.mesh.points,
            state.mesh.triangles,
            point_data,
            cell_data,
        )

    def fail(self, simulation, state, error):
        """Keep what is needed to look into a failure."""
        if state is not None:
            self._on_root(self._fail, simulation, state, error)

    def _fail(self, simulation, state, error):
        mesh = state.mesh
        self.writer.dump(
            message=str(error),
            time_s=state.time,
            source_voltage_V=state.source_voltage,
            points_nm=mesh.points,
            triangles=mesh.triangles,
            region=mesh.region,
            fields=state.values,
            filament_nm=state.filament.points,
            electrode_nm=mesh.electrode_points,
            velocity_nm_per_s=state.velocity,
        )
        self._snapshot(simulation, state, "last accepted state")

    def finish(self, outcome):
        """The run came to its end."""
        self._on_root(self._finish, outcome)

    def _finish(self, outcome):
        self.writer.note(
            seconds=outcome.seconds,
            steps=outcome.steps,
            newton_iterations=outcome.newton_iterations,
            remeshes=outcome.remeshes,
        )
        self.writer.finish("finished", outcome.reason)
