"""How residuals change with parameters: by differences, along the axes and along what the data hardly know.

Parameters are shares of the way between their bounds, x in [0, 1]^n; residuals are deviations in standard errors, (m,),
nan where a trial has shown nothing.
"""

import numpy as np

STEP = 0.02  # of the way between the bounds: for finite differences
CHANGE = 1.5  # root mean square change of the residuals that a difference aims at
LONGEST = 0.5  # of the way between the bounds: the longest difference
LONGER = 4.0  # times what has been seen along a direction: how far the next difference goes at least
LOOSE = 3.0  # times less influence than the strongest direction has: where the way is made longer
FELL = 1.5  # times less influence than with the shorter difference: that was noise
ROUNDS = 6


def jacobian_at(many, x, residuals, step=STEP):
    """Forward differences (backward at the upper bound) by one call of many(points (n, n)) -> residuals (n, m).

    step: one for all or (n,).
    Where a step forward shows nothing of a residual one back is taken, and zero where that shows nothing either.
    """
    steps = np.where(x + step <= 1, step, -np.asarray(step))
    rows = (many(x + np.diag(steps)) - residuals) / steps[:, None]
    known = np.isfinite(residuals)
    lost = [k for k in range(len(x)) if not np.isfinite(rows[k][known]).all()]
    back = [k for k in lost if 0 <= x[k] - steps[k] <= 1]
    if back:
        others = (many(np.array([x - np.eye(len(x))[k] * steps[k] for k in back])) - residuals) / -steps[back][:, None]
        for k, other in zip(back, others, strict=True):
            rows[k] = np.where(np.isfinite(rows[k]), rows[k], other)
    return np.where(np.isfinite(rows), rows, 0.0).T


def lengthened(many, x, residuals, jacobian, reach):
    """A jacobian (m, n) corrected along its loose directions, and how many runs that took.

    Along an axis every parameter changes the residuals at once, so that a difference is short; the small change by a
    combination of them is then the difference of large ones, and the noise of the runs (their steps are chosen anew in
    each) makes it look larger than it is, and the combination better known. So each singular direction that is LOOSE
    is run along LONGER than was seen of it, or as far as changes the residuals by CHANGE, and corrects the jacobian
    (Broyden's formula); where that finds it much looser it was noise, and it is gone along further still.
    reach (n,): of the differences along the axes.
    """
    seen, count, wanted = np.diag(reach), 0, CHANGE * np.sqrt(max(np.isfinite(residuals).sum(), 1))
    before = None
    for _ in range(ROUNDS):
        padded = np.vstack([jacobian, np.zeros((max(len(x) - len(jacobian), 0), len(x)))])
        _, singular, directions = np.linalg.svd(padded, full_matrices=False)
        doubtful = singular < singular[0] / LOOSE if before is None else singular < before / FELL
        ways = []
        for value, direction in zip(singular[doubtful], directions[doubtful], strict=True):
            direction = direction * (1.0 if room(x, direction) >= room(x, -direction) else -1.0)
            known = np.abs(seen @ direction).max()
            length = min(max(wanted / max(value, 1e-300), LONGER * known), LONGEST, room(x, direction))
            if length > known:
                ways.append(length * direction)
        if not ways:
            break
        before = singular
        for way, after in zip(ways, many(np.clip(x + np.array(ways), 0, 1)), strict=True):
            count += 1
            seen = np.vstack([seen, way])
            jacobian = corrected(jacobian, way, residuals, after, np.isfinite(residuals) & np.isfinite(after))
    return jacobian, count


def room(x, direction):
    """How far one can go from x along a direction (n,) of length one within the bounds."""
    with np.errstate(divide="ignore"):
        ways = np.where(direction > 0, (1 - x) / direction, np.where(direction < 0, -x / direction, np.inf))
    return float(ways.min())


def corrected(jacobian, step, before, after, same):
    """Broyden's correction of a jacobian (m, n) by what a step (n,) has shown, in the residuals known at both ends."""
    change = np.where(same, after - before - jacobian @ step, 0.0)
    return jacobian + np.outer(change, step) / max(step @ step, 1e-300)
