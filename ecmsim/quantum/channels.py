"""What the channels of a contact tell besides its conductance: shot noise, thermopower.

With transmissions T_i of the channels and T = sum T_i per spin, all at E_F and without bias:
Fano factor F = sum T_i (1 - T_i)/T, of the shot noise 2 e F I at 0 K (G. B. Lesovik, JETP Lett. 49, 592 (1989); M.
Buttiker, Phys. Rev. Lett. 65, 2901 (1990)); thermopower S = -(pi^2 k_B^2 Theta/3 e) d ln T/dE at the temperature Theta,
the first order of Sommerfeld's expansion (M. Cutler and N. F. Mott, Phys. Rev. 181, 1336 (1969)), of electrons alone.
"""

from dataclasses import dataclass

import numpy as np

from ecmsim.constants import BOLTZMANN_EV
from ecmsim.quantum.monotone import Curves

OPEN = 1e-9  # the least Fano factor: its logarithm is interpolated


@dataclass(frozen=True)
class Channels:
    """What the channels tell, arrays of the shape of what was asked for: fano; thermopower: V/K; differential: dI/dV
    in S."""

    fano: np.ndarray
    thermopower: np.ndarray
    differential: np.ndarray


def fano(entry):
    """Fano factor of a computed contact (table.Entry), nan without channels: 1 - sum T_i^2/T.

    Records keep twelve channels; what these leave of T counts as channels that are hardly open. Where T is a mean over
    k-points so is each channel, and the noise of what differs between k-points is counted as well.
    """
    if not entry.channels:
        return np.nan
    return 1 - float(np.sum(np.square(entry.channels))) / entry.T


def slope(entry):
    """d ln T/dE at E_F in 1/eV of a computed contact, nan without samples: of the parabola through three of them."""
    energy, T = np.asarray(entry.energies_eV), np.asarray(entry.transmission)
    if len(energy) < 3 or not energy[0] < 0 < energy[-1]:
        return np.nan
    k = int(np.clip(np.argmin(np.abs(energy)), 1, len(energy) - 2))
    curve = np.polyfit(energy[k - 1 : k + 2], T[k - 1 : k + 2], 2)
    return float(curve[1] / curve[2])


def thermopower(by_energy, temperature):
    """S in V/K of a contact whose d ln T/dE (1/eV) is by_energy, at a temperature (K)."""
    return -(np.pi**2) / 3 * BOLTZMANN_EV**2 * temperature * by_energy


class ChannelCurves:
    """Fano factor and d ln T/dE of a table's contacts against radius, and what a gap makes of them.

    Contacts: T F and T d ln T/dE are means over the shapes of each size, as T is; between the sizes ln F and d ln T/dE
    are monotone cubics of ln a. Below one atom both stay; beyond the last size F falls as 1/a, since channels of a wide
    contact are partly open at its edge alone, and d ln T/dE stays.
    Gap: all channels of a contact are weakened by the same factor d, so that 1 - F = d (1 - F_c); d ln d/dE is that of
    the table's tips, and grows beyond them as it did in their last interval, with the exponent.
    """

    def __init__(self, necks, tips, contact_separation):
        radii = np.array([entry.radius_nm for entry in necks])
        sizes, (noise, energy) = _means(radii, necks)
        x = np.log([sizes[0] / 2, *sizes, 2 * sizes[-1]])
        noise = np.log(np.clip([noise[0], *noise, noise[-1] / 2], OPEN, 1))
        energy = np.array([energy[0], *energy, energy[-1]])
        self._contacts = Curves(x, [noise, energy], np.zeros(2), np.array([-1.0, 0.0]))
        separations, (_, energy) = _means(np.array([entry.separation_nm for entry in tips]), tips)
        apart = separations > contact_separation
        at_contact = np.interp(contact_separation, separations, energy)
        gaps = np.array([-1.0, 0.0, *(separations[apart] - contact_separation)])
        change = np.array([0.0, 0.0, *(energy[apart] - at_contact)])
        last = (change[-1] - change[-2]) / (gaps[-1] - gaps[-2])
        self._gap = Curves(gaps, [change], 0.0, last)

    def contact(self, radius):
        """Fano factor and d ln T/dE (1/eV) of contacts of a radius (nm), without steps."""
        x = np.log(radius)
        return np.minimum(np.exp(self._contacts(x, 0)[0]), 1.0), self._contacts(x, 1)[0]

    def by_gap(self, gap):
        """d ln d/dE in 1/eV of a gap (nm)."""
        return self._gap(gap)[0]


def _means(keys, entries):
    """Keys without repetition, and Fano factor and d ln T/dE of each, weighed by T: (2, n)."""
    found, which = np.unique(keys, return_inverse=True)
    T = np.array([entry.T for entry in entries])
    values = np.array([[fano(entry) for entry in entries], [slope(entry) for entry in entries]])
    total = np.bincount(which, T)
    return found, np.array([np.bincount(which, T * row) / total for row in values])
