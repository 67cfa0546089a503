"""`ecmsim export`: what is in each format, fields along a line, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from helpers import synthetic
from typer.testing import CliRunner

from ecmsim import open_run
from ecmsim.commands.cli import app
from ecmsim.errors import ConfigError
from ecmsim.export import content_of, write
from ecmsim.export import files as formats
from ecmsim.export.line import located

pytestmark = pytest.mark.slow  # of one whole run, which the first of them makes

NAMES = {"timeseries", "events", "cycles", "outlines", "fields"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return open_run(synthetic.write_run(tmp_path_factory.mktemp("export") / "run", steps=60))


def invoked(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_tables_in_csv_and_parquet_are_the_same(made, tmp_path):
    for kind in ("csv", "parquet"):
        done = invoked("export", made.folder, "--to", kind, "--out", tmp_path)
        assert done.exit_code == 0, done.output
        assert {path.stem for path in tmp_path.glob(f"*.{kind}")} == NAMES
    for name in NAMES:
        plain = pd.read_csv(tmp_path / f"{name}.csv", comment="#")
        pd.testing.assert_frame_equal(plain, pd.read_parquet(tmp_path / f"{name}.parquet"), check_dtype=False)


def test_a_workbook_has_a_sheet_for_each_and_one_that_tells(made, tmp_path):
    assert invoked("export", made.folder, "--to", "xlsx", "--out", tmp_path / "run.xlsx").exit_code == 0
    sheets = pd.read_excel(tmp_path / "run.xlsx", sheet_name=None)
    assert sheets.keys() == NAMES | {"about"} and len(sheets["timeseries"]) == 60
    assert "current through the cell" in " ".join(sheets["about"]["content"])
    tables, _ = content_of(made)
    assert all(list(sheets[name].columns) == list(table.columns) for name, table in tables.items())


def test_matlab_has_structs(made, tmp_path):
    from scipy.io import loadmat

    assert invoked("export", made.folder, "--to", "mat", "--out", tmp_path / "run.mat").exit_code == 0
    found = loadmat(tmp_path / "run.mat", simplify_cells=True)
    assert found["timeseries"]["current_A"] == pytest.approx(made.timeseries["current_A"].to_numpy())
    assert found["outlines"]["curve"][0] == "filament" and NAMES <= found.keys()


def test_outlines_are_those_of_the_run(made):
    tables, _ = content_of(made)
    outlines = tables["outlines"]
    assert set(outlines["step"]) == set(made.outlines.step)
    last = outlines[(outlines["step"] == 59) & (outlines["curve"] == "filament")]
    assert np.array_equal(last[["r_nm", "z_nm"]].to_numpy(), made.outlines[-1].points)
    assert content_of(made, times=[1.0, 2.0])[0]["outlines"]["step"].nunique() == 2
    assert content_of(made, every=25)[0]["outlines"]["step"].unique().tolist() == [0, 25, 50, 59]


def test_a_linear_field_is_exact_along_a_line(made, monkeypatch):
    """Whatever the triangles: its values at their corners are those of a plane."""
    snapshot = made.snapshots[0]
    mesh = snapshot.read()
    mesh.point_data = {"plane": 2 * mesh.points[:, 0] - 3 * mesh.points[:, 1] + 1}
    monkeypatch.setattr(type(snapshot), "read", lambda self: mesh)
    fields = content_of(made, line=(0, 1, 6, 9), points=37)[0]["fields"]
    expected = 2 * fields["r_nm"] - 3 * fields["z_nm"] + 1
    assert fields["plane"].to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-9)
    assert fields["s_nm"].max() == pytest.approx(10) and len(fields) == 37 * len(made.snapshots)


def test_a_line_that_leaves_the_cell_has_no_fields_beyond_it(made):
    fields = content_of(made, line=(0, 5, 100, 5), points=51)[0]["fields"]
    beyond = fields["r_nm"] > made.snapshots[0].read().points[:, 0].max() + 1e-6
    assert 0 < beyond.sum() < len(fields)
    assert fields["temperature_K"].isna().equals(beyond)


def test_by_itself_the_line_is_the_axis_of_the_whole_cell(made):
    fields = content_of(made)[0]["fields"]
    assert (fields["r_nm"] == 0).all() and np.isfinite(fields["temperature_K"]).all()
    assert {0, 1, 2, 3} == set(fields["material"])


def test_points_outside_are_in_no_triangle():
    nodes, triangles = np.array([[0.0, 0], [1, 0], [0, 1]]), np.array([[0, 1, 2]])
    found, weights = located(np.array([[0.2, 0.3], [0.8, 0.8], [0.5, 0.5]]), nodes, triangles)
    assert found.tolist() == [0, -1, 0] and weights[0] == pytest.approx([0.5, 0.2, 0.3])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--to", "hdf"], '--to "hdf": choose one of csv, xlsx, mat, parquet'),
        (["--line", "0,1,2"], "expected four numbers in nm"),
        (["--line", "1,1,1,1"], "two points that differ"),
        (["--line", "90,1,95,1"], "outside of the cell"),
        (["--time", "1 V"], "--time"),
        (["--time", "1 s", "--every", "2"], "give one of both"),
        (["--to", "mat", "--out", "run.csv"], "ends in .mat"),
        (["--set-by", "eye"], "choose one of jump"),
    ],
)
def test_nonsense_is_refused_in_a_line(made, options, said):
    done = invoked("export", made.folder, *options)
    assert isinstance(done.exception, ConfigError) and said in str(done.exception)
    assert not (made.folder / "export").exists()


def test_files_that_are_there_stay_unless_asked(made, tmp_path):
    arguments = ["export", made.folder, "--out", tmp_path, "--every", "50"]
    assert invoked(*arguments).exit_code == 0
    assert "--overwrite" in str(invoked(*arguments).exception)
    assert invoked(*arguments, "--overwrite").exit_code == 0


def test_a_sheet_that_cannot_hold_a_table_is_refused(made, tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "MOST_ROWS", 10)
    with pytest.raises(ConfigError, match="a sheet of a workbook holds 10"):
        write(*content_of(made), "xlsx", tmp_path / "x.xlsx")


def test_tables_are_written_anew_by_other_definitions(tmp_path):
    folder = synthetic.write_cycles(tmp_path / "run", count=2)
    assert "cycles.csv" in invoked("tables", folder, "--read-voltage", "0.2 V").output
    assert "|V/I| at 0.2 V" in (folder / "cycles.csv").read_text()
    retention = synthetic.write_retention(tmp_path / "other")
    assert "neither cycles nor pulses" in invoked("tables", retention).output
