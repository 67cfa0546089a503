"""The circuit between source and cell at a moment of the programme: a limiter, a resistor, or nothing but a wire."""

from ecmsim.drive import compliance_of
from ecmsim.physics.compliance import IdealCompliance, SeriesResistor
from ecmsim.physics.roles import Circuit

LEAST_CURRENT = 1e-12  # A: of a current source, which an open cell would leave without a defined voltage
SOURCE_SMOOTHING = 0.05  # V: V_0 of the limiter that stands for a current source


def circuit(config, leg, time) -> Circuit | None:
    """Law of the circuit between source and cell at a time of a leg; None where they are connected directly.

    A current source with a voltage limit is the ideal compliance, Eq. (7), fed by that limit: below it the current is
    the one wanted, to exp(-(V_limit - V_cell)/V_0).
    """
    current = leg.source_current(time)
    if current is not None:
        polarity = "positive" if leg.source_voltage(time) > 0 else "negative"
        return IdealCompliance(max(abs(current), LEAST_CURRENT), SOURCE_SMOOTHING, polarity)
    compliance = compliance_of(config, leg)
    if compliance.kind == "ideal":
        return IdealCompliance(compliance.current, compliance.smoothing_voltage, compliance.polarity)
    return SeriesResistor(compliance.resistance) if compliance.kind == "series_resistor" else None
