"""I-V curves as a dataset: the SET is compared in voltage, at equal currents; all else in current, at equal voltages.

The way out of the SET is kept as the voltages at which the current first comes to fixed levels, so that a jump that
comes early or late is a small difference, and not one of decades. Where the measured current is flat before or after
the rise it is compared as a current, with the model's rise moved out of the way. Points in compliance say nothing and
are left out; points below the noise only say that the model must have no more current there.
"""

from dataclasses import dataclass

import numpy as np

from ecmsim.errors import MeasurementError
from ecmsim.fitting.dataset import Dataset
from ecmsim.switching.cycles import lobes, noise_of, smoothed_over
from ecmsim.switching.values import kind_of, turning

VISIBLE = 4.0  # standard errors of the noise: a larger current is seen
LIMITED = 0.9  # of the compliance current: from there on its regulation shows
PER_DECADE = 20  # levels of the current
GRID = 150  # voltages at which the current is kept besides: where it is flat levels are far apart
BELOW = 0.1  # of the noise: the lowest level
STEEP = 3.0  # 1/V: relative slopes that are compared in voltage
WIDEST = 0.03  # V: a point whose place is less certain than that is compared in current
CLEAR = 4.0  # standard errors by which a slope is above zero, that it is one
KINK = 0.2  # of the slope: less on one side is a kink
SHORTFALL = 20.0  # 1/V: how a current that is never reached counts as volts beyond the peak
QUIET = 0.25  # of the points, at most, are those below the noise
LEAST = 1e-30  # A


@dataclass(frozen=True)
class Way:
    """Part of a curve in which the voltage goes one way. lobe: its number; back: whether it comes back; rows: slice."""

    lobe: int
    sign: float
    kind: str
    back: bool
    rows: slice


def ways_of(voltage, current):
    """The Ways of a curve, in order: out and back of each lobe."""
    found = []
    for number, (first, last, sign) in enumerate(lobes(voltage)):
        v, i = sign * voltage[first:last], np.abs(current[first:last])
        kind = kind_of(v, i, turning(v, i))
        turn = first + int(np.argmax(v >= v.max() * (1 - 1e-9)))
        found.append(Way(number, sign, kind, False, slice(first, turn + 1)))
        if last - turn > 2:
            found.append(Way(number, sign, kind, True, slice(turn, last)))
    return found


@dataclass(frozen=True)
class Part:
    """Points of one way that are compared. v (V, along its sign), a (|A|), error (of ln a; of a in A for quiet ones),
    volts (V, of a steep one's place, else nan), (m,); where: "rise", "before", "after", "quiet" or "way"."""

    way: Way
    v: np.ndarray
    a: np.ndarray
    error: np.ndarray
    volts: np.ndarray
    where: np.ndarray


class Curve(Dataset):
    """A measured I-V curve. recording: of one cycle; limit: compliance current, A, or None; floor: A."""

    kind, unit_x, unit_y = "iv", "V", "A"

    def __init__(self, name, cases, weight, recording, limit, relative, floor, volts, ways, points):
        super().__init__(name, cases, weight)
        self.column = "cell_voltage_V" if recording.voltage_is == "measured" else "source_voltage_V"
        self.voltage, self.current, self.limit = recording.voltage, recording.current, limit
        self.floor = float(floor) if floor else max(noise_of(self.current), 1e-15)
        self.relative, self.volts = relative, volts
        known = ways_of(self.voltage, self.current)
        if not known:
            raise MeasurementError("its voltage never leaves zero")
        self.set = next((way for way in known if way.kind == "SET" and not way.back), None)
        if self.set is None and ways == "out":
            raise MeasurementError('shows no SET, whose way out is asked for: ways = "both" compares all there is')
        chosen = [self.set] if ways == "out" else known
        self.parts = [self._of_set(way, points) if way is self.set else self._of_way(way) for way in chosen]
        self.parts = self._thinned([part for part in self.parts if len(part.v)], points)
        if not sum((part.where != "quiet").sum() for part in self.parts):
            raise MeasurementError(
                f"no current above {VISIBLE:g} times its noise of {self.floor:.2g} A and below the compliance current:"
                " nothing to fit to; a smaller floor may help"
            )
        top = max(part.a[part.where != "quiet"].max(initial=0) for part in self.parts)
        decades = np.log10(max(top, 10 * self.floor) * 1.2 / (BELOW * self.floor))
        volts = max(np.abs(self.voltage[part.way.rows]).max() for part in self.parts)
        self.grid = np.linspace(0.0, volts, GRID)
        self.levels = np.log(BELOW * self.floor) + np.linspace(0, decades * np.log(10), int(PER_DECADE * decades) + 2)

    # --- what is measured ---------------------------------------------------------------------------------------

    def _errors(self, a):
        return np.hypot(self.relative, self.floor / a)

    def _of_set(self, way, points):
        v, a = way.sign * self.voltage[way.rows], way.sign * self.current[way.rows]
        size = np.maximum(np.abs(a), LEAST)
        held = np.nonzero(size >= LIMITED * self.limit)[0] if self.limit else []
        end = int(held[0]) if len(held) else len(v)
        unseen = np.nonzero(size[:end] < VISIBLE * self.floor)[0]
        seen = int(unseen[-1]) + 1 if len(unseen) else 0
        quiet = np.arange(seen)[:: max(int(np.ceil(seen / max(QUIET * points, 1))), 1)]
        rows = np.arange(seen, end)
        slope = slopes(v, np.log(size), rows)
        error = self._errors(size[rows])
        steep = self._steep(v, np.log(size), rows, slope, error)
        jump = rows[np.argmax(slope)] if len(rows) else end
        where = np.where(steep, "rise", np.where(rows < jump, "before", "after"))
        volts = np.where(steep, np.hypot(self.volts, error / np.where(steep, slope, 1.0)), np.nan)
        flat = np.hypot(error, slope * self.volts)
        place = np.concatenate([quiet, rows])
        return Part(
            way, v[place], np.concatenate([a[quiet], size[rows]]),
            np.concatenate([np.full(len(quiet), self.floor), np.where(steep, error, flat)]),
            np.concatenate([np.full(len(quiet), np.nan), volts]),
            np.concatenate([np.full(len(quiet), "quiet"), where]),
        )  # fmt: skip

    @staticmethod
    def _steep(v, log_a, rows, slope, error):
        """Where a current rises so that its place is better known than its size, and on both sides of the point."""
        reach = np.abs(v[np.minimum(rows + 1, len(v) - 1)] - v[np.maximum(rows - 1, 0)])
        own = slopes(v, log_a - np.log(np.maximum(v, 1e-9)), rows)  # beyond that of a resistance
        doubt = CLEAR * np.sqrt(2) * error / np.maximum(reach, 1e-12)
        before, after = (slopes(v, log_a, rows, side) for side in ((1, 0), (0, 1)))
        least = np.minimum(np.where(rows > 0, before, slope), np.where(rows < len(v) - 1, after, slope))
        return (own > np.maximum(np.maximum(STEEP, error / WIDEST), doubt)) & (least > KINK * slope)

    def _of_way(self, way):
        v, a = way.sign * self.voltage[way.rows], np.maximum(np.abs(self.current[way.rows]), LEAST)
        seen = (a >= VISIBLE * self.floor) & (v > 0.02 * v.max())
        held = np.nonzero(smoothed_over(a, 5) >= LIMITED * self.limit)[0] if self.limit else []
        if len(held):  # what lies before that on the way back, or after it on the way out, is in compliance
            seen &= np.arange(len(v)) > held[-1] if way.back else np.arange(len(v)) < held[0]
        rows = np.nonzero(seen)[0]
        slope = np.abs(slopes(v, np.log(a), rows))
        error = np.hypot(self._errors(a[rows]), slope * self.volts)
        return Part(way, v[rows], a[rows], error, np.full(len(rows), np.nan), np.full(len(rows), "way"))

    def _thinned(self, parts, points):
        """At most so many points, evenly over the ways, but that the rise keeps its own."""
        free = max(points // max(len(parts), 1), 4)
        found = []
        for part in parts:
            kept = np.zeros(len(part.v), bool)
            for kind in ("rise", "before", "after", "quiet", "way"):
                rows = np.nonzero(part.where == kind)[0]
                kept[rows[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), free)).round().astype(int))]] = True
            fields = (getattr(part, name)[kept] for name in ("v", "a", "error", "volts", "where"))
            found.append(Part(part.way, *fields))
        return found

    # --- what is modelled ---------------------------------------------------------------------------------------

    def predict(self, runs):
        run = runs[0]
        if run is None or len(run.timeseries) < 3:
            return np.full(sum(self._length(part) for part in self.parts), np.nan)
        series = run.timeseries
        v, a = (series[name].to_numpy(float) for name in (self.column, "current_A"))
        known = {(way.lobe, way.back): way for way in ways_of(series["source_voltage_V"].to_numpy(float), a)}
        found = []
        for part in self.parts:
            way = known.get((part.way.lobe, part.way.back))
            if way is None or way.sign != part.way.sign:
                found.append(np.full(self._length(part), np.nan))
            elif part.way is self.set:
                volts, amperes = way.sign * v[way.rows], way.sign * a[way.rows]
                found.append(crossings(volts, amperes, self.levels, getattr(run, "whole", True)))
                found.append(highest(volts, amperes, self.grid))
            else:
                found.append(at_voltages(way.sign * v[way.rows], np.abs(a[way.rows]), part.v, part.way.back))
        return np.concatenate(found)

    def _length(self, part):
        """How many numbers of a prediction belong to a part."""
        return len(self.levels) + len(self.grid) if part.way is self.set else len(part.v)

    def _split(self, predicted):
        """Of a prediction what belongs to each part."""
        start = 0
        for part in self.parts:
            count = self._length(part)
            yield part, predicted[start : start + count]
            start += count

    def _modelled(self, part, own):
        """|current| of the model at each point of a part, A; of a rise its voltage there, V."""
        if part.way is not self.set:
            return np.exp(own)
        own, known = own[: len(self.levels)], own[len(self.levels) :]
        volts, size = np.concatenate([own, self.grid]), np.concatenate([self.levels, known])
        seen = np.isfinite(volts) & np.isfinite(size)
        if not seen.any():
            return np.full(len(part.v), np.nan)
        order = np.lexsort((size[seen], volts[seen]))
        volts, size = volts[seen][order], np.maximum.accumulate(size[seen][order])
        place = np.interp(np.log(np.maximum(part.a, LEAST)), size, volts)
        rise = part.where == "rise"
        v = part.v
        if rise.any():  # what lies on either side of the rise is compared on that side of the model's
            middle = np.nonzero(rise)[0][rise.sum() // 2]
            shift = place[middle] - v[middle]
            early, late = np.isin(part.where, ("before", "quiet")), part.where == "after"
            foot, head = v[early].max(initial=0.0) + shift, v[late].min(initial=np.inf) + shift
            v = np.where(early, np.minimum(v, foot), np.where(late, np.maximum(v, head), v))
        current = np.exp(np.interp(v, volts, size))
        return np.where(rise, place, current)

    def deviations(self, predicted):
        found = []
        for part, own in self._split(predicted):
            model = self._modelled(part, own)
            with np.errstate(invalid="ignore", divide="ignore"):
                quiet = (model - part.a) / np.hypot(part.error, self.relative * model)
                sides = (np.log(np.maximum(model, LEAST)) - np.log(np.maximum(part.a, LEAST))) / part.error
                rise = (part.v - model) / part.volts  # earlier is more current
            found.append(np.where(part.where == "rise", rise, np.where(part.where == "quiet", quiet, sides)))
        return np.concatenate(found)

    def table(self, predicted):
        rows = {name: [] for name in ("series", "x", "measured", "error", "modelled")}
        for part, own in self._split(predicted):
            model, sign = self._modelled(part, own), part.way.sign
            rise = part.where == "rise"
            way = "back" if part.way.back else "out"
            rows["series"] += [f"lobe {part.way.lobe + 1} {way}, {where}" for where in part.where]
            rows["x"] += list(np.where(rise, part.a, sign * part.v))
            rows["measured"] += list(np.where(rise, sign * part.v, part.a))
            error = np.where(part.where == "quiet", part.error, part.error * np.abs(part.a))
            rows["error"] += list(np.where(rise, part.volts, error))
            rows["modelled"] += list(np.where(rise, sign * model, model))
        return rows

    def curves(self, predicted):
        lines = []
        for part, own in self._split(predicted):
            if part.way is self.set:
                count = len(self.levels)
                lines.append((part.way.sign * own[:count], np.exp(self.levels)))
                lines.append((part.way.sign * self.grid, np.exp(own[count:])))
            else:
                lines.append((part.way.sign * part.v, np.exp(own)))
        return lines


def slopes(v, log_a, rows, sides=(1, 1)):
    """d ln a / dv at rows, 1/V, from so many points before and after them."""
    before, after = np.maximum(rows - sides[0], 0), np.minimum(rows + sides[1], len(v) - 1)
    step = v[after] - v[before]
    flat = np.abs(step) < 1e-12
    return np.where(flat, 0.0, (log_a[after] - log_a[before]) / np.where(flat, 1.0, step))


def crossings(v, a, levels, ended=True):
    """Voltages at which a current first comes to levels (of ln), (l,); beyond the peak where it never does."""
    high = np.maximum.accumulate(np.maximum(a, LEAST))
    log_high, v = np.log(high), np.maximum.accumulate(v)
    first = np.concatenate([[True], np.diff(log_high) > 0])
    found = np.interp(levels, log_high[first], v[first])
    missing = levels > log_high[-1]
    beyond = v[-1] + (levels - log_high[-1]) / SHORTFALL
    return np.where(missing, beyond if ended else np.nan, found)


def highest(v, a, wanted):
    """ln of the largest current so far at voltages on a way out; nan where that does not come to them."""
    v, high = np.maximum.accumulate(v), np.log(np.maximum.accumulate(np.maximum(a, LEAST)))
    kept = np.concatenate([[True], np.diff(v) > 0])
    return np.where(wanted > v[-1] * (1 + 1e-9), np.nan, np.interp(wanted, v[kept], high[kept]))


def at_voltages(v, a, wanted, back):
    """ln |current| of a way at voltages, its conductance interpolated; nan where it does not come to them."""
    v, a = (v[::-1], a[::-1]) if back else (v, a)
    v = np.maximum.accumulate(v)
    kept = np.concatenate([[True], np.diff(v) > 0]) & (v > 0)
    if kept.sum() < 2:
        return np.full(len(wanted), np.nan)
    margin = 1e-6 + 0.02 * abs(v[-1])
    v, a = v[kept], np.maximum(a[kept], LEAST)
    found = np.interp(wanted, v, np.log(a / v)) + np.log(wanted)
    early = max(v[0] - margin, 0.0) if v[0] > 0.1 * v[-1] else 0.0  # from a way that begins at zero the rest is known
    return np.where((wanted < early) | (wanted > v[-1] + margin), np.nan, found)
