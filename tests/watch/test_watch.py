"""Watching runs and studies: what is seen of whole, half-written and damaged folders, in the terminal and by HTTP."""

import http.client
import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest
from helpers import browser, synthetic
from helpers.command import ecmsim
from helpers.paths import ROOT

from ecmsim.config import Config
from ecmsim.drive import Programme
from ecmsim.errors import ConfigError, ResultsError
from ecmsim.watch import cost
from ecmsim.watch.look import Look, kind_of, look, thinned
from ecmsim.watch.server import address, server
from ecmsim.watch.terminal import line, plotted, text

ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}
in_a_browser = pytest.mark.skipif(
    browser.command() is None, reason="no Chromium here (chromium, google-chrome, or what ECMSIM_BROWSER names)"
)
# Some hundreds of steps of a few milliseconds each, so that it can be killed on the way.
CYCLES = """extends = "ecmsim:quick"
model = "reduced"
title = "<b>watched</b> & resumed"
[compliance]
current = "10 nA"
[output]
snapshot_regimes = false
snapshot_currents = []
[checkpoint]
interval = "0.05 s"
[stepping]
rebind_every = 20
[[programme]]
kind = "sweep"
peak = "1.5 V"
rate = "1 V/s"
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a made-up run of a SET that has finished."""
    return synthetic.write_run(tmp_path_factory.mktemp("watched") / "run")


def files_of(folder):
    """Every file of a folder with its content, and when each file and folder was changed."""
    return {
        path: (path.stat().st_mtime_ns, path.is_file() and path.read_bytes()) for path in [folder, *folder.rglob("*")]
    }


@contextmanager
def served(folder):
    """A server of a folder; gives a function ask(path) -> (status, headers, body)."""
    made = server(folder, 0)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()

    def ask(path, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", made.server_address[1], timeout=60)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def end():
        made.shutdown()
        made.server_close()

    ask.address, ask.end = address(made), end
    try:
        yield ask
    finally:
        end()


@pytest.mark.slow
def test_a_run_is_seen_and_left_as_it_was(finished):
    before = files_of(finished)
    seen = look(finished)
    assert seen.status == "finished" and seen.ended and not seen.notes
    assert seen.now["time_s"] == pytest.approx(4.0) and seen.steps > 100 and seen.share == 1.0
    assert max(seen.current) == pytest.approx(1e-3, rel=1e-6) and len(seen.outline[0]) == 2
    assert [item[0] for item in seen.balances][:3] == ["Charge", "Faraday’s law", "Power"]
    told = text(seen)
    assert "synthetic SET sweep" in told and "1 mA" in told and "⣀" <= max(told)
    assert line(seen).startswith("finished") and f"{seen.steps} steps" in line(seen)
    assert files_of(finished) == before


def test_half_written_and_damaged_files_are_told_of(finished, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(finished, folder)
    series = (folder / "timeseries.csv").read_bytes()
    (folder / "timeseries.csv").write_bytes(series[: len(series) * 2 // 3])  # in the midst of a line
    half = look(folder)
    assert half.status == "finished" and 50 < half.steps < look(finished).steps
    (folder / "history.h5").write_bytes(b"nothing of the kind")
    damaged = look(folder)
    assert damaged.voltage and not damaged.outline and "history.h5" in damaged.notes[0]
    assert "! " in text(damaged)
    (folder / "config.toml").write_text("= nonsense")
    assert look(folder).steps == half.steps
    for wrong in (b"", b"{", b'{"format": "ecmsim run", "status": "on holiday"}'):
        (folder / "provenance.json").write_bytes(wrong)
        seen = look(folder)
        assert seen.status == "unreadable" and seen.reason and not seen.ended
        json.dumps(seen.plain(), allow_nan=False)
    shutil.rmtree(folder)
    assert look(folder).status == "unreadable" and "unreadable" in line(look(folder))


@pytest.mark.parametrize(
    ("status", "reason", "said"),
    [
        ("unreadable", "it is gone", "unreadable: it is gone"),
        ("failed", "no step succeeds", "failed: no step succeeds"),
        ("running", "", "running"),
        ("stopped", "signal SIGTERM", "stopped; this waits until it is resumed"),
        ("interrupted", "", "interrupted: its process is gone; this waits"),
    ],
)
def test_the_words_of_each_status(status, reason, said):
    lines = text(Look(status, reason, title="a title")).splitlines()
    assert [line for line in lines if line.startswith(said)] and lines[0] != said


def test_an_empty_run_has_nothing_to_draw_yet(finished, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(finished, folder)
    for name in ("timeseries.csv", "history.h5", "events.csv"):
        (folder / name).unlink()
    assert look(folder).steps == 0 and "0 steps" in text(look(folder))


@pytest.mark.slow
def test_a_folder_that_is_none_is_refused(tmp_path):
    for folder in (tmp_path / "missing", tmp_path):
        with pytest.raises(ResultsError):
            kind_of(folder)
        done = ecmsim("watch", folder, "--once")
        assert done.returncode == 2 and done.stderr.startswith("error: ") and "Traceback" not in done.stderr


def test_the_server_answers_two_questions_and_changes_nothing(finished):
    before = files_of(finished)
    with served(finished) as ask:
        status, headers, body = ask("/")
        assert status == 200 and headers["Content-Type"].startswith("text/html")
        assert not re.search(rb"(src|href)\s*=\s*[\"']?(https?:)?//", body)  # nothing from elsewhere
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        status, headers, body = ask("/data.json")
        data = json.loads(body)
        assert (status, data["kind"], data["status"]) == (200, "run", "finished")
        assert data["title"] == "synthetic SET sweep" and len(data["voltage"]) == len(data["current"]) > 100
        assert ask("/", method="HEAD")[2] == b""
        for path in ("/config.toml", "/../../etc/passwd", "/data.json?case=..", "/data.json?case=snapshots%2F.."):
            assert ask(path)[0] == 404
        for method in ("POST", "PUT", "DELETE"):
            assert ask("/data.json", method=method)[0] == 501
        assert ask("/data.json", Host="evil.example:80")[0] == 403
        assert ask.address.startswith("http://127.0.0.1:")  # for this machine
    assert files_of(finished) == before


def test_a_port_that_is_taken_is_refused(finished):
    with served(finished) as ask:
        port = int(ask.address.rstrip("/").rpartition(":")[2])
        with pytest.raises(ConfigError, match=f"--port {port}: cannot serve there"):
            server(finished, port)


def test_time_left_is_told_by_steps():
    """Of cycles: what the same part of the last one took; else by the programme's largest steps."""
    config = Config.from_toml(CYCLES)
    ramps = ('{kind = "ramp", to = "1 V", duration = "1 s"}', '{kind = "ramp", to = "0 V", duration = "1 s"}')
    repeated = f'programme = [{{kind="repeat", count=4, steps=[{", ".join(ramps)}]}}]\n'
    head, _, rest = CYCLES.partition("[[programme]]")[0].partition("[compliance]")
    cycles = Config.from_toml(f"{head}{repeated}[compliance]{rest}")
    programme = Programme.from_steps(cycles.programme)
    # A cycle of 2 s: a hundred steps in its first tenth, ten in the rest.
    part = np.concatenate([np.linspace(0.0, 0.2, 101)[1:], np.linspace(0.2, 2.0, 11)[1:]])
    time = np.concatenate([[0.0], part, 2 + part[:100]])
    cycle = np.concatenate([[1], np.full(110, 1), np.full(100, 2)])
    left = cost.steps_left(time, cycle, programme, cycles.stepping)
    assert left == pytest.approx(10 + 2 * 111, abs=2)  # and not half of the time, 330 steps
    sweep = Programme.from_steps(config.programme)
    half = cost.steps_left(np.linspace(0, 1.5, 151), np.zeros(151, int), sweep, config.stepping)
    assert half == pytest.approx(150, rel=0.05)
    assert math.isnan(cost.steps_left(np.zeros(2), np.zeros(2, int), sweep, config.stepping))
    told = {"start_time": "2026-01-01T00:00:00+00:00"}
    begun = 1767225600.0
    assert cost.seconds_per_step(told, 50, begun + 100) == pytest.approx(2.0)
    told["resumed"] = [{"start_time": "2026-01-01T01:00:00+00:00", "step": 40}]
    assert cost.seconds_per_step(told, 50, begun + 3600 + 5) == pytest.approx(0.5)
    assert math.isnan(cost.seconds_per_step({}, 50, begun))


def test_curves_are_thinned_where_they_are_dense():
    voltage = np.concatenate([np.linspace(0, 1, 200), np.full(20000, 1.0), np.linspace(1, 0, 200)])
    current = np.abs(voltage) * 1e-6 + 1e-15
    keep = thinned(voltage, current, 300)
    assert len(keep) <= 301 and keep[-1] == len(voltage) - 1
    assert np.interp(0.5, voltage[keep][:100], current[keep][:100]) == pytest.approx(0.5e-6, rel=0.1)
    assert plotted([(voltage, 0 * current)], 60, 8) == [] and len(plotted([(voltage, current)], 60, 8)) == 9


def a_study(tmp_path):
    """A study of three cases, the first of them finished: its folder, and the names of the cases."""
    from ecmsim.study import Study

    study = tmp_path / "s.toml"
    base = tmp_path / "c.toml"
    base.write_text(CYCLES)
    study.write_text('config = "c.toml"\n[grid]\n"compliance.current" = ["1 nA", "10 nA", "100 nA"]\n')
    root = tmp_path / "study"
    Study.load(study).prepare(root)
    names = [place.name for place in Study.load(study).places(root)]
    synthetic.write_run(root / names[0])
    return root, names


@pytest.mark.slow
def test_a_study_shows_its_cases(tmp_path):
    root, names = a_study(tmp_path)
    before = files_of(root)
    seen = look(root)
    assert kind_of(root) == "study" and seen.counts == {"finished": 1, "pending": 2} and not seen.ended
    assert [case["name"] for case in seen.cases] == names and math.isnan(seen.left_s)
    assert "3 cases: 1 finished, 2 pending" in text(seen)
    with served(root) as ask:
        data = json.loads(ask("/data.json")[2])
        assert data["kind"] == "study" and list(data["curves"]) == names[:1]
        one = json.loads(ask(f"/data.json?case={names[0].replace('=', '%3D')}")[2])
        assert one["kind"] == "run" and one["status"] == "finished"
    assert files_of(root) == before


def started(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "ecmsim", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )


def until(condition, what, every=0.1):
    """Wait until a condition gives something, asked every so many seconds; the limit is against what hangs."""
    end = time.monotonic() + 600
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(every)
    raise AssertionError(f"never came: {what}")


@pytest.fixture
def going_on(tmp_path):
    """A run that is killed and resumed: gives the folder, and functions that do this. Whatever is left is ended."""
    path, folder, processes = tmp_path / "case.toml", tmp_path / "run", []
    path.write_text(CYCLES)

    class Run:
        def start(self, *arguments):
            processes.append(started(*(arguments or ("run", path, "--out", folder, "-q"))))

        def kill(self):
            processes[-1].send_signal(signal.SIGKILL)
            processes[-1].wait()

        def halt_after(self, steps):
            """Let it stand still, without an end, once it has written more than so many steps."""
            until(lambda: folder.is_dir() and look(folder).steps > steps, f"step {steps + 1}", every=0.01)
            processes[-1].send_signal(signal.SIGSTOP)

        def go_on(self):
            processes[-1].send_signal(signal.SIGCONT)

        def end(self):
            out, error = processes[-1].communicate(timeout=900)
            assert processes[-1].returncode == 0, error

    run = Run()
    run.folder = folder
    yield run
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.slow
def test_the_server_goes_on_while_a_run_is_killed_and_resumed(going_on):
    going_on.start()
    going_on.halt_after(30)  # or it would be over before it is looked at
    with served(going_on.folder) as ask:

        def data():
            return json.loads(ask("/data.json")[2])

        live = data()
        assert live["status"] == "running" and len(live["voltage"]) > 30 and live["outline"]
        going_on.kill()
        dead = data()
        assert dead["status"] == "interrupted" and dead["steps"] >= live["steps"] and dead["left_s"] is None
        going_on.start("resume", going_on.folder, "-q")
        until(lambda: data()["steps"] > dead["steps"], "more steps than before the kill")
        assert data()["status"] in ("running", "finished")
        going_on.end()
        ended = data()
        assert ended["status"] == "finished" and ended["share"] == 1.0 and ended["steps"] > dead["steps"]


@pytest.mark.slow
def test_the_terminal_waits_for_a_killed_run_and_ends_with_it(going_on):
    going_on.start()
    going_on.halt_after(30)  # or it would be over before it is looked at
    watching = started("watch", going_on.folder, "--every", "0.2")
    try:
        lines = []
        lines.append(watching.stdout.readline())
        going_on.kill()
        while "interrupted" not in lines[-1]:
            lines.append(watching.stdout.readline())
            assert lines[-1], "it ended before the run was seen to be interrupted"
        going_on.start("resume", going_on.folder, "-q")
        going_on.end()
        rest, error = watching.communicate(timeout=300)
        assert watching.returncode == 0 and rest.rstrip().rpartition("\n")[2].startswith("finished"), error
        assert lines[0].startswith("running") and " V = " in lines[0]
    finally:
        watching.kill()
        watching.communicate()


# The number that the page shows for the steps, and how many points its curve has.
STEPS = (
    "Number([...document.querySelectorAll('#numbers div')]"
    ".find(box => box.firstChild.textContent == 'steps')?.lastChild.textContent ?? 0)"
)
POINTS = "(document.querySelector('#iv .curve')?.getAttribute('d').match(/[ML]/g) ?? []).length"


def status_is(status):
    return f"document.querySelector('#status b')?.textContent == '{status}'"


@pytest.mark.slow
@in_a_browser
def test_a_browser_shows_a_run_that_is_killed_and_resumed(going_on):
    """One page stays open all the while. Where it looks, the run stands still, so that no pace decides."""
    with browser.page() as page, served(going_on.folder) as ask:
        going_on.start()
        going_on.halt_after(60)
        page.open(ask.address)
        page.until(f"{status_is('running')} && {POINTS} > 1")
        steps, points, time_s = page.value(STEPS), page.value(POINTS), look(going_on.folder).now["time_s"]
        assert page.value("document.title").endswith("ecmsim watch")
        assert page.value("document.getElementById('title').textContent") == "<b>watched</b> & resumed"
        assert page.value("document.querySelector('#title b')") is None  # a title is no markup
        told = page.text()
        assert f"{100 * time_s / 3:.1f} % of the programme’s time" in told and "Faraday’s law" in told
        assert "not kept" not in told
        assert page.value("document.querySelectorAll('#outline path').length") == 2  # electrode and filament

        going_on.go_on()
        going_on.halt_after(steps + 20)
        page.until(f"{STEPS} > {steps} && {POINTS} > {points}")
        assert page.value(status_is("running"))

        going_on.kill()
        page.until(status_is("interrupted"))
        assert "its process is gone; ecmsim resume goes on with it" in page.text()
        steps = page.value(STEPS)

        going_on.start("resume", going_on.folder, "-q")
        going_on.halt_after(steps)
        page.until(f"{status_is('running')} && {STEPS} > {steps}")
        assert "process is gone" not in page.text()

        going_on.go_on()
        going_on.end()
        page.until(status_is("finished"))
        assert "100.0 % of the programme’s time" in page.text() and page.value(STEPS) == look(going_on.folder).steps
        assert page.value("document.getElementById('lost').hidden")


@in_a_browser
def test_a_browser_lists_the_cases_of_a_study_and_a_click_shows_one(tmp_path):
    root, names = a_study(tmp_path)
    with browser.page() as page, served(root) as ask:
        page.open(ask.address)
        page.until("document.querySelectorAll('#cases td').length")
        assert [name in page.text() for name in names] == [True] * 3
        assert "3 cases" in page.text() and "pending" in page.text()
        page.value("document.querySelector('#cases a').click()")
        page.until(status_is("finished"))
        assert "synthetic SET sweep" in page.text() and page.value(POINTS) > 100
        ask.end()
        page.until("!document.getElementById('lost').hidden")
        assert "Start ecmsim watch --serve again" in page.text() and "synthetic SET sweep" in page.text()
