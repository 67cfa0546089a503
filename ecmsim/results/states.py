"""States of a cell that are told by name: contact, only the nucleus left, switched, molten. Each is defined here, once.

A run on its way and readers of its files ask the same functions. They take plain numbers, or arrays of them.
"""

from math import pi

DISSOLVED = 1.331  # volumes of the nucleus: 10 % more than its radius
REGROWN = 2.0
SWITCHED_NM = 1.0  # gap below which electrons, not ions, carry the current of a cell that has switched
FIRST_ATOM = 0.5  # atoms: above, the contact conducts as one


def touches(gap, contact_gap):
    """Whether filament and electrode touch: the gap, as tunnelling.gap defines it, is less than the contact gap; nm.

    It is the gap that the electrons see and that all tables tell: a wall of the void that comes near to the filament's
    side makes no contact where the gap is vertical.
    """
    return gap < contact_gap


def nucleus_volume(radius):
    """Volume of the stable nucleus, a hemisphere of a radius in nm; nm3."""
    return 2 / 3 * pi * radius**3


def only_nucleus(volume, radius):
    """Whether a filament of a volume (nm3) is no more than the nucleus, of a radius in nm."""
    return volume < DISSOLVED * nucleus_volume(radius)


def switched(gap, tunnel_current, ionic_current, atoms):
    """Whether the cell conducts as one that has switched: atoms bridge the gap, or over a gap (nm) of less than
    SWITCHED_NM electrons carry more current (A) than ions do."""
    return (atoms >= FIRST_ATOM) | ((gap < SWITCHED_NM) & (abs(tunnel_current) > abs(ionic_current)))


def molten(temperature, melting_point):
    """Whether a temperature (K) is above the melting point (K; None: not known)."""
    return melting_point is not None and temperature > melting_point
