"""The two ways to the Hamiltonian of a point: density functional theory (gpaw) and one orbital per atom."""

import time
from dataclasses import dataclass, field, replace
from hashlib import sha256

import numpy as np

from ecmsim.errors import TransportError
from ecmsim.quantum import tight_binding
from ecmsim.quantum.bloch import k_points
from ecmsim.quantum.build import dft
from ecmsim.quantum.build.assembly import Matrices, junctions
from ecmsim.quantum.build.plan import DFT, GEOMETRY, TRANSPORT, Point, used
from ecmsim.quantum.build.records import canonical, write_whole
from ecmsim.quantum.build.structure import structure


@dataclass(frozen=True)
class Prepared:
    """Junctions of the lateral k-points, their weights, the energy of the Fermi level in them (eV), and checks.

    seconds: wall time of the Hamiltonians, also of those that were there already.
    """

    junctions: list
    weights: np.ndarray
    fermi: float
    checks: dict
    seconds: dict = field(default_factory=dict)


class TightBinding:
    """One s orbital per atom at half filling, with Harrison's hopping: seconds a point, for tests and fluctuations."""

    name = "tight-binding"
    settings = GEOMETRY + TRANSPORT

    def versions(self):
        """Of the libraries that only this method uses."""
        return {}

    def law(self, point: Point):
        """Hopping between neighbours of the point's crystal."""
        return tight_binding.Harrison(point.spacing or point.settings.lattice_constant / np.sqrt(2))

    def refusal(self, point: Point):
        """Why the model cannot do a point, or None: gaps wider than its hopping, ghost orbitals."""
        cutoff = self.law(point).cutoff
        if point.ghosts:
            return "the model has no ghost orbitals"
        if (point.separation or 0) >= cutoff:
            return f"the model's hopping ends at {cutoff:.3g} angstrom"
        return None

    def prepare(self, point: Point, store) -> Prepared:
        """Raises TransportError for points that the model cannot do."""
        if reason := self.refusal(point):
            raise TransportError(f"point {point.name}: {reason}; compute it with --method gpaw")
        s, law = point.settings, self.law(point)
        # A chain's band is half filled at the orbital's level.
        fermi = 0.0 if point.form == "chain" else tight_binding.fermi_level(law, s.lattice_constant)
        k, weights = k_points(s.k_lateral, s.k_lateral)
        contact = structure(point).contact
        found = [tight_binding.junction(contact, law, lateral, s.eta) for lateral in k]
        return Prepared(found, weights, fermi, {})


class Gpaw:
    """LCAO density functional theory of a lead's principal layer and of the device: minutes to an hour a point."""

    name = "gpaw"
    settings = GEOMETRY + TRANSPORT + DFT

    def versions(self):
        """Of the libraries that only this method uses. Raises TransportError that tells how to get GPAW."""
        from importlib import metadata

        return {"gpaw": dft.require(), "ase": metadata.version("ase"), "gpaw_data": metadata.version("gpaw_data")}

    def refusal(self, point: Point):
        """None: all points can be tried."""

    def prepare(self, point: Point, store) -> Prepared:
        """store: folder in which matrices are kept, so that leads are shared and transport can be repeated."""
        s, atoms = point.settings, structure(point)
        across = (s.k_lateral, s.k_lateral)
        layer = atoms.contact.positions[: atoms.principal]
        none = np.zeros(atoms.principal, dtype=bool)
        lead = _kept(store, point, layer, none, atoms.lead_cell, (*across, s.k_lead), "lead")
        device = _kept(store, point, *atoms.order, atoms.cell, (*across, 1), "device")
        found, weights, checks = junctions(lead, device, atoms, s)
        return Prepared(found, weights, 0.0, checks, {"lead": lead.seconds, "device": device.seconds})


METHODS = {method.name: method for method in (Gpaw(), TightBinding())}


def evaluate(prepared: Prepared, energies):
    """T(E) (n,), eigenchannels at E_F, and checks of the transport itself; energies (n,) in eV from E_F.

    Channels of several lateral k-points are averaged in the order of their size.
    """
    weights = np.asarray(prepared.weights)
    at = prepared.fermi + np.asarray(energies, dtype=float)
    transmission = sum(w * j.transmission(at) for w, j in zip(weights, prepared.junctions, strict=True))
    channels = [j.eigenchannels(prepared.fermi) for j in prepared.junctions]
    mean = sum(w * c for w, c in zip(weights, channels, strict=True))
    backward = sum(
        w * type(j)(j.h, j.right, j.left, j.s, j.eta).transmission(prepared.fermi)
        for w, j in zip(weights, prepared.junctions, strict=True)
    )
    forward = float(np.interp(0.0, energies, transmission))
    checks = {"asymmetry": abs(float(backward) - forward), "channel_sum": float(mean.sum()) - forward}
    return transmission, mean, checks


def _kept(store, point, positions, ghost, cell, kpoints, what):
    """Matrices of a periodic system: read where it has been computed before, else computed and kept."""
    s = point.settings
    description = {
        "metal": point.metal,
        "positions": np.round(positions - positions[0], 3) + 0.0,
        "ghost": np.nonzero(ghost)[0],
        "cell": np.round(cell, 3) + 0.0,
        "kpoints": kpoints,
        "settings": used(s, DFT),
        "version": dft.require(),
    }
    key = sha256(canonical(description).encode()).hexdigest()[:16]
    path = store / f"{what}-{key}.npz"
    if path.is_file():
        with np.load(path) as data:
            return Matrices(**{name: value if value.ndim else float(value) for name, value in data.items()})
    store.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    matrices = dft.ground_state(point.metal, positions, ghost, cell, kpoints, s, path.with_suffix(".txt"))
    matrices = replace(matrices, seconds=time.monotonic() - begun)
    write_whole(path, lambda file: np.savez(file, **vars(matrices)))
    return matrices
