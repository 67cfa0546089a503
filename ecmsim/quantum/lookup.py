"""Conductance of an atomic contact or gap against radius, gap and bias, from the table of a metal: at run time.

from ecmsim.quantum.lookup import lookup
found = lookup("Ag", radius=0.3, gap=0.1, bias=0.1)  # nm, nm, V; found.conductance in S
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.errors import TransportError
from ecmsim.quantum import sharvin, window
from ecmsim.quantum.channels import ChannelCurves, Channels, thermopower
from ecmsim.quantum.monotone import Curves, monotone
from ecmsim.quantum.plateaus import between_atoms
from ecmsim.quantum.table import load_table

STEP = 0.5  # of an atom
OVERLAP = 1.0  # nm; where the curve of the gap begins, below contact, with no slope
LARGEST, SMALLEST = 1e9, 1e-9  # nm, of radii and gaps: beyond them numbers overflow, and no contact is
HARDEST = 1e6  # 1/nm; no barrier has a larger decay
BLOCK = 8192  # points at a time, for the processor's cache


@dataclass(frozen=True)
class Conductance:
    """What the lookup gives; arrays of the shape of its arguments, numbers for numbers.

    conductance G (S); low, high (S): of the contact's shapes of this size, with steps as G has them; by_gap, by_radius
    (S/nm), by_bias (S/V): derivatives of G. G = I/V: the differential conductance is G + V by_bias. by_bias is
    piecewise: of an interpolation in V^2 between rows (Lookup.biases), it jumps at each of them; Lookup.channels has a
    continuous one.
    """

    conductance: np.ndarray
    low: np.ndarray
    high: np.ndarray
    by_gap: np.ndarray
    by_radius: np.ndarray
    by_bias: np.ndarray

    @property
    def transmission(self):
        """T = G/G0."""
        return self.conductance / CONDUCTANCE_QUANTUM


class Lookup:
    """G(a, g, V) = G0 T_c(a, V) d(g, V): the table's contacts of radius a, apart by a gap g as the table's tips are.

    Radius a (nm): of the circle with the area of the narrowest section, N = (a/a_1)^2 atoms. Gap g (nm): between the
    metal's SURFACES, as a model of continuous metal has it; two atoms that touch with g = 0 have their centres apart
    by contact_separation, so that g = s - contact_separation of the table's separation s. Below g = 0 metal is in
    contact, and more overlap changes nothing.

    Contact, T_c: ln T against ln a is a monotone cubic through the means over the shapes of each size (isotonic, where
    these do not rise). Above the last size, the Sharvin-Weyl law with the radius shift that makes it continue the last
    size: exactly from one atomic radius further on, with equal slopes there. Below one atom, T is proportional to the
    area. With steps, T_c stands still at the value of N atoms and rises to that of N + 1 within the width `step` around
    (a/a_1)^2 = N + 1/2, as 3u^2 - 2u^3; less than one atom is one atom. This is the default, since atoms come one at a
    time and plateaus are what is measured; step=None gives the smooth mean over arrangements.

    Gap, d = t(s)/t(contact_separation) of facing one-atom tips: monotone cubic of ln t, with no slope at g = 0; after
    the last usable separation exp(-2 kappa g), exactly from one more interval of the table on. 2 kappa is `decay`, of
    the dielectric's barrier (barrier.decay_constant), or else that of the last interval of the table, which is vacuum.
    d is relative to the tips in contact, while T_c is the mean over necks: G does not pass through the table's tips.
    Those of Ag conduct about 1 G0 in contact, its necks of one atom 1.2 times that, and so does G at every gap.

    Both factors and their derivatives by a and g are continuous. Bias: means of T(E) over the window (window.py)
    instead of T(E_F), |V| <= largest_bias, at the voltages `biases`; between these rows ln G is linear in V^2, so that
    G is continuous and by_bias is not.

    Limits: one decay for all radii, so a wide gap counts as parallel one-atom gaps, without the spreading of the beam
    in which a tip differs from a plane: a factor of about 2 far from contact. Vacuum between the tips as far as the
    table goes. The spread is that of contacts: extremes over the mean of the shapes of each size, between the sizes
    linear in ln a, with steps those of whole atoms, blended as T_c; beyond the last size as many G0 as there, as shapes
    differ at the edge. Tips of other shapes are not in it.

    table: a Table, or what load_table takes. decay (1/nm). step: width in atoms, 0 < step <= 1, or None.
    contact_separation (nm): [nearest neighbours' distance in the fcc crystal].
    Raises TransportError for these, and for a table without contacts, without a gap branch or whose T is not positive.
    """

    over_window = staticmethod(window.mean_transmission)  # what a bias makes of T(E)

    def __init__(self, table, *, decay=None, step=STEP, contact_separation=None):
        if not hasattr(table, "branch"):
            table = load_table(table)
        if step is not None and not 0 < step <= 1:
            raise TransportError(
                f"step = {step:g}: the width of a step is more than 0 and at most 1 atom, or None for no steps"
            )
        for name, value, unit, most in (
            ("decay", decay, "1/nm", HARDEST),
            ("contact_separation", contact_separation, "nm", LARGEST),
        ):
            if value is not None and value > most:
                raise TransportError(f"{name} = {value:g} {unit}: give at most {most:g} {unit}")
            if value is not None and not (np.isfinite(value) and value > 0):
                raise TransportError(f"{name} = {value:g} {unit}: give a positive one, or None for the table's")
        self.table, self.step = table, step
        self.lattice_constant = 0.1 * table.header["settings"]["lattice_constant"]
        self.contact_separation = contact_separation
        if contact_separation is None:
            self.contact_separation = self.lattice_constant / np.sqrt(2)
        self.wave_number = sharvin.fermi_wave_number(self.lattice_constant)
        necks, tips = self._usable("contact"), self._usable("gap")
        self.biases = window.biases([*necks, *tips])
        self._entries, self._given_decay = (necks, tips), decay
        self._load_contacts(necks)
        self._load_gaps(tips, decay)

    @property
    def largest_bias(self):
        """V."""
        return float(self.biases[-1])

    @property
    def area_per_atom(self):
        """In the contact's layers, nm2."""
        return np.pi * self.atom_radius**2

    @property
    def layer_spacing(self):
        """Distance of these layers, nm: that at which they have the crystal's density, a^3/4 per atom."""
        return self.lattice_constant**3 / 4 / self.area_per_atom

    @cached_property
    def differential(self):
        """The lookup of dI/dV in place of I/V: its conductance is continuous in the bias."""
        return Differential(
            self.table, decay=self._given_decay, step=self.step, contact_separation=self.contact_separation
        )

    @cached_property
    def _channels(self):
        return ChannelCurves(*self._entries, self.contact_separation)

    def channels(self, radius, gap=0.0, bias=0.0, temperature=300.0):
        """What the channels tell at radius (nm), gap (nm): Channels, of the shape of the arguments together.

        Fano factor and thermopower (at the temperature, K) are those at small bias, as quantum.channels has them, and
        continuously differentiable as the conductance is; dI/dV is that at the bias (V), at 0 K. nan where the table
        has no channels or no T(E). Raises TransportError as a call does, and for a negative temperature.
        """
        temperature = float(self._checked("temperature", temperature, "K"))
        differential = self.differential(radius, gap, bias).conductance
        shape = np.shape(differential)
        radius, gap = (np.broadcast_to(np.asarray(values, dtype=float), shape).ravel() for values in (radius, gap))
        fano, by_energy = np.empty(radius.shape), np.empty(radius.shape)
        for start in range(0, radius.size, BLOCK):
            part = slice(start, start + BLOCK)
            fano[part], by_energy[part] = self._noise(radius[part], gap[part])
        S = thermopower(by_energy, temperature)
        return Channels(fano.reshape(shape)[()], S.reshape(shape)[()], differential)

    def _noise(self, radius, gap):
        """Fano factor and d ln T/dE (1/eV) at radii and gaps, with the steps of T."""
        if self.step is None:
            fano, by_energy = self._channels.contact(radius)
        else:
            here, next_one, share, _ = self._whole(radius)
            both = [(self._smooth(a, 0)[0], *self._channels.contact(a)) for a in (here, next_one)]
            part = share * both[1][0] / (both[0][0] + share * (both[1][0] - both[0][0]))  # of T
            fano, by_energy = (low + part * (high - low) for low, high in zip(both[0][1:], both[1][1:], strict=True))
        fall = np.exp(self._gap(gap, 0)[0])
        return 1 - fall * (1 - fano), by_energy + self._channels.by_gap(gap)

    def _usable(self, branch):
        entries = self.table.branch(branch)
        if not entries:
            raise TransportError(
                f"the table of {self.table.metal} has no usable points of the {branch} branch yet: "
                f"ecmsim quantum build --metal {self.table.metal} computes them"
            )
        for entry in entries:
            if not entry.T > 0:
                raise TransportError(f"point {entry.name} of the table of {self.table.metal}: T = {entry.T:g} <= 0")
        return entries

    def _grouped(self, entries, keys):
        """ln of the mean T of the entries of each key, (rows, n), and how many there are, (n,)."""
        values = np.array([self.over_window(entry, self.biases) for entry in entries])
        keys, which, count = np.unique(keys, return_inverse=True, return_counts=True)
        means = np.array([values[which == k].mean(axis=0) for k in range(len(keys))])
        return keys, np.log(means.T), count

    def _load_contacts(self, entries):
        atoms, levels, count = self._grouped(entries, [entry.atoms for entry in entries])
        self.atom_radius = entries[0].radius_nm / np.sqrt(entries[0].atoms)
        radii = self.atom_radius * np.sqrt(atoms)
        levels = monotone(levels, count)
        self.last_radius, join = radii[-1], radii[-1] + self.atom_radius
        self.shifts = sharvin.radius_shift(radii[-1], np.exp(levels[:, -1]), self.wave_number)
        beyond, slope = self._sharvin(join, slice(None))
        # A point of the law that follows at either end, where the slope is that law's.
        x = np.log([radii[0] / 2, *radii, join])
        y = np.column_stack([levels[:, 0] - 2 * np.log(2), levels, np.log(beyond)])
        self._contact = Curves(x, y, 2.0, slope * join / beyond)
        # The shapes' extremes relative to their mean, of the sizes that have several.
        found = self.table.contacts
        known = found["shapes"] > 1
        known = known if known.any() else np.ones_like(known)
        level = np.exp(self._contact(np.log(radii[known]))[0])
        self._spread = [
            np.log(radii[known]),
            np.minimum(found["minimum"][known] / level, 1),
            np.maximum(found["maximum"][known] / level, 1),
        ]

    def _load_gaps(self, entries, decay):
        separation, levels, count = self._grouped(entries, [entry.separation_nm for entry in entries])
        touching = self.contact_separation
        if not separation[0] <= touching < separation[-1]:
            raise TransportError(
                f"tips in contact are {touching:.4g} nm apart, but the table of {self.table.metal} has usable "
                f"separations from {separation[0]:.4g} to {separation[-1]:.4g} nm only: build the points around it"
            )
        levels = monotone(levels, count, rising=False)
        chords = np.diff(levels) / np.diff(separation)
        at_contact = Curves(separation, levels, chords[:, 0], chords[:, -1])(touching, np.arange(len(levels)))[0]
        apart = separation > touching
        gaps = np.array([-OVERLAP, 0.0, *(separation[apart] - touching)])
        y = np.column_stack([0 * at_contact, 0 * at_contact, levels[:, apart] - at_contact[:, None]])
        self.last_gap, interval = gaps[-1], gaps[-1] - gaps[-2]
        falls = (y[:, -2] - y[:, -1]) / interval if decay is None else np.full(len(y), float(decay))
        if not (falls > 0).all():
            raise TransportError(
                f"the conductance of the table of {self.table.metal} does not fall from a gap of {gaps[-2]:.4g} to "
                f"{gaps[-1]:.4g} nm: give the decay of the barrier, or build more points of the gap branch"
            )
        self.decay = float(falls[0])
        y = np.column_stack([y, y[:, -1] - falls * interval])
        self._gap = Curves([*gaps, gaps[-1] + interval], y, 0.0, -falls)

    def _sharvin(self, radius, row):
        """T of the Sharvin-Weyl law with the shift of a row, and dT/da (1/nm)."""
        x = self.wave_number * (radius + self.shifts[row]) / 2
        return x * (x - 1), self.wave_number / 2 * (2 * x - 1)

    def _smooth(self, radius, row):
        """Mean T at contact over the shapes, without steps, and dT/da (1/nm)."""
        level, slope = self._contact(np.log(radius), row)
        T = np.exp(np.minimum(level, self._contact.y.max()))
        slope = slope * T / radius
        wide = radius > np.exp(self._contact.x[-1])
        if wide.any():
            beyond = self._sharvin(radius, row)
            T, slope = np.where(wide, beyond[0], T), np.where(wide, beyond[1], slope)
        return T, slope

    def _whole(self, radius):
        """Radii of contacts of N and N + 1 whole atoms around a radius; the share of the way, and its slope by N."""
        atoms = (radius / self.atom_radius) ** 2
        whole = np.floor(atoms)
        here, next_one = (self.atom_radius * np.sqrt(number) for number in (np.maximum(whole, 1), whole + 1))
        return here, next_one, *between_atoms(atoms - whole, self.step)

    def _contacts(self, radius, row):
        """T at contact, with steps if there are, dT/da, and the part of T that is that of one more atom."""
        if self.step is None:
            return *self._smooth(radius, row), 0.0
        here, next_one, share, slope = self._whole(radius)
        low, high = self._smooth(here, row)[0], self._smooth(next_one, row)[0]
        T = low + (high - low) * share
        return T, (high - low) * slope * 2 * radius / self.atom_radius**2, share * high / T

    def _extremes(self, radius, part):
        """Smallest and largest of the shapes over their mean; part: of T, that is that of one more atom."""
        if self.step is None:
            return self._shapes(radius)
        here, next_one, *_ = self._whole(radius)
        return [low + part * (high - low) for low, high in zip(self._shapes(here), self._shapes(next_one), strict=True)]

    def _shapes(self, radius):
        """Smallest and largest of the shapes over their mean, without steps."""
        x, *extremes = self._spread
        place, share = np.log(radius), 1.0
        wide = place > x[-1]
        if wide.any():
            last = self._smooth(np.exp(x[-1:]), 0)[0]
            share = np.where(wide, np.minimum(last / self._smooth(radius, 0)[0], 1), 1)
        return [1 + share * (np.interp(place, x, values) - 1) for values in extremes]

    def _row(self, radius, gap, row):
        """ln T and its derivatives by radius and gap at the bias of a row, and the part of one more atom."""
        T, slope, part = self._contacts(radius, row)
        fall, by_gap = self._gap(gap, row)
        return np.log(T) + fall, slope / T, by_gap, part

    def _evaluate(self, radius, gap, bias):
        """All of a Conductance for arrays of one shape; between the rows in V^2, since G is even in V."""
        if not bias.any():
            level, by_radius, by_gap, part = self._row(radius, gap, 0)
            by_bias = 0 * level
        else:
            row = np.clip(np.searchsorted(self.biases, abs(bias), side="right") - 1, 0, len(self.biases) - 2)
            squares = self.biases**2
            interval = squares[row + 1] - squares[row]
            share = (bias**2 - squares[row]) / interval
            here, there = self._row(radius, gap, row), self._row(radius, gap, row + 1)
            level, by_radius, by_gap, part = (a + share * (b - a) for a, b in zip(here, there, strict=True))
            by_bias = 2 * bias * (there[0] - here[0]) / interval
        G = CONDUCTANCE_QUANTUM * np.exp(level)
        low, high = self._extremes(radius, part)
        return G, G * low, G * high, G * by_gap, G * by_radius, G * by_bias

    def __call__(self, radius, gap, bias=0.0):
        """Conductance at radius (nm), gap (nm) and bias (V): numbers or arrays that broadcast. Returns a Conductance.

        Raises TransportError for what is no number, for a radius that is not positive, for lengths beyond all contacts
        (SMALLEST, LARGEST) and a bias beyond the window.
        """
        radius = self._checked("radius", radius, "nm")
        gap = self._checked("gap", gap, "nm")
        bias = self._checked("bias", bias, "V")
        try:
            given = np.broadcast_arrays(radius, gap, bias)
        except ValueError:
            raise TransportError(
                f"radius {radius.shape}, gap {gap.shape} and bias {bias.shape} do not go together: give arrays of one "
                "shape, or numbers"
            ) from None
        shape = given[0].shape
        flat = [values.ravel() for values in given]
        result = np.empty((6, flat[0].size))
        for start in range(0, flat[0].size, BLOCK):
            part = slice(start, start + BLOCK)
            result[:, part] = self._evaluate(*(values[part] for values in flat))
        return Conductance(*(values.reshape(shape)[()] for values in result))

    def _checked(self, name, given, unit):
        try:
            values = np.asarray(given, dtype=float)
        except (TypeError, ValueError):
            raise TransportError(f"{name} = {given!r}: give numbers in {unit}") from None
        wrong = ~np.isfinite(values)
        reason = f"give finite numbers in {unit}"
        if name == "radius" and not wrong.any():
            wrong = values <= 0
            reason = (
                f"the radius of a contact is positive, {self.atom_radius:.3g} nm for one atom; a gap has one as well"
            )
        if unit == "nm" and not wrong.any():
            wrong = np.abs(values) > LARGEST
            reason = f"give at most {LARGEST:g} nm, no contact is as large"
        if name == "radius" and not wrong.any():
            wrong = values < SMALLEST
            reason = f"give at least {SMALLEST:g} nm, no atom is as small"
        if name == "temperature" and not wrong.any():
            wrong, reason = values < 0, "give one of 0 K or more"
        if name == "bias" and not wrong.any():
            wrong = abs(values) > self.largest_bias * (1 + 1e-12)
            reason = (
                f"the samples T(E) of the table of {self.table.metal} allow for {self.largest_bias:.3g} V at most: "
                "stay below, or build it with a wider window"
            )
        if wrong.any():
            first = values[wrong][0]
            more = f" ({wrong.sum()} of {values.size} values)" if values.size > 1 else ""
            raise TransportError(f"{name} = {first:.6g} {unit}{more}: {reason}")
        return values


class Differential(Lookup):
    """A Lookup whose "conductance" is dI/dV: T at both ends of the window that the bias opens, instead of its mean."""

    over_window = staticmethod(window.edge_transmission)


@lru_cache
def of(which):
    """The Lookup of a metal or a file (text) as it comes, read once. Raises TransportError where there is none."""
    return Lookup(load_table(which))


def lookup(metal, radius, gap, bias=0.0) -> Conductance:
    """Conductance of a contact of a metal, e.g. "Ag" (or a table's file); arguments and errors as Lookup's."""
    return of(str(metal))(radius, gap, bias)
