"""What a fit writes: the best set as a configuration with labels and errors, tables, and what came out in words."""

import math
import os
from datetime import date

import numpy as np

from ecmsim.config import shipped
from ecmsim.config.structure import keys_of
from ecmsim.fitting.parameters import in_unit
from ecmsim.results.files import guarded, replace_text
from ecmsim.study.definition import toml
from ecmsim.text import number, readable

FITTED, PARAMETERS, RESIDUALS, CORRELATIONS = "fitted.toml", "parameters.csv", "residuals.csv", "correlations.csv"
EVALUATIONS, SENSITIVITIES, PAGE = "evaluations.csv", "sensitivities.csv", "README.md"
POSTERIOR, SAMPLES = "posterior.csv", 10_000
NO_PHYSICS = ("programme", "output", "stepping", "mesh", "checkpoint", "balance", "solver", "title")


def write(result, out):
    """Write all tables of a Result into a folder."""
    texts = {
        FITTED: configuration_text(result, out),
        PARAMETERS: parameters(result).to_csv(index=False),
        RESIDUALS: residuals(result).to_csv(index=False),
        CORRELATIONS: correlations(result).to_csv(),
        EVALUATIONS: evaluations(result).to_csv(index=False),
        PAGE: page(result),
    }
    if result.chain is not None:
        texts[POSTERIOR] = posterior(result).to_csv(index=False)
    if result.facts:
        texts[SENSITIVITIES] = sensitivities(result).to_csv()
    with guarded(out):
        out.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        replace_text(out / name, text)


def configuration_text(result, out):
    """A configuration that extends the one that was fitted by the best values, each with label, error and source."""
    definition = result.definition
    known = definition.options.config
    base = known if shipped.is_name(known) else os.path.relpath(definition.config.resolve(), out.resolve())
    lines = [f"extends = {toml(base)}"]
    sections = {}

    def put(name, text):
        section, _, key = name.rpartition(".")
        sections.setdefault(".".join(map(str, keys_of(section))), []).append(f"{key} = {text}")

    for field, value in definition.fixed.items():
        if str(keys_of(field)[0]) not in NO_PHYSICS and "[" not in field:
            put(field, toml(value))
    for parameter, value, error in zip(result.parameters, result.values, result.errors, strict=True):
        if not parameter.setting:
            continue
        told = f"± {error:.2g} {parameter.unit}".rstrip() if np.isfinite(error) else "not determined"
        if parameter.datasets is not None:
            lines.insert(
                1, f"# {parameter.setting} of {', '.join(parameter.datasets)}: {_short(value, parameter.unit)}, {told}"
            )
            continue
        put(parameter.setting, _labelled(value, parameter.unit, "fitted", f"{origin(result)}; {told}"))
    for name, value, error, unit in result.derived:
        if unit is not None and np.isfinite(value):
            formula = next(item.expression.text for item in definition.space.derived if item.name == name)
            told = f"± {error:.2g} {unit}".rstrip() if np.isfinite(error) else "not determined"
            put(name, _labelled(value, unit, "derived", f"{formula}; {origin(result)}; {told}"))
    for section, entries in sections.items():
        lines += ["", f"[{section}]", *entries] if section else ["", *entries]
    return "\n".join(lines) + "\n"


def _labelled(value, unit, label, source):
    text = in_unit(float(f"{value:.5g}"), unit)
    return toml({"value": text if unit else float(text), "label": label, "source": source})


def _short(value, unit):
    return in_unit(float(f"{value:.5g}"), unit)


def origin(result):
    """What the best values come from, in words."""
    parts = []
    for dataset in result.definition.datasets:
        if dataset.kind == "facts":
            rows = ", ".join(str(target.row) for target in dataset.targets)
            parts.append(f"facts {rows} of {dataset.source}")
        else:
            parts.append(dataset.name)
    command = "calibrate" if all(dataset.kind == "facts" for dataset in result.definition.datasets) else "fit"
    return f"ecmsim {command}, {result.model} model, to {'; '.join(parts)}, {date.today()}"


# --- tables -------------------------------------------------------------------------------------------------------


def parameters(result):
    """DataFrame of the parameters and of what is derived from them."""
    import pandas as pd

    identified, rows = result.identified, []
    for k, parameter in enumerate(result.parameters):
        rows.append({
            "parameter": parameter.name, "unit": parameter.unit, "start": result.start[k], "value": result.values[k],
            "standard_error": result.errors[k], "from": parameter.low, "to": parameter.high,
            "at_bound": result.bound(k), "verdict": identified.verdicts[k],
        })  # fmt: skip
    for name, value, error, unit in result.derived:
        rows.append(
            {"parameter": name, "unit": unit or "", "value": value, "standard_error": error, "verdict": "derived"}
        )
    return pd.DataFrame(rows)


def residuals(result):
    """DataFrame of all residuals at the best values; of the full model too where it was run."""
    import pandas as pd

    frames, full = [], result.found.full
    for k, dataset in enumerate(result.definition.datasets):
        predicted = result.found.best.predicted[k]
        frame = pd.DataFrame({"dataset": dataset.name, **dataset.table(predicted)})
        frame["residual"] = dataset.deviations(predicted)
        if full is not None and full is not result.found.best:
            frame["full_model"] = dataset.table(full.predicted[k])["modelled"]
            frame["full_residual"] = dataset.deviations(full.predicted[k])
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def correlations(result):
    """DataFrame of the correlations of the parameters."""
    import pandas as pd

    return pd.DataFrame(
        result.identified.correlations, index=pd.Index(result.names, name="parameter"), columns=result.names
    )


def evaluations(result):
    """DataFrame of all evaluations, in their order."""
    import pandas as pd

    rows = []
    for item in result.evaluations:
        values = dict(zip(result.names, result.definition.space.values(item.x), strict=True))
        states = ", ".join(f"{count} {state}" for state, count in item.states.items())
        rows.append({"stage": item.stage.name, "model": item.stage.model, "refinement": item.stage.refinement}
                    | values | {"misfit": item.misfit, "trials": states, "cpu_s": item.seconds})  # fmt: skip
    return pd.DataFrame(rows)


def posterior(result):
    """DataFrame of samples of the parameters."""
    import pandas as pd

    samples = result.chain.samples
    return pd.DataFrame(samples[:: -(-len(samples) // SAMPLES)], columns=result.names)


def sensitivities(result):
    """DataFrame of the change of each fact for one percent more of each parameter."""
    import pandas as pd

    frames = [
        pd.DataFrame(
            result.sensitivities(dataset, rows),
            index=pd.Index([target.name for target in dataset.targets], name="fact"),
            columns=result.names,
        )
        for dataset, _, _, rows in result.facts
    ]
    return pd.concat(frames)


# --- in words -----------------------------------------------------------------------------------------------------


def page(result):
    """What was fitted to what, before and after, with errors, and what is not determined: Markdown."""
    definition, found = result.definition, result.found
    counts = {model: sum(item.stage.model == model for item in result.evaluations) for model in ("reduced", "full")}
    before, after = result.misfits(found.start), result.misfits(found.best)
    parts = [
        f"# Fit {definition.title or definition.path.stem}".rstrip(),
        f"`{definition.path.name}` on `{definition.config.name}`, {result.model} model; {counts['reduced']} "
        f"evaluations of the reduced and {counts['full']} of the full model. Misfit (root mean square of the residuals "
        f"in standard errors): {found.start.misfit:.3f} before, {found.best.misfit:.3f} after.",
        " ".join(found.words),
        table(
            ["dataset", "misfit before", "after"],
            [[name, f"{before[name]:.3g}", f"{after[name]:.3g}"] for name in after],
        ),
    ]
    if lost := result.lost:
        told = ", ".join(f"{count} {state}" for state, count in lost.items())
        parts.append(f"Trials that did not come to their end: {told}; evaluations.csv has them.")
    for dataset, old, new, _ in result.facts:
        parts.append(f"Fitted to these facts of {dataset.source} only; all others stay predictions.")
        parts.append(_facts_table(dataset, old, new))
    parts.append(_parameters_table(result))
    parts += [f"- {line}" for line in remarks(result)]
    for dataset, _, _, rows in result.facts:
        changes = result.sensitivities(dataset, rows)
        parts.append(f"Change of each fact for one percent more of each parameter, {result.model} model:")
        cells = [
            [target.name, *(f"{change:+.2g} {target.unit}".rstrip() for change in row)]
            for target, row in zip(dataset.targets, changes, strict=True)
        ]
        parts.append(table(["fact", *(f"`{name}`" for name in result.names)], cells))
    return "\n\n".join(parts) + "\n"


def remarks(result):
    """What has to be said about a result, a sentence each."""
    identified, said = result.identified, []
    for name, verdict, error, alone in zip(
        identified.names, identified.verdicts, identified.errors, identified.alone, strict=True
    ):
        held = (
            " It is held by its prior." if verdict != "determined" and np.isfinite(error) and not error >= alone else ""
        )
        if verdict == "without influence":
            said.append(f"`{name}` is undetermined: these data do not depend on it.{held}")
        elif verdict == "not determined":
            said.append(f"`{name}` is undetermined: within its bounds the data leave it open.{held}")
    if identified.loose and len(result.names) > 1:
        said.append(
            "Directions that the data leave open (shares of the ways between the bounds): "
            + "; ".join(identified.loose)
            + "."
        )
    for k, name in enumerate(result.names):
        if result.bound(k):
            said.append(
                f"`{name}` ended at its bound: its error is not to be trusted, and wider bounds may give a better fit."
            )
    strong = [
        f"{result.names[j]} and {result.names[k]} ({identified.correlations[j, k]:+.3f})"
        for j in range(len(result.names)) for k in range(j) if abs(identified.correlations[j, k]) > 0.9
    ]  # fmt: skip
    if strong:
        said.append("Strongly correlated: " + "; ".join(strong) + ".")
    if result.scatter > 1.5 and not result.facts:
        said.append(
            f"The data scatter {result.scatter:.3g} times as much about the model as their errors say: either these "
            "are too small or the model does not describe the cell. Standard errors hold for the errors as stated."
        )
    full = result.found.full
    if full is not None and full is not result.found.best:
        told = ", ".join(f"{name} {value:.3g}" for name, value in result.misfits(full).items())
        said.append(
            f"The full model at these values has a misfit of {full.misfit:.3g} ({told}); "
            'mode = "finish" in [full] fits it too.'
        )
    return said


def table(head, rows):
    """A table of Markdown."""
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def _facts_table(dataset, before, after):
    rows = []
    for target, old, new in zip(dataset.targets, before, after, strict=True):
        word = "within" if target.within(new) else "**outside**"
        wanted = number(target.value, target.tolerance, target.unit)
        factor, unit = readable(target.value, target.unit)
        digits = max(-math.floor(math.log10(factor * target.tolerance / 20)), 0)
        shown = [
            f"{factor * value:.{digits}f} {unit}".rstrip() if np.isfinite(value) else "none" for value in (old, new)
        ]
        rows.append([target.row, target.name, wanted, *shown, word])
    return table(["#", "fact", "wanted", "before", "after", ""], rows)


def _parameters_table(result):
    rows = []
    for k, parameter in enumerate(result.parameters):
        bound = " (at its bound)" if result.bound(k) else ""
        rows.append([
            f"`{parameter.name}`", f"{parameter.text(parameter.low)} to {parameter.text(parameter.high)}",
            parameter.text(float(f"{parameter.start:.5g}")), _short(result.values[k], parameter.unit) + bound,
            error_text(result.errors[k], parameter.unit),
        ])  # fmt: skip
    for name, value, error, unit in result.derived:
        rows.append([f"`{name}`", "derived", "", _short(value, unit or ""), error_text(error, unit or "")])
    return table(["parameter", "bounds", "before", "fitted", "standard error"], rows)


def error_text(error, unit):
    """A standard error with its unit."""
    return f"{error:.2g} {unit}".rstrip() if np.isfinite(error) else "not determined"
