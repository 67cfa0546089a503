"""Which facts of the paper can be had at once? Sets of parameters between a cell that meets its times and temperatures
with a sharp regime C and one whose regime B is linear (row 25): the runs of configs/studies/front.toml.

May import: ecmsim, validation.paper.
"""
