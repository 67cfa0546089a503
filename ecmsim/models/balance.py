"""What a solution amounts to, in currents and powers, and what is observed of it."""

from dataclasses import dataclass

from ecmsim.errors import SolveError
from ecmsim.observed import OBSERVED

CURRENTS = {item.name: 0.0 for item in OBSERVED if item.name.endswith("_current")}


@dataclass(frozen=True)
class Outside:
    """What goes on at the node beside the cell. voltage of the node, V; currents of source, capacitor and leakage, A;
    missed: by which they fail to sum up, largest: the largest at the node, A; power of the source, W; energy in the
    capacitor, J."""

    voltage: float
    source: float
    capacitor: float
    leakage: float
    missed: float
    largest: float
    power: float
    energy: float

    @classmethod
    def of(cls, node, source_voltage, capacitance):
        """That of a Node under a source (V) with a capacitance (F)."""
        own = {"voltage": node.voltage, "source": node.source, "capacitor": node.capacitor, "leakage": node.leakage}
        power, energy = source_voltage * node.source, 0.5 * capacitance * node.voltage**2
        return cls(**own, missed=node.missed, largest=node.largest, power=power, energy=energy)


@dataclass(frozen=True)
class Balance:
    """Currents and powers of a solution of the potentials and temperatures.

    current: out of the counter electrode, entering: into the active electrode, A; currents: what carries it from one
    metal to the other, by name, A: "ionic" into the filament, "tunnel", and whatever else a model knows (each name
    stands as NAME_current in ecmsim.observed); supplied: ionic current out of the active electrode, A; power: given to
    the cell, dissipated: in it, heated: that part of it which heats, heat: that leaves it, W; temperature_max in K;
    junction_voltage: mean of the voltage that the tunnelling electrons cross, V; atoms: that bridge the gap; metal:
    of the last layer, in atoms; outside: what goes on at the node of the circuit, where there is one; rest: largest
    shift of the filament's equilibrium potential, which drives ions without a source, V.
    """

    current: float
    entering: float
    currents: dict
    supplied: float
    power: float
    dissipated: float
    heated: float
    heat: float
    temperature_max: float
    junction_voltage: float
    atoms: float
    metal: float = 0.0
    outside: Outside | None = None
    rest: float = 0.0

    @property
    def ionic(self):
        """Current that makes the filament grow, A."""
        return self.currents["ionic"]

    def observed(self, source_voltage, largest_current, transient, floor=0.0):
        """The quantities of ecmsim.observed that this tells, by name.

        source_voltage in V (of a cell at a node the node's); largest_current: of the run so far, A; transient: whether
        heat is stored, so that it need not leave; floor: current against which imbalances are measured at least, A.
        """
        scale = max(current_scale(self.current, self.entering, largest_current), floor)
        outside = self.outside
        missed = abs(outside.missed) / max(outside.largest, scale) if outside else 0.0
        return {
            "cell_voltage": self.power / self.entering if self.entering else source_voltage,
            "current": self.current,
            **CURRENTS,
            **{f"{name}_current": current for name, current in self.currents.items()},
            "source_current": outside.source if outside else self.entering,
            "capacitor_current": outside.capacitor if outside else 0.0,
            "leakage_current": outside.leakage if outside else 0.0,
            "source_power": outside.power if outside else source_voltage * self.entering,
            "capacitor_energy": outside.energy if outside else 0.0,
            "junction_voltage": self.junction_voltage,
            "contact_atoms": self.atoms,
            "contact_metal": self.metal,
            "temperature_max": self.temperature_max,
            "power": self.power,
            "heat": self.heat,
            "charge_imbalance": max(abs(self.entering - self.current) / scale, missed),
            "power_imbalance": self._unbalanced(transient)
            / max(power_scale(self.power, scale, source_voltage, self.rest), 1e-12 * largest_current, 1e-300),
        }

    def _unbalanced(self, transient):
        """Power in against power dissipated, and steady heat made against heat out, W."""
        unbalanced = abs(self.power - self.dissipated)
        if not transient:
            unbalanced += abs(self.heated - self.heat)
        return unbalanced


def current_scale(out, entering, largest):
    """What an imbalance is measured against: the current, near zero a millionth of the largest so far; A."""
    return max(abs(out), abs(entering), 1e-6 * largest, 1e-300)


def power_scale(power, current, voltage, rest):
    """The same of powers: the power, near zero that of a current_scale at the voltage or what surfaces rest at; W."""
    return max(abs(power), current * max(abs(voltage), rest))


# Each balance: its name in [balance], what is observed of it, what it is, and what to try where it is not kept.
BALANCES = (
    ("charge", "charge_imbalance", "the terminal currents", "a smaller solver.charge_tolerance and solver.tolerance"),
    ("faraday", "faraday_error", "the filament's volume and the ionic charge", "shorter steps (stepping.refinement)"),
    ("power", "power_imbalance", "the powers given and dissipated", "a smaller solver.tolerance"),
)


class Unbalanced(SolveError):
    """A balance is not kept. balance: its name in [balance]; value, limit: relative."""

    def __init__(self, balance, value, limit, what, remedy):
        super().__init__(f"{what} differ by {value:.4g} (balance.{balance} = {limit:g})")
        self.balance, self.value, self.limit = balance, value, limit
        self.remedy = f"{remedy}, a finer mesh (mesh.refinement)"


@dataclass(frozen=True)
class Limits:
    """How far a state may be from each balance, relative; floor: least current against which they are measured, A."""

    charge: float
    faraday: float
    power: float
    floor: float

    @classmethod
    def from_config(cls, config):
        """Those of [balance]; that of Faraday's law with stepping.refinement."""
        limits = config.balance
        faraday = limits.of_faraday(config.stepping.refinement)
        return cls(limits.charge, faraday, limits.power, limits.smallest_current)

    def check(self, observed):
        """Raise Unbalanced where what is observed of a state is beyond them."""
        for name, quantity, what, remedy in BALANCES:
            value, limit = observed[quantity], getattr(self, name)
            if not value <= limit:
                raise Unbalanced(name, value, limit, what, remedy)
