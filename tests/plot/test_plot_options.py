"""Options of pictures: nonsense is refused in one line, and different options have files of different names."""

import shutil

import numpy as np
import pytest
from helpers import synthetic

from ecmsim.errors import EcmsimError, PlotError, ResultsError
from ecmsim.plot import FILMS, PICTURES, draw, draw_all, field
from ecmsim.plot.options import file_stem
from ecmsim.results import open_run

pytestmark = pytest.mark.usefixtures("no_warnings")


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    return open_run(synthetic.write_run(tmp_path_factory.mktemp("sweep") / "run"))


@pytest.mark.parametrize(
    ("name", "options", "match"),
    [
        ("iv", {"run": 1}, "iv has no option run: it knows voltage, floor_A"),
        ("iv", {"output": 1}, "iv has no option output"),
        ("iv", {"name": 1}, "iv has no option name"),
        ("iv", {"floor_A": -1}, "floor_A = -1: needs a positive number"),
        ("iv", {"floor_A": [1e-9]}, "floor_A = .*: needs a number without a unit, in the unit that the name ends in"),
        ("iv", {"floor_A": np.nan}, "floor_A = nan: needs a finite number"),
        ("iv", {"floor_A": True}, "floor_A = True: needs a number"),
        ("iv", {"voltage": ["cell"]}, "voltage = .*: needs a text"),
        ("outline", {"currents_A": []}, r"currents_A = \[\]: give at least one"),
        ("outline", {"times_s": []}, r"times_s = \[\]: give at least one"),
        ("outline", {"currents_A": [1e-6, -1e-6]}, "currents_A = .*: needs a positive number"),
        ("outline", {"times_s": [[1.0]]}, "times_s = .*: needs a number"),
        ("field", {"quantities": []}, r"quantities = \[\]: give at least one"),
        ("field", {"quantities": [1]}, "quantities = .*: needs a text"),
        ("field", {"snapshot": ["0"]}, "no snapshot"),
        ("field", {"snapshot": 1.7}, "snapshot = 1.7: needs a text or a whole number"),
        ("solid", {"quantity": {}}, "quantity = {}: needs a text"),
        ("solid", {"snapshot": []}, r"snapshot = \[\]: give at least one"),
        ("solid", {"cut": np.inf}, "cut = inf: needs a finite number"),
        ("conductance", {"least_V": -1}, "least_V = -1: needs zero or more"),
        ("elephant", {"colour": 1}, "colour = 1: needs a text"),
        ("film", {"seconds": 0}, "seconds = 0: needs a positive number"),
        ("gap", {"time": 1}, "time = 1: needs a text"),
        ("retention", {"from_s": "1 s"}, "from_s = '1 s': needs a number without a unit"),
    ],
)
def test_nonsense_is_refused(sweep, tmp_path, name, options, match):
    with pytest.raises(PlotError, match=match) as error:
        draw(name, sweep, tmp_path / f"x{'.mp4' if name in FILMS else '.png'}", **options)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("label", ["603 µA", "603 uA", "603uA", "0.603 mA", "6.03e-4 A", "603 \u03bcA"])
def test_a_snapshot_by_its_current(sweep, monkeypatch, label):
    """However it is written; what is no current of a snapshot is refused."""
    monkeypatch.setattr(sweep, "snapshots", [item for item in sweep.snapshots])
    object.__setattr__(sweep.snapshots[2], "label", "603 µA")
    assert field.choose(sweep, label) is sweep.snapshots[2]
    for other in ("603 nA", "603", "uA", "603 V"):
        with pytest.raises(PlotError, match="no snapshot"):
            field.choose(sweep, other)


@pytest.mark.slow
def test_files_of_different_options_have_different_names(sweep, tmp_path):
    folder = shutil.copytree(sweep.folder, tmp_path / "run")
    (plain,), (cell,) = (draw("iv", open_run(folder), **options) for options in ({}, {"voltage": "cell"}))
    assert (plain.name, cell.name) == ("iv.png", "iv_voltage=cell.png") and plain.parent == folder / "figures"
    assert file_stem("solid", {"snapshot": "1 nA,3.5 µA"}) == "solid_snapshot=1nA+3.5uA"
    assert file_stem("field", {"snapshot": "603 µA", "view": "tip"}) == "field_snapshot=603uA,view=tip"
    assert file_stem("outline", {"times_s": [1, 2.5]}) == "outline_times_s=1+2.5"
    assert "/" not in file_stem("film", {"pace": "../../x"})


@pytest.mark.parametrize("kind", ["empty", "text", "header", "cell", "few columns", "nan"])
def test_damaged_time_series_are_told(sweep, tmp_path, kind):
    folder = shutil.copytree(sweep.folder, tmp_path / "run")
    lines = (folder / "timeseries.csv").read_text().splitlines(keepends=True)
    content = {
        "empty": "",
        "text": "hello world\nand more of it\n",
        "header": lines[0],
        "cell": "".join(lines[:9]) + "x" + "".join(lines[9:]),
        "few columns": "time_s,current_A\n0,0\n1,1e-9\n2,1e-8\n",
        "nan": "".join(lines[:9]) + ",".join(["nan"] * len(lines[0].split(","))) + "\n",
    }
    (folder / "timeseries.csv").write_text(content[kind])
    for name in PICTURES | FILMS:
        with pytest.raises(EcmsimError) as error:
            draw(name, open_run(folder), tmp_path / f"x{'.mp4' if name in FILMS else '.png'}")
        assert str(folder) in str(error.value) and "\n" not in str(error.value)
    if kind in ("text", "cell"):
        with pytest.raises(ResultsError, match="timeseries.csv is damaged: (time_s holds|it has none of its columns)"):
            len(open_run(folder).timeseries)
    assert all(isinstance(paths, EcmsimError) for _, paths in draw_all(open_run(folder), tmp_path / "all"))
