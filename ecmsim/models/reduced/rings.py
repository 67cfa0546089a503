"""Potential of rings of current in a layer between two insulating planes, by images.

A ring of radius a at height b that feeds the current I into a medium of resistivity rho has the potential

    phi = rho I/(4 pi) (2/pi) K(m)/D,   D^2 = (r + a)^2 + (z - b)^2,   m = 4 r a/D^2,

K the complete elliptic integral of the first kind (O. D. Kellogg, Foundations of Potential Theory, 1929, III.4).
Planes at z = 0 and z = L that no current crosses are met by images at 2 m L +- b. Their sum does not converge for
one ring, but for currents that sum to zero (what enters the layer leaves it): far images then see dipoles.
"""

import numpy as np

from ecmsim.compiled import loops
from ecmsim.compiled.loops import in_c

IMAGES = 1  # pairs of distant ones on either side; four make no difference of 0.1 ms or 2 K
SELF = 2 * np.e  # width of a strip over the distance at which its potential is its own mean: ln(w/2) - 1 = ln(w/2e)


def ring(radius, distance, source_radius, least=0.0):
    """(2/pi) K(m)/D in 1/nm: the potential of a ring over rho I/(4 pi).

    radius of the point, distance along the axis, source_radius of the ring, least: distance that counts for smaller
    ones; all in nm, broadcast.
    """
    from scipy.special import ellipkm1  # long to load

    height = distance**2
    near = np.maximum((radius - source_radius) ** 2 + height, least**2)
    far = (radius + source_radius) ** 2 + height
    return 2 / np.pi * ellipkm1(np.minimum(near / far, 1.0)) / np.sqrt(far)


def distant_ring(square, product, distance):
    """The same where the distance exceeds both radii or nearly: the mean over the ring, expanded in r a/S with
    S = r^2 + a^2 + distance^2. square: r^2 + a^2 in nm2; product: (r a)^2 in nm4."""
    whole = square + distance**2
    x = product / whole**2
    return (1 + x * (0.75 + 105 / 64 * x)) / np.sqrt(whole)


def layer_potentials(radius, height, source_radius, source_height, width, thickness):
    """Potentials at points of rings and all their images, over rho I/(4 pi), in 1/nm; arrays broadcast.

    width: of the strip of surface that a ring stands for: a point on it sees the strip's mean. thickness: L.
    """
    r, z, a, b, least = radius, height, source_radius, source_height, width / SELF
    period = 2 * thickness
    total = sum(ring(r, distance, a, least) for distance in (z - b, z + b, z + b - period))
    square, product = r**2 + a**2, (r * a) ** 2
    for k in range(-IMAGES, IMAGES + 1):
        if k:
            total += distant_ring(square, product, z - b + k * period)
        if k not in (0, -1):
            total += distant_ring(square, product, z + b + k * period)
    return total


@in_c(loops.potentials_at)
def potentials_at(r, z, source, height, width, thickness):
    """layer_potentials at points (n,) of rings (m,): (n, m)."""
    return layer_potentials(r[:, None], z[:, None], source, height, width, thickness)


@in_c(loops.mutual_potentials)
def mutual_potentials(r, z, source, width, thickness):
    """layer_potentials at points (n,) of their own rings, of the radius `source`, (n, n): each pair once, what one sees
    of the other being what the other sees of it."""
    first, second = np.triu_indices(len(r))
    found = np.empty((len(r), len(r)))
    found[first, second] = layer_potentials(r[first], z[first], source[second], z[second], width[second], thickness)
    found[second, first] = found[first, second]
    return found
