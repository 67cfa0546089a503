"""Atoms in motion: forces of the effective-medium theory, integrated with ASE, which is imported here only.

K. W. Jacobsen, P. Stoltze, J. K. Norskov, Surf. Sci. 366, 394 (1996); A. H. Larsen et al., J. Phys.: Condens. Matter
29, 273002 (2017).
"""

import sys
from dataclasses import replace

import numpy as np

from ecmsim.errors import ConfigError, TransportError

try:
    from ase import Atoms, units
    from ase.calculators.calculator import Calculator, all_changes
    from ase.calculators.emt import beta, parameters
    from ase.constraints import FixAtoms
    from ase.data import atomic_masses, atomic_numbers
    from ase.md.langevin import Langevin
    from ase.md.verlet import VelocityVerlet
    from ase.neighborlist import primitive_neighbor_list
    from ase.optimize import FIRE
except ImportError:
    raise ConfigError(
        f"molecular dynamics needs ASE, which {sys.executable} does not have: pip install ase (or ecmsim[atoms])"
    ) from None

SKIN = 1.0  # angstrom; the list of neighbours reaches so much farther and lasts until an atom has moved half of it
EDGE = 1e-4  # of the smooth end of the forces at the fourth shell, as in ASE's EMT
AT_REST = 1e-3  # eV/angstrom: the largest force on an atom where the energy is least
LONGEST_SEARCH = 5000  # steps
BEYOND = 0.5  # angstrom after the middle of that end, where nothing is left (6e-6): the same


class EffectiveMedium(Calculator):
    """ASE's EMT of one metal, for all pairs at a time: ten times as fast, for some hundred atoms.

    The same energies and forces as ase.calculators.emt.EMT, with the cutoff of the metal alone. Units of ASE. Raises
    ConfigError for a metal without parameters.
    """

    implemented_properties = ("energy", "free_energy", "forces")

    def __init__(self, metal):
        super().__init__()
        if metal not in parameters:
            raise ConfigError(f"no effective-medium potential for {metal!r}: there are {', '.join(parameters)}")
        e0, s0, v0, eta, kappa, decay, _ = parameters[metal]
        bohr = units.Bohr
        self.e0, self.s0, self.v0 = e0, s0 * bohr, v0
        self.eta, self.kappa, self.decay = eta / bohr, kappa / bohr, decay / bohr
        nearest = self.nearest = beta * self.s0
        self.middle = nearest * (np.sqrt(3) + 2) / 2
        self.slope = np.log(1 / EDGE - 1) / (2 * nearest - self.middle)
        shells, numbers = nearest * np.sqrt([1, 2, 3]), np.array([12, 6, 24])
        density, repulsion, _ = self._pair(shells)
        self.density = float(numbers @ density)
        self.pair = -12 * v0 / float(numbers @ repulsion)
        self.listed = self.external = None

    def push(self, forces):
        """External forces (n, 3) in eV/angstrom from now on, which count in no energy."""
        self.external = forces
        self.reset()

    def _pair(self, r):
        """Density and repulsion that an atom gives to another one at r, and the logarithmic slope of their end."""
        reach = 1 / (1 + np.exp(self.slope * (r - self.middle)))
        density = np.exp(-self.eta * (r - beta * self.s0)) * reach
        repulsion = np.exp(-self.kappa * (r / beta - self.s0)) * reach
        return density, repulsion, self.slope * (reach - 1)

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        first, second, across = self._neighbours(atoms)
        between = atoms.positions[second] + across - atoms.positions[first]
        r = np.sqrt(np.einsum("ij,ij->i", between, between))
        near = r < self.middle + BEYOND
        first, second, between, r = first[near], second[near], between[near], r[near]
        density, repulsion, end = self._pair(r)
        n = len(atoms)
        total = np.bincount(first, density, n) + np.bincount(second, density, n)
        lone = total <= 0  # an atom without neighbours
        s = -np.log(np.where(lone, self.density, total) / self.density) / (beta * self.eta)
        cohesion = self.e0 * np.exp(-self.decay * s)
        filling = 6 * self.v0 * np.exp(-self.kappa * s)
        energies = cohesion * (1 + self.decay * s) + filling - self.e0
        energies[lone] = -self.e0
        # By the density: ds/dn = -1/(beta eta n).
        slope = (cohesion * self.decay**2 * s + self.kappa * filling) / (beta * self.eta * np.where(lone, 1, total))
        slope[lone] = 0
        force = (slope[first] + slope[second]) * density * (end - self.eta)
        force += self.pair * repulsion * (end - self.kappa / beta)
        vectors = between * (force / r)[:, None]
        forces = np.stack(
            [np.bincount(first, vectors[:, x], n) - np.bincount(second, vectors[:, x], n) for x in range(3)], axis=1
        )
        if self.external is not None:
            forces += self.external
        energy = float(energies.sum() + self.pair * repulsion.sum())
        self.results = {"energy": energy, "free_energy": energy, "forces": forces}

    def _neighbours(self, atoms):
        """Every pair once, and the vector of the cell that the second atom is shifted by."""
        cell = atoms.cell.array
        if self.listed is None or not self._still_listed(atoms.positions, cell):
            reach = self.middle + BEYOND + SKIN
            first, second, shift = primitive_neighbor_list("ijS", atoms.pbc, cell, atoms.positions, reach)
            once = (first < second) | ((first == second) & (shift @ [1, 1e3, 1e6] > 0))
            self.pairs, self.shift = (first[once], second[once]), shift[once]
            self.listed = atoms.positions.copy(), cell.copy()
        return *self.pairs, self.shift @ cell

    def _still_listed(self, positions, cell):
        """Whether no pair can have come nearer by SKIN since the list was made."""
        moved = np.sqrt(np.square(positions - self.listed[0]).sum(axis=1).max())
        return 2 * moved + np.abs(cell - self.listed[1]).sum() < SKIN


class Dynamics:
    """A contact's atoms under EffectiveMedium and a thermostat; those that are frozen stay with the leads.

    contact: AtomicContact at rest; frozen: masks (n,) of the left and right atoms that do not move by themselves;
    temperature in K; damping in ps, the thermostat's, or None for none (energy is then conserved); step in fs; seed: of
    velocities and thermostat. The atoms begin where the contact has them, with velocities of twice the temperature,
    half of which soon is potential energy. The crystals beyond go on periodically: behind the right end's atoms come
    those of the left end.
    """

    def __init__(self, contact, metal, frozen, temperature, damping=1.0, step=2.0, seed=1):
        random = np.random.default_rng(seed)
        self.contact, self.right = contact, frozen[1]
        self.mobile = ~(frozen[0] | frozen[1])
        cell = np.vstack([contact.cell, contact.period])
        mass = atomic_masses[atomic_numbers[metal]]
        self.atoms = Atoms([metal] * len(self.mobile), positions=contact.positions, cell=cell, pbc=True)
        self.atoms.set_masses(np.full(len(self.mobile), mass))
        self.atoms.set_constraint(FixAtoms(mask=~self.mobile))
        self.atoms.calc = EffectiveMedium(metal)
        spread = np.sqrt(mass * units.kB * 2 * temperature)  # Maxwell and Boltzmann's
        self.atoms.set_momenta(spread * random.normal(size=contact.positions.shape))
        self.pulled = 0.0
        if damping is None:
            self.integrator = VelocityVerlet(self.atoms, step * units.fs)
        else:
            friction = 1 / (damping * 1e3 * units.fs)
            self.integrator = Langevin(
                self.atoms, step * units.fs, temperature_K=temperature, friction=friction, fixcm=False, rng=random
            )

    @property
    def positions(self):
        """(n, 3) in angstrom."""
        return self.atoms.positions

    @property
    def potential_energy(self):
        """Of EMT, in eV: 0 for a crystal of the potential's own lattice constant."""
        return self.atoms.get_potential_energy()

    @property
    def total_energy(self):
        """Potential and kinetic energy in eV."""
        return self.atoms.get_total_energy()

    @property
    def temperature(self):
        """Of the moving atoms' kinetic energy, in K."""
        return self.atoms.get_temperature()

    @property
    def momentum(self):
        """Of all atoms (3,), in eV ps/angstrom."""
        return self.atoms.get_momenta().sum(axis=0) / (1e3 * units.fs)

    @property
    def present(self):
        """The AtomicContact as it is now, its right lead where it has been pulled to."""
        right = self.contact.right
        moved = replace(right, positions=right.positions + [0, 0, self.pulled])
        return replace(self.contact, positions=self.positions.copy(), right=moved)

    def push(self, forces):
        """From now on these forces (n, 3) in eV/angstrom act as well, on the moving atoms."""
        self.atoms.calc.push(np.where(self.mobile[:, None], forces, 0))

    def pull(self, distance):
        """Move the right end, and the crystal beyond, by a distance (angstrom) away from the left one."""
        self.pulled += distance
        self.atoms.positions[self.right, 2] += distance
        cell = self.atoms.cell.array.copy()
        cell[2, 2] += distance
        self.atoms.set_cell(cell)

    def minimise(self):
        """Move the atoms to where the potential energy is least, next to where they are; their velocities stay.

        Raises TransportError where forces do not vanish.
        """
        momenta = self.atoms.get_momenta()
        if not FIRE(self.atoms, logfile=None).run(fmax=AT_REST, steps=LONGEST_SEARCH):
            raise TransportError(f"no minimum of the energy in {LONGEST_SEARCH} steps: use --start crystal")
        self.atoms.set_momenta(momenta)

    def run(self, steps):
        """Integrate so many steps."""
        self.integrator.run(steps)
