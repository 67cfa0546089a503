"""What watching tells: lines and curves of made-up looks, the numbers of a tiny run, the command at made-up times."""

import datetime
import http.client
import json
import math
import os
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from helpers import tiny
from helpers.kept import plain, unchanged
from typer.testing import CliRunner

from ecmsim.commands import watch as command
from ecmsim.commands.cli import app
from ecmsim.errors import ConfigError, EcmsimError
from ecmsim.watch import cost
from ecmsim.watch import look as looking
from ecmsim.watch import server as serving
from ecmsim.watch.look import Look, StudyLook, look, thinned
from ecmsim.watch.server import address, server
from ecmsim.watch.terminal import line, plotted, text

BEGUN = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC).timestamp()


@pytest.fixture
def watched(tmp_path, monkeypatch):
    """A tiny run in the working folder: finished long ago."""
    monkeypatch.chdir(tmp_path)
    return tiny.write(tmp_path / "run", events=[(5, "compliance", "reached")])


def running(folder, text=tiny.CONFIG, rows=6, every=10.0):
    """A run that has begun at BEGUN on another machine, and written so many rows, one every so many seconds."""
    tiny.write(folder, text)
    told = json.loads((folder / "provenance.json").read_text())
    told |= {"status": "running", "host": "elsewhere", "process": 1, "start_time": "2026-01-01T00:00:00+00:00"}
    (folder / "provenance.json").write_text(json.dumps(told))
    lines = (folder / "timeseries.csv").read_text().splitlines()[: rows + 1]
    (folder / "timeseries.csv").write_text("\n".join(lines) + "\n")
    os.utime(folder / "timeseries.csv", (BEGUN + every * rows, BEGUN + every * rows))
    return folder


def a_look(**changes):
    """A look at a run with round numbers."""
    now = {"time_s": 1.25, "source_voltage_V": -0.5, "current_A": -2e-6, "gap_nm": 1.2344, "temperature_max_K": 345.6}
    voltage = np.linspace(0, 2, 41)
    known = {
        "status": "running",
        "title": "a run",
        "now": now | {"cycle": 0.0},
        "share": 0.3125,
        "steps": 41,
        "left_s": 75.0,
        "voltage": voltage.tolist(),
        "current": (1e-12 * np.exp(7 * voltage)).tolist(),
        "balances": [("Charge", "1e-12", "1e-8", True), ("Power", "3e-2", "1e-2", False), ("Heat", "no", "1", None)],
        "notes": ["history.h5 is damaged"],
    }
    return Look(**known | changes)


def test_lines_and_curves_are_those_of_before(file_regression):
    """Runs in all states, wide and narrow, with cycles and without; studies with few and many active cases."""
    empty = Look("running", title="")
    cycle = a_look(now=a_look().now | {"cycle": 12.0}, share=math.nan, left_s=math.nan, balances=[], notes=[])
    looks = [a_look(), empty, cycle, a_look(status="failed", reason="no step", voltage=[], current=[], left_s=1e5)]
    looks += [Look("unreadable", "it is gone"), a_look(status="finished", left_s=0.0, steps=1)]
    cases = [
        {
            "name": f"{k:04d}_limit={k}nA",
            "status": status,
            "reason": "",
            "time_s": 1.5 * k,
            "current_A": 1e-9,
            "gap_nm": 2,
        }
        for k, status in enumerate(["pending", "finished", *["running"] * 6, *["failed"] * 6])
    ]
    cases[5]["time_s"] = cases[5]["current_A"] = cases[5]["gap_nm"] = math.nan
    counts = {"pending": 1, "finished": 1, "running": 6, "failed": 6}
    looks += [
        StudyLook("a study", cases, counts, 3723.0, {"a": a_look(), "b": a_look(voltage=[0, -1], current=[1e-9, 1e-3])})
    ]
    looks += [StudyLook("small", cases[:12], {"running": 10}, math.nan, {})]
    parts = [f"{line(item)}\n{text(item)}\n{text(item, 40, 5)}" for item in looks]
    unchanged(file_regression, "\n\n".join(parts))


def test_a_curve_has_its_ends_at_the_ends(file_regression):
    """By hand: two points are dots in the corners; decades are whole ones; what is no number or tiny is not drawn."""
    drawn = plotted([([0.0, 1.0], [1e-9, 1e-3])], 20, 3)
    assert drawn[0] == "    1 mA " + "⠀" * 9 + "⠈" and drawn[2] == "    1 nA " + "⡀" + "⠀" * 9
    assert drawn[1] == " " * 9 + "⠀" * 10 and drawn[3] == " " * 9 + "0.00 V" + " " + "1.00 V"
    assert plotted([([0.0, 1.0], [-1e-9, -1e-3])], 20, 3) == drawn  # magnitudes
    assert plotted([([0, 1, 0.5, 0.5, np.nan], [1e-9, 1e-3, np.nan, 9e-17, 1])], 20, 3) == drawn
    assert plotted([([0.0], [1e-9]), ([1.0], [1e-3])], 20, 3) == drawn
    assert plotted([], 20, 3) == plotted([([0.0, 1.0], [1e-9, 1e-17])], 20, 3) == []
    flat = plotted([([1.0, 1.0], [2e-6, 3e-6])], 30, 2)
    assert flat[-1].split() == ["1.00", "V", "2.00", "V"] and flat[0].startswith("   10 µA") and "1 µA" in flat[1]
    assert len(plotted([([0.0, 1.0], [1e-9, 1e-3])], 5, 3)[0]) == 19  # never narrower than ten characters
    every = [([k], [10.0**-p]) for k in range(8) for p in (3, 4, 5, 6)]
    unchanged(file_regression, "\n".join(plotted(every, 30, 4)))


def test_a_look_has_the_numbers_of_the_run(watched, file_regression):
    unchanged(file_regression, plain(look(watched).plain()) + "\n" + text(look(watched)), nothing=1e-15)


def test_the_status_tells_who_writes(watched, tmp_path, monkeypatch):
    """One of another machine that nobody is writing is interrupted; while somebody is, it runs, and time is left."""
    folder = running(tmp_path / "live")
    assert look(folder).status == "interrupted" and math.isnan(look(folder).left_s)
    monkeypatch.setattr(looking, "writer_of", lambda place: {"host": "elsewhere", "process": 1})
    monkeypatch.setattr(looking.time, "time", lambda: BEGUN + 60)
    seen = look(folder)
    assert seen.status == "running" and not seen.ended and seen.share == 0.5
    assert seen.left_s == pytest.approx(10 * steps_to_come(folder))
    monkeypatch.setattr(looking.time, "time", lambda: BEGUN + 65)
    assert look(folder).left_s == pytest.approx(seen.left_s - 5)  # five seconds have gone by since the last step
    monkeypatch.setattr(looking.time, "time", lambda: BEGUN + 50)
    assert look(folder).left_s == pytest.approx(seen.left_s)  # clocks that differ
    monkeypatch.setattr(looking.time, "time", lambda: BEGUN + 1e9)
    assert look(folder).left_s == 0
    assert look(watched).status == "finished" and math.isnan(look(watched).left_s) and look(watched).share == 1


def steps_to_come(folder):
    """Steps that the programme still needs: as many times more than the fewest as it has needed so far."""
    run = looking.open_run(folder)
    stepping = looking.Stepping()
    largest, longest = stepping.refined().largest_voltage_step, stepping.refined().largest_step
    fewest = max(2.0 / largest, 2.0 / longest, 1.0)  # of each leg: 2 V in 2 s
    taken = len(run.series["time_s"])
    return max(taken / fewest, 1.0) * fewest  # it stands at the end of the first of two equal legs


def test_steps_left_by_hand():
    """Legs of 2 V and of a hold, with steps of 0.1 V and 1 s at most: 20 and 4 steps at the fewest."""
    limits = SimpleNamespace(largest_voltage_step=0.1, largest_current_step=0.05, largest_step=1.0)
    stepping = SimpleNamespace(refined=lambda: limits)

    def leg(start, end, first, last, source="voltage"):
        return SimpleNamespace(
            start=start, end=end, first=first, last=last, piece=SimpleNamespace(source=source, cycle=0)
        )

    def left(time, legs, cycle=None):
        plan = SimpleNamespace(pieces=[item.piece for item in legs], planned=lambda: legs)
        time = np.asarray(time, float)
        return cost.steps_left(time, np.zeros(len(time), int) if cycle is None else np.asarray(cycle), plan, stepping)

    legs = [leg(0, 2, 0, 2), leg(2, 6, 2, 2)]
    assert cost._fewest(legs, stepping) == [(0, 2, 20.0), (2, 6, 4.0)]
    assert left(np.linspace(0, 1, 10), legs) == pytest.approx(14)  # no slower than the fewest
    assert left(np.linspace(0, 1, 30), legs) == pytest.approx(3 * 14)
    assert left(np.linspace(0, 4, 44), legs) == pytest.approx(2 * 2)
    assert left(np.zeros(5), legs) == pytest.approx(24)  # none of the programme yet
    assert math.isnan(left(np.linspace(0, 1, 4), legs)) and left(np.linspace(0, 6, 5), legs) == 0
    current = [leg(0, 1, 0, -4e-6, "current"), leg(1, 1.5, -4e-6, -4e-6, "current"), leg(1.5, 1.6, 0, 0, "current")]
    assert [steps for *_, steps in cost._fewest(current, stepping)] == [pytest.approx(20), 1.0, 1.0]
    back = [leg(0, 2, -1, 1), leg(2, 2.5, 1, 0.95)]
    assert [steps for *_, steps in cost._fewest(back, stepping)] == [pytest.approx(20), 1.0]
    for item in legs:
        item.piece.cycle = 3
    times = [0, 1, 2, 3, 4, 5, 6, 7]  # cycle 1 from 0 to 4, the second one is at 3 of its 4 s, and one is to come
    assert left(times, legs, [0, 1, 1, 1, 1, 2, 2, 2]) == 1 + 1 * 4
    assert left([*times[:6]], legs, [1, 1, 1, 1, 1, 2]) == 3 + 5


def test_seconds_of_a_step_by_hand():
    told = {"start_time": "2026-01-01T00:00:00+00:00"}
    assert cost.seconds_per_step(told, 5, BEGUN + 20) == 4.0
    assert math.isnan(cost.seconds_per_step(told, 4, BEGUN + 20)) and math.isnan(cost.seconds_per_step(told, 5, BEGUN))
    resumed = told | {"resumed": [told | {"step": 1}, {"start_time": "2026-01-01T00:01:00+00:00", "step": "20"}]}
    assert cost.seconds_per_step(resumed, 30, BEGUN + 90) == 3.0
    assert math.isnan(cost.seconds_per_step(resumed, 24, BEGUN + 90))
    for wrong in ({"start_time": "soon"}, {"start_time": 3}, told | {"resumed": [told | {"step": "x"}]}, {}):
        assert math.isnan(cost.seconds_per_step(wrong, 50, BEGUN + 90))


def test_points_are_kept_by_their_distance_in_the_plane():
    """All of a few; of many those at equal ways along the curve: voltage over its largest, decades over eighteen."""
    assert thinned(np.arange(7.0), np.ones(7), 7).tolist() == list(range(7))
    keep = thinned(np.linspace(0, -5, 1001), np.ones(1001), 11)
    assert np.abs(keep - np.arange(0, 1001, 100)).max() <= 1
    # A quarter of the way by voltage (1), then three decades in 18 (1/6), then back by half a voltage.
    voltage = np.concatenate([np.linspace(0, 2, 100), np.full(100, 2.0), np.linspace(2, 1, 101)])
    current = np.concatenate([np.full(100, 1e-9), np.geomspace(1e-9, 1e-6, 100), np.full(101, -1e-6)])
    keep = thinned(voltage, current, 101)
    parts = np.histogram(keep, [0, 100, 200, 301])[0]
    assert parts / parts.sum() == pytest.approx(np.array([1, 1 / 6, 0.5]) / (1 + 1 / 6 + 0.5), abs=0.02)
    assert len(keep) <= 102 and keep[0] == 0 and keep[-1] == 300
    assert thinned(np.zeros(50), np.full(50, 1e-30), 10).tolist() == [0, 49]  # below the floor nothing happens
    assert len(thinned(np.zeros(50), np.geomspace(1e-18, 1e-20, 50), 10)) == 2
    assert looking.MOST_POINTS == 1500 and looking.MOST_CURVES == 12


def test_time_left_of_a_study_by_hand(monkeypatch, tmp_path):
    """What runs tells for itself; what is to come takes as long as what has finished; shared by those that run."""
    took = {"a": [{"seconds": 60.0}, {"seconds": 40.0}], "b": [{}, {"seconds": 200.0}]}
    monkeypatch.setattr(looking.places, "attempts", lambda place: took[place.name])

    def left(statuses, running):
        cases = [{"name": name, "status": status} for name, status in statuses.items()]
        return looking._left(tmp_path, cases, {name: SimpleNamespace(left_s=value) for name, value in running.items()})

    done = {"a": "finished", "b": "finished"}  # 100 s and 200 s: 150 s each
    assert left(done | {"c": "running", "d": "running", "e": "pending"}, {"c": 30.0, "d": 50.0}) == (30 + 50 + 150) / 2
    assert left(done | {"c": "running", "d": "running", "e": "pending"}, {"c": 30.0, "d": 900.0}) == 900
    assert left(done | {"c": "running", "d": "running"}, {"c": 30.0, "d": math.nan}) == (30 + 150) / 2
    assert left(done | {"c": "running"}, {"c": math.nan}) == 150
    assert left({"c": "running", "d": "failed"}, {"c": 30.0, "d": math.nan}) == 30
    assert math.isnan(left({"c": "running", "e": "pending"}, {"c": 30.0}))
    assert math.isnan(left(done | {"e": "pending"}, {})) and math.isnan(left(done | {"c": "running"}, {}))


def test_a_study_ends_when_all_of_it_has():
    for counts, ended in (
        ({"finished": 1}, True),
        ({"finished": 1, "failed": 2}, True),
        ({"finished": 1, "x": 1}, False),
    ):
        assert StudyLook("s", [1], counts, math.nan, {}).ended is ended
    assert not StudyLook("s", [], {}, math.nan, {}).ended
    found = StudyLook(
        "s", [{"gap_nm": math.inf}], {}, math.nan, {"a": a_look(current=[math.nan], voltage=[1.0])}
    ).plain()
    assert found["left_s"] is None and found["cases"] == [{"gap_nm": None}]
    assert found["curves"] == {"a": {"voltage": [1.0], "current": [None]}} and found["kind"] == "study"


def typed(*words):
    done = CliRunner().invoke(app, ["watch", *map(str, words)])
    if isinstance(done.exception, EcmsimError):
        return f"error {done.exception.exit_code}: {done.exception}"
    return done.output


def test_the_command_tells_what_is_new_until_the_end(watched, monkeypatch):
    """Off a terminal: at once, then every so many seconds; a line only where it differs from the one before."""
    seen, slept, sizes = [], [], []
    looks = [a_look(steps=1), a_look(steps=1), a_look(steps=2), a_look(status="finished", steps=3)]
    monkeypatch.setattr("ecmsim.watch.look.look", lambda folder: seen.append(folder) or looks[len(seen) - 1])
    monkeypatch.setattr(command.time, "sleep", slept.append)
    told = typed(watched, "--every", "7.5").splitlines()
    assert told == [line(looks[0]), line(looks[2]), line(looks[3])] and slept == [0.0, 7.5, 7.5, 7.5]
    assert set(seen) == {watched}
    seen.clear(), slept.clear()
    typed(watched)
    assert slept == [0.0, 2.0, 2.0, 2.0]
    seen.clear(), slept.clear()
    monkeypatch.setattr("ecmsim.watch.terminal.text", lambda item, *size: sizes.append(size) or f"{item.steps} told")
    monkeypatch.setattr(command.sys.stdout, "isatty", lambda: True, raising=False)
    assert typed(watched, "--once") == "1 told\n" and len(seen) == 1 and not slept
    for every in ("0.05", "3601"):
        assert "Usage" in typed(watched, "--every", every)


def test_on_a_terminal_it_stays_in_place(watched, monkeypatch):
    seen, slept, shown = [], [], []
    looks = [a_look(steps=1), a_look(steps=2), a_look(status="failed", steps=3)]
    monkeypatch.setattr("ecmsim.watch.look.look", lambda folder: seen.append(folder) or looks[len(seen) - 1])
    monkeypatch.setattr(
        command, "sys", SimpleNamespace(stdout=SimpleNamespace(isatty=lambda: True, flush=lambda: None))
    )
    monkeypatch.setattr(command.time, "sleep", slept.append)

    class Live:
        def __init__(self, console, auto_refresh):
            assert auto_refresh is False

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def update(self, what, refresh):
            assert refresh is True
            shown.append(what.plain.splitlines()[1])

    monkeypatch.setattr("rich.live.Live", Live)
    assert typed(watched, "--every", "3") == ""
    assert [words.split("  ")[1] for words in shown] == ["1 steps", "2 steps", "3 steps"] and slept == [3.0, 3.0]


@pytest.mark.parametrize(
    ("columns", "lines", "expected"),
    [(80, 24, (80, 14)), (200, 50, (110, 20)), (40, 12, (40, 6)), (110, 30, (110, 20))],
)
def test_the_curves_fit_the_terminal(monkeypatch, columns, lines, expected):
    monkeypatch.setattr(command.shutil, "get_terminal_size", lambda: os.terminal_size((columns, lines)))
    assert command._size() == expected


def test_serving_is_at_its_port_and_ends_with_ctrl_c(watched, monkeypatch):
    made = []

    class Server:
        server_address = ("127.0.0.1", 1234)
        closed = down = 0

        def serve_forever(self, poll_interval):
            self.poll = poll_interval
            raise KeyboardInterrupt

        def shutdown(self):
            self.down += 1

        def server_close(self):
            self.closed += 1

    def stand_in(folder, port):
        made.append((folder, port))
        made.append(Server())
        return made[-1]

    monkeypatch.setattr("ecmsim.watch.server.server", stand_in)
    assert typed(watched, "--serve").startswith(f"{watched} at http://127.0.0.1:1234/ (Ctrl-C ends it)\n")
    assert made[0] == (watched, 8421) and made[1].closed == 1 and made[1].poll == 0.2
    for port in ("0", "8000"):
        typed(watched, "--serve", "--port", port)
        assert made[-2] == (watched, int(port))
    assert "give --serve as well" in typed(watched, "--port", "0") and "leave it or --serve out" in typed(
        watched, "--serve", "--once"
    )
    assert "Usage" in typed(watched, "--serve", "--port", "65536") and "Usage" in typed(watched, "--serve", "--port=-1")
    assert typed(watched / "nowhere").startswith("error 2: no such run")


def test_the_server_is_for_this_machine_and_of_threads_that_do_not_stay(watched):
    made = server(watched, 0)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        assert made.daemon_threads is True and made.server_address[0] == "127.0.0.1"
        assert address(made) == f"http://127.0.0.1:{made.server_address[1]}/"
        answers = {}
        for host in ("127.0.0.1:80", "localhost:80", "localhost", "127.0.0.2:80", ""):
            connection = http.client.HTTPConnection("127.0.0.1", made.server_address[1], timeout=60)
            connection.request("GET", "/nothing", headers={"Host": host})
            answers[host] = connection.getresponse().status
            connection.close()
        assert list(answers.values()) == [404, 404, 403, 403, 403]
    finally:
        made.shutdown()
        made.server_close()
    with pytest.raises(ConfigError, match="--port 70000: cannot serve there"):
        server(watched, 70000)
    assert serving.page().startswith(b"<!")


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A study of four cases: one that finished, one that runs on another machine, one whose files are damaged, and one
    that is only listed."""
    from ecmsim.study import folder as places

    root = tmp_path / "study"
    root.mkdir()
    (root / places.STUDY).write_text("[grid]\n")
    (root / places.CONFIGS).mkdir()
    names = [f"000{k}_x={k}" for k in range(4)]
    for k, name in enumerate(names[:2]):
        tiny.write(root / name, snapshots=(), finish=k == 0)
        os.utime(root / name / "timeseries.csv", (BEGUN + k, BEGUN + k))
    (root / names[2]).mkdir()
    (root / names[2] / "provenance.json").write_text('{"format": "ecmsim run", "status": "on holiday"}')
    (root / places.CASES).write_text(f"case,folder\n3,{names[3]}\n")
    told = json.loads((root / names[1] / "provenance.json").read_text())
    (root / names[1] / "provenance.json").write_text(json.dumps(told | {"host": "elsewhere", "process": 1}))
    return root


def test_a_look_at_a_study_is_that_of_before(study, file_regression, monkeypatch):
    seen = look(study)
    unchanged(file_regression, "\n".join([plain(seen.plain()).replace(f"{study}/", ""), text(seen, 60, 5), line(seen)]))
    assert looking.kind_of(study) == "study" and list(seen.curves) == ["0000_x=0", "0001_x=1"]
    monkeypatch.setattr(looking, "MOST_CURVES", 1)  # that which was written last
    assert list(look(study).curves) == ["0001_x=1"]
    os.utime(study / "0000_x=0/timeseries.csv", (BEGUN + 9, BEGUN + 9))
    assert list(look(study).curves) == ["0000_x=0"]


def test_what_is_no_run_is_said_to_be_none(tmp_path):
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "nowhere", tmp_path / "empty"):
        with pytest.raises(EcmsimError, match="no such run|neither a run nor a study"):
            looking.kind_of(folder)
    seen = look(tmp_path / "nowhere")
    assert seen.status == "unreadable" and not seen.ended and seen.steps == 0 and math.isnan(seen.share)
    assert looking._words(ValueError("x")) == "cannot be read at the moment (ValueError)"
    assert looking._words(EcmsimError("x")) == "x" and looking._written(tmp_path / "nowhere") == 0.0
    assert looking._finite({"a": [1, math.nan, (math.inf,)], "b": True}) == {"a": [1, None, [None]], "b": True}
