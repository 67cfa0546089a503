"""What can a user type? The command line, and the commands that have no room of their own.

May import: config, export, fitting, measured, models, models.full, models.full.mesh, models.reduced, page,
physics, plot, quantum, quantum.atoms, quantum.build, quantum.measured, results, running, shape, study, switching,
watch.
May use: mpi4py, petsc4py.
"""
