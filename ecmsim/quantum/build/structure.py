"""From a point of the plan to the atoms of its device and leads."""

from dataclasses import dataclass, replace

import numpy as np

from ecmsim.errors import TransportError
from ecmsim.quantum.build.plan import Point
from ecmsim.quantum.geometry import AtomicContact, Fcc, LeadAtoms, neck, planes, straight_chain, tips
from ecmsim.quantum.sharvin import equivalent_radius


@dataclass(frozen=True)
class Structure:
    """A contact with what electronic structure codes need beside it; lengths in angstrom.

    contact: with the principal layers of both leads at its ends; ghosts (g, 3): places of orbitals without atoms;
    layer: atoms in an atomic layer of the leads, principal: in a principal layer; radius: of the circle with the area
    of the atoms in the narrowest layer, in nm.
    """

    contact: AtomicContact
    ghosts: np.ndarray
    layer: int
    principal: int
    radius: float

    @property
    def cell(self):
        """Three vectors (3, 3) of the device's periodic cell."""
        return np.vstack([self.contact.cell, self.contact.period])

    @property
    def lead_cell(self):
        """Three vectors (3, 3) of the cell of a principal layer."""
        return np.vstack([self.contact.cell, self.contact.right.repeat])

    @property
    def order(self):
        """Positions (n + g, 3) with the ghosts in the middle, and which of them (n + g,) are ghosts."""
        atoms, half = self.contact.positions, len(self.contact.positions) // 2
        positions = np.vstack([atoms[:half], self.ghosts, atoms[half:]])
        ghost = np.zeros(len(positions), dtype=bool)
        ghost[half : half + len(self.ghosts)] = True
        return positions, ghost


def structure(point: Point) -> Structure:
    """Build the atoms of a point. Raises TransportError where there is no such contact."""
    s = point.settings
    if point.form == "chain":
        return _chain(point)
    crystal = Fcc(s.lattice_constant, s.face, s.size)
    how = {"thickness": s.thickness, "spare": s.spare}
    ghosts = np.empty((0, 3))
    if point.form == "neck":
        contact = _raised(neck(crystal, point.counts, **how), point)
    elif point.form == "planes":
        contact = planes(crystal, point.separation, **how)
        ghosts = _between_planes(contact, point)
    else:
        contact = tips(crystal, point.counts, point.separation, **how)
        ghosts = _between_tips(contact, point)
    radius = float(equivalent_radius(point.atoms, crystal.area_per_atom / 100))
    return Structure(contact, ghosts, s.size**2, s.thickness * s.size**2, radius)


def layers(point: Point):
    """Indices of the atoms in each layer of a neck, lists by layer; without those of the leads and whole layers."""
    ends = np.cumsum([(point.settings.thickness + point.settings.spare) * point.settings.size**2, *point.counts])
    return [list(range(*pair)) for pair in zip(ends[:-1], ends[1:], strict=True)]


def _raised(contact, point):
    """The contact with the layers of its neck moved along the axis."""
    positions = contact.positions.copy()
    for atoms, height in zip(layers(point), point.raised or [0.0] * len(point.counts), strict=True):
        positions[atoms, 2] += height
    return replace(contact, positions=positions)


def _between_tips(contact, point):
    """Places (g, 3) of the ghost atoms: on the line between the middles of the facing layers, equally spaced."""
    half, facing = len(contact.positions) // 2, point.counts[-1]
    below, above = (contact.positions[half - facing : half].mean(0), contact.positions[half : half + facing].mean(0))
    shares = np.arange(1, point.ghosts + 1)[:, None] / (point.ghosts + 1)
    return below + shares * (above - below)


def _between_planes(contact, point):
    """Places (g, 3) of layers of ghost atoms: on the lines from an atom of one face to one of the other's."""
    half, layer = len(contact.positions) // 2, point.settings.size**2
    below, above = contact.positions[half - layer : half], contact.positions[half : half + layer]
    shares = np.arange(1, point.ghosts + 1)[:, None, None] / (point.ghosts + 1)
    return (below + shares * (above - below)).reshape(-1, 3)


def _chain(point):
    s = point.settings
    if point.chain < 3 * s.thickness:
        raise TransportError(
            f"point {point.name}: a chain of {point.chain} atoms is too short for two leads with principal layers of "
            f"{s.thickness}: use {3 * s.thickness} or more"
        )
    line = straight_chain(point.chain, point.spacing).positions
    period = np.array([0.0, 0.0, s.thickness * point.spacing])
    layer, above = line[: s.thickness], np.array([0.0, 0.0, point.chain * point.spacing])
    cell = s.box * np.eye(3)[:2]
    contact = AtomicContact(line, LeadAtoms(layer - period, -period), LeadAtoms(layer + above, period), cell)
    return Structure(contact, np.empty((0, 3)), 1, s.thickness, point.spacing / 20)
