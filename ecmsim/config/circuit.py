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
    """What time constant is beyond the steps or the programme of a run, or which gate never opens within it, as a
    message; empty where none is.

    circuit, compliance, stepping: sections; programme: its steps.
    """
    planned = Programme.from_steps(programme)
    own = [piece.compliance for piece in planned.pieces if piece.source == "voltage"]
    used = [section or compliance for section in own]
    times = []
    for section in [compliance, *filter(None, own)]:
        if getattr(section, "response_time", None) is not None:
            times.append(("compliance.response_time", float(section.response_time), True, True))
    if circuit.capacitance is not None and used:
        times += _charging(circuit, used, planned)
    for name, time, slows, quickens in times:
        if slows and time > TOO_SLOW * planned.duration:
            return (
                f"{name} = {time:.4g} s: is more than {TOO_SLOW} times the programme's {planned.duration:.4g} s, so "
                "that nothing would happen within it"
            )
        if quickens and time < stepping.smallest_step:
            return (
                f"{name} = {time:.4g} s: is less than stepping.smallest_step ({stepping.smallest_step.text}), so that "
                "no step can follow it; leave it out"
            )
    return _closed(used, planned.duration)


def _charging(circuit, used, planned):
    """In what times the capacitor is charged: (name, s, whether it may be too long, or too short) each.

    used: the compliances of the programme's steps; where one of them charges faster, none is too long.
    """
    capacitance, series = float(circuit.capacitance), float(circuit.series_resistance or 0.0)
    own = [float(getattr(section, "resistance", 0.0)) for section in used]
    in_series = [resistance for resistance in (series + each for each in own) if resistance]
    if in_series:
        names = ["circuit.series_resistance"] * bool(series) + ["compliance.resistance"] * any(own)
        name = f"({' + '.join(names)})" if len(names) > 1 else names[0]
        yield f"{name} times circuit.capacitance", min(in_series) * capacitance, len(in_series) == len(used), True
    limits = [float(section.current) for section in used if section.kind == "ideal"]
    legs = [leg for leg in planned.planned() if leg.piece.source == "voltage"]
    peak = max((abs(value) for leg in legs for value in (leg.first, leg.last)), default=0.0)
    if len(limits) == len(used):
        name = f"circuit.capacitance times {peak:.4g} V over compliance.current"
        yield name, peak * capacitance / max(limits), True, False


def _closed(used, duration):
    """That no transistor opens before the programme's end (s), as a message; empty where one does or none is needed."""
    if not used or any(section.kind != "transistor" for section in used):
        return ""
    most = max(section.highest_gate(duration) - float(section.threshold_voltage) for section in used)
    if most > 0:
        return ""
    return (
        f"compliance.gate_points: the gate never opens within the programme's {duration:.4g} s: it stays "
        f"{-most:.4g} V below threshold_voltage or lower"
    )
