"""A point for Quantum ESPRESSO: its atoms in a straight cell, and the inputs of pw.x and pwcond.x.

Lengths in angstrom, energies in eV from the Fermi level, but for cutoffs in Ry.
"""

from dataclasses import dataclass, replace

import numpy as np

from ecmsim.errors import TransportError
from ecmsim.quantum.bloch import k_points
from ecmsim.quantum.build.plan import Point
from ecmsim.quantum.build.structure import structure

MASS = 1.0  # an entry of the input: nothing moves
RYDBERG = 13.605693  # eV
LEAD_POINTS = (8, 3)  # of the lead's crystal, across and along
LEVELS = (0.4, 0.3, 0.2, 0.1, 0.0, -0.1, -0.2, -0.3, -0.4)  # eV, where its waves are computed


@dataclass(frozen=True)
class PlaneWaves:
    """Settings of the plane waves; what they share with the point (functional, k_lateral, smearing) is the point's.

    cutoff, density_cutoff: of waves and densities (Ry); spare: whole layers between principal layer and contact, in
    place of the point's; k_scf: points each way across for the density, 0: as for the transmission; k_along: points
    along the device; error: of the energy (Ry); mixing: share of the new density; window (Ry), projection: which waves
    across the cell pwcond.x keeps (ewind, epsproj); slabs: points of integration in a slab (nz1).
    """

    cutoff: float = 25.0
    density_cutoff: float = 200.0
    spare: int = 1
    k_scf: int = 0
    k_along: int = 2
    error: float = 1e-6
    mixing: float = 0.5
    window: float = 2.0
    projection: float = 1e-4
    slabs: int = 3


@dataclass(frozen=True)
class StraightCell:
    """Atoms (n, 3) of a periodic cell (3, 3) whose third vector is along z; the first layer is at z = 0.

    lead: height at which the lead's principal layer, which begins at z = 0, ends.
    """

    positions: np.ndarray
    vectors: np.ndarray
    lead: float


def straight_cell(point: Point, spare) -> StraightCell:
    """The device of a point as pwcond.x wants it, with `spare` whole layers on either side of the contact.

    Layers of the right lead are added until the crystal goes on straight above itself. Then layers are moved from the
    top to the bottom, by the period, until the principal layer at the bottom is in the middle of the metal: there it
    is least disturbed by the contact, and serves as the lead. Raises TransportError for a crystal that does not repeat.
    """
    found = structure(replace(point, settings=replace(point.settings, spare=spare)))
    contact, layer = found.contact, found.layer
    thickness = found.principal // layer
    primitive = (contact.cell / round(np.sqrt(layer)))[:, :2]
    for more in range(thickness):
        period = contact.right.positions[more * layer] - contact.positions[0]
        steps = period[:2] @ np.linalg.inv(primitive)
        if np.allclose(steps, np.round(steps), atol=1e-6):
            break
    else:
        raise TransportError(f"point {point.name}: the crystal does not repeat straight up within a principal layer")
    atoms = np.vstack([contact.positions, contact.right.positions[: more * layer]])
    height = np.array([0.0, 0.0, period[2]])
    if point.form == "chain":  # one atom beside the lead is enough
        atoms, height = atoms[: found.principal + 1], height * (found.principal + 1) / len(atoms)
    else:
        above = thickness + spare + more
        moved = layer * (above - (above + spare - 1) // 2)
        atoms = np.vstack([atoms[len(atoms) - moved :] - height, atoms[: len(atoms) - moved]])
    return StraightCell(atoms - atoms[0], np.vstack([contact.cell, height]), float(contact.right.repeat[2]))


def pw_input(point: Point, waves: PlaneWaves, cell: StraightCell):
    """Input of pw.x for the density of the device, as text."""
    s = point.settings
    side = float(np.linalg.norm(cell.vectors[0]))
    across = waves.k_scf or s.k_lateral
    shift = 1 - across % 2
    species, alat = f" {point.metal} {MASS} {point.metal}.UPF", f"{side:.10f}"
    return f"""&control
 calculation = 'scf', prefix = 'device', outdir = './scratch', pseudo_dir = '.'
/
&system
 ibrav = 0, A = {alat}, nat = {len(cell.positions)}, ntyp = 1,
 ecutwfc = {waves.cutoff}, ecutrho = {waves.density_cutoff}, input_dft = '{s.functional}',
 occupations = 'smearing', smearing = 'fd', degauss = {s.smearing / RYDBERG:.8f}
/
&electrons
 conv_thr = {waves.error}, mixing_beta = {waves.mixing}, mixing_mode = 'local-TF', electron_maxstep = 200
/
CELL_PARAMETERS alat
{_rows(cell.vectors / side)}
ATOMIC_SPECIES
{species}
ATOMIC_POSITIONS alat
{_rows(cell.positions / side, before=f"{point.metal} ")}
K_POINTS automatic
 {across} {across} {waves.k_along} {shift} {shift} 0
"""


def pwcond_input(point: Point, waves: PlaneWaves, cell: StraightCell, energy=0.0):
    """Input of pwcond.x for the transmission at an energy (from the device's E_F) and the point's k-points, as text."""
    side = float(np.linalg.norm(cell.vectors[0]))
    k, weights = k_points(point.settings.k_lateral, point.settings.k_lateral)
    return f"""&inputcond
 outdir = './scratch', prefixt = 'device', ikind = 1,
 bdl = {cell.lead / side:.10f}, bds = {cell.vectors[2, 2] / side:.10f},
 ewind = {waves.window}, epsproj = {waves.projection}, nz1 = {waves.slabs}
/
 {len(k)}
{_rows(np.column_stack([k, weights]))}
 1
 {round(energy, 4)}
"""


def crystal_input(metal, settings, waves: PlaneWaves):
    """Input of pw.x for the fcc crystal alone, as text: the primitive cell, with 8 x 8 x 8 points."""
    return f"""&control
 calculation = 'scf', prefix = 'crystal', outdir = './scratch', pseudo_dir = '.'
/
&system
 ibrav = 2, A = {settings.lattice_constant:.6f}, nat = 1, ntyp = 1,
 ecutwfc = {waves.cutoff}, ecutrho = {waves.density_cutoff}, input_dft = '{settings.functional}',
 occupations = 'smearing', smearing = 'fd', degauss = {settings.smearing / RYDBERG:.8f}
/
&electrons
 conv_thr = 1e-9
/
ATOMIC_SPECIES
 {metal} {MASS} {metal}.UPF
ATOMIC_POSITIONS alat
 {metal} 0.0 0.0 0.0
K_POINTS automatic
 8 8 8 1 1 1
"""


def lead_input(point: Point, waves: PlaneWaves):
    """Inputs of pw.x and pwcond.x for the lead's crystal: its density with many k-points, and its waves, as texts.

    The cell is a principal layer of one atom across; the waves are those at the k-points of unfolded().
    """
    narrow = replace(point, counts=(), chain=0, spacing=None, separation=9.0, ghosts=0)
    narrow = replace(narrow, settings=replace(point.settings, size=1, k_lateral=LEAD_POINTS[0]))
    contact = structure(narrow).contact
    layers = contact.positions[: point.settings.thickness]
    cell = StraightCell(layers - layers[0], np.vstack([contact.cell, contact.right.repeat]), contact.right.repeat[2])
    density = pw_input(narrow, replace(waves, k_scf=0, k_along=LEAD_POINTS[1], error=1e-7), cell)
    k = unfolded(point).reshape(-1, 2)
    rows = _rows(np.column_stack([k, np.ones(len(k))]))
    return (
        density,
        f"""&inputcond
 outdir = './scratch', prefixl = 'device', band_file = 'waves', ikind = 0,
 ewind = {waves.window}, epsproj = {waves.projection}, nz1 = {waves.slabs},
 energy0 = {LEVELS[0]}, denergy = {LEVELS[1] - LEVELS[0]:.4f}
/
 {len(k)}
{rows}
 {len(LEVELS)}
""",
    )


def unfolded(point: Point):
    """The k-points (k, size^2, 2) of a cell of one atom across that the point's k-points stand for."""
    size = point.settings.size
    k, _ = k_points(point.settings.k_lateral, point.settings.k_lateral)
    more = np.stack(np.meshgrid(np.arange(size), np.arange(size), indexing="ij"), axis=-1).reshape(-1, 2)
    return (k[:, None] + more) / size


def _rows(numbers, before=""):
    return "\n".join(before + " ".join(f"{x:15.10f}" for x in row) for row in numbers)
