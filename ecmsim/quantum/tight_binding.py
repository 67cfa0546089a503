"""One s orbital per atom: hopping laws, Bloch Hamiltonians and junctions of atomic contacts.

Good for necks of metals with one conduction electron (Ag, Cu, Au) whose layers have several atoms, in seconds; not for
a single pointed atom, whose level the model does not lift to keep the atom neutral, nor away from half filling.
"""

from dataclasses import dataclass

import numpy as np
from scipy.constants import e, hbar, m_e

from ecmsim.errors import TransportError
from ecmsim.quantum.geometry import AtomicContact
from ecmsim.quantum.leads import Contact, Lead
from ecmsim.quantum.transport import Junction, mean_transmission

HARRISON_SS = -1.32  # eta_ss,sigma: W. A. Harrison, Phys. Rev. B 24, 5835 (1981); -1.40 in his book of 1980
NEIGHBOURS = 1.2  # times d: reaches the first shell of fcc (d), not the second (1.41 d)


@dataclass(frozen=True)
class Harrison:
    """t(r) = eta_ss hbar^2/(m r^2): W. A. Harrison, Electronic Structure (1980). distance: neighbours' in angstrom."""

    distance: float
    coefficient: float = HARRISON_SS

    @property
    def cutoff(self):
        """Distance in angstrom beyond which atoms do not couple."""
        return NEIGHBOURS * self.distance

    def __call__(self, r):
        return self.coefficient * hbar**2 / (m_e * e) * 1e20 / r**2

    def slope(self, r):
        """dt/dr in eV/angstrom."""
        return -2 * self(r) / r


@dataclass(frozen=True)
class Exponential:
    """t(r) = t exp(-zeta (r - d)): Kharlanov, section 4, with t the hopping (eV) at the distance d (angstrom).

    zeta in 1/angstrom, 1/d in the paper. As printed, t_ij = -1.8 eV exp(-zeta r), the neighbours' hopping would be
    -0.66 eV; the text calls it a fit to dimers, and Fig. 1 has -1.8 eV at a = 2.5 angstrom, so it is normalised here.
    Transmissions at half filling depend on neither.
    """

    distance: float
    hopping: float = -1.8
    zeta: float | None = None

    @property
    def cutoff(self):
        """Distance in angstrom beyond which atoms do not couple."""
        return NEIGHBOURS * self.distance

    @property
    def decay(self):
        """zeta in 1/angstrom."""
        return 1 / self.distance if self.zeta is None else self.zeta

    def __call__(self, r):
        return self.hopping * np.exp(-self.decay * (r - self.distance))

    def slope(self, r):
        """dt/dr in eV/angstrom."""
        return -self.decay * self(r)


def hopping_matrix(law, positions, others, cell=None, k=(0.0, 0.0)):
    """H_ij(k) = sum_R t(|r_j + R - r_i|) exp(2 pi i k.R) within law.cutoff, in eV; on-site energies are the zero.

    positions (n, 3), others (m, 3) in angstrom; cell (2, 3): the lateral one, or None; k in units of its reciprocal
    vectors. Result (n, m), real at k = 0.
    """
    return _image_sum(law, positions, others, cell, k, lambda vectors, r: law(r))


def hopping_directions(law, positions, others, cell=None, k=(0.0, 0.0)):
    """sum_R n_ij t_ij exp(2 pi i k.R), n_ij the unit vector from atom i to j: (n, m, 3) in eV, as hopping_matrix."""
    return _image_sum(law, positions, others, cell, k, lambda vectors, r: (vectors.T / r * law(r)).T)


def hopping_slopes(law, positions, others, cell=None, k=(0.0, 0.0)):
    """sum_R n_ij t'(r_ij) exp(2 pi i k.R), the gradient of H_ij by the place of atom j: (n, m, 3) in eV/angstrom."""
    return _image_sum(law, positions, others, cell, k, lambda vectors, r: (vectors.T / r * law.slope(r)).T)


def _image_sum(law, positions, others, cell, k, value):
    """Sum of value(vectors, distances) of all pairs within the cutoff over the lateral cells, with Bloch phases."""
    between = np.asarray(others)[None] - np.asarray(positions)[:, None]
    total = None
    for image in _images(between, cell, law.cutoff):
        vectors = between if cell is None else between + image @ cell
        r = np.linalg.norm(vectors, axis=-1)
        near = (r < law.cutoff) & (r > 1e-6)
        values = value(vectors[near], r[near])
        if total is None:
            total = np.zeros(near.shape + values.shape[1:], dtype=complex if np.any(k) else float)
        total[near] += values * np.exp(2j * np.pi * np.dot(k, image)) if np.any(k) else values
    return total


def junction(contact: AtomicContact, law, k=(0.0, 0.0), eta=1e-6) -> Junction:
    """The contact's device and leads in one orbital per atom, at a lateral k-point; eta in eV.

    Raises TransportError where atoms couple beyond neighbouring layers of a lead, or a lead beyond the device's edge.
    """
    h = hopping_matrix(law, contact.positions, contact.positions, contact.cell, k)
    sides = []
    for name, lead in (("left", contact.left), ("right", contact.right)):
        layer, following = lead.positions, lead.positions + lead.repeat
        for what, atoms, beyond in (
            ("the device couples to its second layer", contact.positions, following),
            ("its layers couple to their second neighbours", layer, layer + 2 * lead.repeat),
        ):
            if np.any(hopping_matrix(law, atoms, beyond, contact.cell)):
                raise TransportError(
                    f"{name} lead: {what} (hopping reaches {law.cutoff:.3g} angstrom); put more of the lead's layers "
                    "into the device, or several layers into one"
                )
        h00 = hopping_matrix(law, layer, layer, contact.cell, k)
        h01 = hopping_matrix(law, layer, following, contact.cell, k)
        coupling = hopping_matrix(law, contact.positions, layer, contact.cell, k)
        orbitals = np.nonzero(np.any(coupling, axis=1))[0]
        if not orbitals.size:
            raise TransportError(f"{name} lead: no atom of the device is within {law.cutoff:.3g} angstrom of it")
        sides.append(Contact(Lead(h00, h01), orbitals, coupling[orbitals]))
    return Junction(h, *sides, eta=eta)


def transmission(contact: AtomicContact, law, energy, k=((0.0, 0.0),), weights=(1.0,), eta=1e-6):
    """T(E) per lateral cell, averaged over k-points (see bloch.k_points); energy in eV from the orbital's level."""
    return mean_transmission((junction(contact, law, point, eta) for point in k), weights, energy)


def fermi_level(law, lattice_constant, filling=0.5, points=40):
    """Fermi level (eV, from the orbital's level) of the fcc crystal whose band is filled to the given fraction.

    points: along each side of the grid of k-points in the primitive cell.
    """
    primitive = lattice_constant / 2 * np.array([(0, 1, 1), (1, 0, 1), (1, 1, 0)])
    cells = np.stack(np.meshgrid(*[np.arange(-2, 3)] * 3), axis=-1).reshape(-1, 3)
    r = np.linalg.norm(cells @ primitive, axis=1)
    near = (r < law.cutoff) & (r > 0)
    # Unequal offsets keep symmetry from putting many points on the same energy.
    k = [(np.arange(points) + offset) / points for offset in (0.11, 0.37, 0.79)]
    grid = np.stack(np.meshgrid(*k), axis=-1).reshape(-1, 3)
    energies = np.cos(2 * np.pi * grid @ cells[near].T) @ law(r[near])
    return float(np.quantile(energies, filling))


def _images(between, cell, reach):
    """Lateral cells (k, 2) in which an atom within reach can lie."""
    if cell is None:
        return np.zeros((1, 2))
    plane = np.asarray(cell)[:, :2]
    # Rows of the inverse: distance between the cell's lines in either direction.
    heights = 1 / np.linalg.norm(np.linalg.inv(plane), axis=0)
    extent = np.abs(between[..., :2] @ np.linalg.inv(plane)).reshape(-1, 2).max(axis=0)
    bounds = np.ceil(extent + reach / heights).astype(int)
    ranges = [np.arange(-b, b + 1) for b in bounds]
    return np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, 2)
