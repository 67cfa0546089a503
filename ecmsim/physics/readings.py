"""Which way a barrier acts: three readings of Eqs. (9), (11) and (12) of the paper, which prints none for the way back.

printed   the barrier is one of the transition state: it stands in J0 and slows oxidation as it slows reduction
elastic   the barrier is energy stored in what the metal has pushed aside: reduction has to supply it, oxidation does
          not, and the metal's equilibrium potential shifts by W/ze, so that it dissolves by itself at eta = 0
plastic   pushing aside costs W once and stores nothing: growth is slowed by exp(-W/kT), dissolution is not, and
          J = 0 at eta = 0

The paper's Introduction has the filament retract from the active electrode as long as there is no galvanic contact.
That is what "plastic" gives; with "printed" the tip, deep in the void's barrier, cannot dissolve, and the filament is
undercut at its foot. The purpose that the paper states (sections 2.3, 2.4: barriers against growth) says the same.
"""

from ecmsim.physics.operators import where_less

PRINTED, ELASTIC, PLASTIC = READINGS = ("printed", "elastic", "plastic")


def current_density(kinetics, overpotential, temperature, barriers):
    """J_BV against barriers, A/m2: Eqs. (2), (3) and (12).

    kinetics: ecmsim.physics.roles.Kinetics; overpotential in V; temperature in K; barriers: (reading, W in eV) each.
    With the printed barriers W_p, the stored ones W_e and the plastic ones W_q,

        J = J0 exp(-W_p/kT) [exp((1-a) z e eta/kT) - exp(-(a z e eta + W_e)/kT)], times exp(-W_q/kT) where J < 0.
    """
    both, stored, growth = (sum(w for reading, w in barriers if reading == name) for name in READINGS)
    if ELASTIC in (reading for reading, _ in barriers):
        # The same in the terms of any kinetics: a shifted overpotential, and the oxidation's share of the barrier.
        overpotential = overpotential + stored / kinetics.charge_number
        both = both + (1 - kinetics.transfer_coefficient) * stored
    current = kinetics.current_density(overpotential, temperature, both)
    if PLASTIC not in (reading for reading, _ in barriers):
        return current
    return where_less(overpotential, 0.0, kinetics.current_density(overpotential, temperature, both + growth), current)
