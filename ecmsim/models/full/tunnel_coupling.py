"""Tunnelling between filament and active electrode (or two bodies of metal) as a coupling of surfaces, Eqs. (5), (10).

Each column of the gap joins the filament's topmost surface at a radius r with the electrode's surface at the same
r. The columns are cut where either surface has a node; on each piece both potentials are linear in r, and Gauss
points integrate the current. Electrons thus cross the layer without any unknown inside it: the law of Eq. (5) is
met exactly at every point, and what one surface loses the other gains.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ecmsim.constants import SQUARE_METRES_PER_NM2

SIDES = np.array([-1.0, -1.0, 1.0, 1.0])  # of a column's nodes: filament, electrode
DIFFERENCE = 1e-5  # V: step of the numerical derivative of gamma(V) V J


@dataclass(frozen=True)
class CoupledColumns:
    """Columns of the gap with the nodes of the mesh at their ends. nodes (e, 4): two of the filament, two of the
    electrode; shape, weight and gap: see ecmsim.shape.gap.Columns."""

    nodes: np.ndarray
    shape: np.ndarray
    weight: np.ndarray
    gap: np.ndarray

    @classmethod
    def of(cls, columns, mesh, between_bodies=False):
        """columns: of the gap between the interfaces of a CellMesh, or of one between bodies of its filament."""
        below, above = columns.below, columns.above
        upper = mesh.filament_nodes if between_bodies else mesh.electrode_nodes
        ends = [
            mesh.filament_nodes[below],
            mesh.filament_nodes[below + 1],
            upper[above],
            upper[above + 1],
        ]
        return cls(np.stack(ends, axis=1), columns.shape, columns.weight, columns.gap)

    @cached_property
    def pull(self):
        """What a volt at each node adds to the voltage between the surfaces, (e, q, 4)."""
        return self.shape * SIDES


class TunnelCoupling:
    """The contributions of tunnelling to residual, Jacobian and power. law: Eq. (5); heating: Eq. (10) or None."""

    def __init__(self, law, heating):
        self.law, self.heating = law, heating

    def evaluate(self, columns: CoupledColumns, potential, jacobian=False):
        """Contributions of all columns.

        potential (e, 4): phi_e at the columns' nodes in V. Returns (residual (e, 4, 2) for electrons and heat in A
        and W, (power (W), current (A))), and with jacobian=True the derivatives (e, 4, 2, 4) of the residual by the
        potentials.
        """
        pull = columns.pull
        voltage = np.einsum("eqk,ek->eq", pull, potential)
        current = columns.weight * self._current(voltage, columns.gap)
        power = current * voltage
        residual = np.zeros((*columns.nodes.shape, 2))
        residual[..., 0] = np.einsum("eq,eqk->ek", current, pull)
        if self.heating:
            residual[..., 1] = -np.einsum("eq,eqk->ek", power, self._shares(voltage, columns))
        flows = float(power.sum()), float(current.sum())
        if not jacobian:
            return residual, flows
        derivative = np.zeros((*columns.nodes.shape, 2, 4))
        slope = SQUARE_METRES_PER_NM2 * self.law.differential_conductance_density(voltage, columns.gap)
        derivative[:, :, 0] = np.einsum("eq,eqk,eql->ekl", columns.weight * slope, pull, pull)
        if self.heating:
            ahead, behind = (self._surface_heat(voltage + step, columns) for step in (DIFFERENCE, -DIFFERENCE))
            change = (ahead - behind) / (2 * DIFFERENCE)
            derivative[:, :, 1] = -np.einsum("eq,eqk,eql->ekl", columns.weight, change, pull)
        return residual, flows, derivative

    def _current(self, voltage, gap):
        """J_Tu at Gauss points, A/nm2."""
        return SQUARE_METRES_PER_NM2 * self.law.current_density(voltage, gap)

    def _shares(self, voltage, columns):
        """gamma given to each node's hat function, (e, q, 4); the filament gets what the electrode does not."""
        upper = self.heating.active_electrode_share(voltage, columns.gap)[..., None]
        shares = columns.shape.copy()
        shares[..., :2] *= 1 - upper
        shares[..., 2:] *= upper
        return shares

    def _surface_heat(self, voltage, columns):
        """gamma V J given to each node's hat function, W/nm2, (e, q, 4)."""
        return (self._current(voltage, columns.gap) * voltage)[..., None] * self._shares(voltage, columns)
