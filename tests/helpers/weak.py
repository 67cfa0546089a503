"""Helpers for the tests of the weak forms: mapped meshes, strong-form sources, a Newton solver, orders.

A manufactured solution is three UFL expressions of the coordinates (psi, phi_i, T - T_ambient). Sources come
from the strong form of the balance in cylindrical coordinates, never from the weak form that is under test.
"""

from dataclasses import dataclass, replace

import dolfinx
import numpy as np
import ufl
from mpi4py import MPI
from scipy.sparse.linalg import splu

from ecmsim.drive import Programme
from ecmsim.models.cell import Tip
from ecmsim.models.circuit import circuit
from ecmsim.models.full import forms
from ecmsim.models.full.domain import Domain
from ecmsim.models.full.mesh.build import build_mesh
from ecmsim.models.full.mesh.cell_mesh import CellMesh, Region
from ecmsim.models.full.newton import Newton
from ecmsim.models.full.problem import FieldForms, FieldProblem
from ecmsim.models.full.simulation import State
from ecmsim.physics.butler_volmer import ButlerVolmer
from ecmsim.physics.faraday import Faraday
from ecmsim.physics.model import Conductor, DeviceModel
from ecmsim.physics.mott_gurney import MottGurney
from ecmsim.physics.nucleus import StableNucleus
from ecmsim.physics.temperature_law import TemperatureLaw
from ecmsim.shape.filament import Filament
from ecmsim.shape.front import Front
from ecmsim.shape.spacing import filament_spacing
from ecmsim.timing import Stopwatch
from helpers.cell import electrode_of

AMBIENT = 300.0
SOURCE_DEGREE = 6  # of the quadrature of manufactured sources
ELECTRONS, IONS, HEAT = range(3)


def device(**changes):
    """A DeviceModel with made-up laws, all of them strongly nonlinear at some 0.1 V and 100 K.

    Unlike in the real cell, conduction and reaction are of one size, so that an error in either shows.
    """
    law = TemperatureLaw
    laws = dict(
        counter_electrode=Conductor(law(2.0, 290.0, 4e-3, 5e-6), law(0.4, 310.0, 2e-3), 2e6),
        filament=Conductor(law(5.0, 285.0, 3e-3, 2e-6), law(0.6, 300.0, 1e-3), 3e6),
        switching_layer=Conductor(None, law(3.0, 300.0, -7e-4), 1.5e6),
        active_electrode=Conductor(law(3.0, 295.0, 5e-3, 1e-6), law(0.3, 290.0, 3e-3), 1e6),
        kinetics=ButlerVolmer(0.3, 1, 1e26, 2e4, 0.3),
        hopping=MottGurney(1, 1e26, 3.0, 1e13, 0.4),
        faraday=Faraday(63.5, 8960.0, 1),
        tunnelling=None,
        size_effect=None,
        stress=None,
        tunnel_heating=None,
        void=None,
        dissolution=None,
        nucleus=StableNucleus(1e-6, 0.0),  # too small to stop any dissolution
        surface_diffusion=None,
        heat=True,
        joule_heating=True,
    )
    return DeviceModel(**(laws | changes))


# --- meshes -------------------------------------------------------------------------------------------------


def mapped_mesh(s, t, position, region, filament=None, electrode=None):
    """A CellMesh on a mapped tensor grid.

    s (n,), t (m,): logical coordinates; position(s, t) -> (r, z) in nm; region(s, t) -> tag of the cell whose
    middle is there, 0 for none; filament, electrode: values of t on which the interfaces lie, along s.
    """
    s, t = np.asarray(s, dtype=float), np.asarray(t, dtype=float)
    grid_s, grid_t = (g.ravel() for g in np.meshgrid(s, t, indexing="ij"))
    points = np.stack(np.broadcast_arrays(*position(grid_s, grid_t)), axis=1).astype(float)
    points[np.abs(points[:, 0]) < 1e-12, 0] = 0.0
    number = np.arange(len(points)).reshape(len(s), len(t))
    a, b, c, d = number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]
    triangles = np.stack([np.stack([a, b, c], -1), np.stack([a, c, d], -1)], axis=2).reshape(-1, 3)
    middle_s, middle_t = np.meshgrid(0.5 * (s[1:] + s[:-1]), 0.5 * (t[1:] + t[:-1]), indexing="ij")
    tags = np.repeat(np.vectorize(region)(middle_s, middle_t).ravel(), 2)
    triangles, tags = triangles[tags > 0], tags[tags > 0]
    used = np.unique(triangles)
    renumbered = np.full(len(points), -1)
    renumbered[used] = np.arange(len(used))

    def line(value):
        if value is None:
            return np.arange(2)
        nodes = renumbered[number[:, np.argmin(np.abs(t - value))]]
        return nodes[nodes >= 0]

    plate = line(electrode)
    return CellMesh(
        points[used],
        renumbered[triangles],
        tags,
        line(filament),
        plate,
        np.full(len(plate), -1),
    )


def block_mesh(region, n, radius=3.0, height=2.0):
    """One region on a skewed block 0 <= r <= radius, n by n cells."""

    def position(s, t):
        return radius * (s + 0.15 * s * (1 - s) * (1 - 2 * t)), height * (t + 0.2 * t * (1 - t) * (1 - s**2))

    line = np.linspace(0, 1, n + 1)
    return mapped_mesh(line, line, position, lambda s, t: int(region))


CONE_RADIUS, CONE_HEIGHT, LAYER, DISH, WIDTH = 1.0, 1.4, 2.5, 0.3, 2.0


def cone_mesh(n):
    """A conical filament below a dished electrode: all interfaces are straight lines at every refinement.

    Logical t from 0.3 to 1: filament; 1 to 2: layer; 2 to 3: active electrode; s from the axis (0) outwards.
    """

    def position(s, t):
        cone = np.stack([CONE_RADIUS * s, CONE_HEIGHT * (1 - s)])
        plate = np.stack([WIDTH * s, LAYER + DISH * (1 - s)])
        below, across, above = np.minimum(t, 1), np.clip(t - 1, 0, 1), np.maximum(t - 2, 0)
        return below * cone * (1 - across) + across * plate + above * np.stack([0 * s, 1.0 + 0 * s])

    def region(s, t):
        return int(Region.FILAMENT if t < 1 else Region.SWITCHING_LAYER if t < 2 else Region.ACTIVE_ELECTRODE)

    t = np.concatenate([np.linspace(0.3, 1, n + 1), np.linspace(1, 3, 2 * n + 1)[1:]])
    return mapped_mesh(np.linspace(0, 1, n + 1), t, position, region, filament=1.0, electrode=2.0)


CONE_NORMAL = ufl.as_vector((CONE_HEIGHT, CONE_RADIUS)) / np.hypot(CONE_HEIGHT, CONE_RADIUS)  # metal to layer
DISH_NORMAL = -ufl.as_vector((DISH, WIDTH)) / np.hypot(DISH, WIDTH)  # metal to layer


def cell_of_blocks(radius=5.0):
    """All four regions as layers over the whole width: the filament a slab 1 nm thick below 9 nm of layer."""
    z = np.concatenate([[-2, -1, 0], np.linspace(0, 1, 2)[1:], np.linspace(1, 10, 7)[1:], [11, 12]])

    def region(s, t):
        return int(
            Region.COUNTER_ELECTRODE
            if t < 0
            else Region.FILAMENT
            if t < 1
            else Region.SWITCHING_LAYER
            if t < 10
            else Region.ACTIVE_ELECTRODE
        )

    return mapped_mesh(np.linspace(0, 1, 5), z, lambda s, t: (radius * s, t), region, filament=1.0, electrode=10.0)


# --- strong forms -------------------------------------------------------------------------------------------


def divergence(s, flux):
    """(1/r) d(r q_r)/dr + dq_z/dz of a vector that is an expression of the coordinates."""
    return (s.r * flux[0]).dx(0) / s.r + flux[1].dx(1)


def source_term(s, density, test, region):
    """The load of a volume source, with the measure 2 pi r dr dz written out."""
    measure = ufl.Measure("dx", s.domain, int(region), metadata={"quadrature_degree": SOURCE_DEGREE})
    return 2 * np.pi * s.r * density * test * measure


def surface_term(s, density, test, surface):
    """The load of a surface source."""
    measure = ufl.Measure("ds", s.domain, int(surface), metadata={"quadrature_degree": SOURCE_DEGREE})
    return 2 * np.pi * s.r * density * test * measure


# --- solving ------------------------------------------------------------------------------------------------


class Compiled:
    """A residual and its Jacobian, compiled once and bound to one mesh after the other."""

    def __init__(self, s, residual):
        self.s = s
        jacobian = ufl.algorithms.expand_derivatives(ufl.derivative(residual, s.u, ufl.TrialFunction(s.space)))
        self.forms = [dolfinx.fem.compile_form(MPI.COMM_WORLD, form) for form in (residual, jacobian)]


@dataclass
class Data:
    """What a residual needs beside the unknowns, in node (or cell) order."""

    size_ratio: object = 1.0
    film: object = 0.0
    lift: object = 0.0
    old_rise: object = 0.0
    inverse_step: float = 0.0


class Discrete:
    """A compiled residual on one mesh, as functions of the nodal values (nodes, 3)."""

    def __init__(self, compiled: Compiled, mesh, data=None):
        self.mesh, s, data = mesh, compiled.s, data or Data()
        self.domain = domain = Domain(MPI.COMM_WORLD, mesh, forms.FIELDS, forms.SCALARS, forms.CELLWISE)
        function = dolfinx.fem.Function
        self.u = function(domain.fields)
        coefficients = {s.u: self.u}
        for name in ("lift", "old_rise"):
            coefficients[getattr(s, name)] = nodal = function(domain.scalars)
            values = np.broadcast_to(getattr(data, name), len(mesh.points))
            nodal.x.array[:] = values[domain.scalar_nodes]
            setattr(self, name, nodal)
        for name in ("size_ratio", "film"):
            coefficients[getattr(s, name)] = cellwise = function(domain.cellwise)
            cellwise.x.array[:] = np.broadcast_to(getattr(data, name), len(mesh.triangles))[domain.input_cell]
        values = s.values | {s.inverse_step: data.inverse_step}
        constants = {c: dolfinx.fem.Constant(domain.mesh, value) for c, value in values.items()}
        subdomains = domain.subdomains()
        self.residual_form, self.jacobian_form = (
            dolfinx.fem.create_form(
                form,
                [domain.fields] * rank,
                domain.mesh,
                subdomains,
                {c: f for c, f in coefficients.items() if c in form.ufl_form.coefficients()},
                {c: f for c, f in constants.items() if c in form.ufl_form.constants()},
            )
            for form, rank in zip(compiled.forms, (1, 2), strict=True)
        )

    def _dofs(self, mask):
        """Flat dofs of a mask (nodes, 3)."""
        return np.nonzero(mask[self.domain.field_nodes].ravel())[0]

    def set(self, values):
        self.u.x.array[:] = values[self.domain.field_nodes].ravel()

    def residual(self, values):
        """Residual at given nodal values, (nodes, 3)."""
        self.set(values)
        flat = dolfinx.fem.assemble_vector(self.residual_form).array
        rows = np.empty_like(values)
        rows[self.domain.field_nodes] = flat.reshape(-1, 3)
        return rows

    def solve(self, values, free, tolerance=1e-12, most=60):
        """Newton's method with halving, from `values`, for the unknowns in a mask (nodes, 3); new values."""
        values, dofs, nodes = values.copy(), self._dofs(free), self.domain.field_nodes

        def update(correction, factor):
            flat = values[nodes].ravel()
            flat[dofs] += factor * correction
            new = np.empty_like(values)
            new[nodes] = flat.reshape(-1, 3)
            return new

        for _ in range(most):
            rows = self.residual(values)[nodes].ravel()[dofs]
            matrix = dolfinx.fem.assemble_matrix(self.jacobian_form).to_scipy().tocsc()[dofs][:, dofs]
            factors = splu(matrix)
            correction = -factors.solve(rows)
            size = np.abs(correction).max()
            if size < tolerance * max(1.0, np.abs(values).max()):
                return update(correction, 1.0)
            factor = 1.0
            while factor > 1e-4:
                trial = update(correction, factor)
                ahead = np.abs(factors.solve(self.residual(trial)[nodes].ravel()[dofs])).max()
                if ahead < (1 - factor / 4) * size:
                    break
                factor /= 2
            values = trial
        raise AssertionError(f"Newton's method did not converge: last correction {size:.2g}")


def nodal(expressions, s, mesh):
    """Values (nodes, 3) of three UFL expressions of the coordinates (or numbers)."""
    return np.stack([[_evaluate(e, point) for point in mesh.points] for e in expressions], axis=1)


def _evaluate(expression, point):
    return float(expression(tuple(point))) if hasattr(expression, "ufl_shape") else float(expression)


def orders(errors, ratio=2.0):
    """Observed orders from errors on meshes whose edges shrink by `ratio` each."""
    return np.log(np.array(errors[:-1]) / np.array(errors[1:])) / np.log(ratio)


# --- a real cell --------------------------------------------------------------------------------------------


def tall_mesh(config, height=9.8, radius=1.5):
    """A filament (half ellipsoid with a broad top) in the cell of a configuration, and its mesh."""
    angle = np.linspace(0, np.pi / 2, 40)
    points = np.stack([radius * np.sin(angle) ** 0.5, height * np.cos(angle)], axis=1)
    points[0, 0] = points[-1, 1] = 0.0
    filament, electrode = Filament(points), electrode_of(config)
    for _ in range(4):
        spacing = filament_spacing(filament, electrode.surface(filament), config.mesh)
        filament, _ = filament.resampled(np.zeros_like(filament.points), spacing)
    return filament, build_mesh(filament, electrode.surface(filament), config.cell, config.mesh)


def tall_problem(config, voltage, model=None, mesh=None, **options):
    """The FieldProblem of a configuration, solved at a voltage (V) in a few ramps; with its Newton solver.

    mesh: (filament, mesh), by default that of tall_mesh; options: height and radius of the latter.
    """
    model = model or DeviceModel.from_config(config)
    filament, mesh = mesh or tall_mesh(config, **options)
    law = circuit(config, Programme.from_steps(config.programme).first(), 0.0)
    problem = FieldProblem(
        FieldForms(MPI.COMM_WORLD, model, law, config.cell, config.heat.mode == "transient"),
        mesh,
        direct=law is None,
        wall_ambient=config.heat.wall == "ambient",
        heat=model.heat,
    )
    ratio = model.size_effect.conductivity_ratio if model.size_effect else np.ones_like
    columns, tip = mesh.gap.columns(config.tunnelling.gap), Tip(model.across_gap)
    problem.set_geometry(mesh, columns, lambda z: ratio(filament.local_diameter(z)), tip)
    newton = Newton(problem, config.solver.tolerance, config.solver.max_iterations, Stopwatch())
    ramp(problem, newton, voltage)
    return problem, newton


def tall_state(simulation, height=10.2, radius=1.5, time=1.5):
    """A state with a tall filament, as if it had grown: geometry given, fields solved."""
    filament, mesh = tall_mesh(simulation.config, height, radius)
    leg = next(leg for leg in simulation.programme.planned() if time < leg.end)
    simulation.discretisation = simulation._discretise(mesh, leg)
    rest = State(
        time=time,
        leg=leg,
        source_voltage=0.0,
        front=Front.at_rest(filament),
        mesh=mesh,
        values=np.zeros((len(mesh.points), 3)),
        deposited=filament.volume - simulation._first_volume,
    )
    trial = replace(rest, source_voltage=leg.source_voltage(time))
    return simulation._solve(simulation.discretisation, trial, rest, None)


def ramp(problem, newton, voltage, start=0.0, largest=0.2):
    """Raise the source voltage from `start` to `voltage` (V) in steps of at most `largest`."""
    count = max(1, int(np.ceil(abs(voltage - start) / largest)))
    levels = np.linspace(start, voltage, count + 1)
    for before, level in zip(levels[:-1], levels[1:], strict=True):
        problem.set_source(level)
        values = problem.values
        values[:, IONS] += level - before
        problem.values = values
        newton.solve(abs(level))
    for _ in range(4):  # to round-off
        newton.refine()
    problem.assemble_residual()
