"""The command `ecmsim quantum lookup`: a conductance in words."""

import numpy as np

from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.quantum.barrier import decay_constant
from ecmsim.quantum.lookup import STEP, Lookup
from ecmsim.text import quantity


def open_lookup(which, *, barrier=None, effective_mass=1.0, smooth=False):
    """The Lookup of a metal or a table's file. barrier (eV): for wide gaps; smooth: no plateaus. As Lookup raises."""
    decay = None if barrier is None else decay_constant(barrier, effective_mass)
    return Lookup(str(which), decay=decay, step=None if smooth else STEP)


def describe(which, radius, gap, bias=0.0, **options):
    """The lines that the command prints: value, spread, derivatives, and where they come from.

    radius, gap (nm), bias (V); options: those of open_lookup. Raises TransportError as Lookup does.
    """
    lookup = open_lookup(which, **options)
    found = lookup(radius, gap, bias)
    atoms = (radius / lookup.atom_radius) ** 2
    low, high = found.low / CONDUCTANCE_QUANTUM, found.high / CONDUCTANCE_QUANTUM
    value, shapes = quantity(found.conductance, "S", 4), f"{low:.4g} to {high:.4g} G0 by the contact's shape"
    lines = [
        f"{lookup.table.metal}, radius {radius:.4g} nm ({atoms:.3g} atoms), gap {gap:.4g} nm, bias {bias:.3g} V",
        f"G          = {value} = {found.transmission:.4g} G0 ({shapes})",
        f"dG/dgap    = {quantity(found.by_gap, 'S/nm', 4)}",
        f"dG/dradius = {quantity(found.by_radius, 'S/nm', 4)}",
    ]
    if bias:
        slope = found.conductance + bias * found.by_bias
        lines += [f"I          = {quantity(found.conductance * bias, 'A', 4)}, dI/dV = {quantity(slope, 'S', 4)}"]
    return "\n".join([*lines, *_origin(lookup, radius, gap)])


def _origin(lookup, radius, gap):
    """What of a value is not interpolated."""
    if radius > lookup.last_radius:
        yield (
            f"beyond the table's radii (to {lookup.last_radius:.3g} nm): Sharvin-Weyl law, radius shifted by "
            f"{lookup.shifts[0]:.3g} nm"
        )
    if radius < lookup.atom_radius:
        yield f"less than one atom (radius {lookup.atom_radius:.3g} nm)"
    if gap > lookup.last_gap:
        yield (
            f"beyond the table's gaps (to {lookup.last_gap:.3g} nm): exponential decay, "
            f"a decade in {np.log(10) / lookup.decay:.3g} nm"
        )
