"""How fast a state changes, and what times that leaves to a step: the numbers of Rates."""

import numpy as np

from ecmsim.constants import BOLTZMANN_EV
from ecmsim.shape.polyline import arc_length
from ecmsim.shape.spacing import rim_reach

HALF = 0.5  # of an atom of metal: what a step aims to bring into the contact, where atoms are counted
FIRST = 0.01  # of the nucleus' height: growth in the first step after it has formed


def of_outline(state, numerics):
    """The numbers of Rates that tell of the outline, as a dict. numerics: configuration [mesh], refined."""
    filament = state.filament
    speed = np.hypot(*state.velocity.T)
    closing = nearest_speed(state.front, state.gap.from_filament("vertical"))
    height, smallest_gap = filament.height, state.observed["gap"]
    if len(filament.parts) > 1:
        apart = filament.clearance
        near = apart < 1.5 * apart.min() + 0.05
        closing = max(closing, 2 * float(speed[near].max()))  # both sides of a gap between bodies move
        smallest_gap = min(smallest_gap, float(apart.min()))
        height = shortest_lived(filament, speed)
    found = {"growth_speed": float(speed.max()), "height": height, "finest": overrun(state.front, numerics)}
    if needle := state.front.needle:
        closing += nearest_speed(needle, state.gap.from_electrode("vertical")[: len(needle.velocity)])
        other = {"growth_speed": needle.speed, "height": needle.filament.height, "finest": overrun(needle, numerics)}
        fastest = max(found["growth_speed"], needle.speed)
        # Of each surface as if it moved at the largest of all speeds.
        slower = [fastest / max(its["growth_speed"], 1e-300) if fastest else 1.0 for its in (found, other)]
        found = {name: min(found[name] * slower[0], other[name] * slower[1]) for name in ("height", "finest")}
        found["growth_speed"] = fastest
    return found | {
        "closing_speed": closing,
        "misplaced": state.front.misplaced,
        "last_step": state.previous_step,
        "gap": smallest_gap,
    }


def nearest_speed(front, gap):
    """Largest speed of a front's points along the axis, nm/s, where the gap (n,), nm, is smallest or nearly."""
    near = gap < 1.5 * gap.min() + 0.05
    return float(np.abs(front.velocity[near, 1]).max())


def overrun(front, numerics):
    """Length of the segment of a front that is first overrun by its own motion, which sets the pace, as if it moved at
    the largest speed of the front's points, nm.

    A segment as short as the outline there is curved is overrun once its points have come as far as it is long. Near
    the rim of the foot segments may be shorter than that, for the fields' sake (mesh.contact_line): what moves as one,
    however far, overruns nothing, and what counts is how the ends of a segment move to each other, which compresses and
    turns it.
    """
    speed, lengths = np.hypot(*front.velocity.T), front.filament.segment_lengths
    rate = np.maximum(speed[:-1], speed[1:])
    if reach := rim_reach(front.filament, numerics):
        fine = arc_length(front.filament.points[::-1])[:0:-1] < reach
        rate[fine] = np.hypot(*np.diff(front.velocity, axis=0).T)[fine]
    moving = rate > 1e-3 * speed.max()
    return float((lengths[moving] * speed.max() / rate[moving]).min(initial=np.inf))


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


def capillary_time(velocity, law, model, temperature):
    """Time in which a surface's roundest places, of the size of the curvature's resolution, come to rest, s.

    A point's velocity changes by dv/d(eta) gamma Omega/(z e) per curvature; explicit steps may take twice as long.
    velocity of the points, nm/s, (n, 2); law: of capillarity; temperature at the points, K, (n,).
    """
    small = 1e-3 * BOLTZMANN_EV * temperature
    exchange = model.faraday.normal_velocity(-model.kinetics.current_density(small, temperature, 0.0)) / small * 1e9
    steepness = np.hypot(*velocity.T) * model.faraday.charge_number / (BOLTZMANN_EV * temperature)
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
