"""What the runs of two needles amount to: conductances and atoms, levels that are seen, metal that is moved."""

import numpy as np
import pandas as pd

from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.results import open_run
from ecmsim.shape.filament import Filament
from ecmsim.shape.needle import needle_of

READ = 0.1  # V, at which a state is read
NEAR = 0.25  # of an atom: as near to a whole number counts as a level
SEEN = 1.0  # s: a level that lasts as long is seen
FIRST = 0.5  # of an atom: with as much the contact has formed
BEGUN = 0.25  # of an atom: with as much it has begun to


def conductance(series):
    """Of gap and contact alone, in G0, (n,); 0 where no voltage is."""
    voltage = series.junction_voltage_V.to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        found = series.tunnel_current_A.to_numpy() / voltage / CONDUCTANCE_QUANTUM
    return np.where(np.abs(voltage) > 1e-6, found, 0.0)


def read_after(series, peak):
    """Conductance at READ on the way back from a positive peak (V) of the source, in G0."""
    source = series.source_voltage_V.to_numpy()
    after = np.arange(len(series)) > np.argmax(source >= peak - 1e-9)
    back = np.flatnonzero(after & (source <= READ) & (source >= 0))
    return float(conductance(series)[back[0]])


def levels(series):
    """Whole numbers of atoms that were seen: number -> time (s) within NEAR of it, where that is SEEN or more."""
    atoms, step = series.contact_atoms.to_numpy(), np.diff(series.time_s, prepend=series.time_s.iloc[0])
    times = {n: float(step[np.abs(atoms - n) < NEAR].sum()) for n in range(1, int(atoms.max() + 1) + 1)}
    return {n: time for n, time in times.items() if time >= SEEN}


def first_contact(series):
    """The row in which the contact has formed, a Series."""
    return series[series.contact_atoms >= FIRST].iloc[0]


def plateau(series, number):
    """Mean conductance (G0) over the time with a whole number of atoms; nan where there is none."""
    step = np.diff(series.time_s, prepend=series.time_s.iloc[0])
    its = (series.contact_atoms.to_numpy() == number) & (step > 0)
    return float(np.average(conductance(series)[its], weights=step[its])) if its.any() else np.nan


def spread(series, start):
    """Mean and standard deviation over time of the conductance from a time (s) on, G0."""
    step = np.diff(series.time_s, prepend=series.time_s.iloc[0])
    its = (series.time_s.to_numpy() >= start) & (step > 0)
    values, weights = conductance(series)[its], step[its]
    mean = np.average(values, weights=weights)
    return float(mean), float(np.sqrt(np.average((values - mean) ** 2, weights=weights)))


def metal(run, thickness):
    """What the filament has gained and the needle lost over a run, nm3."""
    ends = run.outlines[0], run.outlines[-1]
    grown = [Filament(outline.points).volume for outline in ends]
    lost = [needle_of(outline.electrode_points, thickness).volume for outline in ends]
    return grown[1] - grown[0], lost[0] - lost[1]


def sweep_numbers(series):
    """Of a current sweep: first contact (s) and atoms and conductance (G0) at its end."""
    return {
        "first contact (s)": float(first_contact(series).time_s),
        "atoms at the end": float(series.contact_atoms.iloc[-1]),
        "G at the end (G0)": float(conductance(series)[-1]),
    }


def table(root, drawn):
    """All numbers of the runs below a folder: DataFrame with run, quantity, value. drawn: names of the drawn sweeps."""
    runs = {path.name: open_run(path) for path in sorted(root.iterdir())}
    series = {name: run.timeseries for name, run in runs.items()}
    rows = []

    def add(run, **numbers):
        rows.extend((run, quantity.replace("_", " "), value) for quantity, value in numbers.items())

    for name in ("current", "current_mesh", "current_steps"):
        rows.extend((name, quantity, value) for quantity, value in sweep_numbers(series[name]).items())
    first = first_contact(series["current"])
    grown = float(first.height_nm - series["current"].height_nm.iloc[0])
    add("current", filament_grown_nm=grown, needle_receded_nm=float(first.recess_nm))
    gained, lost = metal(runs["current"], 20.0)
    add("current", metal_gained_nm3=gained, metal_lost_nm3=lost)
    worst = {name: float(series["current"][name].max()) for name in ("charge_imbalance", "power_imbalance")}
    add("current", **worst, faraday_error=float(series["current"].faraday_error.max()))
    for name in ("cycle_100uA", "cycle_400uA"):
        own = series[name]
        add(name, G_after_SET=read_after(own, 1.5), SET_voltage=float(first_contact(own).source_voltage_V))
    reset = series["cycle_100uA"]
    reset = reset[reset.source_voltage_V < 0]
    most = int(np.argmax(np.abs(reset.current_A)))
    add("cycle_100uA", RESET_voltage=float(reset.source_voltage_V.iloc[most]))
    add("cycle_100uA", RESET_current_uA=float(1e6 * reset.current_A.iloc[most]))
    add("cycle_100uA", largest_temperature_K=float(reset.temperature_max_K.max()))
    after = reset.iloc[most:]
    whole = np.abs(after.current_A / after.cell_voltage_V).to_numpy() / CONDUCTANCE_QUANTUM
    add("cycle_100uA", least_G_after_RESET=float(whole.min()), bodies=float(after.bodies.max()))
    slow = series["slow"]
    top = int(np.argmax(slow.source_voltage_V))
    falling = slow.iloc[top:]
    reset = falling[falling.source_voltage_V < 0]
    add("slow", SET_voltage=float(first_contact(slow).source_voltage_V), levels_in_SET=len(levels(slow.iloc[:top])))
    add("slow", atoms_after_SET=float(falling.contact_atoms[falling.source_voltage_V > 0].iloc[-1]))
    add("slow", levels_in_RESET=len(levels(reset)), most_negative_V=float(reset.source_voltage_V.min()))
    add("slow", atoms_after_RESET=float(reset.contact_atoms.iloc[-1]))
    rest = series["rest"]
    end, alone = float(rest.time_s.iloc[-1]), rest[(rest.source_voltage_V == 0) & (rest.time_s > 0)]
    add("rest", metal_when_left=float(alone.contact_metal.iloc[0]))
    add("rest", metal_after_1000_s=float(alone.contact_metal.iloc[-1]))
    read = rest[rest.time_s >= end - 1000.0]
    begin = spread(read[read.time_s <= end - 900.0], 0.0)
    late = spread(read, end - 100.0)
    add("rest", G_in_first_100_s_of_read=begin[0], its_deviation=begin[1], G_in_last_100_s=late[0])
    for number in (1, 2, 3, 4):
        found = [plateau(series[name], number) for name in drawn]
        found = [value for value in found if np.isfinite(value)]
        if found:
            rows.append(("drawn", f"G with {number} atoms", float(np.mean(found))))
    ends = [float(series[name].contact_atoms.iloc[-1]) for name in drawn]
    add("drawn", fewest_atoms_at_20_uA=min(ends), most_atoms_at_20_uA=max(ends))
    atoms = series["equal"].contact_atoms
    begun = series["equal"][atoms >= BEGUN].iloc[0]
    add("equal", first_contact_s=float(begun.time_s), most_atoms=float(atoms.max()))
    begun = series["current"][series["current"].contact_atoms >= BEGUN].iloc[0]
    add("current", contact_begun_s=float(begun.time_s))
    return pd.DataFrame(rows, columns=["run", "quantity", "value"])
