"""One mesh given to dolfinx: distribution over the ranks, function spaces, and the maps to the plain arrays.

Nodal data travel as arrays in the order of CellMesh.points, whole on every rank: the outline, the motion of the
mesh and all output are then the same serial code on any number of ranks.
"""

import basix.ufl
import dolfinx
import numpy as np
import ufl
from dolfinx.fem import IntegralType
from mpi4py import MPI
from petsc4py import PETSc

from ecmsim.models.full import compat
from ecmsim.models.full.mesh.cell_mesh import CellMesh, Region, Surface

ELEMENT = basix.ufl.element("Lagrange", "triangle", 1, shape=(2,))
TRIANGLE_EDGES = np.array([[1, 2], [0, 2], [0, 1]])  # edge i lies opposite to corner i


class Domain:
    """A distributed mesh. comm: MPI communicator; mesh: the same CellMesh on every rank.

    fields: the space of (electronic potential deviation, ionic potential, temperature), P1.
    """

    def __init__(self, comm, mesh: CellMesh, fields_element, scalar_element, cell_element):
        self.comm, self.cell_mesh = comm, mesh
        on_root = comm.rank == 0
        cells = mesh.triangles if on_root else np.empty((0, 3), dtype=np.int64)
        points = mesh.points if on_root else np.empty((0, 2))
        self.mesh = compat.create_mesh(
            comm,
            cells.astype(np.int64),
            points,
            ufl.Mesh(ELEMENT),
            compat.prescribed_partitioner(_owners(mesh, comm.size)),
        )
        self.fields = dolfinx.fem.functionspace(self.mesh, fields_element)
        self.scalars = dolfinx.fem.functionspace(self.mesh, scalar_element)
        self.cellwise = dolfinx.fem.functionspace(self.mesh, cell_element)

        geometry, topology = self.mesh.geometry, self.mesh.topology
        index_map = topology.index_map(2)
        self.owned_cells = index_map.size_local
        self.input_node = np.asarray(geometry.input_global_indices)
        self.input_cell = np.asarray(topology.original_cell_index)
        self.cell_nodes = self.input_node[compat.cell_corners(self.mesh)]
        self.region = mesh.region[self.input_cell]
        self.field_nodes = self._nodes_of_dofs(self.fields)
        self.scalar_nodes = self._nodes_of_dofs(self.scalars)

    def _nodes_of_dofs(self, space):
        """Input node of each local (owned, then ghost) block dof of a P1 space."""
        index_map = space.dofmap.index_map
        nodes = np.empty(index_map.size_local + index_map.num_ghosts, dtype=np.int64)
        nodes[space.dofmap.list] = self.cell_nodes
        return nodes

    def cells(self, region):
        """Owned cells of a region."""
        return np.nonzero(self.region[: self.owned_cells] == region)[0].astype(np.int32)

    def facets(self, surface, region):
        """Edges of a surface seen from the owned cells of one region: (cell, local edge) pairs, flattened; of an
        interface those where ions react.

        One-sided integration over an inner interface needs no ghost cells, and each edge belongs to one rank.
        """
        count = np.int64(len(self.cell_mesh.points))

        def keys(pairs):
            return pairs.min(axis=-1) * count + pairs.max(axis=-1)

        nodes = self.cell_nodes[: self.owned_cells]
        tagged = keys(self.cell_mesh.reacting_edges(surface).astype(np.int64))
        found = np.isin(keys(nodes[:, TRIANGLE_EDGES].astype(np.int64)), tagged)
        found &= (self.region[: self.owned_cells] == region)[:, None]
        return np.argwhere(found).astype(np.int32).ravel()

    def subdomains(self):
        """Integration entities in the form that dolfinx.fem.create_form takes."""
        return {
            IntegralType.cell: [(int(region), self.cells(region)) for region in Region],
            IntegralType.exterior_facet: [
                (int(Surface.FILAMENT), self.facets(Surface.FILAMENT, Region.SWITCHING_LAYER)),
                (int(Surface.ACTIVE_ELECTRODE), self.facets(Surface.ACTIVE_ELECTRODE, Region.SWITCHING_LAYER)),
                (int(Surface.TOP), self.facets(Surface.TOP, Region.ACTIVE_ELECTRODE)),
            ],
        }

    def move(self, mesh: CellMesh):
        """Move the nodes; topology and everything built on it stay."""
        self.cell_mesh = mesh
        self.mesh.geometry.x[:, :2] = mesh.points[self.input_node]

    def gather(self, local, space=None):
        """Owned values of a (blocked) P1 function, whole and in node order on every rank, (nodes, block)."""
        space = space or self.fields
        nodes = self.field_nodes if space is self.fields else self.scalar_nodes
        block = space.dofmap.bs
        owned = space.dofmap.index_map.size_local
        values = np.zeros((len(self.cell_mesh.points), block))
        values[nodes[:owned]] = local[: owned * block].reshape(-1, block)
        if self.comm.size > 1:
            self.comm.Allreduce(MPI.IN_PLACE, values, MPI.SUM)
        return values

    def ghosted_vector(self):
        """A PETSc vector of the fields, with ghosts, zero."""
        dofmap = self.fields.dofmap
        size = dofmap.index_map.size_local * dofmap.bs
        ghosts = dofmap.index_map.ghosts.astype(PETSc.IntType)
        return PETSc.Vec().createGhost(ghosts, size=(size, None), bsize=dofmap.bs, comm=self.comm)

    def block_dof_of_nodes(self):
        """Local block dof of each node, -1 where this rank has none, (nodes,)."""
        dofs = np.full(len(self.cell_mesh.points), -1, dtype=np.int32)
        dofs[self.field_nodes] = np.arange(len(self.field_nodes))
        return dofs

    def block_dofs(self, nodes_wanted):
        """Local block dofs of the fields' space (ghosts included) at the nodes where the mask is True."""
        return np.nonzero(nodes_wanted[self.field_nodes])[0].astype(np.int32)


def _owners(mesh, size):
    """Rank of each cell: slices of equal count by the angle about the tip, the same in every run.

    All cells at the two interfaces go to rank 0, which then knows both ends of every tunnelling column.
    """
    tip = mesh.filament_points[0]
    centre = mesh.points[mesh.triangles].mean(axis=1) - tip
    order = np.argsort(np.arctan2(centre[:, 1], centre[:, 0]), kind="stable")
    owners = np.empty(len(order), dtype=np.int32)
    owners[order] = np.arange(len(order)) * size // len(order)
    interface = np.isin(mesh.triangles, np.concatenate([mesh.filament_nodes, mesh.electrode_nodes])).any(axis=1)
    owners[interface] = 0
    return owners
