"""The filament's outlines as one array, on a time axis of their own: what the elephant plot and films are made of."""

from dataclasses import dataclass

import numpy as np

from ecmsim.errors import PlotError, ResultsError
from ecmsim.plot import style
from ecmsim.shape.filament import Filament
from ecmsim.shape.polyline import arc_length

VISIBLE_SHARE = 0.04  # growth is visible from where the filament has this share of its final height
ALONG, SLICES = 121, 700


@dataclass(frozen=True)
class Clock:
    """The time axis: the logarithm of the time in seconds, or the time times a factor."""

    logarithmic: bool
    factor: float = 1.0
    unit: str = "s"

    @property
    def label(self):
        """What to write at the axis."""
        return r"$\log_{10}(t\,/\,\mathrm{s})$" if self.logarithmic else f"Time ({self.unit})"

    def place(self, time_s):
        """Where times (s) lie on the axis."""
        return np.log10(time_s) if self.logarithmic else self.factor * np.asarray(time_s)

    def seconds(self, at):
        """The times (s) of places on the axis."""
        return 10.0 ** np.asarray(at) if self.logarithmic else np.asarray(at) / self.factor

    def limits(self, at):
        """Round ends of an axis that holds the places (n,)."""
        step = 0.05 if self.logarithmic else 10.0 ** np.floor(np.log10(np.ptp(at))) / 20
        return np.floor(at[0] / step + 1e-6) * step, np.ceil(at[-1] / step - 1e-6) * step


def default_time(run):
    """The time axis of a run: "linear", which shows all of it, or "log" where it ends long after most has happened."""
    late = not style.is_cyclic(run) and style.is_late(run.timeseries["time_s"].to_numpy(float))
    return "log" if late else "linear"


def history(run, logarithmic=True, from_s=None, to_s=None):
    """Outlines at equal steps of the time axis and at stored ones: Clock, places on it (n,), points (n, ALONG, 2)."""
    stored = [outline for outline in run.outlines if outline.time_s > 0 or not logarithmic]
    if len(stored) < 2:
        raise ResultsError(f"{run.folder} holds {len(stored)} outlines after t = 0: the elephant plot needs two")
    times = np.array([outline.time_s for outline in stored])
    clock = Clock(True) if logarithmic else Clock(False, *style.prefixed(times[-1], "s"))
    known = clock.place(times)
    shapes = resampled(stored)
    if from_s is None:
        from_s = first_visible(shapes[:, 0, 1], times) if logarithmic else times[0]
    start, end = clock.place(span(times, from_s, to_s))
    kept = known[(known > start) & (known <= end)]
    kept = kept[:: len(kept) // SLICES + 1]
    broken = after_changes(run, stored)
    just_before = known[broken] - 1e-6 * (end - start)
    sudden = np.append(known[broken], just_before)
    at = np.union1d(np.linspace(start, end, SLICES), np.append(kept, sudden[(sudden > start) & (sudden < end)]))
    return clock, at, between(known, shapes, at, broken)


def span(times, from_s=None, to_s=None):
    """Start and end (s) of what is shown of outlines at times (n,); PlotError where nothing is."""
    start = times[0] if from_s is None else max(from_s, times[0])
    end = times[-1] if to_s is None else min(to_s, times[-1])
    if not start < end or (from_s is not None and from_s < times[0] * (1 - 1e-9)):
        raise PlotError(
            f"from_s = {start if from_s is None else from_s:.4g}, to_s = {end:.4g}: "
            f"the run's outlines span {times[0]:.4g} s ... {times[-1]:.4g} s"
        )
    return start, end


def resampled(outlines, count=ALONG):
    """The filaments of outlines at equal steps of their arc lengths, from tip to foot, (n, count, 2) in nm.

    Of several bodies each has its share of the points, of which its poles are the first and the last.
    """
    return np.array([_resampled(outline.points, count) for outline in outlines])


def _resampled(points, count):
    bodies = Filament(points).bodies[-(count // 2) :]
    counts = np.full(len(bodies), count // len(bodies))
    counts[-1] += count % len(bodies)
    parts = [along_arc(body.points, np.linspace(0, 1, k)) for body, k in zip(bodies, counts, strict=True)]
    return np.concatenate(parts)


def after_changes(run, outlines):
    """Which of the outlines are the first ones after a rupture or with another number of bodies, indices."""
    times = np.array([outline.time_s for outline in outlines])
    broken = np.searchsorted(times, style.event_times(run, "rupture") * (1 - 1e-9))
    poles = np.array([np.count_nonzero(outline.points[:, 0] == 0) for outline in outlines])
    broken = np.union1d(broken, np.nonzero(np.diff(poles))[0] + 1)
    return broken[(broken > 0) & (broken < len(times))]


def between(known, values, at, broken=()):
    """Values (n, ...) known at places (n,) of an axis, linearly interpolated to places at (k,): (k, ...).

    A rupture takes no time, nor does a merger: what was there before the places known[broken] lasts until then.
    """
    before = np.clip(np.searchsorted(known, at, "right") - 1, 0, len(known) - 2)
    weight = np.clip((at - known[before]) / (known[before + 1] - known[before]), 0, 1)
    weight[np.isin(before + 1, broken) & (weight < 1)] = 0.0
    weight = weight.reshape(-1, *[1] * (values.ndim - 1))
    return (1 - weight) * values[before] + weight * values[before + 1]


def first_visible(height, times):
    """Time (s) at which a filament of heights (n,) nm becomes visible, or one that is there begins to change."""
    if height[0] > VISIBLE_SHARE * height.max():
        return min(style.first_change(times, height), times[-2])
    return times[min(np.argmax(height >= VISIBLE_SHARE * height.max()), len(times) - 2)]


def mirrored(points):
    """A polyline from the axis outwards (n, 2), continued to the left of the axis (2n - 1, 2)."""
    return np.vstack([points[:0:-1] * [-1, 1], points])


def sections(points):
    """The sections of the bodies that an outline (n, 2) describes: polygons (m, 2) on both sides of the axis."""
    return [mirrored(body.points) for body in Filament(points).bodies]


def along_arc(points, share):
    """Points of an outline at shares of its arc length, (n, 2)."""
    length = arc_length(points)
    return np.stack([np.interp(share * length[-1], length, component) for component in points.T], axis=1)
