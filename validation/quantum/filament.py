"""The transport code, and contacts in one orbital per atom: numbers computed anew, in seconds."""

from dataclasses import replace
from functools import cache

import numpy as np

from ecmsim.quantum import recoil, tight_binding
from ecmsim.quantum.decimation import surface_green_function
from ecmsim.quantum.geometry import LATTICE_CONSTANTS, Fcc, neck
from ecmsim.quantum.tight_binding import Exponential
from validation.quantum.chain import FIG_1
from validation.quantum.facts import Between, Found, Near, RoundOff, Section
from validation.quantum.oracle import difference

SECTION = Section("The transport code, and filaments in one orbital per atom", "computed")
fact = SECTION.enter
PAPER = "Kharlanov"
CU = LATTICE_CONSTANTS["Cu"]
BIAS = 1.0  # V, of Fig. 2(a)
ENERGIES = 24  # in each half of its window; 40 change no force by 1e-3

fact(
    "against-ase",
    "transmission of the package's code against ase.transport on four random junctions, largest differences",
    "ase.transport, another program",
    RoundOff(1e-12),
    "round-off times the condition of random leads",
    lambda folder: tuple(difference(seed) for seed in range(4)),
)


@fact(
    "decimation",
    "surface Green's function of a chain by decimation in the middle of its band, |g t - i|",
    "closed form: g = -i/|t|",
    RoundOff(1e-6),
    "an imaginary energy of 1e-8 |t|, of which half of the digits remain",
)
def decimation(folder):
    g = surface_green_function(np.array([1e-8j]), [[0.0]], [[-1.0]], [[1.0]], [[0.0]])[0, 0, 0]
    return abs(-g - 1j)


# --- Kharlanov's filament ------------------------------------------------------------------------------------


@cache
def rod():
    """The 9-4-9-4-9 Cu filament between (100) electrodes: contact, hopping, Fermi level at half filling."""
    crystal = Fcc(CU, "100", 5)
    law = Exponential(crystal.neighbour_distance)
    return neck(crystal, (9, 4, 9, 4, 9)), law, tight_binding.fermi_level(law, CU)


@cache
def transmission_of_rod():
    """T(E_F)."""
    contact, law, level = rod()
    return float(tight_binding.transmission(contact, law, level))


@cache
def forces_on_rod(hopping=FIG_1):
    """Recoil forces at 1 V along the filament on the atoms that have all their neighbours, and their sizes.

    hopping between neighbours, eV.
    """
    contact, law, _ = rod()
    law = replace(law, hopping=hopping)
    level = tight_binding.fermi_level(law, CU)
    forces = recoil.recoil_forces(contact, law, BIAS, level, points=ENERGIES)
    forces = forces[np.isfinite(forces).all(axis=1)]
    return forces[:, 2], np.linalg.norm(forces, axis=1)


fact(
    "rod-paper",
    "initial conductance of the Cu filament, G0",
    f"{PAPER}, section 4 and Fig. 2(b): very close to 3",
    Near((3.0,), 0.1),
    "“very close”; the paper prints neither atoms nor cells",
    lambda folder: transmission_of_rod(),
)
for _key, _hopping, _words, _doubt in (
    (
        "rod-force",
        FIG_1,
        "-1.8 eV between neighbours",
        "To first order in the bias these forces do not depend on the hopping, as the density of states is its "
        "inverse. But 1 V is a larger part of the narrower band that the paper's section 4 has if taken as printed "
        "(-0.66 eV between neighbours): there the largest one is several tenths, see the next row. The package "
        "normalises the hopping to the -1.8 eV of Fig. 1. The paper prints neither numbers nor the atoms' places.",
    ),
    ("rod-force-printed", FIG_1 / np.e, "-1.8 eV exp(-ζ r) as printed", "The paper's atoms and cells are not printed."),
):
    fact(
        _key,
        f"largest recoil force on an atom of the Cu filament at 1 V, hopping {_words}",
        f"{PAPER}, section 4 and Fig. 2(a): several tenths",
        Between(0.2, 0.9),
        "“several tenths”",
        lambda folder, hopping=_hopping: forces_on_rod(hopping)[1].max(),
        "eV/Å",
        _doubt,
    )
fact(
    "rod-direction",
    "share of atoms of the Cu filament whose force points to the side of the electrons' excess",
    f"{PAPER}, section 4: the forces point towards the cathode, which has the higher density",
    Between(0.8, 1.0),
    "most of them; the paper prints no number",
    lambda folder: Found(
        float((forces_on_rod()[0] > 0).mean()),
        "the sign of μ_R is ambiguous, see below",
    ),
)
