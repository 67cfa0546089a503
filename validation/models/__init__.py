"""Over which range of cells does the reduced model agree with the full one? The runs of configs/studies/models.toml,
case by case beside each other; what came out stands beside this code.

May import: ecmsim.
"""
