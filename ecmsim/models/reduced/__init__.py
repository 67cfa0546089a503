"""The reduced model: the same outline and laws, with a circuit and a heat network in place of fields.

rings.py       the ionic potential of rings of current in the switching layer
laws.py        the laws of a cell as tapes, which are faster
ions.py        reactions at both surfaces, and hopping between them
metals.py      what electrons cross between floating bodies, filament and electrode
bipolar.py     ions where bodies float, whose potentials are unknowns
bodies.py      what the next state takes over of a state's bodies
spreading.py   resistance of an electrode around a small contact, in a cell of finite size
profile.py     the filament as a stack of slices
electrons.py   electrons: tunnelling, filament, electrodes, and the circuit between source and cell
heat.py        the heat network
geometry.py    all that the outline decides of circuit and heat network
simulation.py  all of it together, step by step

May import: compiled, models, shape.
"""

from ecmsim.models.reduced.simulation import ReducedSimulation

__all__ = ["ReducedSimulation"]
