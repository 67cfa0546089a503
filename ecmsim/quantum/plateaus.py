"""Steps of the conductance from one atom to the next."""

import numpy as np


def between_atoms(excess, step):
    """Share of the way from N to N + 1 atoms, and its derivative, for N + excess atoms (0 <= excess < 1).

    Stands still but for a width `step` (of an atom) around excess = 1/2, where it is 3u^2 - 2u^3.
    """
    u = np.clip((excess - 0.5) / step + 0.5, 0, 1)
    return u * u * (3 - 2 * u), 6 * u * (1 - u) / step
