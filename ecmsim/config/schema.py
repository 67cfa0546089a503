"""The schema of a configuration: one class per section, every setting with unit, bounds, default and meaning.

Numerics have defaults. Physics has none (`needed`): a file states it or extends one that does, such as
configs/cu_sio2_pt.toml, the reference cell Cu/10 nm SiO2/Pt. Beside that there are only defaults without an effect.
Equation numbers are those of Buttberg et al., Adv. Mater. Technol. 2025, doi 10.1002/admt.202500837.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PrivateAttr, StrictBool, StrictInt, StrictStr, ValidationInfo, field_validator

from ecmsim.config.circuit import Circuit, Leakage, out_of_sense, smaller_than_the_disc
from ecmsim.config.complete import from_text
from ecmsim.config.compliance import Compliance
from ecmsim.config.contact import Contact, without_contact
from ecmsim.config.draw import Draw, of_cycle, problem, values_of_cycle
from ecmsim.config.equilibrium import Capillarity, Nucleation
from ecmsim.config.frozen import frozen
from ecmsim.config.heat import Heat, SurfaceDiffusion
from ecmsim.config.initial import Initial, Needle, Nucleus, wrong_needle, wrong_start
from ecmsim.config.interface import Interface, borrowed, loans
from ecmsim.config.laws import EXPECTED, SWITCHES, OwnLaw, unusable
from ecmsim.config.material import AnyMaterial
from ecmsim.config.mesh_size import refusal
from ecmsim.config.numerics import Balance, Checkpoint, Mesh, Output, Solver, Stepping
from ecmsim.config.programme import Step
from ecmsim.config.quantities import Quantity, quantity
from ecmsim.config.roles import ROLES
from ecmsim.config.section import Section, inconsistent, needed
from ecmsim.config.suggest import quoted
from ecmsim.config.tunnelling import Tunnelling
from ecmsim.config.write import effective_toml
from ecmsim.drive import Programme
from ecmsim.errors import ConfigError

MaterialName = Annotated[StrictStr, 'the name of a material such as "Cu" or the path of a .toml file']


# The way back is a reading of the paper: see ecmsim/physics/readings.py.
Reading = Literal["printed", "elastic", "plastic"]
READINGS = (
    "printed: on growth and dissolution alike, elastic: stored energy, given back, plastic: on growth only, nothing "
    "stored"
)


class Cell(Section):
    """Geometry and materials of the cell."""

    active_electrode: MaterialName = Field(
        description="Metal that dissolves and forms the filament: name of a material or path of a .toml file"
    )
    switching_layer: MaterialName = Field(description="Material between the electrodes, likewise")
    counter_electrode: MaterialName = Field(description="Inert metal on which the filament grows, likewise")
    layer_thickness: quantity("nm", gt=0, le=1000) = needed(description="Thickness L of the switching layer")
    radius: quantity("nm", gt=0, le=10000) = needed(description="Radius of the simulated cylinder")
    active_electrode_height: quantity("nm", gt=0, le=10000) = needed(description="Thickness of the active electrode")
    counter_electrode_height: quantity("nm", gt=0, le=10000) = needed(description="Thickness of the counter electrode")
    nucleus_radius: quantity("nm", gt=0) = needed(
        description="Radius of the quarter circle from which the filament grows"
    )
    ambient_temperature: quantity("K", ge=1, le=2000) = needed(
        description="Temperature of top and bottom contact, and at the start of a transient run"
    )

    @field_validator("nucleus_radius")
    @classmethod
    def _nucleus_fits(cls, value, info: ValidationInfo):
        for other, factor, phrase in (("layer_thickness", 0.5, "half of "), ("radius", 1.0, "")):
            limit = info.data.get(other)
            if limit is not None and value >= factor * limit:
                raise inconsistent(
                    "cell.nucleus_radius",
                    f' = "{value.text}": must be less than {phrase}{other} ({limit.text})',
                )
        return value


class ButlerVolmer(Section):
    """Electron transfer at both interfaces, Eqs. (2) and (3)."""

    transfer_coefficient: quantity("", gt=0, lt=1) = needed(description="Charge transfer coefficient")
    charge_number: StrictInt = needed(ge=1, le=4, description="Charge number z_c of the ion")
    ion_concentration: quantity("1/m^3", gt=0) = needed(description="Concentration c of ions in the switching layer")
    rate_constant: quantity("m/s", gt=0) = needed(
        description="k0 in the exchange current density J0 = z_c e c k0 exp(-dG_A/kT)"
    )
    activation_energy: quantity("eV", ge=0, le=5) = needed(
        description="dG_A: activation energy of the electron transfer without further barriers"
    )
    exchange_current_density: quantity("A/m^2", gt=0) | None = Field(
        None, description="J0 at reference_temperature, in place of the rate constant; [none]"
    )
    reference_temperature: quantity("K", ge=1, le=2000) | None = Field(None, description="Temperature of that J0")
    electrode_ratio: quantity("", gt=0, le=1e6) | None = Field(
        None, description="J0 of the active electrode's surface over that of the filament's, if another; [the same]"
    )
    rest_potential: quantity("V", ge=-5, le=5) | None = Field(
        None, description="Voltage of the cell at which no ions flow, above which metal is deposited; [0 V]"
    )

    @field_validator("reference_temperature")
    @classmethod
    def _of_an_exchange_current(cls, value, info: ValidationInfo):
        given = info.data.get("exchange_current_density")
        if (given is None) != (value is None) and "exchange_current_density" in info.data:
            lacking, what = ("exchange_current_density", "A/m^2") if given is None else ("reference_temperature", "K")
            raise inconsistent("butler_volmer", f": needs {lacking} ({what}) as well: J0 belongs to a temperature")
        return value


class Hopping(Section):
    """Ion transport in the switching layer, Mott-Gurney law, Eq. (4)."""

    distance: quantity("nm", gt=0, le=5) = needed(description="Hopping distance a")
    attempt_frequency: quantity("1/s", gt=0) = needed(description="Attempt frequency f")
    activation_energy: quantity("eV", ge=0, le=5) = needed(description="Hopping barrier dG_hop")


class Stress(Section):
    """Mechanical barrier against growth to the side, W_m0 (exp(r/r_tem) - 1), Eq. (9)."""

    enabled: StrictBool = needed(description="Whether the barrier acts")
    energy: quantity("eV", ge=0, le=5) = needed(description="W_m0 of that barrier")
    template_radius: quantity("nm", gt=0) = needed(description="r_tem of that barrier")
    reading: Reading = needed(description=f"Which way that barrier acts; {READINGS}")


class Dissolution(Section):
    """Dissolution of the active electrode above the filament, and the barrier of its void, Eq. (11)."""

    enabled: StrictBool = needed(description="Whether the electrode dissolves; if not, no void barrier")
    ratio: quantity("", ge=0, lt=1) = needed(description="v*: dissolved depth over filament growth")
    maximum_depth: quantity("nm", ge=0) = needed(description="Depth that can dissolve: two atomic layers")
    clearance: quantity("nm", ge=0) = needed(description="How far the void reaches beyond the filament's side")
    void_barrier: StrictBool = needed(description="Whether the void impedes growth")
    void_energy: quantity("eV", ge=0, le=5) = needed(
        description="W_v0 of the barrier W_v0 exp(z/z_0), z from the original electrode surface"
    )
    void_length: quantity("nm", gt=0) = needed(description="z_0 of that barrier")
    void_reading: Reading = needed(description=f"Which way it acts on the filament; {READINGS}")


class FilamentProperties(Section):
    """How the filament conducts compared with the bulk metal, Eq. (6)."""

    size_effect: StrictBool = needed(description="Whether its surface scatters electrons, Eq. (6)")
    specularity: quantity("", ge=0, lt=1) = needed(description="Share p of electrons reflected specularly")
    defect_factor: quantity("", gt=0, le=1) = Field(1.0, description="Further factor on its electrical conductivity")
    thermal_conductivity_factor: quantity("", gt=0, le=1) = Field(
        1.0, description="Factor on the thermal conductivity of the filament alone"
    )
    wiedemann_franz: StrictBool = Field(
        False,
        description="Whether size effect and defects lower its thermal conductivity as they lower the electrical one, "
        "by the law of Wiedemann and Franz",
    )
    minimum_diameter: quantity("nm", gt=0) = needed(
        description="Smallest diameter that the size effect sees, so that sharp tips still conduct"
    )
    rupture_radius: quantity("nm", gt=0) = needed(
        description="Radius of a neck that breaks: an atom's; what is above floats (reduced model: joins the electrode)"
    )


class Config(Section):
    """A complete configuration. `load_config` reads one from a file."""

    title: StrictStr = Field("", description="A line about this run, shown in pictures")
    model: Literal["full", "reduced"] = Field(
        "full",
        description="Fields by finite elements, or a circuit and a heat network around the same outline, in seconds "
        "(ecmsim run --reduced); it has no fields, so that no snapshot is written, and steady heat only",
    )
    cell: Cell = Field(description="Geometry and materials")
    programme: tuple[Step, ...] = Field(min_length=1, description="Source as steps in time")
    compliance: Compliance = Field(description="What limits the current, between source and cell")
    circuit: Circuit = Field(default_factory=Circuit, description="What else is between source and cell")
    leakage: Leakage = Field(default_factory=Leakage, description="Leakage over the pad's area")
    interface: Interface = Field(default_factory=Interface, description="For which materials its constants were made")
    butler_volmer: ButlerVolmer = Field(default_factory=ButlerVolmer, description="Electron transfer")
    hopping: Hopping = Field(default_factory=Hopping, description="Ion transport")
    stress: Stress = Field(default_factory=Stress, description="Mechanical barrier")
    dissolution: Dissolution = Field(default_factory=Dissolution, description="Void in the active electrode")
    tunnelling: Tunnelling = Field(default_factory=Tunnelling, description="Tunnelling")
    contact: Contact = Field(default_factory=Contact, description="Atoms in the contact")
    filament: FilamentProperties = Field(default_factory=FilamentProperties, description="Conductivity of the filament")
    heat: Heat = Field(default_factory=Heat, description="Temperature")
    surface_diffusion: SurfaceDiffusion = Field(default_factory=SurfaceDiffusion, description="Relaxation")
    capillarity: Capillarity = Field(default_factory=Capillarity, description="Equilibrium of curved metal")
    nucleation: Nucleation = Field(default_factory=Nucleation, description="Formation of the nucleus")
    initial: Initial = Field(default_factory=lambda: Nucleus(kind="nucleus"), description="Filament at the start")
    needle: Needle | None = Field(
        None,
        description="Needle of the active electrode's own metal at the start, towards the filament; it dissolves and "
        "grows by its own reaction, the plane around it does not react (full model)",
    )
    mesh: Mesh = Field(default_factory=Mesh, description="Mesh")
    stepping: Stepping = Field(default_factory=Stepping, description="Time steps")
    solver: Solver = Field(default_factory=Solver, description="Solver")
    balance: Balance = Field(default_factory=Balance, description="Balances")
    output: Output = Field(default_factory=Output, description="Output")
    checkpoint: Checkpoint = Field(default_factory=Checkpoint, description="Checkpoints")
    material_tables: dict[str, AnyMaterial] = Field(
        default_factory=dict, alias="materials", description="Materials by name, over files of that name"
    )
    laws: dict[str, Annotated[OwnLaw, EXPECTED]] = Field(
        default_factory=dict,
        description="Law of your own in place of the one of this name: file and class, such as "
        f'"my_laws.py:Leaky", or {{ law = "my_laws.py:Leaky", leak = 1e-3 }} with parameters for its constructor '
        f"(--allow-code lets it run). Names: {', '.join(SWITCHES)}",
    )
    draw: Draw | None = Field(None, description="Parameters of the laws that are drawn anew for each cycle")
    _idle: tuple = PrivateAttr(())

    @field_validator("programme")
    @classmethod
    def _programme_runs(cls, value):
        try:
            Programme.from_steps(value)
        except ConfigError as error:
            raise inconsistent("", str(error)) from None
        return value

    @field_validator("leakage")
    @classmethod
    def _pad_is_large(cls, value, info: ValidationInfo):
        if wrong := smaller_than_the_disc(value, info.data.get("cell")):
            raise inconsistent("", wrong)
        return value

    @field_validator("stepping")
    @classmethod
    def _circuit_is_seen(cls, value, info: ValidationInfo):
        data = info.data
        if {"circuit", "compliance", "programme"} <= data.keys():
            if wrong := out_of_sense(data["circuit"], data["compliance"], data["programme"], value):
                raise inconsistent("", wrong)
        return value

    @field_validator("butler_volmer", "hopping")
    @classmethod
    def _ions_move(cls, value, info: ValidationInfo):
        cell, energy = info.data.get("cell"), value.activation_energy
        wrong = cell and frozen(energy, cell.ambient_temperature)
        if wrong:
            raise inconsistent(f"{info.field_name}.activation_energy", f' = "{energy.text}": {wrong}')
        return value

    @field_validator("dissolution")
    @classmethod
    def _void_fits(cls, value, info: ValidationInfo):
        cell = info.data.get("cell")
        depth, height = value.maximum_depth, cell and cell.active_electrode_height
        if depth is not None and height is not None and depth >= height:
            raise inconsistent(
                "dissolution.maximum_depth",
                f' = "{depth.text}": must be less than cell.active_electrode_height ({height.text})',
            )
        return value

    @field_validator("contact")
    @classmethod
    def _atoms_bridge(cls, value, info: ValidationInfo):
        tunnelling = info.data.get("tunnelling")
        if wrong := tunnelling and without_contact(value, tunnelling):
            raise inconsistent("contact.atoms", f" {wrong}")
        return value

    @field_validator("heat")
    @classmethod
    def _model_has_it(cls, value, info: ValidationInfo):
        if info.data.get("model") == "reduced" and value.enabled and value.mode == "transient":
            raise inconsistent(
                "heat.mode",
                ' = "transient": the reduced model knows steady heat only; set heat.mode = "steady" or model = "full"',
            )
        return value

    @field_validator("mesh")
    @classmethod
    def _mesh_can_be_made(cls, value, info: ValidationInfo):
        cell = info.data.get("cell")
        known = cell and None not in dict(cell).values()
        wrong = known and refusal(value, cell, info.data.get("model"))
        if wrong:
            setting, text = wrong
            given = getattr(value, setting.removeprefix("mesh."))
            given = quoted(given.text) if isinstance(given, Quantity) and given.unit else f"{given:.6g}"
            fine = f", with mesh.refinement = {value.refinement:g}" if value.refinement > 1 else ""
            raise inconsistent(setting, f" = {given}: {text}{fine}: choose coarser sizes, or a smaller cell")
        return value

    @field_validator("initial")
    @classmethod
    def _filament_fits(cls, value, info: ValidationInfo):
        if wrong := wrong_start(value, info.data.get("cell"), info.data.get("nucleation")):
            raise inconsistent(*wrong)
        return value

    @field_validator("needle")
    @classmethod
    def _needle_fits(cls, value, info: ValidationInfo):
        if value is not None and (wrong := wrong_needle(value, info.data)):
            raise inconsistent(*wrong)
        return value

    @field_validator("material_tables")
    @classmethod
    def _roles_fit(cls, value, info: ValidationInfo):
        cell = info.data.get("cell")
        for role, kind in ROLES.items() if cell else ():
            name = getattr(cell, role)
            if name in value and value[name].kind != kind:
                raise inconsistent(
                    f"cell.{role}",
                    f" = {quoted(name)}: must be a material of kind {quoted(kind)},"
                    f" but {name} is of kind {quoted(value[name].kind)}",
                )
        return value

    @field_validator("laws")
    @classmethod
    def _laws_are_used(cls, value, info: ValidationInfo):
        for _, text in unusable(info.data, value):
            raise inconsistent("", text)
        return value

    @field_validator("draw")
    @classmethod
    def _draws_can_be_used(cls, value, info: ValidationInfo):
        if value is not None and (wrong := problem(value, info.data, cls)):
            raise inconsistent("", wrong)
        return value

    def drawn(self, cycle):
        """The values (Quantity by setting) that [draw] gives a cycle; none without [draw], and none for number 0."""
        return values_of_cycle(self, cycle)

    def of_cycle(self, cycle):
        """The configuration that holds in a cycle of its programme, with the values drawn for it."""
        return of_cycle(self, cycle)

    def __eq__(self, other):
        """Whether all settings are equal; where they were given does not count."""
        return type(self) is type(other) and dict(self) == dict(other)

    @property
    def idle(self):
        """Settings of the user's own that have no effect, a line each (see ecmsim.config.idle)."""
        return self._idle

    def note_idle(self, lines):
        """Keep what the reading of the configuration found idle."""
        self._idle = tuple(lines)

    @property
    def borrowed(self):
        """That constants were made for other materials, in a sentence, or nothing (see ecmsim.config.interface)."""
        return borrowed(self)

    @property
    def loans(self):
        """The sections with such constants: pair of materials -> names."""
        return loans(self)

    @property
    def materials(self):
        """The three materials by role: active_electrode, switching_layer, counter_electrode."""
        return {role: self.material_tables[getattr(self.cell, role)] for role in ROLES}

    @classmethod
    def from_toml(cls, text, base=Path(), overrides=(), source="configuration"):
        """Read a configuration from TOML text.

        base: folder to which paths in the text are relative; overrides: "key.path=value" texts; source: name
        of the text in messages. Raises ConfigError with all problems.
        """
        return from_text(cls, text, base, overrides, source)

    def to_toml(self):
        """The effective configuration as TOML: every setting with unit, label and source; it can be run."""
        return effective_toml(self)
