"""What has to be said about a run at its end: that it never switched, and which ranges of its laws it left.

Each remark is made once, at the end of the run, however long a range was left. That the cell never switched belongs to
the reason for which a run ended; provenance keeps the others as `remarks`.
"""

from dataclasses import dataclass, fields
from math import inf

from ecmsim.results.limits import COMPLIANCE_REACHED
from ecmsim.results.states import molten, switched
from ecmsim.text import quantity

LARGEST_FIELD = 10.0  # V/nm between the metals: a third of what tears copper ions off a bare tip (field evaporation)
SMALLEST_GAP = 0.07  # nm: the smallest of the source article's simulations
# Where the reduced model was set beside the full one and agreed (validation/models): nm, V, A.
THINNEST, THICKEST, LARGEST_VOLTAGE, LARGEST_CURRENT = 2.0, 40.0, 3.0, 1e-3


@dataclass(frozen=True)
class Ranges:
    """What the laws of a run are made for. melting_point: of the filament's metal, K, or None; metal: its name;
    barrier: of linearised tunnelling, in V, or None where that is not the law; gap: smallest one, nm; field: V/nm;
    layer: thickness of the switching layer where the reduced model runs, nm, else None; rest: voltage above which metal
    is deposited, V; bias: largest voltage that the law of tunnelling knows, V, or None where it has no end."""

    metal: str
    melting_point: float | None
    barrier: float | None
    gap: float
    field: float = LARGEST_FIELD
    layer: float | None = None
    rest: float = 0.0
    bias: float | None = None

    @classmethod
    def from_config(cls, config, bridged=False, bias=None):
        """bridged: whether atoms bridge the gap, which then may close; bias: of the law of tunnelling, V."""
        metal, tunnel = config.materials["active_electrode"], config.tunnelling
        linear = tunnel.enabled and tunnel.law == "simmons" and "tunnelling" not in config.laws
        melting_point = metal.melting_point if config.heat.enabled else None
        barrier = float(tunnel.barrier) if linear else None
        gap = 0.0 if bridged else SMALLEST_GAP
        layer = float(config.cell.layer_thickness) if config.model == "reduced" else None
        rest = float(config.butler_volmer.rest_potential or 0.0)
        return cls(metal.name, melting_point and float(melting_point), barrier, gap, layer=layer, rest=rest, bias=bias)


@dataclass
class Remarks:
    """What a run shows, step by step. ranges: Ranges; the other fields are its memory, plain numbers for a checkpoint:
    switched; largest |current| (A) and source |voltage| (V), highest voltage of the source (V), smallest gap (nm),
    highest temperature (K), junction voltage (V) and field (V/nm) while electrons carry the current."""

    ranges: Ranges
    switched: bool = False
    current: float = 0.0
    voltage: float = 0.0
    highest: float = -inf
    gap: float = inf
    temperature: float = 0.0
    junction: float = 0.0
    strength: float = 0.0

    def remembered(self):
        """What a checkpoint has to keep."""
        return {field.name: getattr(self, field.name) for field in fields(self)[1:]}

    def recall(self, memory):
        """Go on with what `remembered` gave."""
        for name, value in memory.items():
            setattr(self, name, type(getattr(self, name))(value))

    def see(self, seen, limit=None):
        """Take in a state, by the names of ecmsim.observed; limit: compliance current that holds, signed, in A."""
        current, tunnel, ionic = seen["current"], seen["tunnel_current"], seen["ionic_current"]
        reached = limit is not None and current / limit >= COMPLIANCE_REACHED
        self.switched |= reached or bool(switched(seen["gap"], tunnel, ionic, seen["contact_atoms"]))
        self.current, self.voltage = max(self.current, abs(current)), max(self.voltage, abs(seen["source_voltage"]))
        self.highest = max(self.highest, seen["source_voltage"])
        self.gap = min(self.gap, seen["gap"])
        self.temperature = max(self.temperature, seen["temperature_max"])
        if abs(tunnel) > abs(ionic):
            across = abs(seen["junction_voltage"])
            self.junction, self.strength = max(self.junction, across), max(self.strength, across / seen["gap"])

    def of_switching(self):
        """That the cell never switched, as the end of a sentence; empty where it did, or where nothing drove it."""
        if self.switched or not self.voltage:
            return ""
        told = (
            f"the cell never switched: the current stayed below {quantity(1.001 * self.current, 'A')}, "
            f"the gap above {0.999 * self.gap:.3g} nm"
        )
        if 0 < self.ranges.rest >= self.highest:
            told += (
                f"; the source never exceeded the rest potential, {quantity(self.ranges.rest, 'V')} "
                "(butler_volmer.rest_potential), above which metal is deposited"
            )
        return told

    def of_melting(self):
        """That the metal would have molten, or nothing."""
        if not molten(self.temperature, self.ranges.melting_point):
            return ""
        return (
            f"the highest temperature, {self.temperature:.5g} K, is above the melting point of "
            f"{self.ranges.metal}, {self.ranges.melting_point:g} K"
        )

    def of_the_reduced_model(self):
        """That the reduced model was not compared with the full one there, or nothing."""
        layer, outside = self.ranges.layer, []
        if layer is None:
            return ""
        if not THINNEST <= layer <= THICKEST:
            outside.append(f"a layer of {layer:g} nm")
        if self.voltage > LARGEST_VOLTAGE * (1 + 1e-9):
            outside.append(quantity(self.voltage, "V"))
        if self.current > 1.01 * LARGEST_CURRENT:
            outside.append(quantity(self.current, "A"))
        if not outside:
            return ""
        return (
            f"the reduced model was compared with the full one in layers of {THINNEST:g} nm to {THICKEST:g} nm, "
            f"up to {LARGEST_VOLTAGE:g} V and {quantity(LARGEST_CURRENT, 'A')}; here it saw {' and '.join(outside)}: "
            "check it against a run of the full model"
        )

    def texts(self):
        """Which ranges were left, as a list of sentences without a full stop."""
        ranges, found = self.ranges, [self.of_melting(), self.of_the_reduced_model()]
        if ranges.barrier is not None and self.junction > ranges.barrier:
            found.append(
                f"electrons tunnelled at up to {self.junction:.3g} V, above their barrier (tunnelling.barrier = "
                f"{ranges.barrier:g} eV): linearised tunnelling, Eq. (5), is not made for that"
            )
        if ranges.bias is not None and self.junction > ranges.bias:
            found.append(
                f"electrons crossed the gap at up to {self.junction:.3g} V; the table of conductances goes to "
                f"{ranges.bias:g} V, and beyond that its last conductance is taken"
            )
        if self.strength > ranges.field:
            found.append(
                f"the field between the metals came to {self.strength:.3g} V/nm, above {ranges.field:g} V/nm: "
                "metals evaporate in such fields, which no law here knows"
            )
        if self.gap < ranges.gap:
            found.append(
                f"the gap closed to {self.gap:.3g} nm, below the {ranges.gap:g} nm down to which the source "
                "article simulates tunnelling"
            )
        return [text for text in found if text]
