"""Several runs in one picture, families of a study, and other looks: style sheets, widths, colours, formats."""

import matplotlib
import numpy as np
import pandas as pd
import pytest
from helpers import synthetic
from helpers.command import ecmsim

from ecmsim.errors import PlotError
from ecmsim.plot import draw, draw_all, dress, dressed, overlay, style
from ecmsim.plot.curves import COLOURS, distinct, of_run
from ecmsim.plot.study import open_study
from ecmsim.results import open_run

SHEET = """font.size: 11
axes.prop_cycle: cycler('color', ['004488', 'DDAA33'])
image.cmap: plasma
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two made-up runs with other compliance currents."""
    root = tmp_path_factory.mktemp("compare")
    return [open_run(synthetic.write_run(root / name, compliance=limit)) for name, limit in (("a", 1e-3), ("b", 1e-4))]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The folder of a made-up study of three cases, one of which has not finished."""
    root = tmp_path_factory.mktemp("family")
    limits = [1e-5, 1e-4, 1e-3]
    for k, limit in enumerate(limits[:2]):
        synthetic.write_run(root / f"{k:04d}_x={k}", compliance=limit)
    table = pd.DataFrame(
        {
            "case": [0, 1, 2],
            "folder": [f"{k:04d}_x={k}" for k in range(3)],
            "status": ["finished", "finished", "pending"],
            "reason": "",
            "compliance_current_A": limits,
            "cell_active_electrode": ["Cu", "Ag", "Cu"],
            "steps": 420,
        }
    )
    table.to_csv(root / "summary.csv", index=False)
    return open_study(root)


@pytest.fixture
def figures(monkeypatch):
    """The figures that are saved while a test runs."""
    seen = []
    monkeypatch.setattr(style.note, "write", seen.append)
    return seen


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gap", "temperature", "elephant"])
def test_several_runs_are_drawn_in_one_picture(runs, tmp_path, figures, name):
    output = tmp_path / f"{name}.pdf"
    assert overlay(name, runs, (), output) == [output] and output.stat().st_size > 5000
    panels = [axes for axes in figures[0].axes if axes.get_xlabel()]
    assert len(panels) == 2
    if name != "elephant":
        assert [len(axes.lines) for axes in panels] == [2, 2]


@pytest.mark.slow
def test_what_an_overlay_cannot_do_is_refused(runs, tmp_path):
    with pytest.raises(PlotError, match="gap of several runs draws no measurements"):
        overlay("gap", runs, ["measured"], tmp_path / "gap.png")
    with pytest.raises(PlotError, match="7 elephants are too many"):
        overlay("elephant", runs[:1] * 7, (), tmp_path / "elephant.png")
    with pytest.raises(PlotError, match="must end in"):
        overlay("gap", runs, (), tmp_path / "gap.html")


@pytest.mark.slow
def test_names_of_runs_leave_out_what_all_begin_with(runs):
    curves = [of_run(run) for run in runs]
    named = [dress_up(curves[0], "Cell: 1 nA"), dress_up(curves[1], "Cell: 10 nA")]
    assert [curve.name for curve in distinct(named)] == ["1 nA", "10 nA"]
    assert [curve.name for curve in distinct(curves)] == ["synthetic SET sweep (1)", "synthetic SET sweep (2)"]


def dress_up(curve, name):
    from dataclasses import replace

    return replace(curve, name=name)


@pytest.mark.slow
def test_a_family_has_the_curve_of_every_finished_case(study, tmp_path, figures):
    draw("family", study, tmp_path / "family.png")
    curves = [line for line in figures[0].axes[0].lines if len(line.get_xdata()) > 2]
    assert len(curves) == 2 and curves[0].get_color() != curves[1].get_color()
    assert "Compliance current" in figures[0].axes[2].get_ylabel()  # the scale
    draw("family", study, tmp_path / "named.png", by="cell_active_electrode")
    assert [text.get_text() for text in figures[1].legends[0].get_texts()] == ["Cu", "Ag"]
    for wrong, said in (({"by": "steps"}, "no varied setting"), ({"voltage": "no"}, "choose one of source, cell")):
        with pytest.raises(PlotError, match=said):
            draw("family", study, tmp_path / "x.png", **wrong)


@pytest.mark.slow
def test_a_style_sheet_lies_over_the_house_style(runs, tmp_path, figures):
    sheet = tmp_path / "mine.mplstyle"
    sheet.write_text(SHEET)
    before = dict(matplotlib.rcParams)
    with dressed(sheet, "aps-single"):
        assert dress.colormap() == "plasma"
        overlay("gap", runs, (), tmp_path / "gap.png")
        overlay("iv", runs, (), tmp_path / "iv.png")
    assert dict(matplotlib.rcParams) == before and not dress.is_dressed()
    assert figures[0].get_figwidth() * 25.4 == pytest.approx(86.0)
    for figure in figures:
        colours = [line.get_color() for line in figure.axes[0].lines if len(line.get_xdata()) > 2]
        assert colours == ["#004488", "#ddaa33"]
    overlay("gap", runs, (), tmp_path / "house.png")
    assert [line.get_color() for line in figures[2].axes[0].lines] == list(COLOURS[:2])
    assert figures[2].get_figwidth() * 25.4 == pytest.approx(style.PAGE_MM)


@pytest.mark.parametrize(
    ("look", "said"),
    [
        ({"sheet": "nothing.mplstyle"}, "no such file"),
        ({"width": "wide"}, "--width wide: expected one of single, double"),
        ({"width": "5 mm"}, "40 to 1000 mm"),
        ({"colours": ["blue", "bluish"]}, "'bluish' is no colour"),
    ],
)
def test_looks_that_are_none_are_refused(look, said):
    with pytest.raises(PlotError, match=said), dressed(**look):
        pass


@pytest.mark.parametrize("text", ["fontt.size: 3", "font.size: huge and", "no settings at all"])
def test_a_style_sheet_that_is_none_is_refused(tmp_path, text):
    sheet = tmp_path / "wrong.mplstyle"
    sheet.write_text(text + "\n")
    with pytest.raises(PlotError, match="--style .*wrong.mplstyle: "), dressed(sheet):
        pass


@pytest.mark.slow
@pytest.mark.usefixtures("draft")
def test_every_picture_of_a_run_can_be_a_pdf(runs, tmp_path):
    drawn = [path for _, paths in draw_all(runs[0], tmp_path, ".pdf") if isinstance(paths, list) for path in paths]
    assert len(drawn) > 5 and all(path.suffix == ".pdf" and path.read_bytes()[:5] == b"%PDF-" for path in drawn)


@pytest.mark.slow
def test_the_command_refuses_what_it_would_ignore(runs, tmp_path):
    folder = runs[0].folder
    for arguments, said in (
        (("gap", folder, "--format", "gif"), "--format gif: pictures are png, pdf, svg"),
        (("gap", folder, "--format", "pdf", "--out", tmp_path / "x.png"), "leave one of both out"),
        (("film", folder, "--width", "single"), "--width is for pictures"),
    ):
        done = ecmsim("plot", *arguments)
        assert done.returncode == 2 and said in done.stderr, done.stderr
    done = ecmsim(
        "plot", "gap", folder, runs[1].folder, "--format", "pdf", "--width", "120 mm", "--colours", "#004488,red"
    )
    assert done.returncode == 0 and done.stdout.strip().endswith("gap_overlay.pdf"), done.stderr
    assert np.isfinite((folder / "figures" / "gap_overlay.pdf").stat().st_size)
