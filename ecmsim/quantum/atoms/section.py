"""How many atoms wide a contact is: the fewest whose removal would part its two ends."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, maximum_flow

from ecmsim.quantum.tight_binding import hopping_matrix

REACH = 1.3  # times d: closer atoms are neighbours; where a smooth hopping has fallen to a half
MANY = 10_000


class _Neighbours:
    """1 for each pair of neighbours, in the form of a hopping law."""

    def __init__(self, distance):
        self.distance, self.cutoff = distance, REACH * distance

    def __call__(self, r):
        return np.ones_like(r)


def narrowest(positions, cell, distance, left, right):
    """Atoms in the narrowest section between the atoms left (n,) and right (n,) (masks); 0 where nothing joins them.

    By Menger's theorem this is the number of ways from left to right that share no atom: a maximum flow in which every
    atom in between lets one way pass. It needs no direction of the layers, so that bent and stretched contacts count as
    straight ones do. positions (n, 3), distance d between neighbours in angstrom; cell (2, 3): lateral.
    """
    n = len(positions)
    first, second = np.nonzero(hopping_matrix(_Neighbours(distance), positions, positions, cell))
    ends = left | right
    # Atom i is entered at node i and left at node n + i; then the source 2n and the drain 2n + 1.
    inside = np.arange(n)
    rows = np.concatenate([inside, n + first, np.full(left.sum(), 2 * n), n + np.nonzero(right)[0]])
    columns = np.concatenate([n + inside, second, np.nonzero(left)[0], np.full(right.sum(), 2 * n + 1)])
    capacity = np.full(len(rows), MANY, dtype=np.int32)
    capacity[:n] = np.where(ends, MANY, 1)
    capacity[n : n + len(first)] = 1
    graph = coo_array((capacity, (rows, columns)), shape=(2 * n + 2, 2 * n + 2)).tocsr()
    return int(maximum_flow(graph, 2 * n, 2 * n + 1).flow_value)


def bottlenecks(positions, cell, distance, left, right):
    """Atoms each of which alone holds both ends together: their numbers in order of z, (m,); arguments as of narrowest.

    One is a monomer, two a dimer, more a chain; none where two ways or more lead across, or no way at all.
    """
    first, second = np.nonzero(hopping_matrix(_Neighbours(distance), positions, positions, cell))
    n = len(positions)

    def joined(without):
        kept = (first != without) & (second != without)
        graph = coo_array((np.ones(kept.sum()), (first[kept], second[kept])), shape=(n, n))
        _, part = connected_components(graph, directed=False)
        return bool(np.intersect1d(part[left], part[right]).size)

    if not joined(-1):
        return np.zeros(0, dtype=int)
    alone = np.array([atom for atom in np.nonzero(~(left | right))[0] if not joined(atom)], dtype=int)
    return alone[np.argsort(positions[alone, 2], kind="stable")]
