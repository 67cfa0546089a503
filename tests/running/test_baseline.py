"""What a run told before, from its first step to the files that it leaves: marches, events, displays, restarts.

The tables stand beside this file; what is right, the other tests of this room know.
"""

import csv
import json
import math
import time
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.before import told
from helpers.clockwork import Clockwork, marched
from helpers.paths import ROOT

from ecmsim import open_run
from ecmsim.config import load_config
from ecmsim.drive import hold, pulse_train, ramp, read_pulse, sweep
from ecmsim.models.balance import Unbalanced
from ecmsim.running import progress
from ecmsim.running.events import Event, EventDetector, of_metal
from ecmsim.running.failure import explained, explained_at_start
from ecmsim.running.milestones import Milestones
from ecmsim.running.remarks import Ranges, Remarks
from ecmsim.running.run import resume, run
from ecmsim.running.stepping import NoShorterStep, StepError, Unresolved
from ecmsim.shape.front import Rupture, Union
from ecmsim.shape.topology import Neck

REFERENCE, QUICK = ROOT / "configs" / "cu_sio2_pt.toml", ROOT / "configs" / "quick.toml"


def texts(values):
    """Texts as a table takes them: each under a name of its own, without colons."""
    return {f"{k}": value.replace(":", ";").replace("\n", " ") for k, value in enumerate(values)}


# --- marches and events -----------------------------------------------------------------------------------------------

MARCHES = {
    "plain": Clockwork([ramp(1.0, 1.0), hold(0.35), sweep(0.8, 2.0)]),
    "condition": Clockwork([ramp(2.0, 1.0, until="current > 1 uA"), hold(0.3), ramp(0.0, 1.0, until="gap < 1 nm")],
                           {"current": lambda t: 1e-6 * t**3, "gap": lambda t: 4.0 - 2.1 * t}),
    "failing": Clockwork([ramp(1.0, 1.0)], fails=lambda a, b: "no" if a < 0.5 < b and b - a > 0.01 else None),
    "ruptures": Clockwork([ramp(1.0, 1.0)], ruptures=(0.31, 0.62)),
    "pulses": Clockwork([pulse_train(1.0, 0.2, 2, 0.1, read=read_pulse(0.1, 0.1))]),
}  # fmt: skip


@pytest.mark.parametrize("name", MARCHES)
def test_marches(file_regression, name):
    states, events, march = marched(MARCHES[name])
    found = {
        "times": [state.time for state in states],
        "legs": [state.leg.number for state in states],
        "counts": [march.steps, march.iterations, len(march.simulation.tried)],
        "tried": np.array(march.simulation.tried),
        "controller": [march.controller.step, march.controller.rejections],
        "events": texts(f"{event.name} {event.detail} at {event.time_s:.7g}" for event in events),
    }
    told(file_regression, found)


def history():
    """Rows in which all that is an event happens: limits, gaps, atoms, a RESET, dissolution, melting."""
    for k in range(120):
        t = 0.05 * k
        volts = 1.2 * math.sin(2 * t)
        current = 2e-6 * math.tanh(3 * math.sin(2 * t)) * (0.2 if 2.2 < t % math.pi < 2.9 else 1.0)
        yield {
            "time_s": t,
            "source_voltage_V": volts,
            "current_A": current,
            "gap_nm": 1.3 + 1.29 * math.cos(2 * t),
            "contact_atoms": max(0.0, 3 * math.sin(2 * t + 0.1)),
            "volume_nm3": 0.0044 * (1 + 4 * max(0.0, math.sin(t))),
            "temperature_max_K": 300 + 1200 * max(0.0, math.sin(2 * t)),
        }


@pytest.mark.parametrize("limit", [1.5e-6, -1.2e-6, None])
def test_events(file_regression, limit):
    detector, rows = EventDetector(0.128, (2.0, 0.5), 0.05, 1357.0), list(history())
    found = [event for pair in zip(rows, rows[1:], strict=False) for event in detector.between(*pair, limit)]
    names = {}
    for event in found:
        names.setdefault(f"{event.name}, {event.detail.replace(':', ';')}", []).append(event.time_s)
    told(file_regression, {"events": names, "memory": detector.remembered()})


def test_events_of_metal(file_regression):
    neck = Neck(7, 0.1234, 3.456)
    state = SimpleNamespace(awakened=True, time=2.5e-3, observed={"cell_voltage": 0.4321}, rupture=None, unions=())
    cases = [
        state,
        SimpleNamespace(**(vars(state) | {"awakened": False, "rupture": Rupture(neck, 1.2345, True)})),
        SimpleNamespace(**(vars(state) | {"awakened": False, "rupture": Rupture(neck, 1.2345)})),
        SimpleNamespace(**(vars(state) | {"awakened": False, "unions": (Union(2.345, 0.3456), Union(1, 2e-3, True))})),
    ]
    events = [f"{event.name} at {event.time_s:g} s, {event.detail}" for case in cases for event in of_metal(case)]
    told(file_regression, texts(events))


def test_milestones():
    output = SimpleNamespace(snapshot_currents=[1e-6, 1e-9, 1e-3], snapshot_regimes=True)
    milestones, state = Milestones(SimpleNamespace(output=output)), SimpleNamespace(observed={"current": -2e-6})
    stops = [Event(0.0, "vertical growth stops", ""), Event(0.0, "gap", "")]
    assert milestones.passed(SimpleNamespace(observed={"current": 0.99e-9})) == []
    assert milestones.passed(SimpleNamespace(observed={"current": 1e-9})) == ["1 nA"]
    again = Milestones(SimpleNamespace(output=output))
    again.recall(json.loads(json.dumps(milestones.remembered())))
    for each in (milestones, again):
        assert each.passed(state, stops) == ["1 µA", "vertical growth stops"]
        assert each.passed(state, [*stops, Event(0, "compliance reached", "")]) == ["compliance reached"]
    output.snapshot_regimes = False
    assert Milestones(SimpleNamespace(output=output)).passed(state, stops) == ["1 nA", "1 µA"]


# --- what is said -----------------------------------------------------------------------------------------------------


def test_remarks(file_regression):
    """Of a run that left all ranges, and of one that came to each end of them and no further."""
    ranges = Ranges("Cu", 1357.0, 4.2, 0.07, layer=45.0, rest=0.3, bias=1.0)
    usual = {"current": 9e-4, "tunnel_current": 8e-4, "ionic_current": 1e-9, "contact_atoms": 0.0, "gap": 0.5,
             "source_voltage": 2.0, "temperature_max": 900.0, "junction_voltage": 0.9}  # fmt: skip
    found, far = {}, {"gap": 0.05, "temperature_max": 1400.0, "junction_voltage": -4.5, "current": -1.2e-3,
                      "source_voltage": -3.1}  # fmt: skip
    for name, seen in {"within": {}, "beyond": far}.items():
        remarks = Remarks(ranges)
        for share in (0.3, 1.0, 0.6):
            remarks.see({key: share * value for key, value in (usual | seen).items()}, 1e-3)
        found[name] = texts([*remarks.texts(), remarks.of_switching(), remarks.of_melting()])
        found[f"{name}, memory"] = remarks.remembered()
    never = Remarks(Ranges("Cu", None, None, 0.07, rest=0.3))
    never.see(usual | {"gap": 5.0, "current": 1e-12, "tunnel_current": 1e-13, "ionic_current": 9e-13,
                       "source_voltage": 0.25, "temperature_max": 300.0}, 1e-3)  # fmt: skip
    found["never"] = texts([never.of_switching(), never.of_melting(), never.of_the_reduced_model()])
    told(file_regression, found)


def test_failures(file_regression):
    """What is told where, by what failed and where the state is."""
    error = Unbalanced("faraday", 0.0123, 1e-3, "the filament's volume and the ionic charge", "shorter steps")
    leg = SimpleNamespace(piece=SimpleNamespace(source="voltage", compliance=None), source_voltage=lambda time: 1.0)
    plain = SimpleNamespace(time=1.2345678, source_voltage=1.0, filament=SimpleNamespace(height=8.7654),
                            observed={"gap": 1.2345}, leg=leg)  # fmt: skip
    closed = SimpleNamespace(**(vars(plain) | {"observed": {"gap": 0.0999}}))
    begun = SimpleNamespace(**(vars(plain) | {"time": 0.0}))
    model = SimpleNamespace(bridging=None, tunnelling="a law")
    limited = SimpleNamespace(kind="ideal", polarity="both", current=1e-3)
    simulation = SimpleNamespace(model=model, config=SimpleNamespace(compliance=limited))
    field = StepError("no convergence")
    field.field = "temperature"
    cases = [(StepError("a"), error, plain), (NoShorterStep("b"), error, plain), (StepError("c"), error, begun),
             (StepError("d"), field, plain), (StepError("e"), None, plain), (StepError("f"), StepError("x"), plain),
             (StepError("g"), StepError("x"), closed), (Unresolved("h"), None, plain)]  # fmt: skip
    told(file_regression, texts([str(explained_at_start(error)), *(str(explained(*c, simulation)) for c in cases)]))


def seen_at(time, current=1.5e-6):
    return SimpleNamespace(time=time, source_voltage=1.2345, observed={"current": current, "gap": 2.3456,
                                                                       "temperature_max": 345.6})  # fmt: skip


def test_lines(monkeypatch, capsys):
    """One at the start, one every ten seconds, and the last one."""
    clock = iter([100.0, 100.0, 105.0, 109.9, 110.1, 115.0, 121.0, 122.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    lines = progress.Lines()
    lines.begin(4.0)
    for share in (0.0, 0.5, 1.0, 2.0, 3.0, 3.5, 4.0)[:6]:
        lines.step(seen_at(share))
    lines.end()
    told_of = capsys.readouterr().err.splitlines()
    assert [line.split("%")[0].strip() for line in told_of] == ["0.0", "50.0", "87.5"]
    assert told_of[1] == (
        " 50.0 % of the programme  t = 2.00000 s  V =  1.234 V  I = 1.500e-06 A  gap =  2.346 nm  T =   346 K  [10 s]"
    )
    progress.Lines().end()  # that never began


# --- a run ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    """A run of the reduced model of a few steps, with a condition, and its outcome."""
    folder = tmp_path_factory.mktemp("short") / "run"
    steps = '[{kind="ramp", to="1 V", rate="1 V/s", until="height > 0.3 nm"}, {kind="hold", duration="20 ms"}]'
    settings = ["model=reduced", f"programme={steps}", "stepping.largest_step=50 ms", "stepping.rebind_every=4",
                "output.outline_every=3", "stepping.relative_error=0.2", "stepping.displacement_error=0.05 nm",
                "balance.faraday=0.1", 'output.snapshot_times=["0.31 s"]']  # fmt: skip
    return folder, run(load_config(QUICK, settings), folder, progress=False)


def test_a_run_leaves_what_it_left(file_regression, short):
    folder, outcome = short
    opened = open_run(folder)
    series = opened.timeseries
    kept = [name for name in series.columns if not name.endswith(("imbalance", "error", "iterations"))]
    with open(folder / "events.csv") as stream:
        events = [f"{row['event']} {row['detail']}" for row in csv.DictReader(stream)]
    provenance = opened.provenance
    found = {
        "series": {name: series[name].to_numpy(float) for name in kept},
        "events": texts(events),
        "outcome": [outcome.steps, outcome.remeshes, outcome.state.time],
        "reason": outcome.reason.replace(":", ";"),
        "outlines": [outline.time_s for outline in opened.outlines],
        "provenance": [provenance["steps"], provenance["remeshes"], provenance["ranks"]],
        "status": provenance["status"],
        "remarks": texts(provenance["remarks"]),
        "parts": ", ".join(sorted(outcome.seconds)),
        "worst": ", ".join(sorted(outcome.worst)),
    }
    told(file_regression, found, rel=1e-4, nothing=1e-4)


def test_a_run_goes_on_to_a_time_that_is_asked_for(short, tmp_path):
    """And from there, resumed, as if nothing had been: the last row is the same to the bit."""
    folder, outcome = short
    config = load_config(folder / "config.toml")
    first = run(config, tmp_path / "run", until=0.3, progress=False)
    assert first.state.time == 0.3 and first.reason == "t = 0.3 s, as asked for"
    second = resume(tmp_path / "run", until=10.0, progress=False)
    assert second.reason == outcome.reason
    assert second.state.time == pytest.approx(outcome.state.time, rel=1e-3)


def test_a_current_that_falls_by_less_than_a_fifth_is_no_onset_yet():
    """The largest one is, once it has fallen by that."""
    detector = EventDetector(0.128)
    currents = [0.0, -1e-6, -0.85e-6, -1.2e-6, -0.97e-6, -0.95e-6, -0.1e-6]
    quiet = {"gap_nm": 1.0, "contact_atoms": 0.0, "volume_nm3": 1.0, "temperature_max_K": 300.0}
    rows = [quiet | {"time_s": float(k), "source_voltage_V": -0.1 * k, "current_A": i} for k, i in enumerate(currents)]
    found = [detector.between(*pair, None) for pair in zip(rows, rows[1:], strict=False)]
    assert [len(events) for events in found] == [0, 0, 0, 0, 1, 0]
    assert (found[4][0].name, found[4][0].time_s) == ("RESET onset", 3.0)


def test_a_programme_of_no_time_is_done_at_once(capsys):
    lines = progress.Lines()
    lines.begin(0.0)
    lines.step(seen_at(0.0))
    assert capsys.readouterr().err.startswith("100.0 %")
