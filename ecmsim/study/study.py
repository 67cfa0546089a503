"""A study and its cases: loaded and checked as a whole, then run, skipped or resumed case by case."""

import re
import signal
import time
import tomllib
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import dataclass, replace
from pathlib import Path

from ecmsim.config import Config, load_config
from ecmsim.config.laws import require_permission
from ecmsim.errors import ConfigError, ResultsError
from ecmsim.study import folder, naming, summary
from ecmsim.study.child import INTERRUPTED, RESUME_LATER, Control, Ending, Job, decide, default_command, mpirun
from ecmsim.study.definition import read, toml
from ecmsim.study.display import Silent
from ecmsim.study.pool import Threads, cores

LISTED = 12  # problems of cases that are written out
SELDOM = 20  # times as long as it took is waited before the tables are made anew while cases run: they read every case


@dataclass(frozen=True)
class Case:
    """One run of a study.

    index: its number, from 0; key: what it is called, without the number; values: the varied settings by name, as
    given in the study; config: the effective configuration; name: its own, of a [[case]], or "".
    """

    index: int
    key: str
    values: dict
    config: Config
    name: str = ""

    @property
    def is_reduced(self):
        """Whether the reduced model computes it."""
        return self.config.model == "reduced"


@dataclass(frozen=True)
class Outcome:
    """How a study went. endings: the Ending of each case by folder; interrupted: number of the signal, or None."""

    endings: dict
    interrupted: int | None = None

    @property
    def counts(self):
        """How many cases are finished, failed, …"""
        return dict(Counter(ending.state for ending in self.endings.values()))

    @property
    def exit_code(self):
        """0 all finished; 75 start the study again to go on with it; 130 interrupted; 3 some failed."""
        states = self.counts
        if states.get("paused") or states.get("busy") or states.get("running"):
            return RESUME_LATER
        if self.interrupted or states.get("interrupted") or states.get("pending"):
            return INTERRUPTED
        return 3 if states.keys() - {"finished"} else 0


class Study:
    """What Study.load returns. cases: a list of Case; definition: what the study file says."""

    def __init__(self, definition, cases):
        self.definition, self.cases = definition, cases

    @classmethod
    def load(cls, path, settings=None):
        """Read a study file and check every case. Raises ConfigError with all problems of all cases.

        settings: more of them for all cases, by name, as values of TOML.
        """
        definition = read(path)
        definition = replace(definition, fixed=definition.fixed | (settings or {}))
        return cls(definition, _cases(definition))

    @property
    def folder(self):
        """Where the results go unless told otherwise: runs/NAME."""
        return Path("runs") / self.definition.path.stem

    def places(self, root=None):
        """Where the files of each case are, as a list of folder.Place."""
        return folder.places(root or self.folder, self.cases)

    def plan(self, root=None, *, only=None, overwrite=False, retry=False, ranks=1, command=None, allow_code=False):
        """What a start would do now: a list of (Case, Job, action, Standing); arguments as of run.

        action: "run", "resume" or "" (nothing to do). Raises ResultsError if a folder holds something else than the
        run of its case, ConfigError if there is no case `only`.
        """
        root = Path(root or self.folder)
        if only is not None and not 0 <= only < len(self.cases):
            raise ConfigError(f"there is no case {only}: the study has {len(self.cases)}, counted from 0")
        folder.require_study_folder(root)
        command = tuple(command or default_command())
        chosen = slice(None) if only is None else slice(only, only + 1)
        planned, problems, changed = [], [], []
        for case, place in zip(self.cases[chosen], self.places(root)[chosen], strict=True):
            job = Job(place, case.config.to_toml(), command, ranks, overwrite, retry, allow_code)
            try:
                action, standing = decide(job)
            except ResultsError as error:
                problems.append(str(error))
                continue
            if action == "changed":
                changed.append(job.place.name)
            planned.append((case, job, action, standing))
        if changed:
            laws = any(case.config.laws for case in self.cases)
            counted = " (laws of one's own count by the content of their files)" if laws else ""
            problems.append(
                f"made with another configuration than the study has now: {', '.join(changed)}{counted}; "
                "replace these runs with --overwrite, or choose another folder with --out"
            )
        if problems:
            raise ResultsError(f"{root}: " + "\n  ".join(problems))
        return planned

    def run(
        self,
        root=None,
        *,
        jobs=None,
        ranks=1,
        only=None,
        overwrite=False,
        retry=False,
        display=None,
        command=None,
        pool=None,
        allow_code=False,
    ):
        """Run what is to be run, resume what was interrupted, skip what is finished; returns an Outcome.

        root: folder of the study; jobs: how many cases at a time (default: cores over ranks); ranks: MPI ranks of
        each; only: index of a single case; overwrite: replace runs of another configuration; retry: try again what
        failed before; display: as ecmsim.study.display; command: how to start ecmsim, a list; pool: as
        ecmsim.study.pool, in place of threads; allow_code: let laws of a user's own that the cases name run. Raises
        ConfigError or ResultsError before anything is started.
        """
        root = Path(root or self.folder)
        if ranks > 1:
            mpirun()
        for case in self.cases:
            require_permission(case.config, allow_code)
        options = {"overwrite": overwrite, "retry": retry, "ranks": ranks, "command": command, "allow_code": allow_code}
        planned = self.plan(root, only=only, **options)
        endings, todo = {}, []
        for _, job, action, standing in planned:
            if action or standing.status == "running":
                todo.append(job)
            else:
                endings[job.place.name] = Ending(standing.status, standing.reason)
        if len(todo) > 1 and ranks == 1 and not command:
            reduced = {place.name for case, place in zip(self.cases, self.places(root), strict=True) if case.is_reduced}
            todo = [replace(job, forked=job.place.name in reduced) for job in todo]
        self.prepare(root)
        control, display = Control(), display or Silent()
        pool = pool or Threads(jobs or max(cores() // ranks, 1), control)

        due = 0.0

        def ended(job, ending):
            nonlocal due
            endings[job.place.name] = ending
            display.ended(job.place, ending)
            if ending.action and (begun := time.monotonic()) >= due:
                self.summarize(root)
                due = time.monotonic() + SELDOM * (time.monotonic() - begun)

        with control.listening():
            display.begin(len(todo), dict(Counter(ending.state for ending in endings.values())), pool.size)
            try:
                interrupted = _execute(todo, pool, control, display, ended)
            finally:
                display.close()
                control.close()
                self.summarize(root)
        return Outcome(endings, interrupted)

    def prepare(self, root):
        """Make the folder of the study with its copy of the study file and the list of its cases."""
        root = Path(root)
        places = self.places(root)
        if self.definition.path.resolve() != root.resolve() / folder.STUDY:
            folder.replace(root / folder.STUDY, self._copy())
        summary.write_cases(root, self.definition, self.cases, places)

    def summarize(self, root=None, kept=True):
        """Write summary.csv and summary.parquet anew and return the table.

        kept: whether results read off finished runs before may be used. Raises ResultsError.
        """
        root = Path(root or self.folder)
        if not (root / folder.STUDY).is_file():
            raise ResultsError(f"{root} is not the folder of a study: it has no {folder.STUDY}")
        return summary.write(root, self.definition, self.cases, self.places(root), kept)

    def summary(self, root=None):
        """The table of the study as it stands now, without writing it: a pandas DataFrame."""
        return summary.table(self.definition, self.cases, self.places(root))

    def _copy(self):
        """The study file with the path of its configuration made absolute, so that the copy works as well."""
        path, text = self.definition.config.resolve(), self.definition.text
        changed = re.sub(
            r"""(?m)^config\s*=\s*("[^"\n]*"|'[^'\n]*')""", lambda _: f"config = {toml(str(path))}", text, count=1
        )
        same = tomllib.loads(changed) == tomllib.loads(text) | {"config": str(path)}
        return f"# Copy of {self.definition.path.resolve()}\n{changed if same else text}"


def _execute(todo, pool, control, display, ended):
    """Run jobs in a pool until all have ended, or a signal has. Returns the number of the signal, or None."""
    pending = {pool.submit(job): job for job in todo}
    waiting, interrupted = [], None
    try:
        while pending or (waiting and not interrupted):
            done, _ = wait(pending, timeout=0.1, return_when=FIRST_COMPLETED) if pending else ((), None)
            for future in done:
                job = pending.pop(future)
                ending = future.result()
                if ending.state == "busy" and not interrupted:
                    waiting.append(job)
                else:
                    ended(job, ending)
            # Cases that other processes run come last: each takes a place here while it is waited for.
            while waiting and len(pending) < pool.size and not interrupted:
                job = waiting.pop(0)
                pending[pool.submit(job)] = job
            if control.signals:
                interrupted = interrupted or control.signals[0]
                control.pass_on()
                for future in [future for future in pending if future.cancel()]:
                    ended(pending.pop(future), Ending("pending", "not started"))
            display.tick([job.place for future, job in pending.items() if future.running()])
        for job in waiting:
            ended(job, Ending("busy", "another process runs it"))
    finally:
        if pending:  # an error here: leave no orphans behind
            control.signals.append(signal.SIGTERM)
            control.pass_on()
        pool.close()
    return interrupted


def _cases(definition):
    """The cases of a study. Raises ConfigError with all problems of all cases."""
    configs, problems = [], {}
    for index, point in enumerate(definition.points):
        overrides = [f"{field}={toml(value)}" for field, value in (definition.fixed | point).items()]
        try:
            configs.append(load_config(definition.config, overrides))
        except ConfigError as error:
            for problem in error.problems or (str(error),):
                problems.setdefault(problem, []).append(index)
    if problems:
        raise _refusal(definition, problems)
    effective = [
        {field: naming.effective(config, field) for field in point}
        for point, config in zip(definition.points, configs, strict=True)
    ]
    keys = [
        naming.key_of({"case": name} if name else values)
        for name, values in zip(definition.names, effective, strict=True)
    ]
    often = Counter(keys)
    keys = [
        naming.key_of(values, naming.ALL_DIGITS) if often[key] > 1 and not name else key
        for key, name, values in zip(keys, definition.names, effective, strict=True)
    ]
    often = Counter(keys)
    if twice := [key for key, count in often.items() if count > 1]:
        raise ConfigError(f"{definition.path}: the same case more than once: {', '.join(twice[:LISTED])}")
    cases = []
    for index, (point, config, key, values) in enumerate(zip(definition.points, configs, keys, effective, strict=True)):
        if definition.titles[index]:
            config = config.model_copy(update={"title": definition.titles[index]})
        elif "title" not in definition.fixed | point:
            told = ", ".join(f"{field} = {naming.shown(value)}" for field, value in values.items())
            names = definition.names[index].replace("_", " ") or told
            config = config.model_copy(update={"title": f"{definition.title or config.title}: {names}"})
        cases.append(Case(index, key, point, config, definition.names[index]))
    return cases


def _refusal(definition, problems):
    """The ConfigError on cases that are wrong: each problem once, with the cases that have it."""
    count = len(definition.points)
    lines = []
    for problem, indices in problems.items():
        point = definition.points[indices[0]]
        which = ", ".join(f"{field} = {toml(value)}" for field, value in point.items())
        where = f"case {indices[0]} ({which})" if len(indices) == 1 else f"{len(indices)} of {count} cases"
        where = "all cases" if len(indices) == count > 1 else where
        lines.append(f"{where}: {problem}")
    shown = lines if len(lines) <= LISTED else [*lines[:LISTED], f"… and {len(lines) - LISTED} more"]
    bad = len({index for indices in problems.values() for index in indices})
    head = f"{definition.path}: {bad} of {count} cases cannot run; nothing was started"
    return ConfigError("\n  ".join([head, *shown]), lines)
