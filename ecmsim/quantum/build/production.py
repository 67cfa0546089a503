"""Running the points of a plan one after another: finished ones are skipped, failures noted, kills survived."""

import contextlib
import signal
import time
import traceback
from dataclasses import replace
from pathlib import Path

import numpy as np

from ecmsim import __version__
from ecmsim.quantum.build.methods import evaluate
from ecmsim.quantum.build.plan import used
from ecmsim.quantum.build.records import Records, fingerprint
from ecmsim.quantum.build.structure import structure
from ecmsim.results.provenance import git_state, installed_versions, now

FINISHED, FAILED, LEFT = "finished", "failed", "left"


class OutOfTime(BaseException):
    """The time given has run out in the middle of a point; not an Exception, as libraries catch those."""


def applicable(plan, method):
    """The plan without what a method cannot do, and without checks of settings that it does not have."""
    known, kept = {}, []
    for point in plan.points:
        if method.refusal(point) is None:
            known[point.name] = fingerprint(point, method)
            if point.of is None or known.get(point.of) != known[point.name]:
                kept.append(point)
    return replace(plan, points=tuple(kept))


def states(plan, method, records: Records):
    """How every point stands: a dict of its name to FINISHED, FAILED or LEFT."""
    found = {}
    for point in plan.points:
        done = records.read(point, method)
        found[point.name] = FINISHED if done else FAILED if records.read(point, method, failed=True) else LEFT
    return found


def produce(plan, method, records: Records, *, deadline=None, retry=False, say=print):
    """Compute what is left, in the plan's order; retry: also what failed before. Returns the states at the end.

    deadline: time.time() at which to stop, also in the middle of a point, which then stays left. Every finished
    point is written at once. A point that fails is reported with its reason, and the next one begun.
    Raises TransportError where the method itself is not installed.
    """
    versions = {"ecmsim": __version__} | installed_versions() | method.versions()
    try:
        with _until(deadline):
            for point in plan.points:
                state = states(plan.chosen([point.name]), method, records)[point.name]
                if state == LEFT or (state == FAILED and retry):
                    _attempt(point, method, records, versions, say)
    except OutOfTime:
        say(f"{now()}  out of time; what is left is for the next build")
    return states(plan, method, records)


def _attempt(point, method, records, versions, say):
    """Compute a point and write its record, or the reason why there is none."""
    say(f"{now()}  {point.name}: begun")
    try:
        record = compute(point, method, records.store, versions)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        note = {"name": point.name, "reason": reason, "trace": traceback.format_exc().splitlines()}
        records.write(point, method, note, failed=True)
        say(f"{now()}  {point.name}: failed: {reason}")
    else:
        records.write(point, method, record)
        say(f"{now()}  {point.name}: T = {record['T']:.4g} in {sum(record['seconds'].values()):.0f} s")


def compute(point, method, store, versions):
    """The record of one point: T(E), channels, checks, and all that it was made with."""
    started = now()
    s, atoms = point.settings, structure(point)
    energies = np.linspace(-s.window, s.window, s.energies)
    prepared = method.prepare(point, store)
    ready = time.monotonic()
    transmission, channels, checks = evaluate(prepared, energies)
    positions, ghost = atoms.order
    return {
        "name": point.name,
        "hash": fingerprint(point, method),
        "metal": point.metal,
        "method": method.name,
        "branch": point.branch,
        "of": point.of,
        "shape": point.shape(),
        "atoms": point.atoms,
        "radius_nm": atoms.radius,
        "separation_nm": None if point.separation is None else point.separation / 10,
        "T": float(np.interp(0.0, energies, transmission)),
        "channels": [float(t) for t in channels[:12] if t > 1e-6],
        "energies_eV": energies,
        "transmission": transmission,
        "checks": prepared.checks | checks,
        "settings": used(s, method.settings),
        "seconds": prepared.seconds | {"transport": time.monotonic() - ready},
        "started": started,
        "versions": versions,
        "git": git_state(Path(__file__).resolve()),
        "cell_angstrom": atoms.cell,
        "ghosts_angstrom": positions[ghost],
        "positions_angstrom": positions[~ghost],
    }


@contextlib.contextmanager
def _until(deadline):
    """Raise OutOfTime in the body at the deadline (time.time())."""
    if deadline is None:
        yield
        return

    def stop(*_):
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, max(0.001, deadline - time.time()))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
