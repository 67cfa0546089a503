"""Every term of the weak form, one function per term, and their sum.

Unknowns: u = (psi, phi_i, T - T_ambient). The electronic potential is phi_e = psi + lift, where `lift` is the source
voltage on the active electrode and zero elsewhere: only the small deviation psi is differentiated, so that currents
of 1e-20 A do not drown in the round-off of a volt (nor heat in that of 300 K). Electrons live in the metals; they
cross the layer by tunnelling, which couples its two surfaces (tunnel_coupling.py) and is no weak-form term. Lengths in
nm, currents in A, heat in W. All integrals carry the weight 2 pi r of the axisymmetric cell.
"""

from copy import copy
from dataclasses import fields, is_dataclass

import basix.ufl
import numpy as np
import ufl

from ecmsim.constants import METRES_PER_NM, SQUARE_METRES_PER_NM2
from ecmsim.models.full.domain import ELEMENT
from ecmsim.models.full.mesh.cell_mesh import METALS, Region, Surface
from ecmsim.physics.model import DeviceModel

FIELDS = basix.ufl.element("Lagrange", "triangle", 1, shape=(3,))
SCALARS = basix.ufl.element("Lagrange", "triangle", 1)
CELLWISE = basix.ufl.element("DG", "triangle", 0)
SURFACE_DEGREE = 4  # of the quadrature
VOLUME_DEGREE = {"steady": 1, "transient": 2}  # gradients ask for one point of a triangle, what is stored for three
FIELD_FLOOR = 1e-12  # V/nm: keeps the derivative of |E| finite at E = 0


def symbolic(law, domain, values):
    """A copy of a law (or of nested laws) with its numbers replaced by UFL constants.

    values: dictionary that receives constant -> number. Compiled forms then serve every set of parameters. A law that
    checks its numbers when it is made did so with numbers: the copy is not made by its constructor.
    """
    twin = copy(law)
    for field in fields(law):
        value = getattr(law, field.name)
        if is_dataclass(value):
            object.__setattr__(twin, field.name, symbolic(value, domain, values))
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            constant = ufl.Constant(domain)
            values[constant] = float(value)
            object.__setattr__(twin, field.name, constant)
    return twin


class Symbols:
    """What the terms are written with: unknowns, test functions, coordinates, data and measures."""

    def __init__(self, layer_thickness, source_area, ambient_temperature, heat):
        """heat: "steady" or "transient"."""
        domain = ufl.Mesh(ELEMENT)
        self.domain = domain
        self.volume_degree = VOLUME_DEGREE[heat]
        self.space = ufl.FunctionSpace(domain, FIELDS)
        scalars = ufl.FunctionSpace(domain, SCALARS)
        self.u = ufl.Coefficient(self.space)
        self.test = ufl.TestFunction(self.space)
        self.psi, self.phi_i, self.rise = ufl.split(self.u)
        self.v_e, self.v_i, self.v_t = ufl.split(self.test)
        self.lift = ufl.Coefficient(scalars)
        self.old_rise = ufl.Coefficient(scalars)
        self.open_share = ufl.Coefficient(scalars)  # of the surface, where atoms bridge the gap
        self.shift = ufl.Coefficient(scalars)  # of the filament's equilibrium potential
        self.size_ratio = ufl.Coefficient(ufl.FunctionSpace(domain, CELLWISE))
        self.film = ufl.Coefficient(ufl.FunctionSpace(domain, CELLWISE))  # see films.py, 1/nm
        self.values = {}
        self.inverse_step = self.constant(0.0)  # 1/dt in 1/s, 0 for steady heat
        self.layer_thickness = self.constant(layer_thickness)
        self.source_area = self.constant(source_area)
        self.temperature = self.rise + self.constant(ambient_temperature)
        self.r, self.z = ufl.SpatialCoordinate(domain)
        self.weight = 2 * np.pi * self.r

    def constant(self, value):
        """A UFL constant of the given value."""
        constant = ufl.Constant(self.domain)
        self.values[constant] = float(value)
        return constant

    @property
    def phi_e(self):
        return self.psi + self.lift

    def dx(self, region):
        return ufl.Measure("dx", self.domain, int(region), metadata={"quadrature_degree": self.volume_degree})

    def ds(self, surface):
        return ufl.Measure("ds", self.domain, int(surface), metadata={"quadrature_degree": SURFACE_DEGREE})


def conductor(model: DeviceModel, region):
    """Transport laws of a region."""
    return {
        Region.COUNTER_ELECTRODE: model.counter_electrode,
        Region.FILAMENT: model.filament,
        Region.SWITCHING_LAYER: model.switching_layer,
        Region.ACTIVE_ELECTRODE: model.active_electrode,
    }[region]


def is_sized(model, region):
    """Whether a region is so narrow that its surface scatters electrons, Eq. (6): the filament, and a needle."""
    return region == Region.FILAMENT or (region == Region.ACTIVE_ELECTRODE and model.needle is not None)


def metal_conductivity(s: Symbols, model, region):
    """sigma_e(T) of Eq. (8), in the filament and in a needle times the size factor of Eq. (6), S/nm."""
    sigma = conductor(model, region).electrical(s.temperature) * METRES_PER_NM
    return sigma * s.size_ratio if is_sized(model, region) else sigma


def reaction_current(s: Symbols, model, surface):
    """J_BV on an interface, Eqs. (2), (3), (12), A/nm2; positive from metal to layer."""
    return SQUARE_METRES_PER_NM2 * model.reaction_current_density(
        s.phi_e - s.phi_i,
        s.temperature,
        s.r,
        s.z - s.layer_thickness,
        surface == Surface.FILAMENT,
        s.open_share if model.covers else None,
        s.shift if model.shifts else None,
    )


def ionic_conductivity(s: Symbols, model):
    """sigma_ion of Eq. (4), S/nm."""
    gradient = ufl.grad(s.phi_i)
    field = ufl.sqrt(ufl.inner(gradient, gradient) + FIELD_FLOOR**2)
    return METRES_PER_NM * model.hopping.conductivity(field, s.temperature)


# --- terms -------------------------------------------------------------------------------------------------------


def electron_conduction(s: Symbols, model):
    """int sigma_e grad psi . grad v_e over the metals."""
    return sum(
        s.weight * metal_conductivity(s, model, m) * ufl.inner(ufl.grad(s.psi), ufl.grad(s.v_e)) * s.dx(m)
        for m in METALS
    )


def ion_conduction(s: Symbols, model):
    """int sigma_ion grad phi_i . grad v_i over the layer."""
    return (
        s.weight
        * ionic_conductivity(s, model)
        * ufl.inner(ufl.grad(s.phi_i), ufl.grad(s.v_i))
        * s.dx(Region.SWITCHING_LAYER)
    )


def reaction(s: Symbols, model, surface):
    """int J_BV (v_e - v_i) over an interface: what leaves the metal enters the layer."""
    return s.weight * reaction_current(s, model, surface) * (s.v_e - s.v_i) * s.ds(surface)


def source_current_density(s: Symbols, circuit):
    """I(V_R)/A, A/nm2: the circuit's current spread evenly over the top contact, V_R = V_app - phi_e = -psi."""
    return circuit.current(-s.psi) / s.source_area


def source(s: Symbols, circuit):
    """-int I(V_R)/A v_e over the top contact, solved with the fields."""
    return -s.weight * source_current_density(s, circuit) * s.v_e * s.ds(Surface.TOP)


def thermal_conductivity(s: Symbols, model, region):
    """kappa(T) of Eq. (8), W/nm/K; in a filament whose heat is carried by electrons times the size factor of Eq. (6),
    by the law of Wiedemann and Franz; in the layer in series with its thermal boundaries (films.py)."""
    kappa = METRES_PER_NM * conductor(model, region).thermal(s.temperature)
    if region == Region.SWITCHING_LAYER and model.boundary_resistance is not None:
        return kappa / (1 + kappa * s.film * model.boundary_resistance / SQUARE_METRES_PER_NM2)
    return kappa * s.size_ratio if model.thermal_size_effect and is_sized(model, region) else kappa


def heat_conduction(s: Symbols, model):
    """int kappa(T) grad T . grad v_T over all regions."""
    return sum(
        s.weight * thermal_conductivity(s, model, m) * ufl.inner(ufl.grad(s.rise), ufl.grad(s.v_t)) * s.dx(m)
        for m in Region
    )


def heat_storage(s: Symbols, model):
    """int rho c (T - T_old)/dt v_T (implicit Euler); 1/dt = 0 makes it steady."""
    return sum(
        s.weight
        * METRES_PER_NM**3
        * conductor(model, m).volumetric_heat_capacity
        * s.inverse_step
        * (s.rise - s.old_rise)
        * s.v_t
        * s.dx(m)
        for m in Region
    )


def joule_heat_density(s: Symbols, model, region):
    """sigma_e |grad phi_e|^2, W/nm3."""
    return metal_conductivity(s, model, region) * ufl.inner(ufl.grad(s.psi), ufl.grad(s.psi))


def joule_heating(s: Symbols, model):
    """-int sigma_e |grad phi_e|^2 v_T over the metals."""
    return -sum(s.weight * joule_heat_density(s, model, m) * s.v_t * s.dx(m) for m in METALS)


# --- sums ---------------------------------------------------------------------------------------------------------


def residual(s: Symbols, model: DeviceModel, circuit, transient: bool):
    """All terms that the model has switched on. circuit: law of the circuit between source and cell, None: a wire."""
    form = electron_conduction(s, model) + ion_conduction(s, model)
    form += reaction(s, model, Surface.FILAMENT) + reaction(s, model, Surface.ACTIVE_ELECTRODE)
    form += heat_conduction(s, model)
    if circuit:
        form += source(s, circuit)
    if model.joule_heating:
        form += joule_heating(s, model)
    if transient:
        form += heat_storage(s, model)
    return form


def entering(s: Symbols, circuit):
    """Current (A) and power (W) that enter at the top contact through a circuit; nothing from a wire."""
    if not circuit:
        return {}
    supply = s.weight * source_current_density(s, circuit)
    return {"current": supply * s.ds(Surface.TOP), "power": supply * s.phi_e * s.ds(Surface.TOP)}


def currents(s: Symbols, model):
    """What carries charge between the metals, by name, A: the ionic current into the filament. (Tunnelling is added by
    ecmsim.models.full.problem, whose columns are no form.)"""
    return {"ionic": -s.weight * reaction_current(s, model, Surface.FILAMENT) * s.ds(Surface.FILAMENT)}


def supplied(s: Symbols, model):
    """Ionic current out of the active electrode, A."""
    return s.weight * reaction_current(s, model, Surface.ACTIVE_ELECTRODE) * s.ds(Surface.ACTIVE_ELECTRODE)


def powers(s: Symbols, model):
    """Powers dissipated, by name, W: in the metals, and by ions and their reactions (which heat nothing)."""
    layer = s.dx(Region.SWITCHING_LAYER)
    ions = s.weight * ionic_conductivity(s, model) * ufl.inner(ufl.grad(s.phi_i), ufl.grad(s.phi_i)) * layer
    for surface in (Surface.FILAMENT, Surface.ACTIVE_ELECTRODE):
        ions += s.weight * reaction_current(s, model, surface) * (s.phi_e - s.phi_i) * s.ds(surface)
    return {"metal": sum(s.weight * joule_heat_density(s, model, m) * s.dx(m) for m in METALS), "ionic": ions}
