"""What the channels of contacts tell: Fano factors, thermopower, dI/dV; from the records and by the lookup."""

import re
import time
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

from ecmsim.commands.cli import app
from ecmsim.constants import BOLTZMANN, CONDUCTANCE_QUANTUM, ELEMENTARY_CHARGE
from ecmsim.errors import TransportError
from ecmsim.quantum.channels import fano, slope, thermopower
from ecmsim.quantum.lookup import Lookup
from ecmsim.quantum.table import load_table


@pytest.fixture(scope="module", params=["Ag", "Cu", "Au"])
def metal(request):
    return load_table(request.param)


@pytest.fixture(scope="module", params=[None, 0.5])
def found(metal, request):
    return Lookup(metal, step=request.param)


def test_a_dimer_is_quiet_and_a_monomer_noisy():
    """One open channel against one open and several half open ones."""
    silver = load_table("Ag")
    assert fano(silver["tips-2.8"]) == pytest.approx(0.01, abs=0.003)
    assert fano(silver["neck-1-1"]) == pytest.approx(0.01, abs=0.003)
    assert 0.25 < fano(silver["neck-3-1-3"]) < 0.27 and 0.27 < fano(silver["neck-3-1"]) < 0.29


def test_fano_factors_of_the_records(metal):
    for entry in metal.entries:
        T = np.array(entry.channels)
        left = entry.T - T.sum()  # of channels that the records leave out
        assert fano(entry) == pytest.approx((np.sum(T * (1 - T)) + left) / entry.T)
        assert -1e-6 < fano(entry) <= 1


def test_thermopower_is_mott_s():
    """One nearly open channel; in microvolts per kelvin for d ln T/dE = 1/eV at 300 K: pi^2/3 (k_B/e)^2 300 K."""
    expected = -(np.pi**2) / 3 * (BOLTZMANN / ELEMENTARY_CHARGE) ** 2 * 300.0
    assert thermopower(1.0, 300.0) == pytest.approx(expected) == pytest.approx(-7.33e-6, rel=1e-3)
    tips = load_table("Ag")["tips-4.0"]
    T = dict(zip(tips.energies_eV, tips.transmission, strict=True))
    assert slope(tips) == pytest.approx((T[0.1] - T[-0.1]) / 0.2 / T[0.0])


def test_the_lookup_has_the_means_of_the_shapes(metal):
    smooth = Lookup(metal, step=None)
    for atoms in (1, 2, 3):
        shapes = [entry for entry in metal.branch("contact") if entry.atoms == atoms]
        total = sum(entry.T for entry in shapes)
        got = smooth.channels(smooth.atom_radius * np.sqrt(atoms), temperature=100.0)
        assert got.fano == pytest.approx(sum(entry.T * fano(entry) for entry in shapes) / total)
        mean = sum(entry.T * slope(entry) for entry in shapes) / total
        assert got.thermopower == pytest.approx(thermopower(mean, 100.0))


def test_a_gap_makes_noise_as_the_tips_of_the_table_have_it(metal):
    """Of the records' tips; all channels weakened alike, which the table's tips are nearly."""
    smooth = Lookup(metal, step=None)
    tips = [entry for entry in metal.branch("gap") if entry.separation_nm > smooth.contact_separation]
    touching = smooth.channels(smooth.atom_radius).thermopower
    for entry in tips:
        gap = entry.separation_nm - smooth.contact_separation
        got = smooth.channels(smooth.atom_radius, gap)
        assert got.fano == pytest.approx(fano(entry), abs=0.2)
        assert got.thermopower - touching == pytest.approx(thermopower(slope(entry), 300.0), abs=1e-6)
    assert smooth.channels(smooth.atom_radius, 2.0).fano == pytest.approx(1, abs=1e-9)


def test_wide_contacts_are_quiet(found):
    wide = found.channels(np.array([2.0, 4.0, 8.0]))
    assert wide.fano[0] < 0.1 and wide.fano[:-1] / wide.fano[1:] == pytest.approx(2, rel=0.05)


@pytest.mark.parametrize("name", ["fano", "thermopower"])
def test_continuously_differentiable(found, name):
    """Along radius and gap, over every joint: values and slopes of a fine grid differ as little as its steps."""
    radii, gaps = np.geomspace(0.04, 2.0, 120_001), np.linspace(-0.1, 0.8, 120_001)
    for values, x in (
        (getattr(found.channels(radii, 0.03), name), np.log(radii)),
        (getattr(found.channels(0.31, gaps), name), gaps),
    ):
        scale = np.ptp(values)
        slopes = np.diff(values) / np.diff(x)
        assert np.abs(np.diff(values)).max() < 2e-3 * scale
        assert np.abs(np.diff(slopes)).max() < 1e-2 * np.ptp(slopes)


def test_di_dv_is_the_derivative_of_the_current(found):
    V = np.linspace(0, 0.99 * found.largest_bias, 2001)
    radius = np.array([0.15, 0.31, 0.45])[:, None]
    current = found(radius, 0.02, V).conductance * V
    got = found.channels(radius, 0.02, V).differential
    rough = np.gradient(current, V, axis=1)
    assert np.abs(got - rough).max() < 0.04 * got.max()
    # What it adds up to is the current.
    summed = np.sum(0.5 * (got[:, 1:] + got[:, :-1]) * np.diff(V), axis=1)
    assert summed == pytest.approx(current[:, -1], rel=5e-3)
    assert np.array_equal(got[:, 0], found(radius, 0.02).conductance[:, 0])


def test_di_dv_is_continuous(found):
    V = np.linspace(0, found.largest_bias, 40_001)
    got = found.channels(0.31, 0.1, V).differential
    assert np.abs(np.diff(got)).max() < 1e-3 * got.max()


def test_shapes_and_wrong_input(found):
    got = found.channels(np.full((3, 1), 0.3), np.zeros(4), 0.1)
    assert got.fano.shape == got.thermopower.shape == got.differential.shape == (3, 4)
    assert np.ndim(found.channels(0.3).fano) == 0
    assert found.channels(0.3, temperature=0.0).thermopower == 0
    for given, message in (
        ({"temperature": -1.0}, "temperature = -1 K: give one of 0 K or more"),
        ({"temperature": np.nan}, "temperature = nan K"),
        ({"bias": 7.0}, "bias = 7 V"),
        ({"gap": np.inf}, "gap = inf nm"),
    ):
        with pytest.raises(TransportError, match=message):
            found.channels(0.3, **given)


def test_the_lookup_does_not_pay_for_it(found):
    """Of as many points the channels cost no more than ten conductances, so a million points stay a few seconds."""
    rng = np.random.default_rng(2)
    radius, gap = rng.uniform(0.05, 1.5, 50_000), rng.uniform(-0.1, 1.0, 50_000)
    found.channels(radius[:10], gap[:10])
    best = {}
    for name, ask in (("channels", found.channels), ("conductance", found)):
        spent = []
        for _ in range(3):
            start = time.process_time()
            ask(radius, gap)
            spent.append(time.process_time() - start)
        best[name] = min(spent)
    assert best["channels"] < 10 * best["conductance"]


def test_the_command_prints_them():
    words = ["quantum", "lookup", "--metal", "Ag", "--radius", "0.1545 nm", "--bias", "0.2 V", "--temperature", "77 K"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    got = Lookup(load_table("Ag")).channels(0.1545, 0.0, 0.2, 77.0)
    assert float(re.search(r"F += ([\d.]+)", done.output)[1]) == pytest.approx(got.fano, abs=1e-3)
    assert float(re.search(r"S += (-?[\d.]+) µV/K", done.output)[1]) == pytest.approx(1e6 * got.thermopower, rel=0.01)
    assert float(re.search(r"dI/dV = ([\d.]+) µS", done.output)[1]) == pytest.approx(1e6 * got.differential, rel=1e-3)
    assert 0.5 * CONDUCTANCE_QUANTUM < got.differential < 2 * CONDUCTANCE_QUANTUM


@pytest.mark.parametrize("energies", [[-1.0, 0.1, 1.0], [-2.0, -1.0, 0.1, 1.0], [-0.1, 1, 2, 3], [-3, -2, -1, 0.1]])
def test_the_slope_at_the_fermi_energy_is_that_of_a_parabola(energies):
    """Also where the nearest sample is the first or the last one."""
    transmission = [2 + 0.3 * energy + 0.1 * energy**2 for energy in energies]
    entry = SimpleNamespace(energies_eV=energies, transmission=transmission)
    assert slope(entry) == pytest.approx(0.15)
