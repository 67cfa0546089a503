"""What a solution amounts to, in currents and powers, and what is observed of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Balance:
    """Currents and powers of a solution of the potentials and temperatures.

    current: out of the counter electrode, entering: into the active electrode, A; currents: what carries it from one
    metal to the other, by name, A: "ionic" into the filament, "tunnel", and whatever else a model knows (each name
    stands as NAME_current in ecmsim.observed); power: given to the cell, dissipated: in it, heated: that part of it
    which heats, heat: that leaves it, W; temperature_max in K; junction_voltage: mean of the voltage that the
    tunnelling electrons cross, V; atoms: that bridge the gap.
    """

    current: float
    entering: float
    currents: dict
    power: float
    dissipated: float
    heated: float
    heat: float
    temperature_max: float
    junction_voltage: float
    atoms: float

    @property
    def ionic(self):
        """Current that makes the filament grow, A."""
        return self.currents["ionic"]

    def current_scale(self, largest):
        """What an imbalance of currents is measured against, A; see `current_scale`."""
        return current_scale(self.current, self.entering, largest)

    def power_imbalance(self, source_voltage, largest_current, transient):
        """Power in against power dissipated, and steady heat made against heat out; relative (1).

        largest_current: of the run so far, A; transient: whether heat is stored, so that it need not leave.
        """
        scale = max(
            abs(self.power),
            self.current_scale(largest_current) * abs(source_voltage),
            1e-12 * largest_current,
            1e-300,
        )
        unbalanced = abs(self.power - self.dissipated)
        if not transient:
            unbalanced += abs(self.heated - self.heat)
        return unbalanced / scale

    def observed(self, source_voltage, largest_current, transient):
        """The quantities of ecmsim.observed that this tells, by name. source_voltage in V; the rest as above."""
        scale = self.current_scale(largest_current)
        return {
            "cell_voltage": self.power / self.entering if self.entering else source_voltage,
            "current": self.current,
            **{f"{name}_current": current for name, current in self.currents.items()},
            "junction_voltage": self.junction_voltage,
            "contact_atoms": self.atoms,
            "temperature_max": self.temperature_max,
            "power": self.power,
            "heat": self.heat,
            "charge_imbalance": abs(self.entering - self.current) / scale,
            "power_imbalance": self.power_imbalance(source_voltage, largest_current, transient),
        }


def current_scale(out, entering, largest):
    """What an imbalance is measured against: the current, near zero a millionth of the largest so far; A."""
    return max(abs(out), abs(entering), 1e-6 * largest, 1e-300)
