"""The way of a fit: all over the bounds, downhill with the reduced model, and the full model at the end."""

from dataclasses import dataclass

import numpy as np

from ecmsim.errors import SolveError
from ecmsim.fitting import least_squares
from ecmsim.fitting.dataset import FAR, filled
from ecmsim.fitting.evaluate import Evaluation, Stage

PER_PARAMETER = 8  # points of a hypercube, unless their number is given
APART = 0.05  # of the way between the bounds: starts that are closer are the same


@dataclass(frozen=True)
class Found:
    """What a search ends with. start, best: Evaluations with one model; reduced: the best one of the reduced model;
    full: that of the full model at the end, or None; jacobian (m + k, n): of all residuals at the best; words: what was
    done, in a sentence each."""

    start: Evaluation
    best: Evaluation
    reduced: Evaluation
    full: Evaluation | None
    jacobian: np.ndarray
    words: tuple


def search(evaluator, say=lambda text: None):
    """Go the whole way of a fit and return what is Found."""
    definition = evaluator.definition
    options, start = definition.options, definition.space.start
    limits = float(options.trial.limit), float(options.trial.full_limit)
    fine = Stage("reduced", "reduced", float(options.local.refinement), limits[0])
    early = min(float(options.search.refinement), fine.refinement)
    coarse = fine if early == fine.refinement else Stage("coarse", "reduced", early, limits[0])
    words = []
    evaluator.one(start, coarse)
    begins = _all_over(evaluator, coarse, start, options.search, words, say)
    if not any(np.isfinite(item.residuals).any() for item in evaluator.all):
        told = "; ".join(f"{state}: {reason}" for state, reason in evaluator.reasons.items())
        raise SolveError(f"no trial has shown anything that was measured: {told or 'none of the data is reached'}")
    found = []
    for number, x in enumerate(begins, 1):
        say(f"downhill from start {number} of {len(begins)}")
        found.append(_downhill(evaluator, x, coarse, fine, options.local))
    best = min(found, key=lambda item: item.cost)
    words.append(
        f"Downhill by a trust region{f' from {len(begins)} starts' if len(begins) > 1 else ''}"
        + (f", with stepping.refinement = {coarse.refinement:g}, then {fine.refinement:g}." if coarse != fine else ".")
    )
    at_start, reduced = evaluator.many([start, best.x], fine)
    if _cost(at_start) < _cost(reduced):
        best, reduced = least_squares.Fit(start, at_start.whole, best.jacobian, 0), at_start
        words.append("No point is better than the start.")
    if options.full.mode != "finish":
        full = None
        if options.full.mode == "check":
            say("the full model at the best values")
            full = evaluator.one(best.x, _full(definition, limits[1]))
            words.append("The full model was run at the best values, which stay those of the reduced model.")
        return Found(at_start, reduced, reduced, full, best.jacobian, tuple(words))
    return _finished(evaluator, best, reduced, start, _full(definition, limits[1]), words, say)


def _full(definition, limit):
    return Stage("full", "full", float(definition.space.base.stepping.refinement), limit)


def _cost(evaluation, far=FAR):
    """Sum of the squared residuals; far: what counts where nothing is known."""
    return float(np.sum(filled(evaluation.residuals, far) ** 2) + evaluation.priors @ evaluation.priors)


def _all_over(evaluator, stage, start, options, words, say):
    """Points at which to go downhill, the best first."""
    n = len(start)
    if options.method == "none":
        return [start]
    count = options.count or PER_PARAMETER * n
    if options.method == "hypercube":
        say(f"{count} points all over the bounds")
        evaluator.many([start, *hypercube(n, count, options.seed)], stage)
        far = _far(evaluator, start, stage)
        words.append(f"Latin hypercube of {count} points, seed {options.seed}.")
    else:
        say(f"differential evolution: {options.generations} generations of {count} points")
        far = _far(evaluator, start, stage)
        evolve(lambda points: [_cost(item, far) for item in evaluator.many(points, stage)], n, count, options, start)
        words.append(
            f"Differential evolution, {options.generations} generations of {count} points, seed {options.seed}."
        )
    tried = sorted((item for item in evaluator.all if item.stage == stage), key=lambda item: _cost(item, far))
    chosen = []
    for item in tried:
        if all(np.abs(item.x - other).max() > APART for other in chosen):
            chosen.append(item.x)
    return chosen[: options.starts]


def _far(evaluator, start, stage):
    """What counts where a trial shows nothing: as much as the worst at the start, so that no failure seems good."""
    return max(FAR, np.abs(filled(evaluator.one(start, stage).residuals)).max(initial=0.0))


def hypercube(n, count, seed):
    """A Latin hypercube of points (count, n)."""
    from scipy.stats import qmc

    generator = np.random.default_rng(seed)
    try:
        sampler = qmc.LatinHypercube(n, rng=generator)
    except TypeError:  # scipy before 1.15
        sampler = qmc.LatinHypercube(n, seed=generator)
    return sampler.random(count)


def evolve(costs, n, count, options, start):
    """Differential evolution (rand-to-best, crossed with 0.9), each generation evaluated as a whole: costs(points)."""
    generator = np.random.default_rng(options.seed)
    points = hypercube(n, max(count, 5), options.seed)
    points[0] = start
    values = np.array(costs(points))
    for _ in range(options.generations - 1):
        best, trials = points[np.argmin(values)], points.copy()
        for k in range(len(points)):
            a, b = points[generator.choice([j for j in range(len(points)) if j != k], 2, replace=False)]
            moved = points[k] + 0.7 * (best - points[k]) + generator.uniform(0.5, 0.9) * (a - b)
            crossed = (generator.random(n) < 0.9) | (np.arange(n) == generator.integers(n))
            trials[k] = np.where(crossed, moved, points[k])
            outside = (trials[k] < 0) | (trials[k] > 1)
            trials[k][outside] = generator.random(outside.sum())
        new = np.array(costs(trials))
        better = new < values
        points[better], values[better] = trials[better], new[better]
    return points[np.argmin(values)]


def _downhill(evaluator, x, coarse, fine, options):
    """The Fit from a start: with coarse steps first, then with those of the end, whose jacobian it has."""
    step, loss = float(options.step), least_squares.LOSSES[options.loss]

    def many(stage):
        return lambda points: loss(evaluator.residuals(points, stage))

    known = None
    if coarse != fine:
        known = least_squares.descend(many(coarse), x, options.most, step, sure=False)
    start, jacobian = (x, None) if known is None else (known.x, known.jacobian)
    return least_squares.descend(
        many(fine), start, options.most, step, jacobian, radius=0.25 if known is None else 0.05
    )


def _finished(evaluator, best, reduced, start, stage, words, say):
    """The end with the full model: Broyden's method with the reduced model's sensitivities."""
    options = evaluator.definition.options
    say("finishing with the full model")

    def many(points):
        return evaluator.residuals(points, stage)

    at_start = evaluator.one(start, stage)
    found = least_squares.broyden(many, best.x, best.jacobian, options.full.most)
    words.append(f"Finished with the full model by Broyden's method, {found.evaluations} evaluations.")
    if _cost(at_start) < found.cost:
        found = least_squares.Fit(start, np.concatenate([at_start.residuals, at_start.priors]), found.jacobian, 0)
        words.append("No point is better than the start.")
    jacobian = found.jacobian
    if options.full.sensitivities:
        say("sensitivities of the full model")
        jacobian = least_squares.jacobian_at(many, found.x, found.residuals, float(options.local.step))
        words.append("Errors and sensitivities are the full model's own.")
    else:
        words.append("Errors are from the reduced model's sensitivities, as the full model's runs have corrected them.")
    end = evaluator.one(found.x, stage)
    return Found(at_start, end, reduced, end, jacobian, tuple(words))
