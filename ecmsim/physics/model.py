"""All laws of one cell, chosen and filled in from its configuration. A law that is switched off is None."""

from dataclasses import dataclass, fields, replace

from ecmsim.errors import ConfigError, TransportError
from ecmsim.physics import readings
from ecmsim.physics.atomic_contact import AtomicContact
from ecmsim.physics.barriers import StressBarrier, VoidBarrier
from ecmsim.physics.bridging import Bridging
from ecmsim.physics.butler_volmer import ButlerVolmer
from ecmsim.physics.contact_levels import Levels
from ecmsim.physics.dissolution import MirroredDissolution
from ecmsim.physics.facing_atoms import FacingAtoms
from ecmsim.physics.faraday import Faraday
from ecmsim.physics.mott_gurney import MottGurney
from ecmsim.physics.nucleus import StableNucleus
from ecmsim.physics.size_effect import SizeEffect
from ecmsim.physics.surface_diffusion import SurfaceDiffusion
from ecmsim.physics.temperature_law import TemperatureLaw
from ecmsim.physics.tunnel_heating import TunnelHeating
from ecmsim.physics.tunnelling import Simmons
from ecmsim.quantum.lookup import Lookup


@dataclass(frozen=True)
class Conductor:
    """Transport laws of one region. electrical (S/m; None: no electronic conduction), thermal (W/m/K),
    volumetric_heat_capacity (J/m3/K)."""

    electrical: TemperatureLaw | None
    thermal: TemperatureLaw
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
    """The laws of one cell, with the equation of the paper that each stands for."""

    counter_electrode: Conductor
    filament: Conductor
    switching_layer: Conductor
    active_electrode: Conductor  # (8)
    kinetics: ButlerVolmer  # (2), (3), (12)
    hopping: MottGurney  # (4)
    faraday: Faraday  # (1)
    tunnelling: Simmons | AtomicContact | None  # (5)
    size_effect: SizeEffect | None  # (6)
    stress: StressBarrier | None  # (9)
    tunnel_heating: TunnelHeating | None  # (10)
    void: VoidBarrier | None  # (11)
    dissolution: MirroredDissolution | None  # section 2.3
    nucleus: StableNucleus
    surface_diffusion: SurfaceDiffusion | None
    heat: bool
    joule_heating: bool

    @classmethod
    def from_config(cls, config):
        """The model that a configuration describes."""
        ions, layer, tunnel, heat = config.butler_volmer, config.hopping, config.tunnelling, config.heat
        filament, dissolution = config.filament, config.dissolution
        materials = config.materials
        metal = materials["active_electrode"]
        thermal = heat.thermal_conductivity_factor
        tunnelling = tunnelling_law(config)
        void = dissolution.enabled and dissolution.void_barrier
        return cls(
            counter_electrode=Conductor.from_material(materials["counter_electrode"], thermal_factor=thermal),
            filament=Conductor.from_material(
                metal, filament.defect_factor, thermal * filament.thermal_conductivity_factor
            ),
            switching_layer=Conductor.from_material(materials["switching_layer"], thermal_factor=thermal),
            active_electrode=Conductor.from_material(metal, thermal_factor=thermal),
            kinetics=ButlerVolmer(
                ions.transfer_coefficient,
                ions.charge_number,
                ions.ion_concentration,
                ions.rate_constant,
                ions.activation_energy,
            ),
            hopping=MottGurney(
                ions.charge_number,
                ions.ion_concentration,
                layer.distance,
                layer.attempt_frequency,
                layer.activation_energy,
            ),
            faraday=Faraday(metal.molar_mass, metal.density, ions.charge_number),
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
                TunnelHeating(tunnel.barrier, tunnelling.decay_constant())
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
        )

    def with_laws(self, laws):
        """The model with other laws in place of its own: name of a field -> law, or None to switch it off.

        A law has the methods of the one that it replaces; those that the weak form uses are written with
        ecmsim.physics.operators. Another tunnelling law leaves tunnel_heating with the configured one's decay. Raises
        ConfigError for a name that is not one of a law.
        """
        names = [item.name for item in fields(self) if item.name not in ("heat", "joule_heating")]
        for name in laws:
            if name not in names:
                raise ConfigError(
                    f"laws: no law {name!r}; choose from {', '.join(names)} (the compliance is the programme's)"
                )
        return replace(self, **laws)

    @property
    def bridging(self):
        """How atoms bridge the gap; None where the tunnelling law has no contact."""
        return getattr(self.tunnelling, "bridging", None)

    def reaction_current_density(self, overpotential, temperature, radius, height, on_filament, open_share=None):
        """J_BV at a point of the filament's or the active electrode's surface, Eqs. (2), (3), (12), in A/m2.

        overpotential in V, temperature in K, radius in nm, height above the original layer/electrode interface in nm,
        open_share: of the surface that no atom bridges (1; None: all). Stress acts on the filament; the void on both
        surfaces. Positive from metal to layer.
        """
        barriers = []
        if self.stress and on_filament:
            barriers.append((self.stress.reading, self.stress(radius)))
        if self.void:  # the electrode's own surface is not in the filament's way
            barriers.append((self.void.reading if on_filament else readings.PRINTED, self.void(height)))
        current_density = readings.current_density(self.kinetics, overpotential, temperature, barriers)
        if open_share is not None:
            current_density = open_share * current_density
        return self.nucleus(current_density, radius, height) if on_filament else current_density


def surface_diffusion_law(section):
    """The law that [surface_diffusion] describes; None where the filament keeps its shape."""
    if not section.enabled:
        return None
    return SurfaceDiffusion(section.coefficient, section.reference_temperature, section.activation_energy)


def tunnelling_law(config):
    """The law that [tunnelling] names; None where electrons do not tunnel."""
    tunnel = config.tunnelling
    if not tunnel.enabled:
        return None
    simmons = Simmons(tunnel.barrier, tunnel.effective_mass, tunnel.prefactor)
    return simmons if tunnel.law == "simmons" else contact_law(config, simmons)


def contact_law(config, simmons):
    """The law "blend" or "landauer" of a configuration: simmons tunnels, or at least ends what the table tells.

    Raises ConfigError where there is no table, or none that goes far enough.
    """
    tunnel = config.tunnelling
    metal = tunnel.table or config.cell.active_electrode
    try:
        lookup = Lookup(metal, decay=simmons.decay_constant(), step=None)
    except TransportError as error:
        raise ConfigError(
            f'tunnelling.table = "{metal}": {error}; law = "{tunnel.law}" needs such a table, "simmons" none'
        ) from None
    if not tunnel.contact_gap < lookup.layer_spacing:
        raise ConfigError(
            f"tunnelling.contact_gap = {tunnel.contact_gap:g} nm: must be less than a layer of atoms of {metal}, "
            f"{lookup.layer_spacing:.3g} nm"
        )
    return AtomicContact(
        beyond=FacingAtoms(lookup) if tunnel.law == "landauer" else simmons,
        levels=Levels(lookup, tunnel.plateaus, tunnel.seed, tunnel.fluctuation),
        bridging=Bridging(lookup.layer_spacing, lookup.area_per_atom, tunnel.contact_gap),
    )
