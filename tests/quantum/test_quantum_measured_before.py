"""All that measured traces tell, as it was: every table, every line of words, of made-up traces under every option."""

import dataclasses
from itertools import product

import numpy as np
import pytest
from helpers.before import as_before

from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.errors import MeasurementError
from ecmsim.measured import Recording
from ecmsim.quantum.measured import histograms, point_contact, series
from ecmsim.quantum.measured.changes import pieces
from ecmsim.quantum.measured.command import Settings, analyse
from ecmsim.quantum.measured.plateaus import Rules, _joined, _rise, levels_of
from ecmsim.quantum.measured.samples import Samples, samples_of

IV = np.linspace(-0.6, 1.0, 161)


def stairs(levels, each=40, noise=0.02, seed=1):
    values = np.repeat(levels, each)
    return values * (1 + noise * np.random.default_rng(seed).standard_normal(len(values)))


def recording(conductance, voltage=0.1, cycle=None, behind=0.0, **options):
    """A Recording of conductances (G0) behind a resistance (ohm)."""
    n = len(conductance)
    voltage = np.broadcast_to(voltage, n).astype(float)
    current = voltage / (1 / (conductance * CONDUCTANCE_QUANTUM) + behind)
    cycle = np.ones(n, int) if cycle is None else cycle
    return Recording("trace", 1e-3 * np.arange(n), voltage, current, cycle, **options)


TRACE = recording(stairs((0.02, 1.0, 2.05, 0.98, 3.1)), behind=400.0)
TWO = recording(stairs((2.0, 1.0, 0.01, 1.02, 3.0, 0.3), 30), 0.05, np.repeat([1, 2], 90))
ASKED = {
    "plain": ([TRACE], Settings()),
    "given": ([TRACE], Settings(parasitic=400.0, top=4.0, bin=0.25, start=0.03, end=0.17)),
    "fit": ([TRACE], Settings(parasitic="fit")),
    "two": ([TRACE, TWO], Settings(parasitic=100.0, axis="displacement", speed=5.0, align=0.5)),
    "rules": ([TWO], Settings(rules=Rules(flat=0.5, resolution=0.8, noise=0.05, floor=0.2, shortest=5))),
    "voltage": (
        [recording(stairs(np.full(161, 2.0), 1), IV)], Settings(axis="voltage", least=0.02, bin=0.1)),
}  # fmt: skip


@pytest.mark.parametrize("what", ASKED)
def test_what_a_measurement_tells(what, file_regression):
    measurements, settings = ASKED[what]
    found = analyse(measurements, settings)
    tables = {name: table for name, table in found.tables.items() if name not in ("trace.csv", "map.csv")}
    counts = found.map.counts
    tables["map.csv"] = found.map.table.iloc[:: max(len(found.map.table) // 40, 1)]
    tables["trace.csv"] = found.tables["trace.csv"].iloc[::25]
    known = {
        "across": counts.sum(axis=1),
        "up": counts.sum(axis=0),
        "sum": (counts * np.arange(counts.shape[1])).sum(1),
    }
    as_before(
        file_regression,
        {"words": found.words, "map": known, "series": found.series} | tables,
        tolerance=1e-5, basename=f"measured_{what}",
    )  # fmt: skip


@pytest.mark.slow
def test_what_curves_of_point_contacts_tell(file_regression):
    """Open channels, a straight line: values, errors, combinations, words."""
    made = {"open": (2.0, 5.0, 0.4, 0.7), "straight": (2.0, 5.0, -4.0, 0.5)}
    told = {}
    for number, (name, true) in enumerate(made.items()):
        noise = 1 + 0.02 * np.random.default_rng(number).standard_normal(len(IV))
        V = IV[IV != 0]
        current = point_contact.current(V, *true) * noise[: len(V)]
        measured = Recording(name, np.arange(len(V)) * 0.01, V, current, np.ones(len(V), int))
        found = analyse([measured], Settings(fit=True))
        fit = found.fits[0]
        told[name] = {
            "values": [fit.values[key] for key in ("N", "alpha", "Phi", "beta")] if name == "open" else None,
            "errors": [fit.errors[key] for key in ("N", "alpha", "Phi", "beta")] if name == "open" else None,
            "known": fit.known, "at_end": list(fit.at_end), "determined": fit.determined, "samples": fit.samples,
            "best": np.sort(fit.sizes)[:2], "scatter": fit.scatter, "zero": [fit.zero_bias, fit.zero_bias_error],
            "combination": np.abs(fit.combinations[0]),
        }  # fmt: skip
        if name == "open":
            told["words"] = found.words
            told["columns"] = list(found.tables["point_contact.csv"])
    V = np.array([-1.0, -0.3, 0.1, 0.7])
    told["currents"] = [
        point_contact.current(V, 1.5, alpha, Phi, beta)
        for alpha, Phi, beta in product((2.0, 9.0), (-1.0, 0.4), (0.2, 0.6))
    ]
    told["begin"] = point_contact._start(V, 1e-5 * V, 1 / np.abs(V), 5.0, 0.2, 0.3)
    as_before(file_regression, told, tolerance=1e-3)


def test_pieces_of_traces(file_regression):
    told = {}
    for seed, shortest, noise in ((1, 8, 0.01), (2, 5, 0.1), (3, 12, 1e-3)):
        values = stairs((1.0, 1.5, 1.4, 3.0), 30, 0.03, seed) + 0.002 * np.arange(120)
        told[f"seed {seed}"] = [vars(piece) for piece in pieces(values, noise, shortest)]
    long = stairs((1.0, 2.0, 1.0, 3.0), 3011)
    told["long"] = [vars(piece) for piece in pieces(long, 0.01)]
    told["7 samples"] = len(pieces(np.arange(7.0), 0.01))
    told["8 samples"] = [vars(piece) for piece in pieces(np.arange(8.0), 0.01)]
    as_before(file_regression, told)


def test_long_traces_are_cut_at_the_very_sample():
    """Every second sample may begin a piece at first, then the best one around."""
    n, edges = 4001, (1334, 2002)
    values = np.zeros(n) + 0.01 * np.random.default_rng(0).standard_normal(n)
    values[edges[0] :] += 1
    values[edges[1] :] += 2
    assert [piece.first for piece in pieces(values, 1e-3)] == [0, *edges]


def level(conductance, error=0.01):
    return levels_of(samples(np.full(20, conductance)))[0].__class__(
        1, 0.0, 1.0, 20, 0, 19, conductance, error, 0.01, 0.0, 0.1
    )


def samples(conductance, cycle=None):
    n = len(conductance)
    cycle = np.ones(n, int) if cycle is None else cycle
    current = np.asarray(conductance) * CONDUCTANCE_QUANTUM * 0.1
    return Samples("made up", 1e-3 * np.arange(n), np.full(n, 0.1), current, cycle, np.arange(n))


def test_resistances_in_series(file_regression):
    """Of exact and of scattered multiples behind known resistances; the scatter of one level counts with its error."""
    told = {}
    for name, true, behind, error in (
        ("exact", (1, 2, 3, 4), 500.0, 0.01), ("none", (1, 2, 3, 4), 0.0, 0.01), ("many", (1, 2, 5, 7), 900.0, 0.2),
        ("scattered", (1.2, 1.9, 3.1, 0.9), 300.0, 0.05), ("low", (0.4, 1.0, 2.0, 3.0), 200.0, np.nan),
        ("two", (0.6, 1.6, 2.6), 0.0, 0.3), ("half", (0.55, 0.97, 2.1), 0.0, 0.02),
    ):  # fmt: skip
        levels = [level(1 / (1 / one + behind * CONDUCTANCE_QUANTUM), error) for one in true]
        told[name] = series.fitted(levels)
    as_before(file_regression, told)
    assert told["exact"].resistance == pytest.approx(500, abs=2) and told["exact"].multiples == (1, 2, 3, 4)


def test_pieces_next_to_each_other_are_joined_by_hand():
    values = np.array([1.0, 1.0, 1.04, 1.04, 1.1, 1.1, 1.3, 1.3])
    flat = [(0, 1), (2, 3), (4, 5), (6, 7)]
    assert _joined(flat, values, Rules()) == [(0, 3), (4, 5), (6, 7)]
    assert _joined(flat, values, Rules(resolution=0.1, flat=0.2)) == [(0, 5), (6, 7)]
    assert _joined(flat, values, Rules(resolution=0.1, flat=0.1)) == [(0, 3), (4, 5), (6, 7)]
    assert _joined([(0, 1), (3, 4)], values, Rules(resolution=1, flat=1)) == [(0, 1), (3, 4)]
    assert _rise(np.array([0.0, 1, 2, 3])) == pytest.approx(3) and _rise(np.array([0.0, 0, 1])) == pytest.approx(1)


def test_histograms_of_a_few_conductances():
    G = np.array([0.02, 0.49, 0.5, 1.0, 1.0, 1.02, 2.0, 7.0])
    assert histograms.edges_for(G, 0.5)[-1] == pytest.approx(7.5) and histograms.edges_for(G, 0.5, 3.0)[-1] == 3.0
    assert histograms.edges_for(G[:2], 0.1)[-1] == pytest.approx(0.5) and histograms.edges_for(0 * G, 0.1)[-1] == 0.1
    found = histograms.histogram(G, np.arange(5.0))
    assert found.counts.tolist() == [3, 3, 1, 0] and found.total == 8 and found.shares.sum() == pytest.approx(7 / 8)
    alike = histograms.mapped("time", np.full(3, 2.0), G[:3], np.array([0.0, 0.25, 1.0]))
    assert (alike.across[0], alike.across[-1]) == (1.5, 2.5) and alike.counts.sum(axis=0).tolist() == [1, 2]
    assert len(alike.across) == 81 and alike.counts[40].sum() == 3
    with pytest.raises(MeasurementError, match="take wider ones"):
        histograms.edges_for(G, 1e-5, 1.1)
    assert len(histograms.edges_for(G, 1e-5, 0.99)) == 99_001


def test_where_samples_are():
    two = samples(np.array([2.0, 1, 0.1, 0.1, 3, 3, 0.2, 0.2]), np.repeat([1, 2], 4))
    assert histograms.places(two) == pytest.approx([0, 1e-3, 2e-3, 3e-3] * 2)
    assert histograms.places(two, align=1.5) == pytest.approx(np.array([-1, 0, 1, 2, -2, -1, 0, 1]) * 1e-3)
    assert histograms.places(two, "displacement", 2.0, 1.0) == pytest.approx(np.array([-2, -1, 0, 1] * 2) * 2e-3)
    assert histograms.places(two, "voltage").tolist() == [0.1] * 8
    rising = samples(np.array([0.1, 0.2, 2.0, 2.0]))
    assert histograms.places(rising, align=1.0) == pytest.approx(np.array([-2, -1, 0, 1]) * 1e-3)


def test_what_is_left_out_is_counted():
    """The compliance, small voltages, times; at most three rows without a hole; more than half against the voltage."""
    voltage = np.array([0.0, 5e-4, 1e-3, 0.1, 0.2, 0.3, 0.4, 0.5])
    current = np.array([0, 0, 1e-7, 1e-5, 2e-5, 9.79e-5, 9.81e-5, 1e-4])
    made = Recording("sweep", np.arange(8.0), voltage, current, np.ones(8, int), compliance={1: 1e-4})
    found = samples_of(made)
    assert found.row.tolist() == [2, 3, 4, 5]
    assert [note.partition(" ")[0] for note in found.notes] == ["2", "2"]
    assert samples_of(dataclasses.replace(made, voltage_is="measured")).row.tolist() == [2, 3, 4, 5, 6, 7]
    assert samples_of(made, 0.15, 3.0, 5.0).row.tolist() == [4, 5]
    with pytest.raises(MeasurementError, match="1 of 2 samples tell a conductance"):
        samples_of(made, 0.15, 3.0, 4.0)
    against = dataclasses.replace(made, current=-current)
    assert "4 of 4 conductances are negative" in samples_of(against).notes[-1]
    half = dataclasses.replace(made, current=current * np.array([1, 1, -1, -1, 1, 1, 1, 1]))
    assert not any("negative" in note for note in samples_of(half).notes)
    holed = dataclasses.replace(samples(np.ones(6)), row=np.array([0, 1, 4, 5, 9, 10]))
    assert [(rows.start, rows.stop) for rows in holed.traces()] == [(0, 4), (4, 6)]
    cut = dataclasses.replace(samples(np.ones(6)), cycle=np.array([1, 1, 2, 2, 2, 2]))
    assert [(rows.start, rows.stop) for rows in cut.traces()] == [(0, 2), (2, 6)]
    taken = samples(np.ones(3)).without(1000.0)
    assert taken.resistance == 1000 and taken.without(500.0).resistance == 1500
    assert taken.voltage == pytest.approx(0.1 - 1000 * 0.1 * CONDUCTANCE_QUANTUM)
