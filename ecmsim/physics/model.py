"""All laws of one cell, chosen and filled in from its configuration. A law that is switched off is None."""

from dataclasses import dataclass, replace
from math import expm1, inf
from numbers import Real
from typing import get_type_hints

import numpy as np

from ecmsim.constants import BOLTZMANN_EV
from ecmsim.errors import ConfigError, TransportError
from ecmsim.physics import readings, roles
from ecmsim.physics.atom_by_atom import AtomByAtom
from ecmsim.physics.atomic_contact import ContactLaw
from ecmsim.physics.barriers import Acting, StressBarrier, VoidBarrier
from ecmsim.physics.bridging import Bridging
from ecmsim.physics.butler_volmer import ButlerVolmer
from ecmsim.physics.capillarity import Capillarity
from ecmsim.physics.contact_levels import Levels
from ecmsim.physics.contract import require, roles_of
from ecmsim.physics.dissolution import MirroredDissolution
from ecmsim.physics.facing_atoms import FacingAtoms
from ecmsim.physics.faraday import Faraday
from ecmsim.physics.gap_decay import Decay
from ecmsim.physics.mott_gurney import MottGurney
from ecmsim.physics.nucleation import Nucleation
from ecmsim.physics.nucleus import StableNucleus
from ecmsim.physics.size_effect import SizeEffect
from ecmsim.physics.surface_diffusion import SurfaceDiffusion
from ecmsim.physics.temperature_law import TemperatureLaw
from ecmsim.physics.terraces import Terraces
from ecmsim.physics.tunnel_heating import TunnelHeating
from ecmsim.physics.tunnelling import Simmons
from ecmsim.quantum.lookup import Lookup

LEAST_DRIVING = 1e-6  # V


@dataclass(frozen=True)
class Conductor:
    """Transport laws of one region. electrical (S/m; None: no electronic conduction), thermal (W/m/K),
    volumetric_heat_capacity (J/m3/K)."""

    electrical: roles.Conductivity | None
    thermal: roles.Conductivity
    volumetric_heat_capacity: float

    @classmethod
    def from_material(cls, material, electrical_factor=1.0, thermal_factor=1.0):
        """From a configured material; the factors multiply its conductivities."""
        electrical = None
        if material.kind == "metal":
            electrical = TemperatureLaw(
                electrical_factor / material.resistivity,
                material.resistivity_reference_temperature,
                material.resistivity_coefficient,
                material.resistivity_quadratic_coefficient,
            )
        thermal = TemperatureLaw(
            thermal_factor * material.thermal_conductivity,
            material.thermal_conductivity_reference_temperature,
            material.thermal_conductivity_coefficient,
        )
        return cls(electrical, thermal, material.density * material.heat_capacity)


@dataclass(frozen=True)
class DeviceModel:
    """The laws of one cell, with the equation of the paper that each stands for. What a law has to offer, its role
    says (roles.py); which class it is does not matter."""

    counter_electrode: roles.Metal
    filament: roles.Metal
    switching_layer: roles.Medium
    active_electrode: roles.Metal  # (8)
    kinetics: roles.Kinetics  # (2), (3), (12)
    hopping: roles.Hopping  # (4)
    faraday: roles.Faraday  # (1)
    tunnelling: roles.Tunnelling | roles.Contact | None  # (5)
    size_effect: roles.SizeEffect | None  # (6)
    stress: roles.StressBarrier | None  # (9)
    tunnel_heating: roles.TunnelHeating | None  # (10)
    void: roles.VoidBarrier | None  # (11)
    dissolution: roles.Dissolution | None  # section 2.3
    nucleus: roles.Nucleus
    surface_diffusion: roles.SurfaceDiffusion | None
    heat: bool
    joule_heating: bool
    thermal_size_effect: bool = False  # whether (6) holds for the filament's thermal conductivity, too
    electrode_ratio: float | None = None  # J0 of the active electrode over that of the filament
    atom_by_atom: AtomByAtom | None = None  # None: as many atoms in the contact as there is metal
    capillarity: roles.Capillarity | None = None
    nucleation: roles.Nucleation | None = None
    boundary_resistance: float | None = None  # thermal, between metal and switching layer, m2K/W
    rest_potential: float | None = None  # voltage at which no ions flow, V; None: zero
    needle: StableNucleus | None = None  # what stays of the active electrode's needle; None: that is a plane

    @classmethod
    def from_config(cls, config, laws=None):
        """The model that a configuration describes; laws: other laws in place of its own, see with_laws.

        Raises ConfigError where the configuration names laws of a user's own that are not among them: loading these
        is left to ecmsim.running.own_laws.
        """
        laws = laws or {}
        for name, law in config.laws.items():
            if name not in laws:
                raise ConfigError(f'laws.{name} = "{law.law}": was not loaded; ecmsim.running.own_laws does that')
        heat, filament, dissolution = config.heat, config.filament, config.dissolution
        materials = config.materials
        metal = materials["active_electrode"]
        thermal = heat.thermal_conductivity_factor
        tunnelling = tunnelling_law(config)
        void = dissolution.enabled and dissolution.void_barrier
        carried = filament.defect_factor if filament.wiedemann_franz else 1.0  # of the heat that electrons carry
        model = cls(
            counter_electrode=Conductor.from_material(materials["counter_electrode"], thermal_factor=thermal),
            filament=Conductor.from_material(
                metal, filament.defect_factor, thermal * filament.thermal_conductivity_factor * carried
            ),
            switching_layer=Conductor.from_material(materials["switching_layer"], thermal_factor=thermal),
            active_electrode=Conductor.from_material(metal, thermal_factor=thermal),
            kinetics=kinetics_law(config),
            hopping=hopping_law(config),
            faraday=Faraday(metal.molar_mass, metal.density, config.butler_volmer.charge_number),
            tunnelling=tunnelling,
            size_effect=(
                SizeEffect(filament.specularity, metal.electron_mean_free_path, filament.minimum_diameter)
                if filament.size_effect
                else None
            ),
            stress=(
                StressBarrier(config.stress.energy, config.stress.template_radius, config.stress.reading)
                if config.stress.enabled
                else None
            ),
            tunnel_heating=(
                TunnelHeating(config.tunnelling.barrier, tunnelling.decay_constant())
                if tunnelling and heat.enabled and heat.tunnel_barrier
                else None
            ),
            void=VoidBarrier(dissolution.void_energy, dissolution.void_length, dissolution.void_reading)
            if void
            else None,
            dissolution=(
                MirroredDissolution(dissolution.ratio, dissolution.maximum_depth) if dissolution.enabled else None
            ),
            nucleus=StableNucleus(config.cell.nucleus_radius, config.cell.layer_thickness),
            surface_diffusion=surface_diffusion_law(config.surface_diffusion),
            heat=heat.enabled,
            joule_heating=heat.enabled and heat.joule,
            thermal_size_effect=filament.size_effect and filament.wiedemann_franz,
            electrode_ratio=config.butler_volmer.electrode_ratio and float(config.butler_volmer.electrode_ratio),
            atom_by_atom=atoms_law(config),
            boundary_resistance=heat.boundary_resistance and float(heat.boundary_resistance),
            capillarity=capillarity_law(config.capillarity),
            rest_potential=config.butler_volmer.rest_potential and float(config.butler_volmer.rest_potential),
            nucleation=nucleation_law(config) if config.nucleation.enabled else None,
            needle=StableNucleus(config.cell.nucleus_radius, 0.0) if config.needle else None,
        )
        return model.with_laws(laws)

    def with_laws(self, laws):
        """The model with other laws in place of its own: name of a field -> law, or None to switch it off.

        tunnel_heating follows another tunnelling law (roles.Decaying), unless it is replaced as well; another barrier
        acts in the way that it tells, or else as the one it replaces. Raises ConfigError for a name that is not one of
        a law, and for a law that has not what its role asks for.
        """
        known = {name: kind for name, kind in get_type_hints(type(self)).items() if roles_of(kind)}
        for name, law in laws.items():
            if name not in known:
                raise ConfigError(
                    f"laws: no law {name!r}; choose from {', '.join(known)} (the compliance is the programme's)"
                )
            contact = name == "tunnelling" and (hasattr(law, "bridging") or hasattr(law, "over"))
            require(name, law, roles.Contact if contact else known[name])
            if name == "tunnelling" and self.atom_by_atom:
                require(name, law, roles.CountedContact)
        model = replace(self, **laws)
        model = replace(model, stress=_acting("stress", self, model), void=_acting("void", self, model))
        if readings.ELASTIC in [barrier.reading for barrier in (model.stress, model.void) if barrier]:
            require("kinetics", model.kinetics, roles.ElasticKinetics)
        if "tunnelling" in laws and "tunnel_heating" not in laws and self.tunnel_heating:
            model = replace(model, tunnel_heating=self._heating_by(model.tunnelling))
        if model.tunnel_heating and not model.tunnelling:
            raise ConfigError("laws: tunnel_heating: there is no tunnelling whose heat it could share out")
        return model

    def _heating_by(self, tunnelling):
        """Tunnel-barrier heating by electrons of another tunnelling law; of its own barrier, if it tells one."""
        if tunnelling is None or not isinstance(self.tunnel_heating, TunnelHeating):
            return tunnelling and self.tunnel_heating
        remedy = "or give laws a tunnel_heating of your own, or set heat.tunnel_barrier = false"
        try:
            require("tunnelling", tunnelling, roles.Decaying)
        except ConfigError as error:
            raise ConfigError(f"{error}; add it, {remedy}") from None
        barrier = getattr(tunnelling, "barrier", None)
        barrier, decay = self.tunnel_heating.barrier if barrier is None else barrier, tunnelling.decay_constant()
        for name, value in (("barrier", barrier), ("decay_constant()", decay)):
            if not (isinstance(value, Real) and 0 < value < inf):
                name = f"{type(tunnelling).__name__}: {name}"
                raise ConfigError(
                    f"laws: tunnelling = {name} is {value!r}, not a number above zero; set it right, {remedy}"
                )
        return TunnelHeating(barrier, decay)

    @property
    def across_gap(self):
        """The laws by which electrons cross the gap: name of their current -> law (roles.Tunnelling)."""
        laws = {"tunnel": self.tunnelling}
        return {name: law for name, law in laws.items() if law}

    @property
    def covers(self):
        """Whether there are places at which ions do not react: of atoms that bridge the gap, or without a nucleus."""
        return self.bridging is not None or self.nucleation is not None

    @property
    def bridging(self):
        """How atoms bridge the gap; None where the tunnelling law has no contact."""
        return getattr(self.tunnelling, "bridging", None)

    @property
    def shifts(self):
        """Whether the filament's equilibrium potential is another than that of the flat active electrode."""
        return bool(self.rest_potential) or self.capillarity is not None

    def shift(self, curvature, of_needle=False):
        """By which it lies below that, V, (n,), or that of the active electrode's needle; curvature of the surface in
        1/nm, (n,)."""
        shift = np.full(len(curvature), 0.0 if of_needle else self.rest_potential or 0.0)
        if self.capillarity:
            shift += self.capillarity.potential(curvature, self.faraday.volume_per_charge)
        return shift

    def reaction_current_density(
        self, overpotential, temperature, radius, height, on_filament, open_share=None, shift=None
    ):
        """J_BV at a point of the filament's or the active electrode's surface, Eqs. (2), (3), (12), in A/m2.

        overpotential in V against a flat active electrode, to which on the filament, and on an electrode's needle,
        `shift` (V; None: 0) is added; temperature in K, radius in nm, height above the original layer/electrode
        interface in nm, open_share: of the surface that no atom bridges (1; None: all). Stress acts on the filament;
        the void on both surfaces. Positive from metal to layer.
        """
        if shift is not None and (on_filament or self.needle):
            overpotential = overpotential + shift
        barriers = self._barriers(radius, height, on_filament)
        current_density = readings.current_density(self.kinetics, overpotential, temperature, barriers)
        if self.electrode_ratio is not None and not on_filament:
            current_density = self.electrode_ratio * current_density
        if open_share is not None:
            current_density = open_share * current_density
        if on_filament:
            return self.nucleus(current_density, radius, height)
        return self.needle(current_density, radius, -height) if self.needle else current_density

    def _barriers(self, radius, height, on_filament):
        """Those of Eq. (12): (reading, W in eV) each."""
        barriers = []
        if self.stress and on_filament:
            barriers.append((self.stress.reading, self.stress(radius)))
        if self.void:  # the electrode's own surface is not in the filament's way
            barriers.append((self.void.reading if on_filament else readings.PRINTED, self.void(height)))
        return barriers

    def balanced_current_density(self, overpotential, temperature, radius, height):
        """What both branches of J_BV share at a point of the filament, the smaller of both, in A/m2; > 0, a number.

        By detailed balance they are as 1 to exp(z e eta/kT), whatever the kinetics. Arguments as of
        reaction_current_density.
        """
        barriers, z = self._barriers(radius, height, True), self.atom_by_atom.charge_number
        stored = sum(w for reading, w in barriers if reading == readings.ELASTIC)
        driving = overpotential + stored / z
        if abs(driving) < LEAST_DRIVING:  # where both are equal
            overpotential, driving = LEAST_DRIVING - stored / z, LEAST_DRIVING
        current_density = readings.current_density(self.kinetics, overpotential, temperature, barriers)
        return abs(float(current_density)) / expm1(min(z * abs(driving) / (BOLTZMANN_EV * temperature), 700.0))


def _acting(name, old, new):
    """The barrier of this name of a DeviceModel with the way in which it acts; old: the model before its laws."""
    barrier, before = getattr(new, name), getattr(old, name)
    if barrier is None:
        return None
    if not hasattr(barrier, "reading"):
        return Acting(barrier, before.reading if before else readings.PLASTIC)
    if barrier.reading not in readings.READINGS:
        raise ConfigError(
            f"laws: {name} = {type(barrier).__name__}: reading is {barrier.reading!r}, which is none of "
            f"{', '.join(readings.READINGS)}"
        )
    return barrier


def kinetics_law(config):
    """The law that [butler_volmer] describes."""
    ions = config.butler_volmer
    numbers = ions.transfer_coefficient, ions.charge_number, ions.ion_concentration
    if ions.exchange_current_density is None:
        return ButlerVolmer(*numbers, ions.rate_constant, ions.activation_energy)
    unit = ButlerVolmer(*numbers, 1.0, ions.activation_energy)
    rate = ions.exchange_current_density / unit.exchange_current_density(ions.reference_temperature)
    return ButlerVolmer(*numbers, float(rate), ions.activation_energy)


def hopping_law(config):
    """The law that [hopping] describes, with the ions of [butler_volmer]."""
    ions, layer = config.butler_volmer, config.hopping
    return MottGurney(
        ions.charge_number, ions.ion_concentration, layer.distance, layer.attempt_frequency, layer.activation_energy
    )


def surface_diffusion_law(section):
    """The law that [surface_diffusion] describes; None where the filament keeps its shape."""
    if not section.enabled:
        return None
    return SurfaceDiffusion(section.coefficient, section.reference_temperature, section.activation_energy)


def capillarity_law(curved):
    """The law that [capillarity] describes; None where flat and curved metal are alike."""
    return Capillarity(float(curved.surface_energy), float(curved.smallest_radius)) if curved.enabled else None


def nucleation_law(config):
    """The law that [nucleation] describes, with the electron transfer of [butler_volmer]."""
    ions, nucleus = config.butler_volmer, config.nucleation
    numbers = nucleus.attempt_time, nucleus.activation_energy, nucleus.critical_atoms
    return Nucleation(*map(float, (*numbers, ions.transfer_coefficient, ions.charge_number)))


def tunnelling_law(config):
    """The law that [tunnelling] names; None where electrons do not tunnel."""
    tunnel = config.tunnelling
    if not tunnel.enabled:
        return None
    simmons = Simmons(tunnel.barrier, tunnel.effective_mass, tunnel.prefactor)
    return simmons if tunnel.law == "simmons" else contact_law(config, simmons)


def atoms_law(config):
    """The law that [contact] describes; None where its atoms are not counted."""
    contact, ions = config.contact, config.butler_volmer
    if contact.atoms == "mean":
        return None
    hop = float(contact.attempt_frequency), float(contact.barrier), float(contact.binding)
    return AtomByAtom(*hop, float(ions.charge_number))


def contact_law(config, simmons):
    """The law with contact of a configuration: simmons tunnels, or at least lends its barrier.

    Raises ConfigError where there is no table, or none that goes far enough.
    """
    tunnel = config.tunnelling
    metal = tunnel.table or config.cell.active_electrode
    terraced = tunnel.law == "terraces"
    try:
        lookup = Lookup(metal, decay=None if terraced else simmons.decay_constant(), step=None)
    except TransportError as error:
        raise ConfigError(
            f'tunnelling.table = "{metal}": {error}; law = "{tunnel.law}" needs such a table, "simmons" none'
        ) from None
    if not tunnel.contact_gap < lookup.layer_spacing:
        raise ConfigError(
            f"tunnelling.contact_gap = {tunnel.contact_gap:g} nm: must be less than a layer of atoms of {metal}, "
            f"{lookup.layer_spacing:.3g} nm"
        )
    levels = Levels(lookup, tunnel.plateaus, tunnel.seed, tunnel.fluctuation)
    bridging = Bridging(lookup.layer_spacing, lookup.area_per_atom, tunnel.contact_gap)
    if terraced:
        rectangular = tunnel.barrier_shape == "rectangular"
        decay = Decay(lookup, simmons.decay_constant(), lookup.layer_spacing, rectangular)
        return Terraces(levels, bridging, decay)
    return ContactLaw(FacingAtoms(lookup) if tunnel.law == "landauer" else simmons, levels, bridging)
