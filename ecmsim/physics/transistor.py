"""A transistor in series with the cell (1T1R): the square law of an n-channel MOSFET, with saturation."""

from dataclasses import dataclass

from ecmsim.physics.operators import maximum


@dataclass(frozen=True)
class Transistor:
    """H. Shichman, D. A. Hodges, IEEE J. Solid-State Circuits 3, 285 (1968), written for both directions of current.

    transconductance beta (A/V2), threshold V_T (V), modulation lambda (1/V): of the channel's length. gate: voltage V_G
    over the more negative of the two outer terminals of cell and transistor, which stand in series, V. source: voltage
    V_app from the transistor's outer terminal through it to the cell's outer one, V. Nothing flows below the threshold.
    """

    transconductance: float
    threshold: float
    modulation: float
    gate: float
    source: float

    def current(self, voltage):
        """I = F(V_G - V_S) - F(V_G - V_D), F(u) = beta/2 max(u - V_T, 0)^2, times 1 + lambda |V_D - V_S|, in A.

        voltage V_D - V_S across it in V. With V_app > 0 the transistor's outer terminal of the return path is ground,
        V_S = 0: it saturates at F(V_G). With V_app < 0 the cell is between it and ground, V_S = |V_app| - |V_DS|: what
        drops over the cell is lost to the gate.
        """
        if self.source >= 0:
            forward = self._channel(self.gate) - self._channel(self.gate - voltage)
        else:
            outer = -self.source
            forward = self._channel(self.gate - outer) - self._channel(self.gate - outer - voltage)
        return forward * (1 + self.modulation * abs(voltage))

    def _channel(self, gate):
        """F of the voltage between gate and one end of the channel."""
        return 0.5 * self.transconductance * maximum(gate - self.threshold, 0.0) ** 2
