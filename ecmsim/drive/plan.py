"""How the steps of a programme become straight pieces, checked along the way: each must take a time that counts."""

from dataclasses import dataclass, replace
from functools import partial

from ecmsim.drive.condition import Condition
from ecmsim.drive.counting import with_cycles
from ecmsim.drive.pieces import UNITS, Piece
from ecmsim.drive.waveforms import pair_of_spikes, rising
from ecmsim.errors import ConfigError
from ecmsim.text import quantity

EDGE = 0.01  # of a pulse's width: its rise and its fall, unless given
MOST_PIECES = 200_000  # far more than a run can take
SAME = 1e-9  # of the largest value of a table: by how much its beginning may miss where the source is


@dataclass(frozen=True)
class _Place:
    """Where a step stands. path: in the configuration, as "programme[1].steps[0]"; number: in its list, from 1;
    cycle: "cycle 2" within a repetition, otherwise empty; depth: of repetitions."""

    path: str
    number: int
    cycle: str = ""
    depth: int = 0

    def name(self, step, does):
        """The step's own name or what it does, behind the cycle."""
        return ", ".join(filter(None, [self.cycle, step.name or f"step {self.number}: {does}"]))


def pieces_of(steps):
    """The pieces of a list of steps, as a tuple of Piece. Raises ConfigError naming the setting that is wrong."""
    plan = _Plan()
    for number, step in enumerate(steps):
        plan.step(step, _Place(f"programme[{number}]", number + 1))
    if not plan.pieces:
        raise ConfigError("programme: needs at least one step")
    return with_cycles(plan.pieces, plan.values)


class _Plan:
    """The pieces so far and between which values they lead, the numbers of their last step and pulse, the number of
    cycles and that of the one under way, and the time (s), kind and value (V or A) of the source after them if none
    ends early."""

    def __init__(self):
        self.pieces, self.values = [], []
        self.number = self.pulses = self.cycles = self.cycle = 0
        self.time, self.source, self.value = 0.0, "voltage", 0.0

    def begins_at(self, source):
        """Value at which a piece of this source begins; another source begins at zero."""
        return self.value if source == self.source else 0.0

    def add(self, path, piece):
        """Append a piece. path: of the setting that gives its time."""
        leg = piece.begin(len(self.pieces), self.time, self.begins_at(piece.source))
        left_out = piece.optional and leg.first == leg.last
        if not leg.end > leg.start and not left_out:
            raise ConfigError(
                f"{path}: takes {piece.time_from(leg.first):g} s, too short to be told from"
                f" {leg.start:g} s, when it begins"
            )
        if len(self.pieces) >= MOST_PIECES:
            raise ConfigError(f"programme: has more than {MOST_PIECES} straight pieces")
        self.pieces.append(replace(piece, step=self.number, cycle=self.cycle))
        self.values.append((leg.first, leg.last))
        if not left_out:
            self.time, self.source, self.value = leg.end, piece.source, leg.last

    def step(self, step, place):
        """Append the pieces of one step."""
        actions = {
            "ramp": self._ramp,
            "sweep": self._sweep,
            "hold": self._hold,
            "pulse": self._pulse,
            "pulse_train": self._pulse_train,
            "write_verify": self._write_verify,
            "spike_pair": self._spike_pair,
            "table": self._table,
            "measured": self._measured,
            "repeat": self._repeat,
        }
        if step.kind != "repeat":
            self.number += 1
        actions[step.kind.removeprefix("current_")](step, place)

    def _line(self, step, place, to, field, name, **times):
        """A piece to a value; the input is refused where it takes no time because the source is there already."""
        source = _source(step)
        if times.get("rate") and to == self.begins_at(source):
            unit, where = UNITS[source], f" in {place.cycle}" if place.cycle else ""
            given, hold = getattr(step, field), "hold" if source == "voltage" else "current_hold"
            raise ConfigError(
                f'{place.path}.{field} = "{given:g} {unit}": the source is at {to:g} {unit} already{where},'
                f' so that this ramp takes no time; use kind = "{hold}" to wait'
            )
        self.add(place.path, Piece(name, source, to, **times, **_circuit(step)))

    def _ramp(self, step, place):
        if (step.rate is None) == (step.duration is None):
            raise ConfigError(f"{place.path}: give either a rate or a duration")
        to = _signed(step, step.to)
        name = place.name(step, f"{_words(step)} to {_text(to, step)}")
        until = _condition(step.until, f"{place.path}.until")
        times = {"rate": _number(step.rate), "duration": _number(step.duration), "until": until}
        self._line(step, place, to, "to", name, **times)

    def _sweep(self, step, place):
        name = place.name(step, f"{_words(step)} to {_text(_signed(step, step.peak), step)}")
        for field, to in (("peak", step.peak), ("back", step.back)):
            self._line(step, place, _signed(step, to), field, name, rate=float(step.rate))

    def _hold(self, step, place):
        name, until = place.name(step, _words(step)), _condition(step.until, f"{place.path}.until")
        piece = Piece(name, _source(step), None, duration=float(step.duration), until=until, **_circuit(step))
        self.add(place.path, piece)

    def _pulse(self, step, place):
        name = place.name(step, f"pulse of {_text(_signed(step, step.amplitude), step)}")
        self._to_base(step, place, name)
        self._trapezoid(step, place.path, name, step.delay, step.amplitude, step.width, step.rise, step.fall)
        self._read(step, place, f"{name}, read")

    def _pulse_train(self, step, place):
        name = place.name(step, f"{step.count} pulses of {_text(_signed(step, step.amplitude), step)}")
        self._to_base(step, place, f"{name}, pulse 1")
        for number in range(1, step.count + 1):
            wait, pulse = step.interval if number > 1 else step.delay, f"{name}, pulse {number}"
            self.number += number > 1
            self._trapezoid(step, place.path, pulse, wait, step.amplitude, step.width, step.rise, step.fall)
            self._read(step, place, f"{name}, read {number}")

    def _read(self, step, place, name):
        """The read pulse after a pulse, if there is one."""
        if read := step.read:
            self.number += 1
            times = read.delay, read.amplitude, read.width, read.rise, read.fall
            self._trapezoid(step, f"{place.path}.read", name, *times, part="read")

    def _write_verify(self, step, place):
        """Pulses of rising amplitude, each read, until a read fulfils the condition; then to the base."""
        name, read = place.name(step, "write and verify"), step.read
        self._to_base(step, place, name)
        verified, verify = [], _condition(step.verify, f"{place.path}.verify")
        for number, amplitude in enumerate(rising(step.start, step.stop, step.increment), 1):
            wait, pulse = step.interval if number > 1 else step.delay, f"{name}, pulse {number}"
            self.number += number > 1
            self._trapezoid(step, place.path, pulse, wait, amplitude, step.width, step.rise, step.fall)
            self._read(step, place, f"{name}, read {number}")
            self.pieces[-2] = replace(self.pieces[-2], until=verify)
            verified.append(len(self.pieces) - 2)
        self.number += 1
        slope = abs(read.amplitude - step.base) / _edge(read.fall, read.width)
        back = Piece(f"{name}, verified", "voltage", _signed(step, step.base), rate=slope, optional=True)
        self.add(f"{place.path}.base", replace(back, pulse=self.pulses, **_circuit(step)))
        for k in verified:
            self.pieces[k] = replace(self.pieces[k], then=len(self.pieces) - 1)

    def _spike_pair(self, step, place):
        """Two spikes, the later one minus the earlier one where their interval is positive; a read before and after."""
        name = place.name(step, f"spikes {quantity(step.interval, 's')} apart")
        self._read(step, place, f"{name}, read before")
        self.number += bool(step.read)
        self.pulses += 1
        here, (_, *points) = 0.0, pair_of_spikes(step)
        for time, value in points:
            piece = Piece(name, "voltage", _signed(step, value), duration=time - here, pulse=self.pulses, part="pulse")
            self.add(f"{place.path}.interval", replace(piece, **_circuit(step)))
            here = time
        self._read(step, place, f"{name}, read")

    def _to_base(self, step, place, name):
        """To the base with the slope of the (first) pulse's rise, where the source is elsewhere."""
        first = "start" if step.kind == "write_verify" else "amplitude"
        height = abs(getattr(step, first) - step.base)
        if not height:
            field = f'{place.path}.{first} = "{getattr(step, first):g} V"'
            raise ConfigError(f'{field}: is the base, so that there is no pulse; use kind = "hold" to wait')
        slope = height / _edge(step.rise, step.width)
        piece = Piece(name, "voltage", _signed(step, step.base), rate=slope, optional=True, **_circuit(step))
        self.add(f"{place.path}.base", piece)

    def _trapezoid(self, step, path, name, delay, amplitude, width, rise, fall, part="pulse"):
        """One pulse from the base and back, after a delay at the base. Times in s, amplitude in V; part: of Piece."""
        piece = partial(Piece, name, "voltage", **_circuit(step))
        top, base = _signed(step, amplitude), _signed(step, step.base)
        if delay:  # which belongs to the pulse before
            self.add(f"{path}.delay", piece(None, duration=float(delay), pulse=self.pulses))
        self.pulses += part == "pulse"
        piece = partial(piece, pulse=self.pulses, part=part)
        self.add(f"{path}.rise", piece(top, duration=_edge(rise, width)))
        self.add(f"{path}.width", piece(None, duration=float(width)))
        self.add(f"{path}.fall", piece(base, duration=_edge(fall, width)))

    def _table(self, step, place):
        source = _source(step)
        points = [(float(time) * step.scale_time, _signed(step, value)) for time, value in step.points]
        before, here, largest = 0.0, self.begins_at(source), max((abs(value) for _, value in points), default=0.0)
        if points and points[0][0] == 0:
            first = points.pop(0)[1]
            if abs(first - here) > SAME * largest:
                unit = UNITS[source]
                raise ConfigError(
                    f"{place.path}.points[0]: the table begins at {first:g} {unit}, but the source is at"
                    f" {here:g} {unit}; ramp there first, or let the first point be later than 0 s"
                )
        if not points:
            raise ConfigError(f"{place.path}.points: needs a point later than 0 s")
        name = place.name(step, _words(step))
        for time, value in points:
            piece = Piece(name, source, value, duration=time - before, **_circuit(step))
            self.add(f"{place.path}.points", piece)
            before = time

    def _measured(self, step, place):
        """As a table; the source first goes to where it begins, unless it is there within the tolerance."""
        points = [(float(time) * step.scale_time, _signed(step, value)) for time, value in step.points]
        name, (start, first), edge = place.name(step, _words(step)), points[0], step.scale_time * float(step.rise)
        if abs(first - self.begins_at("voltage")) > step.tolerance:
            self.add(f"{place.path}.rise", Piece(name, "voltage", first, duration=edge, **_circuit(step)))
        for time, value in points[1:]:
            self.add(f"{place.path}.points", Piece(name, "voltage", value, duration=time - start, **_circuit(step)))
            start = time

    def _repeat(self, step, place):
        if place.depth >= 2:
            raise ConfigError(f"{place.path}: a repeat within a repeat within a repeat; at most two are possible")
        for cycle in range(1, step.count + 1):
            if not place.depth:
                self.cycles += 1
                self.cycle = self.cycles
            label = ", ".join(filter(None, [place.cycle, f"{step.name or 'cycle'} {cycle}"]))
            for number, inner in enumerate(step.steps):
                self.step(inner, _Place(f"{place.path}.steps[{number}]", number + 1, label, place.depth + 1))
        if not place.depth:
            self.cycle = 0


def _source(step):
    return "current" if step.kind.startswith("current_") else "voltage"


def _circuit(step):
    """What surrounds the cell during a step: the settings of a Piece."""
    if _source(step) == "current":
        return {"voltage_limit": float(step.voltage_limit)}
    return {"compliance": step.compliance}


def _condition(until, path):
    if until is None or isinstance(until, Condition):
        return until
    try:
        return Condition.parse(until)
    except ConfigError as error:
        raise ConfigError(f'{path} = "{until}": {error}') from None


def _signed(step, value):
    """A value of the step with the sign of its polarity, V or A."""
    mirrored = _source(step) == "voltage" and step.polarity == "negative"
    return 0.0 - value if mirrored else float(value)


def _edge(time, width):
    return float(EDGE * width if time is None else time)


def _number(value):
    return None if value is None else float(value)


def _words(step):
    return step.kind.replace("_", " ")


def _text(value, step):
    return quantity(value, UNITS[_source(step)])
