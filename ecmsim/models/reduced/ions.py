"""Ions of the reduced model: reactions at both surfaces of the layer and hopping between them.

Both surfaces are cut into rings, the filament's at the points of its outline, the electrode's at fixed radii. A ring
of area A at the ionic potential u gives the current

    S = A J_BV(phi_e - u)                                       Eqs. (2), (3), (9), (11), (12); phi_e = 0 or V_Tu

to the layer, and the layer's potential at ring e is that of all rings' currents (rings.py):

    u_e = phi_0 + sum_f P_ef/(4 pi) rho_f(S_f) S_f,   sum_f S_f = 0.

Exact for an ohmic layer where the ions see the filament as an equipotential, and on the flat electrode. Hopping,
Eq. (4), is ohmic for small currents only; each ring's rho_f is that of the spherical electrode with the same current
density J (resistance from its surface to infinity), at the temperature of the ring:

    rho(J)/rho(0) = 1/x int_0^1 asinh(x s^2)/s^2 ds,  x = J/J_h.

S falls with u and rho(S) S grows with S, so the equations are those of a minimum; Newton's method finds it.
The outer wall r = R is not seen: the electrode ends there, the layer does not. The void is seen as a barrier, Eq. (11),
not as a change of the layer's shape.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.linalg import lu_factor, lu_solve

from ecmsim.constants import METRES_PER_NM, SQUARE_METRES_PER_NM2
from ecmsim.errors import SolveError
from ecmsim.models.reduced.rings import layer_potentials

RINGS = 24  # of the active electrode
SAMPLES = 8  # of the void's depth across a ring
LARGEST_CORRECTION = 0.1  # V, of a Newton step from afar
PATIENCE = 5  # times solver.max_iterations then
FAR = 0.5  # V: a correction that no good guess needs
NEAR = 3e-4  # V: a correction after which the slopes serve on
THERMAL = 0.03  # V: kT/e, over which reaction currents bend
DIFFERENCE = 1e-7  # V: step of the numerical derivative of the reaction current
NODES, WEIGHTS = np.polynomial.legendre.leggauss(12)
SQUARES, RECIPROCALS = (0.5 * (NODES + 1)) ** 2, 0.5 * WEIGHTS / (0.5 * (NODES + 1)) ** 2


class IonError(SolveError):
    """The ionic potentials were not found."""

    field = "ionic potential"


@dataclass(frozen=True)
class IonicSolution:
    """potentials (n + RINGS,) in V against the filament; response: theirs to the voltage (1); current_density (n,) at
    the outline's points, A/m2 (> 0: oxidation); current into the filament, dissolving: out of its parts that dissolve,
    entering: into the layer from the electrode, A; slope of the first by the voltage, S; power that reactions and
    hopping take, W; iterations."""

    potentials: np.ndarray
    response: np.ndarray
    current_density: np.ndarray
    current: float
    dissolving: float
    entering: float
    slope: float
    power: float
    iterations: int


def spherical_hopping(x):
    """int_0^1 asinh(x s^2)/s^2 ds and its derivative by x, for x (n,): x and 1 for an ohmic layer."""
    inner = x[:, None] * SQUARES
    return np.arcsinh(inner) @ RECIPROCALS, (1 / np.sqrt(1 + inner**2)) @ (SQUARES * RECIPROCALS)


def strips(filament):
    """The outline's points as rings: widths (n,) and areas (n,) of the strips of surface around them, nm and nm2."""
    r, half = filament.points[:, 0], 0.5 * filament.segment_lengths
    middle = 0.5 * (r[1:] + r[:-1])
    area = np.zeros(len(r))
    area[:-1] += np.pi * (r[:-1] + middle) * half
    area[1:] += np.pi * (r[1:] + middle) * half
    return np.append(half, 0.0) + np.append(0.0, half), area


@cache
def _pairs(count):
    return np.triu_indices(count)


class Ions:
    """The ionic circuit of a cell. model: DeviceModel; cell: configuration [cell]; tolerance: of potentials, over V."""

    def __init__(self, model, cell, tolerance, max_iterations):
        self.model, self.thickness = model, cell.layer_thickness
        self.tolerance, self.max_iterations = tolerance, max_iterations
        edges = cell.radius * np.linspace(0.0, 1.0, RINGS + 1) ** 2
        self.radii, self.widths = 0.5 * (edges[1:] + edges[:-1]), np.diff(edges)
        self.areas = np.pi * np.diff(edges**2)
        self._plate = self._potentials(self.radii[:, None], self.thickness, self.radii, self.thickness, self.widths)
        self.samples = edges[:-1, None] + self.widths[:, None] * (np.arange(SAMPLES) + 0.5) / SAMPLES

    def _potentials(self, *rings):
        return layer_potentials(*rings, self.thickness)

    def potentials_between(self, filament):
        """P of the module's equation, (n + RINGS, n + RINGS), 1/nm; each pair once, what one sees of the other being
        what the other sees of it."""
        r, z = filament.points.T
        widths, _ = strips(filament)
        source = r.copy()
        source[0] = 0.5 * widths[0]  # the tip's disc has the potential 2/b at its centre
        first, second = _pairs(len(r))
        own = np.empty((len(r), len(r)))
        own[first, second] = self._potentials(r[first], z[first], source[second], z[second], widths[second])
        own[second, first] = own[first, second]
        above = self._potentials(self.radii[:, None], self.thickness, source, z, widths)
        return np.block([[own, above.T], [above, self._plate]])

    def solve(
        self, filament, surface, between, temperature, plate_temperature, voltage, guess, open_shares=None
    ) -> IonicSolution:
        """The ionic currents between filament and electrode.

        surface: the electrode's polyline; between: what `potentials_between` gives for the filament; temperature (n,)
        at the outline's points and plate_temperature (RINGS,) at the electrode's rings, K; voltage V_Tu between the
        metals, V; guess (n + RINGS,): potentials; open_shares: see models.cell.Tip, of the outline's points (n,) and
        of `samples` (RINGS, SAMPLES). Raises IonError.
        """
        n = len(filament.points)
        r, z = filament.points.T
        recess = np.interp(self.samples, *surface.T) - self.thickness
        reaction, plate = self.model.reaction_current_density, plate_temperature[:, None]
        open_below, open_above = open_shares or (None, None)

        def density(u):
            lower = reaction(-u[:n], temperature, r, z - self.thickness, True, open_below)
            upper = reaction(voltage - u[n:, None], plate, self.samples, recess, False, open_above)
            return np.append(lower, upper.mean(axis=1))

        areas = SQUARE_METRES_PER_NM2 * np.append(strips(filament)[1], self.areas)
        ohmic, limit = self.model.hopping.low_field_limits(np.append(temperature, plate_temperature))
        balance = _Balance(n, density, areas, limit, between * (areas * limit / (ohmic * METRES_PER_NM) / (4 * np.pi)))
        # What is left after a correction is of the order of its square over kT/e; that decides the balance of charge.
        least = np.sqrt(self.tolerance * THERMAL * 1e-3 * max(abs(voltage), 1e-3))
        found = balance.newton(guess, least, self.max_iterations)
        if found is None:  # from ions without transport, whose currents are too large: there Newton's method is safe
            far = balance.without_transport(voltage)
            found = balance.newton(far, least, PATIENCE * self.max_iterations, LARGEST_CORRECTION)
        if found is None:
            raise IonError(f"no convergence of the ionic potentials in {self.max_iterations} iterations")
        u, response, slope, iterations = found
        current = density(u)
        source = areas * current
        metal = np.append(np.zeros(n), np.full(RINGS, voltage))
        power = float((source * (metal - u)).sum() + (source * u).sum())
        entering, into = float(source[n:].sum()), -float(source[:n].sum())
        dissolving = float(np.maximum(source[:n], 0.0).sum())
        return IonicSolution(u, response, current[:n], into, dissolving, entering, slope, power, iterations)


@dataclass(frozen=True)
class _Balance:
    """The equations of the module for one geometry. n: rings of the filament; density(u): J at all rings; areas in m2;
    limit J_h (A/m2); coupling (V): of the drops that spherical_hopping(J/J_h) gives."""

    n: int
    density: object
    areas: np.ndarray
    limit: np.ndarray
    coupling: np.ndarray

    def without_transport(self, voltage):
        """Potentials if the layer were one node."""
        if not voltage:
            return np.zeros_like(self.areas)
        from scipy.optimize import brentq  # long to load, and hardly any run comes here

        def excess(u):
            return float(np.dot(self.areas, self.density(np.full_like(self.areas, u))))

        return np.full_like(self.areas, brentq(excess, min(0.0, voltage), max(0.0, voltage)))

    def newton(self, u, least, most, largest=np.inf):
        """Potentials, their response to the voltage, slope of the filament's current, iterations; None without success.

        least: last correction in V; most: iterations; largest: correction of a single potential in V.
        """
        n, size = self.n, len(u)
        system, right = np.empty((size + 1, size + 1)), np.empty((size + 1, 2))
        diagonal = np.arange(size)
        system[:-1, -1], system[-1, -1] = -1.0, 0.0
        phi = factors = weight = None
        change = np.inf
        for iteration in range(1, most + 1):
            current = self.density(u)
            drop, steepness = spherical_hopping(current / self.limit)
            drops = self.coupling @ drop
            phi = float((u - drops).mean()) if phi is None else phi
            if not change < NEAR:
                slope = (self.density(u + DIFFERENCE) - current) / DIFFERENCE
                gain, weight = steepness * slope / self.limit, self.areas * slope
                np.multiply(self.coupling, -gain, out=system[:-1, :-1])
                system[diagonal, diagonal] += 1.0
                whole = weight.sum()
                system[-1, :-1] = weight / whole
                # With the voltage only the electrode's currents change: as if its potentials u fell.
                right[:-1, 1] = -self.coupling[:, n:] @ gain[n:]
                right[-1, 1] = weight[n:].sum() / whole
                if not (np.isfinite(system).all() and np.isfinite(right[:, 1]).all()):
                    return None
                factors = lu_factor(system, check_finite=False)
            right[:-1, 0] = phi + drops - u
            right[-1, 0] = -np.dot(self.areas, current) / whole
            step = lu_solve(factors, right, check_finite=False)
            correction, before = step[:-1, 0], change
            change = float(np.abs(correction).max())
            if largest == np.inf and not change < FAR:
                return None
            if NEAR > before < change:
                change = np.inf  # the old slopes do not serve
            u, phi = u + np.clip(correction, -largest, largest), phi + float(step[-1, 0])
            if change <= least:
                return u, step[:-1, 1], -float(np.dot(weight[:n], step[:n, 1])), iteration
        return None
