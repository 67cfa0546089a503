"""The element between source and cell that limits the current: Eq. (7) and its alternatives."""

from dataclasses import dataclass

from ecmsim.physics.operators import exp, maximum, minimum, where_less


@dataclass(frozen=True)
class IdealCompliance:
    """An ideal nonlinear limiter. limit I_CC (A), smoothing_voltage V0 (V)."""

    limit: float
    smoothing_voltage: float

    def current(self, voltage):
        """I = I_CC (1 - exp(-V_R/V0)), Eq. (7) with its sign corrected, in A; voltage V_R = V_app - V_cell in V.

        Below zero it continues along its tangent, I_CC V_R/V0: the element is then a small resistor.
        """
        x = voltage / self.smoothing_voltage
        # 1 - exp(-x) would lose the small x of small currents to round-off.
        series = x * (1 - x / 2 + x**2 / 6)
        limited = where_less(x, 1e-4, series, 1 - exp(-minimum(maximum(x, -1.0), 700.0)))
        return self.limit * where_less(x, 0.0, x, limited)


@dataclass(frozen=True)
class SeriesResistor:
    """A linear resistor. resistance (ohm)."""

    resistance: float

    def current(self, voltage):
        """I = V_R/R, in A; voltage V_R = V_app - V_cell in V."""
        return voltage / self.resistance
