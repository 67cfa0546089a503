"""All that the outline of a state decides, and the parts of the circuit and of the heat network that follow from it."""

from dataclasses import dataclass

import numpy as np

from ecmsim.constants import METRES_PER_NM
from ecmsim.models.cell import Tip
from ecmsim.models.reduced.electrons import Crossing, series_resistances, size_ratios
from ecmsim.models.reduced.heat import Contact, HeatNetwork, Sources, to_bodies, wedges
from ecmsim.models.reduced.metals import Metals, links, relative_potentials
from ecmsim.models.reduced.profile import SLICES, Profile
from ecmsim.models.reduced.spreading import spreading


@dataclass(frozen=True)
class Columns:
    """Those between two metals. crossing of c columns; entry (c, k): into the nodes of heat of the lower metal; above:
    node of the upper one, None where that is the active electrode."""

    crossing: Crossing
    entry: np.ndarray
    above: int | None = None


@dataclass(frozen=True)
class Geometry:
    """All that the outline of a state decides. profile: of the rooted body; columns: a tuple of Columns; metals: where
    bodies float, else None; entered (k,): share of the current in each slice; shares (n, k + 1 + K): of the nodes of
    heat, the heights of the profile and then the floating bodies, at the outline's points; contact_up and contact_down:
    radii of the electrodes' contacts, nm. The upper one is a disc under even load with the same mean
    square of the radius as the tunnelling current."""

    profile: Profile
    tip: Tip
    columns: tuple
    metals: Metals | None
    entered: np.ndarray
    shares: np.ndarray
    contact_up: float
    contact_down: float

    @property
    def crossing(self):
        """The gap of a filament of one body."""
        return self.columns[0].crossing


def node_shares(filament, profile):
    """Matrix (n, k + 1 + K) that gives the outline's points the values of the nodes of heat: those of the rooted body's
    profile by height, and one of each floating body."""
    parts = filament.parts
    rooted = profile.shares(filament.points[parts[-1], 1])
    if len(parts) == 1:
        return rooted
    found = np.zeros((len(filament.points), SLICES + len(parts)))
    found[parts[-1], : SLICES + 1] = rooted
    for body, part in enumerate(parts[:-1]):
        found[part, SLICES + 1 + body] = 1.0
    return found


def _flow(crossing):
    """Current of the columns at 1 V, (c,); their weight where nothing tunnels."""
    return crossing.by_column("tunnel", 1.0) if "tunnel" in crossing.laws else crossing.weight


def _of_one(flow, weight):
    """Flows (c,) as shares of the whole; as weights are where all are less than the smallest number, as across a gap of
    some 37 nm."""
    flow = flow if flow.any() else weight
    return flow / flow.sum()


def geometry_of(trial, tip, columns, between):
    """The Geometry of a trial. tip: what electrons and ions see; columns: of the gap, between: of those between bodies
    (ecmsim.shape.gap.Columns)."""
    filament = trial.filament
    profile = Profile.of(filament.rooted)
    shares = node_shares(filament, profile)
    if between:
        metals, crossed, entry, flow, top = _of_bodies(filament, profile, tip, columns, between)
    else:
        entry = profile.shares(columns.foot.ravel())
        metals, crossed = None, (Columns(Crossing(tip.laws, columns.weight.ravel(), columns.gap.ravel()), entry),)
        flow = _of_one(_flow(crossed[0].crossing), crossed[0].crossing.weight)
        top = flow, columns.radius.ravel()
    return Geometry(
        profile=profile,
        tip=tip,
        columns=crossed,
        metals=metals,
        entered=np.cumsum((flow @ entry)[::-1])[::-1][1:],
        shares=shares,
        contact_up=float(np.sqrt(2 * (top[0] * top[1] ** 2).sum())),
        contact_down=float(filament.points[-1, 0]),
    )


def _of_bodies(filament, profile, tip, columns, between):
    """Metals; their columns; those that end on the rooted body: entry (c, k + 1) and share of the current (c,); those
    below the active electrode: share of the current and radius (c,)."""
    joined = links(filament, columns, tip.laws, between, tip.between)
    count = len(filament.parts) - 1
    metals, relative = Metals.of(joined, count), relative_potentials(joined, count)
    crossed, into, out = [], [], []
    for link in joined:
        entry = np.zeros((len(link.foot), SLICES + 1 + count))
        flow = _flow(link.crossing) * (relative[link.upper] - relative[link.lower])
        if link.lower == count:
            entry[:, : SLICES + 1] = profile.shares(link.foot)
            into.append((entry[:, : SLICES + 1], flow, link.crossing.weight))
        else:
            entry[:, SLICES + 1 + link.lower] = 1.0
        if link.upper > count:
            out.append((link.radius, flow, link.crossing.weight))
        crossed.append(Columns(link.crossing, entry, None if link.upper > count else SLICES + 1 + link.upper))
    entries, *flow = (np.concatenate(values) for values in zip(*into, strict=True))
    radius, *top = (np.concatenate(values) for values in zip(*out, strict=True))
    return metals, tuple(crossed), entries, _of_one(*flow), (_of_one(*top), radius)


def heat_network(trial, geometry, cell, model, insulated):
    """The heat network of a trial. cell: configuration [cell]; model: DeviceModel; insulated: the outer wall."""
    areas = trial.filament.strip_areas
    up, down, radius_up, radius_down = wedges(trial.filament, trial.plate, areas)
    ends = None
    if geometry.metals:
        up, down, ends = to_bodies(trial.filament, areas, up, down, lambda z: geometry.profile.shares(z))
    heights = {"active": cell.active_electrode_height, "counter": cell.counter_electrode_height}
    contacts = {
        name: Contact(
            radius,
            spreading(radius, cell.radius, heights[name], insulated),
            getattr(model, f"{name}_electrode").thermal,
        )
        for name, radius in (("active", geometry.contact_up), ("counter", geometry.contact_down))
    }
    return HeatNetwork(
        geometry.profile,
        geometry.shares,
        up,
        down,
        radius_up,
        radius_down,
        **contacts,
        filament=model.filament.thermal,
        layer=model.switching_layer.thermal,
        ambient=cell.ambient_temperature,
        ratio=size_ratios(geometry.profile, model.size_effect) if model.thermal_size_effect else 1.0,
        boundary=model.boundary_resistance or 0.0,
        areas=areas,
        ends=ends,
    )


def resistances(geometry, rise, cell, model):
    """Of the filament's slices, (k,), and of both electrodes, ohm."""
    ambient, along = cell.ambient_temperature, rise.filament[: SLICES + 1]
    warmth = ambient + 0.5 * (along[1:] + along[:-1])
    slices = series_resistances(geometry.profile, geometry.entered, warmth, model.filament, model.size_effect)
    electrodes = [
        # No current crosses the outer wall.
        spreading(contact, cell.radius, height, True) / (METRES_PER_NM * metal.electrical(ambient + 0.5 * warm))
        for contact, height, metal, warm in (
            (geometry.contact_up, cell.active_electrode_height, model.active_electrode, rise.active),
            (geometry.contact_down, cell.counter_electrode_height, model.counter_electrode, rise.filament[0]),
        )
    ]
    return slices, electrodes


def sources(geometry, voltages, entering, slices, electrodes, model):
    """Heat made where. voltages: of each of geometry.columns, V; entering: current through filament and electrodes,
    A; slices, electrodes: resistances."""
    heat, active, counter, lost = np.zeros(geometry.shares.shape[1]), 0.0, 0.0, 0.0
    if model.tunnel_heating:
        for columns, voltage in zip(geometry.columns, voltages, strict=True):
            power = columns.crossing.by_column("tunnel", voltage) * voltage
            share = model.tunnel_heating.active_electrode_share(voltage, columns.crossing.gap)
            above = float((share * power).sum())
            if columns.above is None:
                active += above
            else:
                heat[columns.above] += above
            heat += ((1 - share) * power) @ columns.entry
    if model.joule_heating:
        square = entering**2
        heat[1 : SLICES + 1] += 0.5 * square * slices
        heat[:SLICES] += 0.5 * square * slices
        active += 0.5 * square * electrodes[0]
        counter = 0.5 * square * electrodes[1]
        lost = 0.5 * square * sum(electrodes)
    return Sources(heat, active, counter, lost)
