"""The life of a cell over six decades of the compliance current: three cycles of SET and RESET by both models, how its
filament comes and goes, and how far the models are apart. The runs are those of configs/studies/reset_series.toml.

May import: ecmsim.
"""
