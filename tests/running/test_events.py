"""Events between the rows of a time series: where crossings lie, limits of either sign, RESET, and its memory."""

import json
from math import exp, log, pi

import numpy as np
import pytest
from helpers.paths import QUICK

from ecmsim.config import load_config
from ecmsim.running.events import Event, EventDetector, crossing

NUCLEUS = 0.128  # nm
ATOM = 2 / 3 * pi * NUCLEUS**3  # nm3


def row(time, **values):
    """A row in which nothing happens, but for what is given, by the names below."""
    names = {
        "voltage": "source_voltage_V",
        "current": "current_A",
        "gap": "gap_nm",
        "shortest": "gap_shortest_nm",
        "volume": "volume_nm3",
        "atoms": "contact_atoms",
        "hottest": "temperature_max_K",
    }
    quiet = {"voltage": 1.0, "current": 0.0, "gap": 5.0, "volume": ATOM, "atoms": 0.0, "hottest": 300.0} | values
    quiet.setdefault("shortest", quiet["gap"])
    return {"time_s": time} | {names[name]: value for name, value in quiet.items()}


def detector(**settings):
    return EventDetector(NUCLEUS, **({"gaps": (2.0, 1.0), "contact_gap": 0.02} | settings))


def events(rows, limit=None, by=None):
    """All events from row to row; limit: one for all, or one for each row but the first."""
    by = by or detector()
    limits = limit if isinstance(limit, (list, tuple)) else [limit] * (len(rows) - 1)
    found = []
    for before, after, holds in zip(rows[:-1], rows[1:], limits, strict=True):
        found += by.between(before, after, holds)
    return found


def named(found, name):
    return [event.time_s for event in found if event.name == name]


# --- crossings ----------------------------------------------------------------------------------------------------


def test_crossings():
    assert crossing((1.0, 4.0), (3.0, 0.0), 1.0) == pytest.approx(2.5)
    assert crossing((1.0, 0.0), (3.0, 4.0), 1.0) == pytest.approx(1.5)
    # What grows tenfold in equal times is halfway at the square root.
    assert crossing((1.0, 1e-9), (3.0, 1e-7), 1e-8, logarithmic=True) == pytest.approx(2.0)
    # Zero and negative values have no logarithm.
    assert crossing((1.0, 0.0), (3.0, 4e-6), 1e-6, logarithmic=True) == pytest.approx(1.5)
    assert crossing((1.0, -1e-6), (3.0, 1e-6), 0.0, logarithmic=True) == pytest.approx(2.0)


def test_a_crossing_lies_between_the_rows():
    """Also where the value was passed before, as after a change of the limit."""
    assert crossing((1.0, 5.0), (2.0, 6.0), 4.0) == 1.0
    assert crossing((1.0, 5.0), (2.0, 6.0), 7.0) == 2.0
    assert crossing((1.0, 5.0), (2.0, 5.0), 5.0) == 2.0


# --- compliance ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", [1, -1])
def test_compliance_is_reached_and_left(sign):
    """At 99 % and 95 %, located by the logarithm of the current; once each."""
    currents = [1e-9, 1e-7, 0.98e-6, 0.995e-6, 0.985e-6, 0.999e-6, 0.96e-6, 0.5e-6, 1e-9]
    rows = [row(0.1 * k, current=sign * current, voltage=sign) for k, current in enumerate(currents)]
    found = [event for event in events(rows, sign * 1e-6) if "compliance" in event.name]
    assert [event.name for event in found] == ["compliance reached", "compliance left"]
    share = log(0.99 / 0.98) / log(0.995 / 0.98)
    assert found[0].time_s == pytest.approx(0.2 + 0.1 * share)
    assert found[1].time_s == pytest.approx(0.6 + 0.1 * log(0.96 / 0.95) / log(0.96 / 0.5))
    assert found[0].detail == ("1 µA" if sign > 0 else "-1 µA")


def test_a_current_of_the_other_sign_is_no_compliance():
    rows = [row(0.0, current=-1e-9), row(1.0, current=-5e-6)]
    assert named(events(rows, 1e-6), "compliance reached") == []
    assert named(events(rows, None), "compliance reached") == []


def test_compliance_is_reached_again_in_the_next_cycle():
    rows = [row(float(k), current=current) for k, current in enumerate([0, 1e-6, 0, 1e-6, 0])]
    found = events(rows, 1e-6)
    assert len(named(found, "compliance reached")) == len(named(found, "compliance left")) == 2
    # A step without a limit ends it in silence, and so does one with another limit.
    found = events(rows[:4], [1e-6, None, 1e-6])
    assert len(named(found, "compliance reached")) == 2 and not named(found, "compliance left")


def test_another_limit_is_reached_anew():
    """A larger one has not been left by a current that flows at the smaller one, a smaller one is reached by it."""
    rows = [row(float(k), current=current) for k, current in enumerate([0, 1e-6, 1e-6, 1e-6, 1e-4, 1e-4])]
    found = [(event.time_s, event.name, event.detail) for event in events(rows, [1e-6, 1e-4, 1e-6, 1e-4, 1e-4])]
    assert [item[1:] for item in found] == [
        ("compliance reached", "1 µA"),
        ("compliance reached", "1 µA"),
        ("compliance reached", "100 µA"),
    ]
    assert found[0][0] == pytest.approx(0.99) and found[1][0] == 3.0 and 3.9 < found[2][0] < 4.0


def test_a_limit_that_comes_with_the_current_counts_at_once():
    rows = [row(0.0, current=2e-6), row(1.0, current=1e-6)]
    assert named(events(rows, 1e-6), "compliance reached") == [1.0]


# --- gaps ---------------------------------------------------------------------------------------------------------


def test_gaps_are_crossed_in_either_direction():
    rows = [row(0.0, gap=5.0), row(1.0, gap=0.5), row(2.0, gap=0.5), row(3.0, gap=1.5)]
    found = [event for event in events(rows) if event.name == "gap"]
    assert [event.detail for event in found] == ["closes to 2 nm", "closes to 1 nm", "opens to 1 nm"]
    assert [event.time_s for event in found] == pytest.approx([3.0 / 4.5, 4.0 / 4.5, 2.5])
    assert named(events(rows, by=detector(gaps=())), "gap") == []


def test_contact_is_that_of_the_gap():
    """The gap that all tables tell: a wall of the void beside the filament makes no contact of a vertical one."""
    rows = [row(0.0, gap=0.1, shortest=0.01), row(1.0, gap=0.06, shortest=0.01), row(2.0, gap=0.01)]
    rows.append(row(3.0, gap=0.005))
    found = [event for event in events(rows) if event.name == "contact"]
    assert [event.time_s for event in found] == pytest.approx([1.8])  # 0.06 to 0.01 passes 0.02
    assert found[0].detail == "the gap closed to 0.02 nm"
    assert named(events(rows, by=detector(contact_gap=0.0)), "contact") == []


# --- RESET --------------------------------------------------------------------------------------------------------


def reset(peak=1e-5, peak_voltage=-0.8, steps=60, end=-1.5):
    """A current that rises in proportion to a negative ramp of 1 V/s and collapses after its peak."""
    voltages = np.linspace(0.0, end, steps + 1)
    currents = np.where(
        voltages >= peak_voltage, peak * voltages / -peak_voltage, -peak * np.exp((voltages - peak_voltage) / 0.05)
    )
    return [row(-v, voltage=float(v), current=float(i)) for v, i in zip(voltages, currents, strict=True)]


def test_reset_onset_is_the_peak():
    """Time, current and voltage of the largest current, told when it has fallen by a fifth."""
    rows = reset()
    found = [event for event in events(rows) if event.name == "RESET onset"]
    assert found == [Event(pytest.approx(0.8), "RESET onset", "-10 µA at -800 mV")]
    by, told = detector(), None
    for before, after in zip(rows[:-1], rows[1:], strict=True):
        if by.between(before, after, None):
            told = after
            break
    assert 0.8 + 0.05 * log(1 / 0.8) <= told["time_s"] < 0.8 + 0.05 * log(1 / 0.8) + 0.026


def test_a_current_that_falls_with_the_voltage_is_no_reset():
    """An ohmic filament in a triangle to -0.5 V and back."""
    voltages = [*np.linspace(0, -0.5, 21), *np.linspace(-0.5, 0, 21)[1:]]
    rows = [row(0.1 * k, voltage=float(v), current=1e-4 * float(v)) for k, v in enumerate(voltages)]
    assert named(events(rows), "RESET onset") == []


def test_a_reset_under_constant_voltage():
    currents = [0.0, -1e-5, -1.2e-5, -1.1e-5, -0.97e-5, -0.9e-5, -1e-9]
    rows = [row(float(k), voltage=-0.7 if k else 0.0, current=current) for k, current in enumerate(currents)]
    assert named(events(rows), "RESET onset") == [2.0]


def test_positive_currents_are_no_reset():
    rows = [row(0.0, voltage=0.5, current=1e-4), row(1.0, voltage=1.0, current=1e-6)]
    assert named(events(rows), "RESET onset") == []


def test_each_cycle_has_its_reset():
    rows = []
    for cycle in range(3):
        for shape in (reset(), [row(1.6, voltage=1.0)]):
            rows += [item | {"time_s": item["time_s"] + 2 * cycle} for item in shape]
    assert named(events(rows), "RESET onset") == pytest.approx([0.8, 2.8, 4.8])


# --- dissolution --------------------------------------------------------------------------------------------------


def test_full_dissolution():
    """When the volume falls below that of a nucleus 10 % wider; logarithmic in the volume."""
    volumes = [ATOM, 5.0, 10.0, 1.0, 1.5 * ATOM, 1.2 * ATOM, ATOM, ATOM]
    rows = [row(float(k), volume=volume) for k, volume in enumerate(volumes)]
    found = [event for event in events(rows) if event.name == "full dissolution"]
    assert len(found) == 1  # not at the start, when there was none
    assert found[0].time_s == pytest.approx(4 + log(1.5 / 1.331) / log(1.5 / 1.2))


def test_full_dissolution_in_each_cycle():
    """A filament counts from twice a nucleus on: what trembles about the threshold is told once."""
    volumes = np.array([1, 3, 1, 1.5, 1, 1.9, 1.2, 2.1, 1]) * ATOM
    rows = [row(float(k), volume=volume) for k, volume in enumerate(volumes)]
    assert len(named(events(rows), "full dissolution")) == 2


# --- all together -------------------------------------------------------------------------------------------------


def cycles(count=2, steps=40):
    """Rows of a cell that is set and reset, and the limit that holds on the way to each but the first."""
    rows, limits = [], []
    for cycle in range(count):
        for k in range(steps):
            share = k / steps
            rows.append(
                row(
                    cycle + 0.5 * share,
                    voltage=share,
                    current=1e-5 * min(1.0, exp(12 * (share - 0.6))),
                    gap=0.01 + 5 * max(0.0, 0.7 - share),
                    volume=ATOM * (1 + 100 * share),
                )
            )
            limits.append(1e-5)
        for k in range(steps):
            share = k / steps
            falls = exp(-max(0.0, share - 0.5) * 30)
            rows.append(
                row(
                    cycle + 0.5 + 0.5 * share,
                    voltage=-share,
                    current=-3e-5 * share * falls,
                    gap=0.01 + 5 * max(0.0, share - 0.4),
                    volume=ATOM * (1 + 100 * max(0.0, 0.9 - share)),
                )
            )
            limits.append(-2e-5 if k < 30 else None)
    return rows, limits[1:]


def test_events_of_cycles():
    found = events(*cycles())
    wanted = ["compliance reached", "gap", "contact", "RESET onset", "full dissolution"]
    assert {event.name for event in found} == set(wanted)
    for name in wanted[2:]:
        assert len(named(found, name)) == 2
    first = [event.time_s for event in found if event.time_s < 1.0]
    assert [event.time_s - 1.0 for event in found[len(first) :]] == pytest.approx(first)


def test_events_of_one_step_are_told_in_order():
    before, after = row(0.0, gap=5.0, current=1e-9), row(1.0, gap=0.01, current=1e-6)
    found = detector().between(before, after, 1e-6)
    assert [event.name for event in found] == ["gap", "gap", "contact", "compliance reached"]
    assert found == sorted(found, key=lambda event: event.time_s)


def test_what_is_remembered_goes_on_as_if_undisturbed():
    """Stopped between any two rows and gone on with in a new detector, by way of plain data."""
    rows, limits = cycles()
    whole = events(rows, limits)
    for stop in range(1, len(rows) - 1):
        first = detector()
        found = events(rows[: stop + 1], limits[:stop], by=first)
        memory = json.loads(json.dumps(first.remembered()))
        again = detector()
        again.recall({name: np.float64(value) for name, value in memory.items()})
        assert again.remembered() == first.remembered()
        assert [type(value) for value in again.remembered().values()] == [float, bool, bool, float, float, float, bool]
        found += events(rows[stop:], limits[stop:], by=again)
        assert found == whole, stop


def test_settings_of_a_configuration():
    config = load_config(QUICK, ['output.event_gaps=["3 nm", "1 nm"]', "tunnelling.contact_gap=0.05 nm"])
    assert EventDetector.from_config(config) == EventDetector(0.128, (3.0, 1.0), 0.05, 1357.8)
    assert EventDetector.from_config(config, bridged=True) == EventDetector(0.128, (3.0, 1.0), 0.0, 1357.8)


def test_the_first_atom_and_the_last():
    """Where atoms bridge the gap, half an atom is contact, whatever the distance of the surfaces."""
    rows = [row(0.0, atoms=0.1), row(1.0, atoms=0.9), row(2.0, atoms=3.0), row(3.0, atoms=0.3)]
    found = events(rows, by=EventDetector.from_config(load_config(QUICK), bridged=True))
    assert [(event.name, pytest.approx(event.time_s)) for event in found] == [
        ("contact", 0.5),
        ("contact lost", 2 + 2.5 / 2.7),
    ]


def test_melting():
    """Each time that the highest temperature passes the melting point; a run that knows none has no such event."""
    rows = [row(time, hottest=300.0 + 200 * time) for time in range(4)] + [
        row(4.0, hottest=300.0),
        row(5.0, hottest=700.0),
    ]
    found = events(rows, by=detector(melting_point=600.0))
    assert [(event.name, event.time_s) for event in found] == [("melting", 1.5), ("melting", 4.75)]
    assert not events(rows)
