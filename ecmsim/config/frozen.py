"""Whether the ions of a cell are frozen: so cold that what is activated by heat leaves the range of numbers."""

from ecmsim.constants import BOLTZMANN_EV

MOST = 200.0  # kT in an activation energy: one jump of an ion in 1e73 s


def frozen(energy, temperature):
    """What is wrong with an activation energy (eV) at a temperature (K), as the end of a sentence, or None."""
    if energy is None or temperature is None or energy <= MOST * BOLTZMANN_EV * temperature:
        return None
    return (
        f"is {energy / (BOLTZMANN_EV * temperature):.4g} kT at cell.ambient_temperature ({temperature.text}), where no "
        f"ion moves: at most {MOST:g} kT, which is so above {energy / (MOST * BOLTZMANN_EV):.3g} K"
    )
