"""Which way the barriers of stress and void act: closed forms of the three readings, and where each is in force."""

import numpy as np
import pytest
from helpers.paths import QUICK

from ecmsim.config import load_config
from ecmsim.constants import BOLTZMANN_EV
from ecmsim.errors import ConfigError
from ecmsim.physics import readings
from ecmsim.physics.butler_volmer import ButlerVolmer
from ecmsim.physics.model import DeviceModel

KINETICS = ButlerVolmer(0.2, 1, 1e26, 180.0, 0.65)
ETA = np.array([-0.6, -0.1, -1e-3, 0.0, 1e-3, 0.1, 0.6])
T, W = 350.0, 0.07
J0 = KINETICS.exchange_current_density(T)


def against(*barriers, kinetics=KINETICS, eta=ETA):
    return readings.current_density(kinetics, eta, T, list(barriers))


def test_without_barriers_it_is_the_bare_reaction():
    assert np.array_equal(against(), KINETICS.current_density(ETA, T))


def test_printed_slows_both_ways_alike():
    assert against(("printed", W)) == pytest.approx(np.exp(-W / (BOLTZMANN_EV * T)) * against(), rel=1e-12)


def test_plastic_slows_growth_alone():
    seen, bare, printed = against(("plastic", W)), against(), against(("printed", W))
    assert np.array_equal(seen[ETA < 0], printed[ETA < 0])  # a SET is the same to the bit
    assert np.array_equal(seen[ETA >= 0], bare[ETA >= 0])
    assert seen[ETA == 0] == 0.0


@pytest.mark.parametrize("charge", [1, 2])
def test_elastic_stores_what_growth_has_spent(charge):
    """The metal dissolves by itself, at J0 (1 - exp(-W/kT)), and is in equilibrium at -W/ze."""
    kinetics = ButlerVolmer(0.2, charge, 1e26, 180.0, 0.65)
    x = charge * ETA / (BOLTZMANN_EV * T)
    j0 = kinetics.exchange_current_density(T)
    expected = j0 * (np.exp(0.8 * x) - np.exp(-0.2 * x - W / (BOLTZMANN_EV * T)))
    assert against(("elastic", W), kinetics=kinetics) == pytest.approx(expected, rel=1e-9)
    rest = against(("elastic", W), kinetics=kinetics, eta=np.array([-W / charge, 0.0]))
    assert rest == pytest.approx([0.0, j0 * (1 - np.exp(-W / (BOLTZMANN_EV * T)))], abs=1e-12 * j0)


def test_readings_go_together():
    """Stress plastic, void elastic: where the metal still grows against the stored energy, both count."""
    seen = against(("plastic", 0.03), ("elastic", W))
    elastic = against(("elastic", W))
    growing = elastic < 0
    assert growing.any() and (~growing).any()
    assert seen[growing] == pytest.approx(np.exp(-0.03 / (BOLTZMANN_EV * T)) * elastic[growing], rel=1e-12)
    assert seen[~growing] == pytest.approx(elastic[~growing], rel=1e-12)


def model(*overrides):
    return DeviceModel.from_config(load_config(QUICK, overrides))


@pytest.mark.parametrize(("reading", "slowed"), [("printed", True), ("plastic", False)])
def test_settings_choose_the_reading_of_each_barrier(reading, slowed):
    place = {"radius": 3.0, "height": 0.1, "on_filament": True}
    laws = model(f"stress.reading={reading}", f"dissolution.void_reading={reading}")
    assert (laws.stress.reading, laws.void.reading) == (reading, reading)
    barrier = laws.stress(3.0) + laws.void(0.1)
    bare = laws.kinetics.current_density(0.3, T)
    seen = laws.reaction_current_density(0.3, T, **place)
    assert seen == pytest.approx(bare * np.exp(-slowed * barrier / (BOLTZMANN_EV * T)), rel=1e-12)
    growth = laws.reaction_current_density(-0.3, T, **place)
    assert growth == pytest.approx(
        laws.kinetics.current_density(-0.3, T) * np.exp(-barrier / (BOLTZMANN_EV * T)), rel=1e-12
    )


def test_the_electrode_s_own_void_slows_both_ways():
    """Eq. (11) on the active electrode is a barrier in J0 whatever the filament's reading is."""
    laws = model("dissolution.void_reading=plastic")
    for eta in (-0.3, 0.3):
        seen = laws.reaction_current_density(eta, T, 0.0, 0.1, on_filament=False)
        assert seen == pytest.approx(laws.kinetics.current_density(eta, T, laws.void(0.1)), rel=1e-12)


def test_plastic_is_what_a_file_that_says_nothing_gets():
    assert model().stress.reading == model().void.reading == "plastic"


def test_an_unknown_reading_is_refused():
    with pytest.raises(ConfigError, match="stress.reading"):
        load_config(QUICK, ["stress.reading=viscous"])
