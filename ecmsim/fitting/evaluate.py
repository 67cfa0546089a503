"""What the datasets come out as for given parameters: the trials that this needs, and residuals from them."""

import hashlib
from dataclasses import dataclass, field

import numpy as np

from ecmsim import __version__
from ecmsim.errors import ConfigError
from ecmsim.fitting.dataset import filled
from ecmsim.fitting.trials import Job


@dataclass(frozen=True)
class Stage:
    """How trials are made. name; model: "reduced" or "full"; refinement: of the steps; limit: s of CPU of a trial."""

    name: str
    model: str
    refinement: float
    limit: float

    @property
    def numerics(self):
        """Texts "key=value"."""
        return (f"model={self.model}", f"stepping.refinement={self.refinement!r}", "checkpoint.enabled=false")


@dataclass
class Evaluation:
    """What came out at a point. x (n,); predicted: (p,) of each dataset; residuals (m,) of the data, nan if not known;
    priors (k,); states: how many trials ended how; seconds: of CPU."""

    x: np.ndarray
    stage: Stage
    predicted: list
    residuals: np.ndarray
    priors: np.ndarray
    states: dict
    seconds: float

    @property
    def whole(self):
        """All residuals, with FAR in place of what is not known, and the priors', (m + k,)."""
        return np.concatenate([filled(self.residuals), self.priors])

    @property
    def misfit(self):
        """Root mean square of the data's residuals."""
        return float(np.sqrt(np.mean(filled(self.residuals) ** 2)))


@dataclass
class Evaluator:
    """Evaluates a fit (a Definition) with Trials. say(text): is called with a line for each evaluation; allow_code: let
    laws of a user's own run; known: Evaluations by point and stage; reasons: the first one of each way to come to
    nothing."""

    definition: object
    trials: object
    say: callable = lambda text: None
    allow_code: bool = False
    known: dict = field(default_factory=dict)
    reasons: dict = field(default_factory=dict)

    def many(self, points, stage):
        """Evaluations of points (k, n), their trials side by side."""
        points = [np.clip(np.asarray(point, float), 0.0, 1.0) for point in np.atleast_2d(points)]
        new = {self._key(point, stage): point for point in points if self._key(point, stage) not in self.known}
        wanted = {key: self.jobs(point, stage) for key, point in new.items()}
        jobs = [job for lists in wanted.values() for jobs in lists for job in jobs if isinstance(job, Job)]
        made = self.trials.run(jobs)
        for key, point in new.items():
            self.known[key] = self._evaluation(point, stage, wanted[key], made)
            self.say(self._line(self.known[key]))
        return [self.known[self._key(point, stage)] for point in points]

    def one(self, point, stage):
        """The Evaluation of one point (n,)."""
        return self.many(point, stage)[0]

    def residuals(self, points, stage):
        """All residuals of points (k, n), (k, m), nan where not known."""
        return np.array([np.concatenate([e.residuals, e.priors]) for e in self.many(points, stage)])

    def count(self, model):
        """How many evaluations there were with a model."""
        return sum(evaluation.stage.model == model for evaluation in self.known.values())

    @property
    def all(self):
        """All Evaluations so far, in their order."""
        return list(self.known.values())

    @staticmethod
    def _key(point, stage):
        return stage.model, stage.refinement, tuple(point.tolist())

    def jobs(self, point, stage):
        """For each dataset its jobs; in the place of one whose configuration is refused the text of that."""
        found = []
        for dataset in self.definition.datasets:
            jobs = []
            for case in dataset.cases:
                try:
                    config = self.definition.configuration(point, dataset, case, stage.numerics)
                except ConfigError as error:
                    jobs.append("; ".join(error.problems) or str(error))
                    continue
                config = config.model_copy(update={"title": "trial"})
                text = config.to_toml()
                code = "".join(law.checksum() for law in config.laws.values())
                told = f"{__version__} {case.enough!r} {case.outlines} {text}{code}"
                name = f"{stage.model}-{hashlib.sha1(told.encode()).hexdigest()[:16]}"
                jobs.append(Job(name, text, stage.limit, case.enough, case.outlines, self.allow_code))
            found.append(jobs)
        return found

    def _evaluation(self, point, stage, lists, made):
        predicted, residuals, states, seconds = [], [], {}, 0.0
        for dataset, jobs in zip(self.definition.datasets, lists, strict=True):
            runs = []
            for job in jobs:
                trial = made[job.name] if isinstance(job, Job) else None
                state = "refused" if trial is None else trial.state
                if state != "finished":
                    self.reasons.setdefault(state, job if trial is None else f"{trial.reason} ({trial.folder})")
                states[state] = states.get(state, 0) + 1
                seconds += 0.0 if trial is None else trial.seconds
                runs.append(None if trial is None else trial.seen())
            predicted.append(dataset.predict(runs))
            with np.errstate(all="ignore"):
                residuals.append(dataset.residuals(predicted[-1]))
        priors = self.definition.space.priors(point)
        return Evaluation(point, stage, predicted, np.concatenate(residuals), priors, states, seconds)

    def _line(self, evaluation):
        bad = ", ".join(f"{count} {state}" for state, count in evaluation.states.items() if state != "finished")
        told = self.definition.space.told(evaluation.x)
        return f"{evaluation.stage.name:<8} {told}: misfit {evaluation.misfit:.4g}" + (f" ({bad})" if bad else "")
