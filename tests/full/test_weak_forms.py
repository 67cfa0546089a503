"""Weak forms: manufactured solutions with observed orders, the tunnelling coupling, and the Jacobian.

Sources come from the strong form of each balance, written here in cylindrical coordinates and SI constants.
"""

from dataclasses import replace

import numpy as np
import pytest
import ufl
from helpers import weak
from helpers.paths import QUICK
from helpers.weak import AMBIENT, ELECTRONS, HEAT, IONS
from scipy import constants as si
from scipy.integrate import quad
from scipy.sparse import csr_matrix
from scipy.special import j0, jn_zeros

from ecmsim.config import load_config
from ecmsim.models.full import forms
from ecmsim.models.full.mesh.cell_mesh import METALS, CellMesh, Region, Surface
from ecmsim.models.full.tunnel_coupling import CoupledColumns, TunnelCoupling
from ecmsim.physics.barriers import StressBarrier, VoidBarrier
from ecmsim.physics.temperature_law import TemperatureLaw
from ecmsim.physics.tunnel_heating import TunnelHeating
from ecmsim.physics.tunnelling import Simmons

SIZES = (6, 12, 24)
SIZE_RATIO = 0.4
LIFT = 0.15


# --- manufactured solutions ---------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["steady", "transient"])
def symbols(request):
    """With the quadrature of either heat equation."""
    return forms.Symbols(weak.LAYER, 1.0, AMBIENT, request.param)


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
        2
        * law.charge_number
        * si.e
        * law.ion_concentration
        * law.attempt_frequency
        * law.distance
        * 1e-9
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
    rate = law.rate_constant * ufl.exp(-barrier / energy)
    exchange = law.charge_number * si.e * law.ion_concentration * rate
    x, alpha = law.charge_number * overpotential / energy, law.transfer_coefficient
    return 1e-18 * exchange * (ufl.exp((1 - alpha) * x) - ufl.exp(-alpha * x))


def load(s, flux, test, region, extra=0.0):
    """The load that makes a flux exact: -(div q - extra) v; extra: sources that the form has of itself."""
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
    """Mask (nodes, 3): the given fields at the nodes off the mesh's boundary; the axis is no boundary."""
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
    second_order(
        *observed_orders(
            s,
            residual,
            exact,
            lambda n: weak.block_mesh(region, n),
            lambda mesh: inner_nodes(mesh, [ELECTRONS]),
            data_of=lambda mesh: weak.Data(size_ratio=ratio, lift=LIFT),
        )
    )


@pytest.mark.slow
def test_ion_conduction(symbols, exact):
    """Eq. (4) where it is strongly nonlinear: the argument of its sinh is about 2."""
    s, model = symbols, weak.device()
    region = Region.SWITCHING_LAYER
    residual = forms.ion_conduction(s, model) + load(s, hopping_flux(model, exact), s.v_i, region)
    second_order(
        *observed_orders(
            s, residual, exact, lambda n: weak.block_mesh(region, n), lambda mesh: inner_nodes(mesh, [IONS])
        )
    )


@pytest.mark.parametrize("region", Region, ids=lambda region: region.name.lower())
def test_heat_conduction(symbols, exact, region):
    s, model = symbols, weak.device()
    residual = forms.heat_conduction(s, model) + sum(load(s, heat_flux(model, m, exact), s.v_t, m) for m in Region)
    second_order(
        *observed_orders(
            s, residual, exact, lambda n: weak.block_mesh(region, n), lambda mesh: inner_nodes(mesh, [HEAT])
        )
    )


@pytest.mark.parametrize("region", METALS, ids=lambda region: region.name.lower())
def test_joule_heating(symbols, exact, region):
    """Electrons and heat together: the source sigma |grad phi_e|^2 is of the size of what flows."""
    s, model = symbols, weak.device()
    residual = forms.electron_conduction(s, model) + forms.heat_conduction(s, model) + forms.joule_heating(s, model)
    # Fields of some V/nm, so that they heat as much as a conduction of some 0.5 W/m/K carries away.
    strong = (40 * exact[ELECTRONS], exact[IONS], exact[HEAT])
    for m in METALS:
        flux = electron_flux(model, m, strong)
        joule = -ufl.inner(flux, ufl.grad(strong[ELECTRONS]))
        residual += load(s, flux, s.v_e, m) + load(s, heat_flux(model, m, strong), s.v_t, m, extra=joule)
    second_order(
        *observed_orders(
            s,
            residual,
            strong,
            lambda n: weak.block_mesh(region, n),
            lambda mesh: inner_nodes(mesh, [ELECTRONS, HEAT]),
            data_of=lambda mesh: weak.Data(size_ratio=SIZE_RATIO),
        )
    )


@pytest.mark.slow
def test_reaction_at_both_surfaces(symbols, exact):
    """Butler-Volmer currents join metal and layer: -sigma grad phi along the normal, metal to layer, is J_BV
    on both sides; what the exact solution lacks of it is supplied at the surface."""
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

    second_order(
        *observed_orders(
            s,
            residual,
            exact,
            weak.cone_mesh,
            free,
            data_of=lambda mesh: weak.Data(
                size_ratio=SIZE_RATIO, lift=np.where(mesh.nodes_of(Region.ACTIVE_ELECTRODE), LIFT, 0.0)
            ),
        )
    )


@pytest.mark.parametrize("region", Region, ids=lambda region: region.name.lower())
def test_transient_heat_decays_at_the_known_rate(region):
    """The slowest mode of a cylinder decays as exp(-kappa/(rho c) (pi^2/H^2 + j01^2/R^2) t); implicit Euler
    is of order 1."""
    radius, height, n = 3.0, 2.0, 24
    s, model = forms.Symbols(weak.LAYER, 1.0, AMBIENT, "transient"), weak.device()
    laws = {m.name.lower(): conductor_of(model, m) for m in Region}
    model = weak.device(
        **{name: replace(law, thermal=TemperatureLaw(law.thermal.value, 300.0)) for name, law in laws.items()}
    )
    compiled = weak.Compiled(s, forms.heat_conduction(s, model) + forms.heat_storage(s, model))
    law, zero = conductor_of(model, region), jn_zeros(0, 1)[0]
    diffusivity = law.thermal.value / law.volumetric_heat_capacity * 1e18  # nm2/s
    rate = diffusivity * ((np.pi / height) ** 2 + (zero / radius) ** 2)

    mesh = weak.block_mesh(region, n, radius, height)
    r, z = mesh.points.T
    free = inner_nodes(mesh, [HEAT])
    start = np.where(free, (10 * j0(zero * r / radius) * np.sin(np.pi * z / height))[:, None], 0.0)
    probe = np.argmax(start[:, HEAT])

    def left_over(steps):
        """Part of the mode that is left after one decay time."""
        problem = weak.Discrete(compiled, mesh, weak.Data(inverse_step=steps * rate))
        values = start
        for _ in range(steps):
            problem.old_rise.x.array[:] = values[problem.domain.scalar_nodes, HEAT]
            values = problem.solve(values, free)
        return values[probe, HEAT] / start[probe, HEAT]

    left = np.array([left_over(steps) for steps in (8, 16, 32)])
    order = weak.orders(np.abs(np.diff(left)))
    assert abs(order[0] - 1) < 0.06
    at_once = left[2] + (left[2] - left[1]) + (left[2] - 2 * left[1] + left[0]) / 3  # Richardson to step 0
    assert at_once == pytest.approx(np.exp(-1), rel=6e-3, abs=0)


# --- tunnelling between two surfaces ------------------------------------------------------------------------

LAW = Simmons(4.2, 0.8915, 0.5)
HEATING = TunnelHeating(LAW.barrier, LAW.decay_constant())
LOWER, UPPER = slice(0, 2), slice(2, 4)


def surfaces(lower, upper):
    """A CellMesh of two polylines alone."""
    lower, upper = np.asarray(lower, dtype=float), np.asarray(upper, dtype=float)
    points = np.vstack([lower, upper])
    nodes = np.arange(len(points))
    empty = np.empty(0, dtype=int)
    return CellMesh(
        points, empty.reshape(0, 3), empty, nodes[: len(lower)], nodes[len(lower) :], np.full(len(upper), -1)
    )


def flat_pair(gap, radius=2.0, height=5.0):
    """A cylinder below a plane."""
    r = np.linspace(0, radius, 5)
    lower = np.append(np.stack([r, np.full(5, height)], axis=1), [[radius, 0.0]], axis=0)
    return surfaces(lower, [[0, height + gap], [0.7, height + gap], [2.9, height + gap], [25, height + gap]])


def dome_pair(n, radius=1.5, height=5.0, gap=0.3):
    """A half ellipsoid below a shallow dish."""
    angle = np.linspace(0, np.pi / 2, n + 1)
    lower = np.stack([radius * np.sin(angle), height * np.cos(angle)], axis=1)
    lower[0, 0] = lower[-1, 1] = 0.0
    r = np.append(np.linspace(0, 2, int(1.3 * n) + 1), 25.0)
    return surfaces(lower, np.stack([r, dish(r, height + gap)], axis=1))


def dish(r, top):
    return top - 0.05 * np.minimum(r, 2.0) ** 2


def columns(mesh, definition):
    return CoupledColumns.of(mesh.gap.columns(definition), mesh)


def potentials(cols, below, above):
    """phi_e at the nodes of the columns for one potential on each surface."""
    return np.where(np.arange(4) < 2, below, above) * np.ones((len(cols.nodes), 1))


def current_between(cols, voltage=1.0, heating=None):
    """Currents (A) that leave the electrode's nodes and enter the filament's, and the heat (W) of each."""
    rows, (power, current) = TunnelCoupling(LAW, heating).evaluate(cols, potentials(cols, 0.3, 0.3 + voltage))
    return {
        "leaves": rows[:, UPPER, 0].sum(),
        "enters": -rows[:, LOWER, 0].sum(),
        "current": current,
        "power": power,
        "heat above": -rows[:, UPPER, 1].sum(),
        "heat below": -rows[:, LOWER, 1].sum(),
    }


@pytest.mark.parametrize("gap", [0.2, 0.5, 2.0])
def test_tunnelling_between_parallel_surfaces_is_exact(gap):
    for definition in ("vertical", "shortest"):
        seen = current_between(columns(flat_pair(gap), definition), 0.7)
        wanted = np.pi * 2.0**2 * 1e-18 * LAW.conductance_density(gap) * 0.7
        assert seen["leaves"] == pytest.approx(wanted, rel=1e-13, abs=0)


def test_tunnelling_at_a_voltage_that_varies_along_the_surfaces():
    """V(r) = a + b r over a flat gap: I = 2 pi G (a R^2/2 + b R^3/3); each node gets its share."""
    mesh = flat_pair(0.4)
    cols = columns(mesh, "vertical")
    r = mesh.points[cols.nodes, 0]
    rows, _ = TunnelCoupling(LAW, None).evaluate(cols, np.where(np.arange(4) < 2, -0.1 * r, 0.5 + 0.2 * r))
    g = 1e-18 * LAW.conductance_density(0.4)
    wanted = 2 * np.pi * g * (0.5 * 2**2 / 2 + 0.3 * 2**3 / 3)
    assert rows[:, UPPER, 0].sum() == pytest.approx(wanted, rel=1e-13, abs=0)
    # The hat function of the node on the axis is 1 - r/0.5 below and 1 - r/0.7 above.
    for nodes, reach, sign in ((mesh.filament_nodes, 0.5, -1), (mesh.electrode_nodes, 0.7, 1)):
        share = 2 * np.pi * g * quad(lambda x, b=reach: x * (0.5 + 0.3 * x) * (1 - x / b), 0, reach)[0]
        assert sign * rows[..., 0][cols.nodes == nodes[0]].sum() == pytest.approx(share, rel=1e-12, abs=0)


def test_tunnelling_above_a_curved_tip_converges():
    """To the integral of 2 pi r G(g(r)) over the smooth surfaces, with order 2."""

    def density(r):
        gap = dish(r, 5.3) - 5.0 * np.sqrt(1 - (r / 1.5) ** 2)
        return 2 * np.pi * r * 1e-18 * LAW.conductance_density(gap)

    wanted = quad(density, 0, 1.5, epsabs=0, epsrel=1e-12, points=[0.2, 0.5], limit=200)[0]
    pairs = [columns(dome_pair(n), "vertical") for n in (10, 20, 40, 80, 160)]
    errors = [abs(current_between(pair)["leaves"] / wanted - 1) for pair in pairs]
    order = weak.orders(errors)
    assert (order[-3:] > 1.9).all(), (order, errors)
    assert errors[-1] < 1e-3


@pytest.mark.parametrize("voltage", [1.3, -0.8])
def test_tunnelling_conserves_charge_and_energy(voltage):
    """What leaves the electrode enters the filament; the heat is V I, most of it where electrons arrive."""
    seen = current_between(columns(dome_pair(23), "vertical"), voltage, HEATING)
    assert seen["leaves"] * voltage > 0
    assert seen["enters"] == pytest.approx(seen["leaves"], rel=1e-14, abs=0)
    assert seen["current"] == pytest.approx(seen["leaves"], rel=1e-14, abs=0)
    assert seen["power"] == pytest.approx(voltage * seen["leaves"], rel=1e-13, abs=0)
    assert seen["heat above"] + seen["heat below"] == pytest.approx(seen["power"], rel=1e-13, abs=0)
    receiver, emitter = ("above", "below") if voltage > 0 else ("below", "above")
    assert seen[f"heat {receiver}"] > 1.2 * seen[f"heat {emitter}"] > 0
    without = current_between(columns(dome_pair(23), "vertical"), voltage)
    assert without["heat above"] == without["heat below"] == 0.0
    assert without["power"] == pytest.approx(seen["power"], rel=1e-14, abs=0)


def test_tunnel_heat_is_split_by_gamma():
    """Above a flat gap the active electrode gets gamma(V, g) of the power, the filament the rest."""
    seen = current_between(columns(flat_pair(0.4), "vertical"), 1.1, HEATING)
    share = HEATING.active_electrode_share(1.1, 0.4)
    assert seen["heat above"] == pytest.approx(share * seen["power"], rel=1e-12, abs=0)
    assert seen["heat below"] == pytest.approx((1 - share) * seen["power"], rel=1e-12, abs=0)


def test_jacobian_of_the_tunnelling_coupling():
    """Against central differences, electrons and heat, every pair of nodes."""
    cols = columns(dome_pair(8), "vertical")
    coupling = TunnelCoupling(LAW, HEATING)
    random = np.random.default_rng(1)
    at = potentials(cols, 0.0, 0.9) + 0.1 * random.random(cols.nodes.shape)
    derivative = coupling.evaluate(cols, at, jacobian=True)[2]
    step = 1e-4
    for k in range(4):
        shift = step * (np.arange(4) == k)
        ahead, behind = (coupling.evaluate(cols, at + sign * shift)[0] for sign in (1, -1))
        difference = (ahead - behind) / (2 * step)
        scale = np.abs(derivative).max(axis=(1, 3))[:, None]
        assert (np.abs(difference - derivative[..., k]) <= 1e-6 * scale).all()


def test_only_the_topmost_surface_tunnels():
    """A mushroom's stem and the underside of its cap carry nothing: it conducts like a pillar as wide."""
    cap = np.array([[0, 5], [0.4, 4.95], [0.8, 4.8], [1.3, 4.4], [1.5, 4.0]])
    plate = [[0, 5.2], [0.5, 5.2], [1.1, 5.15], [3, 5.15], [25, 5.15]]
    stem = [[1.1, 3.7], [0.6, 3.6], [0.55, 2.0], [0.5, 0]]
    mushroom = columns(surfaces(np.vstack([cap, stem]), plate), "vertical")
    pillar = columns(surfaces(np.vstack([cap, [[1.5, 0]]]), plate), "vertical")
    assert mushroom.nodes[:, LOWER].max() == 4
    assert mushroom.weight.sum() == pytest.approx(np.pi * 1.5**2, rel=1e-13, abs=0)
    seen, wanted = (current_between(cols, 0.5)["leaves"] for cols in (mushroom, pillar))
    assert seen == pytest.approx(wanted, rel=1e-4, abs=0)  # Gauss points elsewhere, the same surface


def test_shortest_gap():
    """Below a cone the shortest distance is the vertical one times the cosine of its slope."""
    r, slope = np.linspace(0, 2, 161), 0.5
    lower = np.append(np.stack([r, np.full_like(r, 5.0)], axis=1), [[2.0, 0.0]], axis=0)
    mesh = surfaces(lower, [[0, 8.0], [5.9, 8.0 - 5.9 * slope]])
    for definition, factor in (("vertical", 1.0), ("shortest", np.cos(np.arctan(slope)))):

        def density(x, factor=factor):
            return 2 * np.pi * x * 1e-18 * LAW.conductance_density(factor * (3.0 - slope * x))

        wanted = quad(density, 0, 2, epsabs=0, epsrel=1e-12)[0]
        assert current_between(columns(mesh, definition))["leaves"] == pytest.approx(wanted, rel=1e-8, abs=0)


# --- all fields at once -------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "height, compliance, mode",
    [(9.8, "current=10 uA", "steady"), (10.1, "kind=none", "steady"), (10.1, "current=10 uA", "transient")],
)
def test_jacobian_of_the_coupled_fields(height, compliance, mode):
    """Every entry of the matrix against central differences of the residual, tunnelling included, where all
    laws count: a tall filament at 1.5 V, the fields a little off their solution."""
    config = load_config(QUICK, [f"compliance.{compliance}", f"heat.mode={mode}"])
    problem, newton = weak.tall_problem(config, 1.5, height=height)
    if mode == "transient":
        problem.set_time_step(1e-12, np.linspace(0, 20, len(problem.domain.cell_mesh.points)))
    newton.close()
    random = np.random.default_rng(2)
    free = np.ones(problem.u.x.array.shape, bool)
    free[problem._all_given] = False
    at = problem.u.x.array.copy()
    off = np.tile([0.01, 0.01, 5.0], len(at) // 3) * random.standard_normal(at.shape)
    at[free] += off[free]
    problem.u.x.array[:] = at
    problem.assemble_jacobian()
    indptr, indices, entries = problem.matrix.getValuesCSR()
    matrix = csr_matrix((entries, indices, indptr)).toarray()[np.ix_(free, free)]

    def residual(values):
        problem.u.x.array[:] = values
        problem.assemble_residual()
        return problem.vector.array_r[free].copy()

    steps = np.tile([1e-4, 1e-4, 1e-2], len(at) // 3)
    difference = np.empty_like(matrix)
    for column, dof in enumerate(np.nonzero(free)[0]):
        shift = np.zeros_like(at)
        shift[dof] = steps[dof]
        near, far = (residual(at + k * shift) - residual(at - k * shift) for k in (1, 2))
        difference[:, column] = (8 * near - far) / (12 * steps[dof])  # of fourth order
    round_off = 1e-14 * (np.abs(matrix) @ np.abs(at[free]))[:, None] / steps[free]
    error = np.abs(difference - matrix)
    limit = 2e-5 * np.abs(matrix) + round_off
    row, column = np.unravel_index(np.argmax(error / limit), error.shape)
    assert (error <= limit).all(), (
        f"d F[{np.nonzero(free)[0][row] % 3}] / d u[{np.nonzero(free)[0][column] % 3}]: "
        f"{matrix[row, column]:.6g} instead of {difference[row, column]:.6g}"
    )
