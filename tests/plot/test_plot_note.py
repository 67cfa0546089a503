"""A line that all pictures of a run bear, here that it borrows constants of other materials; others bear none."""

import json

import pytest
from helpers import synthetic

from ecmsim.plot import draw
from ecmsim.results import open_run
from ecmsim.results.folder import PROVENANCE

TOLD = "constants borrowed from Cu | SiO2"


@pytest.fixture
def run(tmp_path):
    return synthetic.write_run(tmp_path / "run")


@pytest.fixture
def borrower(run):
    path = open_run(run).folder / PROVENANCE
    path.write_text(json.dumps(json.loads(path.read_text()) | {"borrowed": {"Cu | SiO2": ["hopping"]}}))
    return open_run(path.parent)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["iv", "gap", "temperature", "outline"])
def test_a_picture_bears_the_note_below_its_axes(borrower, tmp_path, figures, name):
    draw(name, borrower, tmp_path / f"{name}.png")
    figure = figures[f"{name}.png"]
    (note,) = [text for text in figure.texts if text.get_text() == TOLD]
    top = note.get_window_extent().y1
    assert all(axes.get_window_extent().y0 > top for axes in figure.axes if axes.axison)


@pytest.mark.slow
def test_a_run_that_borrows_nothing_has_none(run, tmp_path, figures):
    draw("iv", open_run(run), tmp_path / "iv.png")
    assert TOLD not in [text.get_text() for text in figures["iv.png"].texts]


@pytest.mark.slow
def test_a_page_bears_it_in_its_title(borrower, tmp_path):
    pytest.importorskip("pyvista")
    draw("elephant", borrower, tmp_path / "elephant.html")
    assert f"({TOLD})</title>" in (tmp_path / "elephant.html").read_text()
