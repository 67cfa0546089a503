"""What a run reports while it goes on: the files in its folder, its log and the progress display, from rank 0."""

import contextlib
import logging

from ecmsim.errors import EcmsimError
from ecmsim.results.provenance import collect
from ecmsim.simulation import State
from ecmsim.snapshot import fields

logger = logging.getLogger("ecmsim")


class Stopped(EcmsimError):
    """The run was asked to stop; it can be resumed."""

    exit_code = 75  # EX_TEMPFAIL of sysexits.h


class Interrupted(EcmsimError):
    """The run was asked to stop; without checkpoints it cannot be resumed."""

    exit_code = 130


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


class Reporter:
    """The writer and the progress display on rank 0; silence elsewhere. An error on rank 0 reaches every rank.

    open_writer(provenance) makes the RunWriter; progress: an object with begin, step and end.
    """

    def __init__(self, comm, config, open_writer, progress):
        self.comm, self.config, self.progress = comm, config, progress
        self.writer = None
        self.on_root(self._open, open_writer)

    def _open(self, open_writer):
        import dolfinx
        from petsc4py import PETSc

        versions = {"dolfinx": dolfinx.__version__, "petsc": ".".join(map(str, PETSc.Sys.getVersion()))}
        self.writer = open_writer(collect({"versions": versions, "title": self.config.title}, ranks=self.comm.size))
        self.writer.checkpoints.keep = self.config.checkpoint.keep
        handler = logging.FileHandler(self.writer.log_path)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        self._handler = handler

    def on_root(self, action, *arguments):
        """Do something on rank 0 and return its result to all ranks; its error is raised on all of them."""
        outcome = error = None
        if self.comm.rank == 0:
            try:
                outcome = action(*arguments)
            except EcmsimError as caught:
                error = caught
        outcome, error = self.comm.bcast((outcome, error))
        if error is not None:
            raise error
        return outcome

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if self.comm.rank == 0:
            self.progress.end()
            if error is not None:
                stopped = isinstance(error, (Stopped, Interrupted, KeyboardInterrupt))
                with contextlib.suppress(EcmsimError):
                    self.writer.finish("stopped" if stopped else "failed", str(error) or kind.__name__)
                logger.error("%s", error)
            logger.removeHandler(self._handler)
            self._handler.close()

    def begin(self, end):
        if self.comm.rank == 0:
            self.progress.begin(end)

    def accept(self, simulation, state, events, labels):
        """Report an accepted state with what happened on the way to it (Events), and snapshots for its labels."""
        with simulation.watch("output"):
            self.on_root(self._accept, state, events, labels)
            for label in labels:
                self.snapshot(simulation, state, label)

    def _accept(self, state, events, labels):
        number = self.writer.steps
        if number % self.config.output.outline_every == 0 or labels:
            self.writer.outline(state.time, number, state.filament.points, state.mesh.electrode_points)
        if state.remeshed:
            self.writer.event(state.time, number, "remesh", f"{len(state.mesh.points)} vertices")
        for event in events:
            logger.info("t = %.9g s: %s: %s", event.time_s, event.name, event.detail)
            self.writer.event(event.time_s, number, event.name, event.detail)
        for label in labels:
            self.writer.event(state.time, number, "milestone", label)
        self.writer.step(row(state, self.config))
        self.progress.step(state)

    def note(self, state, event, detail):
        """Keep an event that belongs to no new step, and log it."""
        self.on_root(self._note, state, event, detail)

    def _note(self, state, event, detail):
        logger.info("t = %.9g s: %s: %s", state.time, event, detail)
        self.writer.event(state.time, self.writer.steps, event, detail)

    def snapshot(self, simulation, state, label):
        """Write the fields of a state."""
        self.on_root(self._snapshot, simulation, state, label)

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

    def mark(self):
        """Where the files are now: kept with a state, it is a place that a resumed run goes back to."""
        return self.writer.mark() if self.comm.rank == 0 else None

    def checkpoint(self, content):
        """Write a checkpoint; content as it was taken, with its mark."""
        self.on_root(self._checkpoint, content)

    def _checkpoint(self, content):
        self.writer.checkpoints.write(content)

    def fail(self, simulation, state, error):
        """Keep what is needed to look into a failure."""
        self.on_root(self._fail, simulation, state, error)

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
        self.on_root(self._finish, outcome)

    def _finish(self, outcome):
        self.writer.note(
            seconds=outcome.seconds,
            steps=outcome.steps,
            newton_iterations=outcome.newton_iterations,
            remeshes=outcome.remeshes,
        )
        self.writer.finish("finished", outcome.reason)
