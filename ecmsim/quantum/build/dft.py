"""Hamiltonians from density functional theory: GPAW in a basis of atomic orbitals (LCAO). Imports it when called.

A. H. Larsen et al., Phys. Rev. B 80, 195112 (2009).
"""

import numpy as np

from ecmsim.errors import TransportError, TransportFailure
from ecmsim.quantum.build.assembly import Matrices

MISSING = """GPAW is not installed for {python}. It is not part of ecmsim's environment; either
  apt-get install gpaw                                 (Debian, Ubuntu), or
  apt-get install libxc-dev libopenblas-dev gcc python3-dev python3-venv
  python3 -m venv gpaw-env && . gpaw-env/bin/activate
  printf "mpi = False\\nscalapack = False\\nfftw = False\\nlibraries = ['xc', 'openblas']\\n" > siteconfig.py
  GPAW_CONFIG=$PWD/siteconfig.py pip install gpaw==25.7.0 h5py pandas
and then, in the repository: python3 -m ecmsim.quantum.build --metal Ag. Without it: --method tight-binding"""
MIXER = (0.05, 8, 100.0)


def require():
    """Import GPAW and return its version. Raises TransportError that tells how to get it."""
    try:
        import gpaw
    except ImportError:
        import sys

        raise TransportError(MISSING.format(python=sys.executable)) from None
    return gpaw.__version__


def calculation(metal, positions, ghost, cell, kpoints, settings, log):
    """ASE's atoms with GPAW's calculator, and by how many cells each was moved so as to lie within the cell (n, 3).

    Positions (n, 3) of atoms, some of them ghosts (n,), in a periodic cell (3, 3), angstrom; kpoints: of the grid along
    each reciprocal vector; settings: plan.Settings; log: file for GPAW's text.
    """
    from ase import Atoms
    from gpaw import GPAW, FermiDirac, Mixer

    # Away from the cell's faces, so that rounding moves no atom from one face to the other.
    fractional = (positions - positions[0]) @ np.linalg.inv(cell) + [0.0432, 0.0432, 0.5 / np.linalg.norm(cell[2])]
    wrapped = np.floor(fractional).astype(int)
    atoms = Atoms(metal + str(len(positions)), positions=(fractional - wrapped) @ cell, cell=cell, pbc=True)
    ghosts = np.nonzero(ghost)[0].tolist()
    atoms.calc = GPAW(
        mode="lcao",
        xc=settings.functional,
        setups={metal: settings.setup} | dict.fromkeys(ghosts, "ghost"),
        basis={metal: settings.basis} | dict.fromkeys(ghosts, settings.ghost_basis),
        h=settings.grid_spacing,
        kpts=kpoints,
        occupations=FermiDirac(settings.smearing),
        symmetry={"point_group": False, "time_reversal": True},
        mixer=Mixer(*MIXER),
        convergence={"density": settings.density_error, "energy": 1e-3, "eigenstates": 1e9},
        txt=str(log),
    )
    return atoms, wrapped


def settle(atoms, log):
    """Make the density of a calculation's atoms self-consistent. Raises TransportFailure where that fails."""
    from gpaw import KohnShamConvergenceError

    try:
        atoms.get_potential_energy()
    except KohnShamConvergenceError as error:
        raise TransportFailure(
            f"the density of {len(atoms)} atoms did not become self-consistent: see {log}; use a larger smearing"
        ) from error


def ground_state(metal, positions, ghost, cell, kpoints, settings, log) -> Matrices:
    """Self-consistent matrices of such a calculation, whose arguments these are.

    GPAW's convention exp(-2 pi i k.R) is turned into ours, and its wrapping of atoms into the cell undone.
    Raises TransportFailure as settle() does.
    """
    from gpaw.lcao.tools import get_lcao_hamiltonian, get_mulliken

    atoms, wrapped = calculation(metal, positions, ghost, cell, kpoints, settings, log)
    settle(atoms, log)
    calculator = atoms.calc
    charge = _charges(calculator, get_mulliken)
    h, s = get_lcao_hamiltonian(calculator)
    k = calculator.get_ibz_k_points()
    first = np.array([calculator.wfs.basis_functions.M_a[a] for a in range(len(atoms))])
    of = np.repeat(wrapped, np.diff(np.append(first, h.shape[-1])), axis=0)
    return Matrices(_ours(h[0], k, of), _ours(s, k, of), k, first, float(calculator.get_fermi_level()), charge)


def _ours(matrices, k, wrapped):
    """GPAW's matrices (k, n, n) with phases exp(2 pi i k.R) and atoms where they were before wrapping (n, 3)."""
    phases = np.exp(2j * np.pi * k @ wrapped.T)
    out = np.conj(matrices) * phases[:, :, None] * np.conj(phases[:, None, :])
    return out.real if not np.any(k) else out


def _charges(calculator, get_mulliken):
    """Electrons missing on every atom."""
    setups = calculator.wfs.setups
    electrons = get_mulliken(calculator, range(len(setups)))
    return np.array([setup.Nv - np.real(electrons[a]) for a, setup in enumerate(setups)])
