"""Materials: their properties as a schema, and the files that come with the package (ecmsim/materials)."""

from importlib import resources
from typing import Annotated, Literal

from pydantic import Field, StrictStr

from ecmsim.config.quantities import quantity
from ecmsim.config.section import Section


class Material(Section):
    """What every material has. Conductivities depend on temperature as
    xi(T) = xi0/(1 + alpha (T - T0) + beta (T - T0)^2)."""

    name: StrictStr = Field(description="Full name, for people")
    thermal_conductivity: quantity("W/m/K", gt=0) = Field(
        description="Thermal conductivity at its reference temperature"
    )
    thermal_conductivity_reference_temperature: quantity("K", gt=0) = Field(
        description="Temperature at which the thermal conductivity is given"
    )
    thermal_conductivity_coefficient: quantity("1/K", gt=-0.01, lt=0.1) = Field(
        description="alpha of the thermal conductivity; positive: it falls as the temperature rises"
    )
    density: quantity("kg/m^3", gt=0) = Field(description="Mass density")
    heat_capacity: quantity("J/kg/K", gt=0) = Field(description="Specific heat capacity")
    molar_mass: quantity("g/mol", gt=0) = Field(
        description="Molar mass; with the density it sets the volume that a charge deposits"
    )


class Metal(Material):
    """An electronic conductor: electrode or filament."""

    kind: Literal["metal"] = Field(description="Electronic conductor")
    resistivity: quantity("ohm*m", gt=0) = Field(description="Bulk resistivity at its reference temperature")
    resistivity_reference_temperature: quantity("K", gt=0) = Field(
        description="Temperature at which the resistivity is given"
    )
    resistivity_coefficient: quantity("1/K", ge=0, lt=0.1) = Field(
        description="alpha of the conductivity: relative rise of the resistivity with temperature"
    )
    resistivity_quadratic_coefficient: quantity("1/K^2", gt=-1e-3, lt=1e-3) = Field(
        "0 / K^2", description="beta of the conductivity: quadratic part of that rise"
    )
    electron_mean_free_path: quantity("nm", gt=0) = Field(
        description="Mean free path of conduction electrons in the bulk, for the size effect of wires"
    )
    melting_point: quantity("K", gt=0) | None = Field(
        None, description="Melting point, up to which the laws of the solid hold; not watched if not given"
    )


class IonConductor(Material):
    """A switching layer: it conducts ions by hopping (section [hopping]), electrons only by tunnelling."""

    kind: Literal["ion_conductor"] = Field(description="Ionic conductor without electronic conduction")


AnyMaterial = Annotated[Metal | IonConductor, Field(discriminator="kind")]


def _folder():
    return resources.files("ecmsim") / "materials"


def packaged_materials():
    """Names of the materials that come with the package, sorted."""
    files = [file.name for file in _folder().iterdir()]
    return sorted(name.removesuffix(".toml") for name in files if name.endswith(".toml"))


def packaged_material_text(name):
    """The TOML text of a material that comes with the package."""
    return (_folder() / f"{name}.toml").read_text(encoding="utf-8")
