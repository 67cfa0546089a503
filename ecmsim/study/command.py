"""The command `ecmsim sweep`: what it prints and how it ends."""

import os
import sys
from collections import Counter
from pathlib import Path

from ecmsim.errors import ConfigError, EcmsimError
from ecmsim.study import folder, naming, pool
from ecmsim.study.display import Silent, display
from ecmsim.study.study import Study

TASK_VARIABLE = "SLURM_ARRAY_TASK_ID"


def sweep(
    path,
    out=None,
    *,
    jobs=None,
    ranks=1,
    mpi=False,
    index=None,
    listing=False,
    dry_run=False,
    summary=False,
    overwrite=False,
    retry=False,
    quiet=False,
    allow_code=False,
):
    """Run a study file as the command line asks for it and return the exit code; see Study.run and Outcome."""
    if mpi:
        if jobs or index is not None:
            raise ConfigError("--mpi runs one case on each rank but the first: it goes with neither --jobs nor --index")
        with pool.ranks() as workers:
            options = {"ranks": ranks, "pool": workers, "allow_code": allow_code}
            return _run(path, out, index, overwrite, retry, quiet, **options) if workers else 0
    if listing or dry_run or summary:
        study = Study.load(path)
        root = Path(out) if out else study.folder
        if summary:
            study.summarize(root, kept=False)
            print(f"wrote {root / folder.SUMMARY}")
            return 0
        return _show(study, root, dry_run, only=_number(index), overwrite=overwrite, retry=retry, ranks=ranks)
    return _run(path, out, index, overwrite, retry, quiet, ranks=ranks, jobs=jobs, allow_code=allow_code)


def _run(path, out, index, overwrite, retry, quiet, **options):
    only = _number(index)
    study = Study.load(path)
    root = Path(out) if out else study.folder
    seen = Silent() if quiet else display()
    outcome = study.run(root, only=only, overwrite=overwrite, retry=retry, display=seen, **options)
    if not quiet:
        tell(study, root, outcome)
    if only is None and outcome.counts.get("finished", 0) > 1:
        _draw(root, study.definition.pictures, quiet)
    return outcome.exit_code


def _show(study, root, dry_run, **options):
    """Print the cases, with how they stand or with what would be done."""
    for case, job, action, standing in study.plan(root, **options):
        if not dry_run:
            values = case.name or ", ".join(
                f"{field} = {naming.shown(naming.effective(case.config, field))}" for field in case.values
            )
            print(f"{case.index:5d}  {standing.status:<11}  {values}  ({job.place.name})")
        elif action:
            print(f"{case.index:5d}  {action:<6}  {job.place.name}")
        else:
            print(f"{case.index:5d}  {'skip':<6}  {job.place.name}: {standing.status}")
    _tell_of_settings(study)
    return 0


def _tell_of_settings(study):
    """Print what was given and has no effect, and which constants are borrowed, and in how many cases."""
    lines = [line for case in study.cases for line in (*case.config.idle, case.config.borrowed) if line]
    for line, count in Counter(lines).items():
        print(f"In {count} of {len(study.cases)} cases {line}")


def tell(study, root, outcome):
    """Print how a study went, and what to do about cases that are not finished."""
    counts = ", ".join(f"{count} {state}" for state, count in outcome.counts.items())
    print(f"{len(outcome.endings)} of {len(study.cases)} cases: {counts}. Summary in {root / folder.SUMMARY}")
    _tell_of_settings(study)
    for name, ending in outcome.endings.items():
        if ending.state != "finished":
            log = f" (log: {root / folder.LOGS / f'{name}.log'})" if ending.state == "failed" else ""
            print(f"  {name}: {ending.state}{f': {ending.reason}' if ending.reason else ''}{log}")
    if outcome.counts.get("failed"):
        print("Failed cases are tried again with --retry.")
    if outcome.counts.keys() & {"paused", "interrupted", "pending", "busy"}:
        print("Start the same command again to go on.")
    if others := folder.strangers(root, study.places(root)):
        print(f"Not of this study (it was changed): {', '.join(others)}")


def _draw(root, pictures, quiet):
    """Draw the pictures of the study that can be drawn."""
    from ecmsim.plot import draw
    from ecmsim.plot.study import open_study

    for name in pictures:
        try:
            paths = draw(name, open_study(root))
        except EcmsimError as error:
            if not quiet:
                print(f"no picture: {error}", file=sys.stderr)
        else:
            if not quiet:
                print("\n".join([*getattr(paths, "words", ()), *(f"wrote {path}" for path in paths)]))


def _number(index):
    """The number of the case that --index asks for, or None."""
    if index is None:
        return None
    told = os.environ.get(TASK_VARIABLE, "") if index == "slurm" else index
    if not told.isdecimal() or len(told) > 9:
        where = f"{TASK_VARIABLE} = {told!r}" if index == "slurm" else f'--index = "{index}"'
        raise ConfigError(f"{where}: expected the number of a case, counted from 0")
    return int(told)
