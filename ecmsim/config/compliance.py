"""Schema of what limits the current between source and cell: [compliance], and the compliance of a single step."""

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from ecmsim.config.quantities import quantity
from ecmsim.config.section import Section

EXAMPLE = 'pairs such as [["0 s", "0 V"], ["1 ms", "1.5 V"]]'


class IdealCompliance(Section):
    """An ideal nonlinear limiter, Eq. (7)."""

    kind: Literal["ideal"] = Field(description="Ideal limiter, I = I_CC (1 - exp(-V_R/V_0))")
    current: quantity("A", ge=1e-18, le=10) = Field(description="Compliance current I_CC")
    smoothing_voltage: quantity("V", gt=0, le=10) = Field(
        "0.05 V", description="V_0: voltage across the limiter at which it has reached 63 % of I_CC"
    )
    polarity: Literal["positive", "negative", "both"] = Field(
        "positive", description="Sign of the currents that it limits; for the others it is a resistor V_0/I_CC"
    )
    response_time: quantity("s", gt=0, le=1e3) | None = Field(
        None,
        description="Time tau in which a source-measure unit brings an excess of current down, d ln(V_out)/dt = "
        "-(I - I_CC)/(I_CC tau); [at once]",
    )


class SeriesResistor(Section):
    """An ordinary resistor between source and cell."""

    kind: Literal["series_resistor"] = Field(description="Linear resistor in series")
    resistance: quantity("ohm", gt=0, le=1e18) = Field(description="Resistance")


class Transistor(Section):
    """A transistor in series with the cell, 1T1R: square law with saturation."""

    kind: Literal["transistor"] = Field(description="n-channel transistor in series (1T1R), square law")
    transconductance: quantity("A/V^2", gt=0, le=10) = Field(
        description="beta of the saturation current beta/2 (V_G - V_T)^2"
    )
    threshold_voltage: quantity("V", ge=-10, le=100) = Field(description="Gate voltage V_T above which it conducts")
    channel_length_modulation: quantity("1/V", ge=0, le=10) = Field(
        "0 / V", description="lambda: relative rise of the current with the voltage across it"
    )
    gate_voltage: quantity("V", ge=-100, le=100) | None = Field(
        None, description="V_G over the more negative outer terminal of cell and transistor; or gate_points"
    )
    gate_points: Annotated[
        tuple[
            Annotated[tuple[quantity("s", ge=0), quantity("V", ge=-100, le=100)], "a pair of a time and a voltage"],
            ...,
        ]
        | None,
        EXAMPLE,
    ] = Field(None, description=f"Programme of V_G: times since the start of the run and V_G there, {EXAMPLE}")

    @model_validator(mode="after")
    def _gate_opens(self):
        if (self.gate_voltage is None) == (not self.gate_points):
            raise _relative(": needs either a gate_voltage or gate_points")
        points = self.gate_points or ()
        times = [time for time, _ in points]
        if any(not later > time for time, later in zip(times, times[1:], strict=False)):
            raise _relative(".gate_points: times must increase")
        highest = max((voltage for _, voltage in points), default=self.gate_voltage)
        if not highest > self.threshold_voltage:
            given = "gate_points" if self.gate_points else "gate_voltage"
            raise _relative(
                f".{given}: the gate never opens, as it comes to {highest.text} at most: must be above "
                f"threshold_voltage ({self.threshold_voltage.text})"
            )
        return self

    def gate(self, time):
        """V_G at a time since the start of the run (s), V: straight lines between the points, constant beyond."""
        if not self.gate_points:
            return float(self.gate_voltage)
        before = self.gate_points[0]
        for point in self.gate_points:
            if point[0] >= time:
                share = (time - before[0]) / (point[0] - before[0]) if point[0] > before[0] else 1.0
                return float(before[1] + min(max(share, 0.0), 1.0) * (point[1] - before[1]))
            before = point
        return float(before[1])

    def highest_gate(self, end):
        """Highest V_G from the start of the run to a time (s), V."""
        return max(self.gate(time) for time in (0.0, end, *(float(at) for at, _ in self.gate_points or () if at < end)))

    def saturation_current(self, time):
        """Current at which it saturates at a positive source at a time (s), A; 0 while the gate is closed."""
        return 0.5 * float(self.transconductance) * max(self.gate(time) - float(self.threshold_voltage), 0.0) ** 2


class NoCompliance(Section):
    """The source drives the cell directly."""

    kind: Literal["none"] = Field(description="No limit: source voltage and cell voltage are the same")


Compliance = Annotated[
    IdealCompliance | SeriesResistor | Transistor | NoCompliance,
    Field(discriminator="kind"),
]


def _relative(text):
    return PydanticCustomError("relative", "{text}", {"text": text})
