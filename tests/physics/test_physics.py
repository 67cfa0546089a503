"""Each law against its formula in SI numbers, its limits and published values; the same code in a weak form.

The formulas are written out here once more, independently of the code, in other units where possible.
"""

from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest
from helpers import small
from scipy.interpolate import CubicSpline

from ecmsim.config import Config
from ecmsim.physics.barriers import StressBarrier, VoidBarrier
from ecmsim.physics.butler_volmer import ButlerVolmer
from ecmsim.physics.compliance import IdealCompliance, SeriesResistor
from ecmsim.physics.dissolution import MirroredDissolution
from ecmsim.physics.faraday import Faraday
from ecmsim.physics.model import DeviceModel
from ecmsim.physics.mott_gurney import MottGurney
from ecmsim.physics.operators import sinhc
from ecmsim.physics.size_effect import SizeEffect
from ecmsim.physics.temperature_law import TemperatureLaw
from ecmsim.physics.tunnel_heating import TunnelHeating, emitter_share
from ecmsim.physics.tunnelling import Simmons

E, K, H, M_E, N_A = 1.602176634e-19, 1.380649e-23, 6.62607015e-34, 9.1093837e-31, 6.02214076e23
EV = E  # J
CLOSE = 1e-7  # relative: the electron mass differs between editions of CODATA in the ninth digit

KINETICS = ButlerVolmer(0.167, 1, 1e26, 182.0, 0.648)
HOPPING = MottGurney(1, 1e26, 0.25, 1e13, 0.40)
TUNNEL = Simmons(4.2, 0.8915, 0.5)
HEATING = TunnelHeating(4.2, TUNNEL.decay_constant())
LIMITER = IdealCompliance(1e-3, 0.05)
STRESS, VOID = StressBarrier(0.0193, 1.68), VoidBarrier(0.01, 0.0573)
COPPER = Faraday(63.546, 8960.0, 1)


def slope(function, x, step):
    """Central difference of a function."""
    return (function(x + step) - function(x - step)) / (2 * step)


# --- Butler-Volmer, Eqs. (2), (3), (12) ---------------------------------------------------------------------


@pytest.mark.parametrize("charge", [1, 2])
@pytest.mark.parametrize("temperature", [250.0, 300.0, 900.0])
@pytest.mark.parametrize("overpotential", [-0.8, -0.01, 1e-9, 0.3])
def test_butler_volmer_formula(charge, temperature, overpotential):
    law = ButlerVolmer(0.3, charge, 2e25, 50.0, 0.5)
    barrier = 0.04
    kt = K * temperature
    exchange = charge * E * 2e25 * 50.0 * np.exp(-(0.5 + barrier) * EV / kt)
    # As a product with sinh: no difference of two numbers near one.
    half = charge * E * overpotential / (2 * kt)
    expected = exchange * np.exp((1 - 2 * 0.3) * half) * 2 * np.sinh(half)
    assert law.current_density(overpotential, temperature, barrier) == pytest.approx(expected, rel=1e-6)


def test_exchange_current_density_of_the_reference_cell():
    assert KINETICS.exchange_current_density(300.0) == pytest.approx(0.038, rel=5e-3)


def test_no_current_without_overpotential():
    assert np.all(KINETICS.current_density(0.0, np.array([200.0, 300.0, 1000.0]), 0.1) == 0.0)


@pytest.mark.parametrize("temperature", [300.0, 600.0])
def test_tafel_slopes(temperature):
    """d eta/d log10 J: 2.303 kT/((1-a) e) for oxidation, 2.303 kT/(a e) for reduction."""
    volt = K * temperature / E

    def decades(eta):
        return np.log10(np.abs(KINETICS.current_density(eta, temperature)))

    assert 1 / slope(decades, 1.5, 1e-3) == pytest.approx(np.log(10) * volt / (1 - 0.167), rel=1e-6)
    assert -1 / slope(decades, -1.5, 1e-3) == pytest.approx(np.log(10) * volt / 0.167, rel=1e-6)


def test_charge_transfer_resistance_at_equilibrium():
    assert slope(lambda eta: KINETICS.current_density(eta, 300.0), 0.0, 1e-6) == pytest.approx(
        KINETICS.exchange_current_density(300.0) * E / (K * 300.0), rel=1e-8
    )


def test_barrier_raises_the_activation_energy():
    ratio = KINETICS.current_density(-0.5, 300.0, 0.1) / KINETICS.current_density(-0.5, 300.0)
    assert ratio == pytest.approx(np.exp(-0.1 * EV / (K * 300.0)), rel=1e-8)


def test_positive_current_is_oxidation():
    assert KINETICS.current_density(0.1, 300.0) > 0 > KINETICS.current_density(-0.1, 300.0)


# --- Mott-Gurney, Eq. (4) -----------------------------------------------------------------------------------


@pytest.mark.parametrize("charge", [1, 2])
@pytest.mark.parametrize("field", [1e-3, 0.1, 1.0, 3.0])  # V/nm
@pytest.mark.parametrize("temperature", [300.0, 800.0])
def test_mott_gurney_formula(charge, field, temperature):
    law = MottGurney(charge, 3e25, 0.3, 2e12, 0.35)
    a, kt, volts_per_metre = 0.3e-9, K * temperature, field * 1e9
    density = 2 * charge * E * 3e25 * 2e12 * a * np.exp(-0.35 * EV / kt)
    density *= np.sinh(a * charge * E * volts_per_metre / (2 * kt))
    assert law.conductivity(field, temperature) == pytest.approx(density / volts_per_metre, rel=1e-7)


def test_mott_gurney_without_field():
    """sigma -> (z e a)^2 c f/kT exp(-dG/kT), the Nernst-Einstein conductivity of the hops."""
    kt = K * 300.0
    expected = (E * 0.25e-9) ** 2 * 1e26 * 1e13 / kt * np.exp(-0.40 * EV / kt)
    assert HOPPING.conductivity(0.0, 300.0) == pytest.approx(expected, rel=1e-7)
    assert HOPPING.conductivity(1e-6, 300.0) == pytest.approx(expected, rel=1e-7)


def test_mott_gurney_rises_exponentially_in_high_fields():
    def logarithm(field):
        return np.log(HOPPING.conductivity(field, 300.0) * field)

    assert slope(logarithm, 5.0, 1e-2) == pytest.approx(0.25e-9 * 1e9 * E / (2 * K * 300.0), rel=1e-8)


def test_mott_gurney_never_overflows():
    field = np.logspace(-3, 6, 200)
    with np.errstate(all="raise"):
        sigma = HOPPING.conductivity(field, 300.0)
    assert np.all(np.isfinite(sigma)) and np.all(np.diff(sigma * field) > 0)


@pytest.mark.parametrize("switch", [1e-2, 100.0])
def test_sinhc_is_smooth_where_its_pieces_meet(switch):
    step = 1e-5 * switch
    below, above = sinhc(switch * (1 - 1e-13)), sinhc(switch * (1 + 1e-13))
    assert below == pytest.approx(float(above), rel=1e-10)
    left, right = slope(sinhc, switch - 2 * step, step), slope(sinhc, switch + 2 * step, step)
    assert left == pytest.approx(right, rel=1e-2)


def test_sinhc_against_sinh():
    x = np.logspace(-8, np.log10(99.9), 400)
    assert sinhc(x) == pytest.approx(np.sinh(x) / x, rel=1e-12)
    assert sinhc(0.0) == 1.0
    tangent = np.cosh(100.0) / 100 - np.sinh(100.0) / 100**2
    assert sinhc(150.0) == pytest.approx(np.sinh(100.0) / 100 + 50 * tangent, rel=1e-12)


# --- tunnelling, Eq. (5) ------------------------------------------------------------------------------------


def test_tunnelling_decay_constant():
    assert TUNNEL.decay_constant() == pytest.approx(
        4 * np.pi * np.sqrt(2 * 0.8915 * M_E * 4.2 * EV) / H * 1e-9, rel=CLOSE
    )
    assert TUNNEL.decay_constant() == pytest.approx(19.826, rel=1e-4)


def test_a_hundredth_of_a_nanometre_is_22_percent_of_the_current():
    gap = np.array([0.3, 0.5, 1.0])
    ratio = TUNNEL.conductance_density(gap) / TUNNEL.conductance_density(gap + 0.01)
    assert ratio / (1 + 0.01 / gap) == pytest.approx(1.219 * np.ones(3), rel=1e-3)


def test_tunnelling_by_hand():
    """At g = 0.5 nm: 1/2 * 1.0454e-24 kg m/s / 0.5 nm * (e/h)^2 5.8467e28 * exp(-9.913) = 3.03e9 S/m2."""
    assert TUNNEL.conductance_density(0.5) == pytest.approx(3.026e9, rel=2e-3)


@pytest.mark.parametrize(("barrier", "mass", "prefactor"), [(4.2, 0.8915, 0.5), (3.0, 0.3, 1.5)])
@pytest.mark.parametrize("gap", [0.2, 0.7, 10.0])
def test_tunnelling_formula(barrier, mass, prefactor, gap):
    root = np.sqrt(2 * mass * M_E * barrier * EV)
    metres = gap * 1e-9
    expected = prefactor * root / metres * (E / H) ** 2 * np.exp(-4 * np.pi * metres * root / H) * 0.3
    law = Simmons(barrier, mass, prefactor)
    assert law.current_density(0.3, gap) == pytest.approx(expected, rel=1e-6)


def test_tunnelling_is_linear_and_knows_its_slope():
    voltage = np.array([-0.5, 0.0, 1.2])
    current = TUNNEL.current_density(voltage, 0.4)
    assert current == pytest.approx(current[2] / 1.2 * voltage)
    measured = slope(lambda v: TUNNEL.current_density(v, 0.4), voltage, 1e-3)
    assert TUNNEL.differential_conductance_density(voltage, 0.4) == pytest.approx(measured, rel=1e-9)


def test_only_the_product_of_barrier_and_mass_counts():
    other = Simmons(2.1, 2 * 0.8915, 0.5)
    assert other.conductance_density(0.6) == pytest.approx(TUNNEL.conductance_density(0.6), rel=1e-12)


# --- tunnel-barrier heating, Eq. (10) -----------------------------------------------------------------------


@pytest.mark.parametrize(("x", "share"), [(0.0, 0.5), (1.0, 0.41802329), (2.0, 0.34348236), (-1.0, 0.58197671)])
def test_emitter_share_values(x, share):
    assert emitter_share(x) == pytest.approx(share, abs=1e-8)


def test_emitter_share_antisymmetry():
    x = np.concatenate([np.logspace(-8, 2.4, 200), [0.0, 0.03]])
    assert emitter_share(x) + emitter_share(-x) == pytest.approx(np.ones_like(x), abs=1e-13)


def test_emitter_share_limits():
    x = np.array([40.0, 200.0])
    assert emitter_share(x) == pytest.approx(1 / x, rel=1e-12)
    assert np.all(np.diff(emitter_share(np.linspace(-250, 250, 5001))) < 0)
    with np.errstate(all="raise"):
        assert np.all(np.isfinite(emitter_share(np.array([-1e6, -700.0, 0.0, 700.0, 1e6]))))


@pytest.mark.parametrize("switch", [0.03, -0.03])
def test_emitter_share_is_smooth_across_the_switch_of_its_series(switch):
    inside, outside = emitter_share(switch * (1 - 1e-13)), emitter_share(switch * (1 + 1e-13))
    assert inside == pytest.approx(float(outside), abs=1e-12)
    for point in (0.99 * switch, 1.01 * switch):
        assert slope(emitter_share, point, 1e-5) == pytest.approx(-1 / 12, rel=2e-4)


@pytest.mark.parametrize("voltage", [-2.0, -0.1, 1e-9, 0.5, 1.5])
@pytest.mark.parametrize("gap", [0.3, 1.0, 5.0])
def test_heat_shares(voltage, gap):
    upper = HEATING.active_electrode_share(voltage, gap)
    lower = 1 - upper
    assert HEATING.active_electrode_share(-voltage, gap) == pytest.approx(lower, abs=1e-13)
    receiver, emitter = (upper, lower) if voltage > 0 else (lower, upper)
    assert 0 < emitter <= receiver < 1
    if abs(voltage) > 1e-3:
        kappa = 2 * np.pi * np.sqrt(2 * 0.8915 * M_E * 4.2 * EV) / H
        energy = 2 * 4.2 * EV / (2 * kappa * gap * 1e-9)
        x = E * abs(voltage) / energy
        assert emitter == pytest.approx(1 / x - 1 / np.expm1(x), rel=1e-6)


def test_both_surfaces_share_equally_without_voltage():
    assert HEATING.active_electrode_share(0.0, 0.4) == 0.5


# --- size effect, Eq. (6) -----------------------------------------------------------------------------------


def dingle_diffuse(k):
    """Dingle's integral for p = 0: 1 - 12/pi int_0^1 (1-t^2)^(1/2) S4(k t) dt, by Gauss quadrature; k (n,).

    S4(u) = int_1^oo exp(-u s) (s^2-1)^(1/2) s^-4 ds; with t = sin a, 1/s = sin b both integrands are smooth.
    """
    nodes, weights = np.polynomial.legendre.leggauss(80)
    angle, weight = np.pi / 4 * (nodes + 1), np.pi / 4 * weights
    a, b = np.meshgrid(angle, angle)
    factor = np.outer(weight, weight) * np.cos(a) ** 2 * np.sin(b) * np.cos(b) ** 2
    return np.array([1 - 12 / np.pi * (factor * np.exp(-x * np.sin(a) / np.sin(b))).sum() for x in k])


class Dingle:
    """Dingle's conductivity ratio of wires for any specularity: (1-p)^2 sum_n n p^(n-1) F(n k, p = 0)."""

    def __init__(self):
        grid = np.linspace(np.log(1e-4), np.log(1e5), 400)
        self.ratio = CubicSpline(grid, np.log(dingle_diffuse(np.exp(grid))))

    def __call__(self, k, p):
        n = np.arange(1, 400)
        diffuse = np.exp(self.ratio(np.log(np.multiply.outer(k, n))))
        return (1 - p) ** 2 * (n * p ** (n - 1.0) * diffuse).sum(axis=-1)


@pytest.fixture(scope="module")
def dingle():
    return Dingle()


@pytest.mark.parametrize(
    ("p", "k", "published"),
    [
        (0.0, 0.025, 0.02389), (0.0, 0.1, 0.08726), (0.0, 1.0, 0.49286), (0.0, 5.0, 0.85330),
        (0.5, 0.025, 0.06533), (0.5, 0.1, 0.20656), (0.5, 1.0, 0.70235),
    ],
)  # fmt: skip
def test_size_effect_against_published_values(dingle, p, k, published):
    assert dingle(k, p) == pytest.approx(published, abs=6e-6)
    assert SizeEffect(p, 39.9, 1e-6).conductivity_ratio(39.9 * k) == pytest.approx(published, rel=0.049)


def test_size_effect_within_its_stated_error_of_dingle(dingle):
    k = np.logspace(-3, 2, 61)
    worst = 0.0
    for p in np.linspace(0, 0.8, 9):
        error = SizeEffect(p, 39.9, 1e-9).conductivity_ratio(39.9 * k) / dingle(k, p) - 1
        worst = max(worst, np.abs(error).max())
    assert 0.03 < worst < 0.0495


@pytest.mark.parametrize("p", [0.0, 0.3, 0.8, 0.95])
def test_size_effect_limits(p):
    law = SizeEffect(p, 40.0, 1e-12)
    thin = 40.0 * 1e-7
    assert law.conductivity_ratio(thin) == pytest.approx((1 + p) / (1 - p) * 1e-7, rel=1e-4)
    assert law.conductivity_ratio(40.0 * 1e7) == pytest.approx(1.0, rel=1e-6)
    ratio = law.conductivity_ratio(np.logspace(-3, 5, 100))
    assert np.all(np.diff(ratio) > 0) and np.all((ratio > 0) & (ratio < 1))


def test_size_effect_floor_of_the_diameter():
    law = SizeEffect(0.2, 40.0, 0.2)
    assert law.conductivity_ratio(0.0) == law.conductivity_ratio(0.2) < law.conductivity_ratio(0.21)


# --- temperature laws, Eq. (8) ------------------------------------------------------------------------------


def test_temperature_law_formula():
    law = TemperatureLaw(9.43e6, 293.15, 3.92e-3, -5.8e-7)
    rise = 700.0 - 293.15
    assert law(700.0) == pytest.approx(9.43e6 / (1 + 3.92e-3 * rise - 5.8e-7 * rise**2), rel=1e-14)
    assert law(293.15) == 9.43e6


def test_temperature_law_stays_finite_beyond_its_pole():
    """SiO2: kappa rises by 7e-4 per kelvin; 1 - 7e-4 (T - 300) vanishes at 1729 K."""
    law = TemperatureLaw(1.38, 300.0, -7e-4)
    kappa = law(np.linspace(300.0, 5000.0, 200))
    assert np.all(np.diff(kappa) >= 0) and kappa[-1] == pytest.approx(13.8)
    assert law(1000.0) == pytest.approx(1.38 / 0.51)


# --- barriers, Eqs. (9) and (11) ----------------------------------------------------------------------------


def test_stress_barrier():
    assert STRESS(0.0) == 0.0
    assert STRESS(1.68) == pytest.approx(0.0193 * (np.e - 1), rel=1e-14)
    assert STRESS(5.0) == pytest.approx(0.0193 * np.expm1(5.0 / 1.68), rel=1e-14)


def test_void_barrier():
    assert VOID(0.0) == 0.01
    assert VOID(0.2) == pytest.approx(0.01 * np.exp(0.2 / 0.0573), rel=1e-14)
    assert VOID(-1.0) < 1e-9
    # One atom's diameter inside, the barrier is many kT: the tip stops there.
    assert 10 < VOID(0.2) * EV / (K * 300.0) < 15


@pytest.mark.parametrize("barrier", [STRESS, VOID])
def test_barriers_never_overflow(barrier):
    with np.errstate(all="raise"):
        far = barrier(np.array([1e3, 1e6]))
    assert np.all(np.isfinite(far)) and np.all(far > 1e9)


# --- compliance, Eq. (7) ------------------------------------------------------------------------------------


def test_compliance_formula():
    voltage = np.array([0.003, 0.05, 0.2, 1.0])
    assert LIMITER.current(voltage) == pytest.approx(1e-3 * (1 - np.exp(-voltage / 0.05)), rel=1e-12)


def test_compliance_never_exceeds_its_limit():
    current = LIMITER.current(np.concatenate([np.linspace(0, 5, 20001), [100.0, 1e6]]))
    assert np.all(current <= 1e-3) and current[-1] == 1e-3
    assert np.all(np.diff(current) >= 0)


def test_compliance_keeps_the_accuracy_of_small_currents():
    """Cell currents of 1e-20 A need V_R = 1e-18 V: 1 - exp(-x) would be zero there."""
    voltage = np.concatenate([[1e-18], np.logspace(-30, 1, 4000)])
    assert LIMITER.current(voltage) == pytest.approx(-1e-3 * np.expm1(-voltage / 0.05), rel=2e-12)
    assert LIMITER.current(1e-18) == pytest.approx(2e-20, rel=1e-15)


def test_compliance_continues_along_its_tangent():
    voltage = np.array([-2.0, -1e-3, -1e-18])
    assert LIMITER.current(voltage) == pytest.approx(1e-3 / 0.05 * voltage, rel=1e-15)
    for step in (1e-6, 1e-12):
        left, right = -LIMITER.current(-step) / step, LIMITER.current(step) / step
        assert left == pytest.approx(0.02, rel=1e-14)
        assert right == pytest.approx(0.02, rel=2 * step / 0.05)
    assert LIMITER.current(0.0) == 0.0


@pytest.mark.parametrize("polarity", ["negative", "both"])
def test_compliance_of_negative_currents_mirrors_that_of_positive_ones(polarity):
    limiter, voltage = IdealCompliance(1e-3, 0.05, polarity), np.concatenate([[0.0], np.logspace(-30, 3, 500)])
    np.testing.assert_array_equal(limiter.current(-voltage), -LIMITER.current(voltage))
    other = LIMITER.current(voltage) if polarity == "both" else 1e-3 / 0.05 * voltage
    assert limiter.current(voltage) == pytest.approx(other, rel=1e-15, abs=1e-300)


@pytest.mark.parametrize("polarity", ["positive", "negative", "both"])
def test_compliance_has_a_continuous_slope(polarity):
    """Also at zero and where the series takes over, 1e-4 V0 on either side; the current always rises."""
    limiter = IdealCompliance(1e-3, 0.05, polarity)
    for voltage in (0.0, 5e-6, -5e-6):
        step = 1e-8
        below, above = (np.diff(limiter.current(voltage + step * np.array(at)))[0] / step for at in ((-1, 0), (0, 1)))
        assert below == pytest.approx(above, rel=1e-6) == pytest.approx(0.02, rel=2e-4)
    assert np.all(np.diff(limiter.current(np.linspace(-1.0, 1.0, 20001))) > 0)


def test_polarity_is_no_parameter_of_a_form():
    numbers = [field.name for field in fields(LIMITER) if isinstance(getattr(LIMITER, field.name), (int, float))]
    assert numbers == ["limit", "smoothing_voltage"] and LIMITER.polarity == "positive"


def test_series_resistor():
    assert SeriesResistor(2e3).current(np.array([-1.0, 0.5])) == pytest.approx([-5e-4, 2.5e-4])


# --- Faraday, Eq. (1), and dissolution ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("molar_mass", "density", "charge", "published"),
    [(63.546, 8960.0, 1, 7.3505e-11), (107.868, 10490.0, 1, 1.0658e-10), (63.546, 8960.0, 2, 7.3505e-11 / 2)],
)
def test_volume_per_charge(molar_mass, density, charge, published):
    law = Faraday(molar_mass, density, charge)
    assert law.volume_per_charge == pytest.approx(published, rel=1e-4)
    atom = molar_mass * 1e-3 / density / N_A  # m3
    assert law.volume_per_charge == pytest.approx(atom / (charge * E), rel=1e-9)


def test_deposition_velocity():
    assert COPPER.normal_velocity(-1000.0) == pytest.approx(73.5e-9, rel=1e-3)
    assert COPPER.normal_velocity(1000.0) == -COPPER.normal_velocity(-1000.0)


def test_dissolution_mirrors_the_growth():
    law = MirroredDissolution(0.05, 0.4)
    growth = np.array([-1.0, 0.0, 1.0, 7.9, 8.1, 100.0])
    assert law.recess(growth) == pytest.approx([0.0, 0.0, 0.05, 0.395, 0.4, 0.4])


# --- one definition for arrays and weak forms ---------------------------------------------------------------

COUNT = 9  # values of each argument
TEMPERATURES = np.linspace(280, 900, COUNT)
OVERPOTENTIALS = np.array([-1.2, -0.5, -1e-2, -1e-6, 0.0, 1e-8, 1e-3, 0.2, 0.7])
# The pieces of sinhc meet near 2.07e-3 V/nm and 20.7 V/nm.
FIELDS = np.array([0.0, 1e-9, 1e-3, 2.06e-3, 2.07e-3, 0.5, 2.0, 20.6, 100.0])  # V/nm
DROPS = np.array([-1.0, -1e-9, 0.0, 1e-18, 4.9e-6, 5.1e-6, 0.01, 0.5, 60.0])  # V; the series ends at 5e-6
GAPS, HEIGHTS = np.linspace(0.3, 9.0, COUNT), np.array([-10, -1, -0.1, 0, 0.05, 0.1, 0.2, 1.0, 5.0])
VOLTAGES = np.array([-2.0, -0.5, -1e-3, -1e-9, 0.0, 1e-6, 1e-2, 0.3, 1.8])
RADII = np.array([0.0, 0.1, 0.5, 1.0, 1.68, 3.0, 10.0, 50.0, 60.0])

# name: law, how it is called, its arguments
LAWS = {
    "Butler-Volmer": (
        KINETICS,
        ButlerVolmer.current_density,
        (OVERPOTENTIALS, TEMPERATURES, 0.01 * np.arange(COUNT)),
    ),
    "exchange current": (KINETICS, ButlerVolmer.exchange_current_density, (TEMPERATURES, RADII / 100)),
    "Mott-Gurney": (HOPPING, MottGurney.conductivity, (FIELDS, TEMPERATURES)),
    "tunnelling": (TUNNEL, Simmons.current_density, (VOLTAGES, GAPS)),
    "tunnelling slope": (TUNNEL, Simmons.differential_conductance_density, (VOLTAGES, GAPS)),
    "tunnel heat": (HEATING, TunnelHeating.active_electrode_share, (VOLTAGES, GAPS)),
    "size effect": (SizeEffect(0.4, 39.9, 0.2), SizeEffect.conductivity_ratio, (RADII,)),
    "temperature law": (
        TemperatureLaw(9.4e6, 293.15, 3.9e-3, -5.8e-7),
        TemperatureLaw.__call__,
        (TEMPERATURES,),
    ),
    "pole": (TemperatureLaw(1.38, 300.0, -7e-4), TemperatureLaw.__call__, (3 * TEMPERATURES,)),
    "stress": (STRESS, StressBarrier.__call__, (RADII,)),
    "void": (VOID, VoidBarrier.__call__, (HEIGHTS,)),
    "compliance": (LIMITER, IdealCompliance.current, (DROPS,)),
    "compliance below": (IdealCompliance(1e-3, 0.05, "negative"), IdealCompliance.current, (DROPS,)),
    "compliance both": (IdealCompliance(1e-3, 0.05, "both"), IdealCompliance.current, (DROPS,)),
    "series resistor": (SeriesResistor(1e3), SeriesResistor.current, (DROPS,)),
    "Faraday": (COPPER, Faraday.normal_velocity, (1e3 * VOLTAGES,)),
    "sinhc": (
        None,
        lambda _, x: sinhc(x),
        (np.array([0.0, 1e-6, 9e-3, 1.1e-2, 1.0, 30.0, 99.0, 101.0, 300.0]),),
    ),
}
# Those whose derivative enters the Jacobian: name, index of the argument.
SLOPES = [
    ("Butler-Volmer", 0), ("Butler-Volmer", 1), ("Butler-Volmer", 2), ("Mott-Gurney", 0), ("Mott-Gurney", 1),
    ("temperature law", 0), ("compliance", 0), ("compliance below", 0),
    ("compliance both", 0), ("series resistor", 0), ("sinhc", 0), ("tunnel heat", 0),
]  # fmt: skip


def in_constants(law, mesh):
    """The law with its numbers as constants of the form, as the solver has them.

    The terms of the size effect's series are counted out by p, which has to be a number; polarity is text.
    """
    from dolfinx.fem import Constant

    if not is_dataclass(law):
        return law
    names = [field.name for field in fields(law) if field.name not in ("specularity", "polarity", "reading")]
    return replace(law, **{name: Constant(mesh, float(getattr(law, name))) for name in names})


@pytest.fixture(scope="module")
def assembled():
    """Values of all LAWS and SLOPES at their arguments from one assembled form, by name or (name, i)."""
    import basix.ufl
    import ufl
    from dolfinx import fem
    from dolfinx.mesh import create_unit_interval
    from mpi4py import MPI

    mesh = create_unit_interval(MPI.COMM_SELF, COUNT)
    scalar = fem.functionspace(mesh, ("DG", 0))

    def coefficient(values):
        function = fem.Function(scalar)
        function.x.array[scalar.dofmap.list[:, 0]] = values
        return ufl.variable(function)

    names, expressions = [], []
    for name, (law, call, arguments) in LAWS.items():
        symbols = [coefficient(values) for values in arguments]
        expression = call(in_constants(law, mesh), *symbols)
        names.append(name)
        expressions.append(expression)
        for other, index in SLOPES:
            if other == name:
                names.append((name, index))
                expressions.append(ufl.diff(expression, symbols[index]))
    space = fem.functionspace(mesh, basix.ufl.element("DG", "interval", 0, shape=(len(names),)))
    # One-point quadrature: every argument is constant in its cell.
    dx = ufl.dx(metadata={"quadrature_degree": 0})
    form = fem.form(ufl.inner(ufl.as_vector(expressions), ufl.TestFunction(space)) * dx)
    vector = fem.assemble_vector(form).array.reshape(COUNT, len(names)) * COUNT
    return dict(zip(names, vector[space.dofmap.list[:, 0]].T, strict=True))


@pytest.mark.parametrize("name", LAWS)
def test_law_is_the_same_in_a_weak_form(assembled, name):
    law, call, arguments = LAWS[name]
    expected = np.asarray(call(law, *arguments))
    assert expected.shape == (COUNT,) and np.ptp(expected) > 0
    assert assembled[name] == pytest.approx(expected, rel=1e-11, abs=1e-300)


@pytest.mark.parametrize(("name", "index"), SLOPES)
def test_derivative_in_a_weak_form(assembled, name, index):
    law, call, arguments = LAWS[name]

    def function(x):
        return np.asarray(call(law, *arguments[:index], x, *arguments[index + 1 :]))

    x = arguments[index]
    step = 1e-5 * np.maximum(np.abs(x), 1e-3)
    expected = slope(function, x, step)
    scale = np.abs(function(x)) / np.maximum(np.abs(x), 1e-3)
    found = assembled[name, index]
    assert np.all(np.isfinite(found))
    assert np.all(np.abs(found - expected) <= 1e-5 * np.abs(expected) + 1e-8 * scale)


def test_slope_of_the_compliance_at_exactly_zero(assembled):
    """A run begins there: a zero or infinite slope would make the first Jacobian singular."""
    at = list(DROPS).index(0.0)
    for name in ("compliance", "compliance below", "compliance both"):
        assert assembled[name][at] == 0.0
        assert assembled[name, 0][at] == pytest.approx(1e-3 / 0.05, rel=1e-14)


def test_slope_of_butler_volmer_at_exactly_zero(assembled):
    at = list(OVERPOTENTIALS).index(0.0)
    kt = K * TEMPERATURES[at] / E
    exchange = KINETICS.exchange_current_density(TEMPERATURES[at], 0.01 * at)
    assert assembled["Butler-Volmer", 0][at] == pytest.approx(exchange / kt, rel=1e-7)


# --- the laws of a configured cell --------------------------------------------------------------------------

CONFIG = small.EXTENDS + small.METALS + small.ramp("1 V") + small.compliance("10 uA")
CONFIG += """
smoothing_voltage = "0.1 V"
[butler_volmer]
transfer_coefficient = 0.2
charge_number = 2
ion_concentration = "3e26 / m^3"
rate_constant = "150 m/s"
activation_energy = "0.6 eV"
[hopping]
distance = "0.3 nm"
attempt_frequency = "2e13 / s"
activation_energy = "0.45 eV"
[stress]
energy = "0.02 eV"
template_radius = "1.7 nm"
[dissolution]
void_energy = "0.015 eV"
void_length = "0.06 nm"
[tunnelling]
barrier = "4 eV"
effective_mass = 0.8
prefactor = 1.0
[filament]
specularity = 0.3
minimum_diameter = "0.25 nm"
"""


def model(*overrides):
    return DeviceModel.from_config(Config.from_toml(CONFIG, overrides=overrides))


def test_model_is_filled_in_from_the_configuration():
    laws, tunnel = model(), Simmons(4.0, 0.8, 1.0)
    assert laws.kinetics == ButlerVolmer(0.2, 2, 3e26, 150.0, 0.6)
    assert laws.hopping == MottGurney(2, 3e26, 0.3, 2e13, 0.45)
    assert laws.faraday == Faraday(63.546, 8960.0, 2)
    assert laws.tunnelling == tunnel
    assert laws.tunnel_heating == TunnelHeating(4.0, tunnel.decay_constant())
    assert laws.stress == StressBarrier(0.02, 1.7)
    assert laws.void == VoidBarrier(0.015, 0.06)
    assert laws.size_effect == SizeEffect(0.3, 39.9, 0.25)
    assert laws.heat and laws.joule_heating


def test_barriers_act_where_they_belong():
    """Stress on the filament only, the void on both surfaces; without them the bare reaction."""
    arguments = (-0.3, 350.0, 2.0, 0.1)  # overpotential, temperature, radius, height above the interface
    stress, void = 0.02 * np.expm1(2 / 1.7), 0.015 * np.exp(0.1 / 0.06)
    for overrides, on_filament, barrier in (
        ((), True, stress + void),
        ((), False, void),
        (("stress.enabled=false",), True, void),
        (("dissolution.enabled=false",), True, stress),
        (("stress.enabled=false", "dissolution.void_barrier=false"), True, 0.0),
    ):
        laws = model(*overrides)
        expected = laws.kinetics.current_density(-0.3, 350.0, barrier)
        assert laws.reaction_current_density(*arguments, on_filament) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("override", "off"),
    [
        ("stress.enabled=false", {"stress"}),
        ("dissolution.enabled=false", {"dissolution", "void"}),
        ("dissolution.void_barrier=false", {"void"}),
        ("tunnelling.enabled=false", {"tunnelling", "tunnel_heating"}),
        ("heat.tunnel_barrier=false", {"tunnel_heating"}),
        ("heat.joule=false", {"joule_heating"}),
        ("heat.enabled=false", {"heat", "joule_heating", "tunnel_heating"}),
        ("filament.size_effect=false", {"size_effect"}),
    ],
)
def test_one_line_switches_a_law_off(override, off):
    full, less = model(), model(override)
    for field in fields(DeviceModel):
        value = getattr(less, field.name)
        if field.name in off:
            assert not value
        else:
            assert value == getattr(full, field.name)


def test_conductors_of_the_reference_materials():
    laws = model()
    assert laws.active_electrode.electrical(293.15) == pytest.approx(1 / 1.68e-8)
    assert laws.active_electrode.electrical(393.15) == pytest.approx(1 / 1.68e-8 / 1.39)
    assert laws.counter_electrode.electrical(293.15) == pytest.approx(1 / 10.6e-8)
    assert laws.switching_layer.electrical is None
    assert laws.switching_layer.thermal(300.0) == pytest.approx(1.38)
    assert laws.active_electrode.volumetric_heat_capacity == pytest.approx(8960 * 385)
    assert laws.filament == laws.active_electrode


def test_conductivity_factors():
    full = model()
    less = model(
        "filament.defect_factor=0.2",
        "filament.thermal_conductivity_factor=0.5",
        "heat.thermal_conductivity_factor=0.7",
    )
    assert less.filament.electrical(300.0) == pytest.approx(0.2 * full.filament.electrical(300.0))
    assert less.filament.thermal(300.0) == pytest.approx(0.35 * full.filament.thermal(300.0))
    for name in ("counter_electrode", "switching_layer", "active_electrode"):
        changed, bulk = getattr(less, name), getattr(full, name)
        assert changed.thermal(400.0) == pytest.approx(0.7 * bulk.thermal(400.0))
        assert changed.electrical == bulk.electrical
