"""Weak forms: manufactured solutions with observed orders, the tunnelling coupling, and the Jacobian.

Sources come from the strong form of each balance, written here in cylindrical coordinates and SI constants.
"""

from pathlib import Path

import numpy as np
import pytest
import ufl
import weak
from mpi4py import MPI
from scipy import constants as si
from scipy.integrate import quad
from scipy.special import j0, jn_zeros
from weak import AMBIENT, ELECTRONS, HEAT, IONS

from ecmsim.config import load_config
from ecmsim.electrode import ActiveElectrode
from ecmsim.fem import forms
from ecmsim.fem.problem import FieldForms, FieldProblem
from ecmsim.fem.tunnel_coupling import Columns, TunnelCoupling, columns
from ecmsim.filament import Filament
from ecmsim.mesh.build import build_mesh
from ecmsim.mesh.cell_mesh import METALS, CellMesh, Region, Surface
from ecmsim.mesh.spacing import filament_spacing
from ecmsim.physics.barriers import StressBarrier, VoidBarrier
from ecmsim.physics.model import DeviceModel
from ecmsim.physics.tunnel_heating import TunnelHeating
from ecmsim.physics.tunnelling import Simmons
from ecmsim.solve.newton import Newton
from ecmsim.timing import Stopwatch

QUICK = Path(__file__).parents[1] / "configs" / "quick.toml"
SIZES = (6, 12, 24)
SIZE_RATIO = 0.4
LIFT = 0.15


# --- manufactured solutions --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def symbols():
    return forms.Symbols(weak.LAYER, 1.0, AMBIENT)


@pytest.fixture(scope="module")
def exact(symbols):
    """psi, phi_i, T - T_ambient: smooth, even in r, none of them symmetric in anything else."""
    r, z = symbols.r, symbols.z
    psi = 0.12 * ufl.cos(0.5 * r) * ufl.sin(0.6 * z + 0.3)
    phi_i = 0.10 + 0.15 * ufl.cos(0.45 * r) * ufl.sin(0.5 * z + 0.2)
    rise = 80 * ufl.cos(0.4 * r) * ufl.exp(0.25 * z)
    return psi, phi_i, rise


def resistivity_law(law, temperature):
    """Eq. (8)."""
    rise = temperature - law.reference_temperature
    return law.value / (1 + law.linear * rise + law.quadratic * rise**2)


def conductor_of(model, region):
    return getattr(model, region.name.lower())


def electron_flux(model, region, exact):
    """Electronic current density -sigma grad psi in A/nm2 (1 S/m = 1e-9 S/nm)."""
    sigma = resistivity_law(conductor_of(model, region).electrical, AMBIENT + exact[HEAT]) * 1e-9
    return -sigma * (SIZE_RATIO if region == Region.FILAMENT else 1.0) * ufl.grad(exact[ELECTRONS])


def heat_flux(model, region, exact):
    """-kappa grad T, W/nm2."""
    kappa = resistivity_law(conductor_of(model, region).thermal, AMBIENT + exact[HEAT]) * 1e-9
    return -kappa * ufl.grad(exact[HEAT])


def hopping_flux(model, exact):
    """Ionic current density of Eq. (4), A/nm2: along the field, its size by the hyperbolic sine."""
    law, temperature = model.hopping, AMBIENT + exact[HEAT]
    field = -ufl.grad(exact[IONS])  # V/nm
    size = ufl.sqrt(field[0] ** 2 + field[1] ** 2)
    energy = si.k / si.e * temperature  # eV
    current = (
        2 * law.charge_number * si.e * law.ion_concentration * law.attempt_frequency * law.distance * 1e-9
        * ufl.exp(-law.activation_energy / energy)
        * ufl.sinh(law.distance * law.charge_number * size / (2 * energy))
    )
    return 1e-18 * current * field / size


def reaction_density(model, s, exact, surface):
    """J_BV of Eqs. (2), (3), (9), (11) and (12), A/nm2."""
    law, energy = model.kinetics, si.k / si.e * (AMBIENT + exact[HEAT])
    barrier = law.activation_energy
    if surface == Surface.FILAMENT:
        barrier = barrier + model.stress.energy * (ufl.exp(s.r / model.stress.template_radius) - 1)
        overpotential = exact[ELECTRONS] - exact[IONS]
    else:
        overpotential = exact[ELECTRONS] + LIFT - exact[IONS]
    barrier = barrier + model.void.energy * ufl.exp((s.z - weak.LAYER) / model.void.length)
    exchange = law.charge_number * si.e * law.ion_concentration * law.rate_constant * ufl.exp(-barrier / energy)
    x, alpha = law.charge_number * overpotential / energy, law.transfer_coefficient
    return 1e-18 * exchange * (ufl.exp((1 - alpha) * x) - ufl.exp(-alpha * x))


def load(s, flux, test, region, extra=0.0):
    """Residual's load for a field whose flux is `flux`: -(div q - extra) v, extra: sources the form has itself."""
    return -weak.source_term(s, weak.divergence(s, flux) - extra, test, region)


def norms(mesh, error):
    """Root mean square of nodal errors (nodes, k) over the body of revolution, by field, (k,)."""
    corners = mesh.points[mesh.triangles]
    (ax, ay), (bx, by) = (corners[:, 1] - corners[:, 0]).T, (corners[:, 2] - corners[:, 0]).T
    volume = np.abs(ax * by - ay * bx) * corners[:, :, 0].mean(axis=1)
    return np.sqrt((volume[:, None] * (error[mesh.triangles] ** 2).mean(axis=1)).sum(axis=0) / volume.sum())


def observed_orders(s, residual, exact, mesh_of, free_of, data_of=None, sizes=SIZES):
    """Errors of the free fields in L2 on refined meshes, relative to the solution's size, and their orders.

    (The largest nodal error has order 2 but for a logarithm on the axis, where the weight r vanishes.)
    Newton's method starts a tenth off the solution.
    """
    compiled = weak.Compiled(s, residual)
    errors = []
    for n in sizes:
        mesh = mesh_of(n)
        wanted = weak.nodal(exact, s, mesh)
        free = free_of(mesh)
        problem = weak.Discrete(compiled, mesh, data_of(mesh) if data_of else None)
        found = problem.solve(np.where(free, 0.9 * wanted, wanted), free)
        errors.append(norms(mesh, found - wanted) / np.abs(wanted).max(axis=0))
    errors = np.array(errors)[:, free.any(axis=0)]
    return errors, weak.orders(errors)


def inner_nodes(mesh, fields):
    """Mask (nodes, 3): the given fields at the nodes off top, bottom and outer wall of a skewed block (axis free)."""
    edges = np.sort(mesh.triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    unique, count = np.unique(edges, axis=0, return_counts=True)
    outer = unique[count == 1]
    on_axis = (mesh.points[outer, 0] < 1e-12).all(axis=1)
    given = np.zeros(len(mesh.points), dtype=bool)
    given[outer[~on_axis]] = True
    mask = np.zeros((len(mesh.points), 3), dtype=bool)
    mask[np.ix_(~given, fields)] = True
    return mask


def second_order(errors, order, largest=2e-3):
    assert (order > 1.8).all(), f"orders {order}, errors {errors}"
    assert (errors[-1] < largest).all(), errors


@pytest.mark.parametrize("region", METALS, ids=lambda region: region.name.lower())
def test_electron_conduction(symbols, exact, region):
    s, model = symbols, weak.device()
    residual = forms.electron_conduction(s, model) + sum(
        load(s, electron_flux(model, m, exact), s.v_e, m) for m in METALS
    )
    ratio = SIZE_RATIO if region == Region.FILAMENT else 17.0  # the size effect belongs to the filament alone
    second_order(*observed_orders(
        s, residual, exact, lambda n: weak.block_mesh(region, n), lambda mesh: inner_nodes(mesh, [ELECTRONS]),
        data_of=lambda mesh: weak.Data(size_ratio=ratio, lift=LIFT),
    ))


def test_ion_conduction(symbols, exact):
    """Eq. (4) where its sinh is strongly nonlinear: the conductivity varies by a factor above two."""
    s, model = symbols, weak.device()
    region = Region.SWITCHING_LAYER
    residual = forms.ion_conduction(s, model) + load(s, hopping_flux(model, exact), s.v_i, region)
    second_order(*observed_orders(
        s, residual, exact, lambda n: weak.block_mesh(region, n), lambda mesh: inner_nodes(mesh, [IONS])
    ))


@pytest.mark.parametrize("region", Region, ids=lambda region: region.name.lower())
def test_heat_conduction(symbols, exact, region):
    s, model = symbols, weak.device()
    residual = forms.heat_conduction(s, model) + sum(
        load(s, heat_flux(model, m, exact), s.v_t, m) for m in Region
    )
    second_order(*observed_orders(
        s, residual, exact, lambda n: weak.block_mesh(region, n), lambda mesh: inner_nodes(mesh, [HEAT])
    ))


@pytest.mark.parametrize("region", METALS, ids=lambda region: region.name.lower())
def test_joule_heating(symbols, exact, region):
    """Electrons and heat together: the source sigma |grad phi_e|^2 is of the size of what flows."""
    s, model = symbols, weak.device()
    residual = (
        forms.electron_conduction(s, model) + forms.heat_conduction(s, model) + forms.joule_heating(s, model)
    )
    # Fields of some V/nm, so that they heat as much as a conduction of some 0.5 W/m/K carries away.
    strong = (40 * exact[ELECTRONS], exact[IONS], exact[HEAT])
    for m in METALS:
        flux = electron_flux(model, m, strong)
        joule = -ufl.inner(flux, ufl.grad(strong[ELECTRONS]))
        residual += load(s, flux, s.v_e, m) + load(s, heat_flux(model, m, strong), s.v_t, m, extra=joule)
    second_order(*observed_orders(
        s, residual, strong, lambda n: weak.block_mesh(region, n), lambda mesh: inner_nodes(mesh, [ELECTRONS, HEAT]),
        data_of=lambda mesh: weak.Data(size_ratio=SIZE_RATIO),
    ), largest=5e-3)


def test_reaction_at_both_surfaces(symbols, exact):
    """Butler-Volmer currents join metal and layer: the current density -sigma grad phi along the normal from metal
    to layer is J_BV on both sides; what the exact solution lacks of it is supplied at the surface."""
    s = symbols
    model = weak.device(stress=StressBarrier(0.03, 1.5), void=VoidBarrier(0.02, 0.8))
    residual = forms.electron_conduction(s, model) + forms.ion_conduction(s, model)
    ions = hopping_flux(model, exact)
    residual += load(s, ions, s.v_i, Region.SWITCHING_LAYER)
    for surface, metal, normal in (
        (Surface.FILAMENT, Region.FILAMENT, weak.CONE_NORMAL),
        (Surface.ACTIVE_ELECTRODE, Region.ACTIVE_ELECTRODE, weak.DISH_NORMAL),
    ):
        electrons = electron_flux(model, metal, exact)
        residual += load(s, electrons, s.v_e, metal) + forms.reaction(s, model, surface)
        reaction = reaction_density(model, s, exact, surface)
        missing_metal = ufl.dot(electrons, normal) - reaction  # leaves the metal without entering the layer
        missing_layer = ufl.dot(ions, normal) - reaction  # enters the layer out of nowhere
        residual += weak.surface_term(s, missing_metal, s.v_e, surface)
        residual -= weak.surface_term(s, missing_layer, s.v_i, surface)

    def free(mesh):
        r, z = mesh.points.T
        metal, layer = mesh.nodes_of(*METALS), mesh.nodes_of(Region.SWITCHING_LAYER)
        edge = inner_nodes(mesh, [ELECTRONS])[:, ELECTRONS]
        return np.stack([metal & edge, layer & edge, np.zeros_like(edge)], axis=1)

    second_order(*observed_orders(
        s, residual, exact, weak.cone_mesh, free,
        data_of=lambda mesh: weak.Data(
            size_ratio=SIZE_RATIO, lift=np.where(mesh.nodes_of(Region.ACTIVE_ELECTRODE), LIFT, 0.0)
        ),
    ))
