"""Ions of the reduced model: reactions at both surfaces of the layer and hopping between them.

Both surfaces are cut into rings, the filament's at the points of its outline, the electrode's at fixed radii. A ring
of area A at the ionic potential u gives the current

    S = A J_BV(phi_e - u)                                       Eqs. (2), (3), (9), (11), (12); phi_e = 0 or V_Tu

to the layer. A layer of one resistivity rho has the potentials of all rings' currents (rings.py),

    u_e = phi_0 + rho/(4 pi) sum_f P_ef S_f,   sum_f S_f = 0,

which, solved for the currents, is a network: S_e = sum_f c_ef (u_e - u_f)/rho with, X being the inverse of P,

    c_ef = 4 pi (x_e x_f/x - X_ef) >= 0,   x_e = sum_f X_ef,   x = sum_e x_e.

Exact for an ohmic layer where the ions see the filament as an equipotential, and on the flat electrode. Hopping,
Eq. (4), is ohmic for small currents only, and hotter ions hop more easily; ring e's rho_e is that of the spherical
electrode with the same current density J (resistance from its surface to infinity), at the temperature of the ring:

    rho(J)/rho(0) = 1/x int_0^1 asinh(x s^2)/s^2 ds,  x = J/J_h.

Between two rings lies one resistance, in which each of them counts as its surroundings take up the drop:

    S_e = sum_f c_ef (u_e - u_f)/rho_ef,   rho_ef = (P_ee rho_e + P_ff rho_f)/(P_ee + P_ff).

With all c_ef/rho_ef >= 0 no ring's potential leaves the interval between 0 and V_Tu: at the lowest, all of the
network's currents would enter, and below 0 the reaction's would too. So no reaction runs against the bias, whatever
the resistivities are; Newton's method finds the solution.
The outer wall r = R is not seen: the electrode ends there, the layer does not. The void is seen as a barrier, Eq. (11),
not as a change of the layer's shape.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.linalg.lapack import dgetrf, dgetri, dgetrs, dpotrf, dpotri

from ecmsim.compiled import loops
from ecmsim.compiled.loops import in_c
from ecmsim.constants import METRES_PER_NM, SQUARE_METRES_PER_NM2
from ecmsim.errors import SolveError
from ecmsim.models.reduced.laws import reaction
from ecmsim.models.reduced.rings import mutual_potentials, potentials_at

RINGS = 24  # of the active electrode
SAMPLES = 8  # of the void's depth across a ring
MEAN = np.full(SAMPLES, 1 / SAMPLES)
LARGEST_CORRECTION = 0.1  # V, of a Newton step from afar
PATIENCE = 5  # times solver.max_iterations then
FAR = 0.5  # V: a correction that no good guess needs
NEAR = 3e-4  # V: a correction after which the slopes serve on
THERMAL = 0.03  # V: kT/e, over which reaction currents bend
SMALL = 1e-3  # of x: the hopping is ohmic to a millionth
DIFFERENCE = 1e-7  # V: step of the numerical derivative of the reaction current
NODES, WEIGHTS = np.polynomial.legendre.leggauss(12)
SQUARES, HALVES = (0.5 * (NODES + 1)) ** 2, 0.5 * WEIGHTS
RECIPROCALS = HALVES / SQUARES


class IonError(SolveError):
    """The ionic potentials were not found."""

    field = "ionic potential"


@dataclass(frozen=True)
class IonicSolution:
    """potentials (n + RINGS,) in V against the filament; response: theirs to the voltage (1); current_density (n,) at
    the outline's points, A/m2 (> 0: oxidation); current into the filament, dissolving: out of its parts that dissolve,
    entering: into the layer from the electrode, A; slope of the first by the voltage, S; power that reactions and
    hopping take, W; iterations; voltage between the metals, V."""

    potentials: np.ndarray
    response: np.ndarray
    current_density: np.ndarray
    current: float
    dissolving: float
    entering: float
    slope: float
    power: float
    iterations: int
    voltage: float


def spherical_hopping(x):
    """int_0^1 asinh(x s^2)/s^2 ds and its derivative by x, for x (n,): x and 1 for an ohmic layer."""
    inner = x[:, None] * SQUARES
    return np.arcsinh(inner) @ RECIPROCALS, (1 / np.sqrt(1 + inner**2)) @ HALVES


def spherical_resistivity(x):
    """rho/rho(0) of the module's equation, and its derivative by x, for x (n,)."""
    drop, steepness = spherical_hopping(x)
    small = np.abs(x) < SMALL
    if not small.any():
        relative = drop / x
        return relative, (steepness - relative) / x
    safe = np.where(small, 1.0, x)
    relative = np.where(small, 1 - x**2 / 30, drop / safe)
    return relative, np.where(small, -x / 15, (steepness - relative) / safe)


@in_c(loops.network)
def network(inverse, own):
    """c_ef (P_ee + P_ff) of the module's equation, (m, m), from X, of which the lower half is read, and P_ee, (m,).

    What the approximations of P leave of c_ef below zero, some millionths of the whole, is none.
    """
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    row = inverse.sum(axis=0)
    found = 4 * np.pi * (np.outer(row, row) / row.sum() - inverse)
    np.fill_diagonal(found, 0.0)
    return np.maximum(found, 0.0) * (own[:, None] + own)


@in_c(loops.flows)
def flows(u, resistance, between):
    """Conductances between rings, S, (m, m), the sum of each one's, and of the currents through them from it, A, (m,),
    at the potentials u (V) and with P_ee rho_e (m,); between: as in Between, m."""
    conductance = between / (resistance[:, None] + resistance)
    return conductance, conductance.sum(axis=1), (conductance * (u[:, None] - u)).sum(axis=1)


@in_c(loops.softened)
def softened(u, resistance, conductance, own, direct):
    """How currents (m,) change with the reactions at all rings, per potential, S, (m, m): own (m,): how resistance
    changes; direct (m,): what a ring's reaction does to its own balance."""
    by_resistance = conductance * (u[:, None] - u) / (resistance[:, None] + resistance)
    found = by_resistance * own
    found[np.diag_indices_from(found)] += direct + (by_resistance * own[:, None]).sum(axis=1)
    return found


@dataclass(frozen=True)
class Between:
    """What the layer of one geometry puts between its rings. own (m,): P_ee, 1/nm; conductance (m, m): c_ef, without a
    resistivity, times P_ee + P_ff."""

    own: np.ndarray
    conductance: np.ndarray

    @classmethod
    def of(cls, potentials):
        """From P (m, m) of the module's equation, 1/nm."""
        own = np.diag(potentials)
        # LAPACK goes by columns: of what is symmetric the upper half is then the lower one.
        factor, failed = dpotrf(potentials.T, lower=0)
        if failed:  # approximations have left P a negative eigenvalue
            inverse, _ = dgetri(*dgetrf(potentials.T)[:2])
        else:
            inverse, _ = dpotri(factor, lower=0, overwrite_c=True)
        return cls(own, network(inverse.T, own))


class Ions:
    """The ionic circuit of a cell. model: DeviceModel; cell: configuration [cell]; tolerance: of potentials, over V."""

    def __init__(self, model, cell, tolerance, max_iterations):
        self.model, self.thickness = model, cell.layer_thickness
        self.tolerance, self.max_iterations = tolerance, max_iterations
        edges = cell.radius * np.linspace(0.0, 1.0, RINGS + 1) ** 2
        self.radii, self.widths = 0.5 * (edges[1:] + edges[:-1]), np.diff(edges)
        self.areas = np.pi * np.diff(edges**2)
        self._top = np.full(RINGS, self.thickness)
        self._plate = potentials_at(self.radii, self._top, self.radii, self._top, self.widths, self.thickness)
        self._reaction = reaction(model)
        samples = edges[:-1, None] + self.widths[:, None] * (np.arange(SAMPLES) + 0.5) / SAMPLES
        self.samples = samples.ravel()

    def between(self, filament):
        """The layer between the rings of a filament and those of the electrode."""
        return Between.of(self.potentials_between(filament))

    def potentials_between(self, filament):
        """P of the module's equation, (n + RINGS, n + RINGS), 1/nm."""
        r, z = filament.points.T
        widths = filament.strip_widths
        # The disc of a tip, or of a floating body's lower pole, has the potential 2/b at its centre.
        source = np.where(r == 0, 0.5 * widths, r)
        n = len(r)
        found = np.empty((n + RINGS, n + RINGS))
        found[:n, :n] = mutual_potentials(r, z, source, widths, self.thickness)
        found[n:, :n] = potentials_at(self.radii, self._top, source, z, widths, self.thickness)
        found[:n, n:], found[n:, n:] = found[n:, :n].T, self._plate
        return found

    def solve(
        self, filament, surface, between, temperature, plate_temperature, voltage, guess, open_shares=None, shift=None
    ) -> IonicSolution:
        """The ionic currents between filament and electrode.

        surface: the electrode's polyline; between: what `between` gives for the filament; temperature (n,)
        at the outline's points and plate_temperature (RINGS,) at the electrode's rings, K; voltage V_Tu between the
        metals, V; guess (n + RINGS,): potentials; open_shares: see models.cell.Tip, of the outline's points (n,) and
        of `samples` (RINGS * SAMPLES,); shift (n,): of the filament's equilibrium potential, V. Raises IonError.
        """
        balance = self.balance(filament, surface, between, temperature, plate_temperature, voltage, open_shares, shift)
        n, areas, density = balance.n, balance.areas, balance.density
        least = self.least_correction(voltage)
        found = balance.newton(guess, least, self.max_iterations)
        if found is None:  # from ions without transport, whose currents are too large: there Newton's method is safe
            far = balance.without_transport(*((0.0,) if shift is None else (shift.min(), shift.max())), voltage)
            found = balance.newton(far, least, PATIENCE * self.max_iterations, LARGEST_CORRECTION)
        if found is None:
            raise self.failure()
        u, response, slope, iterations = found
        current = density(u)
        source = areas * current
        metal = np.zeros_like(u)
        metal[n:] = voltage
        power = float((source * (metal - u)).sum() + (source * u).sum())
        entering, into = float(source[n:].sum()), -float(source[:n].sum())
        dissolving = float(np.maximum(source[:n], 0.0).sum())
        own = u, response, current[:n], into, dissolving, entering, slope, power, iterations, voltage
        return IonicSolution(*own)

    def failure(self):
        """What is raised where no potentials were found."""
        return IonError(f"no convergence of the ionic potentials in {self.max_iterations} iterations")

    def least_correction(self, voltage):
        """Of a potential, at a voltage (both V), after which none is needed: what is left then is of the order of its
        square over kT/e, and that decides the balance of charge."""
        return np.sqrt(self.tolerance * THERMAL * 1e-3 * max(abs(voltage), 1e-3))

    def balance(self, filament, surface, between, temperature, plate_temperature, voltage, open_shares, shift):
        """The equations of the module with what `solve` is given."""
        n = len(filament.points)
        r, z = filament.points.T
        recess = np.interp(self.samples, *surface.T) - self.thickness
        open_below, open_above = open_shares or (None, None)
        below = self._reaction(temperature, r, z - self.thickness, True, open_below, shift)
        above = self._reaction(np.repeat(plate_temperature, SAMPLES), self.samples, recess, False, open_above)

        def density(u):
            upper = above(np.repeat(voltage - u[n:], SAMPLES)).reshape(RINGS, SAMPLES)
            return np.concatenate([below(-u[:n]), upper @ MEAN])

        areas = SQUARE_METRES_PER_NM2 * np.concatenate([filament.strip_areas, self.areas])
        ohmic, limit = self.model.hopping.low_field_limits(np.concatenate([temperature, plate_temperature]))
        return IonicBalance(n, density, areas, limit, between.own / ohmic, METRES_PER_NM * between.conductance)


class Layer(NamedTuple):
    """What is between rings at their potentials u (V). resistance: P_ee rho_e, and bend: its derivative by J, (m,);
    conductance (m, m), S; joined: its sum for each ring, S, and through: the current from it, A, (m,)."""

    u: np.ndarray
    resistance: np.ndarray
    bend: np.ndarray
    conductance: np.ndarray
    joined: np.ndarray
    through: np.ndarray


@dataclass(frozen=True)
class IonicBalance:
    """The equations of the module for one geometry. n: rings of the filament; density(u): J at all rings; areas in m2;
    limit J_h (A/m2); ohmic: P_ee rho_e(0) in ohm m/nm; between (m, m): of Between, in nm/m."""

    n: int
    density: object
    areas: np.ndarray
    limit: np.ndarray
    ohmic: np.ndarray
    between: np.ndarray

    def without_transport(self, *rest):
        """Potentials if the layer were one node; rest: those at which single rings would be at rest, V."""
        low, high = min(rest), max(rest)
        if low == high:
            return np.full_like(self.areas, low)
        from scipy.optimize import brentq  # long to load, and hardly any run comes here

        def excess(u):
            return float(np.dot(self.areas, self.density(np.full_like(self.areas, u))))

        return np.full_like(self.areas, brentq(excess, low, high))

    def layer(self, u, current):
        """What is between the rings at their potentials u (V) and current densities (A/m2), a Layer."""
        relative, bend = spherical_resistivity(current / self.limit)
        resistance = self.ohmic * relative
        return Layer(u, resistance, self.ohmic * bend / self.limit, *flows(u, resistance, self.between))

    def reacting(self, slope, layer):
        """How each ring's balance changes with the reactions at all rings, per potential there, S, (m, m): by that of
        the ring itself, and through the resistivities, its own and those of others. slope (m,): of J by u, A/m2/V."""
        return softened(layer.u, layer.resistance, layer.conductance, layer.bend * slope, self.areas * slope)

    def newton(self, u, least, most, largest=np.inf):
        """Potentials, their response to the voltage, slope of the filament's current, iterations; None without success.

        least: last correction in V; most: iterations; largest: correction of a single potential in V.
        """
        n, size = self.n, len(u)
        diagonal, right, electrode = np.arange(size), np.empty((size, 2)), np.ones(size)
        electrode[:n] = 0.0
        factors = pivots = steep = scale = None
        change = np.inf
        for iteration in range(1, most + 1):
            current = self.density(u)
            layer = self.layer(u, current)
            if not change < NEAR:
                slope = (self.density(u + DIFFERENCE) - current) / DIFFERENCE
                steep, scale = self.areas * slope, layer.joined
                system = self.reacting(slope, layer)
                # With the voltage only the electrode's currents change: as if its potentials u fell.
                right[:, 1] = (system @ electrode) / scale
                system += layer.conductance
                system[diagonal, diagonal] -= scale
                system /= scale[:, None]
                # That all rings' currents cancel says what one ring's equation does, and no network's round-off.
                whole = steep.sum()
                system[-1], right[-1, 1] = steep / whole, steep[n:].sum() / whole
                factors, pivots, _ = dgetrf(system.T, overwrite_a=True)  # LAPACK goes by columns
            source = self.areas * current
            right[:, 0] = (layer.through - source) / scale
            right[-1, 0] = -source.sum() / whole
            step, _ = dgetrs(factors, pivots, right, trans=1)
            correction, before = step[:, 0], change
            change = float(np.abs(correction).max())
            if not change < (FAR if largest == np.inf else np.inf):  # also where the system was no longer of numbers
                return None
            if NEAR > before < change:
                change = np.inf  # the old slopes do not serve
            u = u + np.minimum(np.maximum(correction, -largest), largest)
            if change <= least:
                return u, step[:, 1], -float(np.dot(steep[:n], step[:n, 1])), iteration
        return None
