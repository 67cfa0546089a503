"""`ecmsim calibrate`: parameters of a configuration fitted within bounds to facts of the paper (its facts 1 to 6 only).

The reduced model begins, since it takes seconds; the full model finishes with the reduced model's sensitivities
(Broyden's method), and tells its own sensitivities at the end.
"""
