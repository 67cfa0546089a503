"""Tunnelling between filament and active electrode as a coupling of the two surfaces, Eqs. (5) and (10).

Each column of the gap joins the filament's topmost surface at a radius r with the electrode's surface at the same
r. The columns are cut where either surface has a node; on each piece both potentials are linear in r, and Gauss
points integrate the current. Electrons thus cross the layer without any unknown inside it: the law of Eq. (5) is
met exactly at every point, and what one surface loses the other gains.
"""

from dataclasses import dataclass

import numpy as np

from ecmsim.constants import SQUARE_METRES_PER_NM2
from ecmsim.shape.filament import distance_to_polyline
from ecmsim.shape.gap import GAUSS_POINTS, GAUSS_WEIGHTS, LEAST_GAP

DIFFERENCE = 1e-5  # V: step of the numerical derivative of gamma(V) V J


@dataclass(frozen=True)
class Columns:
    """Pieces of columns. nodes (e, 4): two of the filament, two of the electrode; shape (e, q, 4): hat functions at
    the Gauss points; weight (e, q): 2 pi r dr in nm2; gap (e, q): what the law is given, nm."""

    nodes: np.ndarray
    shape: np.ndarray
    weight: np.ndarray
    gap: np.ndarray


def _covering(nodes, radius):
    """Index of the first segment of a polyline (ordered from the axis) that covers each radius, -1 for none."""
    low, high = np.minimum(nodes[:-1, 0], nodes[1:, 0]), np.maximum(nodes[:-1, 0], nodes[1:, 0])
    covers = (low <= radius[:, None]) & (radius[:, None] <= high)
    return np.where(covers.any(axis=1), covers.argmax(axis=1), -1)


def columns(mesh, gap_definition):
    """Columns between the interfaces of a CellMesh; gap_definition "vertical" or "shortest".

    "shortest" gives the law the shortest distance from the column's foot on the filament to the electrode.
    """
    lower, upper = mesh.filament_points, mesh.electrode_points
    breaks = np.unique(np.concatenate([lower[:, 0], upper[upper[:, 0] < lower[:, 0].max(), 0]]))
    breaks = breaks[np.append(True, np.diff(breaks) > 1e-9)]
    start, stop = breaks[:-1], breaks[1:]
    middle = 0.5 * (start + stop)
    below, above = _covering(lower, middle), _covering(upper, middle)
    r = middle[:, None] + 0.5 * (stop - start)[:, None] * GAUSS_POINTS
    weight = 2 * np.pi * r * 0.5 * (stop - start)[:, None] * GAUSS_WEIGHTS

    def hats(line, segment):
        r0, r1 = line[segment, 0][:, None], line[segment + 1, 0][:, None]
        s = (r - r0) / np.where(np.abs(r1 - r0) > 1e-12, r1 - r0, 1e-12)
        height = line[segment, 1][:, None] * (1 - s) + line[segment + 1, 1][:, None] * s
        return np.stack([1 - s, s], axis=-1), height

    (low_hats, foot), (high_hats, head) = hats(lower, below), hats(upper, above)
    gap = head - foot
    if gap_definition == "shortest":
        points = np.stack([r, foot], axis=-1)
        gap = distance_to_polyline(points.reshape(-1, 2), upper).reshape(gap.shape)
    nodes = np.stack(
        [
            mesh.filament_nodes[below],
            mesh.filament_nodes[below + 1],
            mesh.electrode_nodes[above],
            mesh.electrode_nodes[above + 1],
        ],
        axis=1,
    )
    return Columns(nodes, np.concatenate([low_hats, high_hats], axis=-1), weight, np.maximum(gap, LEAST_GAP))


class TunnelCoupling:
    """The contributions of tunnelling to residual, Jacobian and power. law: Eq. (5); heating: Eq. (10) or None."""

    def __init__(self, law, heating):
        self.law, self.heating = law, heating

    def evaluate(self, columns: Columns, potential, jacobian=False):
        """Contributions of all columns.

        potential (e, 4): phi_e at the columns' nodes in V. Returns (residual (e, 4, 2) for electrons and heat in A
        and W, (power (W), current (A))), and with jacobian=True the derivatives (e, 4, 2, 4) of the residual by the
        potentials.
        """
        side = np.array([-1.0, -1.0, 1.0, 1.0])
        pull = columns.shape * side
        voltage = np.einsum("eqk,ek->eq", pull, potential)
        current = self._current(voltage, columns.gap)
        residual = np.zeros((*columns.nodes.shape, 2))
        residual[..., 0] = np.einsum("eq,eqk->ek", columns.weight * current, pull)
        heat = self._surface_heat(voltage, columns.gap, columns.shape)
        residual[..., 1] = -np.einsum("eq,eqk->ek", columns.weight, heat)
        flow = columns.weight * current
        flows = float((flow * voltage).sum()), float(flow.sum())
        if not jacobian:
            return residual, flows
        derivative = np.zeros((*columns.nodes.shape, 2, 4))
        slope = SQUARE_METRES_PER_NM2 * self.law.differential_conductance_density(voltage, columns.gap)
        derivative[:, :, 0] = np.einsum("eq,eqk,eql->ekl", columns.weight * slope, pull, pull)
        if self.heating:
            ahead = self._surface_heat(voltage + DIFFERENCE, columns.gap, columns.shape)
            behind = self._surface_heat(voltage - DIFFERENCE, columns.gap, columns.shape)
            change = (ahead - behind) / (2 * DIFFERENCE)
            derivative[:, :, 1] = -np.einsum("eq,eqk,eql->ekl", columns.weight, change, pull)
        return residual, flows, derivative

    def _current(self, voltage, gap):
        """J_Tu at Gauss points, A/nm2."""
        return SQUARE_METRES_PER_NM2 * self.law.current_density(voltage, gap)

    def _surface_heat(self, voltage, gap, shape):
        """gamma V J given to each node's hat function, W/nm2, (e, q, 4); zero without tunnel-barrier heating."""
        if self.heating is None:
            return np.zeros_like(shape)
        power = self._current(voltage, gap) * voltage
        lower = self.heating.filament_share(voltage, gap)
        upper = self.heating.active_electrode_share(voltage, gap)
        share = np.stack([lower, lower, upper, upper], axis=-1)
        return power[..., None] * share * shape
