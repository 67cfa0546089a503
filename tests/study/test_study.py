"""Studies: which cases a file means, how they are scheduled, skipped, resumed and repeated, and what is read off."""

import io
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from helpers import own_laws
from helpers.command import ecmsim
from helpers.paths import ROOT, STUB
from helpers.ranks import launcher, needs_mpirun

from ecmsim.config.structure import column
from ecmsim.errors import ConfigError, PlotError, ResultsError
from ecmsim.plot import draw
from ecmsim.plot.study import default_y, fitted, label, open_study, split
from ecmsim.results import Run
from ecmsim.study import Study, child, display, folder, naming, space
from ecmsim.study.command import sweep as sweep_command
from ecmsim.study.observables import Observable, resistance_at_read_voltage

CURRENTS = '["1 nA", "10 nA", "0.1 uA"]'
HEAD = f'config = "{ROOT}/configs/quick.toml"\n'


def write(path, text, head=HEAD):
    path.write_text(head + text)
    return path


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder with study.toml (three compliance currents) and the stub's files; the study's results go to out."""
    monkeypatch.setenv("STUB_HOME", str(tmp_path))
    write(tmp_path / "study.toml", f"[grid]\ncompliance.current = {CURRENTS}\n")
    (tmp_path / "calls.txt").touch()
    behave(tmp_path)
    return tmp_path


def behave(home, **cases):
    (home / "behaviour.json").write_text(json.dumps(cases))


def calls(home):
    """The calls of the stub as (command, folder, process, overwrite)."""
    return [tuple(line.split()) for line in (home / "calls.txt").read_text().splitlines()]


def run(home, **options):
    """Run the study with the stub in place of ecmsim; the Outcome."""
    return Study.load(home / "study.toml").run(home / "out", **({"jobs": 2, "command": STUB} | options))


def states(outcome):
    return [ending.state for _, ending in sorted(outcome.endings.items())]


def table(home):
    return pd.read_csv(home / "out" / "summary.csv", keep_default_na=True)


def wait_for(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def start_driver(home, **options):
    """The same study in a process of its own that can be killed; its exit code is the study's."""
    options = {"jobs": 2, "command": STUB} | options
    # A shell that begins the tests in the background has them ignore SIGINT, and the study would do so, too.
    code = f"""
import signal, sys
from ecmsim.study import Study
signal.signal(signal.SIGINT, signal.default_int_handler)
outcome = Study.load({str(home / "study.toml")!r}).run({str(home / "out")!r}, **{options!r})
print([ending.state for _, ending in sorted(outcome.endings.items())])
sys.exit(outcome.exit_code)
"""
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    }
    return subprocess.Popen([sys.executable, "-c", code], cwd=home, env=environment, stdout=subprocess.PIPE, text=True)


# --- what a study file means --------------------------------------------------------------------------------


def cases(tmp_path, text, **options):
    return Study.load(write(tmp_path / "s.toml", text, **options)).cases


def test_grid_is_every_combination_and_zip_advances_together(tmp_path):
    found = cases(
        tmp_path,
        """
        [grid]
        "compliance.current" = ["1 nA", "1 uA"]
        heat.enabled = [true, false]
        [zip]
        "programme[0].rate" = ["0.1 V/s", "1 V/s", "10 V/s"]
        "programme[0].to" = ["1.6 V", "1.7 V", "1.8 V"]
        """,
    )
    assert len(found) == 12
    assert [case.index for case in found] == list(range(12))
    assert found[0].key == "compliance.current=1nA,heat.enabled=true,programme.0.rate=100mV_per_s,programme.0.to=1.6V"
    second = found[1].config
    assert (second.compliance.current, second.heat.enabled) == (1e-9, True)
    assert (second.programme[0].rate, second.programme[0].to) == (1.0, 1.7)
    assert found[-1].config.heat.enabled is False and found[-1].config.programme[0].rate == 10.0


def test_a_range_over_a_setting_of_a_step_within_a_repeat(tmp_path):
    inner = '{ kind = "ramp", to = "1 V", rate = "1 V/s" }, { kind = "ramp", to = "0 V", rate = "1 V/s" }'
    text = f"""
        [set]
        programme = [{{ kind = "repeat", count = 2, steps = [{inner}] }}]
        [grid]
        "programme.0.steps.0.to" = {{ from = "1 V", to = "2 V", count = 3 }}
        """
    peaks = [1.0, 1.5, 2.0]
    assert [case.config.programme[0].steps[0].to for case in cases(tmp_path, text)] == peaks


def test_ranges_hit_round_values_and_their_ends(tmp_path):
    found = cases(
        tmp_path, '[grid]\n"compliance.current" = { from = "1 nA", to = "1 mA", count = 13, spacing = "log" }\n'
    )
    currents = [float(case.config.compliance.current) for case in found]
    assert currents[::2] == [1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3]
    assert np.diff(np.log10(currents)) == pytest.approx(0.5)
    assert found[1].key == "compliance.current=3.162nA"
    assert space.values_of("tunnelling.prefactor", {"from": 0.5, "to": 1.5, "count": 3}) == [0.5, 1.0, 1.5]
    assert space.values_of("mesh.nucleus_segments", {"from": 8, "to": 24, "count": 3}) == [8, 16, 24]
    some = space.values_of("mesh.cells_across_gap", {"from": 1, "to": 4, "count": 3})
    assert some == [1, 2.5, 4] and isinstance(some[0], int)  # whole ones are written as such
    assert space.values_of("cell.radius", {"from": "20 nm", "to": "0.03 um", "count": 2}) == ["20 nm", "30 nm"]


def test_sample_is_a_latin_hypercube_that_the_seed_repeats(tmp_path):
    text = """
    [sample]
    count = 8
    seed = %d
    "compliance.current" = { from = "1 nA", to = "1 mA", spacing = "log" }
    "cell.radius" = { from = "20 nm", to = "40 nm" }
    """
    found = cases(tmp_path, text % 3)
    assert [case.values for case in found] == [case.values for case in cases(tmp_path, text % 3)]
    assert [case.values for case in found] != [case.values for case in cases(tmp_path, text % 4)]
    decades = [np.log10(case.config.compliance.current) for case in found]
    radii = [float(case.config.cell.radius) for case in found]
    assert sorted(np.floor((np.array(decades) + 9) / 6 * 8)) == list(range(8))  # one in each eighth
    assert sorted(np.floor((np.array(radii) - 20) / 20 * 8)) == list(range(8))


def test_named_cases_stand_beside_the_varied_ones(tmp_path):
    text = """
title = "Both"
[grid]
"compliance.current" = ["1 uA", "2 uA"]
[[case]]
name = "reference"
[[case]]
name = "cold"
title = "No heat"
set = { heat.enabled = false, compliance.current = "3 uA" }
"""
    study = Study.load(write(tmp_path / "s.toml", text))
    assert [case.name for case in study.cases] == ["", "", "reference", "cold"]
    assert [case.key for case in study.cases][2:] == ["case=reference", "case=cold"]
    assert [float(case.config.compliance.current) for case in study.cases] == [1e-6, 2e-6, 1e-6, 3e-6]
    assert not study.cases[3].config.heat.enabled and study.cases[2].config.heat.enabled
    assert [case.config.title for case in study.cases][2:] == ["Both: reference", "No heat"]
    table = study.summary(tmp_path / "out")
    assert list(table["name"]) == ["", "", "reference", "cold"]
    assert list(table["heat_enabled"]) == [True, True, True, False]


def test_fixed_settings_hold_for_all_and_titles_say_what_varies(tmp_path):
    fixed = '{ "heat.enabled" = false, mesh = { growth = 0.5 } }'
    text = f'title = "Series"\nset = {fixed}\n[grid]\ncompliance.current = {CURRENTS}'
    found = cases(tmp_path, text)
    assert all(not case.config.heat.enabled and case.config.mesh.growth == 0.5 for case in found)
    assert found[1].config.title == "Series: compliance.current = 10 nA"


def test_paths_are_relative_to_the_study(tmp_path):
    (tmp_path / "sub").mkdir()
    shutil.copy(ROOT / "ecmsim/materials/Cu.toml", tmp_path / "own.toml")
    reference = (ROOT / "configs/cu_sio2_pt.toml").read_text()
    (tmp_path / "base.toml").write_text(reference.replace("[interface]\n", '[interface]\nborrow = "Cu | SiO2"\n'))
    path = write(
        tmp_path / "sub" / "s.toml",
        '[grid]\ncell.active_electrode = ["Ag", "../own.toml"]',
        'config = "../base.toml"\n',
    )
    assert [case.key for case in Study.load(path).cases] == ["cell.active_electrode=Ag", "cell.active_electrode=own"]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            '[grid]\ncompliance.current = ["1 nA", "1 V", "-1 nA"]',
            ["2 of 3 cases", 'case 1 (compliance.current = "1 V")', "case 2"],
        ),
        ('[grid]\ncompliance.curent = ["1 nA", "2 nA"]', ["2 of 2 cases", "all cases: ", 'did you mean "current"']),
        ('[grid]\ncompliance.current = { from = "1 nA", to = "1 V", count = 3 }', ['to = "1 V"', "got a voltage"]),
        ('[grid]\ncompliance.current = { from = "0 A", to = "1 A", count = 3, spacing = "log" }', ["above zero"]),
        ('[grid]\ncompliance.current = { from = "1 A", to = "2 A", count = 1 }', ["at least 2"]),
        ('[grid]\ncompliance.current = "1 nA"', ["expected a list of values"]),
        ('[[case]]\nname = "a b"', ["case[0]: needs a name of letters"]),
        ('[[case]]\nname = "a"\nsets = {}', ['unknown key "sets"', 'did you mean "set"']),
        ('[[case]]\nname = "a"\n[[case]]\nname = "a"', ['the name "a" is used twice']),
        ('[set]\nheat.enabled = false\n[[case]]\nname = "a"\nset = { heat.enabled = true }', ["both in set and in"]),
        ('[grid]\ncompliance.current = ["1 nA", "0.001 uA"]', ["the same case more than once: compliance.current=1nA"]),
        (
            '[zip]\ncell.radius = ["20 nm"]\ncompliance.current = ["1 nA", "2 nA"]',
            ["cell.radius has 1, compliance.current has 2"],
        ),
        ("[grid]\nheat.enabled = [true]\n[zip]\nheat.enabled = [true]", ["heat.enabled: varied in more than one"]),
        ("set = { heat.enabled = true }\n[grid]\nheat.enabled = [true]", ["both in set and varied"]),
        ("", ["varies nothing"]),
        ("[gird]\nheat.enabled = [true]", ['gird: unknown key; did you mean "grid"']),
        ('[sample]\ncount = 2\ncell.radius = ["1 nm"]', ["sample.cell.radius: expected { from"]),
        ('[sample]\ncell.radius = { from = "1 nm", to = "2 nm" }', ["needs count"]),
        ("read_voltage = 0.1\n[grid]\nheat.enabled = [true]", ["read_voltage = 0.1", "a voltage with its unit"]),
        (
            'observe = [{ name = "t", column = "time", reduce = "max" }]\n[grid]\nheat.enabled = [true]',
            ["observe[0]", "time_s"],
        ),
    ],
)
def test_all_that_is_wrong_is_told_at_once(tmp_path, text, problems):
    with pytest.raises(ConfigError) as caught:
        cases(tmp_path, text)
    for problem in problems:
        assert problem in str(caught.value)


@pytest.mark.slow
def test_the_studies_that_come_with_it_are_valid():
    sizes = {path.stem: len(Study.load(path).cases) for path in (ROOT / "configs" / "studies").glob("*.toml")}
    assert sizes["icc_series"] == 13 and sizes["quick_series"] == 3


def test_names_are_safe_short_and_tell_cases_apart(tmp_path):
    long = {f"section.setting_{n}": "value" for n in range(20)}
    assert len(naming.key_of(long)) <= naming.LONGEST
    assert naming.key_of(long) != naming.key_of(long | {"section.setting_19": "other"})
    assert naming.key_of({"cell.active_electrode": "/a/our metal.toml"}) == "cell.active_electrode=our-metal"
    near = cases(tmp_path, '[grid]\ncompliance.current = ["1.00001 nA", "1.00002 nA"]')
    assert [case.key for case in near] == ["compliance.current=1.00001nA", "compliance.current=1.00002nA"]
    assert column("butler_volmer.ion_concentration", "1/m^3") == "butler_volmer_ion_concentration_per_m3"
    assert column("programme[0].rate", "V/s") == "programme_0_rate_V_per_s"


# --- what is read off a run ---------------------------------------------------------------------------------


def sweep(peak=2.0, steps=41, on=500.0):
    """Voltages and currents of a SET sweep: off below 1.5 V, then a resistance in ohm behind 100 ohm."""
    source = np.concatenate([np.linspace(0, peak, steps), np.linspace(peak, 0, steps)[1:]])
    closed = np.maximum.accumulate(source) > 1.5
    current = np.where(closed, source / (on + 100), 1e-12 * source)
    return source, np.where(closed, on * current, source), current


def test_resistance_is_read_on_the_way_back():
    assert resistance_at_read_voltage(*sweep(), 0.1) == pytest.approx(500.0, rel=1e-12)
    assert resistance_at_read_voltage(*sweep(), 0.12345) == pytest.approx(500.0, rel=1e-12)


def test_resistance_is_that_of_the_first_cycle():
    reset = [np.linspace(0, -1, 5)[1:]] * 2 + [np.linspace(0, -1e-3, 5)[1:]]
    columns = [np.concatenate(parts) for parts in zip(sweep(on=500.0), reset, sweep(on=900.0), strict=True)]
    assert resistance_at_read_voltage(*columns, 0.1) == pytest.approx(500.0)


def test_resistance_is_nan_without_a_way_back():
    whole = sweep()
    up = [values[:41] for values in whole]
    assert np.isnan(resistance_at_read_voltage(*up, 0.1))
    assert np.isnan(resistance_at_read_voltage(*(values[:70] for values in whole), 0.1))
    assert np.isnan(resistance_at_read_voltage(*whole, 2.5))
    assert np.isnan(resistance_at_read_voltage(whole[0], whole[1], 0 * whole[2], 0.1))
    assert np.isnan(resistance_at_read_voltage([], [], [], 0.1))
    assert np.isnan(resistance_at_read_voltage([np.nan], [1.0], [1.0], 0.1))


def test_observables_of_a_users_choice():
    series = pd.DataFrame({"time_s": [0.0, 1.0, 2.0], "current_A": [0.0, -1e-6, -3e-6], "gap_nm": [9.0, 5.0, 1.0]})
    assert Observable("x", "gap_nm", "reduce", "min").of(series) == 1.0
    assert Observable("x", "gap_nm", "reduce", "last").of(series) == 1.0
    assert Observable("x", "gap_nm", "time", 0.5).of(series) == 7.0
    assert Observable("x", "gap_nm", "current", 2e-6).of(series) == pytest.approx(3.0)
    assert np.isnan(Observable("x", "gap_nm", "current", 1.0).of(series))
    assert np.isnan(Observable("x", "gap_nm", "time", 3.0).of(series))


# --- scheduling ---------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_study_runs_all_cases_and_leaves_a_summary(home):
    write(
        home / "study.toml",
        f'title = "S"\nobserve = [{{ name = "hottest", column = "temperature_max_K", reduce = "max" }}]\n'
        f"[grid]\ncompliance.current = {CURRENTS}\nheat.enabled = [true, false]",
    )
    outcome = run(home)
    assert states(outcome) == ["finished"] * 6 and outcome.exit_code == 0
    frame = table(home)
    assert list(frame.columns[:6]) == ["case", "folder", "status", "reason", "compliance_current_A", "heat_enabled"]
    assert list(frame["compliance_current_A"]) == [1e-9, 1e-9, 1e-8, 1e-8, 1e-7, 1e-7]
    assert list(frame["heat_enabled"]) == [True, False] * 3
    assert (frame["resistance_lrs_ohm"] * frame["compliance_current_A"]).to_numpy() == pytest.approx(0.5)
    assert frame["time_set_s"].between(1.5, 1.6).all() and (frame["hottest"] == 310).all()
    assert (frame["steps"] == 80).all() and (frame["wall_s"] > 0).all() and (frame["gap_min_nm"] == 0.3).all()
    out = home / "out"
    pd.testing.assert_frame_equal(pd.read_parquet(out / "summary.parquet"), frame, check_dtype=False)
    assert len(pd.read_csv(out / "cases.csv")) == 6
    assert Study.load(out / "study.toml").cases[5].key == Study.load(home / "study.toml").cases[5].key
    assert (out / "0000_compliance.current=1nA,heat.enabled=true" / "timeseries.csv").exists()
    environment = json.loads((home / "environment.json").read_text())
    assert environment["OMP_NUM_THREADS"] == environment["OPENBLAS_NUM_THREADS"] == "1"


@pytest.mark.parametrize(("each", "made"), [(0.0, 4), (1.0, 2)])
def test_tables_that_take_long_are_made_seldom_while_cases_run(home, monkeypatch, each, made):
    """Each time they read all cases. They are made after each of the three cases if that takes no time, and at the end;
    on a clock that only they move, after the first alone."""
    clock = [0.0]
    real = Study.summarize

    def summarize(self, root):
        clock.append(clock[-1] + each)
        return real(self, root)

    monkeypatch.setattr("ecmsim.study.study.time", SimpleNamespace(monotonic=lambda: clock[-1]))
    monkeypatch.setattr(Study, "summarize", summarize)
    run(home)
    assert len(clock) - 1 == made
    assert [*table(home).status] == ["finished"] * 3


def test_finished_cases_are_skipped(home):
    assert run(home).exit_code == 0
    before = (home / "out" / "summary.csv").read_bytes()
    assert states(run(home)) == ["finished"] * 3
    assert len(calls(home)) == 3 and (home / "out" / "summary.csv").read_bytes() == before


def test_an_extended_study_keeps_what_it_has(home):
    run(home)
    write(home / "study.toml", '[grid]\ncompliance.current = ["1 nA", "3 nA", "1e-8 A", "100 nA"]')
    assert states(run(home)) == ["finished"] * 4
    assert [call[1] for call in calls(home)[3:]] == ["0001_compliance.current=3nA"]
    assert list(table(home)["compliance_current_A"]) == [1e-9, 3e-9, 1e-8, 1e-7]
    write(home / "study.toml", '[grid]\ncompliance.current = ["3 nA"]')
    study = Study.load(home / "study.toml")
    assert len(folder.strangers(home / "out", study.places(home / "out"))) == 3


@pytest.mark.slow
def test_changed_configuration_is_refused_before_anything_runs(home):
    run(home)
    text = f'set = {{ cell.radius = "30 nm" }}\n[grid]\ncompliance.current = {CURRENTS}'
    write(
        home / "study.toml",
        f'title = "New"\nset = {{ checkpoint.interval = "5 s" }}\n[grid]\ncompliance.current = {CURRENTS}',
    )
    assert states(run(home)) == ["finished"] * 3  # neither the title nor checkpoints change a run
    write(home / "study.toml", text)
    with pytest.raises(ResultsError, match=r"0000_compliance.current=1nA, 0001_.*--overwrite"):
        run(home)
    assert len(calls(home)) == 3
    assert run(home, overwrite=True).exit_code == 0
    assert [call[3] for call in calls(home)] == ["False"] * 3 + ["True"] * 3
    assert states(run(home)) == ["finished"] * 3 and len(calls(home)) == 6


# --- laws of one's own --------------------------------------------------------------------------------------


@pytest.fixture
def own(home):
    """The study's folder with a study of a parameter of a law from a file, which it names relative to itself."""
    own_laws.write(home, "")
    text = (
        '[set]\nlaws.stress = { law = "my_laws.py:Yielding", radius = 2.0 }\n[grid]\nlaws.stress.energy = [0.1, 0.2]\n'
    )
    write(home / "study.toml", text, 'config = "cell.toml"\n')
    return home


def commands(home):
    """The command lines of all children."""
    study = Study.load(home / "study.toml")
    return [
        shlex.split(attempt["command"]) for place in study.places(home / "out") for attempt in folder.attempts(place)
    ]


def test_laws_of_ones_own_run_with_the_option_alone_and_children_get_it_from_their_parent(own):
    with pytest.raises(ConfigError, match='laws.stress = ".*my_laws.py:Yielding": is Python code.*--allow-code'):
        run(own)
    assert not calls(own) and not (own / "out").exists()
    assert states(run(own, allow_code=True)) == ["finished"] * 2
    assert len(commands(own)) == 2 and all("--allow-code" in command for command in commands(own))
    [case, _] = Study.load(own / "study.toml").cases
    assert case.config.laws["stress"].file == own / "my_laws.py"
    assert case.config.laws["stress"].parameters == {"radius": 2.0, "energy": 0.1}
    assert sorted(table(own)["laws_stress_energy"]) == [0.1, 0.2]
    job = Study.load(own / "study.toml").plan(own / "out", command=STUB, allow_code=True)[0][1]
    assert child.arguments(job, "resume")[-1] == "--allow-code"


def test_a_study_without_the_option_gives_it_to_no_child(home):
    run(home)
    assert len(commands(home)) == 3 and not any("--allow-code" in command for command in commands(home))


@pytest.mark.slow
def test_runs_with_other_code_of_a_law_are_changed(own):
    run(own, allow_code=True)
    file = own / "my_laws.py"
    file.touch()
    assert states(run(own, allow_code=True)) == ["finished"] * 2 and len(calls(own)) == 2
    file.write_text(own_laws.TEXT + "# another line\n")
    with pytest.raises(ResultsError, match="energy=0.1, 0001_.*energy=0.2 .laws of one's own count by the content"):
        run(own, allow_code=True)
    assert run(own, allow_code=True, overwrite=True).exit_code == 0 and len(calls(own)) == 4
    assert states(run(own, allow_code=True)) == ["finished"] * 2 and len(calls(own)) == 4


def test_laws_themselves_are_varied(own):
    text = '[grid]\nlaws.stress = ["my_laws.py:Yielding", { law = "my_laws.py:Plain", energy = 1 }]\n'
    write(own / "study.toml", text, 'config = "cell.toml"\n')
    study = Study.load(own / "study.toml")
    assert [case.config.laws["stress"].class_name for case in study.cases] == ["Yielding", "Plain"]
    assert [place.name for place in study.places(own)] == [
        "0000_laws.stress=my_laws-Yielding",
        "0001_laws.stress=my_laws-Plain-energy-1",
    ]


@pytest.mark.slow
def test_the_command_asks_for_the_option_before_anything_runs(own):
    refused = ecmsim("sweep", own / "study.toml", "--out", own / "out")
    assert refused.returncode == 2 and "--allow-code" in refused.stderr and not (own / "out").exists()
    listed = ecmsim("sweep", own / "study.toml", "--out", own / "out", "--list")
    assert listed.returncode == 0 and "laws.stress.energy = 0.1" in listed.stdout


@pytest.mark.slow
def test_failed_cases_are_reported_and_repeated_only_on_demand(home):
    behave(home, **{"=1nA": "fail", "=10nA": "crash"})
    outcome = run(home)
    assert states(outcome) == ["failed", "failed", "finished"] and outcome.exit_code == 3
    assert list(table(home)["status"]) == ["failed", "failed", "finished"]
    assert list(table(home)["reason"])[:2] == ["the mesh folded", "cannot even begin"]
    behave(home)
    assert states(run(home)) == ["failed", "failed", "finished"] and len(calls(home)) == 3
    assert run(home, retry=True).exit_code == 0 and len(calls(home)) == 5


@pytest.mark.slow
@pytest.mark.parametrize("resumable", [True, False])
def test_paused_cases_ask_for_another_start_and_are_resumed(home, monkeypatch, resumable):
    monkeypatch.setattr(Run, "resumable", resumable, raising=False)
    behave(home, **{"=10nA": "pause"})
    outcome = run(home)
    assert states(outcome) == ["finished", "paused", "finished"] and outcome.exit_code == 75
    assert table(home)["status"][1] == "paused" and table(home)["reason"][1] == "walltime"
    behave(home)
    outcome = run(home)
    assert outcome.exit_code == 0
    assert calls(home)[3][:2] == ("resume" if resumable else "run", "0001_compliance.current=10nA")
    # Time that counts: of all attempts, unless the run began anew.
    assert len(folder.attempts(Study.load(home / "study.toml").places(home / "out")[1])) == (2 if resumable else 1)


def test_exit_75_comes_before_failures(home):
    behave(home, **{"=10nA": "pause", "=1nA": "fail"})
    assert run(home).exit_code == 75


def test_only_one_case(home):
    outcome = run(home, only=1)
    assert list(outcome.endings) == ["0001_compliance.current=10nA"] and len(calls(home)) == 1
    assert list(table(home)["status"]) == ["pending", "finished", "pending"]
    with pytest.raises(ConfigError, match="no case 3: the study has 3"):
        run(home, only=3)


@pytest.mark.slow
def test_no_more_than_so_many_at_a_time(home):
    behave(home, nA="wait")
    process = start_driver(home, jobs=2)
    wait_for(lambda: len(calls(home)) == 2)
    time.sleep(0.3)
    assert len(calls(home)) == 2
    (home / "go").touch()
    assert process.wait(30) == 0 and len(calls(home)) == 3


@pytest.mark.slow
def test_a_signal_is_passed_on_once_and_the_summary_written(home):
    behave(home, nA="wait")
    process = start_driver(home)
    wait_for(lambda: len(list((home / "out").glob("*/timeseries.csv"))) == 2)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 75
    assert process.stdout.read().strip() == "['paused', 'paused', 'pending']"
    assert list(table(home)["status"]) == ["paused", "paused", "pending"]
    assert table(home)["reason"][0] == "stopped by 1 signal"
    behave(home)
    assert run(home).exit_code == 0 and len(calls(home)) == 5


@pytest.mark.slow
@pytest.mark.parametrize("children_too", [False, True])
def test_killed_study_goes_on_where_it_was(home, children_too):
    behave(home, nA="wait")
    process = start_driver(home)
    wait_for(lambda: len(list((home / "out").glob("*/timeseries.csv"))) == 2)
    process.kill()
    process.wait()
    if children_too:
        for _, _, pid, _ in calls(home):
            os.kill(int(pid), signal.SIGKILL)
    again = start_driver(home)
    # Cases that still run are waited for, not run twice.
    wait_for(lambda: len(calls(home)) == (4 if children_too else 3))
    time.sleep(0.5)
    (home / "go").touch()
    assert again.wait(60) == 0
    assert again.stdout.read().strip() == "['finished', 'finished', 'finished']"
    assert len(calls(home)) == (5 if children_too else 3)
    frame = table(home)
    assert list(frame["status"]) == ["finished"] * 3
    # What nobody was left to measure is what the run itself tells.
    assert (frame["wall_s"][:2] == 7).all() != children_too


@pytest.mark.slow
def test_two_studies_at_once_share_the_work(home):
    behave(home, nA="wait")
    first, second = start_driver(home, jobs=1), start_driver(home, jobs=1)
    wait_for(lambda: len(calls(home)) == 2)
    (home / "go").touch()
    assert first.wait(60) == second.wait(60) == 0
    assert len(calls(home)) == 3 and list(table(home)["status"]) == ["finished"] * 3


def test_a_case_killed_at_the_very_beginning_is_run(home):
    place = Study.load(home / "study.toml").places(home / "out")[0]
    place.run.mkdir(parents=True)
    (home / "out" / "study.toml").touch()
    (place.run / ".lock").touch()
    (place.run / ".provenance.json.tmp").touch()
    assert run(home).exit_code == 0


def test_a_study_that_another_driver_is_about_to_begin_is_joined(home):
    """The first file of its folder is written under another name at first."""
    (home / "out").mkdir()
    (home / "out" / ".study.toml.host-1-1.tmp").touch()
    assert run(home).exit_code == 0


def test_foreign_folders_are_left_alone(home):
    (home / "out").mkdir()
    (home / "out" / "thesis.tex").touch()
    with pytest.raises(ResultsError, match="not those of a study"):
        run(home)
    (home / "out" / "study.toml").touch()
    (home / "out" / "0000_compliance.current=1nA").mkdir()
    (home / "out" / "0000_compliance.current=1nA" / "notes").touch()
    with pytest.raises(ResultsError, match="not those of a run"):
        run(home)
    assert not calls(home)


def test_children_are_no_part_of_an_mpi_job_or_batch_step():
    inherited = {
        "PATH": "/bin",
        "OMPI_COMM_WORLD_RANK": "1",
        "OMPI_MCA_num_procs": "4",
        "PMIX_RANK": "1",
        "PMI_RANK": "1",
        "PRTE_LAUNCHED": "1",
        "SLURM_JOB_ID": "7",
        "SLURM_PROCID": "1",
        "MPI_LOCALRANKID": "1",
    }
    kept = {
        "OMPI_MCA_btl": "self,sm",
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
        "SLURM_JOB_END_TIME": "9",
    }
    found = child.environment(inherited | kept)
    assert not found.keys() & (inherited.keys() - {"PATH"}) and found.items() >= kept.items()
    assert found["PATH"] == "/bin" and found["OMP_NUM_THREADS"] == "1"
    assert child.environment({}, ranks=2)["PRTE_MCA_hwloc_default_binding_policy"] == "none"


def test_ranks_are_started_by_mpirun(home):
    study = Study.load(home / "study.toml")
    [(_, job, action, _), *_] = study.plan(home / "out", ranks=2, command=STUB)
    if shutil.which("mpirun") or shutil.which("mpiexec"):
        assert child.arguments(job, action)[1:3] == ["-n", "2"]
        assert child.arguments(job, "resume")[-2:] == ["resume", str(job.place.run)]


@pytest.mark.slow
@needs_mpirun
def test_mpi_ranks_start_the_cases(home):
    code = f"""
import sys
from ecmsim.study import Study, pool
with pool.ranks() as workers:
    if workers:
        outcome = Study.load({str(home / "study.toml")!r}).run({str(home / "out")!r}, pool=workers, command={STUB!r})
        assert outcome.counts == {{"finished": 3}} and workers.size == 2
"""
    done = subprocess.run(
        [*launcher(3), sys.executable, "-c", code], capture_output=True, text=True, timeout=1500, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    environment = json.loads((home / "environment.json").read_text())
    assert not [name for name in environment if name.startswith(("OMPI_COMM", "PMIX_", "PMI_"))]
    assert list(table(home)["status"]) == ["finished"] * 3


# --- what a user sees ---------------------------------------------------------------------------------------


def test_plain_lines_one_for_each_case(home):
    behave(home, **{"=10nA": "fail"})
    stream = io.StringIO()
    run(home, jobs=1, display=display.Lines(stream))
    lines = stream.getvalue().splitlines()
    assert lines[0] == "3 cases: 3 to run, 1 at a time" and len(lines) == 4
    assert "0000_compliance.current=1nA: finished" in lines[1] and "gap = 0.300 nm at 4 s" in lines[1]
    assert lines[2].startswith("2/3") and "failed" in lines[2] and "the mesh folded" in lines[2]


def test_live_table_shows_the_last_steps(home):
    from rich.console import Console

    run(home)
    place = Study.load(home / "study.toml").places(home / "out")[0]
    with open(place.run / "timeseries.csv", "a") as file:
        file.write("4.05,0.0")  # a line that is being written
    stream = io.StringIO()
    view = display.Table(Console(file=stream, width=100, height=20, force_terminal=True, color_system=None))
    view.begin(3, {"finished": 2}, 2)
    view.tick([place])
    view.ended(place, child.Ending("finished", "end of the programme", "run", 75.0))
    view.tick([])
    view.close()
    shown = stream.getvalue()
    for text in ("3 to run", "compliance.current=1nA", "4 s", "0.300 nm", "1 running, 2 to go", "finished", "1:15"):
        assert text in shown


def test_durations():
    assert [display.clock(seconds) for seconds in (0.4, 59, 200, 3723)] == ["0 s", "59 s", "3:20", "1:02:03"]


@pytest.mark.slow
def test_picture_of_a_study(home):
    import matplotlib.image

    write(home / "study.toml", f"[grid]\ncompliance.current = {CURRENTS}\nheat.enabled = [true, false]")
    run(home)
    study = open_study(home / "out")
    assert study.varied == ("compliance_current_A", "heat_enabled")
    # What the study itself observes would come first; the numbers of every study are no such thing.
    assert default_y(study.table, "compliance_current_A") == ["resistance_lrs_ohm", "radius_mean_end_nm"]
    assert default_y(study.table.assign(asked_for=1.0), "compliance_current_A") == ["asked_for"]
    [path] = draw("study", study)
    assert path == home / "out" / "figures" / "study.png"
    image = matplotlib.image.imread(path)[..., :3]
    assert abs(image.shape[1] - 183 / 25.4 * 300) <= 2
    ink = (image < 0.9).any(axis=-1)
    assert 0.01 < ink.mean() < 0.95 and not any(edge.any() for edge in (ink[0], ink[-1], ink[:, 0], ink[:, -1]))
    done = ecmsim("plot", "study", home / "out", "--out", home / "gap.pdf", "-o", "y=gap_end_nm")
    assert done.returncode == 0 and (home / "gap.pdf").read_bytes().startswith(b"%PDF"), done.stderr
    with pytest.raises(PlotError, match="choose from .*gap_end_nm"):
        draw("study", study, home / "x.png", y="gapp")
    with pytest.raises(ResultsError, match="not the folder of a study"):
        open_study(home)


def test_labels_have_readable_units():
    assert split("programme_0_rate_V_per_s") == ("programme 0 rate", "V/s")
    assert split("butler_volmer_ion_concentration_per_m3") == ("butler volmer ion concentration", "/m³")
    assert label("cell_radius_nm") == "Cell radius (nm)" and label("heat_enabled") == "Heat enabled"
    assert label("volume_end_nm3") == "Volume of the filament (nm³)"


def test_a_study_tells_what_it_varies_in_vain(tmp_path, capsys):
    """A parameter of a law that is switched off in some of its cases."""
    text = 'stress.enabled = [true, false]\nstress.energy = ["0.01 eV", "0.02 eV"]\n'
    path = write(tmp_path / "study.toml", f"[grid]\n{text}")
    assert sweep_command(path, tmp_path / "out", listing=True) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if "no effect" in line]
    assert told == [
        f'In 1 of 4 cases stress.energy = "{energy} eV" has no effect: stress.enabled = false'
        for energy in ("0.01", "0.02")
    ]


# --- with real runs -----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_small_study_from_end_to_end(tmp_path, capsys, monkeypatch):
    text = (
        'set = { programme = [{ kind = "ramp", to = "%s", rate = "1 V/s" }] }\n'
        '[grid]\ncell.radius = ["20 nm", "25 nm"]\n'
    )
    path, out = write(tmp_path / "study.toml", text % "0.1 V"), tmp_path / "out"
    assert sweep_command(path, out, listing=True) == 0
    assert "cell.radius = 20 nm" in capsys.readouterr().out and not out.exists()
    done = ecmsim("sweep", path, "--out", out, "--jobs", 2)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2/2" in done.stderr and "2 finished" in done.stdout
    frame = pd.read_csv(out / "summary.csv")
    assert list(frame["status"]) == ["finished"] * 2 and (frame["end_time_s"] == 0.1).all()
    assert (out / "figures" / "study.png").exists() and (out / "summary.parquet").exists()
    written = (out / "0000_cell.radius=20nm" / "timeseries.csv").stat().st_mtime_ns
    assert sweep_command(path, out, dry_run=True) == 0
    assert capsys.readouterr().out.count("skip") == 2
    (out / "summary.csv").unlink()
    assert sweep_command(path, out, summary=True) == 0
    pd.testing.assert_frame_equal(pd.read_csv(out / "summary.csv"), frame)
    assert (out / "0000_cell.radius=20nm" / "timeseries.csv").stat().st_mtime_ns == written
    write(path, text % "0.2 V")
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "1")
    with pytest.raises(ResultsError, match="another configuration than the study has now: 0001_cell.radius=25nm;"):
        sweep_command(path, out, index="slurm")
    write(path, text % "0.2 A")
    wrong = ecmsim("sweep", path, "--out", out)
    assert wrong.returncode == 2 and wrong.stderr.startswith("error: ") and "2 of 2 cases" in wrong.stderr


@pytest.mark.parametrize("kind", ["power", "exponential"])
def test_a_fit_finds_the_law(kind):
    """y = 3 x^4, or a decade for each 0.4 V; cases outside the range do not count."""
    x = np.array([0.2, 0.5, 1.0, 2.0, 4.0])
    y = 3 * x**4 if kind == "power" else 10 ** (-x / 0.4)
    y[0] = 100.0
    position, slope, error, offset = fitted(pd.DataFrame({"x": x, "y": y}), "x", "y", kind, low=0.4)
    assert position.tolist() == [0.5, 1.0, 2.0, 4.0] and error < 1e-12
    assert slope == pytest.approx(4.0 if kind == "power" else -2.5, rel=1e-12)
    assert offset == pytest.approx(np.log10(3) if kind == "power" else 0.0, abs=1e-12)
    with pytest.raises(PlotError, match="three finished cases"):
        fitted(pd.DataFrame({"x": x, "y": y}), "x", "y", kind, low=2.0)
