"""The reduced model of a cell: the same outline and laws, with a circuit and a heat network in place of fields.

rings.py       the ionic potential of rings of current in the switching layer
ions.py        reactions at both surfaces, and hopping between them
spreading.py   resistance of an electrode around a small contact, in a cell of finite size
profile.py     the filament as a stack of slices
circuit.py     electrons: tunnelling, filament, electrodes, and the element between source and cell
heat.py        the heat network
simulation.py  all of it together, step by step
"""

from ecmsim.reduced.simulation import ReducedSimulation

__all__ = ["ReducedSimulation"]
