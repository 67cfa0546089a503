"""The time of every point: as the file has it, or from a rate; its zero, and what to do where it starts anew."""

import numpy as np

from ecmsim.errors import MeasurementError


def timed(time, voltage, lines, parts, columns, notes):
    """Times (s) that never fall, the rows that are kept (bool), and how often the time has started anew before.

    time: s or None; voltage: V; lines: numbers of the lines in the file; parts: how often names came again before:
    (n,). columns: rate, interval, zero, restarts. Adds what has to be told to notes.
    """
    if time is None:
        time, anew = _made(voltage, columns, notes), np.zeros(len(voltage), int)
    else:
        time, anew = _going_on(time, lines, parts, columns, notes)
    kept = np.ones(len(time), bool)
    if columns.zero == "first":
        if time[0]:
            notes.append(f'the first point, at {time[0]:.6g} s, is now 0 s (zero = "file" keeps the times)')
        time = time - time[0]
    elif columns.zero != "file":
        kept = time >= columns.zero
        if kept.sum() < 2:
            raise MeasurementError(
                f"zero = {columns.zero:g} s: fewer than two points are later; times are {time[0]:.6g} s to"
                f" {time[-1]:.6g} s"
            )
        time = time - columns.zero
        if not kept.all():
            notes.append(f"{int((~kept).sum())} points before {columns.zero:g} s are left out")
    return time[kept], kept, anew


def _made(voltage, columns, notes):
    """Times from a rate (V/s) or an interval (s)."""
    if columns.interval is not None:
        return columns.interval * np.arange(len(voltage))
    if columns.rate is None:
        raise MeasurementError(
            'has no time: write how fast the voltage was swept, rate = "1 V/s", or the time between points,'
            ' interval = "20 ms", in [columns] (or time = "NAME")'
        )
    steps = np.abs(np.diff(voltage))
    if not steps.any():
        raise MeasurementError("the voltage never changes, so that a rate tells no time: write interval in [columns]")
    turns = np.count_nonzero(np.diff(np.sign(np.diff(voltage)[steps > 0])))
    if turns > 0.1 * len(voltage):
        notes.append(
            "the voltage is noisy: a time made of its rate is too long by the noise; interval = … would tell better"
        )
    return np.concatenate([[0.0], np.cumsum(steps) / columns.rate])


def _going_on(time, lines, parts, columns, notes):
    """Times without the falls that are allowed, and how many of these came before each row."""
    back = np.nonzero(np.diff(time) < 0)[0]
    allowed = np.diff(parts) > 0
    wrong = back[~allowed[back]] if not columns.restarts else back[:0]
    if len(wrong):
        k = int(wrong[0])
        raise MeasurementError(
            f"line {lines[k + 1]}: the time goes back from {time[k]:.6g} s to {time[k + 1]:.6g} s; if the file"
            " holds several measurements one after another, write restarts = true in [columns]; if another column is"
            " the time, time = …"
        )
    fresh = np.zeros(len(time), int)
    fresh[1:][allowed | (np.diff(time) < 0)] = 1
    starts = np.nonzero(fresh)[0]
    if len(starts):
        usual = float(np.median(np.diff(time)[np.diff(time) > 0])) if (np.diff(time) > 0).any() else 1.0
        jump = np.zeros(len(time))
        jump[starts] = time[starts - 1] + usual - time[starts]
        time = time + np.cumsum(jump)
        notes.append(
            f"the time starts anew {len(starts)} times: each part follows the one before it after {usual:.3g} s"
        )
    return time, np.cumsum(fresh)


def joined(parts):
    """Time, voltage, current of several parts as one; each begins a usual interval after the one before it.

    parts: (time, voltage, current or None) with times that begin anew. Their pauses are not known.
    """
    times, end = [], None
    for time, *_ in parts:
        if end is not None:
            steps = np.diff(time)
            time = time - time[0] + end + (float(np.median(steps[steps > 0])) if (steps > 0).any() else 1.0)
        times.append(time)
        end = time[-1]
    currents = [current for *_, current in parts]
    whole = None if any(current is None for current in currents) else np.concatenate(currents)
    return np.concatenate(times), np.concatenate([voltage for _, voltage, _ in parts]), whole
