"""What effective-medium theory says of the hops of [contact]: `python -m validation.atoms.hops`, minutes a metal.

On surfaces, beside what is measured there: how far the theory is to be trusted. In contacts between crystals that
stay: one atom of the narrowest layer hops away, so that fewer are left across. Its barrier there is E + B of the law
(ecmsim.physics.atom_by_atom), the barrier of its way back E, by a band of images between both minima whose highest one
climbs (nudged elastic band, G. Henkelman et al., J. Chem. Phys. 113, 9901 (2000)); the attempt frequency nu is that of
harmonic transition-state theory (G. H. Vineyard, J. Phys. Chem. Solids 3, 121 (1957)). Written as hops.csv beside this
file.
"""

import sys
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
from ase import Atoms, units
from ase.build import add_adsorbate, fcc100, fcc111
from ase.constraints import FixAtoms
from ase.mep import NEB
from ase.optimize import FIRE

from ecmsim.quantum.atoms.dynamics import EffectiveMedium
from ecmsim.quantum.atoms.section import narrowest
from ecmsim.quantum.atoms.settings import Settings

TABLE = Path(__file__).with_name("hops.csv")
METALS = ("Ag",)
# Face of the crystals and layers of the neck; of one to four atoms across.
CONTACTS = (
    ("111", (3, 1, 3)),
    ("100", (4, 1, 4)),
    ("111", (3, 2, 3)),
    ("111", (8, 3, 8)),
    ("100", (9, 4, 9)),
)
SIZE = 4  # atoms along each side of the crystals' lateral cell
IMAGES, STIFFNESS = 7, 1.0  # of a band; eV/angstrom^2 between its images
AT_REST, SEARCHED, BAND, ROUGH = 0.005, 0.05, 0.05, 0.3  # eV/angstrom: the largest force that is left
STEPS = 1500
DRAWN = 1500  # places around an atom, of which free ones are kept that are apart
NEAR, FAR, APART = 2.0, 4.0, 1.5  # angstrom: how far away from the atom, and from each other
CROWDED, BONDED = 2.3, 3.3  # angstrom: nearer than the first no other atom may be, within the second two at least
ALONE = 1.2  # angstrom: farther no other atom moves when one hops
SAME = 0.01  # eV: minima that differ by less are one
SHIFT = 0.01  # angstrom: for second derivatives


def with_forces(atoms, metal):
    """A copy of ASE's atoms with the forces of effective-medium theory."""
    atoms = atoms.copy()
    atoms.calc = EffectiveMedium(metal)
    return atoms


def relaxed(atoms, metal, force=AT_REST):
    """A copy at the next minimum of the energy; None where forces do not vanish."""
    atoms = with_forces(atoms, metal)
    return atoms if FIRE(atoms, logfile=None).run(fmax=force, steps=STEPS) else None


def band(first, last, metal):
    """From one minimum to another: the highest configuration between, and whether forces across the band vanish."""
    images = [with_forces(atoms, metal) for atoms in [first] * IMAGES + [last]]
    held = NEB(images, k=STIFFNESS, method="improvedtangent")
    held.interpolate()
    FIRE(held, logfile=None).run(fmax=ROUGH, steps=STEPS // 5)
    held.climb = True
    settled = FIRE(held, logfile=None).run(fmax=BAND, steps=STEPS // 2)
    return max(images, key=lambda image: image.get_potential_energy()), settled


def stiffness(atoms, metal):
    """Eigenvalues of the second derivatives of the energy over the mass, of the atoms that move, 1/s^2 (3n,)."""
    atoms, fixed = with_forces(atoms, metal), {index for each in atoms.constraints for index in each.index}
    moving = [index for index in range(len(atoms)) if index not in fixed]
    rows = []
    for index in moving:
        for axis in range(3):
            forces = []
            for sign in (1, -1):
                atoms.positions[index, axis] += sign * SHIFT
                forces.append(atoms.get_forces()[moving].ravel())
                atoms.positions[index, axis] -= sign * SHIFT
            rows.append((forces[1] - forces[0]) / (2 * SHIFT))
    second = np.array(rows)
    return np.linalg.eigvalsh((second + second.T) / 2) / atoms.get_masses()[0] * units.second**2


def frequency(minimum, saddle, metal):
    """Vineyard's attempt frequency, 1/s; not a number where the saddle has not one way down."""
    low, high = stiffness(minimum, metal), stiffness(saddle, metal)
    if (low <= 0).any() or np.count_nonzero(high <= 0) != 1:
        return np.nan
    return float(np.exp((np.log(low).sum() - np.log(high[1:]).sum()) / 2) / (2 * np.pi))


def hop(minimum, end, metal):
    """Barriers out and back (eV), attempt frequency of the way out (1/s); None where the band does not settle."""
    saddle, settled = band(minimum, end, metal)
    if not settled:
        return None
    low, high, there = (atoms.get_potential_energy() for atoms in (minimum, saddle, end))
    return high - low, high - there, frequency(minimum, saddle, metal)


def surfaces(metal):
    """Hops of one atom over surfaces, and the bond of a pair: one row of the table after another."""
    nearest = EffectiveMedium(metal).nearest
    for face, build, size, sites in (
        ("111", fcc111, (5, 5, 6), [{"position": "fcc"}, {"position": "hcp"}]),
        ("100", fcc100, (5, 5, 5), [{"position": "hollow"}, {"position": "hollow", "offset": (1, 0)}]),
    ):
        slab = build(metal, size, a=nearest * np.sqrt(2), vacuum=8.0)
        slab.pbc = (True, True, False)
        bottom = slab.positions[:, 2]
        slab.set_constraint(FixAtoms(mask=bottom < bottom.min() + 0.9 * nearest))
        both = []
        for site in sites:
            adsorbed = slab.copy()
            add_adsorbate(adsorbed, metal, 0.8 * nearest, **site)
            both.append(relaxed(adsorbed, metal))
        out, back, often = hop(*both, metal)
        yield row(metal, "adatom", face, "", 0, out, back, often)
        if face == "111":
            pairs = [relaxed(paired(slab, metal, 0.8 * nearest, at), metal) for at in ((1, 0), (2, 1))]
            bound, apart = (atoms.get_potential_energy() for atoms in pairs)
            yield row(metal, "pair", face, "", 0, apart - bound, np.nan, np.nan)


def paired(slab, metal, height, at):
    """A (111) slab with two atoms on it, the second by so many lattice vectors away."""
    slab = slab.copy()
    for offset in ((0, 0), at):
        add_adsorbate(slab, metal, height, position="fcc", offset=offset)
    return slab


def contact_of(metal, face, counts):
    """ASE's atoms of a contact at rest, and a function of positions (n, 3): how many atoms are across."""
    settings = Settings(metal, counts, face=face, size=SIZE)
    contact, frozen = settings.contact(), settings.frozen()
    cell = np.vstack([contact.cell, contact.period])
    atoms = Atoms([metal] * len(contact.positions), positions=contact.positions, cell=cell, pbc=True)
    atoms.set_constraint(FixAtoms(mask=frozen[0] | frozen[1]))

    def across(positions):
        return narrowest(positions, contact.cell, settings.law.distance, *frozen)

    return atoms, across


def hopping(atoms):
    """The atom that is to hop: of the layer with the fewest atoms between the ends, the farthest from the axis."""
    heights = np.round(atoms.positions[:, 2], 2)
    fixed = atoms.constraints[0].index
    layers = [np.flatnonzero(heights == height) for height in np.unique(np.delete(heights, fixed))]
    narrow = min(layers, key=len)
    return int(narrow[np.argmax(np.linalg.norm(atoms.positions[narrow, :2], axis=1))])


def places(minimum, moved, seed=0):
    """Free places around an atom, apart from each other, in angstrom (n, 3): from these the next minima are sought."""
    random, others = np.random.default_rng(seed), np.delete(np.arange(len(minimum)), moved)
    found, probe = [], minimum.copy()
    for _ in range(DRAWN):
        way = random.normal(size=3)
        place = minimum.positions[moved] + random.uniform(NEAR, FAR) * way / np.linalg.norm(way)
        if any(np.linalg.norm(place - other) < APART for other in found):
            continue
        probe.positions[moved] = place
        distances = probe.get_distances(moved, others, mic=True)
        if distances.min() > CROWDED and np.count_nonzero(distances < BONDED) > 1:
            found.append(place)
    return found


def ends(minimum, moved, metal):
    """Minima to which this atom can hop from a minimum, the others staying: one after another, ASE's atoms."""
    energy, found, others = minimum.get_potential_energy(), [], np.delete(np.arange(len(minimum)), moved)
    for place in places(minimum, moved):
        placed = minimum.copy()
        placed.positions[moved] = place
        end = relaxed(placed, metal, SEARCHED)
        if end is None:
            continue
        ways = np.linalg.norm(end.positions - minimum.positions, axis=1)
        raised = end.get_potential_energy() - energy
        if ways[moved] > ALONE > ways[others].max() and all(abs(raised - other) > SAME for other in found):
            found.append(raised)
            yield relaxed(end, metal)


def leaving(metal, face, counts):
    """The easiest hop out of a contact that leaves fewer atoms across: a row of the table, or None where there is none.

    Of several hops as easy it is that to the lowest end.
    """
    atoms, across = contact_of(metal, face, counts)
    minimum = relaxed(atoms, metal)
    before, hops = across(minimum.positions), []
    for end in ends(minimum, hopping(atoms), metal):
        if end is not None and across(end.positions) < before and (found := hop(minimum, end, metal)):
            hops.append(found)
    if not hops:
        return None
    least = min(out for out, *_ in hops)
    easiest = max((found for found in hops if found[0] < least + SAME), key=lambda found: found[1])
    return row(metal, "contact", face, "-".join(map(str, counts)), before, *easiest)


def row(metal, what, face, neck, atoms, out, back, often):
    """A row of the table; barriers in eV, the frequency in 1/s."""
    return {
        "metal": metal,
        "what": what,
        "face": face,
        "neck": neck,
        "atoms": atoms,
        "out_eV": round(out, 3),
        "back_eV": round(back, 3),
        "frequency_per_s": float(f"{often:.2g}"),
    }


def main(metals):
    rows = []
    for metal in metals:
        for found in chain(surfaces(metal), (leaving(metal, *contact) for contact in CONTACTS)):
            if found:
                rows.append(found)
                print(*found.values(), flush=True)
    new = pd.DataFrame(rows)
    if TABLE.exists():
        kept = pd.read_csv(TABLE, dtype={"face": str})
        new = pd.concat([kept[~kept.metal.isin(metals)], new])
    new.to_csv(TABLE, index=False)


if __name__ == "__main__":
    main(sys.argv[1:] or METALS)
