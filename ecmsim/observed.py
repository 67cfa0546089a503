"""What is seen of a cell at every step: one list for both models, the time series, its readers and conditions.

To see something more, add a line here and let the models (ecmsim.models.cell) tell its value under that name.
"""

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Observable:
    """One observed number. name: in the program; unit: "" for none; meaning: for people; whole: whether it counts."""

    name: str
    unit: str
    meaning: str
    whole: bool = False

    @cached_property
    def column(self):
        """Its column in timeseries.csv."""
        return f"{self.name}_{self.unit}" if self.unit else self.name


OBSERVED = (
    Observable("time", "s", "time since the start of the programme"),
    Observable(
        "source_voltage",
        "V",
        "voltage of the source, positive at the active electrode; of a current source its limit",
    ),
    Observable(
        "cell_voltage",
        "V",
        "voltage across the cell, at the node of its circuit: source minus what drops before it",
    ),
    Observable("current", "A", "current through the cell, positive from the active to the counter electrode"),
    Observable(
        "source_current", "A", "current of the source: through the cell, into the capacitor beside it and by leakage"
    ),
    Observable("capacitor_current", "A", "part of it that charges the capacitance beside the cell"),
    Observable("leakage_current", "A", "part of it that leaks over the pad's area"),
    Observable("ionic_current", "A", "part of the current carried by ions: what makes the filament grow"),
    Observable("tunnel_current", "A", "part of the current carried by electrons that tunnel"),
    Observable(
        "junction_voltage",
        "V",
        "voltage that these cross, over the gap or the contact alone: their power over their current",
    ),
    Observable("contact_atoms", "", "atoms that bridge the gap; 0 with the law simmons"),
    Observable(
        "contact_metal",
        "",
        "metal in the last atomic layer, in atoms; where atoms are drawn: in the contact or beside it",
    ),
    Observable("gap", "nm", "gap that the tunnelling law uses, at its smallest over the filament"),
    Observable("gap_vertical", "nm", "smallest gap along a column"),
    Observable("gap_shortest", "nm", "smallest distance between the filament and the active electrode"),
    Observable("gap_position", "nm", "radius at which the law's gap is smallest"),
    Observable("height", "nm", "height of the filament's tip on the axis (of its topmost body)"),
    Observable("radius_max", "nm", "largest radius of the filament"),
    Observable("radius_mean", "nm", "radius of the cylinder of the same volume and height, sqrt(V / (pi h))"),
    Observable("volume", "nm3", "volume of the filament, with all of its bodies"),
    Observable("bodies", "", "bodies of metal: the one on the counter electrode and those that float", whole=True),
    Observable("floating_volume", "nm3", "volume of those that float"),
    Observable("recess", "nm", "depth of the void in the active electrode"),
    Observable("temperature_max", "K", "highest temperature in the cell"),
    Observable("power", "W", "electrical power given to the cell"),
    Observable("source_power", "W", "electrical power that the source gives"),
    Observable("capacitor_energy", "J", "energy C V^2/2 in the capacitance beside the cell"),
    Observable("heat", "W", "heat that leaves the cell through its contacts"),
    Observable("charge_imbalance", "", "largest difference between terminal currents, relative to the current"),
    Observable(
        "faraday_error", "", "filament volume against integrated ionic charge, relative to the largest volume so far"
    ),
    Observable(
        "power_imbalance", "", "power in against power dissipated, and steady heat made against heat out, relative"
    ),
    Observable("newton_iterations", "", "Newton iterations of the step", whole=True),
    Observable("step", "s", "length of the step"),
    Observable("vertices", "", "vertices of the mesh", whole=True),
    Observable("remesh", "", "1 where the mesh was rebuilt in this step, else 0", whole=True),
    Observable(
        "cycle",
        "",
        "number of the cycle, from 1: a repetition of the programme, else from one return of its sign to the next; 0 "
        "outside of repetitions",
        whole=True,
    ),
    Observable("pulse", "", "number of the last pulse of the run, from 1, until another step; else 0", whole=True),
    Observable("read", "", "1 during a read pulse, which reads the pulse of that number, else 0", whole=True),
)


def row(seen):
    """The line of timeseries.csv, a dict by column, of what is seen (by name). KeyError for what nobody has told."""
    return {item.column: seen[item.name] for item in OBSERVED}
