"""k-points across a junction that repeats sideways, and real-space blocks from sums over k."""

import numpy as np

from ecmsim.errors import TransportError


def k_points(first, second=1):
    """Centred grid (Monkhorst and Pack, Phys. Rev. B 13, 5188 (1976)) of the two transverse directions.

    first, second: numbers of points. Returns k (n, 2) in units of the reciprocal vectors, and weights (n,) that add
    up to one. Of k and -k, whose transmissions are equal by time reversal, one stays with both weights.
    """
    if first < 1 or second < 1:
        raise TransportError(f"a grid of {first} x {second} k-points has none: use 1 or more each way")
    axes = [(np.arange(1, n + 1) * 2 - n - 1) / (2 * n) for n in (first, second)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    # The grid is symmetric: point i and its negative are at i and -1 - i.
    half = (len(grid) + 1) // 2
    weights = np.full(half, 2 / len(grid))
    if len(grid) % 2:
        weights[-1] = 1 / len(grid)
    return grid[:half], weights


def real_space_block(matrices, phases, weights, cells):
    """X(R) = sum_k w_k X(k) exp(-2 pi i k.R): the block between a cell and the one `cells` further.

    matrices (n, m, m): H or S at the k-points, as codes with periodic cells give them, in the convention
    X(k) = sum_R X(R) exp(2 pi i k.R); phases (n,): k along the direction of transport in units of the reciprocal
    vector; weights (n,): they add up to one, over ALL k (expand time reversal before). cells 0 and 1 give the h00 and
    h01 of a lead. Result (m, m), complex. Some codes have the opposite sign (GPAW's LCAO: pass -k); a wrong one turns
    h01 round, which shows only in a comparison with a block of the device.
    """
    factors = np.asarray(weights) * np.exp(-2j * np.pi * np.asarray(phases) * cells)
    return np.tensordot(factors, np.asarray(matrices), axes=1)
