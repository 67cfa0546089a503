"""A state of the full model, and its fields on another mesh."""

from dataclasses import dataclass

import numpy as np

from ecmsim.models.full.mesh.cell_mesh import CellMesh, Region
from ecmsim.models.full.mesh.transfer import interpolate
from ecmsim.models.state import CellState


@dataclass(frozen=True, kw_only=True)
class State(CellState):
    """A state of the full model: mesh; values (nodes, 3): psi, phi_i, T - T_ambient; and those one step earlier on the
    same mesh."""

    mesh: CellMesh
    values: np.ndarray
    previous_values: np.ndarray | None = None

    @property
    def electrode_points(self):
        """The active electrode's surface, nm, (k, 2)."""
        return self.mesh.electrode_points

    @property
    def vertices(self):
        """Number of vertices of the mesh."""
        return len(self.mesh.points)


def transferred(state: State, mesh):
    """Fields of a state at the nodes of another mesh, each continued within the regions it lives in, (nodes, 3)."""
    values = np.zeros((len(mesh.points), 3))
    layer = (Region.SWITCHING_LAYER,)
    lower, upper = (Region.COUNTER_ELECTRODE, Region.FILAMENT), (Region.ACTIVE_ELECTRODE,)
    for regions, fields in ((layer, [1, 2]), (lower, [0, 2]), (upper, [0, 2])):
        nodes = np.nonzero(mesh.nodes_of(*regions))[0]
        values[nodes[:, None], fields] = interpolate(state.mesh, state.values[:, fields], mesh.points[nodes], regions)
    return values
