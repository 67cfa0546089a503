"""Runs a configuration from start to end, or goes on with a run: steps, results on disk, checkpoints, failures.

from ecmsim.config import load_config
from ecmsim.running.run import run
run(load_config("configs/quick.toml"), "runs/quick")
"""

import contextlib
import signal
import time
from dataclasses import dataclass, field
from functools import cached_property, partial
from math import inf
from pathlib import Path

import numpy as np
from mpi4py import MPI

from ecmsim.config.moved import with_new_names
from ecmsim.config.schema import Config
from ecmsim.drive import limit
from ecmsim.errors import EcmsimError, ResultsError, SolveError
from ecmsim.models.state import CellState
from ecmsim.observed import row
from ecmsim.results.checkpoint_reader import CheckpointReader
from ecmsim.results.compatibility import differences
from ecmsim.results.folder import CHECKPOINTS
from ecmsim.results.growth_stop import GrowthStop
from ecmsim.results.reader import open_run
from ecmsim.results.states import molten, touches
from ecmsim.results.writer import RunWriter
from ecmsim.running.events import STOPPED, Event, EventDetector, of_metal
from ecmsim.running.failure import explained
from ecmsim.running.march import March
from ecmsim.running.milestones import Milestones
from ecmsim.running.own_laws import OwnLaws, own_laws, require_same
from ecmsim.running.progress import chosen
from ecmsim.running.redraw import DRAWN, Redraw
from ecmsim.running.remarks import Ranges, Remarks
from ecmsim.running.reporter import Interrupted, Reporter, Stopped, logger
from ecmsim.running.restart import content_of, restore
from ecmsim.running.stepping import StepError
from ecmsim.running.stopping import StopRequests

PLANNED = "end of the programme"


def model_of(config):
    """The class that simulates what a configuration asks for: all fields, or the reduced model."""
    if config.model == "reduced":  # which needs none of the solver's libraries
        from ecmsim.models.reduced import ReducedSimulation

        return ReducedSimulation
    from ecmsim.models.full.compat import require_supported_dolfinx

    require_supported_dolfinx()
    from ecmsim.models.full.simulation import Simulation

    with contextlib.suppress(ValueError):  # not in the main thread
        # PETSc has set a handler that aborts the other ranks through a launcher that may be gone, and waits for ever.
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    return Simulation


@dataclass(frozen=True)
class Outcome:
    """How a run went. state: the last accepted one; steps accepted; seconds on the clock and of the processor by part
    of the solver; why it ended."""

    state: CellState
    steps: int
    newton_iterations: int
    remeshes: int
    seconds: dict
    cpu_seconds: dict
    reason: str
    worst: dict  # of the balances over all steps, by their names in ecmsim.observed
    remarks: list = field(default_factory=list)  # what has to be said about it: ecmsim.running.remarks

    def __repr__(self):
        seen = self.state.observed
        return (
            f"<Outcome: {self.reason}; {self.steps} steps to {self.state.time:.4g} s, I = {seen['current']:.3g} A, "
            f"gap = {seen['gap']:.3g} nm>"
        )


def run(
    config,
    folder,
    *,
    comm=MPI.COMM_WORLD,
    overwrite=False,
    progress=None,
    until=None,
    laws=None,
    allow_code=False,
) -> Outcome:
    """Run a configuration and write its results into a folder.

    config: Config; comm: MPI communicator, all of whose ranks call this; overwrite: replace a run that is there;
    progress: True for the display that fits a terminal, a notebook or a log, or an object with begin, step and end
    (rank 0); until: stop after this time in s; laws: laws of your own in place of the configuration's, by name, such as
    {"tunnelling": MyLaw()} (see ecmsim.physics.model.DeviceModel); allow_code: let the Python files
    run whose laws the configuration names in [laws]. The same law in both is refused.
    Raises ResultsError when the folder cannot be written, SolveError (with what to try) when the run cannot go on,
    Stopped when it was asked to stop and can be resumed; all that was reported stays on disk.
    """
    own = _agreed(comm, partial(own_laws, config, laws, allow_code))
    under_way = _Run(config, comm, until, own)
    writer = partial(RunWriter, folder, config_text=under_way.config_text, overwrite=overwrite)
    return under_way.go(folder, lambda provenance: writer(provenance=provenance), progress)


def resume(
    folder,
    *,
    comm=MPI.COMM_WORLD,
    overrides=(),
    progress=None,
    until=None,
    laws=None,
    allow_code=False,
) -> Outcome:
    """Go on with a run from its newest good checkpoint, as if nothing had happened.

    overrides: settings that may change, "key=value": numerics, output, steps added to the programme. The other
    arguments are those of run. On the same number of ranks the numbers are the same to the bit. Raises ResultsError
    when there is nothing to resume, or when the model, its laws, the cell or the programme differ from those of the
    checkpoint; otherwise as run.
    """
    found = error = None
    if comm.rank == 0:
        try:
            found = _found(Path(folder), overrides, laws, allow_code)
        except Exception as caught:  # to all ranks, whatever it is
            error = caught
    found, error = comm.bcast((found, error))
    if error is not None:
        raise error
    text, path, content, changed = found
    if content is None:
        config = Config.from_toml(text, base=Path(folder))
        options = {"progress": progress, "until": until, "laws": laws, "allow_code": allow_code}
        return run(config, folder, comm=comm, overwrite=True, **options)
    until = content["until"] if until is None else until
    config = Config.from_toml(text, base=Path(folder))
    own = _agreed(comm, partial(own_laws, config, laws, allow_code))
    under_way = _Run(config, comm, until, own, content, changed)

    def writer(provenance):
        return RunWriter.resume(folder, content["mark"], provenance, config_text=text, checkpoint=path)

    return under_way.go(folder, writer, progress)


def _agreed(comm, action):
    """What an action returns on this rank; the error that it meets on any is raised on all."""
    if comm.size == 1:
        return action()
    outcome = error = None
    try:
        outcome = action()
    except EcmsimError as caught:
        error = caught
    first = next((caught for caught in comm.allgather(error) if caught), None)
    if first:
        raise first
    return outcome


def _found(folder, overrides, laws, allow_code):
    """Effective configuration, path and content of the checkpoint to resume, and the settings that were changed."""
    opened = open_run(folder)
    config = Config.from_toml(with_new_names(opened.config_text), base=folder, overrides=overrides)
    require_same(opened, config, laws, allow_code)
    text, checkpoints = config.to_toml(), folder / CHECKPOINTS
    # A kill or a full disk while the first one is written costs no more than the state at t = 0.
    begun = CheckpointReader(checkpoints).newest() is not None or len(opened.timeseries) > 1
    if config.checkpoint.enabled and opened.status in ("interrupted", "stopped", "failed") and not begun:
        return text, None, None, []  # it had not come to its first one: begin again
    found = CheckpointReader(checkpoints).read()
    old = found.content["config"]
    changed = differences(old, text)
    if changed.forbidden:
        raise ResultsError(
            f"{folder} cannot be resumed with another model, cell or programme: {'; '.join(changed.forbidden)}. "
            "Set them back, or start a run of its own with ecmsim run --out"
        )
    grown = any(line.startswith("programme") for line in changed.harmless)
    if opened.status == "finished" and found.content["until"] is None and not grown:
        raise ResultsError(f"{folder} is finished ({opened.provenance['reason']}): there is nothing to resume")
    for flaw in found.skipped:
        logger.warning("checkpoint left out: %s", flaw)
    return text, found.path, found.content, [*changed.numerics, *changed.harmless]


@dataclass
class _Run:
    """A run under way.

    own: laws in place of the configuration's; content: of the checkpoint that it begins with, or None; changed:
    settings since then.
    """

    config: Config
    comm: MPI.Comm
    until: float | None
    own: OwnLaws
    content: dict | None = None
    changed: list = field(default_factory=list)

    @cached_property
    def config_text(self):
        """The effective configuration, which each checkpoint keeps."""
        return self.config.to_toml()

    def go(self, folder, writer, progress):
        """Open the folder and run to the end."""
        model = model_of(self.config)
        known = {"versions": model.versions(), "title": self.config.title}
        known |= {"laws": self.own.told, "law_files": self.own.files}
        known |= {"idle": list(self.config.idle)} if self.config.idle else {}
        known |= {"borrowed": self.config.loans} if self.config.loans else {}
        report = Reporter(self.comm, self.config, known, writer, chosen(progress))
        # Signals first: where there is a folder, a run stops as it should.
        with StopRequests(folder, self.config.checkpoint.walltime) as requests, report:
            requests.clear()
            kept = self.content and self.content.get("drawn")
            self.drawn = Redraw.of(self.config, lambda config: model(config, self.comm, self.own.laws), kept)
            self.march = March(self.drawn.model(), report.note)
            try:
                return self._march(report, requests)
            finally:
                self.march.simulation.close()

    def _march(self, report, requests):
        config, march = self.config, self.march
        bridged = march.simulation.model.bridging is not None
        detector, milestones = EventDetector.from_config(config, bridged), Milestones(config)
        bias = getattr(march.simulation.model.tunnelling, "largest_bias", None)
        growth, remarks = GrowthStop(), Remarks(Ranges.from_config(config, bridged, bias))
        planned = march.simulation.programme.duration
        stop = inf if self.until is None else self.until
        report.begin(min(stop, planned))
        if self.content:
            restore(self.content, march, detector)
            milestones.recall(self.content["milestones"])
            remarks.recall(self.content.get("remarks", {}))
            growth.recall(self.content.get("growth", {}))
            for setting in self.changed:
                report.note(march.state, "setting changed", setting)
        else:
            march.begin()
            remarks.see(march.state.seen)
            self._growth(growth, march.state)
            report.accept(march.simulation, march.state, [], milestones.passed(march.state))
            if config.draw:
                report.note(march.state, DRAWN, self.drawn.told())
        keeper = _Keeper(self, report, march, detector, milestones, remarks, growth)
        snapshots = sorted(t for t in config.output.snapshot_times if t > march.state.time)
        reason = PLANNED
        while not march.finished:
            before = march.state
            if stop < inf and stop - before.time <= 8 * np.finfo(float).eps * stop:
                reason = f"t = {stop:g} s, as asked for"
                break
            self._stop_if_asked(requests, keeper, before)
            try:
                state = march.step(min([stop, *snapshots[:1]]))
            except StepError as final:
                failure = explained(final, final.__cause__, before, march.simulation)
                report.fail(march.simulation, before, failure)
                keeper.write()
                raise failure from final.__cause__
            rows = row(before.seen), row(state.seen)
            held = limit(config, before.leg, 0.5 * (before.time + state.time))
            events = [*detector.between(*rows, held), *march.events]
            events += [*of_metal(state), *self._growth(growth, state)]
            labels = milestones.passed(state, events)
            remarks.see(state.seen, held)
            while snapshots and snapshots[0] <= state.time:
                labels.append(f"t = {snapshots.pop(0):.6g} s")
            report.accept(march.simulation, state, events, labels)
            if ended := self._ended(state, bridged, remarks.ranges):
                reason = ended
                break
            if self.drawn.is_due(march):
                self.drawn.take(march, detector)
                report.note(march.state, DRAWN, self.drawn.told())
            keeper.passed()
        waiting = march.state.waiting
        never = (waiting.told if waiting else "") or remarks.of_switching()
        if march.finished and reason == PLANNED and never:
            reason = f"{PLANNED}; {never}"
        self._require_sound(report, march.state)
        report.snapshot(march.simulation, march.state, "end")
        keeper.write()
        watch = march.simulation.watch
        seconds = dict(watch.seconds), dict(watch.cpu_seconds)
        counts = march.steps, march.iterations, march.simulation.remeshes
        said = [*filter(None, [config.borrowed]), *remarks.texts()]
        outcome = Outcome(march.state, *counts, *seconds, reason, march.worst, said)
        report.finish(outcome)
        return outcome

    @staticmethod
    def _growth(growth, state):
        """The event of the end of vertical growth, with the step that makes it certain."""
        seen = state.seen
        tunnels = abs(seen["tunnel_current"]) > abs(seen["ionic_current"])
        moment = growth.see(seen["time"], seen["height"], seen["source_voltage"], tunnels)
        told = "the tip is slower than a tenth of its largest speed"
        return [] if moment is None else [Event(moment, STOPPED, told)]

    def _require_sound(self, report, state):
        """No run ends well with an outline that is none."""
        try:
            state.filament.check(float(self.config.cell.radius))
        except SolveError as flaw:
            failure = SolveError(f"stopped at t = {state.time:.6g} s: {flaw}. The last state is kept in failure.npz.")
            report.fail(self.march.simulation, state, failure)
            raise failure from flaw

    def _ended(self, state, bridged, ranges):
        """Why a run ends at a state, before the end of its programme; None where it goes on."""
        seen, config = state.observed, self.config
        if not bridged and touches(seen["gap"], config.tunnelling.contact_gap):
            return (
                f"contact: the gap closed to {seen['gap']:.3g} nm, less than tunnelling.contact_gap = "
                f"{config.tunnelling.contact_gap:g} nm, at t = {state.time:.6g} s"
            )
        if config.heat.stop_at_melting and molten(seen["temperature_max"], ranges.melting_point):
            return (
                f"melting: {seen['temperature_max']:.5g} K at t = {state.time:.6g} s, above the melting point of "
                f"{ranges.metal}, {ranges.melting_point:g} K (heat.stop_at_melting)"
            )
        return None

    def _stop_if_asked(self, requests, keeper, state):
        reason = next((text for text in self.comm.allgather(requests.reason) if text), None)
        if reason is None:
            return
        where = f"stopped at t = {state.time:.6g} s: {reason}"
        if not self.config.checkpoint.enabled:
            raise Interrupted(f"{where}; what was reported is kept, but without checkpoints it cannot be resumed")
        keeper.write()
        allowed = " --allow-code" if self.own.files else ""
        raise Stopped(f"{where}; go on with: ecmsim resume {requests.file.parent}{allowed}")


@dataclass
class _Keeper:
    """Takes the states that can be resumed from, every so many steps, and writes them every so often."""

    run: _Run
    report: Reporter
    march: March
    detector: EventDetector
    milestones: Milestones
    remarks: Remarks
    growth: GrowthStop

    def __post_init__(self):
        self.content, self.written = None, time.monotonic()
        if not self.run.content:
            self.march.simulation.rebase(self.march.state)  # as in passed
            self._take()
            self.write()

    def passed(self):
        """A step was reported."""
        if self.march.steps % self.run.config.stepping.rebind_every or self.march.finished:
            return
        # Also without checkpoints: they must not decide the bits of the result.
        self.march.simulation.rebase(self.march.state)
        self._take()
        due = time.monotonic() - self.written > self.run.config.checkpoint.interval
        if self.report.comm.bcast(due):
            self.write()

    def _take(self):
        if not self.run.config.checkpoint.enabled:
            return
        self.content = content_of(self.march, self.detector) | {
            "milestones": self.milestones.remembered(),
            "remarks": self.remarks.remembered(),
            "growth": self.growth.remembered(),
            "drawn": self.run.drawn.remembered(),
            "config": self.run.config_text,
            "until": self.run.until,
            "mark": self.report.mark(),
        }

    def write(self):
        """Write what was taken last, unless that has been done."""
        if self.content is not None:
            with self.march.simulation.watch("checkpoints"):
                self.report.checkpoint(self.content)
        self.content, self.written = None, time.monotonic()
