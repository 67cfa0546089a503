"""Ions of the reduced model where bodies of metal float: bipolar electrodes, whose potentials are unknowns.

The rings of all bodies are rings like the others of ions.py. Those of a floating body react at its potential m_k, and
the net current that leaves it, by its reactions and by the electrons that tunnel to its neighbours, is none:

    sum_e A_e J_BV(m_k - u_e) + sum_l +-I_l(V_l) = 0        for each k

Newton's method takes these with the equations of the rings. Unknowns are the drops d of metals.py, and the equations
those that belong to them: the net current of a body with all that hangs on it, in which what flows between them does
not occur. Where two bodies are joined 1e10 times better than to anything else, both are known to round-off.

The layer's potentials are those of currents that enter it at the rings, as if it went on within the metal. That is
exact where ions see a body as an equipotential. Where its reactions are slow it would turn the current aside, which is
not seen: a ball in a uniform field E has J = 3 s E b/(b + 3) at its poles in place of 3 s E b/(b + 2), b being the
conductance of its reaction times the radius over the layer's conductivity s.
"""

from dataclasses import dataclass

import numpy as np

from ecmsim.models.node import Line
from ecmsim.models.reduced.ions import (
    DIFFERENCE,
    FAR,
    LARGEST_CORRECTION,
    PATIENCE,
    RINGS,
    IonicBalance,
    IonicSolution,
)
from ecmsim.models.reduced.metals import Metals

POLISH, SETTLED = 4, 1e-8  # corrections after the last one that was needed, until one over the voltage is so small:
# where metals are joined well, small corrections of the drops are much of the balance of charge
FURTHEST, ENOUGH, TRIES = 0.05, 1e-6, 100  # V, V, 1: of a guess


@dataclass(frozen=True)
class BipolarSolution(IonicSolution):
    """potentials: against the rooted filament, as the others'; current: into all bodies; slope: of that from the active
    electrode by the voltage.

    metals; drops (K,) and what they change by with the voltage; rates: currents into each body
    and out of its parts that dissolve, A, (2, K + 1); out: ionic current into the rooted body, A."""

    metals: Metals = None
    drops: np.ndarray = None
    drops_response: np.ndarray = None
    rates: np.ndarray = None

    @property
    def floating(self):
        """Potentials of the floating bodies against the rooted one, V, (K,)."""
        return self.floating_at(self.voltage)

    def floating_at(self, voltage):
        """The same where the voltage is changed to another one (V)."""
        return self.metals.potentials(self._drops_at(voltage), voltage)[: self.metals.count]

    def across(self, voltage):
        """Voltages of the links where that between the electrodes is changed to another one, V, (l,)."""
        return self.metals.across(self._drops_at(voltage), voltage)

    def _drops_at(self, voltage):
        return self.drops + self.drops_response * (voltage - self.voltage)

    @property
    def junction_voltage(self):
        """Mean of the voltage that the tunnelling electrons cross at the active electrode, V."""
        top = [link.upper > self.metals.count for link in self.metals.links]
        across = self.across(self.voltage)[top]
        flow = np.abs(self.metals.lines(self.across(self.voltage))[0][top])
        return float(flow @ across / flow.sum()) if flow.any() else self.voltage

    @property
    def lines(self):
        """Currents out of the active electrode near the voltage: of ions, and of electrons."""
        per_drop, per_voltage = self.metals.incidence
        currents, slopes = self.metals.lines(self.across(self.voltage))
        slopes = slopes * (per_drop @ self.drops_response + per_voltage)
        top = np.array([link.upper > self.metals.count for link in self.metals.links], dtype=bool)
        electrons = Line(self.voltage, float(currents[top].sum()), float(slopes[top].sum()))
        return Line(self.voltage, self.entering, self.slope), electrons

    @property
    def tunnelling(self):
        """Currents of electrons: out of the active electrode by name and into the rooted filament, A; and their power
        in all gaps, W."""
        names, into, power = {}, 0.0, 0.0
        for link, voltage in zip(self.metals.links, self.across(self.voltage).tolist(), strict=True):
            currents = link.crossing.currents(voltage)
            power += voltage * sum(currents.values())
            into += sum(currents.values()) if link.lower == self.metals.count else 0.0
            for name, current in currents.items():
                names[name] = names.get(name, 0.0) + (current if link.upper > self.metals.count else 0.0)
        return names, into, power


@dataclass(frozen=True)
class _Joint:
    """The equations of one geometry and voltage. balance: of the rings; metals; own (m,): each ring's metal."""

    balance: IonicBalance
    metals: Metals
    own: np.ndarray
    voltage: float

    @property
    def _of_rings(self):
        return self.metals.drops[self.own], self.metals.source[self.own]

    def lift(self, drops):
        """By which a ring's metal is above that with which the balance reckons, V, (m,)."""
        potentials = self.metals.potentials(drops, self.voltage)
        return np.where(self.own < self.metals.count, potentials[self.own], 0.0)

    def densities(self, u, drops):
        """J at all rings and its derivative by u."""
        against = u - self.lift(drops)
        current = self.balance.density(against)
        return current, (self.balance.density(against + DIFFERENCE) - current) / DIFFERENCE

    def leaving(self, current, steep, drops):
        """The net currents that belong to the drops, A, (K,), their derivatives by these, S, (K, K), and by the
        voltage, (K,), at constant u."""
        of_drops, of_voltage = self._of_rings
        per_drop, per_voltage = self.metals.incidence
        flows, slopes = self.metals.lines(self.metals.across(drops, self.voltage))
        net = of_drops.T @ (self.balance.areas * current) + per_drop.T @ flows
        matrix = per_drop.T @ (slopes[:, None] * per_drop) - of_drops.T @ (steep[:, None] * of_drops)
        return net, matrix, per_drop.T @ (slopes * per_voltage) - of_drops.T @ (steep * of_voltage)

    def settled(self, u, drops):
        """Drops at which no net current leaves a body while the ions' potentials stay, from a guess, V, (K,).

        Where a body has just come to be, or its neighbour, its potential may be far from what it was, and from there
        Newton's method, which knows an exponential by its slope, would find its way in steps of kT/e.
        """
        found = drops
        for _ in range(TRIES):
            current, slope = self.densities(u, found)
            net, matrix, _ = self.leaving(current, self.balance.areas * slope, found)
            try:
                shift = np.linalg.solve(matrix, -net)
            except np.linalg.LinAlgError:
                return drops
            if not np.isfinite(shift).all():
                return drops
            found = found + np.clip(shift, -FURTHEST, FURTHEST)
            if np.abs(shift).max() < ENOUGH:
                break
        return found

    def without_transport(self, rest):
        """Potentials and drops if the layer were one node; rest: those at which single rings would be at rest, V."""
        from scipy.optimize import brentq  # long to load, and hardly any run comes here

        low, high = min(*rest, self.voltage), max(*rest, self.voltage)
        ones, drops = np.ones(len(self.own)), np.zeros(self.metals.count)

        def excess(u):
            nonlocal drops
            drops = self.settled(u * ones, drops)
            return float(np.dot(self.balance.areas, self.densities(u * ones, drops)[0]))

        try:
            u = low if low == high else brentq(excess, low, high)
        except ValueError:  # no change of sign, to round-off
            u = 0.5 * (low + high)
        return u * ones, self.settled(u * ones, drops)

    def newton(self, u, drops, least, most, largest=np.inf):
        """u, drops, the responses of both to the voltage, slope of the current into the bodies, iterations; None
        without success. The arguments: as for IonicBalance.newton."""
        size, count, areas = len(u), self.metals.count, self.balance.areas
        of_drops, of_voltage = self._of_rings
        rings, diagonal, left = slice(size), np.arange(size), POLISH
        for iteration in range(1, most + 1):
            current, slope = self.densities(u, drops)
            layer = self.balance.layer(u, current)
            reacting = self.balance.reacting(slope, layer)
            steep, scale, source = areas * slope, layer.joined, areas * current
            net, own, by_voltage = self.leaving(current, steep, drops)
            system, right = np.empty((size + count, size + count)), np.empty((size + count, 2))
            system[rings, rings] = reacting + layer.conductance
            system[diagonal, diagonal] -= scale
            # What raises a ring's metal acts as if its potential fell.
            system[rings, size:] = -reacting @ of_drops
            right[rings] = np.stack([layer.through - source, reacting @ of_voltage], axis=1)
            system[rings] /= scale[:, None]
            right[rings] /= scale[:, None]
            # That all rings' currents cancel says what one ring's equation does, and no network's round-off.
            last, whole = size - 1, steep.sum()
            system[last] = np.append(steep, -steep @ of_drops) / whole
            right[last] = -source.sum() / whole, steep @ of_voltage / whole
            mean = np.diag(own)[:, None]
            system[size:, rings] = (steep[:, None] * of_drops).T / mean
            system[size:, size:] = own / mean
            right[size:] = np.stack([-net, -by_voltage], axis=1) / mean
            if not (np.isfinite(system).all() and np.isfinite(right).all()):
                return None
            try:
                step = np.linalg.solve(system, right)
            except np.linalg.LinAlgError:
                return None
            change = float(np.abs(step[:, 0]).max())
            if largest == np.inf and not change < FAR:
                return None
            correction = np.clip(step[:, 0], -largest, largest)
            u, drops = u + correction[rings], drops + correction[size:]
            if change <= least:
                if not left or change <= SETTLED * abs(self.voltage):
                    response = step[:, 1]
                    pull = response[rings] - of_drops @ response[size:] - of_voltage
                    metal = self.own <= count
                    slope = -float((steep * pull)[metal].sum())
                    return u, drops, response[rings], response[size:], slope, iteration
                left -= 1
        return None


def solve(ions, metals, filament, voltage, guess, floating, rest=(0.0, 0.0), **given):
    """The ionic currents, and the potentials of all metals, as Ions.solve for one body.

    ions: Ions; metals: Metals; guess (n + RINGS,) and floating (K,): potentials of the ions and of the bodies, V; rest:
    lowest and highest shift of the filament's equilibrium potential, V; given: the others of Ions.balance.
    """
    balance = ions.balance(filament, voltage=voltage, **given)
    parts, count, n = filament.parts, metals.count, balance.n
    own = np.repeat(np.arange(count + 1), [part.stop - part.start for part in parts])
    joint = _Joint(balance, metals, np.append(own, np.full(RINGS, count + 1)), voltage)
    least = ions.least_correction(voltage)
    drops = joint.settled(guess, metals.drops_of(floating, voltage))
    found = joint.newton(guess, drops, least, ions.max_iterations)
    if found is None:
        far = joint.without_transport(rest)
        found = joint.newton(*far, least, PATIENCE * ions.max_iterations, LARGEST_CORRECTION)
    if found is None:
        raise ions.failure()
    u, drops, response, drops_response, slope, iterations = found
    density, _ = joint.densities(u, drops)
    source = balance.areas * density
    metal = metals.potentials(drops, voltage)[joint.own]
    power = float((source * (metal - u)).sum() + (source * u).sum())
    rates = np.array([[(-source[part]).sum(), np.maximum(source[part], 0.0).sum()] for part in parts]).T
    return BipolarSolution(
        potentials=u,
        response=response,
        current_density=density[:n],
        current=-float(source[:n].sum()),
        dissolving=float(rates[1].sum()),
        entering=float(source[n:].sum()),
        slope=slope,
        power=power,
        iterations=iterations,
        metals=metals,
        voltage=voltage,
        drops=drops,
        drops_response=drops_response,
        rates=rates,
    )
