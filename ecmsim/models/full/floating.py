"""Floating bodies of metal in the full model: bipolar electrodes, whose potentials are unknowns.

A floating body is a part of the region FILAMENT that touches no other metal. Its electronic potential is an unknown at
its nodes as everywhere, and no value is given; that its net current is none follows from the weak form. Two things are
left to round-off by that alone, and are done here.

    Metal conducts 1e17 times better than the reaction and the layer at its surface, so that the matrix does not know
    the body's potential as a whole (its row sums drown). Newton's correction is found with a body grounded at one node,
    and the shift of all of its nodes, by which that differs from the true one, from the condition
    that it stands for: the net current that leaves the body is zero. This current and its derivative are sums over the
    surface (FilamentReaction, TunnelCoupling), which know nothing of the metal's conductance.

    psi is the deviation of phi_e from a number for each body (`potentials`), as it is from the source voltage in the
    active electrode: what flows within the body is then as exact as in any other metal.

The condition, with the grounded matrix G = J + a e e^T and w = G^-1 a e: J du = -F for du = -G^-1 F + s w, where s
makes the net current of the body zero; the columns w are kept as long as the factors.
"""

import numpy as np

from ecmsim.constants import SQUARE_METRES_PER_NM2
from ecmsim.models.full.mesh.cell_mesh import CellMesh

GROUND = 0.01  # S: by which a body's node is grounded, of the order of what joins it to its neighbours
SMALL = np.array([1e-6, 1e-6, 1e-4])  # V, V, K: differences by which derivatives are taken
FURTHEST, ENOUGH, TRIES = 0.05, 1e-6, 100  # V, V, 1: of a guess


class FloatingBodies:
    """The floating bodies of a mesh. reference (k,): a node of each, where psi is zero when its potential is known."""

    def __init__(self, mesh: CellMesh, parts):
        self.count = len(parts) - 1
        self.numbers = mesh.floating
        widest = [part.start + int(np.argmax(mesh.filament_points[part, 0])) for part in parts[:-1]]
        self.reference = mesh.filament_nodes[widest]
        self._edges = [slice(part.start, part.stop - 1) for part in parts[:-1]]
        self._surface = mesh.filament_nodes

    def lift(self, potentials):
        """What phi_e is above psi at the nodes of the bodies, V, (nodes,); potentials (k,)."""
        return np.where(self.numbers >= 0, np.append(potentials, 0.0)[self.numbers], 0.0)

    def shifts(self, values, lift, reaction, couplings, correction, columns):
        """The shifts s (k,), V.

        values (nodes, 3) of psi, phi_i, rise and lift (nodes,), correction -G^-1 F and columns w (k of them), (nodes,
        3): as far as they are needed, at the surfaces; couplings: pairs of TunnelCoupling and CoupledColumns.
        """
        lifts = np.stack([lift, 0 * lift, 0 * lift], axis=1)
        raised = values + lifts

        def reacting(values):
            flow, _ = reaction.edge_flows(values[self._surface])
            return np.array([SQUARE_METRES_PER_NM2 * flow[edges].sum() for edges in self._edges])

        tunnelling, slopes = np.zeros(self.count), []
        for coupling, crossed in couplings:
            residual, _, derivative = coupling.evaluate(crossed, raised[crossed.nodes, 0], jacobian=True)
            tunnelling += self._summed(crossed.nodes, residual[..., 0])
            slopes.append((crossed.nodes, derivative[:, :, 0]))

        def slope(direction):
            """Change of the net currents. That of tunnelling is taken as it is written: two bodies may be joined by it
            1e10 times better than to anything else, so that differences would know nothing of both together."""
            found = np.zeros(self.count)
            for nodes, derivative in slopes:
                found += self._summed(nodes, np.einsum("ekl,el->ek", derivative, direction[nodes, 0]))
            size = (np.abs(direction).max(axis=0) / SMALL).max()
            if size > 0:
                ahead, behind = reacting(raised + direction / size), reacting(raised - direction / size)
                found += 0.5 * size * (ahead - behind)
            return found

        matrix = np.stack([slope(column) for column in columns], axis=1)
        try:
            return np.linalg.solve(matrix, -reacting(raised) - tunnelling - slope(correction))
        except np.linalg.LinAlgError:
            return np.full(self.count, np.nan)

    def guess(self, values, lift, reaction, couplings):
        """By how much the potentials have to change so that no net current leaves a body while nothing else changes, V,
        (k,).

        Where a body has just come to be, or its neighbour, its potential may be far from what it was, and from there
        Newton's method, which knows an exponential by its slope, would find its way in steps of kT/e.
        """
        columns = [np.stack([self.numbers == body, *2 * [np.zeros(len(lift))]], axis=1) for body in range(self.count)]
        found = np.zeros(self.count)
        for _ in range(TRIES):
            there = lift + self.lift(found)
            shift = self.shifts(values, there, reaction, couplings, np.zeros_like(values), columns)
            if not np.isfinite(shift).all():
                break
            found += np.clip(shift, -FURTHEST, FURTHEST)
            if np.abs(shift).max() < ENOUGH:
                break
        return found

    def _summed(self, nodes, terms):
        """Sums of terms at nodes (both (e, 4)) over each body, (k,)."""
        number = self.numbers[nodes]
        return np.bincount(number[number >= 0], terms[number >= 0], self.count)
