"""Fit three hidden parameters, ask for one that the data do not determine, and count how often the errors are right.

    python -m validation.fitting [OUT]      # default: runs/fitting; it goes on where it was stopped

Writes OUT/README.md. The data come from the reduced model with its usual steps, the fit uses longer ones. Errors are
counted over draws of the noise with an emulator, linear in the parameters, from the last runs of the fit: each draw is
fitted anew, but needs no runs of its own.
"""

import pickle
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from ecmsim.fitting import answer, least_squares
from ecmsim.fitting.command import fit
from ecmsim.fitting.definition import read
from ecmsim.fitting.evaluate import Evaluator, Stage
from ecmsim.fitting.identify import identified
from ecmsim.fitting.trials import Job, Trials
from ecmsim.study.pool import cores
from validation.fitting import synthetic

OFF = (1.2, 0.8, 0.8)  # of the hidden values: where the fit begins
WITHIN = (0.02, 0.05, 0.02)  # of them: how near it has to come
DRAWS = 20
NEAR = 0.1  # of the way between the bounds: evaluations from which the emulator is made
IDLE = '"cell.counter_electrode_height" = { from = "20 nm", to = "30 nm" }'


def main(out):
    """Everything, in order; what is there already is not made again."""
    out.mkdir(parents=True, exist_ok=True)
    curves, times = _exact(out)
    true = np.array(list(synthetic.HIDDEN.values()))
    synthetic.write(out / "data", *synthetic.noisy(curves, times, 1))
    path = out / "data" / "fit.toml"
    path.write_text(synthetic.FIT.format(config=synthetic.CONFIG, start=true * OFF, more=""))
    begun = time.monotonic()
    result = fit(path, out / "fit")
    seconds = time.monotonic() - begun
    rows = []
    for name, value, error, known, share in zip(result.names, result.values, result.errors, true, WITHIN, strict=True):
        off = value / known - 1
        word = "yes" if abs(off) <= share else "**no**"
        rows.append([f"`{name}`", f"{known:g}", f"{value:.5g}", f"{error:.2g}", f"{100 * off:+.2f} %", word])
    parts = [
        "# Does a fit find what was hidden?",
        (Path(__file__).read_text().split('"""')[1].rpartition("\n\n")[2]).strip().replace("\n", " "),
        "Two I-V curves (10 µA and 300 µA, every 10 mV, 5 % and 2 pA of noise) and five pulses, of which one was too "
        f"short to switch (5 % of scatter). The fit began 20 % off. {len(result.evaluations)} evaluations, "
        f"{sum(item.seconds for item in result.evaluations):.0f} s of CPU time, {seconds:.0f} s on the clock; misfit "
        f"{result.found.best.misfit:.2f}.",
        answer.table(["parameter", "hidden", "found", "standard error", "off by", "near enough"], rows),
    ]
    _write(out, parts)
    for more in (
        lambda: _covered(out, path, result, curves, times, true),
        lambda: _undetermined(out, result),
        lambda: _confirmed(out, result, true),
    ):
        parts.append(more())
        _write(out, parts)
    print((out / "README.md").read_text())


def _write(out, parts):
    (out / "README.md").write_text("\n\n".join(parts) + "\n")


def _exact(out):
    kept = out / "exact.pickle"
    if not kept.exists():
        kept.write_bytes(pickle.dumps(synthetic.exact(out / "exact")))
    return pickle.loads(kept.read_bytes())


def _undetermined(out, result):
    """The same data asked for a fourth parameter, at the best values of the others."""
    path = out / "data" / "fit_idle.toml"
    local = "\n[local]\nmost = 0\nrefinement = 0.25\n"
    path.write_text(synthetic.FIT.format(config=synthetic.CONFIG, start=result.values, more=IDLE) + local)
    asked = fit(path, out / "idle")
    told = "; ".join(f"`{n}` {verdict}" for n, verdict in zip(asked.names, asked.identified.verdicts, strict=True))
    return f"Asked for a fourth parameter, the height of the counter electrode, the fit says: {told}."


def _covered(out, path, result, curves, times, true):
    """How often the hidden values lie within one and two standard errors of what draws of the noise give."""
    definition = read(path)
    stage = result.found.best.stage
    points = [item.x for item in result.evaluations if item.stage == stage and np.abs(item.x - result.x).max() < NEAR]
    with Trials(out / "fit" / "trials", cores()) as trials:
        runs = [_runs(Evaluator(definition, trials), x, stage) for x in points]
    wanted = np.array([parameter.share(value) for parameter, value in zip(result.parameters, true, strict=True)])
    offs = []
    for seed in range(100, 100 + DRAWS):
        synthetic.write(out / "draw", *synthetic.noisy(curves, times, seed))
        (out / "draw" / "fit.toml").write_text(path.read_text())
        drawn = read(out / "draw" / "fit.toml")
        emulated = _emulator(drawn.datasets, points, runs, result.x)
        found = least_squares.descend(emulated, result.x, step=0.005)
        offs.append((found.x - wanted) / identified(result.names, found.jacobian, 0).errors)
    offs = np.abs(offs)
    rows = [
        [f"`{name}`", f"{(own < 1).sum()} of {DRAWS}", f"{(own < 2).sum()} of {DRAWS}"]
        for name, own in zip(result.names, offs.T, strict=True)
    ]
    rows.append(["all", f"{100 * (offs < 1).mean():.0f} %", f"{100 * (offs < 2).mean():.0f} %"])
    told = f"{DRAWS} draws of the noise, the emulator made from {len(points)} evaluations (expected are 68 % and 95 %):"
    return told + "\n\n" + answer.table(["parameter", "within one standard error", "within two"], rows)


def _runs(evaluator, x, stage):
    """What the trials at a point have left, by dataset."""
    lists = evaluator.jobs(x, stage)
    made = evaluator.trials.run([job for jobs in lists for job in jobs if isinstance(job, Job)])
    return [[made[job.name].seen() for job in jobs] for jobs in lists]


def _emulator(datasets, points, runs, middle):
    """Residuals at points (k, n) from predictions that are linear in the parameters."""
    terms = np.column_stack([np.ones(len(points)), np.array(points) - middle])
    linear = []
    for k, dataset in enumerate(datasets):
        predictions = np.array([dataset.predict(own[k]) for own in runs])
        linear.append(np.linalg.lstsq(terms, predictions, rcond=None)[0])

    def many(points):
        found = []
        for x in np.atleast_2d(points):
            at = np.concatenate([[1.0], x - middle])
            found.append(np.concatenate([ds.residuals(at @ own) for ds, own in zip(datasets, linear, strict=True)]))
        return np.array(found)

    return many


def _confirmed(out, result, true):
    """The full model with the hidden values and with those that were found: how far its curves are apart."""
    definition = result.definition
    wanted = np.array([parameter.share(value) for parameter, value in zip(result.parameters, true, strict=True)])
    dataset = definition.datasets[1]
    definition = replace(definition, datasets=(dataset,))
    with Trials(out / "fit" / "trials", cores()) as trials:
        evaluator = Evaluator(definition, trials)
        stage = Stage("full", "full", 1.0, 7200.0)
        pair = [evaluator.one(x, stage).predicted[0] for x in (wanted, result.x)]
    count = len(dataset.levels)
    volts, back = np.abs(pair[1][:count] - pair[0][:count]), slice(count + len(dataset.grid), None)
    rise = (dataset.levels > np.log(1e-11)) & (dataset.levels < np.log(0.9 * dataset.limit))
    apart = np.abs(pair[1][back] - pair[0][back])
    return (
        f"The full model confirms it ({dataset.name}): with what was found instead of what was hidden the current "
        f"rises at voltages that differ by {1e3 * volts[rise].max():.2f} mV at most, from 10 pA to 90 % of the "
        f"compliance current, and the currents on the way back differ by {100 * np.nanmax(apart):.2f} % at most."
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("runs") / "fitting")
