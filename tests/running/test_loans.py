"""A cell that borrows the constants of other materials says so from the beginning to the end of its run."""

import json

import pytest
from helpers.paths import ROOT
from typer.testing import CliRunner

from ecmsim.commands.cli import app
from ecmsim.plot import draw
from ecmsim.plot.note import told
from ecmsim.plot.study import open_study
from ecmsim.results import open_run
from ecmsim.results.folder import PROVENANCE

TEXT = """
extends = "ecmsim:quick"
title = "Ag"
model = "reduced"
[cell]
active_electrode = "METAL"
[interface]
borrow = "Cu | SiO2"
"""
TOLD = (
    "constants of [hopping], [tunnelling], [stress], [dissolution] were made for Cu | SiO2 and are borrowed for "
    "Ag | SiO2"
)


@pytest.fixture
def silver(tmp_path):
    path = tmp_path / "cell.toml"
    path.write_text(TEXT.replace("METAL", "Ag"))
    return path


def invoked(*words):
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done.output


def test_validate_says_so(silver):
    assert TOLD in invoked("validate", silver)
    copper = silver.with_name("copper.toml")
    copper.write_text(TEXT.replace("METAL", "Cu"))
    assert "borrowed" not in invoked("validate", copper)


def test_a_run_says_so(silver, tmp_path):
    """Before its first step, in its last lines, log and provenance; a command has it from the beginning on."""
    output = invoked("run", silver, "--out", tmp_path / "run", "--until", "0.01 s")
    assert output.startswith(TOLD) and f"Warning: {TOLD}." in output
    run = open_run(tmp_path / "run")
    assert run.provenance["remarks"][0] == TOLD and run.provenance["borrowed"].keys() == {"Cu | SiO2"}
    assert run.loan == "constants borrowed from Cu | SiO2"
    assert f"WARNING {TOLD}" in (run.folder / "ecmsim.log").read_text()


def test_a_run_of_an_older_version_goes_on_and_says_that_nobody_told(silver, tmp_path):
    """Its record has no [interface]: it opens and can be resumed."""
    copper = silver.with_name("copper.toml")
    copper.write_text(TEXT.replace("METAL", "Cu"))
    folder = tmp_path / "run"
    invoked("run", copper, "--out", folder, "--until", "0.01 s")
    config = folder / "config.toml"
    before = config.read_text()
    without = before.replace('\n[interface]\nmade_for = "Cu | SiO2"\nborrow = ["Cu | SiO2"]\n', "")
    assert without != before
    config.write_text(without)
    assert open_run(folder).loan == ""
    assert "not stated for which metal and layer they were made" in invoked("validate", config)
    assert json.loads((folder / PROVENANCE).read_text())["status"] == "finished"


def test_the_example_of_the_manual_shows_what_it_borrows(tmp_path):
    readme = (ROOT / "docs" / "configuration.md").read_text()
    example = readme.split('```toml title="my_cell.toml"\n')[1]
    path = tmp_path / "my_cell.toml"
    path.write_text(example.partition("```")[0])
    *_, told = invoked("validate", path).splitlines()
    assert f"    {told}\n" in readme and told == TOLD


@pytest.mark.slow
def test_studies_and_exports_say_so(silver, tmp_path, monkeypatch):
    """On the study's pictures, in what `sweep` prints, and at the head of exported numbers."""
    study, out = tmp_path / "study.toml", tmp_path / "out"
    study.write_text(
        f'config = "{silver.name}"\n[set]\nprogramme = [{{ kind = "ramp", to = "0.1 V", duration = "1 ms" }}]\n'
        '[grid]\n"compliance.current" = ["1 uA", "2 uA"]\n'
    )
    assert f"In 2 of 2 cases {TOLD}" in invoked("sweep", study, "--out", out, "--jobs", "1")
    assert open_study(out).loan == "constants borrowed from Cu | SiO2"
    seen = []
    monkeypatch.setattr("ecmsim.plot.note.write", lambda figure: seen.append(told()))
    draw("study", open_study(out), tmp_path / "study.png", y="height_end_nm")
    assert seen == ["constants borrowed from Cu | SiO2"]
    run = next(path.parent for path in sorted(out.glob("*/config.toml")))
    invoked("export", run, "--to", "csv", "--out", tmp_path / "exported")
    assert (tmp_path / "exported" / "timeseries.csv").read_text().startswith("# constants borrowed from Cu | SiO2\n")
