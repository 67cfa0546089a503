"""Conductance pictures: plateaus and peaks are where they were put, and parasitic resistance is taken off exactly."""

import numpy as np
import pandas as pd
import pytest
from helpers import synthetic

from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.errors import PlotError
from ecmsim.plot import conductance, draw, draw_all, histogram, style, trace
from ecmsim.plot.study import open_study
from ecmsim.results import levels, open_run

pytestmark = pytest.mark.usefixtures("no_warnings")

RESISTANCE = 400.0  # ohm, of the synthetic current sweep
STARTS = np.array([3, 7, 12, 18])  # s


def lessened(level):
    """Conductance (G0) that is measured of a contact of so many G0 in series with RESISTANCE."""
    return 1 / (1 / np.asarray(level) + RESISTANCE * CONDUCTANCE_QUANTUM)


@pytest.fixture(scope="module")
def stairs(tmp_path_factory):
    return open_run(synthetic.write_stairs(tmp_path_factory.mktemp("stairs") / "run", resistance=RESISTANCE))


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    return open_run(synthetic.write_run(tmp_path_factory.mktemp("sweep") / "run", snapshots=False))


def name(number):
    """The folder of a case."""
    return f"{number:04d}_tunnelling.seed={number}"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Sixteen stochastic current sweeps, the last of them failed (it has a level of its own); one twice as dense."""
    folder = tmp_path_factory.mktemp("study")
    chance = np.random.default_rng(7)
    rows = []
    for k in range(16):
        steps = np.array([1.0, 2, 3]) + chance.normal(0, 0.03, 3) if k < 15 else np.array([1.0, 2, 7])
        starts = np.array([4, 9, 15]) + chance.normal(0, 1.0, 3)
        synthetic.write_stairs(folder / name(k), levels=(0.02, *steps), starts=starts, steps=400 if k == 3 else 200)
        rows.append((k, name(k), "finished" if k < 15 else "failed", "", k, 200))
    columns = ["case", "folder", "status", "reason", "seed", "steps"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "summary.csv", index=False)
    return open_study(folder)


# --- plateaus and peaks -------------------------------------------------------------------------------------


def staircase(time, heights, starts, width):
    G = np.full_like(time, 0.0)
    for height, start in zip(heights, starts, strict=True):
        G += height * 0.5 * (1 + np.tanh((time - start) / width))
    return G


def test_plateaus_are_found_with_level_and_duration():
    time = np.sort(np.random.default_rng(0).uniform(0, 10, 2000))  # no matter how the steps are spaced
    found = levels.find_plateaus(time, staircase(time, [0.97, 1.1, 2.0], [1, 3, 7], 0.02))
    assert [plateau.conductance for plateau in found] == pytest.approx([0.97, 2.07, 4.07], abs=0.01)
    assert [plateau.start_s for plateau in found] == pytest.approx([1, 3, 7], abs=0.1)
    assert [plateau.end_s for plateau in found] == pytest.approx([3, 7, 10], abs=0.1)
    for plateau in found:
        assert (time[plateau.first], time[plateau.last]) == (plateau.start_s, plateau.end_s)


def test_noise_within_the_tolerance_does_not_break_a_plateau():
    time = np.linspace(0, 10, 3000)
    noise = np.random.default_rng(1).uniform(-0.09, 0.09, len(time))
    G = 1.0 + staircase(time, [1.0], [5], 0.01) + noise
    assert [plateau.conductance for plateau in levels.find_plateaus(time, G)] == pytest.approx([1, 2], abs=0.01)
    assert len(levels.find_plateaus(time, G, tolerance=0.1)) == 0
    ends = [(plateau.start_s, plateau.end_s) for plateau in levels.find_plateaus(time, G)]
    assert np.array(ends) == pytest.approx(np.array([(0, 5), (5, 10)]), abs=0.02)


def test_a_plateau_leaves_out_the_slopes_on_its_sides():
    """Levels that rise by a few hundredths, with steps between them that begin and end gently."""
    time = np.linspace(0, 100, 3000)
    steps = [(0.2, 1.25, 10, 25), (1.29, 2.5, 45, 65), (2.53, 3.3, 80, 90)]  # from, to (G0), beginning, end (s)
    G = np.interp(time, [25, 45, 65, 80, 90, 100], [1.25, 1.29, 2.5, 2.53, 3.3, 3.32])
    G[time < 10] = 0.2
    for low, high, begin, end in steps:
        part = (time >= begin) & (time <= end)
        G[part] = low + (high - low) * (1 - np.cos(np.pi * (time[part] - begin) / (end - begin))) / 2
    found = levels.find_plateaus(time, G)[1:]  # but the beginning
    assert [plateau.conductance for plateau in found] == pytest.approx([1.27, 2.515, 3.31], abs=0.005)
    for plateau, flat in zip(found, [(25, 45), (65, 80), (90, 100)], strict=True):
        assert np.ptp(G[plateau.first : plateau.last + 1]) < 0.09
        assert (plateau.start_s, plateau.end_s) == pytest.approx(flat, abs=2.0)


@pytest.mark.parametrize("end", [0.9, 1.0, 2.0, 12.0])
def test_an_even_rise_has_no_plateaus(end):
    time = np.linspace(0, 1, 1000)
    assert levels.find_plateaus(time, end * time) == []


def test_a_drift_is_no_flight_of_steps():
    time = np.linspace(0, 10, 2000)
    slow = 10 - 2 * np.exp(-time / 2)
    [plateau] = levels.find_plateaus(time, np.where(time < 1, 0.01, slow))
    assert plateau.end_s == 10 and slow[plateau.first] > 9.75


def test_levels_with_a_gentle_rise_between_are_two():
    time = np.linspace(0, 10, 2000)
    G = np.interp(time, [0, 2, 4, 5.5, 7, 10], [0.1, 3.0, 3.03, 3.25, 3.45, 3.48])
    assert [item.conductance for item in levels.find_plateaus(time, G)] == pytest.approx([3.02, 3.46], abs=0.02)


def test_a_flat_end_of_a_slow_rise_is_a_plateau():
    time = np.linspace(0, 1, 1000)
    [plateau] = levels.find_plateaus(time, np.minimum(time / 0.8, 1.0))
    assert plateau.conductance == pytest.approx(1, abs=1e-3) and 0.6 < plateau.start_s < 0.8


def test_what_is_no_plateau():
    time = np.linspace(0, 1, 500)
    assert levels.find_plateaus(time, np.full(500, 0.05)) == []  # a tunnelling gap
    short = np.where(np.abs(time - 0.5) < 0.005, 2.0, 1.0)
    found = [plateau.conductance for plateau in levels.find_plateaus(time, short)]
    assert found == pytest.approx([1, 1])
    assert levels.find_plateaus(time[:2], np.ones(2)) == []
    assert len(levels.find_plateaus(time, np.ones(500))) == 1


def test_below_one_quantum_the_tolerance_is_relative():
    time = np.linspace(0, 10, 1000)
    half = 0.4 + staircase(time, [0.15], [5], 0.01)  # less than the tolerance apart, but more than a fifth
    assert [plateau.conductance for plateau in levels.find_plateaus(time, half)] == pytest.approx([0.4, 0.55], abs=0.01)


def test_peaks_of_normal_distributions():
    chance = np.random.default_rng(2)
    places, shares = np.array([0.98, 1.93, 3.1]), np.array([0.5, 0.3, 0.2])
    G = np.concatenate([chance.normal(at, 0.08, int(2e5 * share)) for at, share in zip(places, shares, strict=True)])
    edges = levels.edges_of(0.05, 4)
    assert edges[0] == 0 and edges[-1] == pytest.approx(4) and np.allclose(np.diff(edges), 0.05)
    peaks = levels.find_peaks(edges, np.histogram(G, edges)[0] / len(G))
    assert [peak.conductance for peak in peaks] == pytest.approx(places, abs=0.01)
    assert [peak.share for peak in peaks] == pytest.approx(shares, abs=0.01)


def test_a_single_bin_is_a_peak_and_the_rest_at_zero_is_none():
    edges = levels.edges_of(0.05, 3)
    shares = np.zeros(60)
    shares[0], shares[40] = 0.9, 0.1  # of 2.00 to 2.05
    [peak] = levels.find_peaks(edges, shares)
    assert peak.conductance == pytest.approx(2.025, abs=1e-6) and peak.share == pytest.approx(0.1)
    shares[40] = 0
    assert levels.find_peaks(edges, shares) == []


# --- the trace ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parasitic", ["400 ohm", "0.4 kohm", "model"])
def test_the_resistance_in_series_is_taken_off(stairs, parasitic):
    contact = stairs.timeseries["contact_atoms"].to_numpy()
    found, measured = trace.trace_of(stairs, parasitic), trace.trace_of(stairs)
    known = found.known
    assert known.sum() > 390 and (known == measured.known).all()
    assert found.conductance[known] == pytest.approx(contact[known])
    assert measured.conductance[known] == pytest.approx(lessened(contact[known]))


def test_small_voltages_tell_nothing(stairs):
    found = trace.trace_of(stairs, least_V=0.03)
    small = np.abs(stairs.timeseries["cell_voltage_V"].to_numpy()) < 0.03
    assert small.sum() > 50 and np.isnan(found.conductance[small]).all()
    assert np.isfinite(found.conductance[~small]).all()
    assert not trace.trace_of(stairs).known[0]  # neither current nor voltage


def test_a_negative_bias_has_a_positive_conductance(tmp_path):
    run = open_run(synthetic.write_cycles(tmp_path / "run", count=1))
    found = trace.trace_of(run)
    assert (run.timeseries["source_voltage_V"] < -1).any()
    assert (found.conductance[found.known] > 0).all() and found.known[found.source < -0.1].any()


def test_sampling_is_that_of_an_instrument(stairs):
    found = trace.trace_of(stairs, "model")
    at = found.at(np.array([5.0123, 30.0]))
    assert at.current == pytest.approx([5.0123e-6, 10e-6])
    assert at.conductance == pytest.approx([1.0, 4.0], abs=1e-3)
    assert len(found.between(10, 20).time) == pytest.approx(100, abs=1)


def test_runs_made_before_the_columns_existed(sweep, tmp_path):
    folder = synthetic.write_run(tmp_path / "old", steps=100, snapshots=False)
    table = pd.read_csv(folder / "timeseries.csv")
    table.drop(columns=["junction_voltage_V", "contact_atoms"]).to_csv(folder / "timeseries.csv", index=False)
    with pytest.raises(PlotError, match='run it again, or give a resistance, parasitic="400 ohm"') as error:
        draw("conductance", open_run(folder), tmp_path / "x.png", parasitic="model")
    assert str(folder) in str(error.value) and "junction_voltage_V" in str(error.value)
    draw("conductance", open_run(folder), tmp_path / "x.png", parasitic="100 ohm")


@pytest.mark.parametrize("parasitic", ["4 V", "400", 400, "-1 ohm", "some", "nan ohm", "ohm(", True])
def test_a_resistance_has_a_unit(sweep, tmp_path, parasitic):
    with pytest.raises(PlotError, match='parasitic = .*: give a resistance with its unit, "400 ohm", or model'):
        draw("conductance", sweep, tmp_path / "x.png", parasitic=parasitic)


def test_more_resistance_than_the_cell_has(stairs, tmp_path):
    least = RESISTANCE + 1 / (4 * CONDUCTANCE_QUANTUM)
    with pytest.raises(PlotError, match=f"has only {least / 1e3:.3g} kohm at its lowest: give less"):
        draw("conductance", stairs, tmp_path / "x.png", parasitic="5 kohm")


# --- the picture of a run -----------------------------------------------------------------------------------


def test_the_picture_tells_the_plateaus(stairs, tmp_path, figures):
    drawn = draw("conductance", stairs, tmp_path / "c.png", parasitic="model")
    assert drawn == [tmp_path / "c.png"]
    told = [float(line.split()[0]) for line in drawn.words[1:]]
    assert drawn.words[0] == "plateaus (junction alone):" and told == pytest.approx([1, 2, 3, 4], abs=0.02)
    time, against, side = figures["c.png"].axes
    assert against.get_xlabel() == "Current (µA)"  # the source drives a current
    assert [text.get_text() for text in time.texts if text.get_text() != "a"] and side.get_xlabel() == "Time (%)"
    labels = {float(text.get_text()) for text in time.texts if text.get_text() != "a"}
    assert labels == {1, 2, 3, 4}
    assert all(text.get_path_effects() for text in time.texts if text.get_text() != "a")  # apart from dashed lines
    dashed = {line.get_ydata()[0] for line in time.get_lines() if line.get_linestyle() == "--"}
    assert dashed == {1, 2, 3, 4}
    assert [text.get_text() for text in against.get_legend().get_texts()] == ["as measured", "junction alone"]


def test_the_measured_plateaus_are_lower(stairs, tmp_path):
    drawn = draw("conductance", stairs, tmp_path / "c.png")
    told = [float(line.split()[0]) for line in drawn.words[1:]]
    assert told == pytest.approx(lessened([1, 2, 3, 4]), abs=0.02)


def test_the_side_histogram_is_that_of_the_time(stairs, tmp_path, figures):
    draw("conductance", stairs, tmp_path / "c.png", parasitic="model", bins=0.1)
    stairs_drawn = figures["c.png"].axes[-1].patches[0]
    share, edges, _ = stairs_drawn.get_data()
    assert np.diff(edges) == pytest.approx(0.1)
    middle = 0.5 * (edges[1:] + edges[:-1])
    spans = np.diff([*STARTS, 40])
    for level, span in zip((1, 2, 3, 4), spans, strict=True):
        assert share[np.abs(middle - level) < 0.3].sum() == pytest.approx(100 * span / 40, abs=2)


@pytest.mark.parametrize(
    ("options", "labels"),
    [
        ({}, ["Time (s)", "Source voltage (V)", "Time (%)"]),
        ({"x": "time", "scale": "log"}, ["Time (s)", "Time (%)"]),
        ({"x": "voltage", "from_s": 1.6, "to_s": 2.5}, ["Source voltage (V)", "Time (%)"]),
        ({"x": "current", "parasitic": "200 ohm"}, ["Current (mA)", "Time (%)"]),
    ],
)
def test_axes(sweep, tmp_path, figures, options, labels):
    draw("conductance", sweep, tmp_path / "c.png", **options)
    panels = figures["c.png"].axes
    assert [axes.get_xlabel() for axes in panels] == labels
    assert {axes.get_yscale() for axes in panels} == {options.get("scale", "linear")}
    if "from_s" in options:
        drawn = [len(line.get_xdata()) for line in panels[0].get_lines()]
        assert max(drawn) == sweep.timeseries["time_s"].between(1.6, 2.5).sum()


@pytest.mark.slow
def test_a_gap_alone_is_drawn_in_decades(sweep, tmp_path, figures):
    drawn = draw("conductance", sweep, tmp_path / "c.png", to_s=1.6)
    assert figures["c.png"].axes[0].get_yscale() == "log" and drawn.words == [conductance.NOT_QUANTIZED]


def test_wrong_options_and_empty_windows(sweep, tmp_path):
    for options, match in (
        ({"x": "bias"}, "x = 'bias': choose one of time, voltage, current"),
        ({"scale": "ln"}, "scale = 'ln': choose linear or log"),
        ({"bins": 0}, "bins = 0: needs a positive number"),
        ({"bins": "0.1 G0"}, "bins = '0.1 G0': needs a number"),
        ({"share": -1}, "share = -1: needs a positive number"),
        ({"from_s": 9}, "fewer than two samples .* from 9 s"),
        ({"least_V": 50.0}, "more than 50 V over the cell"),
    ):
        with pytest.raises(PlotError, match=match):
            draw("conductance", sweep, tmp_path / "x.png", **options)


def test_when_there_is_nothing_to_see(sweep, tmp_path):
    assert "no quantum of conductance" in conductance.unfit(sweep)
    folder = synthetic.write_run(tmp_path / "short", stop=100, snapshots=False)
    with (folder / "config.toml").open("a") as file:
        file.write('[tunnelling]\nlaw = "blend"\n')
    assert "stays below 0.1 G0" in conductance.unfit(open_run(folder))


@pytest.mark.slow
@pytest.mark.usefixtures("draft")
def test_no_claim_of_plateaus_without_quantum_physics(sweep, stairs, tmp_path, figures):
    """With Simmons' law a conductance that lasts is no plateau in G0: none is named, marked or drawn by itself."""
    drawn = draw("conductance", sweep, tmp_path / "simmons.png")
    assert drawn.words == [conductance.NOT_QUANTIZED]
    quantized = draw("conductance", stairs, tmp_path / "blend.png")
    assert quantized.words[0].startswith("plateaus") and conductance.unfit(stairs) is None
    thick = {
        name: [line for axes in figure.axes for line in axes.get_lines() if line.get_color() == style.VERMILION]
        for name, figure in figures.items()
    }
    assert not thick["simmons.png"] and thick["blend.png"]
    dashed = [line for line in figures["simmons.png"].axes[0].get_lines() if line.get_linestyle() == "--"]
    assert not dashed and not figures["simmons.png"].axes[0].texts[1:]
    names = {name: paths for name, paths in draw_all(sweep, tmp_path / "all")}
    assert "no quantum of conductance" in str(names["conductance"])


def test_no_peaks_without_quantum_physics(tmp_path):
    folder = tmp_path / "study"
    synthetic.write_stairs(folder / "0")
    config = folder / "0" / "config.toml"
    config.write_text(config.read_text().replace('"blend"', '"simmons"'))
    columns = ["case", "folder", "status", "reason", "seed", "steps"]
    pd.DataFrame([(0, "0", "finished", "", 1, 400)], columns=columns).to_csv(folder / "summary.csv", index=False)
    words = draw("histogram", open_study(folder), tmp_path / "h.png").words
    assert "no peaks looked for" in words[-1] and not any("peak at" in line for line in words)


@pytest.mark.parametrize(("value", "text"), [(0.982, "0.98"), (14.83, "14.8"), (0.0512, "0.0512"), (9.999, "10")])
def test_conductances_in_words(value, text):
    assert conductance.in_units(value) == text


# --- the histogram of a study -------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_histogram_has_equal_weight_for_equal_times(study, tmp_path, figures):
    drawn = draw("histogram", study, tmp_path / "h.png", parasitic="model")
    assert drawn == [tmp_path / "h.png", tmp_path / "h.csv"]
    table = pd.read_csv(tmp_path / "h.csv")
    assert list(table) == ["from_G0", "to_G0", "share_as_measured", "share_junction_alone"]
    assert np.diff(table["from_G0"]) == pytest.approx(0.05)
    at, share = table["from_G0"] + 0.025, table["share_junction_alone"]
    expected = np.mean([_share(study.folder / name(k), 2.0) for k in range(15)])  # each run alike, whatever its steps
    assert share[(at > 1.7) & (at < 2.3)].sum() == pytest.approx(expected, abs=0.003)
    assert share.sum() == pytest.approx(1) and share[at > 3.5].sum() == 0  # not of the one that failed
    assert [axes.get_title() for axes in figures["h.png"].axes] == ["as measured", "junction alone"]


def told_peaks(words):
    """Positions of the peaks that the words name."""
    return [float(line.split("at ")[1].split()[0]) for line in words if "peak at" in line]


def _share(folder, level):
    """Share of the time of a run near a level, by the trapezium rule on a fine grid."""
    series = open_run(folder).timeseries
    time = np.linspace(0, 40, 100_001)
    voltage = np.interp(time, series["time_s"], series["junction_voltage_V"])
    known = np.interp(time, series["time_s"], series["cell_voltage_V"]) >= trace.LEAST_V
    G = np.interp(time, series["time_s"], series["current_A"])[known] / voltage[known] / CONDUCTANCE_QUANTUM
    return np.mean(np.abs(G - level) < 0.3)


@pytest.mark.slow
def test_the_peaks_are_told_with_and_without_resistance(study, tmp_path):
    words = draw("histogram", study, tmp_path / "h.png", parasitic="400 ohm").words
    heads = [k for k, line in enumerate(words) if not line.startswith(" ")]
    assert words[0].startswith("as measured: 59") and "of 15 runs, every 10 ms" in words[0]
    told = told_peaks(words)
    measured, alone = told[: heads[1] - 1], told[heads[1] - 1 :]
    assert measured == pytest.approx(lessened([1, 2, 3]), abs=0.05)
    assert alone == pytest.approx([1, 2, 3], abs=0.05)


@pytest.mark.slow
def test_the_fact_about_the_first_peak_is_the_one_in_the_picture(study, tmp_path):
    from validation.quantum.outcomes import first_peak

    words = draw("histogram", study, tmp_path / "histogram.png", parasitic="model").words
    alone = words[[k for k, line in enumerate(words) if line.startswith("junction alone")][0] + 1 :]
    shares = [float(line.split("(")[1].split()[0]) for line in alone]
    found = first_peak(tmp_path)
    assert f"{found.values:.2f}" == f"{told_peaks(alone)[int(np.argmax(shares))]:.2f}"
    assert found.remark == "peaks at " + ", ".join(f"{peak:.2f}" for peak in told_peaks(alone))


@pytest.mark.slow
def test_windows_of_time_and_voltage(study, tmp_path):
    words = draw("histogram", study, tmp_path / "h.png", from_s=25, samples=1000).words
    assert "every 15 ms" in words[0] and told_peaks(words) == pytest.approx(lessened([3]), abs=0.05)
    [pure] = [line for line in draw("histogram", study, tmp_path / "h.png", from_V=0.5).words if "below" in line]
    assert "100 % below" in pure  # only the gap takes so much voltage
    draw("histogram", study, tmp_path / "h.png", to_G0=2.5, bins=0.1)
    table = pd.read_csv(tmp_path / "h.csv")
    assert len(table) == 25 and table["to_G0"].iloc[-1] == pytest.approx(2.5)


def test_histograms_that_cannot_be(study, tmp_path):
    for options, match in (
        ({"from_V": 70.0}, "no sample tells a conductance .* and a voltage from 70 V"),
        ({"from_s": 70.0}, "no run has anything from 70 s; the longest one ends at 40 s"),
        ({"to_G0": 0}, "to_G0 = 0: needs a positive number"),
        ({"samples": 0}, "samples = 0: needs a positive number"),
        ({"parasitic": "9 kohm"}, "has only .* at its lowest: give less"),
    ):
        with pytest.raises(PlotError, match=match):
            draw("histogram", study, tmp_path / "x.png", **options)
    nothing = open_study(study.folder)
    nothing.table["status"] = "failed"
    with pytest.raises(PlotError, match="no finished runs"):
        draw("histogram", nothing, tmp_path / "x.png")


@pytest.mark.slow
def test_on_the_command_line(study, stairs, tmp_path):
    from typer.testing import CliRunner

    from ecmsim.commands.cli import app

    def command(*arguments):
        return CliRunner().invoke(app, ["plot", *map(str, arguments)])

    done = command("histogram", study.folder, "--out", tmp_path / "h.pdf", "-o", "parasitic=400 ohm")
    assert done.exit_code == 0 and "peak at" in done.output and f"wrote {tmp_path / 'h.csv'}" in done.output
    assert (tmp_path / "h.pdf").read_bytes().startswith(b"%PDF")
    done = command("conductance", stairs.folder, "--out", tmp_path / "c.svg", "-o", "parasitic=model")
    assert done.exit_code == 0 and "4.00 G0 (310 µS) from 18" in done.output
    wrong = command("conductance", stairs.folder, "-o", "parasitic=400")
    assert isinstance(wrong.exception, PlotError) and wrong.exception.exit_code == 2


def test_the_end_of_the_axis():
    G = np.concatenate([np.full(900, 0.01), np.linspace(0.6, 6.2, 100)])
    assert histogram._end([histogram.Sampled(G, 1, 0.1)]) == 7
    assert histogram._end([histogram.Sampled(np.full(5, 0.01), 1, 0.1)]) == 2
    assert histogram._end([histogram.Sampled(np.full(5, 300.0), 1, 0.1)]) == histogram.MOST


# --- named cases of a study -------------------------------------------------------------------------------------


def test_named_cases_are_told_by_their_names(tmp_path):
    """Not by all settings in which they differ; and small numbers on an axis do not run into each other."""
    import matplotlib.pyplot as plt
    import pandas as pd

    from ecmsim.plot.study import StudyTable, panel

    table = pd.DataFrame(
        {
            "name": ["ag_coarse", "ag_fine", "cu"],
            "compliance_current_A": [1e-4, 4e-4, 2e-4],
            "mesh_refinement": [1.0, 2.0, 1.0],
            "radius_mean_end_nm": [2.4, 2.6, 2.5],
        }
    )
    study = StudyTable(tmp_path, table, ("name", "compliance_current_A", "mesh_refinement"))
    figure, axes = plt.subplots()
    panel(axes, study, table, "compliance_current_A", "radius_mean_end_nm")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["ag coarse", "ag fine", "cu"]
    figure.canvas.draw()
    assert axes.xaxis.get_offset_text().get_text()
    plt.close(figure)

    unnamed = table.assign(name=["", "ag_fine", None])
    figure, axes = plt.subplots()
    panel(axes, study, unnamed, "compliance_current_A", "radius_mean_end_nm")
    assert any("refinement" in text.get_text() for text in axes.get_legend().get_texts())
    plt.close(figure)
