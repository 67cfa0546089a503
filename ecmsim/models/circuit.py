"""What stands between the source and the cell at a moment of the programme."""

from ecmsim.physics.compliance import IdealCompliance
from ecmsim.physics.model import compliance_law

LEAST_CURRENT = 1e-12  # A: of a current source, which an open cell would leave without a defined voltage
SOURCE_SMOOTHING = 0.05  # V: V_0 of the element that stands for a current source


def element(config, leg, time):
    """Law of the element between source and cell at a time of a leg; None where they are connected directly.

    A current source with a voltage limit is the ideal compliance, Eq. (7), fed by that limit: below it the current is
    the one wanted, to exp(-(V_limit - V_cell)/V_0).
    """
    current = leg.source_current(time)
    if current is None:
        return compliance_law(leg.piece.compliance or config.compliance)
    polarity = "positive" if leg.source_voltage(time) > 0 else "negative"
    return IdealCompliance(max(abs(current), LEAST_CURRENT), SOURCE_SMOOTHING, polarity)
