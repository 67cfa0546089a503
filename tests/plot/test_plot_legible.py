"""What pictures say by themselves: axes that end at sensible places, legends that explain, one meaning per colour."""

import numpy as np
import pandas as pd
import pytest
from helpers import synthetic
from matplotlib.colors import to_hex, to_rgb

from ecmsim.plot import draw, elephant, elephant_map, iv, study, style
from ecmsim.plot.study import StudyTable
from ecmsim.results import open_run

pytestmark = pytest.mark.usefixtures("no_warnings")

MEANINGS = ["A  gap closes", "B  side growth", "C  thermal jump"]
MOMENTS = ["Γ  vertical growth stops", "Y  compliance reached", "Λ  no visible growth from here on"]


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    return open_run(synthetic.write_run(tmp_path_factory.mktemp("sweep") / "run"))


@pytest.fixture(scope="module")
def cycles(tmp_path_factory):
    return open_run(synthetic.write_cycles(tmp_path_factory.mktemp("cycles") / "run"))


@pytest.fixture(scope="module")
def pulses(tmp_path_factory):
    """The sweep's numbers under a programme of pulses, its first currents too small to be measured."""
    columns, outlines = synthetic.series(120)
    columns["current_A"] = np.where(columns["time_s"] < 1, 1e-21, columns["current_A"])
    train = 'kind = "pulse_train", amplitude = "2 V", width = "1 s", count = 2, interval = "1 s"'
    text = synthetic.CONFIG.format(compliance_mA=1.0).replace('kind = "ramp", to = "2 V", rate = "1 V/s"', train)
    text = text.replace('kind = "ramp", to = "0 V", rate = "1 V/s"', 'kind = "hold", duration = "1 s"')
    return open_run(synthetic.write_events(tmp_path_factory.mktemp("pulses") / "run", text, columns, outlines, []))


def words(legend):
    return [text.get_text() for text in legend.get_texts()]


# --- current and voltage ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_currents_that_nobody_measures_do_not_stretch_the_axis(tmp_path, figures):
    columns, outlines = synthetic.series(60)
    columns["current_A"] = np.where(columns["time_s"] < 1, 1e-21, columns["current_A"])
    run = open_run(synthetic.write_columns(tmp_path / "run", columns, outlines))
    draw("iv", run, tmp_path / "iv.png")
    axes = figures["iv.png"].axes[1]
    assert 0.1 * iv.FLOOR < axes.get_ylim()[0] < iv.FLOOR
    assert axes.get_yticklabels()[0].get_text() == "≤$10^{-16}$"
    draw("iv", run, tmp_path / "all.png", floor_A=1e-21)
    assert figures["all.png"].axes[1].get_ylim()[0] < 1e-21


@pytest.mark.slow
def test_the_way_back_is_in_the_legend(sweep, tmp_path, figures):
    draw("iv", sweep, tmp_path / "iv.png")
    assert words(figures["iv.png"].axes[0].get_legend()) == [*MEANINGS, "return"]
    half = open_run(synthetic.write_run(tmp_path / "half", stop=200, finish=False, snapshots=False))
    draw("iv", half, tmp_path / "half.png")
    legend = figures["half.png"].axes[0].get_legend()
    assert legend is None or "return" not in words(legend)


@pytest.mark.slow
def test_pulses_are_shown_against_time(pulses, tmp_path, figures):
    draw("iv", pulses, tmp_path / "iv.png")
    current, source = figures["iv.png"].axes
    assert (current.get_ylabel(), source.get_ylabel(), source.get_xlabel()) == (
        "|Current| (A)",
        "Source (V)",
        "Time (s)",
    )
    assert current.get_yscale() == "log" and 0.1 * iv.FLOOR < current.get_ylim()[0] < iv.FLOOR
    assert np.array_equal(current.get_lines()[0].get_xdata(), pulses.timeseries["time_s"])
    draw("iv", pulses, tmp_path / "asked.png", voltage="source")
    assert figures["asked.png"].axes[0].get_xlabel() == "Source voltage (V)"


# --- gap ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_regimes_and_moments_are_explained(sweep, tmp_path, figures):
    for name in ("gap", "temperature"):
        draw(name, sweep, tmp_path / f"{name}.png")
        (legend,) = figures[f"{name}.png"].legends
        assert words(legend) == MEANINGS + MOMENTS
        box = legend.get_window_extent()
        assert box.x0 >= 0 and box.x1 <= figures[f"{name}.png"].bbox.x1


@pytest.mark.slow
def test_the_inset_has_labels(sweep, tmp_path, figures):
    draw("gap", sweep, tmp_path / "gap.png")
    (inset,) = figures["gap.png"].axes[0].child_axes
    assert (inset.get_xlabel(), inset.get_ylabel()) == ("Time (s)", "Gap (nm)")


@pytest.mark.slow
def test_the_gap_of_pulses_can_be_read_where_it_is_small(pulses, sweep, tmp_path, figures):
    draw("gap", pulses, tmp_path / "pulses.png")
    draw("gap", sweep, tmp_path / "sweep.png")
    axes = figures["pulses.png"].axes[0]
    gap = pulses.timeseries["gap_nm"]
    assert axes.get_yscale() == "log" and figures["sweep.png"].axes[0].get_yscale() == "linear"
    low, high = axes.get_ylim()
    assert low < gap.min() and gap.max() < high and gap.min() < 3 * low
    assert {"1", "2", "5", "10"} <= {label.get_text() for label in axes.get_yticklabels()}


@pytest.mark.slow
def test_one_colour_for_each_sign_of_the_bias(cycles, tmp_path, figures):
    """In the gap, in the map and on the elephant: positive is red, negative blue."""
    draw("gap", cycles, tmp_path / "gap.png")
    draw("elephant", cycles, tmp_path / "e.png")
    for name in ("gap.png", "e_map.png"):
        panel = next(axes for axes in figures[name].axes if axes.get_ylabel() == "Source (V)")
        filled = [to_hex(area.get_facecolor()[0]).upper() for area in panel.collections]
        assert filled == [style.POSITIVE, style.NEGATIVE]
    assert style.BIAS[-1] == style.POSITIVE and style.BIAS[0] == style.NEGATIVE
    red, blue = to_rgb(style.POSITIVE), to_rgb(style.NEGATIVE)
    assert red[0] > red[2] and blue[2] > blue[0]


# --- outline, field -----------------------------------------------------------------------------------------


def test_materials_have_colours_that_differ():
    """No two of them closer than a quarter of the way from black to white, neighbours in the picture least of all."""
    colours = {name: np.array(to_rgb(colour)) for name, colour in style.FILLS.items()}
    for one, other in (("filament", "layer"), ("filament", "active electrode"), ("layer", "active electrode")):
        assert np.abs(colours[one] - colours[other]).max() > 0.2, (one, other)
    assert np.abs(colours["filament"] - colours["counter electrode"]).max() > 0.2


def test_materials_of_outlines_are_in_the_legend(sweep, tmp_path, figures):
    draw("outline", sweep, tmp_path / "o.png")
    legend = next(axes.get_legend() for axes in figures["o.png"].axes if axes.get_legend())
    assert {"filament", "layer", "electrode surface"} <= set(words(legend))


@pytest.mark.slow
def test_fields_leave_no_blank_strip_and_tell_the_moment(sweep, tmp_path, figures):
    paths = draw("field", sweep, tmp_path / "f.png")
    figure = figures["f.png"]
    figure.draw_without_rendering()
    assert figure.get_tightbbox().height > 0.93 * figure.get_figheight()
    assert paths == [tmp_path / "f.png"]
    told = figure._suptitle.get_text()
    time = float(told.split("t = ")[1].split(" s")[0])
    at = max(sweep.snapshots, key=lambda item: abs(item.current_A)).time_s
    assert abs(time - at) < 1e-6


# --- elephant -----------------------------------------------------------------------------------------------


def test_names_that_would_lie_on_each_other_are_written_once(tmp_path):
    assert style.apart([0, 1, 5, 5.5], ["rupture"] * 4, 2) == ["rupture", "", "rupture", ""]
    assert style.apart([0, 0.1], ["Γ", "Y"], 2) == ["Γ", "Y"]
    with style.picture(tmp_path / "x.png", 89, 60) as figure:
        axes = figure.subplots()
        axes.set_xlim(0, 100)
        elephant_map.label_map(axes, [("rupture", at) for at in (10, 13, 60)], np.array([0, 100]))
        figure.draw_without_rendering()
        boxes = [text.get_window_extent() for text in axes.texts if text.get_text()]
        assert len(boxes) == 2 and len(axes.get_lines()) == 3
        assert not boxes[0].overlaps(boxes[1])


def drawn_notes(monkeypatch, run, output, **options):
    """The notes that go below the surface, without rendering it."""
    seen = {}
    monkeypatch.setattr(elephant, "draw_surface", lambda *arguments: seen.setdefault("notes", arguments[6]))
    draw("elephant", run, output, **options)
    return [note for note in seen["notes"] if note]


@pytest.mark.slow
def test_the_elephant_tells_its_colour_and_where_time_begins(sweep, cycles, tmp_path, monkeypatch):
    notes = drawn_notes(monkeypatch, sweep, tmp_path / "e.png", time="log")
    assert notes[0] == ",  ".join(moment.replace("  ", " ") for moment in MOMENTS)
    assert "when growth becomes visible" in notes[1] and not any("Colour" in note for note in notes)
    assert drawn_notes(monkeypatch, sweep, tmp_path / "e.png") == notes[:1]  # nothing is hidden
    assert drawn_notes(monkeypatch, cycles, tmp_path / "e.png") == [
        "Colour: source voltage, as the bias changes its sign"
    ]
    assert drawn_notes(monkeypatch, cycles, tmp_path / "e.png", colour="voltage") == []


# --- studies ------------------------------------------------------------------------------------------------


def table(**columns):
    rows = len(next(iter(columns.values())))
    fixed = {"case": range(rows), "folder": "x", "status": "finished", "reason": ""}
    return pd.DataFrame(fixed | columns)


@pytest.mark.slow
def test_a_study_shows_what_changes_with_what_it_varies(tmp_path, figures):
    """Of a kinetic constant the time of SET and the resistance; of the compliance current resistance and radius."""
    rate = "butler_volmer_rate_constant_m_per_s"
    results = {
        "steps": [9, 9, 9],
        "time_set_s": [1.7, 1.6, 1.5],
        "resistance_lrs_ohm": [2e5, 3e5, 4e5],
        "temperature_max_K": [300.0, 301.0, 302.0],
        "radius_mean_end_nm": [2.0, 2.1, 2.2],
        "G_after_S": [1e-9] * 3,
    }
    kinetics = StudyTable(tmp_path, table(**{rate: [50.0, 100.0, 200.0]} | results), (rate,))
    draw("study", kinetics, tmp_path / "k.png")
    assert [axes.get_ylabel() for axes in figures["k.png"].axes] == [
        "Time of SET (s)",
        "Low-resistance state $R_\\mathrm{LRS}$ (Ω)",
    ]
    assert figures["k.png"].axes[0].get_xlabel() == "Rate constant $k_0$ (m/s)"
    current = table(compliance_current_A=[1e-6, 1e-5, 1e-4], **results)
    draw("study", StudyTable(tmp_path, current, ("compliance_current_A",)), tmp_path / "c.png")
    assert "Mean radius" in figures["c.png"].axes[1].get_ylabel()
    asked = StudyTable(tmp_path, table(**{rate: [50.0, 100.0, 200.0]} | results, ratio=[1.0, 2, 3]), (rate,))
    draw("study", asked, tmp_path / "o.png")
    assert [axes.get_ylabel() for axes in figures["o.png"].axes] == ["Ratio"]


@pytest.mark.parametrize(
    ("column", "axis", "series"),
    [
        ("butler_volmer_transfer_coefficient", "Transfer coefficient", "transfer coefficient"),
        ("butler_volmer_charge_number", "Butler–Volmer charge number", "Butler–Volmer charge number"),
        ("cell_layer_thickness_nm", "Thickness of the layer (nm)", "thickness of the layer"),
        ("programme_0_rate_V_per_s", "Programme 0 rate (V/s)", "programme 0 rate"),
    ],
)
def test_settings_have_names_in_words(column, axis, series):
    assert (study.label(column), study.label(column, False)) == (axis, series)
