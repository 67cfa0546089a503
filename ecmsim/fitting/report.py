"""The page about a fit, one HTML file with its pictures, and the pictures beside it."""

import base64
import os
from collections import Counter
from datetime import datetime

import numpy as np

import ecmsim
from ecmsim.errors import PageError
from ecmsim.fitting import answer, pictures
from ecmsim.page.document import resource, template
from ecmsim.page.form import minus
from ecmsim.results.files import replace_text

NAME, FIGURES = "report.html", "figures"


def write(result, out):
    """Draw the pictures of a Result into out/figures and write out/report.html; None without jinja2, else its path."""
    drawn = pictures.draw(result, out / FIGURES)
    try:
        text = page_text(result, out, drawn)
    except PageError:
        return None
    replace_text(out / NAME, text)
    return out / NAME


def page_text(result, out, drawn):
    """The page as HTML; drawn: (path, title, caption) of each picture."""
    identified, found, definition = result.identified, result.found, result.definition
    rows = []
    for k, parameter in enumerate(result.parameters):
        value = result.values[k]
        error = answer.error_text(result.errors[k], parameter.unit)
        rows.append({
            "name": parameter.name, "start": _text(result.start[k], parameter), "value": _text(value, parameter),
            "error": minus(error), "bounds": f"{_text(parameter.low, parameter)} to {_text(parameter.high, parameter)}",
            "verdict": identified.verdicts[k] + (", at its bound" if result.bound(k) else ""),
            "prior": " ± ".join(_text(part, parameter) for part in parameter.prior or ()),
            "posterior": _posterior(result, k, parameter),
        })  # fmt: skip
    derived = [
        (name, minus(f"{value:.5g} {unit or ''}".rstrip()), minus(answer.error_text(error, unit or "")))
        for name, value, error, unit in result.derived
    ]
    before, after = result.misfits(found.start), result.misfits(found.best)
    full = {} if found.full is None else result.misfits(found.full)
    return template("ecmsim.fitting", "page.html.j2").render(
        title=f"Fit {definition.title or definition.path.stem}",
        config=definition.options.config,
        model=result.model,
        misfits=[
            (name, f"{before[name]:.3g}", f"{after[name]:.3g}", f"{full[name]:.3g}" if full else "") for name in after
        ],
        whole=(f"{found.start.misfit:.3g}", f"{found.best.misfit:.3g}", f"{found.full.misfit:.3g}" if full else ""),
        scatter=f"{result.scatter:.3g}",
        freedom=result.freedom,
        rows=rows,
        derived=derived,
        remarks=answer.remarks(result),
        names=result.names,
        correlations=[[minus(f"{value:+.2f}") for value in row] for row in identified.correlations],
        singular=[
            (f"{value:.3g}", f"{1 / value:.2g}" if value > 1e-9 else "none", _direction(direction, result.names))
            for value, direction in zip(identified.singular, identified.directions, strict=True)
        ],
        words=found.words,
        lost=result.lost,
        evaluations=list(Counter(item.stage.name for item in result.evaluations).items()),
        cpu=f"{sum(item.seconds for item in result.evaluations):.0f}",
        pictures=[(_uri(path), title, caption) for path, title, caption in drawn],
        chain=result.chain,
        fitted=(out / answer.FITTED).read_text(encoding="utf-8"),
        again=f"ecmsim fit {os.path.relpath(definition.path)} --out {out}",
        version=ecmsim.__version__,
        made=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %z"),
        style=resource("ecmsim.page", "page.css"),
    )  # fmt: skip


def _text(value, parameter):
    return minus(parameter.text(float(f"{value:.5g}")))


def _posterior(result, k, parameter):
    if result.chain is None:
        return ""
    low, middle, high = np.percentile(result.chain.samples[:, k], [16, 50, 84])
    return minus(f"{middle:.5g} (−{middle - low:.2g}, +{high - middle:.2g}) {parameter.unit}".rstrip())


def _direction(direction, names):
    order = np.argsort(-np.abs(direction))
    shown = [k for k in order if abs(direction[k]) > 0.1][:4]
    return minus(", ".join(f"{direction[k]:+.2f} {names[k]}" for k in shown))


def _uri(path):
    return "data:image/svg+xml;base64," + base64.b64encode(path.read_bytes()).decode("ascii")
