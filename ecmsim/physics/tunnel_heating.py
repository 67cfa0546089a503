"""Where the energy of tunnelling electrons becomes heat: Eq. (10) and its coefficient gamma(V)."""

from dataclasses import dataclass

from ecmsim.physics.operators import exp, maximum, minimum, where_less


def emitter_share(x):
    """f(x) = 1/x - 1/(exp(x) - 1): 1/2 at x = 0, tends to 1/x; f(-x) = 1 - f(x)."""
    small = 0.03
    bounded = minimum(maximum(x, -300.0), 300.0)
    away = where_less(bounded, 0.0, minimum(bounded, -small), maximum(bounded, small))
    exact = 1 / away - 1 / (exp(away) - 1)
    series = 0.5 - x * (1 / 12 - x**2 / 720)
    return where_less(x**2, small**2, series, exact)


@dataclass(frozen=True)
class TunnelHeating:
    """Share of the tunnel power V_Tu J_Tu that each surface receives; the two shares sum to one.

    barrier (eV), decay_constant (1/nm) of the tunnelling law. The paper's own gamma(V) is in supporting
    information that is not available; this one follows from WKB: electrons that carry the current lie
    within E1 = 2 dW0/(2 kappa g) of the emitter's Fermi level, so the emitter (which fills the holes they
    leave) gets E1/eV - 1/(exp(eV/E1) - 1) of the power, 1/2 at V -> 0, and the receiver always the rest.
    """

    barrier: float
    decay_constant: float

    def active_electrode_share(self, voltage, gap):
        """gamma of Eq. (10) for the active electrode (1), 1 less it for the filament; voltage in V (electrode minus
        filament), gap in nm.

        For voltage > 0 (SET) the active electrode receives the electrons and gets more than one half.
        """
        energy = 2 * self.barrier / (self.decay_constant * gap)
        return emitter_share(-voltage / energy)
