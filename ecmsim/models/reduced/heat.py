"""Heat of the reduced model: a network of the filament's slices and one node for each electrode's contact.

    ambient --R_CE-- foot -- slice -- ... -- tip              filament, kappa(T) pi r^2/dz between slices
    ambient --R_AE-- spot                                     active electrode above the gap
    ring of the filament's surface --G_up-- active electrode  through the layer,
    ring of the filament's surface --G_down-- counter electrode   for each ring

R_CE and R_AE are constrictions in electrodes of finite size (spreading.py), their conductivity taken half-way between
contact and ambient. Between a ring of surface and a flat electrode at the distance d, at the angle theta to it, the
heat flows along circular arcs,

    q = kappa dT sin(theta)/(theta d),

exact for the wedge between two isothermal planes: dT/d for parallel ones (the gap), 2 dT/(pi d) for a wall that
stands on the electrode. An arc ends beside the contact, at the radius r + d sin(theta), where the electrode is warmer
than ambient by the share h = (2/pi) arcsin(a/r) of its contact's rise.

A thermal boundary resistance between metal and layer stands in series with each arc, at both ends.

Where bodies float, each is a node of its own, of one temperature. Arcs from its underside to metal below end there,
straight down; so nothing has to reach up from that metal. Its other arcs go to the electrodes.

Sources: V_Tu J_Tu of each column, divided by gamma, Eq. (10), between the filament at its height and the spot; I^2 R
of the slices, and half of that of each electrode's constriction (its other half is made where the temperature has
fallen, and leaves without effect on the contact).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg.lapack import dposv

from ecmsim.compiled import loops
from ecmsim.compiled.loops import in_c
from ecmsim.constants import METRES_PER_NM, SQUARE_METRES_PER_NM2
from ecmsim.models.reduced.profile import SHARES
from ecmsim.models.reduced.spreading import halo

LEAST = 1e-3  # nm: shortest arc
TINY = 1e-12  # nm2: of a ring


@dataclass(frozen=True)
class Sources:
    """Heat in W: filament (k + 1,) at the heights of its profile, and of floating bodies after them, active (at the
    spot), counter (at the foot); lost: made in the electrodes where it warms no contact."""

    filament: np.ndarray
    active: float = 0.0
    counter: float = 0.0
    lost: float = 0.0

    @property
    def total(self):
        return float(self.filament.sum()) + self.active + self.counter + self.lost


@dataclass(frozen=True)
class Temperatures:
    """Rises over ambient in K: filament (k + 1,) at the heights of its profile, and of floating bodies after them,
    active: of the spot."""

    filament: np.ndarray
    active: float

    @property
    def largest(self):
        return float(max(self.filament.max(), self.active))

    def plus(self, share, before):
        """Continued by a share of the change from those before, none below ambient."""
        filament = np.maximum(self.filament + share * (self.filament - before.filament), 0.0)
        return Temperatures(filament, max(self.active + share * (self.active - before.active), 0.0))

    def of_bodies(self, count):
        """The same for another number of bodies; those that float are as warm as the highest of the heights."""
        floating = count - 1 - (len(self.filament) - len(SHARES))
        if not floating:
            return self
        own = self.filament[: len(SHARES)]
        return Temperatures(np.append(own, np.full(count - 1, own[-1])), self.active)

    def change(self, other):
        """Largest difference to others, K."""
        return float(max(np.abs(self.filament - other.filament).max(), abs(self.active - other.active)))


@dataclass(frozen=True)
class Contact:
    """An electrode around its contact: radius a of the contact (nm), kappa R_s of the electrode (1/nm), kappa(T)."""

    radius: float
    spreading: float
    thermal: object


@dataclass(frozen=True)
class _Arcs:
    """Arcs of both electrodes in turn. length: area over length; pull and ends: difference and sum of the rises at both
    ends, from those of the nodes; aside: what ends beside the contact."""

    length: np.ndarray
    pull: np.ndarray
    ends: np.ndarray
    aside: np.ndarray


@dataclass(frozen=True)
class HeatNetwork:
    """profile: of the filament; shares (n, k + 1): of its heights at the outline's points; up, down (n,): areas over
    lengths to both electrodes, nm; radius_up, radius_down (n,): where the arcs end, nm; active, counter: Contacts;
    filament, layer: kappa(T) in W/m/K; ambient in K; ratio (k,): of each slice's kappa to the metal's, by its size;
    boundary: resistance between metal and layer, m2K/W, and areas (n,): of the rings, nm2, where there is one.
    Of several bodies the nodes and columns of shares are more (K): those of the bodies that float, from the topmost on;
    ends (n, k + 1 + K): of the rings' arcs to metal below them, zero for those that end at the counter electrode."""

    profile: object
    shares: np.ndarray
    up: np.ndarray
    down: np.ndarray
    radius_up: np.ndarray
    radius_down: np.ndarray
    active: Contact
    counter: Contact
    filament: object
    layer: object
    ambient: float
    ratio: np.ndarray | float = 1.0
    boundary: float = 0.0
    areas: np.ndarray | None = None
    ends: np.ndarray | None = None

    def solve(self, guess: Temperatures, sources: Sources):
        """Temperatures with the conductivities of a guess, and the heat that leaves the cell with them (W)."""
        n, slices = self.shares.shape[1], len(self.profile.heights)
        arcs = self._arcs
        warm = self.ambient + guess.filament[:slices]
        middle = 0.5 * (warm[1:] + warm[:-1])
        along = METRES_PER_NM * self.ratio * self.filament(middle) * self.profile.section / self.profile.lengths
        # The layer: from rings of the filament to both electrodes.
        ends = self.ambient + 0.5 * (arcs.ends @ np.concatenate([guess.filament, [guess.active]]))
        conductance = METRES_PER_NM * arcs.length * self.layer(ends)
        if self.boundary:  # at both ends of each arc, over the area of its ring
            area = SQUARE_METRES_PER_NM2 * np.maximum(np.concatenate([self.areas, self.areas]), TINY)
            conductance = conductance / (1 + conductance * 2 * self.boundary / area)
        matrix = gathered(arcs.pull, conductance)
        diagonal, above = matrix.reshape(-1)[:: n + 2], matrix.reshape(-1)[1 :: n + 2]
        diagonal[: slices - 1] += along
        diagonal[1:slices] += along
        above[: slices - 1] -= along
        exits = np.zeros(n + 1)
        exits[0] = self._exit(self.counter, guess.filament[0])
        exits[n] = self._exit(self.active, guess.active)
        diagonal += exits
        right = np.concatenate([sources.filament, [sources.active]])
        right[0] += sources.counter
        # Which goes by columns, takes a half of the matrix, and leaves neither as it was.
        _, rise, failed = dposv(matrix.T, right, lower=1, overwrite_a=True, overwrite_b=True)
        if failed:
            rise = np.full_like(right, np.nan)
        # What the arcs lose beside the contacts leaves as well.
        aside = float((conductance * arcs.aside * (arcs.pull @ rise)).sum())
        leaving = float((exits * rise).sum()) + aside + sources.lost
        return Temperatures(rise[:n], float(rise[n])), leaving

    @cached_property
    def _arcs(self):
        n, rings = self.shares.shape[1], len(self.up)
        near = np.concatenate([halo(self.active.radius, self.radius_up), halo(self.counter.radius, self.radius_down)])
        from_rings, to_electrodes = np.zeros((2 * rings, n + 1)), np.zeros((2 * rings, n + 1))
        from_rings[:rings, :n] = from_rings[rings:, :n] = self.shares
        to_electrodes[:rings, n], to_electrodes[rings:, 0] = near[:rings], near[rings:]
        if self.ends is not None:
            met = np.append(np.zeros(rings, dtype=bool), self.ends.any(axis=1))
            to_electrodes[met], near[met] = 0.0, 1.0
            to_electrodes[rings:, :n] += self.ends
        length = np.concatenate([self.up, self.down])
        return _Arcs(length, from_rings - to_electrodes, from_rings + to_electrodes, 1 - near)

    def _exit(self, contact, rise):
        """Conductance from a contact to ambient, W/K."""
        return METRES_PER_NM * contact.thermal(self.ambient + 0.5 * rise) / contact.spreading


@in_c(loops.gathered)
def gathered(rows, weight):
    """Sum of the outer products of rows (m, n) with themselves, each by its weight (m,): (n, n)."""
    return rows.T @ (weight[:, None] * rows)


def wedges(filament, surface, areas):
    """Areas over lengths from the outline's points to the active and to the counter electrode, and the radii where the
    arcs end: four arrays (n,), nm.

    areas (n,): of the surface around the points, nm2; surface: the active electrode's polyline.
    """
    r, z = filament.points.T
    angle = np.arccos(np.clip(filament.normals()[:, 1], -1.0, 1.0))  # to the active electrode; pi less it to the other
    sine = np.sin(np.clip(angle, 1e-6, np.pi - 1e-6))
    above, below = np.maximum(np.interp(r, *surface.T) - z, LEAST), np.maximum(z, LEAST)
    up = areas * sine / (np.maximum(angle, 1e-6) * above)
    down = areas * sine / (np.maximum(np.pi - angle, 1e-6) * below)
    return up, down, r + above * sine, r + below * sine


def to_bodies(filament, areas, up, down, shares):
    """Areas over lengths (n,) as `wedges` gives them, of several bodies, nm: without what goes up to another body, down
    to the next one where there is any, and where that ends, (n, k + 1 + K).

    shares: gives rows (m, k + 1) of the rooted body's nodes for heights (m,).
    """
    r, z = filament.points.T
    bodies, count = filament.bodies, len(filament.bodies) - 1
    angle = np.pi - np.arccos(np.clip(filament.normals()[:, 1], -1.0, 1.0))
    sine = np.sin(np.clip(angle, 1e-6, np.pi - 1e-6))
    slices = shares(np.zeros(1)).shape[1]
    up, down, ends = up.copy(), down.copy(), np.zeros((len(r), slices + count))
    for number, part in enumerate(filament.parts):
        widest = max((body.radius_max for body in bodies[:number]), default=0.0)
        up[part][(r[part] < widest) & (angle[part] > 0.5 * np.pi)] = 0.0
        free = angle[part] < 0.5 * np.pi  # what looks down
        for other in range(number + 1, count + 1):
            its = np.flatnonzero(free & (r[part] < bodies[other].radius_max)) + part.start
            free[its - part.start] = False
            top = bodies[other].top_height(r[its])
            distance = np.maximum(z[its] - top, LEAST)
            down[its] = areas[its] * sine[its] / (np.clip(angle[its], 1e-6, np.pi) * distance)
            if other == count:
                ends[its, :slices] = shares(top)
            else:
                ends[its, slices + other] = 1.0
    return up, down, ends
