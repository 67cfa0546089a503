"""The transport code beside ase.transport on random leads and devices."""

import numpy as np

from ecmsim.quantum.leads import Contact, Lead
from ecmsim.quantum.transport import Junction
from validation.quantum.facts import Open

ORBITALS, LAYERS = 4, 3
ENERGIES = np.linspace(-2.4, 2.4, 9)  # eV


def difference(seed, eta=1e-5):
    """Largest difference of T(E) between a random Junction and the same in ASE. Raises Open without ASE."""
    try:
        from ase.transport.calculators import TransportCalculator
    except ImportError:
        raise Open("ASE is not installed here: ecmsim[test] names it") from None
    rng = np.random.default_rng(seed)
    left, right = (_symmetric(*rng.normal(size=(2, ORBITALS, ORBITALS))) for _ in range(2))
    n = LAYERS * ORBITALS
    h, _ = _symmetric(0.5 * rng.normal(size=(n, n)), None)
    first, last = np.arange(ORBITALS), np.arange(n - ORBITALS, n)
    h[np.ix_(first, first)], h[np.ix_(last, last)] = left[0], right[0]
    ours = Junction(h, Contact(Lead(*left), first), Contact(Lead(*right), last), eta=eta)
    # ASE wants two layers of a lead in the order of the z axis; our left one points away from the device.
    pairs = ((left[0], left[1].T), right)
    h1, h2 = (np.block([[own, onward], [onward.T, own]]) for own, onward in pairs)
    theirs = TransportCalculator(h=h.copy(), h1=h1, h2=h2, energies=ENERGIES, eta=eta, eta1=eta, eta2=eta)
    return float(np.abs(ours.transmission(ENERGIES) - theirs.get_transmission()).max())


def _symmetric(own, onward):
    return own + own.T, onward
