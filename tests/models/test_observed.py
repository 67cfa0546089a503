"""What is observed of a cell, in which units; the constants of nature; where the time goes."""

import time

import pytest
from scipy import constants as si

from ecmsim import constants
from ecmsim.models.balance import Balance, Limits, Outside, Unbalanced, current_scale
from ecmsim.observed import OBSERVED, Observable, row
from ecmsim.timing import Stopwatch

UNITS = {
    "s": "time step",
    "V": "source_voltage cell_voltage junction_voltage",
    "A": "current source_current capacitor_current leakage_current ionic_current tunnel_current",
    "nm": "gap gap_vertical gap_shortest gap_position height radius_max radius_mean recess",
    "nm3": "volume floating_volume",
    "K": "temperature_max",
    "W": "power source_power heat",
    "J": "capacitor_energy",
}
WHOLE = "bodies newton_iterations vertices remesh cycle pulse read"
WITHOUT = f"contact_atoms contact_metal charge_imbalance faraday_error power_imbalance {WHOLE}"


def test_units_of_what_is_observed_and_what_is_counted():
    units = {name: unit for unit, names in UNITS.items() for name in names.split()}
    assert {item.name: item.unit for item in OBSERVED} == units | dict.fromkeys(WITHOUT.split(), "")
    assert [item.name for item in OBSERVED if item.whole] == WHOLE.split()
    assert Observable("n", "", "") == Observable("n", "", "", False)


def test_a_row_has_the_columns_with_their_units():
    seen = {item.name: k for k, item in enumerate(OBSERVED)}
    told = row(seen)
    assert list(told.values()) == list(range(len(OBSERVED)))
    assert {"time_s", "gap_nm", "contact_atoms", "volume_nm3"} <= told.keys()
    del seen["gap"]
    with pytest.raises(KeyError):
        row(seen)


def test_constants_are_those_of_codata():
    """scipy's may be those of an earlier adjustment: what is measured has changed by less than 1e-9 since."""
    exact = {"ELEMENTARY_CHARGE": si.e, "PLANCK": si.h, "BOLTZMANN": si.k, "FARADAY": si.N_A * si.e,
             "BOLTZMANN_EV": si.k / si.e, "CONDUCTANCE_QUANTUM": 7.748091729863649e-05, "METRES_PER_NM": 1e-9,
             "SQUARE_METRES_PER_NM2": 1e-18}  # fmt: skip
    for name, value in exact.items():
        assert getattr(constants, name) == pytest.approx(value, rel=1e-14), name
    assert constants.ELECTRON_MASS == pytest.approx(si.m_e, rel=1e-9)
    assert constants.VACUUM_PERMITTIVITY == pytest.approx(si.epsilon_0, rel=1e-9)


def test_a_stopwatch_sums_what_passes_between(monkeypatch):
    """On both clocks, also where what is timed fails; under one name after the other."""
    clocks = {
        "perf_counter": iter([1.0, 3.5, 10.0, 10.25, 20.0, 21.0]),
        "process_time": iter([5.0, 6.0, 7.0, 7.5, 8, 8]),
    }
    for name, ticks in clocks.items():
        monkeypatch.setattr(time, name, lambda ticks=ticks: next(ticks))
    watch = Stopwatch()
    with watch("meshing"):
        pass
    with pytest.raises(ZeroDivisionError), watch("meshing"):
        1 / 0  # noqa: B018
    with watch("solving"):
        pass
    assert watch.seconds == {"meshing": 2.75, "solving": 1.0}
    assert watch.cpu_seconds == {"meshing": 1.5, "solving": 0.0}
    assert watch.calls == {"meshing": 2, "solving": 1}


# --- balances ---------------------------------------------------------------------------------------------------------

GIVEN = {"current": 1.0e-6, "entering": 1.1e-6, "currents": {"ionic": 4e-7, "tunnel": 6e-7}, "supplied": 4e-7,
         "power": 2.2e-6, "dissipated": 2.1e-6, "heated": 1.5e-6, "heat": 1.3e-6, "temperature_max": 350.0,
         "junction_voltage": 1.8, "atoms": 2.0, "metal": 2.5}  # fmt: skip


def test_what_a_balance_tells():
    balance = Balance(**GIVEN)
    seen = balance.observed(2.0, 5e-6, False)
    assert balance.ionic == seen["ionic_current"] == 4e-7 and seen["tunnel_current"] == 6e-7
    assert seen["cell_voltage"] == pytest.approx(2.0) and seen["source_current"] == 1.1e-6
    assert seen["source_power"] == pytest.approx(2.2e-6) and seen["capacitor_energy"] == seen["leakage_current"] == 0.0
    assert seen["charge_imbalance"] == pytest.approx(0.1 / 1.1)
    assert seen["power_imbalance"] == pytest.approx((0.1 + 0.2) / 2.2)
    assert balance.observed(2.0, 5e-6, True)["power_imbalance"] == pytest.approx(0.1 / 2.2)  # heat is stored
    assert (seen["contact_atoms"], seen["contact_metal"], seen["junction_voltage"]) == (2.0, 2.5, 1.8)
    assert (seen["power"], seen["heat"], seen["temperature_max"]) == (2.2e-6, 1.3e-6, 350.0)


def test_imbalances_are_measured_against_the_current_or_its_floor():
    still = Balance(**(GIVEN | {"current": 1e-15, "entering": 0.0, "power": 1e-21, "dissipated": 0.0, "heated": 0.0,
                                "heat": 0.0, "rest": 0.5}))  # fmt: skip
    seen = still.observed(0.2, 1e-6, False, floor=4e-12)
    assert seen["cell_voltage"] == 0.2
    assert seen["charge_imbalance"] == pytest.approx(1e-15 / 4e-12)
    assert seen["power_imbalance"] == pytest.approx(1e-21 / (4e-12 * 0.5))  # at the rest potential, which is larger
    assert still.observed(-0.8, 1e-6, False, floor=4e-12)["power_imbalance"] == pytest.approx(1e-21 / (4e-12 * 0.8))
    assert still.observed(0.0, 8e-3, False)["power_imbalance"] == pytest.approx(1e-21 / (8e-9 * 0.5))
    assert current_scale(-3.0, 2.0, 1.0) == 3.0 and current_scale(1e-9, 0.0, 1.0) == 1e-6
    assert current_scale(0.0, 0.0, 0.0) == 1e-300


def test_the_node_beside_the_cell_is_seen_as_well():
    node = type("Node", (), {"voltage": 0.8, "source": 3e-6, "capacitor": 1.5e-6, "leakage": 0.5e-6, "missed": -2e-8,
                             "largest": 4e-6})  # fmt: skip
    outside = Outside.of(node, 1.2, 1e-12)
    seen = Balance(**(GIVEN | {"entering": 1e-6}), outside=outside).observed(0.8, 1e-6, False)
    assert outside.energy == seen["capacitor_energy"] == pytest.approx(0.5 * 1e-12 * 0.64)
    assert outside.power == seen["source_power"] == pytest.approx(3.6e-6)
    assert (seen["source_current"], seen["capacitor_current"], seen["leakage_current"]) == (3e-6, 1.5e-6, 0.5e-6)
    assert seen["charge_imbalance"] == pytest.approx(2e-8 / 4e-6)


def test_a_balance_at_its_limit_is_kept_and_beyond_it_is_not():
    limits = Limits(charge=1e-6, faraday=1e-3, power=1e-4, floor=0.0)
    kept = {"charge_imbalance": 1e-6, "faraday_error": 1e-3, "power_imbalance": 1e-4}
    limits.check(kept)
    for name, quantity in (("charge", "charge_imbalance"), ("faraday", "faraday_error"), ("power", "power_imbalance")):
        for wrong in (1.01 * kept[quantity], float("nan")):
            with pytest.raises(Unbalanced) as caught:
                limits.check(kept | {quantity: wrong})
            assert caught.value.balance == name and caught.value.limit == kept[quantity]
