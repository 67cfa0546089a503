"""Green's-function transport against closed forms, ase.transport, and the identities that it must obey."""

import numpy as np
import pytest
from scipy.special import jn_zeros

from ecmsim.constants import BOLTZMANN_EV, CONDUCTANCE_QUANTUM
from ecmsim.errors import TransportError, TransportFailure
from ecmsim.quantum import bloch, decimation, landauer, modes, sharvin, transport
from ecmsim.quantum.leads import Contact, Lead, broadening, layer_mismatch
from ecmsim.quantum.transport import Junction, mean_transmission

ENERGIES = np.linspace(-2.4, 2.4, 9)


def dagger(matrix):
    return np.conj(np.swapaxes(matrix, -1, -2))


def random_crystal(seed, m=4, dtype=float):
    """Blocks h00, h01, s00, s01 of a random chain of layers with a positive definite overlap."""
    rng = np.random.default_rng(seed)

    def block():
        real = rng.normal(size=(m, m))
        return real + 1j * rng.normal(size=(m, m)) if dtype is complex else real

    h00, h01, s00, s01 = (block() for _ in range(4))
    return h00 + dagger(h00), h01, np.eye(m) + 0.03 * (s00 + dagger(s00)), 0.05 * s01


def random_junction(seed=1, layers=3, dtype=float, eta=1e-5):
    """A random device between two layers of two different random leads; blocks and junction."""
    left, right = random_crystal(seed, dtype=dtype), random_crystal(seed + 1, dtype=dtype)
    m, n = len(left[0]), layers * len(left[0])
    rng = np.random.default_rng(seed + 2)
    h = rng.normal(size=(n, n)) * 0.5
    s = rng.normal(size=(n, n)) * 0.01
    h, s = h + h.T, np.eye(n) + s + s.T
    h = h.astype(dtype)
    for rows, (h00, _, s00, _) in ((slice(0, m), left), (slice(n - m, n), right)):
        h[rows, rows], s[rows, rows] = h00, s00.real
    contacts = Contact(Lead(*left), np.arange(m)), Contact(Lead(*right), np.arange(n - m, n))
    return Junction(h, *contacts, s=s, eta=eta), left, right


# --- surface Green's functions -------------------------------------------------------------------------------


@pytest.mark.parametrize("overlap", [0.0, 0.12])
@pytest.mark.parametrize("eta", [1e-2, 1e-5, 1e-8])
def test_surface_of_a_chain(overlap, eta):
    """g = [a - sqrt(a^2 - 4b^2)]/2b^2, a = z - h00 and b = z s01 - t; with an overlap the band is not symmetric."""
    level, t = 0.3, -1.0
    z = np.append(ENERGIES, level) + 1j * eta  # at the level itself decimation loses all digits
    g = decimation.surface_green_function(z, [[level]], [[t]], [[1.0]], [[overlap]])[:, 0, 0]
    a, b = z - level, z * overlap - t
    root = np.sqrt(a * a - 4 * b * b + 0j)
    both = np.array([(a - root) / (2 * b * b), (a + root) / (2 * b * b)])
    expected = np.where(np.abs(b * both[0]) < np.abs(b * both[1]), *both)
    assert g == pytest.approx(expected, rel=1e-7)
    assert (g.imag < 0).all()


def test_decimation_alone_fails_at_the_middle_of_the_band():
    """What the residual is for: without it this wrong value would pass unnoticed."""
    z = np.full((1, 1, 1), 1e-8j)
    hop = np.ones((1, 1, 1), dtype=complex)
    wrong = decimation._decimated(z, hop, hop)
    assert not decimation.residual(wrong, z, hop, hop)[0] < 1e-2
    g = decimation.surface_green_function(z[:, 0, 0], [[0.0]], [[-1.0]], [[1.0]], [[0.0]])
    assert g[0, 0, 0] == pytest.approx(-1j, abs=1e-7)


def test_an_energy_that_fails_does_not_spoil_the_others():
    """Im z = 1e-300 is nothing to round-off: NaN at the level of the chain; the rest of the stack converges."""
    z = np.array([1e-300j, 0.3 + 1e-5j])[:, None, None]
    hop = np.ones((2, 1, 1), dtype=complex)
    g = decimation._decimated(z + 0 * hop, hop, hop)
    assert not decimation.residual(g, z, hop, hop)[0] < 1e-3
    assert decimation.residual(g, z, hop, hop)[1] < 1e-12


def test_both_ways_to_the_surface_agree():
    h00, h01, s00, s01 = random_crystal(5, m=6, dtype=complex)
    z = ENERGIES + 1e-4j
    g = decimation.surface_green_function(z, h00, h01, s00, s01)
    for at, surface in zip(z, g, strict=True):
        other = decimation._from_decaying_states(at * s00 - h00, at * s01 - h01, at * dagger(s01) - dagger(h01))
        assert np.abs(other - surface).max() < 1e-9 * np.abs(surface).max()


def test_a_singular_coupling_between_layers():
    """Two atoms a layer, of which one bond goes on: the chain of one atom a layer in another cut."""
    z = ENERGIES + 1e-6j
    pair = decimation.surface_green_function(
        z, [[0, -1.0], [-1.0, 0]], [[0, 0], [-1.0, 0]], np.eye(2), np.zeros((2, 2))
    )
    chain = decimation.surface_green_function(z, [[0.0]], [[-1.0]], [[1.0]], [[0.0]])
    assert pair[:, 0, 0] == pytest.approx(chain[:, 0, 0], rel=1e-8)


def test_an_eta_that_drowns_in_round_off_is_an_error():
    with pytest.raises(TransportFailure, match=r"did not converge at E = .*eta = 1e-19.*larger eta"):
        decimation.surface_green_function(ENERGIES + 1e-19j, *[np.asarray(b) for b in random_crystal(3)])
    with pytest.raises(TransportError, match="positive imaginary part"):
        decimation.surface_green_function(0.0, [[0.0]], [[1.0]], [[1.0]], [[0.0]])


# --- transmission --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 10, 20])
def test_against_ase(seed):
    calculators = pytest.importorskip("ase.transport.calculators")
    junction, left, right = random_junction(seed)
    # ASE wants two layers of a lead in the order of the z axis; our left blocks point away from the device.
    pairs = {
        "1": ((left[0], dagger(left[1])), (left[2], dagger(left[3]))),
        "2": ((right[0], right[1]), (right[2], right[3])),
    }
    leads = {
        f"{name}{lead}": np.block([[own, on], [dagger(on), own]])
        for lead, both in pairs.items()
        for name, (own, on) in zip("hs", both, strict=True)
    }
    theirs = calculators.TransportCalculator(
        h=junction.h.copy(), s=junction.s.copy(), **leads, energies=ENERGIES, eta=1e-5, eta1=1e-5, eta2=1e-5, dos=True
    )
    assert junction.transmission(ENERGIES) == pytest.approx(theirs.get_transmission(), abs=1e-11)
    assert junction.density_of_states(ENERGIES).sum(axis=1) == pytest.approx(theirs.get_dos(), rel=1e-10, abs=1e-10)
    assert theirs.get_transmission().max() > 0.1


@pytest.mark.parametrize("dtype", [float, complex])
def test_identities(dtype):
    junction, *_ = random_junction(4, dtype=dtype, eta=1e-3)
    g = junction.green_function(ENERGIES)
    z = ENERGIES + 1j * junction.eta
    gammas = np.zeros((2, *g.shape), dtype=complex)
    for gamma, contact in zip(gammas, (junction.left, junction.right), strict=True):
        gamma[(slice(None), *np.ix_(contact.orbitals, contact.orbitals))] = broadening(contact.self_energy(z))
    transmission = junction.transmission(ENERGIES)
    caroli = np.trace(dagger(g) @ gammas[1] @ g @ gammas[0], axis1=1, axis2=2)
    assert transmission == pytest.approx(caroli.real, abs=1e-10)
    channels = junction.eigenchannels(ENERGIES)
    assert channels.sum(axis=1) == pytest.approx(transmission, abs=junction.eta)
    assert (channels >= 0).all() and (channels <= 1 + 1e-12).all() and (np.diff(channels) <= 1e-14).all()

    a_left, a_right = junction.spectral_functions(ENERGIES)
    assert a_left == pytest.approx(g @ gammas[0] @ dagger(g), abs=1e-10)
    absorbed = 2 * junction.eta * g @ junction.s @ dagger(g)
    assert a_left + a_right + absorbed == pytest.approx(1j * (g - dagger(g)), abs=1e-9)
    density = np.trace((a_left + a_right + absorbed) @ junction.s, axis1=1, axis2=2).real / (2 * np.pi)
    assert junction.density_of_states(ENERGIES).sum(axis=1) == pytest.approx(density, abs=1e-9)


@pytest.mark.parametrize(("dtype", "eta", "tolerance"), [(float, 1e-3, 1e-11), (complex, 1e-8, 1e-6)])
def test_transmission_is_the_same_both_ways(dtype, eta, tolerance):
    """By time reversal for real matrices, by unitarity, which eta breaks, for others."""
    junction, *_ = random_junction(4, dtype=dtype, eta=eta)
    mirror = Junction(junction.h, junction.right, junction.left, s=junction.s, eta=eta)
    assert mirror.transmission(ENERGIES) == pytest.approx(junction.transmission(ENERGIES), abs=tolerance)


def strip(width=4, length=3, defect=0.0, eta=1e-7):
    """A square-lattice strip with hopping -1; its channels open at -2 + 2 cos(pi n/(W + 1)) and close 4 above."""
    across = -(np.eye(width, k=1) + np.eye(width, k=-1))
    onward = -np.eye(width)
    h = np.kron(np.eye(length), across) + np.kron(np.eye(length, k=1), onward) + np.kron(np.eye(length, k=-1), onward.T)
    h[width * length // 2, width * length // 2] += defect
    lead = Lead(across, onward)
    orbitals = np.arange(width)
    return Junction(h, Contact(lead, orbitals), Contact(lead, orbitals + width * (length - 1)), eta=eta)


def test_an_ideal_wire_has_integer_plateaus():
    energies = np.linspace(-3.93, 3.9, 31)
    wire = strip()
    thresholds = -2 * np.cos(np.pi * np.arange(1, 5) / 5)
    expected = (np.abs(energies[:, None] - thresholds) < 2).sum(axis=1)
    assert set(expected) == {0, 1, 2, 3, 4}
    assert wire.transmission(energies) == pytest.approx(expected, abs=1e-4)
    assert [modes.open_channels(wire.left.lead, e) for e in energies] == list(expected)
    # The bands of the lead cross an energy once for each mode either way.
    bands = wire.left.lead.bands(np.linspace(-np.pi, np.pi, 400))
    crossings = [(np.diff(np.sign(bands - e), axis=0) != 0).sum() / 2 for e in energies]
    assert crossings == list(expected)


def test_a_defect_scatters_but_no_more_channels_appear():
    energies = np.linspace(-3, 3, 13)
    wire, damaged = strip(), strip(defect=2.0)
    open_channels = [modes.open_channels(wire.left.lead, e) for e in energies]
    assert (damaged.transmission(energies) < np.array(open_channels) - 0.01).all()
    assert modes.channel_sums(damaged, 0.3) == pytest.approx(damaged.transmission(0.3), abs=1e-5)


def test_a_general_coupling_is_the_same_as_a_larger_device():
    """The last layer of the device given to the lead: another partition of the same wire."""
    energies = np.linspace(-3, 3, 7)
    large = strip(length=4, defect=1.5)
    small = Junction(
        large.h[:12, :12], large.left, Contact(large.right.lead, np.arange(8, 12), -np.eye(4)), eta=large.eta
    )
    assert small.transmission(energies) == pytest.approx(large.transmission(energies), abs=1e-5)


def test_a_common_potential_shifts_the_spectrum():
    junction, left, right = random_junction(2)
    lifted = Junction(
        junction.h + 0.7 * junction.s,
        *(Contact(c.lead.shifted(0.7), c.orbitals) for c in (junction.left, junction.right)),
        s=junction.s,
        eta=junction.eta,
    )
    assert lifted.transmission(ENERGIES + 0.7) == pytest.approx(junction.transmission(ENERGIES), abs=1e-9)


def test_the_zero_of_energy_of_two_calculations():
    junction, *_ = random_junction(2)
    h = junction.h + 0.7 * junction.s
    offset, remainder = layer_mismatch(h, junction.s, junction.left)
    assert offset == pytest.approx(0.7) and remainder < 1e-12
    h[0, 1] += 0.02
    assert layer_mismatch(h, junction.s, junction.left)[1] == pytest.approx(0.02)
    assert layer_mismatch(h, junction.s, junction.left, outer=slice(2, 4))[1] < 1e-12
    assert layer_mismatch(h, junction.s, junction.left, outer=[0, 1, 3])[1] == pytest.approx(0.02)


def test_a_reversed_lead_is_the_same_crystal():
    """A wire of one random crystal: the left lead is the right one reversed, and T counts its bands."""
    lead = Lead(*random_crystal(7))
    junction = Junction(
        lead.h00, Contact(lead.reversed(), np.arange(4)), Contact(lead, np.arange(4)), s=lead.s00, eta=1e-7
    )
    channels = [modes.open_channels(lead, e, eta=1e-7) for e in ENERGIES]
    assert junction.transmission(ENERGIES) == pytest.approx(channels, abs=1e-4) and max(channels) > 1


def test_energies_of_any_shape_and_batches(monkeypatch):
    junction, *_ = random_junction(3)
    whole = junction.transmission(ENERGIES)
    assert junction.transmission(ENERGIES[4]) == pytest.approx(whole[4], abs=1e-13)
    assert junction.transmission(ENERGIES.reshape(3, 3)) == pytest.approx(whole.reshape(3, 3), abs=1e-13)
    monkeypatch.setattr(transport, "BATCH_NUMBERS", 2 * len(junction.h) ** 2)
    assert junction.transmission(ENERGIES) == pytest.approx(whole, abs=1e-13)
    with pytest.raises(TransportError, match="no energies"):
        junction.transmission([])


@pytest.mark.parametrize(
    ("message", "build"),
    [
        ("h01 has the shape", lambda: Lead(np.eye(2), np.eye(3))),
        ("not Hermitian", lambda: Lead([[0, 1.0], [0, 0]], np.eye(2))),
        ("coupling h has the shape", lambda: Contact(Lead(np.eye(2), np.eye(2)), [0], np.eye(2))),
        ("right contact names an orbital", lambda: Junction(np.eye(11), strip().left, strip().right)),
        ("device's h is not Hermitian", lambda: Junction(np.eye(12, k=1), strip().left, strip().right)),
        ("device's s has the shape", lambda: Junction(np.eye(12), strip().left, strip().right, s=np.eye(3))),
    ],
)
def test_inconsistent_matrices_are_refused(message, build):
    with pytest.raises(TransportError, match=message):
        build()


# --- k-points ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (4, 2), (2, 3)])
def test_k_points_integrate_a_periodic_function(shape):
    k, weights = bloch.k_points(*shape)
    assert weights.sum() == pytest.approx(1) and len(k) == (shape[0] * shape[1] + 1) // 2

    def even(point, cells):
        return np.cos(2 * np.pi * point @ cells)

    for cells in ((0, 0), (1, 0), (0, 1), (1, 1)):
        exact = float(cells == (0, 0))
        # Grids resolve the harmonics below their size.
        if all(n > c for n, c in zip(shape, cells, strict=True)):
            assert weights @ even(k, np.array(cells)) == pytest.approx(exact, abs=1e-12)
    with pytest.raises(TransportError, match="0 x 1 k-points"):
        bloch.k_points(0)


def test_weights_add_up_to_one():
    wire = strip()
    assert mean_transmission([wire, wire], [0.25, 0.75], 0.1) == pytest.approx(wire.transmission(0.1))
    with pytest.raises(TransportError, match="add up to 0.5"):
        mean_transmission([wire], [0.5], 0.1)


def test_real_space_blocks_from_bloch_sums():
    h00, h01, *_ = random_crystal(8, dtype=complex)
    phases = np.arange(5) / 5 - 0.4
    at_k = [h00 + h01 * np.exp(2j * np.pi * k) + dagger(h01) * np.exp(-2j * np.pi * k) for k in phases]
    weights = np.full(5, 0.2)
    assert bloch.real_space_block(at_k, phases, weights, 0) == pytest.approx(h00, abs=1e-12)
    assert bloch.real_space_block(at_k, phases, weights, 1) == pytest.approx(h01, abs=1e-12)
    assert bloch.real_space_block(at_k, phases, weights, 2) == pytest.approx(0 * h01, abs=1e-12)


# --- current -------------------------------------------------------------------------------------------------


def test_the_conductance_quantum():
    assert CONDUCTANCE_QUANTUM == pytest.approx(7.748091729e-5, rel=1e-9)
    energy = np.linspace(-2, 2, 11)
    assert landauer.current(energy, np.ones(11), 0.5) == pytest.approx(0.5 * CONDUCTANCE_QUANTUM, rel=1e-12)
    assert landauer.conductance(energy, np.full(11, 2.5)) == pytest.approx(2.5 * CONDUCTANCE_QUANTUM, rel=1e-12)


def test_current_at_zero_temperature_is_the_area_under_t():
    energy = np.array([-1.0, 0.0, 1.0])
    transmission = np.array([0.0, 1.0, 0.0])
    voltage = np.array([0.0, 0.4, -0.4, 1.0])
    half = np.abs(voltage) / 2
    area = 2 * (half - half**2 / 2) * np.sign(voltage)
    current = landauer.current(energy, transmission, voltage, temperature=0)
    assert current == pytest.approx(CONDUCTANCE_QUANTUM * area, rel=1e-12)
    lopsided = landauer.current(energy, transmission, 0.4, temperature=0, fermi_level=-0.4, drop=1.0)
    assert lopsided == pytest.approx(CONDUCTANCE_QUANTUM * 0.4 * 0.8, rel=1e-12)


def test_current_at_a_temperature():
    energy = np.linspace(-3, 3, 2001)
    resonance = 0.01 / ((energy - 0.15) ** 2 + 0.01)
    voltage, temperature = 0.3, 400.0
    kt = BOLTZMANN_EV * temperature
    fine = np.linspace(-2, 2, 400_001)
    window = 1 / (1 + np.exp((fine - 0.15) / kt)) - 1 / (1 + np.exp((fine + 0.15) / kt))
    expected = np.trapezoid(np.interp(fine, energy, resonance) * window, fine)
    current = landauer.current(energy, resonance, voltage, temperature)
    assert current == pytest.approx(CONDUCTANCE_QUANTUM * expected, rel=1e-5)


def test_current_is_linear_at_small_bias():
    energy = np.linspace(-1.5, 1.5, 601)
    transmission = strip(defect=1.0).transmission(energy - 0.4)
    for temperature in (100.0, 300.0):
        slope = landauer.current(energy, transmission, 1e-5, temperature) / 1e-5
        assert slope == pytest.approx(landauer.conductance(energy, transmission, temperature), rel=1e-4)
    at_zero = landauer.conductance(energy, transmission, 0)
    assert at_zero == pytest.approx(CONDUCTANCE_QUANTUM * np.interp(0, energy, transmission))


def test_transmission_that_depends_on_the_bias():
    energy, voltage = np.linspace(-2, 2, 81), np.array([0.2, 0.6])
    tables = np.stack([np.cos(energy / 2), np.exp(-(energy**2))])
    both = landauer.current(energy, tables, voltage)
    each = [landauer.current(energy, table, v) for table, v in zip(tables, voltage, strict=True)]
    assert both == pytest.approx(each, rel=1e-12)


def test_a_window_that_is_too_small_is_refused():
    with pytest.raises(TransportError, match=r"known from -0.5 to 0.5 eV.*wider window"):
        landauer.current(np.linspace(-0.5, 0.5, 5), np.ones(5), 0.9, 300.0)
    with pytest.raises(TransportError, match="must ascend"):
        landauer.conductance(np.linspace(0.5, -0.5, 5), np.ones(5))


def test_a_transmission_of_another_shape_is_refused():
    energy, voltage = np.linspace(-2, 2, 81), np.array([0.2, 0.6])
    with pytest.raises(TransportError, match=r"has the shape \(2, 81\), but the energies need \(81,\)"):
        landauer.conductance(energy, np.ones((2, 81)))
    with pytest.raises(TransportError, match=r"has the shape \(80,\), but the energies need \(81,\)"):
        landauer.current(energy, np.ones(80), 0.2)
    with pytest.raises(TransportError, match=r"\(3, 81\), but the energies and voltages need \(81,\) or \(2, 81\)"):
        landauer.current(energy, np.ones((3, 81)), voltage)
    assert landauer.conductance(list(energy), [1] * 81) == pytest.approx(CONDUCTANCE_QUANTUM)


def test_fermi_function():
    assert landauer.fermi(np.array([-1.0, 0.0, 1.0]), 0) == pytest.approx([1, 0.5, 0])
    assert landauer.fermi(BOLTZMANN_EV * 300, 300) == pytest.approx(1 / (1 + np.e))
    assert landauer.fermi(-50.0, 300) == 1


# --- Sharvin and Weyl ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("constant", "wave_number"), [(0.40862, 12.0), (0.36149, 13.6), (0.40782, 12.1)])
def test_fermi_wave_numbers(constant, wave_number):
    """Ashcroft and Mermin, Table 2.1, has three digits."""
    assert sharvin.fermi_wave_number(constant) == pytest.approx(wave_number, abs=0.06)


def test_the_law_counts_the_channels_of_a_round_wire():
    """Modes of a hard-walled circular wire: zeros of Bessel functions below k_F a (two for each m > 0)."""
    wave_number = 12.0
    zeros = [jn_zeros(m, 12) for m in range(40)]

    def channels(radius):
        return sum((2 if m else 1) * (row < wave_number * radius).sum() for m, row in enumerate(zeros))

    radii = np.linspace(2.0, 3.0, 41)
    counted = np.mean([channels(r) for r in radii])
    assert np.mean(sharvin.transmission(radii, wave_number)) == pytest.approx(counted, rel=0.01)


def test_the_shift_joins_the_law_to_a_contact_of_atoms():
    """Seven Ag atoms of a (111) layer with T of 6: about 0.1 nm."""
    area = np.sqrt(3) / 2 * (0.40862 / np.sqrt(2)) ** 2
    k_fermi = sharvin.fermi_wave_number(0.40862)
    radius = sharvin.equivalent_radius(7, area)
    shift = sharvin.radius_shift(radius, 6.0, k_fermi)
    assert shift == pytest.approx(0.1, abs=0.01)
    assert sharvin.transmission(radius, k_fermi, shift) == pytest.approx(6, rel=1e-12)
    with pytest.raises(TransportError, match="k_F a/2 >= 1"):
        sharvin.transmission(0.1, k_fermi)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"voltage": np.nan}, "voltage = nan: give finite numbers"),
        ({"voltage": [0.1, np.inf]}, "voltage = inf: give finite numbers"),
        ({"voltage": 0.1, "temperature": -300.0}, "temperature = -300 K: give one of 0 K or more"),
        ({"voltage": 0.1, "temperature": np.nan}, "temperature = nan K"),
        ({"voltage": 0.1, "fermi_level": np.nan}, "fermi_level = nan"),
    ],
)
def test_currents_of_nonsense_are_refused(given, message):
    with pytest.raises(TransportError, match=message):
        landauer.current(np.linspace(-2, 2, 11), np.ones(11), **given)


@pytest.mark.parametrize("radius", [np.nan, np.inf, 1e155])
def test_sharvin_refuses_what_is_no_radius(radius):
    with pytest.raises(TransportError, match="give finite radii"):
        sharvin.transmission([0.5, radius], 12.0)
