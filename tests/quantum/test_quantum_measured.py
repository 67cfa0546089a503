"""Measured traces of contacts: plateaus, resistance in series, histograms, the point-contact model, bad files."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from ecmsim.commands.cli import app
from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.errors import ConfigError, EcmsimError, MeasurementError
from ecmsim.measured import Column, Columns, read
from ecmsim.quantum.measured import histograms, point_contact, series
from ecmsim.quantum.measured.changes import pieces
from ecmsim.quantum.measured.command import Settings, analyse
from ecmsim.quantum.measured.plateaus import Rules, levels_of
from ecmsim.quantum.measured.samples import Samples, samples_of

LEVELS = (0.02, 1.0, 2.05, 0.98, 3.1, 4.0)
EACH = 300  # samples of a level
IV = np.linspace(-0.6, 1.0, 161)


def stairs(levels=LEVELS, each=EACH, noise=0.02, seed=1):
    """Conductances (G0) of a trace with these levels and a relative noise."""
    values = np.repeat(levels, each)
    return values * (1 + noise * np.random.default_rng(seed).standard_normal(len(values)))


def samples(conductance, voltage=0.1, cycle=None):
    n = len(conductance)
    voltage = np.broadcast_to(float(voltage), n).copy() if np.isscalar(voltage) else voltage
    cycle = np.ones(n, int) if cycle is None else cycle
    current = np.asarray(conductance) * CONDUCTANCE_QUANTUM * voltage
    return Samples("made up", 1e-3 * np.arange(n), voltage, current, cycle, np.arange(n))


def write(path, time, voltage, current):
    rows = [f"{t:.9g},{v:.9g},{i:.9g}" for t, v, i in zip(time, voltage, current, strict=True)]
    path.write_text("\n".join(["Time (s),Voltage (V),Current (A)", *rows]) + "\n")
    return path


@pytest.fixture
def trace(tmp_path):
    """A file: the stairs at 0.1 V, behind 400 ohm."""
    G = stairs()
    current = 0.1 / (1 / (G * CONDUCTANCE_QUANTUM) + 400)
    return write(tmp_path / "trace.csv", 1e-3 * np.arange(len(G)), np.full(len(G), 0.1), current)


# --- plateaus --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_plateaus_of_a_noisy_trace_are_found(seed):
    found = levels_of(samples(stairs(seed=seed)))
    assert [level.conductance for level in found] == pytest.approx(LEVELS[1:], abs=0.05)
    for level, true, number in zip(found, LEVELS[1:], range(1, len(LEVELS)), strict=True):
        assert abs(level.first - number * EACH) <= 3 and abs(level.samples - EACH) <= 6
        assert level.length == pytest.approx(1e-3 * EACH, abs=6e-3)
        assert abs(level.conductance - true) < 4 * level.error
        assert level.error == pytest.approx(0.02 * true / np.sqrt(EACH), rel=0.5)


def test_telegraph_noise_between_near_levels_is_resolved():
    found = levels_of(samples(stairs((1.0, 1.2) * 5, 100)))
    assert [level.conductance for level in found] == pytest.approx([1.0, 1.2] * 5, abs=0.02)
    assert len(levels_of(samples(stairs((1.0, 1.2) * 5, 100)), Rules(resolution=0.3, flat=0.3))) == 1


@pytest.mark.parametrize("power", [1, 2, 3])
def test_a_slope_is_no_plateau(power):
    rising = 0.2 + 5 * np.linspace(0.3, 1, 2000) ** power
    assert levels_of(samples(rising + 0.02 * np.random.default_rng(1).standard_normal(2000))) == []


@pytest.mark.parametrize("seed", range(5))
def test_a_curve_below_one_quantum_is_no_plateau(seed):
    noise = 1 + 0.02 * np.random.default_rng(seed).standard_normal(len(IV))
    made = point_contact.current(IV + 1e-4, 2.0, 5.0, 0.4, 0.7) / (IV + 1e-4) / CONDUCTANCE_QUANTUM * noise
    assert not [level for level in levels_of(samples(made[60:])) if level.conductance > 0.25]


@pytest.mark.slow
def test_noise_alone_is_one_piece():
    rng = np.random.default_rng(2)
    assert all(len(pieces(rng.standard_normal(1000), 1e-3)) == 1 for _ in range(20))


def test_the_partition_is_the_best_one():
    """Against all partitions of a short trace, tried one by one: pruning loses nothing."""
    rng = np.random.default_rng(3)
    values = np.concatenate([rng.normal(0, 1, 9), rng.normal(3, 0.3, 12), rng.normal(1, 1, 8)])
    n, shortest, noise = len(values), 4, 0.05

    def cost(first, last):
        x, y = np.arange(last - first), values[first:last]
        variance = np.mean((y - np.polyval(np.polyfit(x, y, 1), x)) ** 2)
        most = max(variance, noise**2)
        return (last - first) * (np.log(most) + variance / most)

    best = {0: (-4 * np.log(n), [])}
    for end in range(shortest, n + 1):
        tried = [(best[k][0] + cost(k, end) + 4 * np.log(n), [*best[k][1], k]) for k in best if end - k >= shortest]
        if tried:
            best[end] = min(tried, key=lambda item: item[0])
    assert [piece.first for piece in pieces(values, noise, shortest)] == best[n][1]
    assert len(best[n][1]) > 2


def test_a_long_trace_keeps_its_edges():
    found = levels_of(samples(stairs((1.0, 2.0, 1.0, 3.0), 25_000)))
    assert [level.first for level in found] == pytest.approx([0, 25_000, 50_000, 75_000], abs=2)


def test_holes_and_cycles_part_traces():
    G, n = stairs((1.0, 1.0), 100), 200
    assert len(levels_of(samples(G))) == 1
    assert len(levels_of(samples(G, cycle=np.repeat([1, 2], n // 2)))) == 2
    holed = samples(G)
    assert len(levels_of(Samples(*(getattr(holed, name) for name in ("file", "time", "voltage", "current", "cycle")),
                                 holed.row + 10 * (holed.row >= 100)))) == 2  # fmt: skip


# --- resistance in series --------------------------------------------------------------------------------------------


def test_a_resistance_is_taken_off_exactly(trace):
    plain = samples_of(read(trace))
    assert plain.without(400.0).conductance == pytest.approx(stairs(), rel=1e-6)
    with pytest.raises(MeasurementError, match="parasitic = 4 kohm: the whole has only"):
        plain.without(4000.0)


def test_a_resistance_is_found_from_multiples():
    true = np.array([1, 2, 3, 4, 5, 2])
    G = 1 / (1 / true + 500 * CONDUCTANCE_QUANTUM)
    found = series.fitted(levels_of(samples(stairs(G))))
    assert found.resistance == pytest.approx(500, abs=3 * found.error) and found.error < 150
    assert found.multiples == tuple(true) and found.scatter < 0.03 < found.without


def test_a_resistance_that_cannot_be_told_is_not(trace):
    with pytest.raises(MeasurementError, match="needs 3 plateaus .* but there are 2"):
        series.fitted(levels_of(samples(stairs((1.0, 2.0)))))
    with pytest.raises(MeasurementError, match="all 3 plateaus are near . G0"):
        series.fitted(levels_of(samples(stairs((1.0, 1.1, 1.0)))))
    told = "\n".join(analyse([read(trace)], Settings(parasitic="fit")).words)
    assert "that they are multiples is assumed, not found" in told


# --- what tells nothing ----------------------------------------------------------------------------------------------


def test_the_compliance_is_left_out_unless_the_voltage_was_measured(tmp_path):
    time = np.linspace(0, 2, 201)
    voltage = 1 - np.abs(time - 1)
    current = np.minimum(voltage * 2 * CONDUCTANCE_QUANTUM, 1e-4)
    path = write(tmp_path / "sweep.csv", time, voltage, current)
    found = samples_of(read(path))
    assert found.conductance == pytest.approx(2.0) and "at the compliance current are left out" in found.notes[0]
    kept = samples_of(read(path, Columns(voltage_is="measured")))
    assert kept.conductance.min() == pytest.approx(1e-4 / CONDUCTANCE_QUANTUM) and len(kept) > len(found)


def test_currents_against_the_voltage_are_told(tmp_path):
    path = write(tmp_path / "turned.csv", np.arange(50.0), np.full(50, 0.1), np.full(50, -1e-6))
    assert any("50 of 50 conductances are negative" in note for note in samples_of(read(path)).notes)
    turned = samples_of(read(path, Columns(current=Column(sign=-1))))
    assert turned.conductance == pytest.approx(1e-5 / CONDUCTANCE_QUANTUM) and not turned.notes


# --- histograms ------------------------------------------------------------------------------------------------------


def test_histograms_count_every_sample(trace, tmp_path):
    found = analyse([read(trace)], Settings(parasitic=400.0))
    G = found.samples[0].conductance
    assert found.histogram.counts.sum() == len(G) == found.map.counts.sum()
    assert np.array_equal(found.map.counts.sum(axis=0), found.histogram.counts)
    assert [peak.conductance for peak in found.histogram.peaks] == pytest.approx([0.99, 2.05, 3.1, 4.0], abs=0.05)
    table = found.map.table
    row = table.iloc[int(np.argmax(table["samples"]))]
    inside = (G >= row["from_G0"]) & (G < row["to_G0"])
    time = found.samples[0].time
    assert row["samples"] == np.sum(inside & (time >= row["time_from_s"]) & (time < row["time_to_s"]))


def test_displacements_begin_where_a_contact_breaks():
    G = np.concatenate([stairs((2.0, 1.0, 0.01), 50), stairs((1.0, 0.01), 80)])
    two = samples(G, cycle=np.repeat([1, 2], [150, 160]))
    place = histograms.places(two, "displacement", speed=10.0, align=0.5)
    assert place[100] == 0 and place[150 + 80] == 0
    assert place[0] == pytest.approx(-100 * 1e-3 * 10)
    with pytest.raises(MeasurementError, match="needs the speed"):
        histograms.places(two, "displacement")
    with pytest.raises(MeasurementError, match="no cycle passes"):
        histograms.places(two, "time", align=7.0)


# --- the point-contact model -----------------------------------------------------------------------------------------


def test_limits_of_the_model():
    """Open channels are ohmic with N G0; a high barrier has exp(-alpha Phi) of that; no current at 0 V."""
    ohmic = 3 * CONDUCTANCE_QUANTUM * IV
    assert point_contact.current(IV, 3, 10, -5.0, 0.5) == pytest.approx(ohmic, rel=1e-9, abs=1e-18)
    small = point_contact.current(1e-4, 2, 5, 2.0, 0.5)
    assert small == pytest.approx(2 * CONDUCTANCE_QUANTUM * 1e-4 * np.exp(-10.0), rel=1e-3)
    assert point_contact.current(0.0, 2, 5, 2.0, 0.3) == 0
    assert np.isfinite(point_contact.current([-50.0, 50.0], 1, 1000, 10, 0.5)).all()


@pytest.mark.parametrize("true", [(2.0, 5.0, 0.4, 0.7), (1.3, 8.0, 0.3, 0.5), (1.0, 6.0, 0.5, 0.3)])
def test_known_parameters_come_back(true):
    rng = np.random.default_rng(4)
    made = point_contact.current(IV, *true) * (1 + 0.02 * rng.standard_normal(len(IV)))
    found = point_contact.fit(IV, made)
    assert found.determined == 4 and all(found.known.values()) and not found.at_end
    for name, value in zip(point_contact.NAMES, true, strict=True):
        assert abs(found.values[name] - value) < 4 * found.errors[name]
        assert found.errors[name] < 0.2 * value
    assert found.scatter == pytest.approx(1.0, abs=0.2)
    assert found.zero_bias == pytest.approx(true[0] / (1 + np.exp(true[1] * true[2])), rel=0.02)


@pytest.mark.slow
def test_errors_are_those_of_repeated_measurements():
    true, rng = (2.0, 5.0, 0.4, 0.7), np.random.default_rng(5)
    fits = [
        point_contact.fit(IV, point_contact.current(IV, *true) * (1 + 0.02 * rng.standard_normal(len(IV))))
        for _ in range(15)
    ]
    for name in point_contact.NAMES:
        scatter = np.std([fit.values[name] for fit in fits], ddof=1)
        assert scatter == pytest.approx(np.mean([fit.errors[name] for fit in fits]), rel=0.6)


@pytest.mark.parametrize(
    ("true", "unknown"),
    [((1.0, 3.0, 1.5, 0.5), {"N", "Phi"}), ((2.0, 5.0, -4.0, 0.5), {"alpha", "Phi"})],
)
def test_what_the_data_do_not_determine_is_said(true, unknown):
    """A high barrier has N exp(-alpha Phi) alone, a straight line N/(1 + exp(alpha Phi)): what is known stays known."""
    made = point_contact.current(IV, *true) * (1 + 0.02 * np.random.default_rng(6).standard_normal(len(IV)))
    found = point_contact.fit(IV, made)
    assert unknown <= {name for name in point_contact.NAMES if not found.known[name]}
    assert found.determined < 4 and found.sizes[-1] > 1
    T = true[0] / (1 + np.exp(true[1] * true[2]))
    assert abs(found.zero_bias - T) < 4 * found.zero_bias_error < 0.2 * T


def test_a_current_that_is_no_point_contact_is_told(tmp_path):
    current = 1e-4 * np.where(IV > 0.5, 1.0, 0.02) * IV
    found = analyse([read(write(tmp_path / "iv.csv", IV - IV[0], IV, current))], Settings(fit=True))
    assert found.fits[0].scatter > 3 and any("the model does not follow them" in line for line in found.words)


# --- the command -----------------------------------------------------------------------------------------------------


def run(*words):
    return CliRunner().invoke(app, ["quantum", "measured", *map(str, words)])


@pytest.mark.slow
def test_the_command_writes_tables_and_a_picture(trace, tmp_path):
    made = point_contact.current(IV, 2.0, 5.0, 0.4, 0.7)
    iv = write(tmp_path / "iv.csv", 0.01 * np.arange(len(IV)), IV, made)
    done = run(trace, "--out", tmp_path / "a", "--parasitic", "400 ohm")
    assert done.exit_code == 0, done.output
    assert "400 ohm in series are taken off, as given" in done.output and "5 plateaus" in done.output
    table = pd.read_csv(tmp_path / "a" / "plateaus.csv")
    assert table["conductance_G0"].to_numpy() == pytest.approx(LEVELS[1:], abs=0.05) and (table["error_G0"] > 0).all()
    assert len(pd.read_csv(tmp_path / "a" / "trace.csv")) == len(LEVELS) * EACH
    assert pd.read_csv(tmp_path / "a" / "histogram.csv")["samples"].sum() == len(LEVELS) * EACH
    assert (tmp_path / "a" / "measured.png").read_bytes()[:4] == b"\x89PNG"
    done = run(iv, "--out", tmp_path / "b", "--fit", "--axis", "voltage")
    assert done.exit_code == 0, done.output
    fitted = pd.read_csv(tmp_path / "b" / "point_contact.csv").set_index("parameter")["value"]
    assert fitted["N"] == pytest.approx(2, rel=0.01) and fitted["beta"] == pytest.approx(0.7, abs=0.01)
    both = run(trace, iv, "--out", tmp_path / "c")
    assert both.exit_code == 0 and set(pd.read_csv(tmp_path / "c" / "trace.csv")["file"]) == {"trace.csv", "iv.csv"}


@pytest.mark.slow
def test_the_command_takes_a_part_of_the_time(trace, tmp_path):
    assert run(trace, "--out", tmp_path / "part", "--from", "0.2 s", "--to", "0.6 s").exit_code == 0
    time = pd.read_csv(tmp_path / "part" / "trace.csv")["time_s"]
    whole = read(trace).time
    assert len(time) == ((whole >= 0.2) & (whole <= 0.6)).sum() > 10 and time.between(0.2, 0.6).all()


@pytest.mark.slow
def test_measurements_are_not_needed_twice(trace, tmp_path):
    assert run(trace, "--out", tmp_path / "a").exit_code == 0
    again = run(trace, "--out", tmp_path / "a")
    assert isinstance(again.exception, MeasurementError) and "--overwrite replaces it" in str(again.exception)
    assert run(trace, "--out", tmp_path / "a", "--overwrite").exit_code == 0


BAD = {
    "missing": (None, [], "no such file"),
    "empty": ("", [], "is empty"),
    "prose": ("Dear colleague,\nplease find the data elsewhere.\n", [], "no lines with two or more numbers"),
    "no current": ("Time,V\n0,0\n1,1\n2,0\n", [], "no column of a current is found"),
    "no voltage at all": ("Time,V,I\n0,0,1e-6\n1,0,1e-6\n2,0,1e-6\n", [], "0 of 3 samples tell a conductance"),
    "another time": ("Time,V,I\n0,1,1e-6\n1,1,1e-6\n", ["--from", "5 s"], "no sample is between 5 s and its end"),
    "too few for a fit": ("Time,V,I\n0,1,1e-6\n1,1,1e-6\n", ["--fit"], "2 samples at 1 voltages are too few"),
    "too few plateaus": ("Time,V,I\n0,1,1e-6\n1,1,1e-6\n", ["--parasitic", "fit"], "needs 3 plateaus"),
    "too much in series": (
        "Time,V,I\n0,1,1e-3\n1,1,1e-3\n",
        ["--parasitic", "2 kohm"],
        "has only 1 kohm at its lowest",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_files_give_one_clear_error(what, tmp_path):
    text, words, told = BAD[what]
    path = tmp_path / "bad.csv"
    if text is not None:
        path.write_text(text)
    done = run(path, "--out", tmp_path / "out", *words)
    assert isinstance(done.exception, MeasurementError) and done.exception.exit_code == 2
    assert told in str(done.exception) and "\n" not in str(done.exception) and "bad.csv" in str(done.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--parasitic", "400 V"], "--parasitic"),
        (["--parasitic=-1 ohm"], "must be at least 0 ohm"),
        (["--least-voltage", "0 V"], "must be greater than 0 V"),
        (["--bin", "0"], "bin = 0 G0"),
        (["--bin", "1e-9"], "take wider ones"),
        (["--top", "nan"], "to = nan G0"),
        (["--flat", "0"], "flat = 0 G0"),
        (["--resolution", "inf"], "resolution = inf G0"),
        (["--shortest", "1"], "shortest = 1"),
        (["--axis", "sideways"], "choose one of time, voltage, displacement"),
        (["--axis", "displacement"], "needs the speed"),
        (["--speed", "1 nm/s"], "belongs to --axis displacement"),
        (["--axis", "voltage", "--align", "1"], "voltages stay what they are"),
        (["--align", "77"], "no cycle passes"),
        (["--fit", "--noise", "0"], "noise = 0"),
    ],
)
def test_senseless_options_are_refused(words, told, trace, tmp_path):
    done = run(trace, "--out", tmp_path / "out", *words)
    assert isinstance(done.exception, EcmsimError) and done.exception.exit_code == 2
    with pytest.raises((ConfigError, MeasurementError), match=told):
        raise done.exception
