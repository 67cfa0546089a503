"""What a study is made of and what it tells: points, names, numbers, tables and lines, by hand and as before."""

import io
import json
import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from helpers import pulsed, synthetic, tiny
from helpers.kept import plain, unchanged

from ecmsim.config.distributions import Wrong
from ecmsim.config.quantities import Quantity
from ecmsim.errors import ConfigError
from ecmsim.results import open_run
from ecmsim.study import display, naming, space
from ecmsim.study.child import Ending
from ecmsim.study.display import clock, figures, last_step, opening, told
from ecmsim.study.observables import Observable, observables
from ecmsim.study.summary import _apart, _uniform, wall_time
from ecmsim.switching.values import Definitions

CURRENT, SPEED = "compliance.current", "butler_volmer.transfer_coefficient"


def refused(function, *arguments):
    with pytest.raises(Wrong) as error:
        function(*arguments)
    return str(error.value)


def test_ranges_by_hand():
    def values(field, **given):
        return space.values_of(field, given)

    assert values(CURRENT, **{"from": "1 nA", "to": "100 nA", "count": 3, "spacing": "log"}) == [
        "1e-9 A",
        "1e-8 A",
        "1e-7 A",
    ]
    assert values(CURRENT, **{"from": "1 uA", "to": "2 uA", "count": 3}) == ["1e-6 A", "1.5e-6 A", "2e-6 A"]
    assert values(SPEED, **{"from": 0.2, "to": 0.1, "count": 2}) == [0.2, 0.1]
    assert values("tunnelling.seed", **{"from": 1, "to": 5, "count": 3}) == [1, 3, 5]
    assert values("tunnelling.seed", **{"from": 1, "to": 2, "count": 3}) == [1, 1.5, 2]
    thirds = values(SPEED, **{"from": 0.1, "to": 0.2, "count": 4})
    assert thirds == [0.1, 0.133333333333, 0.166666666667, 0.2]
    assert space.ends(CURRENT, {"from": "2 uA", "to": "1 uA"}) == (1e-6, 2e-6)
    assert space.written(0.12345678, "") == 0.123457 and space.written(1.5e-6, "A") == "1.5e-6 A"
    assert space.values_of(CURRENT, ["x"]) == ["x"]


def test_ranges_that_are_none_are_refused_as_before(file_regression):
    both, lines = {"from": "1 nA", "to": "2 nA"}, []
    for given in (
        [],
        5,
        {"to": "1 nA", "count": 2},
        both,
        both | {"count": 1},
        both | {"count": 2.0},
        both | {"count": True},
        both | {"count": 10_001},
        both | {"count": 3, "spacing": "logg"},
        both | {"count": 3, "steps": 1},
        both | {"count": 3, "from": "1 V"},
        both | {"count": 3, "from": "-1 nA", "spacing": "log"},
    ):
        lines.append(f"{given}: {refused(space.values_of, CURRENT, given)}")
    lines.append(refused(space.values_of, "cell.name", both | {"count": 2}))
    lines.append(refused(space.sample, {CURRENT: both | {"count": 2}}, 3, 1))
    lines.append(refused(space.sample, {CURRENT: [1]}, 3, 1))
    lines.append(refused(space.together, {"a": [1, 2], "b": [1]}))
    lines.append(refused(space.grid, {"a": [0] * 101, "b": [0] * 100}))
    lines.append(refused(space.ends, CURRENT, ["1 nA"]))
    unchanged(file_regression, "\n".join(lines))
    assert len(space.grid({"a": [0] * 100, "b": [0] * 100})) == 10_000
    assert len(space.values_of(SPEED, {"from": 0.1, "to": 0.9, "count": 10_000})) == 10_000


def test_samples_lie_one_in_each_part_of_every_range():
    """A Latin hypercube: of n points one in each n-th of a range, in each n-th of a decade where it is logarithmic."""
    ranges = {CURRENT: {"from": "1 nA", "to": "1 uA", "spacing": "log"}, SPEED: {"from": 0.1, "to": 0.9}}
    points = space.sample(ranges, 8, 3)
    amperes = np.array([float(point[CURRENT].split()[0]) for point in points])
    assert sorted(np.floor(8 * np.log10(amperes / 1e-9) / 3).astype(int)) == list(range(8))
    shares = np.array([point[SPEED] for point in points])
    assert sorted(np.floor(8 * (shares - 0.1) / 0.8).astype(int)) == list(range(8))
    assert points == space.sample(ranges, 8, 3) != space.sample(ranges, 8, 4)
    assert all(len(f"{point[SPEED]:.15g}") <= 8 for point in points)


def test_units_of_settings_by_their_names():
    names = ("cell.radius", "programme.0.rate", "programme.0.peak", "materials.Cu.density", "laws.hopping.x")
    assert [space.unit_of(name) for name in names] == ["nm", "V/s", "V", "kg/m^3", ""]
    within = ("programme.0.steps.1.to", "programme[0].steps[1].rate", "programme.0.steps.0.steps.2.duration")
    assert [space.unit_of(name) for name in within] == ["V", "V/s", "s"]
    assert [space.unit_of(name) for name in ("programme.0.steps", "programme.0.steps.1")] == ["", ""]
    assert [space.unit_of(name) for name in ("laws.hopping.law", "cell", "cell.x", "a.b.c")] == [None] * 4


def test_combinations_by_hand():
    first, second = [{"a": 1}, {"a": 2}], [{"b": 3}, {"b": 4}]
    whole = [{"a": 1, "b": 3}, {"a": 1, "b": 4}, {"a": 2, "b": 3}, {"a": 2, "b": 4}]
    assert space.product(first, second) == whole and space.count([first, second, [1, 2, 3]]) == 12
    assert space.together({"a": [1, 2], "b": [3, 4]}) == [{"a": 1, "b": 3}, {"a": 2, "b": 4}]
    nested = {"x": {"y": 1, "z": {"from": 1}}, "w": {"value": 1}, "e": {}}
    assert dict(space.flat(nested)) == {"x.y": 1, "x.z": {"from": 1}, "w": {"value": 1}, "e": {}}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Quantity(1e-8, "A"), "10 nA"),
        (Quantity(1.23456e-8, "A"), "12.35 nA"),
        (Quantity(10.0, "nm"), "10 nm"),
        (Quantity(1e13, "1/s"), "1e+13 / s"),
        (Quantity(0.5, ""), "0.5"),
        (True, "true"),
        (False, "false"),
        (None, "none"),
        (0.123456, "0.1235"),
        (7, "7"),
        ("Cu", "Cu"),
        ("a/b/c.toml", "c"),
        ("a/b/own.py:Law", "own:Law"),
        ((Quantity(1.0, "V"), Quantity(2.0, "s")), "1 V 2 s"),
        ((), "none"),
    ],
)
def test_values_are_shown_to_people(value, expected):
    assert naming.shown(value) == expected


def test_names_of_folders_by_hand():
    values = {"compliance.current": Quantity(1e-8, "A"), "programme.0.rate": Quantity(0.1, "V/s")}
    key = naming.key_of(values)
    assert key == "compliance.current=10nA,programme.0.rate=100mV_per_s"
    assert naming.folder_name(7, key) == f"0007_{key}" and naming.key_in(f"0007_{key}") == key
    assert naming.key_in("007_a=1") is None and naming.key_in("0007_a") is None and naming.key_in("12345_a=1") == "a=1"
    assert (
        naming.key_of({"a.b": Quantity(-1.0, "V")}) == "a.b=-1V"
        and naming.key_of({"a": " x/y [z]^2 µ "}) == "a=x_per_y-.z2u"
    )
    exact, longer = ({"a": "x" * n} for n in (98, 99))
    assert naming.key_of(exact) == "a=" + "x" * 98 and len(naming.key_of(longer)) == 100
    assert naming.key_of(longer).startswith("a=" + "x" * 89 + "~") and naming.key_of(longer) != naming.key_of(
        {"a": "x" * 100}
    )


def test_numbers_of_a_run_are_those_of_before(tmp_path, file_regression):
    """Of a SET sweep, of cycles, of pulses, of retention, and of a run that has not begun."""
    folders = [tiny.write(tmp_path / "tiny", events=[(2, "nucleation", ""), (4, "rupture", ""), (6, "rupture", "")])]
    folders.append(synthetic.write_cycles(tmp_path / "cycles", count=1))
    folders.append(synthetic.write_retention(tmp_path / "retention", steps=30))
    train = '[[programme]]\nkind = "pulse_train"\namplitude = "1 V"\nwidth = "10 ms"\ncount = 2\ninterval = "5 ms"\n'
    folders.append(pulsed.write_pulsed(tmp_path / "pulsed", train, lambda at: 1e-6 * (1 + 100 * at)))
    observe = [Observable(how, "gap_nm", "reduce", how) for how in ("max", "min", "mean", "first", "last")]
    observe += [Observable("at", "gap_nm", "time", 1.6), Observable("late", "gap_nm", "time", 1e9)]
    observe += [Observable("by", "gap_nm", "current", 1e-7), Observable("never", "gap_nm", "current", 1.0)]
    lines = [plain(observables(open_run(folder), Definitions(), observe)) for folder in folders]
    lines.append(plain(observables(open_run(folders[1]), Definitions("current", 1e-6, "drop", 0.2))))
    (folders[0] / "timeseries.csv").write_text((folders[0] / "timeseries.csv").read_text().partition("\n")[0] + "\n")
    lines.append(plain(observables(open_run(folders[0]), Definitions(), observe)))
    unchanged(file_regression, "\n".join(lines), close=2e-4, nothing=1e-18)


def test_an_observable_by_hand():
    series = pd.DataFrame(
        {"time_s": [1.0, 2, 4], "current_A": [0, -2e-6, 4e-6], "x": [1.0, np.nan, 7], "y": [np.nan] * 3}
    )
    assert [Observable("o", "x", "reduce", how).of(series) for how in ("max", "min", "mean", "first", "last")] == [
        7,
        1,
        4,
        1,
        7,
    ]
    assert (
        Observable("o", "time_s", "time", 3.0).of(series) == 3.0
        and Observable("o", "time_s", "time", 1.0).of(series) == 1.0
    )
    assert math.isnan(Observable("o", "time_s", "time", 0.9).of(series)) and math.isnan(
        Observable("o", "time_s", "time", 4.1).of(series)
    )
    assert Observable("o", "time_s", "current", 1e-6).of(series) == 1.5
    assert math.isnan(Observable("o", "y", "reduce", "max").of(series))


def test_columns_of_one_type():
    numbers, flags = _uniform(pd.Series([1, None, 2.5], dtype=object)), _uniform(pd.Series([True, None], dtype=object))
    assert numbers.dtype == float and numbers.tolist()[2] == 2.5 and flags.dtype == "boolean"
    assert _uniform(pd.Series(["a", 1, None], dtype=object)).tolist() == ["a", "1", None]
    assert _apart({"a": 1, "b": 2}, {"a": 5}) == {"cycle_a": 1, "b": 2}


def test_wall_time_is_noted_or_told(tmp_path, monkeypatch):
    place = SimpleNamespace(run=tmp_path, name="x")
    noted = [{"seconds": 3.0}, {}, {"seconds": 4.5}]
    monkeypatch.setattr("ecmsim.study.summary.folder.attempts", lambda _: noted)
    assert wall_time(place) == 7.5
    noted.clear()
    assert math.isnan(wall_time(place))
    times = {"start_time": "2026-01-01T00:00:00+00:00", "end_time": "2026-01-01T00:01:30+00:00"}
    (tmp_path / "provenance.json").write_text(json.dumps(times))
    assert wall_time(place) == 90.0
    (tmp_path / "provenance.json").write_text(json.dumps({"start_time": "x"}))
    assert math.isnan(wall_time(place))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0 s"),
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1:00"),
        (3599, "59:59"),
        (3600, "1:00:00"),
        (36061, "10:01:01"),
    ],
)
def test_clocks(seconds, text):
    assert clock(seconds) == text


def test_lines_of_a_study_by_hand(tmp_path, monkeypatch):
    place = SimpleNamespace(run=tiny.write(tmp_path / "run"), name="0001_a=1")
    assert opening(3, {}, 4) == "3 cases: 3 to run, 3 at a time" and opening(1, {"failed": 2}, 4) == (
        "3 cases: 2 failed before, 1 to run"
    )
    assert told(place, Ending("finished", "", "run", 75.0)) == "finished, 1:15, gap = 0.200 nm at 4 s"
    assert told(place, Ending("failed", "no step", "resume", 5.0), False) == "resumed, 5 s, no step"
    assert told(place, Ending("busy")) == "busy"
    assert figures({"time_s": 1.23456, "current_A": 1e-17, "gap_nm": 2}) == ["1.235 s", "0 A", "2.000 nm"]
    assert (
        figures({"time_s": 1, "current_A": -2e-16, "gap_nm": 2})[1] == "-0.2 fA" and figures({"time_s": 1}) == [""] * 3
    )
    assert last_step(place)["time_s"] == 4.0
    with open(place.run / "timeseries.csv", "a") as file:
        file.write("5.0,half a line")
    assert last_step(place)["time_s"] == 4.0 and last_step(SimpleNamespace(run=tmp_path / "none")) == {}
    (place.run / "timeseries.csv").write_text("time_s,x\n" + "".join(f"{k},{k}\n" for k in range(3000)))
    assert last_step(place) == {"time_s": 2999.0, "x": 2999.0}
    (place.run / "timeseries.csv").write_text("time_s,x\n")
    assert last_step(place) == {}
    now, stream = [100.0], io.StringIO()
    monkeypatch.setattr(display.time, "monotonic", lambda: now[0])
    lines = display.Lines(stream)
    lines.begin(12, {"finished": 3}, 2)
    now[0] = 165.0
    lines.ended(place, Ending("failed", "no step", "run", 5.0))
    assert stream.getvalue().splitlines() == [
        "15 cases: 3 finished before, 12 to run, 2 at a time",
        " 1/12  0001_a=1: failed, 5 s, no step  [1:05]",
    ]


def test_the_table_of_a_study_by_hand(tmp_path, monkeypatch):
    """What it looks at anew when, the cases that fit, and the time left: a mean case for each to come, less what the
    running ones have been at it, over those that run."""
    from rich.console import Console

    now, places = [0.0], [SimpleNamespace(run=tmp_path, name=f"case {k}") for k in range(6)]
    monkeypatch.setattr(display.time, "monotonic", lambda: now[0])
    table = display.Table(Console(file=io.StringIO(), width=100, height=9, force_terminal=True))
    updates = []
    table.live = SimpleNamespace(
        start=lambda: None, stop=lambda: None, update=lambda what, refresh: updates.append(what)
    )
    table.begin(10, {}, 2)
    table.tick(places[:2])
    table.tick(places[:2])
    assert len(updates) == 1
    now[0] = 0.9
    table.tick(places[:2])
    assert len(updates) == 1
    now[0] = 1.1
    table.tick(places[:2])
    assert len(updates) == 2
    table.tick(places[1:3])
    assert len(updates) == 3 and table.footer() == "2 running, 8 to go, 1 s"
    now[0] = 41.1
    table.ended(places[0], Ending("finished", "", "run", 40.0))
    table.ended(places[1], Ending("failed", "x", "run", 20.0))
    table.ended(places[1], Ending("busy"))
    table.tick(places[2:4])
    # 7 are to come at 30 s each; the first has been at it for longer than that, the second for none: 180 s over two.
    assert table.footer() == "1 finished, 1 failed, 1 busy, 2 running, 5 to go, 41 s, about 1:30 left"
    table.running = places
    shown = table.render()
    names = list(shown.columns[0].cells)
    assert names == ["case 0", "case 1", "case 2", "… and 3 more"] and list(shown.columns[4].cells)[:1] == ["41 s"]
    assert [column.header for column in shown.columns] == ["running", "time", "current", "gap", "elapsed"]
    assert shown.box is None and shown.pad_edge is False and shown.expand is True
    assert (
        all(column.no_wrap and column.justify == "right" for column in shown.columns[1:])
        and shown.columns[0].ratio == 1
    )


@pytest.fixture
def job(tmp_path):
    """A case whose run may have come to any status, and whose log says something: job(status, reason, log)."""
    from ecmsim.study import folder as places
    from ecmsim.study.child import Job

    place = places.Place(tmp_path, "0000_a=1")
    made = Job(place, "text", ("ecmsim",))

    def become(status=None, reason="", log=b""):
        place.log.parent.mkdir(exist_ok=True)
        place.log.write_bytes(b"before\n--- command\n" + log)
        if status is not None:
            place.run.mkdir(exist_ok=True)
            told = {"format": "ecmsim run", "version": 1, "status": status, "reason": reason}
            (place.run / "provenance.json").write_text(json.dumps(told))
        return made

    return become


@pytest.mark.parametrize(
    ("code", "status", "log", "expected"),
    [
        (0, "finished", b"", ("finished", "a reason")),
        (0, "stopped", b"", ("failed", "its process ended without an error, but left the run interrupted")),
        (75, "stopped", b"", ("paused", "a reason")),
        (75, None, b"", ("paused", "to be resumed")),
        (130, "stopped", b"", ("interrupted", "a reason")),
        (-2, None, b"", ("interrupted", "stopped by a signal")),
        (-15, None, b"", ("interrupted", "stopped by a signal")),
        (-1, None, b"", ("interrupted", "stopped by a signal")),
        (-9, "stopped", b"", ("interrupted", "killed")),
        (137, None, b"", ("interrupted", "killed")),
        (143, None, b"", ("interrupted", "killed")),
        (3, "failed", b"error: other\n", ("failed", "a reason")),
        (2, None, b"error: first\nerror: last\nmore\n\n", ("failed", "last")),
        (2, "stopped", b"one\n two \n\n", ("failed", "two")),
        (1, None, b"", ("failed", "its process ended with exit code 1")),
    ],
)
def test_what_an_exit_code_means(job, code, status, log, expected):
    from ecmsim.study.child import _judged

    assert _judged(job(status, "a reason" if status else "", log), code, len(b"before\n")) == expected


def test_command_lines_of_cases_by_hand(job, monkeypatch, tmp_path):
    from dataclasses import replace

    from ecmsim.study import child

    made = job()
    run, config = str(made.place.run), str(made.place.config)
    assert child.arguments(made, "run") == ["ecmsim", "run", config, "--out", run]
    assert child.arguments(replace(made, allow_code=True), "resume") == ["ecmsim", "resume", run, "--allow-code"]
    job("stopped")
    told = child.arguments(replace(made, allow_code=True), "run")
    assert told == ["ecmsim", "run", config, "--out", run, "--overwrite", "--allow-code"]
    monkeypatch.setattr(child.shutil, "which", lambda name: f"/bin/{name}" if name == "mpiexec" else None)
    assert (
        child.arguments(replace(made, ranks=2), "resume")[:3] == ["/bin/mpiexec", "-n", "2"] and child.launcher(1) == []
    )
    monkeypatch.setattr(child.shutil, "which", lambda name: None)
    with pytest.raises(ConfigError, match="needs mpirun"):
        child.launcher(2)


def test_environments_of_cases_by_hand():
    from ecmsim.study.child import environment

    inherited = {"HOME": "/h", "OMPI_COMM_WORLD_RANK": "1", "SLURM_PROCID": "2", "OMPI_MCA_x": "3", "PMI_RANK": "4"}
    inherited |= {
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "SLURM_JOB_END_TIME": "5",
        "PRTE_MCA_ess_x": "6",
        "OMP_NUM_THREADS": "8",
    }
    one = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMEXPR")}
    one |= {"HOME": "/h", "OMPI_MCA_x": "3", "OMPI_ALLOW_RUN_AS_ROOT": "1", "SLURM_JOB_END_TIME": "5"}
    assert environment(inherited) == one
    assert environment(inherited, 2).keys() - one.keys() == {
        "PRTE_MCA_hwloc_default_binding_policy",
        "OMPI_MCA_hwloc_base_binding_policy",
    }


def test_signals_are_passed_on_ever_more_urgently(monkeypatch):
    """The first as it is, but not to who knows already; the second to all; the third at once, to the whole group."""
    import signal

    from ecmsim.study import child

    killed = []
    monkeypatch.setattr(child.os, "killpg", lambda pid, number: killed.append((pid, number)))

    class Process:
        def __init__(self, pid):
            self.pid, self.got = pid, []

        def send_signal(self, number):
            self.got.append(number)

    plain_one, told_one = Process(1), Process(2)
    control = child.Control()
    control._children = {plain_one: False, told_one: True}
    control.signals.append(signal.SIGHUP)
    control.pass_on()
    assert control.stopped and plain_one.got == [signal.SIGTERM] and told_one.got == [] and not control.signals
    control.signals.append(signal.SIGINT)
    control.pass_on()
    assert plain_one.got == [signal.SIGTERM, signal.SIGINT] and told_one.got == [signal.SIGINT] and not killed
    control.signals.append(signal.SIGINT)
    control.pass_on()
    assert killed == [(1, signal.SIGKILL), (2, signal.SIGKILL)]
    with control.child(["true"]) as process:  # the end has come: none is started
        assert process is None


def test_what_a_case_needs_by_hand(job, monkeypatch):
    from dataclasses import replace

    from ecmsim.study import child

    made, states = job(), {}
    monkeypatch.setattr(child.Config, "from_toml", lambda text: text)
    monkeypatch.setattr(child.folder, "standing", lambda place: SimpleNamespace(**states))
    monkeypatch.setattr(child.folder, "is_changed", lambda place, config: states["changed"])
    for status, resumable, changed, options, action in (
        ("running", True, True, {}, ""),
        ("finished", False, False, {}, ""),
        ("failed", True, False, {}, ""),
        ("failed", True, False, {"retry": True}, "resume"),
        ("failed", False, False, {"retry": True}, "run"),
        ("finished", False, False, {"retry": True}, ""),
        ("stopped", True, False, {}, "resume"),
        ("pending", False, False, {}, "run"),
        ("finished", False, True, {}, "changed"),
        ("finished", False, True, {"overwrite": True}, "run"),
    ):
        states.update(status=status, resumable=resumable, changed=changed)
        assert child.decide(replace(made, **options))[0] == action, (status, options)
