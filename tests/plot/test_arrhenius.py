"""Arrhenius pictures of studies: the energies that made the numbers come back, with honest errors."""

import numpy as np
import pandas as pd
import pytest

from ecmsim.constants import BOLTZMANN_EV
from ecmsim.errors import PlotError
from ecmsim.plot import draw
from ecmsim.plot.arrhenius import TEMPERATURE, fitted
from ecmsim.plot.study import StudyTable

T = np.array([250.0, 275.0, 300.0, 325.0, 350.0, 375.0, 400.0])


def times(energy):
    return 1e-9 * np.exp(energy / (BOLTZMANN_EV * T))


def study(folder, **columns):
    rows = [
        {"status": "finished", TEMPERATURE: t, "programme_0_to_V": v, "time_set_s": time, "current_end_A": 1e-3 / time}
        for v, energy in ((0.6, 0.5), (1.0, 0.4))
        for t, time in zip(T, times(energy), strict=True)
    ]
    return StudyTable(folder, pd.DataFrame(rows).assign(**columns), ("programme_0_to_V", TEMPERATURE))


def test_the_energy_of_exact_times_and_rates():
    assert fitted(T, times(0.65)).energy == pytest.approx(0.65, rel=1e-10)
    rate = fitted(T, 1 / times(0.65), falls=False)
    assert rate.energy == pytest.approx(0.65, rel=1e-10) and rate.error < 1e-10
    assert rate(1 / (BOLTZMANN_EV * 300)) == pytest.approx(1 / times(0.65)[2], rel=1e-9)


def test_the_error_is_that_of_scattered_times():
    """The energies of two thousand scattered sets lie around the true one as far as each says."""
    random = np.random.default_rng(3)
    fits = [fitted(T, times(0.5) * np.exp(0.2 * random.standard_normal(len(T)))) for _ in range(2000)]
    energies = np.array([fit.energy for fit in fits])
    assert energies.mean() == pytest.approx(0.5, abs=3 * energies.std() / np.sqrt(2000))
    assert np.sqrt(np.mean([fit.error**2 for fit in fits])) == pytest.approx(energies.std(), rel=0.05)


def test_two_temperatures_tell_an_energy_without_an_error():
    fit = fitted(T[:2], times(0.5)[:2])
    assert fit.told == "0.500 eV" and np.isnan(fit.error)
    with pytest.raises(PlotError, match="two temperatures at least"):
        fitted(T[:1], times(0.5)[:1])


@pytest.mark.slow
def test_a_line_for_each_voltage_and_its_numbers_beside(tmp_path, no_warnings):
    drawn = draw("arrhenius", study(tmp_path), tmp_path / "picture.png", csv=True)
    words = "\n".join(drawn.words)
    assert "voltage 600 mV: E_A = 0.500 ± <0.001 eV from 7" in words and "0.400 ± <0.001 eV" in words
    assert (tmp_path / "picture.png").stat().st_size > 1000 and (tmp_path / "picture.csv").is_file()
    numbers = pd.read_csv(tmp_path / "picture.csv")
    marks = numbers[numbers["curve"] == numbers["curve"].iloc[0]]
    assert np.sort(marks["x"]) == pytest.approx(np.sort(1 / (BOLTZMANN_EV * T)))
    rates = draw("arrhenius", study(tmp_path), tmp_path / "rates.png", y="current_end_A", fit_from=300, fit_to=400)
    assert "0.500 ± <0.001 eV from 5" in "\n".join(rates.words)


def test_cases_that_did_not_switch_are_left_out(tmp_path):
    some = study(tmp_path)
    some.table.loc[0, "time_set_s"] = np.nan
    some.table.loc[8, "status"] = "failed"
    words = "\n".join(draw("arrhenius", some, tmp_path / "picture.png").words)
    assert words.count("from 6 temperatures") == 2


@pytest.mark.parametrize(
    ("change", "options", "told"),
    [
        ({TEMPERATURE: 300.0}, {}, "fewer than two finished cases of different cell.ambient_temperature"),
        ({}, {"y": "nothing"}, "no numbers 'nothing' to draw"),
        ({"time_set_s": np.nan}, {}, "no numbers 'of times' to draw"),
        ({}, {"fit_from": 399.0}, "two temperatures at least"),
    ],
)
def test_what_cannot_be_drawn_is_told(tmp_path, change, options, told):
    with pytest.raises(PlotError, match=told):
        draw("arrhenius", study(tmp_path, **change), tmp_path / "picture.png", **options)
