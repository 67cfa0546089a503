"""The mesh follows the interfaces: interior nodes move by a stiffened harmonic extension of the boundary's motion."""

from functools import cached_property

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import splu

from ecmsim.models.full.mesh.cell_mesh import CellMesh

LARGE = 20_000  # nodes from which ranks share the work
WORN = 0.5  # of its first quality, of a triangle that was bad from the start, as in the point of a needle
SYMMETRIC = {"permc_spec": "MMD_AT_PLUS_A", "diag_pivot_thresh": 0.0, "options": {"SymmetricMode": True}}


class HarmonicMotion:
    """Extension of interface displacements to all nodes, factorised once for each mesh that moves.

    Small triangles are stiffer (weight 1/area), so that the large ones take up the motion. Nodes of the axis,
    the wall and the layer's floor slide along their lines, the foot pulling the floor's nodes with it; top and bottom
    stay. comm: MPI communicator whose ranks, all of which hold the mesh, share the work where it is large; None: alone.
    """

    def __init__(self, mesh: CellMesh, comm=None):
        self.mesh = mesh
        self._comm = comm if comm and comm.size > 1 and len(mesh.points) >= LARGE else None

    @cached_property
    def _solvers(self):
        """Of r and of z; None for what another rank solves."""
        mesh = self.mesh
        r, z = mesh.points.T
        moving = np.zeros(len(r), dtype=bool)
        moving[mesh.filament_nodes] = moving[mesh.electrode_nodes] = True
        floor, roof = z.min(), z.max()
        ends = (np.abs(z - floor) < 1e-9) | (np.abs(z - roof) < 1e-9)
        stiffness = self._stiffness()
        fixed_r = moving | (r < 1e-9) | (np.abs(r - r.max()) < 1e-9) | ends
        fixed_z = moving | ends | (np.abs(z) < 1e-9)
        fixed = fixed_r, fixed_z
        return [_Extension(stiffness, fixed[i]) if self._here(i) else None for i in (0, 1)]

    def _owner(self, component):
        """The rank that solves for r (0) or z (1), where the work is shared."""
        return component % self._comm.size

    def _here(self, component):
        return self._comm is None or self._comm.rank == self._owner(component)

    def _stiffness(self):
        points, triangles = self.mesh.points, self.mesh.triangles
        corners = points[triangles]
        edges = np.roll(corners, -1, axis=1) - np.roll(corners, 1, axis=1)
        area = 0.5 * np.abs(edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0])
        local = np.einsum("cia,cja->cij", edges, edges) / (4 * area**2)[:, None, None]
        rows = np.repeat(triangles, 3, axis=1).ravel()
        columns = np.tile(triangles, (1, 3)).ravel()
        return coo_matrix((local.ravel(), (rows, columns)), shape=(len(points),) * 2).tocsr()

    @cached_property
    def _quality(self):
        """Of the mesh's triangles before they move, (m,)."""
        return self.mesh.quality()

    def holds(self, mesh, quality):
        """Whether a moved mesh can be used: no triangle has become worse than a quality, or where it was so from the
        start, than half of what it was."""
        return bool(np.all(mesh.quality() > np.minimum(quality, WORN * np.maximum(self._quality, 0.0))))

    def moved(self, filament_points, electrode_points):
        """The mesh with its interfaces at the given points; ask whether it `holds` before use."""
        target = self.mesh.points.copy()
        target[self.mesh.filament_nodes] = filament_points
        target[self.mesh.electrode_nodes] = electrode_points
        shift = target - self.mesh.points
        shift = [solver and solver(shift[:, i]) for i, solver in enumerate(self._solvers)]
        if self._comm:
            shift = [self._comm.bcast(part, root=self._owner(i)) for i, part in enumerate(shift)]
        shift = np.stack(shift, axis=1)
        return self.mesh.at(self.mesh.points + shift)


class _Extension:
    """Harmonic extension of nodal values from the fixed nodes to the free ones."""

    def __init__(self, stiffness, fixed):
        self.fixed, self.free = fixed, ~fixed
        self._coupling = stiffness[self.free][:, fixed]
        self._factor = splu(stiffness[self.free][:, self.free].tocsc(), **SYMMETRIC)

    def __call__(self, values):
        values = np.where(self.fixed, values, 0.0)
        values[self.free] = -self._factor.solve(self._coupling @ values[self.fixed])
        return values
