"""What the corrections of Newton's method tell about a Jacobian whose factor is old: Broyden's update of it.

After a correction d the next one is v by the old factor. Broyden (Math. Comp. 19, 577, 1965) changes the factor by one
column and one row, so that it gives the change which was seen; of his product form there is left to do, for each pair
of a correction d and the one after it d' (Deuflhard, Newton Methods for Nonlinear Problems, Springer 2004, QNERR):

    v <- v + (v, d)/(d, d) d',   and last of all   d' = v / (1 - (v, d)/(d, d)).

The convergence becomes superlinear, and a factor serves longer.
"""

import numpy as np
from mpi4py import MPI

MOST = 20  # pairs that are kept


class Secants:
    """Pairs of corrections (arrays of this rank's unknowns) since the last factor.

    comm: over whose ranks scalar products are summed; weights: of the unknowns in these products.
    """

    def __init__(self, comm):
        self._comm, self._pairs, self.weights = comm, [], None

    def clear(self):
        """Forget the pairs: there is a new factor."""
        self._pairs.clear()

    def improve(self, correction):
        """Change a correction by the factor (array, in place) to what the pairs tell of it."""
        for dual, after in self._pairs:
            correction += self._product(dual, correction) * after

    def learn(self, before, after):
        """Make of a correction and the improved one after it (arrays) the next pair; `after` is changed in place."""
        weighted = self.weights * before
        dual = weighted / self._product(weighted, before)
        after /= 1.0 - self._product(dual, after)
        if len(self._pairs) < MOST:
            self._pairs.append((dual, after.copy()))

    def _product(self, a, b):
        product = float(np.dot(a, b))
        return product if self._comm.size == 1 else self._comm.allreduce(product, MPI.SUM)
