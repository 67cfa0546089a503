"""The cycles of a programme: its repetitions, or else from one return of its source's first sign to the next."""

from dataclasses import replace

BIAS = 0.01  # of the largest value of a source: a smaller one, such as a read, is no bias


def with_cycles(pieces, values):
    """The pieces (Piece) with the numbers of their cycles, as a tuple; values: (first, last) of each, V or A.

    The repetitions are counted, whatever lies before, between and after them is in no cycle. Where nothing is repeated
    a cycle ends when the source comes back to the sign with which it began, as ecmsim.results.cycles finds them too.
    """
    if any(piece.cycle for piece in pieces):
        return tuple(pieces)
    least = {}
    for piece, ends in zip(pieces, values, strict=True):
        least[piece.source] = max(least.get(piece.source, 0.0), *(BIAS * abs(value) for value in ends))
    numbered, number, first, before = [], 1, 0, 0
    for piece, (start, end) in zip(pieces, values, strict=True):
        turns = False
        for value in (start, end):
            sign = 0 if abs(value) <= least[piece.source] else 1 if value > 0 else -1
            first = first or sign
            if sign and sign == first == -before:
                number, turns = number + 1, start * end < 0
            before = sign or before
        numbered.append(replace(piece, cycle=number, turns=turns))
    return tuple(numbered)
