"""The command `ecmsim quantum lookup`: a conductance in words."""

from contextlib import contextmanager

import numpy as np

from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.errors import TransportError
from ecmsim.quantum.barrier import decay_constant
from ecmsim.quantum.lookup import STEP, Lookup
from ecmsim.quantum.table import load_table
from ecmsim.text import quantity

METAL = "Ag"  # whose table is taken where none is named
MASS = 1.0  # electron masses: in vacuum
# Quantities by their names in messages, and the options that give them.
# What is answered: atoms and contacts of them, and gaps that something can be measured across; smallest, largest, unit.
RANGES = {
    "radius": (0.01, 1000.0, "nm"),
    "gap": (-10.0, 20.0, "nm"),
    "barrier": (0.01, 20.0, "eV"),
    "mass": (0.001, 10.0, ""),
}
OPTIONS = {name: f"--{name}" for name in ("radius", "gap", "bias", "barrier")} | {"effective mass": "--mass"}


def open_table(metal=None, file=None):
    """The table of a metal [Ag], or that in a file. Raises TransportError as load_table does, and where both differ."""
    if file is None:
        return _loaded("--metal", metal or METAL)
    table = _loaded("--table", file)
    if metal not in (None, table.metal):
        raise TransportError(f"--metal {metal}: the table {file} is one of {table.metal}; leave one of both out")
    return table


def open_lookup(metal=None, file=None, *, barrier=None, effective_mass=None, smooth=False):
    """The Lookup of a metal or a table's file, as open_table.

    barrier (eV): for wide gaps, effective_mass [1 electron mass] in it; smooth: no plateaus. Raises TransportError as
    Lookup does, and for a mass without a barrier.
    """
    if barrier is None and effective_mass is not None:
        raise TransportError(f"--mass {effective_mass:g}: it is that in a barrier; give --barrier as well, or neither")
    for name, value in (("barrier", barrier), ("mass", effective_mass)):
        if value is not None:
            _require_in_range(name, value)
    with _options_named():
        decay = None if barrier is None else decay_constant(barrier, MASS if effective_mass is None else effective_mass)
    return Lookup(open_table(metal, file), decay=decay, step=None if smooth else STEP)


def describe(lookup, radius, gap, bias=0.0, temperature=300.0):
    """The lines that the command prints of a Lookup: value, spread, derivatives, and where they come from.

    radius, gap (nm), bias (V), temperature (K, of the thermopower). Raises TransportError as Lookup does.
    """
    _require_in_range("radius", radius)
    _require_in_range("gap", gap)
    with _options_named():
        found = lookup(radius, gap, bias)
        tells = lookup.channels(radius, gap, bias, temperature)
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
        slope = quantity(tells.differential, "S", 4)
        lines += [f"I          = {quantity(found.conductance * bias, 'A', 4)}, dI/dV = {slope}"]
    if np.isfinite(tells.fano):
        lines += [f"F          = {tells.fano:.3g} (Fano factor of the shot noise 2eFI, at small bias)"]
    if np.isfinite(tells.thermopower):
        lines += [f"S          = {1e6 * tells.thermopower:.3g} µV/K (thermopower at {temperature:g} K)"]
    return "\n".join([*lines, *_origin(lookup, radius, gap)])


def _require_in_range(name, value):
    """Raise TransportError for a value of an option that no contact has; the Lookup tells that of zero or less."""
    low, high, unit = RANGES[name]
    if value > high or value < low and not value <= 0 < low:
        given, span = f"{value:.6g} {unit}".strip(), f"from {low:g} to {high:g} {unit}".strip()
        raise TransportError(f"--{name} {given}: must be {span}")


def _loaded(option, which):
    try:
        return load_table(which)
    except TransportError as error:
        raise TransportError(f"{option} {which}: {error}") from None


@contextmanager
def _options_named():
    """Errors of the body with the options of the command in place of its quantities."""
    try:
        yield
    except TransportError as error:
        name, _, rest = str(error).partition(" = ")
        raise TransportError(f"{OPTIONS[name]} {rest}" if name in OPTIONS else f"{error}") from None


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
