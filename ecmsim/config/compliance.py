"""Schema of the circuit between source and cell: [compliance], and the compliance of a single step."""

from typing import Annotated, Literal

from pydantic import Field

from ecmsim.config.quantities import quantity
from ecmsim.config.section import Section


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


class SeriesResistor(Section):
    """An ordinary resistor between source and cell."""

    kind: Literal["series_resistor"] = Field(description="Linear resistor in series")
    resistance: quantity("ohm", gt=0, le=1e18) = Field(description="Resistance")


class NoCompliance(Section):
    """The source drives the cell directly."""

    kind: Literal["none"] = Field(description="No limit: source voltage and cell voltage are the same")


Compliance = Annotated[IdealCompliance | SeriesResistor | NoCompliance, Field(discriminator="kind")]
