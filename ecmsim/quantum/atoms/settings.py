"""What a trajectory of an atomic contact is made of: metal, shape, thermostat, steps, and what is done to it."""

import shlex
from dataclasses import asdict, dataclass, fields

import numpy as np

from ecmsim.errors import ConfigError, TransportError
from ecmsim.quantum import tight_binding
from ecmsim.quantum.atoms.hopping import Smooth
from ecmsim.quantum.bloch import k_points
from ecmsim.quantum.geometry import LATTICE_CONSTANTS, AtomicContact, Fcc, neck, tips
from ecmsim.quantum.recoil import KHARLANOV, KINDS

# Whole layers on either side: those next to the leads, which stay as the leads are, so that no moving atom is a
# neighbour of a lead; and those of the crystals' surfaces, which move.
FROZEN, MOBILE = 2, 1
LARGEST_LAYER = 10_000  # atoms
CRYSTAL, MINIMUM = "crystal", "minimum"
STARTS = (CRYSTAL, MINIMUM)
LARGEST_BIAS = 10.0  # V: no band of the metals is wider


@dataclass(frozen=True)
class Settings:
    """A trajectory's settings; every field is the option of the command line of that name, but for the unit.

    metal; counts: atoms in the layers of the neck (geometry.neck), or of one of two facing tips with separation_A
    between them (geometry.tips); face, size: of the crystals, size^2 atoms a layer; time_ps: of the trajectory, of
    which statistics leave out settle_ps; temperature_K, damping_ps: of Langevin's thermostat (the inverse friction;
    None: no thermostat); step_fs: of the integration; sample_ps: between rows; seed; runs: trajectories, with the
    seeds seed, seed + 1, ...; speed_m_s: at which the right crystal is pulled away, until rupture at most; bias_V: of
    the recoil forces (recoil.chemical_potentials: V > 0 has electrons come from the right), computed anew every
    force_ps; grid: of lateral k-points, grid x grid; recoil: the kind of these forces, of recoil.KINDS; start: where
    the atoms begin, at the sites of the crystal or where the potential energy is least, of STARTS. Raises
    ConfigError for values that make no trajectory.
    """

    metal: str = "Ag"
    counts: tuple = (9, 4, 9)
    face: str = "100"
    size: int = 4
    separation_A: float | None = None
    time_ps: float = 50.0
    settle_ps: float = 5.0
    temperature_K: float = 300.0
    damping_ps: float | None = 1.0
    step_fs: float = 4.0
    sample_ps: float = 0.5
    seed: int = 1
    runs: int = 1
    speed_m_s: float = 0.0
    bias_V: float = 0.0
    force_ps: float = 0.1
    grid: int = 1
    recoil: str = KHARLANOV
    start: str = CRYSTAL

    def __post_init__(self):
        if self.metal not in LATTICE_CONSTANTS:
            raise ConfigError(f"--metal {self.metal}: choose one of {', '.join(LATTICE_CONSTANTS)}")
        object.__setattr__(self, "counts", tuple(int(count) for count in self.counts))
        for field in fields(self):
            if "_" in field.name and (value := getattr(self, field.name)) is not None:
                object.__setattr__(self, field.name, float(value))
        if not self.counts or min(self.counts) < 1:
            raise ConfigError("--counts: give the atoms of every layer of the neck, each 1 or more, such as 9,4,9")
        if max(*self.counts, self.size**2, len(self.counts)) > LARGEST_LAYER:
            raise ConfigError(f"--counts, --size: more than {LARGEST_LAYER} atoms in a layer, or as many layers")
        for name, least in (("time_ps", 0), ("temperature_K", 0), ("step_fs", 0), ("sample_ps", 0), ("force_ps", 0)):
            if not getattr(self, name) > least:
                raise ConfigError(f"--{option(name)} {getattr(self, name):g}: must be more than {least}")
        for name, least in (("settle_ps", 0), ("speed_m_s", 0), ("grid", 1), ("runs", 1), ("size", 1), ("seed", 0)):
            if getattr(self, name) < least:
                raise ConfigError(f"--{option(name)} {getattr(self, name):g}: must be {least} or more")
        if not self.settle_ps < self.time_ps:
            raise ConfigError(f"--settle {self.settle_ps:g} ps: must be less than --time ({self.time_ps:g} ps)")
        if self.separation_A is not None and not self.separation_A > 0:
            raise ConfigError(f"--separation {self.separation_A:g} angstrom: must be more than 0")
        if abs(self.bias_V) > LARGEST_BIAS:
            raise ConfigError(f"--bias {self.bias_V:g} V: must be from -{LARGEST_BIAS:g} V to {LARGEST_BIAS:g} V")
        if self.damping_ps is not None and not self.damping_ps > 0:
            raise ConfigError(f"--damping {self.damping_ps:g}: must be more than 0")
        if self.recoil not in KINDS:
            raise ConfigError(f"--recoil {self.recoil}: choose one of {', '.join(KINDS)}")
        if self.recoil != KHARLANOV and not self.bias_V:
            raise ConfigError(f'--recoil {self.recoil}: forces of a bias need one, such as --bias "1 V"')
        if self.start not in STARTS:
            raise ConfigError(f"--start {self.start}: choose one of {', '.join(STARTS)}")
        for name in ("sample_ps", "force_ps"):
            if getattr(self, name) < self.step_ps * (1 - 1e-9):
                raise ConfigError(f"--{option(name)} must not be shorter than --step ({self.step_fs:g} fs)")
        self.contact()

    @property
    def step_ps(self):
        """Step of the integration in ps."""
        return self.step_fs * 1e-3

    @property
    def steps(self):
        """Steps of the whole trajectory."""
        return round(self.time_ps / self.step_ps)

    @property
    def lattice_constant(self):
        """Cubic, in angstrom."""
        return LATTICE_CONSTANTS[self.metal]

    @property
    def law(self):
        """Harrison's hopping with a smooth end."""
        return Smooth(tight_binding.Harrison(self.lattice_constant / np.sqrt(2)))

    @property
    def k(self):
        """Lateral k-points and their weights."""
        return k_points(self.grid, self.grid)

    def contact(self) -> AtomicContact:
        """The contact at rest, with FROZEN + MOBILE whole layers of the crystal on either side."""
        try:
            crystal = Fcc(self.lattice_constant, self.face, self.size)
            if self.separation_A is None:
                return neck(crystal, self.counts, ends=FROZEN, spare=MOBILE)
            return tips(crystal, self.counts, self.separation_A, ends=FROZEN, spare=MOBILE)
        except TransportError as error:
            raise ConfigError(f"--counts {','.join(map(str, self.counts))}: {error}") from None

    def frozen(self):
        """Atoms of the contact that stay where the left lead, and where the right lead, has them: two masks (n,)."""
        index, end = np.arange(len(self.contact().positions)), FROZEN * self.size**2
        return index < end, index >= len(index) - end

    @property
    def command(self):
        """The command line that makes this trajectory, but for its file."""
        words = ["ecmsim", "quantum", "trajectory"]
        default = Settings()
        for field in fields(self):
            value = getattr(self, field.name)
            if value != getattr(default, field.name) or field.name in ("metal", "counts", "time_ps"):
                words += [f"--{option(field.name)}", written(field.name, value)]
        return shlex.join(words)

    def as_dict(self):
        """All fields, for a file."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values):
        """The settings that as_dict() gave, also of a version with other fields: unknown ones are left out."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})


UNITS = {"ps": "ps", "K": "K", "fs": "fs", "s": "m/s", "V": "V", "A": "angstrom"}


def option(name):
    """The option of the command line for a field: time for time_ps."""
    return name.split("_")[0]


def written(name, value):
    """The value of a field as the command line takes it: "50 ps"."""
    if value is None:
        return "none"
    if name == "counts":
        return ",".join(map(str, value))
    unit = UNITS[name.rsplit("_", 1)[1]] if "_" in name else ""
    return f"{value:g} {unit}".strip() if isinstance(value, float) else str(value)
