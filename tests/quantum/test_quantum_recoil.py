"""Kharlanov's chain in closed form against Green's functions, and the forces of a current on a filament's atoms."""

import numpy as np
import pytest

from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.errors import TransportError, TransportFailure
from ecmsim.quantum import chain, density, geometry, modes, recoil, tight_binding
from ecmsim.quantum.atoms.hopping import Smooth
from ecmsim.quantum.chain import ChainContact, PointContact
from ecmsim.quantum.geometry import Fcc, LeadAtoms, neck
from ecmsim.quantum.leads import Contact, Lead
from ecmsim.quantum.tight_binding import Exponential
from ecmsim.quantum.transport import Junction

T, A = -2.0, 2.5
ZETA = 1 / A


def three_atoms(contact: PointContact, eta=0.0):
    """The central atom and its neighbours between the exact self-energies of half-infinite chains."""
    t = contact.hopping
    h = np.array([[0, contact.left, 0], [contact.left, contact.level, contact.right], [0, contact.right, 0]])
    return Junction(h, ChainContact(t, t, 0), ChainContact(t, t, 2), eta=eta)


def atomistic_force(contact: PointContact, voltage=0.0, drop=0.5):
    """Eq. (4) for the central atom with density matrices from the Green's function."""
    junction = three_atoms(contact)
    mu = recoil.chemical_potentials(0.0, voltage, drop)
    rho = density.equilibrium_density(junction, 0.0, 2 * T - 3, points=160)
    rho = (rho + density.bias_density(junction, 0.0, *mu)).real
    right = contact.right * (rho[2, 2] + 2 * rho[1, 2])
    left = contact.left * (rho[0, 0] + 2 * rho[1, 0])
    return -2 * contact.zeta * (right - left)


# --- the chain -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right", "level"), [(1.0, 1.0, 0.0), (0.8, 1.15, 0.3), (1.4, 0.6, -0.7), (0.1, 0.2, 0)]
)
def test_transmission_of_the_chain(left, right, level):
    """Eq. (14) is the Green's function of one atom (and of three) to round-off, also outside the band."""
    contact = PointContact(T, left * T, right * T, level)
    energy = np.linspace(-4.4, 4.4, 46)
    atom = Junction([[level]], ChainContact(T, left * T), ChainContact(T, right * T), eta=0.0)
    assert atom.transmission(energy) == pytest.approx(contact.transmission(energy), abs=1e-14)
    assert three_atoms(contact).transmission(energy) == pytest.approx(contact.transmission(energy), abs=1e-13)
    assert contact.conductance() == pytest.approx(CONDUCTANCE_QUANTUM * contact.transmission(0.0), rel=1e-14)


def test_numbers_of_the_paper():
    """Fig. 1(b): gamma = 0.4 is a transmission of about 0.5."""
    assert PointContact(-1.8, 1.4 * -1.8, 0.6 * -1.8).transmission(0.0) == pytest.approx(0.5244, abs=5e-5)
    assert PointContact(T, T, T).transmission(np.linspace(-3.9, 3.9, 5)) == pytest.approx(1, abs=1e-14)


def test_decimation_finds_the_chain_too():
    contact = PointContact(T, 0.8 * T, 1.1 * T, 0.2)
    lead = Lead([[0.0]], [[T]])
    sides = (Contact(lead, [0], [[v]]) for v in (contact.left, contact.right))
    energy = np.append(np.linspace(-3.9, 3.9, 11), 0.0)
    assert Junction([[0.2]], *sides, eta=1e-9).transmission(energy) == pytest.approx(
        contact.transmission(energy), abs=1e-7
    )


@pytest.mark.parametrize(("voltage", "drop"), [(0.0, 0.5), (1.0, 0.5), (1.0, 0.2), (-0.7, 1.0)])
@pytest.mark.parametrize(
    ("left", "right", "level"), [(0.8, 1.1, 0.3), (0.6, 1.4, 0.0), (1.3, 1.2, -0.4), (0.9, 0.9, 0.5)]
)
def test_force_on_the_central_atom(left, right, level, voltage, drop):
    """Eq. (15) is Eq. (4) with Eq. (9), but for the state bound below the band."""
    contact = PointContact(T, left * T, right * T, level, ZETA)
    expected = atomistic_force(contact, voltage, drop)
    assert contact.force(voltage, drop) + contact.bound_state_force() == pytest.approx(expected, abs=1e-9)
    assert (contact.bound_state_force() != 0) == (left**2 + right**2 > 2 + level / abs(T))


def test_bound_state():
    """Its force is that of the lowest state of a long chain."""
    contact = PointContact(T, 1.4 * T, 1.1 * T, -0.3, ZETA)
    n = 60
    h = T * (np.eye(2 * n + 1, k=1) + np.eye(2 * n + 1, k=-1))
    h[n, n] = contact.level
    h[n, n - 1] = h[n - 1, n] = contact.left
    h[n, n + 1] = h[n + 1, n] = contact.right
    energies, states = np.linalg.eigh(h)
    assert energies[0] < 2 * T < energies[1]
    left, centre, right = states[n - 1 : n + 2, 0]
    force = -2 * ZETA * (contact.right * (right**2 + 2 * centre * right) - contact.left * (left**2 + 2 * centre * left))
    assert contact.bound_state_force() == pytest.approx(force, rel=1e-9)


def test_zero_bias_force():
    """Eq. (16): about 0.7 eV/A for a difference of 0.5 eV; Eq. (15) itself gives 0.664 there."""
    contact = PointContact(T, T + 0.25, T - 0.25, 0.0, ZETA)
    assert contact.zero_bias_force() == pytest.approx(0.709, abs=5e-4)
    assert contact.force() == pytest.approx(0.664, abs=5e-4)
    small = 1e-3
    nearly = PointContact(T, T + small, T - small, 0.0, ZETA)
    assert nearly.force() / (2 * small * ZETA) == pytest.approx(1 + 8 / np.pi, abs=1e-3)
    assert PointContact(T, T, T, 0.4, ZETA).force() == pytest.approx(0, abs=1e-12)
    # The integral as printed, with E = -2|t| cos(theta).
    x, weight = np.polynomial.legendre.leggauss(40)
    energy = -4 * np.cos(np.pi / 4 * (x + 1))
    assert np.pi / 4 * weight @ (energy**2 + 2 * energy * T - T**2) * 2 / (np.pi * T**2) == pytest.approx(
        1 + 8 / np.pi, rel=1e-12
    )


def test_bias_force():
    """Eq. (17): 0.032 eV/A for epsilon = 0.5 eV at 1 V, 0.035 in full; and to first order in each of its terms."""
    contact = PointContact(T, T, T, 0.5, ZETA)
    assert contact.bias_force(1.0) == pytest.approx(0.032, abs=5e-4)
    assert contact.force(1.0) - contact.force() == pytest.approx(0.035, abs=5e-4)
    for small in (PointContact(T, T, T, 1e-3, ZETA), PointContact(T, T + 5e-4, T - 5e-4, 0.0, ZETA)):
        change = (small.force(1e-2, 0.1) - small.force(0.0)) / 1e-2
        assert change == pytest.approx(small.bias_force(1.0, 0.1), rel=1e-2)


def test_reflection_of_the_chain():
    """After Eq. (17): F -> -F when V -> -V, beta -> 1 - beta and v_L <-> v_R."""
    one, other = PointContact(T, 0.7 * T, 1.2 * T, 0.3), PointContact(T, 1.2 * T, 0.7 * T, 0.3)
    assert one.force(0.8, 0.3) == pytest.approx(-other.force(-0.8, 0.7), rel=1e-12)


def test_critical_voltage():
    """1.7 V as printed is for t = -2 eV; with the -1.8 eV of Fig. 1 it is 6.2 V."""
    critical = chain.critical_voltage(T, 0.8, A, ZETA)
    assert critical == pytest.approx(1.757, abs=1e-3)
    assert chain.critical_voltage(-1.8, 0.8, A, ZETA) == pytest.approx(6.2, abs=0.05)
    # There the hessian changes its sign, for voltages of the sign of 1/2 - beta.
    assert chain.hessian(critical, T, 0.8, A, ZETA, drop=0.0) == pytest.approx(0, abs=1e-12)
    assert chain.hessian(0.9 * critical, T, 0.8, A, ZETA, 0.0) < 0 < chain.hessian(1.1 * critical, T, 0.8, A, ZETA, 0.0)
    assert chain.hessian(-2 * critical, T, 0.8, A, ZETA, drop=0.0) < 0
    assert chain.critical_voltage(T, 0.8, A, ZETA, drop=0.5) == np.inf
    with pytest.raises(TransportError, match="unstable without a voltage"):
        chain.critical_voltage(T, 0.6, A, ZETA)


def test_hessian_is_the_slope_of_the_force():
    """With v_R,L = t exp(+-zeta Z), which the printed v_L,R must mean."""
    step, ions = 1e-4, 4 * 0.8**2 * chain.COULOMB / A**3

    def force(position, voltage):
        return PointContact(T, T * np.exp(-ZETA * position), T * np.exp(ZETA * position), 0.0, ZETA).force(voltage, 0.0)

    for voltage in (0.0, 0.05):
        slope = (force(step, voltage) - force(-step, voltage)) / (2 * step)
        assert slope - ions == pytest.approx(chain.hessian(voltage, T, 0.8, A, ZETA, 0.0), abs=2e-3)


def test_impossible_chains_are_refused():
    with pytest.raises(TransportError, match="needs t < 0"):
        PointContact(2.0, 1.0, 1.0)
    with pytest.raises(TransportError, match=r"potential 5 eV is outside the chain's band of \+-4 eV"):
        PointContact(T, T, T).force(10.0)
    edge = Junction([[0.0]], ChainContact(T, T), ChainContact(T, T), eta=0.0)
    with pytest.raises(TransportFailure, match=r"singular.*between 1 and 4 eV.*eta"):
        edge.transmission([1.0, 4.0])


# --- density matrices ----------------------------------------------------------------------------------------


def test_equilibrium_density_of_the_infinite_chain():
    """Half filling: 1/2 on each atom, 1/pi between neighbours, 0 and -1/(3 pi) beyond."""
    n = 4
    h = T * (np.eye(n, k=1) + np.eye(n, k=-1))
    junction = Junction(h, ChainContact(T, T, 0), ChainContact(T, T, n - 1), eta=0.0)
    rho = density.equilibrium_density(junction, 0.0, 2 * T - 3)
    assert rho[0] == pytest.approx([0.5, 1 / np.pi, 0, -1 / (3 * np.pi)], abs=1e-10)


def test_bias_density_carries_landauer_s_current():
    """Between neighbours, (2/hbar) Im(t rho) per spin and in units of 1/h is the window times T."""
    contact = PointContact(T, 0.8 * T, 1.2 * T, 0.4)
    mu_left, mu_right = recoil.chemical_potentials(0.0, 0.3, 0.3)
    rho = density.bias_density(three_atoms(contact), 0.0, mu_left, mu_right)
    energy = np.linspace(mu_left, mu_right, 2001)
    expected = np.trapezoid(contact.transmission(energy), energy)
    # From the right: electrons move to lower indices.
    for bond, hopping in ((0, contact.left), (1, contact.right)):
        assert 4 * np.pi * hopping * rho[bond + 1, bond].imag == pytest.approx(expected, rel=1e-6)


# --- filaments -----------------------------------------------------------------------------------------------


def chain_of_atoms(gamma, atoms=5, spacing=A):
    """An AtomicContact whose middle atom is moved so that v_R,L = t exp(+-zeta Z) = t (1 +- gamma) about."""
    contact = geometry.straight_chain(atoms, spacing)
    contact.positions[atoms // 2, 2] += gamma / ZETA
    return contact


def test_forces_on_a_chain_are_those_of_the_closed_forms():
    law = Exponential(A, hopping=T)
    shifted = chain_of_atoms(0.1)
    v_left, v_right = law(A * 1.1), law(A * 0.9)
    exact = PointContact(T, v_left, v_right, 0.0, ZETA)
    zero = recoil.bond_forces(shifted, law, 0.0, eta=1e-7, points=120)
    assert zero[2] == pytest.approx([0, 0, exact.force() + exact.bound_state_force()], abs=1e-5)
    change = recoil.recoil_forces(shifted, law, 0.8, 0.0, drop=0.2, eta=1e-7)
    assert change[2] == pytest.approx([0, 0, exact.force(0.8, 0.2) - exact.force()], abs=1e-6)
    # The outer atoms lack their neighbours in the leads.
    assert np.isnan(zero[[0, -1]]).all() and np.isfinite(zero[1:-1]).all()


def test_total_force_of_a_chain():
    """Eq. (13): (2/pi) eV k_F (1 - T) at small bias with k_F = pi/2a, and none for the perfect chain."""
    law = Exponential(A, hopping=T)
    spoiled = tight_binding.junction(chain_of_atoms(0.15), law)
    voltage, passed = 0.05, spoiled.transmission(0.0)
    assert 0.8 < passed < 0.95
    window = recoil.chemical_potentials(0.0, voltage)
    expected = 2 / np.pi * voltage * np.pi / (2 * A) * (1 - passed)
    assert recoil.total_force(spoiled, window, A) == pytest.approx(expected, rel=1e-3)
    perfect = tight_binding.junction(chain_of_atoms(0.0), law)
    assert recoil.total_force(perfect, window, A) == pytest.approx(0, abs=1e-5 * voltage)
    with pytest.raises(TransportError, match="spacing"):
        recoil.total_force(perfect, window, 0.0)


@pytest.fixture(scope="module")
def rod():
    """Kharlanov's 9-4-9-4-9 Cu filament at 1 V: contact, law, level, forces."""
    crystal = Fcc(geometry.LATTICE_CONSTANTS["Cu"], "100", 5)
    law = Exponential(crystal.neighbour_distance)
    contact, level = neck(crystal, (9, 4, 9, 4, 9)), tight_binding.fermi_level(law, crystal.lattice_constant)
    return contact, law, level, recoil.recoil_forces(contact, law, 1.0, level, points=12)


def test_forces_on_a_filament(rod):
    """Fig. 2(a): tenths of eV/A, all along the filament, towards the side with the excess of electrons."""
    contact, law, level, forces = rod
    inner = np.isfinite(forces).all(axis=1)
    assert inner.sum() == 35
    total = forces[inner].sum(axis=0)
    assert total[:2] == pytest.approx([0, 0], abs=1e-9) and total[2] > 1
    assert 0.1 < np.abs(forces[inner]).max() < 0.5
    assert (forces[inner, 2] > 0).mean() > 0.8
    # Inversion of the symmetric filament turns the bias and the forces round.
    back = recoil.recoil_forces(contact, law, -1.0, level, points=12)
    assert back[inner].sum(axis=0) == pytest.approx(-total, abs=1e-6)


def test_bonds_of_a_symmetric_filament_balance(rod):
    contact, law, level, forces = rod
    bonds = recoil.bond_forces(contact, law, level)
    inner = np.isfinite(forces).all(axis=1)
    assert bonds[inner].sum(axis=0) == pytest.approx([0, 0, 0], abs=1e-8)
    assert np.abs(bonds[inner]).max() > 1


def test_channels_of_the_filament(rod):
    contact, law, level, _ = rod
    junction = tight_binding.junction(contact, law)
    assert modes.channel_sums(junction, level) == pytest.approx(junction.transmission(level), abs=1e-5)
    assert junction.transmission(level) < modes.open_channels(junction.right.lead, level)


def test_lateral_k_points_give_the_forces_of_the_larger_cell():
    """An adatom layer over every site: one atom a cell at 2 k-points is two atoms a cell at k = 0."""
    law = Exponential(A, hopping=T)
    step = np.array([0, 0, A])
    row = A * np.array([[1.0, 0, 0], [0, 9.0, 0]])

    def contact(cells):
        layer = np.arange(cells)[:, None] * row[0]
        heights = np.array([0, 1, 2.1, 3, 4])[:, None, None] * step
        return geometry.AtomicContact(
            (layer + heights).reshape(-1, 3),
            LeadAtoms(layer - step, -step),
            LeadAtoms(layer + 5 * step, step),
            row * [[cells], [1]],
        )

    k, weights = np.array([[0.0, 0.0], [0.5, 0.0]]), [0.5, 0.5]
    one = recoil.recoil_forces(contact(1), law, 0.5, 0.3, k=k, weights=weights)
    two = recoil.recoil_forces(contact(2), law, 0.5, 0.3)
    assert one[2] == pytest.approx(two[4], abs=1e-8) and abs(one[2, 2]) > 1e-3
    zero, double = (
        recoil.bond_forces(contact(n), law, 0.3, **kw) for n, kw in ((1, dict(k=k, weights=weights)), (2, {}))
    )
    assert zero[1:4, 2] == pytest.approx(double[2:8:2, 2], abs=1e-8)


# --- the force of the Hamiltonian ------------------------------------------------------------------------------------


def shaken(seed=1):
    """A small contact with all atoms but those next to the leads off their places, and those that may move."""
    crystal = Fcc(geometry.LATTICE_CONSTANTS["Cu"], "100", 3)
    contact = neck(crystal, (4, 1, 4), ends=2)
    law = Exponential(crystal.neighbour_distance, zeta=1.1)
    inner = np.ones(len(contact.positions), bool)
    for lead in (contact.left, contact.right):
        inner &= ~np.any(tight_binding.hopping_matrix(law, contact.positions, lead.positions, contact.cell), axis=1)
    contact.positions[inner] += np.random.default_rng(seed).normal(0, 0.06, (inner.sum(), 3))
    return contact, law, np.nonzero(inner)[0]


def grand_potential(contact, law, level, k, reference):
    """2 x the integral over E of (E - E_F) D(E), in eV, less that of a reference; from ln det of the device's inverse.

    Along the half circle of density.equilibrium_density: Omega = (2/pi) Im of the integral of ln det(E - H - Sigma).
    """
    junction = tight_binding.junction(contact, law, k)
    x, weight = np.polynomial.legendre.leggauss(60)
    bottom = level - 60.0
    radius = 0.5 * (level - bottom)
    turn = np.exp(0.5j * np.pi * (1 - x))
    z = bottom + radius + radius * turn
    dz = weight * -0.5j * np.pi * radius * turn
    total = 0.0
    for at, step, known in zip(z, dz, reference, strict=True):
        inverse = junction.inverse_green_function(at[None])[0][0]
        total += step * np.log(np.linalg.det(np.linalg.solve(known, inverse)))
    return 2 / np.pi * total.imag


@pytest.mark.slow
@pytest.mark.parametrize("k", [(0.0, 0.0), (0.3, 0.1)])
def test_the_hellmann_feynman_force_is_the_slope_of_the_energy(k):
    """Of the open contact at 0 V: the derivative of its grand potential, at Gamma and at a k-point, for any atom."""
    contact, law, inner = shaken()
    level = -0.3
    forces = recoil.bond_forces(contact, law, level, k=(k,), points=120, kind=recoil.HELLMANN_FEYNMAN)
    junction = tight_binding.junction(contact, law, k)
    x, _ = np.polynomial.legendre.leggauss(60)
    z = level - 30.0 + 30.0 * np.exp(0.5j * np.pi * (1 - x))
    reference = [junction.inverse_green_function(at[None])[0][0] for at in z]
    step = 1e-4
    for atom in inner[[0, len(inner) // 2]]:
        for axis in range(3):
            ends = []
            for sign in (1, -1):
                moved = shaken()[0]
                moved.positions[atom, axis] += sign * step
                ends.append(grand_potential(moved, law, level, k, reference))
            slope = (ends[0] - ends[1]) / (2 * step)
            assert forces[atom, axis] == pytest.approx(-slope, abs=2e-5 + 1e-5 * abs(slope))


@pytest.mark.parametrize("ended", [False, True])
def test_the_hellmann_feynman_force_of_a_closed_shell(ended):
    """Of atoms without leads, all states filled to a gap: minus the derivative of twice the sum of their energies."""
    law = tight_binding.Harrison(2.5)
    law = Smooth(law) if ended else law
    positions = np.array([[0.0, 0, 0], [0, 0, 2.4], [1.9, 0, 1.2], [0, 2.6, 0.9], [0, 2.5, 3.25]])
    far = LeadAtoms(np.array([[50.0, 0, 0]]), np.array([0, 0, 1.0]))
    contact = geometry.AtomicContact(positions, far, far)

    def energy(places):
        return 2 * np.linalg.eigvalsh(tight_binding.hopping_matrix(law, places, places))[:2].sum()

    states = np.linalg.eigh(tight_binding.hopping_matrix(law, positions, positions))[1][:, :2]
    forces = recoil.atom_forces(contact, law, states @ states.T, kind=recoil.HELLMANN_FEYNMAN)
    for atom in range(len(positions)):
        for axis in range(3):
            step = np.zeros((5, 3))
            step[atom, axis] = 1e-5
            slope = (energy(positions + step) - energy(positions - step)) / 2e-5
            assert forces[atom, axis] == pytest.approx(-slope, abs=1e-7)
    assert forces.sum(axis=0) == pytest.approx([0, 0, 0], abs=1e-12)  # inner forces


def test_kharlanov_s_force_has_the_levels_besides(rod):
    """With hoppings that fall as exp(-zeta r) the rest is Hellmann and Feynman's; the sums are of opposite sign."""
    contact, law, level, forces = rod
    mu = recoil.chemical_potentials(level, 1.0)
    rho = density.bias_density(tight_binding.junction(contact, law), level, *mu, points=12)
    levels = recoil.atom_forces(contact, law, np.diag(np.diagonal(rho)))
    bonds = recoil.recoil_forces(contact, law, 1.0, level, points=12, kind=recoil.HELLMANN_FEYNMAN)
    assert forces == pytest.approx(levels + bonds, abs=1e-12, nan_ok=True)
    assert np.nansum(forces[:, 2]) > 2 and -1 < np.nansum(bonds[:, 2]) < -0.1


@pytest.mark.slow
def test_kinds_of_forces_are_known(rod):
    contact, law, level, _ = rod
    with pytest.raises(TransportError, match="choose one of kharlanov, hellmann-feynman"):
        recoil.recoil_forces(contact, law, 1.0, level, kind="pulay")
    with pytest.raises(TransportError, match="takes the slope of the law itself"):
        recoil.recoil_forces(contact, law, 1.0, level, zeta=0.4, points=1, kind=recoil.HELLMANN_FEYNMAN)
