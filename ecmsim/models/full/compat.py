"""Every difference between the supported versions of dolfinx, and the refusal of others."""

import re

import dolfinx
import dolfinx.fem.petsc  # loads dolfinx.cpp.la.petsc
import numpy as np

from ecmsim.errors import EcmsimError

OLDEST, NEWEST = (0, 9), (0, 11)


def dolfinx_version():
    """Version of dolfinx as (major, minor)."""
    return tuple(int(part) for part in re.findall(r"\d+", dolfinx.__version__)[:2])


def require_supported_dolfinx(version=None):
    """Raise EcmsimError, with the remedy, if dolfinx is older than the oldest supported version."""
    version = version or dolfinx_version()
    if version < OLDEST:
        found = ".".join(map(str, version))
        raise EcmsimError(
            f"dolfinx {found} is too old: ecmsim needs {OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}. "
            "Start ecmsim through ./ecm (it builds an environment of its own), or use environment.yml (conda-forge)."
        )


def create_mesh(comm, cells, points, element, partitioner):
    """dolfinx.mesh.create_mesh; by name, since 0.10 changed the order of its arguments."""
    return dolfinx.mesh.create_mesh(comm, cells=cells, x=points, e=element, partitioner=partitioner)


def cell_corners(mesh):
    """Geometry nodes at the corners of each local cell, (cells, 3); 0.11 renamed the property."""
    geometry = mesh.geometry
    return geometry.dofmaps[0] if dolfinx_version() >= (0, 11) else geometry.dofmap


def prescribed_partitioner(owner):
    """A partitioner that gives cell i (in input order, all on rank 0) to rank owner[i]."""
    from dolfinx.graph import adjacencylist

    def partition(comm, parts, cell_types, cells):
        count = cells[0].size // 3 if isinstance(cells, list) else cells.num_nodes
        destination = owner[:count] if comm.rank == 0 else owner[:0]
        offsets = np.arange(len(destination) + 1, dtype=np.int32)
        lists = adjacencylist(np.ascontiguousarray(destination, dtype=np.int32), offsets)
        return getattr(lists, "_cpp_object", lists)

    return partition


def matrix_with(form, rows):
    """A PETSc matrix for a form and for what joins, beside it, all blocks of each row of block dofs, (k, n) local ones.

    Further entries may be added later, at the price of slow insertion.
    """
    pattern = dolfinx.fem.create_sparsity_pattern(form)
    for blocks in rows:
        pattern.insert(blocks, blocks)
    pattern.finalize()
    matrix = dolfinx.cpp.la.petsc.create_matrix(form.mesh.comm, pattern)
    matrix.setOption(matrix.Option.NEW_NONZERO_ALLOCATION_ERR, False)
    return matrix


def versions():
    """Versions of the libraries that solve, as the provenance of a run keeps them."""
    from petsc4py import PETSc

    return {"dolfinx": dolfinx.__version__, "petsc": ".".join(map(str, PETSc.Sys.getVersion()))}
