"""Schema of what surrounds a cell beside its compliance: [circuit], and [leakage] over the area of its pad."""

from math import pi

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from ecmsim.config.quantities import quantity
from ecmsim.config.section import Section
from ecmsim.drive import Programme

TOO_SLOW = 100  # of the programme's duration: a time constant in which nothing happens


class Circuit(Section):
    """The measuring circuit: source, compliance and series resistance, then capacitance and cell in parallel."""

    series_resistance: quantity("ohm", gt=0, le=1e18) | None = Field(
        None, description="Resistance of lines and contacts in series with the compliance; [none]"
    )
    capacitance: quantity("F", ge=1e-18, le=1e-6) | None = Field(
        None, description="Capacitance beside the cell, of its pad, lines and cables; [none]"
    )


class OhmicLeakage(Section):
    """A resistor over the pad's area."""

    conductivity: quantity("S/m", gt=0, le=1e3) = Field(description="Conductivity at its reference temperature")
    reference_temperature: quantity("K", ge=1, le=2000) = Field(description="Temperature of that value")
    activation_energy: quantity("eV", ge=0, le=5) = Field(description="Of its growth with temperature")


class PooleFrenkelLeakage(OhmicLeakage):
    """Emission from traps that the field helps."""

    activation_energy: quantity("eV", ge=0, le=5) = Field(
        description="Depth of the traps without a field: of its growth with temperature"
    )
    permittivity: quantity("", ge=1, le=1000) = Field(
        description="Relative permittivity at optical frequencies: how far a field lowers the traps' barrier"
    )


class SchottkyLeakage(Section):
    """Thermionic emission from an electrode."""

    barrier: quantity("eV", gt=0, le=10) = Field(description="Barrier without a field")
    richardson: quantity("A/m^2/K^2", gt=0, le=1e8) = Field(
        description="Effective Richardson constant; 1.2e6 A/m^2/K^2 for free electrons"
    )
    permittivity: quantity("", ge=1, le=1000) = Field(
        description="Relative permittivity at optical frequencies: how far the image force lowers the barrier"
    )


class Leakage(Section):
    """Currents through the layer over the pad's area beside the filament: the sum of those that are given."""

    area: quantity("um^2", gt=0, le=1e8) | None = Field(
        None, description="Area of the cell's pad, over which the layer leaks"
    )
    ohmic: OhmicLeakage | None = Field(None, description="Ohmic")
    poole_frenkel: PooleFrenkelLeakage | None = Field(None, description="Poole-Frenkel emission")
    schottky: SchottkyLeakage | None = Field(None, description="Schottky emission")

    @model_validator(mode="after")
    def _is_whole(self):
        laws = [name for name in ("ohmic", "poole_frenkel", "schottky") if getattr(self, name)]
        if laws and self.area is None:
            raise PydanticCustomError("relative", "{text}", {"text": f": needs the area over which {laws[0]} leaks"})
        if self.area is not None and not laws:
            text = ".area: needs a table of what leaks, [leakage.ohmic], [leakage.poole_frenkel] or [leakage.schottky]"
            raise PydanticCustomError("relative", "{text}", {"text": text})
        return self


def smaller_than_the_disc(leakage, cell):
    """What is wrong with the area of a pad for a cell, as the end of a message; empty if nothing."""
    if leakage.area is None or cell is None or cell.radius is None:
        return ""
    disc = pi * (float(cell.radius) * 1e-3) ** 2  # um2
    if float(leakage.area) >= disc:
        return ""
    return (
        f'leakage.area = "{leakage.area.text}": must not be less than the simulated disc, {disc:.4g} um^2 '
        f"(cell.radius = {cell.radius.text})"
    )


def out_of_sense(circuit, compliance, programme, stepping):
    """What time constant is beyond the steps or the programme of a run, as a message; empty where none is.

    circuit, compliance, stepping: sections; programme: its steps.
    """
    planned = Programme.from_steps(programme)
    times = []
    for section in [compliance, *filter(None, (piece.compliance for piece in planned.pieces))]:
        if getattr(section, "response_time", None) is not None:
            times.append(("compliance.response_time", float(section.response_time)))
    if circuit.capacitance is not None and circuit.series_resistance is not None:
        name = "circuit.series_resistance times circuit.capacitance"
        times.append((name, float(circuit.series_resistance) * float(circuit.capacitance)))
    for name, time in times:
        if time > TOO_SLOW * planned.duration:
            return (
                f"{name} = {time:.4g} s: is more than {TOO_SLOW} times the programme's {planned.duration:.4g} s, so "
                "that nothing would happen within it"
            )
        if time < stepping.smallest_step:
            return (
                f"{name} = {time:.4g} s: is less than stepping.smallest_step ({stepping.smallest_step.text}), so that "
                "no step can follow it; leave it out"
            )
    return ""
