"""The Sharvin-Weyl law: conductance of a wide ballistic contact, continued from the atoms of a narrow one. In nm."""

import numpy as np

from ecmsim.errors import TransportError

LARGEST = 1e150  # of k_F a/2, whose square would overflow beyond


def fermi_wave_number(lattice_constant):
    """k_F = (3 pi^2 n)^(1/3) in 1/nm of an fcc metal with one conduction electron per atom, n = 4/a^3; a in nm.

    Free electrons: 12.0 for Ag, 13.6 for Cu, 12.0 for Au (N. W. Ashcroft and N. D. Mermin, Solid State Physics (1976),
    Table 2.1: 12.0, 13.6, 12.1).
    """
    return (12 * np.pi**2) ** (1 / 3) / lattice_constant


def equivalent_radius(atoms, area_per_atom):
    """Radius (nm) of the circle with the area of the atoms in a contact's narrowest layer; area in nm2."""
    return np.sqrt(np.asarray(atoms) * area_per_atom / np.pi)


def transmission(radius, wave_number, shift=0.0):
    """T = G/G0 = x^2 - x with x = k_F (a + shift)/2: Weyl's number of channels in a circle of radius a (nm).

    k_F^2 A/4 pi (Yu. V. Sharvin, Sov. Phys. JETP 21, 655 (1965)) less k_F P/4 pi for the edge (H. Weyl; see J. A.
    Torres, J. I. Pascual and J. J. Saenz, Phys. Rev. B 49, 16581 (1994)). shift: electrons spill out over the atoms'
    area, without it T is negative below 2/k_F. Raises TransportError for x < 1, where the law has no meaning.
    """
    x = wave_number * (np.asarray(radius, dtype=float) + shift) / 2
    if not np.all(np.isfinite(x) & (x < LARGEST)):
        raise TransportError(f"radius = {np.max(radius):g} nm: give finite radii, k_F a/2 at most {LARGEST:g}")
    if np.any(x < 1):
        raise TransportError(
            f"the Sharvin-Weyl law needs k_F a/2 >= 1, but the radius {np.min(radius):.3g} nm with a shift of "
            f"{shift:.3g} nm gives {np.min(x):.3g}: use it for wider contacts only"
        )
    return x**2 - x


def radius_shift(radius, transmission, wave_number):
    """The shift (nm) that makes the law continuous at a contact of known radius (nm) and transmission."""
    return (1 + np.sqrt(1 + 4 * np.asarray(transmission))) / wave_number - np.asarray(radius)
