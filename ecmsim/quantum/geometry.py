"""Atomic contacts between fcc crystals: necks, facing tips and chains, with the leads that go on from them."""

from dataclasses import dataclass

import numpy as np

from ecmsim.errors import TransportError

# Cubic lattice constants at room temperature in angstrom (CRC Handbook of Chemistry and Physics, section 12).
LATTICE_CONSTANTS = {"Ag": 4.0862, "Cu": 3.6149, "Au": 4.0782}


@dataclass(frozen=True)
class LeadAtoms:
    """The first layer (m, 3) of a lead outside the device, and the vector (3,) to the next layer away from it."""

    positions: np.ndarray
    repeat: np.ndarray


@dataclass(frozen=True)
class AtomicContact:
    """Atoms of a device (n, 3) along z, its two leads, and the lateral cell (2, 3), or None for a free wire.

    All in angstrom. The device contains the first layers of the crystals, so that the leads beyond are ideal.
    """

    positions: np.ndarray
    left: LeadAtoms
    right: LeadAtoms
    cell: np.ndarray | None = None

    @property
    def period(self):
        """Third vector (3,) of the cell in which the right lead goes over into the left one's first atoms."""
        return self.right.positions[0] - self.positions[0]


@dataclass(frozen=True)
class Fcc:
    """Layers of an fcc crystal parallel to a face.

    lattice_constant: cubic, in angstrom; face: "111" or "100"; size: atoms along each side of the lateral cell.
    Raises TransportError for another face or size.
    """

    lattice_constant: float
    face: str = "111"
    size: int = 3

    def __post_init__(self):
        if self.face not in ("111", "100"):
            raise TransportError(f"no crystal face {self.face!r}: choose '111' or '100'")
        if self.size < 1:
            raise TransportError(f"the lateral cell has {self.size} atoms along its side: it needs 1 or more")

    @property
    def neighbour_distance(self):
        """d = a/sqrt(2) in angstrom."""
        return self.lattice_constant / np.sqrt(2)

    @property
    def lateral(self):
        """Primitive vectors of a layer (2, 3)."""
        second = (0.5, np.sqrt(0.75), 0) if self.face == "111" else (0, 1, 0)
        return self.neighbour_distance * np.array([(1, 0, 0), second])

    @property
    def step(self):
        """Vector from a layer's atom to one of the next layer (3,)."""
        third, height = (1 / 3, 1 / np.sqrt(3)) if self.face == "111" else (1 / 2, 1 / 2)
        return third * self.lateral.sum(axis=0) + [0, 0, height * self.lattice_constant]

    @property
    def area_per_atom(self):
        """Area of a layer for each of its atoms, in square angstrom."""
        return float(np.linalg.norm(np.cross(*self.lateral)))

    def layer(self, index, axis):
        """All atoms of layer `index` in the lateral cell around the axis, (size^2, 3)."""
        return self._nearest(index, axis, self.size)

    def shift(self, layers):
        """The lattice vector (3,) that is nearest to the normal and leads `layers` layers up."""
        repeats = np.round(layers * self.step[:2] @ np.linalg.inv(self.lateral[:, :2]))
        return layers * self.step - repeats @ self.lateral

    def cluster(self, index, axis, count):
        """The `count` atoms of a layer nearest to the axis (x, y); None where that would cut a shell."""
        reach = 3 + int(np.ceil(np.sqrt(count)))
        atoms = self._nearest(index, axis, 2 * reach)
        distance = np.linalg.norm(atoms[:, :2] - axis, axis=1)
        order = np.argsort(distance, kind="stable")
        whole = distance[order[count]] - distance[order[count - 1]] > 0.01 * self.neighbour_distance
        return atoms[order[:count]] if whole else None

    def axes(self):
        """Candidates (k, 2) for the axis of a neck: through an atom or the middle of a bond of layer 0, 1 or 2."""
        atoms = np.array([0 * self.step, self.step, 2 * self.step])
        return np.vstack([atoms, atoms + self.lateral[0] / 2])[:, :2]

    def _nearest(self, index, axis, size):
        origin = index * self.step
        shift = np.linalg.solve(self.lateral[:, :2].T, np.asarray(axis) - origin[:2])
        first, second = (np.arange(size) + np.round(s - (size - 1) / 2) for s in shift)
        grid = np.stack(np.meshgrid(first, second, indexing="ij"), axis=-1).reshape(-1, 2)
        return origin + grid @ self.lateral


def neck(crystal: Fcc, counts, ends=1, thickness=1, spare=0) -> AtomicContact:
    """A neck cut out of a perfect crystal: layers of counts[0], counts[1], ... atoms around one axis.

    (3, 1, 3) on face 111 is a single atom between triangles, (9, 4, 9, 4, 9) on 100 a square rod. thickness: layers of
    atoms in a principal layer of the leads (1 for neighbours' hoppings; 3 on 111 and 2 on 100 repeat straight up);
    ends: principal layers of either lead in the device; spare: single whole layers between these and the neck, so that
    self-consistent potentials reach the crystal's within the device. All principal layers are translations of the
    first, atom by atom, so that one calculation of the crystal serves both leads.
    Raises TransportError where no axis makes all layers whole shells of atoms, or these overlap their images.
    """
    axis, clusters = _clusters(crystal, counts)
    left = _layers(crystal, axis, 1 - thickness - spare, thickness)
    right = left + crystal.shift(len(counts) + thickness + 2 * spare)
    middle = [
        _layers(crystal, axis, 1 - spare, spare),
        *clusters,
        _layers(crystal, axis, len(counts) + 1, spare),
    ]
    return _between(crystal, left, right, middle, ends, thickness)


def tips(crystal: Fcc, counts, separation, chain=0, ends=1, thickness=1, spare=0) -> AtomicContact:
    """Two facing tips, inversion images of each other, with `chain` single atoms on the axis between them.

    counts: atoms in the layers of a tip, from its lead on, such as (3, 1); separation: distance in angstrom between
    the facing layers, or between neighbours where there is a chain; the rest and errors as for neck().
    """
    axis, clusters = _clusters(crystal, counts)
    left = _layers(crystal, axis, 1 - thickness - spare, thickness)
    tip = [_layers(crystal, axis, 1 - spare, spare), *clusters]
    apex = np.array([*axis, clusters[-1][0, 2]])
    along = np.array([0.0, 0.0, separation])
    twice_centre = 2 * apex + (chain + 1) * along
    atoms = [(apex + (i + 1) * along)[None] for i in range(chain)]
    # The crystal is its own inversion image: some atom of the image's lowest layer is right above ours.
    shifts = twice_centre - left[-(crystal.size**2) :] - left[0]
    shift = shifts[np.argmin(np.linalg.norm(shifts[:, :2], axis=1))]
    image = [twice_centre - layer[::-1] for layer in tip[::-1]]
    return _between(crystal, left, left + shift, [*tip, *atoms, *image], ends, thickness)


def planes(crystal: Fcc, separation, ends=1, thickness=1, spare=0) -> AtomicContact:
    """A crystal pulled apart between two layers: faces `separation` angstrom apart, each over the other's hollows.

    The rest as for neck().
    """
    apart = np.array([0.0, 0.0, separation - crystal.step[2]])
    axis = crystal.axes()[0]
    left = _layers(crystal, axis, 1 - thickness - spare, thickness)
    right = left + crystal.shift(thickness + 2 * spare) + apart
    middle = [_layers(crystal, axis, 1 - spare, spare), _layers(crystal, axis, 1, spare) + apart]
    return _between(crystal, left, right, middle, ends, thickness)


def straight_chain(atoms, spacing) -> AtomicContact:
    """An infinite chain of single atoms, `atoms` of which are the device; spacing in angstrom."""
    along = np.array([0.0, 0.0, spacing])
    positions = np.arange(atoms)[:, None] * along
    return AtomicContact(positions, LeadAtoms(-along[None], -along), LeadAtoms(atoms * along[None], along))


def _layers(crystal, axis, first, number):
    """Whole layers first, first + 1, ... in the lateral cell, (number size^2, 3)."""
    return np.vstack([np.empty((0, 3)), *(crystal.layer(i, axis) for i in range(first, first + number))])


def _between(crystal, left, right, middle, ends, thickness):
    """The contact with `middle` between principal layers that start with left (going down) and right (going up)."""
    period = crystal.shift(thickness)
    below = [left - i * period for i in reversed(range(ends))]
    above = [right + i * period for i in range(ends)]
    return AtomicContact(
        np.vstack([*below, *middle, *above]),
        LeadAtoms(left - ends * period, -period),
        LeadAtoms(right + ends * period, period),
        crystal.size * crystal.lateral,
    )


def _clusters(crystal, counts):
    """The axis and the atoms of the layers 1, 2, ... of a neck."""
    for axis in crystal.axes():
        clusters = [crystal.cluster(i + 1, axis, count) for i, count in enumerate(counts)]
        if all(cluster is not None for cluster in clusters):
            for cluster in clusters:
                _require_room(crystal, cluster)
            return axis, clusters
    whole = [
        [n for n in range(1, 20) if crystal.cluster(layer, axis, n) is not None]
        for axis in crystal.axes()
        for layer in range(3 if crystal.face == "111" else 2)
    ]
    possible = " or ".join(sorted({", ".join(map(str, sizes)) for sizes in whole}))
    raise TransportError(
        f"layers of {tuple(counts)} atoms cannot lie around one axis of the {crystal.face} stack: a layer has "
        f"{possible} atoms, depending on its place on the axis"
    )


def _require_room(crystal, cluster):
    """Raise TransportError where an atom of a neck's layer falls on another one's image in a neighbouring cell."""
    places = cluster[:, :2] @ np.linalg.inv(crystal.size * crystal.lateral[:, :2])
    if len(np.unique(np.round(places - places[0] + 0.5, 6) % 1, axis=0)) < len(cluster):
        raise TransportError(
            f"{len(cluster)} atoms of a layer overlap their images in the lateral cell of {crystal.size} x "
            f"{crystal.size} atoms: use a larger size"
        )
