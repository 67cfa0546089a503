"""Which law? One small file each, numbered after the paper, for NumPy arrays and UFL expressions alike.

model.py collects the laws of a cell, roles.py says what each of them has to offer, contract.py whether it does.

May import: compiled, quantum.
"""
