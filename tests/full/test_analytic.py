"""Cases with a known answer: shells, a planar stack, heat spreading, the circuit in series, balances."""

from dataclasses import replace

import numpy as np
import pytest
from helpers import weak
from helpers.paths import QUICK
from helpers.weak import AMBIENT, ELECTRONS, HEAT, IONS
from mpi4py import MPI
from scipy import constants as si
from scipy.optimize import brentq

from ecmsim.config import load_config
from ecmsim.models.cell import Tip
from ecmsim.models.full import forms
from ecmsim.models.full.mesh.cell_mesh import Region
from ecmsim.models.full.newton import Newton
from ecmsim.models.full.problem import FieldForms, FieldProblem
from ecmsim.physics.model import Conductor, DeviceModel
from ecmsim.physics.temperature_law import TemperatureLaw
from ecmsim.timing import Stopwatch

# --- one conductor ------------------------------------------------------------------------------------------


def annulus(n, inner, outer, height, region):
    """A cylindrical shell, graded towards its inner radius."""
    line = np.linspace(0, 1, n + 1)

    def position(s, t):
        return inner * (outer / inner) ** s, height * t

    return weak.mapped_mesh(line, line[:: n // 4], position, lambda s, t: int(region))


def half_shell(n, inner, outer, region):
    """A hemispherical shell below the plane z = 0, graded towards its inner radius."""
    line = np.linspace(0, 1, n + 1)

    def position(s, t):
        radius = inner * (outer / inner) ** s
        return radius * np.sin(np.pi / 2 * t), -radius * np.cos(np.pi / 2 * t)

    return weak.mapped_mesh(line, line, position, lambda s, t: int(region))


def conductance(term, mesh, field, driven, grounded, drop):
    """Current (or heat) from the driven nodes over the drop (V or K) between them and the grounded ones."""
    symbols = forms.Symbols(weak.LAYER, 1.0, AMBIENT, "steady")
    problem = weak.Discrete(weak.Compiled(symbols, term(symbols)), mesh)
    values = np.zeros((len(mesh.points), 3))
    values[driven, field] = drop
    free = np.zeros(values.shape, dtype=bool)
    free[:, field] = ~(driven | grounded)
    found = problem.solve(values, free, tolerance=1e-14)
    return problem.residual(found)[driven, field].sum() / drop, found[:, field]


def hopping_conductivity(law):
    """The limit E -> 0 of Eq. (4) at ambient temperature: (z e a)^2 c f/kT exp(-dG/kT), S/m."""
    energy = si.k * AMBIENT
    hop = law.distance * 1e-9 * law.charge_number * si.e
    return (
        hop**2 * law.ion_concentration * law.attempt_frequency / energy * np.exp(-law.activation_energy * si.e / energy)
    )


MODEL = replace(
    weak.device(),
    counter_electrode=replace(weak.device().counter_electrode, electrical=TemperatureLaw(2e6, AMBIENT)),
)
CARRIERS = {
    "electrons": (forms.electron_conduction, Region.COUNTER_ELECTRODE, ELECTRONS, 2e6),
    "ions": (forms.ion_conduction, Region.SWITCHING_LAYER, IONS, hopping_conductivity(MODEL.hopping)),
}


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("shape", ["coaxial", "hemispherical"])
def test_resistance_of_a_shell(shape, carrier):
    """ln(b/a)/(2 pi sigma h) and (1/a - 1/b)/(2 pi sigma); small voltages, where Eq. (4) is linear."""
    inner, outer, height = 0.5, 8.0, 3.0
    term, region, field, sigma = CARRIERS[carrier]
    per_nm = sigma * 1e-9
    wanted = (
        2 * np.pi * per_nm * (height / np.log(outer / inner) if shape == "coaxial" else 1 / (1 / inner - 1 / outer))
    )
    errors = []
    for n in (12, 24, 48):
        if shape == "coaxial":
            mesh = annulus(n, inner, outer, height, region)
            radius = mesh.points[:, 0]
        else:
            mesh = half_shell(n, inner, outer, region)
            radius = np.hypot(*mesh.points.T)
        got, _ = conductance(lambda s: term(s, MODEL), mesh, field, radius < inner + 1e-9, radius > outer - 1e-9, 1e-5)
        errors.append(abs(got / wanted - 1))
    assert (weak.orders(errors) > 1.8).all(), errors
    assert errors[-1] < 1.5e-3, errors


# --- a planar stack -----------------------------------------------------------------------------------------


def stack_voltage(current_density, config):
    """Voltage (V) over reaction at the electrode, 9 nm of hopping and reaction at the filament, for a current
    density in A/m2, by Eqs. (2)-(4)."""
    ions, hop, energy = config.butler_volmer, config.hopping, si.k / si.e * AMBIENT

    def overpotential(sign, barrier):
        exchange = si.e * ions.ion_concentration * ions.rate_constant * np.exp(-barrier / energy)
        alpha = ions.transfer_coefficient

        def missing(eta):
            flow = np.exp((1 - alpha) * eta / energy) - np.exp(-alpha * eta / energy)
            return exchange * flow - sign * current_density

        return brentq(missing, -10, 10, xtol=1e-15, rtol=1e-14)

    void = config.dissolution.void_energy  # at the original interface, exp(0) = 1
    prefactor = (
        2
        * si.e
        * ions.ion_concentration
        * hop.attempt_frequency
        * hop.distance
        * 1e-9
        * np.exp(-hop.activation_energy / energy)
    )
    field = np.arcsinh(current_density / prefactor) * 2 * energy / hop.distance  # V/nm
    at_electrode = overpotential(1, ions.activation_energy + void)
    at_filament = overpotential(-1, ions.activation_energy)
    return at_electrode + 9.0 * field - at_filament


@pytest.mark.parametrize("voltage", [0.02, 0.6, 1.5, -0.9])
def test_planar_stack(voltage):
    """Reaction, ion hopping and reaction in series; uniform in r, so that the elements are exact."""
    config = load_config(
        QUICK,
        [
            "tunnelling.enabled=false",
            "stress.enabled=false",
            "heat.enabled=false",
            "compliance.kind=none",
            "filament.size_effect=false",
            "hopping.activation_energy=0.62 eV",
            "cell.radius=5 nm",
        ],
    )
    mesh = weak.cell_of_blocks()
    problem = FieldProblem(
        FieldForms(MPI.COMM_WORLD, DeviceModel.from_config(config), None, config.cell, False),
        mesh,
        direct=True,
        wall_ambient=False,
        heat=False,
    )
    problem.set_geometry(mesh, mesh.gap.columns("vertical"), np.ones_like, Tip({}))
    newton = Newton(problem, 1e-12, 40, Stopwatch())
    weak.ramp(problem, newton, voltage)
    out, into, _ = problem.reactions()
    sign = np.sign(voltage)
    density = brentq(
        lambda j: sign * stack_voltage(sign * j, config) - abs(voltage), 1e-12, 1e12, xtol=1e-30, rtol=1e-14
    )
    wanted = sign * density * np.pi * 5.0**2 * 1e-18
    assert out == pytest.approx(wanted, rel=1e-9, abs=0)
    assert into == pytest.approx(wanted, rel=1e-9, abs=0)
    totals = problem.totals()
    assert totals.currents["ionic"] == pytest.approx(wanted, rel=1e-9, abs=0)
    assert totals.powers["ionic"] == pytest.approx(wanted * voltage, rel=1e-9, abs=0)
    # Each of the three counts, or the case would test less than it says.
    fields = problem.values[mesh.nodes_of(Region.SWITCHING_LAYER), IONS]
    assert 0.02 < abs(np.ptp(fields) / voltage) < 0.98


# --- heat spreading -----------------------------------------------------------------------------------------


def thermal_conductor(kappa):
    return Conductor(TemperatureLaw(1.0, AMBIENT), TemperatureLaw(kappa, AMBIENT), 1e6)


def test_isothermal_disc_on_a_half_space():
    """Spreading resistance 1/(4 kappa a), in oblate spheroidal coordinates; the domain ends at the spheroid
    r = a cosh(4), which lowers it by (2/pi) arccot(sinh 4) = 2.3 %."""
    size, reach, kappa = 1.5, 4.0, 60.0
    model = replace(MODEL, counter_electrode=thermal_conductor(kappa))

    def position(s, t):
        return size * np.cosh(t) * np.sin(np.pi / 2 * s), -size * np.sinh(t) * np.cos(np.pi / 2 * s)

    errors = []
    for n in (10, 20, 40):
        lines = np.linspace(0, 1, n + 1), np.linspace(0, reach, 2 * n + 1)
        mesh = weak.mapped_mesh(*lines, position, lambda s, t: int(Region.COUNTER_ELECTRODE))
        r, z = mesh.points.T
        disc = (z > -1e-9) & (r < size + 1e-9)
        far = (r / np.cosh(reach)) ** 2 + (z / np.sinh(reach)) ** 2 > size**2 * (1 - 1e-9)
        got, _ = conductance(lambda s: forms.heat_conduction(s, model), mesh, HEAT, disc, far, 5.0)
        half_space = 4 * kappa * 1e-9 * size
        errors.append(abs(got / (half_space / (1 - 2 / np.pi * np.arctan(1 / np.sinh(reach)))) - 1))
    assert (weak.orders(errors) > 1.8).all(), errors
    assert errors[-1] < 1e-3, errors
    assert got == pytest.approx(half_space, rel=0.03, abs=0)


@pytest.mark.parametrize(
    "ratio, factor", [(1e3, 1 / 4), (1e-3, 8 / (3 * np.pi**2))], ids=["isothermal contact", "uniform flux"]
)
def test_cylinder_on_a_half_space(ratio, factor):
    """Mean contact temperature over power: 1/(4 kappa a) below a good conductor, 8/(3 pi^2 kappa a) below a
    poor one.

    Within 2 %: the domain ends at 100 radii (some 0.6 % too little), and the contact's edge is a singularity.
    """
    size, height, reach, kappa = 1.0, 2.0, 100.0, 10.0
    model = replace(MODEL, counter_electrode=thermal_conductor(kappa), filament=thermal_conductor(ratio * kappa))
    inward = np.concatenate([[0.0], np.geomspace(0.01, 1, 12)])  # distance from the edge, over the radius
    outward = np.geomspace(0.01, reach, 36)
    across = np.concatenate([size * (1 - inward[::-1]), size + outward])
    along = np.concatenate([-outward[::-1], [0.0], np.geomspace(0.01, height, 12)])

    def region(s, t):
        return int(Region.COUNTER_ELECTRODE if t < 0 else Region.FILAMENT if s < size else 0)

    mesh = weak.mapped_mesh(across, along, lambda s, t: (s, t), region)
    r, z = mesh.points.T
    power, rise = conductance(
        lambda s: forms.heat_conduction(s, model),
        mesh,
        HEAT,
        z > height - 1e-9,
        (z < -reach + 1e-9) | (r > reach),
        1.0,
    )
    contact = np.nonzero((np.abs(z) < 1e-12) & (r < size + 1e-9))[0]
    contact = contact[np.argsort(r[contact])]
    mean = area_mean(r[contact], rise[contact])
    assert mean / power == pytest.approx(factor / (kappa * 1e-9 * size), rel=0.02, abs=0)


def area_mean(r, values):
    """Mean over the disc of a function that is linear in r between the given radii (Simpson is exact)."""
    middle = 0.5 * (r[1:] + r[:-1]) * 0.5 * (values[1:] + values[:-1])
    integral = (np.diff(r) * (r[1:] * values[1:] + 4 * middle + r[:-1] * values[:-1]) / 6).sum()
    return 2 * integral / r[-1] ** 2


# --- a cell with its circuit in series ----------------------------------------------------------------------

HEIGHT = 10.1  # nm: the gap is then 0.4 nm and most of the current tunnels


@pytest.fixture(scope="module")
def tall():
    """Configuration, filament and mesh of a tall filament."""
    config = load_config(QUICK)
    return config, weak.tall_mesh(config, HEIGHT)


def solved(tall, voltage, *overrides):
    config = load_config(QUICK, overrides)
    return weak.tall_problem(config, voltage, mesh=tall[1])[0]


def drop_over_circuit(problem):
    """V_app - V_cell in V: minus psi, averaged over the top contact."""
    mesh = problem.domain.cell_mesh
    r, z = mesh.points.T
    top = np.nonzero(np.abs(z - z.max()) < 1e-9)[0]
    top = top[np.argsort(r[top])]
    return -area_mean(r[top], problem.values[top, ELECTRONS])


@pytest.mark.parametrize("limit", [1e-9, 1e-7, 3e-5, 1e-3])
@pytest.mark.parametrize("voltage", [0.3, 1.6, 6.0])
def test_ideal_compliance(tall, voltage, limit):
    """The cell's current is I_CC (1 - exp(-(V - V_cell)/V0)), Eq. (7), to round-off, and never above I_CC."""
    problem = solved(tall, voltage, f"compliance.current={limit!r} A")
    out = problem.reactions()[0]
    drop = drop_over_circuit(problem)
    assert out == pytest.approx(-limit * np.expm1(-drop / 0.05), rel=1e-11, abs=0)
    assert out <= limit * (1 + 4 * np.finfo(float).eps)
    if (voltage, limit) == (6.0, 1e-9):
        assert out > 0.9999 * limit


def test_compliance_below_zero_is_a_resistor(tall):
    """Reverse voltage: the continuation along the tangent, I = I_CC (V - V_cell)/V0."""
    problem = solved(tall, -0.4, "compliance.current=1 uA")
    out = problem.reactions()[0]
    assert out < 0
    assert out == pytest.approx(1e-6 * drop_over_circuit(problem) / 0.05, rel=1e-11, abs=0)


def test_series_resistor_and_direct_connection(tall):
    """I = (V - V_cell)/R; connected directly to V_cell the cell carries the same current."""
    problem = solved(tall, 1.0, "compliance.kind=series_resistor", "compliance.resistance=5 Mohm")
    out, drop = problem.reactions()[0], drop_over_circuit(problem)
    assert out == pytest.approx(drop / 5e6, rel=1e-11, abs=0)
    assert 0.2 < drop < 0.8
    direct = solved(tall, 1.0 - drop, "compliance.kind=none")
    assert direct.reactions()[0] == pytest.approx(out, rel=1e-6, abs=0)
    mesh = direct.domain.cell_mesh
    top = mesh.points[:, 1] > mesh.points[:, 1].max() - 1e-9
    assert (direct.values[top, ELECTRONS] == 0).all()


# --- balances -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "voltage, setting",
    [(1.5, "compliance.current=10 uA"), (1.5, "compliance.kind=none"), (-1.2, "compliance.current=10 uA")],
)
def test_balances(tall, voltage, setting):
    """Charge in = charge out; power in = metal + tunnel + ions; heat out = metal + tunnel."""
    problem = solved(tall, voltage, setting)
    out, direct_in, heat_out = problem.reactions()
    totals = problem.totals()
    entering = totals.entering.get("current", direct_in)
    power = totals.entering.get("power", voltage * direct_in)
    assert abs(out) > 1e-8 and totals.powers["tunnel"] > 0.5 * power  # the tip does tunnel
    assert entering == pytest.approx(out, rel=1e-12, abs=0)
    assert totals.powers["metal"] + totals.powers["tunnel"] + totals.powers["ionic"] == pytest.approx(
        power, rel=1e-9, abs=0
    )
    assert totals.powers["metal"] + totals.powers["tunnel"] == pytest.approx(heat_out, rel=1e-9, abs=0)
    assert all(totals.powers[part] > 0 for part in ("metal", "tunnel", "ionic"))
