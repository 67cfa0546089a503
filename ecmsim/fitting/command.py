"""The commands `ecmsim fit` and `ecmsim calibrate`: they fit, tell their progress, and write what came out."""

import sys
from dataclasses import replace
from pathlib import Path

from ecmsim.config.laws import require_permission
from ecmsim.errors import ResultsError
from ecmsim.fitting import answer, posterior, report
from ecmsim.fitting.definition import Definition, read
from ecmsim.fitting.evaluate import Evaluator
from ecmsim.fitting.result import Result
from ecmsim.fitting.search import search
from ecmsim.fitting.trials import COMMAND, Trials
from ecmsim.results.files import replace_text
from ecmsim.study import folder
from ecmsim.study.pool import cores

TRIALS, COPY, LOCK = "trials", "fit.toml", ".lock"


def fit(path, out=None, *, full=None, most=None, jobs=None, quiet=False, allow_code=False, command=COMMAND):
    """Go through a fit file and write its result; returns the Result.

    out: folder (default runs/fit/NAME); full: "check", "finish" or "none" in place of the file's own [full]; most:
    evaluations of the full model in finish at most, likewise; jobs: trials at a time; allow_code: let laws of a user's
    own run; command: how a worker is started. Finished trials are found again.
    """
    definition = chosen(read(path), full, most)
    require_permission(definition.space.base, allow_code)
    if definition.options.posterior is not None:
        posterior.require()
    out = Path(out) if out else Path("runs") / "fit" / Path(path).stem
    say = (lambda text: None) if quiet else (lambda text: print(text, file=sys.stderr, flush=True))
    with folder.locked(out / LOCK, wait=False) as free:
        if free is None:
            raise ResultsError(f"another process fits in {out}: wait for it, or choose another folder with --out")
        replace_text(out / COPY, Path(path).read_text(encoding="utf-8"))
        with Trials(out / TRIALS, jobs or cores(), command=command) as trials:
            evaluator = Evaluator(definition, trials, say, allow_code)
            found = search(evaluator, say)
            result = Result(definition, found, evaluator.all)
            if definition.options.posterior is not None:
                say("surrogate and chain of the posterior")
                chain = posterior.sample(evaluator, result, found.reduced.stage, definition.options.posterior)
                result = replace(result, chain=chain, evaluations=evaluator.all)
        answer.write(result, out)
        report.write(result, out)
    return result


def chosen(definition: Definition, full, most):
    """The Definition with what the command line says about the full model."""
    changes = {name: value for name, value in (("mode", full), ("most", most)) if value is not None}
    options = definition.options.model_copy(update={"full": definition.options.full.model_copy(update=changes)})
    return replace(definition, options=options)
