"""The fields of a state as plain arrays for files and pictures."""

from pathlib import Path

import numpy as np

from ecmsim.models.full.mesh.cell_mesh import METALS, Region
from ecmsim.physics.tunnelling import over_tip

REGION_NUMBER = {
    Region.COUNTER_ELECTRODE: 0,
    Region.FILAMENT: 1,
    Region.SWITCHING_LAYER: 2,
    Region.ACTIVE_ELECTRODE: 3,
}


def fields(state, model, config):
    """Point data and cell data of a state as dictionaries of arrays, and its field data as one of numbers.

    electric_potential_V: of electrons, nan inside the layer. ionic_potential_V: nan off the layer.
    current_density_A_m2: of electrons, in the layer the tunnelling current of the column. joule_heat_W_m3: in the
    metals. Field data: the voltage over the cell, the gap, and the numbers in `material`, each by the name of what it
    stands for: material_filament_Cu.
    """
    mesh, values = state.mesh, state.values
    lift = state.lift
    temperature = config.cell.ambient_temperature + values[:, 2]
    point_data = {
        "electric_potential_V": np.where(mesh.nodes_of(*METALS), values[:, 0] + lift, np.nan),
        "ionic_potential_V": np.where(mesh.nodes_of(Region.SWITCHING_LAYER), values[:, 1], np.nan),
        "temperature_K": temperature,
    }
    gradient = np.hypot(*_gradients(mesh, values[:, 0]).T) * 1e9
    sigma = np.zeros(len(mesh.triangles))
    warmth = temperature[mesh.triangles].mean(axis=1)
    for region, conductor in (
        (Region.COUNTER_ELECTRODE, model.counter_electrode),
        (Region.FILAMENT, model.filament),
        (Region.ACTIVE_ELECTRODE, model.active_electrode),
    ):
        chosen = mesh.region == region
        sigma[chosen] = conductor.electrical(warmth[chosen])
    ratios = {Region.FILAMENT: size_ratio(model, state.filament)}
    if needle := state.front.needle:
        ratios[Region.ACTIVE_ELECTRODE] = needle_ratio(model, needle.filament, config.cell.layer_thickness)
    for region, ratio in ratios.items():
        inside = mesh.region == region
        sigma[inside] *= ratio(mesh.points[mesh.triangles[inside], 1].mean(axis=1))
    current = sigma * gradient
    if model.tunnelling:
        layer = mesh.region == Region.SWITCHING_LAYER
        current[layer] = _tunnel_current(state, model, config, mesh.points[mesh.triangles[layer]].mean(axis=1))
    cell_data = {
        "material": np.array([REGION_NUMBER.get(region, -1) for region in range(max(Region) + 1)])[mesh.region],
        "current_density_A_m2": current,
        "joule_heat_W_m3": sigma * gradient**2,
    }
    field_data = {"cell_voltage_V": float(state.seen["cell_voltage"]), "gap_nm": float(state.seen["gap"])}
    return point_data, cell_data, field_data | material_numbers(config)


def size_ratio(model, filament):
    """sigma/sigma_bulk of Eq. (6) in a filament as a function of the height (n,), nm."""
    law = model.size_effect
    return (lambda heights: law.conductivity_ratio(filament.local_diameter(heights))) if law else np.ones_like


def needle_ratio(model, needle, layer_thickness):
    """The same in an active electrode with a needle (Filament, upside down), which is bulk behind its plane."""
    ratio = size_ratio(model, needle)
    return lambda heights: np.where(heights < layer_thickness, ratio(layer_thickness - heights), 1.0)


def material_numbers(config):
    """The numbers of the cell data `material` by body and material: {"material_filament_Cu": 1, …}."""
    cell = config.cell
    names = {
        Region.COUNTER_ELECTRODE: cell.counter_electrode,
        Region.FILAMENT: cell.active_electrode,
        Region.SWITCHING_LAYER: cell.switching_layer,
        Region.ACTIVE_ELECTRODE: cell.active_electrode,
    }
    return {
        f"material_{region.name.lower()}_{Path(names[region]).stem}": number for region, number in REGION_NUMBER.items()
    }


def _gradients(mesh, values):
    """Gradient of a nodal field in each triangle, per nm, (m, 2)."""
    corners, nodal = mesh.points[mesh.triangles], values[mesh.triangles]
    edges = np.roll(corners, -1, axis=1) - np.roll(corners, 1, axis=1)
    area = edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0]
    rotated = np.stack([-edges[..., 1], edges[..., 0]], axis=-1)
    return np.einsum("ci,cia->ca", nodal, rotated) / area[:, None]


def _surfaces(state, radius):
    """Potentials and heights of the surfaces that bound each column from below and above: four arrays."""
    mesh, potential = state.mesh, state.values[:, 0] + state.lift
    gap, nodes = mesh.gap, mesh.electrode_nodes
    if gap.underside is not gap.surface:  # of a needle that hangs over, the nodes that are seen from below
        nodes = nodes[np.isin(gap.surface[:, 0], gap.underside[:, 0])]
    above = np.interp(radius, np.maximum.accumulate(mesh.points[nodes, 0]), potential[nodes])
    envelope = state.filament.top()
    kept = np.isin(mesh.filament_points[:, 0], envelope[:, 0])
    r = np.maximum.accumulate(mesh.filament_points[kept, 0])
    below = np.interp(radius, r, potential[mesh.filament_nodes[kept]], right=0.0)
    return below, above, state.filament.top_height(radius), np.interp(radius, *gap.underside.T)


def _tunnel_current(state, model, config, points):
    r, z = points.T
    below, above, bottom, top = _surfaces(state, r)
    gap = np.maximum(top - bottom, 1e-3)
    if config.tunnelling.gap == "shortest":
        gap = np.interp(r, *state.gap.seen("shortest"))
    seen = state.gap.columns(config.tunnelling.gap)
    cycle, atoms = state.leg.cycle(state.time), state.contact and state.contact.number
    law = over_tip(model.tunnelling, seen.gap, seen.weight, cycle, atoms)
    density = np.where(z >= bottom - 1e-9, np.abs(law.current_density(above - below, gap)), 0.0)
    potential = (state.values[:, 0] + state.lift)[state.mesh.filament_nodes]
    for crossed in state.gap.between_bodies(config.tunnelling.gap):
        law = over_tip(model.tunnelling, crossed.gap, crossed.weight, cycle)
        voltage = potential[crossed.above] - potential[crossed.below]
        radius, foot, gap = (values.mean(axis=1) for values in (crossed.radius, crossed.foot, crossed.gap))
        density_there = np.abs(law.current_density(np.interp(r, radius, voltage), np.interp(r, radius, gap)))
        height = z - np.interp(r, radius, foot)
        inside = (r <= radius[-1]) & (height >= -1e-9) & (height <= np.interp(r, radius, gap) + 1e-9)
        density = np.where(inside, density_there, density)
    return density
