"""How fast a state changes, and what times that leaves to a step: the numbers of Rates."""

import numpy as np

from ecmsim.constants import BOLTZMANN_EV

HALF = 0.5  # of an atom of metal: what a step aims to bring into the contact, where atoms are counted
FIRST = 0.01  # of the nucleus' height: growth in the first step after it has formed


def of_outline(state):
    """The numbers of Rates that tell of the outline, as a dict."""
    filament = state.filament
    speed = np.hypot(*state.velocity.T)
    gap = state.gap.from_filament("vertical")
    near = gap < 1.5 * gap.min() + 0.05
    closing = float(np.abs(state.velocity[near, 1]).max())
    height, smallest_gap = filament.height, state.observed["gap"]
    if len(filament.parts) > 1:
        apart = filament.clearance
        near = apart < 1.5 * apart.min() + 0.05
        closing = max(closing, 2 * float(speed[near].max()))  # both sides of a gap between bodies move
        smallest_gap = min(smallest_gap, float(apart.min()))
        height = shortest_lived(filament, speed)
    lengths = filament.segment_lengths
    around = np.minimum(np.append(lengths, np.inf), np.append(np.inf, lengths))
    # The segment that is first overrun by its own motion sets the pace.
    moving = speed > 1e-3 * speed.max() if speed.max() > 0 else np.zeros_like(speed, bool)
    return {
        "growth_speed": float(speed.max()),
        "closing_speed": closing,
        "misplaced": state.front.misplaced,
        "last_step": state.previous_step,
        "height": height,
        "gap": smallest_gap,
        "finest": float((around[moving] * speed.max() / speed[moving]).min()) if moving.any() else np.inf,
    }


def shortest_lived(filament, speed):
    """Height of the body that changes fastest for its height, nm, as if that moved at the largest of all speeds."""
    sizes = []
    for body, part in zip(filament.bodies, filament.parts, strict=True):
        size = body.height - (body.points[-1, 1] if body.floats else 0.0)
        sizes.append(size * speed.max() / max(speed[part].max(), 1e-300))
    return float(min(sizes))


def atom_time(state):
    """Time in which half an atom of metal comes into the contact, or leaves it, s; half a step at least, as a new mesh
    may move the outline at once."""
    growth = state.contact.growth if state.contact else 0.0
    return max(HALF / abs(growth), 0.5 * state.previous_step) if growth else np.inf


def node_time(state, settings):
    """Time in which the node's voltage may change as far as one step allows, s."""
    rate = abs(state.node.rate) if state.node else 0.0
    return settings.largest_voltage_step / rate if rate else np.inf


def source_time(leg, settings):
    """Time in which the source may change as far as one step allows, s."""
    if leg.piece.source == "voltage":
        change = settings.largest_voltage_step
    else:
        change = settings.largest_current_step * max(abs(leg.first), abs(leg.last))
    return change / abs(leg.rate) if leg.rate else np.inf


def capillary_time(state, law, model, temperature):
    """Time in which the filament's roundest places, of the size of the curvature's resolution, come to rest, s.

    A point's velocity changes by dv/d(eta) gamma Omega/(z e) per curvature; explicit steps may take twice as long. law:
    of capillarity; temperature at the points, K, (n,).
    """
    small = 1e-3 * BOLTZMANN_EV * temperature
    exchange = model.faraday.normal_velocity(-model.kinetics.current_density(small, temperature, 0.0)) / small * 1e9
    steepness = np.hypot(*state.velocity.T) * model.faraday.charge_number / (BOLTZMANN_EV * temperature)
    stiffness = (exchange + steepness) * law.potential(1.0, model.faraday.volume_per_charge)  # nm2/s
    return law.resolution**2 / float(stiffness.max())


def nucleus_time(state, law, overpotential, temperature, settings):
    """Time until the nucleus forms if the voltage goes on as it does, s."""
    slope = state.leg.rate if state.leg.piece.source == "voltage" else 0.0
    slope = state.node.rate or slope if state.node else slope
    time = state.waiting.time_left(law, overpotential, -slope, temperature)
    return max(time, (1 + 1e-9) * settings.smallest_step)


def waking_time(state):
    """Time of the first step of a nucleus that has just formed, s."""
    speed = np.hypot(*state.velocity.T).max()
    return FIRST * state.filament.height / speed if speed else np.inf
