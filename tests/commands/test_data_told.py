"""What `ecmsim data` says and writes of measurements of all kinds, compared with what it said before."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from helpers import instruments, tiny
from helpers.kept import unchanged
from typer.testing import CliRunner

from ecmsim.commands import data_text
from ecmsim.commands.cli import app
from ecmsim.errors import EcmsimError

KINDS = {  # columns of the files: names, and values
    "sweep": ("t,V,I", instruments.sweep(41)),
    "negative": ("t,V,I", instruments.sweep(41, sign=-1)),
    "uneven": ("t,V,I", (np.array([0, 1, 2, 3, 4.6, 5]), np.array([0, 0.2, 0.4, 0.6, 0.4, 0]), np.full(6, 1e-6))),
    "single": ("t,V,I", (np.array([0.0, 1, 2, 3]), np.array([0, 1.0, 1.0, 0]), np.array([0, 2e-3, 3e-3, 0]))),
    "no_current": ("t,V", instruments.sweep(41)[:2]),
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with a file of each kind, many cycles, a table per cycle and a run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    for name, (head, columns) in KINDS.items():
        (tmp_path / f"{name}.csv").write_text(f"{head}\n{instruments.lines(columns, form='{:.6g}')}")
    parts = [part for _ in range(14) for part in (instruments.sweep(41), instruments.reset(21))]
    voltage, current = (np.concatenate([part[k] for part in parts]) for k in (1, 2))
    (tmp_path / "many.csv").write_text("V,I\n" + instruments.lines((voltage, current), form="{:.6g}"))
    short = slice(0, 2 * 62)
    (tmp_path / "two.csv").write_text("V,I\n" + instruments.lines((voltage[short], current[short]), form="{:.6g}"))
    (tmp_path / "table.csv").write_text(instruments.per_cycle())
    tiny.write(tmp_path / "run")
    return tmp_path


def typed(*words):
    """What a command says: its output, or the error and its exit code."""
    done = CliRunner().invoke(app, ["data", *words])
    if isinstance(done.exception, EcmsimError):
        return f"$ data {' '.join(words)}\nerror {done.exception.exit_code}: {done.exception}\n"
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return f"$ data {' '.join(words)}\n{done.output if not done.exit_code else f'exit code {done.exit_code}'}\n"


def test_what_is_shown_is_what_was_shown_before(here, file_regression):
    """Evenly and unevenly sampled, negative, with plateaus and without, more than twelve cycles, tables, a run."""
    said = [typed("show", f"{name}.csv") for name in KINDS]
    said += [typed("show", "many.csv", "-c", "interval=50 ms"), typed("show", "table.csv"), typed("show", "run")]
    said += [typed("show", "two.csv", "single.csv", "-c", "interval=50 ms", "--tolerance", "50 mV")]
    said += [typed("show", "sweep.csv", "-c", "polarity=negative", "--tolerance", "0 V")]
    unchanged(file_regression, "\n".join(said), nothing=1e-18)


def test_what_is_converted_is_what_was_converted_before(here, file_regression):
    said = [
        typed("convert", "uneven.csv"),
        typed("convert", "table.csv", "two.csv", "-c", "interval=50 ms", "--out", "o"),
    ]
    said += [typed("convert", "uneven.csv"), typed("convert", "uneven.csv", "--overwrite"), typed("convert", "run")]
    said += [typed("convert", "uneven.csv", "--parquet"), typed("convert", "uneven.csv", "--out", "x/y.parquet")]
    said += [
        typed("convert", "uneven.csv", "run", "--out", "x.csv"),
        typed("convert", "uneven.csv", "--out", "sweep.csv"),
    ]
    said += [typed("convert", "uneven.csv", "--out", "./uneven.csv", "--overwrite"), typed("convert", "no_current.csv")]
    said += [typed("convert", "uneven.csv", "--out", "sweep.csv/below")]
    for path in ("runs/data/uneven.csv", "runs/data/uneven.json", "o/table.json", "o/two.json", "runs/data/run.csv"):
        said.append(f"== {path}\n{(here / path).read_text()}")
    unchanged(file_regression, "\n".join(said), nothing=1e-18)
    same = pd.read_csv("runs/data/uneven.csv")
    for name in ("runs/data/uneven.parquet", "x/y.parquet"):
        pd.testing.assert_frame_equal(pd.read_parquet(name), same)
    assert json.loads((here / "x/y.json").read_text())["file"] == "uneven.csv"
    assert not {"index", "Unnamed: 0"} & set(pd.read_csv("o/two.csv")) and len(pd.read_csv("o/two.csv")) == 124


def test_cycles_are_those_of_before(here, file_regression):
    go = ("-c", "interval=50 ms")
    said = [typed("cycles", "two.csv", *go), typed("cycles", "two.csv", "run", *go, "--out", "c.csv")]
    said += [
        typed("cycles", "two.csv", *go, "--read-voltage", "0.2 V", "--set-by", "current", "--set-current", "10 uA")
    ]
    said += [
        typed("cycles", "two.csv", *go, "--reset-by", "drop", "--set-by", "compliance"),
        typed("cycles", "table.csv"),
    ]
    said += [typed("cycles", "run", "--out", "c.csv"), typed("cycles", "run", "--out", "c.csv", "--overwrite")]
    said += [typed("cycles", "run", "--out", "c.txt"), typed("cycles", "run", "--out", "two.csv")]
    said += [
        typed("cycles", "two.csv", *go, "--out", "two.csv", "--overwrite"),
        f"== c.csv\n{(here / 'c.csv').read_text()}",
    ]
    unchanged(file_regression, "\n".join(said), nothing=1e-18)


def test_pictures_are_overlays_of_what_was_opened(here, monkeypatch, file_regression):
    calls = []

    def overlay(name, runs, measured, out, *, csv):
        calls.append(f"overlay {name} {runs} {[type(item).__name__ for item in measured]} {out} {csv}")
        return [out]

    monkeypatch.setattr("ecmsim.plot.overlay", overlay)
    said = [typed("plot", "sweep.csv"), typed("plot", "sweep.csv", "uneven.csv", "--out", "x.png", "--csv")]
    said += [typed("plot", "table.csv"), typed("plot", "table.csv", "sweep.csv")]
    said += [typed("show", "table.csv", "--picture", "p.png")[-20:], typed("show", "sweep.csv", "-p", "p.png")[-20:]]
    unchanged(file_regression, "\n".join([*said, *calls]))


def test_current_is_asked_for_only_where_it_may_lack(here):
    """A file without it is shown, and its lack told in the words that others refuse it with."""
    told = typed("show", "no_current.csv")
    assert "no column of a current is found" in told and "no_current.csv: no column" not in told
    assert "no column of a current" not in typed("show", "sweep.csv")


def test_a_table_that_cannot_be_written_is_told(here, monkeypatch):
    monkeypatch.setattr("ecmsim.commands.data.json", SimpleNamespace(dumps=lambda *_, **__: 1 / 0))
    with pytest.raises(ZeroDivisionError):
        typed("convert", "uneven.csv", "--out", "z.csv")
    assert "cannot write" in typed("cycles", "run", "--out", "sweep.csv/c.csv")


def test_what_is_next_to_nothing_is_told_as_nothing():
    """Below 1e-18, where a sum of volts ends up that should be zero."""
    told = [data_text._signed(value, "V") for value in (0.9e-18, -0.9e-18, 1.1e-18, -1e-3)]
    assert told == ["0 V", "0 V", "0.0011 fV", "-1 mV"]
