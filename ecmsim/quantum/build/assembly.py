"""From matrices of periodic calculations of lead and device to junctions, with checks of how they fit."""

from dataclasses import dataclass

import numpy as np

from ecmsim.errors import TransportError, TransportFailure
from ecmsim.quantum.bloch import k_points, real_space_block
from ecmsim.quantum.leads import Contact, Lead, layer_mismatch
from ecmsim.quantum.transport import Junction

SEAM = 0.5  # eV by which the block across the cell's end may differ from the lead's before it is called wrong


@dataclass(frozen=True)
class Matrices:
    """H and S (k, n, n) of a periodic calculation, X(k) = sum_R X(R) exp(2 pi i k.R), in eV.

    k (k, 3): in units of the reciprocal vectors; of k and -k one is enough. first (atoms,): each atom's first
    orbital; fermi: Fermi level; charge (atoms,): electrons missing by Mulliken's count; seconds: wall time it took.
    """

    h: np.ndarray
    s: np.ndarray
    k: np.ndarray
    first: np.ndarray
    fermi: float
    charge: np.ndarray
    seconds: float = 0.0

    def at(self, k):
        """H and S at a k-point, also by time reversal from that at -k."""
        for sign in (1, -1):
            distance = np.abs((self.k - sign * np.asarray(k) + 0.5) % 1 - 0.5).max(axis=1)
            i = int(np.argmin(distance))
            if distance[i] < 1e-6:
                return (self.h[i], self.s[i]) if sign == 1 else (self.h[i].conj(), self.s[i].conj())
        raise TransportError(f"the calculation has no k-point ({', '.join(f'{x:.4g}' for x in k)})")


def junctions(lead: Matrices, device: Matrices, structure, settings):
    """Junctions of all lateral k-points, their weights, and checks (a dict, eV).

    The lead's Fermi level becomes zero. The device's zero of energy is found where the lead is least disturbed, in
    the outermost atomic layers. Couplings round the end of the device's cell are taken out. Raises TransportFailure
    where lead and device do not continue each other (wrong order of atoms or sign of k).
    """
    lateral, weights = k_points(settings.k_lateral, settings.k_lateral)
    parts = [_part(lead, device, structure, settings, k) for k in lateral]
    checks = {
        name: max((part[-1][name] for part in parts), key=abs)
        for name in ("second_layer", "seam", "seam_reversed", "remainder_left", "remainder_right")
    }
    for side in ("left", "right"):
        checks[f"offset_{side}"] = float(weights @ [part[-1][f"offset_{side}"] for part in parts])
    if not checks["seam"] < min(SEAM, checks["seam_reversed"] + 1e-9):
        raise TransportFailure(
            f"the device does not go on as the lead does: blocks differ by {checks['seam']:.3g} eV, and by "
            f"{checks['seam_reversed']:.3g} eV from the lead's turned round; check order of atoms and sign of k"
        )
    offset = (checks["offset_left"] + checks["offset_right"]) / 2
    outermost = np.r_[: structure.layer, -structure.layer : 0]
    checks |= {
        "fermi_lead": lead.fermi,
        "fermi_device": device.fermi,
        "fermi_difference": device.fermi - offset,
        "charge_outermost": float(device.charge[outermost].mean()),
    }
    found = [Junction(h - offset * s, left, right, s=s, eta=settings.eta) for h, s, left, right, _ in parts]
    return found, weights, checks


def _part(lead, device, structure, settings, lateral):
    """Device matrices, contacts and checks at one lateral k-point."""
    crystal, second = _lead(lead, lateral, settings.k_lead)
    h, s = device.at([*lateral, 0.0])
    positions, _ = structure.order
    height = np.repeat(positions[:, 2], np.diff(np.append(device.first, len(h))))
    round_the_end = np.abs(height[:, None] - height) > structure.cell[2, 2] / 2
    m, n = len(crystal.h00), len(h)
    left, right = Contact(crystal.reversed(), np.arange(m)), Contact(crystal, np.arange(n - m, n))
    outer = device.first[structure.layer]
    first, last = layer_mismatch(h, s, left, slice(0, outer)), layer_mismatch(h, s, right, slice(m - outer, m))
    offset = (first[0] + last[0]) / 2
    seam = h[-m:, :m] - offset * s[-m:, :m]
    checks = {
        "second_layer": second,
        "seam": float(np.abs(seam - crystal.h01).max()),
        "seam_reversed": float(np.abs(seam - crystal.h01.conj().T).max()),
        "offset_left": first[0],
        "offset_right": last[0],
        "remainder_left": first[1],
        "remainder_right": last[1],
    }
    return np.where(round_the_end, 0, h), np.where(round_the_end, 0, s), left, right, checks


def _lead(lead, lateral, points):
    """The lead at a lateral k-point with its Fermi level at zero, and the largest coupling to the second layer."""
    phases = (2 * np.arange(points) - points + 1) / (2 * points)
    at = [lead.at([*lateral, phase]) for phase in phases]
    h, s = (np.array(matrices) for matrices in zip(*at, strict=True))
    h = h - lead.fermi * s
    weights = np.full(points, 1 / points)
    blocks = [real_space_block(x, phases, weights, cells) for cells in (0, 1) for x in (h, s)]
    if not np.any(lateral):
        blocks = [block.real for block in blocks]  # by time reversal
    h00, s00, h01, s01 = blocks
    second = float(np.abs(real_space_block(h, phases, weights, 2)).max()) if points > 4 else float("nan")
    return Lead((h00 + h00.conj().T) / 2, h01, (s00 + s00.conj().T) / 2, s01), second
