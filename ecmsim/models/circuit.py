"""The circuit between source and cell at a moment of the programme.

A limiter, a resistor, or nothing but a wire is a law of the voltage across it alone (`circuit`), which both models
solve with their own unknowns. What stands beside the cell or keeps something in mind needs the node of node.py
(`Surroundings`): series resistance together with a limiter, capacitance, leakage, a response time, a transistor.
"""

from dataclasses import dataclass

from ecmsim.drive import Programme, compliance_of
from ecmsim.models.node import Branch, Step, Supply
from ecmsim.physics.compliance import IdealCompliance, SeriesResistor
from ecmsim.physics.leakage import Ohmic, PooleFrenkel, Schottky
from ecmsim.physics.roles import Circuit
from ecmsim.physics.transistor import Transistor

LEAST_CURRENT = 1e-12  # A: of a current source, which an open cell would leave without a defined voltage
SOURCE_SMOOTHING = 0.05  # V: V_0 of the limiter that stands for a current source
SQUARE_METRES_PER_UM2 = 1e-12


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
    if compliance.kind == "transistor":
        channel = (compliance.transconductance, compliance.threshold_voltage, compliance.channel_length_modulation)
        return Transistor(*map(float, channel), compliance.gate(time), leg.source_voltage(time))
    return SeriesResistor(compliance.resistance) if compliance.kind == "series_resistor" else None


@dataclass(frozen=True)
class Leak:
    """Leakage over the pad's area. area in m2, thickness of the layer in m, temperature in K; laws: of
    ecmsim.physics.leakage."""

    area: float
    thickness: float
    temperature: float
    laws: tuple

    def __call__(self, voltage):
        """The current at a voltage of the cell (V), A."""
        field = voltage / self.thickness
        return self.area * sum(float(law.current_density(field, self.temperature)) for law in self.laws)


def leak(config):
    """The leakage that [leakage] describes."""
    leakage, thickness = config.leakage, float(config.cell.layer_thickness) * 1e-9
    laws = []
    if ohmic := leakage.ohmic:
        laws.append(Ohmic(*map(float, (ohmic.conductivity, ohmic.reference_temperature, ohmic.activation_energy))))
    if trapped := leakage.poole_frenkel:
        numbers = (trapped.conductivity, trapped.reference_temperature, trapped.activation_energy, trapped.permittivity)
        laws.append(PooleFrenkel(*map(float, numbers)))
    if emitted := leakage.schottky:
        laws.append(Schottky(*map(float, (emitted.richardson, emitted.barrier, emitted.permittivity)), thickness))
    area = SQUARE_METRES_PER_UM2 * float(leakage.area or 0.0)
    return Leak(area, thickness, float(config.cell.ambient_temperature), tuple(laws))


@dataclass(frozen=True)
class Surroundings:
    """All that surrounds the cell of a configuration. resistance in ohm, 0 for none; capacitance in F, 0 for none."""

    config: object
    resistance: float
    capacitance: float
    leak: Leak

    @classmethod
    def of(cls, config):
        """Those of a Config; None where a law between source and cell says it all."""
        given = config.circuit.series_resistance, config.circuit.capacitance
        resistance, capacitance = (float(value or 0.0) for value in given)
        leakage = leak(config)
        own = [piece.compliance for piece in Programme.from_steps(config.programme).pieces if piece.compliance]
        limiters = (config.compliance, *own)
        special = any(one.kind == "transistor" or (one.kind == "ideal" and one.response_time) for one in limiters)
        if not (resistance or capacitance or leakage.laws or special):
            return None
        return cls(config, resistance, capacitance, leakage)

    def supply(self, leg, time, state=None) -> Supply:
        """What surrounds the cell at a time (s) of a leg. state: at the beginning of the step there; None: at rest."""
        law, resistance = self._series(leg, time)
        slow = self._response_time(leg)
        source = leg.source_voltage(time)
        if state is None:
            return Supply(Branch(source, law, resistance, bool(slow)), self.capacitance, self.leak)
        before, length, lag, charging = state.node, time - state.time, 0.0, None
        if slow:
            output = max(abs(state.source_voltage - before.limiter), law.smoothing_voltage)
            lag = slow * law.limit / (length * output)
        elif law is not None and self.capacitance:
            begun = Branch(state.source_voltage, *self._series(leg, state.time))
            through = begun.current(begun.across(before.drop, before.drop))[0]
            charging = through - before.cell - before.leakage
        branch = Branch(source, law, resistance, bool(slow), lag, before.limiter)
        return Supply(branch, self.capacitance, self.leak, Step(length, before, state.source_voltage, charging))

    def _series(self, leg, time):
        """Law of the limiter and resistance behind it; of resistors alone one law of them all."""
        law = circuit(self.config, leg, time)
        if law is None and self.resistance:
            return SeriesResistor(self.resistance), 0.0
        if isinstance(law, SeriesResistor):
            return SeriesResistor(law.resistance + self.resistance), 0.0
        return law, self.resistance

    def _response_time(self, leg):
        """That of the limiter of a leg, s; 0 for one that acts at once."""
        compliance = compliance_of(self.config, leg)
        return float(compliance.response_time or 0.0) if compliance and compliance.kind == "ideal" else 0.0
