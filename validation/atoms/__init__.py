"""What follows from whole atoms that join a contact and leave it one by one: two hundred current sweeps, lifetimes.

The law of ecmsim.physics.atom_by_atom, with the table's conductances, beside a lumped circuit (circuit.py).

May import: ecmsim, validation.verdict.
"""
