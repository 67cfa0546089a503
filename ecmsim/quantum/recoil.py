"""Forces of a quantum current on the atoms of a filament, in tight binding (Kharlanov's Eqs. (4), (10), (13)).

Two kinds of forces on atoms. KHARLANOV: Eq. (4), with the estimates f_jj = f_ij = -zeta n_ij t_ij of the coefficients
f_jj = -grad t_jj and f_ij = -grad t_ij of Eq. (3): an atom's level t_jj falls where another comes near, by as much as
their hopping. HELLMANN_FEYNMAN: -<dH/dR> of the Hamiltonian that is computed here, whose levels are all alike wherever
atoms are, so that f_jj = 0 and f_ij is the slope of the law of hopping; with hoppings that fall as exp(-zeta r) it is
the bonds' part of Kharlanov's. At 0 V it is the derivative of the electrons' energy; Kharlanov's is of no energy of
this Hamiltonian. The levels' part decides: the forces on the 135 atoms of a copper filament of 9-4-9-4-9 atoms and its
electrodes at 1 V add up to +2.20 eV/angstrom by KHARLANOV, +2.54 of the levels and -0.35 of the bonds, and to -0.70 by
HELLMANN_FEYNMAN (Harrison's hopping, quantum.atoms): of opposite sign. Neither is wrong by itself: which one a metal
follows depends on how its levels move with its atoms, which one orbital per atom does not tell.
"""

import numpy as np

from ecmsim.errors import TransportError
from ecmsim.quantum.density import bias_density, equilibrium_density
from ecmsim.quantum.geometry import AtomicContact
from ecmsim.quantum.modes import channel_sums, outgoing
from ecmsim.quantum.tight_binding import hopping_directions, hopping_matrix, hopping_slopes, junction

KHARLANOV, HELLMANN_FEYNMAN = "kharlanov", "hellmann-feynman"
KINDS = (KHARLANOV, HELLMANN_FEYNMAN)
GAMMA = ((0.0, 0.0),)


def chemical_potentials(fermi_level, voltage, drop=0.5):
    """mu_L = E_F - (1 - beta) eV and mu_R = E_F + beta eV, after Eq. (10); beta is called drop. In eV.

    So V > 0 fills the right lead higher and electrons come from there. The text on Fig. 2 calls that side the anode
    and still has the forces point at the side with more electrons; so do those here: towards the right.
    """
    return fermi_level - (1 - drop) * voltage, fermi_level + drop * voltage


def recoil_forces(
    contact: AtomicContact,
    law,
    voltage,
    fermi_level,
    drop=0.5,
    zeta=None,
    k=GAMMA,
    weights=(1.0,),
    eta=1e-6,
    points=40,
    kind=KHARLANOV,
):
    """The renormalised forces F(V) - F(0) of Eq. (10) on the device's atoms, (n, 3) in eV/angstrom.

    law: hopping of tight_binding; voltage in V, see chemical_potentials(); fermi_level in eV; zeta in 1/angstrom, by
    default 1/distance of law, for KHARLANOV alone; k, weights: lateral k-points; kind: of KINDS, see above. Atoms next
    to a lead, part of whose neighbours is not in the device, get NaN. The states above and below E_F alone count, so
    that this is added to any force field.
    """
    mu = chemical_potentials(fermi_level, voltage, drop)
    return _mean_forces(
        contact, law, zeta, k, weights, eta, kind, lambda device: bias_density(device, fermi_level, *mu, points=points)
    )


def bond_forces(
    contact: AtomicContact,
    law,
    fermi_level,
    zeta=None,
    k=GAMMA,
    weights=(1.0,),
    eta=1e-6,
    points=60,
    kind=KHARLANOV,
):
    """F(0) of Eq. (10), which a force field already contains: arguments and result as recoil_forces."""
    # Gershgorin: no band is below the sum of hoppings of an atom with all twelve neighbours, nor of a denser one.
    dense = np.abs(hopping_matrix(law, contact.positions, contact.positions, contact.cell)).sum(axis=1).max()
    bottom = -2 * max(dense, 12 * abs(law(law.distance)))
    return _mean_forces(
        contact,
        law,
        zeta,
        k,
        weights,
        eta,
        kind,
        lambda device: equilibrium_density(device, fermi_level, bottom, points),
    )


def atom_forces(contact: AtomicContact, law, density, k=(0.0, 0.0), zeta=None, kind=KHARLANOV):
    """Forces of one KINDS on the device's atoms, (n, 3) in eV/angstrom; NaN for those next to a lead.

    density (n, n): rho_kj = <c_j^+ c_k> per spin, from density.py, at the lateral k-point. Raises TransportError for
    another kind, and for a zeta that the kind has no use for.
    """
    if kind not in KINDS:
        raise TransportError(f"kind = {kind!r}: choose one of {', '.join(KINDS)}")
    if kind == HELLMANN_FEYNMAN and zeta is not None:
        raise TransportError(f"zeta = {zeta:g} 1/angstrom: {HELLMANN_FEYNMAN} takes the slope of the law itself")
    forces = (
        _hellmann_feynman(contact, law, density, k)
        if kind == HELLMANN_FEYNMAN
        else _kharlanov(contact, law, density, k, zeta)
    )
    for lead in (contact.left, contact.right):
        cut = np.any(hopping_matrix(law, contact.positions, lead.positions, contact.cell), axis=1)
        forces[cut] = np.nan
    return forces


def _hellmann_feynman(contact, law, density, k):
    """F_i = -2 Tr(rho dH/dR_i) = 4 Re sum_j t'_ij n_ij rho_ji: the spin's factor 2, and both halves of each bond."""
    slopes = hopping_slopes(law, contact.positions, contact.positions, contact.cell, k)
    return 4 * np.einsum("ijx,ji->ix", slopes, density).real


def _kharlanov(contact, law, density, k, zeta):
    """Eq. (4): F_i = -2 zeta sum_j n_ij t_ij (rho_jj + 2 Re rho_ij), (n, 3) in eV/angstrom.

    The factor 2 is the spin. It is Eq. (10) with the estimates of Eq. (3)'s coefficients, f_jj = f_ij = -zeta n_ij
    t_ij, which stand for the shape of the atoms' potential; they are no derivatives of t_ij.
    """
    zeta = 1 / law.distance if zeta is None else zeta
    at_gamma = hopping_directions(law, contact.positions, contact.positions, contact.cell)
    directed = hopping_directions(law, contact.positions, contact.positions, contact.cell, k)
    occupied = np.einsum("ijx,j->ix", at_gamma, np.diagonal(density).real)
    bonds = 2 * np.einsum("ijx,ji->ix", directed, density).real
    return -2 * zeta * (occupied + bonds)


def total_force(device, energies_between, spacing, points=40):
    """Eq. (13): F_z = (2/pi) integral from mu_L to mu_R of sum_n (1 - T_n) k_n dE, in eV/angstrom.

    device: Junction with leads.Contact; energies_between: (mu_L, mu_R) in eV; spacing: of the lead's layers along z in
    angstrom. k_n is the Bloch wave number in the zone of a layer, for modes that run to the right: the force on the
    whole contact by the momentum of the reflected electrons, 0 where all channels are open. Eq. (13) has electrons
    that come from the right; by time reversal they pass as those from the left do that leave by the same mode.
    """
    if not spacing > 0:
        raise TransportError(f"the spacing of the lead's layers is {spacing} angstrom: it must be positive")
    low, high = energies_between
    x, weight = np.polynomial.legendre.leggauss(points)
    total = 0.0
    for energy, share in zip(low + (high - low) * (x + 1) / 2, weight * (high - low) / 2, strict=True):
        modes = outgoing(device.right.lead, energy + 1j * device.eta)
        sent = modes.phases[modes.open].sum()
        passed = channel_sums(device, energy, lambda m: np.where(m.open, m.phases, 0))
        total += share * (sent - passed)
    return 2 / np.pi * total / spacing


def _mean_forces(contact, law, zeta, k, weights, eta, kind, density_of):
    total = 0.0
    for point, weight in zip(k, weights, strict=True):
        density = density_of(junction(contact, law, point, eta))
        total = total + weight * atom_forces(contact, law, density, point, zeta, kind)
    return total
