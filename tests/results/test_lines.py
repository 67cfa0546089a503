"""CSV files that grow line by line: gone on with where they were left, with the same columns only."""

import pytest

from ecmsim.errors import ResultsError
from ecmsim.results.lines import LineFile


def test_lines_go_on_after_what_is_kept(tmp_path):
    path = tmp_path / "table.csv"
    file = LineFile(path, ["a", "b"])
    file.write("1,2\n")
    kept = path.stat().st_size
    file.write("3,4\n")
    LineFile(path, ["a", "b"], kept).write("5,6\n")
    assert path.read_text() == "a,b\n1,2\n5,6\n"


@pytest.mark.parametrize(("columns", "named"), [(["a", "b", "c"], "c"), (["a"], "b"), (["b", "a"], "their order")])
def test_lines_of_other_columns_are_refused(tmp_path, columns, named):
    """A run that another version has begun is not gone on with in rows that do not fit."""
    path = tmp_path / "table.csv"
    LineFile(path, ["a", "b"]).write("1,2\n")
    with pytest.raises(ResultsError, match=rf"table.csv has not the columns .*differ in: {named}\)"):
        LineFile(path, columns, path.stat().st_size)
    assert path.read_text() == "a,b\n1,2\n"
