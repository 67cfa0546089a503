"""The plan of a table: which contacts are computed, with which settings, in which order."""

import tomllib
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from ecmsim.errors import TransportError

PLANS = Path(__file__).parent / "plans"
BRANCHES = ("contact", "gap", "check")
EXAMPLE = '{ name = "neck-1", branch = "contact", counts = [1] }'
PARTS = (
    ("metal", str, 'its metal, such as metal = "Ag"'),
    ("settings", dict, "a table [settings] with the lattice_constant in angstrom"),
    ("points", list, f"a list of points such as {EXAMPLE}"),
)


@dataclass(frozen=True)
class Settings:
    """What a point is computed with. Lengths in angstrom, energies in eV.

    Geometry: lattice_constant, face, size (atoms along each side of the lateral cell), thickness (atomic layers of
    a principal layer), spare (whole layers between principal layer and contact), box (lateral cell of a chain).
    Transport: eta, window and energies (samples of T(E) from -window to window; an odd number has E_F among them),
    k_lateral (points each way across).
    GPAW: functional, setup ("paw": the default), basis, ghost_basis (of ghost atoms, named with its setup),
    grid_spacing, k_lead (points along a principal layer of the lead), smearing, density_error (convergence).
    """

    lattice_constant: float
    face: str = "111"
    size: int = 3
    thickness: int = 3
    spare: int = 1
    box: float = 9.0
    eta: float = 1e-5
    window: float = 0.5
    energies: int = 11
    k_lateral: int = 1
    functional: str = "PBE"
    setup: str = "paw"
    basis: str = "szp(dzp)"
    ghost_basis: str = "szp(dzp)"
    grid_spacing: float = 0.2
    k_lead: int = 5
    smearing: float = 0.1
    density_error: float = 1e-4


GEOMETRY = ("lattice_constant", "face", "size", "thickness", "spare", "box")
TRANSPORT = ("eta", "window", "energies", "k_lateral")
DFT = tuple(field.name for field in fields(Settings) if field.name not in GEOMETRY + TRANSPORT)


@dataclass(frozen=True)
class Point:
    """One contact of the plan.

    branch: "contact" (a neck: T against radius), "gap" (facing tips: T against separation), "check" (of a setting,
    or of the method; `of` names the point it is compared with). counts: atoms in the layers of a neck, or of a tip
    from its lead on; separation: of the facing tips, or without counts of the faces of a crystal pulled apart; chain:
    atoms of a chain with this spacing instead of either; ghosts: ghost atoms on the axis between tips, or layers of
    them between faces; raised: by how many angstrom along the axis a neck's layers lie above the crystal's places, as
    `python -m ecmsim.quantum.build.relax` finds it; flags: remarks for the table, each a reason not to interpolate with
    the value.
    """

    name: str
    branch: str
    metal: str
    settings: Settings
    counts: tuple = ()
    separation: float | None = None
    chain: int = 0
    spacing: float | None = None
    ghosts: int = 0
    raised: tuple = ()
    of: str | None = None
    flags: tuple = ()

    def __post_init__(self):
        if self.branch not in BRANCHES:
            raise TransportError(f"point {self.name}: no branch {self.branch!r}; choose one of {', '.join(BRANCHES)}")
        one = bool(self.counts) != bool(self.chain) or (not self.counts and self.separation is not None)
        if not one or bool(self.chain) != (self.spacing is not None):
            raise TransportError(f"point {self.name}: give either counts, or chain with spacing, or a separation alone")
        if (self.separation is None and self.ghosts) or (self.chain and self.separation is not None):
            raise TransportError(f"point {self.name}: ghosts go with a separation, and neither with a chain")
        if self.raised and (self.form != "neck" or len(self.raised) != len(self.counts)):
            raise TransportError(
                f"point {self.name}: raised has {len(self.raised)} entries; give one for each layer of a neck, which "
                f"has {len(self.counts) if self.form == 'neck' else 'none here'}"
            )

    @property
    def form(self):
        """ "chain", "tips", "planes" or "neck"."""
        if self.chain:
            return "chain"
        return "neck" if self.separation is None else "tips" if self.counts else "planes"

    @property
    def atoms(self):
        """Atoms in the narrowest layer; of tips and planes, of the facing one."""
        narrowest = {"chain": (1,), "planes": (self.settings.size**2,), "tips": self.counts[-1:]}
        return min(narrowest.get(self.form, self.counts))

    def shape(self):
        """The entries that describe the contact, without those that it does not have."""
        entries = {
            name: getattr(self, name) for name in ("counts", "separation", "chain", "spacing", "ghosts", "raised")
        }
        return {"form": self.form} | {name: value for name, value in entries.items() if value}


@dataclass(frozen=True)
class Plan:
    """Points of one metal in the order in which they are computed: cheapest and most important first."""

    metal: str
    points: tuple

    def chosen(self, names):
        """The plan with the points named only; all for an empty list. Raises TransportError for unknown names."""
        unknown = set(names) - {point.name for point in self.points}
        if unknown:
            listed = ", ".join(point.name for point in self.points)
            raise TransportError(
                f"--point {', '.join(sorted(unknown))}: not in the plan of {self.metal}; choose from {listed}"
            )
        return replace(self, points=tuple(p for p in self.points if not names or p.name in names))


def plan_file(metal):
    """The package's plan of a metal. Raises TransportError where there is none."""
    path = PLANS / f"{metal}.toml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in PLANS.glob("*.toml")))
        raise TransportError(
            f"--metal {metal}: there is no plan for it; choose one of {known}, or give a file with --plan"
        )
    return path


def load_plan(path):
    """Read a plan: `metal`, a table `settings`, and `points`, whose entries may override settings.

    Raises TransportError for a file that cannot be read or is no plan, for an entry that does not exist and for names
    that occur twice.
    """
    try:
        data = tomllib.loads(Path(path).read_text())
    except OSError as error:
        raise TransportError(
            f"--plan {path}: cannot be read ({error.strerror}); give the file of a plan (TOML), or leave it out "
            "for the package's own"
        ) from None
    except ValueError as error:
        raise TransportError(f"--plan {path}: is not valid TOML: {error}") from None
    for name, kind, expected in PARTS:
        if not isinstance(data.get(name), kind):
            state = "is missing" if name not in data else f"= {data[name]!r:.40}"
            raise TransportError(f"--plan {path}: {name} {state}; a plan has {expected}")
    metal, common, entries = (data[name] for name, *_ in PARTS)
    if not all(isinstance(entry, dict) for entry in entries):
        raise TransportError(f"--plan {path}: each of the points is a table such as {EXAMPLE}")
    points = tuple(_point(path, metal, common, entry) for entry in entries)
    names = [point.name for point in points]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise TransportError(f"{path}: the name {', '.join(sorted(twice))} occurs more than once")
    return Plan(metal, points)


def _point(path, metal, common, entry):
    known = {field.name for field in fields(Settings)}
    settings = common | {key: value for key, value in entry.items() if key in known}
    own = {key: tuple(v) if isinstance(v, list) else v for key, v in entry.items() if key not in known}
    try:
        return Point(metal=metal, settings=Settings(**settings), **own)
    except TypeError as error:
        name = entry.get("name", "without a name")
        raise TransportError(
            f"{path}: point {name}: {error}; settings are {', '.join(sorted(known))}; entries of a point are "
            f"{', '.join(field.name for field in fields(Point))}"
        ) from error


def used(settings: Settings, names):
    """The settings of these names as a dict."""
    return {name: value for name, value in asdict(settings).items() if name in names}
