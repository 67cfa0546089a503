"""The command `ecmsim quantum build`: what it prints and how it ends."""

import shlex
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from ecmsim.errors import TransportError, TransportFailure
from ecmsim.quantum.build.assemble import assemble, publish, write_table
from ecmsim.quantum.build.methods import METHODS
from ecmsim.quantum.build.plan import load_plan, plan_file
from ecmsim.quantum.build.production import FAILED, FINISHED, applicable, compute, produce, states
from ecmsim.quantum.build.records import Records
from ecmsim.quantum.table import TABLES

METAL = "Ag"  # whose plan is taken where none is named
LONGEST = 1e5  # hours
SAME = 0.01  # of T: what other versions of libraries and another machine may change


def build(
    metal=None, names=(), *, out=None, method="gpaw", plan=None, until=None, walltime=None, retry=False, listing=False,
    table=None, verify=False,
):  # fmt: skip
    """Compute the points of a metal's plan that are left and write the table; returns the exit code, 3 for failed ones.

    metal: [that of `plan`, or Ag]; names: of the points to compute (none: all); out: folder [runs/quantum/METAL, with
    -METHOD added but for gpaw]; plan: a file instead of the package's; until: "HH:MM", walltime: hours, after which to
    stop; retry: also points that failed before; listing: only say how the points stand; table: only write the table, to
    this file, and its records to the folder of the same name (the package's: ecmsim/quantum/tables/METAL.json); verify:
    compute the named points anew and compare them with their records (exit code 1 where they differ). The package's own
    records count as computed.
    Raises TransportError for unknown metals, methods, points and times, for options that do not go together, and where
    GPAW is missing.
    """
    if method not in METHODS:
        raise TransportError(f"--method {method}: there is no such method; choose one of {', '.join(METHODS)}")
    _go_together(
        {"--list": listing, "--verify": verify, "--table": table is not None},
        {"--until": until is not None, "--walltime": walltime is not None, "--retry": retry},
        names,
    )
    deadline = _deadline(until, walltime)
    chosen, planned = METHODS[method], load_plan(plan if plan else plan_file(metal or METAL))
    if metal not in (None, planned.metal):
        raise TransportError(f"--metal {metal}: the plan {plan} is one of {planned.metal}; leave --metal out")
    metal, whole = planned.metal, applicable(planned, chosen)
    if unfit := {point.name for point in planned.chosen(names).points} & set(names) - {p.name for p in whole.points}:
        raise TransportError(
            f"--point {', '.join(sorted(unfit))}: nothing for --method {method}, which does not know such a contact or "
            "the setting that is checked; leave it out, or use --method gpaw"
        )
    part = whole.chosen(names)
    folder = out or Path("runs") / "quantum" / (metal + ("" if method == "gpaw" else f"-{method}"))
    records = Records(folder, TABLES / metal)
    if listing:
        _show(part, chosen, records)
        return 0
    if verify:
        return 0 if all([_verified(point, chosen, records) for point in part.points]) else 1
    command = shlex.join(["ecmsim", "quantum", "build", "--metal", metal, *(["--plan", str(plan)] if plan else [])])
    command += "" if method == "gpaw" else f" --method {method}"
    if table is None:
        state = produce(part, chosen, records, deadline=deadline, retry=retry, say=lambda line: print(line, flush=True))
        counts = Counter(state.values())
        print(", ".join(f"{count} {name}" for name, count in sorted(counts.items())))
        failed = counts[FAILED] > 0
    else:
        failed = False
    content = assemble(whole, chosen, records, command)
    if table:
        publish(path := Path(table), whole, chosen, records, content)
    else:
        write_table(path := records.folder / f"{metal}.json", content)
    print(f"wrote {path}: {len(content['points'])} of {len(whole.points)} points")
    return TransportFailure.exit_code if failed else 0


def _go_together(instead, limits, names):
    """Refuse what would be ignored: two things to do instead of computing, or how to compute with one of these."""
    doing = [option for option, given in instead.items() if given]
    if len(doing) > 1:
        raise TransportError(f"{doing[0]} does not go with {doing[1]}: give one of them")
    unused = [option for option, given in limits.items() if given]
    if doing == ["--table"] and names:
        unused.append("--point")
    if doing and unused:
        raise TransportError(
            f"{unused[0]} does not go with {doing[0]}, which computes nothing that is left; leave {unused[0]} out"
        )


def _show(plan, method, records):
    """One line a point: name, branch, state, T and time of those that are finished, the reason of those that failed."""
    for name, state in states(plan, method, records).items():
        point = plan.chosen([name]).points[0]
        told = ""
        if state == FINISHED:
            record = records.read(point, method)
            told = f"T = {record['T']:.4g} in {sum(record['seconds'].values()):.0f} s"
        elif state == FAILED:
            told = records.read(point, method, failed=True)["reason"].splitlines()[0]
        print(f"{name:26s} {point.branch:8s} {state:9s} {told}".rstrip())


def _verified(point, method, records):
    """Whether a point, computed anew from nothing, gives its record's T to 1 per cent; says so."""
    record = records.read(point, method)
    if record is None:
        raise TransportError(
            f"--verify: point {point.name} has no record to compare with; build it first, or name others with --point"
        )
    with TemporaryDirectory() as scratch:
        new = compute(point, method, Path(scratch), method.versions())
    equal = abs(new["T"] - record["T"]) <= SAME * record["T"]
    print(f"{point.name}: T = {new['T']:.6g}, recorded {record['T']:.6g}: {'the same' if equal else 'DIFFERENT'}")
    return equal


def _deadline(until, walltime):
    """The earlier of both ends as time.time(), None for neither."""
    ends = []
    if walltime is not None:
        if not 0 < walltime < LONGEST:
            raise TransportError(f"--walltime {walltime:g}: give a positive number of hours, such as 8")
        ends.append(time.time() + 3600 * walltime)
    if until is not None:
        try:
            clock = datetime.strptime(until, "%H:%M").time()
        except ValueError:
            raise TransportError(f"--until {until}: give a time of day such as 17:00") from None
        end = datetime.combine(datetime.now(), clock)
        ends.append((end if end > datetime.now() else end + timedelta(days=1)).timestamp())
    return min(ends, default=None)
