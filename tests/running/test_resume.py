"""Real runs that are killed, stopped and resumed: as if nothing had happened. And one whole RESET.

ECMSIM_KILLS: how often the run is killed in the chain of kills (default 4); ECMSIM_SEED: of their moments.
"""

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from helpers.command import ecmsim
from helpers.paths import ROOT
from helpers.ranks import ENVIRONMENT, launcher, needs_mpirun
from helpers.stopping import CASE, During, signalled

from ecmsim import open_run
from ecmsim.config import load_config
from ecmsim.errors import ResultsError, SolveError
from ecmsim.results.checkpoint import Checkpoints
from ecmsim.running.reporter import Interrupted, Stopped
from ecmsim.running.run import resume, run
from ecmsim.running.stopping import StopRequests

pytestmark = pytest.mark.slow  # whole runs, one after the other

KILLS, SEED = int(os.environ.get("ECMSIM_KILLS", "4")), int(os.environ.get("ECMSIM_SEED", "1"))
# A thin filament dissolves and breaks, and what is left grows: two circuits, a condition, a void that remembers, some
# ten meshes in some hundred coarse steps of 20 ms.
EARLY = 0.356  # s, just after the rupture
SAME = ("timeseries.csv", "events.csv", "snapshots/index.csv")


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    path = tmp_path_factory.mktemp("case") / "case.toml"
    path.write_text(CASE)
    return path


@pytest.fixture(scope="module")
def undisturbed(case, tmp_path_factory):
    """The folder of the run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("undisturbed") / "run"
    run(load_config(case), folder)
    return folder


@pytest.fixture(scope="module")
def beginning(case, tmp_path_factory):
    """The folder of a run of the same that ends early, undisturbed."""
    folder = tmp_path_factory.mktemp("beginning") / "run"
    run(load_config(case), folder, until=EARLY)
    return folder


@pytest.fixture(scope="module")
def halves(case, tmp_path_factory):
    """The folders of runs that were stopped, by their number of rows."""
    folders = {rows: tmp_path_factory.mktemp("stopped") / "run" for rows in (25, 61)}
    for rows, folder in folders.items():
        with pytest.raises(Stopped):
            run(load_config(case), folder, progress=During(rows, signalled))
    return folders


def stopped(halves, folder, rows=61):
    """A copy of a run that was stopped after so many rows."""
    return shutil.copytree(halves[rows], folder)


def started(*arguments, ranks=1, **options):
    """The command line, started in a process of its own."""
    return subprocess.Popen(
        [*launcher(ranks), sys.executable, "-m", "ecmsim", *map(str, arguments), "--quiet"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=ENVIRONMENT,
        **options,
    )


def ended(process, code=0, timeout=1500):
    """What a process said on stderr, after it has ended with an exit code."""
    told = process.communicate(timeout=timeout)[1]
    assert process.returncode == code, told
    return told


def refused(*arguments):
    """What a command says on stderr that ends with exit code 2."""
    done = ecmsim(*arguments, "--quiet")
    assert done.returncode == 2, done.stderr
    return done.stderr


def rows_in(folder):
    try:
        return (folder / "timeseries.csv").read_bytes().count(b"\n") - 1
    except OSError:
        return 0


def events_in(folder, name=None):
    table = pd.read_csv(folder / "events.csv")
    return table[table.event == name] if name else table


def assert_same_run(folder, wanted, events=True):
    """The files of two runs, to the byte; events: also events.csv."""
    for name in SAME if events else (SAME[0], SAME[2]):
        assert (folder / name).read_bytes() == (wanted / name).read_bytes(), name
    for snapshot in sorted((wanted / "snapshots").glob("*.vtu")):
        assert (folder / "snapshots" / snapshot.name).read_bytes() == snapshot.read_bytes(), snapshot.name
    assert len(list((folder / "snapshots").iterdir())) == len(list((wanted / "snapshots").iterdir()))
    with h5py.File(folder / "history.h5") as one, h5py.File(wanted / "history.h5") as other:
        names = []
        other.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
        assert len(names) >= 6
        for name in set(names) - {"config"}:
            assert np.array_equal(one[name][()], other[name][()]), name
    provenance = json.loads((folder / "provenance.json").read_text())
    assert provenance["status"] == "finished"
    for key in ("steps", "newton_iterations", "remeshes"):
        assert provenance[key] == json.loads((wanted / "provenance.json").read_text())[key], key


def test_the_case_has_what_a_run_can_have(undisturbed):
    """Otherwise the tests below would prove less than they say."""
    names = set(events_in(undisturbed).event)
    assert {"remesh", "rupture", "condition", "step ends", "RESET onset", "gap", "milestone"} <= names
    labels = [snapshot.label for snapshot in open_run(undisturbed).snapshots]
    assert labels == ["t = 0.3 s", "t = 0.5 s", "0.1 fA", "end"]
    series = open_run(undisturbed).timeseries
    assert 70 < len(series) < 200 and series.height_nm.iloc[-1] > 0.5
    found = Checkpoints(undisturbed / "checkpoints").read().content
    assert found["step"] % 10 == 0 and found["step"] > 60
    with h5py.File(undisturbed / "history.h5") as file:
        assert len(file["outline/time_s"]) == len(series)


# --- killed -------------------------------------------------------------------------------------------------------


def under_way(folder, process, beyond):
    """Wait until the process writes the folder and has reported so many rows more than it found, or has ended."""
    found = None
    while process.poll() is None and (found is None or rows_in(folder) < found + beyond):
        if found is None:
            try:
                told = json.loads((folder / "provenance.json").read_text())
                entry = told.get("resumed", [told])[-1]
                if entry["process"] == process.pid and rows_in(folder) <= entry.get("step", 0) + 2:
                    found = entry.get("step", 0)
            except (OSError, ValueError, KeyError):
                pass
        time.sleep(0.001)


def test_killed_again_and_again(case, undisturbed, tmp_path):
    """SIGKILL at random moments: within steps, checkpoints, meshes, the beginning and the going on."""
    chance, folder = random.Random(SEED), tmp_path / "run"
    process, killed = started("run", case, "--out", folder), 0
    while killed < KILLS:
        under_way(folder, process, chance.randint(0, 2 * len(open_run(undisturbed).timeseries) // (KILLS + 1)))
        time.sleep(chance.uniform(0, 0.05))
        process.kill()
        told = process.communicate()[1]
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL, told
        killed += 1
        process = started("resume", folder)
    else:
        ended(process)
    assert killed >= min(KILLS, 2)
    assert_same_run(folder, undisturbed)
    assert len(json.loads((folder / "provenance.json").read_text())["resumed"]) >= min(killed, 2) - 1


def killed():
    raise KeyboardInterrupt


def test_killed_before_the_first_checkpoint(case, beginning, tmp_path):
    """There is nothing to go on from: it begins again, in the same folder."""
    folder = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        run(load_config(case), folder, progress=During(1, killed))
    assert rows_in(folder) == 1 and not (folder / "checkpoints").exists()
    resume(folder, until=EARLY)
    assert_same_run(folder, beginning)


def test_killed_at_the_first_checkpoint(case, beginning, tmp_path):
    """It holds the state at t = 0, from which the run goes on as it did."""
    folder = tmp_path / "run"
    with pytest.raises(Stopped):
        run(load_config(case), folder, progress=During(2, signalled))
    assert Checkpoints(folder / "checkpoints").read().content["step"] == 0
    resume(folder, until=EARLY)
    assert_same_run(folder, beginning)


# --- stopped ------------------------------------------------------------------------------------------------------


def test_a_signal_stops_a_run_that_can_be_resumed(case, undisturbed, tmp_path):
    """Exit code 75 and the command that goes on with it, word for word."""
    folder = tmp_path / "run"
    process = started("run", case, "--out", folder)
    under_way(folder, process, 25)
    process.terminate()
    told = ended(process, 75)
    assert told.count("error:") == 1 and "Traceback" not in told
    assert "signal SIGTERM" in told and "stopped at t = 0." in told
    command = told.strip().rpartition("go on with: ")[2]
    assert command == f"ecmsim resume {folder}"
    assert open_run(folder).status == "stopped"
    assert ecmsim(*command.split()[1:], "--quiet").returncode == 0
    assert_same_run(folder, undisturbed)


def test_a_file_called_stop(case, undisturbed, tmp_path):
    """It stops the run at the next step, and is removed when that goes on; here between a RESET's peak and its end."""
    folder = tmp_path / "run"
    with pytest.raises(Stopped, match="STOP asks for it; go on with: ecmsim resume") as caught:
        run(load_config(case), folder, progress=During(36, (folder / "STOP").touch))
    assert caught.value.exit_code == 75 and rows_in(folder) == 36
    resume(folder)
    assert not (folder / "STOP").exists()
    assert_same_run(folder, undisturbed)


def test_the_wall_time(case, undisturbed, tmp_path, monkeypatch):
    """A batch job ends by itself before it is ended; here while steps are short after a rupture."""
    folder = tmp_path / "run"
    late = time.monotonic() + 61
    progress = During(43, lambda: monkeypatch.setattr("ecmsim.running.stopping.time.monotonic", lambda: late))
    with pytest.raises(Stopped, match=r"the wall time is over \(checkpoint.walltime\)") as caught:
        run(load_config(case, ["checkpoint.walltime=60 s"]), folder, progress=progress)
    assert caught.value.exit_code == 75 and rows_in(folder) == 43
    assert open_run(folder).status == "stopped"
    monkeypatch.undo()
    resume(folder, overrides=["checkpoint.walltime=1 h"])
    assert_same_run(folder, undisturbed, events=False)
    assert [*events_in(folder, "setting changed").detail] == ['checkpoint.walltime: "60 s" -> "3600 s"']


def test_a_run_of_an_older_version_goes_on(halves, undisturbed, tmp_path):
    """Its configuration has the number of steps between two states to resume from under another name."""
    folder = stopped(halves, tmp_path / "run")
    text = (folder / "config.toml").read_text()
    assert "rebind_every = 10\n" in text
    text = text.replace("rebind_every = 10\n", "").replace("[checkpoint]\n", "[checkpoint]\nevery = 10\n")
    (folder / "config.toml").write_text(text)
    resume(folder)
    assert_same_run(folder, undisturbed)
    assert "rebind_every = 10" in (folder / "config.toml").read_text()


def test_without_checkpoints_nothing_can_be_resumed(case, beginning, tmp_path):
    """The run says so when it is stopped; and its numbers are the same."""
    folder, config = tmp_path / "run", load_config(case, ["checkpoint.enabled=false"])
    with pytest.raises(Interrupted, match="without checkpoints it cannot be resumed") as caught:
        run(config, folder, progress=During(20, signalled))
    assert caught.value.exit_code == 130 and not (folder / "checkpoints").exists()
    with pytest.raises(ResultsError, match="nothing can be resumed"):
        resume(folder)
    run(config, folder, overwrite=True, until=EARLY)
    assert_same_run(folder, beginning)


def test_how_often_checkpoints_are_written_does_not_matter(case, undisturbed, tmp_path):
    folder = tmp_path / "run"
    run(load_config(case, ["checkpoint.interval=1 h", "checkpoint.keep=1"]), folder)
    assert_same_run(folder, undisturbed)
    assert len(list((folder / "checkpoints").glob("*.h5"))) == 1


def test_a_second_signal_ends_the_process(tmp_path):
    before, interrupt = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    with StopRequests(tmp_path) as requests:
        assert requests.reason is None and signal.getsignal(signal.SIGTERM) != before
        signalled()
        assert requests.reason == "signal SIGTERM"
        assert signal.getsignal(signal.SIGTERM) == before
    assert signal.getsignal(signal.SIGINT) is interrupt  # which a shell that begins in the background leaves ignored


# --- from what is left --------------------------------------------------------------------------------------------


def damage(path):
    """Turn one bit in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_a_damaged_checkpoint_costs_some_steps_only(halves, undisturbed, tmp_path, caplog):
    """The one before it serves; the log tells."""
    folder = stopped(halves, tmp_path / "run")
    newest = Checkpoints(folder / "checkpoints").newest()
    damage(newest)
    resume(folder)
    assert f"checkpoint left out: {newest.name} is damaged" in caplog.text
    assert_same_run(folder, undisturbed)


def test_no_checkpoint_that_is_whole(halves, tmp_path):
    folder = stopped(halves, tmp_path / "run", rows=25)
    files = sorted((folder / "checkpoints").glob("*.h5"))
    for path in files:
        damage(path)
    before = (folder / "timeseries.csv").read_bytes()
    with pytest.raises(ResultsError, match="holds no checkpoint that is whole") as caught:
        resume(folder)
    assert all(path.name in str(caught.value) for path in files) and "--overwrite" in str(caught.value)
    assert (folder / "timeseries.csv").read_bytes() == before and open_run(folder).status == "stopped"


@pytest.mark.parametrize("left", ["nothing", "temporary", "torn", "pointer"])
def test_a_kill_or_a_full_disk_at_the_first_checkpoint_costs_nothing(halves, beginning, tmp_path, left):
    """The run begins anew: there is no more than the state at t = 0."""
    folder = stopped(halves, tmp_path / "run", rows=25)
    lines = (folder / "timeseries.csv").read_text().splitlines(keepends=True)
    (folder / "timeseries.csv").write_text("".join(lines[:2]))
    data = next((folder / "checkpoints").glob("*.h5")).read_bytes()
    for path in (folder / "checkpoints").iterdir():
        path.unlink()
    if left in ("temporary", "torn"):
        name = ".000001.h5.tmp" if left == "temporary" else "000001.h5"
        (folder / "checkpoints" / name).write_bytes(data[: len(data) // 2])
    if left == "pointer":
        (folder / "checkpoints" / "latest.json").write_text('{"file": "000001.h5"}')
    resume(folder, until=EARLY)
    assert_same_run(folder, beginning)


# --- with other settings ------------------------------------------------------------------------------------------


def test_another_model_is_refused(halves, tmp_path):
    """Whether on the command line or in the folder; the message names the setting, and nothing is changed."""
    folder = stopped(halves, tmp_path / "run", rows=25)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    told = refused("resume", folder, "--set", "hopping.activation_energy=0.6 eV")
    assert told.startswith("error: ") and 'hopping.activation_energy: "' in told and '-> "0.6 eV"' in told
    with pytest.raises(ResultsError, match=r'programme\[2\].to: "1.15 V" -> "1.2 V"'):
        resume(folder, overrides=["programme[2].to=1.2 V"])
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    text = (folder / "config.toml").read_text()
    changed = text.replace('layer_thickness = { value = "10 nm"', 'layer_thickness = { value = "9 nm"')
    assert changed != text
    (folder / "config.toml").write_text(changed)
    with pytest.raises(ResultsError, match=r'cell.layer_thickness: "10 nm" -> "9 nm".*--out') as caught:
        resume(folder)
    assert caught.value.exit_code == 2


def test_other_numerics_are_taken_and_noted(halves, undisturbed, tmp_path):
    """Steps from the checkpoint on are other ones; those before it stay, and config.toml tells what held last."""
    folder = stopped(halves, tmp_path / "run", rows=25)
    step = Checkpoints(folder / "checkpoints").read().content["mark"]["steps"]
    resume(folder, overrides=["stepping.largest_voltage_step=25 mV", "title=again"])
    notes = {*events_in(folder, "setting changed").detail}
    assert 'stepping.largest_voltage_step: "0.05 V" -> "0.025 V"' in notes
    assert any(note.startswith("title: ") for note in notes) and len(notes) == 2
    old, new = open_run(undisturbed).timeseries, open_run(folder).timeseries
    pd.testing.assert_frame_equal(new[:step], old[:step])
    assert len(new) > len(old) + 3 and new.time_s.iloc[-1] == pytest.approx(old.time_s.iloc[-1], abs=0.01)
    config = load_config(folder / "config.toml")
    assert config.stepping.largest_voltage_step == 0.025 and config.title == "again"


def test_a_finished_run(undisturbed, tmp_path):
    """It has nothing left to do, unless its programme is longer now."""
    folder = tmp_path / "run"
    shutil.copytree(undisturbed, folder)
    before = (folder / "timeseries.csv").read_bytes()
    told = refused("resume", folder)
    assert told.startswith(f"error: {folder} is finished (end of the programme") and told.count("\n") == 1
    assert told.endswith("): there is nothing to resume\n")
    assert (folder / "timeseries.csv").read_bytes() == before
    steps = (folder / "config.toml").read_text() + '\n[[programme]]\nkind = "hold"\nduration = "10 ms"\n'
    (folder / "config.toml").write_text(steps)
    resume(folder)
    after = (folder / "timeseries.csv").read_bytes()
    assert after.startswith(before) and len(after) > len(before)
    assert open_run(folder).timeseries.time_s.iloc[-1] == open_run(undisturbed).timeseries.time_s.iloc[-1] + 0.01


def test_a_folder_without_a_run(tmp_path):
    told = refused("resume", tmp_path)
    assert told.startswith("error: ") and "not the folder of a run" in told


def test_a_run_that_failed_goes_on_with_smaller_steps(case, tmp_path):
    """Exit code 3, and its last checkpoint, from which other numerics lead on."""
    folder, config = tmp_path / "run", load_config(case, ["stepping.smallest_step=0.3 ms"])
    with pytest.raises(SolveError) as caught:
        run(config, folder)
    assert caught.value.exit_code == 3 and open_run(folder).status == "failed"
    assert (folder / "failure.npz").exists()
    rows = rows_in(folder)
    resume(folder, overrides=["stepping.smallest_step=1e-12 s"], until=0.4)
    assert open_run(folder).status == "finished" and not (folder / "failure.npz").exists()
    assert rows_in(folder) > rows and open_run(folder).timeseries.time_s.iloc[-1] == 0.4


# --- disks --------------------------------------------------------------------------------------------------------


def test_a_limit_of_file_sizes(case, undisturbed, tmp_path):
    """As a quota: one clear error; with more space the run goes on as if nothing had happened."""
    folder = tmp_path / "run"
    sizes = {path: path.stat().st_size for path in undisturbed.rglob("*") if path.is_file()}
    largest = max(sizes.values())
    process = started(
        "run",
        case,
        "--out",
        folder,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (largest - 1, resource.RLIM_INFINITY)),
    )
    told = ended(process, 2)
    assert told.count("error:") == 1 and "File too large; free some space there or choose" in told
    assert "Traceback" not in told
    resume(folder)
    assert_same_run(folder, undisturbed)


def test_a_full_disk(case, undisturbed, small_disk):  # noqa: F811
    """One clear error while the run is under way; after making space it goes on as if nothing had happened."""
    folder, ballast = small_disk / "run", small_disk / "ballast"

    def fill():
        with open(ballast, "wb", buffering=0) as file:
            while True:
                left = os.statvfs(small_disk)
                if left.f_bavail * left.f_bsize < 20_000 or file.write(bytes(4096)) < 4096:
                    break

    with pytest.raises(ResultsError, match="No space left on device; free some space there or choose another folder"):
        run(load_config(case), folder, progress=During(33, fill))
    assert open_run(folder).status in ("failed", "interrupted") and 33 <= rows_in(folder) < 100
    told = refused("resume", folder)
    assert "No space left on device" in told and len(told.splitlines()) == 1, told
    ballast.unlink()
    resume(folder)
    assert_same_run(folder, undisturbed)


def test_a_folder_that_cannot_be_written(case, tmp_path):
    """Before anything is computed: exit code 2, and the remedy."""
    blocked = tmp_path / "file"
    blocked.write_text("mine")
    told = refused("run", case, "--out", blocked / "run")
    assert told.count("error:") == 1 and str(blocked) in told and "--out" in told
    assert "Traceback" not in told and blocked.read_text() == "mine"
    with pytest.raises(ResultsError, match="choose another folder with --out"):
        run(load_config(case), Path("/proc/ecmsim/run"))


# --- ranks --------------------------------------------------------------------------------------------------------


@needs_mpirun
def test_on_another_number_of_ranks(halves, undisturbed, tmp_path):
    """Begun on one and gone on with on two: the same to the solver's tolerance."""
    folder = stopped(halves, tmp_path / "run")
    ended(started("resume", folder, ranks=2))
    one, two = (open_run(path).timeseries for path in (undisturbed, folder))
    assert len(one) == len(two)
    for column in ("time_s", "source_voltage_V", "current_A", "height_nm", "volume_nm3", "recess_nm"):
        np.testing.assert_allclose(two[column], one[column], rtol=1e-7, atol=1e-24, err_msg=column)
    told = json.loads((folder / "provenance.json").read_text())
    assert (told["ranks"], told["resumed"][-1]["ranks"]) == (1, 2)


# --- RESET --------------------------------------------------------------------------------------------------------


def test_a_whole_reset(tmp_path):
    """A filament dissolves to its nucleus: metal and charge in balance, then no current at all."""
    overrides = [
        "initial.kind=cylinder",
        "initial.radius=1 nm",
        "initial.height=2 nm",
        'programme=[{kind="ramp", to="-0.8 V", rate="1 V/s"}]',
        "compliance.kind=none",
        "heat.enabled=false",
    ]
    folder = tmp_path / "run"
    run(load_config(ROOT / "configs" / "quick.toml", overrides), folder)
    series, events = open_run(folder).timeseries, events_in(folder)
    assert len(events[events.event == "full dissolution"]) == 1 and len(events[events.event == "RESET onset"]) == 1
    dissolved = events.time_s[events.event == "full dissolution"].iloc[0]
    assert 0.3 < dissolved < 0.8
    assert series.volume_nm3[0] == pytest.approx(np.pi * (1 + 2 / 3), rel=0.01)
    nucleus = 2 / 3 * np.pi * 0.128**3
    assert series.volume_nm3.iloc[-1] == pytest.approx(nucleus, rel=0.1)
    assert series.height_nm.iloc[-1] == pytest.approx(0.128, rel=0.01)
    assert series.recess_nm.iloc[-1] < 1e-3 and series.recess_nm[0] == pytest.approx(0.05 * 1.872, abs=1e-3)
    assert series.faraday_error.max() < 1e-3
    assert series.charge_imbalance.max() < 1e-8
    assert (series.current_A[series.time_s < 0.99 * dissolved].iloc[1:] < 0).all()
    largest = series.current_A.abs().max()
    after = series[series.time_s > dissolved + 0.05]
    assert len(after) > 3 and after.current_A.abs().max() < 1e-6 * largest
    assert (np.diff(series.volume_nm3) < 1e-3 * nucleus).all()
