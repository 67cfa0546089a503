"""The compliance current that held, read from a run: it is the one that held while the run went on, step by step."""

import math

import numpy as np
import pytest
from helpers import rows
from helpers.clockwork import Clockwork
from helpers.paths import QUICK

from ecmsim.config import load_config
from ecmsim.drive import (
    current_hold,
    current_sweep,
    hold,
    limit,
    pulse_train,
    ramp,
    read_pulse,
    repeat,
    sweep,
    table,
)
from ecmsim.errors import ResultsError
from ecmsim.results import RunWriter, open_run
from ecmsim.results.limits import limit_reached
from ecmsim.running.events import REACHED, EventDetector
from ecmsim.running.march import March

OWN = {
    "small": {"kind": "ideal", "current": "20 nA"},
    "back": {"kind": "ideal", "current": "3 nA", "polarity": "negative"},
    "either": {"kind": "ideal", "current": "5 nA", "polarity": "both"},
    "wire": {"kind": "none"},
    "resistor": {"kind": "series_resistor", "resistance": "1 kohm"},
}


def configured(steps, *overrides):
    """The configuration quick.toml (1 µA) with other steps (of ecmsim.drive)."""
    return load_config(QUICK, overrides, programme=steps)


def written(folder, steps, *overrides, current=lambda time: 0.0, step=0.07):
    """A run of the steps through a Clockwork, with the events of their ends and of the compliance.

    Returns the Run, the limits that held in each step of it (A, nan without one), and the time of each event REACHED.
    """
    config = configured(steps, *overrides)
    march = March(Clockwork(config.programme, {"current": current}, step=step))
    march.begin()
    detector, held, reached = EventDetector.from_config(config), [], []

    def row(state):
        seen = {"time_s": state.time, "current_A": state.observed["current"], "source_voltage_V": 0.0}
        return dict.fromkeys(rows.COLUMNS, 1.0) | seen

    with RunWriter(folder, config_text=config.to_toml(), provenance={"command": "test"}) as run:
        run.outline(0.0, 0, *rows.outline_of(0))
        run.step(row(march.state))
        while not march.finished:
            before = march.state
            state = march.step(math.inf)
            held.append(limit(config, before.leg, 0.5 * (before.time + state.time)))
            found = detector.between(row(before), row(state), held[-1])
            reached += [event.time_s for event in found if event.name == REACHED]
            run.outline(state.time, run.steps, *rows.outline_of(run.steps))
            for event in [*found, *march.events]:
                run.event(event.time_s, run.steps, event.name, event.detail)
            run.step(row(state))
    return open_run(folder), np.array([math.nan if value is None else value for value in held]), reached


PROGRAMMES = {
    "smaller in SET, none in RESET": [
        repeat(2, [sweep(1.0, 1.0, compliance=OWN["small"]), sweep(-0.7, 1.0, compliance=OWN["wire"]), hold(0.3)])
    ],
    "both signs in one leg": [ramp(1.0, 1.0, compliance=OWN["either"]), ramp(-1.0, 3.0, compliance=OWN["either"])],
    "negative": [ramp(-1.0, 1.0, compliance=OWN["back"]), ramp(0.5, 1.0), hold(0.2, compliance=OWN["resistor"])],
    "current source": [ramp(1.0, 1.0), current_sweep(1e-6, 1e-5, back=-1e-6), current_hold(0.2), ramp(0.5, 1.0)],
    "pulses and a table": [
        pulse_train(1.0, 0.1, 3, 0.2, read=read_pulse(0.2, 0.05), compliance=OWN["small"]),
        table([(0.1, 0.3), (0.4, -0.3)], compliance=OWN["either"]),
    ],
    "conditions": [
        ramp(1.0, 1.0, until="time > 333 ms", compliance=OWN["small"]),
        hold(0.5, until="current > 1 mA"),
        hold(0.4, until="gap < 9 nm", compliance=OWN["back"]),
        hold(0.4, until="gap < 9 nm", compliance=OWN["wire"]),
        repeat(
            3, [hold(0.3, until="time > 1.5 s", compliance=OWN["either"], name="a"), ramp(-0.1, 0.7), ramp(0.4, 1.0)]
        ),
        hold(0.1, name="a", compliance=OWN["small"]),
    ],
}


@pytest.mark.parametrize("polarity", ["positive", "negative", "both"])
@pytest.mark.parametrize("programme", PROGRAMMES)
def test_what_is_read_is_what_held(tmp_path, programme, polarity):
    steps = PROGRAMMES[programme]
    run, held, _ = written(tmp_path / "run", steps, f"compliance.polarity={polarity}")
    assert run.limits[1:] == pytest.approx(held, abs=0, nan_ok=True) and len(held) > 10
    # Between the rows, and beyond the end, it is told as well.
    time, sure = run.timeseries["time_s"].to_numpy(), np.nonzero(np.isfinite(held))[0]
    middle = 0.5 * (time[1:] + time[:-1])
    assert [run.compliance_at(middle[k]) for k in sure] == [held[k] for k in sure]
    assert run.compliance_at(time[-1] + 1.0) == run.compliance_at(time[-1])


def test_the_cases_differ(tmp_path):
    """What the programmes above are there for does occur in them."""
    _, first, _ = written(tmp_path / "first", PROGRAMMES["smaller in SET, none in RESET"])
    assert set(first[np.isfinite(first)]) == {2e-8, 1e-6} and np.isnan(first).any()
    run, held, _ = written(tmp_path / "second", PROGRAMMES["both signs in one leg"])
    assert set(held) == {5e-9, -5e-9} and len(run.course.legs) == 2
    run, held, _ = written(tmp_path / "third", PROGRAMMES["conditions"])
    early = [end < leg.end - 1e-12 for end, leg in zip(run.course.ends, run.course.legs, strict=True)]
    assert sum(early) >= 4 and not all(early)
    assert run.course.ends[1] == run.course.ends[2] == run.course.ends[3]  # two ended at once, without a step
    assert {2e-8, 5e-9, 1e-6} == set(held)


def test_a_run_under_way_is_read_as_far_as_it_has_come(tmp_path):
    run, held, _ = written(tmp_path / "run", PROGRAMMES["conditions"])
    for name in ("timeseries.csv", "events.csv"):
        lines = (run.folder / name).read_text().splitlines(keepends=True)
        (run.folder / name).write_text("".join(lines[: 2 * len(lines) // 3]))
    part = open_run(run.folder)
    assert part.limits == pytest.approx(run.limits[: len(part.limits)], nan_ok=True) and 5 < len(part.limits)


@pytest.mark.parametrize("sign", [1, -1])
def test_compliance_is_reached_when_the_events_say_so(tmp_path, sign):
    """To the bit: the smaller limit of the SET in the first cycle; once for each crossing."""
    own = {"kind": "ideal", "current": "20 nA", "polarity": "both"}
    steps = [repeat(2, [sweep(sign, 1.0, compliance=own), sweep(-0.5 * sign, 1.0, compliance=OWN["wire"])])]

    def current(time):
        cycle = time % 3.0
        return sign * (min(2e-8, 1e-12 * math.exp(12 * cycle)) if cycle < 1.5 else -1e-6 * (cycle > 2.0))

    run, _, reached = written(tmp_path / "run", steps, current=current, step=0.02)
    assert len(reached) == 2 and list(run.events["time_s"][run.events["event"] == REACHED]) == reached
    series = run.timeseries
    assert limit_reached(series["time_s"].to_numpy(), series["current_A"].to_numpy(), run.limits) == reached[0]
    assert reached[0] == pytest.approx(math.log(0.99 * 2e-8 / 1e-12) / 12, abs=0.02)
    assert run.compliance_current == 2e-8


def test_limit_reached():
    time, none = np.arange(4.0), np.full(4, np.nan)
    current = np.array([0.0, 1e-9, 2e-6, 3e-6])
    assert limit_reached(time, current, none) is None
    assert limit_reached(time, current, np.full(4, -1e-6)) is None  # the other way
    assert limit_reached(time, -current, np.full(4, -1e-6)) == limit_reached(time, current, np.full(4, 1e-6))
    assert limit_reached(time, current, np.full(4, 1e-6)) == pytest.approx(1 + math.log(990) / math.log(2000))
    # One that begins to hold below the current counts from the beginning of its step.
    assert limit_reached(time, current, np.array([np.nan, np.nan, np.nan, 1e-6])) == 2.0
    assert limit_reached(time + 5, current + 1e-5, np.full(4, 1e-6)) == 5.0


def test_the_one_compliance_current_of_a_run(tmp_path):
    assert written(tmp_path / "a", [ramp(1.0, 1.0), hold(0.2, compliance=OWN["wire"])])[0].compliance_current == 1e-6
    assert written(tmp_path / "b", [ramp(1.0, 1.0), hold(0.2, compliance=OWN["small"])])[0].compliance_current is None
    assert written(tmp_path / "c", [current_hold(1.0)])[0].compliance_current is None


def test_a_configuration_that_cannot_be_read_is_told(tmp_path):
    run, _, _ = written(tmp_path / "run", [ramp(1.0, 1.0)])
    text = (run.folder / "config.toml").read_text()
    (run.folder / "config.toml").write_text(text + '\n[stepping.of_another_version]\nx = "1"\n')
    assert len(open_run(run.folder).limits) == len(run.timeseries)  # only source and compliance matter
    (run.folder / "config.toml").write_text(text.replace('kind = "ramp"', 'kind = "rump"'))
    with pytest.raises(ResultsError, match='configuration of the run: programme.0..kind = "rump".*did you mean "ramp"'):
        open_run(run.folder).limits  # noqa: B018
