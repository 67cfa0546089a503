"""The reaction at a surface of metal in NumPy: its density at the nodes, and what goes out of each edge and body.

The same law and the same Gauss points as in the weak form, so that sums over edges are the weak form's integrals to
round-off, without the conduction of the metal behind them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.legendre import leggauss

from ecmsim.constants import SQUARE_METRES_PER_NM2
from ecmsim.models.full.forms import SURFACE_DEGREE
from ecmsim.models.full.mesh.cell_mesh import CellMesh
from ecmsim.physics.model import DeviceModel

# Of the weak form's surface integrals, from 0 to 1 along an edge.
GAUSS, GAUSS_WEIGHTS = (0.5 * (x + shift) for x, shift in zip(leggauss(SURFACE_DEGREE // 2 + 1), (1, 0), strict=True))


@dataclass(frozen=True)
class FilamentReaction:
    """J_BV on a filament's surface. open_share (n,): of the surface where ions react; None: all of it; shift (n,): of
    its equilibrium potential, V; None: none.

    Values (n, 3) of the fields are given at the filament's nodes: phi_e and phi_i in V, T - T_ambient in K.
    """

    model: DeviceModel
    cell: object
    mesh: CellMesh
    open_share: np.ndarray | None = None
    shift: np.ndarray | None = None

    on_filament = True

    @property
    def points(self):
        """Those of the surface, (n, 2), nm."""
        return self.mesh.filament_points

    def density(self, values):
        """J_BV at the nodes, A/m2, (n,)."""
        return self._density(self._nodal(values))

    def edge_flows(self, values):
        """The terms of the integral at the Gauss points of each edge, (n - 1, q), whose sums over edges times
        SQUARE_METRES_PER_NM2 are currents out of the metal in A: all of them, and those of what dissolves alone."""
        nodal = self._nodal(values)
        between = nodal[:-1, None] * (1 - GAUSS[:, None]) + nodal[1:, None] * GAUSS[:, None]
        length = np.hypot(*np.diff(self.points, axis=0).T)
        area = 2 * np.pi * length[:, None] * GAUSS_WEIGHTS * between[..., 0]
        flow = area * self._density(between)
        return flow, np.maximum(flow, 0.0)

    def _nodal(self, values):
        share = np.ones(len(values)) if self.open_share is None else self.open_share
        shift = np.zeros(len(values)) if self.shift is None else self.shift
        return np.column_stack([self.points, values, share, shift])

    def _density(self, at):
        r, z, phi_e, phi_i, rise, share, shift = np.moveaxis(at, -1, 0)
        temperature, height = self.cell.ambient_temperature + rise, z - self.cell.layer_thickness
        open_share, shift = None if self.open_share is None else share, None if self.shift is None else shift
        return self.model.reaction_current_density(
            phi_e - phi_i, temperature, r, height, self.on_filament, open_share=open_share, shift=shift
        )


@dataclass(frozen=True)
class NeedleReaction(FilamentReaction):
    """The same on the surface of the active electrode's needle."""

    on_filament = False

    @property
    def points(self):
        """Those of the surface, (m, 2), nm."""
        return self.mesh.points[self.mesh.needle_nodes]

    def of_all(self, values, voltage):
        """J_BV at its nodes, A/m2, (m,), and the current out of its parts that dissolve, A; values (nodes, 3): psi,
        phi_i, T - T_ambient at all nodes; voltage: from which the electrode's psi counts, V."""
        surface = values[self.mesh.needle_nodes] + [voltage, 0.0, 0.0]
        return self.density(surface), SQUARE_METRES_PER_NM2 * float(self.edge_flows(surface)[1].sum())
