"""How does a run go? The time loop, its steps, events and milestones, restart, and what it reports on the way.

May import: config, drive, models, models.full, models.reduced, physics, results,
shape.
May use: mpi4py.
"""
