"""The source of programmes with every kind of step, sampled, and conditions with every prefix."""

from types import SimpleNamespace

import numpy as np
import pytest
from helpers.before import told

from ecmsim import drive
from ecmsim.drive import Condition, Programme
from ecmsim.drive.counting import BIAS, with_cycles
from ecmsim.drive.pieces import Piece
from ecmsim.drive.plan import MOST_PIECES
from ecmsim.drive.waveforms import MOST_PULSES, pair_of_spikes, rising, spike
from ecmsim.errors import ConfigError

READ = drive.read_pulse(0.1, 1.0, delay=0.3)
EVERY = {"compliance": "own", "polarity": "negative"}
PROGRAMMES = {
    "ramps": [drive.ramp(1.3, 0.7), drive.ramp(-0.4, duration=2.0), drive.ramp(0.9, 0.3, until="gap < 1 nm", **EVERY)],
    "sweeps": [drive.sweep(1.5, 1.1), drive.sweep(1.1, 2.0, 0.2, **EVERY), drive.sweep(0.8, 0.5, -0.3)],
    "holds": [drive.hold(0.4), drive.ramp(1.0, 1.0), drive.hold(0.6, until="current > 1 uA", name="wait")],
    "pulses": [drive.pulse(1.2, 2.0, read=READ), drive.pulse(0.9, 1.0, rise=0.2, fall=0.3, delay=0.5, base=0.3),
               drive.pulse(0.7, 0.5, base=0.1, read=drive.read_pulse(0.2, 0.4, rise=0.1, fall=0.2), **EVERY)],
    "trains": [drive.pulse_train(1.0, 2.0, 3, 1.5, read=READ), drive.pulse_train(0.8, 1.0, 2, 0.5, rise=0.1, fall=0.2,
               delay=0.7, base=-0.1, **EVERY)],
    "write and verify": [drive.write_verify(0.5, 0.9, 0.2, 1.0, READ, "resistance < 1 Mohm", base=0.05, delay=0.2),
                         drive.write_verify(-0.4, -0.6, 0.1, 0.5, READ, "|current| > 1 nA", interval=0.2)],
    "spikes": [drive.spike_pair(0.8, 0.3, 0.5, 1.5, 0.2, read=READ), drive.spike_pair(0.7, 0.2, 0.4, 1.0, -0.3,
               rise=0.02, **EVERY)],
    "tables": [drive.table([(0.0, 0.0), (0.5, 0.7), (1.5, 0.2)]), drive.table([(0.2, 0.4), (1.0, -0.3)], scale_time=2.0,
               **EVERY)],
    "measured": [drive.measured([(0.3, 0.5), (1.0, 0.8), (2.0, -0.1)], 0.01, 0.1),
                 drive.measured([(0.0, 0.1), (1.0, 0.8)], 0.01, 0.1, scale_time=3.0, **EVERY)],
    "measured within its tolerance": [drive.measured([(0.0, 0.009), (1.0, 0.8)], 0.01, 0.1)],
    "currents": [drive.ramp(0.5, 1.0), drive.current_ramp(2e-6, 1e-6), drive.current_ramp(-1e-6, duration=1.5),
                 drive.current_sweep(3e-6, 2e-6, 1e-6), drive.current_hold(0.5, voltage_limit=4.0),
                 drive.current_table([(0.5, 2e-6), (1.0, 0.5e-6)], scale_time=0.5), drive.ramp(-0.3, 1.0)],
    "repetitions": [drive.sweep(0.2, 1.0), drive.repeat(2, [drive.sweep(1.0, 1.0), drive.repeat(2, [drive.pulse(
                    0.6, 0.2), drive.hold(0.1)])], name="life"), drive.hold(0.3)],
    "signs": [drive.sweep(1.0, 1.0), drive.sweep(0.9, 1.0, polarity="negative"), drive.ramp(1.1, 1.0),
              drive.ramp(-1.0, 1.0), drive.ramp(0.005, 1.0), drive.ramp(1.0, 1.0), drive.ramp(0.0, 1.0)],
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMMES)
def test_programmes(file_regression, name):
    """Corners, samples, cycles, what feeds the circuit, and all that the pieces carry."""
    programme = Programme.from_steps(PROGRAMMES[name])
    legs, found = programme.planned(), {"duration": programme.duration}
    found["legs"] = {
        key: [getattr(leg, key) for leg in legs] for key in ("number", "start", "end", "first", "last", "rate")
    }
    inside = [leg.start + share * (leg.end - leg.start) for leg in legs for share in (-0.1, 0.0, 0.3, 0.9, 1.0, 1.2)]
    owners = np.repeat(np.arange(len(legs)), 6)
    for key in ("value", "cycle", "source_voltage"):
        found[key] = [getattr(legs[k], key)(time) for k, time in zip(owners, inside, strict=True)]
    currents = [legs[k].source_current(time) for k, time in zip(owners, inside, strict=True)]
    found["source_current"] = [np.nan if current is None else current for current in currents]
    for k, piece in enumerate(programme.pieces):
        own = {key: value for key, value in vars(piece).items() if value is not None}
        numbers = [
            f"{key}={value:.7g}" if type(value) in (int, float) else f"{key}={value}" for key, value in own.items()
        ]
        found[f"piece {k}"] = "; ".join(numbers).replace(":", ",")
    told(file_regression, found)


def test_what_follows_a_leg_that_ended_early(file_regression):
    """By its condition, half-way: another one, or that to which a verified read jumps."""
    found = {}
    for name in ("ramps", "holds", "write and verify", "currents", "pulses"):
        programme = Programme.from_steps(PROGRAMMES[name])
        for k, leg in enumerate(programme.planned()):
            time = 0.5 * (leg.start + leg.end)
            after = programme.after(leg, time, leg.value(time))
            told_of = after and [after.number, after.start, after.end, after.first, after.last]
            found[f"{name}, {k}"] = told_of
    told(file_regression, found)


def test_waveforms(file_regression):
    step = SimpleNamespace(rise=None, width=0.5, amplitude=0.8, undershoot=0.3, tail=1.5, interval=0.2)
    found = {
        "rising": [rising(0.5, 1.0, 0.1), rising(-0.3, -1.0, 0.25)],
        "spike": np.array(spike(step)),
        "with a rise": np.array(spike(SimpleNamespace(**(vars(step) | {"rise": 0.1})))),
        "pair": np.array(pair_of_spikes(step)),
        "at once, nearly": np.array(pair_of_spikes(SimpleNamespace(**(vars(step) | {"interval": -0.7})))),
    }
    told(file_regression, found)


PREFIXES = {"f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "µ": 1e-6, "μ": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3,
            "M": 1e6, "G": 1e9}  # fmt: skip


@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_prefix_is_read(prefix):
    for quantity, unit in (("current", "A"), ("cell_voltage", "V"), ("resistance", "ohm"), ("time", "s")):
        condition = Condition.parse(f"{quantity} > 2.5 {prefix}{unit}")
        assert condition == Condition(quantity, False, True, pytest.approx(2.5 * PREFIXES[prefix], rel=1e-15))
    assert Condition.parse(f"gap < 2.5 {prefix}m").threshold == pytest.approx(2.5e9 * PREFIXES[prefix], rel=1e-15)


def test_the_sign_of_an_excess_is_that_of_what_holds():
    seen = {"current": -3e-6, "cell_voltage": 0.4, "gap": 1.5, "height": 8.0, "temperature_max": 400.0, "bodies": 2,
            "time": 2.0}  # fmt: skip
    excess = {
        "current > 1 uA": -4e-6,
        "|current| > 1 uA": 2e-6,
        "|current| < 1 uA": -2e-6,
        "resistance > 1 Mohm": 0.4 - 3.0,
        "resistance < 1 Mohm": 3.0 - 0.4,
        "conductance > 2 G0": 3e-6 / 7.748091729863649e-05 - 0.8,
        "height > 7 nm": 1.0,
        "temperature < 450 K": 50.0,
        "bodies > 1": 1.0,
        "time > 3 s": -1.0,
    }
    assert {text: Condition.parse(text).excess(seen) for text in excess} == pytest.approx(excess, rel=1e-9)


def test_defaults_of_steps():
    """What a step in Python means where nothing is said."""
    assert vars(drive.pulse(1.0, 2.0)) == {"kind": "pulse", "amplitude": 1.0, "width": 2.0, "rise": None, "fall": None,
        "delay": 0.0, "base": 0.0, "read": None, "compliance": None, "polarity": "positive", "name": None}  # fmt: skip
    assert drive.write_verify(1, 2, 3, 4, 5, 6).interval == 1e-3
    for step in (drive.current_ramp(1.0), drive.current_sweep(1, 1), drive.current_hold(1), drive.current_table([])):
        assert step.voltage_limit == 10.0
    assert drive.table([]).scale_time == drive.current_table([]).scale_time == drive.measured([], 1, 1).scale_time == 1


def test_how_many_pulses_and_pieces_there_may_be():
    assert (MOST_PULSES, MOST_PIECES) == (1000, 200_000)
    assert len(rising(1.0, 1000.0, 1.0)) == 1000
    for wrong in ((1.0, 1001.0, 1.0), (1.0, 0.5, 0.1), (-1.0, 1.0, 0.1), (0.0, 1.0, 0.1)):
        with pytest.raises(ConfigError, match="1 to 1000 of one sign"):
            rising(*wrong)


def test_a_read_is_no_bias():
    """A value of a hundredth of the largest one, of either sign, ends no cycle; of two hundredths it does."""
    pieces = [Piece("", "voltage", to, duration=1.0) for to in (1.0, 0.0, -1.0, 0.0, 1.0)]
    for small, numbers in ((BIAS, [1, 1, 1, 1, 1]), (0.02, [1, 1, 1, 1, 2])):
        values = [(0.0, 1.0), (1.0, 0.0), (0.0, -1.0), (-1.0, 0.0), (0.0, small)]
        assert [piece.cycle for piece in with_cycles(pieces, values)] == numbers
    one_leg = with_cycles(pieces[:3], [(0.0, 1.0), (1.0, -1.0), (-1.0, 1.0)])
    assert [(piece.cycle, piece.turns) for piece in one_leg] == [(1, False), (1, False), (2, True)]


def test_limits_of_every_kind_of_compliance():
    """An ideal one has the sign of what it limits; a transistor limits where it saturates, at a positive source."""

    def limited(kind, volts, source="voltage", own=None, **settings):
        section = SimpleNamespace(kind=kind, **settings)
        piece = SimpleNamespace(source=source, compliance=own)
        leg = SimpleNamespace(piece=piece, source_voltage=lambda time: volts)
        return drive.limit(SimpleNamespace(compliance=section), leg, 2.0)

    both = {"current": 1e-3, "polarity": "both"}
    assert [limited("ideal", volts, **both) for volts in (1.0, 0.0, -1.0)] == [1e-3, 1e-3, -1e-3]
    assert [limited("ideal", volts, current=2e-3, polarity="negative") for volts in (1.0, -1.0)] == [-2e-3, -2e-3]
    assert [limited("ideal", volts, current=2e-3, polarity="positive") for volts in (1.0, -1.0)] == [2e-3, 2e-3]
    assert limited("ideal", 1.0, "current", **both) is None
    assert limited("none", 1.0) is None and limited("series_resistor", 1.0) is None
    assert limited("none", 1.0, own=SimpleNamespace(kind="ideal", **both)) == 1e-3
    gate = {"saturation_current": lambda time: 1e-4 * time}
    assert [limited("transistor", volts, **gate) for volts in (1.0, 0.0, -1.0)] == [2e-4, None, None]
    assert limited("transistor", 1.0, saturation_current=lambda time: 0.0) is None  # closed
