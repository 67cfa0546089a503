"""SET times through layers of different thickness beside what Cu/SiO2 cells are known to do: the runs of
configs/studies/thickness.toml.

May import: ecmsim, validation.verdict.
"""
