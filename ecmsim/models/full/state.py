"""A state of the full model, and its fields on another mesh."""

from dataclasses import dataclass, field

import numpy as np

from ecmsim.models.full.mesh.cell_mesh import CellMesh, Region
from ecmsim.models.full.mesh.transfer import interpolate
from ecmsim.models.state import CellState


@dataclass(frozen=True, kw_only=True)
class State(CellState):
    """A state of the full model: mesh; values (nodes, 3): psi, phi_i, T - T_ambient; and those one and two steps
    earlier on the same mesh, where they go on smoothly. potentials (k,): of the floating bodies, V, from which psi
    counts.
    """

    mesh: CellMesh
    values: np.ndarray
    previous_values: np.ndarray | None = None
    earlier_values: np.ndarray | None = None
    potentials: np.ndarray = field(default_factory=lambda: np.zeros(0))

    @property
    def lift(self):
        """What the electronic potential is above psi at the nodes, V, (nodes,)."""
        lift = self.driving_voltage * self.mesh.nodes_of(Region.ACTIVE_ELECTRODE)
        if self.mesh.floating is not None:
            lift = lift + raised(self.mesh, self.potentials)
        return lift

    @property
    def electrode_points(self):
        """The active electrode's surface, nm, (k, 2)."""
        return self.mesh.electrode_points

    @property
    def vertices(self):
        """Number of vertices of the mesh."""
        return len(self.mesh.points)


def raised(mesh, potentials):
    """The potentials (k,) of floating bodies at their nodes, 0 elsewhere, V, (nodes,)."""
    return np.append(potentials, 0.0)[mesh.floating]


def transferred(state: State, mesh):
    """Fields of a state at the nodes of another mesh, each continued within the regions it lives in, (nodes, 3), and
    the potentials of the floating bodies, V, from which psi counts there.

    A floating body has but one potential to begin with, the median of what was where it is.
    """
    if state.mesh.floating is None and mesh.floating is None:
        return _continued(state, state.values, mesh), state.potentials
    values = state.values.copy()
    if state.mesh.floating is not None:
        values[:, 0] += raised(state.mesh, state.potentials)
    values = _continued(state, values, mesh)
    count = 0 if mesh.floating is None else int(mesh.floating.max()) + 1
    potentials = np.array([np.median(values[mesh.floating == number, 0]) for number in range(count)])
    if count:
        values[mesh.floating >= 0, 0] = 0.0
    return values, potentials


def _continued(state, old, mesh):
    values = np.zeros((len(mesh.points), 3))
    layer = (Region.SWITCHING_LAYER,)
    lower, upper = (Region.COUNTER_ELECTRODE, Region.FILAMENT), (Region.ACTIVE_ELECTRODE,)
    for regions, fields in ((layer, [1, 2]), (lower, [0, 2]), (upper, [0, 2])):
        nodes = np.nonzero(mesh.nodes_of(*regions))[0]
        values[nodes[:, None], fields] = interpolate(state.mesh, old[:, fields], mesh.points[nodes], regions)
    return values


def continued(trial, state):
    """The fields of the last two or three states continued in time to a trial's; None on a new mesh, on a new leg and
    after much shorter steps."""
    begins = state.time <= state.leg.start
    if trial.remeshed or begins or state.previous_values is None or trial.previous_step > 2 * state.previous_step:
        return None
    step, last, earlier = trial.previous_step, state.previous_step, state.earlier_step
    change = (state.values - state.previous_values) / last
    values = state.values + step * change
    if state.earlier_values is not None and last <= 2 * earlier:
        bend = (change - (state.previous_values - state.earlier_values) / earlier) / (last + earlier)
        values += step * (step + last) * bend
    return values
