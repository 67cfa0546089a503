"""What limits the current between source and cell: Eq. (7) and its alternatives."""

from dataclasses import dataclass

from ecmsim.physics.operators import exp, maximum, minimum, where_less


@dataclass(frozen=True)
class IdealCompliance:
    """An ideal nonlinear limiter. limit I_CC (A), smoothing_voltage V0 (V).

    polarity: sign of the currents that are limited, "positive", "negative" or "both". Text, not a number: it chooses
    between expressions, and is no parameter of a compiled form.
    """

    limit: float
    smoothing_voltage: float
    polarity: str = "positive"

    def current(self, voltage):
        """I = s I_CC (1 - exp(-s V_R/V0)) with s = 1 or -1 for the polarity, Eq. (7) with its sign corrected, in A.

        voltage V_R = V_app - V_cell in V. With the other sign it continues along its tangent at zero, I_CC V_R/V0: it
        is then a small resistor. For both polarities s is the sign of V_R.
        """
        x = voltage / self.smoothing_voltage
        if self.polarity == "positive":
            return self.limit * where_less(x, 0.0, x, _saturating(x))
        if self.polarity == "negative":
            return self.limit * where_less(-x, 0.0, x, -_saturating(-x))
        return self.limit * where_less(x, 0.0, -_saturating(-x), _saturating(x))


def _saturating(x):
    """1 - exp(-x) for x >= 0; below it is only finite."""
    # 1 - exp(-x) would lose the small x of small currents to round-off.
    series = x * (1 - x / 2 + x**2 / 6)
    return where_less(x, 1e-4, series, 1 - exp(-minimum(maximum(x, -1.0), 700.0)))


@dataclass(frozen=True)
class SeriesResistor:
    """A linear resistor. resistance (ohm)."""

    resistance: float

    def current(self, voltage):
        """I = V_R/R, in A; voltage V_R = V_app - V_cell in V."""
        return voltage / self.resistance
