"""The command `ecmsim calibrate`: fits, tells its progress, writes what came out as a parameter set with its label."""

import math
import os
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from ecmsim.calibration import fit
from ecmsim.calibration.definition import Calibration, read
from ecmsim.calibration.evaluate import Evaluator
from ecmsim.config.laws import require_permission
from ecmsim.study import folder
from ecmsim.study.definition import toml
from ecmsim.study.naming import keys_of
from ecmsim.study.pool import cores
from ecmsim.text import number, readable


@dataclass(frozen=True)
class Calibrated:
    """A finished calibration. model: the one it ends with; start, values (n,): of the parameters, before and after;
    before, after (m,): what the facts come out as; fit: in shares of the bounds, with the model's own sensitivities."""

    calibration: Calibration
    model: str
    start: np.ndarray
    values: np.ndarray
    before: np.ndarray
    after: np.ndarray
    fit: fit.Fit
    runs: dict

    @property
    def errors(self):
        """Standard errors of the parameters if the tolerances are standard deviations, (n,)."""
        return np.sqrt(np.diag(self.fit.covariance)) * widths(self.calibration)

    @property
    def sensitivities(self):
        """Change of each fact for one percent more of each parameter, (m, n), in the facts' units."""
        tolerance = np.array([target.tolerance for target in self.calibration.targets])
        return self.fit.jacobian * tolerance[:, None] * (0.01 * self.values / widths(self.calibration))


def widths(calibration):
    """Upper minus lower bound of each parameter, (n,)."""
    return np.array([parameter.high - parameter.low for parameter in calibration.parameters])


def calibrate(path, out=None, *, model="full", jobs=None, most=6, quiet=False, allow_code=False):
    """Run a calibration file and write its result; returns the Calibrated.

    out: folder (default runs/calibration/NAME); model: "full", or "reduced" to end with that; jobs: runs at a time;
    most: full runs at most, sensitivities apart; allow_code: let laws of a user's own that the configuration names run.
    """
    calibration = read(path)
    require_permission(calibration.configuration([p.start for p in calibration.parameters], model), allow_code)
    out = Path(out) if out else Path("runs") / "calibration" / Path(path).stem
    say = (lambda text: None) if quiet else (lambda text: print(text, file=sys.stderr, flush=True))
    evaluator = Evaluator(calibration, out / "runs", jobs or cores(), say, allow_code)
    result = _fitted(calibration, evaluator, model, most)
    _write(result, out)
    return result


def _fitted(calibration, evaluator, model, most):
    low, width = np.array([parameter.low for parameter in calibration.parameters]), widths(calibration)
    start = np.array([parameter.start for parameter in calibration.parameters])

    def of(model):
        return lambda points: evaluator.residuals(evaluator.values(low + points * width, model))

    begin = (start - low) / width
    before = evaluator.values(start, model)[0]
    # Where the models differ at the start the reduced one is set right by that difference.
    offset = evaluator.residuals(before) - of("reduced")(begin[None])[0] if model == "full" else 0.0
    found = fit.trust_region(lambda points: of("reduced")(points) + offset, begin)
    if model == "full":
        found = fit.broyden(of("full"), found.x, found.jacobian, most)
    at_start = evaluator.residuals(before)
    if at_start @ at_start < found.residuals @ found.residuals:
        found = fit.Fit(begin, at_start, found.jacobian, found.evaluations)
    own = fit.jacobian_at(of(model), found.x, found.residuals)
    found = fit.Fit(found.x, found.residuals, own, found.evaluations)
    values = low + found.x * width
    after = evaluator.values(values, model)[0]
    return Calibrated(
        calibration,
        model,
        start,
        values,
        before,
        after,
        found,
        {model: len(names) for model, names in evaluator.runs.items()},
    )


# --- what is written ----------------------------------------------------------------------------------------


def _write(result, out):
    import pandas as pd

    names = [parameter.name for parameter in result.calibration.parameters]
    facts = [target.name for target in result.calibration.targets]
    sensitivities = pd.DataFrame(result.sensitivities, index=pd.Index(facts, name="fact"), columns=names)
    texts = {
        "calibrated.toml": configuration_text(result, out),
        "sensitivities.csv": sensitivities.to_csv(),
        "README.md": page(result),
    }
    for name, text in texts.items():
        folder.replace(out / name, text)


def configuration_text(result, out):
    """A configuration that extends the one calibrated by the fitted values, each with label, error and source."""
    calibration = result.calibration
    base = os.path.relpath(calibration.config.resolve(), Path(out).resolve())
    rows = ", ".join(str(target.row) for target in calibration.targets)
    lines = [f"extends = {toml(base)}"]
    for parameter, value, error in zip(calibration.parameters, result.values, result.errors, strict=True):
        section, _, name = parameter.name.rpartition(".")
        known = f"± {error:.2g} {parameter.unit}".rstrip() if np.isfinite(error) else "not determined"
        source = f"ecmsim calibrate, {result.model} model, to facts {rows} of {calibration.source}, "
        source += f"{date.today()}; {known}"
        text = parameter.text(float(f"{value:.5g}"))
        shown = {"value": text if parameter.unit else float(text), "label": "fitted", "source": source}
        header = ".".join(map(str, keys_of(section)))
        if f"[{header}]" not in lines:
            lines += ["", f"[{header}]"]
        lines.insert(lines.index(f"[{header}]") + 1, f"{name} = {toml(shown)}")
    return "\n".join(lines) + "\n"


def page(result):
    """What was fitted to what, before and after, with errors and sensitivities: Markdown."""
    calibration, found = result.calibration, result.fit
    parts = [
        f"# Calibration {calibration.title or calibration.path.stem}".rstrip(),
        f"`{calibration.path.name}` on `{calibration.config.name}`, {result.model} model; "
        f"{result.runs['reduced']} runs of the reduced and {result.runs['full']} of the full model. "
        f"Misfit (root mean square of the deviations in tolerances): {misfit(result, result.before):.3f} before, "
        f"{found.misfit:.3f} after. Fitted to these facts only; all other facts stay predictions.",
        "| # | fact | wanted | before | after | |\n|---|---|---|---|---|---|",
    ]
    for target, old, new in zip(calibration.targets, result.before, result.after, strict=True):
        word = "within" if target.within(new) else "**outside**"
        wanted = number(target.value, target.tolerance, target.unit)
        factor, unit = readable(target.value, target.unit)
        digits = max(-math.floor(math.log10(factor * target.tolerance / 20)), 0)
        shown = [f"{factor * value:.{digits}f} {unit}".rstrip() for value in (old, new)]
        cells = [target.row, target.name, wanted, *shown, word]
        parts[-1] += "\n| " + " | ".join(map(str, cells)) + " |"
    parts.append("| parameter | bounds | before | fitted | standard error |\n|---|---|---|---|---|")
    for k, parameter in enumerate(calibration.parameters):
        x = found.x[k]
        bound = " (at its bound)" if min(x, 1 - x) < 1e-3 else ""
        cells = [
            f"`{parameter.name}`",
            f"{parameter.text(parameter.low)} to {parameter.text(parameter.high)}",
            parameter.text(parameter.start),
            parameter.text(float(f"{result.values[k]:.5g}")) + bound,
            f"{result.errors[k]:.2g} {parameter.unit}".rstrip() if np.isfinite(result.errors[k]) else "not determined",
        ]
        parts[-1] += "\n| " + " | ".join(cells) + " |"
    parts.append(
        "Standard errors take the tolerances of the facts as standard deviations. Change of each fact for one percent "
        f"more of each parameter, {result.model} model:"
    )
    names = [f"`{parameter.name}`" for parameter in calibration.parameters]
    parts.append("| fact | " + " | ".join(names) + " |\n|---" + "|---" * len(names) + "|")
    for target, changes in zip(calibration.targets, result.sensitivities, strict=True):
        cells = [target.name, *(f"{change:+.2g} {target.unit}".rstrip() for change in changes)]
        parts[-1] += "\n| " + " | ".join(cells) + " |"
    return "\n\n".join(parts) + "\n"


def misfit(result, values):
    """Root mean square of the deviations of the facts' values (m,) in tolerances."""
    targets = result.calibration.targets
    deviations = [(value - target.value) / target.tolerance for value, target in zip(values, targets, strict=True)]
    return float(np.sqrt(np.mean(np.square(deviations))))
