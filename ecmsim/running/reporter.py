"""What a run reports while it goes on: the files in its folder, its log and the progress display, from rank 0."""

import contextlib
import logging

from ecmsim.errors import EcmsimError
from ecmsim.observed import row
from ecmsim.results.files import guarded
from ecmsim.results.links import open_own
from ecmsim.results.provenance import collect
from ecmsim.results.reader import open_run
from ecmsim.results.tables import has_cycles, has_pulses, write_tables

logger = logging.getLogger("ecmsim")


class Stopped(EcmsimError):
    """The run was asked to stop; it can be resumed."""

    exit_code = 75  # EX_TEMPFAIL of sysexits.h


class Interrupted(EcmsimError):
    """The run was asked to stop; without checkpoints it cannot be resumed."""

    exit_code = 130


class LogFile(logging.FileHandler):
    """A log that is never written through a link."""

    def _open(self):
        return open_own(self.baseFilename, self.mode, encoding=self.encoding)


class Reporter:
    """The writer and the progress display on rank 0; silence elsewhere. An error on rank 0 reaches every rank.

    known: what provenance tells of the run; open_writer(provenance) makes the RunWriter; progress: an object with
    begin, step and end.
    """

    def __init__(self, comm, config, known, open_writer, progress):
        self.comm, self.config, self.known, self.progress = comm, config, known, progress
        self.writer = None
        self.on_root(self._open, open_writer)

    def _open(self, open_writer):
        self.writer = open_writer(collect(self.known, ranks=self.comm.size))
        self.writer.checkpoints.keep = self.config.checkpoint.keep
        with guarded(self.writer.log_path):
            handler = LogFile(self.writer.log_path, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        self._handler = handler
        for line in filter(None, [*self.config.idle, self.config.borrowed]):
            logger.warning("%s", line)

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
                    self._tables()
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
            self.writer.outline(state.time, number, state.filament.points, state.electrode_points)
        if state.remeshed:
            self.writer.event(state.time, number, "remesh", f"{state.vertices} vertices")
        for event in events:
            logger.info("t = %.9g s: %s: %s", event.time_s, event.name, event.detail)
            self.writer.event(event.time_s, number, event.name, event.detail)
        for label in labels:
            if label not in {event.name for event in events}:  # which would tell the same twice
                self.writer.event(state.time, number, "milestone", label)
        self.writer.step(row(state.seen))
        self.progress.step(state)

    def note(self, state, event, detail):
        """Keep an event that belongs to no new step, and log it."""
        self.on_root(self._note, state, event, detail)

    def _note(self, state, event, detail):
        logger.info("t = %.9g s: %s: %s", state.time, event, detail)
        self.writer.event(state.time, self.writer.steps, event, detail)

    def snapshot(self, simulation, state, label):
        """Write the fields of a state, where the model has any."""
        self.on_root(self._snapshot, simulation, state, label)

    def _snapshot(self, simulation, state, label):
        fields = simulation.fields(state)
        if fields:
            self.writer.snapshot(label, state.time, state.source_voltage, state.observed["current"], *fields)

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
        self.writer.dump(
            message=str(error),
            time_s=state.time,
            source_voltage_V=state.source_voltage,
            filament_nm=state.filament.points,
            electrode_nm=state.electrode_points,
            velocity_nm_per_s=state.velocity,
            **simulation.dump(state),
        )
        self._snapshot(simulation, state, "last accepted state")

    def finish(self, outcome):
        """The run came to its end."""
        self.on_root(self._finish, outcome)

    def _finish(self, outcome):
        self.writer.note(
            seconds=outcome.seconds,
            cpu_seconds=outcome.cpu_seconds,
            steps=outcome.steps,
            newton_iterations=outcome.newton_iterations,
            remeshes=outcome.remeshes,
            balances=outcome.worst,
            remarks=outcome.remarks,
        )
        self._tables()
        for remark in outcome.remarks:
            logger.warning("%s", remark)
        self.writer.finish("finished", outcome.reason)

    def _tables(self):
        """The tables of cycles and pulses; a run is none the worse where they cannot be made."""
        programme = self.config.programme
        if has_cycles(programme) or has_pulses(programme):
            try:
                write_tables(open_run(self.writer.folder, self.config))
            except (ValueError, KeyError, IndexError) as error:
                logger.warning("no tables of cycles and pulses: %s", error)
