"""Which parameters meet what is known? `ecmsim calibrate`: settings fitted within bounds to targets, which are data.

The reduced model begins, since it takes seconds; the full model finishes with the reduced model's sensitivities
(Broyden's method), and tells its own sensitivities at the end.

May import: config, results, study.
"""
