"""Two needles of silver with a gap, one set of parameters, beside what Milano et al. (2024) report of a nanowire.

May import: ecmsim, validation.verdict.
"""
