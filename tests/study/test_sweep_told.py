"""What `ecmsim sweep` says of a study, and its exit codes: of cases that stand in all ways, by hand and as before."""

import json
import shutil

import pandas as pd
import pytest
from helpers import tiny
from helpers.kept import unchanged

from ecmsim.errors import ConfigError, EcmsimError, ResultsError
from ecmsim.study import Study
from ecmsim.study import command as sweeping
from ecmsim.study import folder as places
from ecmsim.study.child import Ending
from ecmsim.study.study import Outcome

STUDY = """config = "ecmsim:quick"
[set]
model = "reduced"
"stress.enabled" = false
[grid]
"compliance.current" = ["1 nA", "10 nA"]
"stress.energy" = ["0.1 eV", "0.2 eV"]
"""

TIMES = {"start_time": "2026-01-01T00:00:00+00:00", "end_time": "2026-01-01T00:01:30+00:00"}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A study of four cases in the working folder: finished, failed, interrupted, and never begun."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.toml").write_text(STUDY)
    (tmp_path / "c.toml").write_text('extends = "ecmsim:quick"\n')
    (tmp_path / "s.toml").write_text(STUDY.replace("ecmsim:quick", "c.toml"))
    study = Study.load("s.toml")
    study.prepare("out")
    monkeypatch.setattr("ecmsim.results.provenance.socket.gethostname", lambda: "elsewhere")
    ready = tiny.write(tmp_path / "ready", snapshots=())
    for place, case, status in zip(study.places("out"), study.cases, ("finished", "failed", "running"), strict=False):
        shutil.copytree(ready, place.run)
        told = json.loads((place.run / "provenance.json").read_text()) | {"status": status, "host": "elsewhere"} | TIMES
        (place.run / "provenance.json").write_text(json.dumps(told | {"reason": f"why it is {status}"}))
        (place.run / "config.toml").write_text(case.config.to_toml())
    return study


@pytest.mark.slow
def test_what_is_listed_planned_and_summed_up_is_that_of_before(here, capsys, file_regression):
    told = []
    for options in (
        {"listing": True},
        {"dry_run": True},
        {"dry_run": True, "retry": True},
        {"listing": True, "index": "2"},
        {"dry_run": True, "index": "1", "retry": True},
        {"summary": True},
        {"listing": True, "index": "4"},
        {"listing": True, "index": "-1"},
        {"mpi": True, "jobs": 2},
        {"mpi": True, "index": "0"},
    ):
        try:
            code = f"exit code {sweeping.sweep('s.toml', 'out', **options)}"
        except EcmsimError as error:
            code = f"error {error.exit_code}: {error}"
        told.append(f"$ {options}\n{capsys.readouterr().out}{code}")
    for name in ("cases.csv", "summary.csv"):
        told.append(f"== {name}\n{(here.places('out')[0].root / name).read_text()}")
    unchanged(file_regression, "\n".join(told), nothing=1e-18)
    frame, kept = here.summarize("out"), pd.read_parquet("out/summary.parquet")
    assert list(frame) == list(kept) == list(pd.read_csv("out/summary.csv")) and len(frame) == len(kept) == 4


def test_a_run_of_another_configuration_is_changed(here, capsys):
    place = here.places("out")[0]
    text = (place.run / "config.toml").read_text()
    (place.run / "config.toml").write_text(text.replace('current = "1e-9 A"', 'current = "2e-9 A"'))
    with pytest.raises(ResultsError, match=f"another configuration than the study has now: {place.name}; replace"):
        here.plan("out")
    assert [action for *_, action, _ in here.plan("out", overwrite=True)][0] == "run"
    (place.run / "config.toml").write_text(text.replace("[output]", "[output]\n# only a remark"))
    assert here.plan("out")[0][2] == ""


def test_how_a_study_went_is_told_as_before(here, capsys, file_regression):
    told = []
    names = [place.name for place in here.places("out")]
    for endings in (
        {name: Ending("finished", "end", "run", 3.0) for name in names},
        dict(
            zip(
                names,
                (Ending("finished"), Ending("failed", "no step"), Ending("failed"), Ending("paused", "later")),
                strict=True,
            )
        ),
        {names[0]: Ending("busy", "another process runs it"), names[1]: Ending("interrupted")},
    ):
        sweeping.tell(here, here.places("out")[0].root.relative_to(here.places("out")[0].root.parent), Outcome(endings))
        told.append(capsys.readouterr().out)
    (here.places("out")[0].root / "0009_other=1").mkdir()
    sweeping.tell(here, here.places("out")[0].root, Outcome({}))
    told.append(capsys.readouterr().out.splitlines()[-1])
    unchanged(file_regression, "\n".join(told))


@pytest.mark.parametrize(
    ("states", "interrupted", "code"),
    [
        (["finished", "finished"], None, 0),
        ([], None, 0),
        (["finished", "failed"], None, 3),
        (["finished", "changed"], None, 3),
        (["failed", "paused"], None, 75),
        (["failed", "busy"], None, 75),
        (["running"], None, 75),
        (["interrupted", "failed"], None, 130),
        (["pending"], None, 130),
        (["finished"], 2, 130),
        (["paused"], 2, 75),
    ],
)
def test_exit_codes(states, interrupted, code):
    outcome = Outcome({str(k): Ending(state) for k, state in enumerate(states)}, interrupted)
    assert outcome.exit_code == code and sum(outcome.counts.values()) == len(states)


def test_numbers_of_cases_by_hand(monkeypatch):
    assert sweeping._number(None) is None and sweeping._number("0") == 0 and sweeping._number("123456789") == 123456789
    for wrong in ("", "-1", "1.5", "x", "1234567890"):
        with pytest.raises(ConfigError, match="expected the number of a case, counted from 0"):
            sweeping._number(wrong)
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "7")
    assert sweeping._number("slurm") == 7
    monkeypatch.delenv("SLURM_ARRAY_TASK_ID")
    with pytest.raises(ConfigError, match="SLURM_ARRAY_TASK_ID = ''"):
        sweeping._number("slurm")


@pytest.mark.parametrize(("finished", "drawn"), [(0, False), (1, False), (2, True)])
def test_pictures_are_drawn_of_several_finished_cases(here, monkeypatch, capsys, finished, drawn):
    """And not where a single case was asked for."""
    calls, states = [], ["finished"] * finished + ["failed"] * (4 - finished)
    endings = {place.name: Ending(state) for place, state in zip(here.places("out"), states, strict=True)}
    monkeypatch.setattr(Study, "run", lambda self, root, **options: calls.append(options) or Outcome(endings))
    monkeypatch.setattr(sweeping, "_draw", lambda root, pictures, quiet: calls.append("drawn"))
    for options in (
        {},
        {"index": "0"},
        {"quiet": True, "jobs": 3, "ranks": 2, "overwrite": True, "retry": True, "allow_code": True},
    ):
        calls.clear()
        code = sweeping.sweep("s.toml", "out", **options)
        assert code == (3 if finished < 4 else 0) and ("drawn" in calls) is (drawn and "index" not in options)
        told = capsys.readouterr().out
        assert bool(told) is not options.get("quiet", False)
    assert (
        calls[0]["jobs"] == 3
        and calls[0]["ranks"] == 2
        and calls[0]["overwrite"]
        and calls[0]["retry"]
        and calls[0]["allow_code"]
    )
    assert calls[0]["only"] is None and type(calls[0]["display"]).__name__ == "Silent"


def test_folders_of_studies_by_hand(here, tmp_path):
    root = here.places("out")[0].root
    assert places.strangers(root, here.places("out")) == []
    (root / "0000_compliance.current=5nA").mkdir()
    assert places.strangers(root, here.places("out")) == ["0000_compliance.current=5nA"]
    places.require_study_folder(root)
    places.require_study_folder(tmp_path / "new")
    (tmp_path / "new").mkdir()
    (tmp_path / "new/.study.toml.x.tmp").write_text("")
    places.require_study_folder(tmp_path / "new")
    (tmp_path / "new/file").write_text("")
    for folder, said in ((tmp_path / "new", "not those of a study"), (tmp_path / "new/file", "is a file")):
        with pytest.raises(ResultsError, match=said):
            places.require_study_folder(folder)
    place = here.places("out")[3]
    assert places.standing(place).status == "pending" and places.attempts(place) == []
    places.note_attempt(place, {"state": "failed", "reason": "x", "seconds": 1.0}, fresh=True)
    places.note_attempt(place, {"state": "failed", "reason": "y", "seconds": 2.0}, fresh=False)
    assert vars(places.standing(place)) == {"status": "failed", "reason": "y", "resumable": False}
    assert [attempt["reason"] for attempt in places.attempts(place)] == ["x", "y"]
    places.note_attempt(place, {"state": "paused", "reason": "z"}, fresh=True)
    assert len(places.attempts(place)) == 1 and places.standing(place).status == "pending"
    with places.locked(tmp_path / "deep/lock") as first, places.locked(tmp_path / "deep/lock", wait=False) as second:
        assert first is not None and second is None
