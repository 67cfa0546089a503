"""All that `ecmsim export` and `ecmsim tables` write of a tiny run, compared with what they wrote before."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers import tiny
from helpers.kept import unchanged
from typer.testing import CliRunner

from ecmsim.commands.cli import app
from ecmsim.errors import EcmsimError
from ecmsim.export import content_of, files
from ecmsim.export.line import located
from ecmsim.results import open_run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny.write(tmp_path_factory.mktemp("export") / "run")


@pytest.fixture
def here(folder, tmp_path, monkeypatch):
    """The run under a short relative name."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").symlink_to(folder)
    return "run"


def typed(*words):
    """What a command says: its output, or the error and its exit code."""
    done = CliRunner().invoke(app, [str(word) for word in words])
    if isinstance(done.exception, EcmsimError):
        return f"error {done.exception.exit_code}: {done.exception}\n"
    return done.output + ("" if not done.exit_code else f"exit code {done.exit_code}\n")


def test_the_tables_in_csv_are_those_of_before(here, tmp_path, file_regression):
    said = typed("export", here, "--points", "8", "--out", "out", "--time", "0.4 s", "--time", "2.6 s")
    texts = [said, *(f"== {path.name}\n{path.read_text()}" for path in sorted((tmp_path / "out").iterdir()))]
    unchanged(file_regression, "\n".join(texts))


def test_the_other_formats_hold_the_same(here, tmp_path):
    """Each read back by another library, every column compared with the tables themselves."""
    import pyarrow.parquet
    from scipy.io import loadmat

    options = ("--every", "2", "--line", "0.5,1,8,9", "--points", "5")
    for kind, out in (("parquet", "p"), ("xlsx", "b/run.xlsx"), ("mat", "m/run.mat")):
        told = typed("export", here, "--to", kind, "--out", out, *options)
        names = [f"{out}/{name}.parquet" for name in ("timeseries", "events", "cycles", "outlines", "fields")]
        assert told.split("wrote ")[1:] == [f"{name}\n" for name in (names if kind == "parquet" else [out])]
    tables, words = content_of(open_run(here), every=2, line=(0.5, 1, 8, 9), points=5)
    book, matlab = pd.read_excel("b/run.xlsx", sheet_name=None), loadmat("m/run.mat", simplify_cells=True)
    assert list(book) == ["about", *tables] and len(matlab["about"]) == len(tables)
    assert book["about"].to_numpy().tolist() == [[name, line] for name in tables for line in words[name]]
    assert tables["outlines"]["step"].unique().tolist() == [0, 6, 9]
    for name, table in tables.items():
        other = pd.read_parquet(f"p/{name}.parquet")
        pd.testing.assert_frame_equal(other, table)
        assert pyarrow.parquet.read_schema(f"p/{name}.parquet").names == list(table)  # no column of an index
        pd.testing.assert_frame_equal(book[name], table, check_dtype=False)
        told = np.atleast_1d(matlab["about"][name])
        assert [str(line) for line in told] == words[name]
        for key in table:
            column, found = table[key].to_numpy(), np.ravel(matlab[name][key])
            if column.dtype.kind in "iufb":
                assert found.dtype.kind in "iuf"
                assert found == pytest.approx(column.astype(float), nan_ok=True)
            else:
                assert list(found) == list(column)


@pytest.mark.slow
def test_columns_of_a_matlab_file_stand_upright(here):
    """As MATLAB users expect of a table's column; and the file is compressed, which its length shows."""
    from scipy.io import loadmat

    typed("export", here, "--to", "mat", "--out", "run.mat", "--points", "3000")
    found = loadmat("run.mat")
    assert found["timeseries"]["time_s"][0, 0].shape == (10, 1)
    size = sum(content_of(open_run(here), points=3000)[0]["fields"].memory_usage()) // 2
    assert Path("run.mat").stat().st_size < size


@pytest.mark.slow
def test_what_is_refused_is_what_was_refused_before(here, tmp_path, file_regression):
    (tmp_path / "file").write_text("")
    (tmp_path / "there.mat").write_text("")
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables/cycles.csv").write_text("")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd/events.csv").mkdir()
    asked = [
        ("export", here, *options.split("|"))
        for options in (
            "--to|hdf",
            "--to|CSV",
            "--every|0",
            "--points|1",
            "--points|100001",
            "--time|-1 s",
            "--time|1 V",
            "--time|1 s|--every|2",
            "--line|0,1,2",
            "--line|0,1,2,x",
            "--line|-1,0,1,1",
            "--line|1,0,-1,1",
            "--line|1,1,1,1",
            "--line|26,0,30,0",
            "--read-voltage|0 V",
            "--read-voltage|1 A",
            "--set-by|current",
            "--set-by|current|--set-current|0 A",
            "--set-by|eye",
            "--reset-by|eye",
            "--switch-ratio|0.5",
            "--to|mat|--out|x.csv",
            "--to|xlsx|--out|x.mat",
            "--out|file",
            "--out|file/below",
            "--to|parquet|--out|file",
            "--to|mat|--out|there.mat",
            "--out|tables",
        )
    ]
    asked += [("export", "nowhere"), ("tables", "nowhere"), ("tables", here, "--read-voltage", "0 V")]
    said = [f"$ {' '.join(words)}\n{_error(typed(*words))}" for words in asked]
    unchanged(file_regression, "\n".join(said))
    assert not (tmp_path / "run/export").exists() and list((tmp_path / "tables").iterdir()) == [
        tmp_path / "tables/cycles.csv"
    ]


def _error(text):
    """Without the frame that the command line draws around an option's bounds, whose width is the terminal's."""
    return text if text.startswith("error") else "usage: exit code 2\n" if "exit code 2" in text else text


def test_lines_that_are_allowed_and_places_that_are_usual(here, tmp_path):
    """Lines along one radius or height differ in one number alone; a folder named as a table is no table."""
    for line in ("0,0,0,10", "0,0,9,0", "1,1,0,1", "0,-3,0,3"):
        typed("export", here, "--line", line, "--out", f"out{line}", "--points", "2")
        table = pd.read_csv(f"out{line}/fields.csv", comment="#")
        ends = [float(part) for part in line.split(",")]
        assert table[["r_nm", "z_nm"]].to_numpy()[:2].ravel().tolist() == ends
        assert table["s_nm"][1] == pytest.approx(np.hypot(ends[2] - ends[0], ends[3] - ends[1]))
    assert typed("export", here, "--to", "mat") == "wrote run/export/" + (tmp_path / "run").resolve().name + ".mat\n"
    assert typed("export", here).splitlines()[0] == "wrote run/export/timeseries.csv"
    assert "--overwrite replaces it" in typed("export", here)
    assert typed("export", here, "--overwrite").startswith("wrote run/export/timeseries.csv")


def test_a_run_without_snapshots_has_no_fields(tmp_path):
    folder = tiny.write(tmp_path / "run", snapshots=())
    tables, words = content_of(open_run(folder))
    assert list(tables) == list(words) == ["timeseries", "events", "cycles", "outlines"]
    with pytest.raises(EcmsimError, match="has no snapshots"):
        content_of(open_run(folder), line=(0, 0, 1, 1))


def test_a_run_that_borrows_says_so_first(tmp_path):
    folder = tiny.write(tmp_path / "run", snapshots=())
    told = json.loads((folder / "provenance.json").read_text())
    loan = {"active_electrode": "Cu", "switching_layer": "SiO2", "by": {"active_electrode": "Ag"}}
    (folder / "provenance.json").write_text(json.dumps(told | {"borrowed": loan}))
    run = open_run(folder)
    assert run.loan and content_of(run)[1]["timeseries"][0] == run.loan
    assert content_of(open_run(tiny.write(tmp_path / "own", snapshots=())))[1]["timeseries"][0].startswith("time_s: ")


def test_a_point_on_an_edge_belongs_to_a_triangle():
    """Whichever of both, and however small what rounding leaves of a coordinate; far ones belong to none."""
    nodes = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
    triangles = np.array([[0, 1, 2], [0, 2, 3]])
    found, weights = located(np.array([[0.3, 0.3], [1 + 1e-10, 0.5], [1 + 1.5e-9, 0.5], [0, 0]]), nodes, triangles)
    assert (found[[0, 1, 3]] >= 0).all() and found[2] == -1 and (weights[2] == 0).all()
    assert weights[[0, 1, 3]].sum(axis=1) == pytest.approx(1)
    corners = nodes[triangles[found[0]]]
    assert weights[0] @ corners == pytest.approx([0.3, 0.3])


def test_a_sheet_holds_as_many_rows_as_a_workbook_has():
    assert files.MOST_ROWS == 2**20 - 1


def test_a_run_without_outlines_has_a_table_without_rows(tmp_path):
    folder = tiny.write(tmp_path / "run", snapshots=())
    run = open_run(folder)
    run.outlines = []
    table = content_of(run)[0]["outlines"]
    assert len(table) == 0 and list(table) == ["step", "time_s", "curve", "r_nm", "z_nm"]
