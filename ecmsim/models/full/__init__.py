"""The full model: weak forms, their binding to a mesh, the coupling of the gap's surfaces, Newton's method.

May import: models, models.full.mesh, physics, shape.
May use: basix, dolfinx, mpi4py, petsc4py, ufl.
"""
